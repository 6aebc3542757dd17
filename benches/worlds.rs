//! Steps per second of the built-in worlds on one core, resets, texts and lists of actions included. In: nothing; out: a line a world.
//!
//! ```text
//! cargo bench --no-default-features --features evolve --bench worlds
//! ```

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

fn main() -> Result<(), WorldError> {
    let worlds: [(&str, Box<dyn World>, Choice); 3] = [
        ("household", Box::new(Household::load(None, HouseholdConfig::default())?), any),
        ("shop", Box::new(Shop::load(ShopConfig::default())?), shopping),
        ("search QA", Box::new(SearchQa::load(SearchQaConfig::default())?), asking),
    ];
    println!("{:<12} {:>12} {:>22} {:>16}", "world", "steps/s", "lowest-highest round", "searches a step");
    for (name, world, choose) in worlds {
        let mut env = world.open()?;
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let (mut rates, mut searches, mut all) = (Vec::new(), 0, 0);
        let mut task = 0;
        for _ in 0..ROUNDS {
            let (begun, mut steps) = (Instant::now(), 0);
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
            all += steps;
            rates.push(steps as f64 / begun.elapsed().as_secs_f64());
        }
        rates.sort_unstable_by(f64::total_cmp);
        let range = format!("{:.0}-{:.0}", rates[0], rates[ROUNDS - 1]);
        println!("{name:<12} {:>12.0} {range:>22} {:>16.2}", rates[ROUNDS / 2], searches as f64 / all as f64);
    }
    Ok(())
}
