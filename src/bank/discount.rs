//! How much of the past a posterior keeps: the discount strategies and the effective memory M.
//!
//! In: per-step counts of episodes and successes of both arms. Out: the updated posteriors with the weights
//! that were applied, and M as estimated from the tests completed so far.

use super::posterior::Beta;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The grid on which the effective memory is sought: 1, 2, ..., this.
pub const MEMORY_GRID: usize = 2000;
/// Completed tests before the effective memory is estimated at all; until then it is infinite.
pub const MEMORY_TESTS: u64 = 2;
/// Discounted parameters are floored at this in the predictive likelihood (and only there).
const PREDICTIVE_FLOOR: f64 = 1e-6;

/// What one arm did in one training step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmCounts {
    /// Finished episodes; void ones are not counted.
    pub episodes: u64,
    /// Those of them that succeeded.
    pub successes: u64,
}

/// What both arms did in one training step. All zeros is a step too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepCounts {
    pub challenger: ArmCounts,
    pub incumbent: ArmCounts,
}

impl StepCounts {
    /// Finished episodes of both arms.
    pub fn episodes(&self) -> u64 {
        self.challenger.episodes + self.incumbent.episodes
    }
}

/// What becomes of the evidence of earlier steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    /// All steps count alike: w = 1.
    None,
    /// Only the last step counts: Beta(1 + m, 1 + n - m), also for n = 0; w = 0.
    LastStep,
    /// `w = M / (M + n)` with the effective memory M; w = 1 while M is infinite or n = 0. The reference
    /// implementation calls this `dynamic`.
    #[serde(alias = "dynamic")]
    Adaptive,
}

impl Discount {
    /// Adds one step of one arm to its posterior, in place, and returns the weight w of the past:
    /// `alpha <- w alpha + m`, `beta <- w beta + (n - m)`.
    pub fn update(self, posterior: &mut Beta, counts: ArmCounts, memory: Option<f64>) -> f64 {
        let (weight, past) = match self {
            Discount::None => (1.0, *posterior),
            // The prior stands in for the past.
            Discount::LastStep => (0.0, Beta::UNIFORM),
            Discount::Adaptive => (memory_weight(memory, counts.episodes), *posterior),
        };
        let kept = if self == Discount::LastStep { 1.0 } else { weight };
        posterior.alpha = kept * past.alpha + counts.successes as f64;
        posterior.beta = kept * past.beta + failures(counts);
        weight
    }
}

fn failures(counts: ArmCounts) -> f64 {
    counts.episodes.saturating_sub(counts.successes) as f64
}

fn memory_weight(memory: Option<f64>, episodes: u64) -> f64 {
    match memory {
        Some(memory) if episodes > 0 => memory / (memory + episodes as f64),
        _ => 1.0,
    }
}

/// The effective memory M, re-estimated after every completed test: the value on the grid under which the counts
/// of all completed tests were most predictable, step from step.
///
/// Each completed test adds its log-likelihood at every grid point to a running table, so an update costs one
/// test, not all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectiveMemory {
    log_likelihood: Vec<f64>,
    tests: u64,
    estimate: Option<f64>,
}

impl Default for EffectiveMemory {
    fn default() -> Self {
        EffectiveMemory { log_likelihood: vec![0.0; MEMORY_GRID], tests: 0, estimate: None }
    }
}

impl EffectiveMemory {
    /// M in episodes; `None` is infinite.
    pub fn estimate(&self) -> Option<f64> {
        self.estimate
    }

    /// Takes in one completed test, as its steps' counts in order. From the second test on, M becomes the
    /// smallest grid point of highest likelihood. Counts that say nothing about M (a likelihood that is flat up
    /// to rounding, e.g. from tests of one episode) leave it as it was.
    pub fn complete(&mut self, steps: &[StepCounts]) {
        // Grid points do not touch each other, so the number of threads changes nothing.
        self.log_likelihood.par_iter_mut().enumerate().for_each(|(index, total)| {
            *total += predictive_log_likelihood((index + 1) as f64, steps);
        });
        self.tests += 1;
        if self.tests < MEMORY_TESTS {
            return;
        }
        let (mut best, mut highest, mut lowest) = (0, f64::NEG_INFINITY, f64::INFINITY);
        for (index, &value) in self.log_likelihood.iter().enumerate() {
            lowest = lowest.min(value);
            if value > highest {
                (best, highest) = (index, value);
            }
        }
        if highest - lowest > 1e-12 * highest.abs().max(1.0) {
            self.estimate = Some((best + 1) as f64);
        }
    }
}

