//! A bank version ready to advise. In: `.skill` files from paths, or a stored version; out: canonical files, and the
//! compiled program that rollouts are served.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::version::{SkillFile, Version};
use crate::engine::program::{Program, Vocabulary};
use crate::lang::ast::Item;
use crate::lang::check::{Analysis, SourceFile, check};
use crate::lang::load::{LoadError, Loaded, load};
use crate::lang::parse::parse;
use crate::lang::print;

/// The file of a version that declares its domain.
pub const DOMAIN_FILE: &str = "domain.skill";

/// Why files do not make a bank.
#[derive(Debug, Error)]
pub enum BankError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{count} errors in the skills; the first: {first}\n`reskill check` shows them all")]
    Errors { count: usize, first: String },
    #[error("the files declare no domain: name its file in `skills.domain`")]
    NoDomain,
    #[error("the skills are of several domains ({names}): a bank serves one")]
    Domains { names: String },
    #[error("skill `{name}` cannot be kept as a file of its own: {DOMAIN_FILE} is the domain's name; rename the skill")]
    Name { name: String },
}

/// The canonical files of a bank: the domain at `domain`, and one file per skill at `paths` (which may hold a copy of
/// the domain, as a version's folder does).
pub fn read(domain: &Path, paths: &[PathBuf]) -> Result<Vec<SkillFile>, BankError> {
    let declared = load(&[domain.to_owned()])?;
    let mut loaded = if paths.is_empty() { Loaded::default() } else { load(paths)? };
    let canonical = |text: &str| print::items(&parse(text).items);
    let known: Vec<String> = declared.files.iter().map(|f| canonical(&f.text)).collect();
    // A path may name the domain's own file, or a folder with a copy of it: it is there once.
    loaded.files.retain(|f| !known.contains(&canonical(&f.text)));
    loaded.files.splice(0..0, declared.files);
    let mut analysis = check(&loaded.files);
    analysis.findings.extend(declared.findings.into_iter().chain(loaded.findings));
    refuse_errors(&analysis, &loaded.files)?;
    canonical_files(analysis.trees.iter().flatten())
}

/// The canonical files of a bank of one domain: what a version of it is made of, however its items lie in files.
pub fn canonical_files<'i>(items: impl Iterator<Item = &'i Item>) -> Result<Vec<SkillFile>, BankError> {
    let mut files = Vec::new();
    let mut domains = Vec::new();
    for item in items {
        match item {
            Item::Domain(domain) => {
                domains.push(domain.name.text.clone());
                files.push(SkillFile { name: DOMAIN_FILE.to_owned(), text: print::domain(domain) });
            }
            Item::Skill(skill) => files.push(skill_file(skill)?),
            Item::Patch(_) => {}
        }
    }
    match domains.len() {
        0 => Err(BankError::NoDomain),
        1 => Ok(files),
        _ => Err(BankError::Domains { names: domains.join(", ") }),
    }
}

/// One skill as its canonical file.
pub fn skill_file(skill: &crate::lang::ast::Skill) -> Result<SkillFile, BankError> {
    let name = format!("{}.skill", skill.name.text);
    match name == DOMAIN_FILE {
        true => Err(BankError::Name { name: skill.name.text.clone() }),
        false => Ok(SkillFile { name, text: print::skill(skill) }),
    }
}

/// A version with its program.
#[derive(Debug, Clone)]
pub struct Served {
    pub version: Version,
    pub program: Arc<Program>,
}

impl Served {
    /// Compiles a version. `vocabulary` is shared by all versions of a run, whose domain never changes; the first
    /// version makes it.
    pub fn new(version: Version, vocabulary: Option<&Arc<Vocabulary>>) -> Result<Served, BankError> {
        let analysis = analyse(version.files())?;
        let domain = analysis.checked.domains.into_iter().next().ok_or(BankError::NoDomain)?;
        let vocabulary = match vocabulary {
            Some(shared) if *shared.domain() == domain => Arc::clone(shared),
            _ => Vocabulary::new(domain),
        };
        let program = Program::with_vocabulary(vocabulary, analysis.checked.skills);
        Ok(Served { version, program })
    }

    /// Names of the skills, in bank order.
    pub fn skills(&self) -> impl Iterator<Item = &str> {
        self.program.skills().iter().map(|s| s.name.as_str())
    }
}

/// Checks a version's files; a version is only ever made of files that check.
pub fn analyse(files: &[SkillFile]) -> Result<Analysis, BankError> {
    let sources: Vec<SourceFile> = files.iter().map(|f| SourceFile::new(&f.name, &f.text)).collect();
    let analysis = check(&sources);
    refuse_errors(&analysis, &sources)?;
    Ok(analysis)
}

fn refuse_errors(analysis: &Analysis, files: &[SourceFile]) -> Result<(), BankError> {
    let mut errors = analysis.errors();
    let Some(first) = errors.next() else { return Ok(()) };
    let at = first.diagnostic.labels.first().map_or(0, |l| l.span.start as usize);
    let (line, column) = crate::lang::diag::place(&files[first.file].text, at);
    let first = format!("{}:{line}:{column}: {}", files[first.file].name, first.diagnostic.message);
    Err(BankError::Errors { count: 1 + errors.count(), first })
}
