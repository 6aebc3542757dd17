//! Conditions, as written.

use super::{Name, Str};
use crate::lang::span::Span;
use crate::text::Decimal;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
