//! Declarations of a domain, and those that a skill has of its own. In: their syntax; out: the filled table, and findings. A declaration with an error keeps its name and parameters, so that its uses are not reported too.

use super::super::ast::{self, CauseVerb, DeclKind};
use super::super::checked::{
    Arg, Cause, DerivedTask, Event, EventForm, Fluent, MAX_ROWS, OwnType, Param, Task, Trigger, Variable,
};
use super::super::diag::{Code, Diagnostic};
use super::super::pattern::{Pattern, PatternParam, Type};
use super::super::regexp::{Regexp, RegexpError};
use super::super::span::Span;
use super::scope::{Reads, Scope};
use super::table::{Define, Entry, Mark, Table};
use super::{duplicate, limits, name_length, too_many, unknown};

impl Table {
    pub(super) fn build(tree: &ast::Domain) -> (Table, Vec<Diagnostic>) {
        let mut table = Table::new(&tree.name.text);
        let mut diagnostics: Vec<Diagnostic> = name_length(&tree.name).into_iter().collect();
        let decls: Vec<&DeclKind> = tree.decls.iter().map(|d| &d.kind).collect();
        diagnostics.extend(Build { table: &mut table, owner: None, diagnostics: Vec::new() }.run(&decls));
        (table, diagnostics)
    }

    /// Enters what the skill `owner` declares for itself; its names are known until [`Table::leave`].
    pub(super) fn enter(&mut self, owner: &str, decls: &[&DeclKind]) -> (Mark, Vec<Diagnostic>) {
        (self.mark(), Build { table: self, owner: Some(owner), diagnostics: Vec::new() }.run(decls))
    }
}

