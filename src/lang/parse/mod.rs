//! Source text to syntax tree. In: the text of one file; out: its items and one diagnostic per item that does not
//! parse. The grammar is `grammar/skill.pest`; `source` has cut the file into items before.

mod condition;
mod domain;
mod patch;
mod skill;

use std::cell::RefCell;
use std::collections::HashSet;

use pest::Parser as _;
use pest::error::InputLocation;
use pest::iterators::{Pair, Pairs};

use super::ast::*;
use super::diag::{Code, Diagnostic};
use super::source::{Lexeme, Source, SourceToken};
use super::span::Span;
use super::syntax_error;
use crate::text::Decimal;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/skill.pest"]
pub(super) struct Grammar;

/// What came of one file. `items` holds every item that parsed, in order.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    pub items: Vec<Item>,
    /// Names of domains that did not parse: their skills cannot be judged.
    pub broken_domains: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses the text of one file.
pub fn parse(text: &str) -> Parsed {
    let source = match Source::new(text) {
        Ok(source) => source,
        Err(diagnostic) => return Parsed { diagnostics: vec![*diagnostic], ..Parsed::default() },
    };
    let (chunks, diagnostics) = source.chunks();
    let mut parsed = Parsed { diagnostics, ..Parsed::default() };
    let placed = RefCell::new(HashSet::new());
    for chunk in chunks {
        let slice = source.slice(chunk);
        match Grammar::parse(Rule::single, slice) {
            Err(error) => {
                let mut words = slice.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty());
                if words.next() == Some("domain") {
                    parsed.broken_domains.extend(words.next().map(str::to_owned));
                }
                parsed.diagnostics.push(syntax_error::explain(&source, chunk, &error));
            }
            Ok(pairs) => {
                let base = chunk.start as usize;
                let builder = Builder { source: &source, base, placed: &placed };
                match builder.item(pairs, chunk) {
                    Ok(mut item) => {
                        // Between items stands one blank line, whatever was written.
                        let lead = match &mut item {
                            Item::Domain(Domain { lead, .. })
                            | Item::Skill(Skill { lead, .. })
                            | Item::Patch(Patch { lead, .. }) => lead,
                        };
                        let blanks = lead.iter().take_while(|l| l.is_empty()).count();
                        lead.drain(..blanks);
                        parsed.items.push(item);
                    }
                    Err(diagnostic) => parsed.diagnostics.push(*diagnostic),
                }
            }
        }
    }
    // Comments at the end of the file go into its last item.
    let after = source.comments_before(text.len()).into_iter().filter(|c| !placed.borrow().contains(&c.span.start));
    let after: Vec<String> = after.map(|c| source.comment(c)).collect();
    match parsed.items.last_mut() {
        Some(Item::Domain(Domain { tail, .. }) | Item::Skill(Skill { tail, .. }) | Item::Patch(Patch { tail, .. })) => {
            tail.extend(after);
        }
        None => {}
    }
    parsed.diagnostics.sort_by_key(|d| d.labels.first().map(|l| l.span.start));
    parsed
}

/// Whether `text` can be a name.
pub fn is_name(text: &str) -> bool {
    Grammar::parse(Rule::name, text).is_ok_and(|pairs| pairs.as_str() == text)
}

/// Whether the grammar lets `token` follow the beginning of an item.
pub fn accepts(beginning: &str, token: &str) -> bool {
    let text = format!("{beginning} {token}");
    reach(&text).is_none_or(|at| at >= text.len())
}

/// How far the grammar can follow the text of an item; `None`: to its end, and it is whole.
pub(super) fn reach(item: &str) -> Option<usize> {
    match Grammar::parse(Rule::single, item) {
        Ok(_) => None,
        Err(error) => Some(match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        }),
    }
}

type Built<T> = Result<T, Box<Diagnostic>>;
type Node<'i> = Pair<'i, Rule>;

/// Turns parse pairs into the tree; `base` is where the parsed slice begins in the file.
struct Builder<'s> {
    source: &'s Source<'s>,
    base: usize,
    /// Where the comments begin that already have their place in the tree.
    placed: &'s RefCell<HashSet<u32>>,
}

/// The children of a pair that carry meaning: keywords and punctuation (the last rules of the grammar) left out.
struct Children<'i> {
    pairs: Pairs<'i, Rule>,
    parent: Span,
}

impl<'i> Iterator for Children<'i> {
    type Item = Node<'i>;
    fn next(&mut self) -> Option<Node<'i>> {
        self.pairs.by_ref().find(|p| p.as_rule() < Rule::p_open && p.as_rule() != Rule::EOI)
    }
}

impl<'i> Children<'i> {
    /// The next child; the grammar makes sure that it is there, a mismatch would be an error of ours and is
    /// reported as such rather than ending the program.
    fn must(&mut self) -> Built<Node<'i>> {
        let parent = self.parent;
        self.next().ok_or_else(|| mismatch(parent))
    }
}

