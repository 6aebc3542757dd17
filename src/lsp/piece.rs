//! One item of a document, with what is known of it. In: its text; out: its tree, its findings and its names, each computed
//! once. A document that changes keeps the pieces that did not, so a keystroke costs one item and not the file.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::lang::ast::Item;
use crate::lang::names::{self, Names};
use crate::lang::outline::{self, Element};
use crate::lang::parse::{Parsed, parse};
use crate::lang::source::{Source, SourceToken, is_trivia};
use crate::lang::span::Span;

/// So many broken elements of one item are left out to read the others.
const MAX_MENDS: usize = 6;

/// A top-level item with the comments before it; or a whole text that has none.
#[derive(Debug)]
pub struct Piece {
    pub text: String,
    /// What the parser made of it.
    pub parsed: Parsed,
    readable: OnceCell<Readable>,
    names: OnceCell<Names>,
}

/// The item without the parts that do not parse.
#[derive(Debug, Default)]
struct Readable {
    items: Vec<Item>,
    /// What was left out.
    gaps: Vec<Span>,
}

impl Piece {
    pub fn new(text: &str) -> Piece {
        // A byte order mark is no part of the text; blanks in its place keep every byte where it is.
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => format!("   {rest}"),
            None => text.to_owned(),
        };
        Piece { parsed: parse(&text), text, readable: OnceCell::new(), names: OnceCell::new() }
    }

    /// The items; of a broken one what can be read.
    pub fn items(&self) -> &[Item] {
        match self.parsed.items.is_empty() {
            true => &self.readable().items,
            false => &self.parsed.items,
        }
    }

    /// Places that were left out of [`Piece::items`] because they do not parse.
    pub fn gaps(&self) -> Vec<Span> {
        match (self.parsed.items.is_empty(), self.parsed.diagnostics.is_empty()) {
            (_, true) => Vec::new(),
            (false, false) => Vec::new(),
            (true, false) if self.readable().items.is_empty() => vec![Span::new(0, self.text.len())],
            (true, false) => self.readable().gaps.clone(),
        }
    }

    pub fn names(&self) -> &Names {
        self.names.get_or_init(|| names::collect(self.items(), &self.text))
    }

    fn readable(&self) -> &Readable {
        self.readable.get_or_init(|| {
            let Ok(source) = Source::new(&self.text) else { return Readable::default() };
            read_around(&source)
        })
    }
}

/// Blanks out one element after another, each the one that the parser stumbled over, until the rest parses.
fn read_around(source: &Source) -> Readable {
    let elements: Vec<Element> = outline::elements(source).into_iter().filter(|e| e.depth == 1).collect();
    let mut text = source.text.to_owned();
    let mut gaps: Vec<Span> = Vec::new();
    for _ in 0..=MAX_MENDS {
        let again = parse(&closed(&text));
        if !again.items.is_empty() {
            return Readable { items: again.items, gaps };
        }
        let Some(at) = again.diagnostics.first().and_then(|d| d.labels.first()).map(|l| l.span.start) else { break };
        // An error at the beginning of an element is mostly that the one before it does not end.
        let after = elements.partition_point(|e| e.span.start < at);
        let fresh = |e: &&Element| gaps.iter().all(|gap| gap.start != e.span.start);
        let before = after.checked_sub(1).and_then(|n| elements.get(n)).filter(fresh);
        let Some(element) = before.or_else(|| elements.get(after).filter(fresh)) else { break };
        gaps.push(element.span);
        text = blanked(&text, element.span);
    }
    Readable::default()
}

/// The text with the braces that are missing at its end, which change no place.
fn closed(text: &str) -> String {
    let Ok(source) = Source::new(text) else { return text.to_owned() };
    let count = |brace: &str| source.lexemes.iter().filter(|l| source.slice(l.span) == brace).count();
    format!("{text}{}", "}".repeat(count("{").saturating_sub(count("}"))))
}

/// The text with blanks for the bytes of `span`.
fn blanked(text: &str, span: Span) -> String {
    let (Some(before), Some(after)) = (text.get(..span.start as usize), text.get(span.end as usize..)) else {
        return text.to_owned();
    };
    format!("{before}{}{after}", " ".repeat(span.range().len()))
}

/// Cuts a text into pieces; those that `known` has already are taken from there.
pub fn cut(text: &str, known: impl Fn(&str) -> Option<Rc<Piece>>) -> Vec<(usize, Rc<Piece>)> {
    let mut cuts: Vec<usize> = match Source::new(text) {
        Err(_) => Vec::new(),
        Ok(source) => source.chunks().0.iter().map(|chunk| end_of(&source, chunk.end as usize)).collect(),
    };
    // What stands after the last item belongs to it.
    cuts.pop();
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([text.len()]);
    starts
        .zip(ends)
        .map(|(start, end)| {
            let part = text.get(start..end).unwrap_or_default();
            (start, known(part).unwrap_or_else(|| Rc::new(Piece::new(part))))
        })
        .collect()
}

/// Where the item that ends at `end` stops, a comment on its last line included.
fn end_of(source: &Source, end: usize) -> usize {
    let next = source.lexemes.partition_point(|l| (l.span.start as usize) < end);
    let line = source.lexemes[next..].iter().take_while(|l| {
        is_trivia(l.token) && (l.token == SourceToken::Comment || !source.slice(l.span).contains('\n'))
    });
    line.filter(|l| l.token == SourceToken::Comment).last().map_or(end, |l| l.span.end as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_element_leaves_the_others_readable() {
        let text =
            "skill s in d {\n for t(o)\n rule a when p(x) { advize \"{x}\" }\n rule b when q(y) { prefer e(y) }\n";
        for ending in ["}", "", "rule c when q(z) { prefer"] {
            let piece = Piece::new(&format!("{text}{ending}"));
            let rules: Vec<&str> = piece.names().declarations.iter().map(|d| d.name.as_str()).collect();
            assert_eq!(rules, ["s", "b"], "{ending}");
            assert!(piece.gaps().iter().any(|gap| piece.text[gap.range()].contains("advize")), "{ending}");
        }
    }

    #[test]
    fn pieces_are_the_text() {
        let text = "// a\n\nskill a in d { } // of a\n/// b\nskill b in d {\n\ndomain d { } // end\n";
        let pieces = cut(text, |_| None);
        let starts: Vec<&str> = pieces.iter().map(|(_, p)| p.text.as_str()).collect();
        assert_eq!(
            starts,
            ["// a\n\nskill a in d { } // of a", "\n/// b\nskill b in d {", "\n\ndomain d { } // end\n"]
        );
        assert_eq!(cut("", |_| None).len(), 1);
    }
}
