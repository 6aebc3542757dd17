//! Conditions that say nothing: they can never hold, or hold whatever happens. In: one checked skill or domain and its
//! tree; out: W1005, W1006 and, for assertions, W1009.

use super::logic::{Frame, Reason};
use super::trees;
use super::words::{Words, own};
use crate::lang::ast;
use crate::lang::checked::{Domain, Form, Literal, Rule, Skill, Variable};
use crate::lang::diag::{Code, Diagnostic};

/// What all conditions of a skill have in common.
pub(super) struct Place<'a> {
    pub(super) domain: &'a Domain,
    pub(super) empty: &'a [bool],
    /// The skill's `for`, as a condition.
    pub(super) task: &'a [Literal],
}

impl<'a> Place<'a> {
    pub(super) fn frame(&self, vars: &'a [Variable], given: &'a [Literal], least_step: i64) -> Frame<'a> {
        Frame { domain: self.domain, vars, empty: self.empty, given, least_step }
    }
}

/// Rules and assertions of a skill.
pub(super) fn skill(place: &Place, skill: &Skill, tree: &ast::Skill, out: &mut Vec<Diagnostic>) {
    for (rule, written) in skill.rules.iter().zip(trees::rules(tree)) {
        branches(place, rule, written, out);
        filters(place, rule, written, out);
    }
    for (assertion, written) in skill.assertions.iter().zip(trees::assertions(tree)) {
        let span = written.name.span;
        out.extend(
            self::assertion(place, &assertion.form, &assertion.vars, &written.form)
                .map(|d| if d.labels.is_empty() { d.label(span, "this assertion") } else { d }),
        );
    }
}

fn branches(place: &Place, rule: &Rule, written: &ast::Rule, out: &mut Vec<Diagnostic>) {
    let frame = place.frame(&rule.vars, place.task, 0);
    let single = rule.branches.len() == 1;
    for (branch, conj) in rule.branches.iter().zip(&written.branches) {
        if let Some(reason) = frame.never(branch) {
            let help = match single {
                true => "the rule never speaks: take out what excludes the other, or the rule",
                false => "this alternative never holds: take it out, or what excludes the other",
            };
            out.extend(never(&reason, conj).map(|d| d.help(help)));
            continue;
        }
        // A condition that is nothing but true is how a rule says "always".
        if branch.len() > 1 {
            out.extend(idle(&frame, branch, conj));
        }
    }
}

/// The `where` of marks and the condition of `let`s.
fn filters(place: &Place, rule: &Rule, written: &ast::Rule, out: &mut Vec<Diagnostic>) {
    // With several alternatives nothing is known of which one held.
    let given: Vec<Literal> = match rule.branches.as_slice() {
        [one] => place.task.iter().chain(one).cloned().collect(),
        _ => place.task.to_vec(),
    };
    // What the rule itself never says is told of its condition.
    if place.frame(&rule.vars, place.task, 0).never(&given[place.task.len()..]).is_some() {
        return;
    }
    let (mut marks, mut lets) = (rule.marks.iter(), rule.lets.iter());
    for statement in &written.statements {
        match &statement.kind {
            ast::StatementKind::Mark { kind, filter, .. } => {
                let (Some(mark), Some(conj)) = (marks.next(), filter) else { continue };
                let frame = place.frame(&mark.vars, &given, 0);
                let help = format!("this `{}` marks nothing", kind.word());
                match frame.never(&mark.filter) {
                    Some(reason) => out.extend(never(&reason, conj).map(|d| d.help(help))),
                    None => out.extend(idle(&frame, &mark.filter, conj)),
                }
            }
            ast::StatementKind::Let { name, body, .. } => {
                let Some(collected) = lets.next() else { continue };
                let frame = place.frame(&collected.vars, &given, 0);
                if let Some(reason) = frame.never(&collected.body) {
                    out.extend(never(&reason, body).map(|d| d.help(format!("`{}` is always empty", name.text))));
                }
            }
            _ => {}
        }
    }
}

/// `W1005`; a `todo` is told by itself.
fn never(reason: &Reason, conj: &ast::Conj) -> Option<Diagnostic> {
    match reason {
        Reason::Todo => None,
        Reason::Alone(words, why) => {
            let found = Diagnostic::error(Code::NeverHolds, format!("`{words}` can never hold: {why}"));
            Some(trees::label(found, conj, &[words], "never true"))
        }
        Reason::Pair(a, b) => {
            let found = Diagnostic::error(Code::NeverHolds, format!("`{a}` and `{b}` can never hold together"));
            Some(trees::label(found, conj, &[a, b], "these exclude each other"))
        }
    }
}

/// `W1006`: literals that hold whatever happens.
fn idle(frame: &Frame, literals: &[Literal], conj: &ast::Conj) -> Vec<Diagnostic> {
    let words = Words { domain: frame.domain, vars: frame.vars };
    let told = |literal: &Literal| {
        let words = words.literal(literal);
        let found = Diagnostic::error(Code::AlwaysHolds, format!("`{words}` always holds here"));
        trees::label(found, conj, &[&words], "says nothing").help("leave it out, or say what is meant")
    };
    literals.iter().filter(|l| frame.always(l)).map(told).collect()
}

