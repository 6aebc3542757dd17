//! `reskill fmt`. In: paths, or a text on stdin; out: the files in canonical form, or what would change. A file with syntax
//! errors is refused with its findings, and the others are formatted.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::report::{self, Format};
use super::{Failure, Outcome, colour, diff, rewrite, say};
use crate::lang::check::{Finding, SourceFile};
use crate::lang::format::{FormatError, format as canonical};
use crate::lang::load::{Loaded, load_named};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill fmt skills
    reskill fmt --check skills
    reskill fmt --diff skills/heat.skill
    reskill fmt - < skills/heat.skill")]
pub(super) struct Arguments {
    /// Files, or folders with `.skill` files in them; `-` alone reads stdin and writes stdout
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Write nothing: name the files that are not in canonical form, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
    /// Write nothing: print what would change, and exit with 1 if anything would
    #[arg(long)]
    diff: bool,
}

/// What came of the files.
#[derive(Default)]
struct Tally {
    changed: usize,
    kept: usize,
    refused: Vec<Finding>,
    /// Files whose canonical form would not say the same.
    failed: Vec<String>,
}

pub(super) fn fmt(told: &Arguments) -> Result<Outcome, Failure> {
    let from_stdin = told.paths.iter().any(|path| path == Path::new("-"));
    let loaded = match (from_stdin, told.paths.len()) {
        (true, 1) => stdin()?,
        (true, _) => return Err(Failure("`-` (stdin) stands alone: format the files in another call".to_owned())),
        (false, _) => load_named(&told.paths)?,
    };
    let only_looked = told.check || told.diff;
    let mut tally = Tally { refused: loaded.findings, ..Tally::default() };
    for (file, SourceFile { name, text }) in loaded.files.iter().enumerate() {
        // What could not be read as text is empty here, and must never be written.
        if tally.refused.iter().any(|f| f.file == file) {
            continue;
        }
        let formatted = match canonical(text) {
            Ok(formatted) => formatted,
            Err(FormatError::Broken(diagnostics)) => {
                tally.refused.extend(diagnostics.into_iter().map(|diagnostic| Finding { file, diagnostic }));
                continue;
            }
            Err(error @ FormatError::Changed(_)) => {
                tally.failed.push(format!("{name}: {error}"));
                continue;
            }
        };
        let same = formatted == *text;
        match same {
            true => tally.kept += 1,
            false => tally.changed += 1,
        }
        match (same, from_stdin) {
            (true, _) if only_looked => {}
            (false, _) if told.diff => say(diff::unified(name, text, &formatted).trim_end_matches('\n')),
            (false, _) if told.check => say(format!("{name}: not in canonical form")),
            (_, true) => std::io::stdout().write_all(formatted.as_bytes())?,
            (false, false) => rewrite(name, &formatted)?,
            (true, false) => {}
        }
    }
    let rendered = report::render(Format::Full, &loaded.files, &tally.refused, colour() && !from_stdin);
    if from_stdin {
        eprint!("{rendered}");
    } else {
        if !rendered.is_empty() {
            say(rendered.trim_end_matches('\n'));
        }
        eprintln!("{}", summary(&tally, loaded.files.len(), only_looked));
    }
    if !tally.failed.is_empty() {
        return Err(Failure(tally.failed.join("\nerror: ")));
    }
    let clean = tally.refused.is_empty() && (tally.changed == 0 || !only_looked);
    Ok(if clean { Outcome::Clean } else { Outcome::Findings })
}

fn summary(tally: &Tally, files: usize, only_looked: bool) -> String {
    let verb = if only_looked { "would be formatted" } else { "formatted" };
    let refused = files - tally.changed - tally.kept - tally.failed.len();
    let mut text = format!("{} {verb}, {} already canonical", tally.changed, tally.kept);
    if refused > 0 {
        text.push_str(&format!(", {refused} refused"));
    }
    text
}

fn stdin() -> Result<Loaded, Failure> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| Failure(format!("stdin: {error}")))?;
    Ok(Loaded { files: vec![SourceFile::new("stdin", text)], ..Loaded::default() })
}
