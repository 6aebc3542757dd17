//! Compiled patterns on texts that have been read. In: a pattern, a text, what some parameters have already; out: the captured
//! values of the first way in which everything fits, as `matching` defines it. Takes time linear in the text: where a
//! search takes long, it remembers what has failed.

use regex::CaptureLocations;

use super::automaton::Hit;
use super::intern::{Val, Values};
use super::matching::{FUEL, MAX_MATCHES};
use super::pattern::{Captured, Compiled, Elem, MAX_WORDS, TokenPattern};
use super::reading::{Key, Sym, Symbols, Tok};
use super::vocabulary::Woken;
use crate::lang::pattern::Type;
use crate::lang::regexp::Regexp;
use crate::text::{self, Decimal, TokenKind};

/// Elements in a captured list, at most.
const MAX_LIST: usize = 64;
/// A search that takes more attempts than this begins to remember failures.
const PATIENCE: u32 = 2_000;

/// A text that has been read.
#[derive(Clone, Copy)]
pub(super) struct Read<'t> {
    pub(super) raw: &'t str,
    pub(super) toks: &'t [Tok],
}

impl<'t> Read<'t> {
    /// The text without final `.`, `!`, `?` and line breaks.
    pub(super) fn without_end(mut self) -> Self {
        while let Some((last, rest)) = self.toks.split_last() {
            if !matches!(last.raw(self.raw), "." | "!" | "?") && last.kind != TokenKind::Newline {
                break;
            }
            self.toks = rest;
        }
        self
    }
}

/// Room for matching that is kept from text to text.
#[derive(Debug, Default)]
pub(super) struct Tools {
    pub(super) scratch: String,
    failed: Failed,
    elements: Vec<Val>,
    group: Vec<Tok>,
    locations: Vec<(Regexp, CaptureLocations)>,
    /// Searches that were given up because they took more than [`FUEL`] attempts.
    pub(super) given_up: u32,
}

impl Tools {
    pub(super) fn bytes(&self) -> usize {
        self.scratch.capacity()
            + 8 * self.failed.bits.capacity()
            + 4 * self.elements.capacity()
            + size_of::<Tok>() * self.group.capacity()
    }
}

/// Pairs of an element and a place from which the rest of a pattern does not match, one bit each.
#[derive(Debug, Default)]
struct Failed {
    bits: Vec<u64>,
    /// Places for each element.
    places: usize,
    is_on: bool,
}

impl Failed {
    fn begin(&mut self, elements: usize, places: usize) {
        self.bits.clear();
        self.bits.resize((elements * places).div_ceil(64), 0);
        self.places = places;
        self.is_on = true;
    }

    fn has(&self, element: usize, at: usize) -> bool {
        let bit = element * self.places + at;
        self.is_on && self.bits[bit / 64] & (1 << (bit % 64)) != 0
    }

    fn add(&mut self, element: usize, at: usize) {
        let bit = element * self.places + at;
        if self.is_on {
            self.bits[bit / 64] |= 1 << (bit % 64);
        }
    }
}

/// What a capture holds, as places in the text: a value only when it is needed.
#[derive(Debug, Clone, Copy)]
enum Span {
    Words {
        start: usize,
        end: usize,
    },
    /// Words, and the place of the number.
    Item {
        start: usize,
        end: usize,
        number: Option<usize>,
    },
    Number {
        at: usize,
        is_negative: bool,
    },
    Empty,
    /// So many elements from `start` on; the last one ends at `end`, with its number or without one.
    List {
        start: usize,
        count: usize,
        end: usize,
    },
}

/// What all searches of one text share.
pub(super) struct Matching<'a> {
    pub(super) symbols: &'a Symbols,
    pub(super) values: &'a mut Values,
    pub(super) tools: &'a mut Tools,
}

