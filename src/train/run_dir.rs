//! The run directory. In: a configuration, or the folder of a run that has begun; out: where everything lies, and the facts
//! that a resumed run must share with the one that began (`run.json`).

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::config::{Config, ConfigError};
use crate::files::write_atomic;

/// The format number in `run.json`.
pub const RUN_FORMAT: u32 = 1;

/// `run.json`: what a run is, by content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunFacts {
    pub format: u32,
    pub seed: u64,
    /// Content hash of the tasks.
    pub world: String,
    /// Content hash of the bank it began with.
    pub bank: String,
    /// Hash of the resolved configuration without `run.steps`, which a resumed run may extend.
    pub config: String,
}

/// A run's folder.
#[derive(Debug, Clone)]
pub struct RunDir {
    pub root: PathBuf,
}

/// Why a run directory cannot be used.
#[derive(Debug, Error)]
pub enum RunDirError {
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{}: {message}", path.display())]
    Broken { path: PathBuf, message: String },
    #[error("{}: a run is there already; resume it with `--resume {}`, or choose another folder", path.display(), path.display())]
    Taken { path: PathBuf },
    #[error("{}: no run is there: {missing} is missing; if it was cut off while it began, delete the folder and begin anew", path.display())]
    NoRun { path: PathBuf, missing: &'static str },
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl RunDir {
    pub fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }
    pub fn facts(&self) -> PathBuf {
        self.root.join("run.json")
    }
    pub fn metrics(&self) -> PathBuf {
        self.root.join("metrics.jsonl")
    }
    pub fn timings(&self) -> PathBuf {
        self.root.join("timings.jsonl")
    }
    pub fn episodes(&self) -> PathBuf {
        self.root.join("episodes.jsonl")
    }
    pub fn evaluations(&self) -> PathBuf {
        self.root.join("evaluations.jsonl")
    }
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal.jsonl")
    }
    pub fn trajectories(&self) -> PathBuf {
        self.root.join("trajectories.jsonl")
    }
    pub fn bank(&self) -> PathBuf {
        self.root.join("bank")
    }
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints")
    }
    /// What a language model was asked, and what it replied.
    pub fn model(&self) -> PathBuf {
        self.root.join("model")
    }
    /// The policy after the warm start: the reference of the KL term.
    pub fn reference(&self) -> PathBuf {
        self.root.join("reference.safetensors")
    }

    /// A new run's folder with its configuration in it; refused where a run is already.
    pub fn create(root: &Path, config: &Config) -> Result<RunDir, RunDirError> {
        let dir = RunDir { root: root.to_owned() };
        if dir.facts().exists() {
            return Err(RunDirError::Taken { path: root.to_owned() });
        }
        let io = |source| RunDirError::Io { path: root.to_owned(), source };
        // What a begin that was cut off has left would only be in the way: without `run.json` nothing has begun.
        if root.join("journal.jsonl").exists() {
            for leftover in [dir.journal(), dir.metrics(), dir.timings(), dir.episodes(), dir.evaluations()] {
                remove(&leftover)?;
            }
            for folder in [dir.bank(), dir.checkpoints(), dir.model()] {
                if folder.is_dir() {
                    fs::remove_dir_all(&folder).map_err(io)?;
                }
            }
        }
        fs::create_dir_all(root).map_err(io)?;
        let text = config
            .resolved()
            .map_err(|error| RunDirError::Broken { path: dir.config(), message: error.to_string() })?;
        write_atomic(&dir.config(), text.as_bytes())
            .map_err(|source| RunDirError::Io { path: dir.config(), source })?;
        Ok(dir)
    }

    /// Writes `run.json`: from here on there is a run that can be resumed.
    pub fn commit(&self, facts: &RunFacts) -> Result<(), RunDirError> {
        let path = self.facts();
        let json = serde_json::to_vec_pretty(facts)
            .map_err(|error| RunDirError::Broken { path: path.clone(), message: error.to_string() })?;
        write_atomic(&path, &json).map_err(|source| RunDirError::Io { path, source })
    }

    /// Opens the folder of a run.
    pub fn open(root: &Path) -> Result<(RunDir, Config, RunFacts), RunDirError> {
        let dir = RunDir { root: root.to_owned() };
        for (path, missing) in [(dir.config(), "config.toml"), (dir.facts(), "run.json")] {
            if !path.is_file() {
                return Err(RunDirError::NoRun { path: root.to_owned(), missing });
            }
        }
        let config = Config::read(&dir.config())?;
        let path = dir.facts();
        let text = fs::read(&path).map_err(|source| RunDirError::Io { path: path.clone(), source })?;
        let facts: RunFacts = serde_json::from_slice(&text).map_err(|error| RunDirError::Broken {
            path: path.clone(),
            message: format!("{error}; the file was altered: restore it from a copy"),
        })?;
        if facts.format != RUN_FORMAT {
            let message = format!("format {} of another build; this one reads {RUN_FORMAT}", facts.format);
            return Err(RunDirError::Broken { path, message });
        }
        Ok((dir, config, facts))
    }
}

fn remove(path: &Path) -> Result<(), RunDirError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(RunDirError::Io { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

/// The hash in [`RunFacts::config`].
pub fn config_hash(config: &Config) -> String {
    let mut config = config.clone();
    config.run.steps = 0;
    let text = config.resolved().unwrap_or_default();
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
