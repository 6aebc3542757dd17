//! The household: an own implementation of ALFWorld's text game. In: a configuration, and the tables of kinds under
//! `envs/household/` (built in, or a folder of one's own). Out: a [`World`] with the splits `train`, `seen` and
//! `unseen`.
//!
//! Or games are read from a folder (`games`), ALFWorld's own or those that were written here.
//!
//! `seen` sets goals and rooms of training tasks with everything placed anew; `unseen` has rooms that training never
//! uses and goals (task kind, object, place) that training never sets. A task depends on the configuration's seed, its
//! split and its index alone; the world has no chance of its own, so the seed given to a reset changes nothing.

mod data;
mod expert;
mod game;
mod pddl;
mod rooms;
pub mod strategies;
mod tasks;
mod texts;
mod tw_pddl;
mod tw_write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::data::Tables;
use self::expert::Expert;
use self::game::Game;
use self::tasks::{Generator, Goal, Task};
use self::tw_pddl::{Read, read_folder};
pub use self::tw_write::{GameFiles, Logic};
use super::splits::{SPLITS, sized};
use super::{Env, Reset, Stepped, World, WorldError, WorldInfo, refuse};

/// Reward of the step that reaches the goal.
pub const SUCCESS_REWARD: f64 = 10.0;

/// What tasks there are, and how hard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HouseholdConfig {
    pub seed: u64,
    /// Tasks per split.
    pub train: usize,
    pub seen: usize,
    pub unseen: usize,
    /// Actions per episode, at most.
    pub horizon: usize,
    /// Training rooms of each kind, and rooms of each kind for `unseen`.
    pub rooms: usize,
    pub new_rooms: usize,
    /// Share of the goals that training never sets, 0..1; at least one per kind of task.
    pub held_out: f64,
    /// Factor on the number of receptacles of each kind, 0.1..=5.
    pub size: f64,
    /// Factor on the chance of each kind of object, 0..=5.
    pub clutter: f64,
    /// How much likelier an object is in one of its usual kinds of receptacles than in another that accepts it.
    pub usual: f64,
    /// Factor on the chance that a wanted object is in something that opens.
    pub hidden: f64,
    /// A folder of games instead of drawn tasks: `game.tw-pddl` files below `train/`, `seen/` (or `valid_seen/`) and
    /// `unseen/` (or `valid_unseen/`). Of the other keys only `horizon` then has a say, and `usual` for the demonstrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub games: Option<PathBuf>,
}

impl Default for HouseholdConfig {
    /// The original's split sizes, rooms and horizon.
    fn default() -> Self {
        HouseholdConfig {
            seed: 0,
            train: 3553,
            seen: 140,
            unseen: 134,
            horizon: 50,
            rooms: 24,
            new_rooms: 6,
            held_out: 0.2,
            size: 1.0,
            clutter: 1.0,
            usual: 6.0,
            hidden: 1.0,
            games: None,
        }
    }
}

impl HouseholdConfig {
    fn check(&self) -> Result<(), WorldError> {
        refuse(&[
            (self.horizon >= 1, "horizon", "1 or more"),
            ((1..=1000).contains(&self.rooms), "rooms", "1 to 1000"),
            ((1..=1000).contains(&self.new_rooms), "new_rooms", "1 to 1000"),
            ((0.0..1.0).contains(&self.held_out), "held_out", "0 or more, below 1"),
            ((0.1..=5.0).contains(&self.size), "size", "0.1 to 5"),
            ((0.0..=5.0).contains(&self.clutter), "clutter", "0 to 5"),
            ((1e-3..=1e3).contains(&self.usual), "usual", "0.001 to 1000"),
            ((1e-3..=1e3).contains(&self.hidden), "hidden", "0.001 to 1000"),
        ])
    }
}

/// Where tasks are from.
#[derive(Debug)]
enum Source {
    Drawn(Generator),
    /// By split.
    Read([Vec<Read>; 3]),
}

/// What all episodes share.
#[derive(Debug)]
struct Shared {
    tables: Tables,
    config: HouseholdConfig,
    source: Source,
    info: WorldInfo,
}

/// The household world.
#[derive(Debug, Clone)]
pub struct Household {
    shared: Arc<Shared>,
}

