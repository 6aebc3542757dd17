//! What two banks differ in, by meaning. In: two analyses without errors; out: skills and declarations that were added,
//! removed, renamed or changed, and which parts of them. Comments, layout, names of variables and the order of literals are
//! no difference.

mod parts;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use self::parts::parts;
use super::ast::{self, DeclKind, Item, Sort};
use super::check::Analysis;
use super::checked::Skill;
use super::meaning::{self, Used};
use super::print;
use super::source::{Source, SourceToken};

/// All differences; none if the banks mean the same.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Difference {
    pub skills: Vec<SkillDifference>,
    pub declarations: Vec<DeclarationDifference>,
}

impl Difference {
    pub fn is_empty(&self) -> bool {
        self.skills.is_empty() && self.declarations.is_empty()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Added,
    Removed,
    /// Another name, the same meaning.
    Renamed,
    Changed,
    /// The same parts in another order.
    Reordered,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SkillDifference {
    pub domain: String,
    pub name: String,
    pub change: Change,
    /// The name it had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Its meaning is the same (see `lang::meaning`): only names, examples or reasons differ.
    pub same_meaning: bool,
    pub parts: Vec<PartDifference>,
}

/// A part of a skill.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartDifference {
    /// `for`, `rule`, `assert`, `example`, `unverified`, or the sort of an own declaration.
    pub sort: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub change: Change,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Of a rule: `trigger`, `statements`, `priority`, `limit`; of an assertion: `form`, `because`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub what: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeclarationDifference {
    pub domain: String,
    pub sort: &'static str,
    pub name: String,
    pub change: Change,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Skills that use it, directly or not.
    pub used_by: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Compares two analyses; skills and declarations with errors are not in them.
pub fn diff(before: &Analysis, after: &Analysis) -> Difference {
    let (before, after) = (Side::new(before), Side::new(after));
    Difference { skills: skills(&before, &after), declarations: declarations(&before, &after) }
}

/// One of the two banks.
struct Side<'a> {
    analysis: &'a Analysis,
    /// By domain and name.
    skills: BTreeMap<(String, String), Known<'a>>,
}

struct Known<'a> {
    checked: &'a Skill,
    tree: &'a ast::Skill,
    /// Of its meaning.
    hash: String,
}

impl<'a> Side<'a> {
    fn new(analysis: &'a Analysis) -> Self {
        let mut skills = BTreeMap::new();
        for item in analysis.trees.iter().flatten() {
            let Item::Skill(tree) = item else { continue };
            let domain = analysis.checked.domains.iter().position(|d| d.name == tree.domain.text);
            let same = |s: &&Skill| Some(s.domain) == domain && s.name == tree.name.text;
            if let Some(checked) = analysis.checked.skills.iter().find(same) {
                let hash = meaning::hash(&analysis.checked, checked);
                let name = (tree.domain.text.clone(), tree.name.text.clone());
                skills.insert(name, Known { checked, tree, hash });
            }
        }
        Side { analysis, skills }
    }

    fn domains(&self) -> impl Iterator<Item = &'a ast::Domain> {
        let items = self.analysis.trees.iter().flatten();
        items.filter_map(|item| if let Item::Domain(domain) = item { Some(domain) } else { None })
    }

    /// Everything that the domain declares: what it says, and its source text.
    fn declared(&self, domain: &str) -> BTreeMap<Used, (String, String)> {
        let Some(tree) = self.domains().find(|d| d.name.text == domain) else { return BTreeMap::new() };
        let checked = self.analysis.checked.domains.iter().find(|d| d.name == domain);
        let said = checked.map(|d| meaning::declarations(d, None)).unwrap_or_default();
        declared(tree.decls.iter().map(|d| &d.kind), &said)
    }

