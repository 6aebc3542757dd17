//! One episode after another. In: a place to play, which task, and how to choose; out: what was played.

use super::{Env, WorldError, WorldInfo};
use crate::episode::{Step, TRAJECTORY_FORMAT, Trajectory};

/// Which episode.
#[derive(Debug, Clone, Copy)]
pub struct At<'s> {
    pub split: &'s str,
    pub index: usize,
    pub seed: u64,
}

/// Chooses an action, given the place, what was played so far and the admissible actions; none ends the episode early.
pub type Choose<'c> = dyn FnMut(&mut dyn Env, &Trajectory, &[String]) -> Result<Option<String>, WorldError> + 'c;

/// Plays one episode.
///
/// # Errors
/// Whatever the world answers; then there is no episode.
pub fn play(env: &mut dyn Env, world: &WorldInfo, at: At, choose: &mut Choose) -> Result<Trajectory, WorldError> {
    let reset = env.reset(at.split, at.index, at.seed)?;
    let mut episode = Trajectory {
        v: TRAJECTORY_FORMAT,
        id: format!("{}-{}-{}", at.split, at.index, at.seed),
        world: world.name.clone(),
        split: at.split.to_owned(),
        task_id: reset.task_id,
        task: reset.task,
        first: reset.first,
        ..Trajectory::default()
    };
    let mut admissible = reset.admissible;
    while !episode.done {
        let Some(action) = choose(env, &episode, &admissible)? else { break };
        let stepped = env.step(&action)?;
        let step = Step { admissible, action, observation: stepped.observation, reward: stepped.reward };
        episode.steps.push(step);
        (episode.done, episode.won, episode.score) = (stepped.done, stepped.won, stepped.score);
        admissible = stepped.admissible;
    }
    Ok(episode)
}
