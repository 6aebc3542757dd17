//! Sets of small numbers, one bit each, with a second layer of bits that tells which words have any.

#[derive(Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
    /// For each word whether it has a bit.
    any: Vec<u64>,
}

impl Bits {
    /// Empties the set, which may hold the numbers below `count`.
    pub(super) fn reset(&mut self, count: usize) {
        let words = count.div_ceil(64);
        self.words.clear();
        self.words.resize(words, 0);
        self.any.clear();
        self.any.resize(words.div_ceil(64), 0);
    }

    pub(super) fn has(&self, number: u32) -> bool {
        self.words[number as usize / 64] & (1 << (number % 64)) != 0
    }

    /// Puts a number in; whether it was not there.
    pub(super) fn set(&mut self, number: u32) -> bool {
        let (at, bit) = (number as usize / 64, 1 << (number % 64));
        let is_new = self.words[at] & bit == 0;
        self.words[at] |= bit;
        self.any[at / 64] |= 1 << (at % 64);
        is_new
    }

    /// Takes a number out; whether it was there.
    pub(super) fn clear(&mut self, number: u32) -> bool {
        let (at, bit) = (number as usize / 64, 1 << (number % 64));
        let was = self.words[at] & bit != 0;
        self.words[at] &= !bit;
        if self.words[at] == 0 {
            self.any[at / 64] &= !(1 << (at % 64));
        }
        was
    }

    /// The numbers, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        let ones = |mut word: u64, base: usize| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros();
                (word != 0).then(|| {
                    word &= word - 1;
                    base + bit as usize
                })
            })
        };
        let words = self.any.iter().enumerate().flat_map(move |(at, any)| ones(*any, 64 * at));
        words.flat_map(move |at| ones(self.words[at], 64 * at)).map(|number| number as u32)
    }

    pub(super) fn bytes(&self) -> usize {
        8 * (self.words.capacity() + self.any.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    proptest::proptest! {
        #[test]
        fn is_a_set(changes in proptest::collection::vec((proptest::bool::ANY, 0u32..9_000), 0..200)) {
            let mut bits = Bits::default();
            bits.reset(9_000);
            let mut set = BTreeSet::new();
            for (puts, number) in changes {
                match puts {
                    true => proptest::prop_assert_eq!(bits.set(number), set.insert(number)),
                    false => proptest::prop_assert_eq!(bits.clear(number), set.remove(&number)),
                }
                proptest::prop_assert_eq!(bits.has(number), set.contains(&number));
            }
            proptest::prop_assert_eq!(bits.iter().collect::<Vec<_>>(), set.into_iter().collect::<Vec<_>>());
        }
    }
}
