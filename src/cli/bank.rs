//! `reskill bank`. In: a run's folder; out: one of its versions as a folder of `.skill` files that says where each skill is from.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Failure, Outcome};
use crate::bank::provenance;
use crate::bank::version::{SkillFile, Version};
use crate::files::write_folder_atomic;

/// What `reskill bank` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill bank export run --out evolved
    reskill bank export run --version 2 --out evolved")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a version of a run's bank as `.skill` files that say where they are from.
    ///
    /// A line in each skill's doc comment names the version that brought it, who proposed it, and what its test found. The
    /// folder can be checked, edited, and named in `skills.paths` of another run, with its `domain.skill` in `skills.domain`.
    Export(Export),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill bank export run --out evolved
    reskill bank export run --version v0002 --out evolved --force")]
struct Export {
    /// A run's folder
    run: PathBuf,
    /// A version: 3, v0003, or the beginning of its label [default: the one in force]
    #[arg(long)]
    version: Option<String>,
    /// The folder to write
    #[arg(long, short)]
    out: PathBuf,
    /// Replace the folder if it is there and holds nothing but `.skill` files
    #[arg(long)]
    force: bool,
}

pub(super) fn bank(told: &Arguments) -> Result<Outcome, Failure> {
    match &told.command {
        Command::Export(told) => export(told),
    }
}

fn export(told: &Export) -> Result<Outcome, Failure> {
    let Export { run, version, out, force } = told;
    let history = super::history::read(run)?;
    let life = match version {
        Some(asked) => history.find(asked)?,
        None => history.find(&history.state.incumbent().number.to_string())?,
    };
    let versions = Version::load_all(&run.join("bank"))?;
    let name = std::fs::canonicalize(run).ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let name = name.unwrap_or_else(|| run.display().to_string());
    let files = provenance::told(&history, &versions, life, &name);
    write(&files, out, *force).map_err(|error| Failure(format!("{}: {error}", out.display())))?;
    let skills = files.len().saturating_sub(1);
    eprintln!("{} with {skills} skills written to {}", life.label, out.display());
    Ok(Outcome::Clean)
}

/// Writes the folder whole or not at all. One that is there is replaced only if nothing but skills would be lost.
fn write(files: &[SkillFile], out: &Path, force: bool) -> Result<(), Box<dyn std::error::Error>> {
    let contents: Vec<(&str, &[u8])> = files.iter().map(|f| (f.name.as_str(), f.text.as_bytes())).collect();
    if !out.exists() {
        return Ok(write_folder_atomic(out, &contents)?);
    }
    if !force {
        return Err("is there already; replace it with --force, or choose another folder".into());
    }
    for entry in std::fs::read_dir(out)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "skill") || !path.is_file() {
            let what = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(format!("holds {what}, which is no `.skill` file; choose another folder").into());
        }
    }
    let name = out.file_name().ok_or("has no name of its own; choose another folder")?;
    let mut aside = std::ffi::OsString::from(".");
    aside.push(name);
    aside.push(".old");
    let aside = out.with_file_name(aside);
    if aside.exists() {
        return Err(format!("{} is left from an attempt that was cut off; remove it first", aside.display()).into());
    }
    std::fs::rename(out, &aside)?;
    if let Err(error) = write_folder_atomic(out, &contents) {
        std::fs::rename(&aside, out)?;
        return Err(error.into());
    }
    Ok(std::fs::remove_dir_all(&aside)?)
}
