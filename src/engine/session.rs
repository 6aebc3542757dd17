//! A session: one episode after another under one compiled program. In: what the agent reads and does, step by step;
//! out: [`Directives`] before every decision, and a [`Report`] at the end. A session keeps its room between episodes: once
//! it has seen what an episode needs, it asks for no more memory.

use std::sync::Arc;

use super::actions::Reader as ActionReader;
use super::agenda::Agenda;
use super::condition::{Input, NO_VALUES};
use super::directives::{Directives, Mark, RuleId};
use super::facts::{Changed, Facts, PhaseRoom};
use super::intern::{Val, Values};
use super::matcher::{Read, Tools};
use super::monitor::{Judge, Monitors, bindings};
use super::pattern::{Captured, NOTHING_CAPTURED};
use super::program::{Program, RuleCode};
use super::reading::Tok;
use super::report::{Limit, Truncation};
use super::solve::{Cache, Solver, unify};
pub use super::speak::MAX_BINDINGS;
use super::speak::{Bindings, Decision, Rules, marks_of};
use super::value::Value;
use super::verdict::Verdict;
use super::vocabulary::{Role, Scan};
use crate::text;

pub use super::report::Report;

/// One episode at a time under one program.
pub struct Session {
    program: Arc<Program>,
    episode: Episode,
}

/// Borrowed parts for [`super::explain`].
pub(super) struct Parts<'s> {
    pub(super) program: &'s Program,
    pub(super) facts: &'s Facts,
    pub(super) solver: Solver<'s>,
}

/// How much of a program was looked at for one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Rules whose inputs had changed.
    pub rules: u32,
    /// Assertions whose inputs had changed.
    pub assertions: u32,
}

/// What a session knows of its episode.
#[derive(Default)]
struct Episode {
    facts: Facts,
    agenda: Agenda,
    monitors: Monitors,
    rules: Rules,
    cache: Cache,
    /// By signature: the place of its values in `task_values`, plus one.
    task_places: Vec<u32>,
    task_used: Vec<u32>,
    task_values: Vec<Captured>,
    last_action: String,
    directives: Directives,
    work: Work,
    texts_cut: u32,
    /// How much may be remembered before something is forgotten, and how much now.
    room: usize,
    memory_limit: usize,
    // Room.
    toks: Vec<Tok>,
    scan: Scan,
    action_toks: Vec<Tok>,
    action_scan: Scan,
    tools: Tools,
    phase_room: PhaseRoom,
    changed: Changed,
}

/// When what is remembered of values and actions takes more than this (bytes), what is no longer needed is forgotten.
pub const MEMORY: usize = 8 << 20;

impl Session {
    pub fn new(program: Arc<Program>) -> Self {
        let values = Values::over(Arc::clone(&program.constants));
        let facts = Facts { values, ..Facts::default() };
        let mut session = Session { program, episode: Episode { facts, room: MEMORY, ..Episode::default() } };
        session.episode.reset(&session.program);
        session
    }

    /// Changes how many bytes may be taken by what is remembered of values and actions ([`MEMORY`] where nothing is said)
    /// before what is no longer needed is forgotten; with 0 that happens at every step. What the session says does not depend
    /// on it.
    #[must_use]
    pub fn with_memory(mut self, bytes: usize) -> Self {
        self.episode.room = bytes;
        self.episode.memory_limit = bytes;
        self
    }