    /// Skills of a domain that use the declaration.
    fn used_by(&self, domain: &str, used: &Used) -> BTreeSet<String> {
        let of_domain = self.skills.iter().filter(|((of, _), _)| of == domain);
        let uses = |known: &Known| match is_put_in(used) {
            true => self.domains().filter(|d| d.name.text == domain).any(|d| mentions(known.tree, d, used)),
            false => meaning::meaning(&self.analysis.checked, known.checked).uses.contains_key(used),
        };
        of_domain.filter(|(_, known)| uses(known)).map(|((_, name), _)| name.clone()).collect()
    }
}

/// Definitions and kind groups are put in where they are used.
fn is_put_in(used: &Used) -> bool {
    [Sort::Define, Sort::Kind].iter().any(|sort| sort.word() == used.0)
}

/// Declarations by sort and name: what they say, as far as `said` knows it, and how they are written. `fails` may stand
/// several times.
fn declared<'d>(
    decls: impl Iterator<Item = &'d DeclKind>,
    said: &BTreeMap<Used, String>,
) -> BTreeMap<Used, (String, String)> {
    let mut found: BTreeMap<Used, (String, String)> = BTreeMap::new();
    for decl in decls {
        let (sort, name) = match decl.name() {
            Some((sort, name)) => (sort.word(), name.text.clone()),
            None => ("fails", String::new()),
        };
        let written = print::decl(decl);
        let meant = match decl {
            DeclKind::Define { head, body } => {
                let mut literals: Vec<String> = body.0.iter().map(print::literal).collect();
                literals.sort();
                let params: Vec<(&str, &str)> =
                    head.params.iter().map(|p| (p.name.text.as_str(), p.ty.text.as_str())).collect();
                format!("{params:?} {literals:?}")
            }
            DeclKind::Kind { kinds, .. } => {
                let kinds: BTreeSet<&str> = kinds.iter().map(|k| k.value.as_str()).collect();
                format!("{kinds:?}")
            }
            _ => said.get(&(sort, name.clone())).cloned().unwrap_or_else(|| written.clone()),
        };
        let entry = found.entry((sort, name)).or_insert_with(|| (meant, String::new()));
        entry.1.push_str(&written);
    }
    found
}

/// Whether the skill's text names a definition or a kind group, directly or through other declarations.
fn mentions(skill: &ast::Skill, domain: &ast::Domain, wanted: &Used) -> bool {
    let mut open = vec![print::skill(skill)];
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while let Some(text) = open.pop() {
        let names = named_in(&text);
        if names.contains(&(wanted.0 == Sort::Kind.word(), wanted.1.clone())) {
            return true;
        }
        for decl in &domain.decls {
            let Some((sort, name)) = decl.kind.name() else { continue };
            if names.contains(&(sort == Sort::Kind, name.text.clone())) && seen.insert(&name.text) {
                open.push(print::decl(&decl.kind));
            }
        }
    }
    false
}

/// What a text calls (words before a bracket: false) and what it quotes (true).
fn named_in(text: &str) -> BTreeSet<(bool, String)> {
    let Ok(source) = Source::new(text) else { return BTreeSet::new() };
    let tokens: Vec<_> = source.lexemes.iter().filter(|l| l.token != SourceToken::Blank).collect();
    let mut found = BTreeSet::new();
    for (at, lexeme) in tokens.iter().enumerate() {
        let raw = source.slice(lexeme.span);
        let opens = tokens.get(at + 1).is_some_and(|next| source.slice(next.span) == "(");
        match lexeme.token {
            SourceToken::Word if opens => found.insert((false, raw.to_owned())),
            SourceToken::Text => found.insert((true, raw.trim_matches('"').to_owned())),
            _ => false,
        };
    }
    found
}

