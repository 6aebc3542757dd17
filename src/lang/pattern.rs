//! Text patterns: the literal of an `action`, `observation`, `task` or `fails`, read into elements over tokens.
//!
//! `{x}` captures the parameter x, `{in|on}` is one of several literals, `{the?}` an optional literal, `{...}` a gap
//! of any length on one line, `{{` and `}}` are the brackets themselves. Everything else is literal text, compared token by
//! token; case and spacing do not matter. How captures match is said once, in `engine::matching`.
//! A pattern may also be a regular expression over the raw text, whose named groups are the captures.

use super::regexp::{Regexp, RegexpError};
use crate::text::{self, TokenKind};

/// The type of a capture, of a variable and of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// Words and an optional number: `mug 1`; a leading article is dropped.
    Item,
    /// Words without a number: `mug`; a leading article is dropped.
    Kind,
    /// Exactly one word.
    Word,
    /// One to eight tokens on one line, within a sentence and outside tags.
    Words,
    /// A decimal number.
    Number,
    /// Items joined by `,` and `and`, at most 64; `nothing` is the empty list.
    List,
    /// The rest of the line.
    Text,
    /// A number, after a sign of currency if there is one.
    Money,
    /// One to eight tokens on one line whose raw text matches a declared expression; the type's position in its domain.
    Own(u16),
}

impl Type {
    /// The types that need no declaration.
    pub const ALL: [(Type, &'static str); 8] = [
        (Type::Item, "item"),
        (Type::Kind, "kind"),
        (Type::Word, "word"),
        (Type::Words, "words"),
        (Type::Number, "number"),
        (Type::List, "list"),
        (Type::Text, "text"),
        (Type::Money, "money"),
    ];

    pub fn by_name(name: &str) -> Option<Type> {
        Type::ALL.iter().find(|(_, n)| *n == name).map(|(ty, _)| *ty)
    }

    /// Types whose values are words that `is` can compare with one another.
    pub fn is_wordy(self) -> bool {
        matches!(self, Type::Item | Type::Kind | Type::Word | Type::Words | Type::Own(_))
    }

    /// Types whose values are numbers.
    pub fn is_numeric(self) -> bool {
        matches!(self, Type::Number | Type::Money)
    }

    /// Types whose values have tokens: what `contains`, `words` and `shared` read.
    pub fn has_tokens(self) -> bool {
        self.is_wordy() || self == Type::Text
    }

    /// Whether a variable of one type may stand for a parameter of the other.
    pub fn fits(self, other: Type) -> bool {
        self == other || (self.is_numeric() && other.is_numeric())
    }

    /// Types that may be rendered in advice: built from checked characters only.
    pub fn is_renderable(self) -> bool {
        matches!(self, Type::Item | Type::Kind | Type::Number | Type::Money | Type::List)
    }

    /// Types that may be rendered in a suggested action: single values without marks, breaks or brackets.
    pub fn is_suggestible(self) -> bool {
        self.is_wordy() || self.is_numeric()
    }
}

/// One element of a pattern. Literals are folded tokens (`text::fold`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Element {
    Literal(String),
    /// One of several literal sequences, tried in order; `{the?}` is `the` or nothing.
    Either(Vec<Vec<String>>),
    /// Any tokens up to the next element, none of them a newline; as few as possible.
    Gap,
    /// The parameter at this position of the head, of this type.
    Capture(Capture),
}

/// Where a value goes and what it must look like.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Capture {
    /// The position of the parameter in the head.
    pub param: u16,
    pub ty: Type,
    /// For [`Type::Own`]: what the raw text must match as a whole.
    pub shape: Option<Regexp>,
}

/// A pattern, ready to match: never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// Elements over tokens.
    Tokens(Vec<Element>),
    /// An expression searched in the raw text, and its named groups: the number of each and what it captures.
    Regex { regex: Regexp, groups: Vec<(usize, Capture)> },
}

/// A parameter as patterns see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternParam {
    pub name: String,
    pub ty: Type,
    pub shape: Option<Regexp>,
}

/// Why a pattern cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    pub message: String,
    pub help: &'static str,
    /// A regular expression over its size limit.
    pub too_large: bool,
    /// The unknown capture name, where that is the reason.
    pub unknown: Option<String>,
}

fn error<T>(message: impl Into<String>, help: &'static str) -> Result<T, PatternError> {
    Err(PatternError { message: message.into(), help, too_large: false, unknown: None })
}

/// At most this many elements in a pattern.
pub const MAX_ELEMENTS: usize = 128;

