//! SKILL.md. In: a skill; out: a header that says when to use it, and a body that tells its rules, checks and examples.

use super::conditions::{branches, conj};
use super::vocabulary::{Tense, Vocabulary, spoken};
use crate::foreign::prose::sentence;
use crate::lang::ast::{Assertion, Conj, Example, ExampleKind, Form, MarkKind, MemberKind, Rule, Skill, StatementKind};

/// What the convention allows a description (characters).
const MAX_DESCRIPTION: usize = 1024;

pub(super) fn skill(name: &str, words: &Vocabulary) -> String {
    let skill = words.skill;
    let docs = docs(&skill.lead);
    let mut body = Body::default();
    body.heading(1, &title(&spoken(&skill.name.text)));
    docs.iter().for_each(|paragraph| body.paragraph(paragraph));
    body.comments(&skill.lead);
    if let Some(task) = &skill.applies {
        body.paragraph(&format!("For the task {}.", words.task(task)));
    }
    body.part(2, "Rules", rules(words));
    body.part(2, "Checks", checks(words).into_iter().map(|c| format!("- {c}")).collect());
    body.part(2, "Examples", examples(skill));
    body.comments(&skill.tail);
    let description = serde_json::Value::String(description(words, &docs)).to_string();
    format!("---\nname: {name}\ndescription: {description}\n---\n\n{}", body.text)
}

/// What the skill is for and when, within the limit; brackets of markup are not allowed there.
fn description(words: &Vocabulary, docs: &[String]) -> String {
    let skill = words.skill;
    let mut parts = vec![sentence(docs.first().map_or(&spoken(&skill.name.text), |first| first))];
    if let Some(task) = &skill.applies {
        parts.push(format!("Use it for the task {}.", words.task(task)));
    }
    for member in &skill.members {
        if let MemberKind::Rule(rule) = &member.kind {
            parts.push(format!("Use it when {}.", branches(words, &rule.branches)));
        }
    }
    let mut description = String::new();
    for part in parts {
        let part = part.replace('<', "‹").replace('>', "›");
        if description.chars().count() + 1 + part.chars().count() > MAX_DESCRIPTION {
            // The body tells all of it; the first part is cut where it has to be.
            if description.is_empty() {
                description = part.chars().take(MAX_DESCRIPTION).collect();
            }
            break;
        }
        if !description.is_empty() {
            description.push(' ');
        }
        description.push_str(&part);
    }
    description
}

/// Paragraphs of the doc comment.
pub(super) fn docs(lead: &[String]) -> Vec<String> {
    let lines = lead.iter().filter_map(|line| line.strip_prefix("///"));
    let text: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    text.join("\n").split("\n\n").map(|p| p.trim_matches('\n').to_owned()).filter(|p| !p.trim().is_empty()).collect()
}

fn rules(words: &Vocabulary) -> Vec<String> {
    let mut lines = Vec::new();
    for member in &words.skill.members {
        let MemberKind::Rule(rule) = &member.kind else { continue };
        lines.push(format!("### {}\n", title(&spoken(&rule.name.text))));
        lines.extend(remarks(&member.lead));
        lines.extend(told_rule(words, rule));
        lines.push(String::new());
    }
    lines
}

fn told_rule(words: &Vocabulary, rule: &Rule) -> Vec<String> {
    let mut lines = vec![format!("When {}:", branches(words, &rule.branches))];
    for statement in &rule.statements {
        lines.extend(remarks(&statement.lead));
        lines.extend(self::statement(words, &statement.kind).map(|told| format!("- {told}")));
    }
    lines.extend(remarks(&rule.tail));
    lines
}

/// What a statement tells an agent; nothing for how rules weigh against each other.
pub(super) fn statement(words: &Vocabulary, statement: &StatementKind) -> Option<String> {
    Some(match statement {
        StatementKind::Priority(_) => return None,
        StatementKind::Limit(1) => "Only once in an episode.".to_owned(),
        StatementKind::Limit(n) => format!("At most {n} times in an episode."),
        StatementKind::Let { name, element, body } => {
            let (name, element) = (spoken(&name.text), spoken(&element.text));
            format!("{{{name}}} are all {element} such that {}.", conj(words, body, Tense::Last))
        }
        StatementKind::Advise(text) => text.value.clone(),
        StatementKind::Suggest(text) => format!("Do `{}`.", text.value),
        StatementKind::Mark { kind, call, filter } => {
            let verb = match kind {
                MarkKind::Prefer => "Prefer",
                MarkKind::Avoid => "Avoid",
                MarkKind::Forbid => "Never do",
            };
            let filter = filter.as_ref().map(|f| format!(" where {}", conj(words, f, Tense::Last))).unwrap_or_default();
            format!("{verb} {}{filter}.", words.action(call))
        }
    })
}

