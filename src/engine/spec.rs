//! The specification of the language: a checked program and a whole episode in; out what every rule says before a
//! decision, what every assertion says of the episode, and what is true after each step. Slow and obvious: every
//! question is answered from the start of the episode. `engine::session` must agree with it.
//!
//! Time: position 0 of the history is the first observation o_0, a transition without an action; position i is
//! transition i counted from 1 (0-based: transition i - 1), an action and its observation.

mod condition;
mod facts;
mod judge;
mod rules;
mod state;

use super::directives::{Directives, RuleId};
use super::value::Value;
use super::verdict::Verdict;
use crate::episode::Trajectory;
use crate::lang::checked::{self, Checked, Domain, Skill};
use condition::{Env, View, unify};
use facts::Fact;
use rules::{Listed, Speech};
use state::State;

/// A whole episode.
#[derive(Debug, Clone, Copy)]
pub struct Episode<'a> {
    pub task: &'a str,
    pub first: &'a str,
    /// The admissible actions of decision 0.
    pub first_available: &'a [String],
    pub steps: &'a [SpecStep<'a>],
}

/// One transition.
#[derive(Debug, Clone, Copy)]
pub struct SpecStep<'a> {
    pub action: &'a str,
    pub observation: &'a str,
    /// The admissible actions of the decision after it.
    pub available_after: &'a [String],
}

/// The steps of a trajectory, whose lists stand before the actions; the decision after the last step has none.
pub fn steps(trajectory: &Trajectory) -> Vec<SpecStep<'_>> {
    let after = |index: usize| trajectory.steps.get(index + 1).map_or(&[][..], |s| s.admissible.as_slice());
    let steps = trajectory.steps.iter().enumerate();
    steps
        .map(|(index, step)| SpecStep {
            action: &step.action,
            observation: &step.observation,
            available_after: after(index),
        })
        .collect()
}

impl<'a> Episode<'a> {
    /// A trajectory with its [`steps`].
    pub fn new(trajectory: &'a Trajectory, steps: &'a [SpecStep<'a>]) -> Self {
        let first_available = trajectory.steps.first().map_or(&[][..], |s| s.admissible.as_slice());
        Episode { task: &trajectory.task, first: &trajectory.first, first_available, steps }
    }

    /// The admissible actions of decision `t`.
    fn available(&self, t: usize) -> &'a [String] {
        match t.checked_sub(1) {
            None => self.first_available,
            Some(before) => self.steps.get(before).map_or(&[], |s| s.available_after),
        }
    }

    /// Transition `i` (0-based) repeats the raw action of the one before.
    fn repeats(&self, i: usize) -> bool {
        i >= 1 && self.steps.get(i).is_some_and(|step| step.action == self.steps[i - 1].action)
    }
}

/// What happened and what was true in an episode, position by position.
struct Run<'a> {
    domain: &'a Domain,
    episode: Episode<'a>,
    tasks: Vec<Fact>,
    /// The events of each position.
    history: Vec<Vec<Fact>>,
    /// What is true after each position.
    states: Vec<State>,
    /// What the admissible actions of each decision would be, with their positions in the list.
    available: Vec<Vec<(usize, Fact)>>,
}

impl<'a> Run<'a> {
    /// "The task and o_0 may initiate facts; all else starts empty." Then each transition has two phases: action
    /// events first, then observation events.
    fn new(domain: &'a Domain, episode: Episode<'a>) -> Self {
        let tasks = facts::tasks(domain, episode.task);
        let observed = facts::observed(domain, episode.first);
        let start = State::empty(domain).after_tasks(domain, &tasks).after_events(domain, &observed);
        let decisions = 0..=episode.steps.len();
        let available = decisions.map(|t| facts::available(domain, episode.available(t))).collect();
        let mut run = Run { domain, episode, tasks, history: vec![observed], states: vec![start], available };
        for step in episode.steps {
            let done = facts::done(domain, step.action, step.observation);
            let observed = facts::observed(domain, step.observation);
            let before = &run.states[run.states.len() - 1];
            run.states.push(before.after_events(domain, &done).after_events(domain, &observed));
            run.history.push(done.into_iter().chain(observed).collect());
        }
        run
    }

    /// "A trigger before decision t sees the task, the admissible actions of t, the events of transition t-1 and the
    /// state after it."
    fn at_decision(&self, t: usize) -> View<'_> {
        View {
            domain: self.domain,
            tasks: &self.tasks,
            history: &self.history[..=t],
            state: &self.states[t],
            available: &self.available[t],
            step: t,
            repeated: t >= 1 && self.episode.repeats(t - 1),
        }
    }

    /// "An assertion at transition i sees the events of i and the state before i", and the admissible actions that the
    /// action of i was chosen from.
    fn at_transition(&self, i: usize) -> View<'_> {
        View {
            domain: self.domain,
            tasks: &self.tasks,
            history: &self.history[..=i + 1],
            state: &self.states[i],
            available: &self.available[i],
            step: i + 1,
            repeated: self.episode.repeats(i),
        }
    }

    /// "`finally` sees the last transition's events and the state after it"; without a transition, o_0's.
    fn at_end(&self) -> View<'_> {
        self.at_decision(self.episode.steps.len())
    }
}

