//! What happened: texts in, facts out. A task sentence, an action with its answer, an observation and a list of
//! admissible actions become facts of the domain's vocabulary.

use crate::engine::matching::{self, Captures, Text};
use crate::engine::value::Value;
use crate::lang::checked::{Domain, Event, EventForm, MAX_FACTS};
use crate::lang::pattern::Pattern;
use crate::text;

/// An event or task (by position in the domain) with its arguments. `None`: what an action alone does not tell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fact {
    pub(super) of: usize,
    pub(super) args: Vec<Option<Value>>,
}

/// Reads `raw` by tokens.
fn on<T>(raw: &str, read: impl FnOnce(Text) -> T) -> T {
    let tokens = text::lex(raw);
    read(Text { raw, tokens: &tokens })
}

/// "One basic task fact per episode: the whole task sentence must match (final punctuation aside); if several do, most
/// literal tokens win, then declaration order. Derived task facts hold beside it", each by its first alternative that
/// holds.
pub(super) fn tasks(domain: &Domain, sentence: &str) -> Vec<Fact> {
    let mut best: Option<(usize, Fact)> = None;
    for (of, task) in domain.tasks.iter().enumerate() {
        for pattern in &task.sentences {
            let Some(args) = on(sentence, |t| matching::sentence(pattern, task.params.len(), t)) else { continue };
            let literal = pattern.literal_tokens();
            if best.as_ref().is_none_or(|(most, _)| literal > *most) {
                best = Some((literal, Fact { of, args }));
            }
        }
    }
    let mut facts: Vec<Fact> = best.into_iter().map(|(_, fact)| fact).collect();
    for (of, task) in domain.tasks.iter().enumerate() {
        let fact = task.derived.iter().find_map(|derived| {
            let from = facts.iter().find(|fact| fact.of == derived.task)?;
            Some(Fact { of, args: derived.from.iter().map(|arg| from.args[*arg].clone()).collect() })
        });
        facts.extend(fact);
    }
    facts
}

/// The action events of a transition: "an action event has not occurred if a `fails` pattern matches the answer, or if
/// its `then observation` does not match with equal captures." Of one event, the first form that fits counts.
pub(super) fn done(domain: &Domain, action: &str, answer: &str) -> Vec<Fact> {
    if domain.fails.iter().any(|pattern| on(answer, |t| matching::first(pattern, 0, t)).is_some()) {
        return Vec::new();
    }
    events(domain, |event| {
        let form = action_forms(event).find_map(|(pattern, then)| {
            let captures = on(action, |t| matching::whole(pattern, event.params.len(), t))?;
            match then {
                None => Some(captures),
                Some(then) => on(answer, |t| matching::first_with(then, &captures, t)),
            }
        });
        form.into_iter().collect()
    })
}

/// The observation events of a text: "the first match, or all non-overlapping ones with `each`".
pub(super) fn observed(domain: &Domain, observation: &str) -> Vec<Fact> {
    events(domain, |event| {
        let params = event.params.len();
        let matches = |form: &EventForm| match form {
            EventForm::Action { .. } => Vec::new(),
            EventForm::Observation { pattern, each: true } => on(observation, |t| matching::each(pattern, params, t)),
            EventForm::Observation { pattern, each: false } => {
                on(observation, |t| matching::first(pattern, params, t)).into_iter().collect()
            }
        };
        event.forms.iter().flat_map(matches).collect()
    })
}

/// `available event(…)`: "an admissible action that is such an event", with the action's position in the list. What
/// only the answer would tell is unknown.
pub(super) fn available(domain: &Domain, actions: &[String]) -> Vec<(usize, Fact)> {
    let facts = |(position, action): (usize, &String)| {
        let facts = events(domain, |event| {
            let captures = action_forms(event)
                .find_map(|(pattern, _)| on(action, |t| matching::whole(pattern, event.params.len(), t)));
            captures.into_iter().collect()
        });
        facts.into_iter().map(move |fact| (position, fact)).collect::<Vec<_>>()
    };
    actions.iter().enumerate().flat_map(facts).collect()
}

fn action_forms(event: &Event) -> impl Iterator<Item = (&Pattern, Option<&Pattern>)> {
    event.forms.iter().filter_map(|form| match form {
        EventForm::Action { pattern, then } => Some((pattern, then.as_ref())),
        EventForm::Observation { .. } => None,
    })
}

/// One phase: events in declaration order; equal facts are one fact; "at most 1,024 facts, further ones have not occurred".
fn events(domain: &Domain, matches: impl Fn(&Event) -> Vec<Captures>) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    for (of, event) in domain.events.iter().enumerate() {
        for args in matches(event) {
            let fact = Fact { of, args };
            if facts.len() < MAX_FACTS && !facts.contains(&fact) {
                facts.push(fact);
            }
        }
    }
    facts
}
