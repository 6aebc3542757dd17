//! Variables and conditions. In: conjunctions as written; out: literals with slots and types, in an order in which
//! every literal finds what it needs bound, or findings that say which variable nothing binds. `resolve` turns the single
//! literals into checked ones.

use super::super::ast::{self, Atom};
use super::super::checked::{Literal, Variable};
use super::super::diag::{Code, Diagnostic};
use super::super::pattern::Type;
use super::super::span::Span;
use super::expand::Flat;
use super::table::Table;
use super::{limits, too_many};

/// What a condition may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// Fluents, comparisons and lists only: the `with` of a cause.
    State,
    Everything,
}

struct Slot {
    name: String,
    ty: Type,
    bound: bool,
    /// Written in an outer scope: used there, so never "used once".
    outer: bool,
    uses: u32,
    /// A quantifier's own variable, whose quantifier is closed: no name reaches it any more.
    hidden: bool,
    span: Span,
}

/// The variables of one rule, statement, assertion or cause while it is checked.
pub(super) struct Scope<'t> {
    pub(super) table: &'t Table,
    pub(super) reads: Reads,
    slots: Vec<Slot>,
    /// Variables of calls that could not be read: what is said of them would only repeat that finding.
    unreadable: Vec<String>,
    diagnostics: Vec<Diagnostic>,
}

impl<'t> Scope<'t> {
    pub(super) fn new(table: &'t Table, reads: Reads) -> Self {
        Scope { table, reads, slots: Vec::new(), unreadable: Vec::new(), diagnostics: Vec::new() }
    }

    /// A variable of this scope that something in it must still bind.
    pub(super) fn declare(&mut self, name: &str, ty: Type, span: Span) {
        self.slots.push(Slot { name: name.to_owned(), ty, bound: false, outer: true, uses: 0, hidden: false, span });
    }

    /// A variable that an outer scope has bound.
    pub(super) fn outer(&mut self, name: &str, ty: Type, span: Span) {
        self.slots.push(Slot { name: name.to_owned(), ty, bound: true, outer: true, uses: 0, hidden: false, span });
    }

