//! Values as numbers. In: what patterns captured; out: a [`Val`] for each distinct value, so that comparing values is
//! comparing numbers and no value is ever copied. A program holds its constants; a session adds what an episode brings.

use std::sync::Arc;

use super::reading::Key;
use super::value::Value;
use crate::text::Decimal;

/// An interned value, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Val(u32);

impl Val {
    pub(super) const NONE: Val = Val(u32::MAX);

    pub(super) fn is_some(self) -> bool {
        self != Val::NONE
    }

    pub(super) fn number(self) -> u64 {
        u64::from(self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Words,
    Item,
    NumberedItem,
    Number,
    List,
}

/// One value. What makes two values different is the tag, `bits`, `kind` and, where `bits` are hashes, the text or the
/// elements.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Words: their key. A number, also of an item: its units. A list: a hash of its elements.
    bits: [u64; 2],
    /// The words of an item.
    kind: Val,
    /// Where its text is; of a list, where its elements are.
    start: u32,
    end: u32,
    tag: Tag,
    is_exact: bool,
}

/// What was known at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    entries: usize,
    texts: usize,
    elements: usize,
}

/// Distinct values, numbered from `first`.
#[derive(Debug, Clone, Default)]
struct Store {
    first: u32,
    entries: Vec<Entry>,
    texts: String,
    elements: Vec<Val>,
    /// Open addressing: positions in `entries`, plus one.
    table: Vec<u32>,
}

impl Store {
    fn text(&self, entry: &Entry) -> &str {
        &self.texts[entry.start as usize..entry.end as usize]
    }

    fn list(&self, entry: &Entry) -> &[Val] {
        &self.elements[entry.start as usize..entry.end as usize]
    }

    /// The value that agrees with `wanted` in tag, bits and kind, and of which `same` holds where bits do not tell all.
    fn find(&self, hash: usize, wanted: &Entry, same: impl Fn(&Store, &Entry) -> bool) -> Option<Val> {
        let mask = self.table.len().checked_sub(1)?;
        let mut at = hash & mask;
        while let Some(position) = self.table[at].checked_sub(1) {
            let entry = &self.entries[position as usize];
            if entry.bits == wanted.bits
                && entry.tag == wanted.tag
                && entry.kind == wanted.kind
                && entry.is_exact == wanted.is_exact
                && (entry.is_exact || same(self, entry))
            {
                return Some(Val(self.first + position));
            }
            at = (at + 1) & mask;
        }
        None
    }

    fn push(&mut self, hash: usize, entry: Entry) -> Val {
        if 2 * (self.entries.len() + 1) > self.table.len() {
            let room = (4 * (self.entries.len() + 1)).next_power_of_two().max(64);
            self.table.clear();
            self.table.resize(room, 0);
            for position in 0..self.entries.len() {
                let place = self.free(self.entries[position].hash());
                self.table[place] = position as u32 + 1;
            }
        }
        let place = self.free(hash);
        self.entries.push(entry);
        self.table[place] = self.entries.len() as u32;
        Val(self.first + self.entries.len() as u32 - 1)
    }

    fn free(&self, hash: usize) -> usize {
        let mask = self.table.len() - 1;
        let mut at = hash & mask;
        while self.table[at] != 0 {
            at = (at + 1) & mask;
        }
        at
    }

    fn mark(&self) -> Mark {
        Mark { entries: self.entries.len(), texts: self.texts.len(), elements: self.elements.len() }
    }

    /// Forgets all values since `mark`. The last one in was the last of its probe chain: taking values out in the opposite
    /// order leaves every other chain whole.
    fn truncate(&mut self, mark: Mark) {
        while self.entries.len() > mark.entries {
            let Some(entry) = self.entries.pop() else { return };
            let mask = self.table.len() - 1;
            let mut at = entry.hash() & mask;
            while self.table[at] != self.entries.len() as u32 + 1 {
                at = (at + 1) & mask;
            }
            self.table[at] = 0;
        }
        self.texts.truncate(mark.texts);
        self.elements.truncate(mark.elements);
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.texts.clear();
        self.elements.clear();
        self.table.fill(0);
    }

    fn bytes(&self) -> usize {
        size_of::<Entry>() * self.entries.capacity()
            + self.texts.capacity()
            + 4 * (self.elements.capacity() + self.table.capacity())
    }
}

