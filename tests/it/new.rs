//! First drafts: from flags, and from recorded episodes.

use std::fs;
use std::path::Path;

use reskill::episode::Trajectory;
use reskill::lang::check::{SourceFile, check};
use reskill::propose::{Proposal, ProposeError, propose};

use crate::cli::{code, reskill, text};

fn episodes(name: &str) -> Vec<Trajectory> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let text = fs::read_to_string(path).expect("the file is there");
    text.lines().map(|line| serde_json::from_str(line).expect("an episode")).collect()
}

/// Without an error, and with at least 90 % of the actions matched.
fn is_good(proposal: &Proposal) {
    let analysis = check(&[SourceFile::new("domain.skill", proposal.text.as_str())]);
    let errors: Vec<_> = analysis.errors().map(|f| &f.diagnostic.message).collect();
    assert!(errors.is_empty(), "{errors:?}\n{}", proposal.text);
    let Proposal { actions, matched, unmatched, .. } = proposal;
    assert!(matched * 10 >= actions * 9, "{matched} of {actions}; not {unmatched:?}\n{}", proposal.text);
}

#[test]
fn a_cooking_game_is_read_from_its_episodes() {
    let proposal = propose("cooking", &episodes("textworld.jsonl")).expect("a proposal");
    is_good(&proposal);
    insta::assert_snapshot!("textworld", proposal.text);
}

#[test]
fn text_that_is_typed_is_words_and_numbers_are_numbers() {
    let episode = |query: &str, page: u32| {
        serde_json::json!({"task": format!("find {query}"), "first": "A shop.", "steps": [
            {"action": format!("search[{query}]"), "observation": format!("Page {page} of 9.")},
            {"action": format!("page {page}"), "observation": "You see it."},
            {"action": "buy now", "observation": "Thank you."},
        ]})
    };
    let queries = ["red shoes", "a blue hat (large)", "tea", "green socks for men"];
    let episodes: Vec<Trajectory> = queries
        .iter()
        .zip(1..)
        .map(|(query, page)| serde_json::from_value(episode(query, page)).expect("an episode"))
        .collect();
    let proposal = propose("shop", &episodes).expect("a proposal");
    is_good(&proposal);
    insta::assert_snapshot!("shop", proposal.text);
}

#[test]
fn hostile_episodes_are_proposed_from_or_refused() {
    assert!(matches!(propose("d", &[]), Err(ProposeError::NoActions)));
    for (action, observation) in
        [("{x} {{", "}{ {a|b}"), ("\"\\n\"", "\n\n"), ("when", "rule"), ("é ü ß", "…"), ("1 2 3", "4"), ("/ /", "[]")]
    {
        let step = serde_json::json!({"action": action, "observation": observation, "admissible": [action, "go x", "go y", "go {z}"]});
        let episode = serde_json::json!({"task": observation, "steps": [step.clone(), step.clone(), step]});
        let episodes: Vec<Trajectory> = vec![serde_json::from_value(episode).expect("an episode"); 3];
        let proposal = propose("d", &episodes).unwrap_or_else(|error| panic!("{action}: {error}"));
        let analysis = check(&[SourceFile::new("d", proposal.text.as_str())]);
        assert!(!analysis.has_errors(), "{action}: {}", proposal.text);
    }
}

#[cfg(feature = "evolve")]
mod household {
    use super::*;
    use reskill::episode::Step;
    use reskill::world::World;
    use reskill::world::household::{Household, HouseholdConfig};

    /// The demonstrator's episodes; now and then it tries what cannot be, or undoes what it did.
    fn record(tasks: usize) -> Vec<Trajectory> {
        let world = Household::load(None, HouseholdConfig::default()).expect("the built-in tables load");
        let mut env = world.open().expect("it opens");
        let episode = |index: usize| {
            let reset = env.reset("train", index, 0).expect("a task");
            let mut episode = Trajectory { task: reset.task, first: reset.first, ..Trajectory::default() };
            let mut admissible = reset.admissible;
            while let Some(wanted) = env.expert().expect("an answer") {
                let step = episode.steps.len();
                let inverse =
                    admissible.iter().find(|action| action.starts_with("move ") || action.starts_with("close "));
                let action = match step % 5 {
                    1 => "take moon 1 from sky 1".to_owned(),
                    2 => "open sky 1".to_owned(),
                    3 => inverse.cloned().unwrap_or(wanted),
                    _ => wanted,
                };
                let stepped = env.step(&action).expect("an answer");
                let observation = stepped.observation;
                episode.steps.push(Step { admissible, action, observation, reward: 0.0 });
                admissible = stepped.admissible;
                if stepped.done {
                    break;
                }
            }
            episode
        };
        (0..tasks).map(episode).collect()
    }

