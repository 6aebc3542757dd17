//! Worlds from the command line: listed, played by hand, recorded.

use std::fs;

use reskill::episode::Trajectory;
use serde_json::Value;

use crate::cli::{code, reskill, text, typed};

#[path = "../../examples/world.rs"]
mod example;

#[test]
fn the_example_of_a_world_in_rust_runs() {
    example::main().expect("it ends well");
}

#[test]
fn built_in_worlds_are_listed_with_their_splits() {
    let output = reskill(&["worlds", "--json"]);
    let listed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let household = listed.as_array().and_then(|l| l.iter().find(|w| w["world"] == "household")).expect("household");
    assert_eq!(household["splits"][0], serde_json::json!(["train", 3553]));
    assert!(text(&reskill(&["worlds"]).stdout).contains("train 3553, seen 140, unseen 134"));
    let output = reskill(&["worlds", "envs/household/demo.toml"]);
    assert!(text(&output.stdout).contains("seen 200"), "{}", text(&output.stdout));
    let output = reskill(&["worlds", "housheold"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("household"), "{}", text(&output.stderr));
}

/// The demonstrator's way to the end, typed one by one, with slips of the fingers in between.
#[test]
fn a_person_plays_with_skills_beside_the_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("expert.jsonl");
    let kept = kept.to_str().expect("UTF-8");
    let output = reskill(&["record", "household", "--split", "seen", "--first", "4", "--episodes", "1", "-o", kept]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let expert: Trajectory = serde_json::from_str(&fs::read_to_string(kept).expect("written")).expect("an episode");
    assert!(expert.won && expert.done && expert.task_id == "seen/4");
    let mut keys = String::from("?\n999\n\nsing a song\n");
    for step in &expert.steps {
        let number = 1 + step.admissible.iter().position(|a| *a == step.action).expect("admissible");
        keys.push_str(&format!("{number}\n"));
    }
    let mine = folder.path().join("mine.jsonl");
    let mine = mine.to_str().expect("UTF-8");
    let call = ["play", "household", "--split", "seen", "--task", "4", "--skills", "skills/household", "-o", mine];
    let output = typed(&call, &keys);
    let out = text(&output.stdout);
    assert_eq!(code(&output), 0, "{out}{}", text(&output.stderr));
    assert!(out.contains("there is no action 999") && out.contains("Nothing happens."), "{out}");
    assert!(out.contains(&format!("> {}\n", expert.steps[0].action)), "the demonstrator's advice: {out}");
    assert!(out.contains(&format!("Solved in {} actions; score 1.00.", expert.steps.len() + 1)), "{out}");
    assert!(out.contains(" + ") && out.contains("  [") && out.contains(" held"), "marks, advice, assertions: {out}");
    let played: Trajectory = serde_json::from_str(&fs::read_to_string(mine).expect("written")).expect("an episode");
    assert_eq!(played.steps[1..], expert.steps[..]);
    // Who walks away has played, too.
    let output = typed(&["play", "household"], "1\n");
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert!(!text(&output.stdout).contains("olved in"));
}

#[test]
fn what_is_recorded_depends_on_the_seed_alone_and_can_be_traced() {
    let random = |seed: &str| {
        let output = reskill(&["record", "household", "--player", "random", "--episodes", "2", "--seed", seed]);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_eq!(random("3"), random("3"));
    assert_ne!(random("3"), random("4"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("random.jsonl");
    fs::write(&file, random("3")).expect("written");
    let output = reskill(&["trace", "skills/household", "--trajectories", file.to_str().expect("UTF-8")]);
    assert!(text(&output.stdout).contains("episode train-0-3"), "{}{}", text(&output.stdout), text(&output.stderr));
    let output = reskill(&["record", "household", "--first", "3553"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("3553"), "{}", text(&output.stderr));
}
