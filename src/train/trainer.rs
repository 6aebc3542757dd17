//! The loop. In: a configuration, or the folder of a run that was cut off; out: steps, each of which plays, learns, compares
//! versions and writes down what happened. Everything that a step draws follows from (seed, step), so a run that is
//! killed at any moment and resumed from its last checkpoint ends as it would have.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::seq::SliceRandom;
use tch::Device;

use super::RunError;
use super::bank::{Arms, Challenger, InPlay, Serving, Slots};
use super::challenge::{self, Creation, Pending};
use super::checkpoint::{self, State};
use super::compare::compare;
use super::config::{Config, EvalConfig};
use super::demonstrate::demonstrations;
use super::evaluate::{Subject, evaluate, split_size};
use super::generator;
use super::record::{EpisodeRecord, StepRecord, TimingRecord};
use super::rollout::{Choice, Dealt, Lanes, Outcome, Played, Ticket, Timing};
use super::run_dir::{RUN_FORMAT, RunDir, RunFacts, config_hash};
use crate::bank::evidence::Arm;
use crate::bank::journal::{Journal, replay_to};
use crate::bank::record::{Event, JOURNAL_FORMAT, Record, VersionName};
use crate::bank::served::{self, Served};
use crate::bank::version::{Origin, Version};
use crate::bank::version_test::{Place, VersionTest, control_slot};
use crate::creator::reservoir::{Experience, Reservoir};
use crate::engine::program::Vocabulary;
use crate::files::log::{self, Log};
use crate::grpo::{Baseline, Sample, UpdateStats, advantages, update, warm_start};
use crate::policy::net::Policy;
use crate::world::World;

/// A run, between two steps.
pub struct Trainer {
    pub(super) config: Config,
    pub(super) dir: RunDir,
    world: Box<dyn World>,
    lanes: Lanes,
    pub(super) policy: Policy,
    reference: Policy,
    pub(super) slots: Slots,
    pub(super) arms: Arms,
    pub(super) journal: Journal,
    pub(super) reservoir: Reservoir,
    pub(super) pending: Option<Pending>,
    /// The creator has used up its budget.
    pub(super) creator_over: bool,
    pub(super) vocabulary: Arc<Vocabulary>,
    logs: Logs,
    step: u64,
    /// How far the last update moved the policy, in nats.
    pub(super) drift: f64,
    /// The numbers of training tasks in the order of the epoch that `epoch` names.
    order: (u64, Vec<usize>),
}

struct Logs {
    metrics: Log,
    timings: Log,
    episodes: Log,
    evaluations: Log,
    trajectories: Option<Log>,
}

impl Logs {
    fn open(dir: &RunDir, keep_texts: bool, step: u64) -> Result<Logs, RunError> {
        let open = |path: &Path| -> Result<Log, RunError> {
            let (mut log, _) = Log::open(path)?;
            log.truncate_to(step)?;
            Ok(log)
        };
        Ok(Logs {
            metrics: open(&dir.metrics())?,
            timings: open(&dir.timings())?,
            episodes: open(&dir.episodes())?,
            evaluations: open(&dir.evaluations())?,
            trajectories: if keep_texts { Some(open(&dir.trajectories())?) } else { None },
        })
    }

    fn sync(&mut self) -> Result<(), RunError> {
        let all = [&mut self.metrics, &mut self.timings, &mut self.episodes, &mut self.evaluations];
        for log in all.into_iter().chain(&mut self.trajectories) {
            log.sync()?;
        }
        Ok(())
    }
}

/// What a step came to, for whoever watches.
#[derive(Debug, Clone)]
pub struct StepReport {
    pub record: StepRecord,
    pub took: Duration,
    /// What happened to versions in this step, in words.
    pub news: Vec<String>,
}