impl Matching<'_> {
    /// The first match anywhere in the text of a pattern that has been woken by it.
    pub(super) fn woken(
        &mut self,
        pattern: &Compiled,
        given: &Captured,
        text: Read,
        woken: &Woken,
    ) -> Option<Captured> {
        if woken.is_certain { Some(*given) } else { self.first(pattern, given, text, woken.hit) }
    }

    /// The first match anywhere in the text; `hit` tells where the pattern's anchor stands, if it has one.
    fn first(&mut self, pattern: &Compiled, given: &Captured, text: Read, hit: Option<Hit>) -> Option<Captured> {
        match pattern {
            Compiled::Tokens(pattern) => {
                self.tools.failed.is_on = false;
                let mark = self.values.mark();
                let mut search = Search::new(pattern, given, text, self);
                let found = search.find(hit, 0).map(|_| ());
                search.finish(found.is_some(), mark)
            }
            Compiled::Regex { regex, groups } => {
                let mut first = None;
                self.searched(regex, groups, given, text.raw, |_, captured| {
                    first = Some(captured);
                    false
                });
                first
            }
        }
    }

    /// All matches that do not overlap, from left to right, as long as `found` says to go on.
    pub(super) fn each(
        &mut self,
        pattern: &Compiled,
        given: &Captured,
        text: Read,
        hit: Option<Hit>,
        mut found: impl FnMut(Captured) -> bool,
    ) {
        let pattern = match pattern {
            Compiled::Tokens(pattern) => pattern,
            Compiled::Regex { regex, groups } => {
                return self.searched(regex, groups, given, text.raw, |_, captured| found(captured));
            }
        };
        let (mut start, mut fuel) = (0, FUEL);
        self.tools.failed.is_on = false;
        loop {
            let mark = self.values.mark();
            let mut search = Search::new(pattern, given, text, self);
            search.fuel = fuel;
            let Some(end) = search.find(hit, start) else {
                search.finish(false, mark);
                return;
            };
            fuel = search.fuel;
            let go_on = search.finish(true, mark).is_none_or(&mut found);
            if !go_on {
                return;
            }
            start = end.max(start + 1);
        }
    }

    /// The way in which the pattern is the whole text; an expression is searched in it.
    pub(super) fn whole(&mut self, pattern: &Compiled, given: &Captured, text: Read) -> Option<Captured> {
        match pattern {
            Compiled::Tokens(pattern) => self.all_of(pattern, given, text),
            Compiled::Regex { .. } => self.first(pattern, given, text, None),
        }
    }

    fn all_of(&mut self, pattern: &TokenPattern, given: &Captured, text: Read) -> Option<Captured> {
        self.tools.failed.is_on = false;
        let mark = self.values.mark();
        let mut search = Search::new(pattern, given, text, self);
        search.to_end = true;
        let found = search.run(0, 0).is_some();
        search.finish(found, mark)
    }

    /// The readable matches of an expression, from left to right, as long as `found` says to go on.
    fn searched(
        &mut self,
        regex: &Regexp,
        groups: &[(usize, TokenPattern)],
        given: &Captured,
        raw: &str,
        mut found: impl FnMut(&mut Self, Captured) -> bool,
    ) {
        let raw = text::cut(raw);
        let known = self.tools.locations.iter().position(|(known, _)| known == regex);
        let (_, mut locations) = match known {
            Some(known) => self.tools.locations.swap_remove(known),
            None => (regex.clone(), regex.regex().capture_locations()),
        };
        let (mut at, mut last_end) = (0, None);
        let mut left = MAX_MATCHES;
        while left > 0 && at <= raw.len() {
            let Some(matched) = regex.regex().captures_read_at(&mut locations, raw, at) else { break };
            if matched.is_empty() && last_end == Some(matched.end()) {
                // An empty match right after the match before it does not count.
                at = matched.end() + raw[matched.end()..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
            (at, last_end) = (matched.end(), Some(matched.end()));
            left -= 1;
            let mut captured = Some(*given);
            for (number, pattern) in groups {
                captured = captured.and_then(|captured| {
                    let (start, end) = locations.get(*number)?;
                    self.group(pattern, &captured, &raw[start..end])
                });
            }
            if let Some(captured) = captured
                && !found(self, captured)
            {
                break;
            }
        }
        self.tools.locations.push((regex.clone(), locations));
    }

    /// The text of a group, read as a pattern of one capture reads a whole text.
    fn group(&mut self, pattern: &TokenPattern, given: &Captured, raw: &str) -> Option<Captured> {
        let mut toks = std::mem::take(&mut self.tools.group);
        self.symbols.read(raw, &mut toks, &mut self.tools.scratch);
        let found = self.all_of(pattern, given, Read { raw, toks: &toks });
        self.tools.group = toks;
        found
    }
}

/// One attempt after another to lay a pattern's elements over a text.
struct Search<'s> {
    pattern: &'s TokenPattern,
    text: Read<'s>,
    values: &'s mut Values,
    tools: &'s mut Tools,
    /// Values that are given, or were captured for a parameter that is compared.
    known: Captured,
    spans: [Span; 8],
    /// Bits of the parameters with a span.
    spanned: u8,
    /// Attempts left, where repeats make them count.
    fuel: u32,
    attempts: u32,
    to_end: bool,
    /// A stretch without a line break: the last one asked for.
    line: std::ops::Range<usize>,
}

