//! A run as a creator sees it, read from its folder without the tensor library. In: the folder; out: the version in force, the newest
//! checkpoint's reservoir, what became of earlier proposals, and `[creator]` of its configuration. Nothing is changed there.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::CreatorConfig;
use super::past::{Past, past};
use super::reservoir::{FILE, Reservoir, ReservoirError};
use crate::bank::journal::{JournalError, replay};
use crate::bank::version::{SkillFile, Version, VersionError};

/// What a creator needs of a run.
#[derive(Debug, Clone)]
pub struct Finished {
    pub seed: u64,
    pub config: CreatorConfig,
    /// The version in force: its label and its files.
    pub version: String,
    pub bank: Vec<SkillFile>,
    pub reservoir: Reservoir,
    pub past: Vec<Past>,
    /// Names of skills that are under test.
    pub busy: Vec<String>,
}

/// Why a folder cannot be read.
#[derive(Debug, Error)]
pub enum FinishedError {
    #[error("{}: no run is there: {missing} is missing", path.display())]
    NoRun { path: PathBuf, missing: &'static str },
    #[error("{}: no checkpoint with a reservoir: the run did not evolve skills, or was cut off before its first checkpoint", path.display())]
    NoReservoir { path: PathBuf },
    #[error("{}: {message}", path.display())]
    Config { path: PathBuf, message: String },
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Version(#[from] VersionError),
    #[error(transparent)]
    Reservoir(#[from] ReservoirError),
}

impl Finished {
    /// Reads the run in `root`. A run without a `config.toml` has the defaults.
    ///
    /// # Errors
    /// The first thing that is missing or broken.
    pub fn read(root: &Path) -> Result<Finished, FinishedError> {
        let journal = root.join("journal.jsonl");
        if !journal.is_file() {
            return Err(FinishedError::NoRun { path: root.to_owned(), missing: "journal.jsonl" });
        }
        let state = replay(&journal)?;
        let config = settings(&root.join("config.toml"))?;
        let version = Version::load(&root.join("bank").join(state.incumbent().label()))?;
        let reservoir = Reservoir::load(&newest(&root.join("checkpoints"))?, config.capacity, config.same_task)?;
        Ok(Finished {
            seed: state.seed(),
            config,
            version: version.label(),
            bank: version.files().to_vec(),
            reservoir,
            past: past(&state),
            busy: state.active().iter().flat_map(|active| active.changes.clone()).collect(),
        })
    }
}

/// `[creator]` of a configuration; its other parts are not looked at.
fn settings(path: &Path) -> Result<CreatorConfig, FinishedError> {
    if !path.is_file() {
        return Ok(CreatorConfig::default());
    }
    let fail = |message: String| FinishedError::Config { path: path.to_owned(), message };
    let text = fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    let mut table: toml::Table = toml::from_str(&text).map_err(|error| fail(error.to_string()))?;
    match table.remove("creator") {
        None => Ok(CreatorConfig::default()),
        Some(section) => section.try_into().map_err(|error| fail(format!("[creator]: {error}"))),
    }
}

/// The reservoir's folder in the newest checkpoint.
fn newest(checkpoints: &Path) -> Result<PathBuf, FinishedError> {
    let entries = fs::read_dir(checkpoints).into_iter().flatten().flatten();
    let step = |path: &Path| path.file_name()?.to_str()?.strip_prefix("step-")?.parse::<u64>().ok();
    let found = entries.filter_map(|entry| Some((step(&entry.path())?, entry.path().join("reservoir"))));
    let newest = found.filter(|(_, folder)| folder.join(FILE).is_file()).max();
    newest.map(|(_, folder)| folder).ok_or_else(|| FinishedError::NoReservoir { path: checkpoints.to_owned() })
}
