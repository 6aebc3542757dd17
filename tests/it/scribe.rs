//! Episodes in the words of a vocabulary. In: a checked domain and a source of choices; out: tasks, actions and answers that
//! its patterns match, more or less.

use std::collections::HashMap;

use regex_syntax::hir::{Class, Hir, HirKind};
use reskill::episode::{Step, TRAJECTORY_FORMAT, Trajectory};
use reskill::lang::checked::{Constant, Domain, EventForm};
use reskill::lang::pattern::{Capture, Element, Pattern, Type};

const ITEMS: [&str; 8] = ["mug 1", "mug", "egg 2", "the salt pot 1", "a mug 1", "oven", "Table 2", "salt pot"];
const WORDS: [&str; 6] = ["mug", "Egg", "pot", "please", "good", "oven"];
const NUMBERS: [&str; 7] = ["1", "2", "2.5", "-1", "1,200", "0", "3"];
const SEPARATORS: [&str; 6] = [". ", "\n", " ", ", ", " and ", "! "];
const NOISE: [&str; 10] = ["mug", "the", ",", ".", "\n", "1", "İé", "pip", "'", "[x]"];

/// Answers with a number below the one that it is given.
pub type Below<'b> = Box<dyn FnMut(usize) -> usize + 'b>;

pub struct Scribe<'d> {
    domain: &'d Domain,
    below: Below<'d>,
    /// Texts of the domain's tables, which conditions are likely to ask for.
    named: Vec<&'d str>,
    expressions: HashMap<&'d str, Option<Hir>>,
    /// Episodes have no more steps than this.
    steps: usize,
}

/// The texts of parameters that have been written already.
type Given = HashMap<u16, String>;

