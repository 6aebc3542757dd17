//! The lives of versions. In: a run's journal and its bank's folders; out: for every version who proposed it and why, what it
//! changed, how its test went, and what became of it.

pub mod tell;
pub mod why;

use std::path::Path;

use serde::Serialize;
use thiserror::Error;

use super::journal::JournalError;
use super::record::{Event, Record, VersionName};
use super::state::{Finished, State, StateError};
use super::version::{Origin, SkillFile, Version, VersionError};
use super::version_test::{Decision, VersionTest};
use crate::files::log::{self, LogError};

/// Why a run's history cannot be told.
#[derive(Debug, Error)]
pub enum HistoryError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{path}: {source}")]
    State {
        path: std::path::PathBuf,
        #[source]
        source: StateError,
    },
    #[error(transparent)]
    Version(#[from] VersionError),
    #[error("version {asked}: this run has {known}")]
    Unknown { asked: String, known: String },
}

/// What a version does to a skill of its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    Add,
    Modify,
    Retire,
}

impl Operation {
    fn word(self) -> &'static str {
        match self {
            Operation::Add => "adds",
            Operation::Modify => "modifies",
            Operation::Retire => "retires",
        }
    }
}

/// What has become of a version so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Fate {
    UnderTest,
    /// In force since a step; until another took its place, if one has.
    InForce {
        since: u64,
        until: Option<u64>,
    },
    Rejected {
        step: u64,
    },
    Undecided {
        step: u64,
    },
    Cancelled {
        step: u64,
        reason: String,
    },
    /// The incumbent changed under its test, which goes on with another version.
    Rebased {
        step: u64,
        to: u64,
    },
}

/// The life of one version.
#[derive(Debug, Clone, Serialize)]
pub struct Life {
    pub number: u64,
    pub label: String,
    /// The version that it was made from.
    pub parent: Option<u64>,
    /// Who made it: `seed`, or a creator's or a person's name.
    pub by: String,
    /// The proposal that it came from, if one.
    pub proposal: Option<u64>,
    /// Step at which its test began.
    pub tested_since: Option<u64>,
    pub changes: Vec<(Operation, String)>,
    pub skills: usize,
    pub fate: Fate,
    /// Why it was retired or made without a test.
    pub reason: Option<String>,
    #[serde(skip)]
    name: VersionName,
}

/// A run's versions, in the order of their numbers, and what the journal amounts to.
#[derive(Debug)]
pub struct History {
    pub lives: Vec<Life>,
    pub state: State,
    records: Vec<Record>,
}

impl History {
    /// Reads `journal.jsonl` and the folders of `bank`.
    pub fn read(journal: &Path, bank: &Path) -> Result<History, HistoryError> {
        let records: Vec<Record> = log::read(journal)?;
        let state = super::journal::replay(journal)?;
        let mut history = History { lives: Vec::new(), state, records: Vec::new() };
        for record in &records {
            history.take(record, bank)?;
        }
        history.records = records;
        Ok(history)
    }

    /// The version that somebody means by `3`, `v3`, `v0003` or a label's beginning.
    pub fn find(&self, asked: &str) -> Result<&Life, HistoryError> {
        let number: Option<u64> = asked.strip_prefix('v').unwrap_or(asked).parse().ok();
        let found = self.lives.iter().find(|life| match number {
            Some(number) => life.number == number,
            None => !asked.is_empty() && life.label.starts_with(asked),
        });
        found.ok_or_else(|| {
            let known: Vec<String> = self.lives.iter().map(|life| life.number.to_string()).collect();
            HistoryError::Unknown { asked: asked.to_owned(), known: known.join(", ") }
        })
    }

    /// The test of a version, under way or ended. A rebased version's test goes by its last number.
    pub fn test(&self, life: &Life) -> Option<(&VersionTest, Option<&Finished>)> {
        let mut number = life.number;
        while let Some(Life { fate: Fate::Rebased { to, .. }, .. }) = self.lives.iter().find(|l| l.number == number) {
            number = *to;
        }
        let ended = self.state.finished().iter().find(|f| f.test.challenger.number == number);
        match ended {
            Some(finished) => Some((&finished.test.test, Some(finished))),
            None => self.state.test_of(number).map(|active| (&active.test, None)),
        }
    }