impl Entry {
    fn hash(&self) -> usize {
        let mixed = (self.bits[0] ^ self.bits[1].rotate_left(29) ^ (u64::from(self.kind.0) << 17) ^ self.tag as u64)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 31) as usize
    }
}

/// A program's values, which its sessions share.
#[derive(Debug, Clone, Default)]
pub(super) struct Constants {
    values: Values,
}

impl Constants {
    pub(super) fn value(&mut self, value: &Value) -> Val {
        self.values.of(value)
    }

    /// The values that `left is "text"` compares with: the text as words, and the item that reads so, if there is one.
    pub(super) fn named(&mut self, text: &str) -> [Val; 2] {
        let words = self.values.words(Key::of_folded(text), text);
        let item = text.rsplit_once(' ').and_then(|(kind, number)| {
            let number = Decimal::parse(number).filter(|parsed| parsed.to_string() == number)?;
            let kind = self.values.words(Key::of_folded(kind), kind);
            Some(self.values.item(kind, Some(number)))
        });
        [words, item.unwrap_or(Val::NONE)]
    }
}

/// The values of an episode, over a program's constants.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    constants: Option<Arc<Constants>>,
    own: Store,
}

impl Values {
    pub(super) fn over(constants: Arc<Constants>) -> Values {
        let first = constants.values.own.entries.len() as u32;
        Values { constants: Some(constants), own: Store { first, ..Store::default() } }
    }

    /// Forgets everything but the constants.
    pub(super) fn clear(&mut self) {
        self.own.clear();
    }

    pub(super) fn mark(&self) -> Mark {
        self.own.mark()
    }

    /// Forgets what has become known since `mark`.
    pub(super) fn truncate(&mut self, mark: Mark) {
        self.own.truncate(mark);
    }