impl<'d> Scribe<'d> {
    pub fn new(domain: &'d Domain, steps: usize, below: Below<'d>) -> Self {
        let cells = domain.tables.iter().flat_map(|table| &table.rows).flatten();
        let text = |cell: &'d Constant| match cell {
            Constant::Text(text) | Constant::Item(text) => Some(text.as_str()),
            Constant::Number(_) => None,
        };
        Scribe { domain, below, named: cells.filter_map(text).collect(), expressions: HashMap::new(), steps }
    }

    fn one<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() { None } else { from.get((self.below)(from.len())).copied() }
    }

    /// Once in so many times.
    fn rarely(&mut self, times: usize) -> bool {
        (self.below)(times) == 0
    }

    pub fn episode(&mut self) -> Trajectory {
        let domain = self.domain;
        let sentences: Vec<&Pattern> = domain.tasks.iter().flat_map(|task| &task.sentences).collect();
        let task = match self.one(&sentences).filter(|_| !self.rarely(6)) {
            Some(sentence) => self.text(sentence, &mut Given::new()),
            None => String::new(),
        };
        let first = self.answer(None, &mut Given::new());
        let mut steps: Vec<Step> = Vec::new();
        let mut list: Vec<String> = Vec::new();
        for _ in 0..(self.below)(self.steps + 1) {
            let (mut action, then, mut given) = self.action();
            if self.rarely(60) {
                action.clear();
            }
            if let Some(before) = steps.last().filter(|_| self.rarely(5)) {
                action.clone_from(&before.action);
            }
            let observation = self.answer(then, &mut given);
            self.next_list(&mut list, &action);
            steps.push(Step { admissible: list.clone(), action, observation, reward: 0.0 });
        }
        Trajectory { v: TRAJECTORY_FORMAT, task, first, steps, ..Trajectory::default() }
    }

    /// An action, what its answer must have, and what it captures.
    fn action(&mut self) -> (String, Option<&'d Pattern>, Given) {
        let forms = self.domain.events.iter().flat_map(|event| &event.forms);
        let actions: Vec<_> = forms
            .filter_map(|form| match form {
                EventForm::Action { pattern, then } => Some((pattern, then.as_ref())),
                EventForm::Observation { .. } => None,
            })
            .collect();
        let mut given = Given::new();
        match self.one(&actions) {
            Some((pattern, then)) => (self.noisy(pattern, &mut given), then, given),
            None => ("wait".to_owned(), None, given),
        }
    }

    /// The list of admissible actions before this one: the same, longer, shorter, in another order, or another one.
    fn next_list(&mut self, list: &mut Vec<String>, action: &str) {
        match (self.below)(8) {
            0 => list.clear(),
            1 => {
                list.clear();
                list.extend((0..(self.below)(12)).map(|_| self.action().0));
            }
            2 => list.reverse(),
            3 => list.sort(),
            4 if !list.is_empty() => drop(list.remove((self.below)(list.len()))),
            5 if !list.is_empty() => {
                let again = list[(self.below)(list.len())].clone();
                list.insert((self.below)(list.len() + 1), again);
            }
            6 => list.extend((0..(self.below)(4)).map(|_| self.action().0)),
            _ => {}
        }
        if !self.rarely(4) && !list.iter().any(|known| known == action) {
            list.insert((self.below)(list.len() + 1), action.to_owned());
        }
    }

    fn answer(&mut self, then: Option<&'d Pattern>, given: &mut Given) -> String {
        let domain = self.domain;
        let forms = domain.events.iter().flat_map(|event| &event.forms);
        let seen: Vec<&Pattern> = forms
            .filter_map(|form| match form {
                EventForm::Observation { pattern, .. } => Some(pattern),
                EventForm::Action { .. } => None,
            })
            .collect();
        let mut parts = Vec::new();
        if let Some(then) = then.filter(|_| !self.rarely(5)) {
            parts.push(self.text(then, given));
        }
        if self.rarely(8) {
            let fails: Vec<&Pattern> = domain.fails.iter().collect();
            parts.extend(self.one(&fails).map(|pattern| self.text(pattern, &mut Given::new())));
        }
        for _ in 0..(self.below)(4) {
            let Some(pattern) = self.one(&seen) else { break };
            parts.push(self.noisy(pattern, &mut Given::new()));
            if self.rarely(3) {
                // Once more: for what `each` finds.
                parts.push(self.text(pattern, &mut Given::new()));
            }
        }
        if self.rarely(120) {
            // So long that searches begin to remember what has failed.
            let literals: Vec<&'d str> = seen.iter().flat_map(|pattern| literals(pattern)).collect();
            let words = (0..100 + (self.below)(300))
                .filter_map(|_| if self.rarely(4) { self.one(&NOISE) } else { self.one(&literals) });
            parts.push(words.collect::<Vec<&str>>().join(" "));
        }
        let mut text = String::new();
        for part in parts {
            if !text.is_empty() {
                text.push_str(self.one(&SEPARATORS).unwrap_or(" "));
            }
            text.push_str(&part);
        }
        text
    }

    /// As [`Scribe::text`]; sometimes a word is missing, or there is one too many, or it is written otherwise.
    fn noisy(&mut self, pattern: &'d Pattern, given: &mut Given) -> String {
        let text = self.text(pattern, given);
        if !self.rarely(6) {
            return text;
        }
        let mut words: Vec<&str> = text.split(' ').collect();
        let at = (self.below)(words.len());
        let upper = words[at].to_uppercase();
        match (self.below)(4) {
            0 => drop(words.remove(at)),
            1 => words.insert(at, words[(self.below)(words.len())]),
            2 => words.insert(at, self.one(&NOISE).unwrap_or("")),
            _ => words[at] = &upper,
        }
        words.join(" ")
    }

    /// A text that the pattern is likely to match. What it captures is `given` afterwards.
    fn text(&mut self, pattern: &'d Pattern, given: &mut Given) -> String {
        match pattern {
            Pattern::Tokens(elements) => {
                let parts: Vec<String> = elements.iter().map(|element| self.element(element, given)).collect();
                let there: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
                there.join(" ")
            }
            Pattern::Regex { regex, groups } => {
                let mut out = String::new();
                if let Some(hir) = self.expression(regex.source()) {
                    self.written(&hir, groups, given, &mut out);
                }
                out
            }
        }
    }

    fn element(&mut self, element: &'d Element, given: &mut Given) -> String {
        match element {
            Element::Literal(literal) => literal.clone(),
            Element::Either(options) => {
                let option = (self.below)(options.len());
                options[option].join(" ")
            }
            Element::Gap => {
                let words: Vec<&str> = (0..(self.below)(3)).filter_map(|_| self.one(&NOISE)).collect();
                words.join(" ")
            }
            Element::Capture(capture) => self.captured(capture, given),
        }
    }

    fn captured(&mut self, capture: &'d Capture, given: &mut Given) -> String {
        if let Some(known) = given.get(&capture.param).filter(|_| (self.below)(8) > 0) {
            return known.clone();
        }
        let value = self.value(capture);
        given.insert(capture.param, value.clone());
        value
    }

    fn value(&mut self, capture: &'d Capture) -> String {
        let named = match self.rarely(3) {
            true => self.one(&self.named.clone()),
            false => None,
        };
        let item = |scribe: &mut Self| scribe.one(&ITEMS).unwrap_or("mug").to_owned();
        match capture.ty {
            Type::Item | Type::Kind => named.map_or_else(|| item(self), str::to_owned),
            Type::Word => self.one(&WORDS).unwrap_or("mug").to_owned(),
            Type::Words | Type::Text => match named {
                Some(named) => named.to_owned(),
                None => (0..=(self.below)(3)).filter_map(|_| self.one(&WORDS)).collect::<Vec<_>>().join(" "),
            },
            Type::Number => self.one(&NUMBERS).unwrap_or("1").to_owned(),
            Type::Money => format!("{}{}", self.one(&["$", "€", ""]).unwrap_or(""), self.one(&NUMBERS).unwrap_or("1")),
            Type::List => {
                let items: Vec<String> = (0..(self.below)(5)).map(|_| item(self)).collect();
                match items.split_last() {
                    None => "nothing".to_owned(),
                    Some((last, [])) => last.clone(),
                    Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
                }
            }
            Type::Own(_) => {
                let mut out = String::new();
                if let Some(hir) = capture.shape.as_ref().and_then(|shape| self.expression(shape.source())) {
                    self.written(&hir, &[], &mut Given::new(), &mut out);
                }
                out
            }
        }
    }

    fn expression(&mut self, source: &'d str) -> Option<Hir> {
        self.expressions.entry(source).or_insert_with(|| regex_syntax::parse(source).ok()).clone()
    }

    /// A text that the expression matches; groups that capture hold mostly what their type asks for.
    fn written(&mut self, hir: &Hir, groups: &'d [(usize, Capture)], given: &mut Given, out: &mut String) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
            HirKind::Class(class) => out.extend(self.letter(class)),
            HirKind::Repetition(repetition) => {
                let least = repetition.min as usize;
                let more = repetition.max.map_or(4, |max| (max as usize - least).min(4));
                for _ in 0..least.min(20) + (self.below)(more + 1) {
                    self.written(&repetition.sub, groups, given, out);
                }
            }
            HirKind::Capture(group) => {
                match groups.iter().find(|(number, _)| *number == group.index as usize).filter(|_| !self.rarely(3)) {
                    Some((_, capture)) => {
                        let text = self.captured(capture, given);
                        out.push_str(&text);
                    }
                    None => self.written(&group.sub, groups, given, out),
                }
            }
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.written(part, groups, given, out)),
            HirKind::Alternation(options) => {
                let option = (self.below)(options.len());
                self.written(&options[option], groups, given, out);
            }
        }
    }

    fn letter(&mut self, class: &Class) -> Option<char> {
        let ranges: Vec<(u32, u32)> = match class {
            Class::Unicode(class) => class.iter().map(|range| (range.start().into(), range.end().into())).collect(),
            Class::Bytes(class) => class.iter().map(|range| (range.start().into(), range.end().into())).collect(),
        };
        let usual: Vec<_> = ranges.iter().copied().filter(|(from, to)| *from >= 32 && *to < 128).collect();
        let (from, to) = match self.one(&usual) {
            Some(range) => range,
            None => self.one(&ranges)?,
        };
        // Of wide ranges letters, if there are any.
        let (from, to) = if from <= 97 && to >= 122 { (97, 122) } else { (from, to) };
        char::from_u32(from + (self.below)((to - from + 1) as usize) as u32)
    }
}

/// The literal tokens of a pattern.
fn literals(pattern: &Pattern) -> Vec<&str> {
    let Pattern::Tokens(elements) = pattern else { return Vec::new() };
    elements
        .iter()
        .filter_map(|e| if let Element::Literal(literal) = e { Some(literal.as_str()) } else { None })
        .collect()
}
