//! What a step read anew. In: a session; out: how many rules and assertions.

use reskill::engine::session::Session;
pub use reskill::engine::session::Work;

/// What the last step of a session read anew.
pub fn work(session: &Session) -> Work {
    session.work()
}
