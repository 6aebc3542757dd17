//! The reference implementation's SKILL.md. In: its text; out: the fields exactly as the reference reads them, and a draft.
//!
//! The reference reads its header line by line: a fifth of what it writes is not YAML. It takes everything up to the second
//! `---` as the header, wherever that stands, and three sections of the body; what it does not read is kept as prose.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::draft::{Draft, Event, Example, Rule};
use super::names::Names;
use super::python_regex::{PythonRegexError, translate};
use super::{Import, ImportError, Remark, prose, source};
use crate::lang::print;

/// What the reference knows of a skill.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Fields {
    skill_id: String,
    name: String,
    content: Content,
    trigger_type: String,
    trigger_pattern: Option<String>,
    status: String,
    created_at_step: i64,
    version: i64,
    metadata: serde_json::Value,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Content {
    when_to_use: String,
    action: String,
    examples: Vec<String>,
}

/// Whether the header has a field `trigger_type`.
pub(super) fn has_trigger(text: &str) -> bool {
    let is_trigger = |line: &str| line.split_once(':').is_some_and(|(key, _)| strip(key) == "trigger_type");
    source::header(text).is_some_and(|header| header.text.lines().any(is_trigger))
}

pub(super) fn read(text: &str, reserved: &BTreeSet<String>) -> Result<Import, ImportError> {
    let mut remarks = Vec::new();
    let mut parts = text.splitn(3, "---");
    let (Some(before), Some(header), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(ImportError::at(1, "no header between two `---`; the reference's skills begin with one"));
    };
    if !strip(before).is_empty() {
        remarks.push(Remark::note("what stands before the header is not read").at(1));
    }
    let first_line = before.matches('\n').count() + 1;
    let header = Header::read(header, first_line, &mut remarks);
    let body_line = text[..text.len() - body.len()].matches('\n').count() + 1;
    let body = Body::read(body, body_line, &mut remarks);
    let fields = fields(&header, &body, &mut remarks)?;
    let draft = draft(&fields, &header, &body, reserved, &mut remarks);
    let parsed = serde_json::to_value(&fields).map_err(|e| ImportError::new(e.to_string()))?;
    Ok(Import { drafts: vec![draft], parsed, remarks })
}

/// `key: value` lines; of a key given twice the last value holds.
struct Header {
    values: BTreeMap<String, (String, usize)>,
}

impl Header {
    fn read(text: &str, first_line: usize, remarks: &mut Vec<Remark>) -> Header {
        let mut values = BTreeMap::new();
        for (n, raw) in text.split('\n').enumerate() {
            let (line, at) = (strip(raw), first_line + n);
            let Some((key, value)) = line.split_once(':') else {
                if !line.is_empty() {
                    remarks.push(Remark::note(format!("`{line}` is no field of the header; it is not read")).at(at));
                }
                continue;
            };
            let (key, mut value) = (strip(key), strip(value).to_owned());
            if [('"', '"'), ('\'', '\'')].iter().any(|(a, b)| value.starts_with(*a) && value.ends_with(*b)) {
                let inside = value.get(1..value.len().saturating_sub(1)).unwrap_or_default();
                value = inside.replace("\\\"", "\"").replace("\\\\", "\\");
            }
            if let Some((_, earlier)) = values.insert(key.to_owned(), (value, at)) {
                let message = format!("`{key}` is given again on line {at}; the reference reads the last one");
                remarks.push(Remark::note(message).at(earlier));
            }
        }
        Header { values }
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|(value, _)| value.as_str())
    }

    /// A whole number as Python reads one.
    fn number(&self, key: &str, absent: i64) -> Result<i64, ImportError> {
        let Some((value, line)) = self.values.get(key) else { return Ok(absent) };
        let digits = strip(value);
        let plain = digits.strip_prefix(['+', '-']).unwrap_or(digits);
        let separated = plain.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        let number = if separated { digits.replace('_', "").parse().ok() } else { None };
        number.ok_or_else(|| ImportError::at(*line, format!("`{key}` is {value:?}, not a whole number")))
    }
}

/// The sections of the body.
#[derive(Default)]
struct Body {
    when_to_use: String,
    action: String,
    examples: Vec<String>,
    /// Prose that the reference does not read.
    rest: Vec<String>,
}

