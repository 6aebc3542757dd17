//! Random programs on random episodes: what the specification says of them, and that the cases bite.

pub mod compare;
pub mod generate;
mod influence;
mod pairs;
mod play;
mod recorded;
mod shrink;

use std::collections::BTreeMap;

use generate::{case, episode, program};
use reskill::engine::directives::MarkKind;
use reskill::engine::spec::{self, Account, Episode};
use reskill::engine::verdict::Verdict;

const CASES: u64 = 300;
/// Episodes of each case where many are looked at.
const EPISODES: u64 = 3;

#[test]
fn a_seed_fixes_its_case() {
    assert_eq!(case(7), case(7));
    assert_ne!(case(7), case(8));
}

/// Rules fire and stay silent, and every verdict is given: otherwise agreement would mean little.
#[test]
fn random_cases_reach_everything() {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    let mut note = |what: &'static str, times: usize| *seen.entry(what).or_default() += times as u64;
    let (mut rules, mut fired) = (0, 0);
    let all = (0..CASES).map(|seed| (seed, program(seed).checked));
    for (checked, trajectory) in all
        .flat_map(|(seed, checked)| (0..EPISODES).map(move |number| (checked.clone(), episode(&checked, seed, number))))
    {
        let steps = spec::steps(&trajectory);
        let played = Episode::new(&trajectory, &steps);
        let bank: Vec<usize> = (0..checked.skills.len()).rev().collect();
        let account = Account::new(&checked, 0, &bank, played).expect("the only domain");
        for t in 0..=steps.len() {
            let said = account.directives(t);
            rules += checked.skills.iter().map(|s| s.rules.len()).sum::<usize>();
            fired += said.fired.len();
            note("advice", said.fired.iter().filter(|f| f.advice.is_some()).count());
            note("mark", said.marks.len());
            note("forbidden", said.marks.iter().filter(|m| m.kind == MarkKind::Forbid).count());
            note("overruled", said.overruled.len());
            note("suggestion", said.suggestions.len());
            note("eight speak", usize::from(said.fired.len() == 8));
            let rows: Vec<usize> = account.fluents(t).iter().map(Vec::len).collect();
            note("rows", rows.iter().sum());
            note("a crowded fluent", rows.iter().filter(|rows| **rows > 64).count());
        }
        for skill in 0..checked.skills.len() {
            for verdict in account.verdicts(skill) {
                let name = match verdict {
                    Verdict::NotApplicable => "not applicable",
                    Verdict::Vacuous => "vacuous",
                    Verdict::Satisfied => "satisfied",
                    Verdict::Violated { .. } => "violated",
                };
                note(name, 1);
            }
        }
    }
    println!("{fired} of {rules} rules fired; {seen:#?}");
    let share = fired as f64 / rules as f64;
    assert!((0.05..0.6).contains(&share), "{share} of the rules fire");
    let all: u64 = VERDICTS.iter().filter_map(|v| seen.get(v)).sum();
    for verdict in VERDICTS {
        let share = seen.get(verdict).map_or(0.0, |n| *n as f64 / all as f64);
        assert!(share > 0.03, "{verdict}: {share} of all verdicts");
    }
    let rare: Vec<_> = seen.iter().filter(|(_, times)| **times < 15).collect();
    assert!(rare.is_empty(), "hardly ever seen: {rare:?}");
}

const VERDICTS: [&str; 4] = ["not applicable", "vacuous", "satisfied", "violated"];

/// Every construct of the language occurs in sound programs, and matters: without it something else would be said of the
/// episode, in at least so many cases.
#[test]
fn every_construct_matters() {
    const ENOUGH: usize = 5;
    let cases: Vec<_> = (0..CASES)
        .map(|seed| {
            let checked = program(seed).checked;
            let trajectories = [0, 1].map(|number| episode(&checked, seed, number));
            (checked, trajectories)
        })
        .collect();
    let told =
        |checked: &_, trajectories: &[_; 2]| trajectories.each_ref().map(|played| influence::told(checked, played));
    let before: Vec<_> = cases.iter().map(|(checked, trajectories)| told(checked, trajectories)).collect();
    let mut rare = Vec::new();
    for construct in influence::constructs() {
        let (mut occurs, mut matters) = (0, 0);
        for ((checked, trajectories), before) in cases.iter().zip(&before) {
            let mut altered = checked.clone();
            if (construct.alter)(&mut altered) {
                occurs += 1;
                matters += usize::from(told(&altered, trajectories) != *before);
            }
            if matters == ENOUGH {
                break;
            }
        }
        println!("{}: matters in {matters} of {occurs}", construct.name);
        if matters < ENOUGH {
            rare.push(construct.name);
        }
    }
    assert!(rare.is_empty(), "these hardly ever matter: {rare:?}");
}

/// The session must say what the specification says: at every decision of every episode under every program, and at its end.
#[test]
fn the_session_agrees_with_the_specification() {
    if let Some((_, what)) = pairs::first_difference(pairs::told()) {
        panic!("{what}");
    }
}
