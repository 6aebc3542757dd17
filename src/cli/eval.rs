//! `reskill eval`. In: a run, or a bank and a run whose policy plays; out: success on whole splits, every task exactly once.

use std::path::PathBuf;

use clap::Args;
use tch::Device;

use super::{Failure, Outcome, say, train};
use crate::bank::served;
use crate::bank::version::{Origin, Version};
use crate::train::config::{Choosing, EvalConfig};
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

/// Which tasks are played, and how.
#[derive(Debug, Args)]
pub(super) struct Plays {
    /// Splits to play [default: the configuration's]
    #[arg(long)]
    split: Vec<String>,
    /// How actions are chosen [default: the configuration's]
    #[arg(long, value_enum)]
    choice: Option<Choosing>,
    /// At most so many tasks of each split
    #[arg(long)]
    tasks: Option<usize>,
    /// cpu or cuda
    #[arg(long, default_value = "cpu")]
    device: String,
}

impl Plays {
    pub fn device(&self) -> Result<Device, Failure> {
        train::device(&self.device)
    }

    /// What was not told is as the run has it.
    pub fn of(&self, config: &EvalConfig) -> EvalConfig {
        EvalConfig {
            splits: if self.split.is_empty() { config.splits.clone() } else { self.split.clone() },
            choice: self.choice.unwrap_or(config.choice),
            tasks: self.tasks.unwrap_or(usize::MAX),
            every: config.every,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A run's folder; or, with --policy, `.skill` files of the run's domain
    target: PathBuf,
    /// The run whose policy plays, when TARGET is a bank of skills
    #[arg(long)]
    policy: Option<PathBuf>,
    /// Which of the run's banks serves
    #[arg(long, value_enum, default_value_t = Which::Final)]
    bank: Which,
    #[command(flatten)]
    plays: Plays,
    /// Print the evaluations as JSON
    #[arg(long)]
    json: bool,
    /// Print a table in Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

pub(super) fn eval(told: &Arguments) -> Result<Outcome, Failure> {
    let device = told.plays.device()?;
    let is_run = told.target.join("run.json").is_file();
    let (run, bank) = match (is_run, &told.policy) {
        (true, None) => (&told.target, None),
        (_, Some(run)) => (run, Some(&told.target)),
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
    let plays = told.plays.of(&run.config().eval);
    let mut evaluations: Vec<Evaluation> = Vec::new();
    for split in &plays.splits {
        eprintln!("evaluating {split} …");
        evaluations.push(run.evaluate(&version, split, plays.choice, plays.tasks)?.0);
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
