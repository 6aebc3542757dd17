//! Compiled patterns on texts that have been read. In: a pattern, a text, what some parameters have already; out: the captured
//! values of the first way in which everything fits, as `matching` defines it. Takes time linear in the text: where a
//! search takes long, it remembers what has failed.

mod search;

use regex::CaptureLocations;

use self::search::{Failed, Search};
use super::automaton::Hit;
use super::intern::{Val, Values};
use super::matching::{FUEL, MAX_MATCHES};
use super::pattern::{Captured, Compiled, TokenPattern};
use super::reading::{Symbols, Tok};
use super::vocabulary::Woken;
use crate::lang::regexp::Regexp;
use crate::text::{self, TokenKind};

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
            + self.failed.bytes()
            + 4 * self.elements.capacity()
            + size_of::<Tok>() * self.group.capacity()
    }
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
