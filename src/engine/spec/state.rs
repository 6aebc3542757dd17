//! What is true: fluents as rows, and how the facts of one phase change them.

use super::condition::{Env, View, solutions, unify};
use super::facts::Fact;
use crate::engine::value::Value;
use crate::lang::checked::{Cause, Domain, Fluent, Trigger};

/// The rows of every fluent, oldest first; a row has a value for each parameter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    rows: Vec<Vec<Vec<Value>>>,
}

impl State {
    pub(super) fn empty(domain: &Domain) -> State {
        State { rows: vec![Vec::new(); domain.fluents.len()] }
    }

    pub(super) fn rows(&self) -> &[Vec<Vec<Value>>] {
        &self.rows
    }

    /// The state after a phase of events.
    #[must_use]
    pub(super) fn after_events(&self, domain: &Domain, events: &[Fact]) -> State {
        self.after(domain, |cause| match cause.trigger {
            Trigger::Event(event) => events.iter().filter(|fact| fact.of == event).collect(),
            Trigger::Task(_) => Vec::new(),
        })
    }

    /// The state after the task has become known.
    #[must_use]
    pub(super) fn after_tasks(&self, domain: &Domain, tasks: &[Fact]) -> State {
        self.after(domain, |cause| match cause.trigger {
            Trigger::Task(task) => tasks.iter().filter(|fact| fact.of == task).collect(),
            Trigger::Event(_) => Vec::new(),
        })
    }

    /// "S := (S without terminated) plus initiated, causes reading the phase's starting S; initiation wins."
    fn after<'f>(&self, domain: &Domain, triggers: impl Fn(&Cause) -> Vec<&'f Fact>) -> State {
        let mut next = self.clone();
        for (index, fluent) in domain.fluents.iter().enumerate() {
            for cause in fluent.causes.iter().filter(|cause| !cause.adds) {
                for env in self.effects(domain, cause, &triggers(cause)) {
                    next.rows[index].retain(|row| !fits(&env, row));
                }
            }
            for cause in fluent.causes.iter().filter(|cause| cause.adds) {
                for env in self.effects(domain, cause, &triggers(cause)) {
                    // "Initiation binds every head variable": the checker has made sure.
                    let row = (0..fluent.params.len()).map(|slot| env.get(slot).cloned()).collect::<Option<_>>();
                    next.rows[index] =
                        row.map_or(next.rows[index].clone(), |row| added(fluent, &next.rows[index], row));
                }
            }
        }
        next
    }

    /// The bindings of a cause's variables, the fluent's parameters first, in order of the facts that trigger it.
    fn effects(&self, domain: &Domain, cause: &Cause, triggers: &[&Fact]) -> Vec<Env> {
        let bound = triggers.iter().filter_map(|fact| unify(&cause.args, fact, &Env::new()));
        bound.flat_map(|env| solutions(&cause.with, env, View::of_state(domain, self))).collect()
    }
}

/// "In termination, unbound head variables and `_` range over existing rows."
fn fits(env: &Env, row: &[Value]) -> bool {
    row.iter().enumerate().all(|(slot, value)| env.get(slot).is_none_or(|bound| bound == value))
}

/// A fluent's rows and one more. A row with the same key keeps its place ("setting replaces" the value); `max n`: it
/// "keeps at most n rows, the oldest goes first".
fn added(fluent: &Fluent, rows: &[Vec<Value>], row: Vec<Value>) -> Vec<Vec<Value>> {
    let keys = fluent.keys();
    let mut rows = rows.to_vec();
    match rows.iter_mut().find(|old| old[..keys] == row[..keys]) {
        Some(old) => *old = row,
        None => rows.push(row),
    }
    rows.drain(..rows.len().saturating_sub(fluent.max));
    rows
}
