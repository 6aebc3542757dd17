//! A domain's declarations. In: its syntax tree; out: the vocabulary with a table of names, and findings.
//! A declaration with an error keeps its name and parameters, so that its uses are not reported as well.

use super::super::ast::{self, CauseVerb, DeclKind};
use super::super::checked::{
    Arg, Cause, DerivedTask, Domain, Event, EventForm, Fluent, Param, Task, Trigger, Variable,
};
use super::super::diag::{Code, Diagnostic};
use super::super::pattern::{Pattern, Type};
use super::super::span::Span;
use super::scope::{Reads, Scope};
use super::{duplicate, limits, name_length, too_many, unknown};

/// What a declared name stands for: its kind and its position in the domain's list of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Task(usize),
    Event(usize),
    Fluent(usize),
    Define(usize),
}

impl Entry {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Entry::Task(_) => "a task",
            Entry::Event(_) => "an event",
            Entry::Fluent(_) => "a fluent",
            Entry::Define(_) => "a definition",
        }
    }
}

/// `define name(params) = body`, kept as syntax: it is expanded where it is used.
pub(super) struct Define {
    pub(super) params: Vec<Param>,
    pub(super) body: ast::Conj,
}

/// A checked domain with its names.
pub(super) struct Table {
    pub(super) domain: Domain,
    pub(super) defines: Vec<Define>,
    names: Vec<(String, Entry)>,
}

impl Table {
    pub(super) fn find(&self, name: &str) -> Option<Entry> {
        self.names.iter().find(|(n, _)| n == name).map(|(_, entry)| *entry)
    }

    /// Names of the kinds that `fits` lets through, for "did you mean".
    pub(super) fn names(&self, fits: impl Fn(Entry) -> bool) -> impl Iterator<Item = &str> {
        self.names.iter().filter(move |(_, e)| fits(*e)).map(|(n, _)| n.as_str())
    }

    pub(super) fn params(&self, entry: Entry) -> &[Param] {
        match entry {
            Entry::Task(i) => &self.domain.tasks[i].params,
            Entry::Event(i) => &self.domain.events[i].params,
            Entry::Fluent(i) => &self.domain.fluents[i].params,
            Entry::Define(i) => &self.defines[i].params,
        }
    }

    /// Names first, then bodies: declarations may use one another in any order.
    pub(super) fn build(tree: &ast::Domain) -> (Table, Vec<Diagnostic>) {
        let mut build = Build {
            table: Table {
                domain: Domain {
                    name: tree.name.text.clone(),
                    tasks: Vec::new(),
                    fails: Vec::new(),
                    events: Vec::new(),
                    fluents: Vec::new(),
                },
                defines: Vec::new(),
                names: Vec::new(),
            },
            diagnostics: Vec::new(),
        };
        build.diagnostics.extend(name_length(&tree.name));
        let fresh: Vec<bool> = tree.decls.iter().map(|decl| build.declare(decl)).collect();
        let mut next = [0usize; 3];
        for (decl, _) in tree.decls.iter().zip(fresh).filter(|(_, fresh)| *fresh) {
            build.body(decl, &mut next);
        }
        for index in 0..build.table.defines.len() {
            build.check_define(index);
        }
        (build.table, build.diagnostics)
    }
}

struct Build {
    table: Table,
    diagnostics: Vec<Diagnostic>,
}

