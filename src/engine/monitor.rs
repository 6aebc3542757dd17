//! Assertions over one episode. In: at each transition those whose inputs have changed; out: what was violated, when and by
//! what; verdicts at the end. What holds on and on is counted when it ends, or when someone asks.

use super::agenda::Agenda;
use super::bits::Bits;
use super::condition::{CondId, NO_VALUES, Vars};
use super::intern::{Val, Values};
use super::pattern::Captured;
use super::program::{AssertionCode, Program, Reader};
use super::solve::Solver;
use super::value::Value;
use super::verdict::Verdict;
use crate::lang::checked::{Form, Literal, Variable};

/// What an assertion demands, compiled.
#[derive(Debug)]
pub(super) enum Demand {
    Always(CondId),
    Never(CondId),
    Whenever {
        guard: CondId,
        then: CondId,
    },
    /// `place`: where the ones that wait are kept.
    Within {
        guard: CondId,
        then: CondId,
        steps: u32,
        place: u32,
    },
    Eventually(CondId),
    Finally(CondId),
    FirstThen(CondId, CondId),
    /// At least and at most so many transitions; `place`: where they are counted.
    Times {
        least: u32,
        most: u32,
        cond: CondId,
        place: u32,
    },
    /// At most so many transitions in a row.
    Consecutive {
        most: u32,
        cond: CondId,
        place: u32,
    },
}

/// Compiles a form. `compile` is given a condition and the variables that have a value besides the task's; `places` are the next
/// free places for counting and for waiting.
pub(super) fn demand(
    form: &Form,
    compile: &mut dyn FnMut(&[Literal], &[usize]) -> CondId,
    (counting, waiting): &mut (u32, u32),
) -> Demand {
    let take = |next: &mut u32| {
        *next += 1;
        *next - 1
    };
    match form {
        Form::Always(c) => Demand::Always(compile(c, &[])),
        Form::Never(c) => Demand::Never(compile(c, &[])),
        Form::Eventually(c) => Demand::Eventually(compile(c, &[])),
        Form::Finally(c) => Demand::Finally(compile(c, &[])),
        Form::FirstThen(first, then) => Demand::FirstThen(compile(first, &[]), compile(then, &[])),
        Form::Whenever { guard, then, within } => {
            let (guard, then) = (compile(guard, &[]), compile(then, &bound_by(guard)));
            match within {
                None => Demand::Whenever { guard, then },
                Some(steps) => Demand::Within { guard, then, steps: *steps, place: take(waiting) },
            }
        }
        Form::AtMost(most, c) => Demand::Times { least: 0, most: *most, cond: compile(c, &[]), place: take(counting) },
        Form::AtLeast(least, c) => {
            Demand::Times { least: *least, most: u32::MAX, cond: compile(c, &[]), place: take(counting) }
        }
        Form::Between(least, most, c) => {
            Demand::Times { least: *least, most: *most, cond: compile(c, &[]), place: take(counting) }
        }
        Form::AtMostConsecutive(most, c) => {
            Demand::Consecutive { most: *most, cond: compile(c, &[]), place: take(counting) }
        }
    }
}

/// The variables that every binding of a condition has.
fn bound_by(guard: &[Literal]) -> Vec<usize> {
    let bound = |literal: &Literal| match literal {
        Literal::Event { args, .. }
        | Literal::Once { args, .. }
        | Literal::Fluent { args, .. }
        | Literal::Task { args, .. }
        | Literal::Available { args, .. }
        | Literal::Table { args, .. } => super::condition::slots(args).collect(),
        Literal::In { element, .. } => vec![*element],
        _ => Vec::new(),
    };
    guard.iter().flat_map(bound).collect()
}

