//! Patches, as written.

use super::{MemberKind, Name, Skill, Sort, Str};
use crate::lang::span::Span;

#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    pub lead: Vec<String>,
    pub title: Str,
    pub operations: Vec<Operation>,
    /// Comments after the last operation.
    pub tail: Vec<String>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    Add(Skill),
    Replace(Skill),
    Retire {
        lead: Vec<String>,
        name: Name,
    },
    Modify {
        lead: Vec<String>,
        name: Name,
        edits: Vec<Edit>,
        /// Comments after the last edit.
        tail: Vec<String>,
    },
}

impl Operation {
    /// The skill that the operation is about.
    pub fn skill(&self) -> &Name {
        match self {
            Operation::Add(skill) | Operation::Replace(skill) => &skill.name,
            Operation::Retire { name, .. } | Operation::Modify { name, .. } => name,
        }
    }
}

/// One change of a skill that is modified.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    pub lead: Vec<String>,
    pub kind: EditKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EditKind {
    Add(MemberKind),
    Replace(MemberKind),
    Drop { sort: Sort, name: Name },
}
