//! Skills with their rules, assertions and examples: parse pairs in, tree out.

use super::super::ast::{self, *};
use super::super::span::Span;
use super::{Builder, Built, Node, Rule};

impl Builder<'_> {
    /// `whole`: the skill, or the operation of a patch around it.
    pub(super) fn skill(&self, node: Node, whole: Span) -> Built<Skill> {
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
        let kind = self.member_kind(node)?;
        Ok(Member { lead: self.lead(span), kind, span })
    }

    /// A pair with the member inside it.
    pub(super) fn member_kind(&self, node: Node) -> Built<MemberKind> {
        let inner = self.children(node).must()?;
        Ok(match inner.as_rule() {
            Rule::rule_decl => MemberKind::Rule(self.rule(inner)?),
            Rule::assertion => MemberKind::Assertion(self.assertion(inner)?),
            Rule::unverified => MemberKind::Unverified(self.string(self.children(inner).must()?)?),
            Rule::priority => MemberKind::Priority(self.integer(self.children(inner).must()?)?),
            Rule::own_decl => MemberKind::Decl(self.own_decl(inner)?),
            _ => MemberKind::Example(self.example(inner)?),
        })
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
        let kind = match construct {
            Rule::priority => StatementKind::Priority(self.integer(children.must()?)?),
            Rule::limit => StatementKind::Limit(self.integer(children.must()?)?),
            Rule::let_all => StatementKind::Let {
                name: self.name(children.must()?),
                element: self.name(children.must()?),
                body: self.conj(children.must()?)?,
            },
            Rule::advise => StatementKind::Advise(self.string(children.must()?)?),
            Rule::suggest => StatementKind::Suggest(self.string(children.must()?)?),
            mark => StatementKind::Mark {
                kind: match mark {
                    Rule::prefer => MarkKind::Prefer,
                    Rule::avoid => MarkKind::Avoid,
                    _ => MarkKind::Forbid,
                },
                call: self.call(children.must()?)?,
                filter: children.next().map(|c| self.conj(c)).transpose()?,
            },
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
}
