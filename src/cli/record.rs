//! `reskill record`. In: a world, who plays, which tasks; out: what was played, one episode a line (JSONL).

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Failure, Outcome, say};
use crate::episode::Trajectory;
use crate::files::write_atomic;
use crate::world::config::WorldConfig;
use crate::world::episode::{At, play};
use crate::world::{Env, WorldError};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill record household --episodes 3 | reskill trace skills --trajectories -
    reskill record household --player random --split seen --episodes 5 -o random.jsonl

A world is a built-in one by its name, or a configuration (TOML) with a [world], or the NAME of envs/NAME/train.toml. Tasks are played in their order, from --first on.")]
pub(super) struct Arguments {
    /// A built-in world, or a configuration
    world: String,
    /// Who plays
    #[arg(long, value_enum, default_value_t = Player::Expert)]
    player: Player,
    /// Which split
    #[arg(long, default_value = "train")]
    split: String,
    /// The first task
    #[arg(long, default_value_t = 0)]
    first: usize,
    /// How many tasks
    #[arg(long, default_value_t = 10)]
    episodes: usize,
    /// Fixes what is drawn
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A file instead of stdout
    #[arg(long, short)]
    out: Option<PathBuf>,
}

/// Who chooses actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Player {
    /// The world's demonstrator
    Expert,
    /// Any admissible action, all alike
    Random,
}

pub(super) fn record(told: &Arguments) -> Result<Outcome, Failure> {
    let world = WorldConfig::named(&told.world)?.open()?;
    let mut env = world.open()?;
    let bar = ProgressBar::new(told.episodes as u64);
    let (mut lines, mut won) = (Vec::new(), 0);
    for index in told.first..told.first.saturating_add(told.episodes) {
        let seed = told.seed.wrapping_add(index as u64);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut choose = |env: &mut dyn Env, _: &Trajectory, admissible: &[String]| match told.player {
            Player::Expert => env.expert(),
            Player::Random if admissible.is_empty() => Ok(None),
            Player::Random => Ok(Some(admissible[rng.random_range(0..admissible.len())].clone())),
        };
        let episode = play(env.as_mut(), world.info(), At { split: &told.split, index, seed }, &mut choose);
        let episode = episode.map_err(|error: WorldError| Failure(format!("{}/{index}: {error}", told.split)))?;
        won += usize::from(episode.won);
        writeln!(lines, "{}", serde_json::to_string(&episode)?)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    match &told.out {
        Some(path) => write_atomic(path, &lines).map_err(|e| Failure(format!("{}: {e}", path.display())))?,
        None => say(String::from_utf8_lossy(&lines).trim_end()),
    }
    eprintln!("{won} of {} won", told.episodes);
    Ok(Outcome::Clean)
}
