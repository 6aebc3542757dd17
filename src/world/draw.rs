//! Chance in worlds. In: a seed, what is drawn, and two numbers that say which; out: a generator of its own for it.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A generator of its own for each purpose, so that no draw shifts another.
pub(super) fn seeded(seed: u64, purpose: &str, a: u64, b: u64) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes()).update(purpose.as_bytes()).update(&[0]);
    hasher.update(&a.to_le_bytes()).update(&b.to_le_bytes());
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}

/// One of a list that tables have checked to be not empty.
pub(super) fn pick<'a>(list: &'a [String], rng: &mut ChaCha8Rng) -> &'a String {
    &list[rng.random_range(0..list.len())]
}