impl Build {
    /// Enters the name; false if it is taken.
    fn declare(&mut self, decl: &ast::Decl) -> bool {
        let (head, value) = match &decl.kind {
            DeclKind::Fails(_) => return true,
            DeclKind::Fluent { head, value, .. } => (head, value.as_ref()),
            DeclKind::Task { head, .. } | DeclKind::Event { head, .. } | DeclKind::Define { head, .. } => (head, None),
        };
        let name = head.name.text.clone();
        if self.table.find(&name).is_some() {
            self.diagnostics.push(duplicate("the name", &head.name));
            return false;
        }
        self.diagnostics.extend(name_length(&head.name));
        let params = self.params(head, value);
        let domain = &mut self.table.domain;
        let entry = match &decl.kind {
            DeclKind::Task { .. } => {
                domain.tasks.push(Task { name: name.clone(), params, sentences: Vec::new(), derived: Vec::new() });
                Entry::Task(domain.tasks.len() - 1)
            }
            DeclKind::Event { .. } => {
                domain.events.push(Event { name: name.clone(), params, forms: Vec::new() });
                Entry::Event(domain.events.len() - 1)
            }
            DeclKind::Define { body, .. } => {
                self.table.defines.push(Define { params, body: body.clone() });
                Entry::Define(self.table.defines.len() - 1)
            }
            DeclKind::Fluent { .. } | DeclKind::Fails(_) => {
                let fluent = Fluent { name: name.clone(), params, valued: value.is_some(), causes: Vec::new() };
                domain.fluents.push(fluent);
                Entry::Fluent(domain.fluents.len() - 1)
            }
        };
        self.table.names.push((name, entry));
        true
    }

    fn params(&mut self, head: &ast::Head, value: Option<&ast::Param>) -> Vec<Param> {
        let mut params: Vec<Param> = Vec::new();
        for param in head.params.iter().chain(value) {
            if params.iter().any(|p| p.name == param.name.text) {
                self.diagnostics.push(duplicate("parameter", &param.name));
            }
            let ty = Type::by_name(&param.ty.text).unwrap_or_else(|| {
                let known = Type::ALL.iter().map(|(_, name)| *name);
                let mut diagnostic = unknown("capture type", &param.ty, known.clone());
                diagnostic.code = Code::UnknownType;
                if diagnostic.help.is_none() {
                    diagnostic = diagnostic.help(format!("the types are {}", known.collect::<Vec<_>>().join(", ")));
                }
                self.diagnostics.push(diagnostic);
                Type::Item
            });
            params.push(Param { name: param.name.text.clone(), ty });
        }
        self.diagnostics.extend(too_many("parameters", params.len(), limits::PARAMS, head.name.span));
        params
    }

    fn body(&mut self, decl: &ast::Decl, next: &mut [usize; 3]) {
        match &decl.kind {
            DeclKind::Fails(patterns) => {
                let patterns: Vec<Pattern> = patterns.iter().filter_map(|p| self.pattern(p, &[])).collect();
                self.table.domain.fails.extend(patterns);
            }
            DeclKind::Task { head, forms } => {
                let index = take(&mut next[0]);
                forms.iter().for_each(|form| self.task_form(index, head, form));
            }
            DeclKind::Event { head, forms } => {
                let index = take(&mut next[1]);
                forms.iter().for_each(|form| self.event_form(index, head, form));
            }
            DeclKind::Fluent { head, causes, .. } => {
                let index = take(&mut next[2]);
                causes.iter().for_each(|cause| self.cause(index, head, cause));
            }
            DeclKind::Define { .. } => {}
        }
    }

