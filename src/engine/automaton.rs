//! One automaton over the tokens of all patterns of a vocabulary (Aho and Corasick, 1975). In: for each pattern an anchor, a
//! run of literal tokens that every match contains; out: one pass over a text that tells which anchors stand in it, at a
//! cost that follows the text and what is found, not the number of patterns.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::reading::{Sym, Tok};

/// An anchor that stands in a text: the first and the last place where its first token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) pattern: u32,
    pub(super) first: u32,
    pub(super) last: u32,
}

/// A text may have more hits than this before they are drawn together.
const MANY: usize = 256;

#[derive(Debug, Default)]
struct State {
    /// Where to go on when no token fits: the longest other beginning of an anchor that the text ends with here.
    otherwise: u32,
    /// The next state on that way, this one included, at which anchors end; 0 for none.
    ends: u32,
    has_next: bool,
    depth: u32,
    /// The patterns whose anchors end here.
    patterns: Vec<u32>,
}

#[derive(Debug)]
pub(super) struct Automaton {
    states: Vec<State>,
    /// By symbol: the state after it from the root; 0 for the root itself.
    root: Vec<u32>,
    /// By state and symbol: the next state, from states other than the root.
    next: Next,
}

/// Transitions, in open addressing: state and symbol, next state; state 0 (the root, which is not here) marks a free place.
#[derive(Debug)]
struct Next {
    table: Vec<(u32, Sym, u32)>,
}

impl Next {
    fn new(transitions: &FxHashMap<(u32, Sym), u32>) -> Next {
        let room = (2 * transitions.len() + 1).next_power_of_two();
        let mut next = Next { table: vec![(0, Sym::UNKNOWN, 0); room] };
        for ((state, sym), to) in transitions {
            let at = next.place(*state, *sym);
            next.table[at] = (*state, *sym, *to);
        }
        next
    }

    /// The table is never more than half full.
    fn place(&self, state: u32, sym: Sym) -> usize {
        let mask = self.table.len() - 1;
        let mixed = ((u64::from(state) << 32) | u64::from(sym.0)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut at = (mixed >> 32) as usize & mask;
        while self.table[at].0 != 0 && (self.table[at].0, self.table[at].1) != (state, sym) {
            at = (at + 1) & mask;
        }
        at
    }

    fn get(&self, state: u32, sym: Sym) -> Option<u32> {
        let found = self.table[self.place(state, sym)];
        (found.0 != 0).then_some(found.2)
    }
}

impl Automaton {
    /// `symbols` is how many symbols there are; no anchor is empty or has an unknown one.
    pub(super) fn new<'a>(symbols: usize, anchors: impl Iterator<Item = (u32, &'a [Sym])>) -> Automaton {
        let mut states = vec![State::default()];
        let mut root = vec![0; symbols];
        let mut transitions: FxHashMap<(u32, Sym), u32> = FxHashMap::default();
        // The transitions of each state in order of writing: maps have none.
        let mut children: Vec<Vec<(Sym, u32)>> = vec![Vec::new()];
        for (pattern, anchor) in anchors {
            let mut at = 0;
            for sym in anchor {
                let known =
                    if at == 0 { root[sym.0 as usize] } else { transitions.get(&(at, *sym)).copied().unwrap_or(0) };
                at = match known {
                    0 => {
                        let new = states.len() as u32;
                        let depth = states[at as usize].depth + 1;
                        states.push(State { depth, ..State::default() });
                        children.push(Vec::new());
                        children[at as usize].push((*sym, new));
                        states[at as usize].has_next = true;
                        match at {
                            0 => root[sym.0 as usize] = new,
                            _ => {
                                transitions.insert((at, *sym), new);
                            }
                        }
                        new
                    }
                    known => known,
                };
            }
            states[at as usize].patterns.push(pattern);
        }
        let mut automaton = Automaton { states, root, next: Next::new(&transitions) };
        automaton.link(&children);
        automaton
    }

    pub(super) fn states(&self) -> usize {
        self.states.len()
    }

    /// Breadth first: where a state goes on otherwise is known from shorter ones.
    fn link(&mut self, children: &[Vec<(Sym, u32)>]) {
        let mut queue: VecDeque<u32> = children[0].iter().map(|(_, child)| *child).collect();
        while let Some(state) = queue.pop_front() {
            let otherwise = self.states[state as usize].otherwise;
            self.states[state as usize].ends = match self.states[state as usize].patterns.is_empty() {
                true => self.states[otherwise as usize].ends,
                false => state,
            };
            for (sym, child) in &children[state as usize] {
                self.states[*child as usize].otherwise = self.step(otherwise, *sym);
                queue.push_back(*child);
            }
        }
    }

    fn step(&self, mut state: u32, sym: Sym) -> u32 {
        while state != 0 {
            let here = &self.states[state as usize];
            if here.has_next
                && let Some(next) = self.next.get(state, sym)
            {
                return next;
            }
            state = here.otherwise;
        }
        self.root[sym.0 as usize]
    }

    /// The anchors that stand in a text, one hit for each pattern, by pattern; `hits` is cleared first.
    pub(super) fn scan(&self, toks: &[Tok], hits: &mut Vec<Hit>) {
        hits.clear();
        let mut room = MANY;
        let mut state = 0;
        for (position, tok) in toks.iter().enumerate() {
            if tok.sym == Sym::UNKNOWN {
                state = 0;
                continue;
            }
            state = match state {
                0 => self.root[tok.sym.0 as usize],
                _ => self.step(state, tok.sym),
            };
            let mut end = self.states[state as usize].ends;
            while end != 0 {
                let found = &self.states[end as usize];
                let at = position as u32 + 1 - found.depth;
                hits.extend(found.patterns.iter().map(|pattern| Hit { pattern: *pattern, first: at, last: at }));
                end = self.states[found.otherwise as usize].ends;
            }
            if hits.len() > room {
                draw_together(hits);
                room = MANY.max(2 * hits.len());
            }
        }
        draw_together(hits);
    }
}

