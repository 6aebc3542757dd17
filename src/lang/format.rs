//! The canonical form of a whole file. In: its text; out: what `print` makes of it, proven to say the same: the output
//! is parsed again, its tree must be equal and every comment must still be there.

use thiserror::Error;

use super::diag::Diagnostic;
use super::parse::parse;
use super::print;
use super::source::{Source, SourceToken};

/// Why a file was not formatted.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FormatError {
    /// A file is formatted whole or not at all.
    #[error("{} syntax errors; mend them first", .0.len())]
    Broken(Vec<Diagnostic>),
    #[error("the canonical form would not say the same ({0}); the file is left as it is: please report this")]
    Changed(&'static str),
}

/// The canonical text of a file. A file of comments alone is its own canonical form.
pub fn format(text: &str) -> Result<String, FormatError> {
    let parsed = parse(text);
    if !parsed.diagnostics.is_empty() {
        return Err(FormatError::Broken(parsed.diagnostics));
    }
    if parsed.items.is_empty() {
        return Ok(text.to_owned());
    }
    let printed = print::items(&parsed.items);
    let again = parse(&printed);
    if again.items != parsed.items || !again.diagnostics.is_empty() {
        return Err(FormatError::Changed("it parses to another tree"));
    }
    if comments(text) != comments(&printed) {
        return Err(FormatError::Changed("a comment would be lost"));
    }
    Ok(printed)
}

/// All comments of a text, sorted: formatting may move one from inside a condition to the line before it.
fn comments(text: &str) -> Vec<&str> {
    let Ok(source) = Source::new(text) else { return Vec::new() };
    let of = source.lexemes.iter().filter(|l| l.token == SourceToken::Comment);
    let mut comments: Vec<&str> = of.map(|l| text[l.span.range()].trim_end()).collect();
    comments.sort_unstable();
    comments
}
