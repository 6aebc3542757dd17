//! The same place in another text. In: a place in what was printed, and the source that says the same; out: the place in
//! the source. Printing moves tokens apart and together, but neither adds nor drops one.

use super::super::source::{Lexeme, Source, SourceToken};
use super::super::span::Span;

/// Where `span`, which lies in `from` of `printed`, stands in `to` of `source`; `None` if the two are not the same tokens one
/// by one.
pub(super) fn carry(printed: &Source, from: Span, source: &Source, to: Span, span: Span) -> Option<Span> {
    let (printed_tokens, source_tokens) = (significant(printed, from), significant(source, to));
    if printed_tokens.len() != source_tokens.len() {
        return None;
    }
    let first = printed_tokens.iter().position(|l| l.span.end > span.start)?;
    let last = printed_tokens.iter().rposition(|l| l.span.start < span.end)?.max(first);
    let inside = |token: usize, at: u32| {
        let (one, other) = (printed_tokens[token].span, source_tokens[token].span);
        let same = printed.slice(one) == source.slice(other) && (one.start..=one.end).contains(&at);
        same.then(|| other.start + (at - one.start))
    };
    let start = inside(first, span.start).unwrap_or(source_tokens[first].span.start);
    let end = inside(last, span.end).unwrap_or(source_tokens[last].span.end);
    Some(Span { start, end })
}

/// `span` without its first token: what an edit of a patch says after `add` or `replace`.
pub(super) fn after_first(source: &Source, span: Span) -> Span {
    let start = significant(source, span).get(1).map_or(span.start, |l| l.span.start);
    Span { start, end: span.end }
}

fn significant(source: &Source, span: Span) -> Vec<Lexeme> {
    let from = source.lexemes.partition_point(|l| l.span.start < span.start);
    let inside = source.lexemes[from..].iter().take_while(|l| l.span.end <= span.end);
    inside.copied().filter(|l| !matches!(l.token, SourceToken::Blank | SourceToken::Comment)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_again_token_by_token() {
        let (printed, written) = ("rule r when p(x) and q(x) {", "// first\nrule  r when\n  p( x ) // so\n and q(x){");
        let (one, other) = (Source::new(printed).expect("small"), Source::new(written).expect("small"));
        let whole = |text: &str| Span::new(0, text.len());
        let at = printed.find("q(x)").expect("there");
        let span = Span::new(at, at + 4);
        let found = carry(&one, whole(printed), &other, whole(written), span).expect("the same tokens");
        assert_eq!(&written[found.range()], "q(x)");
        assert!(carry(&one, Span::new(5, printed.len()), &other, whole(written), span).is_none());
    }
}
