//! Episodes in lock-step. In: tickets (which task, under which version), a policy; out: one outcome per ticket, in the order of
//! the tickets. All lanes take a step together, so that the policy scores them in one batch. What a lane draws depends on
//! its ticket alone: results do not depend on the number of lanes, on threads or on timing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use thiserror::Error;

use super::bank::{InPlay, Serving};
use super::generator;
use super::silent::{Listener, Silent};
use crate::engine::directives::{Directives, MarkKind};
use crate::engine::program::Program;
use crate::engine::session::Session;
use crate::episode::{Step, TRAJECTORY_FORMAT, Trajectory};
use crate::policy::decision::Decision;
use crate::policy::features::Featurizer;
use crate::policy::net::Policy;
use crate::policy::{greedy, sample};
use crate::world::{Env, Reset, World, WorldError};

/// One episode to be played.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub split: String,
    pub index: usize,
    pub group: u64,
    pub slot: u32,
    pub serving: Serving,
}

/// What a ticket's rollout is dealt: the bank that it is served, and what runs silently beside it.
#[derive(Debug, Clone)]
pub struct Dealt {
    pub program: Arc<Program>,
    /// The policy's slot of each skill.
    pub slots: Arc<[u8]>,
    /// What the log calls the bank.
    pub label: Arc<str>,
    pub silent: Option<Silent>,
}

impl Dealt {
    pub fn of(version: &InPlay, silent: Option<Silent>) -> Dealt {
        let InPlay { served, slots, label } = version;
        Dealt { program: Arc::clone(&served.program), slots: Arc::clone(slots), label: Arc::clone(label), silent }
    }
}

/// How actions are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Drawn by the policy's probabilities, from a generator of (purpose, seed, step, group, slot).
    Sampled { purpose: &'static str, seed: u64, step: u64 },
    /// The most probable one, the first of equals.
    Greedy,
}

/// One scored decision, kept for the policy update.
#[derive(Debug, Clone)]
pub struct Scored {
    pub decision: Decision,
    pub action: usize,
    pub log_prob: f32,
}

/// A played episode.
#[derive(Debug, Clone)]
pub struct Played {
    pub serving: Serving,
    /// By skill, the first decision at which it mattered, served or silent; see [`super::silent`].
    pub mattered: BTreeMap<String, u32>,
    /// Kind of task, for reports.
    pub kind: String,
    pub trajectory: Trajectory,
    /// Empty under [`Choice::Greedy`].
    pub scored: Vec<Scored>,
    /// By step, the probability of each admissible action, to four digits; empty under [`Choice::Greedy`].
    pub chances: Vec<Vec<f32>>,
    /// Decisions at which some skill spoke, and at which the action taken was one that some skill preferred.
    pub advised: u32,
    pub followed: u32,
    /// Largest entropy is not of interest; the mean one is: summed over decisions, in nats.
    pub entropy: f64,
}

impl Played {
    /// The return that GRPO compares: the sum of the rewards.
    pub fn total_reward(&self) -> f64 {
        self.trajectory.steps.iter().map(|s| s.reward).sum()
    }
}

/// A ticket's outcome: the episode, or why it is void. A void episode counts for nothing, least of all as a failure.
pub type Outcome = Result<Played, WorldError>;

/// Time by activity, summed over lanes.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Timing {
    pub world: Duration,
    pub skills: Duration,
    pub features: Duration,
    pub forward: Duration,
}

