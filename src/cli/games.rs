//! `reskill games`. In: a split of the household; out: its tasks as ALFWorld's game files, one folder each.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Failure, Outcome, write_files};
use crate::world::household::{Household, HouseholdConfig, Logic};

/// What `reskill games` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill games export --split seen --games 2 --out games
    reskill games export --split train --games 1 --seed 7 --out games")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write tasks of the household as ALFWorld's game.tw-pddl, each with a traj_data.json in a folder OUT/SPLIT/NUMBER.
    ///
    /// The household reads the folder again (`games = "OUT"` in `[world]`), and so does `envs/alfworld.py`. ALFWorld itself
    /// needs its own rules and texts in each game: name their folder with `--logic`.
    Export(Export),
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
    reskill games export --split unseen --games 3 --out games")]
struct Export {
    /// train, seen or unseen
    #[arg(long, default_value = "train")]
    split: String,
    /// How many, from the split's first
    #[arg(long, default_value_t = 10)]
    games: usize,
    /// The household's seed
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A folder with alfred.pddl and alfred.twl2: `alfworld/data` where the package alfworld is installed
    #[arg(long, value_name = "FOLDER")]
    logic: Option<PathBuf>,
    /// The folder to write to
    #[arg(long, short)]
    out: PathBuf,
    /// Replace games that are there already
    #[arg(long)]
    force: bool,
}

pub(super) fn games(told: &Arguments) -> Result<Outcome, Failure> {
    let Command::Export(Export { split, games, seed, logic, out, force }) = &told.command;
    let world = Household::load(None, HouseholdConfig { seed: *seed, ..HouseholdConfig::default() })?;
    let logic = logic.as_deref().map(Logic::load).transpose()?;
    let mut files = Vec::new();
    for index in 0..*games {
        let folder = out.join(split).join(format!("{index:04}"));
        let game = world.game_files(split, index, logic.as_ref())?;
        files.push((folder.join("game.tw-pddl"), game.game));
        files.push((folder.join("traj_data.json"), game.traj_data));
    }
    let files: Vec<(PathBuf, &str)> = files.iter().map(|(path, text)| (path.clone(), text.as_str())).collect();
    write_files(&files, *force)?;
    eprintln!("{games} games of {split} written to {}", out.join(split).display());
    Ok(Outcome::Clean)
}
