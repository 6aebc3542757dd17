//! Steps per second of the built-in worlds on one core, resets, texts and lists of actions included, and how many times that two
//! threads make. In: nothing; out: a line a world.
//!
//! ```text
//! cargo bench --no-default-features --features evolve --bench worlds
//! ```

use std::thread;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reskill::world::household::{Household, HouseholdConfig};
use reskill::world::search_qa::{SearchQa, SearchQaConfig};
use reskill::world::shop::{Shop, ShopConfig};
use reskill::world::{World, WorldError};

/// How long each round lasts; the median of the rounds is told.
const ROUND: Duration = Duration::from_millis(700);
const ROUNDS: usize = 7;
/// Tasks that are played in turn.
const TASKS: usize = 500;

/// Chooses an action: from the step's number, the list, and a generator.
type Choice = fn(usize, &[String], &mut ChaCha8Rng) -> usize;

fn any(_: usize, admissible: &[String], rng: &mut ChaCha8Rng) -> usize {
    rng.random_range(0..admissible.len())
}

/// Search, open a product, choose an option, look at the features, back to the search: one search in five steps.
fn shopping(step: usize, admissible: &[String], rng: &mut ChaCha8Rng) -> usize {
    let from = |wanted: &str| admissible.iter().position(|action| action.contains(wanted)).unwrap_or(0);
    match step % 5 {
        0 => any(step, admissible, rng),
        // After "back to search" and "next >".
        1 => rng.random_range(2.min(admissible.len() - 1)..admissible.len()),
        2 => 2.min(admissible.len() - 1),
        3 => from("features"),
        _ => from("back to search"),
    }
}

/// Three searches and an answer.
fn asking(step: usize, admissible: &[String], rng: &mut ChaCha8Rng) -> usize {
    let searches = admissible.iter().take_while(|action| action.starts_with("<search>")).count();
    if step < 3 {
        rng.random_range(0..searches)
    } else {
        rng.random_range(searches.min(admissible.len() - 1)..admissible.len())
    }
}

/// What a round came to.
struct Round {
    steps: usize,
    searches: usize,
    rate: f64,
}

/// Plays one task after another for the time of a round, in a place of its own.
fn round(world: &dyn World, choose: Choice, seed: u64) -> Result<Round, WorldError> {
    let mut env = world.open()?;
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let mut task = rng.random_range(0..TASKS);
    let (begun, mut steps, mut searches) = (Instant::now(), 0, 0);
    while begun.elapsed() < ROUND {
        let mut admissible = env.reset("train", task % TASKS, 0)?.admissible;
        task += 1;
        for step in 0.. {
            let action = &admissible[choose(step, &admissible, rng)];
            searches += usize::from(action.contains("search[") || action.starts_with("<search>"));
            let stepped = env.step(action)?;
            steps += 1;
            if stepped.done {
                break;
            }
            admissible = stepped.admissible;
        }
    }
    Ok(Round { steps, searches, rate: steps as f64 / begun.elapsed().as_secs_f64() })
}

fn main() -> Result<(), WorldError> {
    let worlds: [(&str, Box<dyn World>, Choice); 3] = [
        ("household", Box::new(Household::load(None, HouseholdConfig::default())?), any),
        ("shop", Box::new(Shop::load(ShopConfig::default())?), shopping),
        ("search QA", Box::new(SearchQa::load(SearchQaConfig::default())?), asking),
    ];
    println!(
        "{:<12} {:>12} {:>22} {:>16} {:>18}",
        "world", "steps/s", "lowest-highest round", "searches a step", "two threads / one"
    );
    for (name, world, choose) in &worlds {
        let (mut rates, mut ratios, mut searches, mut steps) = (Vec::new(), Vec::new(), 0, 0);
        // One thread and two in turn, so that what else the machine does falls on both.
        for seed in 0..ROUNDS as u64 {
            let alone = round(world.as_ref(), *choose, seed)?;
            let pair = thread::scope(|scope| {
                let both = [seed, seed + 100].map(|seed| scope.spawn(move || round(world.as_ref(), *choose, seed)));
                both.map(|thread| thread.join().expect("a round does not panic").map(|round| round.rate))
            });
            let [one, other] = pair;
            ratios.push((one? + other?) / alone.rate);
            rates.push(alone.rate);
            searches += alone.searches;
            steps += alone.steps;
        }
        rates.sort_unstable_by(f64::total_cmp);
        ratios.sort_unstable_by(f64::total_cmp);
        let range = format!("{:.0}-{:.0}", rates[0], rates[ROUNDS - 1]);
        let (rate, ratio) = (rates[ROUNDS / 2], ratios[ROUNDS / 2]);
        let share = searches as f64 / steps as f64;
        println!("{name:<12} {rate:>12.0} {range:>22} {share:>16.2} {ratio:>18.2}");
    }
    Ok(())
}
