//! Two cores. In: one program; out: how many times as many steps two threads take in a second as one.

use std::hint::black_box;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use reskill::engine::program::Program;
use reskill::engine::session::Session;

use super::worlds::{World, first_actions, with_next};

const SESSIONS: usize = 64;

/// Many sessions, stepped in turn by one thread, and by two that have half of them each: the ratio of steps per second, by the
/// fastest round of each, because a machine whose other core is busy for a moment can only be slower.
pub fn scaling(world: &World, program: &Arc<Program>, rounds: usize) -> f64 {
    let fresh = |count: usize| -> Vec<Session> { (0..count).map(|_| Session::new(Arc::clone(program))).collect() };
    let mut all = fresh(SESSIONS);
    let (mut one, mut other) = (fresh(SESSIONS / 2), fresh(SESSIONS / 2));
    for sessions in [&mut all, &mut one, &mut other] {
        play_all(world, sessions);
    }
    let (mut alone, mut together) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..rounds {
        let begun = Instant::now();
        play_all(world, &mut all);
        alone = alone.min(begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| play_all(world, &mut one));
            play_all(world, &mut other);
        });
        together = together.min(begun.elapsed().as_secs_f64());
    }
    alone / together
}

fn play_all(world: &World, sessions: &mut [Session]) {
    for episode in &world.episodes {
        for session in &mut *sessions {
            black_box(session.start(&episode.task, &episode.first, first_actions(episode)));
        }
        for (step, next) in with_next(episode) {
            for session in &mut *sessions {
                black_box(session.observe(&step.action, &step.observation, next));
            }
        }
        for session in &mut *sessions {
            black_box(session.finish());
        }
    }
}