impl Trainer {
    /// Begins a run in `root`: warm start, first evaluation, first checkpoint.
    pub fn begin(mut config: Config, root: &Path, device: Device) -> Result<Trainer, RunError> {
        let world = config.world.open()?;
        config.version_test.sequential.reward_range.get_or_insert(world.info().returns);
        let dir = RunDir::create(root, &config)?;
        for split in config.eval.splits.iter().chain([&config.run.split]) {
            split_size(world.info(), split)?;
        }
        let files = served::read(&config.skills.domain, &config.skills.paths)?;
        let version = Version::new(1, None, Origin::Seed, files)?;
        version.save(&dir.bank())?;
        let facts = RunFacts {
            format: RUN_FORMAT,
            seed: config.seed,
            world: world.info().hash.clone(),
            bank: version.hash().to_owned(),
            config: config_hash(&config),
        };
        let name = VersionName { number: 1, hash: version.hash().to_owned() };
        let started = Event::Started {
            format: JOURNAL_FORMAT,
            seed: config.seed,
            version_test: config.version_test.clone(),
            incumbent: name,
        };
        let journal = Journal::begin(&dir.journal(), &Record { step: 0, event: started })?;
        let mut policy = Policy::new(config.seed, config.policy.clone(), device)?;
        let vocabulary = Arc::clone(Served::new(version.clone(), None)?.program.vocabulary());
        for fluent in &config.skills.memory {
            if !vocabulary.domain().fluents.iter().any(|f| f.name == *fluent) {
                return Err(RunError::Memory { fluent: fluent.clone(), domain: vocabulary.domain().name.clone() });
            }
        }
        let mut slots = Slots::default();
        let arms = Arms::new(version, Vec::new(), &vocabulary, &mut slots, &mut policy)?;
        imitate(&config, world.as_ref(), arms.incumbent(), &mut policy)?;
        let reference = policy.snapshot();
        reference.save(&dir.reference())?;
        let lanes = Lanes::open(world.as_ref(), config.run.lanes, config.run.threads)?;
        let logs = Logs::open(&dir, config.run.keep_texts, 0)?;
        let reservoir = Reservoir::new(config.creator.capacity, config.creator.same_task);
        let order = (u64::MAX, Vec::new());
        let mut trainer = Trainer {
            config,
            dir,
            world,
            lanes,
            policy,
            reference,
            slots,
            arms,
            journal,
            reservoir,
            pending: None,
            creator_over: false,
            vocabulary,
            logs,
            step: 0,
            drift: 0.0,
            order,
        };
        trainer.evaluate()?;
        trainer.save()?;
        // Only now is there something that a resumed run could go on from.
        trainer.dir.commit(&facts)?;
        Ok(trainer)
    }

    /// Goes on with the run in `root` from its last checkpoint.
    pub fn resume(root: &Path, steps: Option<u64>, device: Device) -> Result<Trainer, RunError> {
        let (dir, mut config, facts) = RunDir::open(root)?;
        let world = config.world.open()?;
        if world.info().hash != facts.world {
            return Err(RunError::Changed { what: "the world's tasks", path: dir.facts() });
        }
        if config_hash(&config) != facts.config {
            return Err(RunError::Changed { what: "config.toml", path: dir.config() });
        }
        config.run.steps = steps.unwrap_or(config.run.steps);
        let checkpoint::Restored { step, slots, mut policy, reservoir, asked } =
            checkpoint::newest(&dir.checkpoints(), &config.creator, device)?;
        let reference = Policy::load(&dir.reference(), device)?;
        let (journal, _) = Journal::resume(&dir.journal(), step)?;
        let mut slots = slots;
        let state = journal.state();
        let incumbent = load_version(&dir, state.incumbent())?;
        let vocabulary = Arc::clone(Served::new(incumbent.clone(), None)?.program.vocabulary());
        let challengers = state
            .active()
            .iter()
            .map(|active| Ok(Challenger::new(load_version(&dir, &active.challenger)?, &incumbent)));
        let challengers = challengers.collect::<Result<_, RunError>>()?;
        let arms = Arms::new(incumbent, challengers, &vocabulary, &mut slots, &mut policy)?;
        let lanes = Lanes::open(world.as_ref(), config.run.lanes, config.run.threads)?;
        let logs = Logs::open(&dir, config.run.keep_texts, step)?;
        let drift = log::read::<StepRecord>(&dir.metrics())?.last().map_or(0.0, |last| last.drift);
        let order = (u64::MAX, Vec::new());
        let mut trainer = Trainer {
            config,
            dir,
            world,
            lanes,
            policy,
            reference,
            slots,
            arms,
            journal,
            reservoir,
            pending: None,
            creator_over: false,
            vocabulary,
            logs,
            step,
            drift,
            order,
        };
        trainer.forget_later_versions()?;
        if let Some((asked, reservoir)) = asked {
            // What the creator knew then: the state after the step before.
            let then = replay_to(&trainer.dir.journal(), asked - 1)?;
            challenge::ask(&mut trainer, reservoir, asked, &then)?;
        }
        Ok(trainer)
    }

    pub fn step(&self) -> u64 {
        self.step
    }

    pub fn steps(&self) -> u64 {
        self.config.run.steps
    }

    pub fn is_done(&self) -> bool {
        self.step >= self.config.run.steps
    }

    pub fn dir(&self) -> &RunDir {
        &self.dir
    }

