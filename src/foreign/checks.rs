//! The reference's nine checks as assertions. In: a check's type and parameters; out: a form over events of the skill's own
//! that holds of exactly the trajectories of which the reference's check holds.
//!
//! Where the reference's check breaks off with an error it counts as failed, so such an assertion is `todo`: it holds of no
//! episode, or of none but the empty one, where the reference does not get to its error.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Remark;
use super::draft::Event;
use super::json::Object;
use super::names::{Names, identifier};
use super::python_regex::{PythonRegexError, literal_at_start, translate};
use crate::lang::parse::MAX_INTEGER;
use crate::lang::print;

/// What became of a check.
pub(super) enum Stated {
    /// The assertion's form.
    Form(String),
    /// The reference cannot evaluate it either; the form fails where the reference's check does.
    Broken { form: String, why: String },
    /// It cannot be said here.
    Left(String),
}

/// Why a parameter is of no use.
enum Bad {
    /// Absent: the reference fails before it looks at the trajectory.
    Absent(String),
    /// No text, or no expression: the reference fails at the first step.
    Broken(String),
    Unsupported(String),
}

/// The events that checks of one skill need; the same expression is declared once.
#[derive(Default)]
pub(super) struct Events {
    names: Names,
    by_form: BTreeMap<String, String>,
    pub list: Vec<Event>,
    pub remarks: Vec<Remark>,
}

impl Events {
    pub(super) fn new(names: Names) -> Self {
        Events { names, ..Events::default() }
    }

    /// A name that no event and no assertion has.
    pub(super) fn fresh(&mut self, name: &str) -> String {
        self.names.fresh(name)
    }

    fn named(&mut self, prefix: &str, readable: &str, form: String) -> String {
        if let Some(name) = self.by_form.get(&form) {
            return format!("{name}()");
        }
        let mut name = format!("{prefix}_{}", identifier(readable, "text"));
        name.truncate(40);
        let name = self.names.fresh(name.trim_end_matches('_'));
        self.by_form.insert(form.clone(), name.clone());
        self.list.push(Event { name: name.clone(), form });
        format!("{name}()")
    }

    /// The event that `pattern` is found in an action or an observation.
    fn found(&mut self, what: &str, pattern: &str) -> Result<String, PythonRegexError> {
        let regex = translate(pattern, false)?;
        for note in regex.notes {
            let remark = Remark::note(format!("`{pattern}`: {note}"));
            if !self.remarks.contains(&remark) {
                self.remarks.push(remark);
            }
        }
        let prefix = if what == "action" { "did" } else { "read" };
        Ok(self.named(prefix, &readable(pattern), format!("{what} /{}/", regex.text)))
    }

    fn action(&mut self, params: &Object, key: &str) -> Result<String, Bad> {
        self.event("action", params, key)
    }

    fn event(&mut self, what: &str, params: &Object, key: &str) -> Result<String, Bad> {
        let Some(value) = params.get(key) else {
            return Err(Bad::Absent(format!("the parameter `{key}` is missing")));
        };
        let Value::String(pattern) = value else {
            return Err(Bad::Broken(format!("the parameter `{key}` is {value}, not a text")));
        };
        self.found(what, pattern).map_err(|error| match error {
            PythonRegexError::Invalid(_) => Bad::Broken(format!("`{pattern}` is {error}")),
            PythonRegexError::Unsupported(_) => Bad::Unsupported(format!("`{pattern}`: {error}")),
        })
    }
}

/// The words of an expression, for a name.
fn readable(pattern: &str) -> String {
    let mut words = String::new();
    let mut rest = pattern.trim_start_matches("(?i)").chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                rest.next();
                words.push(' ');
            }
            c => words.push(c),
        }
    }
    words
}

/// Fails on every episode, the empty one too.
fn fails(why: String) -> Stated {
    Stated::Broken { form: format!("eventually todo {}", print::string(&why)), why }
}

/// Fails on every episode but the empty one.
fn fails_on_steps(why: String) -> Stated {
    Stated::Broken { form: format!("always todo {}", print::string(&why)), why }
}

const NEVER: &str = "eventually step < 0";
const ALWAYS: &str = "always step >= 0";

