//! One skill: its `for`, rules, assertions and examples. In: the syntax tree and its domain's table; out: the checked
//! skill and findings (the skill is to be used only if none of them is an error).

use super::super::ast::{self, MemberKind, StatementKind};
use super::super::checked::{AdvicePart, Arg, Assertion, Form, MarkStatement, Rule, Skill, Variable};
use super::super::diag::{Code, Diagnostic};
use super::super::pattern::Type;
use super::super::span::Span;
use super::domain::{Entry, Table};
use super::example;
use super::scope::{Reads, Scope};
use super::{duplicate, limits, name_length, too_many, unknown};

pub(super) fn build(table: &Table, domain: usize, file: usize, tree: &ast::Skill) -> (Skill, Vec<Diagnostic>) {
    let mut build = Build { table, task_vars: Vec::new(), diagnostics: Vec::new() };
    build.diagnostics.extend(name_length(&tree.name));
    build.diagnostics.extend(too_many("members", tree.members.len(), limits::MEMBERS, tree.name.span));
    let applies = tree.applies.as_ref().and_then(|call| build.applies(call));
    build.member_names(tree);
    let (mut rules, mut assertions) = (Vec::new(), Vec::new());
    for member in &tree.members {
        match &member.kind {
            MemberKind::Rule(rule) => rules.push(build.rule(rule)),
            MemberKind::Assertion(assertion) => assertions.push(build.assertion(assertion)),
            MemberKind::Example(_) | MemberKind::Unverified(_) => {}
        }
    }
    let mut examples = Vec::new();
    for member in &tree.members {
        if let MemberKind::Example(tree) = &member.kind {
            examples.push(example::build(tree, &rules, &assertions, &mut build.diagnostics));
        }
    }
    build.completeness(tree, &assertions);
    let name = tree.name.text.clone();
    (Skill { name, domain, file, span: tree.name.span, applies, rules, assertions, examples }, build.diagnostics)
}

struct Build<'t> {
    table: &'t Table,
    /// The variables of `for`: slots `0..` of every scope of the skill.
    task_vars: Vec<(Variable, Span)>,
    diagnostics: Vec<Diagnostic>,
}

impl<'t> Build<'t> {
    fn applies(&mut self, call: &ast::Call) -> Option<(usize, Vec<Arg>)> {
        let Some(entry @ Entry::Task(task)) = self.table.find(&call.name.text) else {
            let known = self.table.names(|e| matches!(e, Entry::Task(_)));
            self.diagnostics.push(unknown("task", &call.name, known));
            return None;
        };
        let mut scope = Scope::new(self.table, Reads::Everything);
        let args = scope.call(entry, call, true);
        for (index, variable) in scope.variables().into_iter().enumerate() {
            let span = call.args.iter().find_map(|arg| match arg {
                ast::Arg::Var(name) if name.text == variable.name => Some(name.span),
                _ => None,
            });
            debug_assert!(index < limits::PARAMS, "a task has no more parameters");
            self.task_vars.push((variable, span.unwrap_or(call.span)));
        }
        self.diagnostics.extend(scope.finish().0);
        args.map(|args| (task, args))
    }

    /// Rules, assertions and examples share one namespace: patches address them by name.
    fn member_names(&mut self, tree: &ast::Skill) {
        let mut seen: Vec<&str> = Vec::new();
        for member in &tree.members {
            let name = match &member.kind {
                MemberKind::Rule(rule) => &rule.name,
                MemberKind::Assertion(assertion) => &assertion.name,
                MemberKind::Example(example) => &example.name,
                MemberKind::Unverified(_) => continue,
            };
            self.diagnostics.extend(name_length(name));
            match seen.contains(&name.text.as_str()) {
                true => self.diagnostics.push(duplicate("a rule, assertion or example", name)),
                false => seen.push(&name.text),
            }
        }
    }

