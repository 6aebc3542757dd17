//! Findings as a SARIF 2.1.0 log (the OASIS standard that code-scanning services read). One run, one rule per code
//! found; columns count characters; the page of a code is its rule's help.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::lang::check::{Finding, SourceFile};
use crate::lang::diag::{Code, Severity, place};
use crate::lang::explain;
use crate::lang::span::Span;

/// The log.
pub(super) fn sarif(files: &[SourceFile], findings: &[Finding]) -> String {
    let codes: Vec<Code> = findings.iter().map(|f| f.diagnostic.code).collect::<BTreeSet<_>>().into_iter().collect();
    let results: Vec<Value> = findings.iter().map(|finding| result(files, finding, &codes)).collect();
    let log = json!({
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "reskill",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}")
}

fn rule(code: Code) -> Value {
    let page = explain::page(code);
    let level = if code.id().starts_with('W') { "warning" } else { "error" };
    json!({
        "id": code.id(),
        "shortDescription": { "text": code.title() },
        "fullDescription": { "text": page.means },
        "help": { "text": page.to_do, "markdown": code.page() },
        "defaultConfiguration": { "level": level },
    })
}

fn result(files: &[SourceFile], finding: &Finding, codes: &[Code]) -> Value {
    let file = &files[finding.file];
    let diagnostic = &finding.diagnostic;
    let message = match &diagnostic.help {
        Some(help) => format!("{}; {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let location = |span: Span, message: &str| {
        let mut location = json!({
            "physicalLocation": { "artifactLocation": { "uri": uri(&file.name) }, "region": region(&file.text, span) },
        });
        if !message.is_empty() {
            location["message"] = json!({ "text": message });
        }
        location
    };
    let (first, others) = match diagnostic.labels.split_first() {
        Some((first, others)) => (location(first.span, &first.message), others),
        None => (location(Span::default(), ""), &[][..]),
    };
    let mut result = json!({
        "ruleId": diagnostic.code.id(),
        "ruleIndex": codes.iter().position(|code| *code == diagnostic.code),
        "level": level,
        "message": { "text": message },
        "locations": [first],
    });
    if !others.is_empty() {
        result["relatedLocations"] = others.iter().map(|l| location(l.span, &l.message)).collect();
    }
    if !diagnostic.fixes.is_empty() {
        let fix = |fix: &crate::lang::diag::Fix| {
            json!({
                "description": { "text": fix.title },
                "artifactChanges": [{
                    "artifactLocation": { "uri": uri(&file.name) },
                    "replacements": [{
                        "deletedRegion": region(&file.text, fix.span),
                        "insertedContent": { "text": fix.replacement },
                    }],
                }],
            })
        };
        result["fixes"] = diagnostic.fixes.iter().map(fix).collect();
    }
    result
}

fn region(text: &str, span: Span) -> Value {
    let ((line, column), (end_line, end_column)) = (place(text, span.start as usize), place(text, span.end as usize));
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}

/// A path as a URI reference: `/` between its parts, everything but unreserved characters percent-encoded.
fn uri(path: &str) -> String {
    let portable = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let mut uri = String::new();
    if Path::new(path).is_absolute() {
        uri.push_str(if portable.starts_with('/') { "file://" } else { "file:///" });
    }
    for byte in portable.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("skills/a b/é%.skill"), "skills/a%20b/%C3%A9%25.skill");
        assert_eq!(uri("a:b.skill"), "a%3Ab.skill");
        if cfg!(unix) {
            assert_eq!(uri("/tmp/x.skill"), "file:///tmp/x.skill");
        }
    }
}