impl Body {
    fn read(text: &str, first_line: usize, remarks: &mut Vec<Remark>) -> Body {
        let stripped = strip(text);
        let blank = text.len() - text.trim_start_matches(is_blank).len();
        let first_line = first_line + text[..blank].matches('\n').count();
        let mut sections: Vec<(Option<&str>, usize, Vec<&str>)> = vec![(None, first_line, Vec::new())];
        for (n, line) in stripped.split('\n').enumerate() {
            match line.strip_prefix("## ") {
                Some(title) => sections.push((Some(strip(title)), first_line + n, Vec::new())),
                None => {
                    if let Some((_, _, lines)) = sections.last_mut() {
                        lines.push(line);
                    }
                }
            }
        }
        let mut body = Body::default();
        for (at, (title, line, lines)) in sections.iter().enumerate() {
            let content = strip(&lines.join("\n")).to_owned();
            // The reference keeps the last of several sections with one title.
            let again = sections[at + 1..].iter().any(|(later, _, _)| title.is_some() && later == title);
            match title {
                Some("When to Use") if !again => body.when_to_use = unless(content, "(no guidance)"),
                Some("Action") if !again => body.action = unless(content, "(no action)"),
                Some("Examples") if !again => {
                    let (examples, other): (Vec<&str>, Vec<&str>) =
                        content.split('\n').map(strip).partition(|line| line.starts_with("- "));
                    body.examples = examples.iter().map(|line| line[2..].to_owned()).collect();
                    body.keep(other.join("\n"), *line, "lines of the examples that do not begin with `- `", remarks);
                }
                Some(title) => {
                    let what = format!("the section `{title}`");
                    body.keep(format!("## {title}\n{content}"), *line, &what, remarks);
                }
                None => body.keep(content, *line, "the text before the first section", remarks),
            }
        }
        body
    }

    fn keep(&mut self, text: String, line: usize, what: &str, remarks: &mut Vec<Remark>) {
        if !strip(&text).is_empty() {
            remarks.push(Remark::note(format!("the reference does not read {what}; it is kept as prose")).at(line));
            self.rest.push(text);
        }
    }
}

fn fields(header: &Header, body: &Body, remarks: &mut Vec<Remark>) -> Result<Fields, ImportError> {
    let text = |key: &str, absent: &str| header.text(key).unwrap_or(absent).to_owned();
    let metadata = match header.values.get("metadata") {
        None => serde_json::json!({}),
        Some((value, line)) => serde_json::from_str(value).unwrap_or_else(|error| {
            remarks.push(Remark::note(format!("`metadata` is not JSON ({error}); the reference drops it")).at(*line));
            serde_json::json!({})
        }),
    };
    Ok(Fields {
        skill_id: text("skill_id", ""),
        name: text("name", "unnamed"),
        content: Content {
            when_to_use: body.when_to_use.clone(),
            action: body.action.clone(),
            examples: body.examples.clone(),
        },
        trigger_type: text("trigger_type", "general"),
        trigger_pattern: header.text("trigger_pattern").filter(|p| !p.is_empty()).map(str::to_owned),
        status: text("status", "active"),
        created_at_step: header.number("created_at_step", 0)?,
        version: header.number("version", 1)?,
        metadata,
    })
}

fn draft(
    fields: &Fields,
    header: &Header,
    body: &Body,
    reserved: &BTreeSet<String>,
    remarks: &mut Vec<Remark>,
) -> Draft {
    let content = &fields.content;
    let mut blocks = vec![fields.name.clone()];
    let description = header.text("description").unwrap_or_default();
    if description != derived_description(fields) {
        blocks.push(description.to_owned());
    }
    for (label, text) in [("When to use: ", &content.when_to_use), ("Action: ", &content.action)] {
        if !text.is_empty() {
            blocks.push(format!("{label}{text}"));
        }
    }
    if !content.examples.is_empty() {
        let lines: Vec<String> = content.examples.iter().map(|e| format!("- {e}")).collect();
        blocks.push(format!("Examples:\n{}", lines.join("\n")));
    }
    blocks.extend(body.rest.iter().cloned());
    let examples = content.examples.iter().map(|e| prose::sentence(e)).collect::<Vec<_>>().join(" ");
    let advice = prose::advice(&[&content.when_to_use, &content.action, &examples], &fields.name);
    if let Some(missing) = &advice.missing {
        remarks.push(Remark::finding(format!("advice leaves out {missing}; the doc comment holds it")));
    }
    unhoused(fields, header, remarks);
    let trigger = trigger(fields, header, reserved, remarks);
    Draft {
        title: fields.name.clone(),
        docs: prose::docs(&blocks),
        events: trigger.events,
        rules: vec![Rule { name: "advice", when: trigger.when, advice: advice.text }],
        unverified: Some("The reference keeps assertions apart from its skills."),
        example: Some(trigger.example),
        ..Draft::default()
    }
}

