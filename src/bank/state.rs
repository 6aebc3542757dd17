//! What a journal amounts to: the incumbent, the tests under way, the effective memory and the history.
//!
//! In: records, one after the other. Out: the state after them. The live run and the replay go through the same
//! [`State::apply`] and nothing else changes a state, so both end in the same one, bit for bit.

use super::control::{Control, Controls};
use super::discount::{Discount, EffectiveMemory};
use super::evidence::{self, EvidenceError, Group};
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
    #[error("`{record}` of version {challenger}, which is not under test: its test was decided, or never started")]
    NoTest { record: &'static str, challenger: u64 },
    #[error("{running} versions are under test already and `version_test` allows no more: decide or cancel one first")]
    TooMany { running: usize },
    #[error(
        "version {challenger} changes {skill}, and so does version {other}, which is under test: decide that first"
    )]
    SameSkill { challenger: u64, skill: String, other: u64 },
    #[error("version {number} comes after version {last}: numbers are given once, counting up")]
    VersionNumber { number: u64, last: u64 },
    #[error("the outcomes of step {step} are counted already: report a step once")]
    CountedTwice { step: u64 },
    #[error("proposal {got} is not the next one, {expected}")]
    ProposalNumber { got: u64, expected: u64 },
    #[error("proposal {0} was never made")]
    UnknownProposal(u64),
    #[error("`decided` as {decision:?} for version {challenger}, but its outcomes say {own}")]
    Decision { challenger: u64, decision: Decision, own: String },
    #[error(
        "posterior means {challenger} (challenger) and {incumbent} (incumbent) are recorded, but the outcomes give \
         {own_challenger} and {own_incumbent}: the journal was altered or written by a build that computes otherwise"
    )]
    Means { challenger: f64, incumbent: f64, own_challenger: f64, own_incumbent: f64 },
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    #[error(transparent)]
    Test(#[from] VersionTestError),
}

/// A test under way.
#[derive(Debug, Clone, PartialEq)]
pub struct ActiveTest {
    pub challenger: VersionName,
    pub proposal: Option<u64>,
    pub started: u64,
    /// Skills that the challenger adds, modifies or retires.
    pub changes: Vec<String>,
    pub test: VersionTest,
}

/// A test that was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The test as it ended; `test.test` holds its evidence.
    pub test: ActiveTest,
    pub decided: u64,
    pub decision: Decision,
    /// The version in force before.
    pub incumbent: VersionName,
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
    active: Vec<ActiveTest>,
    controls: Controls,
    /// The step whose outcomes were counted last.
    counted: u64,
    /// The highest version number so far.
    last_version: u64,
    memory: EffectiveMemory,
    finished: Vec<Finished>,
    proposals: Vec<Proposal>,
    retired: Vec<Retirement>,
}

