//! One episode by both evaluators. In: a session, and what the specification says; out: the first thing in which they differ.

use std::fmt::Debug;
use std::sync::Arc;

use reskill::engine::directives::{Directives, RuleId};
use reskill::engine::program::Program;
use reskill::engine::session::Session;
use reskill::engine::spec::{Account, Episode};
use reskill::engine::value::Value;
use reskill::episode::Trajectory;
use reskill::lang::checked::Checked;

/// What the specification says of an episode under all skills of a domain, put together once.
pub struct Expected<'e> {
    checked: &'e Checked,
    domain: usize,
    /// The skills of the bank.
    bank: Vec<usize>,
    episode: Episode<'e>,
    account: Account<'e>,
    directives: Vec<Directives>,
}

/// The first difference, where and of what, or nothing.
pub type Agreement = Result<(), String>;

/// `what` is only asked for where the two differ.
fn same<T: PartialEq + Debug>(session: &T, spec: &T, what: impl FnOnce() -> String) -> Agreement {
    match session == spec {
        true => Ok(()),
        false => Err(format!("{}\n  session: {session:?}\n     spec: {spec:?}", what())),
    }
}

impl<'e> Expected<'e> {
    pub fn new(checked: &'e Checked, domain: usize, episode: Episode<'e>) -> Self {
        let bank: Vec<usize> =
            (0..checked.skills.len()).filter(|skill| checked.skills[*skill].domain == domain).collect();
        let account = Account::new(checked, domain, &bank, episode).expect("a domain");
        let directives = (0..=episode.steps.len()).map(|t| account.directives(t)).collect();
        Expected { checked, domain, bank, episode, account, directives }
    }

    /// Plays the episode and compares all that can be asked at every decision and at the end.
    pub fn compare(&self, session: &mut Session) -> Agreement {
        self.play(session, &mut |session, t| {
            self.rules(session, t)?;
            self.facts(session, t)
        })
    }

    /// As [`Expected::compare`], but asks for nothing at the decisions beside the directives: a session that is asked
    /// must be the same as one that is not.
    pub fn compare_briefly(&self, session: &mut Session) -> Agreement {
        self.play(session, &mut |_, _| Ok(()))
    }

    fn play(&self, session: &mut Session, asked: &mut dyn FnMut(&Session, usize) -> Agreement) -> Agreement {
        let Episode { task, first, first_available, steps } = self.episode;
        session.start(task, first, first_available);
        for (t, expected) in self.directives.iter().enumerate() {
            same(session.directives(), expected, || format!("the directives at decision {t}"))?;
            asked(session, t)?;
            if let Some(step) = steps.get(t) {
                session.observe(step.action, step.observation, step.available_after);
            }
        }
        let report = session.finish();
        for (position, skill) in self.bank.iter().enumerate() {
            let expected = self.account.verdicts(*skill);
            same(&report.verdicts[position], &expected, || {
                format!("the verdicts of `{}`", self.checked.skills[*skill].name)
            })?;
        }
        Ok(())
    }

    /// Which rules fire, and why.
    fn rules(&self, session: &Session, t: usize) -> Agreement {
        for (position, skill) in self.bank.iter().enumerate() {
            let skill = &self.checked.skills[*skill];
            for (index, rule) in skill.rules.iter().enumerate() {
                let id = RuleId { skill: position as u16, rule: index as u16 };
                let place = || format!("rule `{}` of `{}` at decision {t}", rule.name, skill.name);
                let reasons = self.account.reasons(id, t);
                same(&session.fires(id), &!reasons.is_empty(), || format!("{}: fires", place()))?;
                // A rule that has spoken as often as it may has reasons and does not fire.
                if !reasons.is_empty() || rule.limit.is_none() {
                    same(&session.reasons(id), &reasons, || format!("{}: reasons", place()))?;
                }
            }
        }
        Ok(())
    }

    fn facts(&self, session: &Session, t: usize) -> Agreement {
        for (fluent, rows) in self.checked.domains[self.domain].fluents.iter().zip(self.account.fluents(t)) {
            let name = fluent.name.replace('_', " ");
            let show = |row: &Vec<Value>| row.iter().fold(name.clone(), |text, value| format!("{text} {value}"));
            let rows: Vec<String> = rows.iter().map(show).collect();
            same(&session.facts(&fluent.name), &rows, || format!("the rows of `{}` at decision {t}", fluent.name))?;
        }
        Ok(())
    }
}

/// The sessions of one program that play one episode after another.
pub struct Sessions {
    program: Arc<Program>,
    /// Whatever it has played before, it must not remember.
    old: Session,
}

impl Sessions {
    pub fn new(checked: &Checked, domain: usize) -> Self {
        let program = Program::of(checked, domain);
        Sessions { old: Session::new(Arc::clone(&program)), program }
    }

    /// The episode in every way in which a session may come to play it.
    pub fn compare(&mut self, expected: &Expected) -> Agreement {
        let tell = |how: &'static str| move |what: String| format!("{how}: {what}");
        expected.compare(&mut self.old).map_err(tell("a session that has played others"))?;
        expected.compare_briefly(&mut self.old).map_err(tell("the same session once more, asked for nothing"))?;
        let mut forgetful = Session::new(Arc::clone(&self.program)).with_memory(0);
        expected.compare_briefly(&mut forgetful).map_err(tell("a new session that forgets at every step"))
    }
}

/// The episode as the specification reads it. With `ends_open` there are actions to choose from after the last step, too.
pub fn agrees(
    sessions: &mut Sessions,
    checked: &Checked,
    domain: usize,
    trajectory: &Trajectory,
    ends_open: bool,
) -> Agreement {
    let mut steps = reskill::engine::spec::steps(trajectory);
    let lists = trajectory.steps.iter().map(|step| step.admissible.as_slice());
    if let (true, Some(last), Some(list)) = (ends_open, steps.last_mut(), lists.max_by_key(|list| list.len())) {
        last.available_after = list;
    }
    sessions.compare(&Expected::new(checked, domain, Episode::new(trajectory, &steps)))
}
