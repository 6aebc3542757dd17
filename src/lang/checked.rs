//! The checked program: what `check` makes of syntax trees. Every name is resolved to a position, every variable to a
//! slot, every definition is expanded, every conjunction is known to be safe; nothing here can fail at run time.
//! Both evaluators (`engine::spec`, the specification, and `engine::session`) read this form.

use super::ast::{Comparison, MarkKind, Quantifier};
use super::pattern::{Pattern, Type};
use super::regexp::Regexp;
use super::span::Span;
use crate::text::Decimal;

/// All domains and skills of a set of files.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub domains: Vec<Domain>,
    pub skills: Vec<Skill>,
}

/// A domain's vocabulary, and after it what skills of the domain declare for themselves (named `skill.name`). Positions
/// in these lists are how everything refers to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    pub name: String,
    pub tasks: Vec<Task>,
    /// An action answered by a text in which one of these occurs has not happened.
    pub fails: Vec<Pattern>,
    pub events: Vec<Event>,
    pub fluents: Vec<Fluent>,
    pub tables: Vec<Table>,
    /// What [`Type::Own`] counts.
    pub types: Vec<OwnType>,
}

/// A declared capture type: the raw text of a capture must match `regex` as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnType {
    pub name: String,
    pub regex: Regexp,
}

/// A constant relation; its rows have a value for each parameter and differ from one another.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub name: String,
    pub params: Vec<Param>,
    pub rows: Vec<Vec<Constant>>,
}

/// A value of a table, of its column's type: a text (canonical, see `text::canonical`) for words, an item as written in
/// canonical text, a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    Text(String),
    Item(String),
    Number(Decimal),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub name: String,
    pub ty: Type,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub name: String,
    pub params: Vec<Param>,
    /// Sentences; each captures every parameter.
    pub sentences: Vec<Pattern>,
    /// This task holds when one of these does; they come earlier in the domain's list, or are resolved after it.
    pub derived: Vec<DerivedTask>,
}

/// `task delivery(o, p) = heat(o, p)`: parameter `i` of the head is argument `from[i]` of `task`.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedTask {
    pub task: usize,
    pub from: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub name: String,
    pub params: Vec<Param>,
    pub forms: Vec<EventForm>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EventForm {
    /// The action as a whole matches `pattern`, and `then`, if there, matches in the answer with equal captures.
    /// Together they capture every parameter.
    Action { pattern: Pattern, then: Option<Pattern> },
    /// The pattern occurs in an observation: the first match, or with `each` every non-overlapping one.
    Observation { pattern: Pattern, each: bool },
}

impl Event {
    pub fn has_action(&self) -> bool {
        self.forms.iter().any(|form| matches!(form, EventForm::Action { .. }))
    }
}

/// A relation over what is true. A valued fluent's last parameter is its value: one row per key.
#[derive(Debug, Clone, PartialEq)]
pub struct Fluent {
    pub name: String,
    pub params: Vec<Param>,
    pub valued: bool,
    /// At most so many rows; the oldest row goes first. [`MAX_ROWS`] where nothing is said.
    pub max: usize,
    pub causes: Vec<Cause>,
}

impl Fluent {
    /// How many leading parameters identify a row.
    pub fn keys(&self) -> usize {
        self.params.len() - usize::from(self.valued)
    }
}

/// At most this many rows in the memory of a `once`, and in a fluent that says nothing else; the oldest row goes first.
pub const MAX_ROWS: usize = 512;

/// At most this many different facts in one phase of a transition; further ones have not occurred.
pub const MAX_FACTS: usize = 1024;

/// `initiated by` / `terminated by` (or `set by` / `cleared by`). Variables `0..params.len()` are the fluent's parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// Adds rows (`initiated`, `set`) or removes them (`terminated`, `cleared`).
    pub adds: bool,
    pub trigger: Trigger,
    pub args: Vec<Arg>,
    pub with: Vec<Literal>,
    pub vars: Vec<Variable>,
}

/// What a cause waits for: an event of a transition (or of the first observation), or the episode's task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    Event(usize),
    Task(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    pub name: String,
    pub ty: Type,
}

/// An argument: any value, or the variable in this slot of the scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg {
    Any,
    Var(usize),
}

