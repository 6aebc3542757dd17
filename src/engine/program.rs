//! Checked program to compiled program. In: one domain and the skills of a bank; out: an immutable program that any
//! number of sessions share. Compiling puts tests before searches in every condition and indexes the domain's patterns.

use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::matching::{self, Captures, Text};
use super::value::Value;
use crate::lang::checked::{Arg, Checked, Domain, EventForm, Form, IsRight, Literal, Operand, Skill};
use crate::text::{self, Token};

/// What an action is in the words of a domain: for every form of an event that it matches, the captured arguments.
#[derive(Debug, Default, PartialEq)]
pub struct ActionFacts {
    pub(super) action: Box<str>,
    facts: Vec<ActionFact>,
}

impl ActionFacts {
    /// The arguments with which this admissible action would be the event: by the first form that it matches.
    pub(super) fn of(&self, event: usize) -> Option<&Captures> {
        self.facts.iter().find(|f| f.event == event).map(|f| &f.args)
    }
}

#[derive(Debug, PartialEq)]
struct ActionFact {
    event: usize,
    form: usize,
    args: Captures,
}

/// A domain with a memory of the actions read so far: most actions of a step were there in the step before.
#[derive(Debug)]
pub struct Vocabulary {
    pub(super) domain: Domain,
    actions: RwLock<FxHashMap<Box<str>, Arc<ActionFacts>>>,
}

/// The memory of actions is emptied when it holds this many.
const MAX_ACTIONS: usize = 100_000;

impl Vocabulary {
    pub fn new(domain: Domain) -> Arc<Self> {
        Arc::new(Vocabulary { domain, actions: RwLock::default() })
    }

    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The events that `action` would be.
    pub fn action(&self, action: &str) -> Arc<ActionFacts> {
        // A poisoned lock means that another thread stopped between two whole operations on the map: it is intact.
        if let Some(known) = self.actions.read().unwrap_or_else(PoisonError::into_inner).get(action) {
            return Arc::clone(known);
        }
        let facts = Arc::new(self.read_action(action));
        let mut actions = self.actions.write().unwrap_or_else(PoisonError::into_inner);
        if actions.len() >= MAX_ACTIONS {
            actions.clear();
        }
        actions.insert(action.into(), Arc::clone(&facts));
        facts
    }

    fn read_action(&self, action: &str) -> ActionFacts {
        let tokens = text::lex(action);
        let text = Text { raw: action, tokens: &tokens };
        let mut facts = Vec::new();
        for (index, event) in self.domain.events.iter().enumerate() {
            for (form, f) in event.forms.iter().enumerate() {
                if let EventForm::Action { pattern, .. } = f
                    && let Some(args) = matching::whole(pattern, event.params.len(), text)
                {
                    facts.push(ActionFact { event: index, form, args });
                }
            }
        }
        ActionFacts { action: action.into(), facts }
    }

    /// The task facts of a sentence: the best basic one, and the derived ones beside it.
    pub(super) fn tasks(&self, sentence: &str) -> Vec<(usize, Vec<Value>)> {
        let tokens = text::lex(sentence);
        let text = Text { raw: sentence, tokens: &tokens };
        let mut best: Option<(usize, usize, Vec<Value>)> = None;
        for (index, task) in self.domain.tasks.iter().enumerate() {
            for pattern in &task.sentences {
                let weight = pattern.literal_tokens();
                if best.as_ref().is_some_and(|(most, _, _)| *most >= weight) {
                    continue;
                }
                if let Some(args) = matching::sentence(pattern, task.params.len(), text).and_then(all_known) {
                    best = Some((weight, index, args));
                }
            }
        }
        let mut facts: Vec<(usize, Vec<Value>)> = best.map(|(_, task, args)| (task, args)).into_iter().collect();
        for (index, task) in self.domain.tasks.iter().enumerate() {
            let derived = task.derived.iter().find_map(|derived| {
                let (_, args) = facts.iter().find(|(task, _)| *task == derived.task)?;
                Some(derived.from.iter().map(|i| args[*i].clone()).collect())
            });
            if let Some(args) = derived
                && !facts.iter().any(|(task, _)| *task == index)
            {
                facts.push((index, args));
            }
        }
        facts
    }

    /// Whether an answer says that the action did not happen.
    pub(super) fn fails(&self, raw: &str, tokens: &[Token]) -> bool {
        self.domain.fails.iter().any(|pattern| matching::first(pattern, 0, Text { raw, tokens }).is_some())
    }

