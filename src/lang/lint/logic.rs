//! What can be said of a conjunction without running it. In: checked literals; out: that they can never hold together and
//! why, that one always holds, that one follows from another. Whatever is said is exact; where nothing is certain,
//! nothing is said.

use super::numbers::{Numbers, wider};
use super::words::{Words, own};
use crate::lang::ast::Quantifier;
use crate::lang::checked::{Arg, Constant, Domain, IsRight, Literal, Variable};
use crate::lang::pattern::Type;
use crate::text::Decimal;

/// Where a condition stands: its vocabulary, its variables, and what is known there anyway.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) domain: &'a Domain,
    pub(super) vars: &'a [Variable],
    /// Fluents (by position) that nothing can make true.
    pub(super) empty: &'a [bool],
    /// What holds beside the condition: the skill's `for`, or a rule's own condition.
    pub(super) given: &'a [Literal],
    /// The least value of `step` where the condition is judged.
    pub(super) least_step: i64,
}

/// Why a conjunction can never hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reason {
    /// One literal alone, in words, and why.
    Alone(String, String),
    /// Two that exclude each other, in words.
    Pair(String, String),
    /// A trigger that is not stated: told by itself.
    Todo,
}

impl<'a> Frame<'a> {
    fn words(&self) -> Words<'a> {
        Words { domain: self.domain, vars: self.vars }
    }

    fn numbers(&self) -> Numbers<'a> {
        Numbers { domain: self.domain, least_step: self.least_step }
    }

    /// Why these literals can never all hold, if they cannot.
    pub(super) fn never(&self, literals: &[Literal]) -> Option<Reason> {
        if literals.contains(&Literal::Todo) {
            return Some(Reason::Todo);
        }
        let alone = |l: &Literal| Some(Reason::Alone(self.words().literal(l), self.never_alone(l, literals)?));
        literals.iter().find_map(alone).or_else(|| self.pair(literals))
    }

    /// Two literals that exclude each other, one of them among `literals`.
    fn pair(&self, literals: &[Literal]) -> Option<Reason> {
        let all: Vec<&Literal> = self.given.iter().chain(literals).collect();
        for (n, a) in all.iter().enumerate() {
            for b in &all[(n + 1).max(self.given.len())..] {
                if self.exclude(a, b) {
                    return Some(Reason::Pair(self.words().literal(a), self.words().literal(b)));
                }
            }
        }
        // A definition that is denied while all of its parts hold.
        literals.iter().find_map(|literal| match literal {
            Literal::Not(inner) if inner.len() > 1 => {
                let follows = |part: &Literal| all.iter().any(|other| self.entails(other, part)) || self.always(part);
                inner.iter().all(follows).then(|| Reason::Pair(self.words().conj(inner), self.words().literal(literal)))
            }
            _ => None,
        })
    }

    fn exclude(&self, a: &Literal, b: &Literal) -> bool {
        let denied = |a: &Literal, b: &Literal| match b {
            Literal::Not(inner) => matches!(inner.as_slice(), [one] if self.entails(a, one)),
            _ => false,
        };
        denied(a, b)
            || denied(b, a)
            || self.numbers().exclude(a, b)
            || self.kinds_exclude(a, b)
            || self.tasks_exclude(a, b)
    }

    fn kinds_exclude(&self, a: &Literal, b: &Literal) -> bool {
        let (Literal::Is { left, right }, Literal::Is { left: other, right: other_right }) = (a, b) else {
            return false;
        };
        let (Some(kinds), Some(others)) = (texts(right), texts(other_right)) else { return false };
        left == other && !kinds.iter().any(|k| others.iter().any(|o| self.may_be_both(*left, k, o)))
    }

    /// Whether a value in this slot can be both texts: an item may be a `mug` and the `mug 1`.
    fn may_be_both(&self, slot: usize, a: &str, b: &str) -> bool {
        a == b || (self.type_of(slot) == Some(Type::Item) && (is_one_of(a, b) || is_one_of(b, a)))
    }

    /// One basic task per episode: two that are not derived exclude each other.
    fn tasks_exclude(&self, a: &Literal, b: &Literal) -> bool {
        let basic = |task: usize| self.domain.tasks.get(task).is_some_and(|t| t.derived.is_empty());
        matches!((a, b), (Literal::Task { task: a, .. }, Literal::Task { task: b, .. }) if a != b && basic(*a) && basic(*b))
    }

    fn type_of(&self, slot: usize) -> Option<Type> {
        self.vars.get(slot).map(|v| v.ty)
    }

    /// Why a literal can never hold, whatever the others are; `beside` are the literals it stands among.
    fn never_alone(&self, literal: &Literal, beside: &[Literal]) -> Option<String> {
        match literal {
            Literal::Compare { .. } if self.numbers().alone(literal) == Some(false) => {
                Some("no number is like that".to_owned())
            }
            Literal::Is { left, right } => {
                let kinds = texts(right)?;
                let ty = self.type_of(*left)?;
                let why = match ty {
                    Type::Kind => "a kind has no number",
                    Type::Word => "a `word` is a single one",
                    _ => return None,
                };
                let fits = |text: &&str| match ty {
                    Type::Kind => !text.split(' ').any(|t| Decimal::parse(t).is_some()),
                    _ => !text.contains(' '),
                };
                (!kinds.iter().any(fits)).then(|| why.to_owned())
            }
            Literal::Fluent { fluent, .. } if self.empty.get(*fluent) == Some(&true) => {
                let name = self.domain.fluents.get(*fluent).map_or("", |f| own(&f.name));
                Some(format!("nothing makes `{name}` true"))
            }
            Literal::Table { table, args } => self.no_row(*table, args, beside),
            Literal::Not(inner) => (!inner.is_empty() && inner.iter().all(|l| self.always(l)))
                .then(|| "what it denies always holds".to_owned()),
            Literal::Quantified { quantifier: Quantifier::Some, over, then } => {
                let mut body = vec![over.as_ref().clone()];
                body.extend(then.iter().cloned());
                self.never(&body)
                    .filter(|reason| *reason != Reason::Todo)
                    .map(|_| "no fact can be like that".to_owned())
            }
            _ => None,
        }
    }

    /// Whether a literal holds, whatever happens.
    pub(super) fn always(&self, literal: &Literal) -> bool {
        match literal {
            Literal::Compare { .. } => self.numbers().alone(literal) == Some(true),
            Literal::Is { left, right: IsRight::Var(right) } => left == right,
            Literal::Table { table, args } => {
                let rows = self.domain.tables.get(*table).is_some_and(|t| !t.rows.is_empty());
                rows && args.iter().all(|a| *a == Arg::Any)
            }
            Literal::Not(inner) => matches!(self.never(inner), Some(Reason::Alone(..) | Reason::Pair(..))),
            Literal::Quantified { quantifier: Quantifier::No, over, then } => {
                let mut body = vec![over.as_ref().clone()];
                body.extend(then.iter().cloned());
                matches!(self.never(&body), Some(Reason::Alone(..) | Reason::Pair(..)))
            }
            Literal::Quantified { quantifier: Quantifier::Every, over, then } => {
                then.iter().all(|l| self.always(l))
                    || matches!(self.never(std::slice::from_ref(over)), Some(Reason::Alone(..)))
            }
            _ => false,
        }
    }

    /// Why no row of a table fits, as far as kinds and numbers are given beside it.
    fn no_row(&self, table: usize, args: &[Arg], beside: &[Literal]) -> Option<String> {
        let table = self.domain.tables.get(table)?;
        let fits = |row: &Vec<Constant>| {
            row.iter().zip(args).all(|(value, arg)| match arg {
                Arg::Any => true,
                Arg::Var(slot) => self.given.iter().chain(beside).all(|literal| !self.refuses(literal, *slot, value)),
            })
        };
        (!table.rows.iter().any(fits)).then(|| format!("no row of `{}` is like that", own(&table.name)))
    }

    /// Whether a literal is false of the constant in this slot.
    fn refuses(&self, literal: &Literal, slot: usize, value: &Constant) -> bool {
        let is = |literal: &Literal| match (literal, value) {
            (Literal::Is { left, right }, Constant::Text(text)) if *left == slot => {
                texts(right).map(|kinds| kinds.contains(&text.as_str()))
            }
            _ => None,
        };
        match literal {
            Literal::Not(inner) => matches!(inner.as_slice(), [one] if is(one) == Some(true)),
            literal => is(literal) == Some(false),
        }
    }

    /// Whether `b` holds wherever `a` does. Both speak of the same variables.
    pub(super) fn entails(&self, a: &Literal, b: &Literal) -> bool {
        if a == b {
            return true;
        }
        match (a, b) {
            (Literal::Event { event: a, args }, Literal::Event { event: b, args: all })
            | (Literal::Available { event: a, args }, Literal::Available { event: b, args: all })
            | (Literal::Fluent { fluent: a, args }, Literal::Fluent { fluent: b, args: all })
            | (Literal::Task { task: a, args }, Literal::Task { task: b, args: all })
            | (Literal::Table { table: a, args }, Literal::Table { table: b, args: all }) => a == b && wider(args, all),
            // What happens now has happened: `once` looks at the transition in view too.
            (Literal::Event { event: a, args }, Literal::Once { event: b, args: all, .. }) => {
                a == b && wider(args, all)
            }
            (Literal::Once { event: a, args, within }, Literal::Once { event: b, args: all, within: window }) => {
                let longer = match (within, window) {
                    (_, None) => true,
                    (None, Some(_)) => false,
                    (Some(n), Some(m)) => n <= m,
                };
                a == b && longer && wider(args, all)
            }
            (Literal::Is { left: a, right }, Literal::Is { left: b, right: wider }) if a == b => {
                let (Some(kinds), Some(wider)) = (texts(right), texts(wider)) else { return false };
                let item = self.type_of(*a) == Some(Type::Item);
                kinds.iter().all(|k| wider.iter().any(|w| k == w || (item && is_one_of(k, w))))
            }
            (Literal::Not(a), Literal::Not(b)) => match (a.as_slice(), b.as_slice()) {
                ([a], [b]) => self.entails(b, a),
                _ => false,
            },
            _ => self.numbers().entails(a, b),
        }
    }

    /// Whether `literal` follows from `literals` and what is given.
    pub(super) fn follows(&self, literal: &Literal, literals: &[Literal]) -> bool {
        self.always(literal) || self.given.iter().chain(literals).any(|other| self.entails(other, literal))
    }
}

