//! Blanks made explicit, for notations in which nothing stands between words unless it is said. In: a grammar; out: one in
//! which every rule says where a blank may stand and where it must.
//!
//! Between two words a blank must stand (`when holding`, not `whenholding`), everywhere else it may. So it matters how a
//! part begins and ends: a rule that can end either as a word or with a mark is told twice, once for each.

use std::collections::{BTreeMap, BTreeSet};

use super::GrammarError;
use super::lexical::{Lex, is_word, spelled_out};
use super::rules::{Part, Rules, Token};

/// What a text begins or ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Edge {
    /// A letter, a digit or an underscore.
    Word,
    Mark,
}

use Edge::{Mark, Word};

/// How a text begins and ends.
type Shape = (Edge, Edge);

/// A part of a rule with its blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spaced {
    Text(String),
    Token(String),
    Rule(String),
    /// Blanks and comments, or nothing.
    Gap,
    /// At least one blank or comment.
    Blank,
    /// A comment that ends with the text, maybe.
    LastComment,
    Seq(Vec<Spaced>),
    Either(Vec<Spaced>),
    Maybe(Box<Spaced>),
    Many(Box<Spaced>),
}

/// A grammar with its blanks.
#[derive(Debug, Clone)]
pub(super) struct SpacedRules {
    /// What a whole text is.
    pub(super) start: Spaced,
    pub(super) rules: Vec<(String, Spaced)>,
    pub(super) tokens: Vec<Token>,
}

pub(super) fn spaced(rules: &Rules) -> Result<SpacedRules, GrammarError> {
    let tokens = rules.tokens.iter().map(shaped).collect::<Result<Vec<_>, _>>()?;
    let tokens: BTreeMap<&str, Vec<(Shape, Token)>> =
        rules.tokens.iter().map(|t| t.name.as_str()).zip(tokens).collect();
    let mut spacer = Spacer { tokens, shapes: BTreeMap::new() };
    loop {
        let found: BTreeMap<&str, BTreeSet<Shape>> =
            rules.rules.iter().map(|(name, body)| (name.as_str(), spacer.shapes(body))).collect();
        if found == spacer.shapes {
            break;
        }
        spacer.shapes = found;
    }
    for (name, body) in &rules.rules {
        let mut odd = false;
        body.visit(&mut |part| {
            if let Part::Many(inner) | Part::Some(inner) = part {
                let shapes = spacer.shapes(inner);
                let starts: BTreeSet<Edge> = shapes.iter().map(|s| s.0).collect();
                let ends: BTreeSet<Edge> = shapes.iter().map(|s| s.1).collect();
                odd |= starts.len() > 1 && ends.len() > 1;
            }
        });
        if odd {
            return Err(GrammarError(format!("`{name}` repeats what begins and ends in two ways")));
        }
    }
    let mut told = Vec::new();
    for (name, body) in &rules.rules {
        for shape in spacer.shapes.get(name.as_str()).into_iter().flatten() {
            told.extend(spacer.whole(body, *shape).map(|body| (spacer.name(name, *shape), body)));
        }
    }
    // The rules of the root stand in the start itself.
    let body = rules.rule(&rules.root).cloned().unwrap_or(Part::Seq(Vec::new()));
    let root = match &body {
        Part::Many(_) => body,
        _ => Part::Rule(rules.root.clone()),
    };
    let starts = [Word, Mark].into_iter().filter_map(|end| spacer.rest(std::slice::from_ref(&root), Mark, end));
    let start = seq(vec![either(starts.collect()), Spaced::Gap, Spaced::LastComment]);
    if matches!(root, Part::Many(_)) {
        told.retain(|(name, _)| *name != rules.root);
    }
    let tokens = spacer.tokens.into_values().flatten().map(|(_, token)| token).collect();
    Ok(SpacedRules { start, rules: told, tokens })
}

