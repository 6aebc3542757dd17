//! `reskill check` and `reskill test`. In: paths; out: findings on stdout in one of the formats, and how many there are.
//! `check` mends files too: see `fix`.

use std::path::PathBuf;

use clap::Args;

use super::report::{self, Format};
use super::{Failure, Outcome, colour, fix, say, watch};
use crate::engine::cost::Cost;
use crate::engine::examples;
use crate::engine::program::Program;
use crate::lang::check::{self, Analysis, Finding};
use crate::lang::diag::Applicability;
use crate::lang::lint::lint;
use crate::lang::load::{Loaded, load};

/// What both commands are told.
#[derive(Debug, Args)]
pub(super) struct Sources {
    /// Files, or folders with `.skill` files in them
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Format::Full)]
    format: Format,
    /// Go on, and begin again whenever a file changes; Ctrl-C ends it
    #[arg(long)]
    watch: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill check skills
    reskill check --format concise skills/heat.skill
    reskill check --fix skills
    reskill check --unsafe-fixes --diff skills
    reskill check --cost skills")]
pub(super) struct Arguments {
    #[command(flatten)]
    sources: Sources,
    /// Mend what can be mended without a doubt, in the files, then print what remains
    #[arg(long, conflicts_with = "watch")]
    fix: bool,
    /// Apply guesses too, such as the nearest name for an unknown one
    #[arg(long, conflicts_with = "watch")]
    unsafe_fixes: bool,
    /// Print what would be mended as a diff, and leave the files as they are
    #[arg(long, conflicts_with = "watch")]
    diff: bool,
    /// Print bounds too: what a step looks at, and the memory that an episode may take
    #[arg(long, conflicts_with_all = ["watch", "fix", "unsafe_fixes", "diff"])]
    cost: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill test skills
    reskill test --format json skills/heat.skill")]
pub(super) struct TestArguments {
    #[command(flatten)]
    sources: Sources,
}

/// Everything read and checked; findings of reading and of checking together, in order.
pub(super) fn analyse(paths: &[PathBuf]) -> Result<(Loaded, Analysis), Failure> {
    let mut loaded = load(paths)?;
    let mut analysis = check::check(&loaded.files);
    lint(&loaded.files, &mut analysis);
    analysis.findings.append(&mut loaded.findings);
    analysis.findings.sort_by_key(|f| f.file);
    Ok((loaded, analysis))
}

pub(super) fn check(told: &Arguments) -> Result<Outcome, Failure> {
    let sources = &told.sources;
    let mending = told.fix || told.unsafe_fixes || told.diff;
    if mending {
        let allowed = if told.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
        let changes = fix::mend(&sources.paths, allowed, told.diff, sources.format.is_for_people())?;
        if told.diff {
            return Ok(changes);
        }
    }
    if told.cost {
        return cost(sources);
    }
    repeat(sources, || {
        let (loaded, analysis) = analyse(&sources.paths)?;
        let checked = &analysis.checked;
        let summary = format!("{} skills of {} domains", checked.skills.len(), checked.domains.len());
        Ok(print(&loaded, &analysis.findings, sources.format, &summary))
    })
}

/// The bounds of every domain's program; with `--format json` one array of them. What has errors has no program.
fn cost(sources: &Sources) -> Result<Outcome, Failure> {
    let (loaded, analysis) = analyse(&sources.paths)?;
    if analysis.has_errors() {
        return Ok(print(&loaded, &analysis.findings, sources.format, "no bounds"));
    }
    let costs: Vec<Cost> =
        (0..analysis.checked.domains.len()).map(|domain| Cost::of(&Program::of(&analysis.checked, domain))).collect();
    if !sources.format.is_for_people() {
        say(serde_json::to_string(&costs)?);
        return Ok(Outcome::Clean);
    }
    for cost in &costs {
        say(format!("{}: {} skills, {} rules, {} assertions", cost.domain, cost.skills, cost.rules, cost.assertions));
        say(format!(
            "  texts     {} patterns in one automaton of {} states; {} without a literal, {} expressions",
            cost.patterns, cost.states, cost.unanchored, cost.expressions
        ));
        say(format!(
            "  a step    at most {} rules and assertions for one change ({}); {} searches in one condition at most",
            cost.widest_readers, cost.widest_input, cost.nested_searches
        ));
        say(format!("  sharing   {} conditions are asked once for several places", cost.shared_conditions));
        say(format!(
            "  episode   at most {}: {} for {} rows, {} for a session at rest",
            bytes(cost.episode_bytes),
            bytes(cost.row_bytes),
            cost.rows,
            bytes(cost.session_bytes)
        ));
    }
    Ok(Outcome::Clean)
}

fn bytes(bytes: usize) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

pub(super) fn test(told: &TestArguments) -> Result<Outcome, Failure> {
    let sources = &told.sources;
    repeat(sources, || {
        let (loaded, analysis) = analyse(&sources.paths)?;
        // Warnings are `check`'s business; an error means that some example could not be run.
        let mut findings: Vec<Finding> = analysis.errors().cloned().collect();
        let run = examples::run(&analysis.checked);
        findings.extend(run.failures);
        findings.sort_by_key(|f| f.file);
        let summary = format!("{} examples, {} expectations", run.examples, run.expectations);
        Ok(print(&loaded, &findings, sources.format, &summary))
    })
}

fn repeat(sources: &Sources, run: impl Fn() -> Result<Outcome, Failure>) -> Result<Outcome, Failure> {
    if sources.watch { watch::repeat(&sources.paths, run) } else { run() }
}

fn print(loaded: &Loaded, findings: &[Finding], format: Format, summary: &str) -> Outcome {
    let rendered = report::render(format, &loaded.files, findings, colour());
    let rendered = rendered.trim_end_matches('\n');
    if !rendered.is_empty() {
        say(rendered);
    }
    if format.is_for_people() {
        let errors = findings.iter().filter(|f| f.diagnostic.is_error()).count();
        let warnings = findings.len() - errors;
        match findings.is_empty() {
            true => say(format!("{summary}: all well")),
            // Drawings stand apart from each other by a blank line, and so does the summary.
            false if format == Format::Full => say(format!("\n{summary}: {errors} errors, {warnings} warnings")),
            false => say(format!("{summary}: {errors} errors, {warnings} warnings")),
        }
    }
    if findings.is_empty() { Outcome::Clean } else { Outcome::Findings }
}
