//! What was played: the trajectory, shared by `trace`, the reservoir, the creator and the trainer.
//!
//! One episode is one JSON object on one line (JSONL). `admissible` of a step is the list its action was
//! chosen from; `reward` is the step's own (a delta, never the running total).

use serde::{Deserialize, Serialize};

/// The format number written into every trajectory line.
pub const TRAJECTORY_FORMAT: u32 = 1;

/// One transition: an action chosen from `admissible`, and what the world answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub admissible: Vec<String>,
    pub action: String,
    pub observation: String,
    #[serde(default)]
    pub reward: f64,
}

/// One episode. Everything but the steps may be missing in files written by others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trajectory {
    pub v: u32,
    pub id: String,
    pub world: String,
    pub split: String,
    pub task_id: String,
    pub group: u64,
    pub slot: u32,
    /// The bank version that served this episode.
    pub version: String,
    /// The task sentence, e.g. `put a hot mug in coffeemachine.`
    pub task: String,
    /// The observation before the first action.
    pub first: String,
    pub steps: Vec<Step>,
    pub done: bool,
    pub won: bool,
    pub score: f64,
}