    #[test]
    fn a_household_is_read_from_its_episodes() {
        let proposal = propose("household", &record(12)).expect("a proposal");
        is_good(&proposal);
        insta::assert_snapshot!("household", proposal.text);
    }
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let dir = folder.to_str().expect("UTF-8");
    let output = reskill(&[&["new"], arguments, &["--dir", dir]].concat());
    (code(&output), (text(&output.stdout) + &text(&output.stderr)).replace(dir, "DIR"))
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn a_domain_is_written_from_flags() {
    let folder = folder();
    let (status, shown) = run(
        folder.path(),
        &[
            "domain",
            "garden",
            "--task",
            "water the {plant}",
            "--action",
            "water {x} with {y}",
            "--action",
            "wait {n: number} hours",
            "--observation",
            "The {x} is {state: word}.",
            "--fails",
            "Nothing happens.",
        ],
    );
    assert_eq!(status, 0, "{shown}");
    insta::assert_snapshot!("garden", fs::read_to_string(folder.path().join("domain.skill")).expect("written"));
    let (status, shown) = run(folder.path(), &["domain", "garden"]);
    assert_eq!((status, shown.contains("DIR/domain.skill is there already")), (2, true), "{shown}");
    assert_eq!(run(folder.path(), &["domain", "garden", "--force"]).0, 0);
    let empty = fs::read_to_string(folder.path().join("domain.skill")).expect("written");
    assert!(empty.starts_with("/// What can happen") && empty.contains("// event take(x: item)"), "{empty}");
    assert_eq!(code(&reskill(&["check", folder.path().to_str().expect("UTF-8")])), 0);
}

#[test]
fn a_skill_is_written_from_flags() {
    let folder = folder();
    let (status, shown) = run(folder.path(), &["skill", "wash"]);
    assert_eq!((status, shown.contains("no domain in DIR")), (2, true), "{shown}");
    let domain = concat!(env!("CARGO_MANIFEST_DIR"), "/skills/household/domain.skill");
    fs::copy(domain, folder.path().join("domain.skill")).expect("copied");
    let (status, shown) = run(folder.path(), &["skill", "warm", "--domain", "household", "--for", "heat"]);
    assert_eq!(status, 0, "{shown}");
    insta::assert_snapshot!("warm", fs::read_to_string(folder.path().join("warm.skill")).expect("written"));
    insta::assert_snapshot!("still_to_do", shown);
    let said = ["skill", "put_it", "--when", "holding(x) and not hot(x)", "--advise", "Heat the {x}."];
    let (status, shown) = run(folder.path(), &said);
    assert_eq!(status, 0, "{shown}");
    let written = fs::read_to_string(folder.path().join("put_it.skill")).expect("written");
    assert!(
        written.contains("rule speak when holding(x) and not hot(x) {\n        advise \"Heat the {x}.\""),
        "{written}"
    );
    // What would not check is not written.
    for (arguments, part) in [
        (["skill", "a", "--for", "het"], "did you mean `heat`?"),
        (["skill", "b", "--when", "holding(x and"], "nothing was written"),
        (["skill", "c", "--domain", "garden"], "no domain `garden` in DIR: it has household"),
        (["skill", "when", "--for", "heat"], "`when_skill` is one"),
    ] {
        let (status, shown) = run(folder.path(), &arguments);
        assert_eq!((status, shown.contains(part)), (2, true), "{arguments:?}: {shown}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 3);
}

#[test]
fn nobody_is_asked_without_a_terminal() {
    let folder = folder();
    for what in ["domain", "skill"] {
        let (status, shown) = run(folder.path(), &[what]);
        assert_eq!((status, shown.contains(&format!("reskill new {what} NAME"))), (2, true), "{shown}");
    }
}

#[test]
fn a_domain_is_proposed_by_the_command() {
    let folder = folder();
    let (status, shown) = run(folder.path(), &["domain", "cooking", "--from", "tests/data/textworld.jsonl"]);
    assert_eq!((status, shown.contains("different actions (100%)")), (0, true), "{shown}");
    fs::write(folder.path().join("broken.jsonl"), "{\"steps\": 7}\n").expect("written");
    let broken = folder.path().join("broken.jsonl");
    let (status, shown) = run(folder.path(), &["domain", "d", "--force", "--from", broken.to_str().expect("UTF-8")]);
    assert_eq!((status, shown.contains("line 1: not an episode")), (2, true), "{shown}");
}
