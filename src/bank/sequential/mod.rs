//! The version test that may be looked at after every step. In: outcomes by group, and how far the policy moved; out: the arm
//! of every rollout, and a verdict at a stated level.
//!
//! - *Evidence* is the difference between the arms within a group, over the rollouts in which the change mattered: served
//!   or silent, both arms know from which decision on the two versions say different things, and until then they are alike.
//! - *Decision*: [`wealth`] bet against "the challenger is no better" accepts, wealth bet against "it is better by the margin"
//!   rejects; neither by the end of the budget leaves the incumbent in place. docs/version-test.md derives both.
//! - *Allocation*: Thompson sampling on the [`effect`]'s posterior, which [`drift`] discounts.
//! - *Guard*: nothing is accepted while some kind of task looks worse by more than a bound.

pub mod drift;
pub mod effect;
pub mod wealth;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evidence::{Arm, Contrast, Seen, Split, Tally};
use super::version_test::{Decision, VersionTestError};
use drift::Means;
use effect::{Effect, Sums};
use wealth::Wealth;

/// A test of a change that seldom matters takes so many times `max_groups` groups at most.
const PATIENCE: u64 = 3;

/// How rollouts are shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allocation {
    /// The challenger's share is the probability that it is better.
    Thompson,
    /// Half each: the fastest decision.
    Even,
}

/// Section `[version_test.sequential]` of the configuration. Effects are in units of the rewards' range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SequentialConfig {
    /// Chance at most of ever accepting a challenger that is not better.
    pub alpha: f64,
    /// Chance at most of ever rejecting a challenger that is better by `margin`.
    pub beta: f64,
    /// An improvement that is not to be missed, where the change matters.
    pub margin: f64,
    /// Groups in which both arms met the change, after which a test without an answer ends; and three times as many of all.
    pub max_groups: u64,
    /// Rollouts of a group that each arm gets at least, where the group is large enough.
    pub min_per_arm: u32,
    pub allocation: Allocation,
    /// Nothing is accepted while some kind of task is more likely than not worse by more than this.
    pub guard: f64,
    /// Nats of the policy's divergence after which evidence weighs 1/e.
    pub memory: f64,
    /// Part of the stakes that waits for the policy to drift.
    pub reserve: f64,
    /// Between which values an episode's return lies; what lies outside counts as its end. Left out: as the world says, or
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward_range: Option<[f64; 2]>,
    /// Challengers under test at once, where they change different skills.
    pub parallel: usize,
    /// Share of rollouts that are played with every skill silent.
    pub control: f64,
}

impl Default for SequentialConfig {
    fn default() -> Self {
        SequentialConfig {
            alpha: 0.05,
            beta: 0.1,
            margin: 0.05,
            max_groups: 320,
            min_per_arm: 2,
            allocation: Allocation::Thompson,
            guard: 0.1,
            memory: 0.5,
            reserve: 0.1,
            reward_range: None,
            parallel: 3,
            control: 0.03,
        }
    }
}

impl SequentialConfig {
    /// Between which values a return lies.
    pub fn range(&self) -> [f64; 2] {
        self.reward_range.unwrap_or([0.0, 1.0])
    }

    /// A return in units of the range, and whether it lay outside.
    pub fn unit(&self, reward: f64) -> (f64, bool) {
        let [low, high] = self.range();
        (((reward - low) / (high - low)).clamp(0.0, 1.0), reward < low || reward > high)
    }

