//! The test of a challenger version against the incumbent as the paper has it.
//!
//! In: a seed and a rollout's place, which give its arm; then the counts of each training step. Out: the
//! probability with which the next rollouts are served the challenger, and a decision.

use super::discount::{ArmCounts, Discount, StepCounts};
use super::evidence::Arm;
use super::posterior::Beta;
use super::version_test::{Decision, VersionTestError, draw};
use serde::{Deserialize, Serialize};

/// Section `[version_test.paper]` of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaperConfig {
    /// How evidence of earlier steps is weighted: `none`, `last_step` or `adaptive`.
    pub discount: Discount,
    /// Training steps before a decision, at least 1. Steps without an episode count.
    pub test_steps: u64,
    /// Finished episodes of both arms together before a decision, at least 1.
    pub min_episodes: u64,
    /// The challenger's share of rollouts is never below this, ...
    pub probability_min: f64,
    /// ... nor above this. Both at 0.5: uniform assignment.
    pub probability_max: f64,
}

impl Default for PaperConfig {
    fn default() -> Self {
        PaperConfig {
            discount: Discount::Adaptive,
            test_steps: 5,
            min_episodes: 50,
            probability_min: 0.15,
            probability_max: 0.85,
        }
    }
}

impl PaperConfig {
    /// Checks the ranges stated at the keys.
    pub fn validate(&self) -> Result<(), VersionTestError> {
        let wrong =
            |key, value: &dyn ToString, rule| Err(VersionTestError::Config { key, value: value.to_string(), rule });
        if self.test_steps == 0 {
            return wrong("paper.test_steps", &self.test_steps, "at least 1");
        }
        if self.min_episodes == 0 {
            return wrong("paper.min_episodes", &self.min_episodes, "at least 1");
        }
        if !(0.0..=1.0).contains(&self.probability_min) {
            return wrong("paper.probability_min", &self.probability_min, "between 0 and 1");
        }
        if !(self.probability_min..=1.0).contains(&self.probability_max) {
            return wrong("paper.probability_max", &self.probability_max, "between probability_min and 1");
        }
        Ok(())
    }
}

/// The arm of one rollout: the challenger with `probability`, independently for each slot of each group. The
/// same arguments always give the same arm, so a claim may be asked again.
pub fn assign(seed: u64, step: u64, group: u64, slot: u32, probability: f64) -> Arm {
    let uniform = draw(b"reskill arm v1", &[seed, step, group, u64::from(slot)]);
    if uniform < probability { Arm::Challenger } else { Arm::Incumbent }
}

/// The weights of the past that one step applied, per arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    pub challenger: f64,
    pub incumbent: f64,
}

/// One test under way. Both posteriors start at Beta(1, 1).
#[derive(Debug, Clone, PartialEq)]
pub struct PaperTest {
    config: PaperConfig,
    memory: Option<f64>,
    challenger: Beta,
    incumbent: Beta,
    episodes: u64,
    steps: Vec<StepCounts>,
}

impl PaperTest {
    /// A test that starts now; `memory` is the effective memory of the tests completed before
    /// ([`super::discount::EffectiveMemory::estimate`]), fixed for the length of this one.
    pub fn new(config: PaperConfig, memory: Option<f64>) -> Result<PaperTest, VersionTestError> {
        config.validate()?;
        Ok(PaperTest {
            config,
            memory,
            challenger: Beta::UNIFORM,
            incumbent: Beta::UNIFORM,
            episodes: 0,
            steps: Vec::new(),
        })
    }

    pub fn challenger(&self) -> Beta {
        self.challenger
    }

    pub fn incumbent(&self) -> Beta {
        self.incumbent
    }

    /// The counts of every step so far, in order.
    pub fn steps(&self) -> &[StepCounts] {
        &self.steps
    }

    /// Finished episodes of both arms.
    pub fn episodes(&self) -> u64 {
        self.episodes
    }

    /// The challenger's share of the next rollouts: `P(theta_new > theta_old)`, clipped.
    pub fn challenger_probability(&self) -> f64 {
        self.challenger
            .probability_greater(&self.incumbent)
            .clamp(self.config.probability_min, self.config.probability_max)
    }

