//! `reskill worlds`. In: worlds, by name or configuration; out: their splits and sizes, as a table or JSON.

use clap::Args;
use serde::Serialize;

use super::{Failure, Outcome, say};
use crate::world::config::WorldConfig;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill worlds
    reskill worlds household --json

A world is a built-in one by its name, or a configuration (TOML) with a [world], or the NAME of envs/NAME/train.toml.")]
pub(super) struct Arguments {
    /// Which worlds [default: all that are built in]
    worlds: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Listed {
    world: String,
    name: String,
    /// Actions per episode, at most.
    horizon: usize,
    /// Between which values an episode's rewards sum up.
    returns: [f64; 2],
    /// Content hash of everything that defines the tasks.
    hash: String,
    splits: Vec<(String, usize)>,
}

pub(super) fn worlds(told: &Arguments) -> Result<Outcome, Failure> {
    let named: Vec<String> = match told.worlds.is_empty() {
        true => WorldConfig::built_in().into_iter().map(|(name, _)| name.to_owned()).collect(),
        false => told.worlds.clone(),
    };
    let mut listed = Vec::new();
    for world in named {
        let opened = WorldConfig::named(&world)?.open()?;
        let info = opened.info();
        listed.push(Listed {
            world,
            name: info.name.clone(),
            horizon: info.horizon,
            returns: info.returns,
            hash: info.hash.clone(),
            splits: info.splits.iter().map(|split| (split.name.clone(), split.size)).collect(),
        });
    }
    if told.json {
        say(serde_json::to_string_pretty(&listed)?);
        return Ok(Outcome::Clean);
    }
    let width = listed.iter().map(|world| world.world.len()).max().unwrap_or(0).max("world".len());
    say(format!("{:width$}  steps  tasks         splits", "world"));
    for world in &listed {
        let splits: Vec<String> = world.splits.iter().map(|(name, size)| format!("{name} {size}")).collect();
        let hash = world.hash.get(..12).unwrap_or(&world.hash);
        say(format!("{:width$}  {:>5}  {hash:12}  {}", world.world, world.horizon, splits.join(", ")));
    }
    Ok(Outcome::Clean)
}
