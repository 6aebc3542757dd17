//! Checked program to compiled program. In: one domain and the skills of a bank; out: an immutable program that any
//! number of sessions share: compiled conditions, and for everything that can change the rules and assertions that read it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::condition::{ANY, Args, Cond, CondId, Conditions, Context, Input, Scope, mask, slots, uses};
use super::directives::RuleId;
use super::intern::Constants;
use super::monitor::{Demand, demand};
pub use super::vocabulary::Vocabulary;
use crate::lang::ast::MarkKind;
use crate::lang::checked::{Arg, Assertion, Checked, Literal, Rule, Skill};

/// A compiled rule.
#[derive(Debug)]
pub(super) struct RuleCode {
    pub(super) id: RuleId,
    pub(super) signature: Option<u32>,
    pub(super) priority: u32,
    /// It speaks at no more decisions than this, counted in this place.
    pub(super) limit: Option<(u32, u32)>,
    pub(super) branches: Box<[CondId]>,
    /// The variables that tell its bindings apart.
    pub(super) used: Box<[u8]>,
    /// For each list the variable whose values it collects, and the condition.
    pub(super) lists: Box<[(u8, CondId)]>,
    pub(super) marks: Box<[MarkCode]>,
}

#[derive(Debug)]
pub(super) struct MarkCode {
    pub(super) kind: MarkKind,
    pub(super) event: u32,
    pub(super) args: Args,
    pub(super) filter: CondId,
    /// Neither arguments nor filter use a variable that makes bindings of the rule different.
    pub(super) is_same_for_all: bool,
}

/// A compiled assertion.
#[derive(Debug)]
pub(super) struct AssertionCode {
    pub(super) signature: Option<u32>,
    pub(super) vars: usize,
    pub(super) demand: Demand,
}

/// What a skill is `for`: a task, and where the values of its arguments go. Skills that are for the same share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Signature {
    pub(super) task: u32,
    pub(super) args: Args,
}

/// A rule, by its rank, or an assertion, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reader {
    Rule(u32),
    Assertion(u32),
}

/// Who reads what, in lists by input.
#[derive(Debug, Default)]
pub(super) struct Readers {
    events: usize,
    fluents: usize,
    /// By number of an input: where its readers begin.
    starts: Vec<u32>,
    readers: Vec<Reader>,
    /// By event: the lengths of the windows in which conditions look back at it, with the number of the input.
    pub(super) windows: FxHashMap<u32, Vec<(u32, u32)>>,
    /// Steps at which comparisons may turn, ascending.
    pub(super) steps: Vec<(u32, Reader)>,
}

impl Readers {
    fn new(events: usize, fluents: usize, reads: BTreeMap<Input, Vec<Reader>>) -> Readers {
        let mut readers = Readers { events, fluents, ..Readers::default() };
        let mut lists: Vec<(u32, Vec<Reader>)> = Vec::new();
        let mut windows = readers.number(Input::Step) + 1;
        for (input, of_input) in reads {
            match input {
                Input::StepAt(step) => readers.steps.extend(of_input.into_iter().map(|reader| (step, reader))),
                Input::Window(event, n) => {
                    readers.windows.entry(event).or_default().push((n, windows));
                    lists.push((windows, of_input));
                    windows += 1;
                }
                input => lists.push((readers.number(input), of_input)),
            }
        }
        readers.steps.sort();
        lists.sort_by_key(|(number, _)| *number);
        let mut lists = lists.into_iter().peekable();
        for number in 0..windows {
            readers.starts.push(readers.readers.len() as u32);
            if let Some((_, of_input)) = lists.next_if(|(of, _)| *of == number) {
                readers.readers.extend(of_input);
            }
        }
        readers.starts.push(readers.readers.len() as u32);
        readers
    }

