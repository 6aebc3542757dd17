//! Every name of a syntax tree. In: the items of one text; out: each occurrence of a name with its place, what it names and
//! the scope it belongs to, and each declaration as a reader wants to see it. `index` answers questions over several
//! texts, `rename` changes a name everywhere; the language server is built on both.

pub mod captures;
mod collect;
mod condition;
pub mod index;
pub mod rename;

use super::ast::{Item, Sort};
use super::span::Span;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    Domain,
    Skill,
    Task,
    Event,
    Fluent,
    Define,
    Type,
    /// A kind group.
    Kind,
    Table,
    /// A declared name where it is used: the index knows whether it is a task, an event, a fluent or anything else.
    Declared,
    Rule,
    Assertion,
    Example,
    /// A rule, assertion or example where it is used.
    Member,
    Parameter,
    Variable,
}

/// Names of one space can be mistaken for one another; names of different spaces never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    Domain,
    Skill,
    Declared,
    Member,
    Local,
}

impl NameKind {
    pub fn space(self) -> Space {
        match self {
            NameKind::Domain => Space::Domain,
            NameKind::Skill => Space::Skill,
            NameKind::Task
            | NameKind::Event
            | NameKind::Fluent
            | NameKind::Define
            | NameKind::Type
            | NameKind::Kind
            | NameKind::Table
            | NameKind::Declared => Space::Declared,
            NameKind::Rule | NameKind::Assertion | NameKind::Example | NameKind::Member => Space::Member,
            NameKind::Parameter | NameKind::Variable => Space::Local,
        }
    }

    /// In the words of a reader.
    pub fn word(self) -> &'static str {
        match self {
            NameKind::Domain => "domain",
            NameKind::Skill => "skill",
            NameKind::Task => "task",
            NameKind::Event => "event",
            NameKind::Fluent => "fluent",
            NameKind::Define => "definition",
            NameKind::Type => "capture type",
            NameKind::Kind => "kind group",
            NameKind::Table => "table",
            NameKind::Declared => "declared name",
            NameKind::Rule => "rule",
            NameKind::Assertion => "assertion",
            NameKind::Example => "example",
            NameKind::Member => "rule, assertion or example",
            NameKind::Parameter => "parameter",
            NameKind::Variable => "variable",
        }
    }

    /// Whether it can stand before round brackets in a condition.
    pub fn is_fact(self) -> bool {
        matches!(self, NameKind::Task | NameKind::Event | NameKind::Fluent | NameKind::Define | NameKind::Table)
    }
}

impl From<Sort> for NameKind {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Task => NameKind::Task,
            Sort::Event => NameKind::Event,
            Sort::Fluent => NameKind::Fluent,
            Sort::Define => NameKind::Define,
            Sort::Type => NameKind::Type,
            Sort::Kind => NameKind::Kind,
            Sort::Table => NameKind::Table,
            Sort::Rule => NameKind::Rule,
            Sort::Assertion => NameKind::Assertion,
            Sort::Example => NameKind::Example,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Where the name is declared; for a variable: where it first gets its value.
    Definition,
    Use,
}

/// Whose a declared name or a member is. A part is missing where the text does not say it: `modify x` names no domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Owner {
    pub domain: Option<String>,
    pub skill: Option<String>,
}

/// Where variables live: a skill's `for`, a rule, a statement, an assertion, a declaration, a cause, a quantifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    pub parent: Option<usize>,
    pub span: Span,
}

/// What an occurrence of a variable tells of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    None,
    /// The type by its name.
    Type(String),
    /// The argument at this position of a call.
    Argument(String, usize),
}

/// One occurrence of a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    pub kind: NameKind,
    pub role: Role,
    pub text: String,
    /// The name itself, without quotes or braces around it.
    pub span: Span,
    /// Position in [`Names::owners`].
    pub owner: usize,
    /// Position in [`Names::scopes`], for names of [`Space::Local`].
    pub scope: Option<usize>,
    pub hint: Hint,
    /// Stands in quotes or slashes: there a name that nothing declares is a plain word.
    pub quoted: bool,
}

/// A declaration as a reader wants to see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    pub kind: NameKind,
    pub name: String,
    /// The name alone.
    pub name_span: Span,
    /// All of it.
    pub span: Span,
    pub owner: usize,
    /// Parameters with their types, the value of a fluent last; empty for what takes none.
    pub params: Vec<(String, String)>,
    /// An event that has an `action` form.
    pub is_action: bool,
    /// The comment right before it, without slashes.
    pub doc: Vec<String>,
    /// Inside a patch: it stands for something only once the patch is applied.
    pub in_patch: bool,
}

/// All names of one text, in order of their places.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Names {
    pub occurrences: Vec<Occurrence>,
    pub declarations: Vec<Declaration>,
    pub owners: Vec<Owner>,
    pub scopes: Vec<Scope>,
}

/// Collects the names of `items`, which were parsed from `text`.
pub fn collect(items: &[Item], text: &str) -> Names {
    collect::collect(items, text)
}

impl Names {
    /// The occurrence at byte `at`; one that ends there counts.
    pub fn at(&self, at: usize) -> Option<&Occurrence> {
        let touches = |o: &&Occurrence| (o.span.start as usize) <= at && at <= o.span.end as usize;
        self.occurrences.iter().filter(touches).max_by_key(|o| o.span.start)
    }

    /// Whether scope `inner` is `outer` or lies inside it.
    pub fn is_inside(&self, inner: usize, outer: usize) -> bool {
        let mut at = Some(inner);
        while let Some(scope) = at {
            if scope == outer {
                return true;
            }
            at = self.scopes.get(scope).and_then(|s| s.parent);
        }
        false
    }
}