    /// Forgets all values but the constants and those that are `kept`, which get new numbers.
    pub(super) fn renew<'k>(&mut self, kept: impl Iterator<Item = &'k mut Val>) {
        let mut renewed =
            Values { constants: self.constants.clone(), own: Store { first: self.own.first, ..Store::default() } };
        for val in kept.filter(|val| val.is_some() && val.0 >= self.own.first) {
            *val = renewed.of(&self.get(*val));
        }
        *self = renewed;
    }

    /// What the values beside the constants take in memory.
    pub(super) fn bytes(&self) -> usize {
        self.own.bytes()
    }

    fn store(&self, val: Val) -> &Store {
        match &self.constants {
            Some(constants) if val.0 < self.own.first => &constants.values.own,
            _ => &self.own,
        }
    }

    fn entry(&self, val: Val) -> (&Store, &Entry) {
        let store = self.store(val);
        (store, &store.entries[(val.0 - store.first) as usize])
    }

    fn find(&self, hash: usize, wanted: &Entry, same: impl Fn(&Store, &Entry) -> bool + Copy) -> Option<Val> {
        let constant = self.constants.as_ref().and_then(|c| c.values.own.find(hash, wanted, same));
        constant.or_else(|| self.own.find(hash, wanted, same))
    }

    fn find_words(&self, wanted: &Entry, text: &str) -> Option<Val> {
        self.find(wanted.hash(), wanted, |store, entry| store.text(entry) == text)
    }

    /// Words of this exact key, if they are known.
    pub(super) fn known_key(&self, key: Key) -> Option<Val> {
        let entry = words(key);
        self.find(entry.hash(), &entry, |_, _| true)
    }

    /// Words of this key and canonical text, if they are known.
    pub(super) fn known_words(&self, key: Key, text: &str) -> Option<Val> {
        self.find_words(&words(key), text)
    }

    pub(super) fn words(&mut self, key: Key, text: &str) -> Val {
        let entry = words(key);
        if let Some(known) = self.find_words(&entry, text) {
            return known;
        }
        let start = self.own.texts.len() as u32;
        self.own.texts.push_str(text);
        let end = self.own.texts.len() as u32;
        self.own.push(entry.hash(), Entry { start, end, ..entry })
    }

    /// An item of this kind and number, if it is known.
    pub(super) fn known_item(&self, kind: Val, number: Option<Decimal>) -> Option<Val> {
        let entry = item(kind, number);
        self.find(entry.hash(), &entry, |_, _| true)
    }

    /// The item of these words and this number.
    pub(super) fn item(&mut self, kind: Val, number: Option<Decimal>) -> Val {
        use std::fmt::Write as _;
        if let Some(known) = self.known_item(kind, number) {
            return known;
        }
        let entry = item(kind, number);
        let start = self.own.texts.len();
        let (store, of_kind) = self.entry(kind);
        let (from, to) = (of_kind.start as usize, of_kind.end as usize);
        match (number, std::ptr::eq(store, &self.own)) {
            (None, true) => {
                return self.own.push(entry.hash(), Entry { start: from as u32, end: to as u32, ..entry });
            }
            (_, true) => self.own.texts.extend_from_within(from..to),
            (_, false) => {
                let constants = self.constants.as_ref().map_or("", |c| &c.values.own.texts[from..to]);
                self.own.texts.push_str(constants);
            }
        }
        match number {
            // Most numbers of things have one digit.
            Some(Decimal(units)) if units % Decimal::SCALE == 0 && (0..10 * Decimal::SCALE).contains(&units) => {
                self.own.texts.extend([' ', char::from(b'0' + (units / Decimal::SCALE) as u8)]);
            }
            // Writing to a string never fails.
            Some(number) => _ = write!(self.own.texts, " {number}"),
            None => {}
        }
        let end = self.own.texts.len();
        self.own.push(entry.hash(), Entry { start: start as u32, end: end as u32, ..entry })
    }

    pub(super) fn number(&mut self, number: Decimal) -> Val {
        let entry = numeric(number);
        self.known_number(number).unwrap_or_else(|| self.own.push(entry.hash(), entry))
    }

    pub(super) fn known_number(&self, number: Decimal) -> Option<Val> {
        let entry = numeric(number);
        self.find(entry.hash(), &entry, |_, _| true)
    }

    pub(super) fn list(&mut self, elements: &[Val]) -> Val {
        let entry = listed(elements);
        if let Some(known) = self.known_list(elements) {
            return known;
        }
        let start = self.own.elements.len() as u32;
        self.own.elements.extend_from_slice(elements);
        let end = self.own.elements.len() as u32;
        self.own.push(entry.hash(), Entry { start, end, ..entry })
    }

    pub(super) fn known_list(&self, elements: &[Val]) -> Option<Val> {
        let entry = listed(elements);
        self.find(entry.hash(), &entry, |store, entry| store.list(entry) == elements)
    }

    /// The elements of a list; none of anything else.
    pub(super) fn elements(&self, val: Val) -> &[Val] {
        let (store, entry) = self.entry(val);
        if entry.tag == Tag::List { store.list(entry) } else { &[] }
    }

    pub(super) fn decimal(&self, val: Val) -> Option<Decimal> {
        let (_, entry) = self.entry(val);
        (entry.tag == Tag::Number).then_some(Decimal(entry.bits[0] as i64))
    }

    /// The canonical text of words or of an item; numbers and lists have none.
    pub(super) fn text(&self, val: Val) -> Option<&str> {
        let (store, entry) = self.entry(val);
        (!matches!(entry.tag, Tag::Number | Tag::List)).then(|| store.text(entry))
    }

    /// `left is right`: see [`Value::is`].
    pub(super) fn is(&self, left: Val, right: Val) -> bool {
        left == right || self.kind(left) == Some(right) || self.kind(right) == Some(left)
    }

    /// `left is "text"` for any of several texts, of which `named` are the values ([`Constants::named`]).
    pub(super) fn is_named(&self, left: Val, named: &[[Val; 2]]) -> bool {
        let kind = self.kind(left);
        named.iter().any(|[words, item]| left == *words || left == *item || kind == Some(*words))
    }

    /// The words of an item.
    fn kind(&self, val: Val) -> Option<Val> {
        let (_, entry) = self.entry(val);
        matches!(entry.tag, Tag::Item | Tag::NumberedItem).then_some(entry.kind)
    }

    /// The value itself.
    pub(super) fn get(&self, val: Val) -> Value {
        let (store, entry) = self.entry(val);
        let words = |entry: &Entry, store: &Store| Arc::from(store.text(entry));
        let kind = |kind: Val| {
            let (store, entry) = self.entry(kind);
            words(entry, store)
        };
        match entry.tag {
            Tag::Words => Value::Words(words(entry, store)),
            Tag::Item => Value::Item { kind: kind(entry.kind), number: None },
            Tag::NumberedItem => Value::Item { kind: kind(entry.kind), number: Some(Decimal(entry.bits[0] as i64)) },
            Tag::Number => Value::Number(Decimal(entry.bits[0] as i64)),
            Tag::List => Value::List(store.list(entry).iter().map(|element| self.get(*element)).collect()),
        }
    }

    /// The number of a value, which becomes known.
    pub(super) fn of(&mut self, value: &Value) -> Val {
        match value {
            Value::Words(text) => self.words(Key::of_folded(text), text),
            Value::Item { kind, number } => {
                let kind = self.words(Key::of_folded(kind), kind);
                self.item(kind, *number)
            }
            Value::Number(number) => self.number(*number),
            Value::List(items) => {
                let elements: Vec<Val> = items.iter().map(|item| self.of(item)).collect();
                self.list(&elements)
            }
        }
    }
}

