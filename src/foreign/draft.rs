//! A skill on its way in. In: names, conditions and prose of a foreign skill; out: `.skill` text in canonical form.

use std::fmt::Write;

use super::ImportError;
use crate::lang::check::{SourceFile, check};
use crate::lang::diag::Code;
use crate::lang::lint::lint;
use crate::lang::parse::parse;
use crate::lang::print;

/// A pattern compares words without regard to case, anywhere between blanks; the expressions that come in do not.
const PLAIN_REGEX: &str = "// allow W1011: a pattern would not tell letters, spaces and parts of words apart.";

/// A skill that has no name yet: many may come in at once, and names must differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// What it is called where it comes from.
    pub title: String,
    /// Lines of its doc comment.
    pub docs: Vec<String>,
    /// Comments before it, with their slashes.
    pub comments: Vec<String>,
    pub events: Vec<Event>,
    pub rules: Vec<Rule>,
    pub assertions: Vec<Assertion>,
    /// Why it asserts nothing.
    pub unverified: Option<&'static str>,
    /// Lines of its example.
    pub example: Option<Example>,
}

/// A declaration of the skill's own: `event NAME() = FORM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    /// `action /…/` or `observation /…/`.
    pub form: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub name: &'static str,
    pub when: String,
    pub advice: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    pub name: String,
    pub form: String,
    pub because: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub name: &'static str,
    pub lines: Vec<String>,
}

impl Draft {
    /// The skill as a file's text.
    pub fn text(&self, name: &str, domain: &str) -> Result<String, ImportError> {
        let text = canonical(&self.written(name, domain, ""))?;
        let files =
            [SourceFile::new("domain.skill", domain_text(domain)?), SourceFile::new("skill.skill", text.clone())];
        let mut analysis = check(&files);
        lint(&files, &mut analysis);
        let plain = analysis.findings.iter().any(|f| f.diagnostic.code == Code::PlainRegex);
        match plain {
            true => canonical(&self.written(name, domain, PLAIN_REGEX)),
            false => Ok(text),
        }
    }

    fn written(&self, name: &str, domain: &str, allowed: &str) -> String {
        let mut out = String::new();
        for line in &self.docs {
            line_of(&mut out, format_args!("/// {line}"));
        }
        for comment in &self.comments {
            line_of(&mut out, format_args!("{comment}"));
        }
        if !allowed.is_empty() {
            line_of(&mut out, format_args!("{allowed}"));
        }
        line_of(&mut out, format_args!("skill {name} in {domain} {{"));
        for event in &self.events {
            line_of(&mut out, format_args!("event {}() = {}", event.name, event.form));
        }
        for rule in &self.rules {
            let advice = print::string(&rule.advice);
            line_of(&mut out, format_args!("rule {} when {} {{ advise {advice} }}", rule.name, rule.when));
        }
        for assertion in &self.assertions {
            line_of(&mut out, format_args!("assert {}: {}", assertion.name, assertion.form));
            if !assertion.because.is_empty() {
                line_of(&mut out, format_args!("because {}", print::string(&assertion.because)));
            }
        }
        if let Some(why) = self.unverified {
            line_of(&mut out, format_args!("unverified {}", print::string(why)));
        }
        if let Some(example) = &self.example {
            line_of(&mut out, format_args!("example {} {{ {} }}", example.name, example.lines.join("\n")));
        }
        out.push_str("}\n");
        out
    }
}

/// A domain without declarations, for imported skills, which bring their own.
pub fn domain_text(name: &str) -> Result<String, ImportError> {
    canonical(&format!(
        "/// The domain of imported skills: they declare what they need themselves.\ndomain {name} {{\n}}\n"
    ))
}

fn line_of(out: &mut String, line: std::fmt::Arguments) {
    let _ = writeln!(out, "{line}"); // writing to a String cannot fail
}

/// Canonical print. What is written here always parses; if it should not, that is told instead of written down.
fn canonical(text: &str) -> Result<String, ImportError> {
    let parsed = parse(text);
    match parsed.diagnostics.first() {
        None => Ok(print::items(&parsed.items)),
        Some(problem) => Err(ImportError::new(format!(
            "the text written for it does not parse ({}); this is an error of reskill",
            problem.message
        ))),
    }
}
