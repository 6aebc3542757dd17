//! The search for rules. In: the reservoir laid out as a board, and what the bank already marks; out: rules ranked by
//! what having them would add.
//!
//! Every part of a rule (a state condition, a filter on the arguments of an event) is a small skill in the language;
//! the ordinary front end reads it and ordinary sessions say where it holds. The parts of a conjunction share no
//! variables but those that the task or the marked action binds, so a conjunction holds where all its parts do, and
//! whole rules are put together as intersections, from general to special.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::bits::Bits;
use super::board::{Board, Column};
use super::candidates;
use super::score::{Score, score};
use super::sketch::{Sketch, Unit, applies, state_text};
use super::{CreatorConfig, NoProposal};
use crate::engine::value::Value;
use crate::lang::checked::Param;

/// A literal must pay for itself by this much of discounted success.
const LITERAL_COST: f64 = 0.002;
/// Rules kept at each level of the search, per task.
const BEAM: usize = 40;
/// Conditions of the state and filters in one rule, at most.
const MAX_STATE: usize = 2;
const MAX_FILTER: usize = 2;
/// A kind that stands in an action of this share of a task's episodes may become a constant.
const CONSTANT_SHARE: f64 = 0.1;
/// Constants per task, event and parameter.
const CONSTANTS: usize = 3;

/// A rule with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub sketch: Sketch,
    /// Over all episodes, and over those that were kept back from the search.
    pub score: Score,
    pub confirmed: Option<Score>,
    pub gain: f64,
}

/// What some rules already mark, pair by pair.
#[derive(Clone)]
pub(super) struct Taken {
    preferred: Bits,
    avoided: Bits,
}

struct Target {
    filter: Vec<Unit>,
    pairs: Vec<u32>,
}

struct Condition {
    state: Vec<Unit>,
    holds: Bits,
}

/// One task's part of the search space.
struct Space {
    task: Option<usize>,
    applies: Bits,
    conditions: Vec<Condition>,
    /// By event.
    targets: Vec<Vec<Target>>,
}

/// A rule under evaluation: positions instead of text.
#[derive(Clone, Debug)]
struct Draft {
    event: usize,
    prefer: bool,
    /// Ascending positions among the space's conditions and the event's targets.
    state: Vec<usize>,
    filter: Vec<usize>,
}

/// The search over one reservoir.
pub(super) struct Search<'b> {
    board: &'b Board<'b>,
    config: &'b CreatorConfig,
    spaces: Vec<Space>,
    /// The decision of every pair.
    moment_of: Vec<u32>,
    explored: Bits,
    held_out: Bits,
    pub tried: usize,
}

