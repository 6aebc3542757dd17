//! The next version of the bank. In: the incumbent, the reservoir and what was rejected before; out: a challenger under test, or
//! nothing. What the creator says is text: it enters by the gate, as anybody's would, and everything is in the journal.

use std::collections::BTreeSet;

use super::RunError;
use super::trainer::Trainer;
use crate::bank::record::{Event, Record, VersionName};
use crate::bank::version::{Origin, Version};
use crate::bank::version_test::Decision;
use crate::creator::gate::{self, Verdict};
use crate::creator::{self, NoProposal};
use crate::lang::ast::{Item, Patch};
use crate::lang::parse::parse;
use crate::policy::decision::SLOTS;

/// The creator's name in versions and in the journal.
const INDUCER: &str = "inducer";

/// Asks the creator, if it is time, and puts what passes the gate under test from this step on. Returns the news.
pub(super) fn propose(trainer: &mut Trainer, step: u64) -> Result<Vec<String>, RunError> {
    let config = trainer.config.creator.clone();
    // A proposal takes as long as several steps: a creator that found nothing is asked again only after a while.
    if step < 2 || (step - 1) % config.every.max(1) != 0 {
        return Ok(Vec::new());
    }
    let rejected = rejected(trainer);
    let incumbent = trainer.arms.incumbent.served.version.clone();
    let seed = trainer.config.seed;
    let proposal = match creator::propose(incumbent.files(), &trainer.reservoir, &rejected, &config, seed, step) {
        Ok(proposal) => proposal,
        Err(NoProposal::TooFewEpisodes { .. } | NoProposal::OneOutcome { .. }) => return Ok(Vec::new()),
        Err(reason) => return Ok(vec![format!("no proposal: {reason}")]),
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
    let files = match gate::gate(&proposal.patch, incumbent.files(), &trainer.reservoir, &rejected, &config) {
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
            let news = format!("proposal {number} refused: {}", reasons.join("; "));
            trainer.journal.record(&Record { step, event: Event::GateRejection { proposal: number, reasons } })?;
            return Ok(vec![news]);
        }
    };
    let parent = Some(incumbent.hash().to_owned());
    let version = Version::new(trainer.next_version(), parent, Origin::Creator(INDUCER.to_owned()), files)?;
    version.save(&trainer.dir.bank())?;
    let challenger = VersionName { number: version.number(), hash: version.hash().to_owned() };
    trainer.journal.record(&Record { step, event: Event::TestStarted { proposal: Some(number), challenger } })?;
    let news = format!("{} under test: {}", version.label(), proposal.title);
    trainer.enter(version)?;
    Ok(vec![news])
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
