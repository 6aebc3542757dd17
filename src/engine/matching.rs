//! Patterns against texts. In: a pattern and a lexed text; out: the captured values.
//!
//! The meaning, once and for all: elements are taken from left to right, each tries its choices in order, and the first
//! way in which everything fits counts. Choices in order: an article is dropped before it is kept; words are taken
//! shortest first; an item takes a number that follows before it leaves it; a list takes as many elements as it
//! can; a gap skips as little as it can; alternatives as written. A repeated capture, or one given beforehand, must equal its first value.
//! Where a capture is repeated, what matches depends on what came before: such a pattern matches only what it finds in
//! [`FUEL`] attempts on a text. Otherwise the first way is found whatever it takes, and what has failed once is not tried again.
//!
//! A regular expression is searched in the raw text, wherever it stands: also in an action and in a task sentence. The
//! text of a named group is read by its parameter's type, as a pattern of that one capture reads a whole text; a match
//! with a group that took no part or cannot be read so is none, and the next one is tried: at most [`MAX_MATCHES`].

mod tokens;

use std::collections::HashSet;

use self::tokens::Matcher;
use super::value::Value;
use crate::lang::pattern::{Capture, Element, Pattern};
use crate::lang::regexp::Regexp;
use crate::text::{self, Token, TokenKind};

/// Attempts on a text, at most, of a pattern that repeats a capture.
pub const FUEL: u32 = 20_000;
/// Matches of a regular expression that are looked at in one text, at most.
pub const MAX_MATCHES: usize = 512;

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

/// Matches the whole text, as an action pattern does; an expression is searched in it.
pub fn whole(pattern: &Pattern, params: usize, text: Text) -> Option<Captures> {
    match pattern {
        Pattern::Tokens(elements) => all_of(elements, vec![None; params], text),
        Pattern::Regex { .. } => first(pattern, params, text),
    }
}

/// Matches a whole task sentence, final punctuation aside; an expression is searched in it.
pub fn sentence(pattern: &Pattern, params: usize, text: Text) -> Option<Captures> {
    let is_end = |e: &Element| matches!(e, Element::Literal(l) if matches!(l.as_str(), "." | "!" | "?" | "\n"));
    match pattern {
        Pattern::Tokens(elements) => {
            let end = elements.iter().rposition(|e| !is_end(e)).map_or(0, |last| last + 1);
            all_of(&elements[..end], vec![None; params], text.without_end())
        }
        Pattern::Regex { .. } => first(pattern, params, text),
    }
}

/// The first place where the pattern matches, given values that some parameters already have: `then observation`.
pub fn first_with(pattern: &Pattern, given: &Captures, text: Text) -> Option<Captures> {
    match pattern {
        Pattern::Tokens(elements) => find(elements, given, text, 0, &mut FUEL.clone()).map(|(captures, _)| captures),
        Pattern::Regex { regex, groups } => searched(regex, groups, given, text).next(),
    }
}

/// The first match anywhere in the text.
pub fn first(pattern: &Pattern, params: usize, text: Text) -> Option<Captures> {
    first_with(pattern, &vec![None; params], text)
}

/// All matches that do not overlap, from left to right.
pub fn each(pattern: &Pattern, params: usize, text: Text) -> Vec<Captures> {
    let given = vec![None; params];
    let elements = match pattern {
        Pattern::Tokens(elements) => elements,
        Pattern::Regex { regex, groups } => return searched(regex, groups, &given, text).collect(),
    };
    let mut found = Vec::new();
    let mut start = 0;
    let mut fuel = FUEL;
    while let Some((captures, end)) = find(elements, &given, text, start, &mut fuel) {
        found.push(captures);
        start = end.max(start + 1);
    }
    found
}

/// The first way in which the elements are the whole text.
fn all_of(elements: &[Element], given: Captures, text: Text) -> Option<Captures> {
    let failed = memory(elements, &given);
    let mut matcher = Matcher { text, captures: given, fuel: FUEL, to_end: true, failed };
    matcher.run(elements, 0).map(|_| matcher.captures)
}

/// The readable matches of an expression, from left to right.
fn searched<'t>(
    regex: &'t Regexp,
    groups: &'t [(usize, Capture)],
    given: &'t Captures,
    text: Text<'t>,
) -> impl Iterator<Item = Captures> + 't {
    regex.regex().captures_iter(text::cut(text.raw)).take(MAX_MATCHES).filter_map(move |found| {
        groups.iter().try_fold(given.clone(), |captures, (number, capture)| {
            let raw = found.get(*number)?.as_str();
            all_of(&[Element::Capture(capture.clone())], captures, Text { raw, tokens: &text::lex(raw) })
        })
    })
}

/// Room to remember failures, unless a parameter without a given value is captured twice.
fn memory(elements: &[Element], given: &Captures) -> Option<HashSet<(usize, usize)>> {
    let params = elements.iter().filter_map(|e| if let Element::Capture(c) = e { Some(c.param) } else { None });
    let mut free: Vec<u16> = params.filter(|param| given[usize::from(*param)].is_none()).collect();
    free.sort_unstable();
    free.windows(2).all(|pair| pair[0] != pair[1]).then(HashSet::new)
}

