//! Versions compared. In: what a step's rollouts came to; out: the evidence in the journal, verdicts where they are due, and the
//! banks of the next step: a winner becomes the incumbent, the other challengers are the same change to it, and a skill that
//! the controls show to be dead weight goes.

use super::RunError;
use super::bank::{Arms, Challenger};
use super::rollout::{Outcome, Ticket};
use super::trainer::Trainer;
use crate::bank::evidence::{Group, Rollout};
use crate::bank::record::{Event, Record, VersionName};
use crate::bank::version::{Origin, Version};
use crate::bank::version_test::{Decision, VersionTest};

/// Takes a step into the tests under way and into the comparison with the controls; news in words.
pub(super) fn compare(
    trainer: &mut Trainer,
    step: u64,
    tickets: &[Ticket],
    outcomes: &[Outcome],
) -> Result<Vec<String>, RunError> {
    let idle = trainer.journal.state().active().is_empty();
    if idle && !tickets.iter().any(|ticket| ticket.serving.control) {
        return Ok(Vec::new());
    }
    let groups = groups(tickets, outcomes);
    let event = Event::Outcomes { drift: trainer.drift, claims: tickets.len() as u64, groups };
    trainer.journal.record(&Record { step, event })?;
    let mut news = outside(trainer);
    while let Some((number, decision)) = verdict(trainer) {
        news.push(decide(trainer, step, number, decision)?);
    }
    if let Some(told) = retire(trainer, step)? {
        news.push(told);
    }
    Ok(news)
}

/// The finished rollouts, by group.
fn groups(tickets: &[Ticket], outcomes: &[Outcome]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (ticket, outcome) in tickets.iter().zip(outcomes) {
        let Ok(played) = outcome else { continue };
        if groups.last().is_none_or(|group| group.group != ticket.group) {
            groups.push(Group { group: ticket.group, kind: played.kind.clone(), rollouts: Vec::new() });
        }
        let Some(group) = groups.last_mut() else { continue };
        group.rollouts.push(Rollout {
            slot: ticket.slot,
            served: ticket.serving.challengers.clone(),
            control: ticket.serving.control,
            reward: played.total_reward(),
            mattered: played.mattered.clone(),
        });
    }
    groups
}

/// Says so once if rewards lie outside of the range that the test takes them in.
fn outside(trainer: &Trainer) -> Vec<String> {
    let told = trainer.journal.state().active().iter().find_map(|active| {
        let VersionTest::Sequential(test) = &active.test else { return None };
        let (last, before) = test.steps().split_last()?;
        let first_time = last.outside > 0 && before.iter().all(|step| step.outside == 0);
        let [low, high] = test.config().range();
        first_time.then(|| {
            format!(
                "{} rewards lie outside version_test.sequential.reward_range [{low}, {high}] and count as its ends",
                last.outside
            )
        })
    });
    told.into_iter().collect()
}

/// The oldest test that has come to an end.
fn verdict(trainer: &Trainer) -> Option<(u64, Decision)> {
    let tests = trainer.journal.state().active().iter();
    tests.into_iter().find_map(|active| Some((active.challenger.number, active.test.decision()?)))
}

fn decide(trainer: &mut Trainer, step: u64, number: u64, decision: Decision) -> Result<String, RunError> {
    let Some(active) = trainer.journal.state().test_of(number) else {
        return Err(RunError::NoVersion { number, path: trainer.dir.bank() });
    };
    let (challenger_mean, incumbent_mean) = active.test.means();
    let why = reason(&active.test, decision);
    trainer.journal.record(&Record {
        step,
        event: Event::Decided { challenger: number, decision, challenger_mean, incumbent_mean },
    })?;
    let (mut decided, others): (Vec<Challenger>, Vec<Challenger>) =
        trainer.arms.challengers().iter().cloned().partition(|c| c.version.number() == number);
    let Some(challenger) = decided.pop() else {
        return Err(RunError::NoVersion { number, path: trainer.dir.bank() });
    };
    let label = challenger.version.label();
    match decision {
        Decision::Accept => settle(trainer, step, Some(challenger.version), others)?,
        _ => settle(trainer, step, None, others)?,
    }
    let verdict = match decision {
        Decision::Accept => "accepted",
        Decision::Reject => "rejected",
        Decision::Undecided => "undecided, dropped",
    };
    Ok(format!("{label} {verdict}: {why}"))
}

/// A verdict in half a line.
fn reason(test: &VersionTest, decision: Decision) -> String {
    match test {
        VersionTest::Paper(test) => {
            format!("posterior mean {:.3} against {:.3}", test.challenger().mean(), test.incumbent().mean())
        }
        VersionTest::Sequential(test) => {
            let effect = test.effect();
            let held = match (decision, test.held_back_by()) {
                (Decision::Reject, Some((kind, worse))) if effect.mean > 0.0 => {
                    format!(", but {:+.1} on {kind}", 100.0 * worse.mean)
                }
                _ => String::new(),
            };
            format!("{effect} where it mattered{held}")
        }
    }
}

/// The banks after a verdict: the same incumbent or a new one, under which the challengers left are made anew.
pub(super) fn settle(
    trainer: &mut Trainer,
    step: u64,
    winner: Option<Version>,
    mut challengers: Vec<Challenger>,
) -> Result<(), RunError> {
    let incumbent = match winner {
        None => trainer.arms.incumbent().served.version.clone(),
        Some(winner) => {
            for challenger in &mut challengers {
                let files = challenger.applied_to(winner.files());
                let parent = Some(winner.hash().to_owned());
                let number = trainer.journal.state().next_version();
                let version = Version::new(number, parent, challenger.version.origin().clone(), files)?;
                version.save(&trainer.dir.bank())?;
                let to = VersionName { number, hash: version.hash().to_owned() };
                let event = Event::Rebased { challenger: challenger.version.number(), to };
                trainer.journal.record(&Record { step, event })?;
                *challenger = Challenger::new(version, &winner);
            }
            winner
        }
    };
    let banks = std::iter::once(&incumbent).chain(challengers.iter().map(|c| &c.version));
    let alive: Vec<&str> =
        banks.flat_map(Version::files).map(|file| file.name.strip_suffix(".skill").unwrap_or(&file.name)).collect();
    trainer.slots.retain(&alive);
    trainer.arms = Arms::new(incumbent, challengers, &trainer.vocabulary, &mut trainer.slots, &mut trainer.policy)?;
    Ok(())
}

/// Takes a skill out of the incumbent that is no better than silence.
fn retire(trainer: &mut Trainer, step: u64) -> Result<Option<String>, RunError> {
    let state = trainer.journal.state();
    let Some((skill, control)) = state.dead_weight() else { return Ok(None) };
    let (effect, served, silent) = (control.effect(), control.served, control.silent);
    let reason = format!("{effect} against silence, {served} rollouts with it and {silent} without");
    let (name, number) = (skill.to_owned(), state.next_version());
    let old = &trainer.arms.incumbent().served.version;
    let file = format!("{name}.skill");
    let files = old.files().iter().filter(|f| f.name != file).cloned().collect();
    let version = Version::new(number, Some(old.hash().to_owned()), Origin::Creator("controls".to_owned()), files)?;
    version.save(&trainer.dir.bank())?;
    let incumbent = VersionName { number, hash: version.hash().to_owned() };
    let told = format!("{} in force: {name} retired: {reason}", version.label());
    trainer.journal.record(&Record { step, event: Event::Retired { name, reason, incumbent } })?;
    let challengers = trainer.arms.challengers().to_vec();
    settle(trainer, step, Some(version), challengers)?;
    Ok(Some(told))
}
