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
    Task { head: Head, forms: Vec<TaskForm> },
    Fails(Vec<Str>),
    Event { head: Head, forms: Vec<EventForm> },
    Fluent { head: Head, value: Option<Param>, causes: Vec<Cause> },
    Define { head: Head, body: Conj },
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
    Sentence(Str),
    Derived(Call),
}

#[derive(Debug, Clone, PartialEq)]
pub enum EventForm {
    Action { pattern: Str, then: Option<Str> },
    Observation { each: bool, pattern: Str },
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
    Once { call: Call, within: Option<u32> },
    Available(Call),
    Repeated,
    Is { left: Name, right: IsRight },
    In { element: Name, list: Name },
    Compare { left: Operand, op: Comparison, right: Operand },
}

#[derive(Debug, Clone, PartialEq)]
pub enum IsRight {
    Var(Name),
    Text(Str),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Var(Name),
    Number(Decimal),
    Step,
    Count(Call),
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
    Advise(Str),
    Prefer { call: Call, filter: Option<Conj> },
    Avoid { call: Call, filter: Option<Conj> },
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
    Retire { lead: Vec<String>, name: Name },
}