    pub(super) fn parts(&self) -> Parts<'_> {
        Parts { program: &self.program, facts: &self.episode.facts, solver: self.solver() }
    }

    /// The values of the variables of a rule's or an assertion's skill; `None` where it is not for the task.
    pub(super) fn task_values(&self, signature: Option<u32>) -> Option<Captured> {
        self.episode.task(signature)
    }

    /// Reads a transition as far as assertions see it, and no further.
    pub(super) fn take_in(&mut self, action: &str, observation: &str) {
        self.episode.take_in(&self.program, action, observation);
    }

    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Begins an episode: its task, what was seen first, and the actions to choose the first one from.
    pub fn start(&mut self, task: &str, first: &str, admissible: &[String]) -> &Directives {
        self.episode.start(&self.program, task, first, admissible);
        &self.episode.directives
    }

    /// Takes in one transition and the actions to choose the next one from (none after the last).
    pub fn observe(&mut self, action: &str, observation: &str, next_admissible: &[String]) -> &Directives {
        self.episode.observe(&self.program, action, observation, next_admissible);
        &self.episode.directives
    }

    /// Ends the episode.
    pub fn finish(&mut self) -> Report {
        let Session { program, episode } = self;
        let steps = episode.facts.step;
        let Episode { facts, monitors, cache, task_places, task_values, .. } = episode;
        let task = |signature| task_of(task_places, task_values, signature);
        let judge = Judge { program, solver: solver(program, facts, cache), task: &task };
        monitors.finish(&judge, steps);
        let verdicts = program.skills.iter().enumerate().map(|(index, _)| {
            let assertions = program.assertions_of(index);
            let verdict = |(number, assertion): (u32, &crate::lang::checked::Assertion)| {
                let code = &program.assertions[number as usize];
                match task(code.signature) {
                    None => Verdict::NotApplicable,
                    Some(_) => monitors.verdict(code, number, &assertion.vars, &facts.values),
                }
            };
            assertions.map(verdict).collect()
        });
        Report { verdicts: verdicts.collect(), truncations: self.truncations() }
    }

    /// What the skills say before the decision at hand.
    pub fn directives(&self) -> &Directives {
        &self.episode.directives
    }

    /// The current rows of a fluent as text, e.g. `holding mug 1`, oldest first; empty if there is no such fluent.
    pub fn facts(&self, fluent: &str) -> Vec<String> {
        let facts = &self.episode.facts;
        let Some(index) = self.program.vocabulary.domain.fluents.iter().position(|f| f.name == fluent) else {
            return Vec::new();
        };
        let Some(relation) = facts.fluents.get(index as u32) else { return Vec::new() };
        let name = fluent.replace('_', " ");
        let show =
            |row: &[Val]| row.iter().fold(name.clone(), |text, val| format!("{text} {}", facts.values.get(*val)));
        relation.rows().map(|(row, _)| show(row)).collect()
    }

    /// The rule, if the bank has it and its skill is for this task, with the values of the skill's `for` variables.
    fn rule(&self, rule: RuleId) -> Option<(&RuleCode, Captured)> {
        let code = &self.program.rules[self.program.rank(rule)? as usize];
        Some((code, self.episode.task(code.signature)?))
    }

    fn solver(&self) -> Solver<'_> {
        solver(&self.program, &self.episode.facts, &self.episode.cache)
    }

    fn bindings(&self, rule: RuleId) -> Option<(&RuleCode, Bindings)> {
        let (code, task) = self.rule(rule)?;
        let mut found = Bindings::default();
        found.find(&self.solver(), code, self.program.rule(rule)?.vars.len(), &task);
        (!found.is_empty()).then_some((code, found))
    }

    /// The bindings of a rule at this decision, by name; none if its condition does not hold. Computed only when asked
    /// for.
    pub fn reasons(&self, rule: RuleId) -> Vec<Vec<(String, Value)>> {
        let (Some(source), Some((_, found))) = (self.program.rule(rule), self.bindings(rule)) else {
            return Vec::new();
        };
        found.iter().map(|vals| bindings(&source.vars, vals, &self.episode.facts.values)).collect()
    }

    /// Whether the rule speaks at this decision, or would if fewer than eight others did: its condition holds, and it has
    /// not spoken as often as it may.
    pub fn fires(&self, rule: RuleId) -> bool {
        let Some((code, task)) = self.rule(rule) else { return false };
        let mut vars = NO_VALUES;
        vars[..task.len()].copy_from_slice(&task);
        let solver = self.solver();
        !self.episode.rules.is_spent(code) && code.branches.iter().any(|branch| solver.holds(*branch, &mut vars))
    }

    /// What one rule says at this decision, whether or not it was among those that spoke, how often it spoke before and
    /// what other rules say: the marks it gives, sorted by action; `None` if its condition does not hold.
    pub fn consult(&self, rule: RuleId) -> Option<Vec<Mark>> {
        let (code, found) = self.bindings(rule)?;
        let (mut kinds, mut marks) = (Vec::new(), Vec::new());
        marks_of(&self.solver(), code, &found, &mut kinds, &mut marks);
        Some(marks)
    }

    /// Whether the skill at this position of the bank is for the task of this episode.
    pub fn is_for_task(&self, skill: usize) -> bool {
        skill < self.program.skills.len() && self.episode.task(self.program.signature_of(skill)).is_some()
    }

    /// How much was looked at for the last step.
    pub fn work(&self) -> Work {
        self.episode.work
    }

    /// What the session takes in memory beside its program, in bytes.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.episode.bytes()
    }

    /// What was left out of this episode because it was too much.
    pub fn truncations(&self) -> Vec<Truncation> {
        let Episode { facts, rules, tools, texts_cut, .. } = &self.episode;
        let domain = &self.program.vocabulary.domain;
        let rows = facts
            .fluents
            .all()
            .map(|(fluent, relation)| (Limit::Rows(domain.fluents[fluent as usize].name.clone()), relation.dropped));
        let past = facts
            .past
            .all()
            .map(|(event, relation)| (Limit::Past(domain.events[event as usize].name.clone()), relation.dropped));
        let others = [
            (Limit::Text, *texts_cut),
            (Limit::Search, tools.given_up),
            (Limit::Facts, facts.facts_dropped),
            (Limit::Bindings, rules.full),
        ];
        let mut all: Vec<Truncation> =
            others.into_iter().chain(rows).chain(past).map(|(limit, times)| Truncation { limit, times }).collect();
        all.retain(|truncation| truncation.times > 0);
        all.sort();
        all
    }
}

