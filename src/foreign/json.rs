//! JSON files of other systems: which kind they are, and helpers to read them. In: text or values; out: objects and texts.

use serde_json::{Map, Value};

use super::{Format, ImportError};

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// The kind of a JSON file, told by its keys.
pub(super) fn kind(text: &str) -> Option<Format> {
    let value: Value = serde_json::from_str(text).ok()?;
    let has = |value: &Value, key: &str| value.get(key).is_some();
    match &value {
        Value::Object(_) if has(&value, "assertions") || has(&value, "check_type") => Some(Format::Assertions),
        Value::Object(object) => {
            let is_bank = |key: &String| key.ends_with("_skills") || key == "common_mistakes";
            object.keys().any(is_bank).then_some(Format::SkillRl)
        }
        Value::Array(entries) if entries.iter().any(|e| has(e, "check_type")) => Some(Format::Assertions),
        Value::Array(entries) if entries.iter().any(|e| has(e, "principle")) => Some(Format::SkillRl),
        _ => None,
    }
}

pub(super) fn parse(text: &str) -> Result<Value, ImportError> {
    serde_json::from_str(text).map_err(|error| ImportError::at(error.line().max(1), format!("not JSON: {error}")))
}

/// A text, or how a value that is none reads; nothing for what is absent or null.
pub(super) fn text(object: &Object, key: &str) -> String {
    match object.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(other) => other.to_string(),
    }
}
