//! The journal of a run, `journal.jsonl`: what was decided and on what evidence.
//!
//! In: records. Out: the file, and the [`State`] it amounts to, kept in step with it. On resume the journal is cut
//! back to the checkpoint's step and replayed; the state is then that of the run at that step, bit for bit.

use super::record::Record;
use super::state::{State, StateError};
use crate::files::log::{self, Log, LogError, TornLine};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a journal could not be read or written.
#[derive(Debug, Error)]
pub enum JournalError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("{path}:{line}: {source}")]
    Record {
        path: PathBuf,
        line: usize,
        #[source]
        source: StateError,
    },
    #[error("{path}: no journal of a run that has started: begin the run anew")]
    Empty { path: PathBuf },
    #[error("{path}: a run has begun here already: resume it, or begin in another folder")]
    Exists { path: PathBuf },
}

/// An open journal and the state after its last record.
#[derive(Debug)]
pub struct Journal {
    log: Log,
    lines: usize,
    state: State,
}

impl Journal {
    /// Begins the journal of a new run with its `started` record. A file with records in it is refused.
    pub fn begin(path: &Path, first: &Record) -> Result<Journal, JournalError> {
        let state =
            State::begin(first).map_err(|source| JournalError::Record { path: path.to_owned(), line: 1, source })?;
        let (mut log, _) = Log::open(path)?;
        if !log.records::<serde_json::Value>()?.is_empty() {
            return Err(JournalError::Exists { path: path.to_owned() });
        }
        log.append(first)?;
        log.sync()?;
        Ok(Journal { log, lines: 1, state })
    }

    /// Opens the journal of a run that goes on after `step`: cuts off an unfinished last line (told by the second
    /// value) and every record of a later step, and replays the rest.
    pub fn resume(path: &Path, step: u64) -> Result<(Journal, Option<TornLine>), JournalError> {
        if !path.exists() {
            return Err(JournalError::Empty { path: path.to_owned() });
        }
        let (mut log, torn) = Log::open(path)?;
        log.truncate_to(step)?;
        let records = log.records()?;
        let state = rebuild(path, &records)?;
        Ok((Journal { log, lines: records.len(), state }, torn))
    }

    /// The state after the last record.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Adds a record to the state and to the file. A record that does not fit is refused and leaves both alone.
    pub fn record(&mut self, record: &Record) -> Result<(), JournalError> {
        self.state.apply(record).map_err(|source| JournalError::Record {
            path: self.log.path().to_owned(),
            line: self.lines + 1,
            source,
        })?;
        self.log.append(record)?;
        self.lines += 1;
        Ok(())
    }

    /// Brings the journal to the disk; called at the end of each training step and before a decision takes effect.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        Ok(self.log.sync()?)
    }
}

/// The state that a journal amounts to; the file is not changed.
pub fn replay(path: &Path) -> Result<State, JournalError> {
    rebuild(path, &log::read::<Record>(path)?)
}

/// The state that a journal amounted to after `step`; the file is not changed.
pub fn replay_to(path: &Path, step: u64) -> Result<State, JournalError> {
    let mut records = log::read::<Record>(path)?;
    records.retain(|record| record.step <= step);
    rebuild(path, &records)
}

fn rebuild(path: &Path, records: &[Record]) -> Result<State, JournalError> {
    let at = |line: usize| move |source| JournalError::Record { path: path.to_owned(), line, source };
    let (first, rest) = records.split_first().ok_or_else(|| JournalError::Empty { path: path.to_owned() })?;
    let mut state = State::begin(first).map_err(at(1))?;
    for (index, record) in rest.iter().enumerate() {
        state.apply(record).map_err(at(index + 2))?;
    }
    Ok(state)
}
