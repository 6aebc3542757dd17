//! SKILL.md as agents read it. In: a YAML header with `name` and `description`, and prose; out: a skill that keeps the
//! prose as its doc comment and says what of it fits into advice. When to use it is told to a reader, not to a machine: the
//! trigger is `todo`.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

use super::draft::{Draft, Rule};
use super::{Import, ImportError, Remark, prose, source};
use crate::lang::print;

/// Longer headers are refused: 64 KiB.
const MAX_HEADER: usize = 64 << 10;
/// More list marks at the beginning of a line are refused: each nests one deeper.
const MAX_NESTING: usize = 32;
/// What the convention allows a description.
const MAX_DESCRIPTION: usize = 1024;

pub(super) fn read(text: &str, file: &str) -> Result<Import, ImportError> {
    let Some(header) = source::header(text) else {
        return Err(ImportError::at(1, "no YAML header between two lines of `---`"));
    };
    let fields = yaml(header.text, header.line)?;
    let mut remarks = Vec::new();
    let body = header.body.trim();
    let named = |key: &str| match fields.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(other) => other.to_string(),
    };
    let name = match named("name") {
        name if name.is_empty() => {
            remarks.push(Remark::finding(format!("it has no name; it is called `{file}` after its file")));
            file.to_owned()
        }
        name => name,
    };
    let description = named("description");
    for (key, value) in fields.iter().filter(|(key, _)| !["name", "description"].contains(&key.as_str())) {
        remarks.push(Remark::note(format!("`{key}: {value}` has no home in a `.skill` file")).at(header.line));
    }
    let when = match description.is_empty() {
        true => format!("It does not say when to use `{name}`."),
        false => cut(&prose::sentence(&description), MAX_DESCRIPTION),
    };
    remarks.push(
        Remark::finding("when to use it is told in prose: the trigger is `todo` and never fires").at(header.line),
    );
    // What to do is in the body; the description stands in where the body is no advice.
    let mut advice = prose::advice(&[body], "");
    if advice.missing.is_some() || body.is_empty() {
        let short = prose::advice(&[&description], &name);
        let missing = if body.is_empty() { short.missing } else { Some("the body".to_owned()) };
        advice = prose::Advice { text: short.text, missing };
    }
    if let Some(missing) = &advice.missing {
        remarks.push(Remark::finding(format!("advice leaves out {missing}; the doc comment holds it")));
    }
    let docs = prose::docs(&[name.clone(), description, body.to_owned()]);
    let draft = Draft {
        title: name,
        docs,
        comments: vec!["// allow W1003: it came as prose.".to_owned()],
        rules: vec![Rule { name: "advice", when: format!("todo {}", print::string(&when)), advice: advice.text }],
        unverified: Some("It came as prose."),
        ..Draft::default()
    };
    Ok(Import { drafts: vec![draft], parsed: json!({ "header": fields, "body": body }), remarks })
}

/// The first `most` characters.
fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// The header's mapping.
fn yaml(text: &str, first_line: usize) -> Result<Map<String, Value>, ImportError> {
    if text.len() > MAX_HEADER {
        let message = format!("a header of {} bytes; at most {MAX_HEADER} are read", text.len());
        return Err(ImportError::at(first_line, message));
    }
    for (n, line) in text.lines().enumerate() {
        let marks = line.chars().take_while(|c| matches!(c, '-' | '?' | ':' | ' ' | '\t')).filter(|c| *c != ' ');
        if marks.count() > MAX_NESTING {
            return Err(ImportError::at(first_line + n, format!("lists nest deeper than {MAX_NESTING}")));
        }
    }
    let documents = Yaml::load_from_str(text).map_err(|error| {
        ImportError::at(first_line + error.marker().line().saturating_sub(1), format!("not YAML: {}", error.info()))
    })?;
    let mut documents = documents.iter();
    match (documents.next(), documents.next()) {
        (None, _) => Ok(Map::new()),
        (Some(Yaml::Mapping(fields)), None) => {
            Ok(fields.iter().map(|(key, value)| (plain(&json_of(key)), json_of(value))).collect())
        }
        _ => Err(ImportError::at(first_line, "the header is no list of `key: value`")),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn json_of(node: &Yaml) -> Value {
    match node {
        Yaml::Value(Scalar::Null) | Yaml::Alias(_) | Yaml::BadValue => Value::Null,
        Yaml::Value(Scalar::Boolean(truth)) => json!(truth),
        Yaml::Value(Scalar::Integer(number)) => json!(number),
        Yaml::Value(Scalar::FloatingPoint(number)) => json!(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Representation(text, ..) => json!(text),
        Yaml::Sequence(nodes) => nodes.iter().map(json_of).collect(),
        Yaml::Mapping(nodes) => Value::Object(nodes.iter().map(|(k, v)| (plain(&json_of(k)), json_of(v))).collect()),
        Yaml::Tagged(_, node) => json_of(node),
    }
}
