//! What the journal says: one record per line, each with the training step it belongs to.
//!
//! A record holds what cannot be computed again (outcomes, texts, names); posteriors, stakes and the effective memory
//! follow from the outcomes. Steps are counted from 1; step 0 is what precedes the first.

use super::evidence::Group;
use super::version::SHORT_HASH;
use super::version_test::{Decision, VersionTestConfig};
use serde::{Deserialize, Serialize};

/// The format number written into the first record.
pub const JOURNAL_FORMAT: u32 = 2;

/// A bank version as the journal names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionName {
    pub number: u64,
    /// The full content hash.
    pub hash: String,
}

impl VersionName {
    /// What its folder is called; see [`super::version::Version::label`].
    pub fn label(&self) -> String {
        format!("v{:04}-{}", self.number, self.hash.get(..SHORT_HASH).unwrap_or(&self.hash))
    }
}

/// One line of `journal.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub step: u64,
    #[serde(flatten)]
    pub event: Event,
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
    /// A challenger is under test from this step on. `proposal` is missing for one that a person brought; `changes` names
    /// the skills that it adds, modifies or retires.
    TestStarted { proposal: Option<u64>, challenger: VersionName, changes: Vec<String> },
    /// One training step: the divergence of the update before it, how many rollouts were handed out, and what those came to
    /// that finished. The others were void. Left out in steps without a test and without controls.
    Outcomes { drift: f64, claims: u64, groups: Vec<Group> },
    /// A test ends; the posterior means are repeated so that a replay can prove itself.
    Decided { challenger: u64, decision: Decision, challenger_mean: f64, incumbent_mean: f64 },
    /// The incumbent changed under a test of other skills: its challenger is now this version, the same change to the new
    /// incumbent.
    Rebased { challenger: u64, to: VersionName },
    /// A test ends without a decision and leaves no trace in the effective memory.
    TestCancelled { challenger: u64, reason: String },
    /// A skill was taken out of the incumbent without a test of its own, which gave a new incumbent.
    Retired { name: String, reason: String, incumbent: VersionName },
}
