//! `reskill history` and `reskill why`. In: a run's folder; out: the lives of its versions, and the evidence on one of them.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Failure, Outcome, say};
use crate::bank::history::{History, tell, why};

/// What `reskill history` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill history run
    reskill history run --json")]
pub(super) struct Arguments {
    /// A run's folder
    run: PathBuf,
    /// Print the versions as JSON
    #[arg(long)]
    json: bool,
}

/// What `reskill why` is told.
#[derive(Debug, Args)]
#[command(after_help = "Example:
    reskill why run 2")]
pub(super) struct WhyArguments {
    /// A run's folder
    run: PathBuf,
    /// A version: 3, v0003, or the beginning of its label
    version: String,
}

pub(super) fn read(run: &std::path::Path) -> Result<History, Failure> {
    let (journal, bank) = (run.join("journal.jsonl"), run.join("bank"));
    if !journal.is_file() {
        return Err(Failure(format!("{}: no run is there: journal.jsonl is missing", run.display())));
    }
    Ok(History::read(&journal, &bank)?)
}

pub(super) fn history(told: &Arguments) -> Result<Outcome, Failure> {
    let history = read(&told.run)?;
    if told.json {
        let controls: Vec<serde_json::Value> = (history.state.controls())
            .map(|(skill, c)| json!({"skill": skill, "effect": c.effect(), "served": c.served, "silent": c.silent}))
            .collect();
        say(serde_json::to_string_pretty(&json!({"versions": history.lives, "controls": controls}))?);
    } else {
        say(format!("{}\n{}", tell::tree(&history), tell::timeline(&history)).trim_end());
    }
    Ok(Outcome::Clean)
}

pub(super) fn why(told: &WhyArguments) -> Result<Outcome, Failure> {
    let history = read(&told.run)?;
    say(why::why(&history, history.find(&told.version)?).trim_end());
    Ok(Outcome::Clean)
}
