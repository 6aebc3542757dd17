//! The grammar for people and tools, in the notation of ISO/IEC 14977 as far as it goes.

use super::lexical::{Lex, Set};
use super::rules::{Part, Rules};
use super::{GrammarError, Heading};

/// Longer rules are broken before an option.
const WIDTH: usize = 110;

/// What the notation itself cannot say.
const READING: &str = "\
Names in small letters are of rules; before, between and after their parts blanks and comments may stand: { GAP }.
Names in capitals are of words; the parts of a word stand side by side, with nothing between them.
A word in quotes, or of a rule in capitals, that ends with a letter, a digit or an underscore ends only
where none of these follows: `rule x` are two words, `rulex` is one.
? U+000A ? is a character, ? \"a\" to \"z\" ? one of several, ? any character ? any.";

pub(super) fn ebnf(rules: &Rules, heading: &Heading) -> Result<String, GrammarError> {
    let mut out = String::new();
    for line in heading.lines("").lines().chain(READING.lines()) {
        out += &format!("(* {line} *)\n");
    }
    out += &format!("\ntext = {}, [ LAST_COMMENT ] ;\n\n", rules.root);
    for (name, body) in &rules.rules {
        rule(&mut out, name, &part(body, Place::Rule));
    }
    out.push('\n');
    for token in &rules.tokens {
        rule(&mut out, &token.name, &word(&token.lex, Place::Rule));
    }
    let end = character(rules.comment_end);
    rule(&mut out, "GAP", &format!("{} | LAST_COMMENT, {end}", word(&rules.blank, Place::Rule)));
    rule(&mut out, "LAST_COMMENT", &word(&rules.comment, Place::Rule));
    Ok(out)
}

fn rule(out: &mut String, name: &str, body: &str) {
    let mut line = format!("{name} =");
    for (n, option) in body.split(" | ").enumerate() {
        let option = if n == 0 { option.to_owned() } else { format!("| {option}") };
        if line.chars().count() + option.chars().count() > WIDTH && n > 0 {
            *out += &format!("{line}\n");
            line = "   ".to_owned();
        }
        line += &format!(" {option}");
    }
    *out += &format!("{line} ;\n");
}

/// Where an expression stands: as a rule's body (or between brackets), as one of several parts, before or after `-`.
#[derive(PartialEq, Clone, Copy)]
enum Place {
    Rule,
    Part,
    Factor,
}

fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}

fn part(told: &Part, place: Place) -> String {
    match told {
        Part::Word(text) | Part::Mark(text) => quoted(text),
        Part::Token(name) | Part::Rule(name) => name.clone(),
        Part::Seq(parts) => sequence(parts, place, part),
        Part::Either(options) => choice(options, place, part),
        Part::Maybe(inner) => format!("[ {} ]", part(inner, Place::Rule)),
        Part::Many(inner) => format!("{{ {} }}", part(inner, Place::Rule)),
        Part::Some(inner) => {
            let told = part(inner, Place::Part);
            grouped(format!("{told}, {{ {} }}", part(inner, Place::Rule)), place == Place::Factor)
        }
    }
}

fn sequence<T>(parts: &[T], place: Place, told: impl Fn(&T, Place) -> String) -> String {
    let inner = if parts.len() == 1 { place } else { Place::Part };
    let all = parts.iter().map(|p| told(p, inner)).collect::<Vec<_>>().join(", ");
    grouped(all, place == Place::Factor && parts.len() != 1)
}

fn choice<T>(options: &[T], place: Place, told: impl Fn(&T, Place) -> String) -> String {
    let all = options.iter().map(|o| told(o, Place::Rule)).collect::<Vec<_>>().join(" | ");
    grouped(all, place != Place::Rule)
}

fn grouped(told: String, group: bool) -> String {
    if group { format!("( {told} )") } else { told }
}

fn word(lex: &Lex, place: Place) -> String {
    match lex {
        Lex::Text(text) => quoted(text),
        Lex::Set(told) => set(told, place),
        Lex::Seq(parts) => sequence(parts, place, word),
        Lex::Either(options) => choice(options, place, word),
        Lex::Maybe(inner) => format!("[ {} ]", word(inner, Place::Rule)),
        Lex::Many(inner) => format!("{{ {} }}", word(inner, Place::Rule)),
        Lex::Some(inner) => {
            let told = word(inner, Place::Part);
            grouped(format!("{told}, {{ {} }}", word(inner, Place::Rule)), place == Place::Factor)
        }
        Lex::Except(inner, words) => {
            let words = words.iter().map(|w| quoted(w)).collect::<Vec<_>>().join(" | ");
            format!("{} - ( {words} )", word(inner, Place::Factor))
        }
    }
}

fn set(set: &Set, place: Place) -> String {
    let one = |(from, to): &(char, char)| match from == to {
        true => character(*from),
        false => format!("? \"{from}\" to \"{to}\" ?"),
    };
    let all = set.ranges.iter().map(one).collect::<Vec<_>>();
    let alone = all.len() == 1;
    let all = all.join(" | ");
    match set.negated {
        true => format!("? any character ? - {}", grouped(all, !alone)),
        false => grouped(all, !alone && place != Place::Rule),
    }
}

fn character(character: char) -> String {
    match character {
        '!'..='~' => quoted(&character.to_string()),
        other => format!("? U+{:04X} ?", other as u32),
    }
}
