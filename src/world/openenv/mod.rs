//! Worlds behind an OpenEnv server. In: its WebSocket's URL, and where in its observations text and actions are; out: a [`World`].
//!
//! A server knows seeds, not splits: the configuration says how many tasks each split has, and every task is a seed of its own.
//! Every [`Env`] is a session of its own. Whatever goes wrong with it ends the same way: the session is closed, the episode is
//! void, and the next reset opens a new one.

mod socket;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::socket::Socket;
use super::bridge::protocol::check_admissible;
use super::{Env, Reset, Split, Stepped, World, WorldError, WorldInfo, refuse};

/// Tasks of one split, at most: what keeps the seeds of splits apart.
const MOST_TASKS: usize = 1 << 24;

/// The `[world]` keys of a world behind an OpenEnv server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenEnvConfig {
    /// `ws://HOST:PORT/ws`.
    pub url: String,
    #[serde(default = "default_name")]
    pub name: String,
    /// How many tasks each split has. Task i of the k-th split, in the order of their names from 0, has the seed k * 2^24 + i.
    pub splits: BTreeMap<String, usize>,
    /// Actions per episode, at most.
    pub horizon: usize,
    /// JSON pointers into the observation: its text, its list of admissible actions, and the task's sentence at the start.
    #[serde(default = "default_text")]
    pub text: String,
    #[serde(default = "default_actions")]
    pub actions: String,
    #[serde(default = "default_text")]
    pub task: String,
    /// The field of an action that takes the chosen one's text.
    #[serde(default = "default_action")]
    pub action: String,
    /// Between which values an episode's rewards sum up; the score is where in it the sum is.
    #[serde(default = "default_returns")]
    pub returns: [f64; 2],
    /// An episode is won when its rewards sum up to this [default: the higher of `returns`].
    #[serde(default)]
    pub won_at: Option<f64>,
    /// Seconds to connect, and for each reset.
    #[serde(default = "default_start_timeout")]
    pub start_timeout_s: f64,
    /// Seconds for each step.
    #[serde(default = "default_step_timeout")]
    pub step_timeout_s: f64,
}

fn default_name() -> String {
    "openenv".to_owned()
}

fn default_text() -> String {
    "/text".to_owned()
}

fn default_actions() -> String {
    "/actions".to_owned()
}

fn default_action() -> String {
    "message".to_owned()
}

fn default_returns() -> [f64; 2] {
    [0.0, 1.0]
}

fn default_start_timeout() -> f64 {
    60.0
}

fn default_step_timeout() -> f64 {
    30.0
}

impl OpenEnvConfig {
    fn check(&self) -> Result<(), WorldError> {
        let pointers = [&self.text, &self.actions, &self.task];
        let address = socket::address(&self.url);
        refuse(&[
            (address.is_ok(), "url", "ws://HOST:PORT/ws (a server with TLS needs a proxy)"),
            (!self.splits.is_empty(), "splits", "at least one, such as { train = 100 }"),
            (self.splits.values().all(|size| (1..=MOST_TASKS).contains(size)), "splits", "1 to 16777216 tasks each"),
            (self.horizon >= 1, "horizon", "1 or more"),
            (
                pointers.iter().all(|pointer| pointer.is_empty() || pointer.starts_with('/')),
                "text, actions and task",
                "JSON pointers, such as /text",
            ),
            (self.returns[0] < self.returns[1], "returns", "two numbers, the smaller one first"),
        ])
    }
}

/// A configuration, what it says of the world, and its timeouts.
#[derive(Debug)]
struct Settings {
    config: OpenEnvConfig,
    info: WorldInfo,
    start: Duration,
    step: Duration,
}

/// A world behind an OpenEnv server.
pub struct OpenEnv {
    settings: Arc<Settings>,
}

impl OpenEnv {
    /// Checks the configuration; the server is first spoken to by a reset.
    ///
    /// # Errors
    /// [`WorldError::Request`] for a key that cannot be meant.
    pub fn new(config: OpenEnvConfig) -> Result<OpenEnv, WorldError> {
        config.check()?;
        let seconds = |key: &str, value: f64| match Duration::try_from_secs_f64(value) {
            Ok(duration) if !duration.is_zero() => Ok(duration),
            _ => Err(WorldError::Request(format!("world.{key} = {value}: give a number of seconds above 0"))),
        };
        let start = seconds("start_timeout_s", config.start_timeout_s)?;
        let step = seconds("step_timeout_s", config.step_timeout_s)?;
        // What the server itself is made of cannot be known.
        let OpenEnvConfig { url, splits, horizon, text, actions, task, action, returns, won_at, .. } = &config;
        let defines = json!([url, splits, horizon, text, actions, task, action, returns, won_at]);
        let info = WorldInfo {
            name: config.name.clone(),
            splits: config.splits.iter().map(|(name, size)| Split { name: name.clone(), size: *size }).collect(),
            horizon: config.horizon,
            hash: blake3::hash(defines.to_string().as_bytes()).to_hex().to_string(),
            returns: config.returns,
        };
        Ok(OpenEnv { settings: Arc::new(Settings { config, info, start, step }) })
    }
}

