//! Checkpoints: `checkpoints/step-N/`, whole or not there. In: the state after a step that the logs do not hold; out: that
//! state again. What the logs hold (posteriors, versions) comes back from the journal.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tch::Device;
use thiserror::Error;

use super::bank::Slots;
use crate::creator::CreatorConfig;
use crate::creator::finished::checkpoints;
use crate::creator::reservoir::{Reservoir, ReservoirError};
use crate::files::write_atomic;
use crate::policy::CheckpointError as PolicyError;
use crate::policy::net::Policy;

/// Older checkpoints than this many are removed; the first one, `step-0`, too.
const KEPT: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Small {
    step: u64,
    slots: Slots,
    /// The step at which the creator was asked for what it is still working on; its reservoir lies in `asked/`.
    asked: Option<u64>,
}

/// What a checkpoint holds.
pub struct State<'s> {
    pub step: u64,
    pub slots: &'s Slots,
    pub policy: &'s Policy,
    pub reservoir: &'s Reservoir,
    /// The creator's question that has not been answered yet: when it was asked, and over which reservoir.
    pub asked: Option<(u64, &'s Reservoir)>,
}

/// A checkpoint that was read.
pub struct Restored {
    pub step: u64,
    pub slots: Slots,
    pub policy: Policy,
    pub reservoir: Reservoir,
    pub asked: Option<(u64, Reservoir)>,
}

/// Why a checkpoint could not be written or read.
#[derive(Debug, Error)]
pub enum CheckpointError {
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{}: {message}; delete this checkpoint's folder to resume from the one before it", path.display())]
    Broken { path: PathBuf, message: String },
    #[error("{}: no checkpoint: the run was cut off before its first one; delete the run's folder and begin anew", path.display())]
    None { path: PathBuf },
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Reservoir(#[from] ReservoirError),
}

/// Writes `step-N` below `folder`, then removes checkpoints that are no longer needed.
pub fn save(folder: &Path, state: &State) -> Result<(), CheckpointError> {
    let State { step, slots, policy, reservoir, asked } = *state;
    let done = folder.join(format!("step-{step}"));
    let part = folder.join(format!("step-{step}.part"));
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| CheckpointError::Io { path, source }
    };
    for stale in [&part, &done] {
        if stale.exists() {
            fs::remove_dir_all(stale).map_err(io(stale))?;
        }
    }
    fs::create_dir_all(&part).map_err(io(&part))?;
    policy.save(&part.join("policy.safetensors"))?;
    reservoir.save(&part.join("reservoir"))?;
    if let Some((_, reservoir)) = asked {
        reservoir.save(&part.join("asked"))?;
    }
    let small = part.join("state.json");
    let json = serde_json::to_vec_pretty(&Small { step, slots: slots.clone(), asked: asked.map(|(step, _)| step) })
        .map_err(|error| CheckpointError::Broken { path: small.clone(), message: error.to_string() })?;
    write_atomic(&small, &json).map_err(io(&small))?;
    fs::rename(&part, &done).map_err(io(&done))?;
    let all = list(folder)?;
    for (_, old) in all.iter().rev().skip(KEPT) {
        fs::remove_dir_all(old).map_err(io(old))?;
    }
    Ok(())
}

/// The newest checkpoint below `folder`.
pub fn newest(folder: &Path, config: &CreatorConfig, device: Device) -> Result<Restored, CheckpointError> {
    let all = list(folder)?;
    let (step, path) = all.last().ok_or_else(|| CheckpointError::None { path: folder.to_owned() })?;
    let small = path.join("state.json");
    let text = fs::read(&small).map_err(|source| CheckpointError::Io { path: small.clone(), source })?;
    let state: Small = serde_json::from_slice(&text)
        .map_err(|error| CheckpointError::Broken { path: small.clone(), message: error.to_string() })?;
    if state.step != *step {
        let message = format!("is of step {}, but lies in step-{step}", state.step);
        return Err(CheckpointError::Broken { path: small, message });
    }
    let load = |name: &str| Reservoir::load(&path.join(name), config.capacity, config.same_task);
    let asked = state.asked.map(|step| Ok::<_, ReservoirError>((step, load("asked")?))).transpose()?;
    Ok(Restored {
        step: *step,
        slots: state.slots,
        policy: Policy::load(&path.join("policy.safetensors"), device)?,
        reservoir: load("reservoir")?,
        asked,
    })
}

/// Finished checkpoints, oldest first.
fn list(folder: &Path) -> Result<Vec<(u64, PathBuf)>, CheckpointError> {
    checkpoints(folder).map_err(|source| CheckpointError::Io { path: folder.to_owned(), source })
}