/// What the reference writes as description: the first sentence of when to use it, or the name.
fn derived_description(fields: &Fields) -> String {
    let when = &fields.content.when_to_use;
    let first = if when.is_empty() { &fields.name } else { strip(when.split('.').next().unwrap_or_default()) };
    if first.is_empty() || first.ends_with('.') { first.to_owned() } else { format!("{first}.") }
}

fn unhoused(fields: &Fields, header: &Header, remarks: &mut Vec<Remark>) {
    const READ: [&str; 9] = [
        "name",
        "description",
        "trigger_type",
        "trigger_pattern",
        "status",
        "created_at_step",
        "version",
        "skill_id",
        "metadata",
    ];
    for (key, (value, line)) in &header.values {
        if !READ.contains(&key.as_str())
            || matches!(key.as_str(), "skill_id" | "version" | "created_at_step" | "metadata")
        {
            remarks.push(Remark::note(format!("`{key}: {value}` has no home in a `.skill` file")).at(*line));
        }
    }
    if fields.status != "active" {
        let serves = if fields.status == "testing" { "serves it to some episodes" } else { "does not serve it" };
        let line = header.values.get("status").map_or(1, |(_, line)| *line);
        remarks.push(Remark::note(format!("its status is `{}`: the reference {serves}", fields.status)).at(line));
    }
}

struct Trigger {
    events: Vec<Event>,
    when: String,
    example: Example,
}

fn trigger(fields: &Fields, header: &Header, reserved: &BTreeSet<String>, remarks: &mut Vec<Remark>) -> Trigger {
    let not_at_first = || Example { name: "not_at_first", lines: vec!["expect not advice".to_owned()] };
    let line = |key: &str| header.values.get(key).map_or(1, |(_, line)| *line);
    let mut todo = |key: &str, prose: String| {
        remarks.push(Remark::finding(prose.clone()).at(line(key)));
        Trigger { events: Vec::new(), when: format!("todo {}", print::string(&prose)), example: not_at_first() }
    };
    match (fields.trigger_type.as_str(), fields.trigger_pattern.as_deref()) {
        ("general", _) => Trigger {
            events: Vec::new(),
            when: "step >= 0".to_owned(),
            example: Example { name: "from_the_start", lines: vec!["expect advice".to_owned()] },
        },
        ("beginning", _) => {
            let lines = ["expect advice", "action \"look\"", "observation \"\"", "expect not advice"];
            let lines = lines.map(str::to_owned).to_vec();
            Trigger {
                events: Vec::new(),
                when: "step = 0".to_owned(),
                example: Example { name: "only_at_first", lines },
            }
        }
        ("action_pattern", None) => {
            todo("trigger_type", "The last action matches a pattern that is not given: it never fires.".to_owned())
        }
        ("action_pattern", Some(pattern)) => match translate(pattern, true) {
            Err(error @ PythonRegexError::Invalid(_)) => {
                todo("trigger_pattern", format!("The last action matches `{pattern}`: it never fires, being {error}."))
            }
            Err(error) => todo("trigger_pattern", format!("The last action matches `{pattern}` ({error}).")),
            Ok(regex) => {
                remarks.extend(regex.notes.iter().map(|note| Remark::note(*note).at(line("trigger_pattern"))));
                let mut names = Names::new(reserved.iter().cloned());
                let event = |name: String, form: String| Event { name, form };
                let mut events = vec![event(names.fresh("acted"), format!("action /{}/", regex.text))];
                // The reference asks whether there is an action before it looks for the pattern.
                if regex.matches_nothing {
                    events.push(event(names.fresh("not_silent"), "action /(?s:.)/".to_owned()));
                }
                let when = events.iter().map(|e| format!("{}()", e.name)).collect::<Vec<_>>().join(" and ");
                Trigger { events, when, example: not_at_first() }
            }
        },
        (other, _) => todo("trigger_type", format!("A trigger of the unknown sort `{other}`: it never fires.")),
    }
}

fn unless(text: String, placeholder: &str) -> String {
    if text == placeholder { String::new() } else { text }
}

/// What Python's `strip` strips: white space, and four separators that Unicode does not count.
fn strip(text: &str) -> &str {
    text.trim_matches(is_blank)
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}
