//! ALFWorld's game files: what is written is read as the same task, games with more in them than drawn ones are understood,
//! and what is wrong is told with its place.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use reskill::world::household::{Household, HouseholdConfig};
use reskill::world::{World, WorldError};
use serde_json::json;

use crate::crowded::{CROWDED, crowded};

fn put(folder: &Path, name: &str, game: &str) {
    let place = folder.join(name);
    fs::create_dir_all(&place).expect("created");
    fs::write(place.join("game.tw-pddl"), game).expect("written");
}

fn read(folder: &Path) -> Result<Household, WorldError> {
    Household::load(None, HouseholdConfig { games: Some(folder.to_owned()), ..HouseholdConfig::default() })
}

/// What is wrong with a game.
fn fault(game: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "train/one", game);
    let error = read(folder.path()).expect_err("the game is wrong").to_string();
    assert!(error.contains("game.tw-pddl"), "no file in {error}");
    error
}

#[test]
fn what_is_written_is_read_as_the_same_task() {
    let drawn = Household::load(None, HouseholdConfig { seed: 3, ..HouseholdConfig::default() }).expect("loads");
    let folder = tempfile::tempdir().expect("a temporary folder");
    for split in ["train", "seen", "unseen"] {
        for index in 0..40 {
            let files = drawn.game_files(split, index, None).expect("a drawn task");
            put(folder.path(), &format!("{split}/{index:04}"), &files.game);
        }
    }
    let games = read(folder.path()).expect("reads what was written");
    assert_eq!(games.info().splits.iter().map(|split| split.size).collect::<Vec<_>>(), [40, 40, 40]);
    let (mut a, mut b) = (drawn.open().unwrap(), games.open().unwrap());
    for split in ["train", "seen", "unseen"] {
        for index in 0..40 {
            let (ours, theirs) = (drawn.facts(split, index).unwrap(), games.facts(split, index).unwrap());
            assert_eq!(
                (&ours.goal, &ours.receptacles, &ours.placement),
                (&theirs.goal, &theirs.receptacles, &theirs.placement)
            );
            let (first, second) = (a.reset(split, index, 0).unwrap(), b.reset(split, index, 0).unwrap());
            assert_eq!(second.task_id, format!("{split}/{index:04}"));
            assert_eq!((&first.kind, &first.task, &first.first), (&second.kind, &second.task, &second.first));
            let mut admissible = first.admissible;
            for step in 0.. {
                let action = match a.expert().unwrap() {
                    Some(action) if step % 3 > 0 => action,
                    _ => admissible[(step * 31 + index) % admissible.len()].clone(),
                };
                let (one, other) = (a.step(&action).unwrap(), b.step(&action).unwrap());
                assert_eq!(one, other, "{split}/{index} > {action}");
                if one.done {
                    break;
                }
                admissible = one.admissible;
            }
        }
    }
    // The hash is that of the games, wherever they lie.
    assert_eq!(games.info().hash, read(folder.path()).unwrap().info().hash);
    put(folder.path(), "train/more", &crowded());
    assert_ne!(games.info().hash, read(folder.path()).unwrap().info().hash);
}

#[test]
fn a_walkthrough_solves_its_game() {
    let world = Household::load(None, HouseholdConfig::default()).expect("loads");
    let mut env = world.open().unwrap();
    for index in 0..40 {
        let files = world.game_files("unseen", index, None).unwrap();
        let game: serde_json::Value = serde_json::from_str(&files.game).expect("JSON");
        assert_eq!(game["solvable"], true);
        env.reset("unseen", index, 0).unwrap();
        let actions = game["walkthrough"].as_array().expect("a list");
        let last = actions.iter().map(|action| env.step(action.as_str().unwrap()).unwrap()).last();
        assert!(last.is_some_and(|stepped| stepped.won), "{index}");
    }
}

#[test]
fn receptacles_at_one_spot_are_faced_together() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "valid_seen/a/b", &crowded());
    let world = read(folder.path()).expect("a game of ALFWorld's kind");
    let mut env = world.open().unwrap();
    let reset = env.reset("seen", 0, 0).unwrap();
    assert_eq!((reset.task_id.as_str(), reset.kind.as_str()), ("seen/a/b", "pick_cool_then_place"));
    assert!(
        reset
            .first
            .contains("you see a cabinet 3, a cabinet 2, a cabinet 1, a coffeemachine 1, a countertop 1, a fridge 1,")
    );
    let mut say = |action: &str| {
        let stepped = env.step(action).unwrap();
        (stepped.observation, stepped.admissible)
    };
    let (text, admissible) = say("go to coffeemachine 1");
    assert_eq!(text, "You arrive at coffeemachine 1. On the coffeemachine 1, you see a mug 1.");
    let at_hand: Vec<&str> = admissible.iter().map(String::as_str).filter(|a| a.contains("countertop")).collect();
    assert_eq!(
        at_hand,
        [
            "examine countertop 1",
            "take bread 1 from countertop 1",
            "take knife 1 from countertop 1",
            "take mug 1 from countertop 1"
        ]
    );
    say("take mug 1 from coffeemachine 1");
    let (text, _) = say("look");
    assert_eq!(text, "You are facing the coffeemachine 1, and countertop 1. Next to it, you see nothing.");
    assert_eq!(say("examine countertop 1").0, "On the countertop 1, you see a bread 1, a knife 1, and a mug 1.");
    say("move mug 1 to countertop 1");
    assert_eq!(say("look").0, "You are facing the coffeemachine 1, and countertop 1. Next to it, you see a mug 1.");
    let (text, _) = say("go to cabinet 1");
    assert_eq!(text, "You arrive at cabinet 1. The cabinet 1 is closed.");
    assert_eq!(say("examine cabinet 3").0, "On the cabinet 3, you see nothing.");
    say("take pan 1 from stoveburner 1");
    assert_eq!(say("examine pan 1").0, "This is a normal pan 1. In it, you see a plate 1.");
}

