//! Findings one line each: `file:line:column: CODE message` for people and editors, workflow commands for GitHub.

use crate::lang::check::{Finding, SourceFile};
use crate::lang::diag::{Severity, place};

/// `file:line:column: CODE message`, a line for each finding.
pub(super) fn concise(files: &[SourceFile], findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let SourceFile { name, text } = &files[finding.file];
        let (line, column) = finding.diagnostic.labels.first().map_or((1, 1), |l| place(text, l.span.start as usize));
        let message = finding.diagnostic.message.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{name}:{line}:{column}: {} {message}\n", finding.diagnostic.code.id())
    };
    findings.iter().map(line).collect()
}

/// `::error file=…,line=…,col=…::message`, a line for each finding.
pub(super) fn github(files: &[SourceFile], findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let SourceFile { name, text } = &files[finding.file];
        let diagnostic = &finding.diagnostic;
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let span = diagnostic.labels.first().map_or((0, 0), |l| (l.span.start as usize, l.span.end as usize));
        let ((line, column), (end_line, end_column)) = (place(text, span.0), place(text, span.1));
        // A column says something about one line only.
        let columns = match line == end_line {
            true => format!(",col={column},endColumn={end_column}"),
            false => format!(",col={column}"),
        };
        let message = match &diagnostic.help {
            Some(help) => format!("{}\n{help}", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        format!(
            "::{command} file={},line={line},endLine={end_line}{columns},title={}::{}\n",
            property(name),
            diagnostic.code.id(),
            data(&message)
        )
    };
    findings.iter().map(line).collect()
}

/// The text of a workflow command: percent signs and line breaks escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property: what separates properties is escaped too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::diag::{Code, Diagnostic};
    use crate::lang::span::Span;

    #[test]
    fn workflow_commands_escape_what_would_end_them() {
        let files = [SourceFile::new("a,b:c%.skill", "x\ny")];
        let diagnostic = Diagnostic::error(Code::Syntax, "100 %\r\nof it, all: here").label(Span::new(2, 3), "");
        let findings = [Finding { file: 0, diagnostic }];
        assert_eq!(
            github(&files, &findings),
            "::error file=a%2Cb%3Ac%25.skill,line=2,endLine=2,col=1,endColumn=2,title=E0201::100 %25%0D%0Aof it, all: here\n"
        );
        assert_eq!(concise(&files, &findings), "a,b:c%.skill:2:1: E0201 100 % of it, all: here\n");
    }
}
