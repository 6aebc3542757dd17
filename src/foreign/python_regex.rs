//! Python's `re` expressions as expressions of the `regex` crate. In: the text given to `re.search`, and whether it ignores
//! case; out: an expression that is found in the same texts, or why there is none.
//!
//! What differs between the two is spelt out (`\w`, `\s`, `\Z`, `$` before a final line break, `{,n}`, escapes); what the other
//! cannot say (look-around, references to groups) is refused. Two differences stay and are noted where they can matter:
//! see [`CASE_OF_I`] and [`BOUNDARY`].

mod class;
mod escape;
mod group;
mod node;

use std::collections::BTreeSet;

use crate::lang::regexp::{Regexp, RegexpError};
use node::{Branches, Node, Piece};

/// Ignoring case, Python folds two letters more.
pub const CASE_OF_I: &str =
    "ignoring case, Python also takes the Turkish `ı` and `İ` for `i`; here they are letters of their own";
/// Python's word characters are letters, numbers and `_`.
pub const BOUNDARY: &str = "`\\b` and `\\B` here count combining marks and connecting punctuation as parts of words, and `²` or `½` \
                            not; in Python it is the other way round";

/// Letters that only ignoring case makes an `i`.
const TURKISH: [char; 2] = ['ı', 'İ'];
/// What Python takes for them then.
const I_OF_ANY_KIND: &str = "[iİı]";

/// Deeper nesting of groups is refused.
const MAX_NESTING: usize = 50;

/// An expression, translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    /// The expression as it stands between the slashes of a declaration.
    pub text: String,
    /// What a reader should know: [`CASE_OF_I`], [`BOUNDARY`].
    pub notes: BTreeSet<&'static str>,
    /// Whether it is found in the empty text.
    pub matches_nothing: bool,
}

/// Why an expression has no translation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PythonRegexError {
    /// Python refuses it, too: there it never matches.
    #[error("not a regular expression of Python: {0}")]
    Invalid(String),
    /// It is one, but cannot be said here.
    #[error("no linear-time expression says the same: {0}")]
    Unsupported(String),
}

type Parsed<T> = Result<T, PythonRegexError>;

fn invalid<T>(what: impl Into<String>) -> Parsed<T> {
    Err(PythonRegexError::Invalid(what.into()))
}

fn unsupported<T>(what: impl Into<String>) -> Parsed<T> {
    Err(PythonRegexError::Unsupported(what.into()))
}

/// Translates what `re.search(source, text)` looks for; with `ignore_case` as under `re.IGNORECASE`.
pub fn translate(source: &str, ignore_case: bool) -> Result<Translated, PythonRegexError> {
    let mut parser = Parser {
        rest: source.chars().collect(),
        at: 0,
        flags: Flags { ignore_case, ..Flags::default() },
        groups: Vec::new(),
        names: BTreeSet::new(),
        nesting: 0,
        notes: BTreeSet::new(),
    };
    let branches = parser.branches(true)?;
    if parser.peek().is_some() {
        return invalid("a `)` without its `(`");
    }
    let flag = if parser.flags.ignore_case { "(?i)" } else { "" };
    let mut text = String::from(flag);
    node::write_branches(&branches, true, &mut text)?;
    if text.is_empty() || text == flag {
        text.push_str("(?:)");
    }
    match Regexp::new(&text) {
        Ok(regexp) => Ok(Translated { matches_nothing: regexp.matches(""), text, notes: parser.notes }),
        Err(RegexpError::TooLarge(what)) => unsupported(format!("it is too large ({what})")),
        Err(RegexpError::Invalid(what)) => unsupported(what),
    }
}

/// An expression that is found in texts that begin with `prefix`, letter by letter.
pub fn literal_at_start(prefix: &str) -> String {
    let mut text = String::from(r"\A");
    prefix.chars().for_each(|c| node::write_literal(c, &mut text));
    text
}

/// The flags in force.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    lines: bool,
    dot_all: bool,
    verbose: bool,
    ascii: bool,
}

struct Parser {
    rest: Vec<char>,
    at: usize,
    flags: Flags,
    /// For each numbered group so far whether it is closed.
    groups: Vec<bool>,
    names: BTreeSet<String>,
    nesting: usize,
    notes: BTreeSet<&'static str>,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let found = self.peek()?;
        self.at += 1;
        Some(found)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// At most `most` characters that pass.
    fn eat_while(&mut self, most: usize, pass: impl Fn(char) -> bool) -> String {
        let mut eaten = String::new();
        while eaten.chars().count() < most {
            match self.peek() {
                Some(c) if pass(c) => eaten.push(c),
                _ => break,
            }
            self.at += 1;
        }
        eaten
    }

