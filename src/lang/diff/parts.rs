//! What two versions of one skill differ in, part by part. In: the checked skills and their trees; out: the differences.

use std::collections::BTreeMap;

use super::super::ast::{self, MemberKind};
use super::super::check::Analysis;
use super::super::checked::Skill;
use super::super::meaning::{Used, declarations, meaning};
use super::super::print;
use super::{Change, Paired, PartDifference, declared, pairs};

/// A skill of a bank, checked and as written.
type Version<'a> = (&'a Analysis, &'a Skill, &'a ast::Skill);

struct Part {
    /// Texts that are equal where two parts say the same of an aspect.
    aspects: Vec<(&'static str, String)>,
    /// Equal if and only if the parts mean the same.
    meant: String,
    written: String,
}

pub(super) fn parts(before: Version, after: Version) -> Vec<PartDifference> {
    let mut found = Vec::new();
    let (old, new) = (members(before), members(after));
    for Paired { name: (sort, name), from, change } in pairs(&old, &new, |one, other| one.meant == other.meant) {
        let was = old.get(&(sort, from.clone().unwrap_or_else(|| name.clone())));
        let is = new.get(&(sort, name.clone()));
        let what = match (was, is) {
            (Some(was), Some(is)) if change == Change::Changed => changed(was, is),
            _ => Vec::new(),
        };
        let written = |part: Option<&Part>| part.map(|p| p.written.trim_end().to_owned());
        let name = (!name.is_empty()).then_some(name);
        found.push(PartDifference { sort, name, change, from, what, before: written(was), after: written(is) });
    }
    let order = reordered(before.2, after.2, &found);
    found.extend(order);
    found
}

/// The aspects in which two parts of one name differ.
fn changed(was: &Part, is: &Part) -> Vec<&'static str> {
    let differs = |aspect: &str| {
        let of = |part: &Part| part.aspects.iter().find(|(name, _)| *name == aspect).map(|(_, text)| text.clone());
        of(was) != of(is)
    };
    let told = |aspect: &&str| match *aspect {
        "body" => false,
        // With the same trigger, whatever the body differs in is what it says; else names must do.
        "statements" => differs("body") && (!differs("trigger") || differs("statements")),
        other => differs(other),
    };
    is.aspects.iter().map(|(name, _)| *name).filter(told).collect()
}

fn members((analysis, skill, tree): Version) -> BTreeMap<Used, Part> {
    let domain = &analysis.checked.domains[skill.domain];
    let meant = meaning(&analysis.checked, skill);
    let mut found = BTreeMap::new();
    if let Some(applies) = &tree.applies {
        let written = format!("for {}", print::call(applies));
        found.insert(("for", String::new()), Part { aspects: Vec::new(), meant: meant.applies, written });
    }
    let (mut rules, mut assertions) = (meant.rules.into_iter(), meant.assertions.into_iter());
    for member in &tree.members {
        let name = member.kind.name().map(|(_, name)| name.text.clone()).unwrap_or_default();
        let (sort, aspects, meant) = match &member.kind {
            MemberKind::Rule(_) => {
                let Some(rule) = rules.next() else { continue };
                let (priority, limit) = (rule.priority.to_string(), format!("{:?}", rule.limit));
                let meant = format!("{} {priority} {limit}", rule.body);
                let aspects = vec![
                    ("trigger", rule.trigger),
                    ("statements", rule.statements),
                    ("priority", priority),
                    ("limit", limit),
                    ("body", rule.body),
                ];
                ("rule", aspects, meant)
            }
            MemberKind::Assertion(assertion) => {
                let Some(form) = assertions.next() else { continue };
                let because = assertion.because.as_ref().map(|b| b.value.clone()).unwrap_or_default();
                let meant = format!("{form} {because:?}");
                ("assert", vec![("form", form), ("because", because)], meant)
            }
            MemberKind::Example(example) => {
                let nameless =
                    ast::Example { name: ast::Name { text: String::new(), ..example.name.clone() }, ..example.clone() };
                ("example", Vec::new(), print::member(&bare(&MemberKind::Example(nameless))))
            }
            MemberKind::Unverified(why) => ("unverified", Vec::new(), why.value.clone()),
            // A priority shows in the rules; own declarations follow.
            MemberKind::Priority(_) | MemberKind::Decl(_) => continue,
        };
        let written = print::member(&bare(&member.kind));
        found.insert((sort, name), Part { aspects, meant, written });
    }
    let own = tree.members.iter().filter_map(|m| if let MemberKind::Decl(decl) = &m.kind { Some(decl) } else { None });
    for (used, (meant, written)) in declared(own, &declarations(domain, Some(&skill.name))) {
        found.insert(used, Part { aspects: Vec::new(), meant, written });
    }
    found
}

/// The member without the comments inside it.
fn bare(member: &MemberKind) -> MemberKind {
    let mut bare = member.clone();
    match &mut bare {
        MemberKind::Rule(rule) => {
            rule.tail.clear();
            rule.statements.iter_mut().for_each(|statement| statement.lead.clear());
        }
        MemberKind::Example(example) => {
            example.tail.clear();
            example.lines.iter_mut().for_each(|line| line.lead.clear());
        }
        MemberKind::Assertion(_) | MemberKind::Unverified(_) | MemberKind::Priority(_) | MemberKind::Decl(_) => {}
    }
    bare
}

/// Rules speak in their order: those that are in both versions in another order are a difference.
fn reordered(before: &ast::Skill, after: &ast::Skill, found: &[PartDifference]) -> Option<PartDifference> {
    let rules = |tree: &ast::Skill| {
        let rules =
            tree.members.iter().filter_map(|m| if let MemberKind::Rule(rule) = &m.kind { Some(rule) } else { None });
        rules.map(|rule| rule.name.text.clone()).collect::<Vec<_>>()
    };
    let renamed = |old: &String| {
        let found = found.iter().find(|part| part.sort == "rule" && part.from.as_ref() == Some(old));
        found.and_then(|part| part.name.clone()).unwrap_or_else(|| old.clone())
    };
    let (before, after): (Vec<String>, Vec<String>) = (rules(before).iter().map(renamed).collect(), rules(after));
    let both = |one: &[String], other: &[String]| one.iter().filter(|n| other.contains(n)).cloned().collect::<Vec<_>>();
    let (was, is) = (both(&before, &after), both(&after, &before));
    (was != is).then(|| PartDifference {
        sort: "rule",
        name: None,
        change: Change::Reordered,
        from: None,
        what: Vec::new(),
        before: Some(was.join(", ")),
        after: Some(is.join(", ")),
    })
}
