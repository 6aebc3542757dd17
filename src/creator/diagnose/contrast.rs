//! Where a success and a failure of the same task part. In: episodes by task; out: of each task with both outcomes the first
//! action of two of them that is of another kind (another event, or about something else), and the first thing that the success
//! did and the failure never did, counted by event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Played, events};
use crate::episode::{Step, Trajectory};
use crate::lang::checked::Domain;

/// Patterns shown, at most.
const SHOWN: usize = 6;

/// What the tasks with both outcomes show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contrast {
    /// Tasks with a success and a failure; of each the two that go together longest are compared.
    pub tasks: usize,
    /// Median of the steps (counted from 1) at which they part.
    pub median_step: Option<usize>,
    /// First actions of different kinds: of the success, and of the failure.
    pub partings: Vec<Pattern>,
    /// First events of the success that the failure has nowhere.
    pub missing: Vec<Pattern>,
}

/// What happened in several tasks alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    pub success: String,
    /// Empty where the failure has nothing like it.
    pub failure: String,
    pub tasks: usize,
    pub example: Parting,
}

/// One task where a success and a failure differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parting {
    pub task_id: String,
    pub task: String,
    /// Of the success, counted from 1.
    pub step: usize,
    pub success: String,
    pub failure: String,
}

pub(super) fn contrast(domain: &Domain, groups: &[Vec<Played>]) -> Contrast {
    let pairs: Vec<Pair> = groups.iter().filter_map(|group| pair(domain, group)).collect();
    let mut steps: Vec<usize> = pairs.iter().map(|pair| pair.common + 1).collect();
    steps.sort_unstable();
    let (mut partings, mut missing) = (Counted::new(), Counted::new());
    for Pair { success, failure, common } in &pairs {
        let at = |step: usize, failure: String| Parting {
            task_id: success.trajectory.task_id.clone(),
            task: success.trajectory.task.clone(),
            step: step + 1,
            success: success.action(step),
            failure,
        };
        note(&mut partings, (success.event(*common), failure.event(*common)), at(*common, failure.action(*common)));
        // What the domain has no name for is no event.
        let is_missing = |event: &String| !event.starts_with('[') && !failure.events.contains(event);
        if let Some(step) = success.events.iter().position(is_missing) {
            note(&mut missing, (success.event(step), String::new()), at(step, String::new()));
        }
    }
    Contrast {
        tasks: pairs.len(),
        median_step: (!steps.is_empty()).then(|| steps[(steps.len() - 1) / 2]),
        partings: frequent(partings),
        missing: frequent(missing),
    }
}

/// An episode with its actions as events.
#[derive(Clone)]
struct Told<'r> {
    trajectory: &'r Trajectory,
    events: Vec<String>,
}

impl Told<'_> {
    fn event(&self, step: usize) -> String {
        self.events.get(step).cloned().unwrap_or_else(|| END.to_owned())
    }

    fn action(&self, step: usize) -> String {
        self.trajectory.steps.get(step).map_or_else(|| END.to_owned(), |step| step.action.clone())
    }
}

/// What stands for an action after the last.
const END: &str = "the end";

/// A success and a failure of one task, and for how many steps they do the same kinds of things.
struct Pair<'r> {
    success: Told<'r>,
    failure: Told<'r>,
    common: usize,
}

/// The success and the failure that go together longest.
fn pair<'r>(domain: &Domain, group: &[Played<'r>]) -> Option<Pair<'r>> {
    let of = |success: bool| -> Vec<Told<'r>> {
        let trajectories = group.iter().map(|played| played.experience).filter(|e| e.success == success);
        let told = trajectories.map(|experience| {
            let trajectory = &experience.trajectory;
            let task = events::task(domain, &trajectory.task);
            let event = |step: &Step| events::event(domain, &task, &step.action, &step.observation);
            Told { trajectory, events: trajectory.steps.iter().map(event).collect() }
        });
        told.collect()
    };
    let (successes, failures) = (of(true), of(false));
    let mut best: Option<Pair> = None;
    for success in &successes {
        for failure in &failures {
            let both = success.events.iter().zip(&failure.events);
            let common = both.take_while(|(one, other)| one == other).count();
            if best.as_ref().is_none_or(|best| common > best.common) {
                best = Some(Pair { success: success.clone(), failure: failure.clone(), common });
            }
        }
    }
    best
}

type Counted = BTreeMap<(String, String), (usize, Parting)>;

fn note(counted: &mut Counted, key: (String, String), example: Parting) {
    counted.entry(key).or_insert((0, example)).0 += 1;
}

fn frequent(counted: Counted) -> Vec<Pattern> {
    let patterns = counted.into_iter();
    let mut patterns: Vec<Pattern> =
        patterns.map(|((success, failure), (tasks, example))| Pattern { success, failure, tasks, example }).collect();
    patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.tasks));
    patterns.truncate(SHOWN);
    patterns
}
