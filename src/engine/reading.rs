//! World texts as the engine reads them. In: a raw text and the vocabulary's symbols; out: its tokens, each with the symbol
//! of its folded text, so that patterns compare numbers; and the keys by which texts are interned.

use std::hash::{BuildHasher, BuildHasherDefault};

use rustc_hash::{FxHashMap, FxHasher};

use crate::text::{self, TokenKind};

/// A literal token of some pattern, by number. Tokens that no pattern has are all [`Sym::UNKNOWN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Sym(pub(super) u32);

/// Tokens that the matcher itself asks for; their symbols are their positions here, from 1.
const FIXED: [&str; 19] =
    ["a", "an", "the", "some", "and", "nothing", ",", "-", "$", "€", "£", ".", "!", "?", ";", "<", ">", "[", "]"];

impl Sym {
    pub(super) const UNKNOWN: Sym = Sym(0);
    pub(super) const AND: Sym = Sym(5);
    pub(super) const NOTHING: Sym = Sym(6);
    pub(super) const COMMA: Sym = Sym(7);
    pub(super) const MINUS: Sym = Sym(8);

    pub(super) fn is_article(self) -> bool {
        (1..=4).contains(&self.0)
    }

    pub(super) fn is_currency(self) -> bool {
        (9..=11).contains(&self.0)
    }

    /// What a capture of words does not run across.
    pub(super) fn ends_words(self) -> bool {
        (12..=19).contains(&self.0)
    }
}

/// A folded text: itself where that is ASCII of at most 16 bytes, otherwise a hash of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) words: [u64; 2],
    pub(super) is_exact: bool,
}

impl Key {
    /// The key of a text that is folded already.
    pub(super) fn of_folded(folded: &str) -> Key {
        match short(folded.as_bytes()) {
            Some(words) => Key { words, is_exact: true },
            None => Key { words: [hash(folded), 0], is_exact: false },
        }
    }
}

/// A token of a text that has been read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tok {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) sym: Sym,
    pub(super) kind: TokenKind,
}

impl Tok {
    pub(super) fn raw<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start as usize..self.end as usize]
    }
}

fn hash(text: &str) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(text)
}

/// Folds the ASCII capitals among eight bytes; the others stay.
fn lower(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let low_bits = word & (0x7f * ONES);
    let above_z = low_bits + (0x7f - u64::from(b'Z')) * ONES;
    let from_a = low_bits + (0x80 - u64::from(b'A')) * ONES;
    let capitals = !word & (from_a ^ above_z) & (0x80 * ONES);
    word | (capitals >> 2)
}

const NOT_ASCII: u64 = 0x8080_8080_8080_8080;

/// Up to 16 bytes of ASCII as two words, capitals folded; `None` for anything else.
fn short(bytes: &[u8]) -> Option<[u64; 2]> {
    if bytes.len() > 16 {
        return None;
    }
    let mut padded = [0; 16];
    padded[..bytes.len()].copy_from_slice(bytes);
    let words = masked(&padded, bytes.len());
    ((words[0] | words[1]) & NOT_ASCII == 0).then(|| words.map(lower))
}

/// The first `length` (at most 16) of 16 bytes as two words.
fn masked(bytes: &[u8; 16], length: usize) -> [u64; 2] {
    let all = u128::from_le_bytes(*bytes);
    let kept = if length < 16 { all & ((1 << (8 * length)) - 1) } else { all };
    [kept as u64, (kept >> 64) as u64]
}

/// The symbols of a vocabulary's literal tokens.
#[derive(Debug)]
pub(super) struct Symbols {
    /// Open addressing over short tokens: the key and its symbol; no symbol marks a free place.
    short: Vec<([u64; 2], Sym)>,
    /// Tokens whose keys are hashes.
    long: FxHashMap<Box<str>, Sym>,
    /// By first byte: the lengths (up to 31) of short tokens that begin with it, one bit each.
    lengths: [u32; 128],
    count: u32,
}