    fn scope(&self) -> Scope<'t> {
        let mut scope = Scope::new(self.table, Reads::Everything);
        for (variable, span) in &self.task_vars {
            scope.outer(&variable.name, variable.ty, *span);
        }
        scope
    }

    fn rule(&mut self, tree: &ast::Rule) -> Rule {
        let mut scope = self.scope();
        for diagnostic in [
            too_many("alternatives", tree.branches.len(), limits::BRANCHES, tree.name.span),
            too_many("statements", tree.statements.len(), limits::STATEMENTS, tree.name.span),
        ] {
            self.diagnostics.extend(diagnostic);
        }
        let mut branches = Vec::new();
        let mut everywhere: Option<Vec<bool>> = None;
        for branch in &tree.branches {
            scope.unbind();
            branches.push(scope.conj(branch));
            let bound = scope.bound();
            everywhere = Some(match everywhere {
                None => bound,
                Some(before) => before.iter().zip(&bound).map(|(a, b)| *a && *b).collect(),
            });
        }
        let mut everywhere = everywhere.unwrap_or_default();
        everywhere.resize(scope.bound().len(), false);
        scope.set_bound(&everywhere);
        let mut rule = Rule {
            name: tree.name.text.clone(),
            vars: scope.variables(),
            branches,
            advice: None,
            marks: Vec::new(),
            used: Vec::new(),
        };
        let mut used = vec![false; rule.vars.len()];
        for statement in &tree.statements {
            match &statement.kind {
                StatementKind::Advise(text) if rule.advice.is_some() => scope.report(
                    Diagnostic::error(Code::Duplicate, "a rule gives one advice")
                        .label(text.span, "second one")
                        .help("join the two sentences, or write a second rule"),
                ),
                StatementKind::Advise(text) => rule.advice = Some(advice(&mut scope, text, &mut used)),
                StatementKind::Prefer { call, filter } => {
                    rule.marks.extend(mark(&mut scope, true, call, filter.as_ref(), &mut used));
                }
                StatementKind::Avoid { call, filter } => {
                    rule.marks.extend(mark(&mut scope, false, call, filter.as_ref(), &mut used));
                }
            }
        }
        rule.used = (0..used.len()).filter(|slot| used[*slot]).collect();
        scope.warn_unused();
        self.diagnostics.extend(scope.finish().0);
        rule
    }

    fn assertion(&mut self, tree: &ast::Assertion) -> Assertion {
        let mut scope = self.scope();
        let form = match &tree.form {
            ast::Form::Always(c) => Form::Always(scope.conj(c)),
            ast::Form::Never(c) => Form::Never(scope.conj(c)),
            ast::Form::Eventually(c) => Form::Eventually(scope.conj(c)),
            ast::Form::Finally(c) => Form::Finally(scope.conj(c)),
            ast::Form::Whenever { guard, then, within } => {
                let guard = scope.conj(guard);
                let known = scope.variables().len();
                let then_literals = scope.conj(then);
                if let Some(extra) = scope.variables().get(known) {
                    let span = then.0.first().map_or(tree.name.span, |l| l.span);
                    scope.report(
                        Diagnostic::error(
                            Code::Unbound,
                            format!("`{}` is not bound by the `whenever` part", extra.name),
                        )
                        .label(span, "after `then` only variables of the `whenever` part and `_` may stand")
                        .help(format!("write `_`, or bind `{}` before `then`", extra.name)),
                    );
                }
                Form::Whenever { guard, then: then_literals, within: *within }
            }
            ast::Form::FirstThen(first, then) => {
                let first = scope.conj(first);
                scope.unbind();
                Form::FirstThen(first, scope.conj(then))
            }
            ast::Form::AtMost(n, c) => Form::AtMost(*n, scope.conj(c)),
            ast::Form::AtLeast(n, c) => Form::AtLeast(*n, scope.conj(c)),
            ast::Form::AtMostConsecutive(n, c) => Form::AtMostConsecutive(*n, scope.conj(c)),
            ast::Form::Between(n, m, c) => {
                if n > m {
                    scope.report(
                        Diagnostic::error(Code::BadNumber, format!("between {n} and {m} lies nothing"))
                            .label(tree.name.span, "this assertion always fails")
                            .help(format!("write `between {m} and {n}`")),
                    );
                }
                Form::Between(*n, *m, scope.conj(c))
            }
        };
        scope.warn_unused();
        let vars = scope.variables();
        self.diagnostics.extend(scope.finish().0);
        let because = tree.because.as_ref().map(|because| because.value.clone());
        Assertion { name: tree.name.text.clone(), vars, form, because }
    }

    fn completeness(&mut self, tree: &ast::Skill, assertions: &[Assertion]) {
        let has = |fits: fn(&MemberKind) -> bool| tree.members.iter().any(|m| fits(&m.kind));
        if assertions.is_empty() && !has(|m| matches!(m, MemberKind::Unverified(_))) {
            self.diagnostics.push(
                Diagnostic::error(Code::NoAssertion, format!("skill `{}` asserts nothing", tree.name.text))
                    .label(tree.name.span, "nothing tells whether it was right")
                    .help("add `assert NAME: …`, or `unverified \"why not\"`"),
            );
        }
        if !has(|m| matches!(m, MemberKind::Example(_))) {
            self.diagnostics.push(
                Diagnostic::error(Code::NoExample, format!("skill `{}` has no example", tree.name.text))
                    .label(tree.name.span, "nothing shows when it speaks")
                    .help("add `example NAME { task \"…\" action \"…\" observation \"…\" expect RULE }`"),
            );
        }
    }
}

