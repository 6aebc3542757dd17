//! Which names can stand at a place, by the words before it. In: tokens; out: what sort of name is wanted. The grammar
//! only knows "a name"; the words before say whose.

use super::words::before;
use crate::lang::names::NameKind;
use crate::lang::outline::{self, FrameKind};
use crate::lang::source::Source;

/// What sort of name is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A new name, or none at all.
    Nothing,
    Type,
    /// A variable; as an argument, of which call and at which position.
    Variable {
        type_of: Option<(String, usize)>,
    },
    /// Facts and variables.
    Condition,
    /// A fact of one of these kinds; with `action`, an event that an agent can do.
    Call {
        kinds: &'static [NameKind],
        action: bool,
    },
    Domain,
    Skill,
    /// A member or own declaration of the skill at hand.
    Member(&'static [NameKind]),
}

const EVENTS: &[NameKind] = &[NameKind::Event];
const FACTS: &[NameKind] = &[NameKind::Event, NameKind::Fluent, NameKind::Task, NameKind::Table];

/// What the tokens before byte `at` let one expect there.
pub fn wanted(source: &Source, at: usize) -> Wanted {
    let near: Vec<&str> = before(source, at).take(2).map(|(_, word)| word).collect();
    let word = |n: usize| near.get(n).copied().unwrap_or_default();
    let frame = outline::frames(source, at).last().map_or(FrameKind::File, |(kind, _)| *kind);
    let call = |kinds, action| Wanted::Call { kinds, action };
    if let Some(bracket) = open_bracket(source, at) {
        return match bracket.opener.as_str() {
            // The head of a declaration: new names with types.
            _ if bracket.is_head => {
                if word(0) == ":" {
                    Wanted::Type
                } else {
                    Wanted::Nothing
                }
            }
            "count" => call(&[NameKind::Event, NameKind::Fluent], false),
            "words" | "shared" => Wanted::Variable { type_of: None },
            ":" | "with" => condition(word(0), word(1)),
            _ => Wanted::Variable { type_of: Some((bracket.opener, bracket.position)) },
        };
    }
    match (frame, word(0), word(1)) {
        (FrameKind::File, "in", _) => Wanted::Domain,
        (FrameKind::Patch, "retire" | "modify", _) => Wanted::Skill,
        (FrameKind::Patch, "skill", "replace") => Wanted::Skill,
        (FrameKind::Patch, "in", _) => Wanted::Domain,
        (FrameKind::Modify, sort, "drop" | "replace") => member(sort),
        (FrameKind::Example, "expect", _) | (FrameKind::Example, "not", "expect") => Wanted::Member(&[NameKind::Rule]),
        (FrameKind::Example, "violated", _) => Wanted::Member(&[NameKind::Assertion]),
        (FrameKind::File | FrameKind::Patch | FrameKind::Modify | FrameKind::Example, ..)
            if !in_condition(source, at) =>
        {
            Wanted::Nothing
        }
        (_, "for", _) => call(&[NameKind::Task], false),
        (_, "available" | "prefer" | "avoid" | "forbid", _) => call(EVENTS, true),
        (_, "once", _) => call(EVENTS, false),
        (_, "by", _) => call(&[NameKind::Event, NameKind::Task], false),
        (_, "every" | "some" | "no", _) => call(FACTS, false),
        (_, "|" | "=", _) if is_task(source, at) => call(&[NameKind::Task], false),
        (
            _,
            "->" | "let" | "all" | "rule" | "assert" | "example" | "event" | "fluent" | "define" | "table" | "task",
            _,
        ) => Wanted::Nothing,
        (_, first, second) => condition(first, second),
    }
}

/// Inside a condition: after some words only a variable can stand, elsewhere a fact, too.
fn condition(first: &str, second: &str) -> Wanted {
    match (first, second) {
        ("is" | "in" | "contains" | "<" | ">" | "<=" | ">=" | "!=", _) => Wanted::Variable { type_of: None },
        ("=", name) if name != ")" => Wanted::Variable { type_of: None },
        _ => Wanted::Condition,
    }
}

fn member(sort: &str) -> Wanted {
    Wanted::Member(match sort {
        "rule" => &[NameKind::Rule],
        "assert" => &[NameKind::Assertion],
        "example" => &[NameKind::Example],
        "event" => EVENTS,
        "fluent" => &[NameKind::Fluent],
        "define" => &[NameKind::Define],
        "type" => &[NameKind::Type],
        "kind" => &[NameKind::Kind],
        "table" => &[NameKind::Table],
        _ => return Wanted::Nothing,
    })
}

/// Whether the element at hand has come to its condition.
fn in_condition(source: &Source, at: usize) -> bool {
    element(source, at).iter().any(|word| matches!(*word, "when" | "whenever" | "where" | "with" | ":"))
}

fn is_task(source: &Source, at: usize) -> bool {
    element(source, at).first().is_some_and(|word| *word == "task")
}

/// The words of the element at hand, up to `at`.
fn element<'s>(source: &'s Source, at: usize) -> Vec<&'s str> {
    let start = outline::frames(source, at).last().and_then(|(_, element)| *element).unwrap_or(at);
    let inside = before(source, at).take_while(|(lexeme, _)| lexeme.span.start as usize >= start);
    let mut words: Vec<&str> = inside.map(|(_, word)| word).collect();
    words.reverse();
    words
}

/// The innermost round bracket that is open.
struct Bracket {
    /// The word or sign before it.
    opener: String,
    /// How many commas stand behind it.
    position: usize,
    /// It holds the parameters of a declaration.
    is_head: bool,
}

fn open_bracket(source: &Source, at: usize) -> Option<Bracket> {
    let start = outline::frames(source, at).last().and_then(|(_, element)| *element)?;
    let mut depth = 0usize;
    let mut position = 0;
    let mut tokens = before(source, at).take_while(|(lexeme, _)| lexeme.span.start as usize >= start);
    while let Some((_, word)) = tokens.next() {
        match word {
            ")" => depth += 1,
            "(" if depth > 0 => depth -= 1,
            "(" => {
                let opener = tokens.next().map_or("", |(_, word)| word);
                let declares = tokens.next().map_or("", |(_, word)| word);
                let is_head = matches!(declares, "event" | "fluent" | "define" | "task" | "table");
                return Some(Bracket { opener: opener.to_owned(), position, is_head });
            }
            "," if depth == 0 => position += 1,
            "{" | "}" => return None,
            _ => {}
        }
    }
    None
}
