//! Skills told in the forms that other agents read. In: syntax trees of skills and their domains; out: SKILL.md texts, or
//! entries of a JSON bank. Everything that a skill says is told in words; nothing of its prose is left out.

mod conditions;
mod markdown;
mod vocabulary;

use serde_json::{Value, json};

use super::names::Names;
use crate::lang::ast::{Domain, Item, MemberKind, Skill};
use vocabulary::{Vocabulary, spoken};

/// A skill for other agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The name in its header, and of its folder.
    pub name: String,
    pub text: String,
}

/// One SKILL.md for each skill.
pub fn skill_md(items: &[Item]) -> Vec<Exported> {
    let mut names = Names::default();
    skills(items)
        .map(|(skill, domain)| {
            let name = names.fresh(&hyphenated(&skill.name.text)).replace('_', "-");
            let text = markdown::skill(&name, &Vocabulary::new(skill, domain));
            Exported { name, text }
        })
        .collect()
}

/// A bank in SkillRL's form: an entry for each rule; none where there is no skill.
pub fn bank(items: &[Item]) -> Option<Value> {
    let mut general = Vec::new();
    let mut by_task = serde_json::Map::new();
    for (skill, domain) in skills(items) {
        let words = Vocabulary::new(skill, domain);
        let list = match &skill.applies {
            None => &mut general,
            Some(task) => match by_task.entry(task.name.text.clone()).or_insert_with(|| json!([])) {
                Value::Array(list) => list,
                // Only lists are put in.
                _ => &mut general,
            },
        };
        list.extend(entries(&words));
    }
    if general.is_empty() && by_task.is_empty() {
        return None;
    }
    Some(json!({ "general_skills": general, "task_specific_skills": by_task, "common_mistakes": [] }))
}

fn entries(words: &Vocabulary) -> Vec<Value> {
    let docs = markdown::docs(&words.skill.lead).join(" ");
    let about = |parts: &[&str]| parts.iter().map(|p| p.trim()).filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ");
    let mut entries: Vec<Value> = Vec::new();
    for member in &words.skill.members {
        let MemberKind::Rule(rule) = &member.kind else { continue };
        let says: Vec<String> = rule.statements.iter().filter_map(|s| markdown::statement(words, &s.kind)).collect();
        let mut entry = json!({
            "skill_id": format!("{}.{}", words.skill.name.text, rule.name.text),
            "title": format!("{}: {}", spoken(&words.skill.name.text), spoken(&rule.name.text)),
            "principle": about(&[&docs, &says.join(" ")]),
        });
        let always = rule.branches.iter().any(|branch| branch.0.iter().all(conditions::is_always));
        if !always {
            entry["when_to_apply"] = json!(conditions::branches(words, &rule.branches));
        }
        entries.push(entry);
    }
    if entries.is_empty() {
        entries.push(json!({
            "skill_id": words.skill.name.text,
            "title": spoken(&words.skill.name.text),
            "principle": about(&[&docs, &markdown::checks(words).join(" ")]),
        }));
    }
    entries
}

fn skills(items: &[Item]) -> impl Iterator<Item = (&Skill, Option<&Domain>)> {
    let domains = |name: &str| {
        items.iter().find_map(|item| match item {
            Item::Domain(domain) if domain.name.text == name => Some(domain),
            _ => None,
        })
    };
    items.iter().filter_map(move |item| match item {
        Item::Skill(skill) => Some((skill, domains(&skill.domain.text))),
        _ => None,
    })
}

/// Lower case, hyphens between words, none at the ends: a name as the convention wants it.
fn hyphenated(name: &str) -> String {
    let words: Vec<String> = name.split('_').filter(|w| !w.is_empty()).map(str::to_lowercase).collect();
    words.join("-")
}
