//! Conditions: all bindings of a conjunction, depth first, from left to right. The recursion is as deep as the
//! conjunction has literals (at most `limits::LITERALS`).

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::program::{ActionFacts, EventFact};
use super::state::{State, matches_row};
use super::value::Value;
use crate::lang::ast::Quantifier;
use crate::lang::checked::{Arg, IsRight, Literal, Operand, Term};
use crate::text::{self, Decimal};

/// What a condition sees at one moment.
#[derive(Clone, Copy)]
pub(super) struct View<'v> {
    /// The rows of each table of the domain.
    pub(super) tables: &'v [Vec<Vec<Value>>],
    pub(super) state: &'v State,
    /// The events of the transition in view.
    pub(super) events: &'v [EventFact],
    pub(super) tasks: &'v [(usize, Vec<Value>)],
    pub(super) available: &'v [Arc<ActionFacts>],
    /// Actions taken, the one in view included; also the position of the transition in view.
    pub(super) step: usize,
    pub(super) repeated: bool,
}

impl<'v> View<'v> {
    /// Fluents and tables alone: what a cause's `with` sees.
    pub(super) fn of_state(state: &'v State, tables: &'v [Vec<Vec<Value>>]) -> Self {
        View { tables, state, events: &[], tasks: &[], available: &[], step: 0, repeated: false }
    }
}

/// Slots that a step has bound, one bit each: no scope has more than `limits::VARIABLES` of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bound(u64);

impl Bound {
    /// Unbinds the slots again.
    pub(super) fn undo(mut self, vars: &mut [Option<Value>]) {
        while self.0 != 0 {
            vars[self.0.trailing_zeros() as usize] = None;
            self.0 &= self.0 - 1;
        }
    }
}

/// Binds the variables of `args` to `values` and tells which it bound; `None` if they do not fit, and nothing stays bound.
pub(super) fn unify(args: &[Arg], values: &[Value], vars: &mut [Option<Value>]) -> Option<Bound> {
    unify_each(args, values.iter().map(Some), vars)
}

/// As [`unify`], over an action's captures: a parameter that only the answer would tell matches `_` alone.
pub(super) fn unify_action(args: &[Arg], captures: &[Option<Value>], vars: &mut [Option<Value>]) -> Option<Bound> {
    unify_each(args, captures.iter().map(Option::as_ref), vars)
}

fn unify_each<'a>(
    args: &[Arg],
    values: impl Iterator<Item = Option<&'a Value>>,
    vars: &mut [Option<Value>],
) -> Option<Bound> {
    let mut bound = Bound::default();
    for (arg, value) in args.iter().zip(values) {
        let Arg::Var(slot) = arg else { continue };
        match (&vars[*slot], value) {
            (Some(known), Some(value)) if known == value => {}
            (None, Some(value)) => {
                vars[*slot] = Some(value.clone());
                bound.0 |= 1 << slot;
            }
            _ => {
                bound.undo(vars);
                return None;
            }
        }
    }
    Some(bound)
}

/// Calls `found` with every binding; it answers whether to go on. Returns false if it was told to stop.
pub(super) fn solve(
    view: &View,
    literals: &[Literal],
    vars: &mut [Option<Value>],
    found: &mut dyn FnMut(&mut [Option<Value>]) -> bool,
) -> bool {
    let Some((literal, rest)) = literals.split_first() else { return found(vars) };
    let mut extend = |args: &[Arg], values: &[Value], vars: &mut [Option<Value>]| {
        let Some(bound) = unify(args, values, vars) else { return true };
        let go_on = solve(view, rest, vars, found);
        bound.undo(vars);
        go_on
    };
    match literal {
        Literal::Event { event, args } => {
            view.events.iter().filter(|f| f.event == *event).all(|f| extend(args, &f.args, vars))
        }
        Literal::Once { event, args, within } => {
            let in_window = |latest: usize| within.is_none_or(|n| latest + n as usize > view.step);
            view.state.past[*event].iter().filter(|p| in_window(p.latest)).all(|p| extend(args, &p.args, vars))
        }
        Literal::Fluent { fluent, args } => view.state.fluents[*fluent].rows.iter().all(|row| extend(args, row, vars)),
        Literal::Task { task, args } => {
            view.tasks.iter().filter(|(t, _)| t == task).all(|(_, v)| extend(args, v, vars))
        }
        Literal::Table { table, args } => view.tables[*table].iter().all(|row| extend(args, row, vars)),
        Literal::In { element, list } => match &vars[*list] {
            Some(Value::List(items)) => {
                let items = Arc::clone(items);
                items.iter().all(|item| extend(&[Arg::Var(*element)], std::slice::from_ref(item), vars))
            }
            _ => true,
        },
        Literal::Available { event, args } => {
            for captures in view.available.iter().filter_map(|action| action.of(*event)) {
                if let Some(bound) = unify_action(args, captures, vars) {
                    let go_on = solve(view, rest, vars, found);
                    bound.undo(vars);
                    if !go_on {
                        return false;
                    }
                }
            }
            true
        }
        test => !holds(view, test, vars) || solve(view, rest, vars, found),
    }
}

