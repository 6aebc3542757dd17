//! The parts of a meaning as canonical texts. In: checked rules, assertions and declarations; out: texts that are equal for
//! what says the same.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ast::Comparison;
use super::super::checked::{
    AdvicePart, Arg, Assertion, Constant, Domain, EventForm, Form, IsRight, Literal, Operand, Param, Rule, Term,
    Trigger, Variable,
};
use super::super::pattern::{Capture, Element, Pattern, Type};
use super::RuleMeaning;
use super::scope::{Parts, canonical, named};

/// Writes parts of one domain's skills.
pub(super) struct Write<'d> {
    domain: &'d Domain,
}

impl<'d> Write<'d> {
    pub(super) fn new(domain: &'d Domain) -> Self {
        Write { domain }
    }

    /// The task that a skill is for.
    pub(super) fn applies(&self, task: usize, args: &[Arg]) -> String {
        let mut parts = Parts::default();
        self.call("for", &self.domain.tasks[task].name, args, &mut parts);
        canonical(0, &parts)
    }

    /// A skill's own declaration is named after it: `skill.name`.
    fn full_name(&self, sort: &str, at: usize) -> &str {
        match sort {
            "task" => &self.domain.tasks[at].name,
            "event" => &self.domain.events[at].name,
            "fluent" => &self.domain.fluents[at].name,
            "table" => &self.domain.tables[at].name,
            "type" => &self.domain.types[at].name,
            _ => "",
        }
    }

    /// The name as a skill writes it.
    pub(super) fn name(&self, sort: &str, at: usize) -> String {
        let name = self.full_name(sort, at);
        name.split_once('.').map_or(name, |(_, name)| name).to_owned()
    }

    /// The skill that declares it for itself, if one does.
    pub(super) fn owner(&self, sort: &str, at: usize) -> Option<&str> {
        self.full_name(sort, at).split_once('.').map(|(owner, _)| owner)
    }

    fn call(&self, before: &str, name: &str, args: &[Arg], out: &mut Parts) {
        out.text(&format!("{before} {}(", name.rsplit('.').next().unwrap_or(name)));
        for arg in args {
            match arg {
                Arg::Any => out.text("_,"),
                Arg::Var(slot) => {
                    out.var(*slot);
                    out.text(",");
                }
            }
        }
        out.text(")");
    }

    pub(super) fn rule(&self, rule: &Rule, outer: usize) -> RuleMeaning {
        let mut trigger = Parts::default();
        trigger.unordered("when", rule.branches.iter().map(|branch| self.conj(branch)).collect());
        // The own variables of lists and marks have slots after the rule's, the same ones in each: they are moved apart.
        let own = rule.vars.len();
        let name = |(slot, v): (usize, &Variable)| (slot, v.name.clone());
        let mut names: BTreeMap<usize, String> = rule.vars.iter().enumerate().map(name).collect();
        let mut apart = |parts: Parts, vars: &[Variable]| {
            let shift = names.len() - own;
            names.extend(vars.iter().enumerate().skip(own).map(|(slot, v)| (slot + shift, v.name.clone())));
            parts.shifted(own, shift)
        };
        let lists: Vec<Parts> = rule
            .lets
            .iter()
            .map(|list| {
                let mut parts = Parts::default();
                parts.text("all ");
                parts.var(list.element);
                parts.text(":");
                parts.append(self.conj(&list.body));
                apart(parts, &list.vars)
            })
            .collect();
        let mut said: Vec<Parts> = Vec::new();
        for (word, text) in [("advise", &rule.advice), ("suggest", &rule.suggestion)] {
            let Some(text) = text else { continue };
            let mut parts = Parts::default();
            parts.text(word);
            for part in text {
                match part {
                    AdvicePart::Text(text) => parts.text(&format!(" {text:?}")),
                    AdvicePart::Var(slot) => parts.var(*slot),
                    AdvicePart::Let(list) => lists.get(*list).into_iter().for_each(|list| parts.append(list.clone())),
                }
            }
            said.push(parts);
        }
        for mark in &rule.marks {
            let mut parts = Parts::default();
            self.call(mark.kind.word(), &self.domain.events[mark.event].name, &mark.args, &mut parts);
            parts.text("where");
            parts.append(self.conj(&mark.filter));
            said.push(apart(parts, &mark.vars));
        }
        let mut statements = Parts::default();
        statements.unordered("say", said);
        let mut body = trigger.clone();
        body.append(statements.clone());
        RuleMeaning {
            body: canonical(outer, &body),
            trigger: canonical(outer, &trigger),
            statements: named(&statements, &|slot| names.get(&slot).cloned().unwrap_or_default()),
            priority: rule.priority,
            limit: rule.limit,
        }
    }