fn solver<'s>(program: &'s Program, facts: &'s Facts, cache: &'s Cache) -> Solver<'s> {
    Solver { facts, conds: &program.conds, tables: &program.vocabulary.tables, cache: Some(cache) }
}

/// The values of a signature's variables; `None` where it is not for the task.
fn task_of(places: &[u32], values: &[Captured], signature: Option<u32>) -> Option<Captured> {
    let Some(signature) = signature else { return Some(NOTHING_CAPTURED) };
    let place = places[signature as usize].checked_sub(1)?;
    Some(values[place as usize])
}

impl Episode {
    fn reset(&mut self, program: &Program) {
        self.facts.reset(&program.vocabulary);
        self.agenda.reset(program);
        self.monitors.reset(program);
        self.rules.reset(program, &mut self.directives);
        self.cache.reset(program.shared as usize);
        self.task_places.resize(program.signatures.len(), 0);
        for signature in self.task_used.drain(..) {
            self.task_places[signature as usize] = 0;
        }
        self.task_values.clear();
        self.last_action.clear();
        self.tools.given_up = 0;
        self.texts_cut = 0;
        self.memory_limit = self.room;
        self.work = Work::default();
    }

    fn task(&self, signature: Option<u32>) -> Option<Captured> {
        task_of(&self.task_places, &self.task_values, signature)
    }

    fn start(&mut self, program: &Program, task: &str, first: &str, admissible: &[String]) {
        self.reset(program);
        let vocabulary = &*program.vocabulary;
        self.read(program, task);
        self.facts.read_task(vocabulary, Read { raw: task, toks: &self.toks }, &mut self.scan, &mut self.tools);
        self.apply(program);
        self.phase(program, None);
        self.read(program, first);
        let text = Read { raw: first, toks: &self.toks };
        vocabulary.wake(text, &[Role::Observation], &mut self.scan);
        self.facts.read_events(vocabulary, None, text, &self.scan, &mut self.tools);
        self.phase(program, Some(0..self.facts.events.len()));
        self.remember(program);
        self.decide(program, admissible);
    }

    fn observe(&mut self, program: &Program, action: &str, observation: &str, next_admissible: &[String]) {
        let done = self.take_in(program, action, observation);
        self.judge(program);
        self.phase(program, Some(0..done));
        self.phase(program, Some(done..self.facts.events.len()));
        self.decide(program, next_admissible);
    }

    /// Reads a transition: what assertions see of it. How many of its events are of the action.
    fn take_in(&mut self, program: &Program, action: &str, observation: &str) -> usize {
        if self.memory() > self.memory_limit {
            self.forget();
            // What is in use may be more than that; without room everything is sifted at every step.
            self.memory_limit = if self.room == 0 { 0 } else { self.room.max(2 * self.memory()) };
        }
        let vocabulary = &*program.vocabulary;
        self.facts.step += 1;
        let step = self.facts.step;
        let repeated = step > 1 && self.last_action == action;
        if repeated != self.facts.repeated {
            self.facts.repeated = repeated;
            self.agenda.touch(program, Input::Repeated);
        }
        self.last_action.clear();
        self.last_action.push_str(action);
        self.agenda.next_step(program, step);
        // The events before are no longer in view.
        for (event, _) in self.facts.events.iter() {
            self.agenda.touch(program, Input::Event(event));
        }
        let action = self.facts.action(
            action,
            &mut ActionReader {
                vocabulary,
                scan: &mut self.action_scan,
                tools: &mut self.tools,
                toks: &mut self.action_toks,
            },
        );
        self.read(program, observation);
        let text = Read { raw: observation, toks: &self.toks };
        vocabulary.wake(text, &[Role::Fails, Role::Observation, Role::Then], &mut self.scan);
        let done = self.facts.read_events(vocabulary, Some(action), text, &self.scan, &mut self.tools);
        self.remember(program);
        done
    }

