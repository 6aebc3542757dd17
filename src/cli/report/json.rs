//! Findings as one JSON array, for programs. The fields are those of the interface that other tools read.

use serde::Serialize;

use crate::lang::check::{Finding, SourceFile};
use crate::lang::diag::{Applicability, Label, Severity, place};

#[derive(Serialize)]
struct JsonFinding<'f> {
    file: &'f str,
    code: &'static str,
    severity: Severity,
    message: &'f str,
    help: Option<&'f str>,
    labels: Vec<JsonLabel<'f>>,
    fixes: Vec<JsonFix<'f>>,
    /// What could stand at the place of a syntax error.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    expected: &'f [String],
    /// The nearest form that would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<&'static str>,
}

#[derive(Serialize)]
struct JsonLabel<'f> {
    start: u32,
    end: u32,
    line: usize,
    column: usize,
    message: &'f str,
}

#[derive(Serialize)]
struct JsonFix<'f> {
    title: &'f str,
    start: u32,
    end: u32,
    replacement: &'f str,
    applicability: Applicability,
}

/// The array; `start` and `end` are byte offsets, `line` and `column` count from 1 (columns in characters).
pub(super) fn json(files: &[SourceFile], findings: &[Finding]) -> String {
    let items: Vec<JsonFinding> = findings
        .iter()
        .map(|finding| {
            let SourceFile { name, text } = &files[finding.file];
            let diagnostic = &finding.diagnostic;
            let label = |label: &'_ Label| place(text, label.span.start as usize);
            JsonFinding {
                file: name,
                code: diagnostic.code.id(),
                severity: diagnostic.severity,
                message: &diagnostic.message,
                help: diagnostic.help.as_deref(),
                labels: diagnostic
                    .labels
                    .iter()
                    .map(|l| {
                        let (line, column) = label(l);
                        JsonLabel { start: l.span.start, end: l.span.end, line, column, message: &l.message }
                    })
                    .collect(),
                fixes: diagnostic
                    .fixes
                    .iter()
                    .map(|f| JsonFix {
                        title: &f.title,
                        start: f.span.start,
                        end: f.span.end,
                        replacement: &f.replacement,
                        applicability: f.applicability,
                    })
                    .collect(),
                expected: &diagnostic.expected,
                form: diagnostic.form,
            }
        })
        .collect();
    serde_json::to_string_pretty(&items).expect("texts and whole numbers are always JSON")
}
