//! What conditions see of an episode. In: texts as they come; out: events in view, what is true, what has happened, and the
//! actions that could be taken, all as interned values. Numbers of steps: 0 is the first observation.

use super::actions::Available;
use super::condition::NO_VALUES;
use super::intern::{Val, Values};
use super::matcher::{Matching, Read, Tools};
use super::pattern::{Captured, NOTHING_CAPTURED};
use super::relation::{Added, Note, Relations};
use super::solve::{Solver, unify};
use super::vocabulary::{Role, Scan, Shape, Vocabulary};
use crate::lang::checked::{MAX_FACTS, MAX_ROWS};

/// Facts, each with the place of its arguments.
#[derive(Debug, Default)]
pub(super) struct Happened {
    facts: Vec<(u32, u32)>,
    args: Vec<Val>,
}

impl Happened {
    pub(super) fn clear(&mut self) {
        self.facts.clear();
        self.args.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.facts.len()
    }

    /// All facts with their events and arguments.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[Val])> {
        (0..self.facts.len()).map(|at| self.get(at))
    }

    pub(super) fn get(&self, at: usize) -> (u32, &[Val]) {
        let (event, from) = self.facts[at];
        let to = self.facts.get(at + 1).map_or(self.args.len(), |(_, from)| *from as usize);
        (event, &self.args[from as usize..to])
    }

    pub(super) fn has(&self, event: u32) -> bool {
        self.facts.iter().any(|(of, _)| *of == event)
    }

    /// The arguments of every fact of an event.
    pub(super) fn of(&self, event: u32) -> impl Iterator<Item = &[Val]> {
        self.iter().filter(move |(of, _)| *of == event).map(|(_, args)| args)
    }

    /// Adds a fact, once in its phase, which begins at `phase`; false where there are too many.
    fn push(&mut self, phase: usize, event: u32, args: &[Val]) -> bool {
        if args.iter().any(|arg| !arg.is_some()) || (phase..self.len()).any(|at| self.get(at) == (event, args)) {
            return true;
        }
        if self.len() - phase == MAX_FACTS {
            return false;
        }
        self.facts.push((event, self.args.len() as u32));
        self.args.extend_from_slice(args);
        true
    }

    pub(super) fn args_mut(&mut self) -> &mut [Val] {
        &mut self.args
    }
}

/// Everything a condition can ask for.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) values: Values,
    pub(super) fluents: Relations,
    pub(super) past: Relations,
    pub(super) events: Happened,
    pub(super) tasks: Vec<(u32, Vec<Val>)>,
    pub(super) available: Available,
    pub(super) step: u32,
    pub(super) repeated: bool,
    /// Facts that were too many for one phase.
    pub(super) facts_dropped: u32,
}

/// What has changed in a phase: fluents, by number.
pub(super) type Changed = Vec<u32>;

/// Room for phases, kept from step to step.
#[derive(Debug, Default)]
pub(super) struct PhaseRoom {
    /// Effects and the facts that trigger them.
    due: Vec<(u32, u32)>,
    /// Rows to add or patterns of rows to remove: the effect, and the place of its cells.
    changes: Vec<(u32, u32)>,
    cells: Vec<Val>,
}

impl Facts {
    pub(super) fn reset(&mut self, vocabulary: &Vocabulary) {
        self.values.clear();
        self.fluents.reset(vocabulary.fluents.len());
        self.past.reset(vocabulary.domain.events.len());
        self.events.clear();
        self.tasks.clear();
        self.available.reset();
        (self.step, self.repeated, self.facts_dropped) = (0, false, 0);
    }

    pub(super) fn bytes(&self) -> usize {
        self.values.bytes()
            + self.fluents.bytes()
            + self.past.bytes()
            + self.available.bytes()
            + 8 * self.events.facts.capacity()
            + 4 * self.events.args.capacity()
    }

    /// Finds out what the task is: the best basic task, and the derived ones beside it.
    pub(super) fn read_task(&mut self, vocabulary: &Vocabulary, text: Read, scan: &mut Scan, tools: &mut Tools) {
        vocabulary.wake(text, &[Role::Sentence], scan);
        let sentence = text.without_end();
        let mut best: Option<(usize, u32, Captured)> = None;
        for woken in &scan.woken {
            let placed = &vocabulary.patterns[woken.pattern as usize];
            if best.as_ref().is_some_and(|(most, _, _)| *most >= placed.weight) {
                continue;
            }
            let mut matching = Matching { symbols: &vocabulary.symbols, values: &mut self.values, tools };
            if let Some(captured) = matching.whole(&placed.compiled, &NOTHING_CAPTURED, sentence) {
                let params = vocabulary.domain.tasks[placed.of as usize].params.len();
                if captured[..params].iter().all(|val| val.is_some()) {
                    best = Some((placed.weight, placed.of, captured));
                }
            }
        }
        if let Some((_, task, captured)) = best {
            let params = vocabulary.domain.tasks[task as usize].params.len();
            self.tasks.push((task, captured[..params].to_vec()));
            vocabulary.follow(&mut self.tasks);
        }
    }