    /// The observation events of a text, in order.
    pub(super) fn observed(&self, raw: &str, tokens: &[Token], out: &mut Vec<EventFact>) {
        let text = Text { raw, tokens };
        let phase = out.len();
        for (index, event) in self.domain.events.iter().enumerate() {
            for form in &event.forms {
                let EventForm::Observation { pattern, each } = form else { continue };
                let params = event.params.len();
                match each {
                    true => {
                        for captures in matching::each(pattern, params, text) {
                            push_fact(out, phase, index, captures);
                        }
                    }
                    false => {
                        if let Some(captures) = matching::first(pattern, params, text) {
                            push_fact(out, phase, index, captures);
                        }
                    }
                }
            }
        }
    }

    /// The events that an action was, given the answer.
    pub(super) fn done(&self, action: &str, raw: &str, tokens: &[Token], out: &mut Vec<EventFact>) {
        let facts = self.action(action);
        if facts.facts.is_empty() || self.fails(raw, tokens) {
            return;
        }
        let mut occurred = None;
        for fact in facts.facts.iter() {
            // One action is an event at most once: by the first form that matches, answer included.
            if occurred == Some(fact.event) {
                continue;
            }
            let captures = match &self.domain.events[fact.event].forms[fact.form] {
                EventForm::Action { then: Some(then), .. } => {
                    matching::first_with(then, &fact.args, Text { raw, tokens })
                }
                _ => Some(fact.args.clone()),
            };
            if let Some(captures) = captures {
                push_fact(out, 0, fact.event, captures);
                occurred = Some(fact.event);
            }
        }
    }
}

/// An event that has occurred.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EventFact {
    pub(super) event: usize,
    pub(super) args: Vec<Value>,
}

fn all_known(captures: Captures) -> Option<Vec<Value>> {
    captures.into_iter().collect()
}

/// Adds a fact, once in its phase, which begins at `phase`.
fn push_fact(out: &mut Vec<EventFact>, phase: usize, event: usize, captures: Captures) {
    if let Some(args) = all_known(captures) {
        let fact = EventFact { event, args };
        if !out[phase..].contains(&fact) {
            out.push(fact);
        }
    }
}

/// A bank's skills of one domain, compiled: immutable, shared by sessions.
#[derive(Debug)]
pub struct Program {
    pub(super) vocabulary: Arc<Vocabulary>,
    pub(super) skills: Vec<Skill>,
    /// Events whose past occurrences some condition asks for.
    pub(super) remembered: Vec<bool>,
}

impl Program {
    /// Compiles `skills`, in bank order. All must be of `vocabulary`'s domain, as [`Program::of`] sees to.
    fn compile(vocabulary: Arc<Vocabulary>, mut skills: Vec<Skill>) -> Program {
        for skill in &mut skills {
            let task_vars = skill.applies.as_ref().map_or(0, |(_, args)| variables(args));
            for rule in &mut skill.rules {
                for branch in &mut rule.branches {
                    tests_first(branch, task_vars);
                }
                for mark in &mut rule.marks {
                    // The rule's variables and the event's own are bound by then; only the filter's are searched.
                    let bound = mark.args.iter().filter_map(|a| if let Arg::Var(v) = a { Some(*v + 1) } else { None });
                    let bound = bound.max().unwrap_or(0).max(rule.vars.len());
                    tests_first(&mut mark.filter, bound);
                }
            }
            for assertion in &mut skill.assertions {
                for (condition, bound) in conditions(&mut assertion.form, task_vars) {
                    tests_first(condition, bound);
                }
            }
        }
        let mut remembered = vec![false; vocabulary.domain.events.len()];
        for skill in &skills {
            skill.visit_literals(&mut |literal| note_memory(literal, &mut remembered));
        }
        Program { vocabulary, skills, remembered }
    }

    /// The program of all skills of one domain of a checked set, in the order of the set.
    pub fn of(checked: &Checked, domain: usize) -> Arc<Program> {
        let vocabulary = Vocabulary::new(checked.domains[domain].clone());
        Self::with_vocabulary(vocabulary, checked.skills.iter().filter(|s| s.domain == domain).cloned().collect())
    }

    /// The program of `skills` over a vocabulary that other programs share. The skills must have been checked
    /// against that vocabulary's domain.
    pub fn with_vocabulary(vocabulary: Arc<Vocabulary>, skills: Vec<Skill>) -> Arc<Program> {
        Arc::new(Self::compile(vocabulary, skills))
    }

    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// The skills in bank order; [`super::directives::RuleId`] speaks of these positions.
    pub fn skills(&self) -> &[Skill] {
        &self.skills
    }
}