    fn take(&mut self, record: &Record, bank: &Path) -> Result<(), HistoryError> {
        let step = record.step;
        match &record.event {
            Event::Started { incumbent, .. } => {
                self.come(incumbent, bank, Fate::InForce { since: 0, until: None })?;
            }
            Event::TestStarted { proposal, challenger, .. } => {
                let life = self.come(challenger, bank, Fate::UnderTest)?;
                (life.proposal, life.tested_since) = (*proposal, Some(step));
            }
            Event::Decided { challenger, decision, .. } => {
                let fate = match decision {
                    Decision::Accept => {
                        self.leave(step);
                        Fate::InForce { since: step, until: None }
                    }
                    Decision::Reject => Fate::Rejected { step },
                    Decision::Undecided => Fate::Undecided { step },
                };
                self.meet(*challenger, fate);
            }
            Event::Rebased { challenger, to } => {
                let before = self.lives.iter().find(|life| life.number == *challenger);
                let (proposal, since) = before.map_or((None, None), |life| (life.proposal, life.tested_since));
                self.meet(*challenger, Fate::Rebased { step, to: to.number });
                let life = self.come(to, bank, Fate::UnderTest)?;
                (life.proposal, life.tested_since) = (proposal, since);
            }
            Event::TestCancelled { challenger, reason } => {
                self.meet(*challenger, Fate::Cancelled { step, reason: reason.clone() });
            }
            Event::Retired { reason, incumbent, .. } => {
                self.leave(step);
                let life = self.come(incumbent, bank, Fate::InForce { since: step, until: None })?;
                life.reason = Some(reason.clone());
            }
            Event::ModelReply { .. }
            | Event::Proposal { .. }
            | Event::GateRejection { .. }
            | Event::Outcomes { .. } => {}
        }
        Ok(())
    }

    fn come(&mut self, name: &VersionName, bank: &Path, fate: Fate) -> Result<&mut Life, HistoryError> {
        let version = Version::load(&bank.join(name.label()))?;
        let parent = version.parent().and_then(|hash| self.lives.iter().rev().find(|life| life.name.hash == hash));
        let old = parent.map(|life| Version::load(&bank.join(&life.label))).transpose()?;
        let changes = old.map_or(Vec::new(), |old| operations(old.files(), version.files()));
        let by = match version.origin() {
            Origin::Seed => "seed".to_owned(),
            Origin::Creator(name) | Origin::Person(name) => name.clone(),
        };
        self.lives.push(Life {
            number: name.number,
            label: name.label(),
            parent: parent.map(|life| life.number),
            by,
            proposal: None,
            tested_since: None,
            changes,
            // One of the files is the domain.
            skills: version.files().len().saturating_sub(1),
            fate,
            reason: None,
            name: name.clone(),
        });
        let last = self.lives.len() - 1;
        Ok(&mut self.lives[last])
    }

    fn meet(&mut self, number: u64, fate: Fate) {
        if let Some(life) = self.lives.iter_mut().find(|life| life.number == number) {
            life.fate = fate;
        }
    }

    /// The version in force gives way.
    fn leave(&mut self, step: u64) {
        for life in &mut self.lives {
            if let Fate::InForce { until: until @ None, .. } = &mut life.fate {
                *until = Some(step);
            }
        }
    }
}

fn operations(old: &[SkillFile], new: &[SkillFile]) -> Vec<(Operation, String)> {
    let skill = |file: &SkillFile| file.name.strip_suffix(".skill").unwrap_or(&file.name).to_owned();
    let mut operations = Vec::new();
    for file in new {
        match old.iter().find(|before| before.name == file.name) {
            None => operations.push((Operation::Add, skill(file))),
            Some(before) if before.text != file.text => operations.push((Operation::Modify, skill(file))),
            Some(_) => {}
        }
    }
    let gone = old.iter().filter(|file| !new.iter().any(|n| n.name == file.name));
    operations.extend(gone.map(|file| (Operation::Retire, skill(file))));
    operations
}
