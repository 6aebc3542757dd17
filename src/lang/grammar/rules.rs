//! The grammar as rules over words, without look-ahead and without blanks. In: the rules of the grammar file; out: the rules
//! that a root needs, in order, and the words they are made of.
//!
//! The file's expressions take the first option that fits and never come back; these rules mean any option. They accept
//! the same texts: where two options of the file begin alike, nothing that may follow the first could follow only the
//! second. `!(name ~ p_left) ~ name` of a number is left out for that reason: no condition goes on with a bracket.

use std::collections::BTreeSet;

use super::lexical::{Lex, is_word, lexical, united};
use super::pest::{self, Expr, Mode};
use super::{GrammarError, Root};

const SOURCE: &str = include_str!("../../../grammar/skill.pest");

/// A part of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Letters as they stand.
    Word(String),
    /// Marks as they stand.
    Mark(String),
    /// A word that is described, by its name in capitals.
    Token(String),
    Rule(String),
    Seq(Vec<Part>),
    Either(Vec<Part>),
    Maybe(Box<Part>),
    Many(Box<Part>),
    Some(Box<Part>),
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) name: String,
    pub(super) lex: Lex,
}

/// A grammar.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// What a text is, as a rule of its own; the others follow.
    pub(super) root: String,
    pub(super) rules: Vec<(String, Part)>,
    pub(super) tokens: Vec<Token>,
    /// Characters that may stand between words.
    pub(super) blank: Lex,
    /// A comment, up to the character that ends it, and that character.
    pub(super) comment: Lex,
    pub(super) comment_end: char,
}

