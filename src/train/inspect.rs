//! A run looked at from outside: nothing in its folder changes, even while it is being trained. In: a run directory; out: its
//! policy at the last checkpoint, its versions, and evaluations of the one under the other.

use std::path::Path;

use tch::Device;

use super::RunError;
use super::bank::{InPlay, Slots, in_play};
use super::checkpoint::{self, Restored};
use super::config::{Choosing, Config};
use super::evaluate::{Evaluation, Subject, Tried, evaluate};
use super::rollout::Lanes;
use super::run_dir::RunDir;
use super::trainer::load_version;
use crate::bank::journal::replay_to;
use crate::bank::record::VersionName;
use crate::bank::served::Served;
use crate::bank::version::Version;
use crate::policy::net::Policy;
use crate::world::{World, WorldInfo};

/// A run at its last checkpoint.
pub struct Inspected {
    config: Config,
    dir: RunDir,
    world: Box<dyn World>,
    lanes: Lanes,
    policy: Policy,
    slots: Slots,
    step: u64,
    incumbent: VersionName,
}

impl Inspected {
    pub fn open(root: &Path, device: Device) -> Result<Inspected, RunError> {
        let (dir, config, _) = RunDir::open(root)?;
        let world = config.world.open()?;
        let Restored { step, slots, policy, .. } = checkpoint::newest(&dir.checkpoints(), &config.creator, device)?;
        let incumbent = replay_to(&dir.journal(), step)?.incumbent().clone();
        let lanes = Lanes::open(world.as_ref(), config.run.lanes, config.run.threads)?;
        Ok(Inspected { config, dir, world, lanes, policy, slots, step, incumbent })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn world(&self) -> &WorldInfo {
        self.world.info()
    }

    /// The version in force at the checkpoint.
    pub fn last(&mut self) -> Result<InPlay, RunError> {
        let version = load_version(&self.dir, &self.incumbent)?;
        self.put_in_play(version)
    }

    /// The version that the run began with.
    pub fn initial(&mut self) -> Result<InPlay, RunError> {
        let first = Version::load_all(&self.dir.bank())?.into_iter().find(|v| v.number() == 1);
        let first = first.ok_or_else(|| RunError::NoVersion { number: 1, path: self.dir.bank() })?;
        self.put_in_play(first)
    }

    /// A version, this run's or another's. Skills that the policy has not met get slots with fresh weights.
    pub fn put_in_play(&mut self, version: Version) -> Result<InPlay, RunError> {
        in_play(Served::new(version, None)?, &mut self.slots, &mut self.policy)
    }

    /// Evaluates a version on the first `limit` tasks of a split.
    pub fn evaluate(
        &mut self,
        version: &InPlay,
        split: &str,
        choice: Choosing,
        limit: usize,
    ) -> Result<(Evaluation, Vec<Tried>), RunError> {
        let skills = !version.program().skills().is_empty();
        let memory = &self.config.skills.memory;
        let seed = self.config.seed;
        let subject = Subject { policy: &self.policy, version, skills, memory, seed, step: self.step };
        Ok(evaluate(&mut self.lanes, self.world.info(), &subject, split, choice, limit)?)
    }
}
