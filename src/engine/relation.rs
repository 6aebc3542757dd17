//! What is true, and what has happened, as rows of interned values. In: rows to add and to remove; out: rows in the order in
//! which they came, and the row of a key without a search.

use super::intern::Val;
use super::vocabulary::Shape;

/// Relations of so many rows or fewer are searched from end to end.
const SMALL: usize = 8;

/// What adding a row has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    /// The row was there.
    Nothing,
    New,
    /// A row of the same key has got another value.
    Replaced,
}

/// What is kept beside a row: for a fluent the step since when it is true; for a past event the latest step and how often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) step: u32,
    pub(super) times: u32,
}

/// The rows of one fluent or of one past event.
#[derive(Debug, Default)]
pub(super) struct Relation {
    arity: usize,
    keys: usize,
    max: usize,
    /// Row after row. The first `gone` of them have been dropped.
    cells: Vec<Val>,
    notes: Vec<Note>,
    gone: usize,
    /// Open addressing over keys: positions of rows, plus one. Empty while there is no index. Positions of rows that
    /// are gone, and of others than the one looked for, are passed over.
    index: Vec<u32>,
    indexed: usize,
    /// How often all rows together have come.
    total: u64,
    /// Rows that had to go because there were too many.
    pub(super) dropped: u32,
}

impl Relation {
    pub(super) fn reset(&mut self, shape: Shape) {
        (self.arity, self.keys, self.max) = (shape.arity, shape.keys, shape.max);
        self.cells.clear();
        self.notes.clear();
        self.gone = 0;
        self.index.clear();
        self.indexed = 0;
        (self.total, self.dropped) = (0, 0);
    }

    /// How often the rows that there are have come, all together.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn len(&self) -> usize {
        self.notes.len() - self.gone
    }

    /// How many leading columns identify a row.
    pub(super) fn keys(&self) -> usize {
        self.keys
    }

    /// The rows with their notes, oldest first.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&[Val], Note)> {
        (self.gone..self.notes.len()).map(|at| (self.row(at), self.notes[at]))
    }

    /// Every cell, for values to be told anew.
    pub(super) fn cells_mut(&mut self) -> &mut [Val] {
        self.index.clear();
        self.indexed = 0;
        &mut self.cells[self.gone * self.arity..]
    }

    pub(super) fn row(&self, at: usize) -> &[Val] {
        &self.cells[at * self.arity..(at + 1) * self.arity]
    }

    pub(super) fn note(&self, at: usize) -> Note {
        self.notes[at]
    }

    /// The place of the row with this key.
    pub(super) fn find(&self, key: &[Val]) -> Option<usize> {
        if self.index.is_empty() {
            return match *key {
                [only] => {
                    let mut column = self.cells[self.gone * self.arity..].iter().step_by(self.arity);
                    column.position(|cell| *cell == only).map(|at| self.gone + at)
                }
                _ => (self.gone..self.notes.len()).find(|at| self.has_key(*at, key)),
            };
        }
        let mask = self.index.len() - 1;
        let mut place = hash(key) & mask;
        while let Some(position) = self.index[place].checked_sub(1) {
            let at = position as usize;
            if at >= self.gone && self.has_key(at, key) {
                return Some(at);
            }
            place = (place + 1) & mask;
        }
        None
    }

    fn has_key(&self, at: usize, key: &[Val]) -> bool {
        let from = at * self.arity;
        key.iter().zip(&self.cells[from..]).all(|(wanted, cell)| wanted == cell)
    }

    /// Adds a row; one with the same key keeps its place. The oldest goes where there would be too many.
    pub(super) fn add(&mut self, row: &[Val], note: Note) -> Added {
        if let Some(at) = self.find(&row[..self.keys]) {
            let from = at * self.arity;
            let same = self.cells[from..from + self.arity] == *row;
            if same {
                return Added::Nothing;
            }
            self.cells[from..from + self.arity].copy_from_slice(row);
            self.notes[at] = note;
            return Added::Replaced;
        }
        self.cells.extend_from_slice(row);
        self.notes.push(note);
        self.total += u64::from(note.times);
        if self.len() > self.max {
            self.total -= u64::from(self.notes[self.gone].times);
            self.gone += 1;
            self.dropped += 1;
            if self.gone > self.max {
                self.close_up();
            }
        }
        self.enter(self.notes.len() - 1);
        Added::New
    }

    /// Notes that a row has come again.
    pub(super) fn again(&mut self, at: usize, step: u32) {
        let note = &mut self.notes[at];
        *note = Note { step, times: note.times + 1 };
        self.total += 1;
    }

    /// Removes every row that agrees with `pattern` where that has a value; whether there was one.
    pub(super) fn remove(&mut self, pattern: &[Val]) -> bool {
        let fits = |row: &[Val]| row.iter().zip(pattern).all(|(cell, wanted)| !wanted.is_some() || cell == wanted);
        let (mut kept, before) = (self.gone, self.notes.len());
        for at in self.gone..before {
            if fits(self.row(at)) {
                continue;
            }
            if kept != at {
                self.cells.copy_within(at * self.arity..(at + 1) * self.arity, kept * self.arity);
                self.notes[kept] = self.notes[at];
            }
            kept += 1;
        }
        self.notes.truncate(kept);
        self.cells.truncate(kept * self.arity);
        if kept != before {
            self.reindex();
        }
        kept != before
    }

    fn close_up(&mut self) {
        self.cells.drain(..self.gone * self.arity);
        self.notes.drain(..self.gone);
        self.gone = 0;
        self.reindex();
    }

    fn reindex(&mut self) {
        self.index.clear();
        self.indexed = 0;
        if self.len() > SMALL {
            self.build();
        }
    }

    fn build(&mut self) {
        let room = (4 * self.len()).next_power_of_two();
        self.index.clear();
        self.index.resize(room, 0);
        self.indexed = 0;
        for at in self.gone..self.notes.len() {
            self.place(at);
        }
    }

    /// Enters the newest row into the index, if there is one or there should be.
    fn enter(&mut self, at: usize) {
        if self.index.is_empty() && self.len() <= SMALL {
            return;
        }
        // Half full counts rows that are gone: the index is made anew then.
        match self.index.is_empty() || 2 * (self.indexed + 1) > self.index.len() {
            true => self.build(),
            false => self.place(at),
        }
    }

    fn place(&mut self, at: usize) {
        let mask = self.index.len() - 1;
        let mut place = hash(&self.row(at)[..self.keys]) & mask;
        while self.index[place] != 0 {
            place = (place + 1) & mask;
        }
        self.index[place] = at as u32 + 1;
        self.indexed += 1;
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + 4 * (self.cells.capacity() + self.index.capacity())
            + size_of::<Note>() * self.notes.capacity()
    }
}

