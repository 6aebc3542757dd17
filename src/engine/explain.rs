//! Why a rule fires and why an assertion is violated, in words. In: a session, or a program with an episode; out: bindings, and
//! the facts that make the condition true, each with the step since when it holds. Nothing is kept for it while an episode runs: a
//! rule's reasons are looked up in the state at hand, those of a violation by playing the episode again up to it.

use std::sync::Arc;

use super::condition::{ANY, CondId, NO_VALUES, Op, Vars};
use super::directives::RuleId;
use super::facts::Facts;
use super::monitor::{Demand, bindings};
use super::program::Program;
use super::session::{Parts, Session};
use super::value::Value;
use super::verdict::Verdict;
use crate::episode::{Step, Trajectory};

/// A fact that a condition rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Its name and its arguments: `holding mug 1`.
    pub fact: String,
    /// The transition (counted from 1) by which it has come to hold, or in which it occurred last; 0: the task or the first
    /// observation. The text that says so is that transition's.
    pub step: usize,
}

/// One way in which a condition is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub bindings: Vec<(String, Value)>,
    /// In order of the condition; tests and what must not hold are no facts.
    pub grounds: Vec<Ground>,
}

/// The text of a step as [`Ground`] counts them: what was done and what was answered; for step 0 the task and what was seen first.
pub fn text(episode: &Trajectory, step: usize) -> Option<(&str, &str)> {
    match step.checked_sub(1) {
        None => Some((&episode.task, &episode.first)),
        Some(index) => episode.steps.get(index).map(|step| (step.action.as_str(), step.observation.as_str())),
    }
}

impl Session {
    /// Why a rule's condition holds at this decision: every way in order, at most 64; none if it does not hold.
    pub fn why(&self, rule: RuleId) -> Vec<Reason> {
        let Parts { program, facts, solver } = self.parts();
        let (Some(source), Some(rank)) = (program.rule(rule), program.rank(rule)) else { return Vec::new() };
        let code = &program.rules[rank as usize];
        let Some(task) = self.task_values(code.signature) else { return Vec::new() };
        let mut reasons: Vec<Reason> = Vec::new();
        for branch in &code.branches {
            let mut vars = NO_VALUES;
            vars[..task.len()].copy_from_slice(&task);
            solver.solve(*branch, &mut vars, &mut |vars| {
                let bindings = bindings(&source.vars, &vars[..source.vars.len()], &facts.values);
                if !reasons.iter().any(|known| known.bindings == bindings) {
                    let grounds = grounds(program, facts, program.conds[*branch as usize].ops.iter(), vars);
                    reasons.push(Reason { bindings, grounds });
                }
                reasons.len() < super::session::MAX_BINDINGS
            });
        }
        reasons
    }
}

/// Why an assertion (by the positions of its skill and of itself) is violated in an episode: the transition (0-based) and the
/// facts that it rests on there. `None` if it is not, or only by what is missing at the end.
pub fn violation(
    program: &Arc<Program>,
    episode: &Trajectory,
    skill: usize,
    assertion: usize,
) -> Option<(usize, Reason)> {
    let (number, source) = program.assertions_of(skill).nth(assertion)?;
    let mut session = Session::new(Arc::clone(program));
    let admissible = |step: usize| episode.steps.get(step).map_or(&[][..], |s| &s.admissible);
    let play = |session: &mut Session, steps: &[Step]| {
        session.start(&episode.task, &episode.first, admissible(0));
        for (at, step) in steps.iter().enumerate() {
            session.observe(&step.action, &step.observation, admissible(at + 1));
        }
    };
    play(&mut session, &episode.steps);
    let Verdict::Violated { at, bindings } = session.finish().verdicts.get(skill)?.get(assertion)?.clone() else {
        return None;
    };
    let step = episode.steps.get(at)?;
    play(&mut session, &episode.steps[..at]);
    session.take_in(&step.action, &step.observation);
    let Parts { program, facts, solver } = session.parts();
    let code = &program.assertions[number as usize];
    let cond: CondId = match code.demand {
        Demand::Never(c) | Demand::Times { cond: c, .. } | Demand::Consecutive { cond: c, .. } => c,
        Demand::Whenever { guard, .. } => guard,
        Demand::FirstThen(_, then) => then,
        // Here it is what does not hold that counts.
        Demand::Always(_) | Demand::Within { .. } | Demand::Eventually(_) | Demand::Finally(_) => {
            return Some((at, Reason { bindings, grounds: Vec::new() }));
        }
    };
    let task = session.task_values(code.signature)?;
    let mut vars = NO_VALUES;
    vars[..task.len()].copy_from_slice(&task);
    let mut found = Vec::new();
    solver.solve(cond, &mut vars, &mut |vars| {
        // Of several ways the one that was reported.
        let named = super::monitor::bindings(&source.vars, &vars[..source.vars.len()], &facts.values);
        let is_reported = bindings.iter().all(|binding| named.contains(binding));
        if is_reported {
            found = grounds(program, facts, program.conds[cond as usize].ops.iter(), vars);
        }
        !is_reported
    });
    Some((at, Reason { bindings, grounds: found }))
}

/// The facts that a conjunction demands, under the values of its variables.
fn grounds<'o>(program: &Program, facts: &Facts, ops: impl Iterator<Item = &'o Op>, vars: &Vars) -> Vec<Ground> {
    let domain = &program.vocabulary.domain;
    let fits = |args: &[u8], row: &[super::intern::Val]| {
        args.iter().zip(row).all(|(slot, cell)| *slot == ANY || vars[usize::from(*slot)] == *cell)
    };
    let told = |name: &str, row: &[super::intern::Val]| {
        let values = row.iter().filter(|val| val.is_some()).map(|val| facts.values.get(*val));
        values.fold(name.replace('_', " "), |text, value| format!("{text} {value}"))
    };
    let now = facts.step as usize;
    let ground = |op: &Op| match op {
        Op::Event { event, args } => {
            let row = facts.events.of(*event).find(|row| fits(args, row))?;
            Some(Ground { fact: told(&domain.events[*event as usize].name, row), step: now })
        }
        Op::Once { event, args, .. } => {
            let (row, note) = facts.past.get(*event)?.rows().find(|(row, _)| fits(args, row))?;
            let fact = told(&domain.events[*event as usize].name, row);
            Some(Ground { fact: format!("once {fact}"), step: note.step as usize })
        }
        Op::Fluent { fluent, args } => {
            let (row, note) = facts.fluents.get(*fluent)?.rows().find(|(row, _)| fits(args, row))?;
            Some(Ground { fact: told(&domain.fluents[*fluent as usize].name, row), step: note.step as usize })
        }
        Op::Task { task, args } => {
            let (_, row) = facts.tasks.iter().find(|(of, row)| of == task && fits(args, row))?;
            Some(Ground { fact: told(&domain.tasks[*task as usize].name, row), step: 0 })
        }
        Op::Available { event, args } => {
            let (_, row) = facts.available.of(*event).find(|(_, row)| fits(args, row))?;
            let fact = told(&domain.events[*event as usize].name, row);
            Some(Ground { fact: format!("available {fact}"), step: now })
        }
        _ => None,
    };
    ops.filter_map(ground).collect()
}
