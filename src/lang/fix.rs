//! Mending files by the fixes that findings carry. In: files, how far fixes may be trusted, and what finds; out: the
//! files with every fix applied that leaves no file with more errors than before.
//!
//! One round takes the first fix of every finding that is allowed, leaves out those that overlap, and tries them
//! together; a set that would bring errors is halved until what does harm is alone. Rounds go on while they change
//! something: mending one slip shows the next.

use super::check::{Finding, SourceFile};
use super::diag::{Applicability, Fix};

/// No more rounds than this: a file may have one syntax error per item shown at a time.
pub const MAX_ROUNDS: usize = 1000;

/// What mending came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Mended {
    /// The files, in the order given.
    pub files: Vec<SourceFile>,
    /// Fixes applied, file by file.
    pub applied: Vec<usize>,
    /// Fixes of the last round that were left out because they would have brought errors to a file.
    pub refused: usize,
}

/// One fix of one file.
#[derive(Debug, Clone)]
struct Step {
    file: usize,
    fix: Fix,
}

/// Applies all fixes that are at least as applicable as `allowed`, until none is left that helps. `find` gives the
/// findings of files; its places must fit them.
pub fn mend(files: Vec<SourceFile>, allowed: Applicability, find: impl Fn(&[SourceFile]) -> Vec<Finding>) -> Mended {
    let findings = find(&files);
    let errors = count(&findings, files.len());
    let applied = vec![0; files.len()];
    let mut work = Work { files, applied, findings, errors, refused: 0, find };
    for _ in 0..MAX_ROUNDS {
        let steps = choose(&work.findings, allowed);
        work.refused = 0;
        if steps.is_empty() || !work.attempt(&steps) {
            break;
        }
    }
    Mended { files: work.files, applied: work.applied, refused: work.refused }
}

struct Work<F> {
    files: Vec<SourceFile>,
    applied: Vec<usize>,
    findings: Vec<Finding>,
    /// Errors per file.
    errors: Vec<usize>,
    refused: usize,
    find: F,
}

impl<F: Fn(&[SourceFile]) -> Vec<Finding>> Work<F> {
    /// Applies as many of `steps` (ordered, not overlapping) as do no harm; whether any was applied.
    fn attempt(&mut self, steps: &[Step]) -> bool {
        let mut files = self.files.clone();
        // From the back, so that places before stay what they are.
        for step in steps.iter().rev() {
            let text = &mut files[step.file].text;
            text.replace_range(step.fix.span.range(), &step.fix.replacement);
        }
        let findings = (self.find)(&files);
        let errors = count(&findings, files.len());
        if errors.iter().zip(&self.errors).all(|(after, before)| after <= before) {
            self.files = files;
            self.findings = findings;
            self.errors = errors;
            steps.iter().for_each(|step| self.applied[step.file] += 1);
            return true;
        }
        if steps.len() == 1 {
            self.refused += 1;
            return false;
        }
        // The later half first: it leaves the places of the earlier one as they are.
        let (early, late) = steps.split_at(steps.len() / 2);
        let late = self.attempt(late);
        self.attempt(early) || late
    }
}

/// The first allowed fix of each finding, by place, without overlaps.
fn choose(findings: &[Finding], allowed: Applicability) -> Vec<Step> {
    let mut steps: Vec<Step> = findings
        .iter()
        .filter_map(|finding| {
            let fix = finding.diagnostic.fixes.iter().find(|fix| fix.applicability <= allowed)?;
            Some(Step { file: finding.file, fix: fix.clone() })
        })
        .collect();
    steps.sort_by_key(|step| (step.file, step.fix.span.start, step.fix.span.end));
    let mut chosen: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        let apart = chosen.last().is_none_or(|last| {
            last.file != step.file
                || (last.fix.span.end <= step.fix.span.start && last.fix.span.start < step.fix.span.start)
        });
        if apart {
            chosen.push(step);
        }
    }
    chosen
}

fn count(findings: &[Finding], files: usize) -> Vec<usize> {
    let mut errors = vec![0; files];
    for finding in findings.iter().filter(|f| f.diagnostic.is_error()) {
        if let Some(errors) = errors.get_mut(finding.file) {
            *errors += 1;
        }
    }
    errors
}
