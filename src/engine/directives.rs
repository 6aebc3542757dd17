//! What the skills say before one decision: the output of a session and the input of a policy.

/// A rule of a compiled bank: the skill's position in the bank and the rule's position in the skill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId {
    pub skill: u16,
    pub rule: u16,
}

/// The colour a rule gives to an admissible action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MarkKind {
    Prefer,
    Avoid,
}

/// One rule that fired at this decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    pub rule: RuleId,
    /// Its rendered advice, at most 500 characters; `None` where the rule has none.
    pub advice: Option<String>,
}

/// One rule's mark on one admissible action. A rule marks an action at most once with each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark {
    /// Position in the admissible list of this decision.
    pub action: u32,
    pub rule: RuleId,
    pub kind: MarkKind,
}

/// Everything said before one decision: at most [`MAX_SPEAKING`] firings in order of speaking, and their marks
/// sorted by (action, rule, kind).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives {
    pub fired: Vec<Firing>,
    pub marks: Vec<Mark>,
}

/// At most this many rules speak at one decision; the first in bank order win.
pub const MAX_SPEAKING: usize = 8;