/// The assertions as sentences.
pub(super) fn checks(words: &Vocabulary) -> Vec<String> {
    let told = |kind: &MemberKind| match kind {
        MemberKind::Assertion(assertion) => Some(check(words, assertion)),
        MemberKind::Unverified(why) => Some(format!("It asserts nothing: {}", why.value)),
        _ => None,
    };
    let mut lines = Vec::new();
    for member in &words.skill.members {
        if let Some(text) = told(&member.kind) {
            lines.extend(remarks(&member.lead));
            lines.push(text);
        }
    }
    lines
}

fn check(words: &Vocabulary, assertion: &Assertion) -> String {
    let say = |c: &Conj| conj(words, c, Tense::Now);
    // A check of what happens reads as the thing itself: how often, not whether.
    let times = |n: u32| if n == 1 { "once".to_owned() } else { format!("{n} times") };
    let form = match &assertion.form {
        Form::Always(c) => format!("at every step, {}", say(c)),
        Form::Never(c) => format!("at no step, {}", say(c)),
        Form::Whenever { guard, then, within: None } => format!("whenever {}, then {}", say(guard), say(then)),
        Form::Whenever { guard, then, within: Some(n) } => {
            format!("whenever {}, then within {n} steps {}", say(guard), say(then))
        }
        Form::Eventually(c) => format!("at some step, {}", say(c)),
        Form::Finally(c) => format!("at the end, {}", say(c)),
        Form::FirstThen(first, then) => format!("first {}, and only later {}", say(first), say(then)),
        Form::AtMost(n, c) => format!("at most {} it happens that {}", times(*n), say(c)),
        Form::AtLeast(n, c) => format!("at least {} it happens that {}", times(*n), say(c)),
        Form::Between(n, m, c) => format!("between {n} and {m} times it happens that {}", say(c)),
        Form::AtMostConsecutive(n, c) => format!("at most {} in a row it happens that {}", times(*n), say(c)),
    };
    let because = assertion.because.as_ref().map(|why| format!(" {}", why.value)).unwrap_or_default();
    format!("{}: {form}.{because}", title(&spoken(&assertion.name.text)))
}

fn examples(skill: &Skill) -> Vec<String> {
    let mut lines = Vec::new();
    for member in &skill.members {
        let MemberKind::Example(example) = &member.kind else { continue };
        lines.push(format!("### {}\n", title(&spoken(&example.name.text))));
        lines.extend(remarks(&member.lead));
        lines.extend(told_example(example));
        lines.push(String::new());
    }
    lines
}

fn told_example(example: &Example) -> Vec<String> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\n', " / "));
    let mut lines = Vec::new();
    for line in &example.lines {
        lines.extend(remarks(&line.lead));
        lines.push(match &line.kind {
            ExampleKind::Task(text) => format!("- The task is {}.", quoted(&text.value)),
            ExampleKind::First(text) => format!("- At first one reads {}.", quoted(&text.value)),
            ExampleKind::Available(actions) => {
                let actions: Vec<String> = actions.iter().map(|a| quoted(&a.value)).collect();
                format!("- Possible actions are {}.", actions.join(", "))
            }
            ExampleKind::Action(text) => format!("- The agent does {}.", quoted(&text.value)),
            ExampleKind::Observation(text) => format!("- The answer is {}.", quoted(&text.value)),
            ExampleKind::Expect { rule, negated: false } => format!("- Here “{}” applies.", title(&spoken(&rule.text))),
            ExampleKind::Expect { rule, negated: true } => {
                format!("- Here “{}” does not apply.", title(&spoken(&rule.text)))
            }
            ExampleKind::ExpectViolated(name) => format!("- This breaks “{}”.", title(&spoken(&name.text))),
        });
    }
    lines.extend(remarks(&example.tail));
    lines
}

/// Comments that speak to readers, as lines of prose; suppressions speak to the checker.
fn remarks(comments: &[String]) -> Vec<String> {
    let plain = |line: &String| {
        let text = line.trim_start_matches('/').trim();
        (!text.is_empty() && !text.starts_with("allow W")).then(|| format!("({text})"))
    };
    comments.iter().filter_map(plain).collect()
}

fn title(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

#[derive(Default)]
struct Body {
    text: String,
}

impl Body {
    fn heading(&mut self, depth: usize, text: &str) {
        self.text.push_str(&format!("{} {text}\n\n", "#".repeat(depth)));
    }

    fn paragraph(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push_str("\n\n");
    }

    /// Comments of the skill that are no doc comments.
    fn comments(&mut self, comments: &[String]) {
        let plain: Vec<String> = comments.iter().filter(|c| !c.starts_with("///")).cloned().collect();
        for remark in remarks(&plain) {
            self.paragraph(&remark);
        }
    }

    fn part(&mut self, depth: usize, heading: &str, lines: Vec<String>) {
        if !lines.is_empty() {
            self.heading(depth, heading);
            self.text.push_str(lines.join("\n").trim_end());
            self.text.push_str("\n\n");
        }
    }
}
