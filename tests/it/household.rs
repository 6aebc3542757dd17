//! The household world: its tasks, its texts word for word, its demonstrator and its data files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use reskill::world::household::{GoalNames, Household, HouseholdConfig, SUCCESS_REWARD, TaskFacts};
use reskill::world::{Env, Reset, World, WorldError};

const TASK_KINDS: [&str; 6] = [
    "look_at_obj_in_light",
    "pick_and_place_simple",
    "pick_clean_then_place",
    "pick_cool_then_place",
    "pick_heat_then_place",
    "pick_two_obj_and_place",
];

fn household(config: HouseholdConfig) -> Household {
    Household::load(None, config).expect("the built-in tables load")
}

fn thousand() -> HouseholdConfig {
    HouseholdConfig { train: 1000, seen: 1000, unseen: 1000, ..HouseholdConfig::default() }
}

/// Plays the demonstrator to the end; answers the transcript lines, the number of actions and whether it won.
fn demonstrate(env: &mut dyn Env, reset: &Reset) -> (String, usize, bool) {
    let mut admissible = reset.admissible.clone();
    let mut transcript = reset.first.clone();
    for steps in 1.. {
        let action = env.expert().unwrap().expect("a running episode has a next action");
        assert!(admissible.contains(&action), "{}: `{action}` is not admissible", reset.task_id);
        let stepped = env.step(&action).unwrap();
        assert_ne!(stepped.observation, "Nothing happens.", "{}: {action}", reset.task_id);
        transcript += &format!("\n> {action}\n{}", stepped.observation);
        if stepped.done {
            let reward = if stepped.won { SUCCESS_REWARD } else { 0.0 };
            assert_eq!((stepped.reward, stepped.score), (reward, f64::from(u8::from(stepped.won))));
            assert_eq!(env.expert().unwrap(), None);
            return (transcript, steps, stepped.won);
        }
        assert_eq!((stepped.reward, stepped.won, stepped.score), (0.0, false, 0.0));
        admissible = stepped.admissible;
    }
    unreachable!("an episode ends at the horizon")
}

#[test]
fn the_demonstrator_solves_a_thousand_tasks_of_every_split() {
    for (seed, horizon) in [(0, 50), (7, 50), (7, 30)] {
        let world = household(HouseholdConfig { seed, horizon, ..thousand() });
        let mut env = world.open().unwrap();
        for split in ["train", "seen", "unseen"] {
            let (mut longest, mut total) = (0, 0);
            for index in 0..1000 {
                let reset = env.reset(split, index, 0).unwrap();
                assert!(reset.first.ends_with(&format!("Your task is to: {}", reset.task)));
                let (transcript, steps, won) = demonstrate(&mut *env, &reset);
                assert!(won, "{transcript}");
                longest = longest.max(steps);
                total += steps;
            }
            println!("seed {seed}, {split}: mean {} actions, longest {longest}", total as f64 / 1000.0);
        }
    }
}

#[test]
fn the_demonstrator_recovers_from_wandering() {
    let world = household(HouseholdConfig { horizon: 120, ..thousand() });
    let mut env = world.open().unwrap();
    for index in 0..300 {
        let reset = env.reset("train", index, 0).unwrap();
        let mut admissible = reset.admissible.clone();
        let mut ended = false;
        for step in 0..40 {
            let stepped = env.step(&admissible[(index * 31 + step * 17) % admissible.len()]).unwrap();
            ended = stepped.done;
            if ended {
                break;
            }
            admissible = stepped.admissible;
        }
        if !ended {
            let (transcript, _, won) = demonstrate(&mut *env, &Reset { admissible, ..reset });
            assert!(won, "{transcript}");
        }
    }
}

#[test]
fn one_demonstration_of_every_kind_reads_like_the_original() {
    let world = household(HouseholdConfig::default());
    let mut env = world.open().unwrap();
    for kind in TASK_KINDS {
        let index = (0..200).find(|&i| env.reset("train", i, 0).unwrap().kind == kind).expect("a task of the kind");
        let reset = env.reset("train", index, 0).unwrap();
        let (transcript, ..) = demonstrate(&mut *env, &reset);
        insta::assert_snapshot!(kind, transcript);
    }
}

/// Walks to receptacles until one satisfies; answers its text.
fn walk(env: &mut dyn Env, reset: &Reset, is: impl Fn(&str) -> bool) -> Option<(String, Vec<String>)> {
    for action in reset.admissible.iter().filter(|a| a.starts_with("go to ")) {
        let stepped = env.step(action).unwrap();
        if is(&stepped.observation) {
            return Some((action.replace("go to ", ""), stepped.admissible));
        }
    }
    None
}