struct Spacer<'r> {
    tokens: BTreeMap<&'r str, Vec<(Shape, Token)>>,
    shapes: BTreeMap<&'r str, BTreeSet<Shape>>,
}

impl Spacer<'_> {
    /// A rule's name; with its edges if there are several.
    fn name(&self, rule: &str, shape: Shape) -> String {
        match self.shapes.get(rule).map_or(0, BTreeSet::len) {
            0 | 1 => rule.to_owned(),
            _ => {
                let edge = |edge| if edge == Word { 'w' } else { 'm' };
                format!("{rule}_{}{}", edge(shape.0), edge(shape.1))
            }
        }
    }

    /// How the texts of a part begin and end, the empty one aside.
    fn shapes(&self, part: &Part) -> BTreeSet<Shape> {
        match part {
            Part::Word(_) => [(Word, Word)].into(),
            Part::Mark(_) => [(Mark, Mark)].into(),
            Part::Token(name) => {
                self.tokens.get(name.as_str()).into_iter().flatten().map(|(shape, _)| *shape).collect()
            }
            Part::Rule(name) => self.shapes.get(name.as_str()).cloned().unwrap_or_default(),
            Part::Either(options) => options.iter().flat_map(|o| self.shapes(o)).collect(),
            Part::Maybe(inner) => self.shapes(inner),
            Part::Many(inner) | Part::Some(inner) => {
                let shapes = self.shapes(inner);
                shapes.iter().flat_map(|(start, _)| shapes.iter().map(|(_, end)| (*start, *end))).collect()
            }
            Part::Seq(parts) => {
                let mut open: BTreeSet<Shape> = BTreeSet::new();
                let mut none_yet = true;
                for part in parts {
                    let here = self.shapes(part);
                    let mut next: BTreeSet<Shape> =
                        open.iter().flat_map(|(start, _)| here.iter().map(|(_, end)| (*start, *end))).collect();
                    if none_yet {
                        next.extend(&here);
                    }
                    if self.may_be_empty(part) {
                        next.extend(&open);
                    } else {
                        none_yet = false;
                    }
                    open = next;
                }
                open
            }
        }
    }

    fn may_be_empty(&self, part: &Part) -> bool {
        match part {
            Part::Maybe(_) | Part::Many(_) => true,
            Part::Seq(parts) => parts.iter().all(|p| self.may_be_empty(p)),
            Part::Either(options) => options.iter().any(|o| self.may_be_empty(o)),
            Part::Some(inner) => self.may_be_empty(inner),
            Part::Word(_) | Part::Mark(_) | Part::Token(_) | Part::Rule(_) => false,
        }
    }

    /// The texts of a part that begin and end so, the empty one aside.
    fn whole(&self, part: &Part, shape: Shape) -> Option<Spaced> {
        if !self.shapes(part).contains(&shape) {
            return None;
        }
        match part {
            Part::Word(text) | Part::Mark(text) => Some(Spaced::Text(text.clone())),
            Part::Token(name) => {
                let tokens = self.tokens.get(name.as_str()).into_iter().flatten();
                let found: Vec<Spaced> =
                    tokens.filter(|(s, _)| *s == shape).map(|(_, t)| Spaced::Token(t.name.clone())).collect();
                Some(either(found))
            }
            Part::Rule(name) => Some(Spaced::Rule(self.name(name, shape))),
            Part::Either(options) => Some(either(options.iter().filter_map(|o| self.whole(o, shape)).collect())),
            Part::Maybe(inner) => self.whole(inner, shape),
            Part::Many(inner) | Part::Some(inner) => Some(self.repeated(inner, shape)),
            Part::Seq(parts) => {
                let mut options = Vec::new();
                for (at, part) in parts.iter().enumerate() {
                    for (start, end) in self.shapes(part).into_iter().filter(|s| s.0 == shape.0) {
                        let first = self.whole(part, (start, end));
                        let rest = self.rest(&parts[at + 1..], end, shape.1);
                        options.extend(first.zip(rest).map(|(first, rest)| seq(vec![first, rest])));
                    }
                    if !self.may_be_empty(part) {
                        break;
                    }
                }
                Some(either(options))
            }
        }
    }

    /// One or more of a part. Either all ends of it are alike, or all its beginnings.
    fn repeated(&self, inner: &Part, (start, end): Shape) -> Spaced {
        let shapes = self.shapes(inner);
        let ends: BTreeSet<Edge> = shapes.iter().map(|s| s.1).collect();
        if ends.len() == 1 {
            let more = shapes.iter().filter_map(|s| Some(seq(vec![gap(end, s.0), self.whole(inner, *s)?])));
            let more = Spaced::Many(Box::new(either(more.collect())));
            return seq(self.whole(inner, (start, end)).into_iter().chain([more]).collect());
        }
        let before = shapes.iter().filter_map(|s| Some(seq(vec![self.whole(inner, *s)?, gap(s.1, start)])));
        let before = Spaced::Many(Box::new(either(before.collect())));
        seq([before].into_iter().chain(self.whole(inner, (start, end))).collect())
    }

    /// What may follow a text with this edge, blanks before it included, so that all ends with the edge `end`; `None` if
    /// nothing may.
    fn rest(&self, parts: &[Part], after: Edge, end: Edge) -> Option<Spaced> {
        let Some((part, tail)) = parts.split_first() else { return (after == end).then(|| seq(Vec::new())) };
        let skipped = if self.may_be_empty(part) { self.rest(tail, after, end) } else { None };
        // A list of parts that all leave the edge as it was needs no distinction between the first and the others.
        if let Part::Many(inner) = part
            && let Some(skipped) = &skipped
            && self.shapes(inner).iter().all(|s| s.1 == after)
        {
            let more = self.shapes(inner).into_iter();
            let more = more.filter_map(|s| Some(seq(vec![gap(after, s.0), self.whole(inner, s)?])));
            return Some(seq(vec![Spaced::Many(Box::new(either(more.collect()))), skipped.clone()]));
        }
        // Options with the same continuation stand together.
        let mut options: Vec<(Vec<Spaced>, Spaced)> = Vec::new();
        for (start, stop) in self.shapes(part) {
            let whole = self.whole(part, (start, stop)).map(|whole| seq(vec![gap(after, start), whole]));
            let Some((whole, then)) = whole.zip(self.rest(tail, stop, end)) else { continue };
            match options.iter_mut().find(|(_, known)| *known == then) {
                Some((wholes, _)) => wholes.push(whole),
                None => options.push((vec![whole], then)),
            }
        }
        let mut told = Vec::new();
        let mut skips = skipped.is_none();
        for (wholes, then) in options {
            let may_skip = skipped.as_ref() == Some(&then);
            skips |= may_skip;
            let wholes = either(wholes);
            told.push(seq(vec![if may_skip { Spaced::Maybe(Box::new(wholes)) } else { wholes }, then]));
        }
        if !skips {
            told.extend(skipped);
        }
        (!told.is_empty()).then(|| either(told))
    }
}

