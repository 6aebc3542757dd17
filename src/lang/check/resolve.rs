//! Single literals of a condition. In: a literal whose needs are bound; out: its checked form, or findings about names, types
//! and arguments.

use super::super::ast::{self, Atom};
use super::super::checked::{Arg, IsRight, Literal, Operand, Term};
use super::super::diag::{Code, Diagnostic};
use super::super::pattern::Type;
use super::super::span::Span;
use super::domain::arity;
use super::expand::Flat;
use super::scope::{Reads, Scope};
use super::table::Entry;
use super::unknown;
use crate::text;

/// An event, fluent, task or table as a literal.
fn fact(entry: Entry, args: Vec<Arg>) -> Option<Literal> {
    Some(match entry {
        Entry::Event(event) => Literal::Event { event, args },
        Entry::Fluent(fluent) => Literal::Fluent { fluent, args },
        Entry::Task(task) => Literal::Task { task, args },
        Entry::Table(table) => Literal::Table { table, args },
        Entry::Define(_) | Entry::Type(_) | Entry::Kind(_) => return None,
    })
}

impl Scope<'_> {
    pub(super) fn resolve(&mut self, flat: Flat) -> Option<Literal> {
        match flat {
            Flat::Not(inner, _) => {
                let inner: Vec<Literal> = inner.into_iter().filter_map(|f| self.resolve(f)).collect();
                Some(Literal::Not(inner))
            }
            Flat::Quantified { quantifier, over, body, negated, span } => {
                let resolved = self.quantified(quantifier, &over, body, span)?;
                Some(if negated { Literal::Not(vec![resolved]) } else { resolved })
            }
            Flat::Plain(literal) => {
                let resolved = self.atom(&literal)?;
                Some(if literal.negated { Literal::Not(vec![resolved]) } else { resolved })
            }
        }
    }

    /// `every|some|no over: body`. What nothing outside binds is the quantifier's own and forgotten after it.
    fn quantified(
        &mut self,
        quantifier: ast::Quantifier,
        over: &ast::Call,
        body: Vec<Flat>,
        span: Span,
    ) -> Option<Literal> {
        let before = self.slot_count();
        let fits = |e: Entry| matches!(e, Entry::Event(_) | Entry::Fluent(_) | Entry::Task(_) | Entry::Table(_));
        let entry = self.find(over, "event, fluent, task or table", fits)?;
        if self.reads == Reads::State && !matches!(entry, Entry::Fluent(_) | Entry::Table(_)) {
            self.only_state(span);
            return None;
        }
        let args = self.call(entry, over, true);
        self.declare_binders(&body);
        let then = self.order(body);
        self.hide(before);
        let over = Box::new(fact(entry, args?)?);
        Some(Literal::Quantified { quantifier, over, then })
    }

    fn atom(&mut self, literal: &ast::Literal) -> Option<Literal> {
        let binds = !literal.negated;
        let stateful = matches!(
            &literal.atom,
            Atom::Call(_) | Atom::Is { .. } | Atom::In { .. } | Atom::Compare { .. } | Atom::Contains { .. }
        );
        if self.reads == Reads::State && !stateful {
            self.only_state(literal.span);
            return None;
        }
        match &literal.atom {
            Atom::Call(call) => {
                let callable = |e: Entry| !matches!(e, Entry::Type(_) | Entry::Kind(_));
                let entry = self.find(call, "event, fluent or task", callable)?;
                if self.reads == Reads::State && !matches!(entry, Entry::Fluent(_) | Entry::Table(_)) {
                    self.only_state(literal.span);
                    return None;
                }
                let args = self.call(entry, call, binds)?;
                fact(entry, args)
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
            Atom::Todo(_) => Some(Literal::Todo),
            Atom::Contains { left, right } => {
                Some(Literal::Contains { left: self.term(left)?, right: self.term(right)? })
            }
            // Flattening leaves none.
            Atom::Quantified { .. } => None,
            Atom::Is { left, right } => self.is(left, right),
            Atom::In { element, list } => {
                let (element_slot, element_ty, _) = self.slot(&element.text)?;
                let (list_slot, list_ty, _) = self.slot(&list.text)?;
                self.fits(list, list_ty, |ty| ty == Type::List, "a list");
                self.fits(element, element_ty, |ty| matches!(ty, Type::Item | Type::Kind), "an item or a kind");
                self.use_slot(element_slot);
                self.use_slot(list_slot);
                if binds {
                    self.bind(element_slot);
                }
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

    fn is(&mut self, left: &ast::Name, right: &ast::Term) -> Option<Literal> {
        let (left_slot, left_ty, _) = self.slot(&left.text)?;
        self.fits(left, left_ty, Type::is_wordy, "an item, a kind or words");
        self.use_slot(left_slot);
        let right = match right {
            ast::Term::Var(right) => {
                let (slot, ty, _) = self.slot(&right.text)?;
                self.fits(right, ty, Type::is_wordy, "an item, a kind or words");
                self.use_slot(slot);
                IsRight::Var(slot)
            }
            ast::Term::Text(right) => match self.table.group(&right.value) {
                Some(kinds) => IsRight::OneOf(kinds.to_vec()),
                None => IsRight::Text(self.canonical(right, "an empty kind")),
            },
        };
        Some(Literal::Is { left: left_slot, right })
    }

    fn canonical(&mut self, text: &ast::Str, empty: &str) -> String {
        let canonical = text::canonical(&text.value, &text::lex(&text.value));
        if canonical.is_empty() {
            self.report(Diagnostic::error(Code::TypeClash, empty).label(text.span, "no word in it"));
        }
        canonical
    }

    /// What `contains`, `words` and `shared` read.
    fn term(&mut self, term: &ast::Term) -> Option<Term> {
        match term {
            ast::Term::Text(text) => Some(Term::Text(self.canonical(text, "an empty text"))),
            ast::Term::Var(name) => {
                let (slot, ty, _) = self.slot(&name.text)?;
                self.fits(name, ty, Type::has_tokens, "an item, a kind, words or text");
                self.use_slot(slot);
                Some(Term::Var(slot))
            }
        }
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
                self.fits(name, ty, Type::is_numeric, "a number");
                self.use_slot(slot);
                Some(Operand::Var(slot))
            }
            ast::Operand::Words(text) => Some(Operand::Words(self.term(text)?)),
            ast::Operand::Shared(a, b) => Some(Operand::Shared(self.term(a)?, self.term(b)?)),
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
            let message = format!("`{}` is of type {}; {wanted} is needed here", name.text, self.table.type_name(ty));
            self.report(Diagnostic::error(Code::TypeClash, message).label(name.span, "here"));
        }
    }

    /// The entry a call names, if it is of a kind that fits here.
    fn find(&mut self, call: &ast::Call, what: &str, fits: impl Fn(Entry) -> bool) -> Option<Entry> {
        match self.table.find(&call.name.text) {
            Some(entry) if fits(entry) => Some(entry),
            Some(entry) => {
                for arg in &call.args {
                    if let ast::Arg::Var(name) = arg {
                        self.note_unreadable(&name.text);
                    }
                }
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
                    if binds {
                        self.bind(slot);
                    }
                    if !ty.fits(param.ty) {
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
            self.table.type_name(ty),
            call.name.text,
            self.table.type_name(wanted)
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
