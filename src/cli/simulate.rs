//! `reskill simulate`. In: gates and true effects; out: how often and how soon each gate accepts and rejects, as a table or JSON.

use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use super::{Failure, Outcome, say};
use crate::bank::version_test::VersionTestConfig;
use crate::simulate::world::Course;
use crate::simulate::{GATES, Gate, Settings, simulate, table};

/// What `reskill simulate` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill simulate --compare paper,ours --tests 20
    reskill simulate --compare ours,ours-even --effects 0,5 --tests 20 --json

Gates are what `[version_test]` of a configuration describes; docs/version-test.md explains the table.")]
pub(super) struct Arguments {
    /// Gates to compare: paper, paper-none, paper-last-step, ours, ours-even; or `config`, with --config
    #[arg(long, value_delimiter = ',', default_value = "paper,ours")]
    compare: Vec<String>,
    /// A configuration whose `[version_test]` is the gate `config`
    #[arg(long)]
    config: Option<PathBuf>,
    /// True effects of the challenger on the success rate, in points
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, default_value = "-10,-5,-2,0,2,5,10")]
    effects: Vec<f64>,
    /// Tests of each gate under each effect
    #[arg(long, default_value_t = 2000)]
    tests: u64,
    /// Training steps over which successes are counted
    #[arg(long, default_value_t = 20)]
    steps: u64,
    /// Groups a step
    #[arg(long, default_value_t = 16)]
    groups: u64,
    /// Rollouts a group
    #[arg(long, default_value_t = 8)]
    group_size: u32,
    /// Success rate of the policy at the first step
    #[arg(long, default_value_t = 0.70)]
    base: f64,
    /// ... and what it gains a step
    #[arg(long, default_value_t = 0.01)]
    gain: f64,
    /// ... up to this
    #[arg(long, default_value_t = 0.85)]
    top: f64,
    /// Task difficulties are Beta(SPREAD m, SPREAD (1 - m)) about the success rate m
    #[arg(long, default_value_t = 2.0)]
    spread: f64,
    /// Fixes every draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print a list of {gate, effect, accepted, rejected, undecided, ...}
    #[arg(long)]
    json: bool,
}

/// A configuration of which only one section matters here.
#[derive(Deserialize)]
struct Section {
    #[serde(default)]
    version_test: VersionTestConfig,
}

pub(super) fn run(told: &Arguments) -> Result<Outcome, Failure> {
    let gates = told.compare.iter().map(|name| gate(name, told)).collect::<Result<Vec<_>, _>>()?;
    let settings = settings(told)?;
    let bar = ProgressBar::new(gates.len() as u64 * told.effects.len() as u64 * told.tests);
    if let Ok(style) = ProgressStyle::with_template("simulating {bar:24} {pos}/{len} tests {elapsed} eta {eta}") {
        bar.set_style(style);
    }
    let mut rows = Vec::new();
    for effect in &told.effects {
        for gate in &gates {
            rows.push(simulate(gate, effect / 100.0, &settings, &|| bar.inc(1))?);
        }
    }
    bar.finish_and_clear();
    if told.json {
        say(serde_json::to_string_pretty(&rows)?);
    } else {
        let names: Vec<&str> = gates.iter().map(|gate| gate.name.as_str()).collect();
        say(table::table(&rows, &names));
    }
    Ok(Outcome::Clean)
}

fn gate(name: &str, told: &Arguments) -> Result<Gate, Failure> {
    if name == "config" {
        let Some(path) = &told.config else {
            return Err(Failure("the gate `config` needs --config with a configuration".to_owned()));
        };
        let failure = |error: &dyn std::fmt::Display| Failure(format!("{}: {error}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|e| failure(&e))?;
        let section: Section = toml::from_str(&text).map_err(|e| failure(&e))?;
        return Ok(Gate { name: name.to_owned(), config: section.version_test });
    }
    Gate::named(name).ok_or_else(|| {
        let known: Vec<String> = GATES.iter().map(|(name, what)| format!("  {name:16} {what}")).collect();
        Failure(format!("unknown gate `{name}`; there are\n{}", known.join("\n")))
    })
}

fn settings(told: &Arguments) -> Result<Settings, Failure> {
    let course = Course { base: told.base, top: told.top, gain: told.gain, spread: told.spread, ..Course::default() };
    let rate = |x: f64| x > 0.0 && x < 1.0;
    let wrong = [
        ("--tests", told.tests > 0, "at least 1".to_owned()),
        ("--steps", (1..=10_000).contains(&told.steps), "between 1 and 10000".to_owned()),
        ("--groups", (1..=10_000).contains(&told.groups), "between 1 and 10000".to_owned()),
        ("--group-size", (2..=1000).contains(&told.group_size), "between 2 and 1000".to_owned()),
        ("--base", rate(told.base), "above 0 and below 1".to_owned()),
        ("--top", rate(told.top), "above 0 and below 1".to_owned()),
        ("--gain", (0.0..=1.0).contains(&told.gain), "between 0 and 1".to_owned()),
        ("--spread", told.spread > 0.0 && told.spread.is_finite(), "above 0".to_owned()),
        (
            "--effects",
            told.effects.iter().all(|e| rate(told.base + e / 100.0) && rate(told.base.max(told.top) + e / 100.0)),
            format!("such that the success rate stays between 0 and 1 (it goes from {} to {})", told.base, told.top),
        ),
    ];
    if let Some((key, _, rule)) = wrong.iter().find(|(_, holds, _)| !holds) {
        return Err(Failure(format!("{key} must be {rule}")));
    }
    let Arguments { seed, tests, steps, groups, group_size, .. } = *told;
    Ok(Settings { seed, tests, steps, groups, group_size, course })
}
