//! What the journal says: one record per line, each with the training step it belongs to.
//!
//! A record holds what cannot be computed again (counts, texts, names); posteriors and the effective memory
//! follow from the counts. Steps are counted from 1; step 0 is what precedes the first.

use super::discount::StepCounts;
use super::version_test::{Decision, VersionTestConfig};
use serde::{Deserialize, Serialize};

/// The format number written into the first record.
pub const JOURNAL_FORMAT: u32 = 1;

/// A bank version as the journal names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionName {
    pub number: u64,
    /// The full content hash.
    pub hash: String,
}

/// One line of `journal.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub step: u64,
    #[serde(flatten)]
    pub event: Event,
}

/// Rollouts handed out per arm in one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    pub challenger: u64,
    pub incumbent: u64,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The first record: what every later one is read with.
    Started { format: u32, seed: u64, version_test: VersionTestConfig, incumbent: VersionName },
    /// A creator's model was asked; `request` is the hash of what it was asked.
    ModelReply { request: String, reply: String },
    /// A patch to the version with hash `base`, in the language's text. Proposals are numbered from 1 within a run.
    Proposal { proposal: u64, base: String, patch: String, origin: String, evidence: String },
    /// A proposal did not pass the gate.
    GateRejection { proposal: u64, reasons: Vec<String> },
    /// A challenger is under test from the next step on. `proposal` is missing for one that a person brought.
    TestStarted { proposal: Option<u64>, challenger: VersionName },
    /// One training step of the test under way: the challenger's share, rollouts handed out, and outcomes of those
    /// that finished. Claims without an outcome were void.
    Outcomes { probability: f64, claims: Claims, counts: StepCounts },
    /// The test under way ends; the posterior means are repeated so that a replay can prove itself.
    Decided { decision: Decision, challenger_mean: f64, incumbent_mean: f64 },
    /// The test under way ends without a decision and leaves no trace in the effective memory.
    TestCancelled { reason: String },
    /// A skill or an assertion was taken out of the incumbent without a test, which gave a new incumbent.
    Retired { name: String, reason: String, incumbent: VersionName },
}
