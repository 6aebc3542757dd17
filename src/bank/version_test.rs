//! The test of a challenger version against the incumbent, by either method. In: outcomes by group; out: the arms of the next
//! rollouts, and a decision.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::evidence::{Arm, Split, counts};
use super::paper::{self, PaperConfig, PaperTest};
use super::sequential::{SequentialConfig, SequentialTest};
use crate::stats::uniform;

/// How versions are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Method {
    /// Within groups, at a stated level, to be looked at after every step.
    #[default]
    Sequential,
    /// As the paper and its reference code do it: accept if higher after a fixed number of steps.
    Paper,
}

/// Section `[version_test]` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VersionTestConfig {
    pub method: Method,
    pub sequential: SequentialConfig,
    pub paper: PaperConfig,
}

impl VersionTestConfig {
    /// Checks the ranges stated at the keys.
    pub fn validate(&self) -> Result<(), VersionTestError> {
        self.sequential.validate()?;
        self.paper.validate()
    }

    /// Tests that may run at once.
    pub fn parallel(&self) -> usize {
        match self.method {
            Method::Sequential => self.sequential.parallel,
            Method::Paper => 1,
        }
    }

    /// Share of rollouts that are played with every skill silent.
    pub fn control(&self) -> f64 {
        match self.method {
            Method::Sequential => self.sequential.control,
            Method::Paper => 0.0,
        }
    }
}

/// A configuration or a count that cannot be.
#[derive(Debug, Error, PartialEq)]
pub enum VersionTestError {
    #[error("version_test.{key} = {value}: must be {rule}")]
    Config { key: &'static str, value: String, rule: &'static str },
    #[error(
        "step counts name {successes} successes in {episodes} episodes of the {arm}: count every finished episode \
         once, and its success at most once"
    )]
    Counts { arm: &'static str, episodes: u64, successes: u64 },
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The challenger becomes the incumbent.
    Accept,
    /// The challenger is dropped.
    Reject,
    /// The budget ended without an answer; the challenger is dropped.
    Undecided,
}

/// Where a group of rollouts is played.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub seed: u64,
    pub step: u64,
    pub group: u64,
}

/// One test under way.
#[derive(Debug, Clone, PartialEq)]
pub enum VersionTest {
    Sequential(Box<SequentialTest>),
    Paper(PaperTest),
}

impl VersionTest {
    /// A test that starts now of a challenger that changes `skills`; `memory` is the effective memory of the tests
    /// completed before (paper mode).
    pub fn new(
        config: &VersionTestConfig,
        memory: Option<f64>,
        skills: Vec<String>,
    ) -> Result<VersionTest, VersionTestError> {
        Ok(match config.method {
            Method::Sequential => {
                VersionTest::Sequential(Box::new(SequentialTest::new(config.sequential.clone(), skills)?))
            }
            Method::Paper => VersionTest::Paper(PaperTest::new(config.paper.clone(), memory)?),
        })
    }

    /// The challenger's share of the next rollouts that is aimed at.
    pub fn share(&self) -> f64 {
        match self {
            VersionTest::Sequential(test) => test.share(),
            VersionTest::Paper(test) => test.challenger_probability(),
        }
    }

    /// The arms of a group's rollouts, by slot. `share` is [`VersionTest::share`], asked once a step; `challenger` is the
    /// number of the version, so that tests at the same time draw independently. The same arguments give the same arms.
    pub fn arms(&self, share: f64, challenger: u64, place: Place, size: u32) -> Vec<Arm> {
        let Place { seed, step, group } = place;
        match self {
            VersionTest::Paper(_) => (0..size).map(|slot| paper::assign(seed, step, group, slot, share)).collect(),
            VersionTest::Sequential(test) => allot(share, test.config().min_per_arm, challenger, place, size),
        }
    }

    /// Takes in one training step; a step without outcomes is one too. `drift` is how far the policy moved in the update
    /// before these rollouts, in nats.
    pub fn record_step(&mut self, step: u64, drift: f64, groups: &[Split]) -> Result<(), VersionTestError> {
        match self {
            VersionTest::Sequential(test) => test.record_step(step, drift, groups),
            VersionTest::Paper(test) => {
                test.record_step(counts(groups))?;
            }
        }
        Ok(())
    }

    /// The verdict, once there is one.
    pub fn decision(&self) -> Option<Decision> {
        match self {
            VersionTest::Sequential(test) => test.decision(),
            VersionTest::Paper(test) => test.decision(),
        }
    }

