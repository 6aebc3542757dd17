//! Actions in the words of a domain. In: an action and its answer, and the task; out: the event that it was, with the task's own
//! names for arguments that the task speaks of: `put(object, place)`.

use crate::engine::matching::{self, Text};
use crate::engine::value::Value;
use crate::lang::checked::{Domain, EventForm};
use crate::lang::pattern::Pattern;
use crate::text;

/// The values of a task, by the names of its parameters.
pub(super) type Task = Vec<(String, Value)>;

fn on<T>(raw: &str, read: impl FnOnce(Text) -> T) -> T {
    let tokens = text::lex(raw);
    read(Text { raw, tokens: &tokens })
}

/// What the task sentence asks for: by the sentence that captures most; nothing if the domain does not know it.
pub(super) fn task(domain: &Domain, sentence: &str) -> Task {
    let mut best: Task = Vec::new();
    for task in &domain.tasks {
        let found = on(sentence, |text| {
            task.sentences.iter().find_map(|pattern| matching::sentence(pattern, task.params.len(), text))
        });
        let Some(captures) = found else { continue };
        let named = task.params.iter().zip(captures);
        let named: Task = named.filter_map(|(param, value)| Some((param.name.clone(), value?))).collect();
        if named.len() > best.len() {
            best = named;
        }
    }
    best
}

/// The event that an action was, if the answer bears it out; else the bare action's first word in brackets.
pub(super) fn event(domain: &Domain, task: &Task, action: &str, answer: &str) -> String {
    let refused = on(answer, |text| domain.fails.iter().any(|pattern| matching::first(pattern, 0, text).is_some()));
    let named = domain.events.iter().find_map(|event| {
        let forms = event.forms.iter().filter_map(|form| match form {
            EventForm::Action { pattern, then } => Some((pattern, then.as_ref())),
            EventForm::Observation { .. } => None,
        });
        let captures = forms.into_iter().find_map(|form| done(form, event.params.len(), action, answer))?;
        let args: Vec<&str> = captures.iter().map(|value| name(task, value.as_ref())).collect();
        Some(format!("{}({})", event.name, args.join(", ")))
    });
    match named {
        Some(named) if !refused => named,
        _ => format!("[{}]", action.split_whitespace().next().unwrap_or_default()),
    }
}

fn done(
    (pattern, then): (&Pattern, Option<&Pattern>),
    params: usize,
    action: &str,
    answer: &str,
) -> Option<matching::Captures> {
    let captures = on(action, |text| matching::whole(pattern, params, text))?;
    match then {
        None => Some(captures),
        Some(then) => on(answer, |text| matching::first_with(then, &captures, text)),
    }
}

fn name<'t>(task: &'t Task, value: Option<&Value>) -> &'t str {
    let known = value.and_then(|value| task.iter().find(|(_, asked)| value.is(asked)));
    known.map_or("_", |(name, _)| name.as_str())
}
