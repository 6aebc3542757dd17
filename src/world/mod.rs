//! Worlds: where episodes are played. In: a split, an index and a seed; out: texts, admissible actions, rewards.
//!
//! A [`World`] is shared and immutable; it opens any number of [`Env`]s, each playing one episode at a time.
//! Nothing but text leaves a world: what a policy or a skill knows, it has read.

pub mod bridge;
pub mod config;
mod draw;
pub mod episode;
pub mod household;
pub mod openenv;
pub mod retrieval;
pub mod search_qa;
pub mod shop;
mod splits;

use thiserror::Error;

/// A named set of tasks; `size` tasks, addressed by index `0..size`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    pub name: String,
    pub size: usize,
}

/// What a world says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldInfo {
    pub name: String,
    pub splits: Vec<Split>,
    /// Actions per episode, at most.
    pub horizon: usize,
    /// Content hash of everything that defines the tasks (data files, seed, sizes).
    pub hash: String,
    /// Between which values the sum of an episode's rewards lies.
    pub returns: [f64; 2],
}

impl WorldInfo {
    /// The position of a split, if it has such a task.
    ///
    /// # Errors
    /// [`WorldError::Request`] names what there is.
    fn find(&self, split: &str, index: usize) -> Result<usize, WorldError> {
        let name = &self.name;
        let Some(position) = self.splits.iter().position(|known| known.name == split) else {
            let known: Vec<&str> = self.splits.iter().map(|known| known.name.as_str()).collect();
            return Err(WorldError::Request(format!("{name} has no split `{split}`; it has {}", known.join(", "))));
        };
        match self.splits[position].size {
            size if index < size => Ok(position),
            size => Err(WorldError::Request(format!("{name} split `{split}` has {size} tasks; asked for {index}"))),
        }
    }
}

/// The start of an episode.
#[derive(Debug, Clone, PartialEq)]
pub struct Reset {
    /// Stable name of the task over runs, e.g. `train/17`; groups and paired comparisons go by it.
    pub task_id: String,
    /// Kind of task for reports (e.g. `pick_heat_then_place`); empty where the world has none. Never shown to a policy.
    pub kind: String,
    /// The task sentence alone.
    pub task: String,
    pub first: String,
    pub admissible: Vec<String>,
}

/// The answer to one action.
#[derive(Debug, Clone, PartialEq)]
pub struct Stepped {
    pub observation: String,
    /// The actions to choose the next one from; may be empty once `done`.
    pub admissible: Vec<String>,
    /// This step's own reward.
    pub reward: f64,
    pub done: bool,
    pub won: bool,
    /// Task score so far, 0..=1.
    pub score: f64,
}

/// Why a world could not answer. The episode in which this happens is void: it never counts as reward 0.
#[derive(Debug, Error)]
pub enum WorldError {
    #[error("{what}: {source}")]
    Io {
        what: String,
        #[source]
        source: std::io::Error,
    },
    /// A data file is wrong: the message names file, place and what was expected.
    #[error("{file}: {message}")]
    Data { file: String, message: String },
    /// The world has no such split or task.
    #[error("{0}")]
    Request(String),
    /// A world process died, hung or answered nonsense; it has been stopped and will be started anew.
    #[error("world process: {0}")]
    Process(String),
}

/// Refuses the first key of a `[world]` that is not good, with what is expected.
fn refuse(keys: &[(bool, &str, &str)]) -> Result<(), WorldError> {
    match keys.iter().find(|(good, ..)| !good) {
        Some((_, key, expected)) => Err(WorldError::Request(format!("[world] {key}: expected {expected}"))),
        None => Ok(()),
    }
}

/// A set of tasks and the rules to play them.
pub trait World: Send + Sync {
    fn info(&self) -> &WorldInfo;
    /// A fresh place to play one episode after another.
    fn open(&self) -> Result<Box<dyn Env>, WorldError>;
}

/// One place where episodes are played, one at a time.
pub trait Env: Send {
    fn reset(&mut self, split: &str, index: usize, seed: u64) -> Result<Reset, WorldError>;
    fn step(&mut self, action: &str) -> Result<Stepped, WorldError>;
    /// The action a demonstrator would take now, where the world has one. It may look at hidden state and
    /// serves demonstrations and tests only.
    fn expert(&mut self) -> Result<Option<String>, WorldError>;
}
