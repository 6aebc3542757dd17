//! What became of earlier proposals. In: what a journal amounts to; out: every proposal with its outcome and the evidence in
//! words, for creators that learn from them, and the fingerprints that are not to come again.

use super::gate::fingerprint;
use crate::bank::state::{Proposal, State};
use crate::bank::version_test::{Decision, VersionTest};
use crate::lang::ast::{Item, Operation, Patch};
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
    pub outcome: Outcome,
    /// The gate's reasons, or the effect that the version test found.
    pub told: String,
    /// Fingerprints that are not to come again because of it: of the patch as a whole, and of each of its operations
    /// unless that did well by itself in a bundle that did not.
    pub closed: Vec<String>,
}

/// An operation of a bundle that was turned down may come again alone if it is better than nothing with this probability.
const PROMISING: f64 = 0.9;

/// Every proposal so far, oldest first.
pub fn past(state: &State) -> Vec<Past> {
    let numbered = state.proposals().iter().zip(1u64..);
    numbered.map(|(proposal, number)| one(state, proposal, number)).collect()
}

/// Fingerprints of the proposals that are not to come again.
pub fn closed(past: &[Past]) -> Vec<String> {
    past.iter().flat_map(|past| past.closed.iter().cloned()).collect()
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
    let test = finished.map(|finished| &finished.test.test);
    let closed = read(&patch).map_or(Vec::new(), |patch| closings(&patch, outcome, test, &told));
    Past { number, step, origin, patch, outcome, told, closed }
}

fn closings(patch: &Patch, outcome: Outcome, test: Option<&VersionTest>, told: &str) -> Vec<String> {
    // What was in the way of another test may come when that is over.
    let in_the_way = outcome == Outcome::Refused && told.contains("under test");
    if in_the_way || matches!(outcome, Outcome::Accepted | Outcome::Dropped) {
        return Vec::new();
    }
    let credits = match test {
        Some(VersionTest::Sequential(test)) => test.credits(),
        _ => Vec::new(),
    };
    let promising = |skill: &str| {
        let credit = credits.iter().find(|credit| credit.skill == skill);
        credits.len() > 1 && credit.is_some_and(|credit| credit.effect.probability_above(0.0) > PROMISING)
    };
    let operations = patch.operations.iter().filter(|operation| !promising(&operation.skill().text));
    let single = |operation: &Operation| fingerprint(&Patch { operations: vec![operation.clone()], ..patch.clone() });
    // Without its leading part, which stands for the first operation alone.
    let whole = fingerprint(patch).split('-').next().map(|whole| format!("{whole}-"));
    operations.map(single).chain(whole).collect()
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
