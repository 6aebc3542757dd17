//! A grammar for one domain. In: what files declare; out: the grammar in which only that can be named.

use super::GrammarError;
use super::rules::{Part, Rules, choice};
use crate::lang::ast::{DeclKind, EventForm, Item, MemberKind};
use crate::lang::keywords::TYPES;

/// What a name may be called as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Task,
    /// An event that an action can be.
    Action,
    /// One that is only ever observed.
    Observed,
    Fluent,
    Define,
    Table,
}

/// Calls of a rule of the grammar, the rule that takes their place, and what they may name.
const PLACES: [(&[&str], &str, &[Sort]); 6] = [
    (&["for_clause", "task_form"], "task_call", &[Sort::Task]),
    (&["prefer", "avoid", "forbid", "available"], "action_call", &[Sort::Action]),
    (&["once"], "event_call", &[Sort::Action, Sort::Observed]),
    (&["cause"], "cause_call", &[Sort::Action, Sort::Observed, Sort::Task]),
    (&["count"], "counted_call", &[Sort::Action, Sort::Observed, Sort::Fluent]),
    (&["every", "some", "none"], "fact_call", &[Sort::Action, Sort::Observed, Sort::Fluent, Sort::Task, Sort::Table]),
];

/// The names of a domain: its own, and those that the skills read with it declare for themselves.
#[derive(Debug, Clone)]
pub struct Names {
    domain: String,
    calls: Vec<(String, usize, Sort)>,
    types: Vec<String>,
}

impl Names {
    /// The names that these items declare; they must declare exactly one domain. Skills of other domains say nothing.
    pub fn of<'i>(items: impl IntoIterator<Item = &'i Item>) -> Result<Names, GrammarError> {
        let items: Vec<&Item> = items.into_iter().collect();
        let domains: Vec<_> =
            items.iter().filter_map(|i| if let Item::Domain(d) = i { Some(d) } else { None }).collect();
        let [domain] = domains.as_slice() else {
            let told: Vec<String> = domains.iter().map(|d| format!("`{}`", d.name.text)).collect();
            return Err(GrammarError(match told.as_slice() {
                [] => "no domain is declared there".to_owned(),
                several => format!("several domains are declared there: {}", several.join(", ")),
            }));
        };
        let mut names = Names { domain: domain.name.text.clone(), calls: Vec::new(), types: Vec::new() };
        domain.decls.iter().for_each(|decl| names.add(&decl.kind));
        for item in items {
            if let Item::Skill(skill) = item
                && skill.domain.text == names.domain
            {
                for member in &skill.members {
                    if let MemberKind::Decl(decl) = &member.kind {
                        names.add(decl);
                    }
                }
            }
        }
        Ok(names)
    }

    /// The domain's name.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    fn add(&mut self, decl: &DeclKind) {
        let call = match decl {
            DeclKind::Task { head, .. } => (head.name.text.clone(), head.params.len(), Sort::Task),
            DeclKind::Event { head, forms } => {
                let acts = forms.iter().any(|form| matches!(form, EventForm::Action { .. }));
                (head.name.text.clone(), head.params.len(), if acts { Sort::Action } else { Sort::Observed })
            }
            DeclKind::Fluent { head, value, .. } => {
                (head.name.text.clone(), head.params.len() + usize::from(value.is_some()), Sort::Fluent)
            }
            DeclKind::Define { head, .. } => (head.name.text.clone(), head.params.len(), Sort::Define),
            DeclKind::Table { name, columns, .. } => (name.text.clone(), columns.len(), Sort::Table),
            DeclKind::Type { name, .. } => {
                if !self.types.contains(&name.text) {
                    self.types.push(name.text.clone());
                }
                return;
            }
            DeclKind::Kind { .. } | DeclKind::Fails(_) => return,
        };
        if !self.calls.contains(&call) {
            self.calls.push(call);
        }
    }

    /// Calls of names of these sorts, as a rule; `None` if there are none.
    fn calls(&self, sorts: &[Sort]) -> Option<Part> {
        let mark = |text: &str| Part::Mark(text.to_owned());
        let fitting = self.calls.iter().filter(|(_, _, sort)| sorts.contains(sort));
        let calls: Vec<Part> = fitting
            .map(|(name, arity, _)| {
                let mut parts = vec![Part::Word(name.clone()), mark("(")];
                for n in 0..*arity {
                    if n > 0 {
                        parts.push(mark(","));
                    }
                    parts.push(Part::Rule("argument".to_owned()));
                }
                parts.push(mark(")"));
                Part::Seq(parts)
            })
            .collect();
        if calls.is_empty() { None } else { Some(choice(calls)) }
    }

    /// Leaves in a grammar only texts that name what there is. A domain's own text goes: it would declare other names.
    pub(super) fn narrow(&self, rules: &mut Rules) {
        let every = [Sort::Action, Sort::Observed, Sort::Fluent, Sort::Task, Sort::Table, Sort::Define];
        let mut narrowed: Vec<(String, Part)> = Vec::new();
        for (rule, body) in std::mem::take(&mut rules.rules) {
            let place = PLACES.iter().find(|(places, ..)| places.contains(&rule.as_str()));
            let body = body.map(&|leaf| match leaf {
                Part::Rule(name) if name == "call" => {
                    Part::Rule(place.map_or("call".to_owned(), |(_, call, _)| (*call).to_owned()))
                }
                Part::Token(name) if name == TYPE => Part::Rule("type_name".to_owned()),
                other => other,
            });
            match rule.as_str() {
                "domain" => {}
                "call" => {
                    for (_, name, sorts) in &PLACES {
                        narrowed.extend(self.calls(sorts).map(|calls| ((*name).to_owned(), calls)));
                    }
                    narrowed.extend(self.calls(&every).map(|calls| (rule, calls)));
                }
                "skill" => narrowed.push((rule, self.in_domain(body))),
                _ => narrowed.push((rule, body)),
            }
        }
        let types = TYPES.iter().map(|(name, _)| *name).chain(self.types.iter().map(String::as_str));
        narrowed.push(("type_name".to_owned(), choice(types.map(|name| Part::Word(name.to_owned())).collect())));
        rules.rules = narrowed;
        rules.prune();
    }

    /// The name after the first `in` is the domain's.
    fn in_domain(&self, body: Part) -> Part {
        let Part::Seq(mut parts) = body else { return body };
        let after = parts.iter().position(|part| *part == Part::Word("in".to_owned())).map(|at| at + 1);
        if let Some(name) = after.and_then(|at| parts.get_mut(at)) {
            *name = Part::Word(self.domain.clone());
        }
        Part::Seq(parts)
    }
}

/// The word that stands for a type.
const TYPE: &str = "TYPE_NAME";
