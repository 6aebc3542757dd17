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
    /// The key of a token of up to 16 bytes of ASCII that is no line break.
    pub(super) fn of_short(raw: &str) -> Option<Key> {
        if raw.starts_with('\n') {
            return None;
        }
        short(raw.as_bytes()).map(|words| Key { words, is_exact: true })
    }

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
    /// Of tokens of one byte.
    single: [Sym; 128],
    /// Of tokens of up to 8 bytes of ASCII, and of up to 16.
    short: Table<u64>,
    medium: Table<[u64; 2]>,
    /// Of all others.
    long: FxHashMap<Box<str>, Sym>,
    /// By first byte: the lengths of the tokens of up to 16 bytes that begin with it, one bit each.
    lengths: [u32; 128],
    count: u32,
}

/// Symbols by key, in open addressing; no symbol marks a free place. Never more than half full.
#[derive(Debug)]
struct Table<K> {
    places: Vec<(K, Sym)>,
}

impl<K: Copy + Default + PartialEq> Table<K> {
    fn new(tokens: usize) -> Table<K> {
        Table { places: vec![(K::default(), Sym::UNKNOWN); (2 * tokens + 1).next_power_of_two()] }
    }

    /// Where the key is, or would be.
    fn place(&self, key: K, bits: u64) -> usize {
        let mask = self.places.len() - 1;
        let mut at = (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask;
        while self.places[at].1 != Sym::UNKNOWN && self.places[at].0 != key {
            at = (at + 1) & mask;
        }
        at
    }
}

impl Symbols {
    /// The symbols of `tokens`, which are folded.
    pub(super) fn new<'t>(tokens: impl Iterator<Item = &'t str> + Clone) -> Symbols {
        let tokens = FIXED.into_iter().chain(tokens);
        let count = tokens.clone().count();
        let mut symbols = Symbols {
            single: [Sym::UNKNOWN; 128],
            short: Table::new(count),
            medium: Table::new(count),
            long: FxHashMap::default(),
            lengths: [0; 128],
            count: 0,
        };
        for token in tokens {
            if symbols.of_folded(token) == Sym::UNKNOWN {
                symbols.add(token);
            }
        }
        symbols
    }

    fn add(&mut self, token: &str) {
        self.count += 1;
        let sym = Sym(self.count);
        let bytes = token.as_bytes();
        match (bytes, short(bytes)) {
            ([byte], Some(_)) => self.single[usize::from(*byte)] = sym,
            ([first, ..], Some(words)) => {
                self.lengths[usize::from(*first)] |= 1 << bytes.len();
                if bytes.len() <= 8 {
                    let place = self.short.place(words[0], words[0]);
                    self.short.places[place] = (words[0], sym);
                } else {
                    let place = self.medium.place(words, mixed(words));
                    self.medium.places[place] = (words, sym);
                }
            }
            _ => {
                self.long.insert(token.into(), sym);
            }
        }
    }

    /// How many there are, [`Sym::UNKNOWN`] included.
    pub(super) fn len(&self) -> usize {
        self.count as usize + 1
    }

    pub(super) fn of_folded(&self, token: &str) -> Sym {
        let bytes = token.as_bytes();
        match (bytes, short(bytes)) {
            ([byte], Some(_)) => self.single[usize::from(*byte)],
            (_, Some(words)) if bytes.len() <= 8 => self.short.places[self.short.place(words[0], words[0])].1,
            (_, Some(words)) => self.medium.places[self.medium.place(words, mixed(words))].1,
            (_, None) => self.long.get(token).copied().unwrap_or(Sym::UNKNOWN),
        }
    }

    /// Reads `text` into `out`, which is cleared first.
    pub(super) fn read(&self, text: &str, out: &mut Vec<Tok>, scratch: &mut String) {
        out.clear();
        let bytes = text.as_bytes();
        text::each_token(text, |kind, start, end| {
            let first = bytes[start];
            let sym = match kind {
                _ if !first.is_ascii() => self.of_raw(&text[start..end], scratch),
                TokenKind::Newline => self.single[usize::from(b'\n')],
                _ if end == start + 1 => self.single[usize::from(first.to_ascii_lowercase())],
                // The token of a pattern has as many bytes, or it is not ASCII.
                _ => match (bytes[start..].first_chunk::<16>(), end - start) {
                    (Some(sixteen), length @ ..=8) => {
                        let word = u128::from_le_bytes(*sixteen) as u64 & (u64::MAX >> (64 - 8 * length));
                        match word & NOT_ASCII {
                            0 if self.lengths[usize::from(first.to_ascii_lowercase())] & (1 << length) == 0 => {
                                Sym::UNKNOWN
                            }
                            0 => {
                                let word = lower(word);
                                self.short.places[self.short.place(word, word)].1
                            }
                            _ => self.of_raw(&text[start..end], scratch),
                        }
                    }
                    _ => self.of_raw(&text[start..end], scratch),
                },
            };
            out.push(Tok { start: start as u32, end: end as u32, sym, kind });
        });
    }

    /// The symbol of any token that is no line break.
    fn of_raw(&self, raw: &str, scratch: &mut String) -> Sym {
        let bytes = raw.as_bytes();
        if bytes.len() <= 16 && bytes.is_ascii() {
            let first = usize::from(bytes[0].to_ascii_lowercase());
            let is_unknown = bytes.len() > 1 && self.lengths[first] & (1 << bytes.len()) == 0;
            return if is_unknown { Sym::UNKNOWN } else { self.of_folded(raw) };
        }
        scratch.clear();
        text::fold_into(raw, scratch);
        self.of_folded(scratch)
    }
}

fn mixed(words: [u64; 2]) -> u64 {
    words[0] ^ words[1].rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn tokens_and_symbols_are_those_of_the_slow_reading(text in "\\PC{0,20}|[a-cA-C_’'İKé٣€0-9,. \t\n-]{0,60}") {
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