fn skills(before: &Side, after: &Side) -> Vec<SkillDifference> {
    let mut found = Vec::new();
    let mut gone: Vec<&(String, String)> = before.skills.keys().filter(|n| !after.skills.contains_key(n)).collect();
    let plain = |(domain, name): &(String, String), change| SkillDifference {
        domain: domain.clone(),
        name: name.clone(),
        change,
        from: None,
        same_meaning: false,
        parts: Vec::new(),
    };
    for (name, new) in &after.skills {
        let same = |old: &&(String, String)| old.0 == name.0 && before.skills[*old].hash == new.hash;
        let (old, from) = match before.skills.get(name) {
            Some(old) => (old, None),
            None => match gone.iter().position(same) {
                None => {
                    found.push(plain(name, Change::Added));
                    continue;
                }
                Some(at) => {
                    let old = gone.remove(at);
                    (&before.skills[old], Some(old.1.clone()))
                }
            },
        };
        let parts = parts((before.analysis, old.checked, old.tree), (after.analysis, new.checked, new.tree));
        let same_meaning = old.hash == new.hash;
        match from {
            Some(_) => found.push(SkillDifference { from, same_meaning, parts, ..plain(name, Change::Renamed) }),
            // What changed, if anything, is a declaration of the domain: it is told of there.
            None if parts.is_empty() => {}
            None => found.push(SkillDifference { same_meaning, parts, ..plain(name, Change::Changed) }),
        }
    }
    found.extend(gone.into_iter().map(|name| plain(name, Change::Removed)));
    found.sort_by(|one, other| (&one.domain, &one.name).cmp(&(&other.domain, &other.name)));
    found
}

fn declarations(before: &Side, after: &Side) -> Vec<DeclarationDifference> {
    let mut found = Vec::new();
    let domains: BTreeSet<&str> = before.domains().chain(after.domains()).map(|d| d.name.text.as_str()).collect();
    for domain in domains {
        let (old, new) = (before.declared(domain), after.declared(domain));
        for Paired { name: used, from, change } in pairs(&old, &new, |(one, _), (other, _)| one == other) {
            let was = (used.0, from.clone().unwrap_or_else(|| used.1.clone()));
            let used_by: BTreeSet<String> = match change {
                Change::Removed => before.used_by(domain, &was),
                _ => after.used_by(domain, &used),
            };
            // If nothing has changed where it is put in, it says the same.
            let hash = |side: &Side, name: &String| {
                side.skills.get(&(domain.to_owned(), name.clone())).map(|known| known.hash.clone())
            };
            let same = |name: &String| hash(before, name).is_some() && hash(before, name) == hash(after, name);
            if change == Change::Changed && is_put_in(&used) && !used_by.is_empty() && used_by.iter().all(same) {
                continue;
            }
            let text = |side: &BTreeMap<Used, (String, String)>, name: &Used| {
                side.get(name).map(|(_, text)| text.trim_end().to_owned())
            };
            found.push(DeclarationDifference {
                domain: domain.to_owned(),
                sort: used.0,
                before: text(&old, &was),
                after: text(&new, &used),
                name: used.1,
                change,
                from,
                used_by: used_by.into_iter().collect(),
            });
        }
    }
    found
}

/// Two named things, one before and one after.
struct Paired {
    name: Used,
    from: Option<String>,
    change: Change,
}

/// Pairs things by name, and what is left over by meaning; what is the same by name and meaning is left out.
fn pairs<T>(old: &BTreeMap<Used, T>, new: &BTreeMap<Used, T>, same: impl Fn(&T, &T) -> bool) -> Vec<Paired> {
    let mut gone: Vec<&Used> = old.keys().filter(|name| !new.contains_key(name)).collect();
    let mut found = Vec::new();
    for (name, meant) in new {
        let (from, change) = match old.get(name) {
            Some(before) if same(before, meant) => continue,
            Some(_) => (None, Change::Changed),
            None => match gone.iter().position(|was| was.0 == name.0 && same(&old[*was], meant)) {
                Some(at) => (Some(gone.remove(at).1.clone()), Change::Renamed),
                None => (None, Change::Added),
            },
        };
        found.push(Paired { name: name.clone(), from, change });
    }
    found.extend(gone.into_iter().map(|name| Paired { name: name.clone(), from: None, change: Change::Removed }));
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}