impl World for OpenEnv {
    fn info(&self) -> &WorldInfo {
        &self.settings.info
    }

    fn open(&self) -> Result<Box<dyn Env>, WorldError> {
        Ok(Box::new(Session { settings: Arc::clone(&self.settings), socket: None, episode: None }))
    }
}

struct Episode {
    steps: usize,
    total: f64,
}

struct Session {
    settings: Arc<Settings>,
    socket: Option<Socket>,
    /// The one that is being played.
    episode: Option<Episode>,
}

/// What an answer says.
struct Seen {
    text: String,
    task: String,
    admissible: Vec<String>,
    reward: f64,
    done: bool,
}

impl Session {
    /// One message and its answer. The socket is kept only if all goes well.
    fn ask(&mut self, what: &str, message: &Value, within: Duration) -> Result<Seen, WorldError> {
        let config = &self.settings.config;
        let void = |fault: String| WorldError::Process(format!("{} at {what}: {fault}", config.url));
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => Socket::connect(&config.url, self.settings.start).map_err(void)?,
        };
        let seen = socket.ask(message, within).and_then(|data| read(config, &data)).map_err(void)?;
        self.socket = Some(socket);
        Ok(seen)
    }
}

fn read(config: &OpenEnvConfig, data: &Value) -> Result<Seen, String> {
    let observation = data.get("observation").ok_or("the answer has no `observation`")?;
    let at = |pointer: &str| observation.pointer(pointer);
    let text = |pointer: &str| at(pointer).and_then(Value::as_str).map(str::to_owned);
    let done = data.get("done").and_then(Value::as_bool).unwrap_or(false);
    let reward = match data.get("reward") {
        None | Some(Value::Null) => 0.0,
        Some(Value::Bool(reward)) => f64::from(u8::from(*reward)),
        Some(reward) => reward.as_f64().ok_or_else(|| format!("`reward` is {reward}, not a number"))?,
    };
    let actions = at(&config.actions).and_then(Value::as_array);
    let admissible: Option<Vec<String>> =
        actions.map(|list| list.iter().map(|action| action.as_str().map(str::to_owned)).collect()).unwrap_or_default();
    let admissible = match (admissible, done) {
        (Some(admissible), _) => admissible,
        (None, true) => Vec::new(),
        (None, false) => return Err(format!("its observation has no list of texts at {}", config.actions)),
    };
    check_admissible(&admissible, done)?;
    Ok(Seen {
        text: text(&config.text).ok_or_else(|| format!("its observation has no text at {}", config.text))?,
        task: text(&config.task).unwrap_or_default(),
        admissible,
        reward,
        done,
    })
}

impl Env for Session {
    fn reset(&mut self, split: &str, index: usize, _seed: u64) -> Result<Reset, WorldError> {
        self.episode = None;
        let place = self.settings.info.find(split, index)?;
        let task_id = format!("{split}/{index}");
        let message = json!({"type": "reset", "data": {"seed": place * MOST_TASKS + index, "episode_id": task_id}});
        let seen = self.ask(&format!("reset to {task_id}"), &message, self.settings.start)?;
        if seen.done {
            let why = format!("{}: the episode of {task_id} is over before it begins", self.settings.config.url);
            return Err(WorldError::Process(why));
        }
        self.episode = Some(Episode { steps: 0, total: seen.reward });
        Ok(Reset { task_id, kind: String::new(), task: seen.task, first: seen.text, admissible: seen.admissible })
    }

    fn step(&mut self, action: &str) -> Result<Stepped, WorldError> {
        // Taken out: if the answer fails, no episode is left to go on with.
        let Some(mut episode) = self.episode.take() else {
            return Err(WorldError::Request("no episode is being played: reset first".into()));
        };
        let settings = Arc::clone(&self.settings);
        let OpenEnvConfig { returns: [low, high], won_at, horizon, action: field, .. } = &settings.config;
        let message = json!({"type": "step", "data": {field: action}});
        let seen = self.ask(&format!("step `{action}`"), &message, settings.step)?;
        episode.steps += 1;
        episode.total += seen.reward;
        let total = episode.total;
        let done = seen.done || episode.steps >= *horizon;
        if !done {
            self.episode = Some(episode);
        }
        Ok(Stepped {
            observation: seen.text,
            admissible: if done { Vec::new() } else { seen.admissible },
            reward: seen.reward,
            done,
            won: done && total >= won_at.unwrap_or(*high),
            score: ((total - low) / (high - low)).clamp(0.0, 1.0),
        })
    }

    /// A server has no demonstrator.
    fn expert(&mut self) -> Result<Option<String>, WorldError> {
        Ok(None)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(socket) = self.socket.take() {
            socket.close();
        }
    }
}
