//! The grammar of the language in the notations of other tools, so that a language model can be held to it. In: the one
//! grammar file, maybe the names of a domain; out: a text in GBNF, Lark, EBNF or JSON Schema.
//!
//! `pest` reads the file, `lexical` makes regular expressions of its words and `rules` rules of the rest, without look-ahead;
//! `names` leaves only what a domain declares; `spaced` puts blanks where a notation has no word for them; then `ebnf`,
//! `lark`, `gbnf` and `json` write.

mod ebnf;
mod gbnf;
mod json;
mod lark;
mod lexical;
mod names;
mod pest;
mod rules;
mod spaced;

pub use json::{DEPTH, render};
pub use names::Names;

use rules::Rules;
use thiserror::Error;

use super::keywords::KEYWORDS;

/// Why a grammar cannot be told.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct GrammarError(pub(crate) String);

/// A notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// llama.cpp's.
    Gbnf,
    /// Lark's, without anything that only some of its readers know.
    Lark,
    /// ISO/IEC 14977's, with three conventions that the text itself states.
    Ebnf,
    /// A schema of nested arrays of words; `render` makes text of them.
    JsonSchema,
}

/// What a whole text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// One patch.
    Patch,
    /// One skill.
    Skill,
    /// Any domains, skills and patches, in any order.
    File,
}

impl Root {
    fn told(self) -> &'static str {
        match self {
            Root::Patch => "one patch",
            Root::Skill => "one skill",
            Root::File => "a file",
        }
    }
}

/// The grammar of such texts; with `names`, of those that name only what there is.
pub fn export(notation: Notation, root: Root, names: Option<&Names>) -> Result<String, GrammarError> {
    let mut rules = Rules::of(root)?;
    if let Some(names) = names {
        names.narrow(&mut rules);
    }
    let heading = Heading { root, domain: names.map(Names::domain) };
    match notation {
        Notation::Gbnf => gbnf::gbnf(&rules, &heading),
        Notation::Lark => lark::lark(&rules, &heading),
        Notation::Ebnf => ebnf::ebnf(&rules, &heading),
        Notation::JsonSchema => json::schema(&rules, &heading),
    }
}

/// What stands above a grammar.
struct Heading<'n> {
    root: Root,
    domain: Option<&'n str>,
}

impl Heading<'_> {
    fn lines(&self, before: &str) -> String {
        let mut out = format!("{before}The skill language: {}.\n", self.root.told());
        if let Some(domain) = self.domain {
            out += &format!("{before}Only what the domain `{domain}` declares can be named.\n");
        }
        out
    }

    /// The reserved words, a line at a time.
    fn reserved_lines(&self) -> Vec<String> {
        let mut lines = vec!["No name is one of these reserved words:".to_owned()];
        let mut line = String::new();
        for (word, _) in KEYWORDS {
            if line.len() + word.len() > 100 {
                lines.push(std::mem::take(&mut line));
            }
            line += &format!("{}{word}", if line.is_empty() { "  " } else { " " });
        }
        lines.push(line);
        lines
    }
}
