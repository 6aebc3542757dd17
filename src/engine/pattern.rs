//! Compiled patterns. In: a pattern of a checked domain and the vocabulary's symbols; out: its elements over symbols, and
//! what tells quickly where it cannot match.

use super::intern::Val;
use super::reading::{Sym, Symbols};
use crate::lang::check::limits;
use crate::lang::pattern::{Capture, Element, Pattern, Type};
use crate::lang::regexp::Regexp;

/// The captured values by parameter; none where the pattern does not name the parameter.
pub(super) type Captured = [Val; limits::PARAMS];

pub(super) const NOTHING_CAPTURED: Captured = [Val::NONE; limits::PARAMS];

/// Tokens in a capture of words, at most.
pub(super) const MAX_WORDS: usize = 8;

#[derive(Debug)]
pub(super) enum Elem {
    Literal(Sym),
    Either(Box<[Box<[Sym]>]>),
    Gap,
    Capture { param: u8, ty: Type, shape: Option<Regexp> },
}

/// A run of literals that every match contains, and how many tokens of a match come before it; no most where that is
/// without bound.
#[derive(Debug)]
pub(super) struct Anchor {
    pub(super) syms: Box<[Sym]>,
    pub(super) least_before: usize,
    pub(super) most_before: Option<usize>,
}

#[derive(Debug)]
pub(super) struct TokenPattern {
    pub(super) elements: Box<[Elem]>,
    /// Parameters whose captures are compared with a value that is there already, one bit each.
    pub(super) compared: u8,
    /// A parameter without a given value is captured twice: whether the rest matches depends on what came before.
    pub(super) has_repeats: bool,
    pub(super) anchor: Option<Anchor>,
}

/// A pattern of either kind.
#[derive(Debug)]
pub(super) enum Compiled {
    Tokens(TokenPattern),
    /// The expression, and for each group its number and the pattern of its one capture.
    Regex {
        regex: Regexp,
        groups: Box<[(usize, TokenPattern)]>,
    },
}

impl Compiled {
    /// Compiles `pattern`, given values for the parameters in `given` (one bit each).
    pub(super) fn new(pattern: &Pattern, given: u8, symbols: &Symbols) -> Compiled {
        match pattern {
            Pattern::Tokens(elements) => Compiled::Tokens(TokenPattern::new(elements, given, symbols)),
            Pattern::Regex { regex, groups } => {
                let one = |(group, capture): &(usize, Capture)| {
                    (*group, TokenPattern::new(&[Element::Capture(capture.clone())], given, symbols))
                };
                Compiled::Regex { regex: regex.clone(), groups: groups.iter().map(one).collect() }
            }
        }
    }

    /// A task sentence: final punctuation of the pattern does not count.
    pub(super) fn sentence(pattern: &Pattern, symbols: &Symbols) -> Compiled {
        let is_end = |e: &Element| matches!(e, Element::Literal(l) if matches!(l.as_str(), "." | "!" | "?" | "\n"));
        match pattern {
            Pattern::Tokens(elements) => {
                let end = elements.iter().rposition(|e| !is_end(e)).map_or(0, |last| last + 1);
                Compiled::Tokens(TokenPattern::new(&elements[..end], 0, symbols))
            }
            Pattern::Regex { .. } => Compiled::new(pattern, 0, symbols),
        }
    }

    /// An expression without groups.
    pub(super) fn captures_nothing(&self) -> bool {
        matches!(self, Compiled::Regex { groups, .. } if groups.is_empty())
    }

    pub(super) fn tokens(&self) -> Option<&TokenPattern> {
        if let Compiled::Tokens(pattern) = self { Some(pattern) } else { None }
    }
}

/// The parameters that a pattern captures, one bit each.
pub(super) fn captured(pattern: &Pattern) -> u8 {
    pattern.captures().fold(0, |bits, capture| bits | 1 << capture.param)
}

