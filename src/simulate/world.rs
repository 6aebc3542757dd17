//! A simulated policy that gets better while two versions of its skills are compared. In: how good it is at each step, how tasks
//! differ, and the true effect of the challenger; out: for each step, tasks with their two probabilities of success.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution};

/// Tasks of which each group gets one.
const POOL: usize = 4096;
/// Kinds of task, for the guard.
const KINDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// How the simulated policy moves.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Mean success at the first step, without the challenger; and at the last one at most.
    pub base: f64,
    pub top: f64,
    /// What it gains a step.
    pub gain: f64,
    /// Difficulties are Beta(`spread` m, `spread` (1 - m)) for a mean m: 2 makes Beta(1.5, 0.5) at .75.
    pub spread: f64,
    /// Divergence of an update while it gains, in nats.
    pub divergence: f64,
}

impl Default for Course {
    fn default() -> Self {
        Course { base: 0.70, top: 0.85, gain: 0.01, spread: 2.0, divergence: 0.005 }
    }
}

/// Probabilities of success of one task.
#[derive(Debug, Clone, Copy)]
pub struct Task {
    pub incumbent: f64,
    pub challenger: f64,
    pub kind: &'static str,
}

/// A course of steps under one true effect.
#[derive(Debug, Clone)]
pub struct SimulatedWorld {
    /// By step; equal steps share a pool.
    pools: Vec<usize>,
    tasks: Vec<Vec<Task>>,
    divergences: Vec<f64>,
}

impl SimulatedWorld {
    /// `effect` is the mean difference between challenger and incumbent over the tasks, at every step: each task's log-odds
    /// are shifted alike, by what makes the mean come out so. The same seed gives the same tasks.
    pub fn new(course: &Course, effect: f64, steps: usize, seed: u64) -> SimulatedWorld {
        let mut world = SimulatedWorld { pools: Vec::new(), tasks: Vec::new(), divergences: Vec::new() };
        let mut last = f64::NAN;
        for step in 0..steps {
            let mean = (course.base + course.gain * step as f64).min(course.top.max(course.base));
            world.divergences.push(if mean == last || step == 0 { 0.0 } else { course.divergence });
            if mean != last {
                world.tasks.push(pool(course, mean, effect, seed));
                last = mean;
            }
            world.pools.push(world.tasks.len() - 1);
        }
        world
    }

    /// Divergence of the update before a step.
    pub fn divergence(&self, step: usize) -> f64 {
        self.divergences[step]
    }

    /// Draws the task of a group.
    pub fn task(&self, step: usize, rng: &mut ChaCha8Rng) -> Task {
        self.tasks[self.pools[step]][rng.random_range(0..POOL)]
    }
}

fn pool(course: &Course, mean: f64, effect: f64, seed: u64) -> Vec<Task> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // A spread of nothing makes all tasks alike.
    let difficulties: Vec<f64> = match Beta::new(course.spread * mean, course.spread * (1.0 - mean)) {
        Ok(beta) => (0..POOL).map(|_| beta.sample(&mut rng).clamp(1e-9, 1.0 - 1e-9)).collect(),
        Err(_) => vec![mean.clamp(1e-9, 1.0 - 1e-9); POOL],
    };
    let shifted = |by: f64| move |p: &f64| 1.0 / (1.0 + (1.0 / p - 1.0) * (-by).exp());
    let wanted = difficulties.iter().sum::<f64>() + effect * POOL as f64;
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if difficulties.iter().map(shifted(middle)).sum::<f64>() < wanted { low = middle } else { high = middle }
    }
    let by = if effect == 0.0 { 0.0 } else { 0.5 * (low + high) };
    let task = |(index, p): (usize, &f64)| Task {
        incumbent: *p,
        challenger: shifted(by)(p),
        kind: KINDS[index % KINDS.len()],
    };
    difficulties.iter().enumerate().map(task).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effect_is_the_mean_difference() {
        for effect in [-0.1, -0.05, 0.0, 0.02, 0.1] {
            let world = SimulatedWorld::new(&Course::default(), effect, 20, 3);
            assert_eq!(world.tasks.len(), 16);
            for tasks in &world.tasks {
                let difference: f64 = tasks.iter().map(|t| t.challenger - t.incumbent).sum::<f64>() / POOL as f64;
                assert!((difference - effect).abs() < 1e-9, "{difference}");
            }
        }
    }
}
