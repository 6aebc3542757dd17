//! A reader of grammar files, of as much of their notation as ours uses. In: the text of `grammar/skill.pest`; out: its rules
//! as expressions, in order.

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
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    let mut rules = Vec::new();
    while reader.at < reader.tokens.len() {
        rules.push(reader.rule()?);
    }
    Ok(rules)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Name(String),
    Mark(char),
}

fn tokens(text: &str) -> Result<Vec<Token>, GrammarError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if first.is_whitespace() {
            rest = rest.trim_start();
        } else if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
        } else if first == '"' {
            let (text, after) = quoted(&rest[1..])?;
            tokens.push(Token::Text(text));
            rest = after;
        } else if is_name(first) {
            let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            tokens.push(Token::Mark(first));
            rest = &rest[first.len_utf8()..];
        }
    }
    Ok(tokens)
}

/// A text after its opening quote, and what stands after it.
fn quoted(text: &str) -> Result<(String, &str), GrammarError> {
    let unclosed = || GrammarError("a text without its closing quote".to_owned());
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match characters.next().ok_or_else(unclosed)?.1 {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                'u' => {
                    let (_, code) = characters.as_str().split_once('{').ok_or_else(unclosed)?;
                    let (code, _) = code.split_once('}').ok_or_else(unclosed)?;
                    let number = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
                    value.push(number.ok_or_else(|| GrammarError(format!("`{code}` is no character")))?);
                    for _ in 0..code.len() + 2 {
                        characters.next();
                    }
                }
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    Err(unclosed())
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn next(&mut self) -> Result<Token, GrammarError> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| GrammarError("the grammar ends in the middle of a rule".to_owned()))
    }

    fn takes(&mut self, mark: char) -> bool {
        let there = self.tokens.get(self.at) == Some(&Token::Mark(mark));
        self.at += usize::from(there);
        there
    }

    fn must(&mut self, mark: char) -> Result<(), GrammarError> {
        match self.next()? {
            Token::Mark(found) if found == mark => Ok(()),
            found => Err(GrammarError(format!("`{mark}` is needed where {found:?} stands"))),
        }
    }

    fn rule(&mut self) -> Result<Rule, GrammarError> {
        let name = match self.next()? {
            Token::Name(name) => name,
            found => return Err(GrammarError(format!("a rule cannot begin with {found:?}"))),
        };
        self.must('=')?;
        let mode = match () {
            () if self.takes('_') => Mode::Silent,
            () if self.takes('@') || self.takes('$') => Mode::Atomic,
            () => match self.tokens.get(self.at) {
                // The lexer takes a lone underscore for a name.
                Some(Token::Name(silent)) if silent == "_" => {
                    self.at += 1;
                    Mode::Silent
                }
                _ => Mode::Spaced,
            },
        };
        self.must('{')?;
        let body = self.either()?;
        self.must('}')?;
        Ok(Rule { name, mode, body })
    }

    fn either(&mut self) -> Result<Expr, GrammarError> {
        let mut options = vec![self.seq()?];
        while self.takes('|') {
            options.push(self.seq()?);
        }
        Ok(one_or(options, Expr::Either))
    }

    fn seq(&mut self) -> Result<Expr, GrammarError> {
        let mut parts = vec![self.part()?];
        while self.takes('~') {
            parts.push(self.part()?);
        }
        Ok(one_or(parts, Expr::Seq))
    }

    fn part(&mut self) -> Result<Expr, GrammarError> {
        if self.takes('!') {
            return Ok(Expr::Not(Box::new(self.part()?)));
        }
        let mut part = match self.next()? {
            Token::Text(text) => Expr::Text(text),
            Token::Name(name) => Expr::Name(name),
            Token::Mark('(') => {
                let inner = self.either()?;
                self.must(')')?;
                inner
            }
            Token::Mark(found) => return Err(GrammarError(format!("`{found}` begins no expression"))),
        };
        loop {
            part = match () {
                () if self.takes('?') => Expr::Maybe(Box::new(part)),
                () if self.takes('*') => Expr::Many(Box::new(part)),
                () if self.takes('+') => Expr::Some(Box::new(part)),
                () => return Ok(part),
            };
        }
    }
}

fn one_or(mut all: Vec<Expr>, several: fn(Vec<Expr>) -> Expr) -> Expr {
    match all.len() {
        1 => all.remove(0),
        _ => several(all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read() {
        let rules = read("// why\na = @{ !(\"x\" ~ b) ~ (c | \"\\u{41}\\n\")+ }\nb = _{ c? ~ c* }").expect("sound");
        let name = |name: &str| Expr::Name(name.to_owned());
        let text = |text: &str| Expr::Text(text.to_owned());
        let not = Expr::Not(Box::new(Expr::Seq(vec![text("x"), name("b")])));
        let some = Expr::Some(Box::new(Expr::Either(vec![name("c"), text("A\n")])));
        assert_eq!((rules[0].name.as_str(), rules[0].mode), ("a", Mode::Atomic));
        assert_eq!(rules[0].body, Expr::Seq(vec![not, some]));
        assert_eq!((rules[1].name.as_str(), rules[1].mode), ("b", Mode::Silent));
    }

    #[test]
    fn what_is_no_grammar_is_refused() {
        for text in ["a", "a =", "a = {", "a = { \"x }", "a = { b ~ }", "= { b }", "a = { \"\\u{zz}\" }", "a = { ) }"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
