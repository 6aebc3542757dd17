//! A run as a creator or a person sees it, read from its folder without the tensor library. In: the folder; out: the version in force, the newest
//! checkpoint's reservoir, what became of earlier proposals, and `[creator]` of its configuration. Nothing is changed there.

use std::fs;
use std::io;
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
    /// The newest checkpoint's step, and its reservoir.
    pub step: u64,
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
        let (step, folder) = newest(&root.join("checkpoints"))?;
        let reservoir = Reservoir::load(&folder, config.capacity, config.same_task)?;
        Ok(Finished {
            seed: state.seed(),
            config,
            version: version.label(),
            bank: version.files().to_vec(),
            step,
            reservoir,
            past: past(&state),
            busy: state.under_test(),
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

/// The newest checkpoint with a reservoir: its step, and the reservoir's folder.
fn newest(checkpoints: &Path) -> Result<(u64, PathBuf), FinishedError> {
    let none = || FinishedError::NoReservoir { path: checkpoints.to_owned() };
    let all = self::checkpoints(checkpoints).map_err(|_| none())?;
    let with = all.into_iter().rev().map(|(step, folder)| (step, folder.join("reservoir")));
    with.into_iter().find(|(_, folder)| folder.join(FILE).is_file()).ok_or_else(none)
}

/// The finished checkpoints in a folder, with their steps, oldest first; none where there is no folder.
pub fn checkpoints(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let step = path.file_name().and_then(|name| name.to_str()?.strip_prefix("step-")?.parse().ok());
        found.extend(step.map(|step| (step, path)));
    }
    found.sort();
    Ok(found)
}