pub(super) struct Build<'t> {
    pub(super) table: &'t mut Table,
    /// The skill whose declarations these are; none for the domain's.
    owner: Option<&'t str>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Build<'_> {
    /// Types and kinds first, then all other names, then bodies: declarations may use one another in any order.
    fn run(mut self, decls: &[&DeclKind]) -> Vec<Diagnostic> {
        let mut next = [self.table.domain.tasks.len(), self.table.domain.events.len(), self.table.domain.fluents.len()];
        let defines = self.table.defines.len();
        let (plain, used): (Vec<&DeclKind>, Vec<&DeclKind>) =
            decls.iter().partition(|d| !matches!(d, DeclKind::Type { .. } | DeclKind::Kind { .. }));
        for decl in used {
            self.declare(decl);
        }
        let fresh: Vec<bool> = plain.iter().map(|decl| self.declare(decl)).collect();
        for (decl, _) in plain.iter().zip(fresh).filter(|(_, fresh)| *fresh) {
            self.body(decl, &mut next);
        }
        for index in defines..self.table.defines.len() {
            self.check_define(index);
        }
        self.diagnostics
    }

    /// Enters the name; false if it is taken.
    fn declare(&mut self, decl: &DeclKind) -> bool {
        let Some((_, name)) = decl.name() else { return true };
        let taken = self.table.find(&name.text).is_some();
        if taken || (matches!(decl, DeclKind::Type { .. }) && Type::by_name(&name.text).is_some()) {
            self.diagnostics.push(duplicate("the name", name));
            return false;
        }
        self.diagnostics.extend(name_length(name));
        let full = match self.owner {
            Some(owner) => format!("{owner}.{}", name.text),
            None => name.text.clone(),
        };
        let entry = match decl {
            DeclKind::Fails(_) => return true,
            DeclKind::Task { head, .. } => {
                let params = self.params(head, None);
                let tasks = &mut self.table.domain.tasks;
                tasks.push(Task { name: full, params, sentences: Vec::new(), derived: Vec::new() });
                Entry::Task(tasks.len() - 1)
            }
            DeclKind::Event { head, .. } => {
                let params = self.params(head, None);
                let events = &mut self.table.domain.events;
                events.push(Event { name: full, params, forms: Vec::new() });
                Entry::Event(events.len() - 1)
            }
            DeclKind::Fluent { head, value, max, .. } => {
                let params = self.params(head, value.as_ref());
                let max = self.row_limit(*max, head.name.span);
                let fluents = &mut self.table.domain.fluents;
                fluents.push(Fluent { name: full, params, valued: value.is_some(), max, causes: Vec::new() });
                Entry::Fluent(fluents.len() - 1)
            }
            DeclKind::Define { head, body } => {
                let params = self.params(head, None);
                self.table.defines.push(Define { params, body: body.clone() });
                Entry::Define(self.table.defines.len() - 1)
            }
            DeclKind::Type { name, regex } => {
                let Some(entry) = self.own_type(full, name, regex) else { return false };
                entry
            }
            DeclKind::Kind { kinds, .. } => {
                let kinds = self.kinds(kinds);
                self.table.kinds.push(kinds);
                Entry::Kind(self.table.kinds.len() - 1)
            }
            DeclKind::Table { columns, rows, .. } => {
                let table = self.constant_table(full, columns, rows, name.span);
                self.table.domain.tables.push(table);
                Entry::Table(self.table.domain.tables.len() - 1)
            }
        };
        self.table.insert(&name.text, entry, self.owner.is_some());
        true
    }

    fn row_limit(&mut self, max: Option<u32>, span: Span) -> usize {
        match max {
            None => MAX_ROWS,
            Some(n) if (1..=limits::ROWS).contains(&n) => n as usize,
            Some(n) => {
                self.diagnostics.push(
                    Diagnostic::error(Code::BadNumber, format!("`max {n}`: a fluent keeps 1 to {} rows", limits::ROWS))
                        .label(span, "this fluent"),
                );
                MAX_ROWS
            }
        }
    }

    fn own_type(&mut self, full: String, name: &ast::Name, regex: &ast::Str) -> Option<Entry> {
        let count = self.table.domain.types.len();
        let Ok(index) = u16::try_from(count) else {
            self.diagnostics.extend(too_many("types", count + 1, usize::from(u16::MAX), name.span));
            return None;
        };
        match Regexp::whole(&regex.value) {
            Ok(regex) => {
                self.table.domain.types.push(OwnType { name: full, regex });
                Some(Entry::Type(index))
            }
            Err(error) => {
                let (code, message) = match error {
                    RegexpError::TooLarge(what) => (Code::RegexTooLarge, format!("a regular expression of {what}")),
                    RegexpError::Invalid(what) => (Code::BadPattern, format!("not a regular expression: {what}")),
                };
                self.diagnostics.push(
                    Diagnostic::error(code, message)
                        .label(regex.span, format!("the type `{}`", name.text))
                        .help("look-around and back-references are not part of it: matching takes linear time"),
                );
                None
            }
        }
    }

    /// The type of that name; an item where there is none, which is reported.
    pub(super) fn type_named(&mut self, name: &ast::Name) -> Type {
        self.table.type_of(&name.text).unwrap_or_else(|| {
            let known = self.table.type_names();
            let mut diagnostic = unknown("capture type", name, known.iter().copied());
            diagnostic.code = Code::UnknownType;
            if diagnostic.help.is_none() {
                diagnostic = diagnostic.help(format!("the types are {}", known.join(", ")));
            }
            self.diagnostics.push(diagnostic);
            Type::Item
        })
    }

    fn params(&mut self, head: &ast::Head, value: Option<&ast::Param>) -> Vec<Param> {
        let mut params: Vec<Param> = Vec::new();
        for param in head.params.iter().chain(value) {
            if params.iter().any(|p| p.name == param.name.text) {
                self.diagnostics.push(duplicate("parameter", &param.name));
            }
            let ty = self.type_named(&param.ty);
            params.push(Param { name: param.name.text.clone(), ty });
        }
        self.diagnostics.extend(too_many("parameters", params.len(), limits::PARAMS, head.name.span));
        params
    }

    fn body(&mut self, decl: &DeclKind, next: &mut [usize; 3]) {
        match decl {
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
            DeclKind::Define { .. } | DeclKind::Type { .. } | DeclKind::Kind { .. } | DeclKind::Table { .. } => {}
        }
    }

    fn pattern(&mut self, source: &ast::PatternText, params: &[Param]) -> Option<Pattern> {
        let named: Vec<PatternParam> = params
            .iter()
            .map(|p| PatternParam { name: p.name.clone(), ty: p.ty, shape: self.table.shape(p.ty) })
            .collect();
        let read = if source.regex { Pattern::read_regex } else { Pattern::read };
        match read(&source.text.value, &named) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let near = error
                    .unknown
                    .as_deref()
                    .and_then(|unknown| super::super::diag::nearest(unknown, params.iter().map(|p| p.name.as_str())));
                let help = near.map_or(error.help.to_owned(), |near| format!("did you mean `{{{near}}}`?"));
                let code = if error.too_large { Code::RegexTooLarge } else { Code::BadPattern };
                let diagnostic =
                    Diagnostic::error(code, error.message).label(source.text.span, "this pattern").help(help);
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
            .filter(|(i, _)| !patterns.iter().any(|p| p.captures().any(|c| usize::from(c.param) == *i)))
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
                self.captures_all(&params, &[&pattern], source.text.span);
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
                            self.table.type_name(given[at].ty),
                            self.table.type_name(param.ty)
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
                self.captures_all(&params, &all, source.text.span);
                EventForm::Action { pattern, then: then_pattern }
            }
            ast::EventForm::Observation { each, pattern: source } => {
                let Some(pattern) = self.pattern(source, &params) else { return };
                self.captures_all(&params, &[&pattern], source.text.span);
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
                    format!("a fluent cannot hold `{}`, a {}", list.name, self.table.type_name(list.ty)),
                )
                .label(head.name.span, "this fluent")
                .help("keep one row per element: `initiated by see(xs) with x in xs`"),
            );
            return;
        }
        let mut scope = Scope::new(self.table, Reads::State);
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
        let mut scope = Scope::new(self.table, Reads::Everything);
        for param in &define.params {
            scope.outer(&param.name, param.ty, Span::default());
        }
        scope.conj(&define.body);
        if let Some(extra) = scope.visible_beyond(define.params.len()) {
            let message = format!("`{extra}` is not a parameter of the definition");
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