    /// The number of an input other than a window or a certain step.
    pub(super) fn number(&self, input: Input) -> u32 {
        let (events, fluents) = (self.events as u32, self.fluents as u32);
        match input {
            Input::Event(event) => event,
            Input::Past(event) => events + event,
            Input::Times(event) => 2 * events + event,
            Input::Available(event) => 3 * events + event,
            Input::Fluent(fluent) => 4 * events + fluent,
            Input::Repeated => 4 * events + fluents,
            // Windows have numbers of their own after these; a certain step has none.
            Input::Step | Input::Window(..) | Input::StepAt(_) => 4 * events + fluents + 1,
        }
    }

    pub(super) fn of(&self, number: u32) -> &[Reader] {
        let number = number as usize;
        &self.readers[self.starts[number] as usize..self.starts[number + 1] as usize]
    }
}

/// Rules and assertions that are to be looked at although nothing that they read has changed.
#[derive(Debug, Default)]
pub(super) struct Initial {
    /// Of skills that are for every task.
    pub(super) always: Vec<Reader>,
    /// By signature.
    pub(super) of_signature: Vec<Vec<Reader>>,
}

/// A bank's skills of one domain, compiled: immutable, shared by sessions.
#[derive(Debug)]
pub struct Program {
    pub(super) vocabulary: Arc<Vocabulary>,
    pub(super) skills: Vec<Skill>,
    pub(super) constants: Arc<Constants>,
    pub(super) conds: Vec<Cond>,
    /// Of how many conditions the truth is kept.
    pub(super) shared: u32,
    /// Events whose past occurrences some condition asks for.
    pub(super) remembered: Vec<bool>,
    /// In order of speaking.
    pub(super) rules: Vec<RuleCode>,
    /// By skill and rule: places in `rules`.
    ranks: Vec<Vec<u32>>,
    /// In bank order.
    pub(super) assertions: Vec<AssertionCode>,
    /// By skill: its first assertion.
    first_assertions: Vec<u32>,
    /// By skill.
    signatures_of: Vec<Option<u32>>,
    pub(super) signatures: Vec<Signature>,
    /// By task: the signatures that it may fit.
    pub(super) signatures_for: Vec<Vec<u32>>,
    pub(super) readers: Readers,
    pub(super) initial: Initial,
    /// Rules that may speak only so often.
    pub(super) limited: u32,
    /// Assertions that count, and such that wait.
    pub(super) counting: u32,
    pub(super) waiting: u32,
}

impl Program {
    /// The program of all skills of one domain of a checked set, in the order of the set.
    pub fn of(checked: &Checked, domain: usize) -> Arc<Program> {
        let vocabulary = Vocabulary::new(checked.domains[domain].clone());
        Self::with_vocabulary(vocabulary, checked.skills.iter().filter(|s| s.domain == domain).cloned().collect())
    }

    /// The program of `skills` over a vocabulary that other programs share. The skills must have been checked
    /// against that vocabulary's domain.
    pub fn with_vocabulary(vocabulary: Arc<Vocabulary>, skills: Vec<Skill>) -> Arc<Program> {
        Arc::new(Compiler::new(&vocabulary).program(Arc::clone(&vocabulary), skills))
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

    /// The place of a rule in the order of speaking.
    pub(super) fn rank(&self, rule: RuleId) -> Option<u32> {
        self.ranks.get(usize::from(rule.skill))?.get(usize::from(rule.rule)).copied()
    }

    pub(super) fn signature_of(&self, skill: usize) -> Option<u32> {
        self.signatures_of[skill]
    }

    /// The assertions of a skill, with their numbers.
    pub(super) fn assertions_of(&self, skill: usize) -> impl Iterator<Item = (u32, &Assertion)> {
        (self.first_assertions[skill]..).zip(&self.skills[skill].assertions)
    }
}

/// A program in the making.
struct Compiler {
    conditions: Conditions,
    constants: Constants,
    remembered: Vec<bool>,
    reads: BTreeMap<Input, Vec<Reader>>,
    signatures: Vec<Signature>,
    known_signatures: FxHashMap<Signature, u32>,
    initial: Initial,
    limited: u32,
    counting: u32,
    waiting: u32,
}

impl Compiler {
    fn new(vocabulary: &Vocabulary) -> Compiler {
        Compiler {
            conditions: Conditions::default(),
            constants: vocabulary.constants.clone(),
            remembered: vec![false; vocabulary.domain.events.len()],
            reads: BTreeMap::new(),
            signatures: Vec::new(),
            known_signatures: FxHashMap::default(),
            initial: Initial::default(),
            limited: 0,
            counting: 0,
            waiting: 0,
        }
    }

