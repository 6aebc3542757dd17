//! The parts of rules, played. In: the board; out: for every state condition and every filter that the domain allows,
//! where it holds, found by ordinary sessions. What follows from other parts is not played again: a negated fluent is
//! the complement, and a task that another one covers shares its parts.

use std::collections::BTreeMap;

use super::bits::Bits;
use super::board::{Board, Column};
use super::candidates;
use super::sketch::{Kind, Piece, Sketch, Unit, applies, state_text};
use crate::engine::value::Value;
use crate::lang::checked::{Domain, Param, Skill};
use crate::lang::pattern::Type;

/// A kind that stands in an action of this share of a task's episodes may become a constant.
const CONSTANT_SHARE: f64 = 0.1;
/// Constants per task, event and parameter.
const CONSTANTS: usize = 3;
/// Parts played in one round, at most: their text has to stay below the size of a file.
const MAX_PARTS: usize = 16_000;
/// One in so many episodes is in the sample that finds out the parts that never hold.
const SAMPLE: usize = 5;
/// A state condition about a thing is refined if it holds in this share of its task's decisions.
const REFINED: std::ops::Range<f64> = 0.03..0.97;

/// Half a condition, or a filter on the arguments of the event.
#[derive(Debug, Clone)]
pub(super) enum Part {
    State(Unit),
    Filter(usize, Unit),
}

/// Every part with the place where it holds.
pub(super) struct Parts {
    /// The tasks of the episodes (`None`: any), with their decisions.
    pub known: Vec<(Option<usize>, Bits)>,
    played: Vec<(Option<usize>, Part, Column)>,
    /// For a covered task: the task that covers it, and which of its parameters each of the other's is.
    covers: Vec<Option<(usize, Vec<usize>)>>,
}

impl Parts {
    /// Plays all parts of all tasks.
    pub fn play(board: &Board) -> Parts {
        let domain = &board.domain;
        let tasks = board.tasks();
        let mut known: Vec<(Option<usize>, Bits)> = vec![(None, board.where_episode(|_| true))];
        for task in 0..domain.tasks.len() {
            let mut bits = Bits::new(board.moments.len());
            for (episode, _) in board.episodes.iter().zip(&tasks).filter(|(_, tasks)| tasks[task]) {
                episode.moments.clone().for_each(|moment| bits.set(moment));
            }
            known.push((Some(task), bits));
        }
        known.retain(|(_, bits)| bits.count() > 0);
        let covers = (0..domain.tasks.len()).map(|task| covering(domain, task)).collect();
        let mut parts = Parts { known, played: Vec::new(), covers };
        let constants = constants(board, &tasks);
        let events: Vec<usize> = (0..domain.events.len()).filter(|event| domain.events[*event].has_action()).collect();
        let bare = events.iter().map(|event| (None, Part::Filter(*event, Unit { pieces: Vec::new() })));
        parts.add(board, bare.collect(), &[]);

        let mut first: Vec<(Option<usize>, Part)> = Vec::new();
        first.extend(candidates::plain_states(domain).into_iter().map(|unit| (None, Part::State(unit))));
        for &event in &events {
            let of_event: Vec<(usize, String)> =
                constants.iter().filter(|(e, _, _)| *e == event).map(|(_, at, kind)| (*at, kind.clone())).collect();
            let units = candidates::plain_filters(domain, event, &of_event);
            first.extend(units.into_iter().map(|unit| (None, Part::Filter(event, unit))));
        }
        let own: Vec<usize> = (parts.known.iter().filter_map(|(task, _)| *task))
            .filter(|task| parts.covers[*task].is_none())
            .chain(parts.known.iter().filter_map(|(task, _)| parts.covers[(*task)?].as_ref().map(|(by, _)| *by)))
            .collect::<std::collections::BTreeSet<usize>>()
            .into_iter()
            .collect();
        for &task in &own {
            first.extend(candidates::task_states(domain, task).into_iter().map(|u| (Some(task), Part::State(u))));
            for &event in &events {
                let units = candidates::task_filters(domain, event, task);
                first.extend(units.into_iter().map(|unit| (Some(task), Part::Filter(event, unit))));
            }
        }
        let (negated, positive): (Vec<_>, Vec<_>) = first.into_iter().partition(|(_, part)| is_negated(part));
        parts.add(board, positive, &[]);
        parts.negate(board, negated);
        let mut refined = Vec::new();
        // A refinement holds only where the condition does that it refines.
        let mut within = Vec::new();
        for (task, part, column) in &parts.played {
            let (Some(of), Part::State(unit)) = (task, part) else { continue };
            let decisions = parts.known.iter().find(|(t, _)| t == task).map_or(0, |(_, bits)| bits.count());
            let share = column.fires.count() as f64 / decisions.max(1) as f64;
            if REFINED.contains(&share) {
                for unit in candidates::refined_states(domain, unit) {
                    refined.push((Some(*of), Part::State(unit)));
                    within.push(column.fires.clone());
                }
            }
        }
        parts.add(board, refined, &within);
        parts
    }