impl<'s> Search<'s> {
    fn new(pattern: &'s TokenPattern, given: &Captured, text: Read<'s>, with: &'s mut Matching) -> Search<'s> {
        Search {
            pattern,
            text,
            values: with.values,
            tools: with.tools,
            known: *given,
            spans: [Span::Empty; 8],
            spanned: 0,
            fuel: FUEL,
            attempts: 0,
            to_end: false,
            line: 0..0,
        }
    }

    /// The values of what was found; otherwise forgets the values that the search has made.
    fn finish(mut self, found: bool, mark: super::intern::Mark) -> Option<Captured> {
        if !found {
            self.tools.given_up += u32::from(self.pattern.has_repeats && self.fuel == 0);
            self.values.truncate(mark);
            return None;
        }
        while self.spanned != 0 {
            let param = self.spanned.trailing_zeros() as usize;
            self.spanned &= self.spanned - 1;
            self.known[param] = self.value(self.spans[param], true)?;
        }
        Some(self.known)
    }

    /// The end of the first match that begins at `from` or later.
    fn find(&mut self, hit: Option<Hit>, from: usize) -> Option<usize> {
        let length = self.text.toks.len();
        let given = self.known;
        let mut starts = from..length;
        // Where attempts count, all places are tried as `matching` tries them.
        if !self.pattern.has_repeats
            && let (Some(hit), Some(anchor)) = (hit, &self.pattern.anchor)
        {
            let least = anchor.most_before.map_or(0, |most| (hit.first as usize).saturating_sub(most));
            starts = from.max(least)..length.min((hit.last as usize + 1).saturating_sub(anchor.least_before));
        }
        for start in starts {
            if let Some(Elem::Literal(sym)) = self.pattern.elements.first()
                && self.text.toks[start].sym != *sym
            {
                continue;
            }
            if let Some(end) = self.run(0, start) {
                return Some(end);
            }
            self.known = given;
        }
        None
    }

    /// Matches the elements from `element` on at token `at`; the end of the match.
    fn run(&mut self, mut element: usize, mut at: usize) -> Option<usize> {
        if self.pattern.has_repeats {
            self.fuel = self.fuel.checked_sub(1)?;
            return self.attempt(element, at);
        }
        // Literals need no attempts of their own.
        while let Some(Elem::Literal(sym)) = self.pattern.elements.get(element) {
            if self.text.toks.get(at)?.sym != *sym {
                return None;
            }
            (element, at) = (element + 1, at + 1);
        }
        self.attempts += 1;
        if self.attempts == PATIENCE && !self.tools.failed.is_on {
            self.tools.failed.begin(self.pattern.elements.len() + 1, self.text.toks.len() + 1);
        }
        if self.tools.failed.has(element, at) {
            return None;
        }
        let found = self.attempt(element, at);
        if found.is_none() {
            self.tools.failed.add(element, at);
        }
        found
    }

    fn attempt(&mut self, element: usize, at: usize) -> Option<usize> {
        let pattern = self.pattern;
        let Some(here) = pattern.elements.get(element) else {
            return (!self.to_end || at == self.text.toks.len()).then_some(at);
        };
        let next = element + 1;
        match here {
            Elem::Literal(sym) => match self.text.toks.get(at)?.sym == *sym {
                true => self.run(next, at + 1),
                false => None,
            },
            Elem::Either(options) => options.iter().find_map(|option| {
                let fits = option
                    .iter()
                    .enumerate()
                    .all(|(n, sym)| self.text.toks.get(at + n).is_some_and(|tok| tok.sym == *sym));
                if fits { self.run(next, at + option.len()) } else { None }
            }),
            Elem::Gap => self.gap(element, at),
            Elem::Capture { param, ty, shape } => {
                let to = To { param: usize::from(*param), next };
                match ty {
                    Type::Item | Type::Kind => {
                        let article = self.text.toks.get(at).is_some_and(|tok| tok.sym.is_article());
                        let dropped = if article { self.words(to, *ty, at + 1) } else { None };
                        dropped.or_else(|| self.words(to, *ty, at))
                    }
                    Type::Word => match self.text.toks.get(at)?.kind {
                        TokenKind::Word => self.try_words(to, at, at + 1),
                        _ => None,
                    },
                    Type::Words => {
                        for end in at + 1..=at + MAX_WORDS {
                            let tok = self.text.toks.get(end - 1)?;
                            if tok.kind == TokenKind::Newline || tok.sym.ends_words() {
                                return None;
                            }
                            if let Some(found) = self.try_words(to, at, end) {
                                return Some(found);
                            }
                        }
                        None
                    }
                    Type::Text => {
                        let end = self.line_end(at);
                        if end > at { self.try_words(to, at, end) } else { None }
                    }
                    Type::Own(_) => {
                        for end in at + 1..=at + MAX_WORDS {
                            if self.text.toks.get(end - 1)?.kind == TokenKind::Newline {
                                return None;
                            }
                            let (first, last) =
                                (self.text.toks[at].start as usize, self.text.toks[end - 1].end as usize);
                            if shape.as_ref().is_some_and(|shape| shape.matches(&self.text.raw[first..last]))
                                && let Some(found) = self.try_words(to, at, end)
                            {
                                return Some(found);
                            }
                        }
                        None
                    }
                    Type::Number => self.signed(to, at),
                    Type::Money => {
                        let mark = self.text.toks.get(at).is_some_and(|tok| tok.sym.is_currency());
                        self.signed(to, at + usize::from(mark))
                    }
                    Type::List => self.list(to, at),
                }
            }
        }
    }

    fn gap(&mut self, element: usize, at: usize) -> Option<usize> {
        let mut end = at;
        loop {
            // Another way to this gap has come as far as this: it has failed from here on.
            if end > at && self.tools.failed.has(element, end) {
                break;
            }
            if let Some(found) = self.run(element + 1, end) {
                return Some(found);
            }
            match self.text.toks.get(end) {
                Some(tok) if tok.kind != TokenKind::Newline && self.fuel > 0 => end += 1,
                _ => break,
            }
        }
        if self.tools.failed.is_on {
            (at..=end).for_each(|place| self.tools.failed.add(element, place));
        }
        None
    }

    /// Where the line that goes on at `at` ends.
    fn line_end(&mut self, at: usize) -> usize {
        if !self.line.contains(&at) {
            let rest = self.text.toks.get(at..).unwrap_or(&[]);
            let length = rest.iter().position(|tok| tok.kind == TokenKind::Newline).unwrap_or(rest.len());
            self.line = at..at + length;
        }
        self.line.end
    }

    /// A number with its sign, if it has one.
    fn signed(&mut self, to: To, at: usize) -> Option<usize> {
        let is_negative = self.text.toks.get(at).is_some_and(|tok| tok.sym == Sym::MINUS);
        let at = at + usize::from(is_negative);
        match self.is_number(at) {
            true => self.try_span(to, Span::Number { at, is_negative }, at + 1),
            false => None,
        }
    }

    /// An item or a kind that begins at `at`: words, shortest first, and for an item a number if one follows.
    fn words(&mut self, to: To, ty: Type, start: usize) -> Option<usize> {
        for end in start + 1..=start + MAX_WORDS {
            if self.text.toks.get(end - 1)?.kind != TokenKind::Word {
                return None;
            }
            if ty == Type::Kind {
                if let Some(found) = self.try_words(to, start, end) {
                    return Some(found);
                }
                continue;
            }
            if self.is_number(end)
                && let Some(found) = self.try_span(to, Span::Item { start, end, number: Some(end) }, end + 1)
            {
                return Some(found);
            }
            if let Some(found) = self.try_span(to, Span::Item { start, end, number: None }, end) {
                return Some(found);
            }
        }
        None
    }

    fn is_number(&self, at: usize) -> bool {
        self.text.toks.get(at).is_some_and(|tok| tok.kind == TokenKind::Number)
    }

    fn try_words(&mut self, to: To, start: usize, end: usize) -> Option<usize> {
        self.try_span(to, Span::Words { start, end }, end)
    }

    fn try_span(&mut self, to: To, span: Span, end: usize) -> Option<usize> {
        if self.pattern.compared & (1 << to.param) == 0 {
            self.spans[to.param] = span;
            self.spanned |= 1 << to.param;
            return self.run(to.next, end);
        }
        if self.known[to.param].is_some() {
            let value = self.value(span, false);
            return if value == Some(self.known[to.param]) { self.run(to.next, end) } else { None };
        }
        self.known[to.param] = self.value(span, true)?;
        let found = self.run(to.next, end);
        if found.is_none() {
            self.known[to.param] = Val::NONE;
        }
        found
    }

    /// `nothing`, or elements joined by `,`, `and` or `, and`: as many as possible, the last one as long as possible.
    fn list(&mut self, to: To, at: usize) -> Option<usize> {
        if self.text.toks.get(at).is_some_and(|tok| tok.sym == Sym::NOTHING)
            && let Some(found) = self.try_span(to, Span::List { start: at, count: 0, end: at }, at + 1)
        {
            return Some(found);
        }
        let mut starts = [0; MAX_LIST];
        let mut count = 0;
        let mut next = Some(at);
        while let Some(start) = next.filter(|_| count < MAX_LIST) {
            let Some((_, longest)) = element(self.text, start) else { break };
            starts[count] = start;
            count += 1;
            next = separator(self.text, longest);
        }
        while count > 0 {
            let last = starts[count - 1];
            let (first, longest) = element(self.text, last)?;
            for end in (first..=longest).rev() {
                if let Some(found) = self.try_span(to, Span::List { start: at, count, end }, end) {
                    return Some(found);
                }
            }
            count -= 1;
        }
        None
    }

    /// The value that a span stands for; if it `may_be_new` it becomes known.
    fn value(&mut self, span: Span, may_be_new: bool) -> Option<Val> {
        match span {
            Span::Words { start, end } => self.words_of(start, end, may_be_new),
            Span::Item { start, end, number } => self.item_of(start, end, number, may_be_new),
            Span::Number { at, is_negative } => {
                let Decimal(units) = self.decimal(at)?;
                let number = Decimal(if is_negative { -units } else { units });
                if may_be_new { Some(self.values.number(number)) } else { self.values.known_number(number) }
            }
            Span::Empty => None,
            Span::List { start, count, end } => {
                let mut elements = std::mem::take(&mut self.tools.elements);
                elements.clear();
                let complete = self.elements_of(start, count, end, may_be_new, &mut elements).is_some();
                let list = match may_be_new {
                    true => Some(self.values.list(&elements)),
                    false => self.values.known_list(&elements),
                };
                self.tools.elements = elements;
                list.filter(|_| complete)
            }
        }
    }

    fn elements_of(
        &mut self,
        start: usize,
        count: usize,
        end: usize,
        may_be_new: bool,
        out: &mut Vec<Val>,
    ) -> Option<()> {
        let mut at = start;
        for n in 0..count {
            let (first, longest) = element(self.text, at)?;
            let end = if n + 1 == count { end } else { longest };
            let number = (end > first && self.is_number(end - 1)).then(|| end - 1);
            // The words begin after the article and end before the number; an element has at least one word.
            out.push(self.item_of(first - 1, number.unwrap_or(end), number, may_be_new)?);
            if n + 1 < count {
                at = separator(self.text, longest)?;
            }
        }
        Some(())
    }

    fn item_of(&mut self, start: usize, end: usize, number: Option<usize>, may_be_new: bool) -> Option<Val> {
        let kind = self.words_of(start, end, may_be_new)?;
        let number = match number {
            Some(at) => Some(self.decimal(at)?),
            None => None,
        };
        if may_be_new { Some(self.values.item(kind, number)) } else { self.values.known_item(kind, number) }
    }

    fn words_of(&mut self, start: usize, end: usize, may_be_new: bool) -> Option<Val> {
        let toks = &self.text.toks[start..end];
        // Most values are one short word, whose key tells all: the text itself is needed only if it is new.
        if let [tok] = toks
            && let Some(key) = Key::of_short(tok.raw(self.text.raw))
        {
            if let Some(known) = self.values.known_key(key) {
                return Some(known);
            }
        }
        let scratch = &mut self.tools.scratch;
        scratch.clear();
        for tok in toks {
            if !scratch.is_empty() {
                scratch.push(' ');
            }
            text::fold_into(tok.raw(self.text.raw), scratch);
        }
        let key = Key::of_folded(scratch);
        if may_be_new { Some(self.values.words(key, scratch)) } else { self.values.known_words(key, scratch) }
    }

    fn decimal(&self, at: usize) -> Option<Decimal> {
        Decimal::parse(self.text.toks.get(at)?.raw(self.text.raw))
    }
}

/// Where a captured value goes, and the element that follows.
#[derive(Clone, Copy)]
struct To {
    param: usize,
    next: usize,
}

/// An element of a list that begins at `start`: the ends of its shortest and of its longest form. Every end between them is a
/// form too: so many words, and the last one a number if one follows.
fn element(text: Read, start: usize) -> Option<(usize, usize)> {
    let article = text.toks.get(start).is_some_and(|tok| tok.sym.is_article());
    let start = start + usize::from(article);
    let mut longest = start;
    while longest < start + MAX_WORDS {
        match text.toks.get(longest) {
            Some(tok) if tok.kind == TokenKind::Word && tok.sym != Sym::AND => longest += 1,
            _ => break,
        }
        if text.toks.get(longest).is_some_and(|tok| tok.kind == TokenKind::Number) {
            return Some((start + 1, longest + 1));
        }
    }
    (longest > start).then_some((start + 1, longest))
}

/// Where the next element begins, if a separator stands at `at`.
fn separator(text: Read, at: usize) -> Option<usize> {
    let is = |at: usize, sym: Sym| text.toks.get(at).is_some_and(|tok| tok.sym == sym);
    match (is(at, Sym::COMMA), is(at, Sym::AND)) {
        (true, _) if is(at + 1, Sym::AND) => Some(at + 2),
        (true, _) | (_, true) => Some(at + 1),
        _ => None,
    }
}
