//! What the skills say before one decision: the output of a session and the input of a policy.

pub use crate::lang::ast::MarkKind;

/// A rule of a compiled bank: the skill's position in the bank and the rule's position in the skill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId {
    pub skill: u16,
    pub rule: u16,
}

/// One rule that fired at this decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    pub rule: RuleId,
    /// Its rendered advice, at most 500 characters; `None` where the rule has none.
    pub advice: Option<String>,
}

/// A free-form action that a rule offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub rule: RuleId,
    pub action: String,
}

/// One rule's mark on one admissible action. A rule marks an action at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark {
    /// Position in the admissible list of this decision.
    pub action: u32,
    pub rule: RuleId,
    pub kind: MarkKind,
}

/// Everything said before one decision by the rules that speak, at most [`MAX_SPEAKING`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives {
    /// In order of speaking.
    pub fired: Vec<Firing>,
    /// What the rules say of the admissible actions when all is weighed up, sorted by (action, rule, kind). All marks of
    /// one action have one kind; some action is not forbidden.
    pub marks: Vec<Mark>,
    /// In order of speaking.
    pub suggestions: Vec<Suggestion>,
    /// Rules whose forbids were dropped because they would have left no action; in order of speaking.
    pub overruled: Vec<RuleId>,
}

impl Directives {
    pub(super) fn clear(&mut self) {
        self.fired.clear();
        self.marks.clear();
        self.suggestions.clear();
        self.overruled.clear();
    }
}

/// At most this many rules speak at one decision; those of the highest priority, and of these the first in bank order.
pub const MAX_SPEAKING: usize = 8;
