//! Conditions: a conjunction and what can be seen in; out its solutions, in order. Each operator of the language has
//! one definition here, with its meaning in the words of the language reference.

use super::facts::Fact;
use super::state::State;
use crate::engine::value::Value;
use crate::lang::ast::Quantifier;
use crate::lang::checked::{Arg, Domain, IsRight, Literal, MAX_ROWS, Operand, Term, Variable};
use crate::text::{self, Decimal};
use std::collections::HashSet;

/// The values of variables, by slot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Env(Vec<Option<Value>>);

impl Env {
    pub(super) fn new() -> Self {
        Env(Vec::new())
    }

    pub(super) fn get(&self, slot: usize) -> Option<&Value> {
        self.0.get(slot)?.as_ref()
    }

    /// The values of variables, with their names.
    pub(super) fn named(&self, vars: &[Variable]) -> Vec<(String, Value)> {
        let there = vars.iter().enumerate();
        there.filter_map(|(slot, var)| Some((var.name.clone(), self.get(slot)?.clone()))).collect()
    }

    /// This binding and one more.
    pub(super) fn with(&self, slot: usize, value: Value) -> Env {
        let mut values = self.0.clone();
        values.resize(values.len().max(slot + 1), None);
        values[slot] = Some(value);
        Env(values)
    }
}

/// What a condition sees.
#[derive(Clone, Copy)]
pub(super) struct View<'v> {
    pub(super) domain: &'v Domain,
    pub(super) tasks: &'v [Fact],
    /// The events of every position up to the one in view, which is the last.
    pub(super) history: &'v [Vec<Fact>],
    pub(super) state: &'v State,
    /// What the admissible actions would be, with their positions.
    pub(super) available: &'v [(usize, Fact)],
    /// Actions taken.
    pub(super) step: usize,
    /// The latest action is the same raw text as the one before it.
    pub(super) repeated: bool,
}

impl<'v> View<'v> {
    /// What the `with` of a cause sees: fluents, constants, and what its trigger has bound.
    pub(super) fn of_state(domain: &'v Domain, state: &'v State) -> Self {
        View { domain, tasks: &[], history: &[], state, available: &[], step: 0, repeated: false }
    }

    fn in_view(self) -> &'v [Fact] {
        self.history.last().map_or(&[], Vec::as_slice)
    }
}

/// All ways to make a conjunction true, beginning with what `env` binds: literals from left to right, each in the order
/// of its facts, depth first.
pub(super) fn solutions<'v>(literals: &'v [Literal], env: Env, view: View<'v>) -> Box<dyn Iterator<Item = Env> + 'v> {
    match literals.split_first() {
        None => Box::new(std::iter::once(env)),
        Some((literal, rest)) => {
            Box::new(extensions(literal, &env, view).into_iter().flat_map(move |env| solutions(rest, env, view)))
        }
    }
}

/// Whether a conjunction can be made true.
pub(super) fn holds(literals: &[Literal], env: Env, view: View) -> bool {
    solutions(literals, env, view).next().is_some()
}

/// All ways to make one literal true.
fn extensions(literal: &Literal, env: &Env, view: View) -> Vec<Env> {
    let when = |holds: bool| if holds { vec![env.clone()] } else { Vec::new() };
    match literal {
        // `event(…)`: the event is one of the transition in view.
        Literal::Event { event, args } => matching(*event, args, view.in_view().iter(), env),
        // `once E`: E occurred in some transition up to now; `within n steps`: in the last n transitions.
        Literal::Once { event, args, within } => {
            let now = view.history.len().saturating_sub(1);
            let remembered = memory(*event, view.history).into_iter();
            let recent = remembered.filter(|past| within.is_none_or(|n| past.latest + n as usize > now));
            recent.filter_map(|past| unify(args, past.fact, env)).collect()
        }
        // `fluent(…)`: it is true in the state in view.
        Literal::Fluent { fluent, args } => {
            view.state.rows()[*fluent].iter().filter_map(|row| unify_row(args, row, env)).collect()
        }
        // A task: the episode's task is such a task.
        Literal::Task { task, args } => matching(*task, args, view.tasks.iter(), env),
        // `available event(…)`: an admissible action is such an event.
        Literal::Available { event, args } => matching(*event, args, view.available.iter().map(|(_, fact)| fact), env),
        // A table: it has such a row; rows in order of writing.
        Literal::Table { table, args } => {
            let row = |row: &Vec<_>| row.iter().map(Value::constant).collect::<Option<Vec<Value>>>();
            let rows = view.domain.tables[*table].rows.iter().filter_map(row);
            rows.filter_map(|row| unify_row(args, &row, env)).collect()
        }
        // `repeated`: the same raw action as the one before.
        Literal::Repeated => when(view.repeated),
        // `todo "…"`: never holds.
        Literal::Todo => Vec::new(),
        // `x is kind`.
        Literal::Is { left, right } => when(env.get(*left).is_some_and(|left| match right {
            IsRight::Var(right) => env.get(*right).is_some_and(|right| left.is(right)),
            IsRight::Text(text) => left.is_text(text),
            // A kind group: it is one of the kinds.
            IsRight::OneOf(kinds) => kinds.iter().any(|kind| left.is_text(kind)),
        })),
        // `a contains b`: the tokens of b, at least one, stand in a, in a row.
        Literal::Contains { left, right } => when(
            tokens(left, env)
                .zip(tokens(right, env))
                .is_some_and(|(a, b)| !b.is_empty() && a.windows(b.len()).any(|part| part == b)),
        ),
        // `x in xs` binds x once xs is bound; a bound x must be one of the elements.
        Literal::In { element, list } => match env.get(*list) {
            Some(Value::List(values)) => values.iter().filter_map(|value| assign(*element, value, env)).collect(),
            _ => Vec::new(),
        },
        // Comparisons of numbers.
        Literal::Compare { left, op, right } => {
            let (left, right) = (number(left, env, view), number(right, env, view));
            when(left.zip(right).is_some_and(|(left, right)| op.holds(left, right)))
        }
        // `not`: there is no way to make what is inside true.
        Literal::Not(inner) => when(!holds(inner, env.clone(), view)),
        // `every F: C`: all facts F satisfy C. `some F with C`: one does. `no F with C`: none does. What the quantifier
        // binds has no value outside.
        Literal::Quantified { quantifier, over, then } => {
            let mut facts = extensions(over, env, view).into_iter();
            when(match quantifier {
                Quantifier::Every => facts.all(|fact| holds(then, fact, view)),
                Quantifier::Some => facts.any(|fact| holds(then, fact, view)),
                Quantifier::No => !facts.any(|fact| holds(then, fact, view)),
            })
        }
    }
}

