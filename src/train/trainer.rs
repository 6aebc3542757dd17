//! The loop. In: a configuration, or the folder of a run that was cut off; out: steps, each of which plays, learns, compares
//! versions and writes down what happened. Everything that a step draws follows from (seed, step), so a run that is
//! killed at any moment and resumed from its last checkpoint ends as it would have.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::seq::SliceRandom;
use tch::Device;

use super::RunError;
use super::bank::{Arms, InPlay, Slots};
use super::challenge::{self, Creation, Pending};
use super::checkpoint::{self, State};
use super::config::Config;
use super::demonstrate::demonstrations;
use super::evaluate::{Subject, evaluate, split_size};
use super::generator;
use super::record::{EpisodeRecord, StepRecord, TimingRecord};
use super::rollout::{Choice, Lanes, Outcome, Ticket, Timing};
use super::run_dir::{RUN_FORMAT, RunDir, RunFacts, config_hash};
use crate::bank::discount::{ArmCounts, StepCounts};
use crate::bank::journal::Journal;
use crate::bank::record::{Claims, Event, JOURNAL_FORMAT, Record, VersionName};
use crate::bank::served::{self, Served};
use crate::bank::version::{Origin, Version};
use crate::bank::version_test::{Arm, Decision, assign};
use crate::creator::reservoir::{Experience, PAPER_CAPACITY, Reservoir};
use crate::engine::program::{Program, Vocabulary};
use crate::files::log::Log;
use crate::grpo::{Sample, UpdateStats, advantages, update, warm_start};
use crate::policy::net::Policy;
use crate::world::World;