#[test]
fn looking_around_reads_like_the_original() {
    let world = household(HouseholdConfig { horizon: 500, ..HouseholdConfig::default() });
    let mut env = world.open().unwrap();
    let index = (0..200).find(|&i| env.reset("train", i, 0).unwrap().kind == "pick_heat_then_place").unwrap();
    let reset = env.reset("train", index, 0).unwrap();
    let mut transcript = format!("{}\n{}", reset.first, reset.admissible.join("\n"));
    let mut play = |env: &mut dyn Env, actions: &[&str]| {
        let mut last = Vec::new();
        for action in actions {
            let stepped = env.step(action).unwrap();
            transcript += &format!("\n> {action}\n{}", stepped.observation);
            last = stepped.admissible;
        }
        transcript += &format!("\n[{}]", last.join("|"));
        last
    };
    play(&mut *env, &["look", "inventory", "help", "examine fridge 1", "open fridge 1", "Look", " look "]);
    play(&mut *env, &["go to fridge 1", "go to fridge 1", "look", "examine fridge 1", "close fridge 1"]);
    play(&mut *env, &["open fridge 1", "open fridge 1", "examine fridge 1"]);
    play(&mut *env, &["close fridge 1", "go to countertop 1"]);
    // Something that can be heated, cleaned and cooled, and a thing that cannot.
    let food =
        walk(&mut *env, &reset, |t| t.contains("a apple ") || t.contains("a tomato ") || t.contains("a potato "));
    let (_, admissible) = food.expect("food in a kitchen");
    let edible = |a: &&String| ["take apple", "take tomato", "take potato"].iter().any(|t| a.starts_with(t));
    let take = admissible.iter().find(edible).expect("it can be taken").clone();
    let name = take.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" ");
    let on = |verb: &str, at: &str| format!("{verb} {name} {} {at}", if verb == "move" { "to" } else { "with" });
    play(&mut *env, &[&take, &take, "inventory", &format!("examine {name}"), &on("heat", "microwave 1")]);
    play(&mut *env, &["go to microwave 1", &on("heat", "microwave 1"), &format!("examine {name}")]);
    play(&mut *env, &["go to sinkbasin 1", &on("clean", "sinkbasin 1"), &format!("examine {name}")]);
    play(&mut *env, &["go to fridge 1", &on("cool", "fridge 1"), &format!("examine {name}"), &on("move", "fridge 1")]);
    play(&mut *env, &["open fridge 1", &format!("put {name} in/on fridge 1"), &on("move", "fridge 1")]);
    insta::assert_snapshot!("looking_around", transcript);
}

#[test]
fn knives_slice_and_vessels_are_empty() {
    let world = household(HouseholdConfig { horizon: 500, ..thousand() });
    let mut env = world.open().unwrap();
    // A knife, a loaf on a surface that takes both, a plate, and a goal that has to do with none of them.
    let facts = task_like(&world, &mut *env, |f| {
        let surface = |at: &str| at.starts_with("countertop") || at.starts_with("diningtable");
        let on_surface = |name: &str| f.placement.iter().any(|p| p.0 == name && surface(&p.1));
        f.room == "kitchen"
            && on_surface("bread 1")
            && ["knife 1", "plate 1"].iter().all(|n| f.placement.iter().any(|p| p.0 == *n))
            && !["bread", "knife", "plate"].contains(&f.goal.object.as_str())
    });
    let at = |name: &str| facts.placement.iter().find(|p| p.0 == name).unwrap().1.clone();
    let mut say = |action: &str| env.step(action).unwrap().observation;
    let bread = at("bread 1");
    assert_eq!(say(&format!("go to {bread}")).split(". ").next().unwrap(), format!("You arrive at {bread}"));
    assert_eq!(say("slice bread 1 with knife 1"), "Nothing happens.");
    fetch(&mut *env, "knife 1", &at("knife 1"));
    let mut say = |action: &str| env.step(action).unwrap().observation;
    say(&format!("go to {bread}"));
    assert_eq!(say("slice bread 1 with knife 1"), "You sliced the bread 1 with the knife 1.");
    assert_eq!(say("examine bread 1"), "Nothing happens.");
    assert_eq!(say(&format!("move knife 1 to {bread}")), format!("You move the knife 1 to the {bread}."));
    assert_eq!(say(&format!("take bread 1 from {bread}")), format!("You pick up the bread 1 from the {bread}."));
    assert_eq!(say("examine bread 1"), "This is a sliced bread 1.");
    say(&format!("move bread 1 to {bread}"));
    fetch(&mut *env, "plate 1", &at("plate 1"));
    let examined = env.step("examine plate 1").unwrap().observation;
    assert_eq!(examined, "This is a normal plate 1. In it, you see nothing.");
}

