//! The bridge's messages. In: one line of JSON; out: what it says, checked, or what is wrong with it.

use std::collections::{BTreeMap, HashSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::world::{Reset, Split, Stepped, WorldInfo};

/// The protocol number that a hello must carry.
const PROTOCOL: u32 = 1;

/// What we ask.
#[derive(Debug, Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Request {
    Reset { split: String, index: usize, seed: u64, id: u64 },
    Step { action: String, id: u64 },
    Close,
}

/// What a process says first.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hello {
    op: HelloOp,
    protocol: u32,
    name: String,
    splits: BTreeMap<String, usize>,
    horizon: usize,
    hash: String,
    #[serde(default = "unit")]
    returns: [f64; 2],
}

fn unit() -> [f64; 2] {
    [0.0, 1.0]
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum HelloOp {
    Hello,
}

impl Hello {
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let hello: Self = serde_json::from_str(line).map_err(|error| nonsense(&error.to_string(), line))?;
        if hello.protocol != PROTOCOL {
            return Err(format!("it speaks protocol {}, this program speaks {PROTOCOL}", hello.protocol));
        }
        if hello.name.is_empty() || hello.hash.is_empty() {
            return Err(nonsense("`name` and `hash` must not be empty", line));
        }
        if hello.horizon == 0 {
            return Err(nonsense("`horizon` must be above 0", line));
        }
        if hello.splits.is_empty() {
            return Err(nonsense("`splits` names no split", line));
        }
        let [low, high] = hello.returns;
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(nonsense("`returns` must be two numbers, the smaller one first", line));
        }
        Ok(hello)
    }

    /// Splits in the order of their names.
    pub(super) fn info(&self) -> WorldInfo {
        let splits = self.splits.iter().map(|(name, &size)| Split { name: name.clone(), size }).collect();
        let (name, hash) = (self.name.clone(), self.hash.clone());
        WorldInfo { name, splits, horizon: self.horizon, hash, returns: self.returns }
    }
}

/// The answer to a reset.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResetReply {
    task_id: String,
    #[serde(default)]
    kind: String,
    task: String,
    obs: String,
    admissible: Vec<String>,
    #[serde(default)]
    expert: Option<String>,
}

impl ResetReply {
    /// The start of the episode and the demonstrator's first action.
    pub(super) fn parse(line: &str, id: u64) -> Result<(Reset, Option<String>), String> {
        let reply: Self = answer(line, id)?;
        if reply.task_id.is_empty() {
            return Err(nonsense("`task_id` must not be empty", line));
        }
        check_admissible(&reply.admissible, false).map_err(|what| nonsense(&what, line))?;
        let Self { task_id, kind, task, obs, admissible, expert } = reply;
        Ok((Reset { task_id, kind, task, first: obs, admissible }, expert))
    }
}

/// The answer to a step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepReply {
    obs: String,
    admissible: Vec<String>,
    /// Always finite: JSON has no other numbers, and one out of range is refused.
    reward: f64,
    done: bool,
    won: bool,
    score: f64,
    #[serde(default)]
    expert: Option<String>,
}

impl StepReply {
    /// What the step did and the demonstrator's next action.
    pub(super) fn parse(line: &str, id: u64) -> Result<(Stepped, Option<String>), String> {
        let reply: Self = answer(line, id)?;
        if !(0.0..=1.0).contains(&reply.score) {
            return Err(nonsense(&format!("`score` {} is not within 0 and 1", reply.score), line));
        }
        check_admissible(&reply.admissible, reply.done).map_err(|what| nonsense(&what, line))?;
        let Self { obs, admissible, reward, done, won, score, expert } = reply;
        Ok((Stepped { observation: obs, admissible, reward, done, won, score }, expert))
    }
}

/// Takes `id` off an answer and reads the rest, unless it reports an error.
fn answer<T: DeserializeOwned>(line: &str, id: u64) -> Result<T, String> {
    let mut value: Value = serde_json::from_str(line).map_err(|error| nonsense(&error.to_string(), line))?;
    let Some(object) = value.as_object_mut() else { return Err(nonsense("an answer is a JSON object", line)) };
    match object.remove("id") {
        Some(answered) if answered.as_u64() == Some(id) => {}
        Some(answered) => return Err(nonsense(&format!("`id` is {answered}, {id} was asked"), line)),
        None => return Err(nonsense("missing field `id`", line)),
    }
    if let Some(error) = object.get("error") {
        let text = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
        return Err(format!("it reported an error: {}", excerpt(&text)));
    }
    serde_json::from_value(value).map_err(|error| nonsense(&error.to_string(), line))
}

/// Refuses an empty list (unless the episode is done), an empty action, and one that is listed twice.
pub(in crate::world) fn check_admissible(actions: &[String], done: bool) -> Result<(), String> {
    if actions.is_empty() && !done {
        return Err("`admissible` is empty and the episode is not done".into());
    }
    let mut seen = HashSet::new();
    for action in actions {
        if action.is_empty() {
            return Err("`admissible` holds an empty action".into());
        }
        if !seen.insert(action) {
            return Err(format!("`admissible` holds `{}` twice", excerpt(action)));
        }
    }
    Ok(())
}

fn nonsense(what: &str, line: &str) -> String {
    format!("it answered nonsense: {what}; the line: {}", excerpt(line))
}

/// The start of a text that a process wrote, fit for a message: one line, no control characters.
pub(in crate::world) fn excerpt(text: &str) -> String {
    const MOST: usize = 200;
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(MOST).map(clean).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}
