//! `reskill export`. In: `.skill` files, or a run; out: folders with a SKILL.md each, or a JSON bank.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Failure, Outcome, check::analyse, colour, report, say};
use crate::foreign::export::{self, Exported};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill export skills --as skill-md --out exported
    reskill export skills --as json

Rules, checks and examples are told in words: an agent reads what to do and when, but nothing makes it speak at the right
moment. `reskill import` reads the files again, as prose.")]
pub(super) struct Arguments {
    /// `.skill` files, folders with such files in them, or a run's folder
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// What to write
    #[arg(long = "as", value_enum)]
    form: Form,
    /// The folder (skill-md) or the file (json) to write [default: print]
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// Replace files that are there already
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One folder a skill with a SKILL.md: name, description, prose
    SkillMd,
    /// One JSON bank in SkillRL's form
    Json,
}

pub(super) fn export(told: &Arguments) -> Result<Outcome, Failure> {
    let paths = told.paths.iter().map(|path| final_bank(path)).collect::<Result<Vec<_>, _>>()?;
    let (loaded, analysis) = analyse(&paths)?;
    if analysis.has_errors() {
        let errors: Vec<_> = analysis.errors().cloned().collect();
        say(report::full(&loaded.files, &errors, colour()));
        return Err(Failure("the skills have errors; nothing was exported".to_owned()));
    }
    let items: Vec<_> = analysis.trees.into_iter().flatten().collect();
    match told.form {
        Form::SkillMd => {
            let folders = export::skill_md(&items);
            none_if_empty(folders.is_empty())?;
            match &told.out {
                Some(out) => {
                    let files: Vec<(PathBuf, &str)> =
                        folders.iter().map(|e| (out.join(&e.name).join("SKILL.md"), e.text.as_str())).collect();
                    super::write_files(&files, told.force)?;
                    eprintln!("{} skills written to {}", files.len(), out.display());
                }
                None => match folders.as_slice() {
                    [Exported { text, .. }] => say(text.trim_end()),
                    _ => return Err(Failure("several skills: name a folder for them with --out".to_owned())),
                },
            }
        }
        Form::Json => {
            let bank = export::bank(&items);
            none_if_empty(bank.is_none())?;
            let text = serde_json::to_string_pretty(&bank)? + "\n";
            match &told.out {
                Some(out) => super::write_files(&[(out.clone(), &text)], told.force)?,
                None => say(text.trim_end()),
            }
        }
    }
    Ok(Outcome::Clean)
}

fn none_if_empty(empty: bool) -> Result<(), Failure> {
    match empty {
        true => Err(Failure("no skill in these files".to_owned())),
        false => Ok(()),
    }
}

/// For a run's folder the folder of its final bank: the one that the journal says is in force at the end.
pub(super) fn final_bank(path: &Path) -> Result<PathBuf, Failure> {
    let journal = path.join("journal.jsonl");
    if !journal.is_file() {
        return Ok(path.to_owned());
    }
    incumbent(&journal, &path.join("bank"))
}

#[cfg(feature = "evolve")]
fn incumbent(journal: &Path, bank: &Path) -> Result<PathBuf, Failure> {
    let state = crate::bank::journal::replay(journal)?;
    let wanted = state.incumbent();
    let versions = crate::bank::version::Version::load_all(bank)?;
    match versions.iter().find(|v| v.number() == wanted.number && v.hash() == wanted.hash) {
        Some(version) => Ok(bank.join(version.label())),
        None => {
            Err(Failure(format!("{}: version {}, the run's final bank, is missing", bank.display(), wanted.number)))
        }
    }
}

#[cfg(not(feature = "evolve"))]
fn incumbent(journal: &Path, bank: &Path) -> Result<PathBuf, Failure> {
    let message = format!("this build reads no runs; name the folder of a bank in {}", bank.display());
    Err(Failure(format!("{}: {message}", journal.display())))
}