    /// The parts that rules for a task can have, those of every task included, in its own parameters.
    pub fn of(&self, task: Option<usize>) -> impl Iterator<Item = (Part, &Column)> {
        let cover = task.and_then(|task| self.covers[task].as_ref());
        let wanted = cover.map_or(task, |(by, _)| Some(*by));
        self.played.iter().filter(move |(of, _, _)| of.is_none() || *of == wanted).map(
            move |(of, part, column)| match (cover, of) {
                (Some((_, from)), Some(_)) => (part.renamed(from), column),
                _ => (part.clone(), column),
            },
        )
    }

    /// Where state conditions hold that some but not all decisions satisfy; those of any task first.
    pub fn states(&self) -> Vec<&Bits> {
        let all = self.known.first().map_or(0, |(_, bits)| bits.count());
        let mut states: Vec<(bool, &Bits)> = Vec::new();
        for (task, part, column) in &self.played {
            let count = column.fires.count();
            let tells = matches!(part, Part::State(_)) && count > all / 100 && count < all - all / 100;
            if tells && !states.iter().any(|(_, known)| **known == column.fires) {
                states.push((task.is_some(), &column.fires));
            }
        }
        states.sort_by_key(|(of_task, _)| *of_task);
        states.into_iter().map(|(_, bits)| bits).collect()
    }

    /// Plays parts; `within` says of each, if anything, which decisions it can hold at.
    fn add(&mut self, board: &Board, mut parts: Vec<(Option<usize>, Part)>, within: &[Bits]) {
        parts.truncate(MAX_PARTS);
        let columns = self.columns(board, &parts, within);
        self.played.extend(parts.into_iter().zip(columns).map(|((task, part), column)| (task, part, column)));
    }

    /// The bare filter of an event: where such an action is admissible.
    fn bare(&self, wanted: usize) -> Option<&Column> {
        let is = |part: &Part| matches!(part, Part::Filter(event, unit) if *event == wanted && unit.pieces.is_empty());
        self.played.iter().find(|(_, part, _)| is(part)).map(|(_, _, column)| column)
    }

    /// Adds negated fluents as what is left without the fluent, where that is anything new.
    fn negate(&mut self, board: &Board, parts: Vec<(Option<usize>, Part)>) {
        for (task, part) in parts {
            let opposite = part.opposite();
            let Some((_, _, positive)) = self.played.iter().find(|(of, p, _)| *of == task && *p == opposite) else {
                continue;
            };
            let column = match &part {
                Part::State(_) => {
                    let all = board.where_episode(|_| true);
                    Column { fires: all.without(&positive.fires), ..Column::default() }
                }
                Part::Filter(event, _) => {
                    let Some(bare) = self.bare(*event).filter(|_| !positive.preferred.is_empty()) else { continue };
                    let left = bare.preferred.iter().filter(|pair| positive.preferred.binary_search(pair).is_err());
                    Column { fires: bare.fires.clone(), preferred: left.copied().collect(), avoided: Vec::new() }
                }
            };
            self.played.push((task, part, column));
        }
    }

