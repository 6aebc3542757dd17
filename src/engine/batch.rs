//! Many episodes at once. In: sessions, each with its next transition; out: each session after it, on as many threads as are
//! told. Sessions share their program and nothing else, so that the result does not depend on the number of threads, and no
//! thread waits for another.

use std::num::NonZero;

use super::session::Session;

/// A session and what it takes in next.
pub struct Lane<'l> {
    pub session: &'l mut Session,
    pub action: &'l str,
    pub observation: &'l str,
    /// The actions to choose the next one from.
    pub next_admissible: &'l [String],
}

/// Takes in one transition in every lane. What is said then is each session's [`Session::directives`].
pub fn observe(lanes: &mut [Lane], threads: NonZero<usize>) {
    let one = |lane: &mut Lane| {
        lane.session.observe(lane.action, lane.observation, lane.next_admissible);
    };
    if threads.get() == 1 || lanes.len() < 2 {
        return lanes.iter_mut().for_each(one);
    }
    let share = lanes.len().div_ceil(threads.get());
    std::thread::scope(|scope| {
        for lanes in lanes.chunks_mut(share) {
            scope.spawn(move || lanes.iter_mut().for_each(one));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::program::Program;

    #[test]
    fn programs_are_shared_and_sessions_move() {
        fn shared<T: Send + Sync>() {}
        fn moved<T: Send>() {}
        shared::<Program>();
        moved::<Session>();
    }
}
