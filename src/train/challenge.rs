//! The next version of the bank. In: the incumbent, the reservoir and what was rejected before; out: a challenger under test, or
//! nothing. What the creator says is text: it enters by the gate, as anybody's would, and everything is in the journal.

use std::collections::BTreeSet;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::RunError;
use super::bank::{Challenger, changes};
use super::compare::settle;
use super::trainer::{Trainer, load_version};
use crate::bank::record::{Event, Record, VersionName};
use crate::bank::served::analyse;
use crate::bank::state::State;
use crate::bank::version::{Origin, SkillFile, Version};
use crate::creator::ask::{Answer, Creator, Nothing, Proposed, Question, Refused, grammar, origin};
use crate::creator::gate::{self, Verdict};
use crate::creator::model::config::Kind;
use crate::creator::past::{closed, past};
use crate::creator::reservoir::Reservoir;
use crate::policy::decision::SLOTS;

/// A proposal that the creator is working on, beside the training.
pub(super) struct Pending {
    pub(super) asked: u64,
    /// The step at which it is taken in, however long it takes.
    pub(super) lands: u64,
    /// The reservoir as it was when the creator was asked.
    pub(super) reservoir: Reservoir,
    work: JoinHandle<(Answer, Duration)>,
}

/// What the creator came to in a step: news, and how long it worked beside the training.
#[derive(Default)]
pub(super) struct Creation {
    pub(super) news: Vec<String>,
    pub(super) beside: Duration,
}

/// Asks the creator if it is time, and takes in what it was asked for if that lands at this step.
pub(super) fn propose(trainer: &mut Trainer, step: u64) -> Result<Creation, RunError> {
    let config = &trainer.config.creator;
    if trainer.pending.is_none()
        && !trainer.creator_over
        && room(trainer.journal.state(), trainer) > 0
        && step > 1
        && config.is_due(step)
        && trainer.reservoir.len() >= config.min_episodes
    {
        let (reservoir, now) = (trainer.reservoir.clone(), trainer.journal.state().clone());
        ask(trainer, reservoir, step, &now)?;
    }
    match trainer.pending.take_if(|pending| pending.lands <= step) {
        Some(pending) => land(trainer, pending, step),
        None => Ok(Creation::default()),
    }
}

/// Tests that could be started.
fn room(state: &State, trainer: &Trainer) -> usize {
    trainer.config.version_test.parallel().saturating_sub(state.active().len())
}

/// Sets the creator to work on `reservoir`, `then` being what the journal amounted to when it was asked; the same arguments
/// always come to the same proposals.
pub(super) fn ask(trainer: &mut Trainer, reservoir: Reservoir, asked: u64, then: &State) -> Result<(), RunError> {
    let config = trainer.config.creator.clone();
    let lands = asked + config.delay;
    let creator = Creator::of(&config, &trainer.dir.model());
    let bank = load_version(&trainer.dir, then.incumbent())?.files().to_vec();
    let question = Question {
        grammar: grammar(config.model.constrain, &bank),
        bank,
        reservoir: reservoir.clone(),
        past: past(then),
        busy: then.under_test(),
        wanted: room(then, trainer),
        config,
        seed: trainer.config.seed,
        step: asked,
    };
    let work = std::thread::spawn(move || {
        let started = Instant::now();
        (creator.ask(&question, &|_| {}), started.elapsed())
    });
    trainer.pending = Some(Pending { asked, lands, reservoir, work });
    Ok(())
}

/// Puts what passes the gate under test from this step on.
fn land(trainer: &mut Trainer, pending: Pending, step: u64) -> Result<Creation, RunError> {
    let (answer, beside) = match pending.work.join() {
        Ok(done) => done,
        // The search is part of the run; somebody who is asked is not, and never ends it.
        Err(panic) if trainer.config.creator.kind == Kind::Induce => std::panic::resume_unwind(panic),
        Err(_) => {
            let news = vec!["no proposal: the creator ended in a bug, which stderr tells of".to_owned()];
            return Ok(Creation { news, beside: Duration::ZERO });
        }
    };
    let mut news: Vec<String> = answer.remark.into_iter().collect();
    for reply in answer.replies {
        let event = Event::ModelReply { request: reply.request, reply: reply.text };
        trainer.journal.record(&Record { step, event })?;
    }
    match answer.proposals {
        Ok(proposals) => {
            for proposal in proposals {
                news.push(enter(trainer, proposal, &pending.reservoir, step)?);
            }
        }
        Err(reason) => {
            if let Some(Refused { patch, evidence, reasons }) = answer.refused {
                // The next prompt tells of it.
                let incumbent = trainer.arms.incumbent().served.version.clone();
                let number = put_forward(trainer, step, &incumbent, patch, evidence)?;
                trainer.journal.record(&Record { step, event: Event::GateRejection { proposal: number, reasons } })?;
            }
            match reason {
                Nothing::Early(_) => {}
                Nothing::Because(reason) => news.push(format!("no proposal: {reason}")),
                Nothing::Over(reason) => {
                    trainer.creator_over = true;
                    news.push(format!("the creator makes no more proposals: {reason}"));
                }
            }
        }
    }
    Ok(Creation { news, beside })
}