    fn program(mut self, vocabulary: Arc<Vocabulary>, skills: Vec<Skill>) -> Program {
        let signatures_of: Vec<Option<u32>> = skills.iter().map(|skill| self.signature(skill)).collect();
        self.initial.of_signature = vec![Vec::new(); self.signatures.len()];
        let ordered = order(&skills);
        let mut ranks: Vec<Vec<u32>> = skills.iter().map(|skill| vec![0; skill.rules.len()]).collect();
        let mut rules = Vec::with_capacity(ordered.len());
        for (rank, id) in ordered.into_iter().enumerate() {
            let (skill, rule) = (usize::from(id.skill), usize::from(id.rule));
            ranks[skill][rule] = rank as u32;
            rules.push(self.rule(rank as u32, id, &skills[skill], signatures_of[skill], &skills[skill].rules[rule]));
        }
        let mut assertions = Vec::new();
        let mut first_assertions = Vec::with_capacity(skills.len());
        for (skill, signature) in skills.iter().zip(&signatures_of) {
            first_assertions.push(assertions.len() as u32);
            for assertion in &skill.assertions {
                let code = self.assertion(assertions.len() as u32, skill, *signature, assertion);
                assertions.push(code);
            }
        }
        let mut signatures_for = vec![Vec::new(); vocabulary.domain.tasks.len()];
        for (number, signature) in self.signatures.iter().enumerate() {
            signatures_for[signature.task as usize].push(number as u32);
        }
        let readers = Readers::new(vocabulary.domain.events.len(), vocabulary.domain.fluents.len(), self.reads);
        let (conds, shared) = self.conditions.finish();
        Program {
            vocabulary,
            skills,
            constants: Arc::new(self.constants),
            conds,
            shared,
            remembered: self.remembered,
            rules,
            ranks,
            assertions,
            first_assertions,
            signatures_of,
            signatures: self.signatures,
            signatures_for,
            readers,
            initial: self.initial,
            limited: self.limited,
            counting: self.counting,
            waiting: self.waiting,
        }
    }

    fn signature(&mut self, skill: &Skill) -> Option<u32> {
        let (task, args) = skill.applies.as_ref()?;
        let signature = Signature { task: *task as u32, args: compiled(args) };
        let next = self.signatures.len() as u32;
        let number = *self.known_signatures.entry(signature.clone()).or_insert(next);
        if number == next {
            self.signatures.push(signature);
        }
        Some(number)
    }

