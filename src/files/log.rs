//! Append-only JSONL files: one record a line, each line with the training `step` it belongs to.
//!
//! In: serialisable records. Out: lines that survive a crash up to the last [`Log::sync`]. A newline commits a
//! line: what a crash left of an unfinished last line is cut off on opening. On resume a log is cut back to its
//! checkpoint's step with [`Log::truncate_to`].

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a log could not be read or written.
#[derive(Debug, Error)]
pub enum LogError {
    #[error("{path}: {source}")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "{path}:{line}: {message}; the line was altered after it was written: restore the file from a copy, or \
         delete this line and all after it and resume from a checkpoint before them"
    )]
    Line { path: PathBuf, line: usize, message: String },
    #[error("{path}: cannot write a record as JSON: {message}")]
    Record { path: PathBuf, message: String },
}

/// An unfinished last line that was cut off on opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornLine {
    pub path: PathBuf,
    /// The number of the line, from 1.
    pub line: usize,
    /// Bytes cut off.
    pub bytes: u64,
}

impl std::fmt::Display for TornLine {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let TornLine { path, line, bytes } = self;
        write!(out, "{}:{line}: cut off {bytes} bytes of a record that was never finished", path.display())
    }
}

/// An open log, positioned at its end.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    out: BufWriter<File>,
}

/// The one field that every record has.
#[derive(Deserialize)]
struct AtStep {
    step: u64,
}

impl Log {
    /// Opens a log, creating it when missing, and cuts off an unfinished last line (told by the second value).
    pub fn open(path: &Path) -> Result<(Log, Option<TornLine>), LogError> {
        let fail = |source| LogError::Io { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(fail)?;
        let mut log = Log { path: path.to_owned(), out: BufWriter::new(file) };
        let length = log.out.get_ref().metadata().map_err(fail)?.len();
        let (mut end, mut lines) = (0, 0);
        log.scan(|_, line_end| {
            (end, lines) = (line_end, lines + 1);
            Ok(())
        })?;
        let torn = (end < length).then(|| TornLine { path: path.to_owned(), line: lines + 1, bytes: length - end });
        log.cut(end)?;
        Ok((log, torn))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds one record. It is on disk for certain only after [`Log::sync`].
    ///
    /// `record` must serialise to an object with a `step` field, and its numbers must be finite (JSON has no
    /// other); finite numbers come back bit for bit.
    pub fn append<T: Serialize>(&mut self, record: &T) -> Result<(), LogError> {
        let mut line = serde_json::to_vec(record)
            .map_err(|error| LogError::Record { path: self.path.clone(), message: error.to_string() })?;
        line.push(b'\n');
        self.out.write_all(&line).map_err(|source| LogError::Io { path: self.path.clone(), source })
    }

    /// Brings everything appended so far to the disk; called at the end of each training step.
    pub fn sync(&mut self) -> Result<(), LogError> {
        let result = self.out.flush().and_then(|()| self.out.get_ref().sync_data());
        result.map_err(|source| LogError::Io { path: self.path.clone(), source })
    }

    /// Drops the first record whose step is after `step` and everything behind it. Returns how many lines went.
    ///
    /// Only the length of the file changes, so a crash leaves the old length or the new one, and cutting again
    /// after any crash gives the same file.
    pub fn truncate_to(&mut self, step: u64) -> Result<usize, LogError> {
        self.sync()?;
        let path = self.path.clone();
        let (mut keep, mut line_number, mut dropped) = (0, 0, 0);
        self.scan(|line, line_end| {
            line_number += 1;
            if dropped == 0 {
                let at: AtStep = parse(&path, line_number, line)?;
                if at.step <= step {
                    keep = line_end;
                    return Ok(());
                }
            }
            dropped += 1;
            Ok(())
        })?;
        self.cut(keep)?;
        Ok(dropped)
    }

    /// Every record of the log, in order.
    pub fn records<T: DeserializeOwned>(&mut self) -> Result<Vec<T>, LogError> {
        self.sync()?;
        let path = self.path.clone();
        let mut records = Vec::new();
        self.scan(|line, _| {
            records.push(parse(&path, records.len() + 1, line)?);
            Ok(())
        })?;
        Ok(records)
    }

    /// Calls `each` with every finished line (without its newline) and the offset behind it; leaves the file
    /// positioned at its end.
    fn scan(&mut self, mut each: impl FnMut(&[u8], u64) -> Result<(), LogError>) -> Result<(), LogError> {
        let fail = |source| LogError::Io { path: self.path.clone(), source };
        let file = self.out.get_mut();
        file.seek(SeekFrom::Start(0)).map_err(fail)?;
        let mut reader = BufReader::new(&*file);
        let (mut line, mut offset) = (Vec::new(), 0);
        loop {
            line.clear();
            offset += reader.read_until(b'\n', &mut line).map_err(fail)? as u64;
            match line.split_last() {
                Some((b'\n', content)) => each(content, offset)?,
                _ => break,
            }
        }
        file.seek(SeekFrom::End(0)).map_err(fail)?;
        Ok(())
    }

    fn cut(&mut self, length: u64) -> Result<(), LogError> {
        let file = self.out.get_mut();
        let cut = file.set_len(length).and_then(|()| file.sync_all()).and_then(|()| file.seek(SeekFrom::End(0)));
        cut.map(drop).map_err(|source| LogError::Io { path: self.path.clone(), source })
    }
}

/// Every finished record of a log that is not open for writing; an unfinished last line is passed over.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, LogError> {
    let bytes = std::fs::read(path).map_err(|source| LogError::Io { path: path.to_owned(), source })?;
    let lines = bytes.split_inclusive(|&byte| byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
    lines.enumerate().map(|(index, line)| parse(path, index + 1, line)).collect()
}

fn parse<T: DeserializeOwned>(path: &Path, line: usize, text: &[u8]) -> Result<T, LogError> {
    serde_json::from_slice(text).map_err(|error| LogError::Line {
        path: path.to_owned(),
        line,
        message: error.to_string(),
    })
}