/// Whether the conjunction has a binding.
pub(super) fn satisfiable(view: &View, literals: &[Literal], vars: &mut [Option<Value>]) -> bool {
    !solve(view, literals, vars, &mut |_| false)
}

/// The literals that bind nothing.
fn holds(view: &View, literal: &Literal, vars: &mut [Option<Value>]) -> bool {
    match literal {
        Literal::Repeated => view.repeated,
        Literal::Is { left, right } => match (&vars[*left], right) {
            (Some(left), IsRight::Text(text)) => left.is_text(text),
            (Some(left), IsRight::Var(right)) => vars[*right].as_ref().is_some_and(|right| left.is(right)),
            (Some(left), IsRight::OneOf(texts)) => texts.iter().any(|text| left.is_text(text)),
            (None, _) => false,
        },
        Literal::Contains { left, right } => match (term(left, vars), term(right, vars)) {
            (Some(left), Some(right)) => contains(&left, &right),
            _ => false,
        },
        Literal::Compare { left, op, right } => match (number(view, left, vars), number(view, right, vars)) {
            (Some(left), Some(right)) => op.holds(left, right),
            _ => false,
        },
        Literal::Not(inner) => !satisfiable(view, inner, vars),
        Literal::Quantified { quantifier, over, then } => {
            // Stops at the first fact that decides: for `every` one that fails, else one that fits.
            let decides = *quantifier != Quantifier::Every;
            let undecided =
                solve(view, std::slice::from_ref(over), vars, &mut |vars| satisfiable(view, then, vars) != decides);
            undecided != (*quantifier == Quantifier::Some)
        }
        Literal::Todo => false,
        // Searches are handled by `solve`; none comes here.
        _ => false,
    }
}

/// The canonical text of a term.
fn term<'t>(term: &'t Term, vars: &'t [Option<Value>]) -> Option<Cow<'t, str>> {
    match term {
        Term::Text(text) => Some(Cow::Borrowed(text)),
        Term::Var(slot) => vars[*slot].as_ref()?.text(),
    }
}

/// Whether the tokens of one canonical text stand in a row in the other.
fn contains(text: &str, part: &str) -> bool {
    !part.is_empty() && format!(" {text} ").contains(&format!(" {part} "))
}

/// The number of distinct tokens that two canonical texts share.
fn shared(left: &str, right: &str) -> usize {
    let left: FxHashSet<&str> = text::tokens(left).collect();
    let right: FxHashSet<&str> = text::tokens(right).collect();
    left.intersection(&right).count()
}

fn number(view: &View, operand: &Operand, vars: &[Option<Value>]) -> Option<Decimal> {
    let whole = |n: usize| Decimal::whole(i64::try_from(n).unwrap_or(i64::MAX));
    match operand {
        Operand::Number(number) => Some(*number),
        Operand::Step => Some(whole(view.step)),
        Operand::Var(slot) => match &vars[*slot] {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        },
        Operand::CountRows { fluent, args } => {
            Some(whole(view.state.fluents[*fluent].rows.iter().filter(|row| matches_row(args, vars, row)).count()))
        }
        Operand::CountEvents { event, args } => {
            let past = view.state.past[*event].iter().filter(|p| matches_row(args, vars, &p.args));
            Some(Decimal::whole(past.map(|p| p.times).sum()))
        }
        Operand::Words(text) => Some(whole(text::tokens(&term(text, vars)?).count())),
        Operand::Shared(left, right) => Some(whole(shared(&term(left, vars)?, &term(right, vars)?))),
    }
}
