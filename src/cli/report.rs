//! Findings for people and for programs. In: findings and their files; out: text in one of the formats: miette's
//! drawings (here), one line each (`lines`), a JSON array (`json`), a SARIF log (`sarif`).

mod json;
mod lines;
mod sarif;

use clap::ValueEnum;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity as Shown};

use crate::lang::check::{Finding, SourceFile};
use crate::lang::diag::{Diagnostic, Severity};

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Drawn over the source, for people
    Full,
    /// `file:line:column: CODE message`, one line each
    Concise,
    /// One JSON array
    Json,
    /// A SARIF 2.1.0 log, for code scanning
    Sarif,
    /// Commands that annotate a change on GitHub
    Github,
}

impl Format {
    /// Whether the text is for people, who are told a summary too.
    pub fn is_for_people(self) -> bool {
        matches!(self, Format::Full | Format::Concise)
    }
}

/// All findings in this format; colour only if `colour`, and only in drawings.
pub fn render(format: Format, files: &[SourceFile], findings: &[Finding], colour: bool) -> String {
    match format {
        Format::Full => full(files, findings, colour),
        Format::Concise => lines::concise(files, findings),
        Format::Json => json::json(files, findings),
        Format::Sarif => sarif::sarif(files, findings),
        Format::Github => lines::github(files, findings),
    }
}

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