/// Playing could not go on at all.
#[derive(Debug, Error)]
pub enum RolloutError {
    #[error(transparent)]
    World(#[from] WorldError),
    #[error("the policy gave no probabilities for a decision with {actions} actions: its parameters are not finite")]
    Policy { actions: usize },
    #[error("features: {0}")]
    Features(#[from] crate::policy::decision::FeatureError),
}

/// The places where episodes are played; kept from step to step.
pub struct Lanes {
    lanes: Vec<Lane>,
    world: String,
    /// None: everything on the calling thread.
    pool: Option<rayon::ThreadPool>,
}

struct Lane {
    env: Box<dyn Env>,
    featurizer: Featurizer,
    session: Option<Session>,
    listener: Listener,
    slots: Arc<[u8]>,
    episode: Option<Episode>,
    timing: Timing,
}

/// The episode a lane is playing.
struct Episode {
    /// Position of its ticket.
    ticket: usize,
    rng: Option<ChaCha8Rng>,
    admissible: Vec<String>,
    pending: Option<Decision>,
    preferred: Vec<u32>,
    spoke: bool,
    played: Played,
    failed: Option<WorldError>,
}

impl Lanes {
    /// Opens `count` places, worked on by `threads` threads.
    pub fn open(world: &dyn World, count: usize, threads: usize) -> Result<Lanes, RolloutError> {
        let lanes = (0..count)
            .map(|_| {
                Ok(Lane {
                    env: world.open()?,
                    featurizer: Featurizer::new(),
                    session: None,
                    listener: Listener::default(),
                    slots: Arc::from([]),
                    episode: None,
                    timing: Timing::default(),
                })
            })
            .collect::<Result<_, WorldError>>()?;
        let pool = (threads > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build()).transpose();
        let pool = pool.map_err(|error| WorldError::Io {
            what: "starting threads".to_owned(),
            source: std::io::Error::other(error),
        })?;
        Ok(Lanes { lanes, world: world.info().name.clone(), pool })
    }

    /// Plays every ticket once. `deal` tells what serves a ticket; `memory` names the fluents whose facts the policy sees.
    pub fn play(
        &mut self,
        tickets: &[Ticket],
        policy: &Policy,
        deal: &(dyn Fn(&Ticket) -> Dealt + Sync),
        memory: &[String],
        choice: Choice,
    ) -> Result<(Vec<Outcome>, Timing), RolloutError> {
        let mut outcomes: Vec<Option<Outcome>> = tickets.iter().map(|_| None).collect();
        let mut timing = Timing::default();
        let mut next = 0;
        loop {
            for lane in self.lanes.iter_mut().filter(|lane| lane.episode.is_none()) {
                if let Some(ticket) = tickets.get(next) {
                    lane.begin(next, ticket, deal(ticket), choice, &self.world);
                    next += 1;
                }
            }
            match &self.pool {
                None => self.lanes.iter_mut().try_for_each(|lane| lane.describe(tickets, memory))?,
                Some(pool) => {
                    let lanes = &mut self.lanes;
                    pool.install(|| lanes.par_iter_mut().try_for_each(|lane| lane.describe(tickets, memory)))?;
                }
            }
            for lane in &mut self.lanes {
                if let Some(mut episode) = lane.episode.take_if(|e| e.pending.is_none()) {
                    episode.played.mattered = lane.listener.take();
                    let outcome = episode.failed.map_or(Ok(episode.played), Err);
                    outcomes[episode.ticket] = Some(outcome);
                }
            }
            let mut active: Vec<&mut Lane> = self.lanes.iter_mut().filter(|l| l.episode.is_some()).collect();
            if active.is_empty() {
                if next == tickets.len() {
                    break;
                }
                continue;
            }
            let decisions: Vec<&Decision> =
                active.iter().filter_map(|l| l.episode.as_ref().and_then(|e| e.pending.as_ref())).collect();
            let started = Instant::now();
            let rows = policy.distribution(&decisions);
            timing.forward += started.elapsed();
            match &self.pool {
                None => active.iter_mut().zip(&rows).try_for_each(|(lane, row)| lane.step(row, choice))?,
                Some(pool) => pool
                    .install(|| active.par_iter_mut().zip(&rows).try_for_each(|(lane, row)| lane.step(row, choice)))?,
            }
        }
        for lane in &mut self.lanes {
            let spent = std::mem::take(&mut lane.timing);
            timing.world += spent.world;
            timing.skills += spent.skills;
            timing.features += spent.features;
        }
        // Every ticket was begun and every begun episode has ended.
        Ok((outcomes.into_iter().flatten().collect(), timing))
    }
}

/// Measures `work` into `spent`.
fn timed<T>(spent: &mut Duration, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = work();
    *spent += started.elapsed();
    result
}

impl Lane {
    fn begin(&mut self, ticket: usize, at: &Ticket, dealt: Dealt, choice: Choice, world: &str) {
        self.listener.begin(dealt.silent.as_ref());
        let same = self.session.as_ref().is_some_and(|s| Arc::ptr_eq(s.program(), &dealt.program));
        if !same {
            self.session = Some(Session::new(dealt.program));
        }
        self.slots = dealt.slots;
        let rng = match choice {
            Choice::Sampled { purpose, seed, step } => {
                Some(generator(seed, purpose, &[step, at.group, u64::from(at.slot)]))
            }
            Choice::Greedy => None,
        };
        let trajectory = Trajectory {
            v: TRAJECTORY_FORMAT,
            world: world.to_owned(),
            split: at.split.clone(),
            group: at.group,
            slot: at.slot,
            version: dealt.label.to_string(),
            ..Trajectory::default()
        };
        let played = Played {
            serving: at.serving.clone(),
            mattered: BTreeMap::new(),
            kind: String::new(),
            trajectory,
            scored: Vec::new(),
            chances: Vec::new(),
            advised: 0,
            followed: 0,
            entropy: 0.0,
        };
        self.episode = Some(Episode {
            ticket,
            rng,
            admissible: Vec::new(),
            pending: None,
            preferred: Vec::new(),
            spoke: false,
            played,
            failed: None,
        });
    }

    /// Resets a fresh episode, and describes the decision at hand. An episode that is over has none.
    fn describe(&mut self, tickets: &[Ticket], memory: &[String]) -> Result<(), RolloutError> {
        let (Some(episode), Some(session)) = (&mut self.episode, &mut self.session) else { return Ok(()) };
        if episode.played.trajectory.task_id.is_empty() && episode.failed.is_none() {
            let ticket = &tickets[episode.ticket];
            let reset = timed(&mut self.timing.world, || self.env.reset(&ticket.split, ticket.index, ticket.group));
            match reset {
                Err(error) => episode.failed = Some(error),
                Ok(Reset { task_id, kind, task, first, admissible }) => {
                    timed(&mut self.timing.skills, || {
                        session.start(&task, &first, &admissible);
                        self.listener.start(&task, &first, &admissible, session);
                    });
                    timed(&mut self.timing.features, || self.featurizer.start(&task, &first));
                    let trajectory = &mut episode.played.trajectory;
                    trajectory.id = format!("{task_id}#{}", ticket.slot);
                    (trajectory.task_id, trajectory.task, trajectory.first) = (task_id, task, first);
                    episode.played.kind = kind;
                    episode.admissible = admissible;
                }
            }
        }
        if episode.failed.is_some() || episode.played.trajectory.done || episode.admissible.is_empty() {
            return Ok(());
        }
        let facts: Vec<String> =
            timed(&mut self.timing.skills, || memory.iter().flat_map(|fluent| session.facts(fluent)).collect());
        let directives = session.directives();
        episode.note(directives);
        let slots = &self.slots;
        let featurizer = &mut self.featurizer;
        let admissible = &episode.admissible;
        let decision = timed(&mut self.timing.features, || featurizer.decision(admissible, &facts, directives, slots))?;
        episode.pending = Some(decision);
        Ok(())
    }

    /// Chooses an action and takes it.
    fn step(&mut self, log_probs: &[f32], choice: Choice) -> Result<(), RolloutError> {
        let (Some(episode), Some(session)) = (&mut self.episode, &mut self.session) else { return Ok(()) };
        let Some(decision) = episode.pending.take() else { return Ok(()) };
        let actions = decision.actions.len();
        let chosen = match &mut episode.rng {
            Some(rng) => sample(log_probs, rng),
            None => greedy(log_probs),
        };
        let action = chosen.filter(|a| *a < actions).ok_or(RolloutError::Policy { actions })?;
        episode.played.advised += u32::from(episode.spoke);
        episode.played.followed += u32::from(episode.preferred.contains(&(action as u32)));
        episode.played.entropy -=
            log_probs.iter().map(|l| f64::from(l.exp() * l)).filter(|x| x.is_finite()).sum::<f64>();
        if choice != Choice::Greedy {
            episode.played.scored.push(Scored { decision, action, log_prob: log_probs[action] });
            let chances = log_probs[..actions].iter().map(|log| (log.exp() * 1e4).round() / 1e4);
            episode.played.chances.push(chances.collect());
        }
        let text = episode.admissible[action].clone();
        let stepped = match timed(&mut self.timing.world, || self.env.step(&text)) {
            Ok(stepped) => stepped,
            Err(error) => {
                episode.failed = Some(error);
                return Ok(());
            }
        };
        timed(&mut self.timing.skills, || {
            session.observe(&text, &stepped.observation, &stepped.admissible);
            self.listener.observe(&text, &stepped.observation, &stepped.admissible, session);
        });
        timed(&mut self.timing.features, || self.featurizer.observe(&text, &stepped.observation));
        let trajectory = &mut episode.played.trajectory;
        trajectory.steps.push(Step {
            admissible: std::mem::replace(&mut episode.admissible, stepped.admissible),
            action: text,
            observation: stepped.observation,
            reward: stepped.reward,
        });
        (trajectory.done, trajectory.won, trajectory.score) = (stepped.done, stepped.won, stepped.score);
        Ok(())
    }
}

impl Episode {
    /// Remembers what the skills said, to tell afterwards whether it was followed.
    fn note(&mut self, directives: &Directives) {
        self.spoke = !directives.fired.is_empty();
        self.preferred.clear();
        self.preferred.extend(directives.marks.iter().filter(|m| m.kind == MarkKind::Prefer).map(|m| m.action));
    }
}
