//! The search for rules. In: the reservoir laid out as a board, and what the bank already marks; out: rules ranked by
//! what having them would add.
//!
//! Every part of a rule (a state condition, a filter on the arguments of an event) is a small skill in the language;
//! the ordinary front end reads it and ordinary sessions say where it holds. The parts of a conjunction share no
//! variables but those that the task or the marked action binds, so a conjunction holds where all its parts do, and
//! whole rules are put together as intersections, from general to special.

use rustc_hash::FxHashSet;

use super::bits::Bits;
use super::board::{Board, Column};
use super::parts::{Part, Parts};
use super::score::{Score, score};
use super::sketch::{Sketch, Unit};
use super::{CreatorConfig, NoProposal};

/// Every literal takes this share of the gain: of rules that do as well, the shorter is more likely the reason.
const LITERAL_SHARE: f64 = 0.15;
/// An `avoid` leaves open what else to do, and pays for it like this many literals.
const AVOID_LITERALS: usize = 3;
/// How many of the best rules are looked at for special cases, and how little the rest of a rule must help, in
/// standard errors, for the special case to replace it.
const SHARPENED: usize = 3;
const REST_Z: f64 = 2.0;
/// Rules kept at each level of the search, per task.
const BEAM: usize = 12;
/// Rounds in which the kept rules get one more condition or filter.
const LEVELS: usize = 2;
/// Conditions of the state and filters in one rule, at most.
const MAX_STATE: usize = 2;
const MAX_FILTER: usize = 2;

/// A rule with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub sketch: Sketch,
    /// Over all episodes, and over those that were kept back from the search.
    pub score: Score,
    pub confirmed: Option<Score>,
    pub gain: f64,
}

/// A candidate with where it fires and where it was followed.
pub(super) struct Found {
    pub candidate: Candidate,
    place: usize,
    draft: Draft,
    fires: Bits,
    followed: Bits,
    chances: Option<Vec<f32>>,
}

/// What some rules already mark, pair by pair.
#[derive(Clone)]
pub(super) struct Taken {
    preferred: Bits,
    avoided: Bits,
}

/// What is taken, with the chance of each decision to be of it.
struct Busy<'t> {
    taken: &'t Bits,
    chances: Option<Vec<f32>>,
}

struct Target {
    filter: Vec<Unit>,
    pairs: Bits,
}

