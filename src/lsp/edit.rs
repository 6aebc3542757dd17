//! Changes that are offered. In: a document, its findings; out: the edits that bring it into its canonical form, and a code
//! action for every fix.

use std::collections::HashMap;

use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Diagnostic, Range, TextEdit, Uri, WorkspaceEdit};
use similar::{DiffTag, TextDiff};

use super::findings::{Found, to_lsp};
use super::workspace::{Document, Key, Workspace};
use crate::lang::diag::Applicability;
use crate::lang::format::format;
use crate::lang::span::Span;

/// The edits that bring the document into its canonical form; `None` if it has syntax errors.
pub fn formatting(document: &Document) -> Option<Vec<TextEdit>> {
    let text = document.text.as_str();
    // What an editor leaves of a byte order mark stays.
    let (mark, rest) = match text.strip_prefix('\u{feff}') {
        Some(rest) => ("\u{feff}", rest),
        None => ("", text),
    };
    let mut canonical = format(rest).ok()?;
    if text.contains("\r\n") {
        canonical = canonical.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    let canonical = format!("{mark}{canonical}");
    let (old, new) = (starts(text), starts(&canonical));
    // Lines that stay leave the cursor where it is.
    let diff = TextDiff::from_lines(text, canonical.as_str());
    let changed = diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    let edit = |from: std::ops::Range<usize>, to: std::ops::Range<usize>| {
        let span = Span::new(at(&old, from.start, text.len()), at(&old, from.end, text.len()));
        let by = canonical.get(at(&new, to.start, canonical.len())..at(&new, to.end, canonical.len()));
        TextEdit::new(document.lines.range(text, span), by.unwrap_or_default().to_owned())
    };
    Some(changed.map(|op| edit(op.old_range(), op.new_range())).collect())
}

/// Where the lines begin, counted as the comparison counts them.
fn starts(text: &str) -> Vec<usize> {
    let mut at = 0;
    let diff = TextDiff::from_lines(text, "");
    let mut starts = Vec::new();
    for line in diff.iter_old_slices() {
        starts.push(at);
        at += line.len();
    }
    starts
}

fn at(starts: &[usize], line: usize, end: usize) -> usize {
    starts.get(line).copied().unwrap_or(end)
}

/// The fixes of the findings that touch a range.
pub fn actions(workspace: &Workspace, key: &Key, range: Range, found: &[Found]) -> Vec<CodeActionOrCommand> {
    let Some(document) = workspace.get(key) else { return Vec::new() };
    let mut actions = Vec::new();
    for finding in found.iter().filter(|f| f.key == *key) {
        let Some(shown) = to_lsp(workspace, finding) else { continue };
        let touches = shown.range.start <= range.end && range.start <= shown.range.end;
        let fixes = &finding.diagnostic.fixes;
        for fix in fixes.iter().filter(|_| touches) {
            let edit = TextEdit::new(document.range(finding.base, fix.span), fix.replacement.clone());
            actions.push(action(
                document,
                &fix.title,
                edit,
                &shown,
                fixes.len() == 1 && fix.applicability == Applicability::Safe,
            ));
        }
    }
    actions
}

fn action(document: &Document, title: &str, edit: TextEdit, of: &Diagnostic, preferred: bool) -> CodeActionOrCommand {
    // Addresses are compared by their text only.
    #[allow(clippy::mutable_key_type)]
    let changes: HashMap<Uri, Vec<TextEdit>> = HashMap::from([(document.uri.clone(), vec![edit])]);
    CodeActionOrCommand::CodeAction(CodeAction {
        title: title.to_owned(),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![of.clone()]),
        edit: Some(WorkspaceEdit::new(changes)),
        is_preferred: Some(preferred),
        ..CodeAction::default()
    })
}
