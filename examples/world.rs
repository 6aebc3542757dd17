//! A world of one's own in Rust: `cargo run --example world --no-default-features --features evolve`.

use reskill::world::episode::{At, play};
use reskill::world::{Env, Reset, Split, Stepped, World, WorldError, WorldInfo};

/// A number from 1 to 9 is to be found.
struct Guess {
    info: WorldInfo,
}

/// One place where it is played.
struct Place {
    secret: usize,
}

fn numbers() -> Vec<String> {
    (1..=9).map(|number| number.to_string()).collect()
}

impl World for Guess {
    fn info(&self) -> &WorldInfo {
        &self.info
    }

    fn open(&self) -> Result<Box<dyn Env>, WorldError> {
        Ok(Box::new(Place { secret: 1 }))
    }
}

impl Env for Place {
    fn reset(&mut self, split: &str, index: usize, _seed: u64) -> Result<Reset, WorldError> {
        self.secret = 1 + (index * 7 + split.len()) % 9;
        Ok(Reset {
            task_id: format!("{split}/{index}"),
            kind: String::new(),
            task: "find the number.".to_owned(),
            first: "Guess a number from 1 to 9.".to_owned(),
            admissible: numbers(),
        })
    }

    fn step(&mut self, action: &str) -> Result<Stepped, WorldError> {
        let secret = self.secret.to_string();
        let won = action == secret;
        let observation = if won {
            "Right."
        } else if action < secret.as_str() {
            "Too low."
        } else {
            "Too high."
        };
        let reward = f64::from(u8::from(won));
        let admissible = if won { Vec::new() } else { numbers() };
        Ok(Stepped { observation: observation.to_owned(), admissible, reward, done: won, won, score: reward })
    }

    fn expert(&mut self) -> Result<Option<String>, WorldError> {
        Ok(Some(self.secret.to_string()))
    }
}

pub fn main() -> Result<(), WorldError> {
    let world = Guess {
        info: WorldInfo {
            name: "guess".to_owned(),
            splits: vec![Split { name: "train".to_owned(), size: 64 }],
            horizon: 8,
            hash: "guess-1".to_owned(),
            returns: [0.0, 1.0],
        },
    };
    // Halving: half of what is left lies below the guess.
    let mut halve = |_: &mut dyn Env, so_far: &reskill::episode::Trajectory, _: &[String]| {
        let (mut low, mut high) = (1, 9);
        for step in &so_far.steps {
            let guess: usize = step.action.parse().unwrap_or(5);
            match step.observation.as_str() {
                "Too low." => low = guess + 1,
                _ => high = guess - 1,
            }
        }
        Ok(Some(((low + high) / 2).to_string()))
    };
    let mut place = world.open()?;
    for index in 0..3 {
        let episode = play(place.as_mut(), world.info(), At { split: "train", index, seed: 0 }, &mut halve)?;
        let guesses: Vec<&str> = episode.steps.iter().map(|step| step.action.as_str()).collect();
        println!("{}: {} ({})", episode.task_id, guesses.join(", "), if episode.won { "won" } else { "lost" });
    }
    Ok(())
}
