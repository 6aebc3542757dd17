//! The grammar for Lark and for what reads its notation (llguidance, and engines built on it).

use super::lexical::{Lex, escaped, regex};
use super::rules::{Rules, Token};
use super::spaced::{Spaced, spaced};
use super::{GrammarError, Heading};

pub(super) fn lark(rules: &Rules, heading: &Heading) -> Result<String, GrammarError> {
    let spaced = spaced(rules)?;
    let mut out = heading.lines("// ");
    out += "// A letter pair behind a rule says how its texts begin and end: as a word (w) or with a mark (m).\n\n";
    out += &format!("start: {}\n\n", expression(&spaced.start, Place::Rule));
    for (name, body) in &spaced.rules {
        out += &format!("{name}: {}\n", expression(body, Place::Rule));
    }
    out += "\n// Blanks and comments: `gap` may be nothing.\ngap: (BLANK | COMMENT)*\nblank: (BLANK | COMMENT)+\n\n";
    let comment = Lex::Seq(vec![rules.comment.clone(), Lex::Text(rules.comment_end.to_string())]);
    let token = |name: &str, lex: Lex| Token { name: name.to_owned(), lex };
    let blanks = [
        token("BLANK", Lex::Some(Box::new(rules.blank.clone()))),
        token("COMMENT", comment),
        token("LAST_COMMENT", rules.comment.clone()),
    ];
    for token in spaced.tokens.iter().chain(&blanks) {
        out += &format!("{}: /{}/\n", token.name, regex(&token.lex));
    }
    Ok(out)
}

/// Where an expression stands: as a rule's body, as one part of others, before an operator.
#[derive(PartialEq)]
enum Place {
    Rule,
    Part,
    Operand,
}

fn expression(part: &Spaced, place: Place) -> String {
    match part {
        Spaced::Text(text) => format!("\"{}\"", text.chars().map(|c| escaped(c, "\"\\")).collect::<String>()),
        Spaced::Token(name) | Spaced::Rule(name) => name.clone(),
        Spaced::Gap => "gap".to_owned(),
        Spaced::Blank => "blank".to_owned(),
        Spaced::LastComment => "LAST_COMMENT?".to_owned(),
        Spaced::Seq(parts) if parts.is_empty() => "\"\"".to_owned(),
        Spaced::Seq(parts) => {
            let told = parts.iter().map(|p| expression(p, Place::Part)).collect::<Vec<_>>().join(" ");
            if place == Place::Operand { format!("({told})") } else { told }
        }
        Spaced::Either(options) => {
            let told: Vec<String> = options.iter().map(|o| expression(o, Place::Rule)).collect();
            match place {
                Place::Rule => told.join(" | "),
                _ => format!("({})", told.join(" | ")),
            }
        }
        Spaced::Maybe(inner) => expression(inner, Place::Operand) + "?",
        Spaced::Many(inner) => expression(inner, Place::Operand) + "*",
    }
}
