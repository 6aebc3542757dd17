//! The next version of the bank. In: the incumbent, the reservoir and what was rejected before; out: a challenger under test, or
//! nothing. What the creator says is text: it enters by the gate, as anybody's would, and everything is in the journal.

use std::collections::BTreeSet;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::RunError;
use super::trainer::Trainer;
use crate::bank::record::{Event, Record, VersionName};
use crate::bank::version::{Origin, Version};
use crate::bank::version_test::Decision;
use crate::creator::gate::{self, Verdict};
use crate::creator::reservoir::Reservoir;
use crate::creator::{self, NoProposal, Proposal};
use crate::lang::ast::{Item, Patch};
use crate::lang::parse::parse;
use crate::policy::decision::SLOTS;

/// The creator's name in versions and in the journal.
const INDUCER: &str = "inducer";

/// A proposal that the creator is working on, beside the training.
pub(super) struct Pending {
    pub(super) asked: u64,
    /// The step at which it is taken in, however long it takes.
    pub(super) lands: u64,
    /// The reservoir as it was when the creator was asked.
    pub(super) reservoir: Reservoir,
    work: JoinHandle<(Result<Proposal, NoProposal>, Duration)>,
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
    let idle = trainer.pending.is_none() && trainer.arms.challenger.is_none();
    if idle && step > 1 && step.is_multiple_of(config.every.max(1)) && trainer.reservoir.len() >= config.min_episodes {
        let reservoir = trainer.reservoir.clone();
        ask(trainer, reservoir, step);
    }
    match trainer.pending.take_if(|pending| pending.lands <= step) {
        Some(pending) => land(trainer, pending, step),
        None => Ok(Creation::default()),
    }
}

/// Sets the creator to work on `reservoir`; the same arguments always come to the same proposal.
pub(super) fn ask(trainer: &mut Trainer, reservoir: Reservoir, asked: u64) {
    let config = trainer.config.creator.clone();
    let lands = asked + config.delay;
    let rejected = rejected(trainer);
    let files = trainer.arms.incumbent.served.version.files().to_vec();
    let (seed, experience) = (trainer.config.seed, reservoir.clone());
    let work = std::thread::spawn(move || {
        let started = Instant::now();
        (creator::propose(&files, &experience, &rejected, &config, seed, asked), started.elapsed())
    });
    trainer.pending = Some(Pending { asked, lands, reservoir, work });
}

/// Puts what passes the gate under test from this step on.
fn land(trainer: &mut Trainer, pending: Pending, step: u64) -> Result<Creation, RunError> {
    let (proposal, beside) = pending.work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let news = |news: String| Ok(Creation { news: vec![news], beside });
    let config = trainer.config.creator.clone();
    let rejected = rejected(trainer);
    let incumbent = trainer.arms.incumbent.served.version.clone();
    let proposal = match proposal {
        Ok(proposal) => proposal,
        Err(NoProposal::TooFewEpisodes { .. } | NoProposal::OneOutcome { .. }) => {
            return Ok(Creation { beside, ..Creation::default() });
        }
        Err(reason) => return news(format!("no proposal: {reason}")),
    };
    let number = trainer.journal.state().proposals().len() as u64 + 1;
    let event = Event::Proposal {
        proposal: number,
        base: incumbent.hash().to_owned(),
        patch: proposal.patch.clone(),
        origin: INDUCER.to_owned(),
        evidence: serde_json::to_string(&proposal.evidence).unwrap_or_default(),
    };
    trainer.journal.record(&Record { step, event })?;
    let files = match gate::gate(&proposal.patch, incumbent.files(), &pending.reservoir, &rejected, &config) {
        // A bank beyond the policy's slots could not be served; the incumbent's skills stay alive during the test.
        Verdict::Accepted { files, .. } => {
            let served: BTreeSet<&str> = files.iter().chain(incumbent.files()).map(|f| f.name.as_str()).collect();
            // One of the files is the domain.
            match served.len() > SLOTS + 1 {
                true => {
                    Err(vec![format!("{} skills in both arms; the policy has slots for {SLOTS}", served.len() - 1)])
                }
                false => Ok(files),
            }
        }
        Verdict::Rejected { reasons } => Err(reasons),
    };
    let files = match files {
        Ok(files) => files,
        Err(reasons) => {
            let refusal = format!("proposal {number} refused: {}", reasons.join("; "));
            trainer.journal.record(&Record { step, event: Event::GateRejection { proposal: number, reasons } })?;
            return news(refusal);
        }
    };
    let parent = Some(incumbent.hash().to_owned());
    let version = Version::new(trainer.next_version(), parent, Origin::Creator(INDUCER.to_owned()), files)?;
    version.save(&trainer.dir.bank())?;
    let challenger = VersionName { number: version.number(), hash: version.hash().to_owned() };
    trainer.journal.record(&Record { step, event: Event::TestStarted { proposal: Some(number), challenger } })?;
    let entered = format!("{} under test: {}", version.label(), proposal.title);
    trainer.enter(version)?;
    news(entered)
}

/// Fingerprints of the proposals that the gate or the version test turned down.
fn rejected(trainer: &Trainer) -> Vec<String> {
    let state = trainer.journal.state();
    let lost =
        |number: u64| state.finished().iter().any(|f| f.proposal == Some(number) && f.decision != Decision::Accept);
    state
        .proposals()
        .iter()
        .enumerate()
        .filter(|(index, proposal)| !proposal.rejected.is_empty() || lost(*index as u64 + 1))
        .filter_map(|(_, proposal)| read(&proposal.patch))
        .map(|patch| gate::fingerprint(&patch))
        .collect()
}

fn read(text: &str) -> Option<Patch> {
    parse(text).items.into_iter().find_map(|item| if let Item::Patch(patch) = item { Some(patch) } else { None })
}
