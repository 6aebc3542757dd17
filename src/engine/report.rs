//! What a session says when an episode has ended: verdicts, and what was left out because it was too much.

use std::fmt;

use super::verdict::Verdict;

/// What the assertions of a bank say of a finished episode, skill by skill in bank order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub verdicts: Vec<Vec<Verdict>>,
    /// Sorted; empty for most episodes.
    pub truncations: Vec<Truncation>,
}

/// Something that has a limit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Texts are read up to 1 MiB.
    Text,
    /// A pattern that captures something twice makes 20,000 attempts on a text.
    Search,
    /// 1,024 different facts occur in one phase of a transition.
    Facts,
    /// A rule has 64 bindings.
    Bindings,
    /// A fluent keeps so many rows.
    Rows(String),
    /// 512 different facts of an event are remembered.
    Past(String),
}

/// A limit that was reached, and how often.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Truncation {
    pub limit: Limit,
    pub times: u32,
}

impl fmt::Display for Truncation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = self.times;
        match &self.limit {
            Limit::Text => write!(f, "{times} texts were cut at 1 MiB"),
            Limit::Search => write!(f, "{times} searches for a pattern that repeats a capture were given up"),
            Limit::Facts => write!(f, "{times} observations had more than 1,024 facts"),
            Limit::Bindings => {
                write!(f, "a rule had 64 bindings {times} times; others, if there were any, do not count")
            }
            Limit::Rows(fluent) => write!(f, "the fluent `{fluent}` dropped its oldest row {times} times"),
            Limit::Past(event) => write!(f, "the oldest fact of the event `{event}` was forgotten {times} times"),
        }
    }
}