    /// One training step.
    pub fn advance(&mut self) -> Result<StepReport, RunError> {
        let started = Instant::now();
        self.step += 1;
        let step = self.step;
        let creator = Instant::now();
        let created = if self.config.skills.evolve { challenge::propose(self, step)? } else { Creation::default() };
        let creator = (creator.elapsed(), created.beside);
        let mut news = created.news;

        let tickets = self.tickets(step);
        let controlled: BTreeSet<u64> = tickets.iter().filter(|t| t.serving.control).map(|t| t.group).collect();
        let arms = &self.arms;
        let deal = |ticket: &Ticket| {
            let silent = arms.silent(&ticket.serving, controlled.contains(&ticket.group));
            Dealt::of(arms.of(&ticket.serving), silent)
        };
        let choice = Choice::Sampled { purpose: "rollout", seed: self.config.seed, step };
        let (outcomes, timing) = self.lanes.play(&tickets, &self.policy, &deal, &self.config.skills.memory, choice)?;
        if outcomes.iter().all(Result::is_err) {
            let reason = outcomes.into_iter().find_map(Result::err).map_or(String::new(), |e| e.to_string());
            return Err(RunError::AllVoid { step, reason });
        }
        let learning = Instant::now();
        let stats = self.learn(&outcomes, step)?;
        let learning = learning.elapsed();

        news.extend(compare(self, step, &tickets, &outcomes)?);
        self.drift = stats.drift;
        let record = StepRecord::new(step, &outcomes, &stats, self.arms.incumbent().served.version.label());
        self.write(step, outcomes, &record)?;
        let took = started.elapsed();
        self.write_timing(step, timing, learning, creator, took)?;
        if self.config.eval.every > 0 && step.is_multiple_of(self.config.eval.every) || self.is_done() {
            self.evaluate()?;
        }
        if step.is_multiple_of(self.config.run.checkpoint_every) || self.is_done() {
            self.save()?;
        }
        Ok(StepReport { record, took, news })
    }

    /// The episodes of a step: the next tasks of the epoch's order, a group each, every rollout with what it is served.
    fn tickets(&mut self, step: u64) -> Vec<Ticket> {
        let (tasks, slots) = (self.config.grpo.tasks_per_step as u64, self.config.grpo.group_size as u32);
        let size = split_size(self.world.info(), &self.config.run.split).unwrap_or(0);
        // An empty bank and its control are the same.
        let rate = match self.arms.incumbent().program().skills().is_empty() {
            true => 0.0,
            false => self.config.version_test.control(),
        };
        let tests: Vec<(u64, f64, &VersionTest)> =
            self.journal.state().active().iter().map(|a| (a.challenger.number, a.test.share(), &a.test)).collect();
        let mut tickets = Vec::with_capacity(self.config.grpo.tasks_per_step * self.config.grpo.group_size);
        for task in 0..tasks {
            let group = (step - 1) * tasks + task;
            let (epoch, at) = (group / size.max(1) as u64, (group % size.max(1) as u64) as usize);
            if self.order.0 != epoch {
                let mut order: Vec<usize> = (0..size).collect();
                order.shuffle(&mut generator(self.config.seed, "tasks", &[epoch]));
                self.order = (epoch, order);
            }
            let Some(index) = self.order.1.get(at).copied() else { break };
            let place = Place { seed: self.config.seed, step, group };
            let control = control_slot(rate, place, slots);
            // The arms share the other slots, so that a control takes nothing from the least that each must have.
            let others = slots - u32::from(control.is_some());
            let arms: Vec<(u64, Vec<Arm>)> = tests
                .iter()
                .map(|(number, share, test)| (*number, test.arms(*share, *number, place, others)))
                .collect();
            for slot in 0..slots {
                let place = slot - u32::from(control.is_some_and(|control| control < slot));
                let mut serving = Serving { control: control == Some(slot), challengers: Vec::new() };
                if !serving.control {
                    let served = |(_, arms): &&(u64, Vec<Arm>)| arms.get(place as usize) == Some(&Arm::Challenger);
                    serving.challengers = arms.iter().filter(served).map(|(number, _)| *number).collect();
                    serving.challengers.sort_unstable();
                }
                tickets.push(Ticket { split: self.config.run.split.clone(), index, group, slot, serving });
            }
        }
        tickets
    }

    fn learn(&mut self, outcomes: &[Outcome], step: u64) -> Result<UpdateStats, RunError> {
        // What is expected of each challenger by what was known before the step.
        let tests = match self.config.grpo.baseline {
            Baseline::Group => &[],
            Baseline::Version => self.journal.state().active(),
        };
        let expected = |played: &Played| -> f64 {
            let served = tests.iter().filter(|test| {
                played.serving.challengers.contains(&test.challenger.number)
                    && test.changes.iter().any(|skill| played.mattered.contains_key(skill))
            });
            served.map(|test| test.test.expected_effect()).sum()
        };
        let mut samples = Vec::new();
        for group in outcomes.chunks(self.config.grpo.group_size) {
            let of = |played: &Played| played.total_reward() - expected(played);
            let returns: Vec<Option<f64>> = group.iter().map(|o| o.as_ref().ok().map(of)).collect();
            for (outcome, advantage) in group.iter().zip(advantages(&returns)) {
                let (Ok(played), Some(advantage)) = (outcome, advantage) else { continue };
                samples.extend(played.scored.iter().map(|s| Sample {
                    decision: &s.decision,
                    action: s.action,
                    log_prob: s.log_prob,
                    advantage,
                }));
            }
        }
        let mut rng = generator(self.config.seed, "minibatches", &[step]);
        Ok(update(&mut self.policy, Some(&self.reference), &samples, &self.config.grpo, &mut rng)?)
    }

