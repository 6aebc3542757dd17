//! The warm start: the world's demonstrator plays training tasks, and the policy imitates it. In: a world with a
//! demonstrator; out: decisions with the demonstrated action.

use rand::RngExt;
use thiserror::Error;

use super::bank::InPlay;
use super::generator;
use crate::engine::directives::Directives;
use crate::engine::session::Session;
use crate::policy::decision::Decision;
use crate::policy::features::Featurizer;
use crate::world::{World, WorldError};

/// Why there are no demonstrations.
#[derive(Debug, Error)]
pub enum DemonstrationError {
    #[error(transparent)]
    World(#[from] WorldError),
    #[error("features: {0}")]
    Features(#[from] crate::policy::decision::FeatureError),
    #[error("world {world} has no demonstrator: set warm_start.demonstrations = 0")]
    NoDemonstrator { world: String },
    #[error(
        "the demonstrator of world {world} solved only {solved} of {tried} tasks; {wanted} demonstrations are wanted"
    )]
    Few { world: String, solved: usize, tried: usize, wanted: usize },
    #[error("world {world} has no split `{split}`")]
    NoSplit { world: String, split: String },
}

/// Plays tasks of `split`, drawn by `seed`, until `wanted` were solved. The skills stay silent, whatever the version says:
/// every arm of a comparison starts from the same policy.
pub fn demonstrations(
    world: &dyn World,
    version: &InPlay,
    memory: &[String],
    split: &str,
    wanted: usize,
    seed: u64,
) -> Result<Vec<(Decision, usize)>, DemonstrationError> {
    let name = || world.info().name.clone();
    let size = world.info().splits.iter().find(|s| s.name == split).map_or(0, |s| s.size);
    if size == 0 {
        return Err(DemonstrationError::NoSplit { world: name(), split: split.to_owned() });
    }
    let mut rng = generator(seed, "demonstrations", &[]);
    let mut env = world.open()?;
    let mut featurizer = Featurizer::new();
    let mut session = Session::new(version.program().clone());
    let (mut pairs, mut solved, mut tried) = (Vec::new(), 0, 0);
    while solved < wanted {
        if tried == 4 * wanted + 8 {
            return Err(DemonstrationError::Few { world: name(), solved, tried, wanted });
        }
        tried += 1;
        let reset = env.reset(split, rng.random_range(0..size), 0)?;
        session.start(&reset.task, &reset.first, &reset.admissible);
        featurizer.start(&reset.task, &reset.first);
        let mut admissible = reset.admissible;
        let mut episode = Vec::new();
        let mut won = false;
        loop {
            let Some(action) = env.expert()? else {
                if episode.is_empty() {
                    return Err(DemonstrationError::NoDemonstrator { world: name() });
                }
                break;
            };
            let facts: Vec<String> = memory.iter().flat_map(|fluent| session.facts(fluent)).collect();
            let decision = featurizer.decision(&admissible, &facts, &Directives::default(), &[])?;
            // A demonstrator outside the list cannot be imitated; the episode is dropped.
            let Some(position) = admissible.iter().position(|a| *a == action) else { break };
            episode.push((decision, position));
            let stepped = env.step(&action)?;
            session.observe(&action, &stepped.observation, &stepped.admissible);
            featurizer.observe(&action, &stepped.observation);
            admissible = stepped.admissible;
            won = stepped.won;
            if stepped.done {
                break;
            }
        }
        if won {
            solved += 1;
            pairs.append(&mut episode);
        }
    }
    Ok(pairs)
}
