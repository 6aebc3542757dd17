//! Breadth as proof: the skills of four worlds check without a finding, their examples hold, and together they use every
//! construct of the language. `todo` is left out on purpose: it is a trigger that is missing, and so a finding.

mod constructs;

use std::collections::BTreeSet;
use std::path::Path;
#[cfg(feature = "evolve")]
use std::sync::Arc;

use reskill::engine::examples;
use reskill::lang::ast::{ExampleKind, Item, MemberKind, Skill};
use reskill::lang::check::{Analysis, SourceFile, check};
use reskill::lang::load::load;
#[cfg(feature = "evolve")]
use reskill::{
    engine::{directives::MarkKind, program::Program, session::Session, verdict::Verdict},
    world::World,
    world::household::{Household, HouseholdConfig},
};

use super::lang::diagnostics;

/// The folders of skills, and how many each has at least.
const WORLDS: [(&str, usize); 4] = [("alfworld", 18), ("shop", 16), ("search_qa", 13), ("cooking", 15)];

fn world_of(folder: &str) -> (Vec<SourceFile>, Analysis) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("skills").join(folder);
    let loaded = load(&[path]).unwrap_or_else(|error| panic!("{folder}: {error}"));
    assert_eq!(loaded.findings, [], "{folder}");
    let analysis = check(&loaded.files);
    (loaded.files, analysis)
}

fn skills(analysis: &Analysis) -> impl Iterator<Item = &Skill> {
    analysis.trees.iter().flatten().filter_map(|item| if let Item::Skill(skill) = item { Some(skill) } else { None })
}

#[test]
fn sixty_skills_check_without_a_finding_and_their_examples_hold() {
    let mut names = BTreeSet::new();
    for (folder, least) in WORLDS {
        let (files, analysis) = world_of(folder);
        if let Some(finding) = analysis.findings.first() {
            let file = &files[finding.file];
            panic!("{}:\n{}", file.name, diagnostics::render(&file.text, std::iter::once(&finding.diagnostic)));
        }
        let run = examples::run(&analysis.checked);
        if let Some(failure) = run.failures.first() {
            let file = &files[failure.file];
            panic!("{}:\n{}", file.name, diagnostics::render(&file.text, std::iter::once(&failure.diagnostic)));
        }
        assert!(analysis.checked.skills.len() >= least, "{folder}: {}", analysis.checked.skills.len());
        assert!(run.examples >= analysis.checked.skills.len(), "{folder}: {} examples", run.examples);
        names.extend(analysis.checked.skills.iter().map(|s| s.name.clone()));
    }
    assert!(names.len() >= 60, "{} skills of different names", names.len());
}

#[test]
fn every_skill_says_what_it_is_for_why_it_asserts_and_when_it_is_silent() {
    for (folder, _) in WORLDS {
        let (_, analysis) = world_of(folder);
        for skill in skills(&analysis) {
            let name = &skill.name.text;
            assert!(skill.lead.iter().any(|line| line.starts_with("///")), "{name}: no doc comment");
            let (mut speaks, mut is_silent) = (false, false);
            for member in &skill.members {
                match &member.kind {
                    MemberKind::Assertion(assertion) => {
                        assert!(assertion.because.is_some(), "{name}.{}: no because", assertion.name.text);
                    }
                    MemberKind::Example(example) => {
                        for line in &example.lines {
                            match line.kind {
                                ExampleKind::Expect { negated: false, .. } => speaks = true,
                                ExampleKind::Expect { negated: true, .. } => is_silent = true,
                                _ => {}
                            }
                        }
                    }
                    _ => {}
                }
            }
            assert!(speaks, "{name}: no example in which a rule speaks");
            assert!(is_silent, "{name}: no example in which a rule is silent");
        }
    }
}

#[test]
fn every_assertion_is_seen_to_fail_in_some_example_or_has_a_neighbour_that_is() {
    for (folder, _) in WORLDS {
        let (_, analysis) = world_of(folder);
        for skill in skills(&analysis) {
            let asserts = skill.members.iter().any(|m| matches!(m.kind, MemberKind::Assertion(_)));
            let violated = skill.members.iter().any(|member| match &member.kind {
                MemberKind::Example(example) => {
                    example.lines.iter().any(|line| matches!(line.kind, ExampleKind::ExpectViolated(_)))
                }
                _ => false,
            });
            assert!(violated || !asserts, "{}: no example violates an assertion", skill.name.text);
        }
    }
}

#[test]
fn together_they_use_every_construct() {
    let mut used = BTreeSet::new();
    for (folder, _) in WORLDS {
        let (_, analysis) = world_of(folder);
        used.extend(constructs::written(&analysis.trees));
        used.extend(constructs::captured(&analysis.checked));
    }
    let all: BTreeSet<&str> = constructs::ALL.iter().copied().collect();
    assert_eq!(used.difference(&all).collect::<Vec<_>>(), Vec::<&&str>::new(), "not in the list of constructs");
    assert_eq!(all.difference(&used).collect::<Vec<_>>(), Vec::<&&str>::new(), "used by no skill");
}

#[test]
fn nothing_is_declared_in_vain() {
    for (folder, _) in WORLDS {
        let (_, analysis) = world_of(folder);
        let used = constructs::names_used(&analysis.trees);
        for name in constructs::names_declared(&analysis.trees) {
            assert!(used.contains(&name), "{folder}: nothing uses `{name}`");
        }
    }
}

/// The built-in household speaks ALFWorld's grammar: what its demonstrator does must be compatible with good advice.
#[cfg(feature = "evolve")]
#[test]
fn the_demonstrator_of_the_household_is_never_forbidden_and_violates_nothing() {
    let config = HouseholdConfig { train: 1, seen: 60, unseen: 1, ..HouseholdConfig::default() };
    let world = Household::load(None, config).expect("the built-in tables load");
    let mut env = world.open().expect("a world opens");
    let (_, analysis) = world_of("alfworld");
    let program = Program::of(&analysis.checked, 0);
    let mut session = Session::new(Arc::clone(&program));
    let mut spoke = BTreeSet::new();
    for index in 0..60 {
        let reset = env.reset("seen", index, 0).expect("a task");
        let mut admissible = reset.admissible.clone();
        let mut transcript = reset.first.clone();
        session.start(&reset.task, &reset.first, &admissible);
        while let Some(action) = env.expert().expect("a running episode") {
            let at = admissible.iter().position(|a| *a == action).expect("the demonstrator is admissible");
            for mark in &session.directives().marks {
                let skill = &program.skills()[usize::from(mark.rule.skill)];
                spoke.insert(skill.name.clone());
                let forbidden = mark.action as usize == at && mark.kind == MarkKind::Forbid;
                assert!(!forbidden, "{} forbids `{action}`:\n{transcript}", skill.name);
            }
            let stepped = env.step(&action).expect("an admissible action");
            transcript += &format!("\n> {action}\n{}", stepped.observation);
            admissible = stepped.admissible;
            session.observe(&action, &stepped.observation, &admissible);
        }
        let report = session.finish();
        for (skill, verdicts) in program.skills().iter().zip(&report.verdicts) {
            for (assertion, verdict) in skill.assertions.iter().zip(verdicts) {
                if matches!(verdict, Verdict::Violated { .. }) {
                    println!("{index} {}.{}: {verdict:?}\n{transcript}", skill.name, assertion.name);
                }
            }
        }
    }
    println!("spoke: {spoke:?}");
    assert!(spoke.len() >= 8, "{spoke:?}");
}
