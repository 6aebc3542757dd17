//! The syntax tree of `.skill` source: what was written, with places, nothing resolved.
//! Made by `parse`, read by `print`, `check` and `patch`.

use super::span::Span;
use crate::text::Decimal;

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

#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub name: Name,
    pub args: Vec<Arg>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    Any(Span),
    Var(Name),
}

/// A flat conjunction; never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Conj(pub Vec<Literal>);

#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    pub negated: bool,
    pub atom: Atom,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Atom {
    Call(Call),
    Once {
        call: Call,
        within: Option<u32>,
    },
    Available(Call),
    Repeated,
    /// A trigger that cannot be stated yet, in prose.
    Todo(Str),
    Is {
        left: Name,
        right: Term,
    },
    In {
        element: Name,
        list: Name,
    },
    Contains {
        left: Term,
        right: Term,
    },
    Compare {
        left: Operand,
        op: Comparison,
        right: Operand,
    },
    Quantified {
        quantifier: Quantifier,
        over: Call,
        body: Conj,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    Every,
    Some,
    No,
}

impl Quantifier {
    /// The word before its facts and what stands between them and the condition.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Quantifier::Every => ("every", ":"),
            Quantifier::Some => ("some", " with"),
            Quantifier::No => ("no", " with"),
        }
    }
}

/// A variable or a quoted text.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    Var(Name),
    Text(Str),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Var(Name),
    Number(Decimal),
    Step,
    Count(Call),
    /// `words(a)`: tokens.
    Words(Term),
    /// `shared(a, b)`: distinct tokens of both.
    Shared(Term, Term),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Unequal,
}

impl Comparison {
    pub const ALL: [(Comparison, &str); 6] = [
        (Comparison::AtMost, "<="),
        (Comparison::AtLeast, ">="),
        (Comparison::Unequal, "!="),
        (Comparison::Less, "<"),
        (Comparison::More, ">"),
        (Comparison::Equal, "="),
    ];

    pub fn holds<T: Ord>(self, left: T, right: T) -> bool {
        match self {
            Comparison::Less => left < right,
            Comparison::AtMost => left <= right,
            Comparison::More => left > right,
            Comparison::AtLeast => left >= right,
            Comparison::Equal => left == right,
            Comparison::Unequal => left != right,
        }
    }
}

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

#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    Always(Conj),
    Never(Conj),
    Whenever { guard: Conj, then: Conj, within: Option<u32> },
    Eventually(Conj),
    Finally(Conj),
    FirstThen(Conj, Conj),
    AtMost(u32, Conj),
    AtLeast(u32, Conj),
    Between(u32, u32, Conj),
    AtMostConsecutive(u32, Conj),
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
