//! A session: one episode after another under one compiled program. In: what the agent reads and does, step by step;
//! out: [`Directives`] before every decision, and a [`Report`] at the end. A session keeps its buffers between episodes.

use std::sync::Arc;

use super::directives::{Directives, Firing, MAX_SPEAKING, Mark, MarkKind, RuleId};
use super::monitor::{Monitor, named};
use super::program::{ActionFacts, EventFact, Program};
use super::solve::{View, satisfiable, solve, unify, unify_action};
use super::state::State;
use super::value::Value;
use super::verdict::Verdict;
use crate::lang::checked::{AdvicePart, Rule, Skill};
use crate::text::{self, Token};

/// A rule has at most this many bindings at one decision.
pub const MAX_BINDINGS: usize = 64;
/// A captured value takes at most this many characters in advice.
const MAX_RENDERED: usize = 64;

/// What the assertions of a bank say of a finished episode, skill by skill in bank order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub verdicts: Vec<Vec<Verdict>>,
}

type Bindings = Vec<Vec<Option<Value>>>;

/// One episode at a time under one program.
pub struct Session {
    program: Arc<Program>,
    state: State,
    tasks: Vec<(usize, Vec<Value>)>,
    /// Values of each skill's `for` variables; `None` where the skill is not for this task.
    applies: Vec<Option<Vec<Option<Value>>>>,
    monitors: Vec<Vec<Monitor>>,
    /// The events of the last transition, or of the first observation.
    events: Vec<EventFact>,
    available: Vec<Arc<ActionFacts>>,
    steps: usize,
    last_action: String,
    repeated: bool,
    tokens: Vec<Token>,
    directives: Directives,
}

impl Session {
    pub fn new(program: Arc<Program>) -> Self {
        let monitors = program.skills.iter().map(|s| vec![Monitor::default(); s.assertions.len()]).collect();
        Session {
            program,
            state: State::default(),
            tasks: Vec::new(),
            applies: Vec::new(),
            monitors,
            events: Vec::new(),
            available: Vec::new(),
            steps: 0,
            last_action: String::new(),
            repeated: false,
            tokens: Vec::new(),
            directives: Directives::default(),
        }
    }

    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Begins an episode: its task, what was seen first, and the actions to choose the first one from.
    pub fn start(&mut self, task: &str, first: &str, admissible: &[String]) -> &Directives {
        let program = Arc::clone(&self.program);
        let domain = &program.vocabulary.domain;
        self.state.reset(domain);
        self.monitors.iter_mut().flatten().for_each(Monitor::reset);
        self.events.clear();
        self.steps = 0;
        self.last_action.clear();
        self.repeated = false;
        self.tasks = program.vocabulary.tasks(task);
        self.applies = program.skills.iter().map(|skill| applies(skill, &self.tasks)).collect();
        self.state.phase(domain, &[], &self.tasks);
        text::lex_into(first, &mut self.tokens);
        program.vocabulary.observed(first, &self.tokens, &mut self.events);
        self.state.phase(domain, &self.events, &[]);
        self.state.remember(&self.events, 0, &program.remembered);
        self.decide(admissible)
    }

    /// Takes in one transition and the actions to choose the next one from (none after the last).
    pub fn observe(&mut self, action: &str, observation: &str, next_admissible: &[String]) -> &Directives {
        let program = Arc::clone(&self.program);
        let domain = &program.vocabulary.domain;
        self.steps += 1;
        self.repeated = self.steps > 1 && self.last_action == action;
        self.last_action.clear();
        self.last_action.push_str(action);
        text::lex_into(observation, &mut self.tokens);
        self.events.clear();
        program.vocabulary.done(action, observation, &self.tokens, &mut self.events);
        let done = self.events.len();
        program.vocabulary.observed(observation, &self.tokens, &mut self.events);
        self.state.remember(&self.events, self.steps, &program.remembered);
        self.judge(&program);
        self.state.phase(domain, &self.events[..done], &[]);
        self.state.phase(domain, &self.events[done..], &[]);
        self.decide(next_admissible)
    }

