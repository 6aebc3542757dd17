//! What stands at a place of a text that need not parse: tokens, the declaration around it, the variables in reach. In: the
//! source of a piece and a byte; out: answers from the tokens alone. Completion and hover use it where trees fail.

use crate::lang::keywords::meaning;
use crate::lang::names::Owner;
use crate::lang::names::index::Index;
use crate::lang::outline::{self, FrameKind};
use crate::lang::source::{Lexeme, Source, SourceToken, is_trivia};
use crate::lang::span::Span;

/// The word that touches byte `at`: the part of it before `at` and all of it.
pub fn word_at(text: &str, at: usize) -> Span {
    let is_word = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    let before: usize = text.get(..at).unwrap_or_default().chars().rev().take_while(is_word).count();
    let after: usize = text.get(at..).unwrap_or_default().chars().take_while(is_word).count();
    Span::new(at - before, at + after)
}

/// The token that byte `at` is inside of; at its end only for comments and texts that do not end.
pub fn token_at(source: &Source, at: usize) -> Option<Lexeme> {
    let inside = |l: &&Lexeme| {
        let (start, end) = (l.span.start as usize, l.span.end as usize);
        start < at && (at < end || (at == end && matches!(l.token, SourceToken::Comment | SourceToken::OpenText)))
    };
    let first = source.lexemes.partition_point(|l| (l.span.end as usize) < at);
    source.lexemes[first..].iter().take(2).find(inside).copied()
}

/// The significant tokens before byte `at`, the nearest first.
pub fn before<'s>(source: &'s Source, at: usize) -> impl Iterator<Item = (Lexeme, &'s str)> {
    let end = source.lexemes.partition_point(|l| (l.span.end as usize) <= at);
    source.lexemes[..end].iter().rev().filter(|l| !is_trivia(l.token)).map(|l| (*l, source.slice(l.span)))
}

/// The significant tokens from byte `from` to byte `to`.
fn between<'s>(source: &'s Source, from: usize, to: usize) -> Vec<(Lexeme, &'s str)> {
    let first = source.lexemes.partition_point(|l| (l.span.start as usize) < from);
    source.lexemes[first..]
        .iter()
        .take_while(|l| (l.span.end as usize) <= to)
        .filter(|l| !is_trivia(l.token))
        .map(|l| (*l, source.slice(l.span)))
        .collect()
}

/// The domain and skill that byte `at` speaks of, as the heads around it say.
pub fn owner_at(source: &Source, at: usize) -> Owner {
    let mut owner = Owner::default();
    for (_, element) in outline::frames(source, at) {
        let Some(start) = element else { continue };
        let words: Vec<&str> = between(source, start, source.text.len()).into_iter().take(6).map(|(_, w)| w).collect();
        match words.as_slice() {
            ["domain", name, ..] => owner.domain = Some((*name).to_owned()),
            ["modify", name, ..] => owner.skill = Some((*name).to_owned()),
            ["skill", name, "in", domain, ..] | [_, "skill", name, "in", domain, ..] => {
                owner = Owner { domain: Some((*domain).to_owned()), skill: Some((*name).to_owned()) };
            }
            _ => {}
        }
    }
    owner
}

/// The variables that have a value around byte `at`, with their types where they can be told.
pub fn variables(source: &Source, at: usize, index: &Index, owner: &Owner) -> Vec<(String, Option<String>)> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    let elements = outline::elements(source);
    let frames = outline::frames(source, at);
    for (depth, (kind, element)) in frames.iter().enumerate() {
        let Some(start) = *element else { continue };
        let whole = elements.iter().find(|e| e.depth == depth && e.span.start as usize == start);
        let end = whole.map_or(source.text.len(), |e| e.span.end as usize);
        match kind {
            // The variables of `for` are known in all of a skill.
            FrameKind::Skill => {
                let own = elements.iter().filter(|e| e.depth == depth && e.frame == FrameKind::Skill);
                for clause in own.filter(|e| source.slice(e.span).starts_with("for")) {
                    scan(source, clause.span, at, index, owner, &mut found);
                }
                let head = match frames.get(depth + 1) {
                    Some(_) => head(source, start, end),
                    None => Span::new(start, end),
                };
                scan(source, head, at, index, owner, &mut found);
                lists(source, Span::new(start, end), &mut found);
            }
            FrameKind::Domain | FrameKind::Rule => scan(source, Span::new(start, end), at, index, owner, &mut found),
            FrameKind::Modify => {
                let head = head(source, start, end);
                scan(source, head, at, index, owner, &mut found);
                lists(source, Span::new(start, end), &mut found);
            }
            FrameKind::File | FrameKind::Example | FrameKind::Patch | FrameKind::Unknown => {}
        }
    }
    found
}

/// Up to the opening brace.
fn head(source: &Source, start: usize, end: usize) -> Span {
    let brace = between(source, start, end).into_iter().find(|(_, word)| *word == "{");
    Span::new(start, brace.map_or(end, |(lexeme, _)| lexeme.span.start as usize))
}

/// The lists of a rule: `let xs = all …`.
fn lists(source: &Source, span: Span, found: &mut Vec<(String, Option<String>)>) {
    let tokens = between(source, span.start as usize, span.end as usize);
    for pair in tokens.windows(2) {
        if pair[0].1 == "let" && pair[1].0.token == SourceToken::Word {
            add(found, pair[1].1, Some("list".to_owned()));
        }
    }
}

fn add(found: &mut Vec<(String, Option<String>)>, name: &str, ty: Option<String>) {
    if name == "_" || meaning(name).is_some() {
        return;
    }
    match found.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) if known.is_none() => *known = ty,
        Some(_) => {}
        None => found.push((name.to_owned(), ty)),
    }
}

/// Arguments of calls, parameters with types, and elements of lists. The word at `at` is only being written.
fn scan(
    source: &Source,
    span: Span,
    at: usize,
    index: &Index,
    owner: &Owner,
    found: &mut Vec<(String, Option<String>)>,
) {
    let tokens = between(source, span.start as usize, span.end as usize);
    let is_word = |n: usize| tokens.get(n).is_some_and(|(l, _)| l.token == SourceToken::Word);
    let word = |n: usize| tokens.get(n).map_or("", |(_, word)| *word);
    let written =
        |n: usize| tokens.get(n).is_some_and(|(l, _)| (l.span.start as usize) <= at && at <= l.span.end as usize);
    let mut call: Option<(&str, usize)> = None;
    for n in 0..tokens.len() {
        match word(n) {
            "(" if n > 0 && is_word(n - 1) => call = Some((word(n - 1), 0)),
            "," => call = call.map(|(name, position)| (name, position + 1)),
            ")" => call = None,
            name if is_word(n) && !written(n) => {
                if word(n + 1) == ":" && is_word(n + 2) && (call.is_some() || word(n.wrapping_sub(1)) == "->") {
                    add(found, name, Some(word(n + 2).to_owned()));
                } else if let Some((callee, position)) = call
                    && matches!(word(n.wrapping_sub(1)), "(" | ",")
                {
                    let of = index.lookup(owner, callee).and_then(|(_, d)| d.params.get(position));
                    add(found, name, of.map(|(_, ty)| ty.clone()));
                } else if word(n + 1) == "in" && is_word(n + 2) {
                    add(found, name, Some("item".to_owned()));
                }
            }
            _ => {}
        }
    }
}
