//! First drafts of domains and skills. In: what a person says about them, as far as it is known; out: source text to go on
//! from, canonical where it parses.

use std::fmt::Write;

use crate::foreign::{Names, identifier};
use crate::lang::format::format;
use crate::lang::print::string;

/// What is known of a domain: patterns as its declarations have them, `{x}` or `{x: number}` for what varies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainDraft {
    pub name: String,
    pub tasks: Vec<String>,
    pub fails: Vec<String>,
    pub actions: Vec<String>,
    pub observations: Vec<String>,
}

/// What is known of a skill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SkillDraft {
    pub name: String,
    pub domain: String,
    /// The task with its variables: `heat(object, place)`.
    pub task: Option<String>,
    /// The condition of its rule.
    pub when: Option<String>,
    pub advice: Option<String>,
}

impl DomainDraft {
    /// The domain as source text. A domain of which nothing is known says what could stand in it.
    pub fn text(&self) -> String {
        let mut out = format!("/// What can happen and what can be true in {}.\ndomain {} {{\n", self.name, self.name);
        let mut names = Names::default();
        let mut declare = |out: &mut String, sort: &str, form: &str, source: &str, ty: &str| {
            let (pattern, params) = captures(source, ty);
            // Keywords are no names.
            let fallback = if sort == "task" { "asked" } else { "happened" };
            let name = names.fresh(&identifier(&literal_words(source), fallback));
            line(out, &format!("{sort} {name}({}) = {form}{}", params.join(", "), string(&pattern)));
        };
        for source in &self.tasks {
            declare(&mut out, "task", "", source, "kind");
        }
        if !self.fails.is_empty() {
            let fails: Vec<String> = self.fails.iter().map(|text| string(text)).collect();
            line(&mut out, &format!("fails {}", fails.join(" | ")));
        }
        for source in &self.actions {
            declare(&mut out, "event", "action ", source, "item");
        }
        for source in &self.observations {
            declare(&mut out, "event", "observation ", source, "item");
        }
        let known = [&self.tasks, &self.fails, &self.actions, &self.observations];
        if known.iter().all(|list| list.is_empty()) {
            out.push_str(HINTS);
        }
        out.push_str("}\n");
        canonical(out)
    }
}

const HINTS: &str = r#"    // What is asked, what an agent does, what it reads and what is then true; docs/language.md has all forms:
    // task bring(what: kind, spot: kind) = "bring a {what} to the {spot}"
    // event take(x: item) = action "take {x}"
    // event see(r: item, xs: list) = observation "On the {r}, you see {xs}."
    // fluent holding(x: item) initiated by take(x)
"#;

impl SkillDraft {
    /// The skill as source text. What is not known yet is said to be so.
    pub fn text(&self) -> String {
        let mut out = format!("/// Say in a sentence when this helps.\nskill {} in {} {{\n", self.name, self.domain);
        if let Some(task) = &self.task {
            line(&mut out, &format!("for {task}"));
        }
        let when = self.when.clone().unwrap_or_else(|| "todo \"say when it should speak\"".to_owned());
        let advice = self.advice.as_deref().unwrap_or("Say what to do.");
        line(&mut out, &format!("rule speak when {when} {{ advise {} }}", string(advice)));
        out.push_str("    // How could one see that it was right? assert NAME: whenever … then …\n");
        out.push_str(
            "    // When does it speak? example NAME { task \"…\" action \"…\" observation \"…\" expect speak }\n}\n",
        );
        canonical(out)
    }
}

/// A draft that does not parse stays as it is: checking it tells what is wrong.
fn canonical(text: String) -> String {
    format(&text).unwrap_or(text)
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "    {text}").expect("writing to a String cannot fail");
}

/// The pattern without types in its captures, and the parameters of the head: each capture once, of type `ty` if it names
/// none.
fn captures(source: &str, ty: &str) -> (String, Vec<String>) {
    let (mut pattern, mut params) = (String::new(), Vec::<(String, String)>::new());
    each_part(source, &mut |part| match part {
        Part::Text(text) => pattern.push_str(text),
        Part::Bracket(inside) => {
            let (name, ty) = inside.split_once(':').map_or((inside, ty), |(name, ty)| (name.trim(), ty.trim()));
            // `{in|on}`, `{the?}` and `{...}` capture nothing.
            let is_capture = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if is_capture && !params.iter().any(|(known, _)| known == name) {
                params.push((name.to_owned(), ty.to_owned()));
            }
            pattern.push_str(&format!("{{{}}}", if is_capture { name } else { inside }));
        }
    });
    (pattern, params.into_iter().map(|(name, ty)| format!("{name}: {ty}")).collect())
}

/// The words outside brackets, for a name.
fn literal_words(source: &str) -> String {
    let mut words = String::new();
    each_part(source, &mut |part| {
        if let Part::Text(text) = part {
            words.push_str(text);
        }
    });
    words.split_whitespace().take(4).collect::<Vec<_>>().join(" ")
}

enum Part<'s> {
    Text(&'s str),
    /// Between `{` and `}`.
    Bracket(&'s str),
}

/// Calls `visit` on what stands outside and inside of brackets; doubled brackets are text.
fn each_part<'s>(source: &'s str, visit: &mut dyn FnMut(Part<'s>)) {
    let mut rest = source;
    while let Some(open) = rest.find('{') {
        let inside = &rest[open + 1..];
        let (text, after) = match (inside.starts_with('{'), inside.find('}')) {
            (true, _) => (&rest[..open + 2], &inside[1..]),
            (false, Some(close)) => {
                visit(Part::Text(&rest[..open]));
                visit(Part::Bracket(inside[..close].trim()));
                rest = &inside[close + 1..];
                continue;
            }
            (false, None) => break,
        };
        visit(Part::Text(text));
        rest = after;
    }
    visit(Part::Text(rest));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_become_parameters() {
        for (source, pattern, params) in [
            ("take {x} from {r}", "take {x} from {r}", "x: item, r: item"),
            ("put {the?} {x} {in|on} {r : kind}", "put {the?} {x} {in|on} {r}", "x: item, r: kind"),
            ("{n: number} of {n} {...} {{x}} {", "{n} of {n} {...} {{x}} {", "n: number"),
        ] {
            let (found, found_params) = captures(source, "item");
            assert_eq!((found.as_str(), found_params.join(", ").as_str()), (pattern, params));
        }
        assert_eq!(literal_words("take {x} from the {r}"), "take from the");
    }
}
