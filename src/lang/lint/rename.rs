//! Reading one condition's variables as another's. In: two conditions; out: the ways in which the first, so read, follows
//! from the second.

use super::logic::Frame;
use crate::lang::checked::{Arg, IsRight, Literal, Operand, Term};

/// No more ways than this are followed: beyond it nothing is said.
const MAX_WAYS: usize = 64;

/// What each variable (by slot) is read as; slots below `fixed` are themselves.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    fixed: usize,
    read: Vec<(usize, Arg)>,
}

impl Reading {
    /// Slots below `fixed` mean the same in both conditions.
    pub(super) fn fixed(fixed: usize) -> Self {
        Reading { fixed, read: Vec::new() }
    }

    /// Whether the slot means the same in both conditions.
    pub(super) fn is_fixed(&self, slot: usize) -> bool {
        slot < self.fixed
    }

    /// What a slot is read as, if that is settled.
    fn of(&self, slot: usize) -> Option<Arg> {
        match slot < self.fixed {
            true => Some(Arg::Var(slot)),
            false => self.read.iter().find(|(from, _)| *from == slot).map(|(_, to)| *to),
        }
    }

    /// This reading with `from` read as `to`; `None` if it is read as something else already.
    fn with(mut self, from: usize, to: Arg) -> Option<Self> {
        match self.of(from) {
            Some(known) => (known == to).then_some(self),
            None => {
                self.read.push((from, to));
                Some(self)
            }
        }
    }

    /// The reading under which `args` fit wherever `narrower` do: `_` fits all.
    pub(super) fn args(self, args: &[Arg], narrower: &[Arg]) -> Option<Self> {
        args.iter().zip(narrower).try_fold(self, |reading, (arg, to)| match (arg, to) {
            (Arg::Any, _) => Some(reading),
            (Arg::Var(from), to @ Arg::Var(_)) => reading.with(*from, *to),
            // An unnamed value cannot be compared again: the variable must not be read yet, nor again.
            (Arg::Var(_), Arg::Any) => None,
        })
    }

    /// The ways in which all of `condition` follows from `from`.
    pub(super) fn implied(&self, condition: &[Literal], from: &[Literal], frame: &Frame) -> Vec<Reading> {
        let mut ways = vec![self.clone()];
        for literal in condition {
            let mut next: Vec<Reading> = Vec::new();
            for way in &ways {
                for found in way.one(literal, from, frame) {
                    if !next.contains(&found) {
                        next.push(found);
                    }
                }
            }
            next.truncate(MAX_WAYS);
            ways = next;
        }
        ways
    }

    /// The ways in which one literal follows.
    fn one(&self, literal: &Literal, from: &[Literal], frame: &Frame) -> Vec<Reading> {
        let binding = |reading: &Reading| {
            from.iter().chain(frame.given).filter_map(|other| reading.clone().fits(literal, other)).collect::<Vec<_>>()
        };
        let mut ways = binding(self);
        // What binds nothing new may follow in other ways than by being there.
        if ways.is_empty()
            && let Some(read) = self.literal(literal)
            && frame.follows(&read, from)
        {
            ways.push(self.clone());
        }
        ways
    }

    /// The reading under which a binding literal is another one, or a weaker one.
    fn fits(self, literal: &Literal, other: &Literal) -> Option<Self> {
        match (literal, other) {
            (Literal::Event { event: a, args }, Literal::Event { event: b, args: to })
            | (Literal::Available { event: a, args }, Literal::Available { event: b, args: to })
            | (Literal::Fluent { fluent: a, args }, Literal::Fluent { fluent: b, args: to })
            | (Literal::Task { task: a, args }, Literal::Task { task: b, args: to })
            | (Literal::Table { table: a, args }, Literal::Table { table: b, args: to }) => {
                if a == b {
                    self.args(args, to)
                } else {
                    None
                }
            }
            (Literal::Once { event: a, args, within }, Literal::Once { event: b, args: to, within: window }) => {
                let longer = within.is_none() || (window.is_some() && within >= window);
                if a == b && longer { self.args(args, to) } else { None }
            }
            (Literal::In { element, list }, Literal::In { element: to, list: of }) => {
                self.with(*list, Arg::Var(*of))?.with(*element, Arg::Var(*to))
            }
            _ => None,
        }
    }

    fn slot(&self, slot: usize) -> Option<usize> {
        match self.of(slot)? {
            Arg::Var(to) => Some(to),
            Arg::Any => None,
        }
    }

    fn arguments(&self, args: &[Arg]) -> Option<Vec<Arg>> {
        let read = |arg: &Arg| match arg {
            Arg::Any => Some(Arg::Any),
            Arg::Var(slot) => self.of(*slot),
        };
        args.iter().map(read).collect()
    }

    fn term(&self, term: &Term) -> Option<Term> {
        Some(match term {
            Term::Var(slot) => Term::Var(self.slot(*slot)?),
            Term::Text(text) => Term::Text(text.clone()),
        })
    }

    fn operand(&self, operand: &Operand) -> Option<Operand> {
        Some(match operand {
            Operand::Var(slot) => Operand::Var(self.slot(*slot)?),
            Operand::Number(number) => Operand::Number(*number),
            Operand::Step => Operand::Step,
            Operand::CountRows { fluent, args } => Operand::CountRows { fluent: *fluent, args: self.arguments(args)? },
            Operand::CountEvents { event, args } => Operand::CountEvents { event: *event, args: self.arguments(args)? },
            Operand::Words(term) => Operand::Words(self.term(term)?),
            Operand::Shared(a, b) => Operand::Shared(self.term(a)?, self.term(b)?),
        })
    }

    /// The literal in the other condition's variables; `None` if one of its variables is not read yet, or for a
    /// quantifier, whose own variables are nobody else's.
    fn literal(&self, literal: &Literal) -> Option<Literal> {
        Some(match literal {
            Literal::Event { event, args } => Literal::Event { event: *event, args: self.arguments(args)? },
            Literal::Once { event, args, within } => {
                Literal::Once { event: *event, args: self.arguments(args)?, within: *within }
            }
            Literal::Fluent { fluent, args } => Literal::Fluent { fluent: *fluent, args: self.arguments(args)? },
            Literal::Task { task, args } => Literal::Task { task: *task, args: self.arguments(args)? },
            Literal::Available { event, args } => Literal::Available { event: *event, args: self.arguments(args)? },
            Literal::Table { table, args } => Literal::Table { table: *table, args: self.arguments(args)? },
            Literal::Repeated => Literal::Repeated,
            Literal::Todo => Literal::Todo,
            Literal::Is { left, right } => Literal::Is {
                left: self.slot(*left)?,
                right: match right {
                    IsRight::Var(slot) => IsRight::Var(self.slot(*slot)?),
                    other => other.clone(),
                },
            },
            Literal::In { element, list } => Literal::In { element: self.slot(*element)?, list: self.slot(*list)? },
            Literal::Contains { left, right } => Literal::Contains { left: self.term(left)?, right: self.term(right)? },
            Literal::Compare { left, op, right } => {
                Literal::Compare { left: self.operand(left)?, op: *op, right: self.operand(right)? }
            }
            Literal::Not(inner) => Literal::Not(inner.iter().map(|l| self.literal(l)).collect::<Option<_>>()?),
            Literal::Quantified { .. } => return None,
        })
    }
}
