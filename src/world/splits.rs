//! The splits that the built-in worlds have. In: sizes, or what there is and its kinds; out: splits by name, or what falls to each.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::seq::SliceRandom;

use super::draw::seeded;
use super::{Split, WorldError};

/// By name, in the order of configurations' sizes.
pub(super) const SPLITS: [&str; 3] = ["train", "seen", "unseen"];
/// Share of what is of trained kinds that is kept for `seen`.
const SEEN: f64 = 0.2;

/// The splits with so many tasks each.
pub(super) fn sized(sizes: [usize; 3]) -> Vec<Split> {
    SPLITS.iter().zip(sizes).map(|(name, size)| Split { name: (*name).to_owned(), size }).collect()
}

/// Divides what there is, each with its kind: a share of the kinds, at least one, is held out for `unseen` (none where there is
/// a single kind), of the rest a share goes to `seen`.
///
/// # Errors
/// [`WorldError::Data`], with the file's name, if nothing falls to a split of which tasks are wanted.
pub(super) fn divide<T>(
    seed: u64,
    held_out: f64,
    wanted: [usize; 3],
    mut all: Vec<(String, T)>,
    file: &str,
) -> Result<[Vec<T>; 3], WorldError> {
    let kinds: BTreeSet<&String> = all.iter().map(|one| &one.0).collect();
    let mut kinds: Vec<String> = kinds.into_iter().cloned().collect();
    kinds.shuffle(&mut seeded(seed, "held out", 0, 0));
    let held_out = if kinds.len() < 2 { 0 } else { ((kinds.len() as f64 * held_out).round() as usize).max(1) };
    let held_out: BTreeSet<String> = kinds.drain(..held_out).collect();
    let rng = &mut seeded(seed, "seen", 0, 0);
    all.shuffle(rng);
    let mut splits = [Vec::new(), Vec::new(), Vec::new()];
    for (kind, one) in all {
        let split = if held_out.contains(&kind) { 2 } else { usize::from(rng.random_bool(SEEN)) };
        splits[split].push(one);
    }
    for (name, (split, wanted)) in SPLITS.iter().zip(splits.iter().zip(wanted)) {
        if split.is_empty() && wanted > 0 {
            let message = format!("nothing for the split `{name}`; expected more, of two kinds or more, or {name} = 0");
            return Err(WorldError::Data { file: file.to_owned(), message });
        }
    }
    Ok(splits)
}