impl Demand {
    /// Whether the assertion has to be looked at although nothing that it reads has ever changed; `may_hold` tells whether a
    /// condition may hold then.
    pub(super) fn is_untouched(&self, may_hold: impl Fn(CondId) -> bool) -> bool {
        match self {
            Demand::Always(_) => true,
            Demand::Never(c)
            | Demand::Eventually(c)
            | Demand::Finally(c)
            | Demand::Times { cond: c, .. }
            | Demand::Consecutive { cond: c, .. }
            | Demand::Whenever { guard: c, .. }
            | Demand::Within { guard: c, .. } => may_hold(*c),
            Demand::FirstThen(first, then) => may_hold(*first) || may_hold(*then),
        }
    }
}

/// Transitions at which a condition held.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    /// Up to where it last ended.
    times: u32,
    /// It has held from this transition on (0-based), plus one; 0 while it does not hold.
    since: u32,
}

/// Bindings of a guard that wait for what must follow, and until when.
#[derive(Debug, Default)]
struct Waiting {
    deadlines: Vec<u32>,
    values: Vec<Val>,
}

/// A violation: the transition, and where the values of the variables are.
#[derive(Debug, Clone, Copy)]
struct Violation {
    assertion: u32,
    at: u32,
    values: (u32, u32),
}

/// All assertions of a program.
#[derive(Debug, Default)]
pub(super) struct Monitors {
    /// Nothing that comes can change what is said of it.
    decided: Bits,
    /// `whenever`: the guard has held. `eventually`: the condition has. `first … then`: the first part has.
    seen: Bits,
    /// `first … then`: the second part came after the first.
    closed: Bits,
    counts: Vec<Count>,
    /// By place: where in `pool` its waiting ones are, plus one.
    places: Vec<u32>,
    used: Vec<u32>,
    pool: Vec<Waiting>,
    violations: Vec<Violation>,
    values: Vec<Val>,
}

/// What is needed to judge.
pub(super) struct Judge<'j> {
    pub(super) program: &'j Program,
    pub(super) solver: Solver<'j>,
    /// The values of the variables of each skill's `for`; none where a skill is not for the task.
    pub(super) task: &'j dyn Fn(Option<u32>) -> Option<Captured>,
}

impl Monitors {
    pub(super) fn reset(&mut self, program: &Program) {
        self.decided.reset(program.assertions.len());
        self.seen.reset(program.assertions.len());
        self.closed.reset(program.assertions.len());
        self.counts.clear();
        self.counts.resize(program.counting as usize, Count::default());
        self.places.resize(program.waiting as usize, 0);
        for place in self.used.drain(..) {
            self.places[place as usize] = 0;
        }
        self.violations.clear();
        self.values.clear();
    }

    /// Judges the assertions of the agenda at transition `at` (0-based); how many.
    pub(super) fn observe(&mut self, judge: &Judge, agenda: &mut Agenda, at: u32) -> u32 {
        let due = agenda.take_assertions();
        let mut judged = 0;
        let mut vars = NO_VALUES;
        for number in &due {
            if self.decided.has(*number) {
                continue;
            }
            let code = &judge.program.assertions[*number as usize];
            let Some(task) = (judge.task)(code.signature) else { continue };
            vars[..task.len()].copy_from_slice(&task);
            judged += 1;
            self.one(judge, agenda, *number, code, &mut vars, at);
        }
        agenda.give_back(due);
        judged
    }

