//! Patterns of events. In: a domain's events and their trees; out: W1010 where two events are the same action, W1011 where
//! a regular expression says what a pattern could.

use std::collections::{BTreeSet, HashMap};

use super::words::own;
use crate::lang::ast::{DeclKind, EventForm as Written, PatternText, TaskForm};
use crate::lang::checked::{Domain, Event, EventForm};
use crate::lang::diag::{Code, Diagnostic};
use crate::lang::pattern::{Element, Pattern};
use crate::lang::print;
use crate::lang::span::Span;

/// A pattern with more alternatives than this is not compared.
const MAX_READINGS: usize = 64;

/// The texts that a pattern stands for, with `{in|on}` written out: literals, gaps and captures by type.
fn readings(pattern: &Pattern) -> Option<BTreeSet<String>> {
    let Pattern::Tokens(elements) = pattern else { return None };
    let mut params: Vec<u16> = Vec::new();
    let mut readings = vec![String::new()];
    for element in elements {
        let options: Vec<String> = match element {
            Element::Literal(word) => vec![format!(" {word}")],
            Element::Gap => vec![" {...}".to_owned()],
            Element::Either(options) => {
                options.iter().map(|words| words.iter().map(|w| format!(" {w}")).collect()).collect()
            }
            Element::Capture(capture) => {
                // A capture that comes again must be equal: which one it is belongs to the pattern.
                let first = params.iter().position(|p| *p == capture.param).unwrap_or_else(|| {
                    params.push(capture.param);
                    params.len() - 1
                });
                let shape = capture.shape.as_ref().map_or("", |shape| shape.source());
                vec![format!(" {{{first}:{:?}{shape}}}", capture.ty)]
            }
        };
        readings = readings.iter().flat_map(|r| options.iter().map(move |o| format!("{r}{o}"))).collect();
        if readings.len() > MAX_READINGS {
            return None;
        }
    }
    Some(readings.into_iter().collect())
}

/// The texts that an action form stands for, and what must be answered.
type Action<'e> = (BTreeSet<String>, Option<&'e Pattern>);

fn actions(event: &Event) -> Vec<Action<'_>> {
    let mut actions = Vec::new();
    for form in &event.forms {
        if let EventForm::Action { pattern, then } = form
            && let Some(texts) = readings(pattern)
        {
            actions.push((texts, then.as_ref()));
        }
    }
    actions
}

/// W1010: `span` gives the place of an event, if it is to be told of here; the later of two events is told of.
pub(super) fn ambiguous(domain: &Domain, span: impl Fn(&Event) -> Option<Span>, out: &mut Vec<Diagnostic>) {
    // By reading: the events before, and what their forms demand as an answer.
    let mut known: HashMap<String, Vec<(usize, Option<&Pattern>)>> = HashMap::new();
    let owner = |event: &Event| event.name.rsplit_once('.').map(|(skill, _)| skill.to_owned());
    for (n, event) in domain.events.iter().enumerate() {
        let forms = actions(event);
        if let Some(place) = span(event) {
            let own_skill = owner(event);
            // What two skills declare each for itself never meets.
            let meets = |other: &Event| owner(other).is_none_or(|skill| Some(skill) == own_skill);
            let readings = forms.iter().flat_map(|(texts, then)| texts.iter().map(move |text| (text, *then)));
            let twins = readings.flat_map(|(text, then)| {
                let before = known.get(text).into_iter().flatten();
                before.filter(move |(_, other_then)| *other_then == then).map(move |(other, _)| (*other, text))
            });
            let twin = twins.filter(|(other, _)| meets(&domain.events[*other])).min_by_key(|(other, _)| *other);
            if let Some((other, text)) = twin {
                let (name, other) = (own(&event.name), own(&domain.events[other].name));
                out.push(
                    Diagnostic::error(Code::AmbiguousPattern, format!("an action that is `{other}` is `{name}` too"))
                        .label(place, format!("both read \"{}\"", plain(text)))
                        .help("every such action is both events: say with `then observation \"…\"` which one it was, or keep one"),
                );
            }
        }
        for (texts, then) in forms {
            texts.into_iter().for_each(|text| known.entry(text).or_default().push((n, then)));
        }
    }
}

