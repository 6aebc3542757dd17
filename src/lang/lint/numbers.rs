//! Numbers of conditions. In: comparisons of one conjunction; out: which of them leave no value, or leave every value.
//! Exact: a set of comparisons with constants is empty if no number beside a constant, or at a bound of the operand,
//! satisfies it.

use crate::lang::ast::Comparison;
use crate::lang::checked::{Arg, Domain, Literal, Operand, Term};
use crate::text::{self, Decimal};

/// What values an operand can have, whatever happens.
#[derive(Debug, Clone, Copy)]
struct Range {
    least: Option<i64>,
    most: Option<i64>,
    /// Whole numbers only.
    whole: bool,
}

/// `operand op number`.
#[derive(Debug, Clone)]
struct Bound {
    operand: Operand,
    op: Comparison,
    number: Decimal,
}

impl Bound {
    /// What holds exactly where this does not.
    fn turned(&self) -> Bound {
        Bound { op: opposite(self.op), ..self.clone() }
    }
}

/// The opposite comparison.
fn opposite(op: Comparison) -> Comparison {
    match op {
        Comparison::Less => Comparison::AtLeast,
        Comparison::AtLeast => Comparison::Less,
        Comparison::More => Comparison::AtMost,
        Comparison::AtMost => Comparison::More,
        Comparison::Equal => Comparison::Unequal,
        Comparison::Unequal => Comparison::Equal,
    }
}

/// The comparison read from right to left.
fn mirrored(op: Comparison) -> Comparison {
    match op {
        Comparison::Less => Comparison::More,
        Comparison::More => Comparison::Less,
        Comparison::AtMost => Comparison::AtLeast,
        Comparison::AtLeast => Comparison::AtMost,
        same => same,
    }
}

/// A literal as a comparison, if it is one; what stands under `not` is turned round.
fn compared(literal: &Literal) -> Option<(Operand, Comparison, Operand)> {
    match literal {
        Literal::Compare { left, op, right } => Some((constant(left), *op, constant(right))),
        Literal::Not(inner) => match inner.as_slice() {
            [one @ Literal::Compare { .. }] => compared(one).map(|(left, op, right)| (left, opposite(op), right)),
            _ => None,
        },
        _ => None,
    }
}

/// The operand, as a number where it is one already.
fn constant(operand: &Operand) -> Operand {
    let tokens = |text: &str| text::tokens(text).map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    let whole = |n: usize| Operand::Number(Decimal::whole(n as i64));
    match operand {
        Operand::Words(Term::Text(text)) => whole(text::tokens(text).count()),
        Operand::Shared(Term::Text(a), Term::Text(b)) => whole(tokens(a).intersection(&tokens(b)).count()),
        other => other.clone(),
    }
}

/// A comparison with a number.
fn bound(literal: &Literal) -> Option<Bound> {
    match compared(literal)? {
        (Operand::Number(_), _, Operand::Number(_)) => None,
        (operand, op, Operand::Number(number)) => Some(Bound { operand, op, number }),
        (Operand::Number(number), op, operand) => Some(Bound { operand, op: mirrored(op), number }),
        _ => None,
    }
}

/// What a literal says of an operand: by a comparison with a number, or because a fact that holds is counted, and one
/// that does not is not.
fn said_of(literal: &Literal, operand: &Operand) -> Option<Bound> {
    let counted = |op| Some(Bound { operand: operand.clone(), op, number: Decimal::whole(1) });
    match literal {
        Literal::Not(inner) => match inner.as_slice() {
            [Literal::Fluent { fluent, args }] => match operand {
                Operand::CountRows { fluent: of, args: some } if fluent == of && wider(some, args) => {
                    counted(Comparison::Less)
                }
                _ => None,
            },
            [Literal::Once { event, args, within: None }] => match operand {
                Operand::CountEvents { event: of, args: some } if event == of && wider(some, args) => {
                    counted(Comparison::Less)
                }
                _ => None,
            },
            _ => bound(literal).filter(|b| b.operand == *operand),
        },
        Literal::Fluent { fluent, args } => match operand {
            Operand::CountRows { fluent: of, args: all } if fluent == of && wider(args, all) => {
                counted(Comparison::AtLeast)
            }
            _ => None,
        },
        Literal::Event { event, args } | Literal::Once { event, args, .. } => match operand {
            Operand::CountEvents { event: of, args: all } if event == of && wider(args, all) => {
                counted(Comparison::AtLeast)
            }
            _ => None,
        },
        _ => bound(literal).filter(|b| b.operand == *operand),
    }
}