    /// Posterior mean rewards of challenger and incumbent.
    pub fn means(&self) -> (f64, f64) {
        match self {
            VersionTest::Sequential(test) => test.means(),
            VersionTest::Paper(test) => (test.challenger().mean(), test.incumbent().mean()),
        }
    }

    /// What to expect of the challenger's effect on a rollout's return, where its change matters. Paper mode sees successes,
    /// not returns, and expects nothing.
    pub fn expected_effect(&self) -> f64 {
        match self {
            VersionTest::Sequential(test) => {
                let [low, high] = test.config().range();
                test.effect().mean * (high - low)
            }
            VersionTest::Paper(_) => 0.0,
        }
    }
}

/// A fixed number of a group's slots for the challenger, in a drawn order: the whole part of `share` times `size`, one more as
/// often as the rest says, but at least `least` for either arm (half of a smaller group).
fn allot(share: f64, least: u32, challenger: u64, place: Place, size: u32) -> Vec<Arm> {
    let uniform = |slot: u32| draw(b"reskill slot v1", &[place.seed, place.step, place.group, challenger, slot.into()]);
    let least = least.min(size / 2);
    let wanted = (share * f64::from(size) + uniform(u32::MAX)).floor().clamp(0.0, f64::from(size)) as u32;
    // A lone rollout compares with nothing; it goes to either arm by its share.
    let wanted = wanted.clamp(least, size - least);
    let mut order: Vec<(f64, u32)> = (0..size).map(|slot| (uniform(slot), slot)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut arms = vec![Arm::Incumbent; size as usize];
    for (_, slot) in order.into_iter().take(wanted as usize) {
        arms[slot as usize] = Arm::Challenger;
    }
    arms
}

/// Which slot of a group is the control, if one is: so that `rate` of all rollouts are.
pub fn control_slot(rate: f64, place: Place, size: u32) -> Option<u32> {
    let parts = [place.seed, place.step, place.group];
    let chosen = draw(b"reskill control v1", &parts) < rate * f64::from(size);
    (chosen && size > 1).then(|| ((draw(b"reskill control slot v1", &parts) * f64::from(size)) as u32).min(size - 1))
}

/// A uniform number in [0, 1) of a purpose and a place.
pub(super) fn draw(purpose: &[u8], parts: &[u64]) -> f64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(purpose);
    for part in parts {
        hasher.update(&part.to_le_bytes());
    }
    uniform(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_control_has_its_rate() {
        let at = |group| Place { seed: 1, step: 1, group };
        let slots: Vec<u32> = (0..4000).filter_map(|group| control_slot(0.03, at(group), 8)).collect();
        // 0.24 of the groups, five standard errors.
        assert!((slots.len() as f64 / 4000.0 - 0.24).abs() < 0.034, "{}", slots.len());
        assert!((0..8).all(|slot| slots.contains(&slot)));
        assert_eq!(control_slot(0.0, at(1), 8), None);
        assert_eq!(control_slot(0.5, at(1), 1), None);
    }

    #[test]
    fn allotments_are_fixed_for_good() {
        // A run resumed by a later build must draw the same arms.
        let drawn: Vec<String> = (0..4)
            .map(|group| {
                let arms = allot(0.6, 2, 3, Place { seed: 42, step: 3, group }, 8);
                arms.iter().map(|arm| if *arm == Arm::Challenger { 'n' } else { 'o' }).collect()
            })
            .collect();
        insta::assert_snapshot!(drawn.join(" "), @"nonnoonn nnooonon noonnonn onoonnnn");
    }

    proptest! {
        #[test]
        fn each_arm_gets_its_least(
            share in 0.0..=1.0f64, least in 1u32..4, size in 1u32..20, seed: u64, step: u64, group: u64, number: u64,
        ) {
            let arms = allot(share, least, number, Place { seed, step, group }, size);
            prop_assert_eq!(arms.len(), size as usize);
            let challengers = arms.iter().filter(|arm| **arm == Arm::Challenger).count() as u32;
            let least = least.min(size / 2);
            prop_assert!((least..=size - least).contains(&challengers), "{challengers} of {size}");
            let meant = share * f64::from(size);
            if meant >= f64::from(least) && meant <= f64::from(size - least) {
                prop_assert!((f64::from(challengers) - meant).abs() < 1.0);
            }
        }
    }
}
