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
    for (lexeme, is_found) in [(Some(found), true), (before, false)] {
        let Some(lexeme) = lexeme else { continue };
        let word = source.slice(lexeme.span);
        if lexeme.token != SourceToken::Word || (!is_found && meaning(word).is_some()) {
            continue;
        }
        let (start, end) = (lexeme.span.start as usize - base, lexeme.span.end as usize - base);
        // How far the grammar comes with the keyword, counted from the end of the word.
        let beyond = |keyword: &str| -> Option<usize> {
            let replaced = format!("{}{keyword}{}", &item[..start], &item[end..]);
            // The keyword must be taken, and what stood in the way before must be passed.
            let passed = if is_found { start + keyword.len() } else { error + keyword.len() - word.len() + 1 };
            let at = reach(&replaced).unwrap_or(usize::MAX);
            if at >= passed {
                return Some(at.saturating_sub(start + keyword.len()));
            }
            // A word after a whole item may begin the next one; its name must follow.
            let begins = is_found && matches!(keyword, "domain" | "skill" | "patch");
            let at = if begins { reach(&format!("{keyword}{}", &item[end..])).unwrap_or(usize::MAX) } else { 0 };
            (at > keyword.len() + 1).then(|| at - keyword.len())
        };
        let near = similar(word, KEYWORDS.iter().map(|(keyword, _)| *keyword));
        let fits = near.into_iter().rev().filter_map(|keyword| Some((beyond(keyword)?, keyword)));
        // Of two that come as far, the nearer one: it is the last.
        if let Some((_, keyword)) = fits.max_by_key(|(beyond, _)| *beyond) {
            return Some((lexeme.span, keyword));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::lang::parse::parse;

    /// The text after its fix, or the help of its first finding where it has none.
    fn mended(text: &str) -> String {
        let found = parse(text).diagnostics;
        let Some(diagnostic) = found.first() else { return "nothing is wrong".to_owned() };
        match diagnostic.fixes.first() {
            Some(fix) => {
                format!("{}{}{}", &text[..fix.span.start as usize], fix.replacement, &text[fix.span.end as usize..])
            }
            None => diagnostic.help.clone().unwrap_or_default(),
        }
    }

    #[test]
    fn slips_are_mended_where_the_grammar_takes_the_word() {
        for (right, slips) in [
            (
                "skill s in d { rule r when not p(x) { advise \"x\" prefer q(x) where x is y } }",
                [
                    ("advise", "advize"),
                    ("prefer", "prefre"),
                    ("where", "wehre"),
                    ("not", "nto"),
                    ("when", "wen"),
                    ("rule", "rul"),
                    ("skill", "skil"),
                ]
                .as_slice(),
            ),
            (
                "domain d { event e() = action \"x\" fluent f() initiated by e() }",
                &[
                    ("event", "evnt"),
                    ("action", "actoin"),
                    ("fluent", "flunt"),
                    ("initiated", "initated"),
                    ("domain", "domian"),
                ],
            ),
            (
                "skill s in d { assert a: whenever p(x) then q(x) within 3 steps because \"y\" }",
                &[("whenever", "whenevr"), ("then", "than"), ("within", "wthin"), ("because", "becuase")],
            ),
        ] {
            for (word, slip) in slips {
                assert_eq!(mended(&right.replacen(word, slip, 1)), right, "{slip}");
            }
        }
    }

    #[test]
    fn a_word_that_is_no_slip_is_left_alone() {
        assert!(mended("skill s in d { rule step when p(x) { prefer q(x) } }").contains("`step` is a reserved word"));
        assert!(mended("skill s in d { rule a when p(x) or q(x) { prefer q(x) } }").contains("or when"));
        assert!(mended("Put the mug down.").contains("a file holds"));
    }
}
