//! What a reservoir says of a bank, for a person to act on. In: the files of a bank and the reservoir; out: a [`Diagnosis`]: every
//! assertion graded and with a verdict, how each rule was followed and whether that helped, where successes and failures of
//! one task part, assertions that would tell them apart, and a patch that drops those that do not.
//!
//! A reservoir keeps one episode for each task, arm and outcome: its rates are not the policy's, only differences tell.

mod adherence;
mod assertions;
mod candidates;
mod contrast;
mod events;
mod propose;
mod retire;
pub mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::adherence::{Helped, RuleReport};
pub use self::assertions::{AssertionReport, Because, Told, Violation};
pub use self::contrast::{Contrast, Parting, Pattern};
pub use self::propose::{Evidence, Proposed};
pub use self::retire::Retirement;
use super::CreatorConfig;
use super::bank::Bank;
use super::grade::{ByOutcome, play};
use super::reservoir::{Experience, Reservoir};
use crate::bank::served::BankError;
use crate::bank::version::SkillFile;
use crate::engine::session::Session;
use crate::engine::verdict::Verdict;

/// All that is found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    pub episodes: ByOutcome,
    pub tasks: usize,
    pub assertions: Vec<AssertionReport>,
    pub rules: Vec<RuleReport>,
    pub contrast: Contrast,
    pub proposed: Vec<Proposed>,
    pub retirement: Retirement,
}

/// Why there is no diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoDiagnosis {
    #[error("the reservoir holds no episode: go on training until it does")]
    Empty,
    #[error("{0}")]
    Bank(String),
    #[error("{0}; name a domain's file with --domain")]
    Domain(String),
}

/// One episode as the bank sees it.
struct Played<'r> {
    experience: &'r Experience,
    verdicts: Vec<Vec<Verdict>>,
    /// By rule, in bank order: how often it fired, at how many of these decisions it marked something, and at how many of
    /// those the action taken was as it wished.
    rules: Vec<Heeded>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Heeded {
    fired: usize,
    weighed: usize,
    followed: usize,
}

/// Diagnoses a bank. `served` holds the files of the run's versions by their labels, to tell which episodes were played
/// under a skill as it is now.
///
/// # Errors
/// [`NoDiagnosis`] if there are no episodes, or no bank that can be read.
pub fn diagnose(
    files: &[SkillFile],
    reservoir: &Reservoir,
    served: &BTreeMap<String, Vec<SkillFile>>,
    config: &CreatorConfig,
) -> Result<Diagnosis, NoDiagnosis> {
    if reservoir.is_empty() {
        return Err(NoDiagnosis::Empty);
    }
    let bank = Bank::read(files).map_err(|error| match error {
        BankError::NoDomain | BankError::Domains { .. } => NoDiagnosis::Domain(error.to_string()),
        error => NoDiagnosis::Bank(error.to_string()),
    })?;
    let mut session = Session::new(Arc::clone(&bank.program));
    let groups: Vec<Vec<Played>> = (reservoir.groups().iter())
        .map(|group| group.experiences.iter().map(|experience| played(&mut session, experience)).collect())
        .collect();
    let assertions = assertions::reports(&bank, &groups);
    let retirement = retire::retirement(&bank, &assertions, reservoir, config);
    Ok(Diagnosis {
        episodes: count(groups.iter().flatten()),
        tasks: groups.len(),
        rules: adherence::reports(&bank, &groups, served),
        contrast: contrast::contrast(&bank.domain, &groups),
        proposed: propose::propose(&bank, &groups, reservoir, config),
        assertions,
        retirement,
    })
}

fn count<'g, 'r: 'g>(played: impl Iterator<Item = &'g Played<'r>>) -> ByOutcome {
    let mut counts = ByOutcome::default();
    played.for_each(|played| counts.add(played.experience.success));
    counts
}

fn played<'r>(session: &mut Session, experience: &'r Experience) -> Played<'r> {
    let mut rules = vec![Heeded::default(); session.program().skills().iter().map(|skill| skill.rules.len()).sum()];
    play(session, experience, |session, time| {
        if let Some(step) = experience.trajectory.steps.get(time) {
            adherence::heed(session, step, &mut rules);
        }
    });
    let verdicts = session.finish().verdicts;
    Played { experience, verdicts, rules }
}
