//! `reskill import`. In: files of other systems; out: `.skill` files, or the fields as they were read, and remarks on
//! everything that did not come across.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failure, Outcome, say};
use crate::foreign::{Draft, Format, Import, Names, Weight, decode, domain_text, identifier, import};
use crate::lang::ast::{DeclKind, Item};
use crate::lang::check::{SourceFile, check};
use crate::lang::parse::parse;
use crate::lang::source::MAX_BYTES;

/// The domain that imported skills get where none is named.
const DOMAIN: &str = "imported";
const DOMAIN_FILE: &str = "domain.skill";

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill import library/open_first.md
    reskill import library --out skills/imported
    reskill import --json library/open_first.md

A trigger that cannot be stated is written `when todo \"…\"`: it never fires, and `reskill check` finds it. What has no home in
a `.skill` file is told on stderr. Python's regular expressions are translated so that the same texts match; what no
linear-time expression can say (look-around, references to groups) is left to you.")]
pub(super) struct Arguments {
    /// Files (SKILL.md, JSON), folders with such files in them, or `-` for standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// What the files are [default: each tells by its content]
    #[arg(long, value_enum)]
    from: Option<Kind>,
    /// Write one file a skill into this folder [default: print them]
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// The domain that the skills are for [default: an empty one, `imported`, is written beside them]
    #[arg(long)]
    domain: Option<String>,
    /// Replace files that are there already
    #[arg(long)]
    force: bool,
    /// Print the fields as they were read, one JSON object a file; skills are written only if --out is given
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// SKILL.md of the reference implementation: a header with `trigger_type`, read line by line
    Reference,
    /// Assertions of the reference implementation (JSON)
    Assertions,
    /// SKILL.md as agents read it: name, description, prose
    SkillMd,
    /// SkillRL's bank (JSON)
    Skillrl,
}

impl Kind {
    fn format(self) -> Format {
        match self {
            Kind::Reference => Format::Reference,
            Kind::Assertions => Format::Assertions,
            Kind::SkillMd => Format::SkillMd,
            Kind::Skillrl => Format::SkillRl,
        }
    }
}

/// A file's text.
struct Source {
    label: String,
    /// What a skill is called that has no name of its own.
    name: String,
    text: String,
    /// Found in a folder, not named.
    found: bool,
}

/// Where the skills go.
struct Target {
    domain: String,
    /// The domain's text, where it is known.
    text: Option<String>,
    /// Whether the text is to be written with the skills.
    is_new: bool,
    reserved: BTreeSet<String>,
    has_fails: bool,
}

pub(super) fn import_files(told: &Arguments) -> Result<Outcome, Failure> {
    let mut sources = Vec::new();
    for path in &told.paths {
        collect(path, false, &mut sources)?;
    }
    let target = target(told)?;
    let mut names = Names::default();
    let (mut skills, mut findings) = (Vec::new(), 0);
    for source in &sources {
        let Some(format) = told.from.map(Kind::format).or_else(|| Format::of(&source.text)) else {
            if source.found {
                eprintln!("{}: note: not read: it is no kind of file that is known", source.label);
                continue;
            }
            return Err(Failure(format!(
                "{}: it tells no kind that is known (a header between `---`, or JSON with skills or assertions); name it with --from",
                source.label
            )));
        };
        let Import { drafts, parsed, remarks } = import(&source.text, format, &source.name, &target.reserved)
            .map_err(|error| Failure(located(&source.label, error.line, &error.message)))?;
        for remark in remarks {
            let weight = if remark.weight == Weight::Finding { "warning" } else { "note" };
            findings += usize::from(remark.weight == Weight::Finding);
            eprintln!("{}", located(&source.label, remark.line, &format!("{weight}: {}", remark.message)));
        }
        if format == Format::Assertions && target.has_fails {
            findings += 1;
            let domain = &target.domain;
            eprintln!(
                "{}: warning: `{domain}` has `fails`, which the reference does not know: failed actions do not count here",
                source.label
            );
        }
        if told.json {
            say(&parsed);
        }
        for draft in &drafts {
            skills.push(written(draft, &mut names, &target, &source.label)?);
        }
    }
    if skills.is_empty() {
        return Err(Failure("no skill in these files".to_owned()));
    }
    verify(&target, &skills)?;
    match &told.out {
        Some(folder) => write(folder, &target, &skills, told.force)?,
        None if told.json => {}
        None => {
            let domain = target.text.iter().filter(|_| target.is_new).cloned();
            let texts: Vec<String> = domain.chain(skills.into_iter().map(|(_, text)| text)).collect();
            say(texts.join("\n").trim_end());
        }
    }
    Ok(if findings > 0 { Outcome::Findings } else { Outcome::Clean })
}

fn located(label: &str, line: Option<usize>, message: &str) -> String {
    match line {
        Some(line) => format!("{label}:{line}: {message}"),
        None => format!("{label}: {message}"),
    }
}

