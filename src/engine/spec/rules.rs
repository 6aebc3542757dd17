//! Rules: a bank and a whole episode in; who speaks before a decision and what is said out.

use super::Run;
use super::condition::{Env, View, holds, solutions, unify};
use super::facts::Fact;
use crate::engine::directives::{Directives, Firing, MAX_SPEAKING, Mark, MarkKind, RuleId, Suggestion};
use crate::engine::value::Value;
use crate::lang::checked::{AdvicePart, Let, Rule};
use std::cmp::Reverse;
use std::collections::HashSet;

/// A rule has at most this many bindings; further ones are ignored.
const MAX_BINDINGS: usize = 64;
/// A `let` collects at most this many values; further ones are ignored.
const MAX_COLLECTED: usize = 64;
/// A value takes at most this many characters of an advice or of a suggested action.
const MAX_RENDERED: usize = 64;

/// A rule of the bank, of a skill that is for the episode's task; `task` binds the variables of the skill's `for`.
pub(super) struct Listed<'r> {
    pub(super) id: RuleId,
    pub(super) rule: &'r Rule,
    pub(super) task: Env,
}

/// A rule that has something to say, and its bindings, of which there is at least one.
pub(super) struct Speech<'r> {
    pub(super) id: RuleId,
    pub(super) rule: &'r Rule,
    pub(super) bindings: Vec<Env>,
}

/// What is said before decision `t` by the first eight of those that have something to say.
pub(super) fn directives(heard: &[Speech], run: &Run, t: usize) -> Directives {
    let view = run.at_decision(t);
    let speeches = &heard[..heard.len().min(MAX_SPEAKING)];
    let fired = speeches.iter().map(|speech| Firing {
        rule: speech.id,
        advice: speech.rule.advice.as_ref().map(|parts| render(parts, speech, view)),
    });
    let suggestions = speeches.iter().filter_map(|speech| {
        let parts = speech.rule.suggestion.as_ref()?;
        Some(Suggestion { rule: speech.id, action: render(parts, speech, view) })
    });
    let given: Vec<(u32, Mark)> = speeches
        .iter()
        .flat_map(|speech| marks(speech, view).into_iter().map(|mark| (speech.rule.priority, mark)))
        .collect();
    let (marks, overruled) = possible(speeches, decided(&given), run.episode.available(t).len());
    Directives { fired: fired.collect(), marks, suggestions: suggestions.collect(), overruled }
}

/// The rules of the bank, which come in bank order, that have something to say before each of the decisions up to `t`.
/// "Rules speak in order of priority (higher first), then bank order; at most 8." `at most n times`: a rule that has
/// spoken before n earlier decisions of the episode is silent, and not one of the eight.
pub(super) fn speaking<'r>(bank: &[Listed<'r>], run: &Run, t: usize) -> Vec<Vec<Speech<'r>>> {
    let mut decisions: Vec<Vec<Speech>> = Vec::new();
    for decision in 0..=t {
        let spoke = |before: &&Vec<Speech>, id| before.iter().take(MAX_SPEAKING).any(|speech| speech.id == id);
        let times = |id: RuleId| decisions.iter().filter(|before| spoke(before, id)).count();
        let view = run.at_decision(decision);
        let may = bank.iter().filter(|listed| listed.rule.limit.is_none_or(|n| times(listed.id) < n as usize));
        let mut speeches: Vec<Speech> = may
            .map(|listed| Speech {
                id: listed.id,
                rule: listed.rule,
                bindings: bindings(listed.rule, &listed.task, view),
            })
            .filter(|speech| !speech.bindings.is_empty())
            .collect();
        speeches.sort_by_key(|speech| Reverse(speech.rule.priority));
        decisions.push(speeches);
    }
    decisions
}

