//! Random programs on random episodes: what the specification says of them, and that the cases bite.

pub mod generate;
mod influence;
mod play;

use std::collections::BTreeMap;

use generate::case;
use reskill::engine::directives::{MAX_SPEAKING, MarkKind, RuleId};
use reskill::engine::program::Program;
use reskill::engine::session::Session;
use reskill::engine::spec::{self, Episode};
use reskill::engine::value::Value;
use reskill::engine::verdict::Verdict;
use reskill::lang::check::check;

const CASES: u64 = 300;

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
    for seed in 0..CASES {
        let (files, trajectory) = case(seed);
        let checked = check(&files).checked;
        let steps = spec::steps(&trajectory);
        let episode = Episode::new(&trajectory, &steps);
        let bank: Vec<usize> = (0..checked.skills.len()).rev().collect();
        for t in 0..=steps.len() {
            let said = spec::directives(&checked, 0, &bank, episode, t);
            rules += checked.skills.iter().map(|s| s.rules.len()).sum::<usize>();
            fired += said.fired.len();
            note("advice", said.fired.iter().filter(|f| f.advice.is_some()).count());
            note("mark", said.marks.len());
            note("forbidden", said.marks.iter().filter(|m| m.kind == MarkKind::Forbid).count());
            note("overruled", said.overruled.len());
            note("suggestion", said.suggestions.len());
            note("eight speak", usize::from(said.fired.len() == 8));
            let rows: Vec<usize> = spec::fluents(&checked.domains[0], episode, t).iter().map(Vec::len).collect();
            note("rows", rows.iter().sum());
            note("a crowded fluent", rows.iter().filter(|rows| **rows > 64).count());
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
    let rare: Vec<_> = seen.iter().filter(|(_, times)| **times < 15).collect();
    assert!(rare.is_empty(), "hardly ever seen: {rare:?}");
}

const VERDICTS: [&str; 4] = ["not applicable", "vacuous", "satisfied", "violated"];

/// Every construct of the language occurs in sound programs, and matters: without it something else would be said of the
/// episode, in at least so many cases.
#[test]
fn every_construct_matters() {
    const ENOUGH: usize = 5;
    let cases: Vec<_> = (0..CASES).map(case).map(|(files, trajectory)| (check(&files).checked, trajectory)).collect();
    let told: Vec<_> = cases.iter().map(|(checked, trajectory)| influence::told(checked, trajectory)).collect();
    let mut rare = Vec::new();
    for construct in influence::constructs() {
        let (mut occurs, mut matters) = (0, 0);
        for ((checked, trajectory), told) in cases.iter().zip(&told) {
            let mut altered = checked.clone();
            if (construct.alter)(&mut altered) {
                occurs += 1;
                matters += usize::from(influence::told(&altered, trajectory) != *told);
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

/// The session must say what the specification says: at every decision of every case, and at its end.
#[test]
fn the_session_agrees_with_the_specification() {
    for seed in agreement_cases() {
        let (files, trajectory) = case(seed);
        let checked = check(&files).checked;
        let steps = spec::steps(&trajectory);
        let episode = Episode::new(&trajectory, &steps);
        let bank: Vec<usize> = (0..checked.skills.len()).collect();
        let admissible = |t: usize| trajectory.steps.get(t).map_or(&[][..], |s| &s.admissible);
        let mut session = Session::new(Program::of(&checked, 0));
        // A session that has played before must not remember it.
        session.start(&trajectory.task, &trajectory.first, admissible(0));
        for (t, step) in trajectory.steps.iter().enumerate() {
            session.observe(&step.action, &step.observation, admissible(t + 1));
        }
        session.start(&trajectory.task, &trajectory.first, admissible(0));
        for t in 0..=steps.len() {
            let says = format!("case {seed}, decision {t}\n{}{}", files[0].text, files[1].text);
            let expected = spec::directives(&checked, 0, &bank, episode, t);
            assert_eq!(*session.directives(), expected, "{says}");
            for (s, skill) in checked.skills.iter().enumerate() {
                for r in 0..skill.rules.len() {
                    let rule = RuleId { skill: s as u16, rule: r as u16 };
                    let speaks = expected.fired.iter().any(|firing| firing.rule == rule);
                    let fires = session.fires(rule);
                    // Where eight others speak, a rule may fire and be silent.
                    let silenced = fires && expected.fired.len() == MAX_SPEAKING;
                    assert!(fires == speaks || silenced, "{rule:?} of {says}");
                }
            }
            for (fluent, rows) in checked.domains[0].fluents.iter().zip(spec::fluents(&checked.domains[0], episode, t))
            {
                let name = fluent.name.replace('_', " ");
                let show = |row: Vec<Value>| row.iter().fold(name.clone(), |text, value| format!("{text} {value}"));
                let rows: Vec<String> = rows.into_iter().map(show).collect();
                assert_eq!(session.facts(&fluent.name), rows, "{}: {says}", fluent.name);
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

/// `AGREE=N` runs N cases, `AGREE=M..N` those from M on; the default takes a few seconds.
fn agreement_cases() -> std::ops::Range<u64> {
    let told = std::env::var("AGREE").unwrap_or_default();
    let (from, to) = told.split_once("..").unwrap_or(("", &told));
    from.parse().unwrap_or(0)..to.parse().unwrap_or(CASES)
}
