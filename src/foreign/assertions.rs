//! The reference implementation's assertions. In: JSON, as the reference saves them or as a bare list; out: a skill that
//! asserts the same and does nothing else (several, where one could not hold them all).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::checks::{Events, Stated, parameters, state};
use super::draft::{Assertion, Draft};
use super::json::{Object, parse, text};
use super::names::{Names, identifier};
use super::{Import, ImportError, Remark, prose};
use crate::lang::check::limits;

/// A check needs at most two events beside its assertion.
const PER_CHECK: usize = 3;

pub(super) fn read(source: &str, name: &str, reserved: &BTreeSet<String>) -> Result<Import, ImportError> {
    let value = parse(source)?;
    let mut remarks = Vec::new();
    let entries = entries(&value, &mut remarks)?;
    let mut unhoused: BTreeMap<String, usize> = BTreeMap::new();
    let mut parsed = Vec::new();
    let mut building = Building::new(name, reserved);
    let mut drafts = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let Value::Object(entry) = entry else {
            return Err(ImportError::new(format!("assertion {} is {entry}, not an object", at + 1)));
        };
        if building.members() + PER_CHECK > limits::MEMBERS {
            let full = std::mem::replace(&mut building, Building::new(name, reserved));
            drafts.push(full.finish(&mut remarks));
        }
        let form = building.add(entry, at + 1, &mut remarks)?;
        let mut shown = entry.clone();
        shown.insert("assert".to_owned(), json!(form));
        parsed.push(Value::Object(shown));
        for key in entry.keys().filter(|k| !["id", "check_type", "params", "description"].contains(&k.as_str())) {
            *unhoused.entry(key.clone()).or_default() += 1;
        }
    }
    drafts.push(building.finish(&mut remarks));
    remarks.extend(
        unhoused
            .iter()
            .map(|(key, n)| Remark::note(format!("`{key}` of {n} assertions has no home in a `.skill` file"))),
    );
    Ok(Import { drafts, parsed: json!({ "assertions": parsed }), remarks })
}

/// The list, wherever it stands.
fn entries<'v>(value: &'v Value, remarks: &mut Vec<Remark>) -> Result<&'v [Value], ImportError> {
    match value {
        Value::Array(entries) => Ok(entries),
        Value::Object(object) if object.contains_key("check_type") => Ok(std::slice::from_ref(value)),
        Value::Object(object) => {
            for key in object.keys().filter(|k| *k != "assertions") {
                remarks.push(Remark::note(format!("`{key}` has no home in a `.skill` file")));
            }
            match object.get("assertions") {
                Some(Value::Array(entries)) => Ok(entries),
                _ => Err(ImportError::new("no list of `assertions` in it")),
            }
        }
        _ => Err(ImportError::new("neither a list of assertions nor an object with one")),
    }
}

/// One skill of assertions in the making.
struct Building {
    title: String,
    events: Events,
    assertions: Vec<Assertion>,
    left: Vec<String>,
}

impl Building {
    fn new(title: &str, reserved: &BTreeSet<String>) -> Self {
        Building {
            title: title.to_owned(),
            events: Events::new(Names::new(reserved.iter().cloned())),
            assertions: Vec::new(),
            left: Vec::new(),
        }
    }

    fn members(&self) -> usize {
        self.events.list.len() + self.assertions.len()
    }

    /// Adds a check; its form, if it has one.
    fn add(&mut self, entry: &Object, number: usize, remarks: &mut Vec<Remark>) -> Result<Option<String>, ImportError> {
        let check_type = match entry.get("check_type") {
            Some(Value::String(check_type)) => check_type,
            _ => return Err(ImportError::new(format!("assertion {number} has no `check_type`"))),
        };
        let params = match entry.get("params") {
            None => None,
            Some(Value::Object(params)) => Some(params),
            Some(other) => {
                return Err(ImportError::new(format!("the `params` of assertion {number} are {other}, not an object")));
            }
        };
        let title = match text(entry, "id") {
            id if id.is_empty() => check_type.clone(),
            id => id,
        };
        for key in params.iter().flat_map(|p| p.keys()).filter(|k| !parameters(check_type).contains(&k.as_str())) {
            remarks.push(Remark::note(format!("assertion `{title}`: `{check_type}` reads no parameter `{key}`")));
        }
        let left = |this: &mut Self, why: String, remarks: &mut Vec<Remark>| {
            remarks.push(Remark::finding(format!("assertion `{title}` is left out: {why}")));
            this.left.push(format!("// Left out: {}", prose::sentence(&format!("{title}: {why}"))));
            None
        };
        let form = match state(check_type, params, &mut self.events) {
            None => return Ok(left(self, format!("there is no check `{check_type}`"), remarks)),
            Some(Stated::Left(why)) => return Ok(left(self, why, remarks)),
            Some(Stated::Broken { form, why }) => {
                remarks.push(Remark::finding(format!("assertion `{title}` fails always, as in the reference: {why}")));
                form
            }
            Some(Stated::Form(form)) => form,
        };
        let name = self.events.fresh(&identifier(&title, "check"));
        let because = prose::sentence(&text(entry, "description"));
        self.assertions.push(Assertion { name, form: form.clone(), because });
        Ok(Some(form))
    }

    fn finish(self, remarks: &mut Vec<Remark>) -> Draft {
        for remark in self.events.remarks {
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        }
        let mut comments = self.left;
        comments.push("// allow W1003: imported assertions come without episodes.".to_owned());
        let unverified = self.assertions.is_empty().then_some("None of the imported assertions could be stated.");
        Draft {
            docs: vec![format!("Assertions imported from {}.", self.title)],
            title: self.title,
            comments,
            events: self.events.list,
            assertions: self.assertions,
            unverified,
            ..Draft::default()
        }
    }
}
