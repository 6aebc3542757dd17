//! `reskill patch`. In: a patch (bare text, or in a JSON envelope) and the files of a bank; out: the files changed, all of
//! them or none, or every reason why the patch does not fit, placed in its text.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::report::{self, Format};
use super::{Failure, Outcome, colour, diff, say};
use crate::engine::examples::check_and_run;
use crate::files::write_all_atomic;
use crate::lang::check::{Finding, SourceFile};
use crate::lang::diag::Diagnostic;
use crate::lang::load::{LoadError, load};
use crate::lang::patch::Change;
use crate::lang::patch::files::{NewFile, PatchError, Place, Rewritten, rewrite};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill patch check better.patch skills
    reskill patch apply better.patch skills --diff
    reskill patch apply better.patch skills --in-place
    reskill patch apply - skills --out next < better.patch

A patch is a text `patch \"why\" { modify NAME { … } add skill … retire NAME }`, or the JSON object in which it travels:
{\"base\": HASH, \"patch\": TEXT, \"origin\": …, \"evidence\": …}. docs/language.md says what can stand in it.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell whether a patch fits a bank and what it makes of it checks; nothing is written.
    ///
    /// Exits with 1 if the patch does not fit, or if there is a warning about what it says.
    #[command(after_help = "Example:
    reskill patch check better.patch skills")]
    Check(Patching),
    /// Apply a patch to the files of a bank: all changes, or none.
    ///
    /// A skill stays in its file and at its place, with the comments around it; what the patch does not touch stays as it
    /// was written. A new skill goes to NAME.skill beside the changed files, or into --out. Exits with 1, and changes
    /// nothing, if the patch does not fit or the result has an error.
    #[command(group(ArgGroup::new("target").required(true).multiple(true).args(["in_place", "out", "dry_run"])))]
    #[command(after_help = "Examples:
    reskill patch apply better.patch skills --diff
    reskill patch apply better.patch skills --in-place")]
    Apply(Applying),
}

#[derive(Debug, Args)]
struct Patching {
    /// The patch: a file with its text or its JSON envelope, or `-` for standard input
    patch: PathBuf,
    /// The bank: files, or folders with `.skill` files in them
    #[arg(required = true)]
    bank: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Applying {
    #[command(flatten)]
    patching: Patching,
    /// Change the files of the bank
    #[arg(long)]
    in_place: bool,
    /// Write the bank as it is after the patch into this folder; with --in-place, only the skills that are added
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// Write nothing: print what would change as a diff
    #[arg(long, visible_alias = "diff")]
    dry_run: bool,
}

/// A patch as it travels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    /// The hash of the bank version that the patch is for.
    #[serde(default)]
    base: Option<String>,
    patch: String,
    #[serde(default)]
    origin: Option<Value>,
    #[serde(default)]
    evidence: Option<Value>,
}

/// What the command tells programs.
#[derive(Debug, Serialize)]
struct Told {
    fits: bool,
    title: Option<String>,
    /// The version that the patch names.
    base: Option<String>,
    origin: Option<Value>,
    changes: Vec<ToldChange>,
    files: Vec<ToldFile>,
    findings: Value,
    /// Whether the files were written.
    written: bool,
}

#[derive(Debug, Serialize)]
struct ToldChange {
    operation: &'static str,
    skill: String,
    file: String,
}

