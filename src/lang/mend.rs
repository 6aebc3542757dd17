//! Slips of the finger in reserved words. In: an item that does not parse, and where; out: the word to put in its place, tried
//! out on the grammar.

use super::diag::similar;
use super::keywords::{KEYWORDS, meaning};
use super::parse::reach;
use super::source::{Lexeme, Source, SourceToken};
use super::span::Span;

/// A reserved word that looks like the word at the error, or like the one before it, and that lets the grammar go on.
pub(super) fn mend(source: &Source, chunk: Span, error: usize, found: Lexeme) -> Option<(Span, &'static str)> {
    let item = source.slice(chunk);
    let base = chunk.start as usize;
    let before = source.significant_before(found.span.start as usize).filter(|l| l.span.start >= chunk.start);
    for lexeme in [Some(found), before].into_iter().flatten() {
        let word = source.slice(lexeme.span);
        if lexeme.token != SourceToken::Word || (lexeme != found && meaning(word).is_some()) {
            continue;
        }
        let (start, end) = (lexeme.span.start as usize - base, lexeme.span.end as usize - base);
        for keyword in similar(word, KEYWORDS.iter().map(|(keyword, _)| *keyword)) {
            let replaced = format!("{}{keyword}{}", &item[..start], &item[end..]);
            // The keyword must be taken, and what stood in the way before must be passed.
            let passed = if lexeme == found { start + keyword.len() } else { error + keyword.len() - word.len() + 1 };
            let goes_on = reach(&replaced).is_none_or(|at| at >= passed);
            // A word after a whole item may begin the next one; its name must follow.
            let begins = matches!(keyword, "domain" | "skill" | "patch")
                && lexeme == found
                && reach(&format!("{keyword}{}", &item[end..])).is_none_or(|at| at > keyword.len() + 1);
            if goes_on || begins {
                return Some((lexeme.span, keyword));
            }
        }
    }
    None
}