    pub(super) fn assertion(&self, assertion: &Assertion, outer: usize) -> String {
        let head = match &assertion.form {
            Form::Always(_) => "always".to_owned(),
            Form::Never(_) => "never".to_owned(),
            Form::Whenever { within, .. } => format!("whenever within {within:?}"),
            Form::Eventually(_) => "eventually".to_owned(),
            Form::Finally(_) => "finally".to_owned(),
            Form::FirstThen(..) => "first".to_owned(),
            Form::AtMost(n, _) => format!("at most {n}"),
            Form::AtLeast(n, _) => format!("at least {n}"),
            Form::Between(n, m, _) => format!("between {n} and {m}"),
            Form::AtMostConsecutive(n, _) => format!("at most {n} consecutive"),
        };
        let mut parts = Parts::default();
        parts.text(&head);
        for condition in assertion.form.conditions() {
            parts.text("then");
            parts.append(self.conj(condition));
        }
        canonical(outer, &parts)
    }

    fn conj(&self, literals: &[Literal]) -> Parts {
        let mut parts = Parts::default();
        parts.unordered("and", literals.iter().map(|literal| self.literal(literal)).collect());
        parts
    }

    fn literal(&self, literal: &Literal) -> Parts {
        let mut out = Parts::default();
        let domain = self.domain;
        match literal {
            Literal::Event { event, args } => self.call("event", &domain.events[*event].name, args, &mut out),
            Literal::Once { event, args, within } => {
                self.call(&format!("once within {within:?}"), &domain.events[*event].name, args, &mut out);
            }
            Literal::Fluent { fluent, args } => self.call("fluent", &domain.fluents[*fluent].name, args, &mut out),
            Literal::Task { task, args } => self.call("task", &domain.tasks[*task].name, args, &mut out),
            Literal::Available { event, args } => self.call("available", &domain.events[*event].name, args, &mut out),
            Literal::Table { table, args } => self.call("table", &domain.tables[*table].name, args, &mut out),
            Literal::Repeated => out.text("repeated"),
            Literal::Todo => out.text("todo"),
            Literal::Is { left, right } => {
                out.var(*left);
                out.text("is");
                match right {
                    IsRight::Var(slot) => out.var(*slot),
                    IsRight::Text(text) => out.text(&format!("{text:?}")),
                    IsRight::OneOf(texts) => {
                        let texts: BTreeSet<&String> = texts.iter().collect();
                        out.text(&format!("{texts:?}"));
                    }
                }
            }
            Literal::In { element, list } => {
                out.var(*element);
                out.text("in");
                out.var(*list);
            }
            Literal::Contains { left, right } => {
                term(left, &mut out);
                out.text("contains");
                term(right, &mut out);
            }
            Literal::Compare { left, op, right } => {
                self.operand(left, &mut out);
                out.text(Comparison::ALL.iter().find(|(o, _)| o == op).map_or("", |(_, sign)| sign));
                self.operand(right, &mut out);
            }
            Literal::Not(inner) => {
                out.text("not");
                out.append(self.conj(inner));
            }
            Literal::Quantified { quantifier, over, then } => {
                out.text(quantifier.words().0);
                out.append(self.literal(over));
                out.text("with");
                out.append(self.conj(then));
            }
        }
        out
    }

    fn operand(&self, operand: &Operand, out: &mut Parts) {
        match operand {
            Operand::Var(slot) => out.var(*slot),
            Operand::Number(number) => out.text(&number.to_string()),
            Operand::Step => out.text("step"),
            Operand::CountRows { fluent, args } => self.call("count", &self.domain.fluents[*fluent].name, args, out),
            Operand::CountEvents { event, args } => {
                self.call("count event", &self.domain.events[*event].name, args, out)
            }
            Operand::Words(text) => {
                out.text("words");
                term(text, out);
            }
            Operand::Shared(left, right) => {
                out.text("shared");
                term(left, out);
                term(right, out);
            }
        }
    }

