//! The grammar as a JSON Schema, for engines that constrain models to JSON only. In: a grammar; out: a schema of the texts
//! as nested arrays of their words; and from such an array the text.
//!
//! The rule of rendering is the whole connection: the strings of the value, in order, with a blank between them, are the
//! text. So each rule is an array of its parts, a word is a string, what is left out is an empty array. The subset: no comments, one
//! layout, no control characters in texts, and conditions in brackets at most `DEPTH` deep, because few engines allow a schema
//! that contains itself.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::lexical::{Lex, Set, regex, spelled_out};
use super::rules::{Part, Rules};
use super::{GrammarError, Heading};

/// Conditions in brackets nest so deep.
pub const DEPTH: usize = 2;

/// A text from its JSON form: the strings in order, with a blank between them.
pub fn render(value: &Value) -> String {
    let mut words = Vec::new();
    collect(value, &mut words);
    let mut text = words.join(" ");
    text.push('\n');
    text
}

fn collect<'v>(value: &'v Value, words: &mut Vec<&'v str>) {
    match value {
        Value::String(word) => words.push(word),
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, words)),
        Value::Object(parts) => parts.values().for_each(|part| collect(part, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

pub(super) fn schema(rules: &Rules, heading: &Heading) -> Result<String, GrammarError> {
    let mut writer = Writer { rules, defs: Map::new(), open: BTreeSet::new() };
    for token in &rules.tokens {
        let pattern = format!("^({})$", regex(&without_controls(spelled_out(&token.lex)?)));
        writer.defs.insert(token.name.clone(), json!({ "type": "string", "pattern": pattern }));
    }
    let root = writer.rule(&rules.root, DEPTH);
    let root = root.ok_or_else(|| GrammarError("no text is so shallow".to_owned()))?;
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("description".to_owned(), json!(heading.lines("").trim_end()));
    if let Value::Object(root) = root {
        schema.extend(root);
    }
    schema.insert("$defs".to_owned(), Value::Object(writer.defs));
    let text = serde_json::to_string_pretty(&Value::Object(schema));
    text.map(|text| text + "\n").map_err(|error| GrammarError(error.to_string()))
}

struct Writer<'r> {
    rules: &'r Rules,
    defs: Map<String, Value>,
    /// Definitions that are being written.
    open: BTreeSet<String>,
}

impl Writer<'_> {
    /// A reference to the rule's definition, which is written if it is not there yet; `None` if nothing of it is so shallow.
    fn rule(&mut self, name: &str, depth: usize) -> Option<Value> {
        let own = if self.recurs(name) { format!("{name}_{depth}") } else { name.to_owned() };
        if !self.defs.contains_key(&own) && self.open.insert(own.clone()) {
            let body = self.rules.rule(name)?;
            let told = self.part(name, body, depth);
            self.open.remove(&own);
            self.defs.insert(own.clone(), told?);
        }
        Some(json!({ "$ref": format!("#/$defs/{own}") }))
    }

    fn part(&mut self, rule: &str, part: &Part, depth: usize) -> Option<Value> {
        Some(match part {
            Part::Word(text) | Part::Mark(text) => json!({ "const": text }),
            Part::Token(name) => json!({ "$ref": format!("#/$defs/{name}") }),
            Part::Rule(name) => {
                // The first rule of a circle counts its rounds.
                let deeper = self.circle(name).is_some_and(|circle| {
                    circle.contains(rule)
                        && self.rules.rules.iter().find(|(r, _)| circle.contains(r)).is_some_and(|(r, _)| r == name)
                });
                let depth = if deeper { depth.checked_sub(1)? } else { depth };
                self.rule(name, depth)?
            }
            Part::Seq(parts) => {
                let parts = parts.iter().map(|p| self.part(rule, p, depth)).collect::<Option<Vec<_>>>()?;
                json!({ "type": "array", "minItems": parts.len(), "maxItems": parts.len(), "prefixItems": parts })
            }
            Part::Either(options) => {
                let texts = options.iter().map(|o| match o {
                    Part::Word(text) | Part::Mark(text) => Some(json!(text)),
                    _ => None,
                });
                if let Some(texts) = texts.collect::<Option<Vec<_>>>() {
                    return Some(json!({ "enum": texts }));
                }
                let options: Vec<Value> = options.iter().filter_map(|o| self.part(rule, o, depth)).collect();
                if options.is_empty() {
                    return None;
                }
                json!({ "anyOf": options })
            }
            Part::Maybe(inner) => match self.part(rule, inner, depth) {
                Some(inner) => json!({ "anyOf": [inner, nothing()] }),
                None => nothing(),
            },
            Part::Many(inner) => match self.part(rule, inner, depth) {
                Some(inner) => json!({ "type": "array", "items": inner }),
                None => nothing(),
            },
            Part::Some(inner) => json!({ "type": "array", "items": self.part(rule, inner, depth)?, "minItems": 1 }),
        })
    }

    fn recurs(&self, name: &str) -> bool {
        self.circle(name).is_some()
    }

    /// The rules that a rule reaches and that reach it; `None` if it does not reach itself.
    fn circle(&self, name: &str) -> Option<BTreeSet<String>> {
        let from = |start: &str| {
            let mut reached = BTreeSet::new();
            let mut open = vec![start.to_owned()];
            while let Some(name) = open.pop() {
                let Some(body) = self.rules.rule(&name) else { continue };
                body.visit(&mut |part| {
                    if let Part::Rule(next) = part
                        && reached.insert(next.clone())
                    {
                        open.push(next.clone());
                    }
                });
            }
            reached
        };
        let reached = from(name);
        reached.contains(name).then(|| reached.into_iter().filter(|other| from(other).contains(name)).collect())
    }
}

/// The same without control characters: with them in a set, llguidance takes `\"` in JSON for a character of `[^"\\\n]`.
fn without_controls(lex: Lex) -> Lex {
    let one = |lex: Box<Lex>| Box::new(without_controls(*lex));
    let all = |parts: Vec<Lex>| parts.into_iter().map(without_controls).collect();
    match lex {
        Lex::Set(Set { negated: true, mut ranges }) => {
            ranges.retain(|(from, _)| !from.is_ascii_control());
            ranges.push(('\0', '\u{1f}'));
            Lex::Set(Set { negated: true, ranges })
        }
        Lex::Seq(parts) => Lex::Seq(all(parts)),
        Lex::Either(options) => Lex::Either(all(options)),
        Lex::Maybe(inner) => Lex::Maybe(one(inner)),
        Lex::Many(inner) => Lex::Many(one(inner)),
        Lex::Some(inner) => Lex::Some(one(inner)),
        Lex::Except(inner, words) => Lex::Except(one(inner), words),
        leaf @ (Lex::Text(_) | Lex::Set(_)) => leaf,
    }
}

fn nothing() -> Value {
    json!({ "type": "array", "maxItems": 0 })
}
