//! Conditions: parse pairs in, tree out.

use super::super::ast::*;
use super::{Builder, Built, Node, Rule, mismatch};

impl Builder<'_> {
    pub(super) fn conj(&self, node: Node) -> Built<Conj> {
        Ok(Conj(self.children(node).map(|c| self.literal(c)).collect::<Built<_>>()?))
    }

    /// `negation? ~ (quantified | atom)`.
    fn literal(&self, node: Node) -> Built<Literal> {
        let span = self.span(&node);
        let mut children = self.children(node);
        let mut child = children.must()?;
        let negated = child.as_rule() == Rule::negation;
        if negated {
            child = children.must()?;
        }
        let quantified = child.as_rule() == Rule::quantified;
        let inner = self.children(child).must()?;
        let atom = if quantified { self.quantified(inner)? } else { self.atom(inner)? };
        Ok(Literal { negated, atom, span })
    }

    fn quantified(&self, node: Node) -> Built<Atom> {
        let quantifier = match node.as_rule() {
            Rule::every => Quantifier::Every,
            Rule::some => Quantifier::Some,
            _ => Quantifier::No,
        };
        let mut children = self.children(node);
        let over = self.call(children.must()?)?;
        let scoped = self.children(children.must()?).must()?;
        let body = match scoped.as_rule() {
            Rule::conj => self.conj(scoped)?,
            _ => Conj(vec![self.literal(scoped)?]),
        };
        Ok(Atom::Quantified { quantifier, over, body })
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
            Rule::todo => Atom::Todo(self.string(children.must()?)?),
            Rule::contains => {
                Atom::Contains { left: self.term(children.must()?)?, right: self.term(children.must()?)? }
            }
            Rule::is => {
                let left = self.name(children.must()?);
                let right = children.must()?;
                Atom::Is {
                    left,
                    right: match right.as_rule() {
                        Rule::string => Term::Text(self.string(right)?),
                        _ => Term::Var(self.name(right)),
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
            Rule::word_count => Operand::Words(self.term(self.children(child).must()?)?),
            Rule::shared_count => {
                let mut terms = self.children(child);
                Operand::Shared(self.term(terms.must()?)?, self.term(terms.must()?)?)
            }
            Rule::number => Operand::Number(self.number(&child)?),
            _ => Operand::Var(self.name(child)),
        })
    }

    fn term(&self, node: Node) -> Built<Term> {
        let child = self.children(node).must()?;
        Ok(match child.as_rule() {
            Rule::string => Term::Text(self.string(child)?),
            _ => Term::Var(self.name(child)),
        })
    }

    pub(super) fn call(&self, node: Node) -> Built<Call> {
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
}
