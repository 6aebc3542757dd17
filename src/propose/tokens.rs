//! Texts as folded tokens, and templates over them: literal tokens and slots.

use std::collections::BTreeSet;

use crate::engine::value::Value;
use crate::text::{self, TokenKind};

/// A folded token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Word,
    Number,
    Mark,
    Break,
}

pub(super) fn words(raw: &str) -> Vec<Word> {
    let word = |token: &text::Token| Word {
        text: text::fold(token.raw(raw)),
        kind: match token.kind {
            TokenKind::Word => Kind::Word,
            TokenKind::Number => Kind::Number,
            TokenKind::Newline => Kind::Break,
            TokenKind::Mark => Kind::Mark,
        },
    };
    text::lex(raw).iter().map(word).collect()
}

/// What fills a slot.
pub(super) type Phrase = Vec<Word>;

pub(super) fn spoken(phrase: &[Word]) -> String {
    phrase.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// Tokens as a person would write them.
pub(super) fn readable(tokens: impl Iterator<Item = (String, Kind)>) -> String {
    let mut out = String::new();
    let mut open = true;
    for (text, kind) in tokens {
        let tight = kind == Kind::Break || (kind == Kind::Mark && "/[(\"-#$".contains(&text));
        let closes = tight || (kind == Kind::Mark && ".,!?:;])}".contains(&text));
        if !(open || closes) {
            out.push(' ');
        }
        out.push_str(&text);
        open = tight;
    }
    out
}

/// Whether a capture of type `item` reads it as it is.
pub(super) fn is_item(phrase: &[Word]) -> bool {
    let text = spoken(phrase);
    Value::item(&text).is_some_and(|item| item.to_string() == text)
}

/// The words of an item without its number.
pub(super) fn kind_of(phrase: &[Word]) -> &[Word] {
    match phrase.split_last() {
        Some((last, words)) if last.kind == Kind::Number && !words.is_empty() => words,
        _ => phrase,
    }
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Piece {
    Literal(Word),
    /// The slot at this position of the template's slots.
    Slot(usize),
}

/// What a slot captures, as source text names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Item,
    Kind,
    Number,
    Words,
    List,
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Item => "item",
            Type::Kind => "kind",
            Type::Number => "number",
            Type::Words => "words",
            Type::List => "list",
        }
    }
}

/// A text with slots, and how often it was seen.
#[derive(Debug, Clone)]
pub(super) struct Template {
    pub(super) pieces: Vec<Piece>,
    pub(super) types: Vec<Type>,
    /// In all.
    pub(super) count: usize,
    /// Different texts.
    pub(super) different: usize,
    /// One of them.
    pub(super) sample: String,
}

impl Template {
    pub(super) fn literals(&self) -> impl Iterator<Item = &Word> {
        self.pieces.iter().filter_map(|piece| if let Piece::Literal(word) = piece { Some(word) } else { None })
    }
}

/// Known items: what fills slots of actions.
#[derive(Debug, Clone, Default)]
pub(super) struct Inventory {
    phrases: BTreeSet<Phrase>,
    /// Words of items that were seen with a number.
    numbered: BTreeSet<Phrase>,
    longest: usize,
}

impl Inventory {
    pub(super) fn new(phrases: impl Iterator<Item = Phrase>) -> Self {
        let phrases: BTreeSet<Phrase> = phrases.filter(|phrase| is_item(phrase)).collect();
        let numbered = phrases.iter().filter(|p| kind_of(p).len() < p.len()).map(|p| kind_of(p).to_vec()).collect();
        let longest = phrases.iter().map(Vec::len).max().unwrap_or(0) + 1;
        Inventory { phrases, numbered, longest }
    }

    /// How many tokens at the beginning of `words` are an item, as many as possible.
    pub(super) fn item_at(&self, words: &[Word]) -> Option<usize> {
        let fits = |n: &usize| {
            let phrase = &words[..*n];
            let kind = kind_of(phrase);
            self.phrases.contains(phrase) || (kind.len() < phrase.len() && self.numbered.contains(kind))
        };
        (1..=self.longest.min(words.len())).rev().find(fits)
    }

    /// How many tokens at the beginning of `words` are the kind of an item.
    pub(super) fn kind_at(&self, words: &[Word]) -> Option<usize> {
        let fits = |n: &usize| self.phrases.contains(&words[..*n]) || self.numbered.contains(&words[..*n]);
        (1..=self.longest.min(words.len())).rev().find(fits)
    }
}