    /// Finds the events of a transition, or of the first observation, whose text has been read; `scan` tells the patterns of
    /// the roles fails, observation and then that may match. Action events come first; how many there are is answered.
    pub(super) fn read_events(
        &mut self,
        vocabulary: &Vocabulary,
        action: Option<u32>,
        text: Read,
        scan: &Scan,
        tools: &mut Tools,
    ) -> usize {
        self.events.clear();
        let mut matching = Matching { symbols: &vocabulary.symbols, values: &mut self.values, tools };
        let placed = |pattern: u32| &vocabulary.patterns[pattern as usize];
        if let Some(action) = action
            && self.available.facts(action).next().is_some()
        {
            let mut fails = scan.woken.iter().take_while(|woken| placed(woken.pattern).role == Role::Fails);
            let failed = fails
                .any(|woken| matching.woken(&placed(woken.pattern).compiled, &NOTHING_CAPTURED, text, woken).is_some());
            let mut occurred = None;
            for (event, pattern, args) in self.available.facts(action).filter(|_| !failed) {
                // One action is an event at most once: by the first form that matches, answer included.
                if occurred == Some(event) {
                    continue;
                }
                let mut captured = NOTHING_CAPTURED;
                captured[..args.len()].copy_from_slice(args);
                if let Some(then) = placed(pattern).then {
                    let woken = scan.woken.iter().find(|woken| woken.pattern == then);
                    let found = woken.and_then(|woken| matching.woken(&placed(then).compiled, &captured, text, woken));
                    let Some(found) = found else { continue };
                    captured = found;
                }
                self.events.push(0, event, &captured[..args.len()]);
                occurred = Some(event);
            }
        }
        let done = self.events.len();
        for woken in &scan.woken {
            let here = placed(woken.pattern);
            if here.role != Role::Observation {
                continue;
            }
            let params = vocabulary.domain.events[here.of as usize].params.len();
            let mut push = |captured: Captured| {
                let fits = self.events.push(done, here.of, &captured[..params]);
                self.facts_dropped += u32::from(!fits);
                fits
            };
            match here.each && !woken.is_certain {
                true => matching.each(&here.compiled, &NOTHING_CAPTURED, text, woken.hit, push),
                false => {
                    if let Some(captured) = matching.woken(&here.compiled, &NOTHING_CAPTURED, text, woken) {
                        push(captured);
                    }
                }
            }
        }
        done
    }

    /// Notes the events in view among those that something looks back at; tells which have a fact that had not occurred.
    pub(super) fn remember(&mut self, vocabulary: &Vocabulary, remembered: &[bool], mut told: impl FnMut(u32, bool)) {
        let note = Note { step: self.step, times: 1 };
        for at in 0..self.events.len() {
            let (event, args) = self.events.get(at);
            if !remembered[event as usize] {
                continue;
            }
            let arity = vocabulary.domain.events[event as usize].params.len();
            let past = self.past.used(event, Shape { arity, keys: arity, max: MAX_ROWS });
            match past.find(args) {
                Some(known) => {
                    past.again(known, self.step);
                    told(event, false);
                }
                None => {
                    past.add(args, note);
                    told(event, true);
                }
            }
        }
    }

    /// One phase: S := (S without what is terminated) plus what is initiated; causes read the phase's starting S. The phase is
    /// that of the events at these places, or of the tasks. `changed` gets the fluents that are different afterwards.
    pub(super) fn phase(
        &mut self,
        vocabulary: &Vocabulary,
        events: Option<std::ops::Range<usize>>,
        room: &mut PhaseRoom,
        changed: &mut Changed,
    ) {
        let PhaseRoom { due, changes, cells } = room;
        due.clear();
        let is_task = events.is_none();
        for at in events.unwrap_or(0..self.tasks.len()) {
            let effects = match is_task {
                true => vocabulary.effects_of_task(self.tasks[at].0),
                false => vocabulary.effects_of_event(self.events.get(at).0),
            };
            due.extend(effects.iter().map(|effect| (*effect, at as u32)));
        }
        if due.is_empty() {
            return;
        }
        due.sort_unstable();
        changes.clear();
        cells.clear();
        let solver = Solver { facts: self, conds: &vocabulary.conds, tables: &vocabulary.tables, cache: None };
        for (number, at) in due.iter() {
            let effect = &vocabulary.effects[*number as usize];
            let args = match is_task {
                true => self.tasks[*at as usize].1.as_slice(),
                false => self.events.get(*at as usize).1,
            };
            let mut vars = NO_VALUES;
            if unify(&effect.args, args, &mut vars).is_none() {
                continue;
            }
            let arity = vocabulary.fluents[effect.fluent as usize].arity;
            solver.solve(effect.with, &mut vars, &mut |vars| {
                if !effect.adds || vars[..arity].iter().all(|val| val.is_some()) {
                    changes.push((*number, cells.len() as u32));
                    cells.extend_from_slice(&vars[..arity]);
                }
                true
            });
        }
        let note = Note { step: self.step, times: 0 };
        for (number, from) in changes.iter() {
            let effect = &vocabulary.effects[*number as usize];
            let shape = vocabulary.fluents[effect.fluent as usize];
            let cells = &cells[*from as usize..*from as usize + shape.arity];
            let differs = match effect.adds {
                true => self.fluents.used(effect.fluent, shape).add(cells, note) != Added::Nothing,
                false => self.fluents.known(effect.fluent).is_some_and(|relation| relation.remove(cells)),
            };
            if differs && changed.last() != Some(&effect.fluent) {
                changed.push(effect.fluent);
            }
        }
    }
}
