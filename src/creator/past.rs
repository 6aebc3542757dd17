//! What became of earlier proposals. In: what a journal amounts to; out: every proposal with its outcome and the evidence in
//! words, for creators that learn from them, and the fingerprints that are not to come again.

use super::gate::fingerprint;
use crate::bank::state::{Proposal, State};
use crate::bank::version_test::{Decision, VersionTest};
use crate::lang::ast::{Item, Patch};
use crate::lang::parse::parse;

/// How a proposal fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The gate turned it down.
    Refused,
    UnderTest,
    Accepted,
    Rejected,
    Undecided,
    /// It passed the gate and was never decided.
    Dropped,
}

/// An earlier proposal.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    pub number: u64,
    pub step: u64,
    pub origin: String,
    pub patch: String,
    /// See [`fingerprint`]; empty if the patch is no patch.
    pub fingerprint: String,
    pub outcome: Outcome,
    /// The gate's reasons, or the effect that the version test found.
    pub told: String,
}

impl Past {
    /// Whether it is not to be proposed again.
    pub fn is_closed(&self) -> bool {
        matches!(self.outcome, Outcome::Refused | Outcome::UnderTest | Outcome::Rejected | Outcome::Undecided)
    }
}

/// Every proposal so far, oldest first.
pub fn past(state: &State) -> Vec<Past> {
    let numbered = state.proposals().iter().zip(1u64..);
    numbered.map(|(proposal, number)| one(state, proposal, number)).collect()
}

/// Fingerprints of the proposals that are not to come again.
pub fn closed(past: &[Past]) -> Vec<String> {
    past.iter().filter(|p| p.is_closed() && !p.fingerprint.is_empty()).map(|p| p.fingerprint.clone()).collect()
}

fn one(state: &State, proposal: &Proposal, number: u64) -> Past {
    let finished = state.finished().iter().find(|finished| finished.test.proposal == Some(number));
    let active = state.active().iter().find(|active| active.proposal == Some(number));
    let (outcome, told) = match (finished, active) {
        _ if !proposal.rejected.is_empty() => (Outcome::Refused, proposal.rejected.join("; ")),
        (Some(finished), _) => {
            let outcome = match finished.decision {
                Decision::Accept => Outcome::Accepted,
                Decision::Reject => Outcome::Rejected,
                Decision::Undecided => Outcome::Undecided,
            };
            (outcome, found(&finished.test.test))
        }
        (None, Some(active)) => (Outcome::UnderTest, found(&active.test)),
        (None, None) => (Outcome::Dropped, String::new()),
    };
    let (step, origin, patch) = (proposal.step, proposal.origin.clone(), proposal.patch.clone());
    let fingerprint = read(&patch).map(|patch| fingerprint(&patch)).unwrap_or_default();
    Past { number, step, origin, patch, fingerprint, outcome, told }
}

/// What a test found, in a line.
fn found(test: &VersionTest) -> String {
    match test {
        VersionTest::Paper(test) => {
            format!("success {:.3} against {:.3}", test.challenger().mean(), test.incumbent().mean())
        }
        VersionTest::Sequential(test) => {
            let mut told = format!("{} where it mattered", test.effect());
            if test.credits().len() > 1 {
                let parts = test.credits();
                let parts: Vec<String> = parts.iter().map(|c| format!("{}: {}", c.skill, c.effect)).collect();
                told.push_str(&format!(" ({})", parts.join("; ")));
            }
            told
        }
    }
}

fn read(text: &str) -> Option<Patch> {
    parse(text).items.into_iter().find_map(|item| if let Item::Patch(patch) = item { Some(patch) } else { None })
}
