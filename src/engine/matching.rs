//! Patterns against texts. In: a pattern and a lexed text; out: the captured values.
//!
//! The meaning, once and for all: elements are taken from left to right, each tries its choices in order, and the first
//! way in which everything fits counts. Choices in order: an article is dropped before it is kept; words are taken
//! shortest first; an item takes a number that follows before it leaves it; a list takes as many elements as it
//! can; a gap skips as little as it can; alternatives as written. A repeated capture, or one given beforehand, must equal its first value.
//! A text that would take more than [`FUEL`] attempts does not match: work is bounded for every pattern and text.

use std::sync::Arc;

use super::value::{Value, is_article};
use crate::lang::pattern::{Element, Pattern, Type};
use crate::text::{self, Decimal, Token, TokenKind};

/// Attempts per pattern and text, at most.
pub const FUEL: u32 = 20_000;
/// Tokens in a capture of words, at most.
const MAX_WORDS: usize = 8;
/// Elements in a captured list, at most.
const MAX_LIST: usize = 64;

/// The captured values by parameter; `None` where the pattern does not name the parameter.
pub type Captures = Vec<Option<Value>>;

/// A lexed text.
#[derive(Debug, Clone, Copy)]
pub struct Text<'t> {
    pub raw: &'t str,
    pub tokens: &'t [Token],
}

impl Text<'_> {
    /// The text without final `.`, `!`, `?` and line breaks.
    fn without_end(mut self) -> Self {
        while let Some((last, rest)) = self.tokens.split_last() {
            if !matches!(last.raw(self.raw), "." | "!" | "?") && last.kind != TokenKind::Newline {
                break;
            }
            self.tokens = rest;
        }
        self
    }
}

/// Matches the whole text: what an action pattern does.
pub fn whole(pattern: &Pattern, params: usize, text: Text) -> Option<Captures> {
    let mut matcher = Matcher { text, captures: vec![None; params], fuel: FUEL, to_end: true };
    matcher.run(&pattern.elements, 0).map(|_| matcher.captures)
}

/// Matches a whole task sentence, final punctuation aside.
pub fn sentence(pattern: &Pattern, params: usize, text: Text) -> Option<Captures> {
    let is_end = |e: &Element| matches!(e, Element::Literal(l) if matches!(l.as_str(), "." | "!" | "?" | "\n"));
    let end = pattern.elements.iter().rposition(|e| !is_end(e)).map_or(0, |last| last + 1);
    let mut matcher = Matcher { text: text.without_end(), captures: vec![None; params], fuel: FUEL, to_end: true };
    matcher.run(&pattern.elements[..end], 0).map(|_| matcher.captures)
}

/// The first place where the pattern matches, given values that some parameters already have: `then observation`.
pub fn first_with(pattern: &Pattern, given: &Captures, text: Text) -> Option<Captures> {
    find(pattern, given, text, 0, &mut FUEL.clone()).map(|(captures, _)| captures)
}

/// The first match anywhere in the text.
pub fn first(pattern: &Pattern, params: usize, text: Text) -> Option<Captures> {
    first_with(pattern, &vec![None; params], text)
}

/// All matches that do not overlap, from left to right.
pub fn each(pattern: &Pattern, params: usize, text: Text) -> Vec<Captures> {
    let given = vec![None; params];
    let mut found = Vec::new();
    let mut start = 0;
    let mut fuel = FUEL;
    while let Some((captures, end)) = find(pattern, &given, text, start, &mut fuel) {
        found.push(captures);
        start = end.max(start + 1);
    }
    found
}

fn find(pattern: &Pattern, given: &Captures, text: Text, from: usize, fuel: &mut u32) -> Option<(Captures, usize)> {
    let mut matcher = Matcher { text, captures: given.clone(), fuel: *fuel, to_end: false };
    for start in from..text.tokens.len() {
        // Most starts fail on the first literal: no need to count them as attempts.
        if let Some(Element::Literal(literal)) = pattern.elements.first()
            && !text::folds_to(text.tokens[start].raw(text.raw), literal)
        {
            continue;
        }
        if let Some(end) = matcher.run(&pattern.elements, start) {
            *fuel = matcher.fuel;
            return Some((matcher.captures, end));
        }
        matcher.captures.clone_from(given);
    }
    None
}

struct Matcher<'t> {
    text: Text<'t>,
    captures: Captures,
    fuel: u32,
    /// The match must reach the end of the text.
    to_end: bool,
}

