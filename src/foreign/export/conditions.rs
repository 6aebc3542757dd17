//! Conditions in words. In: conjunctions; out: phrases that can stand after "when".

use super::vocabulary::{Tense, Vocabulary, spoken};
use crate::lang::ast::{Atom, Comparison, Conj, Literal, Operand, Quantifier, Term};
use crate::lang::print;
use crate::text::Decimal;

/// Alternatives of a rule.
pub(super) fn branches(words: &Vocabulary, branches: &[Conj]) -> String {
    let told: Vec<String> = branches.iter().map(|branch| conj(words, branch, Tense::Last)).collect();
    told.join("; or when ")
}

/// Whether the literal says nothing: true at every decision.
pub(super) fn is_always(literal: &Literal) -> bool {
    let zero = |operand: &Operand| matches!(operand, Operand::Number(n) if *n == Decimal::whole(0));
    !literal.negated
        && matches!(&literal.atom, Atom::Compare { left: Operand::Step, op: Comparison::AtLeast, right } if zero(right))
}

pub(super) fn conj(words: &Vocabulary, conj: &Conj, tense: Tense) -> String {
    let told: Vec<String> = conj.0.iter().map(|l| literal(words, l, tense)).collect();
    match told.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, [one])) => format!("{one} and {last}"),
        Some((last, others)) => format!("{}, and {last}", others.join(", ")),
        None => String::new(),
    }
}

fn literal(words: &Vocabulary, literal: &Literal, tense: Tense) -> String {
    if is_always(literal) {
        return "it is any step".to_owned();
    }
    let told = atom(words, &literal.atom, tense);
    match (&literal.atom, literal.negated) {
        (_, false) => told,
        // Sentences are denied inside, single words before them.
        (Atom::Repeated, true) => match tense {
            Tense::Last => "the last action did not repeat the one before".to_owned(),
            Tense::Now => "the action does not repeat the one before".to_owned(),
        },
        (Atom::Is { left, right }, true) => format!("{} is not {}", spoken(&left.text), term(right)),
        (Atom::In { element, list }, true) => format!("{} is not among {}", spoken(&element.text), spoken(&list.text)),
        (_, true) => format!("not {told}"),
    }
}

fn atom(words: &Vocabulary, atom: &Atom, tense: Tense) -> String {
    match atom {
        Atom::Call(call) => words.call(call, tense),
        Atom::Once { call, within: None } => format!("at some time so far {}", words.call(call, Tense::Now)),
        Atom::Once { call, within: Some(n) } => format!("within the last {n} steps {}", words.call(call, Tense::Now)),
        Atom::Available(call) => format!("the action {} is possible", words.action(call)),
        Atom::Repeated => match tense {
            Tense::Last => "the last action repeated the one before".to_owned(),
            Tense::Now => "the action repeats the one before".to_owned(),
        },
        Atom::Todo(prose) => prose.value.trim().trim_end_matches('.').to_owned(),
        Atom::Is { left, right } => format!("{} is {}", spoken(&left.text), term(right)),
        Atom::In { element, list } => format!("{} is among {}", spoken(&element.text), spoken(&list.text)),
        Atom::Contains { left, right } => format!("{} contains {}", term(left), term(right)),
        Atom::Compare { left, op, right } => {
            format!("{} is {} {}", operand(words, left), comparison(*op), operand(words, right))
        }
        Atom::Quantified { quantifier, over, body } => {
            let (over, body) = (words.call(over, tense), conj(words, body, tense));
            match quantifier {
                Quantifier::Every => format!("in every case of “{over}”, {body}"),
                Quantifier::Some => format!("in some case of “{over}”, {body}"),
                Quantifier::No => format!("in no case of “{over}”, {body}"),
            }
        }
    }
}

fn comparison(op: Comparison) -> &'static str {
    match op {
        Comparison::Less => "less than",
        Comparison::AtMost => "at most",
        Comparison::More => "more than",
        Comparison::AtLeast => "at least",
        Comparison::Equal => "equal to",
        Comparison::Unequal => "not equal to",
    }
}

fn operand(words: &Vocabulary, operand: &Operand) -> String {
    match operand {
        Operand::Var(name) => spoken(&name.text),
        Operand::Number(number) => number.to_string(),
        Operand::Step => "the number of steps".to_owned(),
        Operand::Count(call) => format!("how often {}", words.call(call, Tense::Now)),
        Operand::Words(text) => format!("the number of words in {}", term(text)),
        Operand::Shared(a, b) => format!("the number of words that {} and {} share", term(a), term(b)),
    }
}

fn term(term: &Term) -> String {
    match term {
        Term::Var(name) => spoken(&name.text),
        Term::Text(text) => print::string(&text.value),
    }
}
