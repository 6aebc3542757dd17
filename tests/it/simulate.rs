//! `reskill simulate`: what each gate lets in when the truth is known, as scripts read it.

use std::process::Command;

use serde_json::Value;

use super::cli::{code, reskill, text};

fn rows(arguments: &[&str], threads: &str) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_reskill"))
        .arg("simulate")
        .args(arguments)
        .arg("--json")
        .env("RAYON_NUM_THREADS", threads)
        .output()
        .expect("the binary runs");
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The figures that docs/version-test.md promises, with few tests; the seed is fixed, so nothing here is left to luck.
#[test]
fn the_sequential_test_keeps_its_promises_and_the_papers_does_what_is_known_of_it() {
    let arguments = ["--tests", "300", "--effects=-10,-5,0,5,10"];
    let all = rows(&arguments, "2");
    assert_eq!(all, rows(&arguments, "1"), "the number of threads changes nothing");
    let get = |gate: &str, effect: f64| {
        let found = all.iter().find(|r| r["gate"] == gate && r["effect"].as_f64() == Some(effect));
        found.unwrap_or_else(|| panic!("{gate} {effect}"))
    };
    let number = |row: &Value, key: &str| row[key].as_f64().unwrap_or_else(|| panic!("{key} of {row}"));
    for row in &all {
        let parts: f64 = ["accepted", "rejected", "undecided"].iter().map(|key| number(row, key)).sum();
        assert!((parts - 1.0).abs() < 1e-12, "{row}");
    }
    assert!(number(get("ours", 0.0), "accepted") <= 0.05);
    assert!(number(get("ours", -0.05), "accepted") <= 0.01);
    assert!(number(get("ours", 0.05), "accepted") >= 0.70);
    assert!(number(get("ours", 0.10), "accepted") >= 0.95);
    assert!(number(get("ours", 0.10), "median_steps_to_accept") <= 6.0);
    assert!(number(get("ours", -0.10), "median_steps_to_reject") <= 3.0);
    assert_eq!(get("ours", -0.10)["median_steps_to_accept"], Value::Null);
    assert!((0.40..0.58).contains(&number(get("paper", 0.0), "accepted")));
    let mixed = |gate: &str| {
        [(0.0, 0.5), (-0.05, 0.2), (0.05, 0.2), (0.10, 0.1)]
            .iter()
            .map(|(effect, share)| share * number(get(gate, *effect), "regret"))
            .sum::<f64>()
    };
    assert!(mixed("ours") < mixed("paper"), "{} {}", mixed("ours"), mixed("paper"));
}

#[test]
fn what_cannot_be_simulated_is_said() {
    for (arguments, part) in [
        (&["--compare", "theirs"][..], "unknown gate `theirs`; there are\n  paper"),
        (&["--compare", "config"], "needs --config"),
        (&["--effects", "40"], "--effects must be such that the success rate stays between 0 and 1"),
        (&["--tests", "0"], "--tests must be at least 1"),
    ] {
        let output = reskill(&[&["simulate"], arguments].concat());
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(text(&output.stderr).contains(part), "{arguments:?}: {}", text(&output.stderr));
    }
}
