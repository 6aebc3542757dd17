//! Interned words and numbered things of an episode's texts, and sets of them.
//!
//! In: texts. Out: small integers that stand for their words (`mug`) and for the things they name (`mug 1`), so that the
//! overlap features are array look-ups.

use rustc_hash::FxHashMap;

use super::tokens::{self, Token};

/// A set of small numbers that empties in constant time.
#[derive(Debug)]
pub(super) struct Stamps {
    stamps: Vec<u32>,
    now: u32,
}

impl Default for Stamps {
    fn default() -> Self {
        Self { stamps: Vec::new(), now: 1 }
    }
}

impl Stamps {
    pub(super) fn clear(&mut self) {
        match self.now.checked_add(1) {
            Some(next) => self.now = next,
            None => {
                self.stamps.clear();
                self.now = 1;
            }
        }
    }

    /// Whether `id` is new to the set.
    pub(super) fn insert(&mut self, id: u32) -> bool {
        let id = id as usize;
        if id >= self.stamps.len() {
            self.stamps.resize(id + 1, 0);
        }
        let new = self.stamps[id] != self.now;
        self.stamps[id] = self.now;
        new
    }

    pub(super) fn has(&self, id: u32) -> bool {
        self.stamps.get(id as usize) == Some(&self.now)
    }
}

/// Ids of words and of numbered things (`mug`, `mug 1`), given out in order of appearance.
#[derive(Debug, Default)]
pub(super) struct Terms {
    words: FxHashMap<Box<str>, u32>,
    /// Numbers beyond `u64` count as one.
    numbered: FxHashMap<(u32, u64), u32>,
    /// Vocabulary id of each term; numbered things have that of their word.
    tokens: Vec<u16>,
    buffer: String,
}

/// A term of a text: the word, and the thing it names (itself, or numbered if a number follows it).
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    pub(super) word: u32,
    pub(super) thing: u32,
    /// Whether the word ends one argument of a command and begins the next.
    pub(super) breaks: bool,
}

impl Terms {
    /// Appends the terms of `text` to `out`. Numbers that follow no word are left out.
    pub(super) fn read(&mut self, text: &str, out: &mut Vec<Term>) {
        let Self { words, numbered, tokens: ids, buffer } = self;
        let start = out.len();
        tokens::tokenize(text, buffer, |token| match token {
            Token::Word(word) => {
                let id = match words.get(word) {
                    Some(&id) => id,
                    None => {
                        let id = ids.len() as u32;
                        ids.push(tokens::word_id(word));
                        words.insert(word.into(), id);
                        id
                    }
                };
                out.push(Term { word: id, thing: id, breaks: tokens::is_argument_break(word) });
            }
            Token::Number(number) => {
                if let Some(last) = out[start..].last_mut()
                    && last.thing == last.word
                {
                    last.thing =
                        *numbered.entry((last.word, number.parse().unwrap_or(u64::MAX))).or_insert_with(|| {
                            ids.push(ids[last.word as usize]);
                            ids.len() as u32 - 1
                        });
                }
            }
        });
    }

    pub(super) fn token(&self, term: u32) -> u16 {
        self.tokens[term as usize]
    }

    pub(super) fn is_content(&self, term: u32) -> bool {
        tokens::is_content(self.token(term))
    }

    /// Distinct terms so far.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }
}