/// The summed log-probability of each step's successes given the steps before it (Beta-Binomial, starting at
/// Beta(1, 1) for each arm, the past weighted by M / (M + n)), up to a constant that does not depend on M.
fn predictive_log_likelihood(memory: f64, steps: &[StepCounts]) -> f64 {
    let (mut challenger, mut incumbent) = (Beta::UNIFORM, Beta::UNIFORM);
    let mut sum = 0.0;
    for step in steps {
        for (posterior, counts) in [(&mut challenger, step.challenger), (&mut incumbent, step.incumbent)] {
            if counts.episodes == 0 {
                continue;
            }
            let weight = memory_weight(Some(memory), counts.episodes);
            let prior = Beta {
                alpha: (weight * posterior.alpha).max(PREDICTIVE_FLOOR),
                beta: (weight * posterior.beta).max(PREDICTIVE_FLOOR),
            };
            sum += ln_beta_binomial(counts, prior);
            *posterior = Beta { alpha: prior.alpha + counts.successes as f64, beta: prior.beta + failures(counts) };
        }
    }
    sum
}

/// `ln P(m | n)` of the Beta-Binomial distribution without its first term, `ln C(n, m)`, which no M changes:
/// `ln B(m + alpha, n - m + beta) - ln B(alpha, beta)`.
fn ln_beta_binomial(counts: ArmCounts, prior: Beta) -> f64 {
    ln_beta(counts.successes as f64 + prior.alpha, failures(counts) + prior.beta) - ln_beta(prior.alpha, prior.beta)
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// `ln Gamma(x)` for x > 0, by Stirling's series (Abramowitz and Stegun 6.1.41) after shifting small arguments up;
/// absolute error about 1e-14 for moderate x.
fn ln_gamma(x: f64) -> f64 {
    let (mut shifted, mut product) = (x, 1.0);
    while shifted < 10.0 {
        product *= shifted;
        shifted += 1.0;
    }
    let inverse = 1.0 / shifted;
    let square = inverse * inverse;
    let series = inverse
        * (1.0 / 12.0
            - square
                * (1.0 / 360.0
                    - square
                        * (1.0 / 1260.0
                            - square
                                * (1.0 / 1680.0
                                    - square * (1.0 / 1188.0 - square * (691.0 / 360_360.0 - square / 156.0))))));
    let half_ln_two_pi = 0.918_938_533_204_672_8;
    (shifted - 0.5) * shifted.ln() - shifted + half_ln_two_pi + series - if product == 1.0 { 0.0 } else { product.ln() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ln_gamma_of_known_values() {
        let mut factorial = 0.0;
        for n in 1..200u32 {
            let (got, tolerance) = (ln_gamma(f64::from(n)), 1e-13 * f64::max(1.0, factorial));
            assert!((got - factorial).abs() < tolerance, "{n}: {got} {factorial}");
            factorial += f64::from(n).ln();
        }
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-14);
        assert!((ln_gamma(1e-6) - 13.815_509_980_749_432).abs() < 1e-13);
    }

    #[test]
    fn beta_binomial_sums_to_one() {
        for prior in [Beta::UNIFORM, Beta { alpha: 1e-6, beta: 0.3 }, Beta { alpha: 40.5, beta: 7.25 }] {
            let probability = |m: u32| {
                let ways = -ln_beta(f64::from(m) + 1.0, f64::from(128 - m) + 1.0) - 129f64.ln();
                (ways + ln_beta_binomial(ArmCounts { episodes: 128, successes: m.into() }, prior)).exp()
            };
            let total: f64 = (0..=128).map(probability).sum();
            assert!((total - 1.0).abs() < 1e-11, "{prior:?}: {total}");
        }
    }

    #[test]
    fn infinite_until_two_tests_and_where_counts_say_nothing() {
        let arm = |episodes, successes| ArmCounts { episodes, successes };
        let mut memory = EffectiveMemory::default();
        // A rate that never moves is best predicted with the longest memory; one that flips, with a short one.
        let steady: Vec<_> = (0..20).map(|_| StepCounts { challenger: arm(64, 32), incumbent: arm(64, 32) }).collect();
        memory.complete(&steady);
        assert_eq!(memory.estimate(), None);
        memory.complete(&steady);
        assert_eq!(memory.estimate(), Some(2000.0));
        let flips: Vec<_> =
            (0..20).map(|i| StepCounts { challenger: arm(64, 64 * (i % 2)), ..Default::default() }).collect();
        memory.complete(&flips);
        assert!(memory.estimate() < Some(50.0), "{:?}", memory.estimate());

        let mut silent = EffectiveMemory::default();
        for _ in 0..3 {
            silent.complete(&[StepCounts { challenger: arm(1, 1), incumbent: arm(1, 0) }]);
            silent.complete(&[StepCounts::default()]);
        }
        assert_eq!(silent.estimate(), None);
    }

    proptest! {
        #[test]
        fn adaptive_with_infinite_memory_is_none(counts in prop::collection::vec((0u64..200, 0u64..200), 1..20)) {
            let (mut kept, mut adaptive) = (Beta::UNIFORM, Beta::UNIFORM);
            for (won, lost) in counts {
                let counts = ArmCounts { episodes: won + lost, successes: won };
                prop_assert_eq!(Discount::None.update(&mut kept, counts, None), 1.0);
                prop_assert_eq!(Discount::Adaptive.update(&mut adaptive, counts, None), 1.0);
            }
            prop_assert_eq!(kept, adaptive);
        }
    }
}