/// One literal of a safe conjunction.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// An event of the transition in view.
    Event {
        event: usize,
        args: Vec<Arg>,
    },
    /// An event of any transition up to now, the first observation included; `within` n: of the last n transitions.
    Once {
        event: usize,
        args: Vec<Arg>,
        within: Option<u32>,
    },
    Fluent {
        fluent: usize,
        args: Vec<Arg>,
    },
    Task {
        task: usize,
        args: Vec<Arg>,
    },
    /// An admissible action that would be such an event.
    Available {
        event: usize,
        args: Vec<Arg>,
    },
    /// A row of a constant table.
    Table {
        table: usize,
        args: Vec<Arg>,
    },
    /// The same raw action as the one before.
    Repeated,
    /// A trigger that is not stated yet: never holds.
    Todo,
    Is {
        left: usize,
        right: IsRight,
    },
    In {
        element: usize,
        list: usize,
    },
    /// The tokens of `right`, at least one, stand in `left` in a row.
    Contains {
        left: Term,
        right: Term,
    },
    Compare {
        left: Operand,
        op: Comparison,
        right: Operand,
    },
    /// The conjunction inside does not hold; all its named variables are bound outside.
    Not(Vec<Literal>),
    /// `every over: then`, `some over with then`, `no over with then`. `over` is an event, a fluent, a task or a table;
    /// its variables that are not bound outside are the quantifier's own: they have slots of the scope, and no value
    /// before or after.
    Quantified {
        quantifier: Quantifier,
        over: Box<Literal>,
        then: Vec<Literal>,
    },
}

/// A variable of a type with words, or canonical text.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    Var(usize),
    Text(String),
}

#[derive(Debug, Clone, PartialEq)]
pub enum IsRight {
    Var(usize),
    /// Canonical text (`text::canonical`) of the quoted kind.
    Text(String),
    /// A kind group: one of these canonical texts.
    OneOf(Vec<String>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Var(usize),
    Number(Decimal),
    /// Actions taken, the one in view included.
    Step,
    /// Current rows of a fluent that match.
    CountRows {
        fluent: usize,
        args: Vec<Arg>,
    },
    /// Occurrences of an event so far that match, the first observation included.
    CountEvents {
        event: usize,
        args: Vec<Arg>,
    },
    /// Tokens of the text.
    Words(Term),
    /// Distinct tokens that both texts have.
    Shared(Term, Term),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Skill {
    pub name: String,
    pub domain: usize,
    /// Index of the source file and the place of the skill's name in it.
    pub file: usize,
    pub span: Span,
    /// The task that the skill is for. Its variables are the slots `0..` of every scope of the skill.
    pub applies: Option<(usize, Vec<Arg>)>,
    pub rules: Vec<Rule>,
    pub assertions: Vec<Assertion>,
    pub examples: Vec<Example>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub name: String,
    pub vars: Vec<Variable>,
    pub branches: Vec<Vec<Literal>>,
    /// Rules with a higher priority speak first; 0 where nothing is said.
    pub priority: u32,
    /// It speaks at no more decisions of an episode than this.
    pub limit: Option<u32>,
    pub lets: Vec<Let>,
    pub advice: Option<Vec<AdvicePart>>,
    /// A free-form action, rendered like advice.
    pub suggestion: Option<Vec<AdvicePart>>,
    pub marks: Vec<MarkStatement>,
    /// The variables that the statements use, ascending: what makes two bindings of the rule different.
    pub used: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AdvicePart {
    Text(String),
    Var(usize),
    /// The list of the rule's `lets` at this position.
    Let(usize),
}

/// `let name = all element: body`: the distinct values of the variable in slot `element`, in order of the solutions of
/// `body` under the rule's first binding, at most 64. The body's own variables have slots after the rule's.
#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    pub name: String,
    pub element: usize,
    pub body: Vec<Literal>,
    pub vars: Vec<Variable>,
}

/// `prefer`, `avoid` or `forbid`: admissible actions that are `event(args)` and pass `filter`. The filter's own variables
/// have slots after the rule's.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkStatement {
    pub kind: MarkKind,
    pub event: usize,
    pub args: Vec<Arg>,
    pub filter: Vec<Literal>,
    pub vars: Vec<Variable>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    pub name: String,
    pub vars: Vec<Variable>,
    pub form: Form,
    pub because: Option<String>,
}

/// What an assertion demands.
pub type Form = super::ast::Form<Vec<Literal>>;

/// A worked example: a short episode and what must hold in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    pub name: String,
    pub span: Span,
    pub task: String,
    pub first: String,
    /// The admissible actions of the first decision; empty where the example does not say.
    pub available: Vec<String>,
    pub steps: Vec<ExampleStep>,
    pub expectations: Vec<Expectation>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ExampleStep {
    pub action: String,
    pub observation: String,
    /// The admissible actions after this step.
    pub available: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    pub span: Span,
    pub kind: ExpectationKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExpectationKind {
    /// The skill's rule (by position) fires, or not, at the decision after `decision` steps.
    Rule { rule: usize, decision: usize, fires: bool },
    /// The skill's assertion (by position) is violated by the end.
    Violated { assertion: usize },
}
