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
    read(Text { raw, tokens: &text::lex(raw) })
}

/// "One basic task fact per episode: the whole task sentence must match (final punctuation aside); if several do, most
/// literal tokens win, then declaration order. Derived task facts hold beside it", each by its first alternative that
/// holds.
pub(super) fn tasks(domain: &Domain, sentence: &str) -> Vec<Fact> {
    let mut facts: Vec<Fact> = on(sentence, |text| basic_task(domain, text)).into_iter().collect();
    for (of, task) in domain.tasks.iter().enumerate() {
        let fact = task.derived.iter().find_map(|derived| {
            let from = facts.iter().find(|fact| fact.of == derived.task)?;
            Some(Fact { of, args: derived.from.iter().map(|arg| from.args[*arg].clone()).collect() })
        });
        facts.extend(fact);
    }
    facts
}

fn basic_task(domain: &Domain, sentence: Text) -> Option<Fact> {
    let mut best: Option<(usize, Fact)> = None;
    for (of, task) in domain.tasks.iter().enumerate() {
        for pattern in &task.sentences {
            let Some(args) = matching::sentence(pattern, task.params.len(), sentence) else { continue };
            let literal = pattern.literal_tokens();
            if best.as_ref().is_none_or(|(most, _)| literal > *most) {
                best = Some((literal, Fact { of, args }));
            }
        }
    }
    best.map(|(_, fact)| fact)
}

/// The action events of a transition: "an action event has not occurred if a `fails` pattern matches the answer, or if
/// its `then observation` does not match with equal captures." Of one event, the first form that fits counts.
pub(super) fn done(domain: &Domain, action: &str, answer: &str) -> Vec<Fact> {
    on(action, |action| on(answer, |answer| done_if_answered(domain, action, answer)))
}

fn done_if_answered(domain: &Domain, action: Text, answer: Text) -> Vec<Fact> {
    if domain.fails.iter().any(|pattern| matching::first(pattern, 0, answer).is_some()) {
        return Vec::new();
    }
    events(domain, |event| {
        let form = action_forms(event).find_map(|(pattern, then)| {
            let captures = matching::whole(pattern, event.params.len(), action)?;
            match then {
                None => Some(captures),
                Some(then) => matching::first_with(then, &captures, answer),
            }
        });
        form.into_iter().collect()
    })
}

/// The observation events of a text: "the first match, or all non-overlapping ones with `each`".
pub(super) fn observed(domain: &Domain, observation: &str) -> Vec<Fact> {
    on(observation, |text| {
        events(domain, |event| {
            let params = event.params.len();
            let matches = |form: &EventForm| match form {
                EventForm::Action { .. } => Vec::new(),
                EventForm::Observation { pattern, each: true } => matching::each(pattern, params, text),
                EventForm::Observation { pattern, each: false } => {
                    matching::first(pattern, params, text).into_iter().collect()
                }
            };
            event.forms.iter().flat_map(matches).collect()
        })
    })
}

/// `available event(…)`: "an admissible action that is such an event", with the action's position in the list. What
/// only the answer would tell is unknown.
pub(super) fn available(domain: &Domain, actions: &[String]) -> Vec<(usize, Fact)> {
    let facts = |(position, action): (usize, &String)| {
        let facts = on(action, |action| {
            events(domain, |event| {
                let fits = |(pattern, _)| matching::whole(pattern, event.params.len(), action);
                action_forms(event).find_map(fits).into_iter().collect()
            })
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
