//! A session: one episode after another under one compiled program. In: what the agent reads and does, step by step;
//! out: [`Directives`] before every decision, and a [`Report`] at the end. A session keeps its buffers between episodes.

use std::sync::Arc;

use super::directives::{Directives, Firing, MAX_SPEAKING, Mark, RuleId, Suggestion};
use super::marks;
use super::monitor::{Monitor, named};
use super::program::{ActionFacts, EventFact, Program};
use super::solve::{View, solve, unify};
use super::state::State;
use super::value::Value;
use super::verdict::Verdict;
use crate::lang::checked::{AdvicePart, Arg, Let, Rule, Skill};
use crate::text::{self, Token};

/// A rule has at most this many bindings at one decision.
pub const MAX_BINDINGS: usize = 64;
/// A list that a rule collects has at most this many elements.
const MAX_COLLECTED: usize = 64;
/// A value takes at most this many characters in advice and in a suggested action.
const MAX_RENDERED: usize = 64;

/// What the assertions of a bank say of a finished episode, skill by skill in bank order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub verdicts: Vec<Vec<Verdict>>,
}

/// Ways to make a condition true: each a value by slot.
pub(super) type Bindings = Vec<Vec<Option<Value>>>;

/// One episode at a time under one program.
pub struct Session {
    program: Arc<Program>,
    state: State,
    tasks: Vec<(usize, Vec<Value>)>,
    /// Values of each skill's `for` variables; `None` where the skill is not for this task.
    applies: Vec<Option<Vec<Option<Value>>>>,
    monitors: Vec<Vec<Monitor>>,
    /// By skill and rule: earlier decisions of the episode at which it spoke.
    spoken: Vec<Vec<u32>>,
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
        let spoken = program.skills.iter().map(|s| vec![0; s.rules.len()]).collect();
        Session {
            program,
            state: State::default(),
            tasks: Vec::new(),
            applies: Vec::new(),
            monitors,
            spoken,
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
        self.state.reset(&program.vocabulary.domain);
        self.monitors.iter_mut().flatten().for_each(Monitor::reset);
        self.spoken.iter_mut().flatten().for_each(|times| *times = 0);
        self.directives.clear();
        self.events.clear();
        self.steps = 0;
        self.last_action.clear();
        self.repeated = false;
        self.tasks = program.vocabulary.tasks(task);
        self.applies = program.skills.iter().map(|skill| applies(skill, &self.tasks)).collect();
        self.state.phase(&program.vocabulary, &[], &self.tasks);
        text::lex_into(first, &mut self.tokens);
        program.vocabulary.observed(first, &self.tokens, &mut self.events);
        self.state.phase(&program.vocabulary, &self.events, &[]);
        self.state.remember(&self.events, 0, &program.remembered);
        self.decide(admissible)
    }