    fn rule(&mut self, rank: u32, id: RuleId, skill: &Skill, signature: Option<u32>, rule: &Rule) -> RuleCode {
        let task = task_slots(skill);
        let mut reads = BTreeSet::new();
        let mut branches = Vec::new();
        for branch in &rule.branches {
            branches.push(self.condition(branch, Scope::new(&task, context(signature)), &mut reads));
        }
        if branches.iter().any(|branch| self.conditions.may_hold_untouched(*branch)) {
            self.at_first(signature, Reader::Rule(rank));
        }
        let bound: Vec<usize> = task.iter().chain(&rule.used).copied().collect();
        // Any variable of the rule may have a value when its statements are reached.
        let maybe = mask(0..rule.vars.len()) | mask(bound.iter().copied());
        let mut lists = Vec::new();
        for list in &rule.lets {
            let body = self.condition(&list.body, Scope { bound: &bound, maybe, context: Context::Other }, &mut reads);
            lists.push((list.element as u8, body));
        }
        let mut marks = Vec::new();
        for mark in &rule.marks {
            let bound: Vec<usize> = bound.iter().copied().chain(slots(&mark.args)).collect();
            let scope = Scope { bound: &bound, maybe: maybe | mask(slots(&mark.args)), context: Context::Other };
            let filter = self.condition(&mark.filter, scope, &mut reads);
            let used = mask(slots(&mark.args)) | mask(mark.filter.iter().flat_map(uses));
            marks.push(MarkCode {
                kind: mark.kind,
                event: mark.event as u32,
                args: compiled(&mark.args),
                filter,
                is_same_for_all: used & mask(rule.used.iter().copied()) == 0,
            });
        }
        self.remember(&reads);
        self.read_by(Reader::Rule(rank), reads);
        let limit = rule.limit.map(|limit| (limit, self.limited));
        self.limited += u32::from(limit.is_some());
        RuleCode {
            id,
            signature,
            priority: rule.priority,
            limit,
            branches: branches.into(),
            used: rule.used.iter().map(|slot| *slot as u8).collect(),
            lists: lists.into(),
            marks: marks.into(),
        }
    }

    fn assertion(
        &mut self,
        number: u32,
        skill: &Skill,
        signature: Option<u32>,
        assertion: &Assertion,
    ) -> AssertionCode {
        let task = task_slots(skill);
        let mut reads = BTreeSet::new();
        let mut places = (self.counting, self.waiting);
        let mut compile = |literals: &[Literal], guard: &[usize]| {
            let bound: Vec<usize> = task.iter().chain(guard).copied().collect();
            let context = if guard.is_empty() { context(signature) } else { Context::Other };
            self.condition(literals, Scope::new(&bound, context), &mut reads)
        };
        let demand = demand(&assertion.form, &mut compile, &mut places);
        (self.counting, self.waiting) = places;
        self.remember(&reads);
        // What only the end asks for is not read before.
        if !matches!(demand, Demand::Finally(_)) {
            self.read_by(Reader::Assertion(number), reads);
            if demand.is_untouched(|cond| self.conditions.may_hold_untouched(cond)) {
                self.at_first(signature, Reader::Assertion(number));
            }
        }
        AssertionCode { signature, vars: assertion.vars.len(), demand }
    }

    fn condition(&mut self, literals: &[Literal], scope: Scope, reads: &mut BTreeSet<Input>) -> CondId {
        let cond = self.conditions.add(literals, scope, &mut self.constants);
        self.conditions.reads(cond, reads);
        cond
    }

    fn remember(&mut self, reads: &BTreeSet<Input>) {
        for input in reads {
            if let Input::Past(event) | Input::Times(event) = input {
                self.remembered[*event as usize] = true;
            }
        }
    }

    fn read_by(&mut self, reader: Reader, reads: BTreeSet<Input>) {
        for input in reads {
            self.reads.entry(input).or_default().push(reader);
        }
    }

    fn at_first(&mut self, signature: Option<u32>, reader: Reader) {
        match signature {
            None => self.initial.always.push(reader),
            Some(signature) => self.initial.of_signature[signature as usize].push(reader),
        }
    }
}

/// What gives a skill's conditions the values that they begin with.
fn context(signature: Option<u32>) -> Context {
    signature.map_or(Context::Closed, Context::Task)
}

fn task_slots(skill: &Skill) -> Vec<usize> {
    skill.applies.as_ref().map_or(Vec::new(), |(_, args)| slots(args).collect())
}

fn compiled(args: &[Arg]) -> Args {
    args.iter().map(|arg| if let Arg::Var(slot) = arg { *slot as u8 } else { ANY }).collect()
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
