//! What a journal amounts to: the incumbent, the test under way, the effective memory and the history.
//!
//! In: records, one after the other. Out: the state after them. The live run and the replay go through the same
//! [`State::apply`] and nothing else changes a state, so both end in the same one, bit for bit.

use super::discount::{Discount, EffectiveMemory};
use super::record::{Event, JOURNAL_FORMAT, Record, VersionName};
use super::version_test::{Decision, VersionTest, VersionTestConfig, VersionTestError};
use thiserror::Error;

/// A record that cannot follow the ones before it.
#[derive(Debug, Error, PartialEq)]
pub enum StateError {
    #[error("the journal does not begin with a `started` record: it is not a run's journal, or its beginning is lost")]
    NotStarted,
    #[error("a second `started` record: a journal belongs to one run; start another run in another folder")]
    StartedTwice,
    #[error("the journal has format {0}, but this build reads format {JOURNAL_FORMAT}: use the build that wrote it")]
    Format(u32),
    #[error(
        "a record of step {step} after one of step {last}: cut the journal back to a checkpoint before adding to it"
    )]
    Backwards { step: u64, last: u64 },
    #[error("`{record}` while no version is under test: a test must be started first")]
    NoTest { record: &'static str },
    #[error("`{record}` while version {challenger} is under test: decide or cancel that test first")]
    UnderTest { record: &'static str, challenger: u64 },
    #[error("proposal {got} is not the next one, {expected}")]
    ProposalNumber { got: u64, expected: u64 },
    #[error("proposal {0} was never made")]
    UnknownProposal(u64),
    #[error("`decided` with decision `undecided`: a test that ends without an answer is cancelled")]
    Undecided,
    #[error(
        "posterior means {challenger} (challenger) and {incumbent} (incumbent) are recorded, but the counts give \
         {own_challenger} and {own_incumbent}: the journal was altered or written by a build that computes otherwise"
    )]
    Means { challenger: f64, incumbent: f64, own_challenger: f64, own_incumbent: f64 },
    #[error(transparent)]
    Test(#[from] VersionTestError),
}

/// The test under way.
#[derive(Debug, Clone, PartialEq)]
pub struct ActiveTest {
    pub challenger: VersionName,
    pub proposal: Option<u64>,
    pub started: u64,
    pub test: VersionTest,
}

/// A test that was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    pub challenger: VersionName,
    pub proposal: Option<u64>,
    pub started: u64,
    pub decided: u64,
    pub decision: Decision,
    pub challenger_mean: f64,
    pub incumbent_mean: f64,
    pub episodes: u64,
}

/// What became of a proposal so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub step: u64,
    pub base: String,
    pub patch: String,
    pub origin: String,
    pub evidence: String,
    /// Why the gate turned it down; empty if it did not.
    pub rejected: Vec<String>,
}

/// Everything the journal's records so far amount to.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    seed: u64,
    config: VersionTestConfig,
    step: u64,
    incumbent: VersionName,
    active: Option<ActiveTest>,
    memory: EffectiveMemory,
    finished: Vec<Finished>,
    proposals: Vec<Proposal>,
}

impl State {
    /// The state after the first record, which must be `started`.
    pub fn begin(first: &Record) -> Result<State, StateError> {
        let Event::Started { format, seed, version_test, incumbent } = &first.event else {
            return Err(StateError::NotStarted);
        };
        if *format != JOURNAL_FORMAT {
            return Err(StateError::Format(*format));
        }
        version_test.validate()?;
        Ok(State {
            seed: *seed,
            config: version_test.clone(),
            step: first.step,
            incumbent: incumbent.clone(),
            active: None,
            memory: EffectiveMemory::default(),
            finished: Vec::new(),
            proposals: Vec::new(),
        })
    }

    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The step of the last record.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The version in force.
    pub fn incumbent(&self) -> &VersionName {
        &self.incumbent
    }

    /// The test under way.
    pub fn active(&self) -> Option<&ActiveTest> {
        self.active.as_ref()
    }

    /// The effective memory M that the next test will run with; `None` is infinite.
    pub fn memory(&self) -> Option<f64> {
        self.memory.estimate()
    }