/// Rewards above this are successes (the reference's binarisation).
const SUCCESS: f64 = 0.5;

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
    pub(super) vocabulary: Arc<Vocabulary>,
    logs: Logs,
    step: u64,
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
    pub fn begin(config: Config, root: &Path, device: Device) -> Result<Trainer, RunError> {
        let dir = RunDir::create(root, &config)?;
        let world = config.world.open()?;
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
        let served = Served::new(version, None)?;
        let vocabulary = Arc::clone(served.program.vocabulary());
        for fluent in &config.skills.memory {
            if !vocabulary.domain().fluents.iter().any(|f| f.name == *fluent) {
                return Err(RunError::Memory { fluent: fluent.clone(), domain: vocabulary.domain().name.clone() });
            }
        }
        let mut slots = Slots::default();
        let arms = Arms { incumbent: in_play(served, &mut slots, &mut policy)?, challenger: None };
        imitate(&config, world.as_ref(), &arms.incumbent, &mut policy)?;
        let reference = policy.snapshot();
        reference.save(&dir.reference())?;
        let lanes = Lanes::open(world.as_ref(), config.run.lanes, config.run.threads)?;
        let logs = Logs::open(&dir, config.run.keep_texts, 0)?;
        let reservoir = Reservoir::new(PAPER_CAPACITY, config.creator.same_task);
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
            vocabulary,
            logs,
            step: 0,
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
            checkpoint::newest(&dir.checkpoints(), config.creator.same_task, device)?;
        let reference = Policy::load(&dir.reference(), device)?;
        let (journal, _) = Journal::resume(&dir.journal(), step)?;
        let mut slots = slots;
        let incumbent = Served::new(load_version(&dir, journal.state().incumbent())?, None)?;
        let vocabulary = Arc::clone(incumbent.program.vocabulary());
        let incumbent = in_play(incumbent, &mut slots, &mut policy)?;
        let challenger = match journal.state().active() {
            None => None,
            Some(active) => {
                let served = Served::new(load_version(&dir, &active.challenger)?, Some(&vocabulary))?;
                Some(in_play(served, &mut slots, &mut policy)?)
            }
        };
        let lanes = Lanes::open(world.as_ref(), config.run.lanes, config.run.threads)?;
        let logs = Logs::open(&dir, config.run.keep_texts, step)?;
        let arms = Arms { incumbent, challenger };
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
            vocabulary,
            logs,
            step,
            order,
        };
        trainer.forget_later_versions()?;
        if let Some((asked, reservoir)) = asked {
            challenge::ask(&mut trainer, reservoir, asked);
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

        let (tickets, probability) = self.tickets(step);
        let arms = self.arms.clone();
        let choice = Choice::Sampled { seed: self.config.seed, step };
        let (outcomes, timing) =
            self.lanes.play(&tickets, &self.policy, &|arm| arms.of(arm).clone(), &self.config.skills.memory, choice)?;
        if outcomes.iter().all(Result::is_err) {
            let reason = outcomes.into_iter().find_map(Result::err).map_or(String::new(), |e| e.to_string());
            return Err(RunError::AllVoid { step, reason });
        }
        let learning = Instant::now();
        let stats = self.learn(&outcomes, step)?;
        let learning = learning.elapsed();

        let counts = count(&tickets, &outcomes);
        news.extend(self.compare(step, probability, &tickets, counts)?);
        let record = StepRecord::new(step, &outcomes, counts, &stats, self.arms.incumbent.served.version.label());
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

    /// The episodes of a step: the next tasks of the epoch's order, a group each, every rollout with its arm.
    fn tickets(&mut self, step: u64) -> (Vec<Ticket>, f64) {
        let grpo = &self.config.grpo;
        let size = split_size(self.world.info(), &self.config.run.split).unwrap_or(0);
        let probability = self.journal.state().active().map_or(0.0, |active| active.test.challenger_probability());
        let mut tickets = Vec::with_capacity(grpo.tasks_per_step * grpo.group_size);
        for task in 0..grpo.tasks_per_step as u64 {
            let group = (step - 1) * grpo.tasks_per_step as u64 + task;
            let (epoch, at) = (group / size.max(1) as u64, (group % size.max(1) as u64) as usize);
            if self.order.0 != epoch {
                let mut order: Vec<usize> = (0..size).collect();
                order.shuffle(&mut generator(self.config.seed, "tasks", &[epoch]));
                self.order = (epoch, order);
            }
            let Some(index) = self.order.1.get(at).copied() else { break };
            for slot in 0..grpo.group_size as u32 {
                let arm = match self.arms.challenger {
                    Some(_) => assign(self.config.seed, step, group, slot, probability),
                    None => Arm::Incumbent,
                };
                tickets.push(Ticket { split: self.config.run.split.clone(), index, group, slot, arm });
            }
        }
        (tickets, probability)
    }

    fn learn(&mut self, outcomes: &[Outcome], step: u64) -> Result<UpdateStats, RunError> {
        let mut samples = Vec::new();
        for group in outcomes.chunks(self.config.grpo.group_size) {
            let returns: Vec<Option<f64>> = group.iter().map(|o| o.as_ref().ok().map(|p| p.total_reward())).collect();
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

    /// Takes the step into the version test, and decides it if it is time.
    fn compare(
        &mut self,
        step: u64,
        probability: f64,
        tickets: &[Ticket],
        counts: StepCounts,
    ) -> Result<Vec<String>, RunError> {
        if self.arms.challenger.is_none() {
            return Ok(Vec::new());
        }
        let challenger = tickets.iter().filter(|t| t.arm == Arm::Challenger).count() as u64;
        let claims = Claims { challenger, incumbent: tickets.len() as u64 - challenger };
        self.journal.record(&Record { step, event: Event::Outcomes { probability, claims, counts } })?;
        let Some(active) = self.journal.state().active() else { return Ok(Vec::new()) };
        let decision = active.test.decision();
        if decision == Decision::Undecided {
            return Ok(Vec::new());
        }
        let (challenger_mean, incumbent_mean) = (active.test.challenger().mean(), active.test.incumbent().mean());
        self.journal.record(&Record { step, event: Event::Decided { decision, challenger_mean, incumbent_mean } })?;
        let Some(challenger) = self.arms.challenger.take() else { return Ok(Vec::new()) };
        let label = challenger.served.version.label();
        let verdict = match decision {
            Decision::Accept => {
                self.arms.incumbent = challenger;
                "accepted"
            }
            _ => "rejected",
        };
        let alive: Vec<&str> = self.arms.incumbent.served.skills().collect();
        self.slots.retain(&alive);
        Ok(vec![format!("{label} {verdict}: {challenger_mean:.3} against {incumbent_mean:.3}")])
    }

    fn write(&mut self, step: u64, outcomes: Vec<Outcome>, record: &StepRecord) -> Result<(), RunError> {
        self.logs.metrics.append(record)?;
        for outcome in outcomes {
            let Ok(played) = outcome else { continue };
            self.logs.episodes.append(&EpisodeRecord::new(step, &played))?;
            if let Some(log) = &mut self.logs.trajectories {
                log.append(&super::record::Text { step, episode: &played.trajectory })?;
            }
            if self.config.skills.evolve {
                let success = played.trajectory.won;
                self.reservoir.insert(Experience { step, arm: played.arm, success, trajectory: played.trajectory });
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
        let mut versions = vec![(self.arms.incumbent.clone(), true)];
        if self.is_done() && !self.arms.incumbent.program().skills().is_empty() {
            versions.push((without_skills(&self.arms.incumbent), false));
        }
        for (version, skills) in &versions {
            let memory = &self.config.skills.memory;
            let subject = Subject { policy: &self.policy, version, skills: *skills, memory, step: self.step };
            for split in &self.config.eval.splits {
                let limit = self.config.eval.tasks;
                let evaluation = evaluate(&mut self.lanes, self.world.info(), &subject, split, limit)?;
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

    /// The number of the next version.
    pub(super) fn next_version(&self) -> u64 {
        let state = self.journal.state();
        let finished = state.finished().iter().map(|f| f.challenger.number);
        let active = state.active().map(|a| a.challenger.number);
        finished.chain(active).chain([state.incumbent().number]).max().unwrap_or(0) + 1
    }

    /// Puts a version under test from this step on.
    pub(super) fn enter(&mut self, version: Version) -> Result<(), RunError> {
        let served = Served::new(version, Some(&self.vocabulary))?;
        self.arms.challenger = Some(in_play(served, &mut self.slots, &mut self.policy)?);
        Ok(())
    }

    /// Versions that the cut-back journal does not know come again, or something else comes in their place.
    fn forget_later_versions(&self) -> Result<(), RunError> {
        let next = self.next_version();
        for version in Version::load_all(&self.dir.bank())? {
            if version.number() >= next {
                let folder = self.dir.bank().join(version.label());
                std::fs::remove_dir_all(&folder).map_err(|source| RunError::Io { path: folder.clone(), source })?;
            }
        }
        Ok(())
    }
}

/// A version with its skills' slots; slots given out anew start with fresh weights.
pub(super) fn in_play(served: Served, slots: &mut Slots, policy: &mut Policy) -> Result<InPlay, RunError> {
    let Some((numbers, fresh)) = slots.assign(served.skills()) else {
        return Err(RunError::Slots { skills: served.program.skills().len() });
    };
    for slot in fresh {
        policy.reset_slot(slot)?;
    }
    Ok(InPlay { served, slots: numbers.into() })
}

/// The same version with every skill silent.
pub fn without_skills(version: &InPlay) -> InPlay {
    let mut silent = version.clone();
    silent.served.program = Program::with_vocabulary(Arc::clone(version.program().vocabulary()), Vec::new());
    silent.slots = Arc::from([]);
    silent
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
    let folder = dir.bank().join(format!("v{:04}-{}", name.number, name.hash.get(..12).unwrap_or(&name.hash)));
    Ok(Version::load(&folder)?)
}

fn count(tickets: &[Ticket], outcomes: &[Outcome]) -> StepCounts {
    let mut counts = StepCounts::default();
    for (ticket, outcome) in tickets.iter().zip(outcomes) {
        let Ok(played) = outcome else { continue };
        let arm: &mut ArmCounts = match ticket.arm {
            Arm::Challenger => &mut counts.challenger,
            Arm::Incumbent => &mut counts.incumbent,
        };
        arm.episodes += 1;
        arm.successes += u64::from(played.total_reward() > SUCCESS);
    }
    counts
}