    /// Ends the episode.
    pub fn finish(&mut self) -> Report {
        let program = Arc::clone(&self.program);
        let view = self.view();
        let verdicts = program.skills.iter().enumerate().map(|(index, skill)| {
            let assertions = skill.assertions.iter().zip(&self.monitors[index]);
            match &self.applies[index] {
                None => skill.assertions.iter().map(|_| Verdict::NotApplicable).collect(),
                Some(task) => assertions.map(|(a, monitor)| monitor.finish(a, &view, task, self.steps)).collect(),
            }
        });
        Report { verdicts: verdicts.collect() }
    }

    /// What the skills say before the decision at hand.
    pub fn directives(&self) -> &Directives {
        &self.directives
    }

    /// The current rows of a fluent as text, e.g. `holding mug 1`, oldest first; empty if there is no such fluent.
    pub fn facts(&self, fluent: &str) -> Vec<String> {
        let fluents = &self.program.vocabulary.domain.fluents;
        let Some(index) = fluents.iter().position(|f| f.name == fluent) else { return Vec::new() };
        let Some(rows) = self.state.fluents.get(index) else { return Vec::new() };
        let show =
            |row: &Vec<Value>| row.iter().fold(fluent.replace('_', " "), |text, value| format!("{text} {value}"));
        rows.rows.iter().map(show).collect()
    }

    /// Why a rule speaks at this decision: its bindings, by name. Computed only when asked for.
    pub fn reasons(&self, rule: RuleId) -> Vec<Vec<(String, Value)>> {
        let Some(skill) = self.program.skills.get(usize::from(rule.skill)) else { return Vec::new() };
        let task = self.applies.get(usize::from(rule.skill)).and_then(Option::as_ref);
        let (Some(rule), Some(task)) = (skill.rules.get(usize::from(rule.rule)), task) else { return Vec::new() };
        bindings(&self.view(), rule, task).iter().map(|b| named(&rule.vars, b)).collect()
    }

    /// What one rule says at this decision, whether or not it was among those that spoke: the marks it gives, sorted by
    /// action; `None` if its condition does not hold.
    pub fn consult(&self, rule: RuleId) -> Option<Vec<Mark>> {
        let skill = self.program.skills.get(usize::from(rule.skill))?;
        let task = self.applies.get(usize::from(rule.skill))?.as_ref()?;
        let view = self.view();
        let checked = skill.rules.get(usize::from(rule.rule))?;
        let found = bindings(&view, checked, task);
        let mut marks = Vec::new();
        mark(&view, checked, rule, &found, &mut marks);
        marks.sort_unstable();
        (!found.is_empty()).then_some(marks)
    }

    /// Whether the skill at this position of the bank is for the task of this episode.
    pub fn is_for_task(&self, skill: usize) -> bool {
        self.applies.get(skill).is_some_and(Option::is_some)
    }

    fn view(&self) -> View<'_> {
        View {
            state: &self.state,
            events: &self.events,
            tasks: &self.tasks,
            available: &self.available,
            step: self.steps,
            repeated: self.repeated,
        }
    }

    /// Assertions see the events of this transition and the state before it; `self.available` still holds the list
    /// that the action was chosen from.
    fn judge(&mut self, program: &Program) {
        let mut monitors = std::mem::take(&mut self.monitors);
        let view = self.view();
        for ((skill, task), monitors) in program.skills.iter().zip(&self.applies).zip(&mut monitors) {
            if let Some(task) = task {
                for (assertion, monitor) in skill.assertions.iter().zip(monitors) {
                    monitor.observe(assertion, &view, task, self.steps - 1);
                }
            }
        }
        self.monitors = monitors;
    }

    fn decide(&mut self, admissible: &[String]) -> &Directives {
        let before = std::mem::take(&mut self.available);
        let mut known = before.iter().peekable();
        for action in admissible {
            // Most actions were there in the step before, in the same order: no need to look them up.
            while known.next_if(|facts| *facts.action < **action).is_some() {}
            self.available.push(match known.next_if(|facts| *facts.action == **action) {
                Some(facts) => Arc::clone(facts),
                None => self.program.vocabulary.action(action),
            });
        }
        let mut directives = std::mem::take(&mut self.directives);
        directives.fired.clear();
        directives.marks.clear();
        let view = self.view();
        'skills: for (s, (skill, task)) in self.program.skills.iter().zip(&self.applies).enumerate() {
            let Some(task) = task else { continue };
            for (r, rule) in skill.rules.iter().enumerate() {
                if directives.fired.len() == MAX_SPEAKING {
                    break 'skills;
                }
                let found = bindings(&view, rule, task);
                let Some(first) = found.first() else { continue };
                let id = RuleId { skill: s as u16, rule: r as u16 };
                directives.fired.push(Firing { rule: id, advice: rule.advice.as_deref().map(|a| render(a, first)) });
                mark(&view, rule, id, &found, &mut directives.marks);
            }
        }
        directives.marks.sort_unstable();
        self.directives = directives;
        &self.directives
    }
}