/// The literal tokens of a pattern.
pub(super) fn literals(pattern: &Pattern) -> impl Iterator<Item = &str> + Clone {
    let elements: &[Element] = if let Pattern::Tokens(elements) = pattern { elements } else { &[] };
    elements.iter().flat_map(|element| {
        let (one, many): (Option<&String>, &[Vec<String>]) = match element {
            Element::Literal(literal) => (Some(literal), &[]),
            Element::Either(options) => (None, options),
            Element::Gap | Element::Capture(_) => (None, &[]),
        };
        one.into_iter().chain(many.iter().flatten()).map(String::as_str)
    })
}

impl TokenPattern {
    fn new(elements: &[Element], given: u8, symbols: &Symbols) -> TokenPattern {
        let (mut once, mut twice) = (0u8, 0u8);
        for element in elements {
            if let Element::Capture(capture) = element {
                let bit = 1 << capture.param;
                twice |= once & bit;
                once |= bit;
            }
        }
        let compile = |element: &Element| match element {
            Element::Literal(literal) => Elem::Literal(symbols.of_folded(literal)),
            Element::Either(options) => {
                let syms = |option: &Vec<String>| option.iter().map(|literal| symbols.of_folded(literal)).collect();
                Elem::Either(options.iter().map(syms).collect())
            }
            Element::Gap => Elem::Gap,
            Element::Capture(Capture { param, ty, shape }) => {
                Elem::Capture { param: *param as u8, ty: *ty, shape: shape.clone() }
            }
        };
        TokenPattern {
            elements: elements.iter().map(compile).collect(),
            compared: given | twice,
            has_repeats: twice & !given != 0,
            anchor: None,
        }
    }

    /// Chooses the run of literals whose rarest token is the rarest, by `frequency` of symbols among all patterns; the
    /// longest of equal ones, and of these the first.
    pub(super) fn choose_anchor(&mut self, frequency: &[u32]) {
        let elements = &self.elements;
        let mut best: Option<(u32, usize, std::ops::Range<usize>)> = None;
        let mut at = 0;
        while at < elements.len() {
            let run = elements[at..].iter().take_while(|e| matches!(e, Elem::Literal(_))).count();
            let rarest = literal_run(&elements[at..at + run]).map(|sym| frequency[sym.0 as usize]).min();
            if let Some(rarest) = rarest
                && best.as_ref().is_none_or(|(least, longest, _)| (rarest, *longest) < (*least, run))
            {
                best = Some((rarest, run, at..at + run));
            }
            at += run.max(1);
        }
        self.anchor = best.map(|(_, _, run)| {
            let before = elements[..run.start].iter().map(width);
            let (least_before, most_before) = before.fold((0, Some(0)), |(least, most), (min, max)| {
                (least + min, most.zip(max).map(|(most, max): (usize, usize)| most + max))
            });
            Anchor { syms: literal_run(&elements[run]).collect(), least_before, most_before }
        });
    }
}

fn literal_run(elements: &[Elem]) -> impl Iterator<Item = Sym> {
    elements.iter().map_while(|element| if let Elem::Literal(sym) = element { Some(*sym) } else { None })
}

/// How many tokens an element takes: at least, and at most.
fn width(element: &Elem) -> (usize, Option<usize>) {
    match element {
        Elem::Literal(_) => (1, Some(1)),
        Elem::Either(options) => {
            let lengths = || options.iter().map(|option| option.len());
            (lengths().min().unwrap_or(0), lengths().max())
        }
        Elem::Gap => (0, None),
        Elem::Capture { ty, .. } => match ty {
            // An article before, a number after.
            Type::Item => (1, Some(MAX_WORDS + 2)),
            Type::Kind => (1, Some(MAX_WORDS + 1)),
            Type::Word => (1, Some(1)),
            Type::Words | Type::Own(_) => (1, Some(MAX_WORDS)),
            // A sign of currency, a minus.
            Type::Number | Type::Money => (1, Some(3)),
            Type::List | Type::Text => (1, None),
        },
    }
}
