//! The household beside ALFWorld's own engine: the same games and actions, every text and every list of actions compared
//! word for word. Needs the package (`make alfworld`), which `make test` does not: a target of its own that `make alfworld-agree` runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reskill::world::bridge::{Bridge, BridgeConfig};
use reskill::world::household::{Household, HouseholdConfig};
use reskill::world::{Split, World};

use crowded::crowded;

#[path = "../it/crowded.rs"]
mod crowded;

/// How many actions out of a hundred are drawn; the others are the demonstrator's.
const DRAWN: [u32; 4] = [0, 20, 50, 100];

/// Writes the first games of each split where both worlds read them.
fn write_games(folder: &Path, games: usize) {
    let world = Household::load(None, HouseholdConfig::default()).expect("the built-in tables load");
    for (at, split) in ["train", "seen", "unseen"].into_iter().enumerate() {
        for index in 0..(games + 2 - at) / 3 {
            let files = world.game_files(split, index, None).expect("a game of the built-in tables");
            let place = folder.join(split).join(format!("{index:04}"));
            fs::create_dir_all(&place).expect("created");
            fs::write(place.join("game.tw-pddl"), files.game).expect("written");
        }
    }
    // One with what drawn games do not have: receptacles that share a spot, and the like.
    let place = folder.join("unseen/crowded");
    fs::create_dir_all(&place).expect("created");
    fs::write(place.join("game.tw-pddl"), crowded()).expect("written");
}

/// One action, rare verbs as often as `go to`; seldom one that only tells; now and then one that is not admissible.
fn draw(admissible: &[String], rng: &mut ChaCha8Rng) -> String {
    const STRANGE: [&str; 4] =
        ["put mug 1 in/on desk 1", "go to nowhere 1", "take fridge 1 from fridge 1", "examine room"];
    if rng.random_ratio(1, 20) {
        return (*STRANGE.choose(rng).expect("not empty")).to_owned();
    }
    let telling = rng.random_ratio(1, 10);
    let mut verbs: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for action in admissible {
        if ["help", "inventory", "look"].contains(&action.as_str()) == telling {
            verbs.entry(action.split(' ').next().unwrap_or_default()).or_default().push(action);
        }
    }
    let verbs: Vec<Vec<&String>> = verbs.into_values().collect();
    verbs.choose(rng).and_then(|of| of.choose(rng)).map(|action| (*action).clone()).expect("there is always an action")
}

/// Counts of differences by what differs, with the first of each.
#[derive(Default)]
struct Differences(BTreeMap<String, (usize, String)>);

impl Differences {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, place: &str, ours: &T, theirs: &T) {
        if ours != theirs {
            self.add(what, || format!("{place}\n      household {ours:?}\n      ALFWorld  {theirs:?}"));
        }
    }

    /// Lists are long: what only one of them has is told.
    fn compare_lists(&mut self, what: &str, place: &str, ours: &[String], theirs: &[String]) {
        if ours != theirs {
            let only = |a: &[String], b: &[String]| a.iter().filter(|x| !b.contains(x)).cloned().collect::<Vec<_>>();
            let (left, right) = (only(ours, theirs), only(theirs, ours));
            self.add(what, || {
                format!("{place}\n      only household {left:?}\n      only ALFWorld {right:?} (else the order)")
            });
        }
    }

    fn add(&mut self, what: &str, told: impl FnOnce() -> String) {
        self.0.entry(what.to_owned()).or_insert_with(|| (0, told())).0 += 1;
    }
}

#[test]
fn the_household_and_alfworld_agree() {
    let games: usize = std::env::var("ALFWORLD_AGREE").map_or(12, |n| n.parse().expect("ALFWORLD_AGREE is a number"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_games(folder.path(), games);
    let config = HouseholdConfig { games: Some(folder.path().to_owned()), ..HouseholdConfig::default() };
    let read = Household::load(None, config).expect("the household reads what it wrote");
    let place = folder.path().to_str().expect("UTF-8");
    let command = [".venv-alfworld/bin/python", "envs/alfworld.py", "--no-expert", "--games", place];
    let command = command.map(str::to_owned).to_vec();
    let bridge = BridgeConfig { command, start_timeout_s: 120.0, step_timeout_s: 120.0, memory_mb: None };
    let theirs = Bridge::start(bridge).expect("ALFWorld starts: run `make alfworld` first");
    assert_eq!(read.info().horizon, theirs.info().horizon);
    let by_name =
        |splits: &[Split]| splits.iter().map(|split| (split.name.clone(), split.size)).collect::<BTreeMap<_, _>>();
    assert_eq!(by_name(&read.info().splits), by_name(&theirs.info().splits));
    let (mut ours, mut theirs) = (read.open().unwrap(), theirs.open().unwrap());

    let mut differences = Differences::default();
    let (mut played, mut steps, mut won, mut verbs) = (0, 0, 0, BTreeMap::<String, usize>::new());
    let began = Instant::now();
    for split in &read.info().splits {
        for index in 0..split.size {
            let rng = &mut ChaCha8Rng::seed_from_u64(played as u64);
            let drawn = DRAWN[played % DRAWN.len()];
            let mut reset = ours.reset(&split.name, index, 0).unwrap();
            let other = theirs.reset(&split.name, index, 0).unwrap();
            let id = reset.task_id.clone();
            differences.compare("reset: task id", &id, &reset.task_id, &other.task_id);
            differences.compare("reset: kind", &id, &reset.kind, &other.kind);
            differences.compare("reset: task", &id, &reset.task, &other.task);
            differences.compare("reset: text", &id, &reset.first, &other.first);
            differences.compare_lists("reset: admissible", &id, &reset.admissible, &other.admissible);
            loop {
                let action = match ours.expert().unwrap() {
                    Some(action) if !rng.random_ratio(drawn, 100) => action,
                    _ => draw(&reset.admissible, rng),
                };
                let (a, b) = (ours.step(&action).unwrap(), theirs.step(&action).unwrap());
                steps += 1;
                let verb =
                    if a.observation == "Nothing happens." { "(refused)" } else { action.split(' ').next().unwrap() };
                *verbs.entry(verb.to_owned()).or_default() += 1;
                let place = format!("{id}, > {action}");
                differences.compare(&format!("{verb}: text"), &place, &a.observation, &b.observation);
                differences.compare_lists(&format!("{verb}: admissible"), &place, &a.admissible, &b.admissible);
                differences.compare(&format!("{verb}: won"), &place, &(a.won, a.score), &(b.won, b.score));
                differences.compare(&format!("{verb}: done"), &place, &a.done, &b.done);
                won += usize::from(a.won && b.won);
                if a.done || b.done {
                    break;
                }
                reset.admissible = a.admissible;
            }
            played += 1;
        }
    }
    println!("{played} games, {steps} steps, {won} won by both, {:.0} s", began.elapsed().as_secs_f64());
    let verbs: Vec<String> = verbs.iter().map(|(verb, n)| format!("{verb} {n}")).collect();
    println!("actions: {}", verbs.join(", "));
    for (what, (count, first)) in &differences.0 {
        println!("  {count:>6} x {what}\n      first at {first}");
    }
    println!("{} kinds of differences", differences.0.len());
    assert_eq!(played, games + 1);
    assert!(differences.0.is_empty(), "the household and ALFWorld differ");
}
