//! The reservoir: the episodes a creator looks at, few per task and recent.
//!
//! In: finished episodes with the arm that served them. Out: groups of episodes of the same task, to contrast
//! successes with failures; and the whole of it as JSONL under `reservoir/`.
//!
//! At most one episode per (task, arm, outcome), in paper mode by the task's text; a newer one replaces it and moves to the end;
//! beyond the capacity the oldest go.

use crate::bank::evidence::Arm;
use crate::episode::Trajectory;
use crate::files::write_atomic;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// The file inside the reservoir's folder.
pub const FILE: &str = "experiences.jsonl";
/// The format number in the file's first line.
pub const RESERVOIR_FORMAT: u32 = 1;

/// One episode, with what the creator must know about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experience {
    /// The training step in which it was played.
    pub step: u64,
    pub arm: Arm,
    /// Whether the task was achieved in full. (The reference counts an episode as a success here at a success value
    /// of at least 1, while its version test asks for more than 0.5.)
    pub success: bool,
    /// By step, the probability with which the policy drew each admissible action; empty where that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chances: Vec<Vec<f32>>,
    pub trajectory: Trajectory,
}

/// What makes two episodes ones of the same task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SameTask {
    /// The world's name for the task. Where a world gives all its tasks one sentence, nothing else tells them apart.
    #[default]
    Id,
    /// The task's sentence, lower-cased and trimmed: paper mode.
    Text,
}

/// The task, as `SameTask` says; arm; success.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    task: String,
    arm: Arm,
    success: bool,
}

/// Why a reservoir could not be stored or read.
#[derive(Debug, Error)]
pub enum ReservoirError {
    #[error("{path}: {source}")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path}:{line}: {message}; restore the file from a copy, or resume from another checkpoint")]
    Line { path: PathBuf, line: usize, message: String },
    #[error(
        "{path}: holds {found} of {expected} episodes; restore the file from a copy, or resume from another checkpoint"
    )]
    Incomplete { path: PathBuf, found: usize, expected: usize },
}

/// The first line of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u32,
    experiences: usize,
}

/// All episodes held of one task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskGroup<'a> {
    /// The task's id or text, as the reservoir was told.
    pub task: &'a str,
    /// Oldest first: in paper mode at most four (two arms, two outcomes).
    pub experiences: Vec<&'a Experience>,
}

impl TaskGroup<'_> {
    fn has(&self, success: bool) -> bool {
        self.experiences.iter().any(|experience| experience.success == success)
    }

    /// Whether the group holds a success and a failure.
    pub fn is_contrast(&self) -> bool {
        self.has(true) && self.has(false)
    }
}

/// Episodes, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Reservoir {
    capacity: usize,
    same: SameTask,
    /// Shared, so that a snapshot for a creator that works beside the training costs nothing.
    entries: Vec<(Key, Arc<Experience>)>,
}

impl Reservoir {
    /// An empty reservoir for `capacity` episodes.
    pub fn new(capacity: usize, same: SameTask) -> Reservoir {
        Reservoir { capacity, same, entries: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Oldest first.
    pub fn experiences(&self) -> impl Iterator<Item = &Experience> {
        self.entries.iter().map(|(_, experience)| experience.as_ref())
    }

    /// Adds an episode at the end. The one it replaces is dropped, or else the oldest beyond capacity.
    pub fn insert(&mut self, experience: Experience) {
        let key = Key {
            task: match self.same {
                SameTask::Id => experience.trajectory.task_id.clone(),
                SameTask::Text => experience.trajectory.task.trim().to_lowercase(),
            },
            arm: experience.arm,
            success: experience.success,
        };
        self.entries.retain(|(held, _)| *held != key);
        self.entries.push((key, Arc::new(experience)));
        let excess = self.entries.len().saturating_sub(self.capacity);
        self.entries.drain(..excess);
    }

    /// All episodes by task, in the order of each task's oldest episode.
    pub fn groups(&self) -> Vec<TaskGroup<'_>> {
        let mut groups: Vec<TaskGroup<'_>> = Vec::new();
        let mut places = BTreeMap::new();
        for (key, experience) in &self.entries {
            let place = *places.entry(key.task.as_str()).or_insert(groups.len());
            if place == groups.len() {
                groups.push(TaskGroup { task: &key.task, experiences: Vec::new() });
            }
            groups[place].experiences.push(experience);
        }
        groups
    }

    /// The tasks with both a success and a failure.
    pub fn contrasts(&self) -> Vec<TaskGroup<'_>> {
        self.groups().into_iter().filter(TaskGroup::is_contrast).collect()
    }

