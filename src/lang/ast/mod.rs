//! The syntax tree of `.skill` source: what was written, with places, nothing resolved.
//! Made by `parse`, read by `print`, `check` and `patch`.

mod condition;
mod patch;
mod skill;
mod vocabulary;

pub use condition::*;
pub use patch::*;
pub use skill::*;
pub use vocabulary::*;

use super::span::Span;

/// A name or keyword-free word of the source.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

/// A string literal: `value` has its escapes resolved, `span` includes the quotes.
#[derive(Debug, Clone, PartialEq)]
pub struct Str {
    pub value: String,
    pub span: Span,
}

/// A top-level item. `lead` everywhere in this tree: the comment lines (with their slashes) right before a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Domain(Domain),
    Skill(Skill),
    Patch(Patch),
}