    /// A scope inside this one: all its variables are bound outside.
    pub(super) fn inner(&self) -> Scope<'t> {
        let mut inner = Scope::new(self.table, self.reads);
        inner.unreadable.clone_from(&self.unreadable);
        for slot in &self.slots {
            inner.outer(&slot.name, slot.ty, slot.span);
        }
        inner.slots.iter_mut().zip(&self.slots).for_each(|(inner, outer)| inner.hidden = outer.hidden);
        inner
    }

    /// Marks variables that an inner scope has used as used here.
    pub(super) fn used_inside(&mut self, inner: &Scope) {
        for (slot, used) in self.slots.iter_mut().zip(&inner.slots) {
            slot.uses += used.uses;
        }
    }

    /// Forgets bindings beyond the outer variables, for the next `or when`; types and slots stay.
    pub(super) fn unbind(&mut self) {
        self.slots.iter_mut().filter(|s| !s.outer).for_each(|s| s.bound = false);
    }

    pub(super) fn bound(&self) -> Vec<bool> {
        self.slots.iter().map(|s| s.bound).collect()
    }

    pub(super) fn set_bound(&mut self, bound: &[bool]) {
        self.slots.iter_mut().zip(bound).for_each(|(slot, bound)| slot.bound = *bound);
    }

    /// Whether the variable stands in a call that could not be read.
    pub(super) fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable.iter().any(|n| n == name)
    }

    pub(super) fn note_unreadable(&mut self, name: &str) {
        self.unreadable.push(name.to_owned());
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn failed(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    pub(super) fn variables(&self) -> Vec<Variable> {
        self.slots.iter().map(|s| Variable { name: s.name.clone(), ty: s.ty }).collect()
    }

    pub(super) fn slot(&self, name: &str) -> Option<(usize, Type, bool)> {
        self.slots.iter().position(|s| !s.hidden && s.name == name).map(|i| (i, self.slots[i].ty, self.slots[i].bound))
    }

    pub(super) fn use_slot(&mut self, slot: usize) {
        self.slots[slot].uses += 1;
    }

    /// Where the variable was first written.
    pub(super) fn span_of(&self, slot: usize) -> Span {
        self.slots.get(slot).map_or(Span::default(), |s| s.span)
    }

    pub(super) fn bind(&mut self, slot: usize) {
        self.slots[slot].bound = true;
    }

    /// The first variable beyond `count` that the reader has written, a quantifier's own left out.
    pub(super) fn visible_beyond(&self, count: usize) -> Option<&str> {
        self.slots.get(count..)?.iter().find(|s| !s.hidden).map(|s| s.name.as_str())
    }

    pub(super) fn slot_count(&self) -> usize {
        self.slots.len()
    }

    /// Closes a quantifier: the variables entered since there were `from` are its own.
    pub(super) fn hide(&mut self, from: usize) {
        self.slots[from..].iter_mut().for_each(|s| (s.hidden, s.bound) = (true, false));
    }

    /// How often this scope has used the slot.
    pub(super) fn uses(&self, slot: usize) -> u32 {
        self.slots.get(slot).map_or(0, |s| s.uses)
    }

    /// Whether the slot belongs to the skill's `for`, whose value never changes in an episode.
    pub(super) fn is_task_variable(&self, slot: usize) -> bool {
        self.slots.get(slot).is_some_and(|s| s.outer)
    }

    /// Findings, and whether one of them is an error.
    pub(super) fn finish(self) -> (Vec<Diagnostic>, bool) {
        let failed = self.failed();
        (self.diagnostics, failed)
    }

    /// The first `count` slots must be bound by now.
    pub(super) fn require_bound(&mut self, count: usize, span: Span) {
        let missing: Vec<String> =
            self.slots[..count].iter().filter(|s| !s.bound).map(|s| format!("`{}`", s.name)).collect();
        if !missing.is_empty() {
            self.report(
                Diagnostic::error(Code::Unbound, format!("nothing here gives {} a value", missing.join(" and ")))
                    .label(span, "this cause")
                    .help("a fact needs a value for every parameter: name it in the event or in the `with` condition"),
            );
        }
    }

    /// Variables written once do nothing that `_` would not do.
    /// Where something else is wrong, its use may be what is missing: nothing is said.
    pub(super) fn warn_unused(&mut self) {
        if self.failed() {
            return;
        }
        // A definition's quantifiers are told of where the definition stands.
        let foreign = |s: &Slot| s.name.contains('\'');
        let unused = |s: &&Slot| !s.outer && s.uses == 1 && !foreign(s) && !self.unreadable.contains(&s.name);
        for slot in self.slots.iter().filter(unused) {
            self.diagnostics.push(
                Diagnostic::error(Code::Unused, format!("`{}` is used only once", slot.name))
                    .label(slot.span, "here")
                    .help("write `_` for what does not matter")
                    .fix("replace by `_`", slot.span, "_"),
            );
        }
    }

    /// A conjunction whose variables are bound by it or before it.
    pub(super) fn conj(&mut self, conj: &ast::Conj) -> Vec<Literal> {
        let mut flat = Vec::new();
        for literal in &conj.0 {
            self.flatten(literal, &[], &mut Vec::new(), &mut flat);
        }
        let whole = conj.0.first().zip(conj.0.last()).map_or(Span::default(), |(a, b)| a.span.to(b.span));
        if let Some(diagnostic) = too_many("conditions", flat.iter().map(Flat::size).sum(), limits::LITERALS, whole) {
            self.report(diagnostic);
            return Vec::new();
        }
        self.declare_binders(&flat);
        let literals = self.order(flat);
        if let Some(diagnostic) = too_many("variables", self.slots.len(), limits::VARIABLES, whole) {
            self.report(diagnostic);
        }
        literals
    }

    /// Enters the variables that literals of this conjunction can bind, so that their types are known everywhere.
    pub(super) fn declare_binders(&mut self, flat: &[Flat]) {
        let plain = || flat.iter().filter_map(|f| if let Flat::Plain(l) = f { Some(l) } else { None });
        for literal in plain().filter(|l| !l.negated) {
            let (Atom::Call(call) | Atom::Once { call, .. } | Atom::Available(call)) = &literal.atom else { continue };
            let found = self.table.find(&call.name.text).map(|entry| self.table.params(entry));
            let Some(params) = found.filter(|params| params.len() == call.args.len()) else {
                let names = call.args.iter().filter_map(|arg| match arg {
                    ast::Arg::Var(name) => Some(name.text.clone()),
                    ast::Arg::Any(_) => None,
                });
                self.unreadable.extend(names);
                continue;
            };
            for (arg, param) in call.args.iter().zip(params) {
                if let ast::Arg::Var(name) = arg {
                    self.enter(name, param.ty);
                }
            }
        }
        for literal in plain().filter(|l| !l.negated) {
            if let Atom::In { element, .. } = &literal.atom {
                self.enter(element, Type::Item);
            }
        }
    }

    pub(super) fn enter(&mut self, name: &ast::Name, ty: Type) {
        if self.slot(&name.text).is_none() {
            let (text, span) = (name.text.clone(), name.span);
            self.slots.push(Slot { name: text, ty, bound: false, outer: false, uses: 0, hidden: false, span });
        }
    }

    /// Takes the first literal whose needs are bound, again and again; what is left over has an unbound variable.
    pub(super) fn order(&mut self, mut flat: Vec<Flat>) -> Vec<Literal> {
        let mut ordered = Vec::new();
        while !flat.is_empty() {
            let Some(ready) = flat.iter().position(|f| self.unmet(f).is_none()) else {
                let told = |f: &&Flat| !self.unbound_name(f).is_some_and(|name| self.is_unreadable(&name.text));
                let unmet: Vec<Diagnostic> = flat.iter().filter(told).filter_map(|f| self.unmet(f)).collect();
                self.diagnostics.extend(unmet);
                break;
            };
            let literal = flat.remove(ready);
            ordered.extend(self.resolve(literal));
        }
        ordered
    }

    /// The finding to report if this literal never gets what it needs.
    fn unmet(&self, flat: &Flat) -> Option<Diagnostic> {
        match flat {
            Flat::Not(inner, span) => {
                inner.iter().find_map(|f| self.unbound_name(f)).map(|name| unsafe_name(&name, *span))
            }
            Flat::Quantified { span, .. } => self.unbound_name(flat).map(|name| unsafe_name(&name, *span)),
            Flat::Plain(literal) => {
                let name = self.unbound_name(flat)?;
                let binds = matches!(literal.atom, Atom::Call(_) | Atom::Once { .. } | Atom::Available(_));
                let counted = matches!(&literal.atom, Atom::Compare { left, right, .. }
                    if matches!(left, ast::Operand::Count(_)) || matches!(right, ast::Operand::Count(_)));
                match (binds && !literal.negated, literal.negated && binds || counted) {
                    (true, _) => None,
                    (_, true) => Some(unsafe_name(&name, literal.span)),
                    _ => Some(self.unbound(&name)),
                }
            }
        }
    }

    fn unbound(&self, name: &ast::Name) -> Diagnostic {
        let known = self.slots.iter().map(|s| s.name.as_str()).filter(|n| *n != name.text);
        let diagnostic = Diagnostic::error(Code::Unbound, format!("nothing binds `{}`", name.text))
            .label(name.span, "not bound here");
        match super::super::diag::nearest(&name.text, known) {
            Some(near) => diagnostic
                .help(format!("did you mean `{near}`? A kind stands in quotes: `\"{}\"`", name.text))
                .unsafe_fix(format!("rename to `{near}`"), name.span, near),
            None => diagnostic.help(format!(
                "an event, a fluent or `for` must give it a value; if a kind is meant, quote it: `\"{}\"`",
                name.text
            )),
        }
    }

    /// The first variable that must be bound before this literal and is not.
    fn unbound_name(&self, flat: &Flat) -> Option<ast::Name> {
        self.unbound_among(flat, &|_| true)
    }

    /// As [`Scope::unbound_name`], of the variables that `counts` lets through.
    fn unbound_among(&self, flat: &Flat, counts: &dyn Fn(&ast::Name) -> bool) -> Option<ast::Name> {
        let free = |name: &ast::Name| match self.slot(&name.text) {
            Some((_, _, true)) => None,
            _ => counts(name).then(|| name.clone()),
        };
        let arguments = |call: &ast::Call| {
            call.args.iter().find_map(|arg| if let ast::Arg::Var(name) = arg { free(name) } else { None })
        };
        let term = |term: &ast::Term| if let ast::Term::Var(name) = term { free(name) } else { None };
        let operand = |operand: &ast::Operand| match operand {
            ast::Operand::Var(name) => free(name),
            ast::Operand::Count(call) => arguments(call),
            ast::Operand::Words(text) => term(text),
            ast::Operand::Shared(a, b) => term(a).or_else(|| term(b)),
            ast::Operand::Number(_) | ast::Operand::Step => None,
        };
        match flat {
            Flat::Not(inner, _) => inner.iter().find_map(|f| self.unbound_among(f, counts)),
            // Names that this scope does not know are the quantifier's own.
            Flat::Quantified { over, body, .. } => {
                let known = |name: &ast::Name| counts(name) && self.slot(&name.text).is_some();
                let over = over.args.iter().find_map(|arg| match arg {
                    ast::Arg::Var(name) if known(name) => free(name),
                    _ => None,
                });
                over.or_else(|| body.iter().find_map(|f| self.unbound_among(f, &known)))
            }
            Flat::Plain(literal) => match &literal.atom {
                Atom::Call(call) | Atom::Once { call, .. } | Atom::Available(call) => arguments(call),
                Atom::Repeated | Atom::Todo(_) => None,
                Atom::Is { left, right } => free(left).or_else(|| term(right)),
                Atom::Contains { left, right } => term(left).or_else(|| term(right)),
                // Flattening has made these what the arm above reads.
                Atom::Quantified { .. } => None,
                Atom::In { element, list } => free(list).or_else(|| if literal.negated { free(element) } else { None }),
                Atom::Compare { left, right, .. } => operand(left).or_else(|| operand(right)),
            },
        }
    }
}

fn unsafe_name(name: &ast::Name, span: Span) -> Diagnostic {
    Diagnostic::error(Code::Unsafe, format!("`{}` is not bound outside this `not` or `count`", name.text))
        .label(span, "its value would be nobody's")
        .help(format!("bind `{}` by an event or a fluent first, or write `_` for \"any\"", name.text))
}
