//! Skills with their rules, assertions and examples, as written.

use super::{Call, Conj, DeclKind, Name, Sort, Str};
use crate::lang::span::Span;

#[derive(Debug, Clone, PartialEq)]
pub struct Skill {
    pub lead: Vec<String>,
    pub name: Name,
    pub domain: Name,
    pub applies: Option<Call>,
    pub members: Vec<Member>,
    pub tail: Vec<String>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub lead: Vec<String>,
    pub kind: MemberKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MemberKind {
    Rule(Rule),
    Assertion(Assertion),
    Unverified(Str),
    Example(Example),
    /// Of all rules that do not say their own.
    Priority(u32),
    /// The skill's own event, fluent, definition, type, kind group or table.
    Decl(DeclKind),
}

impl MemberKind {
    /// What the member names, and what sort of thing that is.
    pub fn name(&self) -> Option<(Sort, &Name)> {
        match self {
            MemberKind::Rule(rule) => Some((Sort::Rule, &rule.name)),
            MemberKind::Assertion(assertion) => Some((Sort::Assertion, &assertion.name)),
            MemberKind::Example(example) => Some((Sort::Example, &example.name)),
            MemberKind::Decl(decl) => decl.name(),
            MemberKind::Unverified(_) | MemberKind::Priority(_) => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub name: Name,
    /// `when … or when …`: at least one.
    pub branches: Vec<Conj>,
    pub statements: Vec<Statement>,
    /// Comments after the last statement.
    pub tail: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub lead: Vec<String>,
    pub kind: StatementKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    Priority(u32),
    /// `at most n times`: per episode.
    Limit(u32),
    /// `let name = all element: body`.
    Let {
        name: Name,
        element: Name,
        body: Conj,
    },
    Advise(Str),
    Suggest(Str),
    Mark {
        kind: MarkKind,
        call: Call,
        filter: Option<Conj>,
    },
}

/// What a rule says of an admissible action. In order of strength: of two that weigh the same, the later one holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MarkKind {
    Prefer,
    Avoid,
    Forbid,
}

impl MarkKind {
    pub fn word(self) -> &'static str {
        match self {
            MarkKind::Prefer => "prefer",
            MarkKind::Avoid => "avoid",
            MarkKind::Forbid => "forbid",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    pub name: Name,
    pub form: Form,
    pub because: Option<Str>,
}

/// What an assertion demands, over conditions as written here, or as checked (`checked::Form`).
#[derive(Debug, Clone, PartialEq)]
pub enum Form<C = Conj> {
    Always(C),
    Never(C),
    Whenever { guard: C, then: C, within: Option<u32> },
    Eventually(C),
    Finally(C),
    FirstThen(C, C),
    AtMost(u32, C),
    AtLeast(u32, C),
    Between(u32, u32, C),
    AtMostConsecutive(u32, C),
}

impl<C> Form<C> {
    /// Its conditions, in order of writing.
    pub fn conditions(&self) -> impl Iterator<Item = &C> {
        let (one, other) = match self {
            Form::Always(c)
            | Form::Never(c)
            | Form::Eventually(c)
            | Form::Finally(c)
            | Form::AtMost(_, c)
            | Form::AtLeast(_, c)
            | Form::Between(_, _, c)
            | Form::AtMostConsecutive(_, c) => (c, None),
            Form::Whenever { guard: one, then: other, .. } | Form::FirstThen(one, other) => (one, Some(other)),
        };
        std::iter::once(one).chain(other)
    }

    /// As [`Form::conditions`], to be changed.
    pub fn conditions_mut(&mut self) -> impl Iterator<Item = &mut C> {
        let (one, other) = match self {
            Form::Always(c)
            | Form::Never(c)
            | Form::Eventually(c)
            | Form::Finally(c)
            | Form::AtMost(_, c)
            | Form::AtLeast(_, c)
            | Form::Between(_, _, c)
            | Form::AtMostConsecutive(_, c) => (c, None),
            Form::Whenever { guard: one, then: other, .. } | Form::FirstThen(one, other) => (one, Some(other)),
        };
        std::iter::once(one).chain(other)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    pub name: Name,
    pub lines: Vec<ExampleLine>,
    pub tail: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ExampleLine {
    pub lead: Vec<String>,
    pub kind: ExampleKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExampleKind {
    Task(Str),
    First(Str),
    Available(Vec<Str>),
    Action(Str),
    Observation(Str),
    /// The rule fires (or, negated, does not) at the decision after the lines above.
    Expect {
        rule: Name,
        negated: bool,
    },
    /// The assertion is violated by the end of the example.
    ExpectViolated(Name),
}