const BLANK: Entry = Entry { bits: [0; 2], kind: Val::NONE, start: 0, end: 0, tag: Tag::Words, is_exact: true };

fn words(key: Key) -> Entry {
    Entry { bits: key.words, is_exact: key.is_exact, ..BLANK }
}

fn item(kind: Val, number: Option<Decimal>) -> Entry {
    match number {
        None => Entry { kind, tag: Tag::Item, ..BLANK },
        Some(Decimal(units)) => Entry { bits: [units as u64, 0], kind, tag: Tag::NumberedItem, ..BLANK },
    }
}

fn numeric(Decimal(units): Decimal) -> Entry {
    Entry { bits: [units as u64, 0], tag: Tag::Number, ..BLANK }
}

fn listed(elements: &[Val]) -> Entry {
    let mixed = elements.iter().fold(elements.len() as u64, |mixed, val| {
        (mixed.rotate_left(5) ^ u64::from(val.0)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    Entry { bits: [mixed, 0], tag: Tag::List, is_exact: false, ..BLANK }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item_of(text: &str) -> Value {
        Value::item(text).expect("an item")
    }

    #[test]
    fn equal_values_are_one_and_come_back_as_they_were() {
        let mut constants = Constants::default();
        let named = constants.named("mug 1");
        constants.value(&Value::Words("table".into()));
        let mut values = Values::over(Arc::new(constants));
        let long = "a word that is longer than sixteen bytes";
        let all = [
            Value::Words("mug".into()),
            Value::Words(long.into()),
            item_of("mug"),
            item_of("mug 1"),
            item_of("mug 2.5"),
            item_of("top shelf 1"),
            Value::Number(Decimal::whole(1)),
            Value::List([item_of("mug 1"), item_of("table")].into()),
            Value::List([].into()),
        ];
        let numbers: Vec<Val> = all.iter().map(|value| values.of(value)).collect();
        for (i, value) in all.iter().enumerate() {
            assert_eq!(values.get(numbers[i]), *value);
            assert_eq!(values.of(value), numbers[i]);
            assert_eq!(values.text(numbers[i]).map(str::to_owned), value.text().map(|text| text.into_owned()));
            assert_eq!(values.is_named(numbers[i], &[named]), value.is_text("mug 1"), "{value}");
            for (j, other) in all.iter().enumerate() {
                assert_eq!(values.is(numbers[i], numbers[j]), value.is(other), "{value} is {other}");
            }
        }
    }

    #[test]
    fn what_is_forgotten_can_come_again() {
        let mut values = Values::default();
        let mug = values.of(&item_of("mug 1"));
        let known = values.mark();
        for round in 0..3 {
            for n in 0..200 {
                values.of(&item_of(&format!("cup {n}")));
                values.of(&Value::List([item_of("mug 1"), item_of(&format!("tray {n}"))].into()));
            }
            values.truncate(known);
            assert_eq!((values.mark(), values.of(&item_of("mug 1"))), (known, mug), "round {round}");
        }
        assert_eq!(values.get(mug), item_of("mug 1"));
    }
}
