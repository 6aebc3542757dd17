//! Patches: from one bank's syntax trees to the next one's, whole or not at all. In: the bank's skills and a patch; out:
//! the changed skills, or every reason why the patch does not fit. The result still has to be checked.

pub mod files;
mod places;

use super::ast::{Edit, EditKind, Member, MemberKind, Name, Operation, Patch, Skill, Sort};
use super::diag::{Code, Diagnostic, nearest};
use super::span::Span;

/// What a patch does to one skill, in the order of the patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Added(String),
    Replaced(String),
    Modified(String),
    Retired(String),
}

impl Change {
    /// The skill it is about.
    pub fn skill(&self) -> &str {
        match self {
            Change::Added(name) | Change::Replaced(name) | Change::Modified(name) | Change::Retired(name) => name,
        }
    }
}

/// What a patch makes of a bank.
#[derive(Debug, Clone, PartialEq)]
pub struct Patched {
    /// The bank's skills, each at its place; `None` where one is retired.
    pub kept: Vec<Option<Skill>>,
    pub added: Vec<Skill>,
    /// One for each operation of the patch, in its order.
    pub changes: Vec<Change>,
}

/// Applies `patch` to the skills of one bank. Added skills go to the end; a replaced or modified skill keeps its place.
pub fn apply(bank: &[Skill], patch: &Patch) -> Result<(Vec<Skill>, Vec<Change>), Vec<Diagnostic>> {
    let Patched { kept, added, changes } = apply_in_place(bank, patch)?;
    Ok((kept.into_iter().flatten().chain(added).collect(), changes))
}

/// Applies `patch` and tells what became of each skill of the bank.
pub fn apply_in_place(bank: &[Skill], patch: &Patch) -> Result<Patched, Vec<Diagnostic>> {
    let mut kept: Vec<Option<Skill>> = bank.iter().cloned().map(Some).collect();
    let mut added: Vec<Skill> = Vec::new();
    let mut changes: Vec<Change> = Vec::new();
    let mut conflicts = Vec::new();
    for operation in &patch.operations {
        let name = operation.skill();
        if changes.iter().any(|c| c.skill() == name.text) {
            conflicts.push(twice("skill", name));
            continue;
        }
        let places: Vec<usize> = (0..bank.len()).filter(|at| bank[*at].name.text == name.text).collect();
        // Whatever comes of it: a second operation on the same name is told of as such.
        changes.push(match operation {
            Operation::Add(_) => Change::Added(name.text.clone()),
            Operation::Replace(_) => Change::Replaced(name.text.clone()),
            Operation::Modify { .. } => Change::Modified(name.text.clone()),
            Operation::Retire { .. } => Change::Retired(name.text.clone()),
        });
        let at = match (operation, places.as_slice()) {
            (Operation::Add(skill), []) => {
                added.push(skill.clone());
                continue;
            }
            (Operation::Add(_), _) => {
                conflicts.push(
                    conflict(format!("the bank already has a skill `{}`", name.text), name.span, "cannot be added")
                        .help("write `replace skill …` or `modify …`, or choose another name"),
                );
                continue;
            }
            (_, []) => {
                let known = bank.iter().map(|s| s.name.text.as_str());
                conflicts.push(missing(format!("the bank has no skill `{}`", name.text), name, known));
                continue;
            }
            (_, [at]) => *at,
            (_, [..]) => {
                let domains: Vec<&str> = places.iter().map(|at| bank[*at].domain.text.as_str()).collect();
                conflicts.push(
                    conflict(format!("the bank has {} skills `{}`", places.len(), name.text), name.span, "which one?")
                        .help(format!("they are of the domains {}: give the files of one", domains.join(", "))),
                );
                continue;
            }
        };
        match operation {
            Operation::Replace(skill) => {
                let mut new = skill.clone();
                new.lead = replaced_lead(&bank[at].lead, &skill.lead);
                kept[at] = Some(new);
            }
            Operation::Modify { edits, .. } => {
                conflicts.extend(kept[at].as_mut().map(|skill| modify(skill, edits)).unwrap_or_default());
            }
            Operation::Retire { .. } => kept[at] = None,
            Operation::Add(_) => {}
        }
    }
    if conflicts.is_empty() { Ok(Patched { kept, added, changes }) } else { Err(conflicts) }
}

/// The comments before a replaced skill: those of the patch stand for the ones right before it, if there are any; what a
/// blank line sets apart, such as the head of a file, stays.
fn replaced_lead(old: &[String], new: &[String]) -> Vec<String> {
    match new.iter().all(String::is_empty) {
        true => old.to_vec(),
        false => {
            let apart = old.iter().rposition(String::is_empty).map_or(0, |blank| blank + 1);
            [&old[..apart], new].concat()
        }
    }
}

