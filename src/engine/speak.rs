//! Rules before a decision. In: the rules whose inputs have changed, the actions to choose from; out: who speaks, and what is
//! said: advice, suggestions, and marks weighed against each other. What has not changed is kept from the decision before.

use std::fmt::Write as _;

use super::agenda::Agenda;
use super::bits::Bits;
use super::condition::NO_VALUES;
use super::directives::{Directives, Firing, MAX_SPEAKING, Mark, MarkKind, RuleId, Suggestion};
use super::intern::{Val, Values};
use super::pattern::Captured;
use super::program::{Program, Reader, RuleCode};
use super::solve::{Solver, unify};
use crate::lang::checked::AdvicePart;

/// A rule has at most this many bindings at one decision.
pub const MAX_BINDINGS: usize = 64;
/// A list that a rule collects has at most this many elements.
const MAX_COLLECTED: usize = 64;
/// A value takes at most this many characters in advice and in a suggested action.
const MAX_RENDERED: usize = 64;
/// Lists in advice show this many elements, then say how many more there are.
const LISTED: usize = 8;

/// Ways to make a rule's condition true, each the values of its variables.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    width: usize,
    count: usize,
    values: Vec<Val>,
    /// There may have been more.
    is_full: bool,
}

impl Bindings {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn get(&self, at: usize) -> &[Val] {
        &self.values[at * self.width..(at + 1) * self.width]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[Val]> {
        (0..self.count).map(|at| self.get(at))
    }

    /// Finds the bindings of a rule in order, one for each way in which its statements differ.
    pub(super) fn find(&mut self, solver: &Solver, rule: &RuleCode, width: usize, task: &Captured) {
        self.values.clear();
        (self.width, self.count, self.is_full) = (width, 0, false);
        for branch in &rule.branches {
            let mut vars = NO_VALUES;
            vars[..task.len()].copy_from_slice(task);
            let go_on = solver.solve(*branch, &mut vars, &mut |vars| {
                let same =
                    |known: &[Val]| rule.used.iter().all(|slot| known[usize::from(*slot)] == vars[usize::from(*slot)]);
                if !self.iter().any(same) {
                    self.values.extend_from_slice(&vars[..width]);
                    self.count += 1;
                }
                self.is_full = self.count == MAX_BINDINGS;
                // Without variables in the statements one binding says all.
                !self.is_full && !rule.used.is_empty()
            });
            if !go_on {
                break;
            }
        }
    }
}

/// A rule that speaks.
#[derive(Debug, Default)]
struct Speaker {
    rank: u32,
    /// It goes on speaking: what is left here is only its place.
    has_gone_on: bool,
    bindings: Bindings,
    /// Sorted by action; one for each action that the rule marks.
    marks: Vec<Mark>,
}

/// The rules of a program in an episode.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// Whose condition holds and who may still speak, by rank.
    holding: Bits,
    /// By place of a limited rule: at how many earlier decisions it spoke.
    spoken: Vec<u32>,
    speakers: Vec<Speaker>,
    before: Vec<Speaker>,
    spare: Vec<Speaker>,
    texts: Vec<String>,
    firings: Vec<Firing>,
    suggestions: Vec<Suggestion>,
    lists: Vec<Val>,
    kinds: Vec<Option<MarkKind>>,
    weighing: WeighingRoom,
    /// How often a rule had as many bindings as count.
    pub(super) full: u32,
}

/// What is needed to decide.
pub(super) struct Decision<'d> {
    pub(super) program: &'d Program,
    pub(super) solver: Solver<'d>,
    pub(super) task: &'d dyn Fn(Option<u32>) -> Option<Captured>,
    /// The list of actions is another one than at the decision before.
    pub(super) other_actions: bool,
}

impl Rules {
    pub(super) fn reset(&mut self, program: &Program, directives: &mut Directives) {
        self.holding.reset(program.rules.len());
        self.spoken.clear();
        self.spoken.resize(program.limited as usize, 0);
        self.spare.append(&mut self.speakers);
        self.full = 0;
        self.recycle(directives);
        self.level();
    }

    /// Makes room for all who may speak and for what they may say, as much as any of them has needed so far: whichever is
    /// taken, it is large enough.
    fn level(&mut self) {
        let bindings = self.spare.iter().map(|speaker| speaker.bindings.values.capacity()).max().unwrap_or(0);
        let marks = self.spare.iter().map(|speaker| speaker.marks.capacity()).max().unwrap_or(0);
        self.spare.resize_with(2 * MAX_SPEAKING, Speaker::default);
        for speaker in &mut self.spare {
            speaker.bindings.values.clear();
            speaker.bindings.values.reserve_exact(bindings);
            speaker.marks.clear();
            speaker.marks.reserve_exact(marks);
        }
        let length = self.texts.iter().map(String::capacity).max().unwrap_or(0);
        self.texts.resize_with(4 * MAX_SPEAKING, String::new);
        for text in &mut self.texts {
            text.clear();
            text.reserve_exact(length);
        }
    }