/// The quoted texts of an `is`.
fn texts(right: &IsRight) -> Option<Vec<&str>> {
    match right {
        IsRight::Var(_) => None,
        IsRight::Text(text) => Some(vec![text]),
        IsRight::OneOf(kinds) => Some(kinds.iter().map(String::as_str).collect()),
    }
}

/// Whether `item` is `kind` and a number.
fn is_one_of(item: &str, kind: &str) -> bool {
    item.strip_prefix(kind).and_then(|rest| rest.strip_prefix(' ')).is_some_and(|n| Decimal::parse(n).is_some())
}

/// The fluents (by position) that nothing can make true: none of their causes can ever happen.
pub(super) fn empty_fluents(domain: &Domain) -> Vec<bool> {
    let mut empty = vec![false; domain.fluents.len()];
    loop {
        let next: Vec<bool> = domain
            .fluents
            .iter()
            .map(|fluent| {
                let can = |cause: &crate::lang::checked::Cause| {
                    let frame = Frame { domain, vars: &cause.vars, empty: &empty, given: &[], least_step: 0 };
                    cause.adds && frame.never(&cause.with).is_none()
                };
                !fluent.causes.iter().any(can)
            })
            .collect();
        if next == empty {
            return empty;
        }
        empty = next;
    }
}
