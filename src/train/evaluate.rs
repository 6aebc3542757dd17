//! Evaluation: every task of a split exactly once, one fixed version. In: a policy and a version; out: successes with
//! an interval, by kind of task. It changes nothing: no posterior, no reservoir, no policy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bank::{InPlay, Serving};
use super::config::Choosing;
use super::rollout::{Choice, Dealt, Lanes, RolloutError, Ticket};
use crate::policy::net::Policy;
use crate::stats::wilson;
use crate::world::{WorldError, WorldInfo};

/// How a policy under one version did on one split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub step: u64,
    pub split: String,
    /// The version's label.
    pub version: String,
    /// Whether its skills spoke, or were switched off.
    pub skills: bool,
    pub choice: Choosing,
    pub tasks: u64,
    pub solved: u64,
    /// Tasks whose world failed; they count neither way.
    pub void: u64,
    /// Mean final score of the tasks that were played.
    pub score: f64,
    /// Solved and played, by kind of task.
    pub kinds: BTreeMap<String, (u64, u64)>,
}

impl Evaluation {
    pub fn rate(&self) -> f64 {
        self.solved as f64 / (self.tasks as f64).max(1.0)
    }

    /// The 95% Wilson interval of the success rate.
    pub fn interval(&self) -> (f64, f64) {
        wilson(self.solved, self.tasks)
    }
}

/// One task of an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    pub task_id: String,
    pub kind: String,
    pub won: bool,
    pub score: f64,
}

/// What to evaluate.
pub struct Subject<'s> {
    pub policy: &'s Policy,
    pub version: &'s InPlay,
    /// Whether `version` has its skills, for the record.
    pub skills: bool,
    pub memory: &'s [String],
    /// Of the run, for what is drawn.
    pub seed: u64,
    pub step: u64,
}

/// The number of tasks of a split; a split that the world does not have is refused by name.
pub fn split_size(world: &WorldInfo, split: &str) -> Result<usize, WorldError> {
    world.splits.iter().find(|s| s.name == split).map(|s| s.size).ok_or_else(|| {
        let known: Vec<&str> = world.splits.iter().map(|s| s.name.as_str()).collect();
        WorldError::Request(format!("world {} has no split `{split}`; it has {}", world.name, known.join(", ")))
    })
}

/// Plays the first `limit` tasks of a split, each once: the sums, and the tasks in their order, without those that were void.
pub fn evaluate(
    lanes: &mut Lanes,
    world: &WorldInfo,
    subject: &Subject,
    split: &str,
    choice: Choosing,
    limit: usize,
) -> Result<(Evaluation, Vec<Tried>), RolloutError> {
    let size = split_size(world, split)?;
    let tickets: Vec<Ticket> = (0..size.min(limit))
        .map(|index| {
            let serving = Serving::default();
            Ticket { split: split.to_owned(), index, group: index as u64, slot: 0, serving }
        })
        .collect();
    let deal = |_: &Ticket| Dealt::of(subject.version, None);
    let &Subject { seed, step, .. } = subject;
    let chosen = match choice {
        Choosing::Sampled => Choice::Sampled { purpose: "evaluation", seed, step },
        Choosing::Greedy => Choice::Greedy,
    };
    let (outcomes, _) = lanes.play(&tickets, subject.policy, &deal, subject.memory, chosen)?;
    let mut evaluation = Evaluation {
        step: subject.step,
        split: split.to_owned(),
        version: subject.version.served.version.label(),
        skills: subject.skills,
        choice,
        tasks: 0,
        solved: 0,
        void: 0,
        score: 0.0,
        kinds: BTreeMap::new(),
    };
    let mut tried = Vec::new();
    for outcome in outcomes {
        let Ok(played) = outcome else {
            evaluation.void += 1;
            continue;
        };
        let (won, score) = (played.trajectory.won, played.trajectory.score);
        evaluation.tasks += 1;
        evaluation.score += score;
        evaluation.solved += u64::from(won);
        let kind = evaluation.kinds.entry(played.kind.clone()).or_default();
        kind.1 += 1;
        kind.0 += u64::from(won);
        tried.push(Tried { task_id: played.trajectory.task_id, kind: played.kind, won, score });
    }
    evaluation.score /= (evaluation.tasks as f64).max(1.0);
    Ok((evaluation, tried))
}