/// A task of the kind that satisfies: reset, with its facts.
fn task_like(world: &Household, env: &mut dyn Env, is: impl Fn(&TaskFacts) -> bool) -> TaskFacts {
    let index = (0..1000).find(|&i| is(&world.facts("train", i).unwrap())).expect("such a task");
    env.reset("train", index, 0).unwrap();
    world.facts("train", index).unwrap()
}

/// Goes to the object's starting place and takes it.
fn fetch(env: &mut dyn Env, object: &str, at: &str) {
    let arrived = env.step(&format!("go to {at}")).unwrap();
    let open = format!("open {at}");
    if arrived.admissible.contains(&open) {
        env.step(&open).unwrap();
    }
    let taken = env.step(&format!("take {object} from {at}")).unwrap();
    assert_eq!(taken.observation, format!("You pick up the {object} from the {at}."));
}

#[test]
fn a_lamp_that_was_turned_on_before_wins_on_arrival() {
    let world = household(thousand());
    let mut env = world.open().unwrap();
    let of = |f: &TaskFacts, kind: &str| f.placement.iter().find(|p| p.0 == format!("{kind} 1")).unwrap().clone();
    let facts = task_like(&world, &mut *env, |f| {
        f.goal.kind == "look_at_obj_in_light" && of(f, &f.goal.object).1 != of(f, &f.goal.place).1
    });
    let (lamp, lamp_at) = of(&facts, &facts.goal.place);
    let (object, object_at) = of(&facts, &facts.goal.object);
    assert!(env.step(&format!("use {lamp}")).unwrap().observation == "Nothing happens.");
    env.step(&format!("go to {lamp_at}")).unwrap();
    for _ in 0..2 {
        let used = env.step(&format!("use {lamp}")).unwrap();
        assert_eq!((used.observation, used.won), (format!("You turn on the {lamp}."), false));
    }
    assert_eq!(env.step(&format!("examine {lamp}")).unwrap().observation, "Nothing happens.");
    fetch(&mut *env, &object, &object_at);
    let arrived = env.step(&format!("go to {lamp_at}")).unwrap();
    assert!(arrived.won && arrived.done && arrived.reward == SUCCESS_REWARD, "{}", arrived.observation);
}

#[test]
fn two_objects_count_only_in_one_and_the_same_place() {
    let world = household(thousand());
    let mut env = world.open().unwrap();
    let facts = task_like(&world, &mut *env, |f| {
        f.goal.kind == "pick_two_obj_and_place" && f.goal.place == "sofa" && f.receptacles.contains(&("sofa".into(), 2))
    });
    let wanted: Vec<_> =
        facts.placement.iter().filter(|p| p.0.starts_with(&format!("{} ", facts.goal.object))).collect();
    for (i, (object, at)) in wanted[..2].iter().enumerate() {
        fetch(&mut *env, object, at);
        let sofa = format!("sofa {}", i + 1);
        env.step(&format!("go to {sofa}")).unwrap();
        assert!(!env.step(&format!("move {object} to {sofa}")).unwrap().won);
    }
    env.step(&format!("take {} from sofa 2", wanted[1].0)).unwrap();
    env.step("go to sofa 1").unwrap();
    assert!(env.step(&format!("move {} to sofa 1", wanted[1].0)).unwrap().won);
}

