//! Worlds in other processes. In: a command to start; out: a [`World`] that speaks JSON lines with it (`docs/bridge.md`).
//!
//! Every [`Env`] has a process of its own. Whatever goes wrong with it (it dies, hangs, answers nonsense or
//! reports an error) ends the same way: the process and all it started are killed, the episode is void, and
//! the next reset starts a new one.

mod process;
pub(super) mod protocol;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::process::Process;
use self::protocol::{Hello, Request, ResetReply, StepReply};
use super::{Env, Reset, Stepped, World, WorldError, WorldInfo};

/// The `[world]` keys of a world in another process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BridgeConfig {
    /// Program and arguments. Whatever the world can be told, its arguments say; it starts in our working directory.
    pub command: Vec<String>,
    /// Seconds until the hello, and for each reset (a world may load a task in it).
    #[serde(default = "default_start_timeout")]
    pub start_timeout_s: f64,
    /// Seconds for each step.
    #[serde(default = "default_step_timeout")]
    pub step_timeout_s: f64,
    /// A process that has come to hold more than this, in MiB, is replaced by a fresh one before the next episode (on Linux).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u64>,
}

fn default_start_timeout() -> f64 {
    60.0
}

fn default_step_timeout() -> f64 {
    30.0
}

/// The configuration in the form that is used: a command that is there, timeouts that are durations.
#[derive(Debug, Clone)]
struct Settings {
    command: Vec<String>,
    start_timeout: Duration,
    step_timeout: Duration,
    memory: Option<u64>,
}

impl Settings {
    fn new(config: BridgeConfig) -> Result<Self, WorldError> {
        if config.command.first().is_none_or(String::is_empty) {
            return Err(WorldError::Request("world.command is empty: name the program to start".into()));
        }
        let seconds = |key: &str, value: f64| match Duration::try_from_secs_f64(value) {
            Ok(duration) if !duration.is_zero() => Ok(duration),
            _ => Err(WorldError::Request(format!("world.{key} = {value}: give a number of seconds above 0"))),
        };
        Ok(Self {
            start_timeout: seconds("start_timeout_s", config.start_timeout_s)?,
            step_timeout: seconds("step_timeout_s", config.step_timeout_s)?,
            memory: config.memory_mb,
            command: config.command,
        })
    }

    /// Starts a process and hears its hello.
    fn start(&self) -> Result<(Process, Hello), WorldError> {
        let mut process = Process::spawn(&self.command)?;
        let hello = process.receive(self.start_timeout).and_then(|line| Hello::parse(&line));
        match hello {
            Ok(hello) => Ok((process, hello)),
            Err(what) => Err(process.fail("the hello", &what)),
        }
    }
}

/// A world in another process.
pub struct Bridge {
    settings: Settings,
    hello: Hello,
    info: WorldInfo,
    /// The process that said the first hello, kept for the first [`Env`].
    first: Mutex<Option<Process>>,
}

impl Bridge {
    /// Starts one process to learn what the world is.
    ///
    /// # Errors
    /// A configuration that cannot be meant; a process that does not start or does not say hello in time.
    pub fn start(config: BridgeConfig) -> Result<Self, WorldError> {
        let settings = Settings::new(config)?;
        let (process, hello) = settings.start()?;
        Ok(Self { settings, info: hello.info(), hello, first: Mutex::new(Some(process)) })
    }
}

impl World for Bridge {
    fn info(&self) -> &WorldInfo {
        &self.info
    }

    /// A place with its own process, which the first reset starts if it is not running yet.
    fn open(&self) -> Result<Box<dyn Env>, WorldError> {
        let process = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(Box::new(BridgeEnv {
            settings: self.settings.clone(),
            hello: self.hello.clone(),
            info: self.info.clone(),
            process,
            last_id: 0,
            episode: None,
        }))
    }
}

/// The episode being played.
struct Episode {
    steps: usize,
    done: bool,
    expert: Option<String>,
}

struct BridgeEnv {
    settings: Settings,
    hello: Hello,
    info: WorldInfo,
    process: Option<Process>,
    last_id: u64,
    episode: Option<Episode>,
}

impl BridgeEnv {
    /// A running process whose hello is the one that the world was opened with.
    fn process(&mut self) -> Result<Process, WorldError> {
        if let Some(process) = self.process.take() {
            return Ok(process);
        }
        let (process, hello) = self.settings.start()?;
        if hello == self.hello {
            return Ok(process);
        }
        Err(process.fail("the hello", "it differs from the first one: the world has changed during the run"))
    }

    /// One request and its answer. The process is kept only if all goes well.
    fn ask<T>(
        &mut self,
        what: &str,
        timeout: Duration,
        request: impl FnOnce(u64) -> Request,
        read: impl FnOnce(&str, u64) -> Result<T, String>,
    ) -> Result<T, WorldError> {
        let mut process = self.process()?;
        self.last_id += 1;
        let id = self.last_id;
        process.send(&request(id));
        match process.receive(timeout).and_then(|line| read(&line, id)) {
            Ok(answer) => {
                self.process = Some(process);
                Ok(answer)
            }
            Err(fault) => Err(process.fail(what, &fault)),
        }
    }
}

impl Env for BridgeEnv {
    fn reset(&mut self, split: &str, index: usize, seed: u64) -> Result<Reset, WorldError> {
        self.episode = None;
        if let Some(most) = self.settings.memory {
            drop(self.process.take_if(|process| process.memory().is_some_and(|held| held > most)));
        }
        self.info.find(split, index)?;
        let what = format!("reset to {split}/{index}");
        let request = |id| Request::Reset { split: split.to_owned(), index, seed, id };
        let (reset, expert) = self.ask(&what, self.settings.start_timeout, request, ResetReply::parse)?;
        self.episode = Some(Episode { steps: 0, done: false, expert });
        Ok(reset)
    }

    fn step(&mut self, action: &str) -> Result<Stepped, WorldError> {
        // Taken out: if the answer fails, no episode is left to go on with.
        let Some(mut episode) = self.episode.take().filter(|episode| !episode.done) else {
            return Err(WorldError::Request("no episode is being played: reset first".into()));
        };
        let request = |id| Request::Step { action: action.to_owned(), id };
        let what = format!("step `{action}`");
        let (mut stepped, expert) = self.ask(&what, self.settings.step_timeout, request, StepReply::parse)?;
        episode.steps += 1;
        stepped.done |= episode.steps >= self.info.horizon;
        episode.done = stepped.done;
        episode.expert = expert.filter(|_| !stepped.done);
        self.episode = Some(episode);
        Ok(stepped)
    }

    fn expert(&mut self) -> Result<Option<String>, WorldError> {
        match &self.episode {
            Some(episode) => Ok(episode.expert.clone()),
            None => Err(WorldError::Request("no episode is being played: reset first".into())),
        }
    }
}