#[derive(Debug, Serialize)]
struct ToldFile {
    file: String,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

pub(super) fn patch(told: &Arguments) -> Result<Outcome, Failure> {
    match &told.command {
        Command::Check(patching) => run(patching, None),
        Command::Apply(applying) => run(&applying.patching, Some(applying)),
    }
}

fn run(patching: &Patching, applying: Option<&Applying>) -> Result<Outcome, Failure> {
    let (source, envelope) = read_patch(&patching.patch)?;
    let bank = read_bank(patching)?;
    let mut files = bank.clone();
    files.push(source);
    let (bank, source) = (&files[..bank.len()], &files[bank.len()]);
    let result = match wrong_base(&envelope, bank)? {
        Some(diagnostic) => Err(PatchError::Findings(vec![Finding { file: bank.len(), diagnostic }])),
        None => rewrite(bank, source, check_and_run),
    };
    let mut told = Told {
        fits: result.is_ok(),
        title: None,
        base: envelope.base.clone(),
        origin: envelope.origin.clone(),
        changes: Vec::new(),
        files: Vec::new(),
        findings: Value::Array(Vec::new()),
        written: false,
    };
    let (rewritten, findings) = match result {
        Ok(rewritten) => (Some(rewritten.clone()), rewritten.warnings),
        Err(PatchError::Findings(findings)) => (None, findings),
        Err(error) => return Err(Failure(format!("{}: {error}", source.name))),
    };
    told.findings = serde_json::from_str(&report::render(Format::Json, &files, &findings, false))?;
    if let Some(rewritten) = &rewritten {
        let targets = targets(rewritten, bank, applying)?;
        told.title = Some(rewritten.title.clone());
        let looks = applying.is_some_and(|a| a.dry_run);
        told.changes = changes(rewritten, &targets);
        told.files = touched(rewritten, bank, &targets, looks);
        if let Some(applying) = applying.filter(|_| !looks) {
            write(rewritten, bank, &targets, applying)?;
            told.written = true;
        }
    }
    match patching.json {
        true => say(serde_json::to_string_pretty(&told)?),
        false => show(&told, &files, &findings),
    }
    let clean = rewritten.is_some() && (findings.is_empty() || applying.is_some());
    Ok(if clean { Outcome::Clean } else { Outcome::Findings })
}

/// The patch's text under the name that findings call it by, and what came with it.
fn read_patch(path: &Path) -> Result<(SourceFile, Envelope), Failure> {
    let name = path.display().to_string();
    let failure = |error: std::io::Error| Failure(format!("{name}: {error}"));
    let mut text = String::new();
    match name.as_str() {
        "-" => std::io::stdin().read_to_string(&mut text).map_err(failure)?,
        _ => std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text)).map_err(failure)?,
    };
    let name = if name == "-" { "stdin".to_owned() } else { name };
    // No `.skill` text begins with a bracket.
    if !text.trim_start().starts_with('{') {
        let envelope = Envelope { base: None, patch: text.clone(), origin: None, evidence: None };
        return Ok((SourceFile::new(name, text), envelope));
    }
    let envelope: Envelope = serde_json::from_str(&text).map_err(|error| {
        Failure(format!("{name}: not an envelope `{{\"base\", \"patch\", \"origin\", \"evidence\"}}`: {error}"))
    })?;
    Ok((SourceFile::new(format!("{name} (`patch`)"), envelope.patch.clone()), envelope))
}

/// The bank's files, and the domain beside them; the patch itself may lie among them.
fn read_bank(patching: &Patching) -> Result<Vec<SourceFile>, Failure> {
    let loaded = load(&patching.bank)?;
    if let Some(finding) = loaded.findings.first() {
        return Err(Failure(format!("{}: {}", loaded.files[finding.file].name, finding.diagnostic.message)));
    }
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let own = real(&patching.patch);
    Ok(loaded.files.into_iter().filter(|f| own.is_none() || real(Path::new(&f.name)) != own).collect())
}

/// What stands against the version that the envelope names.
#[cfg(feature = "evolve")]
fn wrong_base(envelope: &Envelope, bank: &[SourceFile]) -> Result<Option<Diagnostic>, Failure> {
    use crate::bank::served::canonical_files;
    use crate::bank::version::{Origin, Version};
    use crate::lang::diag::Code;
    use crate::lang::span::Span;
    let Some(base) = &envelope.base else { return Ok(None) };
    let items: Vec<_> = bank.iter().flat_map(|file| crate::lang::parse::parse(&file.text).items).collect();
    let cannot = |error: String| Failure(format!("the bank's version cannot be told: {error}"));
    let files = canonical_files(items.iter()).map_err(|error| cannot(error.to_string()))?;
    let version = Version::new(0, None, Origin::Seed, files).map_err(|error| cannot(error.to_string()))?;
    Ok((version.hash() != base).then(|| {
        Diagnostic::error(Code::PatchConflict, format!("the patch is for the bank version {base}"))
            .label(Span::default(), format!("this bank is {}", version.hash()))
            .help("apply it to the version it was made for; or take the text of `patch` alone, which is tied to none")
    }))
}

#[cfg(not(feature = "evolve"))]
fn wrong_base(envelope: &Envelope, _bank: &[SourceFile]) -> Result<Option<Diagnostic>, Failure> {
    match envelope.base {
        None => Ok(None),
        Some(_) => Err(Failure(
            "this build cannot tell the versions of a bank (feature `evolve`): take the text of `patch` alone"
                .to_owned(),
        )),
    }
}

