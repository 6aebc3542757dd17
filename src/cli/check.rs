//! `reskill check` and `reskill test`. In: paths; out: findings on stdout, and how many there are.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Failure, Outcome, colour, report, say};
use crate::engine::examples;
use crate::lang::check::{self, Analysis, Finding};
use crate::lang::load::{Loaded, load};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files, or folders with `.skill` files in them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Format::Full)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Drawn over the source, for people
    Full,
    /// One JSON array, for programs
    Json,
}

/// Everything read and checked; findings of reading and of checking together, in order.
pub(super) fn analyse(paths: &[PathBuf]) -> Result<(Loaded, Analysis), Failure> {
    let mut loaded = load(paths)?;
    let mut analysis = check::check(&loaded.files);
    analysis.findings.append(&mut loaded.findings);
    analysis.findings.sort_by_key(|f| f.file);
    Ok((loaded, analysis))
}

pub(super) fn check(told: &Arguments) -> Result<Outcome, Failure> {
    let (loaded, analysis) = analyse(&told.paths)?;
    let checked = &analysis.checked;
    let summary = format!("{} skills of {} domains", checked.skills.len(), checked.domains.len());
    Ok(print(&loaded, &analysis.findings, told.format, &summary))
}

pub(super) fn test(told: &Arguments) -> Result<Outcome, Failure> {
    let (loaded, analysis) = analyse(&told.paths)?;
    // Warnings are `check`'s business; an error means that some example could not be run.
    let mut findings: Vec<Finding> = analysis.errors().cloned().collect();
    let run = examples::run(&analysis.checked);
    findings.extend(run.failures);
    findings.sort_by_key(|f| f.file);
    let summary = format!("{} examples, {} expectations", run.examples, run.expectations);
    Ok(print(&loaded, &findings, told.format, &summary))
}

fn print(loaded: &Loaded, findings: &[Finding], format: Format, summary: &str) -> Outcome {
    match format {
        Format::Json => say(report::json(&loaded.files, findings)),
        Format::Full => {
            let drawn = report::full(&loaded.files, findings, colour());
            let errors = findings.iter().filter(|f| f.diagnostic.is_error()).count();
            let warnings = findings.len() - errors;
            say(match findings.is_empty() {
                true => format!("{summary}: all well"),
                false => format!("{drawn}{summary}: {errors} errors, {warnings} warnings"),
            });
        }
    }
    if findings.is_empty() { Outcome::Clean } else { Outcome::Findings }
}