/// Takes one proposal through the gate and puts it under test; says what became of it.
fn enter(trainer: &mut Trainer, proposal: Proposed, reservoir: &Reservoir, step: u64) -> Result<String, RunError> {
    let rejected = closed(&past(trainer.journal.state()));
    let incumbent = trainer.arms.incumbent().served.version.clone();
    let config = trainer.config.creator.clone();
    let Proposed { title, patch, evidence } = proposal;
    let number = put_forward(trainer, step, &incumbent, patch.clone(), evidence)?;
    let files = match gate::gate(&patch, incumbent.files(), reservoir, &rejected, &config) {
        Verdict::Accepted { files, .. } => fits(trainer, &incumbent, files),
        Verdict::Rejected { reasons } => Err(reasons),
    };
    let files = match files {
        Ok(files) => files,
        Err(reasons) => {
            let refusal = format!("proposal {number} refused: {}", reasons.join("; "));
            trainer.journal.record(&Record { step, event: Event::GateRejection { proposal: number, reasons } })?;
            return Ok(refusal);
        }
    };
    let parent = Some(incumbent.hash().to_owned());
    let next = trainer.journal.state().next_version();
    let version = Version::new(next, parent, Origin::Creator(origin(&config)), files)?;
    version.save(&trainer.dir.bank())?;
    let challenger = VersionName { number: version.number(), hash: version.hash().to_owned() };
    let entered = format!("{} under test: {title}", version.label());
    let newcomer = Challenger::new(version, &incumbent);
    let event = Event::TestStarted { proposal: Some(number), challenger, changes: newcomer.skills() };
    trainer.journal.record(&Record { step, event })?;
    let challengers = trainer.arms.challengers().iter().cloned().chain([newcomer]).collect();
    settle(trainer, step, None, challengers)?;
    Ok(entered)
}

/// Enters a patch in the journal; its number.
fn put_forward(
    trainer: &mut Trainer,
    step: u64,
    incumbent: &Version,
    patch: String,
    evidence: String,
) -> Result<u64, RunError> {
    let proposal = trainer.journal.state().proposals().len() as u64 + 1;
    let (base, origin) = (incumbent.hash().to_owned(), origin(&trainer.config.creator));
    let event = Event::Proposal { proposal, base, patch, origin, evidence };
    trainer.journal.record(&Record { step, event })?;
    Ok(proposal)
}

/// Whether a bank can be tested beside what is under test already, or why not.
fn fits(trainer: &Trainer, incumbent: &Version, files: Vec<SkillFile>) -> Result<Vec<SkillFile>, Vec<String>> {
    if room(trainer.journal.state(), trainer) == 0 {
        return Err(vec!["as many versions as may be are under test".to_owned()]);
    }
    let changes = changes(incumbent.files(), &files);
    for other in trainer.arms.challengers() {
        let skills = other.skills();
        if let Some(skill) = skills.iter().find(|skill| changes.contains_key(&format!("{skill}.skill"))) {
            return Err(vec![format!(
                "it changes {skill}, and so does {}, which is under test",
                other.version.label()
            )]);
        }
    }
    // All arms together: a bank beyond the policy's slots could not be served, and the incumbent's skills stay alive.
    let banks = [incumbent.files(), &files].into_iter();
    let served: BTreeSet<&str> = banks
        .chain(trainer.arms.challengers().iter().map(|other| other.version.files()))
        .flatten()
        .map(|file| file.name.as_str())
        .collect();
    // One of the files is the domain.
    if served.len() > SLOTS + 1 {
        return Err(vec![format!("{} skills in all arms; the policy has slots for {SLOTS}", served.len() - 1)]);
    }
    for other in trainer.arms.challengers() {
        analyse(&other.applied_to(&files))
            .map_err(|error| vec![format!("together with {}, which is under test: {error}", other.version.label())])?;
    }
    Ok(files)
}
