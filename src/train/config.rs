//! The configuration of a run, in TOML. In: a file; out: every setting with its default filled in. Unknown keys are
//! refused with their place. Paths are relative to the working directory.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::bank::version_test::VersionTestConfig;
use crate::creator::CreatorConfig;
use crate::grpo::{GrpoConfig, WarmStartConfig};
use crate::policy::PolicyConfig;
use crate::world::config::WorldConfig;

/// Everything a run depends on besides its code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Fixes everything that is drawn: tasks, rollouts, arms, the first parameters.
    #[serde(default = "one")]
    pub seed: u64,
    #[serde(default)]
    pub run: RunConfig,
    pub world: WorldConfig,
    #[serde(default)]
    pub policy: PolicyConfig,
    #[serde(default)]
    pub warm_start: DemonstrationConfig,
    #[serde(default)]
    pub grpo: GrpoConfig,
    pub skills: SkillsConfig,
    #[serde(default)]
    pub version_test: VersionTestConfig,
    #[serde(default)]
    pub creator: CreatorConfig,
    #[serde(default)]
    pub eval: EvalConfig,
}

fn one() -> u64 {
    1
}

/// `[run]`: length and rhythm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunConfig {
    /// Training steps.
    pub steps: u64,
    /// A checkpoint every so many steps, and at the end.
    pub checkpoint_every: u64,
    /// Episodes played in lock-step, each with a world of its own.
    pub lanes: usize,
    /// Threads that play the lanes: one is right for a world in this process, one a lane for worlds in others.
    pub threads: usize,
    /// Split that training draws tasks from.
    pub split: String,
    /// Write every episode's full text to `trajectories.jsonl` too.
    pub keep_texts: bool,
}

impl Default for RunConfig {
    fn default() -> Self {
        RunConfig {
            steps: 100,
            checkpoint_every: 10,
            lanes: 128,
            threads: 1,
            split: "train".to_owned(),
            keep_texts: false,
        }
    }
}

/// `[warm_start]`: what the policy imitates before the first step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DemonstrationConfig {
    /// Episodes of the world's demonstrator, from the training split; 0 starts from random parameters.
    pub demonstrations: usize,
    /// `[warm_start.imitation]`: how they are imitated.
    pub imitation: WarmStartConfig,
}

impl Default for DemonstrationConfig {
    fn default() -> Self {
        DemonstrationConfig { demonstrations: 50, imitation: WarmStartConfig::default() }
    }
}

/// `[skills]`: the bank a run starts from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkillsConfig {
    /// The file that declares the domain.
    pub domain: PathBuf,
    /// Seed skills: `.skill` files or folders; a version's folder in another run's `bank/` serves too.
    #[serde(default)]
    pub paths: Vec<PathBuf>,
    /// Let the creator propose and the version test decide.
    #[serde(default)]
    pub evolve: bool,
    /// Fluents of the domain whose current facts are part of what the policy sees.
    #[serde(default)]
    pub memory: Vec<String>,
}

/// How an evaluation chooses actions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Choosing {
    /// The most probable one
    #[default]
    Greedy,
    /// Drawn by the policy's probabilities, as in training
    Sampled,
}

impl Choosing {
    pub fn word(self) -> &'static str {
        match self {
            Choosing::Sampled => "sampled",
            Choosing::Greedy => "greedy",
        }
    }
}

/// `[eval]`: evaluation of a fixed version, every task exactly once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvalConfig {
    /// Splits to evaluate on.
    pub splits: Vec<String>,
    /// Evaluate every so many steps (0: only before the first and after the last).
    pub every: u64,
    /// How actions are chosen.
    pub choice: Choosing,
    /// At most so many tasks of each split, from its beginning.
    pub tasks: usize,
}

impl Default for EvalConfig {
    fn default() -> Self {
        EvalConfig {
            splits: vec!["seen".to_owned(), "unseen".to_owned()],
            every: 0,
            choice: Choosing::default(),
            tasks: usize::MAX >> 16,
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{}: {message}", path.display())]
    Toml { path: PathBuf, message: String },
    #[error("{}: {key}: {message}", path.display())]
    Value { path: PathBuf, key: &'static str, message: String },
}

impl Config {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Io { path: path.to_owned(), source })?;
        let config: Config = toml::from_str(&text)
            .map_err(|error| ConfigError::Toml { path: path.to_owned(), message: error.to_string() })?;
        config.check(path)?;
        Ok(config)
    }

    /// The settings as TOML, defaults filled in.
    pub fn resolved(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }

    fn check(&self, path: &Path) -> Result<(), ConfigError> {
        let value = |key, message: String| ConfigError::Value { path: path.to_owned(), key, message };
        let run = &self.run;
        for (key, number) in [
            ("run.checkpoint_every", run.checkpoint_every),
            ("run.lanes", run.lanes as u64),
            ("run.threads", run.threads as u64),
        ] {
            if number == 0 {
                return Err(value(key, "must be at least 1".to_owned()));
            }
        }
        self.policy.check().map_err(|e| value("policy", e.to_string()))?;
        self.grpo.check().map_err(|e| value("grpo", e.to_string()))?;
        self.creator.validate().map_err(|(key, message)| value(key, message))?;
        self.version_test.validate().map_err(|e| value("version_test", e.to_string()))
    }
}