impl Matcher<'_> {
    fn token(&self, at: usize) -> Option<(TokenKind, &str)> {
        self.text.tokens.get(at).map(|t| (t.kind, t.raw(self.text.raw)))
    }

    /// Matches `elements` from token `at`; the end of the match.
    fn run(&mut self, elements: &[Element], at: usize) -> Option<usize> {
        self.fuel = self.fuel.checked_sub(1)?;
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
            Element::Capture { param, ty } => self.capture(usize::from(*param), *ty, rest, at),
        }
    }

    fn capture(&mut self, param: usize, ty: Type, rest: &[Element], at: usize) -> Option<usize> {
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
            Type::Number => {
                let minus = self.token(at).is_some_and(|(_, raw)| raw == "-");
                let (kind, raw) = self.token(at + usize::from(minus))?;
                let number = Decimal::parse(raw).filter(|_| kind == TokenKind::Number)?;
                let number = if minus { Decimal(-number.0) } else { number };
                self.try_value(param, Value::Number(number), rest, at + 1 + usize::from(minus))
            }
            Type::List => self.list(param, rest, at),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(source: &str, params: &[(&str, Type)]) -> Pattern {
        let params: Vec<(String, Type)> = params.iter().map(|(n, t)| ((*n).to_owned(), *t)).collect();
        Pattern::read(source, &params).expect("a valid pattern")
    }

    fn show(captures: Option<Captures>) -> Option<Vec<String>> {
        captures.map(|c| c.into_iter().flatten().map(|v| v.to_string()).collect())
    }

    fn on(raw: &str, run: impl Fn(Text) -> Option<Captures>) -> Option<Vec<String>> {
        let tokens = text::lex(raw);
        show(run(Text { raw, tokens: &tokens }))
    }

    #[test]
    fn actions_match_as_a_whole() {
        let take = pattern("take {x} from {r}", &[("x", Type::Item), ("r", Type::Item)]);
        let found = on("Take the soap bar 2 from CounterTop 1", |t| whole(&take, 2, t));
        assert_eq!(found, Some(vec!["soap bar 2".into(), "countertop 1".into()]));
        assert_eq!(on("take mug 1 from shelf 1 now 2 3", |t| whole(&take, 2, t)), None);
    }

    #[test]
    fn lists_take_what_they_can() {
        let see = pattern("On the {r}, you see {xs}.", &[("r", Type::Item), ("xs", Type::List)]);
        let text = "You arrive at sofa 1. On the sofa 1, you see a laptop 1, a mug, and a pillow 1.";
        assert_eq!(on(text, |t| first(&see, 2, t)), Some(vec!["sofa 1".into(), "laptop 1, mug and pillow 1".into()]));
        let nothing = "On the sofa 1, you see nothing.";
        assert_eq!(on(nothing, |t| first(&see, 2, t)), Some(vec!["sofa 1".into(), "none".into()]));
        let on_table = pattern("you see {xs} on the table", &[("xs", Type::List)]);
        assert_eq!(
            on("you see a knife and a fork on the table", |t| first(&on_table, 1, t)),
            Some(vec!["knife and fork".into()])
        );
    }

    #[test]
    fn sentences_ignore_final_punctuation() {
        let heat = pattern("put a hot {o} {in|on} {p}.", &[("o", Type::Kind), ("p", Type::Kind)]);
        assert_eq!(
            on("Put a hot mug in coffeemachine", |t| sentence(&heat, 2, t)),
            Some(vec!["mug".into(), "coffeemachine".into()])
        );
        assert_eq!(on("put a hot mug in coffeemachine. now", |t| sentence(&heat, 2, t)), None);
    }

    #[test]
    fn given_values_must_be_found() {
        let heated = pattern("You heat the {x}", &[("x", Type::Item)]);
        let given = vec![Value::item("egg 1")];
        assert!(on("You heat the mug 1. You heat the egg 1.", |t| first_with(&heated, &given, t)).is_some());
        assert!(on("You heat the mug 1.", |t| first_with(&heated, &given, t)).is_none());
    }

    #[test]
    fn each_finds_all_and_work_is_bounded() {
        let see = pattern("a {x} 1", &[("x", Type::Word)]);
        let raw = "a mug 1, a cup 2, a fork 1";
        let tokens = text::lex(raw);
        assert_eq!(each(&see, 1, Text { raw, tokens: &tokens }).len(), 2);
        let gaps = pattern("a {...} a {...} a {...} a {...} b", &[]);
        let long = "a ".repeat(400);
        assert_eq!(on(&long, |t| first(&gaps, 0, t)), None);
    }
}