/// A reading as people write it, captures as `…`.
fn plain(reading: &str) -> String {
    let mut out = String::new();
    let mut depth = 0;
    for c in reading.trim().chars() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                out.push('…');
            }
            _ if depth > 0 => {}
            other => out.push(other),
        }
    }
    out
}

/// W1011 of one declaration. Silent where a text is captured: an expression can end it before the end of its line, or keep
/// its final punctuation, and a pattern cannot.
pub(super) fn expressions(decl: &DeclKind, out: &mut Vec<Diagnostic>) {
    if let DeclKind::Task { head, .. } | DeclKind::Event { head, .. } = decl
        && head.params.iter().any(|p| p.ty.text == "text")
    {
        return;
    }
    let mut told = |pattern: &PatternText, whole: bool| {
        if let Some(text) = pattern.regex.then(|| as_pattern(&pattern.text.value, whole)).flatten() {
            let text = print::string(&text);
            out.push(
                Diagnostic::error(Code::PlainRegex, "a pattern says the same, and can be read aloud")
                    .label(pattern.text.span, "nothing here needs a regular expression")
                    .help(format!("write {text}: case and spacing do not matter then"))
                    .unsafe_fix(format!("write {text}"), pattern.text.span, text),
            );
        }
    };
    match decl {
        DeclKind::Fails(patterns) => patterns.iter().for_each(|p| told(p, false)),
        DeclKind::Task { forms, .. } => {
            forms.iter().for_each(|form| {
                if let TaskForm::Sentence(pattern) = form {
                    told(pattern, true)
                }
            });
        }
        DeclKind::Event { forms, .. } => forms.iter().for_each(|form| match form {
            Written::Action { pattern, then } => {
                told(pattern, true);
                then.iter().for_each(|then| told(then, false));
            }
            Written::Observation { pattern, .. } => told(pattern, false),
        }),
        _ => {}
    }
}

/// The pattern that says what a plain expression says: literal text between word boundaries and captures of anything. `whole`: the
/// text must match from beginning to end, so the expression must say so. `None` where a pattern would mean something else.
fn as_pattern(source: &str, whole: bool) -> Option<String> {
    let inner = source.strip_prefix("(?i)").unwrap_or(source);
    let (start, inner) = inner.strip_prefix('^').map_or((false, inner), |rest| (true, rest));
    let (end, inner) = inner.strip_suffix('$').map_or((false, inner), |rest| (true, rest));
    if start != whole || end != whole {
        return None;
    }
    let mut pattern = String::new();
    let mut rest = inner;
    while let Some(c) = rest.chars().next() {
        if let Some(group) = rest.strip_prefix("(?<").or_else(|| rest.strip_prefix("(?P<")) {
            let (name, body) = group.split_once('>')?;
            let body = ["\\d+)", ".+?)", ".+)"].iter().find_map(|any| body.strip_prefix(any))?;
            pattern.push_str(&format!("{{{name}}}"));
            rest = body;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let escaped = rest.chars().next().filter(|e| e.is_ascii_punctuation())?;
                rest = &rest[escaped.len_utf8()..];
                push(&mut pattern, escaped);
            }
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            other => push(&mut pattern, other),
        }
    }
    // A quantifier after a character would be left over above; an empty pattern says nothing.
    (!pattern.trim().is_empty()).then_some(pattern)
}

fn push(pattern: &mut String, c: char) {
    match c {
        '{' => pattern.push_str("{{"),
        '}' => pattern.push_str("}}"),
        other => pattern.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::as_pattern;

    #[test]
    fn only_plain_expressions_are_patterns() {
        for (source, whole, wanted) in [
            (r"^go to (?<r>.+)$", true, Some("go to {r}")),
            (r"(?i)Nothing happens\.", false, Some("Nothing happens.")),
            (r"^turn (?P<n>\d+)$", true, Some("turn {n}")),
            (r"\{x\}", false, Some("{{x}}")),
            (r"go to (?<r>.+)", true, None),
            (r"^go to (?<r>.+)$", false, None),
            (r"^go(ing)? to (?<r>.+)$", true, None),
            (r"^click\[(?<id>[a-z]+)\]$", true, None),
            (r"^turn \d+$", true, None),
            (r"\bgo\b", false, None),
            (r"", false, None),
        ] {
            assert_eq!(as_pattern(source, whole).as_deref(), wanted, "{source}");
        }
    }
}
