//! The source text of one file, before parsing. In: bytes; out: tokens with trivia, the top-level items as byte
//! ranges, and the limits enforced (size, nesting). A broken item can never spoil its neighbours: items begin at
//! the reserved words `domain`, `skill` and `patch`, whatever the brackets before them look like.

use logos::Logos;

use super::diag::{Code, Diagnostic};
use super::span::Span;

/// Larger files are refused: 4 MiB.
pub const MAX_BYTES: usize = 4 << 20;
/// Deeper nesting of brackets is refused.
pub const MAX_DEPTH: usize = 32;

/// Tokens of source text. Everything is a token: they tile the input.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceToken {
    /// A byte order mark counts as a blank.
    #[regex(r"[ \t\r\n\u{feff}]+")]
    Blank,
    #[regex(r"//[^\n]*", allow_greedy = true)]
    Comment,
    #[regex(r"[A-Za-z_][A-Za-z0-9_]*")]
    Word,
    #[regex(r"[0-9]+(\.[0-9]+)?")]
    Number,
    #[regex(r#""([^"\\\n]|\\[^\n])*""#)]
    Text,
    #[regex(r#""([^"\\\n]|\\[^\n])*"#, priority = 1)]
    OpenText,
    /// A regular expression; a comment begins with two slashes, so no expression is empty.
    #[regex(r"/([^/\\\n]|\\[^\n])([^/\\\n]|\\[^\n])*/")]
    Regex,
    #[token("(")]
    #[token("{")]
    Open,
    #[token(")")]
    #[token("}")]
    Close,
    #[regex(r"->|<=|>=|!=|==|&&|\|\||[=<>|,:!;&.+*/\-\[\]]")]
    Sign,
    /// A character that no valid file contains outside strings and comments.
    #[regex(r"[^ \t\r\n\u{feff}]", priority = 0)]
    Stray,
}

/// A token and its bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lexeme {
    pub token: SourceToken,
    pub span: Span,
}

/// A file, lexed.
pub struct Source<'s> {
    pub text: &'s str,
    pub lexemes: Vec<Lexeme>,
}

