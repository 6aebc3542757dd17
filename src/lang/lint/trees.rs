//! From the checked program back to what was written: a skill, rule or declaration and its place.

use crate::lang::ast::{Assertion, Conj, DeclKind, Domain, Item, MemberKind, Name, Rule, Skill};
use crate::lang::checked;
use crate::lang::diag::Diagnostic;
use crate::lang::print;
use crate::lang::span::Span;

/// The tree of a checked skill.
pub(super) fn skill<'t>(trees: &'t [Vec<Item>], checked: &checked::Skill) -> Option<&'t Skill> {
    trees.get(checked.file)?.iter().find_map(|item| match item {
        Item::Skill(skill) if skill.name.span.start == checked.span.start => Some(skill),
        _ => None,
    })
}

/// The tree of a checked domain, and its file.
pub(super) fn domain<'t>(trees: &'t [Vec<Item>], checked: &checked::Domain) -> Option<(usize, &'t Domain)> {
    trees.iter().enumerate().find_map(|(file, items)| {
        let found = items.iter().find_map(|item| match item {
            Item::Domain(domain) if domain.name.text == checked.name => Some(domain),
            _ => None,
        })?;
        Some((file, found))
    })
}

/// The rules of a skill, in the order of the checked ones.
pub(super) fn rules(skill: &Skill) -> Vec<&Rule> {
    skill.members.iter().filter_map(|m| if let MemberKind::Rule(rule) = &m.kind { Some(rule) } else { None }).collect()
}

/// The assertions of a skill, in the order of the checked ones.
pub(super) fn assertions(skill: &Skill) -> Vec<&Assertion> {
    let all = skill.members.iter();
    all.filter_map(|m| if let MemberKind::Assertion(assertion) = &m.kind { Some(assertion) } else { None }).collect()
}

/// The declarations of a skill.
pub(super) fn own(skill: &Skill) -> impl Iterator<Item = &DeclKind> {
    skill.members.iter().filter_map(|m| if let MemberKind::Decl(decl) = &m.kind { Some(decl) } else { None })
}

/// The place of a whole condition.
pub(super) fn span(conj: &Conj) -> Span {
    conj.0.first().zip(conj.0.last()).map_or(Span::default(), |(a, b)| a.span.to(b.span))
}

/// Labels the literals that read so, or, where none does (it stands in a definition), the whole condition.
pub(super) fn label(diagnostic: Diagnostic, conj: &Conj, words: &[&str], message: &str) -> Diagnostic {
    let mut places: Vec<Span> = Vec::new();
    for words in words {
        let fresh = |span: &Span| places.iter().all(|known| known.start != span.start);
        let found = conj.0.iter().filter(|l| print::literal(l) == *words).map(|l| l.span).find(fresh);
        places.extend(found);
    }
    match places.is_empty() {
        true => diagnostic.label(span(conj), message),
        false => places
            .into_iter()
            .enumerate()
            .fold(diagnostic, |diagnostic, (n, span)| diagnostic.label(span, if n == 0 { message } else { "" })),
    }
}

/// The name of a declaration.
pub(super) fn name(decl: &DeclKind) -> Option<&Name> {
    decl.name().map(|(_, name)| name)
}