impl Symbols {
    /// The symbols of `tokens`, which are folded.
    pub(super) fn new<'t>(tokens: impl Iterator<Item = &'t str> + Clone) -> Symbols {
        let room = (2 * (FIXED.len() + tokens.clone().count())).next_power_of_two();
        let mut symbols = Symbols {
            short: vec![([0; 2], Sym::UNKNOWN); room],
            long: FxHashMap::default(),
            lengths: [0; 128],
            count: 0,
        };
        for token in FIXED.into_iter().chain(tokens) {
            symbols.add(token);
        }
        symbols
    }

    fn add(&mut self, token: &str) {
        if self.of_folded(token) != Sym::UNKNOWN {
            return;
        }
        self.count += 1;
        let sym = Sym(self.count);
        match short(token.as_bytes()) {
            Some(words) => {
                let place = self.place(words);
                self.short[place] = (words, sym);
                self.lengths[usize::from(token.as_bytes().first().copied().unwrap_or(0))] |= 1 << token.len();
            }
            None => {
                self.long.insert(token.into(), sym);
            }
        }
    }

    /// How many there are, [`Sym::UNKNOWN`] included.
    pub(super) fn len(&self) -> usize {
        self.count as usize + 1
    }

    pub(super) fn of_folded(&self, token: &str) -> Sym {
        match short(token.as_bytes()) {
            Some(words) => self.short[self.place(words)].1,
            None => self.long.get(token).copied().unwrap_or(Sym::UNKNOWN),
        }
    }

    /// Where these words are, or would be. The table is never more than half full.
    fn place(&self, words: [u64; 2]) -> usize {
        let mask = self.short.len() - 1;
        let mixed = (words[0] ^ words[1].rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut at = (mixed >> 32) as usize & mask;
        while self.short[at].1 != Sym::UNKNOWN && self.short[at].0 != words {
            at = (at + 1) & mask;
        }
        at
    }

    /// Reads `text` into `out`, which is cleared first.
    pub(super) fn read(&self, text: &str, out: &mut Vec<Tok>, scratch: &mut String) {
        out.clear();
        let bytes = text.as_bytes();
        text::each_token(text, |kind, start, end| {
            let sym = match bytes[start..end] {
                [b'\n', ..] => self.one_byte(b'\n'),
                [byte] if byte.is_ascii() => self.one_byte(byte.to_ascii_lowercase()),
                _ => self.of_raw(text, start, end, scratch),
            };
            out.push(Tok { start: start as u32, end: end as u32, sym, kind });
        });
    }

    fn one_byte(&self, byte: u8) -> Sym {
        match self.lengths[usize::from(byte)] & 2 {
            0 => Sym::UNKNOWN,
            _ => self.short[self.place([u64::from(byte), 0])].1,
        }
    }

    fn of_raw(&self, text: &str, start: usize, end: usize, scratch: &mut String) -> Sym {
        let (bytes, length) = (text.as_bytes(), end - start);
        // Sixteen bytes are read where the text has them: what is beyond the token is masked away.
        if length <= 16
            && let Some(sixteen) = bytes[start..].first_chunk::<16>()
        {
            let words = masked(sixteen, length);
            if (words[0] | words[1]) & NOT_ASCII == 0 {
                let first = sixteen[0].to_ascii_lowercase();
                return match self.lengths[usize::from(first)] & (1 << length) {
                    0 => Sym::UNKNOWN,
                    _ => self.short[self.place([lower(words[0]), lower(words[1])])].1,
                };
            }
        }
        scratch.clear();
        text::fold_into(&text[start..end], scratch);
        self.of_folded(scratch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn tokens_and_symbols_are_those_of_the_slow_reading(text in "\\PC{0,20}|[a-cA-C’'İK€0-9,. \n-]{0,60}") {
            let known = ["abc", "a-b", "k", "'", "\n", "i\u{307}", "abcabcabcabcabcabc", "12"];
            let symbols = Symbols::new(known.into_iter());
            let (mut out, mut scratch) = (Vec::new(), String::new());
            symbols.read(&text, &mut out, &mut scratch);
            let slow = text::lex(&text);
            proptest::prop_assert_eq!(slow.len(), out.len());
            for (slow, tok) in slow.iter().zip(&out) {
                proptest::prop_assert_eq!((slow.kind, slow.start, slow.end), (tok.kind, tok.start, tok.end));
                let folded = text::fold(slow.raw(&text));
                let is_known = FIXED.contains(&folded.as_str()) || known.contains(&folded.as_str());
                proptest::prop_assert_eq!(is_known, tok.sym != Sym::UNKNOWN);
                proptest::prop_assert_eq!(symbols.of_folded(&folded), tok.sym);
            }
        }
    }
}