/// A skill's file name and text.
fn written(draft: &Draft, names: &mut Names, target: &Target, label: &str) -> Result<(String, String), Failure> {
    let name = names.fresh(&identifier(&draft.title, "skill"));
    let text = draft.text(&name, &target.domain).map_err(|error| Failure(format!("{label}: {error}")))?;
    Ok((format!("{name}.skill"), text))
}

fn collect(path: &Path, found: bool, sources: &mut Vec<Source>) -> Result<(), Failure> {
    let label = path.display().to_string();
    let failure = |error: std::io::Error| Failure(format!("{label}: {error}"));
    if label == "-" {
        return read(std::io::stdin().lock(), "standard input", "imported", false, sources);
    }
    if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(failure)?;
        let mut inner: Vec<PathBuf> =
            entries.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>().map_err(failure)?;
        inner.sort();
        let before = sources.len();
        for inner in inner {
            let known =
                inner.extension().is_some_and(|e| e.eq_ignore_ascii_case("md") || e.eq_ignore_ascii_case("json"));
            // A folder behind a link may lead back here.
            if (inner.is_dir() && !inner.is_symlink()) || known {
                collect(&inner, true, sources)?;
            }
        }
        return match found || sources.len() > before {
            true => Ok(()),
            false => Err(Failure(format!("{label}: no `.md` or `.json` file in it"))),
        };
    }
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    // Every agent's skill is called SKILL.md: its folder has the name.
    let name = match stem(path) {
        stem_of if stem_of.eq_ignore_ascii_case("skill") => path.parent().map(stem).unwrap_or_default(),
        stem_of => stem_of,
    };
    read(File::open(path).map_err(failure)?, &label, &name, found, sources)
}

fn read(from: impl Read, label: &str, name: &str, found: bool, sources: &mut Vec<Source>) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    // One byte more than is allowed, so that what is too large is told without reading all of it.
    from.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|e| Failure(format!("{label}: {e}")))?;
    let text = decode(bytes).map_err(|error| Failure(located(label, error.line, &error.message)))?;
    sources.push(Source { label: label.to_owned(), name: name.to_owned(), text, found });
    Ok(())
}

/// The domain in force: the one that is named, that of the folder, or a new one.
fn target(told: &Arguments) -> Result<Target, Failure> {
    let named = told.domain.as_deref();
    let domain = named.unwrap_or(DOMAIN).to_owned();
    if identifier(&domain, "domain") != domain {
        return Err(Failure(format!(
            "`{domain}` is no name of a domain: write letters, digits and `_`, and no keyword"
        )));
    }
    let beside = told.out.as_ref().map(|folder| folder.join(DOMAIN_FILE)).filter(|path| path.is_file());
    let Some(path) = beside else {
        let text = match named {
            Some(_) => None,
            None => Some(domain_text(&domain).map_err(|error| Failure(error.to_string()))?),
        };
        return Ok(Target { is_new: text.is_some(), domain, text, reserved: BTreeSet::new(), has_fails: false });
    };
    let text = std::fs::read_to_string(&path).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
    let items = parse(&text).items;
    let declared = items.iter().find_map(|item| if let Item::Domain(d) = item { Some(d) } else { None });
    match declared {
        Some(tree) if tree.name.text == domain => Ok(Target {
            reserved: tree.decls.iter().filter_map(|d| d.kind.name()).map(|(_, name)| name.text.clone()).collect(),
            has_fails: tree.decls.iter().any(|d| matches!(d.kind, DeclKind::Fails(_))),
            domain,
            text: Some(text),
            is_new: false,
        }),
        Some(tree) => Err(Failure(format!(
            "{}: it declares the domain `{}`: import into that one with `--domain {}`, or into another folder",
            path.display(),
            tree.name.text,
            tree.name.text
        ))),
        None => Err(Failure(format!("{}: no domain in it; `reskill check` tells what is wrong", path.display()))),
    }
}

/// What is imported must check.
fn verify(target: &Target, skills: &[(String, String)]) -> Result<(), Failure> {
    let Some(domain) = &target.text else { return Ok(()) };
    let mut files = vec![SourceFile::new(DOMAIN_FILE, domain.clone())];
    files.extend(skills.iter().map(|(name, text)| SourceFile::new(name.clone(), text.clone())));
    let analysis = check(&files);
    match analysis.errors().next() {
        None => Ok(()),
        Some(error) => Err(Failure(format!(
            "{}: {}; nothing was written (`reskill import` without --out prints the skills)",
            files[error.file].name, error.diagnostic.message
        ))),
    }
}

fn write(folder: &Path, target: &Target, skills: &[(String, String)], force: bool) -> Result<(), Failure> {
    let mut files: Vec<(PathBuf, &str)> = Vec::new();
    if let Some(text) = target.text.as_deref().filter(|_| target.is_new) {
        files.push((folder.join(DOMAIN_FILE), text));
    }
    files.extend(skills.iter().map(|(name, text)| (folder.join(name), text.as_str())));
    super::write_files(&files, force)?;
    eprintln!("{} skills written to {}", skills.len(), folder.display());
    Ok(())
}