    /// Empties the directives, and keeps their texts for others.
    fn recycle(&mut self, directives: &mut Directives) {
        self.texts.extend(directives.fired.drain(..).filter_map(|firing| firing.advice));
        self.texts.extend(directives.suggestions.drain(..).map(|suggestion| suggestion.action));
        directives.clear();
    }

    /// Whether the rule has spoken as often as it may.
    pub(super) fn is_spent(&self, rule: &RuleCode) -> bool {
        rule.limit.is_some_and(|(limit, place)| self.spoken[place as usize] >= limit)
    }

    /// Forgets the bindings of the speakers, who will be looked at again.
    pub(super) fn forget(&mut self, agenda: &mut Agenda) {
        for speaker in &mut self.speakers {
            agenda.add(Reader::Rule(speaker.rank));
            speaker.bindings = Bindings::default();
        }
    }

    /// Looks at the rules of the agenda, then lets the first eight that hold speak. How many were looked at.
    pub(super) fn decide(&mut self, decision: &Decision, agenda: &mut Agenda, directives: &mut Directives) -> u32 {
        let program = decision.program;
        for speaker in &self.speakers {
            let rule = &program.rules[speaker.rank as usize];
            if let Some((limit, place)) = rule.limit {
                self.spoken[place as usize] += 1;
                if self.spoken[place as usize] >= limit {
                    self.holding.clear(speaker.rank);
                }
            }
        }
        let mut looked_at = 0;
        let mut vars = NO_VALUES;
        for rank in &agenda.rules {
            let rule = &program.rules[*rank as usize];
            let Some(task) = (decision.task)(rule.signature) else { continue };
            if self.is_spent(rule) {
                continue;
            }
            looked_at += 1;
            vars[..task.len()].copy_from_slice(&task);
            match rule.branches.iter().any(|branch| decision.solver.holds(*branch, &mut vars)) {
                true => self.holding.set(*rank),
                false => self.holding.clear(*rank),
            };
        }
        self.speak(decision, agenda, directives);
        looked_at
    }

    fn speak(&mut self, decision: &Decision, agenda: &Agenda, directives: &mut Directives) {
        std::mem::swap(&mut self.speakers, &mut self.before);
        std::mem::swap(&mut self.firings, &mut directives.fired);
        std::mem::swap(&mut self.suggestions, &mut directives.suggestions);
        let mut differs = decision.other_actions;
        let mut place = 0;
        let holding = std::mem::take(&mut self.holding);
        for rank in holding.iter().take(MAX_SPEAKING) {
            let rule = &decision.program.rules[rank as usize];
            differs |= self.before.get(place).is_none_or(|before| before.rank != rank);
            place += 1;
            let known = self.before.iter().position(|before| before.rank == rank).filter(|_| !agenda.has_rule(rank));
            let speaker = match known {
                Some(known) => {
                    // The place of one that goes on is kept for comparing.
                    let left = Speaker { rank, has_gone_on: true, ..Speaker::default() };
                    let mut speaker = std::mem::replace(&mut self.before[known], left);
                    self.say_again(rule.id, directives);
                    if decision.other_actions {
                        self.mark(decision, rule, &mut speaker);
                    }
                    speaker
                }
                None => {
                    differs = true;
                    let mut speaker = self.spare.pop().unwrap_or_default();
                    speaker.rank = rank;
                    self.say(decision, rule, &mut speaker, directives);
                    self.mark(decision, rule, &mut speaker);
                    speaker
                }
            };
            self.speakers.push(speaker);
        }
        self.holding = holding;
        differs |= place != self.before.len();
        self.spare.extend(self.before.drain(..).filter(|speaker| !speaker.has_gone_on));
        self.texts.extend(self.firings.drain(..).filter_map(|firing| firing.advice));
        self.texts.extend(self.suggestions.drain(..).map(|suggestion| suggestion.action));
        if differs {
            let actions = decision.solver.facts.available.len();
            weigh(decision.program, &self.speakers, actions, &mut self.weighing, directives);
        }
    }

