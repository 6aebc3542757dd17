//! Definitions, expanded where they are used. In: a literal as written; out: the literals it stands for, with the
//! caller's variables in place of the definition's parameters.

use super::super::ast::{self, Atom};
use super::super::diag::{Code, Diagnostic};
use super::super::span::Span;
use super::domain::{Entry, arity};
use super::scope::Scope;

/// A literal after definitions are expanded.
pub(super) enum Flat {
    Plain(ast::Literal),
    Not(Vec<Flat>, Span),
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
    if renames.is_empty() {
        return literal.clone();
    }
    let name = |n: &mut ast::Name| {
        if let Some((_, to)) = renames.iter().find(|(from, _)| *from == n.text) {
            *n = to.clone();
        }
    };
    let arguments = |call: &mut ast::Call| {
        for arg in &mut call.args {
            if let ast::Arg::Var(n) = arg {
                name(n);
            }
        }
    };
    let operand = |operand: &mut ast::Operand| match operand {
        ast::Operand::Var(n) => name(n),
        ast::Operand::Count(call) => arguments(call),
        ast::Operand::Number(_) | ast::Operand::Step => {}
    };
    let mut literal = literal.clone();
    match &mut literal.atom {
        Atom::Call(call) | Atom::Once { call, .. } | Atom::Available(call) => arguments(call),
        Atom::Repeated => {}
        Atom::Is { left, right } => {
            name(left);
            if let ast::IsRight::Var(right) = right {
                name(right);
            }
        }
        Atom::In { element, list } => {
            name(element);
            name(list);
        }
        Atom::Compare { left, right, .. } => {
            operand(left);
            operand(right);
        }
    }
    literal
}