    fn write(&mut self, step: u64, outcomes: Vec<Outcome>, record: &StepRecord) -> Result<(), RunError> {
        self.logs.metrics.append(record)?;
        for outcome in outcomes {
            let Ok(played) = outcome else { continue };
            self.logs.episodes.append(&EpisodeRecord::new(step, &played))?;
            if let Some(log) = &mut self.logs.trajectories {
                log.append(&super::record::Text { step, episode: &played.trajectory })?;
            }
            // A control says nothing of what the bank does.
            if self.config.skills.evolve && !played.serving.control {
                let (arm, success) = (played.serving.arm(), played.trajectory.won);
                let (chances, trajectory) = (played.chances, played.trajectory);
                self.reservoir.insert(Experience { step, arm, success, chances, trajectory });
            }
        }
        Ok(())
    }

    fn write_timing(
        &mut self,
        step: u64,
        timing: Timing,
        update: Duration,
        creator: (Duration, Duration),
        total: Duration,
    ) -> Result<(), RunError> {
        let seconds = |d: Duration| d.as_secs_f64();
        self.logs.timings.append(&TimingRecord {
            step,
            world: seconds(timing.world),
            skills: seconds(timing.skills),
            features: seconds(timing.features),
            forward: seconds(timing.forward),
            update: seconds(update),
            creator: seconds(creator.0),
            creator_beside: seconds(creator.1),
            total: seconds(total),
        })?;
        Ok(())
    }

    /// Evaluates the incumbent on every split of `[eval]`; after the last step of an evolving run also without skills.
    fn evaluate(&mut self) -> Result<(), RunError> {
        let incumbent = self.arms.incumbent();
        let mut versions = vec![(incumbent.clone(), true)];
        if self.is_done() && !incumbent.program().skills().is_empty() {
            versions.push((incumbent.without_skills(), false));
        }
        for (version, skills) in &versions {
            let memory = &self.config.skills.memory;
            let (seed, step) = (self.config.seed, self.step);
            let subject = Subject { policy: &self.policy, version, skills: *skills, memory, seed, step };
            let EvalConfig { splits, choice, tasks, .. } = &self.config.eval;
            for split in splits {
                let (evaluation, _) = evaluate(&mut self.lanes, self.world.info(), &subject, split, *choice, *tasks)?;
                self.logs.evaluations.append(&evaluation)?;
            }
        }
        Ok(())
    }

    /// Writes everything to disk and a checkpoint of this step.
    pub fn save(&mut self) -> Result<(), RunError> {
        self.logs.sync()?;
        self.journal.sync()?;
        let asked = self.pending.as_ref().map(|pending| (pending.asked, &pending.reservoir));
        let state =
            State { step: self.step, slots: &self.slots, policy: &self.policy, reservoir: &self.reservoir, asked };
        checkpoint::save(&self.dir.checkpoints(), &state)?;
        Ok(())
    }

    /// Versions that the cut-back journal does not know come again, or something else comes in their place.
    fn forget_later_versions(&self) -> Result<(), RunError> {
        let next = self.journal.state().next_version();
        for version in Version::load_all(&self.dir.bank())? {
            if version.number() >= next {
                let folder = self.dir.bank().join(version.label());
                std::fs::remove_dir_all(&folder).map_err(|source| RunError::Io { path: folder.clone(), source })?;
            }
        }
        Ok(())
    }
}

fn imitate(config: &Config, world: &dyn World, version: &InPlay, policy: &mut Policy) -> Result<(), RunError> {
    let wanted = config.warm_start.demonstrations;
    if wanted == 0 {
        return Ok(());
    }
    let pairs = demonstrations(world, version, &config.skills.memory, &config.run.split, wanted, config.seed)?;
    let mut rng = generator(config.seed, "warm start", &[]);
    warm_start(policy, &pairs, &config.warm_start.imitation, &mut rng)?;
    Ok(())
}

pub(super) fn load_version(dir: &RunDir, name: &VersionName) -> Result<Version, RunError> {
    Ok(Version::load(&dir.bank().join(name.label()))?)
}