impl<'b> Search<'b> {
    /// Plays all units of all tasks.
    pub fn new(board: &'b Board<'b>, config: &'b CreatorConfig) -> Search<'b> {
        let tasks = board.tasks();
        let mut moment_of = vec![0; board.pairs];
        for (index, moment) in board.moments.iter().enumerate() {
            moment_of[moment.pairs.clone()].fill(index as u32);
        }
        let mut search = Search {
            board,
            config,
            spaces: Vec::new(),
            moment_of,
            explored: board.where_episode(|episode| !episode.held_out),
            held_out: board.where_episode(|episode| episode.held_out),
            tried: 0,
        };
        search.lay_out(&tasks);
        search
    }

    fn lay_out(&mut self, tasks: &[Vec<bool>]) {
        let domain = &self.board.domain;
        let mut known: Vec<(Option<usize>, Bits)> =
            vec![(None, self.board.where_episode(|_| true))];
        for task in 0..domain.tasks.len() {
            let mut bits = Bits::new(self.board.moments.len());
            for (episode, tasks) in self.board.episodes.iter().zip(tasks) {
                if tasks[task] {
                    episode.moments.clone().for_each(|moment| bits.set(moment));
                }
            }
            known.push((Some(task), bits));
        }
        known.retain(|(_, bits)| bits.count() > 0);
        let constants = self.constants(tasks);
        let events: Vec<usize> = (0..domain.events.len()).filter(|event| domain.events[*event].has_action()).collect();

        // First round: everything but refinements of states.
        let mut texts: Vec<(Option<usize>, Part)> = Vec::new();
        texts.extend(candidates::plain_states(domain).into_iter().map(|unit| (None, Part::State(unit))));
        for &event in &events {
            texts.push((None, Part::Filter(event, Unit { pieces: Vec::new() })));
            let of_event: Vec<(usize, String)> =
                constants.iter().filter(|(e, _, _)| *e == event).map(|(_, at, kind)| (*at, kind.clone())).collect();
            let units = candidates::plain_filters(domain, event, &of_event);
            texts.extend(units.into_iter().map(|unit| (None, Part::Filter(event, unit))));
        }
        for (task, _) in &known {
            let Some(task) = *task else { continue };
            texts.extend(candidates::task_states(domain, task).into_iter().map(|u| (Some(task), Part::State(u))));
            for &event in &events {
                let units = candidates::task_filters(domain, event, task);
                texts.extend(units.into_iter().map(|unit| (Some(task), Part::Filter(event, unit))));
            }
        }
        let mut columns = self.play(&texts);
        // Second round: states about a thing, refined, where the thing itself is there often enough but not always.
        let mut refined = Vec::new();
        for ((task, part), column) in texts.iter().zip(&columns) {
            let (Some(task), Part::State(unit)) = (task, part) else { continue };
            let applies = known.iter().find(|(t, _)| *t == Some(*task)).map(|(_, bits)| bits.count()).unwrap_or(0);
            let share = column.fires.count() as f64 / applies.max(1) as f64;
            if (0.03..0.97).contains(&share) {
                refined.extend(
                    candidates::refined_states(domain, unit).into_iter().map(|u| (Some(*task), Part::State(u))),
                );
            }
        }
        columns.extend(self.play(&refined));
        texts.extend(refined);
        for (task, applies) in known {
            self.spaces.push(self.space(task, applies, &texts, &columns));
        }
    }

    fn space(&self, task: Option<usize>, applies: Bits, texts: &[(Option<usize>, Part)], columns: &[Column]) -> Space {
        let domain = &self.board.domain;
        let mut conditions = vec![Condition { state: Vec::new(), holds: applies.clone() }];
        let mut targets: Vec<Vec<Target>> = (0..domain.events.len()).map(|_| Vec::new()).collect();
        let mut seen: FxHashSet<Bits> = FxHashSet::default();
        seen.insert(applies.clone());
        for ((of, part), column) in texts.iter().zip(columns) {
            if of.is_some() && *of != task {
                continue;
            }
            match part {
                Part::State(unit) => {
                    let holds = column.fires.and(&applies);
                    if holds.count() >= self.config.min_support && seen.insert(holds.clone()) {
                        conditions.push(Condition { state: vec![unit.clone()], holds });
                    }
                }
                Part::Filter(event, unit) => {
                    let inside = |pair: &&u32| applies.has(self.moment_of[**pair as usize] as usize);
                    let pairs: Vec<u32> = column.preferred.iter().filter(inside).copied().collect();
                    let targets = &mut targets[*event];
                    if pairs.len() >= self.config.min_support && !targets.iter().any(|target| target.pairs == pairs) {
                        let filter = if unit.pieces.is_empty() { Vec::new() } else { vec![unit.clone()] };
                        targets.push(Target { filter, pairs });
                    }
                }
            }
        }
        Space { task, applies, conditions, targets }
    }

    /// Kinds that stand in actions of successes and failures of a task in different measure, as (event, parameter,
    /// kind).
    fn constants(&self, tasks: &[Vec<bool>]) -> Vec<(usize, usize, String)> {
        let domain = &self.board.domain;
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
        let skills: Vec<_> = self.board.read(&texts).into_iter().flatten().collect();
        // Skills that did not check are missing: a name says which event a column is.
        let events: Vec<usize> =
            skills.iter().filter_map(|s| events.get(s.name.strip_prefix('u')?.parse::<usize>().ok()?).copied()).collect();
        let found = self.board.bindings(skills);
        let mut chosen: Vec<(usize, usize, String)> = Vec::new();
        for task in 0..domain.tasks.len() {
            let mut all = [0usize; 2];
            let mut counts: BTreeMap<(usize, usize, String), [usize; 2]> = BTreeMap::new();
            for (index, bindings) in found.iter().enumerate().filter(|(index, _)| tasks[*index][task]) {
                let outcome = usize::from(self.board.episodes[index].experience.success);
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
                .map(|(key, n)| {
                    (n[1] as f64 / all[1].max(1) as f64 - n[0] as f64 / all[0].max(1) as f64, key)
                })
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

    fn play(&self, parts: &[(Option<usize>, Part)]) -> Vec<Column> {
        let domain = &self.board.domain;
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
        let read = self.board.read(&texts);
        let places: Vec<usize> = (0..read.len()).filter(|place| read[*place].is_some()).collect();
        let played = self.board.columns(read.into_iter().flatten().collect());
        let blank = Column { fires: Bits::new(self.board.moments.len()), ..Column::default() };
        let mut columns = vec![blank; parts.len()];
        for (place, column) in places.into_iter().zip(played) {
            columns[place] = column;
        }
        columns
    }

    /// What the rules of `columns` mark.
    pub fn taken(&self, columns: &[Column]) -> Taken {
        let mut taken = Taken { preferred: Bits::new(self.board.pairs), avoided: Bits::new(self.board.pairs) };
        for column in columns {
            column.preferred.iter().for_each(|pair| taken.preferred.set(*pair as usize));
            column.avoided.iter().for_each(|pair| taken.avoided.set(*pair as usize));
        }
        taken
    }

    /// The best rules for every task, best first, none that `refused` knows.
    ///
    /// # Errors
    /// [`NoProposal::NothingSeparates`] if none is good enough.
    pub fn best(&mut self, taken: &Taken, only: Option<Option<usize>>) -> Result<Vec<Candidate>, NoProposal> {
        let mut found: Vec<(Candidate, Bits, Bits)> = Vec::new();
        for place in 0..self.spaces.len() {
            if only.is_none_or(|task| task == self.spaces[place].task) {
                found.extend(self.search(place, taken));
            }
        }
        found.sort_by(|one, other| {
            other.0.gain.total_cmp(&one.0.gain).then_with(|| one.0.sketch.size().cmp(&other.0.sketch.size()))
                .then_with(|| one.0.sketch.cmp(&other.0.sketch))
        });
        let mut seen: FxHashSet<(Bits, Bits, bool)> = FxHashSet::default();
        found.retain(|(c, fires, followed)| seen.insert((fires.clone(), followed.clone(), c.sketch.prefer)));
        match found.is_empty() {
            true => Err(NoProposal::NothingSeparates { tried: self.tried }),
            false => Ok(found.into_iter().map(|(candidate, _, _)| candidate).collect()),
        }
    }

    fn search(&mut self, place: usize, taken: &Taken) -> Vec<(Candidate, Bits, Bits)> {
        let space = &self.spaces[place];
        let mut tried = 0;
        let mut kept: Vec<(f64, Draft)> = Vec::new();
        let mut level: Vec<(f64, Draft)> = Vec::new();
        let mut seen: FxHashSet<(Bits, Bits, bool)> = FxHashSet::default();
        let budget = self.config.candidates.saturating_sub(self.tried);
        for (event, targets) in space.targets.iter().enumerate() {
            for target in 0..targets.len() {
                for prefer in [true, false] {
                    let (any, chosen) = self.reach(&targets[target].pairs, taken, prefer);
                    for state in 0..space.conditions.len() {
                        if tried >= budget {
                            break;
                        }
                        tried += 1;
                        let draft = Draft { event, prefer, state: vec![state], filter: vec![target] };
                        let fires = any.and(&space.conditions[state].holds);
                        level.extend(self.judge(draft, fires, &chosen, &mut seen));
                    }
                }
            }
        }
        for _ in 0..3 {
            rank(&mut level);
            kept.extend(level.iter().cloned());
            level.truncate(BEAM);
            let mut next = Vec::new();
            for (_, draft) in &level {
                for wider in specialise(space, draft) {
                    if tried >= budget {
                        break;
                    }
                    tried += 1;
                    let (fires, followed) = self.extension(space, &wider, taken);
                    next.extend(self.judge(wider, fires, &followed, &mut seen));
                }
            }
            level = next;
        }
        kept.extend(level);
        rank(&mut kept);
        kept.truncate(4 * BEAM);
        let found = kept.iter().filter_map(|(_, draft)| self.confirm(space, draft, taken)).collect();
        self.tried += tried;
        found
    }

    /// Where a rule that marks `pairs` would add something, and where the agent did as it says. Decisions in which the
    /// agent did what is already marked say nothing new.
    fn reach(&self, pairs: &[u32], taken: &Taken, prefer: bool) -> (Bits, Bits) {
        let taken = if prefer { &taken.preferred } else { &taken.avoided };
        let (mut any, mut chosen) = (Bits::new(self.board.moments.len()), Bits::new(self.board.moments.len()));
        for &pair in pairs {
            let at = self.moment_of[pair as usize] as usize;
            let moment = &self.board.moments[at];
            if !taken.has(pair as usize) && !taken.has(moment.chosen) {
                any.set(at);
                if moment.chosen == pair as usize {
                    chosen.set(at);
                }
            }
        }
        match prefer {
            true => (any, chosen),
            false => {
                let kept = any.without(&chosen);
                (any, kept)
            }
        }
    }

    fn extension(&self, space: &Space, draft: &Draft, taken: &Taken) -> (Bits, Bits) {
        let targets = &space.targets[draft.event];
        let mut pairs = targets[draft.filter[0]].pairs.clone();
        for &filter in &draft.filter[1..] {
            let other = &targets[filter].pairs;
            pairs.retain(|pair| other.binary_search(pair).is_ok());
        }
        let (any, chosen) = self.reach(&pairs, taken, draft.prefer);
        let fires = draft.state.iter().fold(any, |fires, state| fires.and(&space.conditions[*state].holds));
        (fires, chosen)
    }

    /// A draft with its worth on the explored episodes, unless it has too little support, is not clearly better
    /// followed, or says no more than a shorter one.
    fn judge(
        &self,
        draft: Draft,
        fires: Bits,
        followed: &Bits,
        seen: &mut FxHashSet<(Bits, Bits, bool)>,
    ) -> Option<(f64, Draft)> {
        let fires = fires.and(&self.explored);
        let all = fires.count();
        let follows = fires.common(followed);
        if follows < self.config.min_support || all - follows < self.config.min_support {
            return None;
        }
        let score = score(self.board, &fires, followed)?;
        if !self.supported(&score, 0.5) || score.z < self.config.min_z * 0.6 {
            return None;
        }
        if !seen.insert((fires.clone(), fires.and(followed), draft.prefer)) {
            return None;
        }
        let worth = score.gain(self.board.episodes.len()) - LITERAL_COST * (draft.state.len() + draft.filter.len()) as f64;
        (worth > 0.0).then_some((worth, draft))
    }

    fn supported(&self, score: &Score, share: f64) -> bool {
        let least = (self.config.min_support as f64 * share) as usize;
        score.episodes_followed >= least && score.episodes_not_followed >= least
    }

    /// The evidence over all episodes, if the episodes kept back point the same way.
    fn confirm(&self, space: &Space, draft: &Draft, taken: &Taken) -> Option<(Candidate, Bits, Bits)> {
        let (fires, followed) = self.extension(space, draft, taken);
        let confirmed = score(self.board, &fires.and(&self.held_out), &followed);
        if confirmed.is_some_and(|score| score.z < self.config.min_confirm_z) {
            return None;
        }
        let score = score(self.board, &fires, &followed)?;
        if score.z < self.config.min_z || !self.supported(&score, 1.0) {
            return None;
        }
        let sketch = space.sketch(draft);
        let gain = score.gain(self.board.episodes.len()) - LITERAL_COST * sketch.size() as f64;
        let follows = fires.and(&followed);
        (gain > 0.0).then_some((Candidate { sketch, score, confirmed, gain }, fires, follows))
    }

    /// Adds what a rule marks to what is taken.
    pub fn take(&self, taken: &mut Taken, sketch: &Sketch) {
        let Some(space) = self.spaces.iter().find(|space| space.task == sketch.task) else { return };
        let mut holds = space.applies.clone();
        for unit in &sketch.state {
            if let Some(condition) = space.conditions.iter().find(|c| c.state.first() == Some(unit)) {
                holds = holds.and(&condition.holds);
            }
        }
        let targets = &space.targets[sketch.event];
        let fits = |pair: &u32| {
            sketch.filter.iter().all(|unit| {
                let target = targets.iter().find(|t| t.filter.first() == Some(unit));
                target.is_some_and(|target| target.pairs.binary_search(pair).is_ok())
            })
        };
        let bare = targets.first().map_or(&[][..], |target| &target.pairs);
        for pair in bare.iter().filter(|pair| fits(pair) && holds.has(self.moment_of[**pair as usize] as usize)) {
            match sketch.prefer {
                true => taken.preferred.set(*pair as usize),
                false => taken.avoided.set(*pair as usize),
            }
        }
    }
}

#[derive(Clone)]
enum Part {
    State(Unit),
    Filter(usize, Unit),
}

impl Space {
    fn sketch(&self, draft: &Draft) -> Sketch {
        let targets = &self.targets[draft.event];
        let units = |positions: &[usize], of: &dyn Fn(usize) -> Vec<Unit>| -> Vec<Unit> {
            positions.iter().flat_map(|position| of(*position)).collect()
        };
        Sketch {
            task: self.task,
            state: units(&draft.state, &|at| self.conditions[at].state.clone()),
            event: draft.event,
            filter: units(&draft.filter, &|at| targets[at].filter.clone()),
            prefer: draft.prefer,
        }
    }
}

/// Drafts with one more condition or filter.
fn specialise(space: &Space, draft: &Draft) -> Vec<Draft> {
    let mut wider = Vec::new();
    let real = |positions: &[usize], is: &dyn Fn(usize) -> bool| positions.iter().filter(|at| is(**at)).count();
    if real(&draft.state, &|at| !space.conditions[at].state.is_empty()) < MAX_STATE {
        for state in (0..space.conditions.len()).filter(|at| !draft.state.contains(at)) {
            let mut draft = draft.clone();
            draft.state.push(state);
            draft.state.sort_unstable();
            wider.push(draft);
        }
    }
    let targets = &space.targets[draft.event];
    if real(&draft.filter, &|at| !targets[at].filter.is_empty()) < MAX_FILTER {
        for filter in (0..targets.len()).filter(|at| !draft.filter.contains(at)) {
            let mut draft = draft.clone();
            draft.filter.push(filter);
            draft.filter.sort_unstable();
            wider.push(draft);
        }
    }
    wider
}

fn rank(drafts: &mut [(f64, Draft)]) {
    drafts.sort_by(|one, other| other.0.total_cmp(&one.0));
}

/// The kinds among a binding's values, with the event's parameter that each stands for.
fn kinds_of(params: &[Param], binding: &[(String, Value)]) -> Vec<(usize, String)> {
    let mut kinds = Vec::new();
    for (name, value) in binding {
        let Some(at) = params.iter().position(|param| param.name == *name) else { continue };
        match value {
            Value::Item { kind, .. } => kinds.push((at, kind.to_string())),
            Value::Words(words) if params[at].ty == crate::lang::pattern::Type::Kind => kinds.push((at, words.to_string())),
            Value::Words(_) | Value::Number(_) | Value::List(_) => {}
        }
    }
    kinds
}

fn skill_text(
    index: usize,
    domain: &crate::lang::checked::Domain,
    task: Option<usize>,
    when: &str,
    statement: &str,
) -> String {
    let applies = applies(domain, task).map(|call| format!("for {call} ")).unwrap_or_default();
    format!("skill u{index} in {} {{ {applies}rule r when {when} {{ {statement} }} unverified \"part\" }}", domain.name)
}
