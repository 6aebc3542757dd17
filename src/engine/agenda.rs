//! What has to be looked at again. In: inputs that have changed; out: the rules and the assertions that read them, each once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::bits::Bits;
use super::condition::Input;
use super::program::{Program, Reader};

#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// Ranks of rules, and who of them is there.
    pub(super) rules: Vec<u32>,
    rule_marked: Bits,
    assertions: Vec<u32>,
    /// Room for the next list of assertions.
    spare: Vec<u32>,
    assertion_marked: Bits,
    /// Steps at which something leaves a window, and the window's input.
    expiries: BinaryHeap<Reverse<(u32, u32)>>,
    /// Events whose windows have been opened at this step.
    opened: Vec<u32>,
    /// How many of the program's certain steps have come.
    steps_come: usize,
}

impl Agenda {
    pub(super) fn reset(&mut self, program: &Program) {
        self.rules.clear();
        self.rule_marked.reset(program.rules.len());
        self.assertions.clear();
        self.assertion_marked.reset(program.assertions.len());
        self.expiries.clear();
        self.opened.clear();
        self.steps_come = 0;
    }

    pub(super) fn add(&mut self, reader: Reader) {
        match reader {
            Reader::Rule(rank) => {
                if self.rule_marked.set(rank) {
                    self.rules.push(rank);
                }
            }
            Reader::Assertion(number) => {
                if self.assertion_marked.set(number) {
                    self.assertions.push(number);
                }
            }
        }
    }

    fn touch_number(&mut self, program: &Program, number: u32) {
        program.readers.of(number).iter().for_each(|reader| self.add(*reader));
    }

    /// Something has changed.
    pub(super) fn touch(&mut self, program: &Program, input: Input) {
        self.touch_number(program, program.readers.number(input));
    }

    /// An event has occurred that something looks back at.
    pub(super) fn occurred(&mut self, program: &Program, event: u32, is_new: bool, step: u32) {
        if is_new {
            self.touch(program, Input::Past(event));
        }
        self.touch(program, Input::Times(event));
        if let Some(windows) = program.readers.windows.get(&event)
            && !self.opened.contains(&event)
        {
            self.opened.push(event);
            self.expiries.extend(windows.iter().map(|(n, input)| Reverse((step.saturating_add(*n), *input))));
        }
    }

    /// Another step begins.
    pub(super) fn next_step(&mut self, program: &Program, step: u32) {
        self.opened.clear();
        self.touch(program, Input::Step);
        while let Some((_, reader)) = program.readers.steps.get(self.steps_come).filter(|(at, _)| *at <= step) {
            self.add(*reader);
            self.steps_come += 1;
        }
        while let Some(Reverse((_, input))) = self.expiries.peek().filter(|due| due.0.0 <= step) {
            let input = *input;
            self.expiries.pop();
            self.touch_number(program, input);
        }
    }

    /// Whether the rule is to be looked at.
    pub(super) fn has_rule(&self, rank: u32) -> bool {
        self.rule_marked.has(rank)
    }

    /// The rules have been looked at.
    pub(super) fn rules_done(&mut self) {
        for rank in self.rules.drain(..) {
            self.rule_marked.clear(rank);
        }
    }

    /// The assertions to look at now, in a list that is to be given back; from here on they may be added again.
    pub(super) fn take_assertions(&mut self) -> Vec<u32> {
        let taken = std::mem::replace(&mut self.assertions, std::mem::take(&mut self.spare));
        taken.iter().for_each(|number| _ = self.assertion_marked.clear(*number));
        taken
    }

    /// Gives the list of [`Agenda::take_assertions`] back, for its room.
    pub(super) fn give_back(&mut self, mut list: Vec<u32>) {
        list.clear();
        self.spare = list;
    }

    pub(super) fn bytes(&self) -> usize {
        self.rule_marked.bytes()
            + self.assertion_marked.bytes()
            + 4 * (self.rules.capacity() + self.assertions.capacity() + self.opened.capacity())
            + 8 * self.expiries.capacity()
    }
}
