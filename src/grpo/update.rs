//! One GRPO step: the clipped-ratio objective with a KL term to a frozen reference policy.
//!
//! In: the decisions of a step's rollouts with the actions taken, their log-probabilities then, and their advantages.
//! Out: a moved policy and [`UpdateStats`].
//!
//! ```text
//! ratio = exp(logp - logp_old)
//! gain  = min(ratio * advantage, clamp(ratio, 1 - clip, 1 + clip) * advantage)       (PPO, arXiv 1707.06347, eq. 7)
//! k3    = exp(logp_ref - logp) - (logp_ref - logp) - 1          (unbiased for KL(policy || reference); GRPO, arXiv 2402.03300)
//! loss  = mean over decisions of: -gain + kl * k3 - entropy * H
//! ```
//!
//! Decisions with advantage zero (groups that all succeeded or all failed) are left out altogether.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

use super::{GrpoConfig, GrpoError};
use crate::policy::decision::Decision;
use crate::policy::net::Policy;

/// States on which successive policies are compared, evenly spaced over the step's.
const DRIFT_STATES: usize = 512;

/// One decision of a rollout.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    pub decision: &'a Decision,
    /// The action taken.
    pub action: usize,
    /// Its log-probability when it was taken.
    pub log_prob: f32,
    /// That of the whole rollout.
    pub advantage: f64,
}

/// What a step was like: means over its decisions (each at the moment it was used) unless stated otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct UpdateStats {
    /// Decisions with an advantage other than zero; with none, nothing moved and all else is zero.
    pub decisions: usize,
    pub loss: f64,
    /// k3 estimate of KL(policy || reference).
    pub kl: f64,
    /// Share of decisions where the clip took the gradient away.
    pub clip_fraction: f64,
    /// In nats.
    pub entropy: f64,
    /// Largest gradient norm before clipping.
    pub grad_norm: f64,
    /// How far the step moved the policy: mean exact KL(before || after) on up to 512 of the step's states.
    pub drift: f64,
}

