//! The actions that could be taken. In: lists of admissible actions, of which most were there in the list before; out: the events
//! that each would be. An action is read once in an episode.

use super::facts::Facts;
use super::intern::Val;
use super::matcher::{Matching, Read, Tools};
use super::pattern::NOTHING_CAPTURED;
use super::reading::Tok;
use super::vocabulary::{Role, Scan, Vocabulary};

/// An action that has been read.
#[derive(Debug, Clone, Copy)]
struct Action {
    /// Where its text is.
    start: u32,
    end: u32,
    hash: u64,
    /// Where the events are that it would be.
    facts: (u32, u32),
    /// The list in which it was last, and its place there.
    listed: (u32, u32),
}

/// The number of no list.
const NEVER: u32 = u32::MAX;

/// An event that an action would be, by one form.
#[derive(Debug, Clone, Copy)]
struct Fact {
    event: u32,
    pattern: u32,
    /// Where its arguments are.
    args: (u32, u32),
}

/// The admissible actions of the decision at hand, and all that were read before.
#[derive(Debug, Default)]
pub(super) struct Available {
    texts: String,
    actions: Vec<Action>,
    facts: Vec<Fact>,
    args: Vec<Val>,
    /// Open addressing over texts: positions in `actions`, plus one.
    table: Vec<u32>,
    list: Vec<u32>,
    before: Vec<u32>,
    /// The number of the list.
    number: u32,
    /// The events that actions of the list would be, and for each where its actions are in `places`.
    events: Vec<(u32, u32, u32)>,
    /// The place of an action in the list, and of the arguments by the first form that fits.
    places: Vec<(u32, (u32, u32))>,
}

impl Available {
    pub(super) fn reset(&mut self) {
        self.texts.clear();
        self.actions.clear();
        self.facts.clear();
        self.args.clear();
        self.table.fill(0);
        // The two lists change places at every step: each gets the room of the other.
        self.list.clear();
        self.before.clear();
        self.list.reserve_exact(self.before.capacity());
        self.before.reserve_exact(self.list.capacity());
        self.events.clear();
        self.places.clear();
        self.number = 0;
    }

    /// How many actions there are to choose from.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The events that a known action would be, in order, by all forms that fit: each with its pattern and its arguments.
    pub(super) fn facts(&self, action: u32) -> impl Iterator<Item = (u32, u32, &[Val])> {
        let (from, to) = self.actions[action as usize].facts;
        self.facts[from as usize..to as usize]
            .iter()
            .map(|fact| (fact.event, fact.pattern, &self.args[fact.args.0 as usize..fact.args.1 as usize]))
    }

    /// Whether an admissible action would be such an event.
    pub(super) fn has(&self, event: u32) -> bool {
        self.events.iter().any(|(of, _, _)| *of == event)
    }

    /// The admissible actions that would be such an event: the place of each in the list, and the arguments.
    pub(super) fn of(&self, event: u32) -> impl Iterator<Item = (u32, &[Val])> {
        let there = self.events.iter().find(|(of, _, _)| *of == event);
        let places = there.map_or(&[][..], |(_, from, to)| &self.places[*from as usize..*to as usize]);
        places.iter().map(|(action, (from, to))| (*action, &self.args[*from as usize..*to as usize]))
    }

    pub(super) fn args_mut(&mut self) -> &mut [Val] {
        &mut self.args
    }

    fn text(&self, action: u32) -> &str {
        let action = &self.actions[action as usize];
        &self.texts[action.start as usize..action.end as usize]
    }

    fn find(&self, hash: u64, text: &str) -> Option<u32> {
        let mask = self.table.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        while let Some(action) = self.table[at].checked_sub(1) {
            if self.actions[action as usize].hash == hash && self.text(action) == text {
                return Some(action);
            }
            at = (at + 1) & mask;
        }
        None
    }

    fn push(&mut self, hash: u64, text: &str, facts_from: u32) -> u32 {
        let start = self.texts.len() as u32;
        self.texts.push_str(text);
        let facts = (facts_from, self.facts.len() as u32);
        self.actions.push(Action { start, end: self.texts.len() as u32, hash, facts, listed: (NEVER, 0) });
        if 2 * self.actions.len() > self.table.len() {
            self.table.clear();
            self.table.resize((4 * self.actions.len()).next_power_of_two().max(64), 0);
            (0..self.actions.len()).for_each(|action| self.place(action));
        } else {
            self.place(self.actions.len() - 1);
        }
        self.actions.len() as u32 - 1
    }

    fn place(&mut self, action: usize) {
        let mask = self.table.len() - 1;
        let mut at = self.actions[action].hash as usize & mask;
        while self.table[at] != 0 {
            at = (at + 1) & mask;
        }
        self.table[at] = action as u32 + 1;
    }

    /// The events of actions, for each the first form that fits.
    fn told(&self, actions: &[u32], mut changed: impl FnMut(u32)) {
        for action in actions {
            self.facts(*action).for_each(|(event, _, _)| changed(event));
        }
    }