    /// What a rule said at the decision before, and says again.
    fn say_again(&mut self, rule: RuleId, directives: &mut Directives) {
        if let Some(at) = self.firings.iter().position(|firing| firing.rule == rule) {
            directives.fired.push(Firing { rule, advice: self.firings[at].advice.take() });
        }
        if let Some(at) = self.suggestions.iter().position(|suggestion| suggestion.rule == rule) {
            directives.suggestions.push(self.suggestions.swap_remove(at));
        }
    }

    fn say(&mut self, decision: &Decision, rule: &RuleCode, speaker: &mut Speaker, directives: &mut Directives) {
        let (program, solver) = (decision.program, &decision.solver);
        let (Some(source), Some(task)) = (program.rule(rule.id), (decision.task)(rule.signature)) else { return };
        speaker.bindings.find(solver, rule, source.vars.len(), &task);
        self.full += u32::from(speaker.bindings.is_full);
        let first = speaker.bindings.get(0);
        self.lists.clear();
        let mut ends = [0; 16];
        for (list, (element, body)) in rule.lists.iter().enumerate() {
            let mut vars = NO_VALUES;
            vars[..first.len()].copy_from_slice(first);
            let start = self.lists.len();
            solver.solve(*body, &mut vars, &mut |vars| {
                let value = vars[usize::from(*element)];
                if value.is_some() && !self.lists[start..].contains(&value) {
                    self.lists.push(value);
                }
                self.lists.len() - start < MAX_COLLECTED
            });
            ends[list] = self.lists.len();
        }
        let lists = (self.lists.as_slice(), ends);
        let texts = &mut self.texts;
        let mut rendered = |parts: &[AdvicePart]| {
            let mut text = texts.pop().unwrap_or_default();
            text.clear();
            render(parts, first, &lists, &solver.facts.values, &mut text);
            text
        };
        let advice = source.advice.as_ref().map(|parts| rendered(parts));
        directives.fired.push(Firing { rule: rule.id, advice });
        if let Some(parts) = &source.suggestion {
            directives.suggestions.push(Suggestion { rule: rule.id, action: rendered(parts) });
        }
    }

    fn mark(&mut self, decision: &Decision, rule: &RuleCode, speaker: &mut Speaker) {
        marks_of(&decision.solver, rule, &speaker.bindings, &mut self.kinds, &mut speaker.marks);
    }

    pub(super) fn bytes(&self) -> usize {
        let speaker = |speaker: &Speaker| {
            size_of::<Speaker>() + 4 * speaker.bindings.values.capacity() + size_of::<Mark>() * speaker.marks.capacity()
        };
        self.holding.bytes()
            + 4 * (self.spoken.capacity() + self.lists.capacity())
            + self.speakers.iter().chain(&self.before).chain(&self.spare).map(speaker).sum::<usize>()
            + self.texts.iter().map(String::capacity).sum::<usize>()
    }
}

/// The marks of one rule, sorted: one for each action that it marks, of the strongest kind.
pub(super) fn marks_of(
    solver: &Solver,
    rule: &RuleCode,
    bindings: &Bindings,
    kinds: &mut Vec<Option<MarkKind>>,
    marks: &mut Vec<Mark>,
) {
    marks.clear();
    if rule.marks.is_empty() {
        return;
    }
    let available = &solver.facts.available;
    kinds.clear();
    kinds.resize(available.len(), None);
    let mut vars = NO_VALUES;
    for statement in &rule.marks {
        // Bindings that the statement does not tell apart mark the same.
        let different = if statement.is_same_for_all { 1 } else { usize::MAX };
        for binding in bindings.iter().take(different) {
            vars[..binding.len()].copy_from_slice(binding);
            for (action, args) in available.of(statement.event) {
                let kind = &mut kinds[action as usize];
                if *kind >= Some(statement.kind) {
                    continue;
                }
                let Some(bound) = unify(&statement.args, args, &mut vars) else { continue };
                if solver.passes(statement.filter, &mut vars) {
                    *kind = Some(statement.kind);
                }
                bound.undo(&mut vars);
            }
        }
    }
    let marked = kinds.iter().enumerate().filter_map(|(action, kind)| Some((action, (*kind)?)));
    marks.extend(marked.map(|(action, kind)| Mark { action: action as u32, rule: rule.id, kind }));
}