#[test]
fn unseen_shares_neither_rooms_nor_goals_with_training_and_seen_shares_both() {
    let world = household(thousand());
    let facts = |split: &str| (0..1000).map(|i| world.facts(split, i).unwrap()).collect::<Vec<_>>();
    let (train, seen, unseen) = (facts("train"), facts("seen"), facts("unseen"));
    let goals = |of: &[TaskFacts]| -> BTreeSet<GoalNames> { of.iter().map(|f| f.goal.clone()).collect() };
    let rooms =
        |of: &[TaskFacts]| -> BTreeSet<_> { of.iter().map(|f| (f.room.clone(), f.receptacles.clone())).collect() };
    assert!(goals(&seen).is_subset(&goals(&train)));
    assert!(rooms(&seen).is_subset(&rooms(&train)));
    assert!(goals(&unseen).is_disjoint(&goals(&train)));
    assert!(rooms(&unseen).is_disjoint(&rooms(&train)));
    let placed: BTreeSet<_> = train.iter().map(|f| &f.placement).collect();
    assert!(seen.iter().all(|f| !placed.contains(&f.placement)));
    // What is held out is the combination: its objects and places are known from training with the same kind of task.
    let [trained, held_out] = world.goals();
    assert!(trained.iter().all(|g| !held_out.contains(g)) && goals(&unseen).iter().all(|g| held_out.contains(g)));
    for goal in &held_out {
        assert!(trained.iter().any(|t| t.kind == goal.kind && t.object == goal.object), "{goal:?}");
        assert!(trained.iter().any(|t| t.kind == goal.kind && t.place == goal.place), "{goal:?}");
    }
    for (split, facts) in [("train", &train), ("unseen", &unseen)] {
        for kind in TASK_KINDS {
            assert!(facts.iter().any(|f| f.goal.kind == kind), "{split} has no {kind}");
        }
        for room in ["bathroom", "bedroom", "kitchen", "livingroom"] {
            assert!(facts.iter().any(|f| f.room == room), "{split} has no {room}");
        }
        let mean = |n: &dyn Fn(&TaskFacts) -> usize| facts.iter().map(n).sum::<usize>() as f64 / facts.len() as f64;
        let receptacles = mean(&|f| f.receptacles.iter().map(|r| r.1 as usize).sum());
        let objects = mean(&|f| f.placement.len());
        println!("{split}: {receptacles} receptacles, {objects} objects");
        assert!((10.0..30.0).contains(&receptacles) && (15.0..40.0).contains(&objects));
    }
}

#[test]
fn a_task_depends_on_seed_split_and_index_alone() {
    let world = household(HouseholdConfig::default());
    let same = household(HouseholdConfig { train: 5000, ..HouseholdConfig::default() });
    let other = household(HouseholdConfig { seed: 1, ..HouseholdConfig::default() });
    assert_ne!(world.info().hash, same.info().hash);
    assert_ne!(world.info().hash, other.info().hash);
    assert_eq!(world.info().hash, household(HouseholdConfig::default()).info().hash);
    let (mut a, mut b, mut c) = (world.open().unwrap(), same.open().unwrap(), other.open().unwrap());
    for index in (0..3000).step_by(101) {
        let reset = a.reset("train", index, 1).unwrap();
        a.reset("unseen", 3, 0).unwrap();
        assert_eq!(reset, b.reset("train", index, 2).unwrap());
        assert_ne!(reset.first, c.reset("train", index, 1).unwrap().first);
    }
}

#[test]
fn the_horizon_ends_an_episode_and_requests_out_of_range_are_refused() {
    let world = household(HouseholdConfig { horizon: 3, ..HouseholdConfig::default() });
    assert_eq!(world.info().horizon, 3);
    let mut env = world.open().unwrap();
    assert!(matches!(env.step("look"), Err(WorldError::Request(_))));
    env.reset("train", 0, 0).unwrap();
    assert!(!env.step("look").unwrap().done);
    assert!(!env.step("dance").unwrap().done);
    let last = env.step("look").unwrap();
    assert!(last.done && !last.won && last.score == 0.0);
    assert!(matches!(env.step("look"), Err(WorldError::Request(_))));
    for (split, index) in [("test", 0), ("train", 3553), ("seen", 140), ("unseen", usize::MAX)] {
        assert!(matches!(env.reset(split, index, 0), Err(WorldError::Request(_))), "{split}/{index}");
    }
    for config in [
        HouseholdConfig { horizon: 0, ..HouseholdConfig::default() },
        HouseholdConfig { held_out: 1.0, ..HouseholdConfig::default() },
        HouseholdConfig { size: f64::NAN, ..HouseholdConfig::default() },
    ] {
        assert!(matches!(Household::load(None, config), Err(WorldError::Request(_))));
    }
}

#[test]
fn knobs_change_what_they_say() {
    let size = |config: HouseholdConfig| {
        let world = household(HouseholdConfig { train: 200, ..config });
        let facts: Vec<_> = (0..200).map(|i| world.facts("train", i).unwrap()).collect();
        let receptacles: u32 = facts.iter().flat_map(|f| &f.receptacles).map(|r| r.1).sum();
        let objects: usize = facts.iter().map(|f| f.placement.len()).sum();
        let closed = ["cabinet", "drawer", "fridge", "microwave", "safe"];
        let hidden = facts.iter().flat_map(|f| f.placement.iter().map(move |p| (&f.goal.object, p)));
        let hidden = hidden.filter(|(goal, (object, at))| {
            object.starts_with(&format!("{goal} ")) && closed.iter().any(|c| at.starts_with(c))
        });
        (receptacles, objects, hidden.count())
    };
    let plain = size(HouseholdConfig::default());
    assert!(size(HouseholdConfig { size: 0.5, ..HouseholdConfig::default() }).0 < plain.0);
    assert!(size(HouseholdConfig { clutter: 0.3, ..HouseholdConfig::default() }).1 < plain.1 * 2 / 3);
    assert!(size(HouseholdConfig { hidden: 10.0, ..HouseholdConfig::default() }).2 > plain.2 * 3 / 2);
}