/// Where a rule that marks some pairs would add something.
struct Reach {
    any: Bits,
    /// Where the agent did as it says.
    followed: Bits,
    /// By decision, the chance that it would be followed, where the policy's chances are known.
    chances: Option<Vec<f32>>,
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
    /// Sorts the parts of rules into one space for each task.
    pub fn new(board: &'b Board<'b>, config: &'b CreatorConfig, parts: Parts) -> Search<'b> {
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
        let spaces = parts.known.iter().map(|(task, applies)| search.space(*task, applies.clone(), &parts)).collect();
        search.spaces = spaces;
        search
    }

    fn space(&self, task: Option<usize>, applies: Bits, parts: &Parts) -> Space {
        let mut conditions = vec![Condition { state: Vec::new(), holds: applies.clone() }];
        let mut targets: Vec<Vec<Target>> = (0..self.board.domain.events.len()).map(|_| Vec::new()).collect();
        let mut seen: FxHashSet<Bits> = FxHashSet::default();
        seen.insert(applies.clone());
        for (part, column) in parts.of(task) {
            match part {
                Part::State(unit) => {
                    let holds = column.fires.and(&applies);
                    if holds.count() >= self.config.min_support && seen.insert(holds.clone()) {
                        conditions.push(Condition { state: vec![unit], holds });
                    }
                }
                Part::Filter(event, unit) => {
                    let inside = |pair: &&u32| applies.has(self.moment_of[**pair as usize] as usize);
                    let mut pairs = Bits::new(self.board.pairs);
                    column.preferred.iter().filter(inside).for_each(|pair| pairs.set(*pair as usize));
                    let targets = &mut targets[event];
                    if pairs.count() >= self.config.min_support && !targets.iter().any(|target| target.pairs == pairs) {
                        let filter = if unit.pieces.is_empty() { Vec::new() } else { vec![unit] };
                        targets.push(Target { filter, pairs });
                    }
                }
            }
        }
        Space { task, applies, conditions, targets }
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

    /// The best rules for every task, best first; of rules that come to the same, one.
    ///
    /// # Errors
    /// [`NoProposal::NothingSeparates`] if none is good enough.
    pub fn best(&mut self, taken: &Taken) -> Result<Vec<Found>, NoProposal> {
        let mut found: Vec<Found> = Vec::new();
        for place in 0..self.spaces.len() {
            found.extend(self.search(place, taken));
        }
        by_gain(&mut found);
        let mut seen: FxHashSet<(Bits, Bits, bool)> = FxHashSet::default();
        found.retain(|f| seen.insert((f.fires.clone(), f.followed.clone(), f.candidate.sketch.prefer)));
        self.sharpen(&mut found);
        match found.is_empty() {
            true => Err(NoProposal::NothingSeparates { tried: self.tried }),
            false => Ok(found),
        }
    }

    /// What is left of rules once more is taken, best first.
    pub fn again(&self, found: Vec<Found>, taken: &Taken) -> Vec<Found> {
        let busy = [self.busy(&taken.avoided), self.busy(&taken.preferred)];
        let mut left: Vec<Found> = found.into_iter().filter_map(|f| self.confirm(f.place, &f.draft, &busy)).collect();
        by_gain(&mut left);
        left
    }

    /// Puts before each of the best rules the best special case that bears all of its effect: one without which
    /// following the rule does not clearly help. A rule is else preferred for speaking more often, also where it is wrong.
    fn sharpen(&self, found: &mut Vec<Found>) {
        let mut at = 0;
        while at < found.len().min(SHARPENED) {
            let Found { candidate: general, fires, followed, chances, .. } = &found[at];
            let bears_all = |Found { candidate: special, fires: its_fires, .. }: &Found| {
                let rest = || score(self.board, &fires.without(its_fires), followed, chances.as_deref());
                special.sketch.is_special_case_of(&general.sketch)
                    && special.score.effect - special.score.error > general.score.effect + general.score.error
                    && rest().is_none_or(|rest| rest.z < REST_Z)
            };
            match (at + 1..found.len()).find(|other| bears_all(&found[*other])) {
                Some(special) => {
                    let special = found.remove(special);
                    found.insert(at, special);
                    // It is looked at again, for it may have a special case of its own; this ends, since each has more
                    // units than the one before.
                }
                None => at += 1,
            }
        }
    }

    fn search(&mut self, place: usize, taken: &Taken) -> Vec<Found> {
        let space = &self.spaces[place];
        let busy = [self.busy(&taken.avoided), self.busy(&taken.preferred)];
        let mut tried = 0;
        let mut kept: Vec<(f64, Draft)> = Vec::new();
        let mut level: Vec<(f64, Draft)> = Vec::new();
        let mut seen: FxHashSet<(Bits, Bits, bool)> = FxHashSet::default();
        let budget = self.config.candidates.saturating_sub(self.tried);
        for (event, targets) in space.targets.iter().enumerate() {
            for (target, marks) in targets.iter().enumerate() {
                for prefer in [true, false] {
                    // Never to do a thing at all is no advice: what else to do would be left open.
                    if !prefer && marks.filter.is_empty() {
                        continue;
                    }
                    let reach = self.reach(&marks.pairs, &busy[usize::from(prefer)], prefer);
                    for state in 0..space.conditions.len() {
                        if tried >= budget {
                            break;
                        }
                        tried += 1;
                        let draft = Draft { event, prefer, state: vec![state], filter: vec![target] };
                        let fires = reach.any.and(&space.conditions[state].holds);
                        level.extend(self.judge(space, draft, fires, &reach, &mut seen));
                    }
                }
            }
        }
        for _ in 0..LEVELS {
            rank(&mut level);
            kept.extend(level.iter().cloned());
            level.truncate(BEAM);
            let mut next = Vec::new();
            for (_, draft) in &level {
                let (fires, reach) = self.extension(space, draft, &busy);
                for wider in specialise(space, draft) {
                    if tried >= budget {
                        break;
                    }
                    tried += 1;
                    // A further state condition leaves the marks as they are.
                    if wider.filter == draft.filter {
                        let fires = wider.state.iter().fold(fires.clone(), |f, at| f.and(&space.conditions[*at].holds));
                        next.extend(self.judge(space, wider, fires, &reach, &mut seen));
                    } else {
                        let (fires, reach) = self.extension(space, &wider, &busy);
                        next.extend(self.judge(space, wider, fires, &reach, &mut seen));
                    }
                }
            }
            level = next;
        }
        kept.extend(level);
        rank(&mut kept);
        kept.truncate(4 * BEAM);
        let found = kept.iter().filter_map(|(_, draft)| self.confirm(place, draft, &busy)).collect();
        self.tried += tried;
        found
    }

    /// The chance of each decision to be what is taken already.
    fn busy<'t>(&self, taken: &'t Bits) -> Busy<'t> {
        let chances = self.board.chances.as_ref().map(|chances| {
            let mut busy = vec![0.0; self.board.moments.len()];
            taken.iter().for_each(|pair| busy[self.moment_of[pair] as usize] += chances[pair]);
            busy
        });
        Busy { taken, chances }
    }

    /// Where a rule that marks `pairs` would add something, and where the agent did as it says. Decisions in which the
    /// agent did what is already marked say nothing new.
    fn reach(&self, pairs: &Bits, busy: &Busy, prefer: bool) -> Reach {
        let decisions = self.board.moments.len();
        let (mut any, mut chosen) = (Bits::new(decisions), Bits::new(decisions));
        let known = self.board.chances.as_ref().zip(busy.chances.as_ref());
        let mut chances = known.map(|_| vec![0.0f32; decisions]);
        for pair in pairs.iter() {
            let at = self.moment_of[pair] as usize;
            let moment = &self.board.moments[at];
            if !busy.taken.has(pair) && !busy.taken.has(moment.chosen) {
                any.set(at);
                if moment.chosen == pair {
                    chosen.set(at);
                }
                if let (Some(chances), Some((of, _))) = (&mut chances, known) {
                    chances[at] += of[pair];
                }
            }
        }
        if let (Some(chances), Some((_, busy))) = (&mut chances, known) {
            for at in any.iter() {
                // Given that it was none of what is taken.
                let chance = (chances[at] / (1.0 - busy[at]).max(1e-4)).min(1.0);
                chances[at] = if prefer { chance } else { 1.0 - chance };
            }
        }
        let followed = if prefer { chosen } else { any.without(&chosen) };
        Reach { any, followed, chances }
    }

