//! The peer for matching: one regular expression per pattern. In: a bank's domain and the texts of a step; out: what it takes to
//! search every expression in them, and what a `RegexSet` of the same takes.
//!
//! The expressions are kind to the peer: only ASCII words, no limits of length, no types of one's own where a shape will do, and
//! captures are read only where something matched. What must be in the answer for an action to have happened is not searched
//! at all.

use std::hint::black_box;
use std::time::Instant;

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use reskill::episode::Trajectory;
use reskill::lang::checked::{Domain, EventForm};
use reskill::lang::pattern::{Capture, Element, Pattern, Type};
use reskill::text::{self, TokenKind};

use super::clock;
use super::worlds::{World, with_next};

/// All patterns of a domain's events.
pub struct Expressions {
    actions: Side,
    observations: Side,
}

/// The same expressions one by one and as a set.
struct Side {
    each: Vec<Regex>,
    set: Option<RegexSet>,
}

/// Nanoseconds per step, and how many expressions matched in all.
pub struct Found {
    pub ns: f64,
    pub matches: usize,
}

impl Expressions {
    pub fn of(domain: &Domain) -> Result<Expressions, regex::Error> {
        let (mut actions, mut observations) = (Vec::new(), Vec::new());
        for form in domain.events.iter().flat_map(|event| &event.forms) {
            match form {
                EventForm::Action { pattern, .. } => actions.push(expression(pattern, true)),
                EventForm::Observation { pattern, .. } => observations.push(expression(pattern, false)),
            }
        }
        Ok(Expressions { actions: Side::new(&actions)?, observations: Side::new(&observations)? })
    }

    pub fn len(&self) -> usize {
        self.actions.each.len() + self.observations.each.len()
    }

    /// One pass over a world's steps: the action, the observation and the actions that are new (`new` as in `steps`).
    pub fn one_by_one(&self, world: &World, new: &[Vec<&str>]) -> Found {
        pass(world, new, |side, text| self.side(side).search(text))
    }

    /// The same with two sets; `None` where a set would be too large for its crate.
    pub fn as_sets(&self, world: &World, new: &[Vec<&str>]) -> Option<Found> {
        let both = self.actions.set.is_some() && self.observations.set.is_some();
        both.then(|| pass(world, new, |side, text| self.side(side).search_set(text)))
    }

    fn side(&self, action: bool) -> &Side {
        if action { &self.actions } else { &self.observations }
    }
}

fn pass(world: &World, new: &[Vec<&str>], search: impl Fn(bool, &str) -> usize) -> Found {
    let steps = world.episodes.iter().flat_map(|episode: &Trajectory| with_next(episode));
    let begun = Instant::now();
    let mut matches = 0;
    for ((step, _), new) in steps.zip(new) {
        matches += search(true, &step.action) + search(false, &step.observation);
        matches += new[1..].iter().map(|action| search(true, action)).sum::<usize>();
    }
    Found { ns: clock::nanoseconds(begun.elapsed()) / new.len() as f64, matches }
}

/// How much a set may take when compiled; the crate's own limit is for single expressions.
const SET_BYTES: usize = 1 << 30;

impl Side {
    fn new(sources: &[String]) -> Result<Side, regex::Error> {
        let each = sources.iter().map(|source| RegexBuilder::new(source).case_insensitive(true).build());
        let set = RegexSetBuilder::new(sources).case_insensitive(true).size_limit(SET_BYTES).build().ok();
        Ok(Side { each: each.collect::<Result<_, _>>()?, set })
    }

    fn search(&self, text: &str) -> usize {
        self.each.iter().filter(|regex| regex.is_match(text) && black_box(regex.captures(text)).is_some()).count()
    }

    fn search_set(&self, text: &str) -> usize {
        let Some(set) = &self.set else { return 0 };
        set.matches(text).iter().filter(|index| black_box(self.each[*index].captures(text)).is_some()).count()
    }
}

const WORD: &str = "[a-z][a-z0-9_'-]*";
const ARTICLE: &str = r"(?:(?:the|an?)\s+)?";
const NUMBER: &str = r"[0-9][0-9,]*(?:\.[0-9]+)?";

/// An expression that finds what the pattern finds.
fn expression(pattern: &Pattern, whole: bool) -> String {
    let elements = match pattern {
        Pattern::Regex { regex, .. } => return regex.source().to_owned(),
        Pattern::Tokens(elements) => elements,
    };
    let mut out = String::from(if whole { r"^\s*" } else { "" });
    // Whether the part before ends in a word; at the beginning of a search, a word must not begin within another.
    let mut after_word = None;
    for element in elements {
        let part = match element {
            Element::Literal(token) => literal(token),
            Element::Either(options) => {
                let words = |option: &Vec<String>| option.iter().map(|t| literal(t)).collect::<Vec<_>>().join(r"\s*");
                let any: Vec<String> = options.iter().filter(|option| !option.is_empty()).map(words).collect();
                if any.len() < options.len() {
                    out.push_str(&format!(r"(?:\s*(?:{}))?", any.join("|")));
                    continue;
                }
                format!("(?:{})", any.join("|"))
            }
            Element::Gap => r"[^\n]*?".to_owned(),
            Element::Capture(of) => format!("({})", capture(of)),
        };
        let word = !matches!(element, Element::Literal(token) if !is_word(token)) && !matches!(element, Element::Gap);
        out.push_str(match after_word {
            None if whole || !word => "",
            None => r"(?-u:\b)",
            Some(true) if word => r"\s+",
            Some(_) => r"\s*",
        });
        out.push_str(&part);
        after_word = Some(word);
    }
    let end = match (whole, after_word) {
        (true, _) => r"\s*$",
        (false, Some(true)) => r"(?-u:\b)",
        (false, _) => "",
    };
    out + end
}

fn is_word(token: &str) -> bool {
    text::lex(token).first().is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::Number))
}

fn literal(token: &str) -> String {
    if token == "\n" { r"\n".to_owned() } else { regex::escape(token) }
}

fn capture(of: &Capture) -> String {
    match of.ty {
        Type::Item => format!(r"{ARTICLE}{WORD}(?:\s+{WORD})*?(?:\s+[0-9]+)?"),
        Type::Kind => format!(r"{ARTICLE}{WORD}(?:\s+{WORD})*?"),
        Type::Word => WORD.to_owned(),
        Type::Words => r"\S+(?:\s+\S+){0,7}?".to_owned(),
        Type::Number => NUMBER.to_owned(),
        Type::Money => format!(r"[$€£]?\s*{NUMBER}"),
        Type::List | Type::Text => r"[^\n]+?".to_owned(),
        Type::Own(_) => match &of.shape {
            Some(shape) => shape.source().trim_start_matches(r"\A").trim_end_matches(r"\z").to_owned(),
            None => r"\S+?".to_owned(),
        },
    }
}