/// A skill that was taken out of the incumbent without a test of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retirement {
    pub step: u64,
    pub skill: String,
    pub reason: String,
    /// The version in force since.
    pub incumbent: VersionName,
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
            active: Vec::new(),
            controls: Controls::default(),
            counted: first.step,
            last_version: incumbent.number,
            memory: EffectiveMemory::default(),
            finished: Vec::new(),
            proposals: Vec::new(),
            retired: Vec::new(),
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

    /// The tests under way, oldest first.
    pub fn active(&self) -> &[ActiveTest] {
        &self.active
    }

    /// The test of a challenger.
    pub fn test_of(&self, challenger: u64) -> Option<&ActiveTest> {
        self.active.iter().find(|active| active.challenger.number == challenger)
    }

    /// Names of the skills that are under test.
    pub fn under_test(&self) -> Vec<String> {
        self.active.iter().flat_map(|active| active.changes.clone()).collect()
    }

    /// The number of the next version.
    pub fn next_version(&self) -> u64 {
        self.last_version + 1
    }

    /// What the controls say of each skill of the incumbent.
    pub fn controls(&self) -> impl Iterator<Item = (&str, &Control)> {
        self.controls.skills()
    }

    /// A skill of the incumbent that is as good as silent, by the controls, and that no test is about.
    pub fn dead_weight(&self) -> Option<(&str, &Control)> {
        let sequential = &self.config.sequential;
        self.controls().find(|(skill, control)| control.is_dead_weight(sequential) && self.changed_by(skill).is_none())
    }

    fn changed_by(&self, skill: &str) -> Option<u64> {
        let test = self.active.iter().find(|active| active.changes.iter().any(|change| change == skill))?;
        Some(test.challenger.number)
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

    /// Every skill retired by the controls, oldest first.
    pub fn retired(&self) -> &[Retirement] {
        &self.retired
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
            Event::TestStarted { proposal, challenger, changes } => {
                self.start(step, *proposal, challenger, changes)?;
            }
            Event::Outcomes { drift, groups, .. } => self.count(step, *drift, groups)?,
            Event::Decided { challenger, decision, challenger_mean, incumbent_mean } => {
                self.decide(step, *challenger, *decision, [*challenger_mean, *incumbent_mean])?;
            }
            Event::Rebased { challenger, to } => {
                let index = self.index_of("rebased", *challenger)?;
                self.new_number(to)?;
                self.active[index].challenger = to.clone();
                self.last_version = to.number;
            }
            Event::TestCancelled { challenger, .. } => {
                let index = self.index_of("test_cancelled", *challenger)?;
                self.active.remove(index);
            }
            Event::Retired { name, reason, incumbent } => {
                if let Some(other) = self.changed_by(name) {
                    return Err(StateError::SameSkill { challenger: incumbent.number, skill: name.clone(), other });
                }
                self.new_number(incumbent)?;
                self.last_version = incumbent.number;
                self.incumbent = incumbent.clone();
                self.controls.forget(std::slice::from_ref(name));
                let (skill, reason) = (name.clone(), reason.clone());
                self.retired.push(Retirement { step, skill, reason, incumbent: incumbent.clone() });
            }
        }
        self.step = step;
        Ok(())
    }

    fn start(
        &mut self,
        step: u64,
        proposal: Option<u64>,
        challenger: &VersionName,
        changes: &[String],
    ) -> Result<(), StateError> {
        if self.active.len() >= self.config.parallel() {
            return Err(StateError::TooMany { running: self.active.len() });
        }
        if let Some((skill, other)) = changes.iter().find_map(|skill| Some((skill, self.changed_by(skill)?))) {
            return Err(StateError::SameSkill { challenger: challenger.number, skill: skill.clone(), other });
        }
        self.new_number(challenger)?;
        if let Some(proposal) = proposal {
            self.proposal_index(proposal)?;
        }
        self.active.push(ActiveTest {
            challenger: challenger.clone(),
            proposal,
            started: step,
            changes: changes.to_vec(),
            test: VersionTest::new(&self.config, self.memory.estimate(), changes.to_vec())?,
        });
        self.last_version = challenger.number;
        Ok(())
    }

    /// Counts a step for every test. All is checked before anything is counted.
    fn count(&mut self, step: u64, drift: f64, groups: &[Group]) -> Result<(), StateError> {
        if step <= self.counted {
            return Err(StateError::CountedTwice { step });
        }
        let under_test: Vec<u64> = self.active.iter().map(|active| active.challenger.number).collect();
        evidence::check(drift, groups, &under_test)?;
        let running = self.under_test();
        self.controls.record_step(&self.config.sequential, drift, groups, &running);
        for active in &mut self.active {
            active.test.record_step(step, drift, &evidence::split(groups, active.challenger.number))?;
        }
        self.counted = step;
        Ok(())
    }

    fn decide(&mut self, step: u64, number: u64, decision: Decision, means: [f64; 2]) -> Result<(), StateError> {
        let index = self.index_of("decided", number)?;
        let test = &self.active[index].test;
        if test.decision() != Some(decision) {
            let own = test.decision().map_or("nothing yet".to_owned(), |own| format!("{own:?}"));
            return Err(StateError::Decision { challenger: number, decision, own });
        }
        let own = test.means();
        if own.0.to_bits() != means[0].to_bits() || own.1.to_bits() != means[1].to_bits() {
            let ([challenger, incumbent], (own_challenger, own_incumbent)) = (means, own);
            return Err(StateError::Means { challenger, incumbent, own_challenger, own_incumbent });
        }
        let ended = self.active.remove(index);
        if let VersionTest::Paper(test) = &ended.test
            && self.config.paper.discount == Discount::Adaptive
        {
            self.memory.complete(test.steps());
        }
        let incumbent = self.incumbent.clone();
        if decision == Decision::Accept {
            self.incumbent = ended.challenger.clone();
            self.controls.forget(&ended.changes);
        }
        self.finished.push(Finished { test: ended, decided: step, decision, incumbent });
        Ok(())
    }

    fn index_of(&self, record: &'static str, challenger: u64) -> Result<usize, StateError> {
        let index = self.active.iter().position(|active| active.challenger.number == challenger);
        index.ok_or(StateError::NoTest { record, challenger })
    }

    fn new_number(&self, version: &VersionName) -> Result<(), StateError> {
        match version.number > self.last_version {
            true => Ok(()),
            false => Err(StateError::VersionNumber { number: version.number, last: self.last_version }),
        }
    }

    fn proposal_index(&self, proposal: u64) -> Result<usize, StateError> {
        let index = usize::try_from(proposal).ok().and_then(|number| number.checked_sub(1));
        index.filter(|index| *index < self.proposals.len()).ok_or(StateError::UnknownProposal(proposal))
    }
}