    /// Alternatives up to a closing bracket or the end.
    fn branches(&mut self, outermost: bool) -> Parsed<Branches> {
        if self.nesting > MAX_NESTING {
            return unsupported(format!("groups nest deeper than {MAX_NESTING}"));
        }
        let mut branches = vec![self.sequence(outermost)?];
        while self.eat('|') {
            branches.push(self.sequence(false)?);
        }
        Ok(branches)
    }

    /// `first`: global flags may stand at its beginning.
    fn sequence(&mut self, first: bool) -> Parsed<Vec<Piece>> {
        let mut pieces: Vec<Piece> = Vec::new();
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            self.at += 1;
            if self.flags.verbose && self.skips(c) {
                continue;
            }
            let node = match c {
                '*' | '+' | '?' => {
                    let bounds = match c {
                        '*' => "*",
                        '+' => "+",
                        _ => "?",
                    };
                    self.repeat(&mut pieces, bounds.to_owned())?;
                    continue;
                }
                '{' => match self.bounds()? {
                    Some(bounds) => {
                        self.repeat(&mut pieces, bounds)?;
                        continue;
                    }
                    None => self.literal('{'),
                },
                '.' => Node::Text(if self.flags.dot_all { "(?s:.)" } else { "." }.to_owned()),
                '^' => Node::At(if self.flags.lines { "(?m:^)" } else { r"\A" }),
                '$' if self.flags.lines => Node::At("(?m:$)"),
                '$' => Node::End,
                '[' => self.class()?,
                '\\' => self.escape()?,
                '(' => match self.group(first && pieces.is_empty())? {
                    Some(node) => node,
                    None => continue,
                },
                other => self.literal(other),
            };
            pieces.push(Piece { node, repeat: None });
        }
        Ok(pieces)
    }

    /// In verbose expressions: whether `c` is a blank, or began a comment that is now behind.
    fn skips(&mut self, c: char) -> bool {
        if c == '#' {
            while self.next().is_some_and(|c| c != '\n') {}
        }
        matches!(c, '#' | ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
    }

    fn repeat(&mut self, pieces: &mut [Piece], bounds: String) -> Parsed<()> {
        let last = match pieces.last_mut() {
            None | Some(Piece { node: Node::At(_) | Node::End, .. }) => return invalid("nothing to repeat"),
            Some(Piece { repeat: Some(_), .. }) => return invalid("something repeated is repeated again"),
            Some(last) => last,
        };
        if self.eat('+') {
            return unsupported("a repetition that gives nothing back (`*+`, `++`, `?+`)");
        }
        // Which of several matches is found first does not matter to a search for whether there is one.
        self.eat('?');
        last.repeat = Some(bounds);
        Ok(())
    }

    /// `{m}`, `{m,n}`, `{m,}`, `{,n}`, `{,}` after the opening bracket; anything else is a bracket for itself.
    fn bounds(&mut self) -> Parsed<Option<String>> {
        let start = self.at;
        if self.peek() == Some('}') {
            return Ok(None);
        }
        let digits = |c: char| c.is_ascii_digit();
        let low = self.eat_while(usize::MAX, digits);
        let high = match self.eat(',') {
            true => self.eat_while(usize::MAX, digits),
            false => low.clone(),
        };
        let exact = self.rest[start..self.at].iter().all(char::is_ascii_digit);
        if !self.eat('}') {
            self.at = start;
            return Ok(None);
        }
        let number = |text: &str| match text.parse::<u32>() {
            Ok(number) if number < u32::MAX => Ok(number),
            _ => invalid("a repetition count that is too large"),
        };
        let least = if low.is_empty() { 0 } else { number(&low)? };
        if high.is_empty() {
            return Ok(Some(format!("{{{least},}}")));
        }
        let most = number(&high)?;
        if most < least {
            return invalid("a repetition whose most is less than its least");
        }
        Ok(Some(if exact { format!("{{{least}}}") } else { format!("{{{least},{most}}}") }))
    }

    /// One character that stands for itself.
    fn literal(&mut self, c: char) -> Node {
        if self.flags.ignore_case && TURKISH.contains(&c) {
            return Node::Text(I_OF_ANY_KIND.to_owned());
        }
        self.note_case(c, c);
        let mut text = String::new();
        node::write_literal(c, &mut text);
        Node::Text(text)
    }

    /// Notes a range of characters whose folding differs.
    fn note_case(&mut self, low: char, high: char) {
        let folds = ['i', 'I', 'ı', 'İ'].iter().any(|c| (low..=high).contains(c));
        if self.flags.ignore_case && folds {
            self.notes.insert(CASE_OF_I);
        }
    }
}

#[cfg(test)]
mod tests;
