//! `reskill eval`. In: a run, or a bank and a run whose policy plays; out: success on whole splits, every task exactly once.

use std::path::Path;

use super::{Failure, Outcome, say, train};
use crate::bank::served;
use crate::bank::version::{Origin, Version};
use crate::train::config::Choosing;
use crate::train::evaluate::Evaluation;
use crate::train::inspect::Inspected;
use crate::train::summary::rate;
use crate::world::WorldInfo;

/// Which version of a run's bank serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Which {
    /// No skills at all
    None,
    /// The bank the run began with
    Initial,
    /// The bank in force at the last checkpoint
    Final,
}

pub(super) struct Evaluating<'a> {
    pub target: &'a Path,
    pub policy: Option<&'a Path>,
    pub splits: &'a [String],
    pub bank: Which,
    pub choice: Option<Choosing>,
    pub tasks: Option<usize>,
    pub device: &'a str,
    pub json: bool,
    pub markdown: bool,
}

pub(super) fn eval(told: Evaluating) -> Result<Outcome, Failure> {
    let device = train::device(told.device)?;
    let is_run = told.target.join("run.json").is_file();
    let (run, bank) = match (is_run, told.policy) {
        (true, None) => (told.target, None),
        (_, Some(run)) => (run, Some(told.target)),
        (false, None) => {
            return Err(Failure(format!(
                "{}: no run is there (run.json is missing). To evaluate a bank of skills, name the run whose policy plays: --policy RUN",
                told.target.display()
            )));
        }
    };
    let mut run = Inspected::open(run, device)?;
    let version = match (bank, told.bank) {
        (Some(path), _) => {
            let files = served::read(&run.config().skills.domain, &[path.to_owned()])?;
            run.put_in_play(Version::new(0, None, Origin::Person("eval".to_owned()), files)?)?
        }
        (None, Which::Final) => run.last()?,
        (None, Which::Initial) => run.initial()?,
        (None, Which::None) => run.last()?.without_skills(),
    };
    let splits: Vec<String> = match told.splits.is_empty() {
        true => run.config().eval.splits.clone(),
        false => told.splits.to_vec(),
    };
    let choice = told.choice.unwrap_or(run.config().eval.choice);
    let mut evaluations: Vec<Evaluation> = Vec::new();
    for split in &splits {
        eprintln!("evaluating {split} …");
        let (evaluation, _) = run.evaluate(&version, split, choice, told.tasks.unwrap_or(usize::MAX))?;
        evaluations.push(evaluation);
    }
    match (told.json, told.markdown) {
        (true, _) => say(serde_json::to_string_pretty(&evaluations)?),
        (_, true) => say(markdown(&evaluations, run.world())),
        _ => show(&evaluations, run.world()),
    }
    Ok(Outcome::Clean)
}

/// Which tasks a number is about: how many of which split of which world, and the hash of what defines them.
pub(super) fn tasks_of(split: &str, tasks: u64, world: &WorldInfo) -> String {
    let size = world.splits.iter().find(|known| known.name == split).map_or(0, |known| known.size);
    format!("{tasks} of {size} tasks of {}/{split} {}", world.name, world.hash.get(..12).unwrap_or(&world.hash))
}

fn markdown(evaluations: &[Evaluation], world: &WorldInfo) -> String {
    let mut out = String::from("| tasks | kind | success, 95% interval | score |\n|---|---|---|---|\n");
    for e in evaluations {
        let of = tasks_of(&e.split, e.tasks + e.void, world);
        out.push_str(&format!("| {of} | all | {} | {:.3} |\n", rate(e.solved, e.tasks), e.score));
        for (kind, (solved, tasks)) in &e.kinds {
            out.push_str(&format!("| | {kind} ({tasks}) | {} | |\n", rate(*solved, *tasks)));
        }
    }
    if let Some(e) = evaluations.first() {
        out.push_str(&format!("\nBank {}, policy of step {}, {}.", e.version, e.step, e.choice.word()));
    }
    out
}

fn show(evaluations: &[Evaluation], world: &WorldInfo) {
    for e in evaluations {
        let void = if e.void > 0 { format!(", {} void", e.void) } else { String::new() };
        say(format!(
            "{}: {} ({} solved{void}), mean score {:.3}; {}; bank {}{}, policy of step {}, {}",
            e.split,
            rate(e.solved, e.tasks),
            e.solved,
            e.score,
            tasks_of(&e.split, e.tasks + e.void, world),
            e.version,
            if e.skills { "" } else { " without skills" },
            e.step,
            e.choice.word(),
        ));
        for (kind, (solved, tasks)) in &e.kinds {
            say(format!("    {kind}: {} ({solved} of {tasks})", rate(*solved, *tasks)));
        }
    }
}