    /// Checks the ranges stated at the keys.
    pub fn validate(&self) -> Result<(), VersionTestError> {
        let share = |x: f64| x > 0.0 && x < 1.0;
        let [low, high] = self.range();
        let rules: [(&'static str, String, bool, &'static str); 11] = [
            ("sequential.alpha", self.alpha.to_string(), share(self.alpha), "above 0 and below 1"),
            ("sequential.beta", self.beta.to_string(), share(self.beta), "above 0 and below 1"),
            ("sequential.margin", self.margin.to_string(), share(self.margin), "above 0 and below 1"),
            ("sequential.max_groups", self.max_groups.to_string(), self.max_groups > 0, "at least 1"),
            ("sequential.min_per_arm", self.min_per_arm.to_string(), self.min_per_arm > 0, "at least 1"),
            ("sequential.guard", self.guard.to_string(), self.guard > 0.0, "above 0"),
            ("sequential.memory", self.memory.to_string(), self.memory > 0.0, "above 0"),
            (
                "sequential.reserve",
                self.reserve.to_string(),
                (0.0..1.0).contains(&self.reserve),
                "at least 0 and below 1",
            ),
            (
                "sequential.reward_range",
                format!("{:?}", self.range()),
                low.is_finite() && high.is_finite() && low < high,
                "two finite numbers, the smaller one first",
            ),
            ("sequential.parallel", self.parallel.to_string(), (1..=4).contains(&self.parallel), "between 1 and 4"),
            ("sequential.control", self.control.to_string(), (0.0..=0.5).contains(&self.control), "between 0 and 0.5"),
        ];
        match rules.into_iter().find(|(_, _, holds, _)| !holds) {
            Some((key, value, _, rule)) => Err(VersionTestError::Config { key, value, rule }),
            None => Ok(()),
        }
    }
}

/// What one step added, and where the test stood after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub step: u64,
    /// The challenger's share of rollouts that was aimed at.
    pub share: f64,
    /// Divergence of the update before this step's rollouts, in nats.
    pub drift: f64,
    pub groups: u64,
    /// Rewards of all rollouts, and of those in which the change mattered.
    pub challenger: Tally,
    pub incumbent: Tally,
    pub touched_challenger: Tally,
    pub touched_incumbent: Tally,
    /// Rewards that lay outside the range.
    pub outside: u64,
    /// Where the change mattered, in this step alone.
    sums: Sums,
    kinds: BTreeMap<String, Sums>,
    skills: Vec<Sums>,
    /// Touched rollouts of either arm, by skill.
    skill_rollouts: Vec<(u64, u64)>,
    means: Means,
    /// Logarithms of the wealth against "no better" and against "better by the margin", after the step.
    pub log_accept: f64,
    pub log_reject: f64,
    /// The posterior after the step.
    pub effect: Effect,
    /// An abrupt change of the incumbent's success was seen to have begun with this step of the test.
    pub change: Option<usize>,
}

/// The part of one operation in a challenger's effect: over the rollouts in which its skill mattered.
#[derive(Debug, Clone, PartialEq)]
pub struct Credit {
    pub skill: String,
    pub challenger: u64,
    pub incumbent: u64,
    pub effect: Effect,
}

/// One test under way.
#[derive(Debug, Clone, PartialEq)]
pub struct SequentialTest {
    config: SequentialConfig,
    /// Skills that the challenger adds, modifies or retires; none: the change matters everywhere.
    skills: Vec<String>,
    steps: Vec<Evidence>,
    groups: u64,
    /// Those in which both arms met the change.
    compared: u64,
    accept: Wealth,
    reject: Wealth,
    /// All contrasts where the change mattered, discounted, and the same by kind of task.
    sums: Sums,
    kinds: BTreeMap<String, Sums>,
    /// Of all rollouts, discounted.
    challenger: Tally,
    incumbent: Tally,
    /// The step of the test at which the incumbent's success was last seen to change.
    changed: usize,
}

impl SequentialTest {
    /// A test that starts now, of a challenger that changes `skills`.
    pub fn new(config: SequentialConfig, skills: Vec<String>) -> Result<SequentialTest, VersionTestError> {
        config.validate()?;
        let (accept, reject) = (Wealth::new(config.reserve), Wealth::new(config.reserve));
        Ok(SequentialTest {
            config,
            skills,
            steps: Vec::new(),
            groups: 0,
            compared: 0,
            accept,
            reject,
            sums: Sums::default(),
            kinds: BTreeMap::new(),
            challenger: Tally::default(),
            incumbent: Tally::default(),
            changed: 0,
        })
    }

    pub fn config(&self) -> &SequentialConfig {
        &self.config
    }

