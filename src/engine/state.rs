//! What an episode has come to: fluents, and the events that conditions look back at. Changed once per phase of a
//! transition; read by conditions.

use super::program::{EventFact, Vocabulary};
use super::solve::{View, solve, unify};
use super::value::Value;
use crate::lang::checked::{Arg, Cause, Domain, Fluent, MAX_ROWS, Trigger};

/// The rows of one fluent, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rows {
    pub(super) rows: Vec<Vec<Value>>,
}

impl Rows {
    fn add(&mut self, fluent: &Fluent, row: Vec<Value>) {
        let keys = fluent.keys();
        match self.rows.iter_mut().find(|r| r[..keys] == row[..keys]) {
            Some(same) => *same = row,
            None => {
                if self.rows.len() == fluent.max {
                    self.rows.remove(0);
                }
                self.rows.push(row);
            }
        }
    }
}

/// A past event: its distinct arguments with the latest position and the number of occurrences.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Past {
    pub(super) args: Vec<Value>,
    pub(super) latest: usize,
    pub(super) times: i64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) fluents: Vec<Rows>,
    /// By event; oldest first occurrence first. Empty for events that nothing looks back at.
    pub(super) past: Vec<Vec<Past>>,
}

impl State {
    pub(super) fn reset(&mut self, domain: &Domain) {
        self.fluents.resize_with(domain.fluents.len(), Rows::default);
        self.fluents.iter_mut().for_each(|f| f.rows.clear());
        self.past.resize_with(domain.events.len(), Vec::new);
        self.past.iter_mut().for_each(Vec::clear);
    }

    /// Notes events at `position` (0: the first observation, i: transition i counted from 1).
    pub(super) fn remember(&mut self, facts: &[EventFact], position: usize, remembered: &[bool]) {
        for fact in facts.iter().filter(|f| remembered[f.event]) {
            let past = &mut self.past[fact.event];
            match past.iter_mut().find(|p| p.args == fact.args) {
                Some(same) => {
                    same.latest = position;
                    same.times += 1;
                }
                None => {
                    if past.len() == MAX_ROWS {
                        past.remove(0);
                    }
                    past.push(Past { args: fact.args.clone(), latest: position, times: 1 });
                }
            }
        }
    }

    /// One phase: S := (S without what is terminated) plus what is initiated; causes read the phase's starting S.
    pub(super) fn phase(&mut self, vocabulary: &Vocabulary, events: &[EventFact], tasks: &[(usize, Vec<Value>)]) {
        let domain = &vocabulary.domain;
        let mut removals: Vec<(usize, Vec<Option<Value>>)> = Vec::new();
        let mut additions: Vec<(usize, Vec<Value>)> = Vec::new();
        let view = View::of_state(self, &vocabulary.tables);
        for (index, fluent) in domain.fluents.iter().enumerate() {
            for cause in &fluent.causes {
                let mut vars: Vec<Option<Value>> = Vec::new();
                each_trigger(cause, events, tasks, |args| {
                    vars.clear();
                    vars.resize(cause.vars.len(), None);
                    if unify(&cause.args, args, &mut vars).is_none() {
                        return;
                    }
                    solve(&view, &cause.with, &mut vars, &mut |vars| {
                        let head = vars[..fluent.params.len()].to_vec();
                        match cause.adds {
                            true => additions
                                .extend(head.into_iter().collect::<Option<Vec<Value>>>().map(|row| (index, row))),
                            false => removals.push((index, head)),
                        }
                        true
                    });
                });
            }
        }
        for (index, head) in removals {
            self.fluents[index]
                .rows
                .retain(|row| !row.iter().zip(&head).all(|(value, wanted)| wanted.as_ref().is_none_or(|w| w == value)));
        }
        for (index, row) in additions {
            self.fluents[index].add(&domain.fluents[index], row);
        }
    }
}

fn each_trigger(cause: &Cause, events: &[EventFact], tasks: &[(usize, Vec<Value>)], mut run: impl FnMut(&[Value])) {
    match cause.trigger {
        Trigger::Event(event) => events.iter().filter(|f| f.event == event).for_each(|f| run(&f.args)),
        Trigger::Task(task) => tasks.iter().filter(|(t, _)| *t == task).for_each(|(_, args)| run(args)),
    }
}

/// Whether `args` under `vars` match a row; variables without a value match nothing (counts and tests bind nothing).
pub(super) fn matches_row(args: &[Arg], vars: &[Option<Value>], row: &[Value]) -> bool {
    args.iter().zip(row).all(|(arg, value)| match arg {
        Arg::Any => true,
        Arg::Var(slot) => vars[*slot].as_ref() == Some(value),
    })
}
