//! Names in conditions. In: conjunctions with the scope they stand in; out: their occurrences. What binds a variable comes
//! first, wherever it is written: that is where its definition is.

use super::super::ast::*;
use super::collect::Walk;
use super::{Hint, NameKind};

impl Walk<'_> {
    pub(super) fn conj(&mut self, scope: usize, conj: &Conj) {
        for literal in conj.0.iter().filter(|l| !l.negated) {
            match &literal.atom {
                Atom::Call(call) | Atom::Once { call, .. } | Atom::Available(call) => {
                    for arg in &call.args {
                        if let Arg::Var(name) = arg {
                            self.bind(scope, name, NameKind::Variable);
                        }
                    }
                }
                _ => {}
            }
        }
        for literal in conj.0.iter().filter(|l| !l.negated) {
            if let Atom::In { element, .. } = &literal.atom {
                self.bind(scope, element, NameKind::Variable);
            }
        }
        // What only a quantifier mentions is its own: all others go first.
        let (quantified, plain): (Vec<&Literal>, Vec<&Literal>) =
            conj.0.iter().partition(|l| matches!(l.atom, Atom::Quantified { .. }));
        for literal in plain.into_iter().chain(quantified) {
            self.atom(scope, literal);
        }
    }

    fn atom(&mut self, scope: usize, literal: &Literal) {
        match &literal.atom {
            Atom::Call(call) | Atom::Once { call, .. } | Atom::Available(call) => self.call(scope, call),
            Atom::Repeated | Atom::Todo(_) => {}
            Atom::Is { left, right } => {
                self.local(scope, left, Hint::None);
                match right {
                    Term::Var(name) => self.local(scope, name, Hint::None),
                    Term::Text(kind) => self.kind(kind),
                }
            }
            Atom::In { element, list } => {
                self.local(scope, element, Hint::Type("item".to_owned()));
                self.local(scope, list, Hint::None);
            }
            Atom::Contains { left, right } => {
                self.term(scope, left);
                self.term(scope, right);
            }
            Atom::Compare { left, right, .. } => {
                self.operand(scope, left);
                self.operand(scope, right);
            }
            Atom::Quantified { over, body, .. } => {
                let inner = self.open(Some(scope), literal.span);
                self.call(inner, over);
                self.conj(inner, body);
            }
        }
    }

    fn term(&mut self, scope: usize, term: &Term) {
        if let Term::Var(name) = term {
            self.local(scope, name, Hint::None);
        }
    }

    fn operand(&mut self, scope: usize, operand: &Operand) {
        match operand {
            Operand::Var(name) => self.local(scope, name, Hint::None),
            Operand::Count(call) => self.call(scope, call),
            Operand::Words(text) => self.term(scope, text),
            Operand::Shared(a, b) => {
                self.term(scope, a);
                self.term(scope, b);
            }
            Operand::Number(_) | Operand::Step => {}
        }
    }

    pub(super) fn call(&mut self, scope: usize, call: &Call) {
        self.declared(&call.name);
        for (position, arg) in call.args.iter().enumerate() {
            if let Arg::Var(name) = arg {
                self.local(scope, name, Hint::Argument(call.name.text.clone(), position));
            }
        }
    }
}