    /// Takes in one transition and the actions to choose the next one from (none after the last).
    pub fn observe(&mut self, action: &str, observation: &str, next_admissible: &[String]) -> &Directives {
        let program = Arc::clone(&self.program);
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
        self.state.phase(&program.vocabulary, &self.events[..done], &[]);
        self.state.phase(&program.vocabulary, &self.events[done..], &[]);
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

    /// A rule, if the bank has it and its skill is for this task, with the values of the skill's `for` variables.
    fn rule(&self, rule: RuleId) -> Option<(&Rule, &[Option<Value>])> {
        let task = self.applies.get(usize::from(rule.skill))?.as_deref()?;
        Some((self.program.rule(rule)?, task))
    }

    /// The bindings of a rule at this decision, by name; none if its condition does not hold. Computed only when asked
    /// for.
    pub fn reasons(&self, rule: RuleId) -> Vec<Vec<(String, Value)>> {
        let Some((rule, task)) = self.rule(rule) else { return Vec::new() };
        bindings(&self.view(), rule, task).iter().map(|b| named(&rule.vars, b)).collect()
    }

    /// Whether the rule speaks at this decision, or would if fewer than eight others did: its condition holds, and it has
    /// not spoken as often as it may.
    pub fn fires(&self, rule: RuleId) -> bool {
        let holds = |(checked, task)| !bindings(&self.view(), checked, task).is_empty();
        !self.is_spent(rule) && self.rule(rule).is_some_and(holds)
    }

    /// What one rule says at this decision, whether or not it was among those that spoke, how often it spoke before and
    /// what other rules say: the marks it gives, sorted by action; `None` if its condition does not hold.
    pub fn consult(&self, rule: RuleId) -> Option<Vec<Mark>> {
        let (checked, task) = self.rule(rule)?;
        let view = self.view();
        let found = bindings(&view, checked, task);
        (!found.is_empty()).then(|| marks::of_rule(&view, checked, rule, &found))
    }

    /// Whether the rule has spoken at as many earlier decisions as it may.
    fn is_spent(&self, rule: RuleId) -> bool {
        let limit = self.program.rule(rule).and_then(|rule| rule.limit);
        limit.is_some_and(|limit| self.spoken[usize::from(rule.skill)][usize::from(rule.rule)] >= limit)
    }

    /// Whether the skill at this position of the bank is for the task of this episode.
    pub fn is_for_task(&self, skill: usize) -> bool {
        self.applies.get(skill).is_some_and(Option::is_some)
    }

    fn view(&self) -> View<'_> {
        View {
            tables: &self.program.vocabulary.tables,
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
        for firing in directives.fired.drain(..) {
            self.spoken[usize::from(firing.rule.skill)][usize::from(firing.rule.rule)] += 1;
        }
        directives.clear();
        let view = self.view();
        for id in &self.program.order {
            if directives.fired.len() == MAX_SPEAKING {
                break;
            }
            let Some((rule, task)) = self.rule(*id).filter(|_| !self.is_spent(*id)) else { continue };
            let found = bindings(&view, rule, task);
            let Some(first) = found.first() else { continue };
            let lists: Vec<Value> = rule.lets.iter().map(|list| collect(&view, list, first)).collect();
            let rendered = |parts: &Vec<AdvicePart>| render(parts, first, &lists);
            directives.fired.push(Firing { rule: *id, advice: rule.advice.as_ref().map(rendered) });
            let action = rule.suggestion.as_ref().map(rendered);
            directives.suggestions.extend(action.map(|action| Suggestion { rule: *id, action }));
            directives.marks.extend(marks::of_rule(&view, rule, *id, &found));
        }
        marks::weigh(&self.program, admissible.len(), &mut directives);
        self.directives = directives;
        &self.directives
    }
}

fn applies(skill: &Skill, tasks: &[(usize, Vec<Value>)]) -> Option<Vec<Option<Value>>> {
    let Some((task, args)) = &skill.applies else { return Some(Vec::new()) };
    let mut vars = vec![None; args.len()];
    let fits = tasks.iter().any(|(t, values)| t == task && unify(args, values, &mut vars).is_some());
    let used = args.iter().filter_map(|a| if let Arg::Var(v) = a { Some(v + 1) } else { None });
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

/// The list that a rule collects under its first binding.
fn collect(view: &View, list: &Let, first: &[Option<Value>]) -> Value {
    let mut vars = first.to_vec();
    vars.resize(list.vars.len(), None);
    let mut elements: Vec<Value> = Vec::new();
    solve(view, &list.body, &mut vars, &mut |vars| {
        if let Some(value) = &vars[list.element]
            && !elements.contains(value)
        {
            elements.push(value.clone());
        }
        elements.len() < MAX_COLLECTED
    });
    Value::List(elements.into())
}

fn render(parts: &[AdvicePart], vars: &[Option<Value>], lists: &[Value]) -> String {
    let mut out = String::new();
    for part in parts {
        let value = match part {
            AdvicePart::Text(text) => {
                out.push_str(text);
                continue;
            }
            AdvicePart::Var(slot) => vars[*slot].as_ref(),
            AdvicePart::Let(list) => lists.get(*list),
        };
        out.extend(value.map(ToString::to_string).unwrap_or_default().chars().take(MAX_RENDERED));
    }
    out
}