    /// The steps so far, in order.
    pub fn steps(&self) -> &[Evidence] {
        &self.steps
    }

    /// Groups so far.
    pub fn groups(&self) -> u64 {
        self.groups
    }

    /// The effect where the change matters.
    pub fn effect(&self) -> Effect {
        self.sums.posterior(self.sums.noise())
    }

    /// The same by kind of task, for kinds that have evidence.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, Effect)> {
        let noise = self.sums.noise();
        self.kinds.iter().filter(|(_, s)| s.weight > 0.0).map(move |(kind, s)| (kind.as_str(), s.posterior(noise)))
    }

    /// Posterior mean rewards of both arms over all rollouts, discounted, the uniform prior outside the discount;
    /// in units of the range.
    pub fn means(&self) -> (f64, f64) {
        let mean = |tally: &Tally| (1.0 + tally.sum) / (2.0 + tally.n);
        (mean(&self.challenger), mean(&self.incumbent))
    }

    /// By skill, undiscounted: what each operation did where it mattered.
    pub fn credits(&self) -> Vec<Credit> {
        let noise = self.sums.noise();
        let of = |index: usize| {
            let mut sums = Sums::default();
            let (mut challenger, mut incumbent) = (0, 0);
            for step in &self.steps {
                sums = sums.discounted(1.0, &step.skills[index]);
                challenger += step.skill_rollouts[index].0;
                incumbent += step.skill_rollouts[index].1;
            }
            Credit { skill: self.skills[index].clone(), challenger, incumbent, effect: sums.posterior(noise) }
        };
        (0..self.skills.len()).map(of).collect()
    }

    /// The challenger's share of the next rollouts.
    pub fn share(&self) -> f64 {
        match self.config.allocation {
            Allocation::Thompson => self.effect().probability_above(0.0),
            Allocation::Even => 0.5,
        }
    }

    /// Takes in one training step; `drift` is how far the policy moved in the update before these rollouts.
    pub fn record_step(&mut self, step: u64, drift: f64, groups: &[Split]) {
        let share = self.share();
        // What waits enters, and what is old fades, by what is known before the outcomes.
        let kept = if self.steps.is_empty() { 1.0 } else { drift::kept(drift, self.config.memory) };
        self.accept.enter(1.0 - kept);
        self.reject.enter(1.0 - kept);
        let mut now = self.collect(step, drift, share, groups);
        self.groups += now.groups;
        self.sums = self.sums.discounted(kept, &now.sums);
        for past in self.kinds.values_mut() {
            *past = past.discounted(kept, &Sums::default());
        }
        add_kinds(&mut self.kinds, &now.kinds);
        for (past, new) in [(&mut self.challenger, now.challenger), (&mut self.incumbent, now.incumbent)] {
            *past = Tally { n: kept * past.n + new.n, sum: kept * past.sum + new.sum };
        }
        (now.log_accept, now.log_reject) = (self.accept.log(), self.reject.log());
        self.steps.push(now);
        self.restart_after_change();
        let effect = self.effect();
        if let Some(last) = self.steps.last_mut() {
            last.effect = effect;
        }
    }

    /// Sums of one step; bets its contrasts.
    fn collect(&mut self, step: u64, drift: f64, share: f64, groups: &[Split]) -> Evidence {
        let mut now = Evidence {
            step,
            share,
            drift,
            groups: groups.len() as u64,
            challenger: Tally::default(),
            incumbent: Tally::default(),
            touched_challenger: Tally::default(),
            touched_incumbent: Tally::default(),
            outside: 0,
            sums: Sums::default(),
            kinds: BTreeMap::new(),
            skills: vec![Sums::default(); self.skills.len()],
            skill_rollouts: vec![(0, 0); self.skills.len()],
            means: Means::default(),
            log_accept: 0.0,
            log_reject: 0.0,
            effect: Effect::PRIOR,
            change: None,
        };
        for group in groups {
            now.outside += group.rollouts.iter().filter(|s| self.config.unit(s.reward).1).count() as u64;
            let contrast = |touched: &dyn Fn(&Seen) -> bool| {
                let chosen: Vec<(Arm, f64)> = group
                    .rollouts
                    .iter()
                    .filter(|s| touched(s))
                    .map(|s| (s.arm, self.config.unit(s.reward).0))
                    .collect();
                Contrast::new(chosen.into_iter())
            };
            let all = contrast(&|_| true);
            now.challenger = sum(now.challenger, all.challenger);
            now.incumbent = sum(now.incumbent, all.incumbent);
            if all.incumbent.n > 0.0 {
                now.means.add(all.incumbent.mean());
            }
            let touched = if self.skills.is_empty() { all } else { contrast(&|s| s.touched(&self.skills)) };
            now.touched_challenger = sum(now.touched_challenger, touched.challenger);
            now.touched_incumbent = sum(now.touched_incumbent, touched.incumbent);
            now.sums.add(&touched);
            now.kinds.entry(group.kind.to_owned()).or_default().add(&touched);
            for (index, skill) in self.skills.iter().enumerate() {
                let one = contrast(&|s| s.mattered.contains_key(skill));
                now.skills[index].add(&one);
                now.skill_rollouts[index].0 += one.challenger.n as u64;
                now.skill_rollouts[index].1 += one.incumbent.n as u64;
            }
            if let Some(difference) = touched.difference() {
                self.compared += 1;
                // At most 1, and 1 where all rollouts of the group count and half of them are the challenger's.
                let weight = 4.0 * touched.weight() / group.rollouts.len() as f64;
                self.accept.gain(weight * difference);
                self.reject.gain(weight * (self.config.margin - difference));
            }
        }
        now
    }

    /// After an abrupt change of the incumbent's success the posterior begins anew from it, and half of what waits enters.
    fn restart_after_change(&mut self) {
        let means: Vec<Means> = self.steps[self.changed..].iter().map(|s| s.means).collect();
        let Some(at) = drift::change(&means) else { return };
        self.changed += at;
        self.sums = Sums::default();
        self.kinds.clear();
        (self.challenger, self.incumbent) = (Tally::default(), Tally::default());
        for step in &self.steps[self.changed..] {
            self.sums = self.sums.discounted(1.0, &step.sums);
            add_kinds(&mut self.kinds, &step.kinds);
            self.challenger = sum(self.challenger, step.challenger);
            self.incumbent = sum(self.incumbent, step.incumbent);
        }
        self.accept.enter(0.5);
        self.reject.enter(0.5);
        if let Some(last) = self.steps.last_mut() {
            last.change = Some(self.changed);
        }
    }

    /// The kind of task that holds an acceptance back, if any: the one most likely worse by more than the guard.
    pub fn held_back_by(&self) -> Option<(&str, Effect)> {
        let worse = |effect: &Effect| 1.0 - effect.probability_above(-self.config.guard);
        self.kinds().filter(|(_, e)| worse(e) > 0.5).max_by(|(_, a), (_, b)| worse(a).total_cmp(&worse(b)))
    }

    /// The verdict, once there is one.
    pub fn decision(&self) -> Option<Decision> {
        let last = self.steps.last()?;
        let max = self.config.max_groups;
        let over = self.compared >= max || self.groups >= max.saturating_mul(PATIENCE);
        if last.log_accept >= -self.config.alpha.ln() {
            return match self.held_back_by() {
                None => Some(Decision::Accept),
                Some(_) => over.then_some(Decision::Reject),
            };
        }
        if last.log_reject >= -self.config.beta.ln() {
            return Some(Decision::Reject);
        }
        over.then_some(Decision::Undecided)
    }
}

fn add_kinds(past: &mut BTreeMap<String, Sums>, now: &BTreeMap<String, Sums>) {
    for (kind, sums) in now {
        let past = past.entry(kind.clone()).or_default();
        *past = past.discounted(1.0, sums);
    }
}

fn sum(one: Tally, other: Tally) -> Tally {
    Tally { n: one.n + other.n, sum: one.sum + other.sum }
}
