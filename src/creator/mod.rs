//! The creator: what proposes the next version of the bank, and the episodes it learns from.
//!
//! In: the files of the incumbent bank, the reservoir, and what became of earlier proposals. Out: patches as text
//! ([`propose`]), which enters the bank by the same gate ([`gate::gate`]) as a person's or a model's ([`model`]); [`ask`] is where
//! training asks whichever creator there is.

pub mod ask;
mod author;
mod bank;
mod baseline;
mod bits;
mod board;
mod candidates;
pub mod diagnose;
pub mod finished;
pub mod gate;
pub mod grade;
mod induce;
pub mod model;
mod parts;
pub mod past;
mod replay;
pub mod reservoir;
mod review;
mod score;
mod sketch;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::ask::Question;
use self::bank::Bank;
use self::board::Board;
use self::gate::{Verdict, gate};
use self::induce::Search;
use self::model::config::{Kind, ModelConfig, Wrong};
use self::parts::Parts;
use self::reservoir::SameTask;
pub use self::score::Score;
use crate::stats::uniform;

/// When and how the creator proposes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CreatorConfig {
    /// Who makes proposals.
    pub kind: Kind,
    /// Training steps between two questions, as long as there is room for a test. In the first interval it is asked after a
    /// quarter and after a half of it, too: most is to be learnt from early failures.
    pub every: u64,
    /// Episodes that the reservoir must hold before anything is proposed.
    pub min_episodes: usize,
    /// Steps from asking for a proposal to the one at which it lands. The creator works beside the training meanwhile;
    /// a step waits for a proposal that is not there in time. 0: it is waited for at once.
    pub delay: u64,
    /// What makes two episodes of the reservoir ones of the same task: `id`, or `text` (paper mode).
    pub same_task: SameTask,
    /// Task groups that a creator reads for one proposal: those with successes and failures first.
    pub groups: usize,
    /// Further proposals tried when the gate refuses one.
    pub retries: usize,
    /// Rules evaluated at most, for one proposal.
    pub candidates: usize,
    /// Episodes that the reservoir holds.
    pub capacity: usize,
    /// A rule needs this many decisions, and this many episodes, that followed it; and as many that did not.
    pub min_support: usize,
    /// Evidence that a rule helps, in standard errors: over all episodes, and over those kept back from the search.
    pub min_z: f64,
    pub min_confirm_z: f64,
    /// Share of the tasks whose episodes are kept back from the search, to confirm what it finds.
    pub held_out: f64,
    /// An added or replaced skill must fire in this share of the episodes that it is for, and in this many.
    pub min_trigger_rate: f64,
    pub min_trigger_episodes: usize,
    /// `[creator.model]`: the language model, where one is asked.
    pub model: ModelConfig,
}

impl CreatorConfig {
    /// Whether all settings make sense.
    ///
    /// # Errors
    /// The first key that is wrong.
    pub fn validate(&self) -> Result<(), Wrong> {
        self.model.validate(self.kind)
    }

    /// Whether a question is due at this step.
    pub fn is_due(&self, step: u64) -> bool {
        let every = self.every.max(1);
        step > 0 && (step.is_multiple_of(every) || step == every / 2 || step == every / 4)
    }
}

impl Default for CreatorConfig {
    fn default() -> Self {
        CreatorConfig {
            kind: Kind::default(),
            every: 20,
            delay: 3,
            min_episodes: 100,
            same_task: SameTask::Id,
            groups: 150,
            retries: 3,
            candidates: 400_000,
            capacity: 400,
            min_support: 8,
            min_z: 3.0,
            min_confirm_z: 1.0,
            held_out: 0.3,
            min_trigger_rate: 0.05,
            min_trigger_episodes: 3,
            model: ModelConfig::default(),
        }
    }
}

/// A patch and why it is proposed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The patch's title: one sentence.
    pub title: String,
    /// The patch as text, canonically printed.
    pub patch: String,
    /// What it means ([`gate::fingerprint`]); to be handed back in `rejected` if the version test rejects it.
    pub fingerprint: String,
    /// For each new rule what the reservoir says of it; for a retirement, of the skill's marks together.
    pub evidence: Vec<RuleEvidence>,
    /// Rules evaluated.
    pub tried: usize,
}

/// The evidence for one rule of a proposal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleEvidence {
    /// Skill and rule, `SKILL.RULE`; a skill's name alone where it is to be retired.
    pub rule: String,
    pub score: Score,
    /// Over the episodes that the search has not seen; `None` where they do not tell.
    pub confirmed: Option<Score>,
    /// Discounted success that always following is estimated to add to an average episode.
    pub gain: f64,
}