/// Names that a statement uses, and that some branch of the rule leaves without a value, are reported here.
fn bound_everywhere(scope: &mut Scope, name: &ast::Name) -> bool {
    match scope.slot(&name.text) {
        Some((_, _, false)) => {
            scope.report(
                Diagnostic::error(Code::Unbound, format!("`{}` has no value in every `when`", name.text))
                    .label(name.span, "used here")
                    .help("each `or when` must bind what the statements use"),
            );
            false
        }
        _ => true,
    }
}

fn mark(
    scope: &mut Scope,
    prefer: bool,
    call: &ast::Call,
    filter: Option<&ast::Conj>,
    used: &mut [bool],
) -> Option<MarkStatement> {
    let Entry::Event(event) = scope.event(call)? else { return None };
    scope.needs_action(event, call);
    for arg in &call.args {
        if let ast::Arg::Var(name) = arg
            && !bound_everywhere(scope, name)
        {
            return None;
        }
    }
    let mut inner = scope.inner();
    let args = inner.call(Entry::Event(event), call, true);
    let filter = filter.map(|c| inner.conj(c)).unwrap_or_default();
    // A filter must not read what some branch leaves without a value.
    for (slot, bound) in scope.bound().into_iter().enumerate() {
        let variable = &scope.variables()[slot];
        if !bound && inner.uses(slot) > 0 {
            let name = ast::Name { text: variable.name.clone(), span: call.span };
            bound_everywhere(scope, &name);
        }
    }
    inner.warn_unused();
    scope.used_inside(&inner);
    let vars = inner.variables();
    note_uses(&inner, used, scope);
    let (diagnostics, _) = inner.finish();
    diagnostics.into_iter().for_each(|d| scope.report(d));
    Some(MarkStatement { prefer, event, args: args?, filter, vars })
}

/// Notes which of the rule's variables the statement has used.
fn note_uses(inner: &Scope, used: &mut [bool], scope: &Scope) {
    for (slot, used) in used.iter_mut().enumerate() {
        *used |= inner.uses(slot) > 0 && !scope.is_task_variable(slot);
    }
}

/// Reads `{x}` captures in advice, and makes sure that nothing an observation says can change what the text means.
fn advice(scope: &mut Scope, source: &ast::Str, used: &mut [bool]) -> Vec<AdvicePart> {
    let mut parts = Vec::new();
    let mut rest = source.value.as_str();
    let mut length = 0;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|at| at + open) else { break };
        let (text, name) = (&rest[..open], rest[open + 1..close].trim());
        rest = &rest[close + 1..];
        length += text.chars().count() + limits::CAPTURE;
        if !text.is_empty() {
            parts.push(AdvicePart::Text(text.to_owned()));
        }
        let name = ast::Name { text: name.to_owned(), span: source.span };
        match scope.slot(&name.text) {
            None if scope.is_unreadable(&name.text) => {}
            None => {
                let variables = scope.variables();
                let mut diagnostic = unknown("variable", &name, variables.iter().map(|v| v.name.as_str()));
                // The place is the whole text: a replacement would swallow it.
                diagnostic.fixes.clear();
                scope.report(diagnostic);
            }
            Some((slot, ty, bound)) => {
                if !ty.is_renderable() {
                    scope.report(
                        Diagnostic::error(Code::BadAdvice, format!("`{{{}}}` is of type {}", name.text, ty.name()))
                            .label(source.span, "free text of a world cannot be repeated in advice")
                            .help(format!("only {} may be rendered", renderable())),
                    );
                }
                if bound {
                    scope.use_slot(slot);
                    used[slot] |= !scope.is_task_variable(slot);
                } else {
                    bound_everywhere(scope, &name);
                }
                parts.push(AdvicePart::Var(slot));
            }
        }
    }
    length += rest.chars().count();
    if !rest.is_empty() {
        parts.push(AdvicePart::Text(rest.to_owned()));
    }
    let foreign = |c: char| {
        matches!(c, '<' | '>' | '[' | ']' | '{' | '}')
            || c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let texts = parts.iter().filter_map(|p| if let AdvicePart::Text(text) = p { Some(text) } else { None });
    if let Some(character) = texts.flat_map(|t| t.chars()).find(|c| foreign(*c)) {
        scope.report(
            Diagnostic::error(Code::BadAdvice, format!("{character:?} cannot stand in advice"))
                .label(source.span, "here")
                .help("brackets, control and direction characters could be read as markup by an agent"),
        );
    }
    if length > limits::ADVICE {
        scope.report(
            Diagnostic::error(
                Code::TooLong,
                format!("this advice may grow to {length} characters; at most {}", limits::ADVICE),
            )
            .label(source.span, format!("each capture counts {}", limits::CAPTURE))
            .help("say it shorter, or split the rule"),
        );
    }
    parts
}

fn renderable() -> String {
    let names: Vec<&str> = Type::ALL.iter().filter(|(ty, _)| ty.is_renderable()).map(|(_, name)| *name).collect();
    names.join(", ")
}