    /// Takes in one training step; zero counts are a step too. On an error nothing has changed.
    pub fn record_step(&mut self, counts: StepCounts) -> Result<Weights, VersionTestError> {
        for (arm, ArmCounts { episodes, successes }) in
            [("challenger", counts.challenger), ("incumbent", counts.incumbent)]
        {
            if successes > episodes {
                return Err(VersionTestError::Counts { arm, episodes, successes });
            }
        }
        let discount = self.config.discount;
        let weights = Weights {
            challenger: discount.update(&mut self.challenger, counts.challenger, self.memory),
            incumbent: discount.update(&mut self.incumbent, counts.incumbent, self.memory),
        };
        self.episodes += counts.episodes();
        self.steps.push(counts);
        Ok(weights)
    }

    /// Accept if and only if the challenger's posterior mean is higher (a tie rejects), once there are enough
    /// steps and episodes.
    pub fn decision(&self) -> Option<Decision> {
        if (self.steps.len() as u64) < self.config.test_steps || self.episodes < self.config.min_episodes {
            None
        } else if self.challenger.mean() > self.incumbent.mean() {
            Some(Decision::Accept)
        } else {
            Some(Decision::Reject)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(new: (u64, u64), old: (u64, u64)) -> StepCounts {
        StepCounts {
            challenger: ArmCounts { episodes: new.0, successes: new.1 },
            incumbent: ArmCounts { episodes: old.0, successes: old.1 },
        }
    }

    #[test]
    fn the_decision_waits_for_steps_and_for_episodes() {
        let config = PaperConfig { test_steps: 2, min_episodes: 20, ..Default::default() };
        let mut test = PaperTest::new(config, None).unwrap();
        assert_eq!(test.challenger_probability(), 0.5);
        test.record_step(counts((10, 9), (9, 1))).unwrap();
        assert_eq!(test.decision(), None);
        assert_eq!(test.challenger_probability(), 0.85);
        test.record_step(StepCounts::default()).unwrap();
        assert_eq!(test.decision(), None);
        test.record_step(counts((0, 0), (1, 0))).unwrap();
        assert_eq!(test.decision(), Some(Decision::Accept));
    }

    #[test]
    fn more_successes_than_episodes_are_refused_and_change_nothing() {
        let mut test = PaperTest::new(PaperConfig::default(), None).unwrap();
        let before = test.clone();
        let error = test.record_step(counts((3, 3), (2, 3))).unwrap_err();
        assert!(error.to_string().contains("3 successes in 2 episodes of the incumbent"));
        assert_eq!(test, before);
    }

    #[test]
    fn the_configuration_is_checked_and_unknown_keys_are_refused() {
        let config: PaperConfig = toml::from_str("discount = \"dynamic\"\ntest_steps = 3").unwrap();
        assert_eq!(config, PaperConfig { test_steps: 3, ..Default::default() });
        assert!(toml::from_str::<PaperConfig>("test_step = 3").is_err());
        for bad in ["test_steps = 0", "min_episodes = 0", "probability_min = nan", "probability_max = 0.1"] {
            let config: PaperConfig = toml::from_str(bad).unwrap();
            let key = bad.split(' ').next().unwrap();
            assert!(config.validate().unwrap_err().to_string().starts_with(&format!("version_test.paper.{key}")));
        }
    }

    #[test]
    fn assignment_is_a_fair_coin_per_place() {
        let share = |probability: f64| {
            let mut challengers = 0;
            for (step, group, slot) in (0..20).flat_map(|s| (0..50).flat_map(move |g| (0..8).map(move |k| (s, g, k)))) {
                challengers += usize::from(assign(1, step, group, slot, probability) == Arm::Challenger);
            }
            challengers as f64 / 8000.0
        };
        for probability in [0.15, 0.5, 0.85] {
            // Five standard errors.
            assert!((share(probability) - probability).abs() < 0.028, "{probability}: {}", share(probability));
        }
        assert_eq!((share(0.0), share(1.0)), (0.0, 1.0));
        // Fixed for good: a run resumed by a later build must draw the same arms.
        let drawn: String =
            (0..32).map(|slot| if assign(42, 3, 7, slot, 0.5) == Arm::Challenger { 'n' } else { 'o' }).collect();
        insta::assert_snapshot!(drawn, @"nonnnnnnoonoooooonnooonoonnonnnn");
    }

    proptest! {
        #[test]
        fn a_higher_probability_only_adds_challengers(
            seed: u64, step: u64, group: u64, slot: u32, low in 0.0..1.0f64, more in 0.0..1.0f64,
        ) {
            let high = low + (1.0 - low) * more;
            prop_assert!(assign(seed, step, group, slot, low) <= assign(seed, step, group, slot, high));
        }
    }
}
