//! `reskill compare`. In: two runs in the same world; out: both policies, each with its final bank, on the same tasks, and their
//! paired difference.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::eval::{Plays, tasks_of};
use super::{Failure, Outcome, say};
use crate::train::config::{Choosing, EvalConfig};
use crate::train::evaluate::Evaluation;
use crate::train::inspect::Inspected;
use crate::train::versus::{Versus, versus};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A run's folder
    first: PathBuf,
    /// Another's, in the same world
    second: PathBuf,
    #[command(flatten)]
    plays: Plays,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is compared on one split.
#[derive(Serialize)]
struct Compared {
    tasks: String,
    choice: Choosing,
    first: Evaluation,
    second: Evaluation,
    paired: Vec<Versus>,
}

pub(super) fn compare(told: &Arguments) -> Result<Outcome, Failure> {
    let device = told.plays.device()?;
    let mut first = Inspected::open(&told.first, device)?;
    let mut second = Inspected::open(&told.second, device)?;
    if first.world().hash != second.world().hash {
        let of = |run: &Inspected| format!("{} {}", run.world().name, run.world().hash);
        return Err(Failure(format!(
            "the runs have different tasks, so they cannot be compared task by task: {} plays {}, {} plays {}",
            told.first.display(),
            of(&first),
            told.second.display(),
            of(&second)
        )));
    }
    let EvalConfig { splits, choice, tasks: limit, .. } = told.plays.of(&first.config().eval);
    let banks = (first.last()?, second.last()?);
    let mut rows = Vec::new();
    for split in &splits {
        eprintln!("evaluating {split} …");
        let one = first.evaluate(&banks.0, split, choice, limit)?;
        let other = second.evaluate(&banks.1, split, choice, limit)?;
        let paired = versus(&one.1, &other.1);
        let tasks = tasks_of(split, one.0.tasks + one.0.void, first.world());
        rows.push(Compared { tasks, choice, first: one.0, second: other.0, paired });
    }
    match told.json {
        true => say(serde_json::to_string_pretty(&rows)?),
        false => say(table(&rows, told)),
    }
    Ok(Outcome::Clean)
}

/// In Markdown; differences in points.
fn table(rows: &[Compared], told: &Arguments) -> String {
    let mut out = format!(
        "first: {}, second: {}\n\n| tasks | kind | first | second | only one of them | second - first, points |\n|---|---|---|---|---|---|\n",
        told.first.display(),
        told.second.display()
    );
    for row in rows {
        for of in &row.paired {
            let interval = of
                .interval
                .map_or(String::new(), |(low, high)| format!(" [{:+.1}, {:+.1}]", 100.0 * low, 100.0 * high));
            let (tasks, kind) = match of.kind.as_str() {
                "" => (row.tasks.as_str(), "all".to_owned()),
                kind => ("", format!("{kind} ({})", of.tasks)),
            };
            out.push_str(&format!(
                "| {tasks} | {kind} | {:.3} | {:.3} | {} / {} | {:+.1}{interval} |\n",
                of.first,
                of.second,
                of.only_first,
                of.only_second,
                100.0 * of.difference
            ));
        }
    }
    if let Some(row) = rows.first() {
        out.push_str(&format!(
            "\nFirst: bank {}, step {}; second: bank {}, step {}; {}.",
            row.first.version,
            row.first.step,
            row.second.version,
            row.second.step,
            row.choice.word()
        ));
    }
    out
}