/// Leaves on each action the marks of the highest priority, and of these the ones of the strongest kind; then drops the
/// forbids of every rule, in order of speaking, that would leave none of the `actions`.
fn weigh(
    program: &Program,
    speakers: &[Speaker],
    actions: usize,
    room: &mut WeighingRoom,
    directives: &mut Directives,
) {
    let Directives { marks, overruled, .. } = directives;
    marks.clear();
    overruled.clear();
    // Rules by number: of one action, marks are listed in this order.
    let mut order = [0; MAX_SPEAKING];
    (0..speakers.len()).for_each(|place| order[place] = place);
    let order = &mut order[..speakers.len()];
    order.sort_unstable_by_key(|place| program.rules[speakers[*place].rank as usize].id);
    let priority = |speaker: &Speaker| u64::from(program.rules[speaker.rank as usize].priority) << 2;
    let weight = |priority: u64, mark: &Mark| priority + mark.kind as u64 + 1;
    let WeighingRoom { heaviest, ends, free } = room;
    heaviest.clear();
    heaviest.resize(actions, 0);
    for speaker in speakers {
        let priority = priority(speaker);
        for mark in &speaker.marks {
            let most = &mut heaviest[mark.action as usize];
            *most = (*most).max(weight(priority, mark));
        }
    }
    // Each of the heaviest marks is put where so many before it end.
    ends.clear();
    ends.resize(actions + 1, 0);
    let mut has_forbids = false;
    for speaker in speakers {
        let priority = priority(speaker);
        for mark in &speaker.marks {
            if heaviest[mark.action as usize] == weight(priority, mark) {
                ends[mark.action as usize + 1] += 1;
                has_forbids |= mark.kind == MarkKind::Forbid;
            }
        }
    }
    for action in 0..actions {
        ends[action + 1] += ends[action];
    }
    let blank = Mark { action: 0, rule: RuleId { skill: 0, rule: 0 }, kind: MarkKind::Prefer };
    marks.resize(ends[actions] as usize, blank);
    for place in order.iter() {
        let priority = priority(&speakers[*place]);
        for mark in &speakers[*place].marks {
            if heaviest[mark.action as usize] == weight(priority, mark) {
                let end = &mut ends[mark.action as usize];
                marks[*end as usize] = *mark;
                *end += 1;
            }
        }
    }
    if !has_forbids {
        return;
    }
    free.clear();
    free.resize(actions, true);
    let mut left = actions;
    for speaker in speakers {
        let priority = priority(speaker);
        // A rule marks an action at most once.
        let own = || {
            let forbids = speaker.marks.iter().filter(|mark| mark.kind == MarkKind::Forbid);
            forbids.filter(|mark| heaviest[mark.action as usize] == weight(priority, mark))
        };
        let taken = own().filter(|mark| free[mark.action as usize]).count();
        if taken == left {
            overruled.push(program.rules[speaker.rank as usize].id);
        } else {
            own().for_each(|mark| free[mark.action as usize] = false);
            left -= taken;
        }
    }
    if !overruled.is_empty() {
        marks.retain(|mark| mark.kind != MarkKind::Forbid || !overruled.contains(&mark.rule));
    }
}

/// Room for weighing marks, by action.
#[derive(Debug, Default)]
struct WeighingRoom {
    heaviest: Vec<u64>,
    ends: Vec<u32>,
    free: Vec<bool>,
}

/// Appends an advice: `first` are the values of the variables; the lists lie one after another, with the end of each.
fn render(
    parts: &[AdvicePart],
    first: &[Val],
    (lists, ends): &(&[Val], [usize; 16]),
    values: &Values,
    out: &mut String,
) {
    for part in parts {
        let start = out.len();
        match part {
            AdvicePart::Text(text) => {
                out.push_str(text);
                continue;
            }
            AdvicePart::Var(slot) => show(first[*slot], values, out),
            AdvicePart::Let(list) => {
                let from = list.checked_sub(1).map_or(0, |before| ends[before]);
                show_list(&lists[from..ends[*list]], values, out);
            }
        }
        if let Some((cut, _)) = out[start..].char_indices().nth(MAX_RENDERED) {
            out.truncate(start + cut);
        }
    }
}

/// As [`super::value::Value`] is displayed.
fn show(val: Val, values: &Values, out: &mut String) {
    if !val.is_some() {
        return;
    }
    match (values.text(val), values.decimal(val)) {
        (Some(text), _) => out.push_str(text),
        // Writing to a string never fails.
        (None, Some(number)) => _ = write!(out, "{number}"),
        (None, None) => show_list(values.elements(val), values, out),
    }
}

fn show_list(items: &[Val], values: &Values, out: &mut String) {
    if items.is_empty() {
        out.push_str("none");
    }
    let shown = items.len().min(LISTED);
    let more = items.len() - shown;
    for (index, item) in items[..shown].iter().enumerate() {
        match index {
            0 => {}
            _ if index + 1 == shown && more == 0 => out.push_str(" and "),
            _ => out.push_str(", "),
        }
        show(*item, values, out);
    }
    if more > 0 {
        // Writing to a string never fails.
        let _ = write!(out, " and {more} more");
    }
}
