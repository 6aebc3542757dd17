//! What a training step says about versions. In: the finished rollouts of each group, with what they were served; out: checked
//! outcomes, and the difference between two arms within a group, from which the task's difficulty cancels.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::discount::{ArmCounts, StepCounts};

/// Rewards above this are successes where only success counts (the reference's binarisation).
pub const SUCCESS: f64 = 0.5;

/// Which version a rollout is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// The version in force (the paper's old).
    Incumbent,
    /// The version under test (the paper's new).
    Challenger,
}

/// One finished rollout. Void ones are not mentioned.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    pub slot: u32,
    /// Numbers of the challengers whose change it was served; none: the incumbent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served: Vec<u64>,
    /// Played with every skill silent; no challenger is served then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub control: bool,
    /// The return: the sum of the rewards.
    pub reward: f64,
    /// By skill, the first decision at which it mattered, whether it was served or ran silently. A skill under test
    /// matters where its old and its new form say different things, any other where it speaks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mattered: BTreeMap<String, u32>,
}

/// The finished rollouts of one task in one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub group: u64,
    /// Kind of task; empty where a world has no kinds.
    pub kind: String,
    pub rollouts: Vec<Rollout>,
}

/// Outcomes that cannot be counted.
#[derive(Debug, Error, PartialEq)]
pub enum EvidenceError {
    #[error("group {group} is reported twice in one step: report every group once, with all its rollouts")]
    GroupTwice { group: u64 },
    #[error("slot {slot} of group {group} is reported twice: report every rollout once")]
    SlotTwice { group: u64, slot: u32 },
    #[error("the reward of slot {slot} of group {group} is {reward}: leave out a rollout that has no finite reward")]
    Reward { group: u64, slot: u32, reward: f64 },
    #[error("slot {slot} of group {group} was served version {version}, which is not under test ({under_test})")]
    UnknownVersion { group: u64, slot: u32, version: u64, under_test: String },
    #[error("slot {slot} of group {group} is a control and was served a challenger: it can be one of both")]
    ServedControl { group: u64, slot: u32 },
    #[error("the policy's drift is {drift}: a divergence is finite and not negative")]
    Drift { drift: f64 },
}

/// Checks a step's outcomes against the challengers under test.
pub fn check(drift: f64, groups: &[Group], under_test: &[u64]) -> Result<(), EvidenceError> {
    if !(drift.is_finite() && drift >= 0.0) {
        return Err(EvidenceError::Drift { drift });
    }
    let mut seen = BTreeSet::new();
    for Group { group, rollouts, .. } in groups {
        let group = *group;
        if !seen.insert(group) {
            return Err(EvidenceError::GroupTwice { group });
        }
        let mut slots = BTreeSet::new();
        for rollout in rollouts {
            let slot = rollout.slot;
            if !slots.insert(slot) {
                return Err(EvidenceError::SlotTwice { group, slot });
            }
            if !rollout.reward.is_finite() {
                return Err(EvidenceError::Reward { group, slot, reward: rollout.reward });
            }
            if let Some(version) = rollout.served.iter().find(|v| !under_test.contains(v)) {
                let numbers: Vec<String> = under_test.iter().map(u64::to_string).collect();
                let under_test = if numbers.is_empty() { "nothing is".to_owned() } else { numbers.join(", ") };
                return Err(EvidenceError::UnknownVersion { group, slot, version: *version, under_test });
            }
            if rollout.control && !rollout.served.is_empty() {
                return Err(EvidenceError::ServedControl { group, slot });
            }
        }
    }
    Ok(())
}

/// A rollout as one test sees it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'g> {
    pub arm: Arm,
    pub reward: f64,
    pub mattered: &'g BTreeMap<String, u32>,
}

impl Seen<'_> {
    /// Whether any of `skills` mattered; without names every rollout counts.
    pub fn touched(&self, skills: &[String]) -> bool {
        skills.is_empty() || skills.iter().any(|skill| self.mattered.contains_key(skill))
    }
}

/// A group as one test sees it: without controls.
#[derive(Debug, Clone)]
pub struct Split<'g> {
    pub kind: &'g str,
    pub rollouts: Vec<Seen<'g>>,
}

/// A step as the test of `challenger` sees it.
pub fn split(groups: &[Group], challenger: u64) -> Vec<Split<'_>> {
    groups
        .iter()
        .map(|group| Split {
            kind: &group.kind,
            rollouts: group
                .rollouts
                .iter()
                .filter(|rollout| !rollout.control)
                .map(|rollout| Seen {
                    arm: if rollout.served.contains(&challenger) { Arm::Challenger } else { Arm::Incumbent },
                    reward: rollout.reward,
                    mattered: &rollout.mattered,
                })
                .collect(),
        })
        .collect()
}

/// Episodes and successes of both arms.
pub fn counts(groups: &[Split]) -> StepCounts {
    let mut counts = StepCounts::default();
    for seen in groups.iter().flat_map(|group| &group.rollouts) {
        let arm: &mut ArmCounts = match seen.arm {
            Arm::Challenger => &mut counts.challenger,
            Arm::Incumbent => &mut counts.incumbent,
        };
        arm.episodes += 1;
        arm.successes += u64::from(seen.reward > SUCCESS);
    }
    counts
}

/// Number and sum of the rewards of one arm.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    pub n: f64,
    pub sum: f64,
}

impl Tally {
    pub fn mean(&self) -> f64 {
        self.sum / self.n
    }

    fn add(&mut self, reward: f64) {
        self.n += 1.0;
        self.sum += reward;
    }
}

/// The two arms of one group.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Contrast {
    pub challenger: Tally,
    pub incumbent: Tally,
    /// Squares of the rewards about their arm's mean, summed.
    pub squares: f64,
}

impl Contrast {
    /// Of the rewards in one group.
    pub fn new(rewards: impl Iterator<Item = (Arm, f64)> + Clone) -> Contrast {
        let mut contrast = Contrast::default();
        for (arm, reward) in rewards.clone() {
            contrast.of(arm).add(reward);
        }
        let means = (contrast.challenger.mean(), contrast.incumbent.mean());
        for (arm, reward) in rewards {
            let mean = if arm == Arm::Challenger { means.0 } else { means.1 };
            contrast.squares += (reward - mean).powi(2);
        }
        contrast
    }

    fn of(&mut self, arm: Arm) -> &mut Tally {
        match arm {
            Arm::Challenger => &mut self.challenger,
            Arm::Incumbent => &mut self.incumbent,
        }
    }

    /// Challenger's mean minus incumbent's; `None` unless both arms have rollouts.
    pub fn difference(&self) -> Option<f64> {
        (self.challenger.n > 0.0 && self.incumbent.n > 0.0).then(|| self.challenger.mean() - self.incumbent.mean())
    }

    /// What the difference weighs: a b / (a + b) for a and b rollouts, the inverse of its variance in units of a
    /// rollout's own.
    pub fn weight(&self) -> f64 {
        let (a, b) = (self.challenger.n, self.incumbent.n);
        if a + b > 0.0 { a * b / (a + b) } else { 0.0 }
    }

    /// Degrees of freedom of `squares`.
    pub fn freedom(&self) -> f64 {
        (self.challenger.n - 1.0).max(0.0) + (self.incumbent.n - 1.0).max(0.0)
    }
}