/// A rule's bindings: those of every branch in turn; of bindings that its statements cannot tell apart the first is
/// kept; "its bindings are ordered, at most 64".
fn bindings(rule: &Rule, task: &Env, view: View) -> Vec<Env> {
    let mut seen = HashSet::new();
    rule.branches
        .iter()
        .flat_map(|branch| solutions(branch, task.clone(), view))
        .filter(|env| seen.insert(rule.used.iter().map(|slot| env.get(*slot).cloned()).collect::<Vec<_>>()))
        .take(MAX_BINDINGS)
        .collect()
}

/// "`advise` renders the first" binding, and so does `suggest`; a value takes at most 64 characters.
fn render(parts: &[AdvicePart], speech: &Speech, view: View) -> String {
    let first = &speech.bindings[0];
    let value = |part: &AdvicePart| match part {
        AdvicePart::Text(text) => text.clone(),
        AdvicePart::Var(slot) => shown(first.get(*slot)),
        AdvicePart::Let(list) => shown(Some(&collected(&speech.rule.lets[*list], first, view))),
    };
    parts.iter().map(value).collect()
}

fn shown(value: Option<&Value>) -> String {
    value.map(Value::to_string).unwrap_or_default().chars().take(MAX_RENDERED).collect()
}

/// `let name = all r: C`: "at most 64 distinct values of r, in order" of the ways to make C true.
fn collected(list: &Let, first: &Env, view: View) -> Value {
    let mut values: Vec<Value> = Vec::new();
    for env in solutions(&list.body, first.clone(), view) {
        values.extend(env.get(list.element).filter(|value| !values.contains(value)).cloned());
    }
    Value::List(values.into_iter().take(MAX_COLLECTED).collect())
}

/// "`prefer` / `avoid` / `forbid` mark the union" over all bindings: every admissible action that is such an event and
/// passes the `where`. On an action that one rule marks in several ways, the strongest mark counts.
fn marks(speech: &Speech, view: View) -> Vec<Mark> {
    let marked = |fact: &Fact, kind: MarkKind| {
        speech.rule.marks.iter().filter(|mark| mark.kind == kind && mark.event == fact.of).any(|mark| {
            let mut ways = speech.bindings.iter().filter_map(|env| unify(&mark.args, fact, env));
            ways.any(|env| holds(&mark.filter, env, view))
        })
    };
    let mut strongest: Vec<Mark> = Vec::new();
    for kind in [MarkKind::Forbid, MarkKind::Avoid, MarkKind::Prefer] {
        for (action, fact) in view.available {
            let action = *action as u32;
            if marked(fact, kind) && !strongest.iter().any(|mark| mark.action == action) {
                strongest.push(Mark { action, rule: speech.id, kind });
            }
        }
    }
    strongest
}

/// "On one action the highest priority decides; of equal ones `forbid` wins over `avoid` over `prefer`."
fn decided(given: &[(u32, Mark)]) -> Vec<Mark> {
    let yields = |(priority, mark): &(u32, Mark)| {
        let others = given.iter().filter(|(_, other)| other.action == mark.action);
        others.into_iter().any(|(higher, other)| higher > priority || higher == priority && other.kind > mark.kind)
    };
    given.iter().filter(|mark| !yields(mark)).map(|(_, mark)| *mark).collect()
}

/// "A rule whose `forbid`s would leave no action has them dropped, which is reported": in order of speaking, together
/// with the `forbid`s of the rules before it.
fn possible(speeches: &[Speech], marks: Vec<Mark>, actions: usize) -> (Vec<Mark>, Vec<RuleId>) {
    let (forbids, mut kept): (Vec<Mark>, Vec<Mark>) = marks.into_iter().partition(|m| m.kind == MarkKind::Forbid);
    let mut overruled = Vec::new();
    for speech in speeches {
        let own = || forbids.iter().filter(|mark| mark.rule == speech.id).copied();
        let forbidden = |action: usize| {
            let before = kept.iter().copied().filter(|mark| mark.kind == MarkKind::Forbid);
            before.chain(own()).any(|mark| mark.action as usize == action)
        };
        match own().count() == 0 || !(0..actions).all(forbidden) {
            true => kept.extend(own()),
            false => overruled.push(speech.id),
        }
    }
    kept.sort();
    (kept, overruled)
}
