//! Text patterns: the literal of an `action`, `observation`, `task` or `fails`, read into elements over tokens.
//!
//! `{x}` captures the parameter x, `{in|on}` is one of several literals, `{the?}` an optional literal, `{...}` a gap
//! of any length on one line, `{{` and `}}` are the brackets themselves. Everything else is literal text, compared token by
//! token; case and spacing do not matter. How captures match is said once, in `engine::matching`.

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
}

impl Type {
    pub const ALL: [(Type, &'static str); 7] = [
        (Type::Item, "item"),
        (Type::Kind, "kind"),
        (Type::Word, "word"),
        (Type::Words, "words"),
        (Type::Number, "number"),
        (Type::List, "list"),
        (Type::Text, "text"),
    ];

    pub fn name(self) -> &'static str {
        Type::ALL.iter().find(|(ty, _)| *ty == self).map_or("", |(_, name)| name)
    }

    pub fn by_name(name: &str) -> Option<Type> {
        Type::ALL.iter().find(|(_, n)| *n == name).map(|(ty, _)| *ty)
    }

    /// Types whose values are words that `is` can compare with one another.
    pub fn is_wordy(self) -> bool {
        matches!(self, Type::Item | Type::Kind | Type::Word | Type::Words)
    }

    /// Types that may be rendered in advice: built from checked characters only.
    pub fn is_renderable(self) -> bool {
        matches!(self, Type::Item | Type::Kind | Type::Number | Type::List)
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
    Capture {
        param: u16,
        ty: Type,
    },
}

/// A pattern, ready to match: never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    pub elements: Vec<Element>,
}

/// Why a pattern cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    pub message: String,
    pub help: &'static str,
    /// The unknown capture name, where that is the reason.
    pub unknown: Option<String>,
}

fn error<T>(message: impl Into<String>, help: &'static str) -> Result<T, PatternError> {
    Err(PatternError { message: message.into(), help, unknown: None })
}

/// At most this many elements in a pattern.
pub const MAX_ELEMENTS: usize = 128;

impl Pattern {
    /// Reads `source`; `params` are the head's names and types, in order.
    pub fn read(source: &str, params: &[(String, Type)]) -> Result<Pattern, PatternError> {
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
        let pattern = Pattern { elements };
        pattern.check_neighbours()?;
        Ok(pattern)
    }

    /// Captured parameters in order of appearance, repeats included.
    pub fn captures(&self) -> impl Iterator<Item = (u16, Type)> + '_ {
        self.elements.iter().filter_map(|e| match e {
            Element::Capture { param, ty } => Some((*param, *ty)),
            _ => None,
        })
    }

    /// Number of tokens that the pattern always demands literally: more means more specific.
    pub fn literal_tokens(&self) -> usize {
        self.elements
            .iter()
            .map(|e| match e {
                Element::Literal(_) => 1,
                Element::Either(options) => options.iter().map(Vec::len).min().unwrap_or(0),
                _ => 0,
            })
            .sum()
    }

    fn check_neighbours(&self) -> Result<(), PatternError> {
        let mut open = false;
        for element in &self.elements {
            match element {
                Element::Capture { .. } | Element::Gap if open => {
                    return error(
                        "two captures with nothing between them",
                        "put the words that separate them in between: nothing else says where the first one ends",
                    );
                }
                Element::Capture { .. } | Element::Gap => open = true,
                Element::Literal(_) => open = false,
                // An optional part may be absent, so it separates nothing.
                Element::Either(options) => open &= options.iter().any(Vec::is_empty),
            }
        }
        match self.elements.iter().all(|e| matches!(e, Element::Gap)) {
            true => error("a pattern that matches everything", "write the words that the text must have"),
            false => Ok(()),
        }
    }
}

fn folded(source: &str) -> Vec<String> {
    text::lex(source).iter().map(|token| text::fold(token.raw(source))).collect()
}

fn push_literals(elements: &mut Vec<Element>, literal: &mut String) {
    elements.extend(folded(literal).into_iter().map(Element::Literal));
    literal.clear();
}

fn element(inside: &str, params: &[(String, Type)]) -> Result<Element, PatternError> {
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
    let is_name =
        text::lex(inside).as_slice().first().is_some_and(|t| t.kind == TokenKind::Word && t.raw(inside) == inside);
    match params.iter().position(|(name, _)| name == inside) {
        Some(param) => Ok(Element::Capture { param: param as u16, ty: params[param].1 }),
        None => Err(PatternError {
            message: format!("`{{{inside}}}` names no parameter of the head"),
            help: "captures are the head's parameters; `{...}` skips what does not matter",
            unknown: is_name.then(|| inside.to_owned()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Result<Pattern, PatternError> {
        Pattern::read(source, &[("x".to_owned(), Type::Item), ("r".to_owned(), Type::Item)])
    }

    #[test]
    fn reads_every_element() {
        let pattern = read("Put {the?} {x} {in|on to} {r}, {...} {{1}}.").expect("valid");
        assert_eq!(pattern.elements.len(), 11);
        assert_eq!(pattern.literal_tokens(), 7);
        assert_eq!(pattern.captures().collect::<Vec<_>>(), [(0, Type::Item), (1, Type::Item)]);
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