    fn one(&mut self, judge: &Judge, agenda: &mut Agenda, number: u32, code: &AssertionCode, vars: &mut Vars, at: u32) {
        let solver = &judge.solver;
        match &code.demand {
            Demand::Always(c) => {
                if !solver.holds(*c, vars) {
                    self.violate(number, at, &vars[..code.vars]);
                }
            }
            Demand::Never(c) => {
                solver.solve(*c, vars, &mut |vars| {
                    self.violate(number, at, &vars[..code.vars]);
                    false
                });
            }
            Demand::Whenever { guard, then } => {
                solver.solve(*guard, vars, &mut |vars| {
                    self.seen.set(number);
                    let met = solver.holds(*then, vars);
                    if !met {
                        self.violate(number, at, &vars[..code.vars]);
                    }
                    met
                });
            }
            Demand::Within { guard, then, steps, place } => {
                self.within(judge, agenda, number, code, vars, at, (*guard, *then, *steps, *place));
            }
            Demand::Eventually(c) => {
                if solver.holds(*c, vars) {
                    self.seen.set(number);
                    self.decided.set(number);
                }
            }
            Demand::Finally(_) => {}
            Demand::FirstThen(first, then) => {
                // The order matters: a transition that is both does not count as "first, strictly before".
                if solver.holds(*then, vars) {
                    match self.seen.has(number) {
                        true => {
                            self.closed.set(number);
                            self.decided.set(number);
                        }
                        false => self.violate(number, at, &vars[..code.vars]),
                    }
                } else if solver.holds(*first, vars) {
                    self.seen.set(number);
                }
            }
            Demand::Times { cond, place, .. } | Demand::Consecutive { cond, place, .. } => {
                if let Some(broken) = self.settle(code, at) {
                    return self.violate(number, broken, &vars[..code.vars]);
                }
                let count = &mut self.counts[*place as usize];
                if solver.holds(*cond, vars) {
                    count.since = at + 1;
                } else if matches!(code.demand, Demand::Consecutive { .. }) {
                    count.times = 0;
                }
            }
        }
    }

    /// Counts what held up to before transition `at`; the transition that was one too many.
    fn settle(&mut self, code: &AssertionCode, at: u32) -> Option<u32> {
        let (Demand::Times { place, most, .. } | Demand::Consecutive { place, most, .. }) = code.demand else {
            return None;
        };
        let count = &mut self.counts[place as usize];
        let since = count.since.checked_sub(1)?;
        let before = count.times;
        *count = Count { times: before + (at - since), since: 0 };
        (count.times > most).then(|| since + (most - before))
    }

    #[expect(clippy::too_many_arguments, reason = "one form's parts, taken apart once")]
    fn within(
        &mut self,
        judge: &Judge,
        agenda: &mut Agenda,
        number: u32,
        code: &AssertionCode,
        vars: &mut Vars,
        at: u32,
        (guard, then, steps, place): (CondId, CondId, u32, u32),
    ) {
        let solver = &judge.solver;
        let width = code.vars;
        let mut late = None;
        if let Some(waiting) = self.waiting(place) {
            let mut kept = 0;
            for n in 0..waiting.deadlines.len() {
                let mut bound = NO_VALUES;
                bound[..width].copy_from_slice(&waiting.values[n * width..(n + 1) * width]);
                if solver.holds(then, &mut bound) {
                    continue;
                }
                if waiting.deadlines[n] <= at && late.is_none() {
                    late = Some(bound);
                }
                waiting.deadlines[kept] = waiting.deadlines[n];
                waiting.values.copy_within(n * width..(n + 1) * width, kept * width);
                kept += 1;
            }
            waiting.deadlines.truncate(kept);
            waiting.values.truncate(kept * width);
        }
        if let Some(late) = late {
            return self.violate(number, at, &late[..width]);
        }
        let mut holds = false;
        solver.solve(guard, vars, &mut |vars| {
            holds = true;
            let waiting = self.waiting_or_new(place);
            // Of equal ones the first has to be met first, and what meets it meets the others.
            let values = &vars[..width];
            if !(0..waiting.deadlines.len()).any(|n| waiting.values[n * width..(n + 1) * width] == *values) {
                waiting.deadlines.push(at.saturating_add(steps));
                waiting.values.extend_from_slice(values);
            }
            true
        });
        if holds {
            self.seen.set(number);
        }
        // As long as someone waits, or new ones come at every step, every step counts.
        if holds || self.waiting(place).is_some_and(|waiting| !waiting.deadlines.is_empty()) {
            agenda.add(Reader::Assertion(number));
        }
    }

    fn waiting(&mut self, place: u32) -> Option<&mut Waiting> {
        let at = self.places[place as usize].checked_sub(1)?;
        self.pool.get_mut(at as usize)
    }