fn mismatch(span: Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(Code::Syntax, "this construct could not be read")
            .label(span, "the grammar and the tree differ"),
    )
}

impl Builder<'_> {
    /// The pair's place without the blanks and comments that the grammar skips at its end.
    fn span(&self, pair: &Node) -> Span {
        let span = pair.as_span();
        self.source.without_trailing_trivia(Span::new(self.base + span.start(), self.base + span.end()))
    }

    fn children<'i>(&self, pair: Node<'i>) -> Children<'i> {
        let parent = self.span(&pair);
        Children { pairs: pair.into_inner(), parent }
    }

    /// The comments before a node (`""` for a blank line), those inside it that no part of it has taken, and one that
    /// follows it on its line. Call it when the parts are built.
    fn lead(&self, span: Span) -> Vec<String> {
        let mut lines = self.before(span.start as usize);
        lines.extend(self.place(self.source.comments_in(span).into_iter()));
        lines.extend(self.place(self.source.comment_after(span.end as usize).into_iter()));
        lines
    }

    fn place(&self, comments: impl Iterator<Item = Lexeme>) -> Vec<String> {
        let mut placed = self.placed.borrow_mut();
        comments.filter(|c| placed.insert(c.span.start)).map(|c| self.source.comment(c)).collect()
    }

    /// The comments and single blank lines between the significant token before byte `at` and `at` itself. A blank line
    /// right after an opening bracket, or before the first item, says nothing.
    fn before(&self, at: usize) -> Vec<String> {
        let (opened, trivia) = self.source.trivia_before(at);
        let mut lines: Vec<String> = Vec::new();
        for lexeme in trivia {
            let blank = lexeme.token == SourceToken::Blank
                && self.source.slice(lexeme.span).bytes().filter(|b| *b == b'\n').count() > 1;
            let starts = opened && lines.is_empty();
            if blank && !starts && lines.last().is_none_or(|l| !l.is_empty()) {
                lines.push(String::new());
            } else if lexeme.token == SourceToken::Comment {
                lines.extend(self.place(std::iter::once(lexeme)));
            }
        }
        lines
    }

    /// Comments (and blank lines) between the last child and the closing bracket of `span`.
    fn tail(&self, span: Span) -> Vec<String> {
        let mut lines = self.before(span.end.saturating_sub(1) as usize);
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }

    fn item(&self, mut pairs: Pairs<Rule>, span: Span) -> Built<Item> {
        let single = pairs.next().ok_or_else(|| mismatch(Span::default()))?;
        let node = self.children(single).must()?;
        match node.as_rule() {
            Rule::domain => Ok(Item::Domain(self.domain(node)?)),
            Rule::skill => Ok(Item::Skill(self.skill(node, span)?)),
            _ => Ok(Item::Patch(self.patch(node)?)),
        }
    }

    fn number(&self, node: &Node) -> Built<Decimal> {
        Decimal::parse(node.as_str()).ok_or_else(|| mismatch(self.span(node)))
    }

    fn name(&self, node: Node) -> Name {
        Name { text: node.as_str().to_owned(), span: self.span(&node) }
    }

    fn integer(&self, node: Node) -> Built<u32> {
        node.as_str().parse().ok().filter(|n| *n <= MAX_INTEGER).ok_or_else(|| {
            Box::new(
                Diagnostic::error(Code::BadNumber, format!("`{}` is more than {MAX_INTEGER}", node.as_str()))
                    .label(self.span(&node), "too large"),
            )
        })
    }

    /// `within n steps`, n at least 1.
    fn window(&self, node: Node) -> Built<u32> {
        let span = self.span(&node);
        match self.integer(self.children(node).must()?)? {
            0 => Err(Box::new(
                Diagnostic::error(Code::BadNumber, "nothing happens within 0 steps")
                    .label(span, "at least 1")
                    .help("`within 1 step` means the very next step after `whenever`, and the latest one after `once`"),
            )),
            steps => Ok(steps),
        }
    }

    fn string(&self, node: Node) -> Built<Str> {
        let span = self.span(&node);
        let raw = self.children(node).must()?;
        let mut value = String::with_capacity(raw.as_str().len());
        let mut characters = raw.as_str().chars();
        while let Some(character) = characters.next() {
            if character != '\\' {
                value.push(character);
                continue;
            }
            match characters.next() {
                Some('n') => value.push('\n'),
                Some(escaped @ ('"' | '\\')) => value.push(escaped),
                // The grammar admits no other escape; src/lang/syntax_error.rs tells of them.
                _ => return Err(mismatch(span)),
            }
        }
        Ok(Str { value, span })
    }
}

/// Counts and windows beyond this are refused: no episode is that long.
pub const MAX_INTEGER: u32 = 100_000;