#[test]
fn the_demonstrator_solves_a_game_of_alfworlds_kind() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "train/one", &crowded());
    let mut env = read(folder.path()).unwrap().open().unwrap();
    env.reset("train", 0, 0).unwrap();
    while let Some(action) = env.expert().unwrap() {
        let stepped = env.step(&action).unwrap();
        assert_ne!(stepped.observation, "Nothing happens.", "{action}");
        if stepped.won {
            return;
        }
    }
    panic!("not solved");
}

#[test]
fn what_is_wrong_is_told_with_file_and_line() {
    let problem = |change: &dyn Fn(&str) -> String| {
        fault(&json!({"pddl_problem": change(CROWDED), "task": "cool some mug and put it in sinkbasin."}).to_string())
    };
    let line = |of: &str| format!("line {}", CROWDED.lines().position(|line| line.contains(of)).expect("a line") + 1);
    assert!(fault("{\"pddl_problem\": \"(define").contains("EOF while parsing"));
    assert!(fault("{}").contains("missing field `pddl_problem`"));
    assert!(fault(&json!({"pddl_problem": CROWDED}).to_string()).contains("expected the task sentence"));
    let open = problem(&|text| text.trim_end().trim_end_matches(')').to_owned());
    assert!(open.contains("is still open"), "{open}");
    let unknown = problem(&|text| text.replace("MugType)", "TeapotType)").replace("MugType ", "TeapotType "));
    assert!(unknown.contains("`teapot` is no kind of object that the household knows"), "{unknown}");
    assert!(unknown.contains(&line("(objectType Mug_bar__minus")), "{unknown}");
    let hot =
        problem(&|text| text.replace("(atLocation", "(isHot Mug_bar__minus_01_dot_20_bar__plus_01_dot_63)(atLocation"));
    assert!(hot.contains("begins with `ishot`"), "{hot}");
    let able = problem(&|text| text.replace("(heatable Bread_bar__plus_01_dot_62_bar__plus_00_dot_98)", ""));
    assert!(able.contains("a bread is `heatable` in the household's tables"), "{able}");
    let room = problem(&|text| text.replace("(canContain StoveBurnerType PanType)", ""));
    assert!(room.contains("a stoveburner accepts a pan"), "{room}");
    let begin = problem(&|text| text.replace("agent1 loc_bar_0_bar_7", "agent1 loc_bar_1_bar_1"));
    assert!(begin.contains("the agent begins at a receptacle"), "{begin}");
    let two = problem(&|text| {
        let rest = "CoffeeMachine_bar__plus_00_dot_50_bar__plus_00_dot_90 loc_bar_2_bar__minus_3";
        text.replace(rest, "CoffeeMachine_bar__plus_00_dot_50_bar__plus_00_dot_90 loc_bar_1_bar_1")
    });
    assert!(two.contains("is at two places at once"), "{two}");
    let apart = problem(&|text| {
        let fact = "(objectAtLocation Bread_bar__plus_01_dot_62_bar__plus_00_dot_98 loc_bar_2_bar__minus_3)";
        text.replace(fact, "")
    });
    assert!(apart.contains("is not at the location of a receptacle"), "{apart}");
    let goal = problem(&|text| text.replace("(isCool ?o)", "(isSliced ?o)"));
    assert!(goal.contains("a part of the goal") && goal.contains(&line("(isCool ?o)")), "{goal}");
    let other = problem(&|text| text.replace("(isCool ?o)", "(isCool ?o) (isHot ?o)"));
    assert!(other.contains("none of the six"), "{other}");
    let stray = problem(&|text| text.replace("(openable Fridge", "(openable Freezer"));
    assert!(stray.contains(&line("(openable Fridge")), "{stray}");
    let deep = problem(&|_| "(".repeat(100_000));
    assert!(deep.contains("brackets deep"), "{deep}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let none = read(folder.path()).expect_err("no games").to_string();
    assert!(none.contains("expected game.tw-pddl files in its folders"), "{none}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    /// Damage anywhere is an error or another game, never a crash; and a game that is read can be played.
    #[test]
    fn a_damaged_game_never_panics(at in 0..CROWDED.len(), cut in 0..40usize, put_in in "[()a-z _?-]{0,6}", step in 0..7usize) {
        prop_assume!(CROWDED.is_char_boundary(at));
        let end = (at + cut).min(CROWDED.len());
        let text = format!("{}{put_in}{}", &CROWDED[..at], &CROWDED[end..]);
        let folder = tempfile::tempdir().expect("a temporary folder");
        put(folder.path(), "train/one", &json!({"pddl_problem": text, "task": "x"}).to_string());
        if let Ok(world) = read(folder.path()) {
            let mut env = world.open().unwrap();
            let mut admissible = env.reset("train", 0, 0).unwrap().admissible;
            for turn in 0..30 {
                env.expert().unwrap();
                let stepped = env.step(&admissible[(turn * 13 + step) % admissible.len()]).unwrap();
                if stepped.done {
                    break;
                }
                admissible = stepped.admissible;
            }
        }
    }
}
