//! Marks on admissible actions. In: the bindings of rules that speak; out: what each rule says of the actions, and what
//! remains when the rules are weighed against each other.

use std::cmp::Reverse;

use super::directives::{Directives, Mark, MarkKind, RuleId};
use super::program::Program;
use super::session::Bindings;
use super::solve::{View, satisfiable, unify_action};
use crate::lang::checked::Rule;

/// The marks of one rule, sorted: one for each action that it marks, of the strongest kind.
pub(super) fn of_rule(view: &View, rule: &Rule, id: RuleId, bindings: &Bindings) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut vars = Vec::new();
    for statement in &rule.marks {
        for binding in bindings {
            vars.clear();
            vars.extend_from_slice(binding);
            vars.resize(statement.vars.len(), None);
            for (action, facts) in view.available.iter().enumerate() {
                let Some(captures) = facts.of(statement.event) else { continue };
                let Some(bound) = unify_action(&statement.args, captures, &mut vars) else { continue };
                if satisfiable(view, &statement.filter, &mut vars) {
                    marks.push(Mark { action: action as u32, rule: id, kind: statement.kind });
                }
                bound.undo(&mut vars);
            }
        }
    }
    marks.sort_unstable_by_key(|mark| (mark.action, Reverse(mark.kind)));
    marks.dedup_by_key(|mark| mark.action);
    marks
}

/// Leaves on each action the marks of the highest priority, and of these the ones of the strongest kind; then drops the
/// forbids of every rule, in order of speaking, that would leave none of the `actions`.
pub(super) fn weigh(program: &Program, actions: usize, directives: &mut Directives) {
    let Directives { fired, marks, overruled, .. } = directives;
    let weight = |mark: &Mark| (program.rule(mark.rule).map_or(0, |rule| rule.priority), mark.kind);
    marks.sort_unstable_by_key(|mark| (mark.action, Reverse(weight(mark)), mark.rule));
    let mut heaviest = None;
    marks.retain(|mark| match heaviest {
        Some((action, most)) if action == mark.action => weight(mark) == most,
        _ => {
            heaviest = Some((mark.action, weight(mark)));
            true
        }
    });
    if !marks.iter().any(|mark| mark.kind == MarkKind::Forbid) {
        return;
    }
    let mut free = vec![true; actions];
    for firing in fired {
        let mut left = free.clone();
        let own = marks.iter().filter(|mark| mark.rule == firing.rule && mark.kind == MarkKind::Forbid);
        own.for_each(|mark| left[mark.action as usize] = false);
        match left.contains(&true) {
            true => free = left,
            false => overruled.push(firing.rule),
        }
    }
    marks.retain(|mark| mark.kind != MarkKind::Forbid || !overruled.contains(&mark.rule));
}
