//! Token patterns laid over lexed texts, choice by choice. In: elements and a place in a text; out: where the match
//! ends, and the captures.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Captures, Text};
use crate::engine::value::{Value, is_article};
use crate::lang::pattern::{Capture, Element, Type};
use crate::text::{self, Decimal, TokenKind};

/// Tokens in a capture of words, at most.
const MAX_WORDS: usize = 8;
/// Elements in a captured list, at most.
const MAX_LIST: usize = 64;

/// One attempt after another to lay elements over a text.
pub(super) struct Matcher<'t> {
    pub(super) text: Text<'t>,
    pub(super) captures: Captures,
    /// Attempts left, where they count.
    pub(super) fuel: u32,
    /// The match must reach the end of the text.
    pub(super) to_end: bool,
    /// What is left of the pattern, and where: it does not match there, whatever was captured before. Not kept where a
    /// capture is repeated: then it depends.
    pub(super) failed: Option<HashSet<(usize, usize)>>,
}

impl Matcher<'_> {
    fn token(&self, at: usize) -> Option<(TokenKind, &str)> {
        self.text.tokens.get(at).map(|t| (t.kind, t.raw(self.text.raw)))
    }

    /// Matches `elements` from token `at`; the end of the match.
    pub(super) fn run(&mut self, elements: &[Element], at: usize) -> Option<usize> {
        match &self.failed {
            None => self.fuel = self.fuel.checked_sub(1)?,
            Some(failed) if failed.contains(&(elements.len(), at)) => return None,
            Some(_) => {}
        }
        let found = self.attempt(elements, at);
        if let Some(failed) = self.failed.as_mut().filter(|_| found.is_none()) {
            failed.insert((elements.len(), at));
        }
        found
    }

    fn attempt(&mut self, elements: &[Element], at: usize) -> Option<usize> {
        let Some((element, rest)) = elements.split_first() else {
            return (!self.to_end || at == self.text.tokens.len()).then_some(at);
        };
        match element {
            Element::Literal(literal) => {
                let (_, raw) = self.token(at)?;
                if text::folds_to(raw, literal) { self.run(rest, at + 1) } else { None }
            }
            Element::Either(options) => options.iter().find_map(|option| {
                let fits = option
                    .iter()
                    .enumerate()
                    .all(|(n, literal)| self.token(at + n).is_some_and(|(_, raw)| text::folds_to(raw, literal)));
                if fits { self.run(rest, at + option.len()) } else { None }
            }),
            Element::Gap => {
                let mut end = at;
                loop {
                    if let Some(found) = self.run(rest, end) {
                        return Some(found);
                    }
                    match self.token(end) {
                        Some((kind, _)) if kind != TokenKind::Newline && self.fuel > 0 => end += 1,
                        _ => return None,
                    }
                }
            }
            Element::Capture(capture) => self.capture(capture, rest, at),
        }
    }

    fn capture(&mut self, capture: &Capture, rest: &[Element], at: usize) -> Option<usize> {
        let (param, ty) = (usize::from(capture.param), capture.ty);
        match ty {
            Type::Item | Type::Kind => {
                let article = self.token(at).is_some_and(|(_, raw)| is_article(raw));
                let dropped = if article { self.words(param, ty, rest, at + 1) } else { None };
                dropped.or_else(|| self.words(param, ty, rest, at))
            }
            Type::Word => match self.token(at)? {
                (TokenKind::Word, _) => self.try_words(param, rest, at, at + 1),
                _ => None,
            },
            Type::Words => {
                for end in at + 1..=at + MAX_WORDS {
                    let (kind, raw) = self.token(end - 1)?;
                    if kind == TokenKind::Newline || matches!(raw, "." | "!" | "?" | ";" | "<" | ">" | "[" | "]") {
                        return None;
                    }
                    if let Some(found) = self.try_words(param, rest, at, end) {
                        return Some(found);
                    }
                }
                None
            }
            Type::Text => {
                let mut end = at;
                while self.token(end).is_some_and(|(kind, _)| kind != TokenKind::Newline) {
                    end += 1;
                }
                if end > at { self.try_words(param, rest, at, end) } else { None }
            }
            Type::Own(_) => {
                for end in at + 1..=at + MAX_WORDS {
                    if let (TokenKind::Newline, _) = self.token(end - 1)? {
                        return None;
                    }
                    if capture.shape.as_ref().is_some_and(|shape| shape.matches(self.raw(at, end)))
                        && let Some(found) = self.try_words(param, rest, at, end)
                    {
                        return Some(found);
                    }
                }
                None
            }
            Type::Number => self.signed(param, rest, at),
            Type::Money => {
                let mark = self.token(at).is_some_and(|(_, raw)| matches!(raw, "$" | "€" | "£"));
                self.signed(param, rest, at + usize::from(mark))
            }
            Type::List => self.list(param, rest, at),
        }
    }

    /// A number with its sign, if it has one.
    fn signed(&mut self, param: usize, rest: &[Element], at: usize) -> Option<usize> {
        let minus = self.token(at).is_some_and(|(_, raw)| raw == "-");
        let at = at + usize::from(minus);
        let Decimal(units) = self.number(at)?;
        let number = Decimal(if minus { -units } else { units });
        self.try_value(param, Value::Number(number), rest, at + 1)
    }

    /// An item or a kind that begins at `at`: words, shortest first, and for an item a number if one follows.
    fn words(&mut self, param: usize, ty: Type, rest: &[Element], at: usize) -> Option<usize> {
        for end in at + 1..=at + MAX_WORDS {
            let (TokenKind::Word, _) = self.token(end - 1)? else { return None };
            if ty == Type::Kind {
                if let Some(found) = self.try_words(param, rest, at, end) {
                    return Some(found);
                }
                continue;
            }
            let number = self.number(end);
            let kind = self.canonical(at, end);
            if number.is_some()
                && let Some(found) =
                    self.try_value(param, Value::Item { kind: kind.as_str().into(), number }, rest, end + 1)
            {
                return Some(found);
            }
            if let Some(found) = self.try_value(param, Value::Item { kind: kind.into(), number: None }, rest, end) {
                return Some(found);
            }
        }
        None
    }

    fn number(&self, at: usize) -> Option<Decimal> {
        match self.token(at) {
            Some((TokenKind::Number, raw)) => Decimal::parse(raw),
            _ => None,
        }
    }

    /// The raw text from one token to before another.
    fn raw(&self, start: usize, end: usize) -> &str {
        let tokens = &self.text.tokens[start..end];
        let (first, last) = (tokens.first().map_or(0, |t| t.start), tokens.last().map_or(0, |t| t.end));
        &self.text.raw[first as usize..last as usize]
    }

    fn canonical(&self, start: usize, end: usize) -> String {
        text::canonical(self.text.raw, &self.text.tokens[start..end])
    }

    fn try_words(&mut self, param: usize, rest: &[Element], start: usize, end: usize) -> Option<usize> {
        let value = Value::Words(self.canonical(start, end).into());
        self.try_value(param, value, rest, end)
    }

    fn try_value(&mut self, param: usize, value: Value, rest: &[Element], end: usize) -> Option<usize> {
        match &self.captures[param] {
            Some(before) if *before != value => None,
            Some(_) => self.run(rest, end),
            None => {
                self.captures[param] = Some(value);
                let found = self.run(rest, end);
                if found.is_none() {
                    self.captures[param] = None;
                }
                found
            }
        }
    }

    /// `nothing`, or elements joined by `,`, `and` or `, and`: as many as possible, the last one as long as possible.
    fn list(&mut self, param: usize, rest: &[Element], at: usize) -> Option<usize> {
        if self.token(at).is_some_and(|(_, raw)| text::folds_to(raw, "nothing"))
            && let Some(found) = self.try_value(param, Value::List(Vec::new().into()), rest, at + 1)
        {
            return Some(found);
        }
        // The choices for each element, given that those before it are as long as they can be.
        let mut choices: Vec<Vec<(usize, Value)>> = Vec::new();
        let mut next = Some(at);
        while let Some(start) = next.filter(|_| choices.len() < MAX_LIST) {
            let found = self.elements(start);
            let Some((longest, _)) = found.last() else { break };
            next = self.separator(*longest);
            choices.push(found);
        }
        for count in (1..=choices.len()).rev() {
            let (before, last) = choices[..count].split_at(count - 1);
            for (end, item) in last[0].iter().rev() {
                let whole = before.iter().filter_map(|c| c.last()).map(|(_, item)| item);
                let items: Arc<[Value]> = whole.chain([item]).cloned().collect();
                if let Some(found) = self.try_value(param, Value::List(items), rest, *end) {
                    return Some(found);
                }
            }
        }
        None
    }

    /// The elements that begin at `start`, shortest first; the longest one runs to the next separator.
    fn elements(&self, start: usize) -> Vec<(usize, Value)> {
        let article = self.token(start).is_some_and(|(_, raw)| is_article(raw));
        let start = start + usize::from(article);
        let mut found = Vec::new();
        for end in start + 1..=start + MAX_WORDS {
            match self.token(end - 1) {
                Some((TokenKind::Word, raw)) if !text::folds_to(raw, "and") => {}
                _ => break,
            }
            let kind = self.canonical(start, end);
            found.push((end, Value::Item { kind: kind.as_str().into(), number: None }));
            if let Some(number) = self.number(end) {
                found.push((end + 1, Value::Item { kind: kind.into(), number: Some(number) }));
                break;
            }
        }
        found
    }

    /// Where the next element begins, if a separator stands at `at`.
    fn separator(&self, at: usize) -> Option<usize> {
        let is = |at: usize, what: &str| self.token(at).is_some_and(|(_, raw)| text::folds_to(raw, what));
        match (is(at, ","), is(at, "and")) {
            (true, _) if is(at + 1, "and") => Some(at + 2),
            (true, _) | (_, true) => Some(at + 1),
            _ => None,
        }
    }
}