    fn pattern(&mut self, source: &ast::Str, params: &[Param]) -> Option<Pattern> {
        let named: Vec<(String, Type)> = params.iter().map(|p| (p.name.clone(), p.ty)).collect();
        match Pattern::read(&source.value, &named) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let near = error
                    .unknown
                    .as_deref()
                    .and_then(|unknown| super::super::diag::nearest(unknown, params.iter().map(|p| p.name.as_str())));
                let help = near.map_or(error.help.to_owned(), |near| format!("did you mean `{{{near}}}`?"));
                let diagnostic =
                    Diagnostic::error(Code::BadPattern, error.message).label(source.span, "this pattern").help(help);
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    /// Every parameter must be captured by these patterns together.
    fn captures_all(&mut self, params: &[Param], patterns: &[&Pattern], span: Span) {
        let missing: Vec<&str> = params
            .iter()
            .enumerate()
            .filter(|(i, _)| !patterns.iter().any(|p| p.captures().any(|(param, _)| usize::from(param) == *i)))
            .map(|(_, p)| p.name.as_str())
            .collect();
        if !missing.is_empty() {
            let listed = missing.iter().map(|m| format!("`{{{m}}}`")).collect::<Vec<_>>().join(" and ");
            self.diagnostics.push(
                Diagnostic::error(Code::Captures, format!("{listed} is not captured here"))
                    .label(span, "each alternative must capture every parameter of the head")
                    .help("add the capture, or declare a second event without this parameter"),
            );
        }
    }

    fn task_form(&mut self, index: usize, head: &ast::Head, form: &ast::TaskForm) {
        let params = self.table.domain.tasks[index].params.clone();
        match form {
            ast::TaskForm::Sentence(source) => {
                let Some(pattern) = self.pattern(source, &params) else { return };
                self.captures_all(&params, &[&pattern], source.span);
                self.table.domain.tasks[index].sentences.push(pattern);
            }
            ast::TaskForm::Derived(call) => {
                let task = match self.table.find(&call.name.text) {
                    Some(Entry::Task(task)) if task < index => task,
                    Some(Entry::Task(_)) => {
                        let message = format!("`{}` is declared after `{}`", call.name.text, head.name.text);
                        self.diagnostics.push(
                            Diagnostic::error(Code::Recursive, message)
                                .label(call.name.span, "not yet declared")
                                .help("a derived task uses tasks that stand before it"),
                        );
                        return;
                    }
                    _ => {
                        let known = self.table.names(|e| matches!(e, Entry::Task(i) if i < index));
                        self.diagnostics.push(unknown("task", &call.name, known));
                        return;
                    }
                };
                self.derived(index, task, &params, call);
            }
        }
    }

    fn derived(&mut self, index: usize, task: usize, params: &[Param], call: &ast::Call) {
        let given = &self.table.domain.tasks[task].params;
        if given.len() != call.args.len() {
            self.diagnostics.push(arity(call, given.len()));
            return;
        }
        let position = |param: &Param| {
            call.args.iter().position(|arg| matches!(arg, ast::Arg::Var(name) if name.text == param.name))
        };
        let mut from = Vec::new();
        for param in params {
            match position(param) {
                Some(at) if given[at].ty == param.ty => from.push(at),
                found => {
                    let message = match found {
                        Some(at) => format!(
                            "`{}` is of type {} there, not {}",
                            param.name,
                            given[at].ty.name(),
                            param.ty.name()
                        ),
                        None => format!("`{}` is not given a value", param.name),
                    };
                    self.diagnostics.push(Diagnostic::error(Code::Captures, message).label(call.span, "here"));
                    return;
                }
            }
        }
        self.table.domain.tasks[index].derived.push(DerivedTask { task, from });
    }

    fn event_form(&mut self, index: usize, head: &ast::Head, form: &ast::EventForm) {
        let params = self.table.domain.events[index].params.clone();
        let span = head.name.span;
        let form = match form {
            ast::EventForm::Action { pattern: source, then } => {
                let Some(pattern) = self.pattern(source, &params) else { return };
                let then_pattern = match then {
                    None => None,
                    Some(then) => match self.pattern(then, &params) {
                        Some(then) => Some(then),
                        None => return,
                    },
                };
                let all: Vec<&Pattern> = std::iter::once(&pattern).chain(&then_pattern).collect();
                self.captures_all(&params, &all, source.span);
                EventForm::Action { pattern, then: then_pattern }
            }
            ast::EventForm::Observation { each, pattern: source } => {
                let Some(pattern) = self.pattern(source, &params) else { return };
                self.captures_all(&params, &[&pattern], source.span);
                EventForm::Observation { pattern, each: *each }
            }
        };
        let forms = &mut self.table.domain.events[index].forms;
        forms.push(form);
        self.diagnostics.extend(too_many("forms of one event", forms.len(), limits::MEMBERS, span));
    }

    fn cause(&mut self, index: usize, head: &ast::Head, cause: &ast::Cause) {
        let fluent = &self.table.domain.fluents[index];
        let valued_verb = matches!(cause.verb, CauseVerb::Set | CauseVerb::Cleared);
        if valued_verb != fluent.valued {
            let (is, write) = match fluent.valued {
                true => ("has a value", "`set by` and `cleared by`"),
                false => ("has no value", "`initiated by` and `terminated by`"),
            };
            self.diagnostics.push(
                Diagnostic::error(Code::WrongKind, format!("`{}` {is}", head.name.text))
                    .label(cause.span, "this cause does not fit")
                    .help(format!("write {write}")),
            );
            return;
        }
        let adds = matches!(cause.verb, CauseVerb::Initiated | CauseVerb::Set);
        let params = fluent.params.clone();
        if let Some(list) = params.iter().find(|p| matches!(p.ty, Type::List | Type::Text)) {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::TypeClash,
                    format!("a fluent cannot hold `{}`, a {}", list.name, list.ty.name()),
                )
                .label(head.name.span, "this fluent")
                .help("keep one row per element: `initiated by see(xs) with x in xs`"),
            );
            return;
        }
        let mut scope = Scope::new(&self.table, Reads::State);
        for param in &params {
            scope.declare(&param.name, param.ty, head.name.span);
        }
        let (trigger, args) = match self.table.find(&cause.call.name.text) {
            Some(entry @ Entry::Event(event)) => (Trigger::Event(event), scope.call(entry, &cause.call, true)),
            Some(entry @ Entry::Task(task)) => (Trigger::Task(task), scope.call(entry, &cause.call, true)),
            Some(entry) => {
                let message =
                    format!("`{}` is {}; only an event or a task can be a cause", cause.call.name.text, entry.kind());
                scope.report(Diagnostic::error(Code::WrongKind, message).label(cause.call.name.span, "here"));
                (Trigger::Event(0), None)
            }
            None => {
                let known = self.table.names(|e| matches!(e, Entry::Event(_) | Entry::Task(_)));
                scope.report(unknown("event or task", &cause.call.name, known));
                (Trigger::Event(0), None)
            }
        };
        let with = cause.with.as_ref().map(|c| scope.conj(c)).unwrap_or_default();
        if adds && !scope.failed() {
            scope.require_bound(params.len(), cause.span);
        }
        let vars: Vec<Variable> = scope.variables();
        let (diagnostics, failed) = scope.finish();
        self.diagnostics.extend(diagnostics);
        if let (Some(args), false) = (args, failed) {
            let args: Vec<Arg> = args;
            self.table.domain.fluents[index].causes.push(Cause { adds, trigger, args, with, vars });
        }
    }

    /// A definition is sound if its body is, with all parameters bound and no other variable.
    fn check_define(&mut self, index: usize) {
        let define = &self.table.defines[index];
        let mut scope = Scope::new(&self.table, Reads::Everything);
        for param in &define.params {
            scope.outer(&param.name, param.ty, Span::default());
        }
        scope.conj(&define.body);
        let own = define.params.len();
        if let Some(extra) = scope.variables().get(own) {
            let message = format!("`{}` is not a parameter of the definition", extra.name);
            let span = define.body.0.first().map_or(Span::default(), |l| l.span);
            scope.report(
                Diagnostic::error(Code::Unbound, message)
                    .label(span, "in this definition")
                    .help("add it to the head, or write `_`"),
            );
        }
        self.diagnostics.extend(scope.finish().0);
    }
}

fn take(next: &mut usize) -> usize {
    *next += 1;
    *next - 1
}

/// `E0304`: the call has another number of arguments than the head.
pub(super) fn arity(call: &ast::Call, wanted: usize) -> Diagnostic {
    let plural = if wanted == 1 { "argument" } else { "arguments" };
    Diagnostic::error(Code::Arity, format!("`{}` takes {wanted} {plural}, not {}", call.name.text, call.args.len()))
        .label(call.span, "here")
        .help("`_` stands for an argument that does not matter")
}
