//! The training loop: one GRPO step is at once policy gradient, evidence for the creator and a comparison of versions.
//!
//! In: a configuration and a run directory. Out: a trained policy, an evolved bank, and the record of both. `config` says
//! what to do, `rollout` plays episodes in lock-step, `silent` hears what others would have said, `demonstrate` makes the warm
//! start, `bank` holds the versions in play, `trainer` is the loop, `challenge` and `compare` bring versions in and out, `run_dir` and `checkpoint` are what a kill leaves, `evaluate` measures, `summary` tells, `paired` compares arms over seeds, `versus` two policies over tasks.

pub mod bank;
mod challenge;
pub mod checkpoint;
mod compare;
pub mod config;
pub mod demonstrate;
pub mod evaluate;
pub mod inspect;
pub mod paired;
pub mod record;
pub mod rollout;
pub mod run_dir;
pub mod silent;
pub mod summary;
pub mod trainer;
pub mod versus;

use std::path::PathBuf;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use thiserror::Error;

/// Why a run could not begin or go on. What was saved stays as it is.
#[derive(Debug, Error)]
pub enum RunError {
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    #[error(transparent)]
    Dir(#[from] run_dir::RunDirError),
    #[error(transparent)]
    World(#[from] crate::world::WorldError),
    #[error(transparent)]
    Bank(#[from] crate::bank::served::BankError),
    #[error(transparent)]
    Version(#[from] crate::bank::version::VersionError),
    #[error(transparent)]
    Journal(#[from] crate::bank::journal::JournalError),
    #[error(transparent)]
    Log(#[from] crate::files::log::LogError),
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::CheckpointError),
    #[error(transparent)]
    PolicyFile(#[from] crate::policy::CheckpointError),
    #[error(transparent)]
    Policy(#[from] crate::policy::ConfigError),
    #[error(transparent)]
    Rollout(#[from] rollout::RolloutError),
    #[error(transparent)]
    Demonstration(#[from] demonstrate::DemonstrationError),
    #[error("grpo: {0}")]
    Grpo(#[from] crate::grpo::GrpoError),
    #[error("skills.memory: domain {domain} has no fluent `{fluent}`")]
    Memory { fluent: String, domain: String },
    #[error(
        "{skills} skills would be alive at once; the policy has slots for {}: retire some first",
        crate::policy::decision::SLOTS
    )]
    Slots { skills: usize },
    #[error("{}: version {number} is missing: restore it from a copy", path.display())]
    NoVersion { number: u64, path: PathBuf },
    #[error("step {step}: every episode is void; the first: {reason}")]
    AllVoid { step: u64, reason: String },
    #[error("{what} changed since the run began ({}): a resumed run would not be the same one; begin a new run", path.display())]
    Changed { what: &'static str, path: PathBuf },
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// A generator for one purpose: the same seed, purpose and parts give the same numbers on every machine.
pub fn generator(seed: u64, purpose: &str, parts: &[u64]) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"reskill generator v1").update(purpose.as_bytes()).update(&[0]).update(&seed.to_le_bytes());
    for part in parts {
        hasher.update(&part.to_le_bytes());
    }
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}
