//! The grammar in GBNF, as llama.cpp reads it.

use super::lexical::{Lex, class, escaped, is_one};
use super::rules::Rules;
use super::spaced::{Spaced, spaced};
use super::{GrammarError, Heading};

pub(super) fn gbnf(rules: &Rules, heading: &Heading) -> Result<String, GrammarError> {
    let spaced = spaced(rules)?;
    let mut out = heading.lines("# ");
    out += "# A letter pair behind a rule says how its texts begin and end: as a word (w) or with a mark (m).\n";
    for line in heading.reserved_lines() {
        out += &format!("# {line}\n");
    }
    out += &format!("\nroot ::= {}\n\n", expression(&spaced.start, Place::Rule));
    for (rule, body) in &spaced.rules {
        out += &format!("{} ::= {}\n", name(rule), expression(body, Place::Rule));
    }
    out += "\n# Blanks and comments: `gap` may be nothing.\ngap ::= (space | comment)*\nblank ::= (space | comment)+\n";
    let comment = Lex::Seq(vec![rules.comment.clone(), Lex::Text(rules.comment_end.to_string())]);
    for (rule, lex) in [("space", &rules.blank), ("comment", &comment), ("last-comment", &rules.comment)] {
        out += &format!("{rule} ::= {}\n", word(lex, Place::Rule));
    }
    out.push('\n');
    for token in &spaced.tokens {
        out += &format!("{} ::= {}\n", name(&token.name), word(&token.lex, Place::Rule));
    }
    Ok(out)
}

/// Names have no underscores there, and capitals mean nothing.
fn name(rule: &str) -> String {
    rule.to_ascii_lowercase().replace('_', "-")
}

/// Where an expression stands: as a rule's body, as one part of others, before an operator.
#[derive(PartialEq, Clone, Copy)]
enum Place {
    Rule,
    Part,
    Operand,
}

fn text(text: &str) -> String {
    format!("\"{}\"", text.chars().map(|c| escaped(c, "\"\\")).collect::<String>())
}

fn many<T>(parts: &[T], place: Place, told: impl Fn(&T, Place) -> String) -> String {
    if parts.is_empty() {
        return "\"\"".to_owned();
    }
    let told = parts.iter().map(|p| told(p, Place::Part)).collect::<Vec<_>>().join(" ");
    if place == Place::Operand { format!("({told})") } else { told }
}

fn options<T>(options: &[T], place: Place, told: impl Fn(&T, Place) -> String) -> String {
    let told = options.iter().map(|o| told(o, Place::Rule)).collect::<Vec<_>>().join(" | ");
    if place == Place::Rule { told } else { format!("({told})") }
}

fn expression(part: &Spaced, place: Place) -> String {
    match part {
        Spaced::Text(told) => text(told),
        Spaced::Token(rule) | Spaced::Rule(rule) => name(rule),
        Spaced::Gap => "gap".to_owned(),
        Spaced::Blank => "blank".to_owned(),
        Spaced::LastComment => "last-comment?".to_owned(),
        Spaced::Seq(parts) => many(parts, place, expression),
        Spaced::Either(all) => options(all, place, expression),
        Spaced::Maybe(inner) => expression(inner, Place::Operand) + "?",
        Spaced::Many(inner) => expression(inner, Place::Operand) + "*",
    }
}

fn word(lex: &Lex, place: Place) -> String {
    match lex {
        Lex::Text(told) if place != Place::Operand || is_one(lex) => text(told),
        Lex::Text(told) => format!("({})", text(told)),
        Lex::Set(set) => class(set, r"\]^-["),
        Lex::Seq(parts) => many(parts, place, word),
        Lex::Either(all) => options(all, place, word),
        Lex::Maybe(inner) => word(inner, Place::Operand) + "?",
        Lex::Many(inner) => word(inner, Place::Operand) + "*",
        Lex::Some(inner) => word(inner, Place::Operand) + "+",
        Lex::Except(inner, _) => word(inner, place),
    }
}