/// One GRPO step. `reference` is not moved and not needed where `config.kl` is 0; `rng` shuffles the decisions into
/// minibatches. On an error the policy is as good as before the failing minibatch.
pub fn update(
    policy: &mut Policy,
    reference: Option<&Policy>,
    samples: &[Sample<'_>],
    config: &GrpoConfig,
    rng: &mut ChaCha8Rng,
) -> Result<UpdateStats, GrpoError> {
    config.check()?;
    if let Some(wrong) = samples.iter().find(|s| s.action >= s.decision.actions.len()) {
        return Err(GrpoError::NoAction { action: wrong.action, actions: wrong.decision.actions.len() });
    }
    let mut used: Vec<(Sample<'_>, f32)> =
        samples.iter().filter(|s| s.advantage != 0.0).map(|s| (*s, s.log_prob)).collect();
    let mut stats = UpdateStats { decisions: used.len(), ..UpdateStats::default() };
    if used.is_empty() {
        return Ok(stats);
    }
    let reference = reference.filter(|_| config.kl > 0.0);
    if let Some(reference) = reference {
        let decisions: Vec<&Decision> = used.iter().map(|(s, _)| s.decision).collect();
        for ((sample, log_prob), row) in used.iter_mut().zip(reference.distribution(&decisions)) {
            *log_prob = row[sample.action];
        }
    }
    let states: Vec<&Decision> =
        used.iter().step_by(used.len().div_ceil(DRIFT_STATES)).map(|(s, _)| s.decision).collect();
    let before = policy.distribution(&states);

    for _ in 0..config.epochs {
        used.shuffle(rng);
        for part in used.chunks(used.len().div_ceil(config.minibatches)) {
            let terms = minibatch(policy, part, reference.is_some(), config);
            let share = part.len() as f64 / (used.len() * config.epochs) as f64;
            stats.loss += share * terms.loss.double_value(&[]);
            stats.kl += share * terms.kl.double_value(&[]);
            stats.clip_fraction += share * terms.clipped.double_value(&[]);
            stats.entropy += share * terms.entropy.double_value(&[]);
            let norm = policy.descend(&terms.loss, config.lr, config.max_grad_norm);
            if !norm.is_finite() {
                return Err(GrpoError::Diverged { norm });
            }
            stats.grad_norm = stats.grad_norm.max(norm);
        }
    }
    let after = policy.distribution(&states);
    stats.drift = before.iter().zip(&after).map(|(p, q)| kl(p, q)).sum::<f64>() / states.len() as f64;
    Ok(stats)
}

/// Scalars, each a mean over the minibatch.
struct Terms {
    loss: Tensor,
    kl: Tensor,
    clipped: Tensor,
    entropy: Tensor,
}

fn minibatch(policy: &Policy, part: &[(Sample<'_>, f32)], with_kl: bool, config: &GrpoConfig) -> Terms {
    let decisions: Vec<&Decision> = part.iter().map(|(s, _)| s.decision).collect();
    let column = |values: Vec<f32>| Tensor::from_slice(&values).to_device(policy.device());
    let taken: Vec<i64> = part.iter().map(|(s, _)| s.action as i64).collect();
    let taken = Tensor::from_slice(&taken).to_device(policy.device()).unsqueeze(1);
    let old = column(part.iter().map(|(s, _)| s.log_prob).collect());
    let advantage = column(part.iter().map(|(s, _)| s.advantage as f32).collect());

    let all = policy.log_probs(&policy.batch(&decisions));
    let entropy = -(all.exp() * &all).sum_dim_intlist([1i64].as_slice(), false, Kind::Float).mean(Kind::Float);
    let log_prob = all.gather(1, &taken, false).squeeze_dim(1);
    let (gain, clipped) = clipped_gain(&log_prob, &old, &advantage, config.clip);
    let k3 = if with_kl {
        k3(&log_prob, &column(part.iter().map(|(_, reference)| *reference).collect())).mean(Kind::Float)
    } else {
        entropy.detach().zeros_like()
    };
    let loss = -gain.mean(Kind::Float) + &k3 * config.kl - &entropy * config.entropy;
    Terms { loss, kl: k3, clipped: clipped.mean(Kind::Float), entropy }
}

/// The clipped gain of each decision, and 1 where the clip took its gradient away (else 0).
fn clipped_gain(log_prob: &Tensor, old: &Tensor, advantage: &Tensor, clip: f64) -> (Tensor, Tensor) {
    let ratio = (log_prob - old).exp();
    let free = &ratio * advantage;
    let bound = ratio.clamp(1.0 - clip, 1.0 + clip) * advantage;
    let clipped = bound.less_tensor(&free).to_kind(Kind::Float);
    (free.minimum(&bound), clipped)
}

/// Schulman's k3 estimate of KL(policy || reference) from actions drawn by the policy: never negative, and its mean is
/// unbiased.
fn k3(log_prob: &Tensor, reference: &Tensor) -> Tensor {
    let difference = reference - log_prob;
    difference.exp() - difference - 1.0
}

/// Exact KL(p || q) of two rows of log-probabilities.
fn kl(p: &[f32], q: &[f32]) -> f64 {
    p.iter().zip(q).map(|(&p, &q)| f64::from(p).exp() * (f64::from(p) - f64::from(q))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(tensor).expect("a vector of f32")
    }

    #[test]
    fn k3_and_its_gradient() {
        let log_prob = Tensor::from_slice(&[-1.0f32, -2.0, -0.5]).set_requires_grad(true);
        let reference = Tensor::from_slice(&[-1.0f32, -1.0, -1.5]);
        let k = k3(&log_prob, &reference);
        // d = 0, 1, -1: exp(d) - d - 1; derivative by log_prob: 1 - exp(d).
        let e = std::f32::consts::E;
        for (found, expected) in values(&k).iter().zip([0.0, e - 2.0, 1.0 / e]) {
            assert!((found - expected).abs() < 1e-6);
        }
        k.sum(Kind::Float).backward();
        for (found, expected) in values(&log_prob.grad()).iter().zip([0.0, 1.0 - e, 1.0 - 1.0 / e]) {
            assert!((found - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn the_clip_stops_only_what_goes_too_far_in_its_favour() {
        let ratio = [1.5f32, 1.5, 0.5, 0.5, 1.1];
        let log_prob = Tensor::from_slice(&ratio.map(f32::ln)).set_requires_grad(true);
        let advantage = Tensor::from_slice(&[1.0f32, -1.0, 1.0, -1.0, 2.0]);
        let (gain, clipped) = clipped_gain(&log_prob, &log_prob.detach().zeros_like(), &advantage, 0.2);
        for (found, expected) in values(&gain).iter().zip([1.2, -1.5, 0.5, -0.8, 2.2]) {
            assert!((found - expected).abs() < 1e-6);
        }
        assert_eq!(values(&clipped), [1.0, 0.0, 0.0, 1.0, 0.0]);
        gain.sum(Kind::Float).backward();
        for (found, expected) in values(&log_prob.grad()).iter().zip([0.0, -1.5, 0.5, 0.0, 2.2]) {
            assert!((found - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn exact_kl() {
        let p = [0.5f32.ln(), 0.5f32.ln()];
        let q = [0.25f32.ln(), 0.75f32.ln()];
        assert!((kl(&p, &q) - (0.5 * 2f64.ln() + 0.5 * (2f64 / 3.0).ln())).abs() < 1e-6);
        assert_eq!(kl(&p, &p), 0.0);
    }
}
