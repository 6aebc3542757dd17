//! Assertions beside other checkers. In: 150 assertions of the nine reference kinds and the trajectories of
//! `tests/fixtures/assertions.jsonl`; out: nanoseconds per assertion and step here, in Python's `re`
//! (`scripts/python_re_engine.py`) and, where it is installed, in Invariant (`scripts/invariant_rules.py`).
//!
//! `PYTHON` names the interpreter; `python3` where it says nothing. All verdicts here and in Python are compared.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs, io};

use reskill::engine::program::Program;
use reskill::engine::session::Session;
use reskill::engine::verdict::Verdict;
use reskill::foreign::{Format, Names, domain_text, identifier, import};
use reskill::lang::check::{SourceFile, check};
use serde::Deserialize;
use serde_json::{Value, json};

use super::clock::{self, median};
use super::worlds::repository;

const ASSERTIONS: usize = 150;
/// Here and Python take turns, so often.
const TURNS: usize = 3;

/// One line of the fixture.
#[derive(Deserialize)]
struct Case {
    trajectory: Vec<Step>,
    assertions: Vec<Value>,
}

#[derive(Deserialize)]
struct Step {
    action: String,
    observation: String,
}

/// What the Python engine prints.
#[derive(Deserialize)]
struct Python {
    ns: f64,
    by_name_ns: f64,
    passed: Vec<Vec<bool>>,
    compared: usize,
}

/// Nanoseconds per assertion and step.
pub struct Compared {
    pub ours: f64,
    /// Expressions compiled before, and looked up by `re.search`.
    pub python: f64,
    pub python_by_name: f64,
    /// Verdicts of the fixture that the Python engine was held against.
    pub compared: usize,
    pub steps: usize,
    pub invariant: Option<f64>,
}

/// The fixture, and the first distinct assertions of it.
fn cases(fixture: &Path) -> io::Result<(Vec<Case>, Vec<Value>)> {
    let text = fs::read_to_string(fixture)?;
    let cases: Vec<Case> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let mut distinct: Vec<Value> = Vec::new();
    for assertion in cases.iter().flat_map(|case| &case.assertions) {
        if distinct.len() < ASSERTIONS && !distinct.contains(assertion) {
            distinct.push(assertion.clone());
        }
    }
    Ok((cases, distinct))
}

fn fixture() -> PathBuf {
    repository().join("tests/fixtures/assertions.jsonl")
}

/// Nothing but judging the fixture's trajectories, so often: what a profiler is to see.
pub fn passes(passes: usize) -> io::Result<()> {
    let (cases, distinct) = cases(&fixture())?;
    let mut session = Session::new(program(&distinct)?);
    for _ in 0..passes {
        cases.iter().for_each(|case| drop(judge(&mut session, case)));
    }
    println!("{} steps", passes * cases.iter().map(|case| case.trajectory.len()).sum::<usize>());
    Ok(())
}

pub fn compare(results: &Path, rounds: usize) -> io::Result<Compared> {
    let fixture = fixture();
    let (cases, distinct) = cases(&fixture)?;
    let mut session = Session::new(program(&distinct)?);
    let steps: usize = cases.iter().map(|case| case.trajectory.len()).sum();
    let pairs = (distinct.len() * steps) as f64;
    let ours: Vec<Vec<bool>> = cases.iter().map(|case| judge(&mut session, case)).collect();
    let mut pass = || {
        let begun = Instant::now();
        for case in &cases {
            session.start("", "", &[]);
            for step in &case.trajectory {
                black_box(session.observe(&step.action, &step.observation, &[]));
            }
            black_box(session.finish());
        }
        clock::nanoseconds(begun.elapsed()) / pairs
    };

    let bank = results.join("assertions.json");
    fs::write(&bank, json!(distinct).to_string())?;
    let each_turn = rounds.div_ceil(TURNS);
    let said = each_turn.to_string();
    let arguments = [fixture.as_os_str(), bank.as_os_str(), said.as_ref()];
    let (mut times, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        times.extend((0..each_turn).map(|_| pass()));
        theirs.push(python::<Python>("python_re_engine.py", &arguments)?);
    }
    if let Some(number) = (0..cases.len()).find(|number| theirs[0].passed[*number] != ours[*number]) {
        return Err(io::Error::other(format!("trajectory {}: Python's verdicts are others", number + 1)));
    }
    let invariant: Option<Value> = python("invariant_rules.py", &arguments[..1])?;
    Ok(Compared {
        ours: median(times),
        python: median(theirs.iter().map(|one| one.ns).collect()),
        python_by_name: median(theirs.iter().map(|one| one.by_name_ns).collect()),
        compared: theirs[0].compared,
        steps,
        invariant: invariant.and_then(|said| said["ns"].as_f64()),
    })
}

/// The assertions as `reskill import` reads them, dealt out to as many skills as it takes.
fn program(assertions: &[Value]) -> io::Result<std::sync::Arc<Program>> {
    let text = json!({ "assertions": assertions }).to_string();
    let imported =
        import(&text, Format::Assertions, "file", &BTreeSet::new()).map_err(|error| io::Error::other(error.message))?;
    let mut names = Names::default();
    let mut bank = domain_text("imported").map_err(|error| io::Error::other(format!("{error:?}")))?;
    for draft in &imported.drafts {
        let name = names.fresh(&identifier(&draft.title, "skill"));
        bank.push_str(&draft.text(&name, "imported").map_err(|error| io::Error::other(format!("{error:?}")))?);
    }
    let analysis = check(&[SourceFile::new("bank.skill", bank)]);
    let count: usize = analysis.checked.skills.iter().map(|skill| skill.assertions.len()).sum();
    match analysis.errors().next() {
        Some(error) => Err(io::Error::other(error.diagnostic.message.clone())),
        None if count != assertions.len() => Err(io::Error::other("not every assertion could be imported")),
        None => Ok(Program::of(&analysis.checked, 0)),
    }
}

fn judge(session: &mut Session, case: &Case) -> Vec<bool> {
    session.start("", "", &[]);
    for step in &case.trajectory {
        session.observe(&step.action, &step.observation, &[]);
    }
    session.finish().verdicts.into_iter().flatten().map(|verdict| verdict == Verdict::Satisfied).collect()
}

/// Runs one of our scripts and reads the line it prints.
fn python<T: for<'de> Deserialize<'de>>(script: &str, arguments: &[&std::ffi::OsStr]) -> io::Result<T> {
    let interpreter = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(interpreter).arg(repository().join("scripts").join(script)).args(arguments).output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("{script}: {}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
