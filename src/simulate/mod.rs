//! Version tests on a simulated policy whose truth is known. In: a gate, a true effect, a number of tests; out: how often it
//! accepted and rejected, how soon, and how many successes the testing cost. The gates are the ones of training
//! ([`crate::bank::version_test`]), not copies.

pub mod table;
pub mod world;

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use crate::bank::discount::{Discount, EffectiveMemory};
use crate::bank::evidence::{Arm, Seen, Split};
use crate::bank::sequential::Allocation;
use crate::bank::version_test::{Decision, Method, Place, VersionTest, VersionTestConfig, VersionTestError};
use world::{Course, SimulatedWorld};

/// Tests in a row that share the effective memory, as those of one run do.
const TESTS_OF_A_RUN: u64 = 20;

/// A gate under comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    pub name: String,
    pub config: VersionTestConfig,
}

/// Names that [`Gate::named`] knows, with what they are.
pub const GATES: [(&str, &str); 5] = [
    ("paper", "the paper's test with its adaptive discount"),
    ("paper-none", "the same without discount"),
    ("paper-last-step", "the same, judging by the last step alone"),
    ("ours", "the sequential test, `[version_test]` as it is by default"),
    ("ours-even", "the same with half the rollouts for either arm"),
];

impl Gate {
    /// One of [`GATES`].
    pub fn named(name: &str) -> Option<Gate> {
        let mut config = VersionTestConfig::default();
        match name {
            "paper" => config.method = Method::Paper,
            "paper-none" => (config.method, config.paper.discount) = (Method::Paper, Discount::None),
            "paper-last-step" => (config.method, config.paper.discount) = (Method::Paper, Discount::LastStep),
            "ours" => {}
            "ours-even" => config.sequential.allocation = Allocation::Even,
            _ => return None,
        }
        Some(Gate { name: name.to_owned(), config })
    }
}

/// What to simulate.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub seed: u64,
    /// Tests of each gate under each effect.
    pub tests: u64,
    /// Training steps over which successes are counted; a test that is not over by then is undecided.
    pub steps: u64,
    pub groups: u64,
    pub group_size: u32,
    pub course: Course,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { seed: 1, tests: 2000, steps: 20, groups: 16, group_size: 8, course: Course::default() }
    }
}

/// One gate under one true effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub gate: String,
    /// True mean difference of the success rate.
    pub effect: f64,
    pub tests: u64,
    /// Shares of the tests.
    pub accepted: f64,
    pub rejected: f64,
    pub undecided: f64,
    /// 95% Wilson interval of `accepted`.
    pub accepted_interval: (f64, f64),
    pub median_steps_to_accept: Option<f64>,
    pub median_steps_to_reject: Option<f64>,
    /// Successes that a test lost over all steps, against serving the better version from the first.
    pub regret: f64,
    /// 95% interval of its mean.
    pub regret_interval: (f64, f64),
}

/// How one test ended.
#[derive(Debug, Clone, Copy)]
struct End {
    decision: Decision,
    steps: u64,
    regret: f64,
}

/// Runs a gate under one effect; `tick` is told of every finished test. The result does not depend on the number of threads.
pub fn simulate(
    gate: &Gate,
    effect: f64,
    settings: &Settings,
    tick: &(dyn Fn() + Sync),
) -> Result<Row, VersionTestError> {
    gate.config.validate()?;
    let world = SimulatedWorld::new(&settings.course, effect, settings.steps as usize, settings.seed);
    let runs: Vec<u64> = (0..settings.tests.div_ceil(TESTS_OF_A_RUN)).collect();
    let ends: Vec<Vec<End>> = runs
        .into_par_iter()
        .map(|run| {
            let mut memory = EffectiveMemory::default();
            let first = run * TESTS_OF_A_RUN;
            (first..settings.tests.min(first + TESTS_OF_A_RUN))
                .map(|number| {
                    let end = one_test(gate, effect, settings, &world, number, &mut memory);
                    tick();
                    end
                })
                .collect::<Result<_, _>>()
        })
        .collect::<Result<_, _>>()?;
    Ok(row(gate, effect, &ends.concat()))
}

fn one_test(
    gate: &Gate,
    effect: f64,
    settings: &Settings,
    world: &SimulatedWorld,
    number: u64,
    memory: &mut EffectiveMemory,
) -> Result<End, VersionTestError> {
    let nothing = BTreeMap::new();
    let mut test = VersionTest::new(&gate.config, memory.estimate(), Vec::new())?;
    // The same tasks and the same luck for every gate and effect.
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    rng.set_stream(number + 1);
    let mut worse = 0;
    for step in 0..settings.steps {
        let share = test.share();
        let groups: Vec<Split> = (0..settings.groups)
            .map(|group| {
                let task = world.task(step as usize, &mut rng);
                let place = Place { seed: settings.seed ^ (number << 20), step, group: step * settings.groups + group };
                let arms = test.arms(share, 1, place, settings.group_size);
                let rollouts = arms.into_iter().map(|arm| {
                    let p = if arm == Arm::Challenger { task.challenger } else { task.incumbent };
                    Seen { arm, reward: f64::from(u8::from(rng.random::<f64>() < p)), mattered: &nothing }
                });
                Split { kind: task.kind, rollouts: rollouts.collect() }
            })
            .collect();
        let better = if effect > 0.0 { Arm::Challenger } else { Arm::Incumbent };
        worse += groups.iter().flat_map(|g| &g.rollouts).filter(|s| s.arm != better).count() as u64;
        test.record_step(step + 1, world.divergence(step as usize), &groups)?;
        let Some(decision) = test.decision() else { continue };
        if let VersionTest::Paper(test) = &test {
            memory.complete(test.steps());
        }
        let kept = if decision == Decision::Accept { Arm::Challenger } else { Arm::Incumbent };
        if kept != better {
            worse += (settings.steps - step - 1) * settings.groups * u64::from(settings.group_size);
        }
        return Ok(End { decision, steps: step + 1, regret: worse as f64 * effect.abs() });
    }
    Ok(End { decision: Decision::Undecided, steps: settings.steps, regret: worse as f64 * effect.abs() })
}

fn row(gate: &Gate, effect: f64, ends: &[End]) -> Row {
    let tests = ends.len() as f64;
    let share = |decision| ends.iter().filter(|end| end.decision == decision).count() as f64 / tests.max(1.0);
    let median = |decision| {
        let mut steps: Vec<u64> = ends.iter().filter(|e| e.decision == decision).map(|e| e.steps).collect();
        steps.sort_unstable();
        let middle = steps.len() / 2;
        match steps.len() {
            0 => None,
            n if n % 2 == 1 => Some(steps[middle] as f64),
            _ => Some((steps[middle - 1] + steps[middle]) as f64 / 2.0),
        }
    };
    let regret = ends.iter().map(|end| end.regret).sum::<f64>() / tests.max(1.0);
    let squares = ends.iter().map(|end| (end.regret - regret).powi(2)).sum::<f64>();
    let error = 1.96 * (squares / (tests - 1.0).max(1.0) / tests.max(1.0)).sqrt();
    let accepted = ends.iter().filter(|end| end.decision == Decision::Accept).count() as u64;
    Row {
        gate: gate.name.clone(),
        effect,
        tests: ends.len() as u64,
        accepted: share(Decision::Accept),
        rejected: share(Decision::Reject),
        undecided: share(Decision::Undecided),
        accepted_interval: crate::stats::wilson(accepted, ends.len() as u64),
        median_steps_to_accept: median(Decision::Accept),
        median_steps_to_reject: median(Decision::Reject),
        regret,
        regret_interval: (regret - error, regret + error),
    }
}