    fn read(&mut self, program: &Program, raw: &str) {
        self.texts_cut += u32::from(raw.len() > text::MAX_TEXT);
        program.vocabulary.symbols.read(raw, &mut self.toks, &mut self.tools.scratch);
    }

    /// Finds the skills that are for the task, and what they look at from the start.
    fn apply(&mut self, program: &Program) {
        for (task, values) in &self.facts.tasks {
            for signature in &program.signatures_for[*task as usize] {
                let mut vars = NO_VALUES;
                let place = &mut self.task_places[*signature as usize];
                if *place == 0 && unify(&program.signatures[*signature as usize].args, values, &mut vars).is_some() {
                    let mut values = NOTHING_CAPTURED;
                    let width = values.len();
                    values.copy_from_slice(&vars[..width]);
                    self.task_values.push(values);
                    self.task_used.push(*signature);
                    *place = self.task_values.len() as u32;
                    let initial = &program.initial.of_signature[*signature as usize];
                    initial.iter().for_each(|reader| self.agenda.add(*reader));
                }
            }
        }
        program.initial.always.iter().for_each(|reader| self.agenda.add(*reader));
    }

    fn remember(&mut self, program: &Program) {
        let Episode { facts, agenda, .. } = self;
        let step = facts.step;
        for (event, _) in facts.events.iter() {
            agenda.touch(program, Input::Event(event));
        }
        facts.remember(&program.vocabulary, &program.remembered, |event, is_new| {
            agenda.occurred(program, event, is_new, step);
        });
    }

    fn phase(&mut self, program: &Program, events: Option<std::ops::Range<usize>>) {
        self.changed.clear();
        self.facts.phase(&program.vocabulary, events, &mut self.phase_room, &mut self.changed);
        for fluent in &self.changed {
            self.agenda.touch(program, Input::Fluent(*fluent));
        }
    }

    /// Assertions see the events of this transition and the state before it; the list is still the one that the action was
    /// chosen from.
    fn judge(&mut self, program: &Program) {
        self.cache.next_moment();
        let Episode { facts, cache, monitors, agenda, task_places, task_values, .. } = self;
        let task = |signature| task_of(task_places, task_values, signature);
        let judge = Judge { program, solver: solver(program, facts, cache), task: &task };
        self.work.assertions = monitors.observe(&judge, agenda, facts.step - 1);
    }

    fn decide(&mut self, program: &Program, admissible: &[String]) {
        let Episode { facts, agenda, rules, cache, task_places, task_values, directives, .. } = self;
        let mut reader = ActionReader {
            vocabulary: &program.vocabulary,
            scan: &mut self.action_scan,
            tools: &mut self.tools,
            toks: &mut self.action_toks,
        };
        let other_actions = facts.list(admissible, &mut reader, |event| agenda.touch(program, Input::Available(event)));
        cache.next_moment();
        let task = |signature| task_of(task_places, task_values, signature);
        let decision = Decision { program, solver: solver(program, facts, cache), task: &task, other_actions };
        self.work.rules = rules.decide(&decision, agenda, directives);
        agenda.rules_done();
    }

    /// Forgets values and actions that nothing refers to any more.
    fn forget(&mut self) {
        self.rules.forget(&mut self.agenda);
        let Episode { facts, monitors, task_values, .. } = self;
        let Facts { values, fluents, past, events, tasks, available, .. } = facts;
        available.forget();
        let relations = fluents.all_mut().chain(past.all_mut()).flat_map(|relation| relation.cells_mut());
        let kept = relations
            .chain(events.args_mut())
            .chain(tasks.iter_mut().flat_map(|(_, args)| args))
            .chain(available.args_mut())
            .chain(task_values.iter_mut().flatten())
            .chain(monitors.values_mut());
        values.renew(kept);
    }

    /// What is remembered of values and actions, in bytes.
    fn memory(&self) -> usize {
        self.facts.values.bytes() + self.facts.available.bytes()
    }

    fn bytes(&self) -> usize {
        self.facts.bytes()
            + self.agenda.bytes()
            + self.monitors.bytes()
            + self.rules.bytes()
            + self.cache.bytes()
            + self.tools.bytes()
            + 4 * (self.task_places.capacity() + self.task_used.capacity())
            + size_of::<Captured>() * self.task_values.capacity()
            + size_of::<Tok>() * (self.toks.capacity() + self.action_toks.capacity())
    }
}
