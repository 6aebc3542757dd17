//! One assertion over one episode, transition by transition. In: what is in view at each transition; out: a verdict.

use super::solve::{View, satisfiable, solve};
use super::value::Value;
use super::verdict::Verdict;
use crate::lang::checked::{Assertion, Form, Variable};

/// A `whenever … within` that waits: the guard's bindings and the last transition at which it may be met.
#[derive(Debug, Clone)]
struct Obligation {
    vars: Vec<Option<Value>>,
    deadline: usize,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Monitor {
    violated: Option<(usize, Vec<(String, Value)>)>,
    /// `whenever`: the guard has held. `eventually`: the condition has. `first … then`: the first part has.
    seen: bool,
    /// `first … then`: the second part came, after the first or not.
    closed: bool,
    /// Times so far; for `consecutive`, in a row.
    times: u32,
    waiting: Vec<Obligation>,
}

impl Monitor {
    pub(super) fn reset(&mut self) {
        self.violated = None;
        (self.seen, self.closed, self.times) = (false, false, 0);
        self.waiting.clear();
    }

    /// Judges transition `at` (0-based). `task` holds the values of the skill's `for` variables.
    pub(super) fn observe(&mut self, assertion: &Assertion, view: &View, task: &[Option<Value>], at: usize) {
        if self.violated.is_some() {
            return;
        }
        let mut vars = task.to_vec();
        vars.resize(assertion.vars.len(), None);
        match &assertion.form {
            Form::Always(c) => {
                if !satisfiable(view, c, &mut vars) {
                    self.violate(at, assertion, task);
                }
            }
            Form::Never(c) => {
                let mut first = None;
                solve(view, c, &mut vars, &mut |vars| {
                    first = Some(vars.to_vec());
                    false
                });
                if let Some(binding) = first {
                    self.violate(at, assertion, &binding);
                }
            }
            Form::Whenever { guard, then, within } => {
                self.whenever(assertion, view, &mut vars, at, guard, then, *within)
            }
            Form::Eventually(c) => self.seen |= satisfiable(view, c, &mut vars),
            Form::Finally(_) => {}
            Form::FirstThen(first, then) => {
                // The order matters: a transition that is both does not count as "first, strictly before".
                if !self.closed && satisfiable(view, then, &mut vars.clone()) {
                    self.closed = true;
                    if !self.seen {
                        self.violate(at, assertion, task);
                    }
                }
                self.seen |= satisfiable(view, first, &mut vars);
            }
            Form::AtMost(n, c) | Form::Between(_, n, c) => {
                self.times += u32::from(satisfiable(view, c, &mut vars));
                if self.times > *n {
                    self.violate(at, assertion, task);
                }
            }
            Form::AtLeast(_, c) => self.times += u32::from(satisfiable(view, c, &mut vars)),
            Form::AtMostConsecutive(n, c) => {
                self.times = if satisfiable(view, c, &mut vars) { self.times + 1 } else { 0 };
                if self.times > *n {
                    self.violate(at, assertion, task);
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one form's parts, taken apart once")]
    fn whenever(
        &mut self,
        assertion: &Assertion,
        view: &View,
        vars: &mut [Option<Value>],
        at: usize,
        guard: &[crate::lang::checked::Literal],
        then: &[crate::lang::checked::Literal],
        within: Option<u32>,
    ) {
        self.waiting.retain_mut(|o| !satisfiable(view, then, &mut o.vars));
        if let Some(late) = self.waiting.iter().position(|o| o.deadline <= at) {
            let late = self.waiting.swap_remove(late);
            return self.violate(at, assertion, &late.vars);
        }
        let mut unmet: Option<Vec<Option<Value>>> = None;
        solve(view, guard, vars, &mut |vars| {
            self.seen = true;
            match within {
                Some(n) => {
                    let obligation = Obligation { vars: vars.to_vec(), deadline: at + n as usize };
                    if !self.waiting.iter().any(|o| o.deadline == obligation.deadline && o.vars == obligation.vars) {
                        self.waiting.push(obligation);
                    }
                }
                None if satisfiable(view, then, vars) => {}
                None => unmet = Some(vars.to_vec()),
            }
            unmet.is_none()
        });
        if let Some(binding) = unmet {
            self.violate(at, assertion, &binding);
        }
    }

    fn violate(&mut self, at: usize, assertion: &Assertion, vars: &[Option<Value>]) {
        self.violated = Some((at, named(&assertion.vars, vars)));
        self.waiting.clear();
    }

    /// The verdict after `steps` transitions; `last` is what is in view at the end of the episode.
    pub(super) fn finish(&self, assertion: &Assertion, last: &View, task: &[Option<Value>], steps: usize) -> Verdict {
        if let Some((at, bindings)) = &self.violated {
            return Verdict::Violated { at: *at, bindings: bindings.clone() };
        }
        let mut vars = task.to_vec();
        vars.resize(assertion.vars.len(), None);
        let holds = match &assertion.form {
            Form::Always(_) | Form::Never(_) | Form::AtMost(..) | Form::AtMostConsecutive(..) => true,
            Form::Whenever { .. } if !self.seen => return Verdict::Vacuous,
            Form::Whenever { .. } => true,
            Form::Eventually(_) => self.seen,
            Form::Finally(c) => satisfiable(last, c, &mut vars),
            Form::FirstThen(..) => self.closed,
            Form::AtLeast(n, _) | Form::Between(n, _, _) => self.times >= *n,
        };
        match holds {
            true => Verdict::Satisfied,
            false => Verdict::Violated { at: steps.saturating_sub(1), bindings: named(&assertion.vars, task) },
        }
    }
}

/// The variables that have a value, with their names.
pub(super) fn named(variables: &[Variable], vars: &[Option<Value>]) -> Vec<(String, Value)> {
    variables.iter().zip(vars).filter_map(|(v, value)| Some((v.name.clone(), value.clone()?))).collect()
}
