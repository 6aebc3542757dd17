//! `reskill diagnose`. In: a run's folder: its newest checkpoint's reservoir, its final bank and the versions that served; out: what
//! to do about the bank, in words or as JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Failure, Outcome, export::final_bank, say};
use crate::bank::served::{DOMAIN_FILE, read};
use crate::bank::version::{SkillFile, Version};
use crate::creator::CreatorConfig;
use crate::creator::diagnose::{Diagnosis, diagnose as found, words};
use crate::creator::reservoir::{FILE, Reservoir};

/// What `reskill diagnose` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill diagnose run
    reskill diagnose run --json
    reskill diagnose run --domain skills/domain.skill

Nothing is changed: what should be is printed as patches, for `reskill patch apply`. docs/tools.md explains the page.")]
pub(super) struct Arguments {
    /// A run's folder
    run: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// A domain's file to read the episodes by, instead of the bank's own
    #[arg(long, value_name = "FILE")]
    domain: Option<PathBuf>,
}

/// Where the diagnosis is from.
#[derive(Debug, Serialize)]
struct Told<'d> {
    run: String,
    /// The step of the checkpoint.
    step: u64,
    /// The version in force.
    version: String,
    #[serde(flatten)]
    diagnosis: &'d Diagnosis,
}

pub(super) fn diagnose(told: &Arguments) -> Result<Outcome, Failure> {
    let run = &told.run;
    if !run.join("journal.jsonl").is_file() {
        return Err(Failure(format!("{}: no run is there: journal.jsonl is missing", run.display())));
    }
    let version = Version::load(&final_bank(run)?)?;
    let config = creator(run)?;
    let (step, folder) = newest(&run.join("checkpoints"))?;
    let reservoir = Reservoir::load(&folder, usize::MAX, config.same_task)?;
    let versions = Version::load_all(&run.join("bank"))?;
    let served: BTreeMap<String, Vec<SkillFile>> =
        versions.iter().map(|version| (version.label(), version.files().to_vec())).collect();
    let mut files = version.files().to_vec();
    if let Some(path) = &told.domain {
        files.retain(|file| file.name != DOMAIN_FILE);
        files.extend(read(path, &[])?.into_iter().filter(|file| file.name == DOMAIN_FILE));
    }
    let diagnosis = found(&files, &reservoir, &served, &config)
        .map_err(|error| Failure(format!("{}, {}: {error}", run.display(), version.label())))?;
    if told.json {
        let told = Told { run: run.display().to_string(), step, version: version.label(), diagnosis: &diagnosis };
        say(serde_json::to_string_pretty(&told)?);
    } else {
        say(format!("{} at step {step}, bank {}\n", run.display(), version.label()));
        say(words::told(&diagnosis).trim_end());
    }
    Ok(Outcome::Clean)
}

/// The run's `[creator]`, with its defaults where the run has no configuration or does not say. The rest of the file is for the
/// trainer, and not every build has it.
fn creator(run: &Path) -> Result<CreatorConfig, Failure> {
    #[derive(serde::Deserialize)]
    struct Whole {
        #[serde(default)]
        creator: CreatorConfig,
    }
    let path = run.join("config.toml");
    if !path.is_file() {
        return Ok(CreatorConfig::default());
    }
    let failure = |error: &dyn std::fmt::Display| Failure(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(|error| failure(&error))?;
    let whole: Whole = toml::from_str(&text).map_err(|error| failure(&error))?;
    Ok(whole.creator)
}

/// The newest checkpoint with a reservoir: its step, and the reservoir's folder.
fn newest(checkpoints: &Path) -> Result<(u64, PathBuf), Failure> {
    let none = || {
        Failure(format!(
            "{}: no checkpoint with a reservoir in it: let the run reach its first checkpoint",
            checkpoints.display()
        ))
    };
    if !checkpoints.is_dir() {
        return Err(none());
    }
    let failure = |error: std::io::Error| Failure(format!("{}: {error}", checkpoints.display()));
    let mut best: Option<(u64, PathBuf)> = None;
    for entry in std::fs::read_dir(checkpoints).map_err(failure)? {
        let path = entry.map_err(failure)?.path();
        let step = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_prefix("step-")?.parse().ok());
        let folder = path.join("reservoir");
        if let Some(step) = step
            && folder.join(FILE).is_file()
            && best.as_ref().is_none_or(|(newest, _)| step > *newest)
        {
            best = Some((step, folder));
        }
    }
    best.ok_or_else(none)
}
