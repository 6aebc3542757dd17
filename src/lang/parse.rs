//! Source text to syntax tree. In: the text of one file; out: its items and one diagnostic per item that does not
//! parse. The grammar is `grammar/skill.pest`; `source` has cut the file into items before.

use std::cell::RefCell;
use std::collections::HashSet;

use pest::Parser as _;
use pest::iterators::{Pair, Pairs};

use super::ast::{self, *};
use super::diag::{Code, Diagnostic};
use super::source::{Lexeme, Source};
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
    for chunk in chunks {
        let slice = source.slice(chunk.span);
        match Grammar::parse(Rule::single, slice) {
            Err(error) => {
                let mut words = slice.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty());
                if words.next() == Some("domain") {
                    parsed.broken_domains.extend(words.next().map(str::to_owned));
                }
                parsed.diagnostics.push(syntax_error::explain(&source, chunk.span, &error));
            }
            Ok(pairs) => {
                let base = chunk.span.start as usize;
                let builder = Builder { source: &source, base, placed: RefCell::new(HashSet::new()) };
                match builder.item(pairs, chunk.span) {
                    Ok(item) => parsed.items.push(item),
                    Err(diagnostic) => parsed.diagnostics.push(*diagnostic),
                }
            }
        }
    }
    // Comments at the end of the file go into its last item.
    let after: Vec<String> = source.comments_before(text.len()).into_iter().map(|c| source.comment(c)).collect();
    match parsed.items.last_mut() {
        Some(Item::Domain(Domain { tail, .. }) | Item::Skill(Skill { tail, .. }) | Item::Patch(Patch { tail, .. })) => {
            tail.extend(after);
        }
        None => {}
    }
    parsed.diagnostics.sort_by_key(|d| d.labels.first().map(|l| l.span.start));
    parsed
}

type Built<T> = Result<T, Box<Diagnostic>>;
type Node<'i> = Pair<'i, Rule>;