impl Rules {
    /// The whole grammar of texts of this sort.
    pub(super) fn of(root: Root) -> Result<Rules, GrammarError> {
        let file = pest::read(SOURCE)?;
        let needed = |name: &str| {
            let rule = file.iter().find(|r| r.name == name);
            rule.ok_or_else(|| GrammarError(format!("there is no rule `{name}`")))
        };
        let mut rules = Vec::new();
        let mut tokens = Vec::new();
        for rule in &file {
            match rule.mode {
                Mode::Silent => {}
                Mode::Spaced if rule.name == "single" || fixed(&rule.body).is_some_and(|t| t.len() == 1) => {}
                Mode::Spaced => rules.push((rule.name.clone(), syntax(&rule.body, &file)?)),
                Mode::Atomic => match fixed(&rule.body) {
                    Some(_) if is_fixed_token(&rule.name) => {}
                    Some(texts) => rules.push((rule.name.clone(), choice(texts.into_iter().map(literal).collect()))),
                    None => {
                        tokens.push(Token { name: rule.name.to_ascii_uppercase(), lex: lexical(&rule.body, &file)? })
                    }
                },
            }
        }
        let comment = lexical(&needed("COMMENT")?.body, &file)?;
        let comment_end = match &comment {
            Lex::Seq(parts) => match parts.last() {
                Some(Lex::Many(rest)) => match rest.as_ref() {
                    Lex::Set(set) => set.ranges.first().filter(|_| set.negated).map(|(end, _)| *end),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let comment_end = comment_end.ok_or_else(|| GrammarError("a comment has no end".to_owned()))?;
        let blank = lexical(&needed("WHITESPACE")?.body, &file)?;
        let blank = united(std::slice::from_ref(&blank)).map_or(blank, Lex::Set);
        let item = syntax(&needed("item")?.body, &file)?;
        rules.push(("file".to_owned(), Part::Many(Box::new(item))));
        let root = match root {
            Root::Patch => "patch",
            Root::Skill => "skill",
            Root::File => "file",
        };
        let mut all = Rules { root: root.to_owned(), rules, tokens, blank, comment, comment_end };
        all.prune();
        Ok(all)
    }

    pub(super) fn rule(&self, name: &str) -> Option<&Part> {
        self.rules.iter().find(|(known, _)| known == name).map(|(_, body)| body)
    }

    /// Drops options that name a rule which is not there, and rules that the root does not reach.
    pub(super) fn prune(&mut self) {
        loop {
            let known: BTreeSet<String> = self.rules.iter().map(|(name, _)| name.clone()).collect();
            let before = self.rules.len();
            self.rules = std::mem::take(&mut self.rules)
                .into_iter()
                .filter_map(|(name, body)| Some((name, possible(body, &known)?)))
                .collect();
            if self.rules.len() == before {
                break;
            }
        }
        let mut reached = BTreeSet::new();
        let mut open = vec![self.root.clone()];
        while let Some(name) = open.pop() {
            if !reached.insert(name.clone()) {
                continue;
            }
            if let Some(body) = self.rule(&name) {
                body.visit(&mut |part| {
                    if let Part::Rule(name) | Part::Token(name) = part {
                        open.push(name.clone());
                    }
                });
            }
        }
        self.rules.retain(|(name, _)| reached.contains(name));
        self.tokens.retain(|token| reached.contains(&token.name));
        // The root first, the others as in the grammar file.
        if let Some(at) = self.rules.iter().position(|(name, _)| *name == self.root) {
            let root = self.rules.remove(at);
            self.rules.insert(0, root);
        }
    }
}

impl Part {
    pub(super) fn visit(&self, seen: &mut dyn FnMut(&Part)) {
        seen(self);
        match self {
            Part::Seq(parts) | Part::Either(parts) => parts.iter().for_each(|part| part.visit(seen)),
            Part::Maybe(inner) | Part::Many(inner) | Part::Some(inner) => inner.visit(seen),
            Part::Word(_) | Part::Mark(_) | Part::Token(_) | Part::Rule(_) => {}
        }
    }

    /// The same part with every leaf replaced by what `change` makes of it.
    pub(super) fn map(self, change: &dyn Fn(Part) -> Part) -> Part {
        let all = |parts: Vec<Part>| parts.into_iter().map(|part| part.map(change)).collect();
        match self {
            Part::Seq(parts) => Part::Seq(all(parts)),
            Part::Either(parts) => Part::Either(all(parts)),
            Part::Maybe(inner) => Part::Maybe(Box::new(inner.map(change))),
            Part::Many(inner) => Part::Many(Box::new(inner.map(change))),
            Part::Some(inner) => Part::Some(Box::new(inner.map(change))),
            leaf => change(leaf),
        }
    }
}

/// The part without options that name an unknown rule; `None` if nothing is left of it.
fn possible(part: Part, known: &BTreeSet<String>) -> Option<Part> {
    Some(match part {
        Part::Rule(name) if !known.contains(&name) => return None,
        Part::Seq(parts) => {
            let parts = parts.into_iter().map(|p| possible(p, known)).collect::<Option<Vec<_>>>()?;
            let mut parts: Vec<Part> = parts.into_iter().filter(|p| *p != Part::Seq(Vec::new())).collect();
            if parts.len() == 1 { parts.remove(0) } else { Part::Seq(parts) }
        }
        Part::Either(options) => {
            let options: Vec<Part> = options.into_iter().filter_map(|o| possible(o, known)).collect();
            if options.is_empty() {
                return None;
            }
            choice(options)
        }
        Part::Some(inner) => Part::Some(Box::new(possible(*inner, known)?)),
        Part::Maybe(inner) => possible(*inner, known).map_or(Part::Seq(Vec::new()), |p| Part::Maybe(Box::new(p))),
        Part::Many(inner) => possible(*inner, known).map_or(Part::Seq(Vec::new()), |p| Part::Many(Box::new(p))),
        leaf => leaf,
    })
}

/// Keywords and punctuation have rules of their own in the file; here they stand for themselves.
fn is_fixed_token(name: &str) -> bool {
    name.starts_with("kw_") || name.starts_with("p_")
}

/// The texts of an expression, if there are only so many and it names nothing. A look-ahead behind them says only where
/// they end.
fn fixed(body: &Expr) -> Option<Vec<String>> {
    match body {
        Expr::Text(text) => Some(vec![text.clone()]),
        Expr::Either(options) => {
            Some(options.iter().map(fixed).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
        }
        Expr::Seq(parts) => match parts.as_slice() {
            [first, Expr::Not(_)] => fixed(first),
            _ => None,
        },
        _ => None,
    }
}

fn literal(text: String) -> Part {
    if text.chars().all(is_word) { Part::Word(text) } else { Part::Mark(text) }
}

pub(super) fn choice(mut options: Vec<Part>) -> Part {
    match options.len() {
        1 => options.remove(0),
        _ => Part::Either(options),
    }
}

fn syntax(expr: &Expr, file: &[pest::Rule]) -> Result<Part, GrammarError> {
    let all = |exprs: &[Expr]| {
        let kept = exprs.iter().filter(|e| !matches!(e, Expr::Not(_)));
        kept.map(|e| syntax(e, file)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match expr {
        Expr::Text(text) => literal(text.clone()),
        Expr::Name(name) => {
            let rule = file.iter().find(|r| r.name == *name);
            let rule = rule.ok_or_else(|| GrammarError(format!("there is no rule `{name}`")))?;
            match fixed(&rule.body) {
                Some(texts) if is_fixed_token(name) => choice(texts.into_iter().map(literal).collect()),
                None if rule.mode == Mode::Atomic => Part::Token(name.to_ascii_uppercase()),
                _ => Part::Rule(name.clone()),
            }
        }
        Expr::Seq(parts) => {
            let mut parts = all(parts)?;
            if parts.len() == 1 { parts.remove(0) } else { Part::Seq(parts) }
        }
        Expr::Either(options) => choice(all(options)?),
        Expr::Maybe(inner) => Part::Maybe(Box::new(syntax(inner, file)?)),
        Expr::Many(inner) => Part::Many(Box::new(syntax(inner, file)?)),
        Expr::Some(inner) => Part::Some(Box::new(syntax(inner, file)?)),
        Expr::Not(_) => Part::Seq(Vec::new()),
    })
}
