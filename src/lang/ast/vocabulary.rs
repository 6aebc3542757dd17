//! Domains and declarations, as written.

use super::{Call, Conj, Name, Str};
use crate::lang::span::Span;
use crate::text::Decimal;

#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    pub lead: Vec<String>,
    pub name: Name,
    pub decls: Vec<Decl>,
    /// Comments after the last declaration.
    pub tail: Vec<String>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Decl {
    pub lead: Vec<String>,
    pub kind: DeclKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum DeclKind {
    Task {
        head: Head,
        forms: Vec<TaskForm>,
    },
    Fails(Vec<PatternText>),
    Event {
        head: Head,
        forms: Vec<EventForm>,
    },
    /// `max`: how many rows it keeps.
    Fluent {
        head: Head,
        value: Option<Param>,
        max: Option<u32>,
        causes: Vec<Cause>,
    },
    Define {
        head: Head,
        body: Conj,
    },
    /// A capture type: `type asin = /b[0-9a-z]{9}/`.
    Type {
        name: Name,
        regex: Str,
    },
    /// A name for several kinds.
    Kind {
        name: Name,
        kinds: Vec<Str>,
    },
    /// A constant relation.
    Table {
        name: Name,
        columns: Vec<Column>,
        rows: Vec<Row>,
    },
}

impl DeclKind {
    /// What the declaration names, and what sort of thing that is; `fails` names nothing.
    pub fn name(&self) -> Option<(Sort, &Name)> {
        Some(match self {
            DeclKind::Fails(_) => return None,
            DeclKind::Task { head, .. } => (Sort::Task, &head.name),
            DeclKind::Event { head, .. } => (Sort::Event, &head.name),
            DeclKind::Fluent { head, .. } => (Sort::Fluent, &head.name),
            DeclKind::Define { head, .. } => (Sort::Define, &head.name),
            DeclKind::Type { name, .. } => (Sort::Type, name),
            DeclKind::Kind { name, .. } => (Sort::Kind, name),
            DeclKind::Table { name, .. } => (Sort::Table, name),
        })
    }
}

/// What a declaration or a member of a skill is, as its first word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    Task,
    Event,
    Fluent,
    Define,
    Type,
    Kind,
    Table,
    Rule,
    Assertion,
    Example,
}

impl Sort {
    pub const ALL: [(Sort, &str); 10] = [
        (Sort::Task, "task"),
        (Sort::Event, "event"),
        (Sort::Fluent, "fluent"),
        (Sort::Define, "define"),
        (Sort::Type, "type"),
        (Sort::Kind, "kind"),
        (Sort::Table, "table"),
        (Sort::Rule, "rule"),
        (Sort::Assertion, "assert"),
        (Sort::Example, "example"),
    ];

    /// The word that begins it.
    pub fn word(self) -> &'static str {
        Sort::ALL.iter().find(|(sort, _)| *sort == self).map_or("", |(_, word)| word)
    }
}

/// What a pattern is written as: a text with captures, or a regular expression (without its slashes).
#[derive(Debug, Clone, PartialEq)]
pub struct PatternText {
    pub text: Str,
    pub regex: bool,
}

/// A column of a table; without a type it holds kinds.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: Name,
    pub ty: Option<Name>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub values: Vec<Constant>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    Text(Str),
    Number(Decimal, Span),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    pub name: Name,
    pub params: Vec<Param>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub name: Name,
    pub ty: Name,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TaskForm {
    Sentence(PatternText),
    Derived(Call),
}

#[derive(Debug, Clone, PartialEq)]
pub enum EventForm {
    Action { pattern: PatternText, then: Option<PatternText> },
    Observation { each: bool, pattern: PatternText },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseVerb {
    Initiated,
    Terminated,
    Set,
    Cleared,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    pub verb: CauseVerb,
    pub call: Call,
    pub with: Option<Conj>,
    pub span: Span,
}