/// Whether each argument is the same in the second list, or any.
pub(super) fn wider(args: &[Arg], wider: &[Arg]) -> bool {
    args.iter().zip(wider).all(|(arg, wider)| *wider == Arg::Any || arg == wider)
}

/// Knows the ranges of operands.
#[derive(Clone, Copy)]
pub(super) struct Numbers<'a> {
    pub(super) domain: &'a Domain,
    /// The least value of `step` where the condition is judged.
    pub(super) least_step: i64,
}

impl Numbers<'_> {
    fn range(&self, operand: &Operand) -> Range {
        let unit = Decimal::SCALE;
        match operand {
            Operand::Var(_) | Operand::Number(_) => Range { least: None, most: None, whole: false },
            Operand::Step => Range { least: Some(self.least_step * unit), most: None, whole: true },
            Operand::CountRows { fluent, .. } => {
                let most = self.domain.fluents.get(*fluent).map(|f| if f.keys() == 0 { 1 } else { f.max });
                Range { least: Some(0), most: most.map(|n| n as i64 * unit), whole: true }
            }
            Operand::CountEvents { .. } | Operand::Words(_) | Operand::Shared(..) => {
                Range { least: Some(0), most: None, whole: true }
            }
        }
    }

    /// Whether no value satisfies all `bounds`, which are of one operand.
    fn is_empty(&self, bounds: &[&Bound]) -> bool {
        let Some(first) = bounds.first() else { return false };
        let Range { least, most, whole } = self.range(&first.operand);
        let step = if whole { Decimal::SCALE } else { 1 };
        let near = |n: i64| {
            let n = if whole { n.div_euclid(step) * step } else { n };
            (-2..=2).map(move |k: i64| n.saturating_add(k * step))
        };
        let mut candidates = bounds.iter().map(|b| b.number.0).chain(least).chain(most).flat_map(near);
        !candidates.any(|n| {
            least.is_none_or(|least| n >= least)
                && most.is_none_or(|most| n <= most)
                && bounds.iter().all(|b| b.op.holds(Decimal(n), b.number))
        })
    }

    /// Whether a comparison alone is false (`Some(false)`) or true (`Some(true)`), whatever happens.
    pub(super) fn alone(&self, literal: &Literal) -> Option<bool> {
        let (left, op, right) = compared(literal)?;
        match (&left, &right) {
            (Operand::Number(a), Operand::Number(b)) => Some(op.holds(a, b)),
            (a, b) if a == b => Some(op.holds(0, 0)),
            _ => {
                let bound = bound(literal)?;
                match (self.is_empty(&[&bound]), self.is_empty(&[&bound.turned()])) {
                    (true, _) => Some(false),
                    (_, true) => Some(true),
                    _ => None,
                }
            }
        }
    }

    /// Whether what two literals say of one number leaves no number.
    pub(super) fn exclude(&self, a: &Literal, b: &Literal) -> bool {
        let either = |a: &Literal, b: &Literal| {
            bound(b).is_some_and(|b| said_of(a, &b.operand).is_some_and(|a| self.is_empty(&[&a, &b])))
        };
        either(a, b) || either(b, a) || self.clash(a, b)
    }

    /// Whether two literals compare the same two operands in ways that exclude each other.
    fn clash(&self, a: &Literal, b: &Literal) -> bool {
        let (Some((left, op, right)), Some((other_left, other_op, other_right))) = (compared(a), compared(b)) else {
            return false;
        };
        let other_op = match (left == other_left && right == other_right, left == other_right && right == other_left) {
            (true, _) => other_op,
            (_, true) => mirrored(other_op),
            _ => return false,
        };
        // Less, equal, more: one of them is true of any two numbers.
        !(-1..=1).any(|order| op.holds(order, 0) && other_op.holds(order, 0))
    }

    /// Whether the comparison `b` follows from `a`.
    pub(super) fn entails(&self, a: &Literal, b: &Literal) -> bool {
        bound(b).is_some_and(|b| said_of(a, &b.operand).is_some_and(|a| self.is_empty(&[&a, &b.turned()])))
    }
}