/// All that is said of one episode under a bank of skills, for many questions about it.
pub struct Account<'a> {
    checked: &'a Checked,
    run: Run<'a>,
    /// The rules that have something to say before each decision, in order of priority.
    speeches: Vec<Vec<Speech<'a>>>,
}

impl<'a> Account<'a> {
    /// `skills` are the bank, of which those of other domains are silent. `None` if there is no such domain.
    pub fn new(checked: &'a Checked, domain_index: usize, skills: &[usize], episode: Episode<'a>) -> Option<Self> {
        Self::up_to(checked, domain_index, skills, episode, episode.steps.len())
    }

    fn up_to(
        checked: &'a Checked,
        domain_index: usize,
        skills: &[usize],
        episode: Episode<'a>,
        t: usize,
    ) -> Option<Self> {
        let run = Run::new(checked.domains.get(domain_index)?, episode);
        let mut bank = Vec::new();
        for (position, skill) in skills.iter().enumerate() {
            let Some(skill) = checked.skills.get(*skill).filter(|s| s.domain == domain_index) else { continue };
            let Some(task) = applies(skill, &run.tasks) else { continue };
            let id = |index| RuleId { skill: position as u16, rule: index as u16 };
            bank.extend(skill.rules.iter().enumerate().map(|(index, rule)| Listed {
                id: id(index),
                rule,
                task: task.clone(),
            }));
        }
        let speeches = rules::speaking(&bank, &run, t);
        Some(Account { checked, run, speeches })
    }

    /// See [`directives`]; `t` is not beyond the episode.
    pub fn directives(&self, t: usize) -> Directives {
        rules::directives(&self.speeches[t], &self.run, t)
    }

    /// The bindings of a rule before decision `t`, by name, if it has something to say: its condition holds, and it has not
    /// spoken as often as it may.
    pub fn reasons(&self, rule: RuleId, t: usize) -> Vec<Vec<(String, Value)>> {
        let Some(speech) = self.speeches[t].iter().find(|speech| speech.id == rule) else { return Vec::new() };
        speech.bindings.iter().map(|env| env.named(&speech.rule.vars)).collect()
    }

    /// See [`fluents`]; `t` is not beyond the episode.
    pub fn fluents(&self, t: usize) -> &[Vec<Vec<Value>>] {
        self.run.states[t].rows()
    }

    /// See [`verdicts`], for a skill of the account's domain.
    pub fn verdicts(&self, skill_index: usize) -> Vec<Verdict> {
        self.checked.skills.get(skill_index).map_or(Vec::new(), |skill| verdicts_of(skill, &self.run))
    }
}

/// What the rules of the bank's `skills` (of domain `domain_index`; others are silent) say before decision `t`, which
/// follows `t` steps; a `t` beyond the episode means its end.
pub fn directives(checked: &Checked, domain_index: usize, skills: &[usize], episode: Episode, t: usize) -> Directives {
    let t = t.min(episode.steps.len());
    let account = Account::up_to(checked, domain_index, skills, episode, t);
    account.map_or_else(Directives::default, |account| account.directives(t))
}

/// "A skill whose `for` does not match is not applicable to the episode": `None`. Otherwise the values of its
/// variables; a skill without `for` applies to every episode.
fn applies(skill: &Skill, tasks: &[Fact]) -> Option<Env> {
    let Some((task, args)) = &skill.applies else { return Some(Env::new()) };
    tasks.iter().filter(|fact| fact.of == *task).find_map(|fact| unify(args, fact, &Env::new()))
}

/// The verdict of every assertion of a skill at the end of the episode; none if there is no such skill.
pub fn verdicts(checked: &Checked, skill_index: usize, episode: Episode) -> Vec<Verdict> {
    let Some(skill) = checked.skills.get(skill_index) else { return Vec::new() };
    let Some(domain) = checked.domains.get(skill.domain) else { return Vec::new() };
    verdicts_of(skill, &Run::new(domain, episode))
}

fn verdicts_of(skill: &Skill, run: &Run) -> Vec<Verdict> {
    match applies(skill, &run.tasks) {
        None => skill.assertions.iter().map(|_| Verdict::NotApplicable).collect(),
        Some(task) => skill.assertions.iter().map(|assertion| judge::verdict(assertion, &task, run)).collect(),
    }
}

/// The rows of every fluent after `t` steps, oldest first; a `t` beyond the episode means its end.
pub fn fluents(domain: &checked::Domain, episode: Episode, t: usize) -> Vec<Vec<Vec<Value>>> {
    let run = Run::new(domain, episode);
    run.states[t.min(episode.steps.len())].rows().to_vec()
}