/// What stands between two edges.
fn gap(before: Edge, after: Edge) -> Spaced {
    if before == Word && after == Word { Spaced::Blank } else { Spaced::Gap }
}

/// A sequence without sequences in it.
fn seq(parts: Vec<Spaced>) -> Spaced {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Spaced::Seq(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if flat.len() == 1 { flat.remove(0) } else { Spaced::Seq(flat) }
}

/// A choice without choices in it. What all options begin with stands before it.
fn either(options: Vec<Spaced>) -> Spaced {
    let mut flat: Vec<Spaced> = Vec::new();
    for option in options {
        match option {
            Spaced::Either(inner) => flat.extend(inner),
            other if flat.contains(&other) => {}
            other => flat.push(other),
        }
    }
    if flat.len() < 2 {
        return flat.pop().unwrap_or(Spaced::Seq(Vec::new()));
    }
    let nothing = Spaced::Seq(Vec::new());
    if flat.contains(&nothing) {
        flat.retain(|option| *option != nothing);
        return Spaced::Maybe(Box::new(either(flat)));
    }
    let first = |option: &Spaced| match option {
        Spaced::Seq(parts) if parts.len() > 1 => parts.first().cloned(),
        _ => None,
    };
    match first(&flat[0]) {
        Some(common) if flat.iter().all(|o| first(o).as_ref() == Some(&common)) => {
            let rest = flat.into_iter().map(|option| match option {
                Spaced::Seq(parts) => seq(parts[1..].to_vec()),
                other => other,
            });
            seq(vec![common, either(rest.collect())])
        }
        _ => Spaced::Either(flat),
    }
}

/// A described word by its edges. One that may begin in two ways becomes two.
fn shaped(token: &Token) -> Result<Vec<(Shape, Token)>, GrammarError> {
    let lex = spelled_out(&token.lex)?;
    let odd = || GrammarError(format!("{} begins in two ways", token.name));
    let parts = match &lex {
        Lex::Seq(parts) => parts.clone(),
        other => vec![other.clone()],
    };
    let ends = if last(&lex).ok_or_else(odd)? { Word } else { Mark };
    let edge = |is_word| if is_word { Word } else { Mark };
    let Some((Lex::Maybe(sign), rest)) = parts.split_first() else {
        let start = edge(first(&lex).ok_or_else(odd)?);
        return Ok(vec![((start, ends), Token { name: token.name.clone(), lex })]);
    };
    let without = Lex::Seq(rest.to_vec());
    let with = Lex::Seq(std::iter::once(sign.as_ref().clone()).chain(rest.iter().cloned()).collect());
    let (plain, signed) = (edge(first(&without).ok_or_else(odd)?), edge(first(&with).ok_or_else(odd)?));
    let signed_name = format!("SIGNED_{}", token.name);
    Ok(vec![
        ((plain, ends), Token { name: token.name.clone(), lex: without }),
        ((signed, ends), Token { name: signed_name, lex: with }),
    ])
}

/// Whether the expression begins as a word; `None` if it may begin so or otherwise.
fn first(lex: &Lex) -> Option<bool> {
    match lex {
        Lex::Text(text) => text.chars().next().map(is_word),
        Lex::Set(set) => edge_of(set),
        Lex::Seq(parts) => first(parts.first()?),
        Lex::Either(options) => agreed(options.iter().map(first)),
        Lex::Some(inner) | Lex::Except(inner, _) => first(inner),
        Lex::Maybe(_) | Lex::Many(_) => None,
    }
}

/// Whether the expression ends as a word; `None` if it may end so or otherwise.
fn last(lex: &Lex) -> Option<bool> {
    match lex {
        Lex::Text(text) => text.chars().next_back().map(is_word),
        Lex::Set(set) => edge_of(set),
        Lex::Seq(parts) => {
            let optional = |part: &&Lex| matches!(part, Lex::Maybe(_) | Lex::Many(_));
            let firm = parts.iter().rposition(|part| !optional(&part))?;
            agreed(parts[firm..].iter().map(last))
        }
        Lex::Either(options) => agreed(options.iter().map(last)),
        Lex::Maybe(inner) | Lex::Many(inner) | Lex::Some(inner) | Lex::Except(inner, _) => last(inner),
    }
}

fn edge_of(set: &super::lexical::Set) -> Option<bool> {
    if set.negated {
        return None;
    }
    agreed(set.ranges.iter().flat_map(|(from, to)| [Some(is_word(*from)), Some(is_word(*to))]))
}

fn agreed(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = all.collect::<Option<Vec<bool>>>()?;
    all.dedup();
    if all.len() == 1 { all.pop() } else { None }
}
