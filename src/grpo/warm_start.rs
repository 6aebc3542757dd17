//! Behaviour cloning of demonstrations, so that GRPO starts from a policy that succeeds now and then.
//!
//! In: decisions with the action a demonstrator took. Out: a policy that tends to do likewise. Content words are dropped at
//! random, or a few dozen demonstrations would teach the policy their nouns and leave it too sure to explore.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::GrpoError;
use crate::policy::decision::{Decision, drop_words};
use crate::policy::net::Policy;

/// How demonstrations are imitated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WarmStartConfig {
    /// Passes over the demonstrations; more than a few memorise their nouns.
    pub epochs: usize,
    /// Decisions per optimizer step.
    pub batch: usize,
    /// Step size of Adam.
    pub lr: f64,
    /// Probability with which each content word of a decision is unknown to it.
    pub word_dropout: f64,
    /// Gradients with a larger norm are scaled down to it.
    pub max_grad_norm: f64,
}

impl Default for WarmStartConfig {
    fn default() -> Self {
        Self { epochs: 20, batch: 64, lr: 3e-3, word_dropout: 0.3, max_grad_norm: 1.0 }
    }
}

impl WarmStartConfig {
    fn check(&self) -> Result<(), GrpoError> {
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let failed = [
            ("batch", self.batch == 0, "must be at least 1"),
            ("lr", !positive(self.lr), "must be above 0"),
            ("max_grad_norm", !positive(self.max_grad_norm), "must be above 0"),
            ("word_dropout", !(0.0..1.0).contains(&self.word_dropout), "must be at least 0 and below 1"),
        ];
        match failed.into_iter().find(|(_, failed, _)| *failed) {
            Some((key, _, message)) => Err(GrpoError::Config { key, message: message.into() }),
            None => Ok(()),
        }
    }
}

/// The policy at the end: means over the demonstrations, no word dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct WarmStartStats {
    pub decisions: usize,
    /// Share of decisions where the demonstrated action is the most probable one.
    pub accuracy: f64,
    /// In nats; 1 to 2 leaves GRPO room to explore.
    pub entropy: f64,
    /// Mean of -log p(demonstrated action).
    pub loss: f64,
}

/// Imitates `(decision, demonstrated action)` pairs. With no pairs nothing happens.
pub fn warm_start(
    policy: &mut Policy,
    pairs: &[(Decision, usize)],
    config: &WarmStartConfig,
    rng: &mut ChaCha8Rng,
) -> Result<WarmStartStats, GrpoError> {
    config.check()?;
    if let Some((decision, action)) = pairs.iter().find(|(d, action)| *action >= d.actions.len()) {
        return Err(GrpoError::NoAction { action: *action, actions: decision.actions.len() });
    }
    if pairs.is_empty() {
        return Ok(WarmStartStats::default());
    }
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    for _ in 0..config.epochs {
        order.shuffle(rng);
        for part in order.chunks(config.batch) {
            let dropped: Vec<Decision> =
                part.iter().map(|&i| drop_words(&pairs[i].0, config.word_dropout, rng)).collect();
            let actions: Vec<i64> = part.iter().map(|&i| pairs[i].1 as i64).collect();
            let actions = Tensor::from_slice(&actions).to_device(policy.device()).unsqueeze(1);
            let log_probs = policy.log_probs(&policy.batch(&dropped.iter().collect::<Vec<_>>()));
            let loss = -log_probs.gather(1, &actions, false).mean(Kind::Float);
            let norm = policy.descend(&loss, config.lr, config.max_grad_norm);
            if !norm.is_finite() {
                return Err(GrpoError::Diverged { norm });
            }
        }
    }
    let mut stats = WarmStartStats { decisions: pairs.len(), ..WarmStartStats::default() };
    let rows = policy.distribution(&pairs.iter().map(|(d, _)| d).collect::<Vec<_>>());
    for (row, (_, action)) in rows.iter().zip(pairs) {
        stats.accuracy += f64::from(u8::from(crate::policy::greedy(row) == Some(*action)));
        stats.entropy -= row.iter().map(|&l| f64::from(l).exp() * f64::from(l)).sum::<f64>();
        stats.loss -= f64::from(row[*action]);
    }
    let n = pairs.len() as f64;
    stats.accuracy /= n;
    stats.entropy /= n;
    stats.loss /= n;
    Ok(stats)
}
