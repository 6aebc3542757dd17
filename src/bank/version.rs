//! Versions of the skill bank: immutable snapshots, stored as folders `vNNNN-HASH` under a run's `bank/`.
//!
//! In: named texts of skill files. Out: a version with a content hash, a folder that holds it, and that folder
//! read back and verified. Texts are taken as they come: to hash by canonical print (so that layout does not
//! count) is up to the caller, who hands in canonical texts.

use crate::files::write_folder_atomic;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The format number written into `version.json`.
pub const VERSION_FORMAT: u32 = 1;
/// The file beside the skills that describes a version.
pub const MANIFEST: &str = "version.json";
/// Characters of the hash that appear in folder names.
pub(super) const SHORT_HASH: usize = 12;

/// Where a version came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Origin {
    /// The bank a run started from.
    Seed,
    /// A creator, by its name.
    Creator(String),
    /// A person, by name or whatever they go by.
    Person(String),
}

/// One file of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillFile {
    /// A plain file name that ends in `.skill`.
    pub name: String,
    pub text: String,
}

/// An immutable snapshot of the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    number: u64,
    hash: String,
    parent: Option<String>,
    origin: Origin,
    files: Vec<SkillFile>,
}

/// Why a version could not be made, stored or read.
#[derive(Debug, Error)]
pub enum VersionError {
    #[error("skill file name {name:?}: {rule}; rename the file")]
    Name { name: String, rule: &'static str },
    #[error("two skill files are named {name:?} (upper and lower case count as the same): rename one of them")]
    Twice { name: String },
    #[error("{path}: {source}")]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "{path}: {problem}; restore it from a copy, or delete the folder {folder} and resume from a checkpoint before it"
    )]
    Damaged { path: PathBuf, problem: String, folder: PathBuf },
    #[error("version {number} is stored already as {existing}, with other contents: take the next free number")]
    Taken { number: u64, existing: PathBuf },
}

/// `version.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    number: u64,
    hash: String,
    parent: Option<String>,
    origin: Origin,
    files: Vec<ManifestFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestFile {
    name: String,
    /// blake3 of the text, so that damage can be pinned to a file.
    hash: String,
}

impl Version {
    /// A snapshot of `files`, given in any order; `parent` is the full hash of the version it was made from.
    pub fn new(
        number: u64,
        parent: Option<String>,
        origin: Origin,
        mut files: Vec<SkillFile>,
    ) -> Result<Version, VersionError> {
        for file in &files {
            check_name(&file.name)?;
        }
        files.sort_by(|one, other| one.name.cmp(&other.name));
        // Some file systems do not tell `A.skill` from `a.skill`.
        let mut names = BTreeSet::new();
        if let Some(file) = files.iter().find(|file| !names.insert(file.name.to_lowercase())) {
            return Err(VersionError::Twice { name: file.name.clone() });
        }
        let hash = content_hash(&files);
        Ok(Version { number, hash, parent, origin, files })
    }

    pub fn number(&self) -> u64 {
        self.number
    }

    /// blake3 over the sorted names and texts, 64 hex digits. Number, parent and origin do not enter.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The full hash of the version this one was made from.
    pub fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Sorted by name.
    pub fn files(&self) -> &[SkillFile] {
        &self.files
    }

    /// `vNNNN-HASH`, with the first 12 digits of the hash; also what trajectories name as their version.
    pub fn label(&self) -> String {
        format!("v{:04}-{}", self.number, &self.hash[..SHORT_HASH])
    }