impl Skill {
    /// Calls `visit` on every literal of the skill's rules and assertions, negated ones included.
    pub fn visit_literals(&self, visit: &mut impl FnMut(&Literal)) {
        fn walk(literals: &[Literal], visit: &mut impl FnMut(&Literal)) {
            for literal in literals {
                visit(literal);
                if let Literal::Not(inner) = literal {
                    walk(inner, visit);
                }
            }
        }
        for rule in &self.rules {
            rule.branches.iter().for_each(|branch| walk(branch, visit));
            rule.marks.iter().for_each(|mark| walk(&mark.filter, visit));
        }
        for assertion in &self.assertions {
            match &assertion.form {
                Form::Always(c)
                | Form::Never(c)
                | Form::Eventually(c)
                | Form::Finally(c)
                | Form::AtMost(_, c)
                | Form::AtLeast(_, c)
                | Form::Between(_, _, c)
                | Form::AtMostConsecutive(_, c) => walk(c, visit),
                Form::Whenever { guard: a, then: b, .. } | Form::FirstThen(a, b) => {
                    walk(a, visit);
                    walk(b, visit);
                }
            }
        }
    }
}

fn variables(args: &[Arg]) -> usize {
    args.iter().filter_map(|a| if let Arg::Var(v) = a { Some(v + 1) } else { None }).max().unwrap_or(0)
}

fn conditions(form: &mut Form, task_vars: usize) -> Vec<(&mut Vec<Literal>, usize)> {
    match form {
        Form::Always(c)
        | Form::Never(c)
        | Form::Eventually(c)
        | Form::Finally(c)
        | Form::AtMost(_, c)
        | Form::AtLeast(_, c)
        | Form::Between(_, _, c)
        | Form::AtMostConsecutive(_, c) => vec![(c, task_vars)],
        // Everything after `then` is bound by the guard, so its order is free; nothing is gained by moving it.
        Form::Whenever { guard, .. } => vec![(guard, task_vars)],
        Form::FirstThen(first, then) => vec![(first, task_vars), (then, task_vars)],
    }
}

/// Moves every test (a literal that binds nothing new) to the earliest place where its variables are bound. The order
/// of the searches, and with it the order of bindings, stays.
fn tests_first(literals: &mut Vec<Literal>, bound_slots: usize) {
    let mut bound: Vec<usize> = (0..bound_slots).collect();
    let mut rest = std::mem::take(literals);
    while !rest.is_empty() {
        let next = rest.iter().position(|l| is_test(l) && uses(l).iter().all(|v| bound.contains(v)));
        let literal = rest.remove(next.unwrap_or(0));
        for variable in uses(&literal) {
            if !bound.contains(&variable) {
                bound.push(variable);
            }
        }
        literals.push(literal);
    }
}

fn is_test(literal: &Literal) -> bool {
    matches!(literal, Literal::Repeated | Literal::Is { .. } | Literal::Compare { .. } | Literal::Not(_))
}

/// The variables of a literal.
fn uses(literal: &Literal) -> Vec<usize> {
    let of = |args: &[Arg]| args.iter().filter_map(|a| if let Arg::Var(v) = a { Some(*v) } else { None }).collect();
    let operand = |operand: &Operand| match operand {
        Operand::Var(v) => vec![*v],
        Operand::CountRows { args, .. } | Operand::CountEvents { args, .. } => of(args),
        Operand::Number(_) | Operand::Step => Vec::new(),
    };
    match literal {
        Literal::Event { args, .. }
        | Literal::Once { args, .. }
        | Literal::Fluent { args, .. }
        | Literal::Task { args, .. }
        | Literal::Available { args, .. } => of(args),
        Literal::Repeated => Vec::new(),
        Literal::Is { left, right: IsRight::Var(right) } => vec![*left, *right],
        Literal::Is { left, right: IsRight::Text(_) } => vec![*left],
        Literal::In { element, list } => vec![*element, *list],
        Literal::Compare { left, right, .. } => [operand(left), operand(right)].concat(),
        Literal::Not(inner) => inner.iter().flat_map(uses).collect(),
    }
}

fn note_memory(literal: &Literal, remembered: &mut [bool]) {
    match literal {
        Literal::Once { event, .. } => remembered[*event] = true,
        Literal::Compare { left, right, .. } => {
            for operand in [left, right] {
                if let Operand::CountEvents { event, .. } = operand {
                    remembered[*event] = true;
                }
            }
        }
        _ => {}
    }
}