    fn columns(&self, board: &Board, parts: &[(Option<usize>, Part)], within: &[Bits]) -> Vec<Column> {
        let domain = &board.domain;
        let texts: Vec<String> = (parts.iter().enumerate())
            .map(|(index, (task, part))| match part {
                Part::State(unit) => {
                    skill_text(index, domain, *task, &state_text(domain, *task, unit), "advise \"here\"")
                }
                Part::Filter(event, unit) => {
                    let filter = if unit.pieces.is_empty() { Vec::new() } else { vec![unit.clone()] };
                    let sketch = Sketch { task: *task, state: Vec::new(), event: *event, filter, prefer: true };
                    let text = sketch.text(domain);
                    let filter = if text.filter.is_empty() { String::new() } else { format!(" where {}", text.filter) };
                    skill_text(index, domain, *task, "step >= 0", &format!("prefer {}{filter}", text.call))
                }
            })
            .collect();
        let read = board.read(&texts);
        let places: Vec<usize> = (0..read.len()).filter(|place| read[*place].is_some()).collect();
        // Filters are asked only where such an action is admissible.
        let available: BTreeMap<usize, Bits> = (0..domain.events.len())
            .filter_map(|event| {
                let bare = self.bare(event)?;
                let mut bits = Bits::new(board.moments.len());
                let mut moment = 0;
                for pair in &bare.preferred {
                    while board.moments[moment].pairs.end <= *pair as usize {
                        moment += 1;
                    }
                    bits.set(moment);
                }
                Some((event, bits))
            })
            .collect();
        let relevant: Vec<Option<&Bits>> = (places.iter())
            .map(|place| match &parts[*place].1 {
                Part::Filter(event, _) => available.get(event),
                Part::State(_) => within.get(*place),
            })
            .collect();
        // Most parts never hold: a sample of the episodes finds them out, and only the others see the rest.
        let sampled = |episode: usize| episode.is_multiple_of(SAMPLE);
        let skills: Vec<Skill> = read.into_iter().flatten().collect();
        let sample = board.columns_where(skills.clone(), &relevant, sampled);
        let holds = |at: usize| match &parts[places[at]].1 {
            Part::State(_) => sample[at].fires.count() > 0,
            Part::Filter(..) => !sample[at].preferred.is_empty(),
        };
        let kept: Vec<usize> = (0..places.len()).filter(|at| holds(*at)).collect();
        let rest = board.columns_where(
            kept.iter().map(|at| skills[*at].clone()).collect(),
            &kept.iter().map(|at| relevant[*at]).collect::<Vec<_>>(),
            |episode| !sampled(episode),
        );
        let blank = Column { fires: Bits::new(board.moments.len()), ..Column::default() };
        let mut columns = vec![blank; parts.len()];
        let mut sample: Vec<Option<Column>> = sample.into_iter().map(Some).collect();
        for (at, rest) in kept.into_iter().zip(rest) {
            if let Some(mut column) = sample[at].take() {
                column.merge(rest);
                columns[places[at]] = column;
            }
        }
        columns
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Part) -> bool {
        match (self, other) {
            (Part::State(one), Part::State(other)) => one == other,
            (Part::Filter(event, one), Part::Filter(of, other)) => event == of && one == other,
            _ => false,
        }
    }
}

impl Part {
    fn unit_mut(&mut self) -> &mut Unit {
        let (Part::State(unit) | Part::Filter(_, unit)) = self;
        unit
    }

    /// The same part without its `not`.
    fn opposite(&self) -> Part {
        let mut part = self.clone();
        if let Some(Piece::Fluent { negated, .. }) = part.unit_mut().pieces.first_mut() {
            *negated = false;
        }
        part
    }

    /// In a covered task's parameters: `from[i]` is what the covering task's parameter i is.
    fn renamed(&self, from: &[usize]) -> Part {
        let mut part = self.clone();
        for piece in &mut part.unit_mut().pieces {
            if let Piece::Is { right: Kind::Task(at), .. } = piece {
                *at = from[*at];
            }
        }
        part
    }
}

/// A single fluent that is not so: its column follows from the fluent's.
fn is_negated(part: &Part) -> bool {
    let (Part::State(unit) | Part::Filter(_, unit)) = part;
    matches!(unit.pieces.as_slice(), [Piece::Fluent { negated: true, .. }])
}