/// Changes a skill's members; the reasons why an edit does not fit.
fn modify(skill: &mut Skill, edits: &[Edit]) -> Vec<Diagnostic> {
    let mut conflicts = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for edit in edits {
        let (sort, name) = match &edit.kind {
            EditKind::Add(member) | EditKind::Replace(member) => match member.name() {
                Some((sort, name)) => (sort, name),
                None => {
                    conflicts.extend(add_unnamed(skill, edit, member));
                    continue;
                }
            },
            EditKind::Drop { sort, name } => (*sort, name),
        };
        if seen.contains(&name.text.as_str()) {
            conflicts.push(twice("member", name));
            continue;
        }
        seen.push(&name.text);
        let found = skill.members.iter().position(|m| m.kind.name().is_some_and(|(_, n)| n.text == name.text));
        let found_sort = found.and_then(|at| skill.members[at].kind.name()).map(|(sort, _)| sort);
        match (&edit.kind, found.zip(found_sort)) {
            (EditKind::Add(member), None) => add(skill, edit, member),
            (EditKind::Add(_), Some(_)) => conflicts.push(
                conflict(
                    format!("`{}` already has a member `{}`", skill.name.text, name.text),
                    name.span,
                    "cannot be added",
                )
                .help(format!(
                    "write `replace {} {} …`, or choose another name",
                    sort.word(),
                    name.text
                )),
            ),
            (_, None) => {
                let same_sort = skill.members.iter().filter_map(|m| m.kind.name()).filter(|(s, _)| *s == sort);
                let message = format!("`{}` has no {} `{}`", skill.name.text, spoken(sort), name.text);
                conflicts.push(missing(message, name, same_sort.map(|(_, n)| n.text.as_str())));
            }
            (_, Some((_, found))) if found != sort => conflicts.push(
                conflict(
                    format!(
                        "`{}` of `{}` is {}, not {}",
                        name.text,
                        skill.name.text,
                        a(spoken(found)),
                        a(spoken(sort))
                    ),
                    name.span,
                    "of another sort",
                )
                .help(format!("write `{} {}`", found.word(), name.text)),
            ),
            (EditKind::Replace(member), Some((at, _))) => {
                let old = &mut skill.members[at];
                old.kind = member.clone();
                // Comments of the skill stay; what the patch says beside it is not lost either.
                let new = edit.lead.iter().filter(|l| !l.is_empty() && !old.lead.contains(*l));
                let new: Vec<String> = new.cloned().collect();
                old.lead.extend(new);
            }
            (EditKind::Drop { .. }, Some((at, _))) => {
                skill.members.remove(at);
            }
        }
    }
    conflicts
}

/// `unverified` and `priority` have no name: a skill has at most one of each.
fn add_unnamed(skill: &mut Skill, edit: &Edit, member: &MemberKind) -> Option<Diagnostic> {
    let same = |m: &Member| std::mem::discriminant(&m.kind) == std::mem::discriminant(member);
    if skill.members.iter().any(same) {
        let what = if matches!(member, MemberKind::Priority(_)) { "priority" } else { "unverified" };
        let message = format!("`{}` says `{what}` already", skill.name.text);
        return Some(conflict(message, edit.span, "cannot be added").help("write `replace skill …` to change it"));
    }
    add(skill, edit, member);
    None
}

/// Adds a member after the last one of its sort, or of the sorts that stand before it.
fn add(skill: &mut Skill, edit: &Edit, member: &MemberKind) {
    let rank = |member: &MemberKind| match member {
        MemberKind::Priority(_) => 0,
        MemberKind::Decl(_) => 1,
        MemberKind::Rule(_) => 2,
        MemberKind::Assertion(_) | MemberKind::Unverified(_) => 3,
        MemberKind::Example(_) => 4,
    };
    let own = rank(member);
    let at = skill.members.iter().rposition(|m| rank(&m.kind) <= own).map_or(0, |last| last + 1);
    skill.members.insert(at, Member { lead: edit.lead.clone(), kind: member.clone(), span: edit.span });
}

fn spoken(sort: Sort) -> &'static str {
    match sort {
        Sort::Assertion => "assertion",
        other => other.word(),
    }
}

fn a(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e']) { "an" } else { "a" };
    format!("{article} {noun}")
}

fn conflict(message: String, span: Span, label: &str) -> Diagnostic {
    Diagnostic::error(Code::PatchConflict, message).label(span, label)
}

fn twice(what: &str, name: &Name) -> Diagnostic {
    conflict(format!("two operations on {what} `{}`", name.text), name.span, "second one")
        .help("a patch says everything about a name in one operation")
}

fn missing<'n>(message: String, name: &Name, known: impl Iterator<Item = &'n str>) -> Diagnostic {
    let conflict = conflict(message, name.span, "not there");
    match nearest(&name.text, known) {
        Some(near) => {
            conflict.help(format!("did you mean `{near}`?")).unsafe_fix(format!("rename to `{near}`"), name.span, near)
        }
        None => conflict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::ast::Item;
    use crate::lang::parse::parse;
    use crate::lang::print;

    fn read(text: &str) -> (Vec<Skill>, Option<Patch>) {
        let parsed = parse(text);
        assert_eq!(parsed.diagnostics, [], "{text}");
        let mut skills = Vec::new();
        let mut patch = None;
        for item in parsed.items {
            match item {
                Item::Skill(skill) => skills.push(skill),
                Item::Patch(found) => patch = Some(found),
                Item::Domain(_) => {}
            }
        }
        (skills, patch)
    }

    const BANK: &str = "skill a in d { unverified \"x\" } // kept\nskill b in d { unverified \"y\" }";

    #[test]
    fn operations_apply_in_place() {
        let (bank, _) = read(BANK);
        let (_, patch) =
            read("patch \"p\" { replace skill a in d { unverified \"z\" } retire b add skill c in d { } }");
        let (skills, changes) = apply(&bank, &patch.expect("a patch")).expect("it fits");
        let printed: String = skills.iter().map(print::skill).collect();
        assert_eq!(printed, "// kept\nskill a in d {\n    unverified \"z\"\n}\nskill c in d {\n}\n");
        assert_eq!(changes.len(), 3);
    }

    #[test]
    fn a_patch_that_does_not_fit_changes_nothing_and_says_all_reasons() {
        let (bank, _) = read(BANK);
        let (_, patch) = read("patch \"p\" { add skill a in d { } retire bb retire b retire b }");
        let conflicts = apply(&bank, &patch.expect("a patch")).expect_err("three conflicts");
        let messages: Vec<&str> = conflicts.iter().map(|c| c.message.as_str()).collect();
        assert_eq!(
            messages,
            ["the bank already has a skill `a`", "the bank has no skill `bb`", "two operations on skill `b`"]
        );
    }
}
