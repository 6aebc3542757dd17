//! Variables and conditions. In: conjunctions as written; out: literals with slots and types, in an order in which
//! every literal finds what it needs bound, or findings that say which variable nothing binds.

use super::super::ast::{self, Atom};
use super::super::checked::{Arg, IsRight, Literal, Operand, Variable};
use super::super::diag::{Code, Diagnostic};
use super::super::pattern::Type;
use super::super::span::Span;
use super::domain::{Entry, Table, arity};
use super::expand::Flat;
use super::{limits, too_many, unknown};
use crate::text;

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
    span: Span,
}

/// The variables of one rule, statement, assertion or cause while it is checked.
pub(super) struct Scope<'t> {
    pub(super) table: &'t Table,
    reads: Reads,
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
        self.slots.push(Slot { name: name.to_owned(), ty, bound: false, outer: true, uses: 0, span });
    }

    /// A variable that an outer scope has bound.
    pub(super) fn outer(&mut self, name: &str, ty: Type, span: Span) {
        self.slots.push(Slot { name: name.to_owned(), ty, bound: true, outer: true, uses: 0, span });
    }

    /// A scope inside this one: all its variables are bound outside.
    pub(super) fn inner(&self) -> Scope<'t> {
        let mut inner = Scope::new(self.table, self.reads);
        inner.unreadable.clone_from(&self.unreadable);
        for slot in &self.slots {
            inner.outer(&slot.name, slot.ty, slot.span);
        }
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
        self.slots.iter().position(|s| s.name == name).map(|i| (i, self.slots[i].ty, self.slots[i].bound))
    }

    pub(super) fn use_slot(&mut self, slot: usize) {
        self.slots[slot].uses += 1;
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
        let unused = |s: &&Slot| !s.outer && s.uses == 1 && !self.unreadable.contains(&s.name);
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
        if let Some(diagnostic) = too_many("conditions", flat.len(), limits::LITERALS, whole) {
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
    fn declare_binders(&mut self, flat: &[Flat]) {
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

    fn enter(&mut self, name: &ast::Name, ty: Type) {
        if self.slot(&name.text).is_none() {
            let (text, span) = (name.text.clone(), name.span);
            self.slots.push(Slot { name: text, ty, bound: false, outer: false, uses: 0, span });
        }
    }

    /// Takes the first literal whose needs are bound, again and again; what is left over has an unbound variable.
    fn order(&mut self, mut flat: Vec<Flat>) -> Vec<Literal> {
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
        let free = |name: &ast::Name| match self.slot(&name.text) {
            Some((_, _, true)) => None,
            _ => Some(name.clone()),
        };
        let arguments = |call: &ast::Call| {
            call.args.iter().find_map(|arg| if let ast::Arg::Var(name) = arg { free(name) } else { None })
        };
        let operand = |operand: &ast::Operand| match operand {
            ast::Operand::Var(name) => free(name),
            ast::Operand::Count(call) => arguments(call),
            ast::Operand::Number(_) | ast::Operand::Step => None,
        };
        match flat {
            Flat::Not(inner, _) => inner.iter().find_map(|f| self.unbound_name(f)),
            Flat::Plain(literal) => match &literal.atom {
                Atom::Call(call) | Atom::Once { call, .. } | Atom::Available(call) => arguments(call),
                Atom::Repeated => None,
                Atom::Is { left, right } => free(left).or_else(|| match right {
                    ast::IsRight::Var(right) => free(right),
                    ast::IsRight::Text(_) => None,
                }),
                Atom::In { element, list } => free(list).or_else(|| if literal.negated { free(element) } else { None }),
                Atom::Compare { left, right, .. } => operand(left).or_else(|| operand(right)),
            },
        }
    }

    fn resolve(&mut self, flat: Flat) -> Option<Literal> {
        match flat {
            Flat::Not(inner, _) => {
                let inner: Vec<Literal> = inner.into_iter().filter_map(|f| self.resolve(f)).collect();
                Some(Literal::Not(inner))
            }
            Flat::Plain(literal) => {
                let resolved = self.atom(&literal)?;
                Some(if literal.negated { Literal::Not(vec![resolved]) } else { resolved })
            }
        }
    }

    fn atom(&mut self, literal: &ast::Literal) -> Option<Literal> {
        let binds = !literal.negated;
        let stateful =
            matches!(&literal.atom, Atom::Call(_) | Atom::Is { .. } | Atom::In { .. } | Atom::Compare { .. });
        if self.reads == Reads::State && !stateful {
            self.only_state(literal.span);
            return None;
        }
        match &literal.atom {
            Atom::Call(call) => {
                let entry = self.find(call, "event, fluent or task", |_| true)?;
                if self.reads == Reads::State && !matches!(entry, Entry::Fluent(_)) {
                    self.only_state(literal.span);
                    return None;
                }
                let args = self.call(entry, call, binds)?;
                match entry {
                    Entry::Event(event) => Some(Literal::Event { event, args }),
                    Entry::Fluent(fluent) => Some(Literal::Fluent { fluent, args }),
                    Entry::Task(task) => Some(Literal::Task { task, args }),
                    Entry::Define(_) => None,
                }
            }
            Atom::Once { call, within } => {
                let Entry::Event(event) = self.event(call)? else { return None };
                Some(Literal::Once { event, args: self.call(Entry::Event(event), call, binds)?, within: *within })
            }
            Atom::Available(call) => {
                let Entry::Event(event) = self.event(call)? else { return None };
                self.needs_action(event, call);
                Some(Literal::Available { event, args: self.call(Entry::Event(event), call, binds)? })
            }
            Atom::Repeated => Some(Literal::Repeated),
            Atom::Is { left, right } => self.is(left, right),
            Atom::In { element, list } => {
                let (element_slot, element_ty, _) = self.slot(&element.text)?;
                let (list_slot, list_ty, _) = self.slot(&list.text)?;
                self.fits(list, list_ty, |ty| ty == Type::List, "a list");
                self.fits(element, element_ty, |ty| matches!(ty, Type::Item | Type::Kind), "an item or a kind");
                self.use_slot(element_slot);
                self.use_slot(list_slot);
                self.slots[element_slot].bound |= binds;
                Some(Literal::In { element: element_slot, list: list_slot })
            }
            Atom::Compare { left, op, right } => Some(Literal::Compare {
                left: self.operand(left, literal.span)?,
                op: *op,
                right: self.operand(right, literal.span)?,
            }),
        }
    }

    fn only_state(&mut self, span: Span) {
        self.report(
            Diagnostic::error(Code::WrongKind, "a cause's `with` reads fluents and compares captures, nothing else")
                .label(span, "not here"),
        );
    }

    fn is(&mut self, left: &ast::Name, right: &ast::IsRight) -> Option<Literal> {
        let (left_slot, left_ty, _) = self.slot(&left.text)?;
        self.fits(left, left_ty, Type::is_wordy, "an item, a kind or words");
        self.use_slot(left_slot);
        let right = match right {
            ast::IsRight::Var(right) => {
                let (slot, ty, _) = self.slot(&right.text)?;
                self.fits(right, ty, Type::is_wordy, "an item, a kind or words");
                self.use_slot(slot);
                IsRight::Var(slot)
            }
            ast::IsRight::Text(right) => {
                let canonical = text::canonical(&right.value, &text::lex(&right.value));
                if canonical.is_empty() {
                    self.report(Diagnostic::error(Code::TypeClash, "an empty kind").label(right.span, "no word in it"));
                }
                IsRight::Text(canonical)
            }
        };
        Some(Literal::Is { left: left_slot, right })
    }

    fn operand(&mut self, operand: &ast::Operand, span: Span) -> Option<Operand> {
        match operand {
            ast::Operand::Number(number) => Some(Operand::Number(*number)),
            ast::Operand::Step => match self.reads {
                Reads::Everything => Some(Operand::Step),
                Reads::State => {
                    self.report(
                        Diagnostic::error(Code::WrongKind, "a cause's `with` cannot count steps")
                            .label(span, "not here"),
                    );
                    None
                }
            },
            ast::Operand::Var(name) => {
                let (slot, ty, _) = self.slot(&name.text)?;
                self.fits(name, ty, |ty| ty == Type::Number, "a number");
                self.use_slot(slot);
                Some(Operand::Var(slot))
            }
            ast::Operand::Count(call) => {
                let entry = self.find(call, "event or fluent", |e| matches!(e, Entry::Event(_) | Entry::Fluent(_)))?;
                let args = self.call(entry, call, false)?;
                match entry {
                    Entry::Fluent(fluent) => Some(Operand::CountRows { fluent, args }),
                    Entry::Event(event) if self.reads == Reads::Everything => {
                        Some(Operand::CountEvents { event, args })
                    }
                    _ => {
                        self.only_state(call.span);
                        None
                    }
                }
            }
        }
    }

    fn fits(&mut self, name: &ast::Name, ty: Type, fits: impl Fn(Type) -> bool, wanted: &str) {
        if !fits(ty) {
            let message = format!("`{}` is of type {}; {wanted} is needed here", name.text, ty.name());
            self.report(Diagnostic::error(Code::TypeClash, message).label(name.span, "here"));
        }
    }

    /// The entry a call names, if it is of a kind that fits here.
    fn find(&mut self, call: &ast::Call, what: &str, fits: impl Fn(Entry) -> bool) -> Option<Entry> {
        match self.table.find(&call.name.text) {
            Some(entry) if fits(entry) => Some(entry),
            Some(entry) => {
                let message = format!("`{}` is {}; an {what} is needed here", call.name.text, entry.kind());
                self.report(Diagnostic::error(Code::WrongKind, message).label(call.name.span, "here"));
                None
            }
            None => {
                let diagnostic = unknown(what, &call.name, self.table.names(fits));
                self.report(diagnostic);
                None
            }
        }
    }

    /// The event a call names.
    pub(super) fn event(&mut self, call: &ast::Call) -> Option<Entry> {
        self.find(call, "event", |e| matches!(e, Entry::Event(_)))
    }

    /// Reports an event that no action can be.
    pub(super) fn needs_action(&mut self, event: usize, call: &ast::Call) {
        if !self.table.domain.events[event].has_action() {
            self.report(
                Diagnostic::error(Code::NoAction, format!("`{}` is only ever observed, never done", call.name.text))
                    .label(call.name.span, "an action is needed here")
                    .help("name an event that has an `action \"…\"` form"),
            );
        }
    }

    /// The arguments of a call; with `binds` its variables are bound from here on. `None` if they do not fit.
    pub(super) fn call(&mut self, entry: Entry, call: &ast::Call, binds: bool) -> Option<Vec<Arg>> {
        let params = self.table.params(entry).to_vec();
        if params.len() != call.args.len() {
            self.report(arity(call, params.len()));
            return None;
        }
        let mut args = Vec::new();
        for (arg, param) in call.args.iter().zip(&params) {
            args.push(match arg {
                ast::Arg::Any(_) => Arg::Any,
                ast::Arg::Var(name) => {
                    if binds {
                        self.enter(name, param.ty);
                    }
                    let (slot, ty, _) = self.slot(&name.text)?;
                    self.use_slot(slot);
                    self.slots[slot].bound |= binds;
                    if ty != param.ty {
                        self.clash(name, ty, &param.name, param.ty, call);
                    }
                    Arg::Var(slot)
                }
            });
        }
        Some(args)
    }

    fn clash(&mut self, name: &ast::Name, ty: Type, param: &str, wanted: Type, call: &ast::Call) {
        let message = format!(
            "`{}` is of type {}, but `{param}` of `{}` is of type {}",
            name.text,
            ty.name(),
            call.name.text,
            wanted.name()
        );
        let diagnostic = Diagnostic::error(Code::TypeClash, message).label(name.span, "here");
        self.report(match ty.is_wordy() && wanted.is_wordy() {
            true => diagnostic.help(format!(
                "take another variable and compare: `{}(…, y, …) and y is {}`",
                call.name.text, name.text
            )),
            false => diagnostic,
        });
    }
}

fn unsafe_name(name: &ast::Name, span: Span) -> Diagnostic {
    Diagnostic::error(Code::Unsafe, format!("`{}` is not bound outside this `not` or `count`", name.text))
        .label(span, "its value would be nobody's")
        .help(format!("bind `{}` by an event or a fluent first, or write `_` for \"any\"", name.text))
}
