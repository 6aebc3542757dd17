//! `.skill` files from paths. In: files and folders as a person gives them; out: their texts in a fixed order, with the
//! domain beside a skill file brought along when it was not named.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::check::{Finding, SourceFile};
use super::diag::{Code, Diagnostic};
use super::source::{MAX_BYTES, Source};
use super::span::Span;

/// Why paths could not be read.
#[derive(Debug, Error)]
pub enum LoadError {
    #[error("{}: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{}: no `.skill` file in it", path.display())]
    Empty { path: PathBuf },
}

/// The texts of a bank, and findings about files that could not be taken as text.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    pub files: Vec<SourceFile>,
    pub findings: Vec<Finding>,
    /// So many of `files`, from the front, were named; the others were brought along and are not to be written.
    pub named: usize,
}

/// Reads every `.skill` file named or below a named folder, in order of their paths. Where a skill names a domain
/// that none of them declares, `domain.skill` beside the skill's file is read too.
pub fn load(paths: &[PathBuf]) -> Result<Loaded, LoadError> {
    let (mut loaded, mut named) = read_all(paths)?;
    let mut declared = BTreeSet::new();
    let mut wanted = Vec::new();
    for (index, path) in named.iter().enumerate() {
        let Ok(source) = Source::new(&loaded.files[index].text) else { continue };
        for chunk in source.chunks().0 {
            // The first words of an item say enough; the whole of it is parsed by the checker.
            match source.words(chunk, 4).as_slice() {
                ["domain", name, ..] => {
                    declared.insert((*name).to_owned());
                }
                ["skill", _, "in", domain] => {
                    wanted.push(((*domain).to_owned(), path.with_file_name("domain.skill")));
                }
                _ => {}
            }
        }
    }
    for (domain, beside) in wanted {
        if !declared.contains(&domain) && beside.is_file() && named.insert(beside.clone()) {
            read(&beside, &mut loaded)?;
        }
    }
    Ok(loaded)
}

/// Reads the named files alone.
pub fn load_named(paths: &[PathBuf]) -> Result<Loaded, LoadError> {
    read_all(paths).map(|(loaded, _)| loaded)
}

fn read_all(paths: &[PathBuf]) -> Result<(Loaded, BTreeSet<PathBuf>), LoadError> {
    let mut named = BTreeSet::new();
    for path in paths {
        let before = named.len();
        collect(path, &mut named)?;
        if named.len() == before && path.is_dir() {
            return Err(LoadError::Empty { path: path.clone() });
        }
    }
    let mut loaded = Loaded::default();
    for path in &named {
        read(path, &mut loaded)?;
    }
    loaded.named = loaded.files.len();
    Ok((loaded, named))
}

fn collect(path: &Path, found: &mut BTreeSet<PathBuf>) -> Result<(), LoadError> {
    let error = |source| LoadError::Io { path: path.to_owned(), source };
    if fs::metadata(path).map_err(error)?.is_file() {
        found.insert(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(error)? {
        let entry = entry.map_err(error)?;
        let inner = entry.path();
        let is_folder = entry.file_type().map_err(error)?.is_dir();
        if is_folder || inner.extension().is_some_and(|e| e == "skill") {
            collect(&inner, found)?;
        }
    }
    Ok(())
}

fn read(path: &Path, loaded: &mut Loaded) -> Result<(), LoadError> {
    let error = |source| LoadError::Io { path: path.to_owned(), source };
    let name = path.display().to_string();
    let file = loaded.files.len();
    let mut report = |diagnostic: Diagnostic| loaded.findings.push(Finding { file, diagnostic });
    // The size first: a file that is refused for it must not be read into memory.
    let size = fs::metadata(path).map_err(error)?.len();
    let text = if size > MAX_BYTES as u64 {
        report(
            Diagnostic::error(Code::TooLarge, format!("the file has {size} bytes; at most {MAX_BYTES} are read"))
                .label(Span::default(), "")
                .help("split it: a bank may have as many `.skill` files as you like"),
        );
        String::new()
    } else {
        String::from_utf8(fs::read(path).map_err(error)?).unwrap_or_else(|bad| {
            let at = bad.utf8_error().valid_up_to();
            let line = bad.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
            report(
                Diagnostic::error(Code::NotUtf8, format!("byte {at}, on line {line}, is not UTF-8 text"))
                    .label(Span::default(), "")
                    .help("save the file as UTF-8; if it is no text file, it does not belong here"),
            );
            String::new()
        })
    };
    loaded.files.push(SourceFile { name, text });
    Ok(())
}
