//! The grammar file as expressions, of as much of its notation as ours uses. In: the text of `grammar/skill.pest`; out: its rules,
//! in order. The parser generator's own reader reads it.

use pest_meta::ast::{self, RuleType};
use pest_meta::parser;

use super::GrammarError;

/// How a rule treats blanks and comments between its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// They may stand there.
    Spaced,
    /// They may, and the rule makes no node of the tree.
    Silent,
    /// They may not: a word.
    Atomic,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    Text(String),
    Name(String),
    Seq(Vec<Expr>),
    Either(Vec<Expr>),
    Maybe(Box<Expr>),
    Many(Box<Expr>),
    Some(Box<Expr>),
    /// A look-ahead: this does not stand here.
    Not(Box<Expr>),
}

#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) mode: Mode,
    pub(super) body: Expr,
}

/// All rules of the file.
pub(super) fn read(text: &str) -> Result<Vec<Rule>, GrammarError> {
    let pairs = parser::parse(parser::Rule::grammar_rules, text).map_err(|error| GrammarError(error.to_string()))?;
    let rules = parser::consume_rules(pairs)
        .map_err(|errors| GrammarError(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
    rules.into_iter().map(rule).collect()
}

fn rule(rule: ast::Rule) -> Result<Rule, GrammarError> {
    let mode = match rule.ty {
        RuleType::Normal => Mode::Spaced,
        RuleType::Silent => Mode::Silent,
        RuleType::Atomic | RuleType::CompoundAtomic => Mode::Atomic,
        RuleType::NonAtomic => return Err(GrammarError(format!("`{}` is of a sort that is not told", rule.name))),
    };
    Ok(Rule { mode, body: expr(rule.expr)?, name: rule.name })
}

fn expr(from: ast::Expr) -> Result<Expr, GrammarError> {
    let boxed = |inner: Box<ast::Expr>| Ok::<_, GrammarError>(Box::new(expr(*inner)?));
    Ok(match from {
        ast::Expr::Str(text) => Expr::Text(text),
        ast::Expr::Ident(name) => Expr::Name(name),
        ast::Expr::Opt(inner) => Expr::Maybe(boxed(inner)?),
        ast::Expr::Rep(inner) => Expr::Many(boxed(inner)?),
        ast::Expr::RepOnce(inner) => Expr::Some(boxed(inner)?),
        ast::Expr::NegPred(inner) => Expr::Not(boxed(inner)?),
        // Pairs there, lists here.
        ast::Expr::Seq(first, rest) => {
            let mut parts = Vec::new();
            for part in [expr(*first)?, expr(*rest)?] {
                match part {
                    Expr::Seq(inner) => parts.extend(inner),
                    other => parts.push(other),
                }
            }
            Expr::Seq(parts)
        }
        ast::Expr::Choice(first, rest) => {
            let mut options = Vec::new();
            for option in [expr(*first)?, expr(*rest)?] {
                match option {
                    Expr::Either(inner) => options.extend(inner),
                    other => options.push(other),
                }
            }
            Expr::Either(options)
        }
        other => return Err(GrammarError(format!("no notation has a word for {other:?}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read() {
        let text = "// why\na = @{ !(\"x\" ~ b) ~ (c | \"\\u{41}\\n\")+ }\nb = _{ c? ~ \"z\" ~ c* }\nc = { \"y\" }";
        let rules = read(text).expect("sound");
        let name = |name: &str| Expr::Name(name.to_owned());
        let text = |text: &str| Expr::Text(text.to_owned());
        let not = Expr::Not(Box::new(Expr::Seq(vec![text("x"), name("b")])));
        let some = Expr::Some(Box::new(Expr::Either(vec![name("c"), text("A\n")])));
        assert_eq!((rules[0].name.as_str(), rules[0].mode), ("a", Mode::Atomic));
        assert_eq!(rules[0].body, Expr::Seq(vec![not, some]));
        let (maybe, many) = (Expr::Maybe(Box::new(name("c"))), Expr::Many(Box::new(name("c"))));
        assert_eq!((rules[1].name.as_str(), rules[1].mode), ("b", Mode::Silent));
        assert_eq!(rules[1].body, Expr::Seq(vec![maybe, text("z"), many]));
    }

    #[test]
    fn what_is_no_grammar_or_cannot_be_told_is_refused() {
        for text in ["a", "a = {", "a = { \"x }", "a = { b ~ }", "a = { ) }", "a = { \"x\"{3} }", "a = { ^\"x\" }"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