impl<'s> Source<'s> {
    /// Lexes `text`; fails on what no parser should see: too large, too deep.
    pub fn new(text: &'s str) -> Result<Self, Box<Diagnostic>> {
        if text.len() > MAX_BYTES {
            return Err(Box::new(
                Diagnostic::error(
                    Code::TooLarge,
                    format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len()),
                )
                .label(Span::new(0, 0), "")
                .help("split the file: a bank may have as many `.skill` files as you like"),
            ));
        }
        let lexemes: Vec<Lexeme> = SourceToken::lexer(text)
            .spanned()
            .map(|(token, range)| Lexeme {
                token: token.unwrap_or(SourceToken::Stray),
                span: Span::new(range.start, range.end),
            })
            .collect();
        Ok(Source { text, lexemes })
    }

    pub fn slice(&self, span: Span) -> &'s str {
        &self.text[span.range()]
    }

    /// The token that covers or follows byte `at`, blanks and comments left out.
    pub fn significant_at(&self, at: usize) -> Option<Lexeme> {
        let first = self.lexemes.partition_point(|l| (l.span.end as usize) <= at);
        self.lexemes[first..].iter().copied().find(|l| !is_trivia(l.token))
    }

    /// The last token that ends at or before byte `at`, blanks and comments left out.
    pub fn significant_before(&self, at: usize) -> Option<Lexeme> {
        let end = self.lexemes.partition_point(|l| (l.span.end as usize) <= at);
        self.lexemes[..end].iter().rev().copied().find(|l| !is_trivia(l.token))
    }

    /// `span`, ending with its last significant token; as it is if it has none.
    pub fn without_trailing_trivia(&self, span: Span) -> Span {
        let end = self.lexemes.partition_point(|l| l.span.start < span.end);
        let last = self.lexemes[..end].iter().rfind(|l| !is_trivia(l.token)).map(|l| l.span.end);
        match last {
            Some(last) if last > span.start && last < span.end => Span { start: span.start, end: last },
            _ => span,
        }
    }

    /// Blanks and comments between the significant token before byte `at` and `at` itself, and whether that token is an
    /// opening bracket or none.
    pub fn trivia_before(&self, at: usize) -> (bool, Vec<Lexeme>) {
        let end = self.lexemes.partition_point(|l| (l.span.start as usize) < at);
        let trivia = self.lexemes[..end].iter().rev().take_while(|l| is_trivia(l.token)).count();
        let opened = end == trivia || self.lexemes[end - trivia - 1].token == SourceToken::Open;
        (opened, self.lexemes[end - trivia..end].to_vec())
    }

    /// The comment that follows byte `at` on the same line, if only blanks stand between.
    pub fn comment_after(&self, at: usize) -> Option<Lexeme> {
        let next = self.lexemes.partition_point(|l| (l.span.start as usize) < at);
        let mut rest = self.lexemes[next..].iter();
        let first = rest.next()?;
        let comment = match first.token {
            SourceToken::Blank if !self.slice(first.span).contains('\n') => rest.next()?,
            _ => first,
        };
        (comment.token == SourceToken::Comment).then_some(*comment)
    }

    /// The first `count` significant tokens of `span`, as written.
    pub fn words(&self, span: Span, count: usize) -> Vec<&'s str> {
        let start = self.lexemes.partition_point(|l| l.span.start < span.start);
        let inside = self.lexemes[start..].iter().take_while(|l| l.span.end <= span.end);
        inside.filter(|l| !is_trivia(l.token)).take(count).map(|l| self.slice(l.span)).collect()
    }

    /// The comments between the significant token before byte `at` and `at` itself.
    pub fn comments_before(&self, at: usize) -> Vec<Lexeme> {
        let end = self.lexemes.partition_point(|l| (l.span.start as usize) < at);
        let trivia = self.lexemes[..end].iter().rev().take_while(|l| is_trivia(l.token)).count();
        self.lexemes[end - trivia..end].iter().copied().filter(|l| l.token == SourceToken::Comment).collect()
    }

    /// All comments inside `span`.
    pub fn comments_in(&self, span: Span) -> Vec<Lexeme> {
        let start = self.lexemes.partition_point(|l| l.span.start < span.start);
        let inside = self.lexemes[start..].iter().take_while(|l| l.span.end <= span.end);
        inside.copied().filter(|l| l.token == SourceToken::Comment).collect()
    }

    /// A comment as a line.
    pub fn comment(&self, comment: Lexeme) -> String {
        self.slice(comment.span).trim_end().to_owned()
    }

    /// Cuts the file into top-level items. Text before the first item that is no comment is a chunk of its own,
    /// so that it is reported; an item nested too deeply is reported here and left out.
    pub fn chunks(&self) -> (Vec<Span>, Vec<Diagnostic>) {
        let mut starts: Vec<usize> = Vec::new();
        let mut previous = "";
        for (index, lexeme) in self.lexemes.iter().enumerate() {
            if is_trivia(lexeme.token) {
                continue;
            }
            let word = self.slice(lexeme.span);
            let opens = lexeme.token == SourceToken::Word
                && matches!(word, "domain" | "skill" | "patch")
                && !matches!(previous, "add" | "replace" | "modify" | "retire");
            if opens || starts.is_empty() {
                starts.push(index);
            }
            previous = word;
        }
        let mut chunks = Vec::new();
        let mut diagnostics = Vec::new();
        for (n, &start) in starts.iter().enumerate() {
            let stop = starts.get(n + 1).copied().unwrap_or(self.lexemes.len());
            let lexemes = &self.lexemes[start..stop];
            let Some(last) = lexemes.iter().rfind(|l| !is_trivia(l.token)) else { continue };
            let span = lexemes[0].span.to(last.span);
            if let Some(deep) = too_deep(lexemes) {
                diagnostics.push(
                    Diagnostic::error(Code::TooDeep, format!("brackets nest deeper than {MAX_DEPTH}"))
                        .label(deep, "one too many")
                        .help("conditions of this language are flat: no brackets are needed around them"),
                );
                continue;
            }
            chunks.push(span);
        }
        (chunks, diagnostics)
    }
}

/// Whether the token is a blank or a comment.
pub fn is_trivia(token: SourceToken) -> bool {
    matches!(token, SourceToken::Blank | SourceToken::Comment)
}

fn too_deep(lexemes: &[Lexeme]) -> Option<Span> {
    let mut depth = 0usize;
    for lexeme in lexemes {
        match lexeme.token {
            SourceToken::Open => depth += 1,
            SourceToken::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(lexeme.span);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn tokens_tile_the_input(text in "\\PC{0,60}|[a-z{}()\"/ \n.=|<>-]{0,60}") {
            let Ok(source) = Source::new(&text) else { unreachable!("small input") };
            let mut end = 0;
            for lexeme in &source.lexemes {
                proptest::prop_assert_eq!(lexeme.span.start, end);
                end = lexeme.span.end;
            }
            proptest::prop_assert_eq!(end as usize, text.len());
        }
    }

    #[test]
    fn a_missing_brace_does_not_swallow_the_next_item() {
        let text =
            "// a\nskill one in d {\n  rule x when (\n\nskill two in d {}\npatch \"p\" { add skill three in d {} }";
        let source = Source::new(text).expect("small input");
        let (chunks, diagnostics) = source.chunks();
        let texts: Vec<&str> = chunks.iter().map(|c| source.slice(*c)).collect();
        assert_eq!(
            texts,
            ["skill one in d {\n  rule x when (", "skill two in d {}", "patch \"p\" { add skill three in d {} }"]
        );
        let (opened, before) = source.trivia_before(chunks[0].start as usize);
        assert!(opened && before.iter().any(|l| source.comment(*l) == "// a"), "{before:?}");
        assert!(diagnostics.is_empty());
    }
}
