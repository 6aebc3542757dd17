//! Skills of other systems, in and out.
//!
//! In: the text of a foreign file; out: [`Draft`]s of skills that [`Draft::text`] writes as `.skill` source, the fields as
//! they were read (for programs), and remarks on everything that found no home. Nothing is guessed: a trigger that cannot
//! be stated is written `todo "…"`. The other way, [`export`] tells skills in the forms that other agents read.

mod agent_skill;
mod assertions;
mod checks;
mod draft;
pub mod export;
mod json;
mod names;
mod prose;
pub mod python_regex;
mod reference;
mod skill_bank;
mod source;

use std::collections::BTreeSet;

use thiserror::Error;

pub use draft::{Draft, domain_text};
pub use names::{Names, identifier};
pub use source::decode;

/// A kind of foreign file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The reference implementation's SKILL.md: a header with `trigger_type`, read line by line.
    Reference,
    /// The reference implementation's assertions (JSON).
    Assertions,
    /// SKILL.md as agents read it: a YAML header with name and description, prose below.
    SkillMd,
    /// SkillRL's bank (JSON): general skills, skills by task, common mistakes.
    SkillRl,
}

impl Format {
    pub const ALL: [Format; 4] = [Format::Reference, Format::Assertions, Format::SkillMd, Format::SkillRl];

    /// The kind that the text itself tells.
    pub fn of(text: &str) -> Option<Format> {
        match text.trim_start().chars().next()? {
            '{' | '[' => json::kind(text),
            '-' if reference::has_trigger(text) => Some(Format::Reference),
            '-' if source::header(text).is_some() => Some(Format::SkillMd),
            _ => None,
        }
    }
}

/// Why a foreign file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{message}", line.map(|l| format!("line {l}: ")).unwrap_or_default())]
pub struct ImportError {
    pub line: Option<usize>,
    pub message: String,
}

impl ImportError {
    fn new(message: impl Into<String>) -> Self {
        ImportError { line: None, message: message.into() }
    }

    fn at(line: usize, message: impl Into<String>) -> Self {
        ImportError { line: Some(line), message: message.into() }
    }
}

/// How much a remark weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Something has no home here, and nothing that skills do depends on it.
    Note,
    /// What the skill does or says is not all there: a person should look at it.
    Finding,
}

/// Something that did not come across.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub weight: Weight,
    pub line: Option<usize>,
    pub message: String,
}

impl Remark {
    fn note(message: impl Into<String>) -> Self {
        Remark { weight: Weight::Note, line: None, message: message.into() }
    }

    fn finding(message: impl Into<String>) -> Self {
        Remark { weight: Weight::Finding, line: None, message: message.into() }
    }

    fn at(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }
}

/// What came of a foreign file.
#[derive(Debug, Clone, Default)]
pub struct Import {
    pub drafts: Vec<Draft>,
    /// The fields as they were read.
    pub parsed: serde_json::Value,
    pub remarks: Vec<Remark>,
}

/// Reads `text` (see [`decode`]). `name` is what the file is called, for skills that have no name of their own; `reserved`
/// are names of the domain's declarations, which a skill's own cannot have.
pub fn import(text: &str, format: Format, name: &str, reserved: &BTreeSet<String>) -> Result<Import, ImportError> {
    let mut import = match format {
        Format::Reference => reference::read(text, reserved)?,
        Format::Assertions => assertions::read(text, name, reserved)?,
        Format::SkillMd => agent_skill::read(text, name)?,
        Format::SkillRl => skill_bank::read(text)?,
    };
    import.remarks.sort_by_key(|r| (std::cmp::Reverse(r.weight), r.line));
    Ok(import)
}