    /// Up to `count` task groups, drawn without replacement: contrasts first, then from all the others alike.
    /// The draw is fixed by `seed`, `step` and the task texts held, in whatever order they came.
    pub fn sample_groups(&self, seed: u64, step: u64, count: usize) -> Vec<TaskGroup<'_>> {
        let mut drawn: Vec<([u8; 32], TaskGroup<'_>)> =
            self.groups().into_iter().map(|group| (ticket(seed, step, group.task), group)).collect();
        drawn.sort_by(|(one, first), (other, second)| {
            second.is_contrast().cmp(&first.is_contrast()).then_with(|| one.cmp(other))
        });
        drawn.into_iter().take(count).map(|(_, group)| group).collect()
    }

    /// Stores all episodes as JSONL in `folder`, replacing the file there atomically.
    pub fn save(&self, folder: &Path) -> Result<(), ReservoirError> {
        let path = folder.join(FILE);
        let fail = |source| ReservoirError::Io { path: path.clone(), source };
        let mut bytes = Vec::new();
        let header = Header { format: RESERVOIR_FORMAT, experiences: self.len() };
        serde_json::to_writer(&mut bytes, &header).map_err(|error| fail(error.into()))?;
        bytes.push(b'\n');
        for experience in self.experiences() {
            serde_json::to_writer(&mut bytes, experience).map_err(|error| fail(error.into()))?;
            bytes.push(b'\n');
        }
        std::fs::create_dir_all(folder).and_then(|()| write_atomic(&path, &bytes)).map_err(fail)
    }

    /// Reads what [`Reservoir::save`] stored. With a smaller capacity than it was stored with, the oldest go.
    pub fn load(folder: &Path, capacity: usize, same: SameTask) -> Result<Reservoir, ReservoirError> {
        let path = folder.join(FILE);
        let text =
            std::fs::read_to_string(&path).map_err(|source| ReservoirError::Io { path: path.clone(), source })?;
        let wrong = |line, message| ReservoirError::Line { path: path.clone(), line, message };
        let mut lines = text.lines().enumerate();
        let (_, first) = lines.next().ok_or_else(|| wrong(1, "the file is empty".to_owned()))?;
        let header: Header = serde_json::from_str(first).map_err(|error| wrong(1, error.to_string()))?;
        if header.format != RESERVOIR_FORMAT {
            return Err(wrong(1, format!("format {}, but this build reads {RESERVOIR_FORMAT}", header.format)));
        }
        let (mut reservoir, mut found) = (Reservoir::new(capacity, same), 0);
        for (index, line) in lines {
            reservoir.insert(serde_json::from_str(line).map_err(|error| wrong(index + 1, error.to_string()))?);
            found += 1;
        }
        if found != header.experiences {
            return Err(ReservoirError::Incomplete { path, found, expected: header.experiences });
        }
        Ok(reservoir)
    }
}