/// Turns parse pairs into the tree; `base` is where the parsed slice begins in the file.
struct Builder<'s> {
    source: &'s Source<'s>,
    base: usize,
    /// Where the comments begin that already have their place in the tree.
    placed: RefCell<HashSet<u32>>,
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

    /// The comments before a node, then those inside it that no part of it has taken. Call it when the parts are built.
    fn lead(&self, span: Span) -> Vec<String> {
        let before = self.source.comments_before(span.start as usize);
        self.place(before.into_iter().chain(self.source.comments_in(span)))
    }

    fn place(&self, comments: impl Iterator<Item = Lexeme>) -> Vec<String> {
        let mut placed = self.placed.borrow_mut();
        comments.filter(|c| placed.insert(c.span.start)).map(|c| self.source.comment(c)).collect()
    }

    /// Comments between the last child and the closing bracket of `span`.
    fn tail(&self, span: Span) -> Vec<String> {
        self.place(self.source.comments_before(span.end.saturating_sub(1) as usize).into_iter())
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

    fn domain(&self, node: Node) -> Built<Domain> {
        let span = self.span(&node);
        let mut children = self.children(node);
        let name = self.name(children.must()?);
        let decls = children.map(|child| self.decl(child)).collect::<Built<_>>()?;
        let tail = self.tail(span);
        Ok(Domain { lead: self.lead(span), name, decls, tail, span })
    }

    fn decl(&self, node: Node) -> Built<Decl> {
        let span = self.span(&node);
        let inner = self.children(node).must()?;
        let construct = inner.as_rule();
        let mut children = self.children(inner);
        let kind = match construct {
            Rule::fails_decl => DeclKind::Fails(children.map(|c| self.string(c)).collect::<Built<_>>()?),
            Rule::task_decl => {
                let head = self.head(children.must()?)?;
                let form = |c| {
                    let inner = self.children(c).must()?;
                    Ok(match inner.as_rule() {
                        Rule::string => TaskForm::Sentence(self.string(inner)?),
                        _ => TaskForm::Derived(self.call(inner)?),
                    })
                };
                DeclKind::Task { head, forms: children.map(form).collect::<Built<_>>()? }
            }
            Rule::event_decl => {
                let head = self.head(children.must()?)?;
                DeclKind::Event { head, forms: children.map(|c| self.event_form(c)).collect::<Built<_>>()? }
            }
            Rule::fluent_decl => {
                let head = self.head(children.must()?)?;
                let mut value = None;
                let mut causes = Vec::new();
                for child in children {
                    match child.as_rule() {
                        Rule::param => value = Some(self.param(child)?),
                        _ => causes.push(self.cause(child)?),
                    }
                }
                DeclKind::Fluent { head, value, causes }
            }
            _ => DeclKind::Define { head: self.head(children.must()?)?, body: self.conj(children.must()?)? },
        };
        Ok(Decl { lead: self.lead(span), kind, span })
    }

    fn event_form(&self, node: Node) -> Built<EventForm> {
        let inner = self.children(node).must()?;
        let construct = inner.as_rule();
        let mut children = self.children(inner);
        let pattern = self.string(children.must()?)?;
        Ok(match construct {
            Rule::action_form => {
                EventForm::Action { pattern, then: children.next().map(|c| self.string(c)).transpose()? }
            }
            other => EventForm::Observation { each: other == Rule::each_form, pattern },
        })
    }

    fn cause(&self, node: Node) -> Built<Cause> {
        let span = self.span(&node);
        let mut children = self.children(node);
        let verb = match children.must()?.as_str().split_whitespace().next() {
            Some("initiated") => CauseVerb::Initiated,
            Some("terminated") => CauseVerb::Terminated,
            Some("set") => CauseVerb::Set,
            _ => CauseVerb::Cleared,
        };
        let call = self.call(children.must()?)?;
        let with = children.next().map(|c| self.conj(c)).transpose()?;
        Ok(Cause { verb, call, with, span })
    }

    fn head(&self, node: Node) -> Built<Head> {
        let mut children = self.children(node);
        let name = self.name(children.must()?);
        Ok(Head { name, params: children.map(|c| self.param(c)).collect::<Built<_>>()? })
    }

    fn param(&self, node: Node) -> Built<Param> {
        let mut children = self.children(node);
        Ok(Param { name: self.name(children.must()?), ty: self.name(children.must()?) })
    }

    /// `whole`: the skill, or the operation of a patch around it.
    fn skill(&self, node: Node, whole: Span) -> Built<Skill> {
        let span = self.span(&node);
        let mut children = self.children(node);
        let name = self.name(children.must()?);
        let domain = self.name(children.must()?);
        let mut applies = None;
        let mut members = Vec::new();
        for child in children {
            match child.as_rule() {
                Rule::for_clause => applies = Some(self.call(self.children(child).must()?)?),
                _ => members.push(self.member(child)?),
            }
        }
        let tail = self.tail(span);
        Ok(Skill { lead: self.lead(whole), name, domain, applies, members, tail, span })
    }

    fn member(&self, node: Node) -> Built<Member> {
        let span = self.span(&node);
        let inner = self.children(node).must()?;
        let kind = match inner.as_rule() {
            Rule::rule_decl => MemberKind::Rule(self.rule(inner)?),
            Rule::assertion => MemberKind::Assertion(self.assertion(inner)?),
            Rule::unverified => MemberKind::Unverified(self.string(self.children(inner).must()?)?),
            _ => MemberKind::Example(self.example(inner)?),
        };
        Ok(Member { lead: self.lead(span), kind, span })
    }

    fn rule(&self, node: Node) -> Built<ast::Rule> {
        let span = self.span(&node);
        let mut children = self.children(node);
        let name = self.name(children.must()?);
        let mut branches = Vec::new();
        let mut statements = Vec::new();
        for child in children {
            match child.as_rule() {
                Rule::conj => branches.push(self.conj(child)?),
                _ => statements.push(self.statement(child)?),
            }
        }
        Ok(ast::Rule { name, branches, statements, tail: self.tail(span) })
    }

    fn statement(&self, node: Node) -> Built<Statement> {
        let span = self.span(&node);
        let inner = self.children(node).must()?;
        let construct = inner.as_rule();
        let mut children = self.children(inner);
        let kind = if construct == Rule::advise {
            StatementKind::Advise(self.string(children.must()?)?)
        } else {
            let call = self.call(children.must()?)?;
            let filter = children.next().map(|c| self.conj(c)).transpose()?;
            match construct {
                Rule::prefer => StatementKind::Prefer { call, filter },
                _ => StatementKind::Avoid { call, filter },
            }
        };
        Ok(Statement { lead: self.lead(span), kind, span })
    }

    fn assertion(&self, node: Node) -> Built<Assertion> {
        let mut children = self.children(node);
        let name = self.name(children.must()?);
        let form = self.form(self.children(children.must()?).must()?)?;
        let because = children.next().map(|c| self.string(c)).transpose()?;
        Ok(Assertion { name, form, because })
    }

    fn form(&self, node: Node) -> Built<Form> {
        let construct = node.as_rule();
        let mut children = self.children(node);
        Ok(match construct {
            Rule::always => Form::Always(self.conj(children.must()?)?),
            Rule::never => Form::Never(self.conj(children.must()?)?),
            Rule::eventually => Form::Eventually(self.conj(children.must()?)?),
            Rule::finally => Form::Finally(self.conj(children.must()?)?),
            Rule::whenever => Form::Whenever {
                guard: self.conj(children.must()?)?,
                then: self.conj(children.must()?)?,
                within: children.next().map(|c| self.window(c)).transpose()?,
            },
            Rule::first_then => Form::FirstThen(self.conj(children.must()?)?, self.conj(children.must()?)?),
            Rule::consecutive => Form::AtMostConsecutive(self.integer(children.must()?)?, self.conj(children.must()?)?),
            Rule::at_most => Form::AtMost(self.integer(children.must()?)?, self.conj(children.must()?)?),
            Rule::at_least => Form::AtLeast(self.integer(children.must()?)?, self.conj(children.must()?)?),
            _ => Form::Between(
                self.integer(children.must()?)?,
                self.integer(children.must()?)?,
                self.conj(children.must()?)?,
            ),
        })
    }

    fn example(&self, node: Node) -> Built<Example> {
        let span = self.span(&node);
        let mut children = self.children(node);
        let name = self.name(children.must()?);
        let lines = children.map(|c| self.example_line(c)).collect::<Built<_>>()?;
        Ok(Example { name, lines, tail: self.tail(span) })
    }

    fn example_line(&self, node: Node) -> Built<ExampleLine> {
        let span = self.span(&node);
        let inner = self.children(node).must()?;
        let construct = inner.as_rule();
        let mut children = self.children(inner);
        let kind = match construct {
            Rule::ex_task => ExampleKind::Task(self.string(children.must()?)?),
            Rule::ex_first => ExampleKind::First(self.string(children.must()?)?),
            Rule::ex_action => ExampleKind::Action(self.string(children.must()?)?),
            Rule::ex_observation => ExampleKind::Observation(self.string(children.must()?)?),
            Rule::ex_available => ExampleKind::Available(children.map(|c| self.string(c)).collect::<Built<_>>()?),
            _ => {
                let child = children.must()?;
                match child.as_rule() {
                    Rule::negation => ExampleKind::Expect { rule: self.name(children.must()?), negated: true },
                    Rule::violated => ExampleKind::ExpectViolated(self.name(children.must()?)),
                    _ => ExampleKind::Expect { rule: self.name(child), negated: false },
                }
            }
        };
        Ok(ExampleLine { lead: self.lead(span), kind, span })
    }

    fn conj(&self, node: Node) -> Built<Conj> {
        Ok(Conj(self.children(node).map(|c| self.literal(c)).collect::<Built<_>>()?))
    }

    fn literal(&self, node: Node) -> Built<Literal> {
        let span = self.span(&node);
        let mut children = self.children(node);
        let mut child = children.must()?;
        let negated = child.as_rule() == Rule::negation;
        if negated {
            child = children.must()?;
        }
        Ok(Literal { negated, atom: self.atom(self.children(child).must()?)?, span })
    }

    fn atom(&self, node: Node) -> Built<Atom> {
        let construct = node.as_rule();
        if construct == Rule::call {
            return Ok(Atom::Call(self.call(node)?));
        }
        let mut children = self.children(node);
        Ok(match construct {
            Rule::once => Atom::Once {
                call: self.call(children.must()?)?,
                within: children.next().map(|c| self.window(c)).transpose()?,
            },
            Rule::available => Atom::Available(self.call(children.must()?)?),
            Rule::repeated => Atom::Repeated,
            Rule::is => {
                let left = self.name(children.must()?);
                let right = children.must()?;
                Atom::Is {
                    left,
                    right: match right.as_rule() {
                        Rule::string => IsRight::Text(self.string(right)?),
                        _ => IsRight::Var(self.name(right)),
                    },
                }
            }
            Rule::contained => Atom::In { element: self.name(children.must()?), list: self.name(children.must()?) },
            _ => {
                let left = self.operand(children.must()?)?;
                let sign = children.must()?;
                let op = Comparison::ALL.iter().find(|(_, text)| *text == sign.as_str());
                let (op, _) = op.ok_or_else(|| mismatch(self.span(&sign)))?;
                Atom::Compare { left, op: *op, right: self.operand(children.must()?)? }
            }
        })
    }

    fn operand(&self, node: Node) -> Built<Operand> {
        let child = self.children(node).must()?;
        Ok(match child.as_rule() {
            Rule::count => Operand::Count(self.call(self.children(child).must()?)?),
            Rule::step_count => Operand::Step,
            Rule::number => Operand::Number(Decimal::parse(child.as_str()).ok_or_else(|| mismatch(self.span(&child)))?),
            _ => Operand::Var(self.name(child)),
        })
    }

    fn call(&self, node: Node) -> Built<Call> {
        let span = self.span(&node);
        let mut children = self.children(node);
        let name = self.name(children.must()?);
        let mut args = Vec::new();
        for argument in children {
            let child = self.children(argument).must()?;
            args.push(match child.as_rule() {
                Rule::any => Arg::Any(self.span(&child)),
                _ => Arg::Var(self.name(child)),
            });
        }
        Ok(Call { name, args, span })
    }

    fn patch(&self, node: Node) -> Built<Patch> {
        let span = self.span(&node);
        let mut children = self.children(node);
        let title = self.string(children.must()?)?;
        let operation = |child: Node| {
            let whole = self.span(&child);
            let inner = self.children(child).must()?;
            let construct = inner.as_rule();
            let target = self.children(inner).must()?;
            Ok(match construct {
                Rule::add => Operation::Add(self.skill(target, whole)?),
                Rule::replace => Operation::Replace(self.skill(target, whole)?),
                _ => Operation::Retire { lead: self.lead(whole), name: self.name(target) },
            })
        };
        let operations = children.map(operation).collect::<Built<_>>()?;
        let tail = self.tail(span);
        Ok(Patch { lead: self.lead(span), title, operations, tail, span })
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
                other => {
                    let found = other.map(String::from).unwrap_or_default();
                    return Err(Box::new(
                        Diagnostic::error(Code::Syntax, format!("`\\{found}` is no escape"))
                            .label(span, "in this text")
                            .help("the escapes are `\\\"`, `\\\\` and `\\n`"),
                    ));
                }
            }
        }
        Ok(Str { value, span })
    }
}

/// Counts and windows beyond this are refused: no episode is that long.
pub const MAX_INTEGER: u32 = 100_000;