/// A copy of the built-in tables with one file changed.
fn with_change(file: &str, from: &str, to: &str) -> Result<Household, WorldError> {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("envs/household");
    for name in ["objects.toml", "receptacles.toml", "rooms.toml", "tasks.toml"] {
        let text = fs::read_to_string(source.join(name)).unwrap();
        let text = if name == file {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        } else {
            text
        };
        fs::write(folder.path().join(name), text).unwrap();
    }
    Household::load(Some(folder.path()), HouseholdConfig::default())
}

#[test]
fn a_folder_replaces_the_built_in_tables() {
    let built_in = household(HouseholdConfig::default());
    let same = with_change("tasks.toml", "put two", "put two").unwrap();
    assert_eq!(same.info(), built_in.info());
    let changed = with_change("tasks.toml", "share = 790", "share = 791").unwrap();
    assert_ne!(changed.info().hash, built_in.info().hash);
    let missing = Household::load(Some(Path::new("/nowhere")), HouseholdConfig::default()).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/objects.toml"), "{missing}");
}

#[test]
fn wrong_data_is_refused_with_file_place_and_expectation() {
    let cases = [
        ("objects.toml", "can = [\"heat\"", "can = [\"melt\""),
        ("objects.toml", "usual = [\"desk\"", "usual = [\"dask\""),
        ("objects.toml", "usual = [\"desk\"", "usual = [\"fridge\""),
        ("objects.toml", "fixed = true", "fixed = 1"),
        (
            "objects.toml",
            "usual = [\"desk\", \"sidetable\", \"dresser\", \"shelf\", \"diningtable\"]\nfixed = true",
            "usual = []",
        ),
        ("receptacles.toml", "accepts = [\"mug\"]", "accepts = [\"mugg\"]"),
        ("receptacles.toml", "does = \"cool\"", "does = \"coool\""),
        ("rooms.toml", "count = [4, 10]", "count = [10, 4]"),
        ("rooms.toml", "chance = 1.0", "chance = 1.5"),
        ("tasks.toml", "share = 790", "shares = 790"),
        ("tasks.toml", "put a {object} in {place}.", "put a {thing} in {place}."),
        ("tasks.toml", "\"livingroom\", \"bedroom\"]\nsay", "\"bathroom\"]\nsay"),
        ("tasks.toml", "count = 2", "count = 3"),
    ];
    let messages: Vec<String> = cases
        .iter()
        .map(|(file, from, to)| match with_change(file, from, to) {
            Err(error @ WorldError::Data { .. }) => error.to_string(),
            other => panic!("{file}: `{to}` gave {other:?}"),
        })
        .collect();
    insta::assert_snapshot!("wrong_data", messages.join("\n---\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is said: no panic, the list is sorted and distinct, exactly its actions are understood, and nothing
    /// gets lost.
    #[test]
    fn any_action_is_answered(
        index in 0usize..3553,
        choices in prop::collection::vec((any::<prop::sample::Index>(), any::<Vec<u8>>(), 0u8..8), 1..60),
    ) {
        let world = household(HouseholdConfig { horizon: 60, ..HouseholdConfig::default() });
        let mut env = world.open().unwrap();
        let reset = env.reset("train", index, 0).unwrap();
        let mut admissible = reset.admissible;
        for (choice, bytes, mode) in choices {
            prop_assert!(admissible.is_sorted());
            prop_assert!(admissible.windows(2).all(|w| w[0] != w[1]));
            let chosen = choice.get(&admissible).clone();
            let action = match mode {
                0 => String::from_utf8_lossy(&bytes).into_owned(),
                1 => chosen.chars().rev().collect(),
                2 => chosen.to_uppercase(),
                _ => chosen,
            };
            let stepped = env.step(&action).unwrap();
            let understood = admissible.iter().any(|a| a == action.trim());
            prop_assert_eq!(stepped.observation == "Nothing happens.", !understood, "{}", action);
            if !understood && !stepped.done {
                prop_assert_eq!(&stepped.admissible, &admissible);
            }
            if stepped.done {
                break;
            }
            admissible = stepped.admissible;
        }
    }
}