/// States a check; nothing for a type that the reference does not know, and passes over.
pub(super) fn state(check_type: &str, params: Option<&Object>, events: &mut Events) -> Option<Stated> {
    let check: fn(&Object, &mut Events) -> Result<Stated, Bad> = match check_type {
        "action_exists" => |params, events| Ok(form("eventually", &events.action(params, "pattern")?)),
        "action_not_exists" => |params, events| match events.action(params, "pattern") {
            Ok(event) => Ok(form("never", &event)),
            Err(Bad::Broken(why)) => Ok(fails_on_steps(why)),
            Err(bad) => Err(bad),
        },
        "action_before" => |params, events| {
            let (first, second) = (events.action(params, "first")?, events.action(params, "second")?);
            Ok(Stated::Form(format!("first {first} then {second}")))
        },
        "no_consecutive_repeat" => |params, events| Ok(no_repeat(params.get("prefix"), events)),
        "final_action" => |params, events| Ok(form("finally", &events.action(params, "pattern")?)),
        "min_steps" => |params, _| {
            Ok(match number(params, "n", None)?.ceil() {
                n if n <= 0.0 => Stated::Form(ALWAYS.to_owned()),
                n => Stated::Form(match whole(n) {
                    Some(n) => format!("eventually step >= {n}"),
                    None => NEVER.to_owned(),
                }),
            })
        },
        "max_steps" => |params, _| {
            Ok(match number(params, "n", None)?.floor() {
                n if n < 0.0 => Stated::Form(NEVER.to_owned()),
                n => Stated::Form(match whole(n) {
                    Some(n) => format!("always step <= {n}"),
                    None => ALWAYS.to_owned(),
                }),
            })
        },
        "action_count" => count,
        "observation_contains" => |params, events| {
            let read = events.event("observation", params, "pattern")?;
            match params.get("after_action").filter(|value| is_true(value)) {
                None => Ok(form("eventually", &read)),
                Some(_) => {
                    // Every step that matches `after_action` is passed over, not only the first one.
                    let after = events.action(params, "after_action")?;
                    Ok(Stated::Form(format!("eventually {read} and once {after} and not {after}")))
                }
            }
        },
        _ => return None,
    };
    let stated = match params {
        None => Err(Bad::Absent("the parameters are missing".to_owned())),
        Some(params) => check(params, events),
    };
    Some(stated.unwrap_or_else(|bad| match bad {
        Bad::Absent(why) | Bad::Broken(why) => fails(why),
        Bad::Unsupported(why) => Stated::Left(why),
    }))
}

/// The parameters that a check reads.
pub(super) fn parameters(check_type: &str) -> &'static [&'static str] {
    match check_type {
        "action_before" => &["first", "second"],
        "no_consecutive_repeat" => &["prefix"],
        "min_steps" | "max_steps" => &["n"],
        "action_count" => &["pattern", "min", "max"],
        "observation_contains" => &["pattern", "after_action"],
        _ => &["pattern"],
    }
}

fn form(word: &str, event: &str) -> Stated {
    Stated::Form(format!("{word} {event}"))
}

fn no_repeat(prefix: Option<&Value>, events: &mut Events) -> Stated {
    match prefix.filter(|value| is_true(value)) {
        None => form("never", "repeated"),
        // An action without the prefix ends a chain: of two equal actions either both have it or neither.
        Some(Value::String(prefix)) => {
            let begins = events.named("begins", prefix, format!("action /{}/", literal_at_start(prefix)));
            Stated::Form(format!("never {begins} and repeated"))
        }
        Some(other) => fails_on_steps(format!("the parameter `prefix` is {other}, not a text")),
    }
}

fn count(params: &Object, events: &mut Events) -> Result<Stated, Bad> {
    if !params.contains_key("pattern") {
        return Err(Bad::Absent("the parameter `pattern` is missing".to_owned()));
    }
    let (least, most) = (number(params, "min", Some(0.0))?.ceil(), number(params, "max", Some(999.0))?.floor());
    let event = match events.action(params, "pattern") {
        Ok(event) => event,
        Err(Bad::Broken(why)) if least <= 0.0 && most >= 0.0 => return Ok(fails_on_steps(why)),
        Err(bad) => return Err(bad),
    };
    let impossible = least > most || most < 0.0;
    Ok(Stated::Form(match (impossible, whole(least.max(0.0)), whole(most)) {
        (true, ..) | (_, None, _) => NEVER.to_owned(),
        (_, Some(0), None) => ALWAYS.to_owned(),
        (_, Some(0), Some(most)) => format!("at most {most} times {event}"),
        (_, Some(least), None) => format!("at least {least} times {event}"),
        (_, Some(least), Some(most)) => format!("between {least} and {most} times {event}"),
    }))
}

/// A number as Python compares it: truth values are 0 and 1.
fn number(params: &Object, key: &str, absent: Option<f64>) -> Result<f64, Bad> {
    match (params.get(key), absent) {
        (None, Some(absent)) => Ok(absent),
        (None, None) => Err(Bad::Absent(format!("the parameter `{key}` is missing"))),
        (Some(Value::Bool(truth)), _) => Ok(f64::from(u8::from(*truth))),
        (Some(value), _) => match value.as_f64() {
            Some(number) => Ok(number),
            // Python compares before it looks at any step.
            None => Err(Bad::Absent(format!("the parameter `{key}` is {value}, not a number"))),
        },
    }
}

/// A count that an episode may reach.
fn whole(number: f64) -> Option<u32> {
    (number <= f64::from(MAX_INTEGER)).then_some(number as u32)
}

/// What Python takes for true.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}