/// What is wrong with an assertion's conditions, if anything is.
fn assertion(place: &Place, form: &Form, vars: &[Variable], written: &ast::Form) -> Option<Diagnostic> {
    let conditions: Vec<&ast::Conj> = written.conditions().collect();
    let [first, rest @ ..] = conditions.as_slice() else { return None };
    let second = rest.first().copied().unwrap_or(first);
    // Assertions judge transitions, the first of which is step 1; `finally` may judge an episode without any.
    let frame = place.frame(vars, place.task, if matches!(form, Form::Finally(_)) { 0 } else { 1 });
    let always = |c: &[Literal]| c.iter().all(|l| frame.always(l));
    let broken = |reason: Option<Reason>, conj| {
        let help = "the assertion is always violated: say what is meant";
        reason.and_then(|reason| never(&reason, conj)).map(|d| d.help(help))
    };
    let certain = |reason: Option<Reason>| reason.filter(|r| *r != Reason::Todo);
    match form {
        Form::Always(c) if always(c) => idle_assertion("its condition always holds", Some(first)),
        Form::Always(c) => broken(frame.never(c), first),
        Form::Never(c) | Form::AtMost(_, c) | Form::AtMostConsecutive(_, c) | Form::Between(0, _, c) => {
            certain(frame.never(c)).and_then(|reason| idle_assertion(&in_words(&reason), Some(first)))
        }
        Form::AtLeast(0, _) => idle_assertion("everything happens at least 0 times", None),
        Form::Eventually(c) | Form::Finally(c) | Form::AtLeast(_, c) | Form::Between(_, _, c) => {
            broken(frame.never(c), first)
        }
        Form::FirstThen(a, b) => broken(frame.never(a), first).or_else(|| broken(frame.never(b), second)),
        Form::Whenever { guard, then, within } => {
            if let Some(reason) = certain(frame.never(guard)) {
                return idle_assertion(&in_words(&reason), Some(first));
            }
            let given: Vec<Literal> = place.task.iter().chain(guard).cloned().collect();
            match within {
                None => {
                    let inner = place.frame(vars, &given, 1);
                    if then.iter().all(|l| inner.follows(l, &[])) {
                        return idle_assertion("what it demands follows from its `whenever`", Some(second));
                    }
                    let help = "wherever the `whenever` part holds, the assertion is violated: write `never …` if that is meant";
                    inner.never(then).and_then(|reason| never(&reason, second)).map(|d| d.help(help))
                }
                // Later than the guard, only what can never change still holds.
                Some(_) => broken(frame.never(then), second),
            }
        }
    }
}

fn in_words(reason: &Reason) -> String {
    match reason {
        Reason::Alone(words, why) => format!("`{words}` can never hold: {why}"),
        Reason::Pair(a, b) => format!("`{a}` and `{b}` can never hold together"),
        Reason::Todo => "its condition is not stated yet".to_owned(),
    }
}

/// `W1009`.
fn idle_assertion(why: &str, at: Option<&ast::Conj>) -> Option<Diagnostic> {
    let found = Diagnostic::error(Code::IdleAssertion, format!("nothing can violate this assertion: {why}"))
        .help("say what an episode could do wrong, or write `unverified \"why\"`");
    Some(match at {
        Some(conj) => found.label(trees::span(conj), "here"),
        None => found,
    })
}

/// Fluents of a domain that nothing can make true, and causes that can never be.
pub(super) fn domain(domain: &Domain, empty: &[bool], tree: &ast::Domain, out: &mut Vec<Diagnostic>) {
    for decl in &tree.decls {
        fluent(domain, empty, &decl.kind, "", out);
    }
}

/// The same for a declaration; `owner` is the skill's name and a dot, or nothing.
pub(super) fn fluent(domain: &Domain, empty: &[bool], decl: &ast::DeclKind, owner: &str, out: &mut Vec<Diagnostic>) {
    let ast::DeclKind::Fluent { head, causes, .. } = decl else { return };
    let name = format!("{owner}{}", head.name.text);
    let Some(index) = domain.fluents.iter().position(|f| f.name == name) else { return };
    let fluent = &domain.fluents[index];
    let mut told = false;
    for (cause, written) in fluent.causes.iter().zip(causes) {
        let frame = Frame { domain, vars: &cause.vars, empty, given: &[], least_step: 0 };
        if let (Some(reason), Some(conj)) = (frame.never(&cause.with), &written.with) {
            told = true;
            out.extend(never(&reason, conj).map(|d| d.help("this cause never happens")));
        }
    }
    if empty.get(index) == Some(&true) && !told {
        let name = own(&fluent.name);
        let (verb, why) = match fluent.valued {
            true => ("set", "`cleared by` alone"),
            false => ("initiated", "`terminated by` alone"),
        };
        out.push(
            Diagnostic::error(Code::NeverHolds, format!("`{name}` can never hold: nothing makes it true"))
                .label(head.name.span, format!("{why} makes nothing true"))
                .help(format!("say what begins it: `{verb} by EVENT(…)`")),
        );
    }
}