fn draw_together(hits: &mut Vec<Hit>) {
    hits.sort_unstable();
    hits.dedup_by(|later, kept| {
        let same = later.pattern == kept.pattern;
        if same {
            kept.last = kept.last.max(later.last);
        }
        same
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::reading::Symbols;

    proptest::proptest! {
        #[test]
        fn finds_what_looking_everywhere_finds(
            anchors in proptest::collection::vec(proptest::collection::vec(0usize..4, 1..4), 1..12),
            text in proptest::collection::vec(0usize..6, 0..400),
        ) {
            let words = ["p", "q", "r", "s", "t", "u"];
            let symbols = Symbols::new(words[..4].iter().copied());
            let anchors: Vec<Vec<Sym>> = anchors
                .iter()
                .map(|anchor| anchor.iter().map(|word| symbols.of_folded(words[*word])).collect())
                .collect();
            let raw: Vec<&str> = text.iter().map(|word| words[*word]).collect();
            let (mut toks, mut hits) = (Vec::new(), Vec::new());
            symbols.read(&raw.join(" "), &mut toks, &mut String::new());
            let numbered = anchors.iter().enumerate().map(|(n, anchor)| (n as u32, anchor.as_slice()));
            Automaton::new(symbols.len(), numbered).scan(&toks, &mut hits);
            let syms: Vec<Sym> = toks.iter().map(|tok| tok.sym).collect();
            let places = |anchor: &Vec<Sym>| -> Vec<u32> {
                let windows = syms.windows(anchor.len()).enumerate();
                windows.filter(|(_, window)| window == anchor).map(|(at, _)| at as u32).collect()
            };
            let expected: Vec<Hit> = anchors
                .iter()
                .enumerate()
                .filter_map(|(n, anchor)| {
                    let places = places(anchor);
                    Some(Hit { pattern: n as u32, first: *places.first()?, last: *places.last()? })
                })
                .collect();
            proptest::prop_assert_eq!(hits, expected);
        }
    }
}
