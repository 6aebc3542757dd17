//! Random programs on random episodes: what the specification says of them, and that the cases bite.

pub mod generate;
mod play;

use std::collections::BTreeMap;

use generate::case;
use reskill::engine::program::Program;
use reskill::engine::session::Session;
use reskill::engine::spec::{self, Episode};
use reskill::engine::verdict::Verdict;
use reskill::lang::check::check;

const CASES: u64 = 300;

#[test]
fn a_seed_fixes_its_case() {
    assert_eq!(case(7), case(7));
    assert_ne!(case(7), case(8));
}

/// Every construct occurs, rules fire and stay silent, and every verdict is given: otherwise agreement would mean little.
#[test]
fn random_cases_reach_everything() {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    let mut note = |what: &'static str, times: usize| *seen.entry(what).or_default() += times as u64;
    let (mut rules, mut fired) = (0, 0);
    for seed in 0..CASES {
        let (files, trajectory) = case(seed);
        let checked = check(&files).checked;
        let program = format!("{checked:?}");
        for construct in CONSTRUCTS {
            note(construct, program.matches(construct).count());
        }
        let steps = spec::steps(&trajectory);
        let episode = Episode::new(&trajectory, &steps);
        let bank: Vec<usize> = (0..checked.skills.len()).rev().collect();
        for t in 0..=steps.len() {
            let said = spec::directives(&checked, 0, &bank, episode, t);
            rules += checked.skills.iter().map(|s| s.rules.len()).sum::<usize>();
            fired += said.fired.len();
            note("advice", said.fired.iter().filter(|f| f.advice.is_some()).count());
            note("mark", said.marks.len());
            note("eight speak", usize::from(said.fired.len() == 8));
            let rows: Vec<usize> = spec::fluents(&checked.domains[0], episode, t).iter().map(Vec::len).collect();
            note("rows", rows.iter().sum());
            note("a full fluent", rows.iter().filter(|rows| **rows > 64).count());
        }
        for skill in 0..checked.skills.len() {
            for verdict in spec::verdicts(&checked, skill, episode) {
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
    let rare: Vec<_> = seen.iter().filter(|(_, times)| **times < 20).collect();
    assert!(rare.is_empty(), "hardly ever seen: {rare:?}");
}

const VERDICTS: [&str; 4] = ["not applicable", "vacuous", "satisfied", "violated"];

/// Names in the debug form of a checked program.
const CONSTRUCTS: [&str; 38] = [
    "Event { event",
    "Once {",
    "within: Some",
    "within: None",
    "Fluent { fluent",
    "Task { task:",
    "Available {",
    "Repeated",
    "Is {",
    "right: Var",
    "right: Text",
    "In {",
    "Compare {",
    "Number(",
    "Step",
    "CountRows {",
    "CountEvents {",
    "Not(",
    "Any",
    "Always(",
    "Never(",
    "Whenever {",
    "Eventually(",
    "Finally(",
    "FirstThen(",
    "AtMost(",
    "AtLeast(",
    "Between(",
    "AtMostConsecutive(",
    "prefer: true",
    "prefer: false",
    "applies: Some",
    "applies: None",
    "each: true",
    "then: Some",
    "adds: false",
    "valued: true",
    "Task(",
];

/// The session must say what the specification says: at every decision of every case, and at its end.
#[test]
fn the_session_agrees_with_the_specification() {
    for seed in 0..agreement_cases() {
        let (files, trajectory) = case(seed);
        let checked = check(&files).checked;
        let steps = spec::steps(&trajectory);
        let episode = Episode::new(&trajectory, &steps);
        let bank: Vec<usize> = (0..checked.skills.len()).collect();
        let admissible = |t: usize| trajectory.steps.get(t).map_or(&[][..], |s| &s.admissible);
        let mut session = Session::new(Program::of(&checked, 0));
        session.start(&trajectory.task, &trajectory.first, admissible(0));
        for t in 0..=steps.len() {
            let says = format!("case {seed}, decision {t}\n{}", files[1].text);
            assert_eq!(*session.directives(), spec::directives(&checked, 0, &bank, episode, t), "{says}");
            for (fluent, rows) in checked.domains[0].fluents.iter().zip(spec::fluents(&checked.domains[0], episode, t))
            {
                assert_eq!(session.facts(&fluent.name).len(), rows.len(), "{}: {says}", fluent.name);
            }
            if let Some(step) = trajectory.steps.get(t) {
                session.observe(&step.action, &step.observation, admissible(t + 1));
            }
        }
        let report = session.finish();
        for skill in 0..checked.skills.len() {
            let expected = spec::verdicts(&checked, skill, episode);
            assert_eq!(report.verdicts[skill], expected, "case {seed}\n{}", files[1].text);
        }
    }
}

/// `AGREE=N` runs N cases; the default takes a few seconds.
fn agreement_cases() -> u64 {
    std::env::var("AGREE").ok().and_then(|n| n.parse().ok()).unwrap_or(CASES)
}