fn applies(skill: &Skill, tasks: &[(usize, Vec<Value>)]) -> Option<Vec<Option<Value>>> {
    let Some((task, args)) = &skill.applies else { return Some(Vec::new()) };
    let mut vars = vec![None; args.len()];
    let fits = tasks.iter().any(|(t, values)| t == task && unify(args, values, &mut vars).is_some());
    let used = args.iter().filter_map(|a| if let crate::lang::checked::Arg::Var(v) = a { Some(v + 1) } else { None });
    vars.truncate(used.max().unwrap_or(0));
    fits.then_some(vars)
}

/// The bindings of a rule in order, one for each way in which its statements differ.
fn bindings(view: &View, rule: &Rule, task: &[Option<Value>]) -> Bindings {
    let mut found: Bindings = Vec::new();
    let mut vars: Vec<Option<Value>> = vec![None; rule.vars.len()];
    for branch in &rule.branches {
        vars.fill(None);
        vars[..task.len()].clone_from_slice(task);
        let go_on = solve(view, branch, &mut vars, &mut |vars| {
            if !found.iter().any(|known| rule.used.iter().all(|slot| known[*slot] == vars[*slot])) {
                found.push(vars.to_vec());
            }
            // Without variables in the statements one binding says all.
            found.len() < MAX_BINDINGS && !rule.used.is_empty()
        });
        if !go_on {
            break;
        }
    }
    found
}

fn render(advice: &[AdvicePart], vars: &[Option<Value>]) -> String {
    let mut out = String::new();
    for part in advice {
        match part {
            AdvicePart::Text(text) => out.push_str(text),
            AdvicePart::Var(slot) => {
                let value = vars[*slot].as_ref().map(ToString::to_string).unwrap_or_default();
                out.extend(value.chars().take(MAX_RENDERED));
            }
        }
    }
    out
}

fn mark(view: &View, rule: &Rule, id: RuleId, bindings: &Bindings, marks: &mut Vec<Mark>) {
    let start = marks.len();
    let mut vars: Vec<Option<Value>> = Vec::new();
    for statement in &rule.marks {
        let kind = if statement.prefer { MarkKind::Prefer } else { MarkKind::Avoid };
        for binding in bindings {
            vars.clear();
            vars.extend_from_slice(binding);
            vars.resize(statement.vars.len(), None);
            for (action, facts) in view.available.iter().enumerate() {
                let Some(captures) = facts.of(statement.event) else { continue };
                let Some(bound) = unify_action(&statement.args, captures, &mut vars) else { continue };
                if satisfiable(view, &statement.filter, &mut vars) {
                    marks.push(Mark { action: action as u32, rule: id, kind });
                }
                bound.undo(&mut vars);
            }
        }
    }
    let own = &mut marks[start..];
    own.sort_unstable();
    let mut kept: Vec<Mark> = Vec::with_capacity(own.len());
    for mark in own.iter().rev() {
        // Sorted with `Avoid` after `Prefer`: read backwards, the first mark of an action is the one that counts.
        if kept.last().is_none_or(|last| last.action != mark.action) {
            kept.push(*mark);
        }
    }
    marks.truncate(start);
    marks.extend(kept);
}
