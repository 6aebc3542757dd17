//! `reskill diagnose`: a small run of the household, its episodes played half by an expert and half at random, under skills that are
//! partly of use.

use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reskill::bank::evidence::Arm;
use reskill::bank::journal::Journal;
use reskill::bank::record::{Event, JOURNAL_FORMAT, Record, VersionName};
use reskill::bank::version::{Origin, SkillFile, Version};
use reskill::bank::version_test::VersionTestConfig;
use reskill::creator::CreatorConfig;
use reskill::creator::diagnose::{NoDiagnosis, Told, diagnose};
use reskill::creator::gate::{Verdict, gate};
use reskill::creator::reservoir::{Experience, Reservoir, SameTask};
use reskill::episode::{Step, Trajectory};
use reskill::lang::check::{SourceFile, check};
use reskill::world::World;
use reskill::world::household::{Household, HouseholdConfig};

use super::cli::{code, reskill, text};

/// Asserts what has nothing to do with success, and what everybody knows.
const LOOK: &str = "skill look_about in household {
    for delivery(object, place)
    rule look when here(r) and place_of(x, r) and x is object and not holding(_) {
        advise \"Take the {x}.\"
        prefer take(x, r)
    }
    rule stay when here(r) and not holding(_) { avoid go_to(v) where visited(v) }
    // Many steps are what failures have: the other way round.
    assert long: finally step >= 18
    assert placed: whenever put(x, r) and x is object then r is place
    example taken {
        task \"put a mug in shelf.\"
        action \"go to desk 1\"
        observation \"You arrive at desk 1. On the desk 1, you see a mug 1.\"
        expect look
        expect violated long
    }
}
";

fn bank() -> Vec<SkillFile> {
    let domain = include_str!("../../skills/household/domain.skill").to_owned();
    let heat = include_str!("../../skills/household/heat_then_place.skill").to_owned();
    let file = |name: &str, text: &str| SkillFile { name: format!("{name}.skill"), text: text.to_owned() };
    vec![file("domain", &domain), file("heat_then_place", &heat), file("look_about", LOOK)]
}

fn episode(world: &Household, index: usize, skill: f64, version: &str, rng: &mut ChaCha8Rng) -> Trajectory {
    let mut env = world.open().unwrap();
    let reset = env.reset("train", index, 0).unwrap();
    let mut trajectory = Trajectory {
        task_id: reset.task_id,
        task: reset.task,
        first: reset.first,
        version: version.to_owned(),
        ..Trajectory::default()
    };
    let mut admissible = reset.admissible;
    loop {
        let action = match env.expert().unwrap() {
            Some(action) if rng.random::<f64>() < skill => action,
            _ => admissible[rng.random_range(0..admissible.len())].clone(),
        };
        let stepped = env.step(&action).unwrap();
        let observation = stepped.observation;
        trajectory.steps.push(Step { admissible, action, observation, reward: stepped.reward });
        admissible = stepped.admissible;
        if stepped.done {
            (trajectory.done, trajectory.won, trajectory.score) = (true, stepped.won, stepped.score);
            return trajectory;
        }
    }
}

/// Two hundred episodes from four rollouts of each task: some know what they do, some do not.
fn reservoir(version: &str) -> Reservoir {
    let world =
        Household::load(None, HouseholdConfig { size: 0.5, horizon: 30, ..HouseholdConfig::default() }).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut reservoir = Reservoir::new(200, SameTask::Id);
    for index in 0..80 {
        for rollout in 0..4 {
            let arm = if rollout < 2 { Arm::Incumbent } else { Arm::Challenger };
            let skill = if rollout % 2 == 0 { 0.85 } else { 0.35 };
            let trajectory = episode(&world, index, skill, version, &mut rng);
            reservoir.insert(Experience {
                step: index as u64,
                arm,
                success: trajectory.won,
                chances: Vec::new(),
                trajectory,
            });
        }
    }
    reservoir
}

/// A run with this bank and these episodes, as the trainer leaves it.
fn run(folder: &Path) {
    let version = Version::new(1, None, Origin::Seed, bank()).unwrap();
    version.save(&folder.join("bank")).unwrap();
    let incumbent = VersionName { number: 1, hash: version.hash().to_owned() };
    let version_test = VersionTestConfig::default();
    let event = Event::Started { format: JOURNAL_FORMAT, seed: 1, version_test, incumbent };
    Journal::begin(&folder.join("journal.jsonl"), &Record { step: 0, event }).unwrap().sync().unwrap();
    reservoir(&version.label()).save(&folder.join("checkpoints/step-20/reservoir")).unwrap();
    // An older one, which does not count.
    Reservoir::new(200, SameTask::Id).save(&folder.join("checkpoints/step-9/reservoir")).unwrap();
}