    /// Every decided test, oldest first.
    pub fn finished(&self) -> &[Finished] {
        &self.finished
    }

    /// Every proposal, in order; proposal n is at index n - 1.
    pub fn proposals(&self) -> &[Proposal] {
        &self.proposals
    }

    /// Takes in the next record. On an error nothing has changed.
    pub fn apply(&mut self, record: &Record) -> Result<(), StateError> {
        let step = record.step;
        if step < self.step {
            return Err(StateError::Backwards { step, last: self.step });
        }
        match &record.event {
            Event::Started { .. } => return Err(StateError::StartedTwice),
            // Kept for the record: replies shape proposals, which are records of their own.
            Event::ModelReply { .. } => {}
            Event::Proposal { proposal, base, patch, origin, evidence } => {
                let expected = self.proposals.len() as u64 + 1;
                if *proposal != expected {
                    return Err(StateError::ProposalNumber { got: *proposal, expected });
                }
                self.proposals.push(Proposal {
                    step,
                    base: base.clone(),
                    patch: patch.clone(),
                    origin: origin.clone(),
                    evidence: evidence.clone(),
                    rejected: Vec::new(),
                });
            }
            Event::GateRejection { proposal, reasons } => {
                let index = self.proposal_index(*proposal)?;
                self.proposals[index].rejected.clone_from(reasons);
            }
            Event::TestStarted { proposal, challenger } => {
                self.none_active("test_started")?;
                if let Some(proposal) = proposal {
                    self.proposal_index(*proposal)?;
                }
                self.active = Some(ActiveTest {
                    challenger: challenger.clone(),
                    proposal: *proposal,
                    started: step,
                    test: VersionTest::new(self.config.clone(), self.memory.estimate())?,
                });
            }
            Event::Outcomes { counts, .. } => {
                let active = self.active.as_mut().ok_or(StateError::NoTest { record: "outcomes" })?;
                active.test.record_step(*counts)?;
            }
            Event::Decided { decision, challenger_mean, incumbent_mean } => {
                self.decide(step, *decision, *challenger_mean, *incumbent_mean)?;
            }
            Event::TestCancelled { .. } => {
                self.active.take().ok_or(StateError::NoTest { record: "test_cancelled" })?;
            }
            Event::Retired { incumbent, .. } => {
                // A test compares with a fixed incumbent.
                self.none_active("retired")?;
                self.incumbent = incumbent.clone();
            }
        }
        self.step = step;
        Ok(())
    }

    fn decide(&mut self, step: u64, decision: Decision, challenger: f64, incumbent: f64) -> Result<(), StateError> {
        let active = self.active.as_ref().ok_or(StateError::NoTest { record: "decided" })?;
        if decision == Decision::Undecided {
            return Err(StateError::Undecided);
        }
        let (own_challenger, own_incumbent) = (active.test.challenger().mean(), active.test.incumbent().mean());
        if own_challenger.to_bits() != challenger.to_bits() || own_incumbent.to_bits() != incumbent.to_bits() {
            return Err(StateError::Means { challenger, incumbent, own_challenger, own_incumbent });
        }
        if self.config.discount == Discount::Adaptive {
            self.memory.complete(active.test.steps());
        }
        self.finished.push(Finished {
            challenger: active.challenger.clone(),
            proposal: active.proposal,
            started: active.started,
            decided: step,
            decision,
            challenger_mean: challenger,
            incumbent_mean: incumbent,
            episodes: active.test.episodes(),
        });
        if decision == Decision::Accept {
            self.incumbent = active.challenger.clone();
        }
        self.active = None;
        Ok(())
    }

    fn none_active(&self, record: &'static str) -> Result<(), StateError> {
        match &self.active {
            Some(active) => Err(StateError::UnderTest { record, challenger: active.challenger.number }),
            None => Ok(()),
        }
    }

    fn proposal_index(&self, proposal: u64) -> Result<usize, StateError> {
        let index = usize::try_from(proposal).ok().and_then(|number| number.checked_sub(1));
        index.filter(|index| *index < self.proposals.len()).ok_or(StateError::UnknownProposal(proposal))
    }
}