    /// Lays out the list by events.
    fn lay_out(&mut self) {
        let Available { actions, facts, list, events, places, .. } = self;
        events.clear();
        let told = |action: &u32| {
            let (from, to) = actions[*action as usize].facts;
            let facts = &facts[from as usize..to as usize];
            // The forms of an event are one after another: the first one counts.
            let firsts = facts.iter().enumerate().filter(|(at, fact)| *at == 0 || facts[at - 1].event != fact.event);
            firsts.map(|(_, fact)| fact)
        };
        for fact in list.iter().flat_map(told) {
            match events.iter_mut().find(|(of, _, _)| *of == fact.event) {
                Some((_, _, count)) => *count += 1,
                None => events.push((fact.event, 0, 1)),
            }
        }
        let mut from = 0;
        for (_, start, count) in events.iter_mut() {
            (*start, from) = (from, from + *count);
            *count = *start;
        }
        places.clear();
        places.resize(from as usize, (0, (0, 0)));
        for (place, action) in list.iter().enumerate() {
            for fact in told(action) {
                if let Some((_, _, next)) = events.iter_mut().find(|(of, _, _)| *of == fact.event) {
                    places[*next as usize] = (place as u32, fact.args);
                    *next += 1;
                }
            }
        }
    }

    /// So many bytes are kept of what was read.
    pub(super) fn bytes(&self) -> usize {
        self.texts.capacity()
            + size_of::<Action>() * self.actions.capacity()
            + size_of::<Fact>() * self.facts.capacity()
            + 4 * (self.args.capacity() + self.table.capacity() + self.list.capacity() + self.before.capacity())
            + 16 * self.events.capacity()
    }

    /// Forgets all actions but those of the list.
    pub(super) fn forget(&mut self) {
        let old = std::mem::take(self);
        for action in &old.list {
            let text = old.text(*action);
            let hash = old.actions[*action as usize].hash;
            let known = self.find(hash, text).unwrap_or_else(|| {
                let from = self.facts.len() as u32;
                for (event, pattern, args) in old.facts(*action) {
                    let start = self.args.len() as u32;
                    self.args.extend_from_slice(args);
                    self.facts.push(Fact { event, pattern, args: (start, self.args.len() as u32) });
                }
                self.push(hash, text, from)
            });
            self.actions[known as usize].listed = (1, self.list.len() as u32);
            self.list.push(known);
        }
        self.number = 1;
        self.lay_out();
    }
}

/// What reading actions needs.
pub(super) struct Reader<'r> {
    pub(super) vocabulary: &'r Vocabulary,
    pub(super) scan: &'r mut Scan,
    pub(super) tools: &'r mut Tools,
    pub(super) toks: &'r mut Vec<Tok>,
}

impl Facts {
    /// The number of an action, which is read if it is new.
    pub(super) fn action(&mut self, text: &str, reader: &mut Reader) -> u32 {
        let hash = hash(text);
        if let Some(known) = self.available.find(hash, text) {
            return known;
        }
        let Reader { vocabulary, scan, tools, toks } = reader;
        vocabulary.symbols.read(text, toks, &mut tools.scratch);
        let read = Read { raw: text, toks };
        vocabulary.wake(read, &[Role::Action], scan);
        let from = self.available.facts.len() as u32;
        for woken in &scan.woken {
            let placed = &vocabulary.patterns[woken.pattern as usize];
            let mut matching = Matching { symbols: &vocabulary.symbols, values: &mut self.values, tools };
            let captured = match woken.is_certain {
                true => Some(NOTHING_CAPTURED),
                false => matching.whole(&placed.compiled, &NOTHING_CAPTURED, read),
            };
            if let Some(captured) = captured {
                let params = vocabulary.domain.events[placed.of as usize].params.len();
                let Available { args, facts, .. } = &mut self.available;
                let start = args.len() as u32;
                args.extend_from_slice(&captured[..params]);
                facts.push(Fact { event: placed.of, pattern: woken.pattern, args: (start, args.len() as u32) });
            }
        }
        self.available.push(hash, text, from)
    }

    /// Takes in a list of admissible actions; `changed` is told the events of the actions that were not there before, or are not
    /// any more. Whether the list is another one.
    pub(super) fn list(&mut self, admissible: &[String], reader: &mut Reader, mut changed: impl FnMut(u32)) -> bool {
        let Available { list, before, number, .. } = &mut self.available;
        std::mem::swap(list, before);
        list.clear();
        *number += 1;
        // The place in the list before up to which its actions have been found again, or have left.
        let mut at = 0;
        let mut differs = false;
        for text in admissible {
            let available = &self.available;
            let next = available.before.get(at).copied();
            let action = match next.filter(|next| available.text(*next) == text) {
                Some(next) => {
                    at += 1;
                    next
                }
                None => {
                    differs = true;
                    let action = self.action(text, reader);
                    let available = &self.available;
                    let (list, place) = available.actions[action as usize].listed;
                    let place = place as usize;
                    if list.wrapping_add(1) == available.number && place >= at {
                        available.told(&available.before[at..place], &mut changed);
                        at = place + 1;
                    } else {
                        available.told(&[action], &mut changed);
                    }
                    action
                }
            };
            let available = &mut self.available;
            available.actions[action as usize].listed = (available.number, available.list.len() as u32);
            available.list.push(action);
        }
        let available = &mut self.available;
        differs |= at < available.before.len();
        available.told(&available.before[at..], &mut changed);
        if differs {
            available.lay_out();
        }
        differs
    }
}

fn hash(text: &str) -> u64 {
    use std::hash::{BuildHasher, BuildHasherDefault};
    BuildHasherDefault::<rustc_hash::FxHasher>::default().hash_one(text)
}