impl Pattern {
    /// Reads a text with captures; `params` are the head's, in order.
    pub fn read(source: &str, params: &[PatternParam]) -> Result<Pattern, PatternError> {
        let mut elements = Vec::new();
        let mut rest = source;
        let mut literal = String::new();
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let bracket = &rest[at..];
            if let Some(after) = bracket.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = bracket.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if let Some(inside) = bracket.strip_prefix('{') {
                let Some(close) = inside.find('}') else {
                    return error("a `{` without its `}`", "write `{{` for the bracket itself");
                };
                push_literals(&mut elements, &mut literal);
                elements.push(element(inside[..close].trim(), params)?);
                rest = &inside[close + 1..];
            } else {
                return error("a `}` without its `{`", "write `}}` for the bracket itself");
            }
        }
        literal.push_str(rest);
        push_literals(&mut elements, &mut literal);
        if elements.is_empty() {
            return error("an empty pattern", "write the words that the text must have");
        }
        if elements.len() > MAX_ELEMENTS {
            return error(
                format!("a pattern of more than {MAX_ELEMENTS} parts"),
                "use `{...}` for what does not matter",
            );
        }
        check_neighbours(&elements)?;
        Ok(Pattern::Tokens(elements))
    }

    /// Reads a regular expression; its named groups are parameters.
    pub fn read_regex(source: &str, params: &[PatternParam]) -> Result<Pattern, PatternError> {
        let regex = Regexp::new(source).map_err(|error| {
            let (message, too_large) = match error {
                RegexpError::TooLarge(what) => (format!("a regular expression of {what}"), true),
                RegexpError::Invalid(what) => (format!("not a regular expression: {what}"), false),
            };
            let help = match too_large {
                true => "say it shorter, or in several patterns",
                false => "the syntax has no look-around and no back-references, so that matching takes linear time",
            };
            PatternError { message, help, too_large, unknown: None }
        })?;
        let mut groups = Vec::new();
        for (number, name) in regex.regex().capture_names().enumerate() {
            let Some(name) = name else { continue };
            groups.push((number, capture(name, params)?));
        }
        Ok(Pattern::Regex { regex, groups })
    }

    /// Captured parameters in order of appearance, repeats included.
    pub fn captures(&self) -> impl Iterator<Item = &Capture> + '_ {
        let (elements, groups): (&[Element], &[(usize, Capture)]) = match self {
            Pattern::Tokens(elements) => (elements, &[]),
            Pattern::Regex { groups, .. } => (&[], groups),
        };
        let elements =
            elements.iter().filter_map(|e| if let Element::Capture(capture) = e { Some(capture) } else { None });
        elements.chain(groups.iter().map(|(_, capture)| capture))
    }

    /// Number of tokens that the pattern always demands literally: more means more specific. An expression demands none.
    pub fn literal_tokens(&self) -> usize {
        let Pattern::Tokens(elements) = self else { return 0 };
        elements
            .iter()
            .map(|e| match e {
                Element::Literal(_) => 1,
                Element::Either(options) => options.iter().map(Vec::len).min().unwrap_or(0),
                _ => 0,
            })
            .sum()
    }
}

fn check_neighbours(elements: &[Element]) -> Result<(), PatternError> {
    let mut open = false;
    for element in elements {
        match element {
            Element::Capture(_) | Element::Gap if open => {
                return error(
                    "two captures with nothing between them",
                    "put the words that separate them in between: nothing else says where the first one ends",
                );
            }
            Element::Capture(_) | Element::Gap => open = true,
            Element::Literal(_) => open = false,
            // An optional part may be absent, so it separates nothing.
            Element::Either(options) => open &= options.iter().any(Vec::is_empty),
        }
    }
    match elements.iter().all(|e| matches!(e, Element::Gap)) {
        true => error("a pattern that matches everything", "write the words that the text must have"),
        false => Ok(()),
    }
}

fn folded(source: &str) -> Vec<String> {
    text::lex(source).iter().map(|token| text::fold(token.raw(source))).collect()
}

fn push_literals(elements: &mut Vec<Element>, literal: &mut String) {
    elements.extend(folded(literal).into_iter().map(Element::Literal));
    literal.clear();
}

fn element(inside: &str, params: &[PatternParam]) -> Result<Element, PatternError> {
    if inside == "..." {
        return Ok(Element::Gap);
    }
    if let Some(optional) = inside.strip_suffix('?') {
        let words = folded(optional);
        return match words.is_empty() {
            true => error("`{?}` makes nothing optional", "write a word before the `?`"),
            false => Ok(Element::Either(vec![words, Vec::new()])),
        };
    }
    if inside.contains('|') {
        let options: Vec<Vec<String>> = inside.split('|').map(folded).collect();
        return match options.iter().filter(|o| o.is_empty()).count() {
            0 => Ok(Element::Either(options)),
            _ => error(format!("an empty alternative in `{{{inside}}}`"), "write `{word?}` for an optional word"),
        };
    }
    capture(inside, params).map(Element::Capture)
}

fn capture(name: &str, params: &[PatternParam]) -> Result<Capture, PatternError> {
    let is_name = text::lex(name).as_slice().first().is_some_and(|t| t.kind == TokenKind::Word && t.raw(name) == name);
    match params.iter().position(|p| p.name == name) {
        Some(param) => Ok(Capture { param: param as u16, ty: params[param].ty, shape: params[param].shape.clone() }),
        None => Err(PatternError {
            message: format!("`{{{name}}}` names no parameter of the head"),
            help: "captures are the head's parameters; `{...}` skips what does not matter",
            too_large: false,
            unknown: is_name.then(|| name.to_owned()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Result<Pattern, PatternError> {
        let item = |name: &str| PatternParam { name: name.to_owned(), ty: Type::Item, shape: None };
        Pattern::read(source, &[item("x"), item("r")])
    }

    #[test]
    fn reads_every_element() {
        let pattern = read("Put {the?} {x} {in|on to} {r}, {...} {{1}}.").expect("valid");
        let Pattern::Tokens(elements) = &pattern else { panic!("no expression") };
        assert_eq!(elements.len(), 11);
        assert_eq!(pattern.literal_tokens(), 7);
        assert_eq!(pattern.captures().map(|c| (c.param, c.ty)).collect::<Vec<_>>(), [(0, Type::Item), (1, Type::Item)]);
    }

    #[test]
    fn refuses_what_cannot_match_clearly() {
        for (source, part) in [
            ("", "empty"),
            ("{x} {r}", "nothing between"),
            ("{x} {the?} {r}", "nothing between"),
            ("{y}", "names no parameter"),
            ("{x", "without its"),
            ("x}", "without its"),
            ("{a|}", "empty alternative"),
            ("{...}", "matches everything"),
        ] {
            let message = read(source).expect_err(source).message;
            assert!(message.contains(part), "{source}: {message}");
        }
    }
}