/// A task's place in the draw: a hash, so that any subset is equally likely and no generator's details matter.
fn ticket(seed: u64, step: u64, task: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"reskill reservoir draw v1");
    hasher.update(&seed.to_le_bytes());
    hasher.update(&step.to_le_bytes());
    hasher.update(task.as_bytes());
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn experience(step: u64, task: &str, arm: Arm, success: bool) -> Experience {
        let trajectory = Trajectory { task: task.to_owned(), score: 1.0 / 3.0, ..Trajectory::default() };
        Experience { step, arm, success, chances: Vec::new(), trajectory }
    }

    fn steps(reservoir: &Reservoir) -> Vec<u64> {
        reservoir.experiences().map(|experience| experience.step).collect()
    }

    #[test]
    fn one_per_key_newest_last_oldest_out() {
        let mut reservoir = Reservoir::new(3, SameTask::Text);
        reservoir.insert(experience(1, "Heat an egg.", Arm::Incumbent, true));
        reservoir.insert(experience(2, "heat an egg.", Arm::Challenger, true));
        reservoir.insert(experience(3, "heat an egg.", Arm::Incumbent, false));
        assert_eq!(steps(&reservoir), [1, 2, 3]);
        reservoir.insert(experience(4, "  HEAT an egg. ", Arm::Incumbent, true));
        assert_eq!(steps(&reservoir), [2, 3, 4]);
        reservoir.insert(experience(5, "cool a mug.", Arm::Incumbent, true));
        assert_eq!(steps(&reservoir), [3, 4, 5]);
    }

    #[test]
    fn draws_contrasts_first_and_by_seed() {
        let mut reservoir = Reservoir::new(200, SameTask::Text);
        for task in 0..40 {
            reservoir.insert(experience(task, &format!("task {task}"), Arm::Incumbent, true));
            if task % 4 == 0 {
                reservoir.insert(experience(task, &format!("task {task}"), Arm::Challenger, false));
            }
        }
        assert_eq!(reservoir.contrasts().len(), 10);
        let drawn = reservoir.sample_groups(1, 9, 30);
        assert_eq!(drawn.len(), 30);
        assert!(drawn[..10].iter().all(TaskGroup::is_contrast) && !drawn[10].is_contrast());
        assert_eq!(drawn, reservoir.sample_groups(1, 9, 30));
        assert_ne!(drawn, reservoir.sample_groups(2, 9, 30));
        assert_ne!(drawn, reservoir.sample_groups(1, 10, 30));
    }

    #[test]
    fn a_stored_reservoir_comes_back_and_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut reservoir = Reservoir::new(10, SameTask::Text);
        for step in 0..12 {
            reservoir.insert(experience(step, &format!("task {}", step * 7 % 5), Arm::Incumbent, step % 2 == 0));
        }
        reservoir.save(folder.path()).unwrap();
        assert_eq!(Reservoir::load(folder.path(), 10, SameTask::Text).unwrap(), reservoir);
        let path = folder.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        let shorter = text.lines().take(4).collect::<Vec<_>>().join("\n");
        std::fs::write(&path, shorter).unwrap();
        let error = Reservoir::load(folder.path(), 10, SameTask::Text).unwrap_err().to_string();
        assert!(error.contains("holds 3 of "), "{error}");
        std::fs::write(&path, &text[..text.len() - 20]).unwrap();
        let error = Reservoir::load(folder.path(), 10, SameTask::Text).unwrap_err().to_string();
        assert!(error.contains(&format!("{FILE}:{}", text.lines().count())), "{error}");
    }

    proptest! {
        /// Against the definition: the last `capacity` distinct keys, by their last insertion.
        #[test]
        fn holds_the_newest_of_the_last_keys(
            inserted in prop::collection::vec((0u8..6, any::<bool>(), any::<bool>()), 0..60), capacity in 0usize..12,
        ) {
            let mut reservoir = Reservoir::new(capacity, SameTask::Text);
            for (step, (task, challenger, success)) in inserted.iter().enumerate() {
                let arm = if *challenger { Arm::Challenger } else { Arm::Incumbent };
                reservoir.insert(experience(step as u64, &task.to_string(), arm, *success));
            }
            let mut expected: Vec<u64> = (0..inserted.len())
                .filter(|&step| !inserted[step + 1..].contains(&inserted[step]))
                .map(|step| step as u64)
                .collect();
            expected.drain(..expected.len().saturating_sub(capacity));
            prop_assert_eq!(steps(&reservoir), expected);
        }
    }
}
