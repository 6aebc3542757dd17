//! Assertions: one assertion and a whole episode in, its verdict out. "always / never / at most pass unless violated;
//! eventually / at least / first fail unless satisfied."

use super::Run;
use super::condition::{Env, holds, solutions};
use crate::engine::verdict::Verdict;
use crate::lang::checked::{Assertion, Form, Literal};

/// The verdict of `assertion`; `task` binds the variables of the skill's `for`.
pub(super) fn verdict(assertion: &Assertion, task: &Env, run: &Run) -> Verdict {
    let judge = Judge { assertion, task, run, length: run.episode.steps.len() };
    match &assertion.form {
        Form::Always(c) => judge.always(c),
        Form::Never(c) => judge.never(c),
        Form::Whenever { guard, then, within: None } => judge.whenever(guard, then),
        Form::Whenever { guard, then, within: Some(n) } => judge.whenever_within(guard, then, *n as usize),
        Form::Eventually(c) => judge.eventually(c),
        Form::Finally(c) => judge.finally(c),
        Form::FirstThen(first, then) => judge.first_then(first, then),
        Form::AtMost(n, c) => judge.at_most(*n as usize, c),
        Form::AtLeast(n, c) => judge.at_least(*n as usize, c),
        Form::Between(n, m, c) => judge.between(*n as usize, *m as usize, c),
        Form::AtMostConsecutive(n, c) => judge.at_most_consecutive(*n as usize, c),
    }
}

struct Judge<'r, 'a> {
    assertion: &'r Assertion,
    task: &'r Env,
    run: &'r Run<'a>,
    /// Transitions of the episode.
    length: usize,
}

impl Judge<'_, '_> {
    /// `always C`: C at every transition.
    fn always(&self, c: &[Literal]) -> Verdict {
        let broken = (0..self.length).find(|i| !self.at(c, self.task, *i));
        self.unless(broken)
    }

    /// `never C`: C at no transition.
    fn never(&self, c: &[Literal]) -> Verdict {
        let broken = (0..self.length).find_map(|i| Some((i, self.solutions(c, i).into_iter().next()?)));
        broken.map_or(Verdict::Satisfied, |(i, env)| self.violated(i, &env))
    }

    /// `whenever G then C`: at every transition, C for all bindings of G.
    fn whenever(&self, guard: &[Literal], then: &[Literal]) -> Verdict {
        let guarded = self.guarded(guard);
        match guarded.iter().find(|(i, env)| !self.at(then, env, *i)) {
            Some((i, env)) => self.violated(*i, env),
            None if guarded.is_empty() => Verdict::Vacuous,
            None => Verdict::Satisfied,
        }
    }

    /// `whenever G then C within n steps`: strictly later, at most n; a deadline past the end passes.
    fn whenever_within(&self, guard: &[Literal], then: &[Literal], n: usize) -> Verdict {
        let guarded = self.guarded(guard);
        let missed = |(i, env): &&(usize, Env)| i + n < self.length && !(i + 1..=i + n).any(|j| self.at(then, env, j));
        match guarded.iter().find(missed) {
            Some((i, env)) => self.violated(i + n, env),
            None if guarded.is_empty() => Verdict::Vacuous,
            None => Verdict::Satisfied,
        }
    }

    /// `eventually C`: C at some transition.
    fn eventually(&self, c: &[Literal]) -> Verdict {
        self.at_the_end(self.times(c) > 0)
    }

    /// `finally C`: C with the last transition's events, and the state and the admissible actions after it.
    fn finally(&self, c: &[Literal]) -> Verdict {
        self.at_the_end(holds(c, self.task.clone(), self.run.at_end()))
    }

    /// `first E then F`: both occur, the first E strictly before the first F. Violated by an F that comes too early.
    fn first_then(&self, first: &[Literal], then: &[Literal]) -> Verdict {
        let earliest = |c: &[Literal]| (0..self.length).find(|i| self.at(c, self.task, *i));
        match (earliest(first), earliest(then)) {
            (Some(first), Some(then)) if first < then => Verdict::Satisfied,
            (_, Some(then)) => self.violated(then, self.task),
            (_, None) => self.at_the_end(false),
        }
    }

    /// `at most n times E`: violated by the transition that is one too many.
    fn at_most(&self, n: usize, c: &[Literal]) -> Verdict {
        self.unless((0..self.length).filter(|i| self.at(c, self.task, *i)).nth(n))
    }

    /// `at least n times E`.
    fn at_least(&self, n: usize, c: &[Literal]) -> Verdict {
        self.at_the_end(self.times(c) >= n)
    }

    /// `between n and m times E`: at most m times and at least n times.
    fn between(&self, n: usize, m: usize, c: &[Literal]) -> Verdict {
        match self.at_most(m, c) {
            Verdict::Satisfied => self.at_least(n, c),
            violated => violated,
        }
    }

    /// `at most n consecutive E`: violated by the transition that makes a run of E one too long.
    fn at_most_consecutive(&self, n: usize, c: &[Literal]) -> Verdict {
        let whole_run = |i: &usize| *i >= n && (i - n..=*i).all(|j| self.at(c, self.task, j));
        self.unless((0..self.length).find(whole_run))
    }

    /// Whether `c` can be made true at transition `i`.
    fn at(&self, c: &[Literal], env: &Env, i: usize) -> bool {
        holds(c, env.clone(), self.run.at_transition(i))
    }

    fn solutions(&self, c: &[Literal], i: usize) -> Vec<Env> {
        solutions(c, self.task.clone(), self.run.at_transition(i)).collect()
    }

    /// Every transition at which the guard holds, with each of its bindings.
    fn guarded(&self, guard: &[Literal]) -> Vec<(usize, Env)> {
        (0..self.length).flat_map(|i| self.solutions(guard, i).into_iter().map(move |env| (i, env))).collect()
    }

    fn times(&self, c: &[Literal]) -> usize {
        (0..self.length).filter(|i| self.at(c, self.task, *i)).count()
    }

    fn violated(&self, at: usize, env: &Env) -> Verdict {
        Verdict::Violated { at, bindings: env.named(&self.assertion.vars) }
    }

    fn unless(&self, broken: Option<usize>) -> Verdict {
        broken.map_or(Verdict::Satisfied, |at| self.violated(at, self.task))
    }

    /// What only the end can tell is violated at the last transition.
    fn at_the_end(&self, holds: bool) -> Verdict {
        if holds { Verdict::Satisfied } else { self.violated(self.length.saturating_sub(1), self.task) }
    }
}