/// A task that holds whenever this one does and names all its parameters.
fn covering(domain: &Domain, task: usize) -> Option<(usize, Vec<usize>)> {
    domain.tasks.iter().enumerate().find_map(|(by, covering)| {
        let derived = covering.derived.iter().find(|derived| derived.task == task)?;
        let all = (0..domain.tasks[task].params.len()).all(|at| derived.from.contains(&at));
        // A sentence of the covering task's own could win over the derivation: then the two are apart.
        (all && covering.sentences.is_empty()).then(|| (by, derived.from.clone()))
    })
}

/// Kinds that stand in actions of successes and failures of a task in different measure, as (event, parameter,
/// kind).
fn constants(board: &Board, tasks: &[Vec<bool>]) -> Vec<(usize, usize, String)> {
    let domain = &board.domain;
    let events: Vec<usize> = (0..domain.events.len())
        .filter(|event| domain.events[*event].has_action() && !domain.events[*event].params.is_empty())
        .collect();
    let texts: Vec<String> = (events.iter().enumerate())
        .map(|(index, event)| {
            let event = &domain.events[*event];
            let args: Vec<&str> = event.params.iter().map(|param| param.name.as_str()).collect();
            let call = format!("{}({})", event.name, args.join(", "));
            skill_text(index, domain, None, &call, &format!("prefer {call}"))
        })
        .collect();
    let skills: Vec<_> = board.read(&texts).into_iter().flatten().collect();
    // Skills that did not check are missing: a name says which event a column is.
    let events: Vec<usize> =
        skills.iter().filter_map(|s| events.get(s.name.strip_prefix('u')?.parse::<usize>().ok()?).copied()).collect();
    let found = board.bindings(skills);
    let mut chosen: Vec<(usize, usize, String)> = Vec::new();
    for task in 0..domain.tasks.len() {
        let is_task = |episode: usize| tasks[episode].get(task) == Some(&true);
        let mut all = [0usize; 2];
        let mut counts: BTreeMap<(usize, usize, String), [usize; 2]> = BTreeMap::new();
        for (index, bindings) in found.iter().enumerate().filter(|(index, _)| is_task(*index)) {
            let outcome = usize::from(board.episodes[index].experience.success);
            all[outcome] += 1;
            let mut kinds: Vec<(usize, usize, String)> = Vec::new();
            for (event, bindings) in events.iter().zip(bindings) {
                let params = &domain.events[*event].params;
                for (at, kind) in bindings.iter().flat_map(|binding| kinds_of(params, binding)) {
                    kinds.push((*event, at, kind));
                }
            }
            kinds.sort();
            kinds.dedup();
            kinds.into_iter().for_each(|key| counts.entry(key).or_default()[outcome] += 1);
        }
        let total = (all[0] + all[1]) as f64;
        let mut ranked: Vec<(f64, (usize, usize, String))> = counts
            .into_iter()
            .filter(|(_, n)| (n[0] + n[1]) as f64 >= CONSTANT_SHARE * total)
            .map(|(key, n)| (n[1] as f64 / all[1].max(1) as f64 - n[0] as f64 / all[0].max(1) as f64, key))
            .collect();
        ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        let mut per_place: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (_, key) in ranked {
            let used = per_place.entry((key.0, key.1)).or_default();
            if *used < CONSTANTS && !chosen.contains(&key) {
                chosen.push(key);
            }
            *used += 1;
        }
    }
    chosen
}

/// The kinds among a binding's values, with the event's parameter that each stands for.
fn kinds_of(params: &[Param], binding: &[(String, Value)]) -> Vec<(usize, String)> {
    let mut kinds = Vec::new();
    for (name, value) in binding {
        let Some(at) = params.iter().position(|param| param.name == *name) else { continue };
        match value {
            Value::Item { kind, .. } => kinds.push((at, kind.to_string())),
            Value::Words(words) if params[at].ty == Type::Kind => kinds.push((at, words.to_string())),
            Value::Words(_) | Value::Number(_) | Value::List(_) => {}
        }
    }
    kinds
}

fn skill_text(index: usize, domain: &Domain, task: Option<usize>, when: &str, statement: &str) -> String {
    let applies = applies(domain, task).map(|call| format!("for {call} ")).unwrap_or_default();
    format!("skill u{index} in {} {{ {applies}rule r when {when} {{ {statement} }} unverified \"part\" }}", domain.name)
}
