//! Paper mode against the reference: `thompson.jsonl`, read from `tests/fixtures/` or the folder named by
//! `RESKILL_FIXTURES`.

use reskill::bank::discount::{ArmCounts, Discount, EffectiveMemory, StepCounts};
use reskill::bank::paper::{PaperConfig, PaperTest};
use reskill::bank::version_test::Decision;
use serde::Deserialize;
use std::path::PathBuf;

/// The lines of a fixture file; a missing file fails the test.
pub fn fixture<T: for<'de> Deserialize<'de>>(name: &str) -> Vec<T> {
    let folder = std::env::var_os("RESKILL_FIXTURES")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"), PathBuf::from);
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines: Vec<T> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{}:{}: {error}", path.display(), number + 1))
        })
        .collect();
    assert!(!lines.is_empty(), "{} is empty", path.display());
    lines
}

#[derive(Deserialize)]
struct Case {
    weighting: Discount,
    test_steps: u64,
    min_episodes: u64,
    tests: Vec<CaseTest>,
}

#[derive(Deserialize)]
struct CaseTest {
    steps: Vec<CaseStep>,
    accepted: bool,
    m_hat_after: Option<f64>,
}

#[derive(Deserialize)]
struct CaseStep {
    new_n: u64,
    new_m: u64,
    old_n: u64,
    old_m: u64,
    w_new: f64,
    w_old: f64,
    alpha_new: f64,
    beta_new: f64,
    alpha_old: f64,
    beta_old: f64,
}

fn assert_close(place: &str, pairs: &[(f64, f64)]) {
    for (index, (got, expected)) in pairs.iter().enumerate() {
        assert!((got - expected).abs() <= 1e-9, "{place}, value {index}: {got}, expected {expected}");
    }
}

#[test]
fn thompson() {
    for (line, case) in fixture::<Case>("thompson.jsonl").into_iter().enumerate() {
        let config = PaperConfig {
            discount: case.weighting,
            test_steps: case.test_steps,
            min_episodes: case.min_episodes,
            ..PaperConfig::default()
        };
        let mut memory = EffectiveMemory::default();
        for (number, expected) in case.tests.iter().enumerate() {
            let mut test = PaperTest::new(config.clone(), memory.estimate()).unwrap();
            for (index, step) in expected.steps.iter().enumerate() {
                let place = format!("line {}, test {}, step {}", line + 1, number + 1, index + 1);
                assert_eq!(test.decision(), None, "{place}");
                let weights = test
                    .record_step(StepCounts {
                        challenger: ArmCounts { episodes: step.new_n, successes: step.new_m },
                        incumbent: ArmCounts { episodes: step.old_n, successes: step.old_m },
                    })
                    .unwrap();
                assert_close(
                    &place,
                    &[
                        (weights.challenger, step.w_new),
                        (weights.incumbent, step.w_old),
                        (test.challenger().alpha, step.alpha_new),
                        (test.challenger().beta, step.beta_new),
                        (test.incumbent().alpha, step.alpha_old),
                        (test.incumbent().beta, step.beta_old),
                    ],
                );
                assert!((0.15..=0.85).contains(&test.challenger_probability()), "{place}");
            }
            let place = format!("line {}, test {}", line + 1, number + 1);
            let verdict = if expected.accepted { Decision::Accept } else { Decision::Reject };
            assert_eq!(test.decision(), Some(verdict), "{place}");
            if case.weighting == Discount::Adaptive {
                memory.complete(test.steps());
            }
            assert_eq!(memory.estimate().is_none(), expected.m_hat_after.is_none(), "{place}");
            assert_close(&place, &[(memory.estimate().unwrap_or(0.0), expected.m_hat_after.unwrap_or(0.0))]);
        }
    }
}