/// A goal by names: kind of task, wanted object, and the place (a receptacle kind or a lamp).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoalNames {
    pub kind: String,
    pub object: String,
    pub place: String,
}

/// What a task is about, for tests and reports; never shown to a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFacts {
    pub goal: GoalNames,
    /// Kind of room; empty for a game that was read, whose file does not tell.
    pub room: String,
    /// The room's receptacles: (kind, how many).
    pub receptacles: Vec<(String, u32)>,
    /// Every object with the receptacle where it starts.
    pub placement: Vec<(String, String)>,
}

impl Household {
    /// Reads the tables (of the folder, or the built-in ones) and draws the rooms.
    ///
    /// # Errors
    /// [`WorldError::Io`] for a file that cannot be read, [`WorldError::Data`] for one that is wrong or too poor,
    /// [`WorldError::Request`] for a configuration out of range.
    pub fn load(folder: Option<&Path>, config: HouseholdConfig) -> Result<Household, WorldError> {
        config.check()?;
        let tables = Tables::load(folder)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(tables.hash.as_bytes());
        let source = match &config.games {
            Some(folder) => {
                let (games, hash) = read_folder(folder, &tables)?;
                hasher.update(hash.as_bytes()).update(&(config.horizon as u64).to_le_bytes());
                Source::Read(games)
            }
            None => {
                // Debug prints every field with its shortest exact value.
                hasher.update(format!("{config:?}").as_bytes());
                Source::Drawn(Generator::new(&tables, &config)?)
            }
        };
        let sizes = match &source {
            Source::Drawn(_) => [config.train, config.seen, config.unseen],
            Source::Read(games) => games.each_ref().map(Vec::len),
        };
        let info = WorldInfo {
            name: "household".to_owned(),
            splits: sized(sizes),
            horizon: config.horizon,
            hash: hasher.finalize().to_hex().to_string(),
            returns: [0.0, SUCCESS_REWARD],
        };
        Ok(Household { shared: Arc::new(Shared { tables, config, source, info }) })
    }

    /// What a task is about.
    ///
    /// # Errors
    /// [`WorldError::Request`] if there is no such task.
    pub fn facts(&self, split: &str, index: usize) -> Result<TaskFacts, WorldError> {
        let Shared { tables, config, source, .. } = &*self.shared;
        let position = self.shared.info.find(split, index)?;
        let task = self.shared.task(position, index);
        let mut receptacles: BTreeMap<usize, u32> = BTreeMap::new();
        task.receptacles.iter().for_each(|entity| *receptacles.entry(entity.kind).or_default() += 1);
        let within = task.contents.iter().enumerate().flat_map(|(r, objects)| objects.iter().map(move |&o| (o, r)));
        let mut placement: Vec<(usize, usize)> = within.collect();
        placement.sort_unstable();
        let name = |(o, r): (usize, usize)| (task.objects[o].name.clone(), task.receptacles[r].name.clone());
        Ok(TaskFacts {
            goal: names(tables, task.goal),
            room: match source {
                Source::Drawn(generator) => tables.rooms[generator.room(tables, config, position, index)].name.clone(),
                Source::Read(_) => String::new(),
            },
            receptacles: receptacles.into_iter().map(|(r, n)| (tables.receptacles[r].name.clone(), n)).collect(),
            placement: placement.into_iter().map(name).collect(),
        })
    }

    /// The goals that training may set, and those that only `unseen` sets; of games that were read, those that they set.
    pub fn goals(&self) -> [Vec<GoalNames>; 2] {
        let Shared { tables, source, .. } = &*self.shared;
        match source {
            Source::Drawn(generator) => {
                [false, true].map(|held_out| generator.goals(held_out).map(|g| names(tables, g)).collect())
            }
            Source::Read(games) => [0, 2].map(|split| {
                let goals: BTreeSet<Goal> = games[split].iter().map(|read| read.task.goal).collect();
                goals.into_iter().map(|goal| names(tables, goal)).collect()
            }),
        }
    }

