//! Which skills still earn their place. In: groups in which a rollout was played with every skill silent; out: for each skill of
//! the incumbent, how the served rollouts in which it spoke compare with the controls in which it would have spoken.
//!
//! A skill that the policy has learnt by heart, or that never did anything, is found here: the wealth of [`super::sequential`]
//! bet against "it is better by the margin". What other skills did in the same rollouts counts for it too, so a skill
//! is given up late rather than early.

use std::collections::BTreeMap;

use super::evidence::{Arm, Contrast, Group};
use super::sequential::effect::{Effect, Sums};
use super::sequential::wealth::Wealth;
use super::sequential::{SequentialConfig, drift};

/// What is known of one skill.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    reject: Wealth,
    sums: Sums,
    /// Rollouts in which it spoke, and controls in which it would have.
    pub served: u64,
    pub silent: u64,
}

impl Control {
    fn new(config: &SequentialConfig) -> Control {
        Control { reject: Wealth::new(config.reserve), sums: Sums::default(), served: 0, silent: 0 }
    }

    /// Served against silent, where the skill speaks.
    pub fn effect(&self) -> Effect {
        self.sums.posterior(self.sums.noise())
    }

    /// Whether it is not better than silence by the margin, at the level at which challengers are rejected.
    pub fn is_dead_weight(&self, config: &SequentialConfig) -> bool {
        self.reject.log() >= -config.beta.ln()
    }
}

/// All skills of the incumbent that were ever compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Controls(BTreeMap<String, Control>);

impl Controls {
    /// By name.
    pub fn skills(&self) -> impl Iterator<Item = (&str, &Control)> {
        self.0.iter().map(|(skill, control)| (skill.as_str(), control))
    }

    /// Begins anew for these skills.
    pub fn forget(&mut self, skills: &[String]) {
        for skill in skills {
            self.0.remove(skill);
        }
    }

    /// Takes in one step; skills under test are left to their tests.
    pub fn record_step(&mut self, config: &SequentialConfig, moved: f64, groups: &[Group], under_test: &[String]) {
        let kept = drift::kept(moved, config.memory);
        for control in self.0.values_mut() {
            control.reject.enter(1.0 - kept);
            control.sums = control.sums.discounted(kept, &Sums::default());
        }
        for group in groups.iter().filter(|group| group.rollouts.iter().any(|r| r.control)) {
            let mut skills: Vec<&String> = group.rollouts.iter().flat_map(|r| r.mattered.keys()).collect();
            skills.sort_unstable();
            skills.dedup();
            for skill in skills.into_iter().filter(|skill| !under_test.contains(*skill)) {
                let rewards = group.rollouts.iter().filter(|r| r.mattered.contains_key(skill)).map(|r| {
                    let arm = if r.control { Arm::Incumbent } else { Arm::Challenger };
                    (arm, config.unit(r.reward).0)
                });
                let contrast = Contrast::new(rewards);
                let control = self.0.entry(skill.clone()).or_insert_with(|| Control::new(config));
                control.served += contrast.challenger.n as u64;
                control.silent += contrast.incumbent.n as u64;
                control.sums.add(&contrast);
                if let Some(difference) = contrast.difference() {
                    let weight = 4.0 * contrast.weight() / group.rollouts.len() as f64;
                    control.reject.gain(weight * (config.margin - difference));
                }
            }
        }
    }
}
