//! Checked program to compiled program. In: one domain and the skills of a bank; out: an immutable program that any
//! number of sessions share. Compiling puts tests before searches in every condition and indexes the domain's patterns.

use std::cmp::Reverse;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::directives::RuleId;
use super::matching::{self, Captures, Text};
use super::value::Value;
use crate::lang::checked::{Arg, Checked, Domain, EventForm, IsRight, Literal, Operand, Rule, Skill, Term};
use crate::text::{self, Token};

/// What an action is in the words of a domain: for every form of an event that it matches, the captured arguments.
#[derive(Debug, Default, PartialEq)]
pub struct ActionFacts {
    pub(super) action: Box<str>,
    facts: Vec<ActionFact>,
}

impl ActionFacts {
    /// Whether the action is no event at all.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

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
    /// The rows of each of its tables.
    pub(super) tables: Vec<Vec<Vec<Value>>>,
    actions: RwLock<FxHashMap<Box<str>, Arc<ActionFacts>>>,
}

/// The memory of actions is emptied when it holds this many.
const MAX_ACTIONS: usize = 100_000;

impl Vocabulary {
    pub fn new(domain: Domain) -> Arc<Self> {
        let row = |row: &Vec<_>| row.iter().map(Value::constant).collect();
        let tables = domain.tables.iter().map(|table| table.rows.iter().filter_map(row).collect()).collect();
        Arc::new(Vocabulary { domain, tables, actions: RwLock::default() })
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
    /// All rules in the order in which they may speak.
    pub(super) order: Vec<RuleId>,
}

impl Program {
    /// Compiles `skills`, in bank order. All must be of `vocabulary`'s domain, as [`Program::of`] sees to.
    fn compile(vocabulary: Arc<Vocabulary>, mut skills: Vec<Skill>) -> Program {
        let mut remembered = vec![false; vocabulary.domain.events.len()];
        for skill in &mut skills {
            let task: Vec<usize> = skill.applies.as_ref().map_or(Vec::new(), |(_, args)| slots(args).collect());
            for rule in &mut skill.rules {
                rule.branches.iter_mut().for_each(|branch| prepare(branch, &task, &mut remembered));
                let bound: Vec<usize> = task.iter().chain(&rule.used).copied().collect();
                rule.lets.iter_mut().for_each(|collected| prepare(&mut collected.body, &bound, &mut remembered));
                for mark in &mut rule.marks {
                    let bound: Vec<usize> = bound.iter().copied().chain(slots(&mark.args)).collect();
                    prepare(&mut mark.filter, &bound, &mut remembered);
                }
            }
            for condition in skill.assertions.iter_mut().flat_map(|assertion| assertion.form.conditions_mut()) {
                prepare(condition, &task, &mut remembered);
            }
        }
        let order = order(&skills);
        Program { vocabulary, skills, remembered, order }
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

    /// The skills in bank order; [`RuleId`] speaks of these positions.
    pub fn skills(&self) -> &[Skill] {
        &self.skills
    }

    pub(super) fn rule(&self, rule: RuleId) -> Option<&Rule> {
        self.skills.get(usize::from(rule.skill))?.rules.get(usize::from(rule.rule))
    }
}

/// "In order of speaking": higher priorities first, then bank order.
fn order(skills: &[Skill]) -> Vec<RuleId> {
    let mut order: Vec<(Reverse<u32>, RuleId)> = Vec::new();
    for (s, skill) in skills.iter().enumerate() {
        for (r, rule) in skill.rules.iter().enumerate() {
            order.push((Reverse(rule.priority), RuleId { skill: s as u16, rule: r as u16 }));
        }
    }
    order.sort_unstable();
    order.into_iter().map(|(_, rule)| rule).collect()
}

/// Orders a condition for the search, and notes which past events it asks for.
fn prepare(literals: &mut Vec<Literal>, bound: &[usize], remembered: &mut [bool]) {
    tests_first(literals, bound);
    literals.iter().for_each(|literal| note_memory(literal, remembered));
}

/// Moves every test (a literal that binds nothing) to the earliest place where its variables are bound; those in `known`
/// are from the start. The order of the searches, and with it the order of bindings, stays. A variable that no search
/// before a test has bound is a quantifier's own.
fn tests_first(literals: &mut Vec<Literal>, known: &[usize]) {
    let mut searches: Vec<Literal> = Vec::new();
    // Each test with the number of searches that must come before it.
    let mut tests: Vec<(usize, Literal)> = Vec::new();
    // Each variable with the number of searches after which it has a value.
    let mut bound: Vec<(usize, usize)> = known.iter().map(|slot| (*slot, 0)).collect();
    for literal in std::mem::take(literals) {
        let since = |slot: usize| bound.iter().find(|(known, _)| *known == slot).map(|(_, after)| *after);
        let used = uses(&literal);
        if is_test(&literal) {
            tests.push((used.into_iter().filter_map(since).max().unwrap_or(0), literal));
        } else {
            let new: Vec<usize> = used.into_iter().filter(|slot| since(*slot).is_none()).collect();
            searches.push(literal);
            bound.extend(new.into_iter().map(|slot| (slot, searches.len())));
        }
    }
    tests.sort_by_key(|(after, _)| *after);
    let mut tests = tests.into_iter().peekable();
    for (before, search) in searches.into_iter().enumerate() {
        while let Some((_, test)) = tests.next_if(|(after, _)| *after <= before) {
            literals.push(test);
        }
        literals.push(search);
    }
    literals.extend(tests.map(|(_, test)| test));
}

fn is_test(literal: &Literal) -> bool {
    match literal {
        Literal::Event { .. }
        | Literal::Once { .. }
        | Literal::Fluent { .. }
        | Literal::Task { .. }
        | Literal::Available { .. }
        | Literal::Table { .. }
        | Literal::In { .. } => false,
        Literal::Repeated
        | Literal::Todo
        | Literal::Is { .. }
        | Literal::Contains { .. }
        | Literal::Compare { .. }
        | Literal::Not(_)
        | Literal::Quantified { .. } => true,
    }
}

/// The slots of the variables among arguments.
fn slots(args: &[Arg]) -> impl Iterator<Item = usize> {
    args.iter().filter_map(|arg| if let Arg::Var(slot) = arg { Some(*slot) } else { None })
}

/// The variables of a literal.
fn uses(literal: &Literal) -> Vec<usize> {
    let term = |term: &Term| if let Term::Var(slot) = term { vec![*slot] } else { Vec::new() };
    let operand = |operand: &Operand| match operand {
        Operand::Var(v) => vec![*v],
        Operand::CountRows { args, .. } | Operand::CountEvents { args, .. } => slots(args).collect(),
        Operand::Words(text) => term(text),
        Operand::Shared(left, right) => [term(left), term(right)].concat(),
        Operand::Number(_) | Operand::Step => Vec::new(),
    };
    match literal {
        Literal::Event { args, .. }
        | Literal::Once { args, .. }
        | Literal::Fluent { args, .. }
        | Literal::Task { args, .. }
        | Literal::Available { args, .. }
        | Literal::Table { args, .. } => slots(args).collect(),
        Literal::Repeated | Literal::Todo => Vec::new(),
        Literal::Is { left, right: IsRight::Var(right) } => vec![*left, *right],
        Literal::Is { left, right: IsRight::Text(_) | IsRight::OneOf(_) } => vec![*left],
        Literal::In { element, list } => vec![*element, *list],
        Literal::Contains { left, right } => [term(left), term(right)].concat(),
        Literal::Compare { left, right, .. } => [operand(left), operand(right)].concat(),
        Literal::Not(inner) => inner.iter().flat_map(uses).collect(),
        Literal::Quantified { over, then, .. } => uses(over).into_iter().chain(then.iter().flat_map(uses)).collect(),
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
        Literal::Not(inner) => inner.iter().for_each(|literal| note_memory(literal, remembered)),
        Literal::Quantified { over, then, .. } => {
            note_memory(over, remembered);
            then.iter().for_each(|literal| note_memory(literal, remembered));
        }
        _ => {}
    }
}
