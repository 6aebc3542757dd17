//! What an assertion says of an episode.

use super::value::Value;

/// The verdict of one assertion at the end of an episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The skill's `for` does not match the task.
    NotApplicable,
    /// A `whenever` whose guard never held: nothing was put to the test.
    Vacuous,
    Satisfied,
    /// Violated at this transition (0-based; the last one for what only the end can tell), by these values.
    Violated {
        at: usize,
        bindings: Vec<(String, Value)>,
    },
}
