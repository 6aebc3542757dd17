//! The lines of a run's logs. In: what a step came to; out: records for `metrics.jsonl`, `episodes.jsonl`, `timings.jsonl` and
//! `trajectories.jsonl`. Times stand in a file of their own: everything else is the same however often a run is repeated.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rollout::{Outcome, Played};
use crate::bank::evidence::Arm;
use crate::episode::Trajectory;
use crate::grpo::UpdateStats;

/// One line of `metrics.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    pub step: u64,
    pub episodes: u64,
    /// Episodes that a world's fault ended; they count for nothing.
    pub void: u64,
    /// Share of episodes that achieved their task.
    pub success: f64,
    /// Mean sum of rewards.
    pub reward: f64,
    pub decisions: u64,
    /// Mean entropy of the policy at its decisions, in nats.
    pub entropy: f64,
    /// Share of decisions at which some skill spoke, and share of those at which a preferred action was taken.
    pub advised: f64,
    pub followed: f64,
    pub loss: f64,
    pub kl: f64,
    pub clip_fraction: f64,
    pub grad_norm: f64,
    /// How far the step moved the policy (mean exact KL on states of the step).
    pub drift: f64,
    /// The version in force after the step.
    pub version: String,
    /// What the step's rollouts came to, by what they were served.
    pub served: BTreeMap<String, ServedRecord>,
}

/// The rollouts of a step that were served one bank.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ServedRecord {
    pub episodes: u64,
    pub won: u64,
    /// Mean sum of rewards.
    pub reward: f64,
}

impl StepRecord {
    pub fn new(step: u64, outcomes: &[Outcome], stats: &UpdateStats, version: String) -> Self {
        let played: Vec<&Played> = outcomes.iter().filter_map(|o| o.as_ref().ok()).collect();
        let episodes = played.len().max(1) as f64;
        let decisions: usize = played.iter().map(|p| p.trajectory.steps.len()).sum();
        let advised: u32 = played.iter().map(|p| p.advised).sum();
        let followed: u32 = played.iter().map(|p| p.followed).sum();
        let mut served: BTreeMap<String, ServedRecord> = BTreeMap::new();
        for episode in &played {
            let record = served.entry(episode.trajectory.version.clone()).or_default();
            record.episodes += 1;
            record.won += u64::from(episode.trajectory.won);
            record.reward += episode.total_reward();
        }
        served.values_mut().for_each(|record| record.reward /= record.episodes as f64);
        StepRecord {
            step,
            episodes: played.len() as u64,
            void: (outcomes.len() - played.len()) as u64,
            success: played.iter().filter(|p| p.trajectory.won).count() as f64 / episodes,
            reward: played.iter().map(|p| p.total_reward()).sum::<f64>() / episodes,
            decisions: decisions as u64,
            entropy: played.iter().map(|p| p.entropy).sum::<f64>() / (decisions as f64).max(1.0),
            advised: f64::from(advised) / (decisions as f64).max(1.0),
            followed: f64::from(followed) / f64::from(advised).max(1.0),
            loss: stats.loss,
            kl: stats.kl,
            clip_fraction: stats.clip_fraction,
            grad_norm: stats.grad_norm,
            drift: stats.drift,
            version,
            served,
        }
    }
}

/// One line of `episodes.jsonl`: an episode without its texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpisodeRecord {
    pub step: u64,
    pub task_id: String,
    pub kind: String,
    pub group: u64,
    pub slot: u32,
    pub arm: Arm,
    /// The bank that it was served.
    pub version: String,
    pub steps: u64,
    pub won: bool,
    pub score: f64,
    pub reward: f64,
    pub advised: u32,
    pub followed: u32,
}

impl EpisodeRecord {
    pub fn new(step: u64, played: &Played) -> Self {
        let trajectory = &played.trajectory;
        EpisodeRecord {
            step,
            task_id: trajectory.task_id.clone(),
            kind: played.kind.clone(),
            group: trajectory.group,
            slot: trajectory.slot,
            arm: played.serving.arm(),
            version: trajectory.version.clone(),
            steps: trajectory.steps.len() as u64,
            won: trajectory.won,
            score: trajectory.score,
            reward: played.total_reward(),
            advised: played.advised,
            followed: played.followed,
        }
    }
}

/// One line of `trajectories.jsonl`.
#[derive(Debug, Serialize)]
pub struct Text<'e> {
    pub step: u64,
    #[serde(flatten)]
    pub episode: &'e Trajectory,
}

/// One line of `timings.jsonl`: seconds of a step by activity. `world`, `skills` and `features` are summed over lanes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct TimingRecord {
    pub step: u64,
    pub world: f64,
    pub skills: f64,
    pub features: f64,
    pub forward: f64,
    pub update: f64,
    /// The creator's part of the step: asking, waiting, the gate.
    pub creator: f64,
    /// How long it worked beside earlier steps for what landed in this one.
    pub creator_beside: f64,
    pub total: f64,
}
