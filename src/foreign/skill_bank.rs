//! SkillRL's bank. In: JSON with general skills, skills by sort of task and common mistakes; out: one skill for each.
//!
//! An entry that says when to apply it says so in prose, and so does the name of its sort of task: such a trigger is
//! `todo`. What says nothing of the kind holds always, as it does there.

use std::collections::BTreeMap;

use serde_json::Value;

use super::draft::{Draft, Example, Rule};
use super::json::{Object, parse, text};
use super::{Import, ImportError, Remark, prose};
use crate::lang::print;

/// More rules than this are not heard at one decision.
const HEARD: usize = 8;

pub(super) fn read(source: &str) -> Result<Import, ImportError> {
    let value = parse(source)?;
    let mut bank = Bank::default();
    match &value {
        // What the bank's updater writes: new general skills.
        Value::Array(entries) => bank.section("", "", entries)?,
        Value::Object(sections) => {
            // What holds in general comes first: bank order decides who is heard.
            let rank = |section: &str| match section {
                "general_skills" => 0,
                "common_mistakes" => 2,
                _ => 1,
            };
            let mut sections: Vec<_> = sections.iter().collect();
            sections.sort_by_key(|(section, _)| rank(section));
            for (section, content) in sections {
                bank.named_section(section, content)?;
            }
        }
        _ => return Err(ImportError::new("neither a bank nor a list of skills")),
    }
    if bank.drafts.is_empty() {
        return Err(ImportError::new("no skill in it: no `general_skills`, skills by task or `common_mistakes`"));
    }
    let always = bank.drafts.iter().flat_map(|d| &d.rules).filter(|r| r.when == ALWAYS).count();
    if always > HEARD {
        let message = format!("{always} rules speak at every decision; only the first {HEARD} in bank order are heard");
        bank.remarks.push(Remark::finding(message));
    }
    for (key, n) in &bank.unhoused {
        bank.remarks.push(Remark::note(format!("`{key}` of {n} entries has no home in a `.skill` file")));
    }
    Ok(Import { drafts: bank.drafts, parsed: value, remarks: bank.remarks })
}

const ALWAYS: &str = "step >= 0";

#[derive(Default)]
struct Bank {
    drafts: Vec<Draft>,
    remarks: Vec<Remark>,
    unhoused: BTreeMap<String, usize>,
}

/// The texts of an entry: keys and how they are introduced in the doc comment.
const SKILL: [(&str, &str); 3] = [("title", ""), ("principle", ""), ("when_to_apply", "When to apply: ")];
const MISTAKE: [(&str, &str); 3] =
    [("description", "Mistake: "), ("why_it_happens", "Why it happens: "), ("how_to_avoid", "How to avoid it: ")];

impl Bank {
    fn named_section(&mut self, section: &str, content: &Value) -> Result<(), ImportError> {
        match content {
            Value::Array(entries) if section == "general_skills" || section == "common_mistakes" => {
                self.section(section, "", entries)
            }
            Value::Object(sorts) if section.ends_with("_skills") => {
                for (sort, entries) in sorts {
                    match entries {
                        Value::Array(entries) => self.section(section, sort, entries)?,
                        _ => return Err(ImportError::new(format!("`{section}.{sort}` is not a list"))),
                    }
                }
                Ok(())
            }
            _ if section.ends_with("_skills") || section == "common_mistakes" => {
                Err(ImportError::new(format!("`{section}` is not a list")))
            }
            _ => {
                self.remarks.push(Remark::note(format!("`{section}` has no home in a `.skill` file")));
                Ok(())
            }
        }
    }

    fn section(&mut self, section: &str, sort: &str, entries: &[Value]) -> Result<(), ImportError> {
        for (at, entry) in entries.iter().enumerate() {
            let Value::Object(entry) = entry else {
                return Err(ImportError::new(format!("entry {} of `{section}` is {entry}, not an object", at + 1)));
            };
            let is_mistake = section == "common_mistakes";
            let keys = if is_mistake { &MISTAKE } else { &SKILL };
            if keys.iter().all(|(key, _)| text(entry, key).is_empty()) {
                return Err(ImportError::new(format!("entry {} of `{section}` says nothing", at + 1)));
            }
            for key in entry.keys().filter(|k| !keys.iter().any(|(known, _)| known == k)) {
                *self.unhoused.entry(key.clone()).or_default() += 1;
            }
            self.entry(entry, keys, sort, is_mistake);
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Object, keys: &[(&str, &str)], sort: &str, is_mistake: bool) {
        let title = match (text(entry, "title"), is_mistake) {
            (title, false) if !title.is_empty() => title,
            (_, false) => first_words(&text(entry, "principle")),
            (_, true) => format!("avoid {}", first_words(&text(entry, "description"))),
        };
        let mut blocks: Vec<String> = keys
            .iter()
            .map(|(key, label)| (label, text(entry, key)))
            .filter(|(_, text)| !text.is_empty())
            .map(|(label, text)| format!("{label}{text}"))
            .collect();
        if !sort.is_empty() {
            blocks.push(format!("For tasks of the sort `{sort}`."));
        }
        let advice = match is_mistake {
            false => prose::advice(&[&text(entry, "principle")], &title),
            true => {
                let mistake = match text(entry, "description") {
                    description if description.is_empty() => description,
                    description => format!("A common mistake: {description}"),
                };
                prose::advice(&[&mistake, &text(entry, "how_to_avoid")], &title)
            }
        };
        if let Some(missing) = &advice.missing {
            let message = format!("`{title}`: advice leaves out {missing}; the doc comment holds it");
            self.remarks.push(Remark::finding(message));
        }
        let apply = if is_mistake { String::new() } else { prose::sentence(&text(entry, "when_to_apply")) };
        let (when, expect) = match (sort.is_empty(), apply.is_empty()) {
            (true, true) => (ALWAYS.to_owned(), "expect advice"),
            (true, false) => (self.todo(&title, &apply), "expect not advice"),
            (false, true) => (self.todo(&title, &format!("Tasks of the sort `{sort}`.")), "expect not advice"),
            (false, false) => (self.todo(&title, &format!("Tasks of the sort `{sort}`: {apply}")), "expect not advice"),
        };
        let name = if when == ALWAYS { "from_the_start" } else { "not_yet" };
        self.drafts.push(Draft {
            title,
            docs: prose::docs(&blocks),
            rules: vec![Rule { name: "advice", when, advice: advice.text }],
            unverified: Some("The bank it comes from has no assertions."),
            example: Some(Example { name, lines: vec![expect.to_owned()] }),
            ..Draft::default()
        });
    }

    fn todo(&mut self, title: &str, prose: &str) -> String {
        let message = format!("`{title}` says in prose when to apply it: the trigger is `todo` and never fires");
        self.remarks.push(Remark::finding(message));
        format!("todo {}", print::string(prose))
    }
}

/// Enough words for a name.
fn first_words(text: &str) -> String {
    text.split_whitespace().take(5).collect::<Vec<_>>().join(" ")
}
