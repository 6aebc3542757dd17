//! `reskill check --fix`. In: paths, and how far fixes may be trusted; out: the named files mended in place, or a diff of
//! what would be, and how many fixes it took.

use std::path::PathBuf;

use super::{Failure, Outcome, diff, rewrite, say};
use crate::lang::check::{Finding, SourceFile, check};
use crate::lang::diag::Applicability;
use crate::lang::fix;
use crate::lang::lint::lint;
use crate::lang::load::load;

/// Mends the files named by `paths`. With `show` nothing is written: the diff is printed, and the outcome says whether
/// there is one. The count goes to stdout if it is for people, else to stderr.
pub(super) fn mend(
    paths: &[PathBuf],
    allowed: Applicability,
    show: bool,
    for_people: bool,
) -> Result<Outcome, Failure> {
    let loaded = load(paths)?;
    let mended = fix::mend(loaded.files.clone(), allowed, |files| findings(files, loaded.named));
    let mut changed = 0;
    for (before, after) in loaded.files.iter().zip(&mended.files) {
        if before.text == after.text {
            continue;
        }
        changed += 1;
        match show {
            true => say(diff::unified(&before.name, &before.text, &after.text).trim_end_matches('\n')),
            false => rewrite(&before.name, &after.text)?,
        }
    }
    let fixes: usize = mended.applied.iter().sum();
    let verb = if show { "would be mended" } else { "mended" };
    let mut told = format!("{} {verb} in {}", counted(fixes, "finding"), counted(changed, "file"));
    if mended.refused > 0 {
        told.push_str(&format!("; {} left out, which would bring other errors", counted(mended.refused, "fix")));
    }
    match for_people && !show {
        true => say(told),
        false => eprintln!("{told}"),
    }
    Ok(if changed == 0 { Outcome::Clean } else { Outcome::Findings })
}

/// The findings of the files; those of files that were not named keep no fix, since these are not to be written.
fn findings(files: &[SourceFile], named: usize) -> Vec<Finding> {
    let mut analysis = check(files);
    lint(files, &mut analysis);
    let mut findings = analysis.findings;
    findings.iter_mut().filter(|f| f.file >= named).for_each(|f| f.diagnostic.fixes.clear());
    findings
}

fn counted(n: usize, what: &str) -> String {
    match (n, what) {
        (1, _) => format!("1 {what}"),
        (_, "fix") => format!("{n} fixes"),
        _ => format!("{n} {what}s"),
    }
}
