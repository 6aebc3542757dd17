//! `reskill demo`: does it help? In: a configuration; out: for every seed two runs from the same warm start with equal rollouts,
//! GRPO alone and GRPO with evolving skills, and one table of both. Run again, it goes on where it was.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread;

use indicatif::MultiProgress;
use serde::Serialize;
use tch::Device;

use super::train::{Progress, drive, interruption};
use super::{Failure, Outcome, say};
use crate::bank::version_test::Method;
use crate::files::write_atomic;
use crate::train::RunError;
use crate::train::config::Config;
use crate::train::paired::{Paired, paired, table};
use crate::train::run_dir::RunDir;
use crate::train::summary::{self, Summary, comparison};
use crate::train::trainer::Trainer;
use crate::world::config::configuration;

pub(super) struct Demo<'a> {
    pub config: &'a Path,
    pub out: PathBuf,
    pub seeds: u64,
    pub version_test: Option<Method>,
    pub short: bool,
    pub fresh: bool,
}

/// The two arms: name, folder, and whether skills are served.
const ARMS: [(&str, &str, bool); 2] = [("GRPO", "grpo", false), ("GRPO + skills", "skills", true)];

#[derive(Serialize)]
struct Results<'r> {
    grpo: &'r [Summary],
    skills: &'r [Summary],
    paired: Vec<Paired>,
}

pub(super) fn demo(told: Demo) -> Result<Outcome, Failure> {
    let mut config = Config::read(&configuration(told.config))?;
    config.version_test.method = told.version_test.unwrap_or(config.version_test.method);
    let stop = interruption()?;
    if told.fresh && told.out.exists() {
        std::fs::remove_dir_all(&told.out).map_err(|e| Failure(format!("{}: {e}", told.out.display())))?;
    }
    let mut summaries: [Vec<Summary>; 2] = [Vec::new(), Vec::new()];
    for seed in config.seed..config.seed + told.seeds {
        let bars = MultiProgress::new();
        // One thread an arm: neither shares anything with the other, so each result is as if it had run alone.
        let ends: Vec<Result<Option<Summary>, RunError>> = thread::scope(|scope| {
            let started: Vec<_> = ARMS
                .iter()
                .map(|(name, folder, skills)| {
                    let mut config = config.clone();
                    config.seed = seed;
                    if !skills {
                        config.skills.paths.clear();
                        config.skills.evolve = false;
                    }
                    if told.short {
                        shorten(&mut config);
                    }
                    let root = told.out.join(format!("seed-{seed}")).join(folder);
                    let (bars, stop) = (&bars, &*stop);
                    scope.spawn(move || run(config, &root, name, bars, stop))
                })
                .collect();
            started
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        for (end, summaries) in ends.into_iter().zip(&mut summaries) {
            match end? {
                Some(summary) => summaries.push(summary),
                None => {
                    eprintln!("saved; the same command goes on from here");
                    return Ok(Outcome::Findings);
                }
            }
        }
    }
    let [grpo, skills] = &summaries;
    let results = results(grpo, skills);
    let json = serde_json::to_vec_pretty(&Results { grpo, skills, paired: paired(grpo, skills) })?;
    for (name, bytes) in [("results.md", results.as_bytes()), ("results.json", &json)] {
        let path = told.out.join(name);
        write_atomic(&path, bytes).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
    }
    say(&results);
    for (name, summaries) in [("GRPO", grpo), ("GRPO + skills", skills)] {
        if let Some(last) = summaries.last() {
            say(format!("Time of a step, {name} (last seed):\n\n{}", last.timing_table()));
        }
    }
    say(format!(
        "The same table is in {}; the evolved bank of a seed in …/skills/bank/.",
        told.out.join("results.md").display()
    ));
    Ok(Outcome::Clean)
}

/// A run small enough for a check that everything works; its figures mean nothing.
fn shorten(config: &mut Config) {
    config.run.steps = 14;
    config.run.checkpoint_every = 5;
    config.eval.every = 7;
    config.eval.tasks = 40;
}

/// One arm of one seed, from where it is to its end; `None` if it was interrupted.
fn run(
    config: Config,
    root: &Path,
    name: &str,
    bars: &MultiProgress,
    stop: &AtomicBool,
) -> Result<Option<Summary>, RunError> {
    let steps = config.run.steps;
    let mut trainer = match root.join("run.json").is_file() {
        true => Trainer::resume(root, Some(steps), Device::Cpu)?,
        false => Trainer::begin(config, root, Device::Cpu)?,
    };
    let progress = Progress::new(&format!("{name:14}"), &trainer);
    bars.add(progress.bar().clone());
    if !drive(&mut trainer, &progress, stop)? {
        return Ok(None);
    }
    Ok(Some(summary::read(&RunDir { root: root.to_owned() })?))
}

fn results(grpo: &[Summary], skills: &[Summary]) -> String {
    let mut out = String::from("Success rate, greedy, every task once, with 95% intervals:\n\n");
    out.push_str(&comparison(&[(ARMS[0].0, grpo), (ARMS[1].0, skills)]));
    let rows = paired(grpo, skills);
    out.push_str(&match grpo.len() {
        1 => "\nThe same seed in both arms; \"area\" is the mean success over training:\n\n".to_owned(),
        n => format!("\nMeans over {n} seeds, paired by seed, with 95% intervals; \"area\" is the mean success over training:\n\n"),
    });
    out.push_str(&table(&rows, [ARMS[0].0, ARMS[1].0]));
    let episodes = |summaries: &[Summary]| summaries.iter().map(|s| s.episodes).sum::<u64>();
    out.push_str(&format!("\nRollouts: {} and {}.\n", episodes(grpo), episodes(skills)));
    for summary in skills {
        out.push_str(&format!("Skills: {}; version {}.\n", summary.fates, summary.version));
    }
    out
}
