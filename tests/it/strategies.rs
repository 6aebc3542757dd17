//! The household's core strategies, by what banks do: the hand-written skills have those that they are written for.

use std::path::Path;

use reskill::engine::program::Program;
use reskill::lang::check::{SourceFile, check};
use reskill::world::household::strategies::{Strategy, strategies};

const DOMAIN: &str = include_str!("../../skills/household/domain.skill");

/// What a bank of these skills has.
fn found(skills: &[&str]) -> Vec<Strategy> {
    let texts = std::iter::once(&DOMAIN).chain(skills);
    let sources: Vec<SourceFile> = texts.map(|text| SourceFile::new("bank.skill", *text)).collect();
    let analysis = check(&sources);
    assert!(!analysis.has_errors(), "{:?}", analysis.findings);
    strategies(&Program::of(&analysis.checked, 0))
}

fn there(strategies: &[Strategy]) -> Vec<u8> {
    strategies.iter().filter(|strategy| strategy.there).map(|strategy| strategy.number).collect()
}

fn hand_written(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("skills/household/{name}.skill"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The kinds of a strategy that show by themselves.
fn kinds(strategies: &[Strategy], number: u8) -> Vec<&'static str> {
    let strategy = strategies.iter().find(|strategy| strategy.number == number).unwrap();
    strategy.parts.iter().filter(|part| part.there).map(|part| part.kind).collect()
}

#[test]
fn hand_written_skills_have_the_strategies_they_are_written_for() {
    let expected: [(&str, &[u8]); 5] = [
        ("look_everywhere_once", &[1, 2, 3]),
        // One of three changes is not enough for 4 or 5.
        ("heat_then_place", &[]),
        ("carry_to_place", &[5]),
        ("one_at_a_time", &[6]),
        ("light_the_lamp", &[7]),
    ];
    let mut all = Vec::new();
    for (name, numbers) in expected {
        let text = hand_written(name);
        let found = found(&[&text]);
        assert_eq!(there(&found), numbers, "{name}: {found:#?}");
        if name == "heat_then_place" {
            assert_eq!((kinds(&found, 4), kinds(&found, 5)), (vec!["heat"], vec!["heat"]));
        }
        all.push(text);
    }
    let texts: Vec<&str> = all.iter().map(String::as_str).collect();
    let found = found(&texts);
    assert_eq!(there(&found), [1, 2, 3, 5, 6, 7], "{found:#?}");
}

#[test]
fn an_empty_bank_has_none() {
    let found = found(&[]);
    assert_eq!(there(&found), [0u8; 0]);
    assert!(found.iter().flat_map(|s| &s.parts).all(|part| part.above == 0 && part.below == 0));
}

/// Another skill of the same strategy, for all three changes, in other words than the hand-written one.
#[test]
fn it_is_the_marks_that_count_not_the_words() {
    let skill = |task: &str, done: &str, device: &str| {
        format!(
            "skill {task}_it in household {{ for {task}(o, _)
                rule not_yet when holding(x) and x is o and not {done}(x) {{ forbid put(x, _) }}
                rule way when holding(x) and x is o and not {done}(x) {{ prefer go_to(r) where r is \"{device}\" }}
                unverified \"Marks only.\" }}"
        )
    };
    let texts =
        [skill("heat", "hot", "microwave"), skill("cool", "cold", "fridge"), skill("clean", "washed", "sinkbasin")];
    assert_eq!(there(&found(&[&texts[0], &texts[1], &texts[2]])), [4]);
    assert_eq!(there(&found(&[&texts[0], &texts[2]])), [4]);
    assert_eq!(there(&found(&[&texts[0]])), [0u8; 0]);
}

/// A skill that lights the lamp at once has the right marks twice, and the wrong ones once.
#[test]
fn one_scene_the_other_way_round_is_too_many() {
    let hasty = "skill hasty in household { for examine(_, lamp)
        rule now when available use(_) { prefer use(l) where l is lamp }
        unverified \"It is wrong.\" }";
    let found = found(&[hasty]);
    let lamp = &found[6].parts[0];
    assert_eq!((lamp.above, lamp.below, lamp.there), (2, 1, false));
}

#[cfg(feature = "cli")]
#[test]
fn the_command_tells_a_table_and_json() {
    use super::cli::{code, reskill, text};
    let output = reskill(&["strategies", "skills/household", "skills/household/carry_to_place.skill"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    insta::assert_snapshot!(text(&output.stdout));
    let output = reskill(&["strategies", "skills/household", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&json[0]["there"], &json[0]["strategies"][3]["parts"][1]["kind"]), (&6.into(), &"cool".into()));
}
