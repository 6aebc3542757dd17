//! Texts of worlds as tokens. In: an observation, an action, a task sentence or the literal part of a pattern;
//! out: tokens with byte spans over the raw text. Patterns and values compare tokens, so spacing and case never
//! matter; whatever the lexer does not know is a one-character punctuation token, so lexing never fails.

mod number;

pub use number::Decimal;

use logos::Logos;

/// The four kinds of token.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[logos(skip r"[ \t\r\f]+")]
pub enum TokenKind {
    /// Letters, digits and `_` with at least one letter; `'` and `-` only between such characters: `3x-large`, `it's`.
    #[regex(r"[\p{N}_]*[\p{L}_][\p{L}\p{N}_]*([-'’][\p{L}\p{N}_]+)*")]
    Word,
    /// Decimal digits, with thousands commas and a fraction: `1,299.50`.
    #[regex(r"[0-9]+", priority = 5)]
    #[regex(r"[0-9]+\.[0-9]+", priority = 6)]
    #[regex(r"[0-9][0-9]?[0-9]?(,[0-9][0-9][0-9])+(\.[0-9]+)?", priority = 7)]
    Number,
    /// One or more line breaks, with the blanks between them.
    #[regex(r"\n[ \t\r\f\n]*")]
    Newline,
    /// Any other character, one at a time.
    #[regex(r"[^\p{L}\p{N}_ \t\r\f\n]", priority = 1)]
    Mark,
}

/// A token and where it stands in the raw text (bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub start: u32,
    pub end: u32,
}

impl Token {
    /// The raw text of this token.
    pub fn raw<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start as usize..self.end as usize]
    }
}

/// Texts longer than this are cut before they are read (at a character boundary): 1 MiB.
pub const MAX_TEXT: usize = 1 << 20;

/// What is read of a text: at most [`MAX_TEXT`] of it.
pub fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Calls `found` with the kind, the start and the end (bytes) of every token of `text`.
pub fn each_token(text: &str, mut found: impl FnMut(TokenKind, usize, usize)) {
    let mut lexer = TokenKind::lexer(cut(text));
    while let Some(kind) = lexer.next() {
        let span = lexer.span();
        found(kind.unwrap_or(TokenKind::Mark), span.start, span.end);
    }
}

/// Splits `text` into tokens; appends them to `out`, which is cleared first.
pub fn lex_into(text: &str, out: &mut Vec<Token>) {
    out.clear();
    each_token(text, |kind, start, end| out.push(Token { kind, start: start as u32, end: end as u32 }));
}

/// Splits `text` into tokens.
pub fn lex(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    lex_into(text, &mut tokens);
    tokens
}

/// Folds one token's text for comparison: lower case, typographic apostrophe as `'`, any line breaks as one.
pub fn fold(raw: &str) -> String {
    let mut folded = String::new();
    fold_into(raw, &mut folded);
    folded
}

/// Appends a token's [`fold`]ed text.
pub fn fold_into(raw: &str, out: &mut String) {
    if raw.starts_with('\n') {
        out.push('\n');
    } else if raw.is_ascii() {
        let start = out.len();
        out.push_str(raw);
        out[start..].make_ascii_lowercase();
    } else {
        out.extend(raw.chars().flat_map(char::to_lowercase).map(|c| if c == '’' { '\'' } else { c }));
    }
}

/// Whether a token's text folds to `folded`.
pub fn folds_to(raw: &str, folded: &str) -> bool {
    if raw.is_ascii() && !raw.starts_with('\n') { raw.eq_ignore_ascii_case(folded) } else { fold(raw) == folded }
}

/// The folded tokens of `tokens` joined by single spaces: the canonical text of a captured value.
pub fn canonical(text: &str, tokens: &[Token]) -> String {
    let mut joined = String::new();
    for token in tokens {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(&fold(token.raw(text)));
    }
    joined
}

/// The tokens of a [`canonical`] text.
pub fn tokens(canonical: &str) -> impl Iterator<Item = &str> {
    canonical.split(' ').filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        lex(text).iter().map(|t| (t.kind, t.raw(text))).collect()
    }

    #[test]
    fn words_numbers_marks_and_newlines() {
        use TokenKind::*;
        assert_eq!(
            kinds("Put 3x-large in/on 1,299.50!\nIt's b09q 12,34 7."),
            vec![
                (Word, "Put"),
                (Word, "3x-large"),
                (Word, "in"),
                (Mark, "/"),
                (Word, "on"),
                (Number, "1,299.50"),
                (Mark, "!"),
                (Newline, "\n"),
                (Word, "It's"),
                (Word, "b09q"),
                (Number, "12"),
                (Mark, ","),
                (Number, "34"),
                (Number, "7"),
                (Mark, "."),
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn lexing_never_fails_and_covers_all_but_blanks(text in "\\PC*|[a-z0-9 ,.'\n-]{0,40}") {
            let mut end = 0;
            for token in lex(&text) {
                let gap = &text[end..token.start as usize];
                proptest::prop_assert!(gap.chars().all(|c| " \t\r\x0c".contains(c)), "gap {gap:?}");
                proptest::prop_assert!(token.end > token.start);
                end = token.end as usize;
            }
            proptest::prop_assert!(text[end..].chars().all(|c| " \t\r\x0c".contains(c)));
        }
    }
}