/// The tokens of a quoted text, or of a value of words.
fn tokens(term: &Term, env: &Env) -> Option<Vec<String>> {
    let text = match term {
        Term::Text(text) => text.clone(),
        Term::Var(slot) => env.get(*slot)?.text()?.into_owned(),
    };
    Some(text::tokens(&text).map(str::to_owned).collect())
}

/// The facts of `of` among `facts` that fit the arguments, in order.
fn matching<'f>(of: usize, args: &[Arg], facts: impl Iterator<Item = &'f Fact>, env: &Env) -> Vec<Env> {
    facts.filter(|fact| fact.of == of).filter_map(|fact| unify(args, fact, env)).collect()
}

/// A remembered fact, the position of its latest occurrence and how often it occurred.
struct Past<'v> {
    fact: &'v Fact,
    latest: usize,
    times: usize,
}

/// What is remembered of an event: its distinct facts in order of first occurrence; beyond `MAX_ROWS` the oldest is
/// forgotten.
fn memory(event: usize, history: &[Vec<Fact>]) -> Vec<Past<'_>> {
    let mut remembered: Vec<Past> = Vec::new();
    for (position, facts) in history.iter().enumerate() {
        for fact in facts.iter().filter(|fact| fact.of == event) {
            match remembered.iter_mut().find(|known| known.fact == fact) {
                Some(known) => (known.latest, known.times) = (position, known.times + 1),
                None => remembered.push(Past { fact, latest: position, times: 1 }),
            }
            if remembered.len() > MAX_ROWS {
                remembered.remove(0);
            }
        }
    }
    remembered
}

/// The binding under which the arguments are the fact's: a bound variable must equal, an unbound one takes the value,
/// `_` fits all. No variable fits what is unknown.
pub(super) fn unify(args: &[Arg], fact: &Fact, env: &Env) -> Option<Env> {
    args.iter().zip(&fact.args).try_fold(env.clone(), |env, (arg, value)| match arg {
        Arg::Any => Some(env),
        Arg::Var(slot) => assign(*slot, value.as_ref()?, &env),
    })
}

fn unify_row(args: &[Arg], row: &[Value], env: &Env) -> Option<Env> {
    args.iter().zip(row).try_fold(env.clone(), |env, (arg, value)| match arg {
        Arg::Any => Some(env),
        Arg::Var(slot) => assign(*slot, value, &env),
    })
}

fn assign(slot: usize, value: &Value, env: &Env) -> Option<Env> {
    match env.get(slot) {
        None => Some(env.with(slot, value.clone())),
        Some(bound) => (bound == value).then(|| env.clone()),
    }
}

fn number(operand: &Operand, env: &Env, view: View) -> Option<Decimal> {
    let count = |n: usize| Some(Decimal::whole(n as i64));
    match operand {
        Operand::Var(slot) => match env.get(*slot)? {
            Value::Number(number) => Some(*number),
            _ => None,
        },
        Operand::Number(number) => Some(*number),
        // `step`: actions taken, the judged one included.
        Operand::Step => count(view.step),
        // `count(fluent(…))`: current rows that match.
        Operand::CountRows { fluent, args } => {
            count(view.state.rows()[*fluent].iter().filter(|row| unify_row(args, row, env).is_some()).count())
        }
        // `count(event(…))`: occurrences so far that match, the first observation and the transition in view included,
        // of the facts that are still remembered.
        Operand::CountEvents { event, args } => {
            let remembered = memory(*event, view.history).into_iter();
            count(remembered.filter(|past| unify(args, past.fact, env).is_some()).map(|past| past.times).sum::<usize>())
        }
        // `words(a)`: tokens in a.
        Operand::Words(text) => count(tokens(text, env)?.len()),
        // `shared(a, b)`: distinct tokens that both have.
        Operand::Shared(left, right) => {
            let (left, right) = (tokens(left, env)?, tokens(right, env)?);
            count(left.iter().filter(|token| right.contains(token)).collect::<HashSet<_>>().len())
        }
    }
}