#[test]
fn a_run_is_diagnosed_on_a_page() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path());
    let path = folder.path().to_str().unwrap();
    let output = reskill(&["diagnose", path]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let page = text(&output.stdout).replace(path, "RUN");
    let wide: Vec<&str> = page.lines().filter(|line| line.chars().count() > 100).collect();
    insta::assert_snapshot!(page);
    assert!(wide.iter().all(|line| line.starts_with("    ")), "only the language's own lines may be long: {wide:?}");
    let output = reskill(&["diagnose", path, "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json["step"], &json["assertions"][2]["assertion"]), (&20.into(), &"long".into()));
}

#[test]
fn what_it_proposes_checks_and_passes_the_gate() {
    let (bank, reservoir) = (bank(), reservoir(""));
    let config = CreatorConfig::default();
    let found = diagnose(&bank, &reservoir, &Default::default(), &config).unwrap();
    let told: Vec<(&str, Told)> = found.assertions.iter().map(|a| (a.grade.assertion.as_str(), a.told)).collect();
    assert!(told.contains(&("long", Told::Retire)), "{told:?}");
    let patch = found.retirement.patch.clone().unwrap();
    let Verdict::Accepted { files, .. } = gate(&patch, &bank, &reservoir, &[], &config) else {
        panic!("the gate refuses {patch}")
    };
    let after = diagnose(&files, &reservoir, &Default::default(), &config).unwrap();
    assert_eq!(after.assertions.len(), found.assertions.len() - 1);
    assert_eq!(after.retirement.patch, None);
    assert!(!found.proposed.is_empty() && found.proposed.len() <= 5, "{:?}", found.proposed);
    for proposed in &found.proposed {
        assert!(proposed.found.lift.low > 0.0 && proposed.confirmed.lift.low > 0.0);
        let skill = format!("skill s in household {{ for {} {} }}", proposed.task, proposed.assertion);
        let sources = [SourceFile::new("domain.skill", &*bank[0].text), SourceFile::new("s.skill", skill)];
        let analysis = check(&sources);
        assert!(!analysis.has_errors(), "{}: {:?}", proposed.assertion, analysis.findings);
        if let Some(patch) = &proposed.patch {
            assert!(matches!(gate(patch, &bank, &reservoir, &[], &config), Verdict::Accepted { .. }), "{patch}");
        }
    }
    // The same arguments give the same diagnosis.
    assert_eq!(diagnose(&bank, &reservoir, &Default::default(), &config).unwrap(), found);
    // A diagnosis comes back from JSON.
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<reskill::creator::diagnose::Diagnosis>(&json).unwrap(), found);
}

#[test]
fn rules_are_followed_or_not_and_help_or_not() {
    let version = Version::new(1, None, Origin::Seed, bank()).unwrap();
    let (files, reservoir) = (version.files().to_vec(), reservoir(&version.label()));
    let mut served = std::collections::BTreeMap::from([(version.label(), files.clone())]);
    let found = diagnose(&files, &reservoir, &served, &CreatorConfig::default()).unwrap();
    let rule = found.rules.iter().find(|rule| rule.rule == "look").unwrap();
    assert!(rule.followed < rule.weighed && rule.weighed <= rule.decisions && rule.episodes <= rule.decisions);
    assert_eq!(rule.served, Some(rule.episodes));
    assert!(rule.helped.unwrap().within_tasks.is_some_and(|tasks| tasks >= 5), "{rule:?}");
    // Under another version the rule was not what it is now.
    served.values_mut().flatten().for_each(|file| file.text.push('\n'));
    let found = diagnose(&files, &reservoir, &served, &CreatorConfig::default()).unwrap();
    assert!(found.rules.iter().all(|rule| rule.served == Some(0)));
}

#[test]
fn what_cannot_be_diagnosed_is_told() {
    let empty = Reservoir::new(10, SameTask::Id);
    let config = CreatorConfig::default();
    assert_eq!(diagnose(&bank(), &empty, &Default::default(), &config), Err(NoDiagnosis::Empty));
    let mut one = Reservoir::new(10, SameTask::Id);
    let trajectory = Trajectory { task: "sing a song".to_owned(), ..Trajectory::default() };
    one.insert(Experience { step: 0, arm: Arm::Incumbent, success: false, chances: Vec::new(), trajectory });
    let broken = vec![SkillFile { name: "domain.skill".to_owned(), text: "domain d {\n    event e(\n}\n".to_owned() }];
    let error = diagnose(&broken, &one, &Default::default(), &config).unwrap_err().to_string();
    assert!(error.contains("domain.skill:") && !error.contains("--domain"), "{error}");
    let told = diagnose(&[], &one, &Default::default(), &config).unwrap_err().to_string();
    assert!(told.starts_with("the files declare no domain") && told.contains("--domain"), "{told}");
    // An episode without a step, of a task that nobody knows, under a bank without a skill.
    let found = diagnose(&bank()[..1], &one, &Default::default(), &config).unwrap();
    assert!(found.assertions.is_empty() && found.rules.is_empty() && found.proposed.is_empty());
    reskill::creator::diagnose::words::told(&found);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let output = reskill(&["diagnose", path]);
    assert_eq!((code(&output), text(&output.stderr).contains("no run is there")), (2, true));
    run(folder.path());
    std::fs::remove_dir_all(folder.path().join("checkpoints")).unwrap();
    let output = reskill(&["diagnose", path]);
    assert_eq!((code(&output), text(&output.stderr).contains("no checkpoint")), (2, true));
}
