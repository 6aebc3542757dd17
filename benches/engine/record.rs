//! Records the household's episodes. In: the built-in world and a seed; out: `tests/data/household.jsonl`.
//!
//! The world's demonstrator plays, and now and then a random action is taken instead: its errors make actions that fail, places
//! that are seen twice and things that are put down again. The same bytes come out every time.

use std::fmt::Write as _;
use std::{fs, io};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reskill::episode::{Step, TRAJECTORY_FORMAT, Trajectory};
use reskill::world::household::{Household, HouseholdConfig};
use reskill::world::{Env, World};

use super::worlds::data;

const SEED: u64 = 5;
/// How many episodes of which kind. Plain deliveries: in those both skills of the bank speak.
const KINDS: [(&str, usize); 1] = [("pick_and_place_simple", 10)];
const RANDOM_SHARE: f64 = 0.4;
const LONGEST: usize = 30;

pub fn record() -> io::Result<()> {
    let world = Household::load(None, HouseholdConfig::default()).map_err(io::Error::other)?;
    let mut env = world.open().map_err(io::Error::other)?;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut lines = String::new();
    let mut index = 0;
    for (kind, episodes) in KINDS {
        let mut recorded = 0;
        while recorded < episodes {
            index += 1;
            if env.reset("train", index, 0).map_err(io::Error::other)?.kind == kind {
                let episode = play(&mut *env, index, &mut rng)?;
                writeln!(lines, "{}", serde_json::to_string(&episode)?).map_err(io::Error::other)?;
                recorded += 1;
            }
        }
    }
    let path = data("household.jsonl");
    println!("{}: {} bytes", path.display(), lines.len());
    fs::write(path, lines)
}

fn play(env: &mut dyn Env, index: usize, rng: &mut ChaCha8Rng) -> io::Result<Trajectory> {
    let reset = env.reset("train", index, 0).map_err(io::Error::other)?;
    let mut episode = Trajectory {
        v: TRAJECTORY_FORMAT,
        id: format!("household-{}", reset.task_id.replace('/', "-")),
        world: "household".to_owned(),
        split: "train".to_owned(),
        task_id: reset.task_id,
        group: index as u64,
        task: reset.task,
        first: reset.first,
        ..Trajectory::default()
    };
    let mut admissible = reset.admissible;
    while !episode.done && episode.steps.len() < LONGEST {
        let planned = env.expert().map_err(io::Error::other)?;
        let action = match planned {
            Some(action) if rng.random::<f64>() >= RANDOM_SHARE => action,
            _ => admissible[rng.random_range(0..admissible.len())].clone(),
        };
        let answer = env.step(&action).map_err(io::Error::other)?;
        let chosen_from = std::mem::replace(&mut admissible, answer.admissible);
        let (observation, reward) = (answer.observation, answer.reward);
        episode.steps.push(Step { admissible: chosen_from, action, observation, reward });
        (episode.done, episode.won, episode.score) = (answer.done, answer.won, answer.score);
    }
    Ok(episode)
}
