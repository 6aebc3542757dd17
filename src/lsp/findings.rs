//! Findings as an editor shows them. In: the documents of a folder; out: per document what `check` says, and which
//! examples fail, as diagnostics of the protocol.

use std::collections::HashMap;
use std::rc::Rc;

use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location, NumberOrString,
};

use super::piece::{Piece, cut};
use super::workspace::{Document, Key, UnitOf, Workspace};
use crate::engine::examples;
use crate::lang::check::{Analysis, Finding, SourceFile, check_parsed};
use crate::lang::diag::{self, Code};
use crate::lang::lint::lint;
use crate::lang::span::Span;

/// A finding and the unit that it is about.
#[derive(Debug, Clone)]
pub struct Found {
    pub key: Key,
    /// The first byte of the piece in its document.
    pub base: usize,
    pub diagnostic: diag::Diagnostic,
}

/// Which examples failed when they were last run: kept while their pieces stay the same.
#[derive(Debug, Default)]
pub struct Failures {
    of: HashMap<*const Piece, (Rc<Piece>, Vec<diag::Diagnostic>)>,
}

/// Checks all documents of a folder together. Examples are as they were last run; [`run_examples`] runs them.
pub fn check(workspace: &Workspace, folder: &str, failures: &Failures) -> (Vec<Found>, Analysis) {
    let units = workspace.units(folder);
    let mut analysis = analyse(units.iter().map(|u| u.piece));
    // A comment that allows nothing is judged where its whole file is sound.
    let broken: Vec<&Key> =
        analysis.errors().filter_map(|finding| units.get(finding.file)).map(|unit| unit.key).collect();
    let is_judged = |f: &Finding| units.get(f.file).is_some_and(|unit| !broken.contains(&unit.key));
    analysis.findings.retain(|f| f.diagnostic.code != Code::UselessSuppression || is_judged(f));
    let found = |unit: &UnitOf, diagnostic: &diag::Diagnostic| Found {
        key: unit.key.clone(),
        base: unit.base,
        diagnostic: diagnostic.clone(),
    };
    let mut all: Vec<Found> = Vec::new();
    for finding in &analysis.findings {
        all.extend(units.get(finding.file).map(|unit| found(unit, &finding.diagnostic)));
    }
    for unit in &units {
        let known = failures.of.get(&Rc::as_ptr(unit.piece));
        all.extend(known.into_iter().flat_map(|(_, of)| of).map(|diagnostic| found(unit, diagnostic)));
    }
    (all, analysis)
}

/// Checks a folder as it would be with other texts in its documents.
pub fn check_texts(workspace: &Workspace, folder: &str, text_of: impl Fn(&Document) -> String) -> Vec<Finding> {
    let texts = workspace.of_folder(folder).map(|(_, document)| document);
    let pieces: Vec<Rc<Piece>> =
        texts.flat_map(|document| cut(&text_of(document), &document.pieces)).map(|(_, piece)| piece).collect();
    analyse(pieces.iter()).findings
}

/// Checks and lints. To the checker each piece is a file of its own: then places need no translation.
fn analyse<'p>(pieces: impl Iterator<Item = &'p Rc<Piece>>) -> Analysis {
    let pieces: Vec<&Piece> = pieces.map(Rc::as_ref).collect();
    let mut analysis = check_parsed(pieces.iter().map(|piece| piece.parsed().clone()).collect());
    let files: Vec<SourceFile> = pieces.iter().map(|piece| SourceFile::new("", piece.text.as_str())).collect();
    lint(&files, &mut analysis);
    analysis
}

/// Runs the examples of a folder; whether anything has changed since the last time.
pub fn run_examples(workspace: &Workspace, folder: &str, analysis: &Analysis, failures: &mut Failures) -> bool {
    let units = workspace.units(folder);
    let mut of: HashMap<*const Piece, (Rc<Piece>, Vec<diag::Diagnostic>)> = HashMap::new();
    for failure in examples::run(&analysis.checked).failures {
        let Some(unit) = units.get(failure.file) else { continue };
        let entry = of.entry(Rc::as_ptr(unit.piece)).or_insert_with(|| (Rc::clone(unit.piece), Vec::new()));
        entry.1.push(failure.diagnostic);
    }
    let shown = |of: &HashMap<*const Piece, (Rc<Piece>, Vec<diag::Diagnostic>)>| {
        let count = |unit: &UnitOf| of.get(&Rc::as_ptr(unit.piece)).map_or(0, |(_, found)| found.len());
        units.iter().map(count).collect::<Vec<usize>>()
    };
    let changed = shown(&of) != shown(&failures.of);
    failures.of = of;
    changed
}

/// The finding in the form of the protocol.
pub fn to_lsp(workspace: &Workspace, found: &Found) -> Option<Diagnostic> {
    let document = workspace.get(&found.key)?;
    let diagnostic = &found.diagnostic;
    let range = |span: Span| document.range(found.base, span);
    let mut message = diagnostic.message.clone();
    if let Some(help) = &diagnostic.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    // The first label's words are often only "here": they say something beside the others.
    let others = diagnostic.labels.get(1..).unwrap_or_default();
    let related: Vec<DiagnosticRelatedInformation> = diagnostic
        .labels
        .iter()
        .filter(|l| !l.message.is_empty() && (!others.is_empty() || l.message != "here"))
        .map(|label| DiagnosticRelatedInformation {
            location: Location::new(document.uri.clone(), range(label.span)),
            message: label.message.clone(),
        })
        .collect();
    Some(Diagnostic {
        range: diagnostic.labels.first().map(|l| range(l.span)).unwrap_or_default(),
        severity: Some(match diagnostic.severity {
            diag::Severity::Error => DiagnosticSeverity::ERROR,
            diag::Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(diagnostic.code.id().to_owned())),
        code_description: None,
        source: Some("reskill".to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        tags: (diagnostic.code == Code::Unused).then(|| vec![DiagnosticTag::UNNECESSARY]),
        data: None,
    })
}