    fn extension(&self, space: &Space, draft: &Draft, busy: &[Busy; 2]) -> (Bits, Reach) {
        let targets = &space.targets[draft.event];
        let first = targets[draft.filter[0]].pairs.clone();
        let pairs = draft.filter[1..].iter().fold(first, |pairs, filter| pairs.and(&targets[*filter].pairs));
        let reach = self.reach(&pairs, &busy[usize::from(draft.prefer)], draft.prefer);
        let holds = |fires: Bits, state: &usize| fires.and(&space.conditions[*state].holds);
        (draft.state.iter().fold(reach.any.clone(), holds), reach)
    }

    /// A draft with its worth on the explored episodes, unless it has too little support, is not clearly better
    /// followed, or says no more than a shorter one.
    fn judge(
        &self,
        space: &Space,
        draft: Draft,
        fires: Bits,
        reach: &Reach,
        seen: &mut FxHashSet<(Bits, Bits, bool)>,
    ) -> Option<(f64, Draft)> {
        let fires = fires.and(&self.explored);
        let all = fires.count();
        let follows = fires.common(&reach.followed);
        if follows < self.config.min_support || all - follows < self.config.min_support {
            return None;
        }
        let score = score(self.board, &fires, &reach.followed, reach.chances.as_deref())?;
        if !self.supported(&score, 0.5) || score.z < self.config.min_z * 0.6 {
            return None;
        }
        if !seen.insert((fires.clone(), fires.and(&reach.followed), draft.prefer)) {
            return None;
        }
        let worth = self.worth(&score, &space.sketch(&draft));
        (worth > 0.0).then_some((worth, draft))
    }

    fn worth(&self, score: &Score, sketch: &Sketch) -> f64 {
        let literals = sketch.size() - 1 + if sketch.prefer { 0 } else { AVOID_LITERALS };
        // What is left alone is left alone once: that the rule goes on speaking is no further opportunity.
        let chain = if sketch.prefer { score.chain } else { 1.0 };
        chain * score.gain(self.board.episodes.len()) * (1.0 - LITERAL_SHARE).powi(literals as i32)
    }

    fn supported(&self, score: &Score, share: f64) -> bool {
        let least = (self.config.min_support as f64 * share) as usize;
        score.episodes_followed >= least && score.episodes_not_followed >= least
    }

    /// The evidence over all episodes, if the episodes kept back point the same way.
    fn confirm(&self, place: usize, draft: &Draft, busy: &[Busy; 2]) -> Option<Found> {
        let space = &self.spaces[place];
        let (fires, reach) = self.extension(space, draft, busy);
        let judged = |fires: &Bits| score(self.board, fires, &reach.followed, reach.chances.as_deref());
        let confirmed = judged(&fires.and(&self.held_out));
        if confirmed.is_some_and(|score| score.z < self.config.min_confirm_z) {
            return None;
        }
        let score = judged(&fires)?;
        if score.z < self.config.min_z || !self.supported(&score, 1.0) {
            return None;
        }
        let sketch = space.sketch(draft);
        let gain = self.worth(&score, &sketch);
        let followed = fires.and(&reach.followed);
        let candidate = Candidate { sketch, score, confirmed, gain };
        let draft = draft.clone();
        (gain > 0.0).then_some(Found { candidate, place, draft, fires, followed, chances: reach.chances })
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
        let Some(bare) = targets.first() else { return };
        let marked = sketch.filter.iter().fold(bare.pairs.clone(), |pairs, unit| {
            let target = targets.iter().find(|t| t.filter.first() == Some(unit));
            target.map_or(Bits::new(self.board.pairs), |target| pairs.and(&target.pairs))
        });
        for pair in marked.iter().filter(|pair| holds.has(self.moment_of[*pair] as usize)) {
            match sketch.prefer {
                true => taken.preferred.set(pair),
                false => taken.avoided.set(pair),
            }
        }
    }
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

/// Best first; of equals the shorter, then in the order of their text.
fn by_gain(found: &mut [Found]) {
    found.sort_by(|Found { candidate: one, .. }, Found { candidate: other, .. }| {
        let by_gain = other.gain.total_cmp(&one.gain);
        by_gain.then_with(|| one.sketch.size().cmp(&other.sketch.size())).then_with(|| one.sketch.cmp(&other.sketch))
    });
}

fn rank(drafts: &mut [(f64, Draft)]) {
    drafts.sort_by(|one, other| other.0.total_cmp(&one.0));
}
