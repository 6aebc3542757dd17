//! `reskill diagnose`. In: a run's folder: its newest checkpoint's reservoir, its final bank and the versions that served; out: what
//! to do about the bank, in words or as JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{Failure, Outcome, say};
use crate::bank::served::{DOMAIN_FILE, read};
use crate::bank::version::{SkillFile, Version};
use crate::creator::diagnose::{Diagnosis, diagnose as found, words};
use crate::creator::finished::Finished;

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
    let Finished { config, version, bank: mut files, step, reservoir, .. } = Finished::read(run)?;
    let versions = Version::load_all(&run.join("bank"))?;
    let served: BTreeMap<String, Vec<SkillFile>> =
        versions.iter().map(|version| (version.label(), version.files().to_vec())).collect();
    if let Some(path) = &told.domain {
        files.retain(|file| file.name != DOMAIN_FILE);
        files.extend(read(path, &[])?.into_iter().filter(|file| file.name == DOMAIN_FILE));
    }
    let diagnosis = found(&files, &reservoir, &served, &config)
        .map_err(|error| Failure(format!("{}, {version}: {error}", run.display())))?;
    if told.json {
        let told = Told { run: run.display().to_string(), step, version, diagnosis: &diagnosis };
        say(serde_json::to_string_pretty(&told)?);
    } else {
        say(format!("{} at step {step}, bank {version}\n", run.display()));
        say(words::told(&diagnosis).trim_end());
    }
    Ok(Outcome::Clean)
}
