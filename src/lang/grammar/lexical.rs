//! Words: what stands side by side, without blanks. In: atomic rules of the grammar file; out: regular expressions over
//! characters, without look-ahead.

use super::GrammarError;
use super::pest::{Expr, Rule};

/// A set of characters: those of the ranges, or all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) negated: bool,
    pub(super) ranges: Vec<(char, char)>,
}

impl Set {
    fn of(ranges: &[(char, char)]) -> Set {
        Set { negated: false, ranges: ranges.to_vec() }
    }

    /// The characters of the set but these: single ones of its ranges.
    fn without(&self, taken: &[char]) -> Set {
        let mut ranges = Vec::new();
        for (from, to) in &self.ranges {
            let mut start = *from as u32;
            let mut holes: Vec<u32> = taken.iter().filter(|c| (*from..=*to).contains(*c)).map(|c| *c as u32).collect();
            holes.sort_unstable();
            for hole in holes.into_iter().chain([*to as u32 + 1]) {
                if let (true, Some(first), Some(last)) = (start < hole, char::from_u32(start), char::from_u32(hole - 1))
                {
                    ranges.push((first, last));
                }
                start = hole + 1;
            }
        }
        Set { negated: false, ranges }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lex {
    Text(String),
    Set(Set),
    Seq(Vec<Lex>),
    Either(Vec<Lex>),
    Maybe(Box<Lex>),
    Many(Box<Lex>),
    Some(Box<Lex>),
    /// The texts of the expression that are none of these words.
    Except(Box<Lex>, Vec<String>),
}

/// Letters, digits and the underscore: of two words side by side one must be kept from the other by a blank.
pub(super) fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// An atomic rule, with the rules that it names put in.
///
/// Look-aheads become what they mean: before `ANY` the characters that are left, at the beginning the words that are left
/// out. One at the end is left out itself: it says either that a word ends where it ends, which whoever puts words side by
/// side must see to anyway, or that `=` is not `==`, and nothing that may follow begins with `=`.
pub(super) fn lexical(expr: &Expr, rules: &[Rule]) -> Result<Lex, GrammarError> {
    Ok(match expr {
        Expr::Text(text) => Lex::Text(text.clone()),
        Expr::Name(name) => match name.as_str() {
            // No notation has an empty set; the file says each time which characters it does not mean.
            "ANY" => return Err(GrammarError("`ANY` stands without a look-ahead before it".to_owned())),
            "ASCII_DIGIT" => Lex::Set(Set::of(&[('0', '9')])),
            "ASCII_ALPHA" => Lex::Set(Set::of(&[('A', 'Z'), ('a', 'z')])),
            "ASCII_ALPHANUMERIC" => Lex::Set(Set::of(&[('0', '9'), ('A', 'Z'), ('a', 'z')])),
            _ => {
                let rule = rules.iter().find(|r| r.name == *name);
                lexical(&rule.ok_or_else(|| GrammarError(format!("there is no rule `{name}`")))?.body, rules)?
            }
        },
        Expr::Maybe(inner) => Lex::Maybe(Box::new(lexical(inner, rules)?)),
        Expr::Many(inner) => Lex::Many(Box::new(lexical(inner, rules)?)),
        Expr::Some(inner) => Lex::Some(Box::new(lexical(inner, rules)?)),
        Expr::Either(options) => {
            let options = options.iter().map(|o| lexical(o, rules)).collect::<Result<Vec<_>, _>>()?;
            match united(&options) {
                Some(set) if options.iter().any(|o| matches!(o, Lex::Set(_))) => Lex::Set(set),
                _ => Lex::Either(options),
            }
        }
        Expr::Seq(parts) => sequence(parts, rules)?,
        Expr::Not(_) => Lex::Seq(Vec::new()),
    })
}

fn sequence(parts: &[Expr], rules: &[Rule]) -> Result<Lex, GrammarError> {
    let mut found = Vec::new();
    let mut rest = parts;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let Expr::Not(avoided) = first else {
            match lexical(first, rules)? {
                Lex::Seq(inner) => found.extend(inner),
                part => found.push(part),
            }
            continue;
        };
        if let Some((Expr::Name(any), after)) = rest.split_first()
            && any == "ANY"
        {
            let avoided = lexical(avoided, rules)?;
            let set = united(std::slice::from_ref(&avoided)).filter(|set| !set.negated);
            let set = set.ok_or_else(|| GrammarError(format!("`!` stands before {avoided:?}, which is no set")))?;
            found.push(Lex::Set(Set { negated: true, ..set }));
            rest = after;
        } else if !rest.is_empty() {
            let words = match lexical(avoided, rules)? {
                Lex::Seq(only) => only,
                other => vec![other],
            };
            let [words] = words.as_slice() else { return Err(GrammarError(format!("`!` stands before {words:?}"))) };
            let words = texts(words).ok_or_else(|| GrammarError(format!("{words:?} are no words")))?;
            found.push(Lex::Except(Box::new(sequence(rest, rules)?), words));
            rest = &[];
        }
    }
    Ok(if found.len() == 1 { found.remove(0) } else { Lex::Seq(found) })
}

/// The set of single characters that these are together, if they are nothing else.
pub(super) fn united(options: &[Lex]) -> Option<Set> {
    let mut ranges = Vec::new();
    for option in options {
        match option {
            Lex::Text(text) => {
                let mut characters = text.chars();
                let only = characters.next().filter(|_| characters.as_str().is_empty())?;
                ranges.push((only, only));
            }
            Lex::Set(set) if !set.negated => ranges.extend(&set.ranges),
            Lex::Either(inner) => ranges.extend(united(inner)?.ranges),
            _ => return None,
        }
    }
    Some(Set { negated: false, ranges })
}

/// The texts of an expression that has only so many.
fn texts(lex: &Lex) -> Option<Vec<String>> {
    match lex {
        Lex::Text(text) => Some(vec![text.clone()]),
        Lex::Either(options) => {
            Some(options.iter().map(texts).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
        }
        Lex::Seq(parts) => match parts.as_slice() {
            [one] => texts(one),
            _ => None,
        },
        _ => None,
    }
}

/// The same texts without `Except`, for notations that cannot say it: what differs from every reserved word is told letter
/// by letter.
pub(super) fn spelled_out(lex: &Lex) -> Result<Lex, GrammarError> {
    Ok(match lex {
        Lex::Except(inner, words) => {
            let odd = || GrammarError(format!("cannot leave words out of {inner:?}"));
            let Lex::Seq(parts) = inner.as_ref() else { return Err(odd()) };
            let [start, more @ Lex::Many(word)] = parts.as_slice() else { return Err(odd()) };
            let Lex::Set(word) = word.as_ref() else { return Err(odd()) };
            let starts = match start {
                Lex::Either(starts) => starts.clone(),
                other => vec![other.clone()],
            };
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let mut options = Vec::new();
            for start in starts {
                match start {
                    Lex::Set(set) => options.extend(unlike(&set, word, more, &words)),
                    // Begins with an underscore, as no reserved word does.
                    Lex::Seq(mut parts) if matches!(parts.first(), Some(Lex::Text(text)) if words.iter().all(|w| !w.starts_with(text.as_str()))) =>
                    {
                        parts.push(more.clone());
                        options.push(Lex::Seq(parts));
                    }
                    _ => return Err(odd()),
                }
            }
            Lex::Either(options)
        }
        other => other.clone(),
    })
}

/// Texts that begin with a character of `first` and go on with characters of `word`, none of them one of the words.
fn unlike(first: &Set, word: &Set, more: &Lex, words: &[&str]) -> Vec<Lex> {
    let mut begin: Vec<char> = words.iter().filter_map(|w| w.chars().next()).collect();
    begin.sort_unstable();
    begin.dedup();
    let mut options = Vec::new();
    let other = first.without(&begin);
    if !other.ranges.is_empty() {
        options.push(Lex::Seq(vec![Lex::Set(other), more.clone()]));
    }
    for character in begin {
        let after: Vec<&str> = words.iter().filter_map(|w| w.strip_prefix(character)).collect();
        let is_word = after.contains(&"");
        let longer: Vec<&str> = after.into_iter().filter(|w| !w.is_empty()).collect();
        let mut rest = unlike(word, word, more, &longer);
        let rest = if rest.len() == 1 { rest.remove(0) } else { Lex::Either(rest) };
        let rest = if is_word { rest } else { Lex::Maybe(Box::new(rest)) };
        options.push(Lex::Seq(vec![Lex::Text(character.to_string()), rest]));
    }
    options
}

/// How a regular expression is written between slashes, in a notation that most engines read: no look-around, no classes
/// by name. `/` has a backslash, too.
pub(super) fn regex(lex: &Lex) -> String {
    match lex {
        Lex::Text(text) => text.chars().map(|c| escaped(c, r"\.+*?()|[]{}^$/-")).collect(),
        Lex::Set(set) => class(set, r"\]^-[/"),
        Lex::Seq(parts) => parts.iter().map(|part| grouped(part, matches!(part, Lex::Either(_)))).collect(),
        Lex::Either(options) => options.iter().map(regex).collect::<Vec<_>>().join("|"),
        Lex::Maybe(inner) => grouped(inner, !is_one(inner)) + "?",
        Lex::Many(inner) => grouped(inner, !is_one(inner)) + "*",
        Lex::Some(inner) => grouped(inner, !is_one(inner)) + "+",
        Lex::Except(inner, _) => regex(inner),
    }
}

fn grouped(lex: &Lex, group: bool) -> String {
    if group { format!("({})", regex(lex)) } else { regex(lex) }
}

/// Whether an operator behind it takes the whole of it.
pub(super) fn is_one(lex: &Lex) -> bool {
    match lex {
        Lex::Set(_) => true,
        Lex::Text(text) => text.chars().count() == 1,
        _ => false,
    }
}

/// A set in square brackets; `special` characters get a backslash.
pub(super) fn class(set: &Set, special: &str) -> String {
    let mut out = String::from(if set.negated { "[^" } else { "[" });
    for (from, to) in &set.ranges {
        out += &escaped(*from, special);
        if from != to {
            // Two neighbours need no sign between them.
            out += if *to as u32 - *from as u32 > 1 { "-" } else { "" };
            out += &escaped(*to, special);
        }
    }
    out + "]"
}

pub(super) fn escaped(character: char, special: &str) -> String {
    match character {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        other if special.contains(other) => format!("\\{other}"),
        ' '..='~' => character.to_string(),
        other => format!("\\u{:04X}", other as u32),
    }
}
