//! One skill: its `for`, rules, assertions and examples. In: the syntax tree and its domain's table; out: the checked
//! skill and findings (the skill is to be used only if none of them is an error).

use super::super::ast::{self, MemberKind};
use super::super::checked::{Arg, Assertion, Form, Rule, Skill, Variable};
use super::super::diag::{Code, Diagnostic};
use super::super::span::Span;
use super::example;
use super::scope::{Reads, Scope};
use super::statement::Statements;
use super::table::{Entry, Table};
use super::{duplicate, limits, name_length, too_many, unknown};

pub(super) fn build(table: &Table, domain: usize, file: usize, tree: &ast::Skill) -> (Skill, Vec<Diagnostic>) {
    let mut build = Build { table, task_vars: Vec::new(), priority: 0, diagnostics: Vec::new() };
    build.diagnostics.extend(name_length(&tree.name));
    build.diagnostics.extend(too_many("members", tree.members.len(), limits::MEMBERS, tree.name.span));
    let applies = tree.applies.as_ref().and_then(|call| build.applies(call));
    build.member_names(tree);
    build.priority(tree);
    let (mut rules, mut assertions) = (Vec::new(), Vec::new());
    for member in &tree.members {
        match &member.kind {
            MemberKind::Rule(rule) => rules.push(build.rule(rule)),
            MemberKind::Assertion(assertion) => assertions.push(build.assertion(assertion)),
            MemberKind::Example(_) | MemberKind::Unverified(_) | MemberKind::Priority(_) | MemberKind::Decl(_) => {}
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
    /// Of rules that say nothing else.
    priority: u32,
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

    /// All members share one namespace: patches address them by name.
    fn member_names(&mut self, tree: &ast::Skill) {
        let own = |m: &&ast::Member| matches!(m.kind, MemberKind::Decl(_));
        // Declarations that clash with one another are reported where they are entered.
        fn named(m: &ast::Member) -> Option<&ast::Name> {
            m.kind.name().map(|(_, name)| name)
        }
        let mut seen: Vec<&str> = Vec::new();
        seen.extend(tree.members.iter().filter(own).filter_map(named).map(|name| name.text.as_str()));
        for name in tree.members.iter().filter(|m| !own(m)).filter_map(named) {
            self.diagnostics.extend(name_length(name));
            match seen.contains(&name.text.as_str()) {
                true => self.diagnostics.push(duplicate("a member", name)),
                false => seen.push(&name.text),
            }
        }
    }

    fn priority(&mut self, tree: &ast::Skill) {
        let mut given = tree.members.iter().filter_map(|m| match m.kind {
            MemberKind::Priority(n) => Some((n, m.span)),
            _ => None,
        });
        if let Some((priority, _)) = given.next() {
            self.priority = priority;
        }
        if let Some((_, span)) = given.next() {
            self.diagnostics.push(
                Diagnostic::error(Code::Duplicate, "a skill has one priority")
                    .label(span, "second one")
                    .help("a rule that needs another says so itself: `rule … { priority n … }`"),
            );
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
        let statements = Statements::build(&mut scope, &tree.statements);
        scope.warn_unused();
        let rule = Rule {
            name: tree.name.text.clone(),
            vars: statements.vars,
            branches,
            priority: statements.priority.unwrap_or(self.priority),
            limit: statements.limit,
            lets: statements.lets,
            advice: statements.advice,
            suggestion: statements.suggestion,
            marks: statements.marks,
            used: statements.used,
        };
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
                let known = scope.slot_count();
                let then_literals = scope.conj(then);
                if let Some(extra) = scope.visible_beyond(known).map(str::to_owned) {
                    let span = then.0.first().map_or(tree.name.span, |l| l.span);
                    scope.report(
                        Diagnostic::error(Code::Unbound, format!("`{extra}` is not bound by the `whenever` part"))
                            .label(span, "after `then` only variables of the `whenever` part and `_` may stand")
                            .help(format!("write `_`, or bind `{extra}` before `then`")),
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