    fn waiting_or_new(&mut self, place: u32) -> &mut Waiting {
        let at = match self.places[place as usize].checked_sub(1) {
            Some(at) => at as usize,
            None => {
                let at = self.used.len();
                self.used.push(place);
                self.places[place as usize] = self.used.len() as u32;
                if self.pool.len() == at {
                    self.pool.push(Waiting::default());
                }
                self.pool[at].deadlines.clear();
                self.pool[at].values.clear();
                at
            }
        };
        &mut self.pool[at]
    }

    fn violate(&mut self, assertion: u32, at: u32, values: &[Val]) {
        let start = self.values.len() as u32;
        self.values.extend_from_slice(values);
        self.violations.push(Violation { assertion, at, values: (start, self.values.len() as u32) });
        self.decided.set(assertion);
    }

    /// Judges what only the end of the episode can tell, after `steps` transitions.
    pub(super) fn finish(&mut self, judge: &Judge, steps: u32) {
        let mut vars = NO_VALUES;
        for (number, code) in judge.program.assertions.iter().enumerate() {
            let number = number as u32;
            if self.decided.has(number) {
                continue;
            }
            let Some(task) = (judge.task)(code.signature) else { continue };
            vars[..task.len()].copy_from_slice(&task);
            if let Some(broken) = self.settle(code, steps) {
                self.violate(number, broken, &vars[..code.vars]);
                continue;
            }
            let holds = match &code.demand {
                Demand::Always(_)
                | Demand::Never(_)
                | Demand::Whenever { .. }
                | Demand::Within { .. }
                | Demand::Consecutive { .. } => true,
                Demand::Finally(c) => judge.solver.holds(*c, &mut vars),
                Demand::Eventually(_) => self.seen.has(number),
                Demand::FirstThen(..) => self.closed.has(number),
                Demand::Times { least, place, .. } => self.counts[*place as usize].times >= *least,
            };
            if !holds {
                self.violate(number, steps.saturating_sub(1), &vars[..code.vars]);
            }
        }
        self.violations.sort_by_key(|violation| violation.assertion);
    }

    /// The verdict of an assertion of a skill that is for the task, after [`Monitors::finish`].
    pub(super) fn verdict(&self, code: &AssertionCode, number: u32, named: &[Variable], values: &Values) -> Verdict {
        if self.decided.has(number)
            && let Ok(found) = self.violations.binary_search_by_key(&number, |violation| violation.assertion)
        {
            let Violation { at, values: (from, to), .. } = self.violations[found];
            let bindings = bindings(named, &self.values[from as usize..to as usize], values);
            return Verdict::Violated { at: at as usize, bindings };
        }
        match code.demand {
            Demand::Whenever { .. } | Demand::Within { .. } if !self.seen.has(number) => Verdict::Vacuous,
            _ => Verdict::Satisfied,
        }
    }

    /// Every value that is kept.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Val> {
        let waiting = self.pool.iter_mut().take(self.used.len()).flat_map(|waiting| &mut waiting.values);
        self.values.iter_mut().chain(waiting)
    }

    pub(super) fn bytes(&self) -> usize {
        self.decided.bytes()
            + self.seen.bytes()
            + self.closed.bytes()
            + 8 * self.counts.capacity()
            + 4 * (self.places.capacity() + self.used.capacity() + self.values.capacity())
            + size_of::<Violation>() * self.violations.capacity()
            + self.pool.iter().map(|w| 4 * (w.deadlines.capacity() + w.values.capacity())).sum::<usize>()
    }
}

/// The variables that have a value, with their names.
pub(super) fn bindings(named: &[Variable], vals: &[Val], values: &Values) -> Vec<(String, Value)> {
    let there = named.iter().zip(vals).filter(|(_, val)| val.is_some());
    there.map(|(variable, val)| (variable.name.clone(), values.get(*val))).collect()
}