fn hash(key: &[Val]) -> usize {
    let mixed =
        key.iter().fold(0u64, |mixed, val| (mixed.rotate_left(23) ^ val.number()).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (mixed >> 29) as usize
}

/// Relations by number, of which most stay empty: room only for those that ever had a row in the episode.
#[derive(Debug, Default)]
pub(super) struct Relations {
    /// By number: a place in `used`, plus one.
    places: Vec<u32>,
    /// The numbers in use.
    used: Vec<u32>,
    /// The relations in use, and after them such as were used in other episodes.
    pool: Vec<Relation>,
}

impl Relations {
    pub(super) fn reset(&mut self, count: usize) {
        self.places.resize(count, 0);
        for number in self.used.drain(..) {
            self.places[number as usize] = 0;
        }
    }

    pub(super) fn get(&self, number: u32) -> Option<&Relation> {
        let place = self.places[number as usize].checked_sub(1)?;
        self.pool.get(place as usize)
    }

    /// The relation, if it is in use.
    pub(super) fn known(&mut self, number: u32) -> Option<&mut Relation> {
        let place = self.places[number as usize].checked_sub(1)?;
        self.pool.get_mut(place as usize)
    }

    /// The relation, empty if it was not in use.
    pub(super) fn used(&mut self, number: u32, shape: Shape) -> &mut Relation {
        let place = match self.places[number as usize].checked_sub(1) {
            Some(place) => place as usize,
            None => {
                let place = self.used.len();
                self.used.push(number);
                self.places[number as usize] = self.used.len() as u32;
                if self.pool.len() == place {
                    self.pool.push(Relation::default());
                }
                self.pool[place].reset(shape);
                place
            }
        };
        &mut self.pool[place]
    }

    /// Those in use, with their numbers.
    pub(super) fn all(&self) -> impl Iterator<Item = (u32, &Relation)> {
        self.used.iter().copied().zip(&self.pool)
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Relation> {
        self.pool.iter_mut().take(self.used.len())
    }

    pub(super) fn bytes(&self) -> usize {
        4 * (self.places.capacity() + self.used.capacity()) + self.pool.iter().map(Relation::bytes).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::intern::Values;
    use crate::text::Decimal;

    proptest::proptest! {
        /// Against rows in a list, searched from end to end.
        #[test]
        fn keeps_what_a_plain_list_keeps(
            changes in proptest::collection::vec((0u8..8, 0i64..40, 0i64..4), 0..300),
            keys in 1usize..=2,
            max in proptest::sample::select(vec![1usize, 3, 9, 30]),
        ) {
            let mut values = Values::default();
            let mut relation = Relation::default();
            relation.reset(Shape { arity: 2, keys, max });
            let mut plain: Vec<[Val; 2]> = Vec::new();
            for (what, key, value) in changes {
                let row = [values.number(Decimal(key)), values.number(Decimal(value))];
                if what == 0 {
                    let pattern = if key % 2 == 0 { [row[0], Val::NONE] } else { [Val::NONE, row[1]] };
                    let fits = |r: &[Val; 2]| if key % 2 == 0 { r[0] == row[0] } else { r[1] == row[1] };
                    let before = plain.len();
                    plain.retain(|r| !fits(r));
                    proptest::prop_assert_eq!(relation.remove(&pattern), plain.len() != before);
                } else {
                    relation.add(&row, Note::default());
                    match plain.iter_mut().find(|r| r[..keys] == row[..keys]) {
                        Some(old) => *old = row,
                        None => plain.push(row),
                    }
                    plain.drain(..plain.len().saturating_sub(max));
                }
                let rows: Vec<[Val; 2]> = relation.rows().map(|(row, _)| [row[0], row[1]]).collect();
                proptest::prop_assert_eq!(&rows, &plain);
                let found = relation.find(&row[..keys]).map(|at| [relation.row(at)[0], relation.row(at)[1]]);
                proptest::prop_assert_eq!(found, plain.iter().find(|r| r[..keys] == row[..keys]).copied());
            }
        }
    }
}
