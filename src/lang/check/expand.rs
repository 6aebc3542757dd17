//! Definitions, expanded where they are used. In: a literal as written; out: the literals it stands for, with the
//! caller's variables in place of the definition's parameters.

use super::super::ast::{self, Atom};
use super::super::diag::{Code, Diagnostic};
use super::super::span::Span;
use super::domain::arity;
use super::scope::Scope;
use super::table::Entry;

/// A literal after definitions are expanded.
pub(super) enum Flat {
    /// Anything but a quantifier.
    Plain(ast::Literal),
    Not(Vec<Flat>, Span),
    Quantified {
        quantifier: ast::Quantifier,
        over: ast::Call,
        body: Vec<Flat>,
        negated: bool,
        span: Span,
    },
}

impl Flat {
    /// Literals in all, those inside brackets and definitions included.
    pub(super) fn size(&self) -> usize {
        match self {
            Flat::Plain(_) => 1,
            Flat::Not(inner, _) => inner.iter().map(Flat::size).sum(),
            Flat::Quantified { body, .. } => 1 + body.iter().map(Flat::size).sum::<usize>(),
        }
    }
}

impl Scope<'_> {
    /// Expands definitions; `renames` maps a definition's parameters to the caller's variables.
    pub(super) fn flatten(
        &mut self,
        literal: &ast::Literal,
        renames: &[(String, ast::Name)],
        path: &mut Vec<usize>,
        out: &mut Vec<Flat>,
    ) {
        if let Atom::Quantified { quantifier, .. } = &literal.atom {
            let mut renames = renames.to_vec();
            // A definition's own variables must not meet the caller's: names that nobody can write keep them apart.
            if !path.is_empty() {
                each_name(&mut literal.clone(), &mut |name| {
                    if !renames.iter().any(|(from, _)| *from == name.text) {
                        let fresh = ast::Name { text: format!("{}'{}", name.text, path.len()), span: name.span };
                        renames.push((name.text.clone(), fresh));
                    }
                });
            }
            let Atom::Quantified { over, .. } = renamed(literal, &renames).atom else { return };
            let Atom::Quantified { body: written, .. } = &literal.atom else { return };
            let mut body = Vec::new();
            for part in &written.0 {
                self.flatten(part, &renames, path, &mut body);
            }
            let (quantifier, negated, span) = (*quantifier, literal.negated, literal.span);
            return out.push(Flat::Quantified { quantifier, over, body, negated, span });
        }
        let literal = renamed(literal, renames);
        let Atom::Call(call) = &literal.atom else { return out.push(Flat::Plain(literal)) };
        let Some(Entry::Define(index)) = self.table.find(&call.name.text) else {
            return out.push(Flat::Plain(literal));
        };
        let define = &self.table.defines[index];
        if path.contains(&index) {
            return self.report(
                Diagnostic::error(Code::Recursive, format!("the definition `{}` uses itself", call.name.text))
                    .label(call.span, "here"),
            );
        }
        if call.args.len() != define.params.len() {
            return self.report(arity(call, define.params.len()));
        }
        let mut inner = Vec::new();
        for (param, arg) in define.params.iter().zip(&call.args) {
            match arg {
                ast::Arg::Var(name) => inner.push((param.name.clone(), name.clone())),
                ast::Arg::Any(span) => {
                    return self.report(
                        Diagnostic::error(Code::Arity, format!("`{}` needs a variable here", call.name.text))
                            .label(*span, "`_` cannot stand for a definition's argument"),
                    );
                }
            }
        }
        path.push(index);
        let mut expanded = Vec::new();
        for part in &define.body.0 {
            self.flatten(part, &inner, path, &mut expanded);
        }
        path.pop();
        match literal.negated {
            true => out.push(Flat::Not(expanded, literal.span)),
            false => out.append(&mut expanded),
        }
    }
}

/// The literal with a definition's parameters replaced by the caller's variables.
fn renamed(literal: &ast::Literal, renames: &[(String, ast::Name)]) -> ast::Literal {
    let mut literal = literal.clone();
    if !renames.is_empty() {
        each_name(&mut literal, &mut |name| {
            if let Some((_, to)) = renames.iter().find(|(from, _)| *from == name.text) {
                *name = to.clone();
            }
        });
    }
    literal
}

/// Calls `visit` on every variable of the literal, those inside a quantifier included.
fn each_name(literal: &mut ast::Literal, visit: &mut dyn FnMut(&mut ast::Name)) {
    fn arguments(call: &mut ast::Call, visit: &mut dyn FnMut(&mut ast::Name)) {
        for arg in &mut call.args {
            if let ast::Arg::Var(name) = arg {
                visit(name);
            }
        }
    }
    fn term(term: &mut ast::Term, visit: &mut dyn FnMut(&mut ast::Name)) {
        if let ast::Term::Var(name) = term {
            visit(name);
        }
    }
    fn operand(operand: &mut ast::Operand, visit: &mut dyn FnMut(&mut ast::Name)) {
        match operand {
            ast::Operand::Var(name) => visit(name),
            ast::Operand::Count(call) => arguments(call, visit),
            ast::Operand::Words(text) => term(text, visit),
            ast::Operand::Shared(a, b) => {
                term(a, visit);
                term(b, visit);
            }
            ast::Operand::Number(_) | ast::Operand::Step => {}
        }
    }
    match &mut literal.atom {
        Atom::Call(call) | Atom::Once { call, .. } | Atom::Available(call) => arguments(call, visit),
        Atom::Repeated | Atom::Todo(_) => {}
        Atom::Is { left, right } => {
            visit(left);
            term(right, visit);
        }
        Atom::In { element, list } => {
            visit(element);
            visit(list);
        }
        Atom::Contains { left, right } => {
            term(left, visit);
            term(right, visit);
        }
        Atom::Compare { left, right, .. } => {
            operand(left, visit);
            operand(right, visit);
        }
        Atom::Quantified { over, body, .. } => {
            arguments(over, visit);
            body.0.iter_mut().for_each(|part| each_name(part, visit));
        }
    }
}