fn find(elements: &[Element], given: &Captures, text: Text, from: usize, fuel: &mut u32) -> Option<(Captures, usize)> {
    let failed = memory(elements, given);
    let mut matcher = Matcher { text, captures: given.clone(), fuel: *fuel, to_end: false, failed };
    for start in from..text.tokens.len() {
        // Most starts fail on the first literal: no need to count them as attempts.
        if let Some(Element::Literal(literal)) = elements.first()
            && !text::folds_to(text.tokens[start].raw(text.raw), literal)
        {
            continue;
        }
        if let Some(end) = matcher.run(elements, start) {
            *fuel = matcher.fuel;
            return Some((matcher.captures, end));
        }
        matcher.captures.clone_from(given);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::pattern::{PatternParam, Type};

    /// A type of the test's own is a letter and a digit, and perhaps more digits after points.
    fn params(params: &[(&str, Type)]) -> Vec<PatternParam> {
        let shape = || Regexp::whole(r"[a-z][0-9](\.[0-9])*").expect("a valid expression");
        let param = |(name, ty): &(&str, Type)| PatternParam {
            name: (*name).to_owned(),
            ty: *ty,
            shape: matches!(ty, Type::Own(_)).then(shape),
        };
        params.iter().map(param).collect()
    }

    fn pattern(source: &str, of: &[(&str, Type)]) -> Pattern {
        Pattern::read(source, &params(of)).expect("a valid pattern")
    }

    fn regex(source: &str, of: &[(&str, Type)]) -> Pattern {
        Pattern::read_regex(source, &params(of)).expect("a valid expression")
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
        assert_eq!(on(&format!("{long} b"), |t| first(&gaps, 0, t)), Some(Vec::new()));
    }

    #[test]
    fn attempts_count_where_a_capture_is_repeated() {
        let twice = pattern("{x} calls {...} and {x} answers", &[("x", Type::Item)]);
        assert_eq!(on("egg calls mug and mug answers", |t| first(&twice, 1, t)), None);
        let found = on("egg calls mug and egg answers", |t| first(&twice, 1, t));
        assert_eq!(found, Some(vec!["egg".to_owned()]));
        let far = format!("egg calls {} and egg answers", "a ".repeat(20_000));
        assert_eq!(on(&far, |t| first(&twice, 1, t)), None);
    }

    #[test]
    fn money_is_a_number_with_or_without_its_sign() {
        let costs = pattern("costs {n}", &[("n", Type::Money)]);
        for (raw, found) in [("costs $1,200.50", "1200.5"), ("It costs 3", "3"), ("costs €-2", "-2")] {
            assert_eq!(on(raw, |t| first(&costs, 1, t)), Some(vec![found.to_owned()]), "{raw}");
        }
        assert_eq!(on("costs $ much", |t| first(&costs, 1, t)), None);
    }

    #[test]
    fn own_types_are_read_from_the_raw_text() {
        let choose = pattern("choose {x}", &[("x", Type::Own(0))]);
        // Case counts, and so does spacing; a value may have several tokens.
        assert_eq!(on("choose b1.2", |t| whole(&choose, 1, t)), Some(vec!["b1 . 2".into()]));
        for raw in ["choose B1", "choose b1 .2", "choose b1.\n2", "choose b1.2.3.4.5.6.7.8.9"] {
            assert_eq!(on(raw, |t| whole(&choose, 1, t)), None, "{raw}");
        }
        // Shortest first.
        assert_eq!(on("choose b1.2.", |t| first(&choose, 1, t)), Some(vec!["b1".into()]));
    }

    #[test]
    fn expressions_search_the_raw_text_and_read_their_groups() {
        let on_it = regex("on (?<x>[a-z ]+[0-9]*)", &[("x", Type::Item)]);
        for run in [whole, sentence, first] {
            assert_eq!(on("Put it on the top shelf 1.", |t| run(&on_it, 1, t)), Some(vec!["top shelf 1".into()]));
            assert_eq!(on("Put it On shelf 1.", |t| run(&on_it, 1, t)), None);
        }
        // What cannot be read, or took no part, is no match: the next one counts.
        let price = regex("costs (?:(?<n>[^ ]+)|nothing)", &[("n", Type::Money)]);
        let raw = "a costs much, b costs nothing, c costs $2 and d costs 3";
        assert_eq!(on(raw, |t| first(&price, 1, t)), Some(vec!["2".into()]));
        let tokens = text::lex(raw);
        assert_eq!(each(&price, 1, Text { raw, tokens: &tokens }).len(), 2);
        let given = vec![Some(Value::Number(text::Decimal::whole(3)))];
        assert_eq!(on(raw, |t| first_with(&price, &given, t)), Some(vec!["3".into()]));
        // At most so many matches are looked at.
        let raw = format!("{}costs 1", "costs much ".repeat(MAX_MATCHES));
        assert_eq!(on(&raw, |t| first(&price, 1, t)), None);
    }
}
