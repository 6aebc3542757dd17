//! Declarations of a domain, and those that a skill may have of its own: parse pairs in, tree out.

use super::super::ast::*;
use super::{Builder, Built, Node, Rule};

impl Builder<'_> {
    pub(super) fn domain(&self, node: Node) -> Built<Domain> {
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
        let kind = match inner.as_rule() {
            Rule::fails_decl => DeclKind::Fails(self.children(inner).map(|c| self.pattern(c)).collect::<Built<_>>()?),
            Rule::task_decl => {
                let mut children = self.children(inner);
                let head = self.head(children.must()?)?;
                let form = |c| {
                    let inner = self.children(c).must()?;
                    Ok(match inner.as_rule() {
                        Rule::pattern => TaskForm::Sentence(self.pattern(inner)?),
                        _ => TaskForm::Derived(self.call(inner)?),
                    })
                };
                DeclKind::Task { head, forms: children.map(form).collect::<Built<_>>()? }
            }
            _ => self.own_decl(inner)?,
        };
        Ok(Decl { lead: self.lead(span), kind, span })
    }

    /// What a domain or a skill may declare.
    pub(super) fn own_decl(&self, node: Node) -> Built<DeclKind> {
        let inner = self.children(node).must()?;
        let construct = inner.as_rule();
        let mut children = self.children(inner);
        Ok(match construct {
            Rule::event_decl => {
                let head = self.head(children.must()?)?;
                DeclKind::Event { head, forms: children.map(|c| self.event_form(c)).collect::<Built<_>>()? }
            }
            Rule::fluent_decl => {
                let head = self.head(children.must()?)?;
                let (mut value, mut max) = (None, None);
                let mut causes = Vec::new();
                for child in children {
                    match child.as_rule() {
                        Rule::param => value = Some(self.param(child)?),
                        Rule::row_limit => max = Some(self.integer(self.children(child).must()?)?),
                        _ => causes.push(self.cause(child)?),
                    }
                }
                DeclKind::Fluent { head, value, max, causes }
            }
            Rule::define_decl => {
                DeclKind::Define { head: self.head(children.must()?)?, body: self.conj(children.must()?)? }
            }
            Rule::type_decl => {
                DeclKind::Type { name: self.name(children.must()?), regex: self.regex(children.must()?)? }
            }
            Rule::kind_decl => DeclKind::Kind {
                name: self.name(children.must()?),
                kinds: children.map(|c| self.string(c)).collect::<Built<_>>()?,
            },
            _ => {
                let name = self.name(children.must()?);
                let (mut columns, mut rows) = (Vec::new(), Vec::new());
                for child in children {
                    match child.as_rule() {
                        Rule::column => columns.push(self.column(child)?),
                        _ => rows.push(self.row(child)?),
                    }
                }
                DeclKind::Table { name, columns, rows }
            }
        })
    }

    fn column(&self, node: Node) -> Built<Column> {
        let mut children = self.children(node);
        Ok(Column { name: self.name(children.must()?), ty: children.next().map(|c| self.name(c)) })
    }

    fn row(&self, node: Node) -> Built<Row> {
        let span = self.span(&node);
        let constant = |c: Node| {
            let child = self.children(c).must()?;
            Ok(match child.as_rule() {
                Rule::string => Constant::Text(self.string(child)?),
                _ => Constant::Number(self.number(&child)?, self.span(&child)),
            })
        };
        Ok(Row { values: self.children(node).map(constant).collect::<Built<_>>()?, span })
    }

    fn pattern(&self, node: Node) -> Built<PatternText> {
        let child = self.children(node).must()?;
        let regex = child.as_rule() == Rule::regex;
        Ok(PatternText { text: if regex { self.regex(child)? } else { self.string(child)? }, regex })
    }

    /// A regular expression without its slashes; `\/` is a slash, every other escape is the expression's own.
    fn regex(&self, node: Node) -> Built<Str> {
        let span = self.span(&node);
        let body = self.children(node).must()?;
        let mut value = String::with_capacity(body.as_str().len());
        let mut characters = body.as_str().chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => match characters.next() {
                    Some('/') => value.push('/'),
                    escaped => value.extend(std::iter::once('\\').chain(escaped)),
                },
                other => value.push(other),
            }
        }
        Ok(Str { value, span })
    }

    fn event_form(&self, node: Node) -> Built<EventForm> {
        let inner = self.children(node).must()?;
        let construct = inner.as_rule();
        let mut children = self.children(inner);
        let pattern = self.pattern(children.must()?)?;
        Ok(match construct {
            Rule::action_form => {
                EventForm::Action { pattern, then: children.next().map(|c| self.pattern(c)).transpose()? }
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
}