/// The path of each changed file, in the order of `rewritten.files`.
fn targets(rewritten: &Rewritten, bank: &[SourceFile], applying: Option<&Applying>) -> Result<Vec<PathBuf>, Failure> {
    let out = applying.and_then(|a| a.out.as_deref());
    let moved = out.filter(|_| applying.is_some_and(|a| !a.in_place));
    let beside = rewritten.files.iter().find_map(|f| if let Place::Old(at) = f.place { Some(at) } else { None });
    let beside = Path::new(bank.get(beside.unwrap_or(0)).map_or("", |f| f.name.as_str()));
    let mut targets = Vec::new();
    for NewFile { place, .. } in &rewritten.files {
        targets.push(match (place, moved) {
            (Place::Old(at), None) => PathBuf::from(&bank[*at].name),
            (Place::Old(at), Some(folder)) => folder.join(below(bank, *at)),
            (Place::New(name), _) => {
                let path = out.map_or_else(|| beside.with_file_name(name), |folder| folder.join(name));
                if path.exists() {
                    let path = path.display();
                    return Err(Failure(format!(
                        "{path} is there already: name another folder for new skills with --out"
                    )));
                }
                path
            }
        });
    }
    Ok(targets)
}

/// The name of a bank's file below the folder that all of them share.
fn below(bank: &[SourceFile], at: usize) -> PathBuf {
    let path = Path::new(&bank[at].name);
    let shared = path.ancestors().skip(1).find(|folder| bank.iter().all(|f| Path::new(&f.name).starts_with(folder)));
    path.strip_prefix(shared.unwrap_or(Path::new(""))).unwrap_or(path).to_owned()
}

/// Writes all files, or none.
fn write(rewritten: &Rewritten, bank: &[SourceFile], targets: &[PathBuf], applying: &Applying) -> Result<(), Failure> {
    let mut files: Vec<(PathBuf, Option<&str>)> = Vec::new();
    for (file, target) in rewritten.files.iter().zip(targets) {
        // A link stays a link.
        let real = std::fs::canonicalize(target).unwrap_or_else(|_| target.clone());
        files.push((real, file.text.as_deref()));
    }
    if let Some(folder) = applying.out.as_deref().filter(|_| !applying.in_place) {
        files.retain(|(_, text)| text.is_some());
        for (at, source) in bank.iter().enumerate() {
            if !rewritten.files.iter().any(|f| f.place == Place::Old(at)) {
                files.push((folder.join(below(bank, at)), Some(&source.text)));
            }
        }
        if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
            return Err(Failure(format!("{} is there already: choose another folder for --out", path.display())));
        }
    }
    let folders: BTreeSet<&Path> = files.iter().filter_map(|(path, _)| path.parent()).collect();
    for folder in folders.into_iter().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| LoadError::Io { path: folder.to_owned(), source })?;
    }
    let files: Vec<(&Path, Option<&[u8]>)> = files.iter().map(|(p, t)| (p.as_path(), t.map(str::as_bytes))).collect();
    write_all_atomic(&files).map_err(|error| Failure(format!("the files cannot be written, none was changed: {error}")))
}

fn changes(rewritten: &Rewritten, targets: &[PathBuf]) -> Vec<ToldChange> {
    let change = |(change, file): &(Change, usize)| ToldChange {
        operation: match change {
            Change::Added(_) => "add",
            Change::Replaced(_) => "replace",
            Change::Modified(_) => "modify",
            Change::Retired(_) => "retire",
        },
        skill: change.skill().to_owned(),
        file: targets.get(*file).map(|path| path.display().to_string()).unwrap_or_default(),
    };
    rewritten.changes.iter().map(change).collect()
}

fn touched(rewritten: &Rewritten, bank: &[SourceFile], targets: &[PathBuf], diffs: bool) -> Vec<ToldFile> {
    let file = |(file, target): (&NewFile, &PathBuf)| {
        let before = if let Place::Old(at) = file.place { Some(bank[at].text.as_str()) } else { None };
        let name = target.display().to_string();
        let after = file.text.as_deref();
        ToldFile {
            action: match (before, after) {
                (None, _) => "create",
                (_, None) => "remove",
                _ => "change",
            },
            diff: diffs.then(|| diff::unified(&name, before.unwrap_or_default(), after.unwrap_or_default())),
            file: name,
        }
    };
    rewritten.files.iter().zip(targets).map(file).collect()
}

fn show(told: &Told, files: &[SourceFile], findings: &[Finding]) {
    let drawn = report::render(Format::Full, files, findings, colour());
    if !drawn.is_empty() {
        say(drawn.trim_end_matches('\n'));
        say("");
    }
    for file in &told.files {
        if let Some(diff) = &file.diff {
            say(diff.trim_end_matches('\n'));
        }
    }
    for change in &told.changes {
        say(format!("{:<8}{}  ({})", change.operation, change.skill, change.file));
    }
    let base = if told.base.is_some() { "" } else { " (it names no base: any version of the bank will do)" };
    say(match (&told.title, told.written) {
        (None, _) => "the patch does not fit; nothing was changed".to_owned(),
        (Some(title), true) => format!("applied: {title}{base}"),
        (Some(title), false) => format!("fits: {title}{base}"),
    });
}