    /// A task as ALFWorld's files, with the demonstrator's actions as the walkthrough. ALFWorld itself plays it only with
    /// its own rules and texts in it.
    ///
    /// # Errors
    /// [`WorldError::Request`] if there is no such task, or if the tables have what ALFWorld does not know.
    pub fn game_files(&self, split: &str, index: usize, logic: Option<&Logic>) -> Result<GameFiles, WorldError> {
        let Shared { tables, config, .. } = &*self.shared;
        let task = self.shared.task(self.shared.info.find(split, index)?, index);
        let mut game = Game::new(tables, task.clone());
        let mut walkthrough = Vec::new();
        while !game.won(tables) && walkthrough.len() < config.horizon {
            let left = config.horizon - walkthrough.len();
            let next = Expert { tables, config, game: &game, left }.next();
            let Some(action) = next.and_then(|action| game.text_of(action)).map(str::to_owned) else { break };
            game.act(tables, &action);
            walkthrough.push(action);
        }
        tw_write::write(tables, &task, &walkthrough, game.won(tables), logic)
    }
}

fn names(tables: &Tables, goal: Goal) -> GoalNames {
    let task = &tables.tasks[goal.task];
    GoalNames {
        kind: task.name.clone(),
        object: tables.objects[goal.object].name.clone(),
        place: match task.light {
            true => tables.objects[goal.place].name.clone(),
            false => tables.receptacles[goal.place].name.clone(),
        },
    }
}

impl Shared {
    /// The task at `index` of the split, which is there.
    fn task(&self, split: usize, index: usize) -> Task {
        match &self.source {
            Source::Drawn(generator) => generator.task(&self.tables, &self.config, split, index),
            Source::Read(games) => games[split][index].task.clone(),
        }
    }

    /// The task's name: of a game that was read, the folder that it lies in, which stays when other games come or go.
    fn name(&self, split: usize, index: usize) -> String {
        match &self.source {
            Source::Drawn(_) => format!("{}/{index}", SPLITS[split]),
            Source::Read(games) => format!("{}/{}", SPLITS[split], games[split][index].name),
        }
    }
}

impl World for Household {
    fn info(&self) -> &WorldInfo {
        &self.shared.info
    }

    fn open(&self) -> Result<Box<dyn Env>, WorldError> {
        Ok(Box::new(HouseholdEnv { shared: Arc::clone(&self.shared), episode: None }))
    }
}

struct Episode {
    game: Game,
    steps: usize,
    done: bool,
}

struct HouseholdEnv {
    shared: Arc<Shared>,
    episode: Option<Episode>,
}

impl HouseholdEnv {
    fn no_episode() -> WorldError {
        WorldError::Request("household: no episode; call reset first".to_owned())
    }
}

impl Env for HouseholdEnv {
    fn reset(&mut self, split: &str, index: usize, _seed: u64) -> Result<Reset, WorldError> {
        let tables = &self.shared.tables;
        let position = self.shared.info.find(split, index)?;
        let game = Game::new(tables, self.shared.task(position, index));
        let reset = Reset {
            task_id: self.shared.name(position, index),
            kind: tables.tasks[game.task.goal.task].name.clone(),
            task: game.task.sentence.clone(),
            first: game.first(),
            admissible: game.admissible(),
        };
        self.episode = Some(Episode { game, steps: 0, done: false });
        Ok(reset)
    }

    fn step(&mut self, action: &str) -> Result<Stepped, WorldError> {
        let Shared { tables, config, .. } = &*self.shared;
        let Episode { game, steps, done } = self.episode.as_mut().ok_or_else(Self::no_episode)?;
        if *done {
            return Err(WorldError::Request("household: the episode is over; call reset".to_owned()));
        }
        let observation = game.act(tables, action);
        *steps += 1;
        let won = game.won(tables);
        *done = won || *steps >= config.horizon;
        Ok(Stepped {
            observation,
            admissible: if *done { Vec::new() } else { game.admissible() },
            reward: if won { SUCCESS_REWARD } else { 0.0 },
            done: *done,
            won,
            score: if won { 1.0 } else { 0.0 },
        })
    }

    fn expert(&mut self) -> Result<Option<String>, WorldError> {
        let Shared { tables, config, .. } = &*self.shared;
        let Episode { game, steps, done } = self.episode.as_ref().ok_or_else(Self::no_episode)?;
        if *done {
            return Ok(None);
        }
        let left = config.horizon.saturating_sub(*steps);
        let action = Expert { tables, config, game, left }.next();
        Ok(action.and_then(|a| game.text_of(a)).map(str::to_owned))
    }
}
