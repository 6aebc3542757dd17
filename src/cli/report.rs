//! Findings for people and for programs. In: findings and their files; out: miette's drawings or one JSON array.

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity as Shown};
use serde::Serialize;

use crate::lang::check::{Finding, SourceFile};
use crate::lang::diag::{Diagnostic, Severity, place};

/// One finding as miette draws it.
#[derive(Debug)]
struct Drawn<'d> {
    diagnostic: &'d Diagnostic,
    source: NamedSource<String>,
}

impl std::fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl miette::Diagnostic for Drawn<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code.id()))
    }

    fn severity(&self) -> Option<Shown> {
        Some(match self.diagnostic.severity {
            Severity::Error => Shown::Error,
            Severity::Warning => Shown::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.diagnostic.labels.iter().map(|label| {
            let length = (label.span.end - label.span.start) as usize;
            let message = (!label.message.is_empty()).then(|| label.message.clone());
            LabeledSpan::new(message, label.span.start as usize, length)
        })))
    }
}

/// Draws findings with the source around them; colour only if `colour`.
pub fn full(files: &[SourceFile], findings: &[Finding], colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(110).with_links(false);
    let mut out = String::new();
    for finding in findings {
        let file = &files[finding.file];
        let source = NamedSource::new(&file.name, file.text.clone());
        let drawn = Drawn { diagnostic: &finding.diagnostic, source };
        // Rendering fails only if writing to the String did, which it cannot; the message alone is the fallback of
        // a place outside the file.
        if handler.render_report(&mut out, &drawn).is_err() {
            out.push_str(&format!("{}: {}\n", file.name, finding.diagnostic.message));
        }
        out.push('\n');
    }
    out
}

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
}

/// One JSON array; `start` and `end` are byte offsets, `line` and `column` count from 1 (columns in characters).
pub fn json(files: &[SourceFile], findings: &[Finding]) -> String {
    let items: Vec<JsonFinding> = findings
        .iter()
        .map(|finding| {
            let SourceFile { name, text } = &files[finding.file];
            let diagnostic = &finding.diagnostic;
            let label = |label: &'_ crate::lang::diag::Label| place(text, label.span.start as usize);
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
                    })
                    .collect(),
                expected: &diagnostic.expected,
                form: diagnostic.form,
            }
        })
        .collect();
    serde_json::to_string_pretty(&items).unwrap_or_else(|error| format!("[] // {error}"))
}
