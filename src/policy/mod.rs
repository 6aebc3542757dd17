//! The small policy that is trained here: what it sees of a decision, how it scores actions, how one is chosen.
//!
//! In: texts of an episode and what the skills say. Out: log-probabilities over the admissible actions, and a choice.
//! [`features`] turns texts into a [`decision::Decision`] and needs no tensor library; `net` (feature `train`) scores its
//! actions.

pub mod decision;
pub mod features;
mod terms;
pub mod tokens;

#[cfg(feature = "train")]
mod adam;
#[cfg(feature = "train")]
mod batch;
#[cfg(feature = "train")]
mod checkpoint;
#[cfg(feature = "train")]
pub mod device;
#[cfg(feature = "train")]
pub mod net;

#[cfg(feature = "train")]
pub use checkpoint::CheckpointError;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Sizes and fixed choices of the network. Two policies can exchange checkpoints if and only if these agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// Width of token embeddings and of the context.
    pub width: usize,
    /// Hidden units per scored action.
    pub hidden: usize,
    /// What one `prefer` adds to an action's score before any training.
    pub mark_prefer: f32,
    /// What one `avoid` adds to an action's score before any training.
    pub mark_avoid: f32,
    /// Threads of the tensor library. The last bits of a result depend on it, so it is part of a run's identity. One is
    /// right for tensors this small: a second makes an update a third faster on an idle machine, and ten times slower on
    /// a busy one, where threads spin for each other (unless `OMP_WAIT_POLICY=passive` is set).
    pub threads: usize,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self { width: 64, hidden: 64, mark_prefer: 1.0, mark_avoid: -1.0, threads: 1 }
    }
}

impl PolicyConfig {
    /// Refuses sizes of zero and marks that are no numbers.
    pub fn check(&self) -> Result<(), ConfigError> {
        for (key, value) in [("width", self.width), ("hidden", self.hidden), ("threads", self.threads)] {
            if !(1..=4096).contains(&value) {
                return Err(ConfigError::Size { key, value });
            }
        }
        for (key, value) in [("mark_prefer", self.mark_prefer), ("mark_avoid", self.mark_avoid)] {
            if !value.is_finite() {
                return Err(ConfigError::Mark { key });
            }
        }
        Ok(())
    }
}

/// Why a policy cannot be built or changed as asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    #[error("policy.{key} is {value}; it must be between 1 and 4096")]
    Size { key: &'static str, value: usize },
    #[error("policy.{key} must be a finite number")]
    Mark { key: &'static str },
    #[error("there is no policy slot {slot}; slots are numbered from 0 to {}", decision::SLOTS - 1)]
    Slot { slot: u8 },
}

/// Draws an action from log-probabilities; `None` where there is nothing to choose from.
pub fn sample(log_probs: &[f32], rng: &mut ChaCha8Rng) -> Option<usize> {
    let total: f64 = log_probs.iter().map(|&l| f64::from(l).exp()).sum();
    let mut left = rng.random::<f64>() * total;
    for (action, &l) in log_probs.iter().enumerate() {
        left -= f64::from(l).exp();
        if left < 0.0 {
            return Some(action);
        }
    }
    // Rounding can leave a sliver after the last action that is possible at all.
    log_probs.iter().rposition(|&l| f64::from(l).exp() > 0.0).or(log_probs.len().checked_sub(1))
}

/// The most probable action, the first one of equals; `None` where there is nothing to choose from.
pub fn greedy(log_probs: &[f32]) -> Option<usize> {
    (0..log_probs.len()).reduce(|best, next| if log_probs[next] > log_probs[best] { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn sampling_follows_the_probabilities() {
        let log_probs: Vec<f32> = [0.1f32, 0.6, 0.3].iter().map(|p| p.ln()).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0usize; 3];
        for _ in 0..20_000 {
            counts[sample(&log_probs, &mut rng).expect("three actions")] += 1;
        }
        for (count, p) in counts.iter().zip([0.1, 0.6, 0.3]) {
            assert!((*count as f64 / 20_000.0 - p).abs() < 0.015, "{counts:?}");
        }
        assert_eq!(sample(&[], &mut rng), None);
    }

    #[test]
    fn greedy_takes_the_first_of_equals() {
        assert_eq!(greedy(&[-2.0, -1.0, -1.0]), Some(1));
        assert_eq!(greedy(&[]), None);
    }
}
