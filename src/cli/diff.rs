//! Unified diffs of texts, in colour on a terminal.

use similar::{ChangeTag, TextDiff};

use super::colour;

/// How `before` becomes `after`, under the name of the file.
pub(super) fn unified(name: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut unified = diff.unified_diff();
    unified.context_radius(3).header(name, name);
    if !colour() {
        return unified.to_string();
    }
    let mut out = format!("\x1b[1m--- {name}\n+++ {name}\x1b[0m\n");
    for hunk in unified.iter_hunks() {
        out.push_str(&format!("\x1b[36m{}\x1b[0m\n", hunk.header()));
        for change in hunk.iter_changes() {
            let (start, end) = match change.tag() {
                ChangeTag::Delete => ("\x1b[31m-", "\x1b[0m"),
                ChangeTag::Insert => ("\x1b[32m+", "\x1b[0m"),
                ChangeTag::Equal => (" ", ""),
            };
            out.push_str(&format!("{start}{}{end}\n", change.value().trim_end_matches('\n')));
        }
    }
    out
}