/// Why there is no proposal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoProposal {
    #[error("the reservoir holds {held} of the {needed} episodes that the creator waits for")]
    TooFewEpisodes { held: usize, needed: usize },
    #[error("all {held} episodes of the reservoir ended alike: nothing to contrast")]
    OneOutcome { held: usize },
    #[error(
        "no step of the reservoir's episodes says which actions were admissible: rules that mark actions cannot be weighed"
    )]
    NoChoices,
    #[error("the bank cannot be read: {0}")]
    Bank(String),
    #[error("no candidate separates successes from failures (of {tried} tried)")]
    NothingSeparates { tried: usize },
    #[error("the gate refused every proposal; the last for: {last}")]
    Refused { last: String },
}

/// Proposes changes to a bank from contrasts in the reservoir, best first.
///
/// # Errors
/// A [`NoProposal`] says why there is none; nothing else can go wrong.
pub fn propose(question: &Question) -> Result<Vec<Proposal>, NoProposal> {
    let Question { bank, reservoir, past, busy, wanted, config, seed, step, .. } = question;
    let (wanted, seed, step) = (*wanted, *seed, *step);
    let rejected = &past::closed(past)[..];
    let held = reservoir.len();
    if held < config.min_episodes {
        return Err(NoProposal::TooFewEpisodes { held, needed: config.min_episodes });
    }
    let successes = reservoir.experiences().filter(|experience| experience.success).count();
    if successes == 0 || successes == held {
        return Err(NoProposal::OneOutcome { held });
    }
    let bank = Bank::read(bank).map_err(|error| NoProposal::Bank(error.to_string()))?;
    let groups = reservoir.sample_groups(seed, step, config.groups);
    let (domain, vocabulary) = (bank.domain.clone(), Arc::clone(&bank.vocabulary));
    let mut board = Board::new(domain, vocabulary, bank.domain_file.clone(), groups, |task| {
        kept_back(seed, step, task) < config.held_out
    });
    if board.moments.is_empty() {
        return Err(NoProposal::NoChoices);
    }
    let refused = |fingerprint: &str| rejected.iter().any(|known| gate::lead(known) == gate::lead(fingerprint));
    let mut last = None;
    let mut attempts = config.retries + 1;
    let mut offer = |proposal: Proposal| -> Option<Proposal> {
        if attempts == 0 || refused(&proposal.fingerprint) {
            return None;
        }
        match gate(&proposal.patch, &bank.files, reservoir, rejected, config) {
            Verdict::Accepted { .. } => Some(proposal),
            Verdict::Rejected { reasons } => {
                attempts -= 1;
                last = Some(reasons.join(" | "));
                None
            }
        }
    };
    let columns = board.columns(bank.skills.clone());
    let parts = Parts::play(&board);
    baseline::subtract(&mut board, &parts.states());
    for proposal in review::retirements(&bank, &board, &columns, config) {
        if let Some(proposal) = offer(proposal) {
            return Ok(vec![proposal]);
        }
    }
    let mut search = Search::new(&board, config, parts);
    let mut taken = search.taken(&columns);
    let mut found = search.best(&taken)?;
    let mut proposals: Vec<Proposal> = Vec::new();
    let mut names = busy.clone();
    let mut least = 0.0;
    while proposals.len() < wanted.max(1) {
        let mut offers = found.iter().take_while(|f| f.candidate.gain >= least);
        let next = offers.find_map(|f| {
            let proposal = offer(author::write(&bank, &board, &f.candidate, &names, search.tried)?)?;
            Some((f.candidate.clone(), proposal))
        });
        let Some((rule, proposal)) = next else { break };
        // A further one must say something that those before do not.
        search.take(&mut taken, &rule.sketch);
        found = search.again(found, &taken);
        least = least.max(rule.gain * WORTHWHILE);
        names.extend(proposal.evidence.iter().filter_map(|e| e.rule.split('.').next()).map(str::to_owned));
        proposals.push(proposal);
    }
    match (proposals.is_empty(), last) {
        (false, _) => Ok(proposals),
        (true, Some(last)) => Err(NoProposal::Refused { last }),
        (true, None) => Err(NoProposal::NothingSeparates { tried: search.tried }),
    }
}

/// A further proposal must promise this share of what the best one does.
const WORTHWHILE: f64 = 0.25;

/// A task's place in 0..1: below the held-out share, its episodes are kept back.
fn kept_back(seed: u64, step: u64, task: &str) -> f64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"reskill creator held-out v1");
    hasher.update(&seed.to_le_bytes()).update(&step.to_le_bytes()).update(task.as_bytes());
    uniform(&hasher.finalize())
}
