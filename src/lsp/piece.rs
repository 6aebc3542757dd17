//! One item of a document, with what is known of it. In: its text; out: its tree, its findings and its names, each computed
//! once and only when asked for. A document that changes keeps the pieces that did not.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use super::parts::{self, Known, Parts, closed};
use crate::lang::ast::Item;
use crate::lang::names::{self, NameKind, Names};
use crate::lang::outline::{self, Element};
use crate::lang::parse::{Parsed, parse};
use crate::lang::source::{Source, SourceToken, is_trivia};
use crate::lang::span::Span;

/// So many broken elements of a patch are left out to read the others.
const MAX_MENDS: usize = 6;

/// A top-level item with the comments before it; or a whole text that has none.
#[derive(Debug)]
pub struct Piece {
    pub text: String,
    parsed: OnceCell<Parsed>,
    parts: OnceCell<Parts>,
    /// The piece that this one was before the last change: most of its elements are the same.
    before: RefCell<Option<Rc<Piece>>>,
}

impl Piece {
    pub fn new(text: &str, before: Option<Rc<Piece>>) -> Piece {
        // A byte order mark is no part of the text; blanks in its place keep every byte where it is.
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => format!("   {rest}"),
            None => text.to_owned(),
        };
        // A piece that nobody asked anything knows nothing: the one before it may.
        let before =
            before.and_then(|piece| if piece.parts.get().is_some() { Some(piece) } else { piece.before.take() });
        Piece { text, parsed: OnceCell::new(), parts: OnceCell::new(), before: RefCell::new(before) }
    }

    /// What the parser makes of it.
    pub fn parsed(&self) -> &Parsed {
        self.parsed.get_or_init(|| parse(&self.text))
    }

    /// Its names; those of elements that do not parse are missing.
    pub fn names(&self) -> &Names {
        &self.parts().names
    }

    /// Places that were left out because they do not parse.
    pub fn gaps(&self) -> &[Span] {
        &self.parts().gaps
    }

    /// The title of a patch.
    pub fn patch_title(&self) -> Option<(String, Span, Span)> {
        match self.parsed().items.first() {
            Some(Item::Patch(patch)) => Some((patch.title.value.clone(), patch.title.span, patch.span)),
            _ => None,
        }
    }

    pub fn has_domain(&self) -> bool {
        self.names().declarations.iter().any(|d| d.kind == NameKind::Domain)
    }

    fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| {
            let before = self.before.take();
            let known: Option<&Known> = before.as_ref().and_then(|piece| piece.parts.get()).map(|parts| &parts.known);
            parts::read(&self.text, known).unwrap_or_else(|| self.read_around())
        })
    }

    /// Blanks out one element after another, each the one that the parser stumbled over, until the rest parses.
    fn read_around(&self) -> Parts {
        let parts_of = |items: &[Item], gaps| {
            let names = names::collect(items, &self.text);
            Parts { names, gaps, ..Parts::default() }
        };
        let parsed = self.parsed();
        if parsed.diagnostics.is_empty() {
            return parts_of(&parsed.items, Vec::new());
        }
        let nothing = || parts_of(&[], vec![Span::new(0, self.text.len())]);
        let Ok(source) = Source::new(&self.text) else { return nothing() };
        let elements: Vec<Element> = outline::elements(&source).into_iter().filter(|e| e.depth == 1).collect();
        let mut text = self.text.clone();
        let mut gaps: Vec<Span> = Vec::new();
        for _ in 0..=MAX_MENDS {
            let again = parse(&closed(&text));
            if !again.items.is_empty() {
                return parts_of(&again.items, gaps);
            }
            let Some(at) = again.diagnostics.first().and_then(|d| d.labels.first()).map(|l| l.span.start) else {
                break;
            };
            // An error at the beginning of an element is mostly that the one before it does not end.
            let after = elements.partition_point(|e| e.span.start < at);
            let fresh = |e: &&Element| gaps.iter().all(|gap| gap.start != e.span.start);
            let before = after.checked_sub(1).and_then(|n| elements.get(n)).filter(fresh);
            let Some(element) = before.or_else(|| elements.get(after).filter(fresh)) else { break };
            gaps.push(element.span);
            text = blanked(&text, element.span);
        }
        nothing()
    }
}

/// The text with blanks for the bytes of `span`.
fn blanked(text: &str, span: Span) -> String {
    let (Some(before), Some(after)) = (text.get(..span.start as usize), text.get(span.end as usize..)) else {
        return text.to_owned();
    };
    format!("{before}{}{after}", " ".repeat(span.range().len()))
}

/// Cuts a text into pieces. Those that `old` has already are taken from there, and one that is new remembers the first of
/// `old` that has gone: most likely it was that.
pub fn cut(text: &str, old: &[(usize, Rc<Piece>)]) -> Vec<(usize, Rc<Piece>)> {
    let mut cuts: Vec<usize> = match Source::new(text) {
        Err(_) => Vec::new(),
        Ok(source) => source.chunks().0.iter().map(|chunk| end_of(&source, chunk.end as usize)).collect(),
    };
    // What stands after the last item belongs to it.
    cuts.pop();
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([text.len()]);
    let parts: Vec<(usize, &str)> =
        starts.zip(ends).map(|(start, end)| (start, text.get(start..end).unwrap_or_default())).collect();
    let known: std::collections::HashMap<&str, &Rc<Piece>> =
        old.iter().map(|(_, piece)| (piece.text.as_str(), piece)).collect();
    let kept: std::collections::HashSet<&str> = parts.iter().map(|(_, part)| *part).collect();
    let mut gone = old.iter().map(|(_, piece)| piece).filter(|piece| !kept.contains(piece.text.as_str()));
    let mut piece = |part: &str| match known.get(part) {
        Some(piece) => Rc::clone(piece),
        None => Rc::new(Piece::new(part, gone.next().cloned())),
    };
    parts.into_iter().map(|(start, part)| (start, piece(part))).collect()
}

/// Where the item that ends at `end` stops, comments on its last line included.
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
            let piece = Piece::new(&format!("{text}{ending}"), None);
            let rules: Vec<&str> = piece.names().declarations.iter().map(|d| d.name.as_str()).collect();
            assert_eq!(rules, ["s", "b"], "{ending}");
            assert!(piece.gaps().iter().any(|gap| piece.text[gap.range()].contains("advize")), "{ending}");
        }
        let piece = Piece::new("patch \"p\" { retire a modify b { drop rool x } add skill c in d { } ", None);
        let found: Vec<&str> = piece.names().occurrences.iter().map(|o| o.text.as_str()).collect();
        assert_eq!(found, ["a", "c", "d"]);
    }

    #[test]
    fn pieces_are_the_text() {
        let text = "// a\n\nskill a in d { } // of a\n/// b\nskill b in d {\n\ndomain d { } // end\n";
        let pieces = cut(text, &[]);
        let starts: Vec<&str> = pieces.iter().map(|(_, p)| p.text.as_str()).collect();
        assert_eq!(
            starts,
            ["// a\n\nskill a in d { } // of a", "\n/// b\nskill b in d {", "\n\ndomain d { } // end\n"]
        );
        let changed = cut(&text.replace("skill b", "skill c"), &pieces);
        assert!(Rc::ptr_eq(&changed[0].1, &pieces[0].1) && !Rc::ptr_eq(&changed[1].1, &pieces[1].1));
        assert_eq!(cut("", &[]).len(), 1);
    }
}