    /// Stores this version as `bank/vNNNN-HASH/`, which appears whole or not at all, and returns that path. Storing
    /// the same version again changes nothing; another version under the same number is refused.
    pub fn save(&self, bank: &Path) -> Result<PathBuf, VersionError> {
        let folder = bank.join(self.label());
        fs::create_dir_all(bank).map_err(|source| VersionError::Io { path: bank.to_owned(), source })?;
        if let Some((_, existing)) = folders(bank)?.into_iter().find(|(number, _)| *number == self.number) {
            return match Version::load(&existing)? {
                stored if stored == *self => Ok(existing),
                _ => Err(VersionError::Taken { number: self.number, existing }),
            };
        }
        let manifest = Manifest {
            format: VERSION_FORMAT,
            number: self.number,
            hash: self.hash.clone(),
            parent: self.parent.clone(),
            origin: self.origin.clone(),
            files: self.files.iter().map(|f| ManifestFile { name: f.name.clone(), hash: text_hash(&f.text) }).collect(),
        };
        let mut json = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| VersionError::Io { path: folder.join(MANIFEST), source: error.into() })?;
        json.push(b'\n');
        let mut contents: Vec<(&str, &[u8])> =
            self.files.iter().map(|file| (file.name.as_str(), file.text.as_bytes())).collect();
        contents.push((MANIFEST, &json));
        write_folder_atomic(&folder, &contents).map_err(|source| VersionError::Io { path: folder.clone(), source })?;
        Ok(folder)
    }

    /// Reads one version folder and verifies every hash in it.
    pub fn load(folder: &Path) -> Result<Version, VersionError> {
        let damaged =
            |path: PathBuf, problem: String| Err(VersionError::Damaged { path, problem, folder: folder.to_owned() });
        let manifest_path = folder.join(MANIFEST);
        let json = match fs::read(&manifest_path) {
            Ok(json) => json,
            Err(error) => return damaged(manifest_path, format!("cannot be read ({error})")),
        };
        let manifest: Manifest = match serde_json::from_slice(&json) {
            Ok(manifest) => manifest,
            Err(error) => return damaged(manifest_path, format!("is not a version's description ({error})")),
        };
        if manifest.format != VERSION_FORMAT {
            let problem = format!("has format {}, but this build reads format {VERSION_FORMAT}", manifest.format);
            return damaged(manifest_path, problem);
        }
        let mut files = Vec::new();
        for listed in &manifest.files {
            let path = folder.join(&listed.name);
            check_name(&listed.name)?;
            match fs::read_to_string(&path) {
                Ok(text) if text_hash(&text) == listed.hash => {
                    files.push(SkillFile { name: listed.name.clone(), text });
                }
                Ok(_) => return damaged(path, "was altered after the version was stored".to_owned()),
                Err(error) => return damaged(path, format!("belongs to the version but cannot be read ({error})")),
            }
        }
        for name in entries(folder)? {
            if name.ends_with(".skill") && !manifest.files.iter().any(|listed| listed.name == name) {
                return damaged(folder.join(&name), "was added after the version was stored".to_owned());
            }
        }
        let version = Version::new(manifest.number, manifest.parent, manifest.origin, files)?;
        if version.hash != manifest.hash {
            return damaged(manifest_path, "was altered: its hash is not that of the files it lists".to_owned());
        }
        let named = folder.file_name().and_then(|name| name.to_str());
        if named != Some(version.label().as_str()) {
            return damaged(manifest_path, format!("describes {}, not the folder it lies in", version.label()));
        }
        Ok(version)
    }

    /// All versions under `bank/`, by number, each verified. Folders that a crash left unfinished are passed over.
    pub fn load_all(bank: &Path) -> Result<Vec<Version>, VersionError> {
        let folders = folders(bank)?;
        if let Some(pair) = folders.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let (path, folder) = (pair[0].1.clone(), pair[1].1.clone());
            let problem = format!("has the same number as {}", folder.display());
            return Err(VersionError::Damaged { path, problem, folder });
        }
        folders.iter().map(|(_, folder)| Version::load(folder)).collect()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.label())
    }
}

/// A plain name: it must mean the same file on every system and never leave the folder.
fn check_name(name: &str) -> Result<(), VersionError> {
    let wrong = |rule| Err(VersionError::Name { name: name.to_owned(), rule });
    match name.strip_suffix(".skill") {
        None => wrong("must end in .skill"),
        Some("") => wrong("has nothing before .skill"),
        Some(stem) if stem.starts_with('.') => wrong("must not begin with a dot"),
        Some(stem) if stem.chars().any(|c| c.is_control() || "/\\:*?\"<>|".contains(c)) => {
            wrong("must be a plain file name, without folders and special characters")
        }
        Some(_) => Ok(()),
    }
}

fn text_hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// Lengths go in before names and texts, so no two lists of files run together to the same bytes.
fn content_hash(sorted: &[SkillFile]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in sorted.iter().flat_map(|file| [&file.name, &file.text]) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn entries(folder: &Path) -> Result<Vec<String>, VersionError> {
    let fail = |source| VersionError::Io { path: folder.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        names.push(entry.map_err(fail)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The version folders of a bank with their numbers, sorted by number.
fn folders(bank: &Path) -> Result<Vec<(u64, PathBuf)>, VersionError> {
    let mut found: Vec<(u64, PathBuf)> = entries(bank)?
        .into_iter()
        .filter_map(|name| {
            let (number, _) = name.strip_prefix('v')?.split_once('-')?;
            Some((number.parse().ok()?, bank.join(&name)))
        })
        .collect();
    found.sort();
    Ok(found)
}