    /// What a declaration says, its name aside; what it uses is named.
    pub(super) fn declaration(&self, sort: &str, at: usize) -> String {
        let domain = self.domain;
        let mut out = Parts::default();
        match sort {
            "task" => {
                let task = &domain.tasks[at];
                self.params(&task.params, &mut out);
                task.sentences.iter().for_each(|pattern| self.pattern(pattern, &mut out));
                for derived in &task.derived {
                    out.text(&format!("or {}{:?}", self.name("task", derived.task), derived.from));
                }
            }
            "event" => {
                let event = &domain.events[at];
                self.params(&event.params, &mut out);
                for form in &event.forms {
                    match form {
                        EventForm::Action { pattern, then } => {
                            out.text("action");
                            self.pattern(pattern, &mut out);
                            then.iter().for_each(|pattern| {
                                out.text("then");
                                self.pattern(pattern, &mut out);
                            });
                        }
                        EventForm::Observation { pattern, each } => {
                            out.text(if *each { "each" } else { "observation" });
                            self.pattern(pattern, &mut out);
                        }
                    }
                }
            }
            "fluent" => {
                let fluent = &domain.fluents[at];
                self.params(&fluent.params, &mut out);
                out.text(&format!("valued {} max {}", fluent.valued, fluent.max));
                for cause in &fluent.causes {
                    let mut parts = Parts::default();
                    let name = match cause.trigger {
                        Trigger::Event(event) => self.name("event", event),
                        Trigger::Task(task) => self.name("task", task),
                    };
                    self.call(if cause.adds { "by" } else { "ended by" }, &name, &cause.args, &mut parts);
                    parts.append(self.conj(&cause.with));
                    out.text(&canonical(fluent.params.len(), &parts));
                }
            }
            "table" => {
                let table = &domain.tables[at];
                self.params(&table.params, &mut out);
                let cell = |cell: &Constant| match cell {
                    Constant::Text(text) | Constant::Item(text) => format!("{text:?}"),
                    Constant::Number(number) => number.to_string(),
                };
                // A relation is a set of rows.
                let rows: BTreeSet<String> =
                    table.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(",")).collect();
                rows.iter().for_each(|row| out.text(&format!("({row})")));
            }
            "type" => out.text(domain.types[at].regex.source()),
            _ => domain.fails.iter().for_each(|pattern| self.pattern(pattern, &mut out)),
        }
        canonical(0, &out)
    }

    fn params(&self, params: &[Param], out: &mut Parts) {
        for param in params {
            out.text(&self.type_name(param.ty));
        }
    }

    fn type_name(&self, ty: Type) -> String {
        match ty {
            Type::Own(at) => format!("own {}", self.name("type", usize::from(at))),
            built_in => Type::ALL.iter().find(|(t, _)| *t == built_in).map_or("", |(_, name)| name).to_owned(),
        }
    }

    fn pattern(&self, pattern: &Pattern, out: &mut Parts) {
        let capture = |capture: &Capture| format!("{{{} {}}}", capture.param, self.type_name(capture.ty));
        match pattern {
            Pattern::Tokens(elements) => {
                for element in elements {
                    out.text(&match element {
                        Element::Literal(text) => format!("{text:?}"),
                        Element::Either(options) => format!("{options:?}"),
                        Element::Gap => "...".to_owned(),
                        Element::Capture(c) => capture(c),
                    });
                }
                out.text(";");
            }
            Pattern::Regex { regex, groups } => {
                let groups: Vec<String> = groups.iter().map(|(n, c)| format!("{n}{}", capture(c))).collect();
                out.text(&format!("/{:?}/{};", regex.source(), groups.join("")));
            }
        }
    }
}

fn term(term: &Term, out: &mut Parts) {
    match term {
        Term::Var(slot) => out.var(*slot),
        Term::Text(text) => out.text(&format!("{text:?}")),
    }
}
