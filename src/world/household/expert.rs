//! A demonstrator. In: the state of an episode and the actions left. Out: the next action.
//!
//! It searches as one would who knows households but not this room: the likeliest receptacle per action first, with
//! the tables' chances, and goes for what it has seen. Hidden state is looked at only when the actions left would no
//! longer suffice to search on, so that it finishes within the horizon.

use super::HouseholdConfig;
use super::data::Tables;
use super::game::{Action, Game};
use super::rooms::weight;

/// Actions that suffice once everything is known: fetch = go, open, take; change = go, do; deliver = go, open, move.
const FETCH: usize = 3;
const CHANGE: usize = 2;
const DELIVER: usize = 3;
/// Going to the lamp and turning it on.
const LIGHT: usize = 2;
/// Going to a receptacle and opening it.
const INSPECT: usize = 2;

/// Plans for one decision.
pub struct Expert<'a> {
    pub tables: &'a Tables,
    pub config: &'a HouseholdConfig,
    pub game: &'a Game,
    /// Actions left, this one included.
    pub left: usize,
}

impl Expert<'_> {
    /// The next action, or none if the goal can no longer be reached or is reached.
    pub fn next(&self) -> Option<Action> {
        let (game, tables) = (self.game, self.tables);
        let goal = game.task.goal;
        let task = &tables.tasks[goal.task];
        if game.won(tables) {
            return None;
        }
        let target = if task.light { None } else { self.target() };
        let Some(object) = game.held else {
            return self.find_object(target);
        };
        if game.task.objects[object].kind != goal.object {
            return self.put_down(object);
        }
        if task.light {
            let lamp = |o: usize| game.task.objects[o].kind == goal.place;
            if let Some((at, lamp)) = self.known(lamp, LIGHT) {
                return Some(if game.faces(at) { Action::Use(lamp) } else { Action::GoTo(at) });
            }
            return self.search(goal.place);
        }
        if let Some(change) = task.change
            && !game.condition[object].has(change)
        {
            let does = |r: usize| tables.receptacles[game.task.receptacles[r].kind].does == Some(change);
            let at = self.nearest(does)?;
            return Some(if game.faces(at) { Action::Change(change, at) } else { Action::GoTo(at) });
        }
        let target = target?;
        self.reach(target, Action::Move(target))
    }

    /// The place to bring things to: the one that has most of them, else the lowest number.
    fn target(&self) -> Option<usize> {
        let game = self.game;
        let places = (0..game.contents.len()).filter(|&r| game.task.receptacles[r].kind == game.task.goal.place);
        // The task lists high numbers first, and the last maximum wins.
        places.max_by_key(|&r| self.delivered(r))
    }

    fn delivered(&self, receptacle: usize) -> usize {
        let goal = self.game.task.goal;
        let change = self.tables.tasks[goal.task].change;
        let done = |o: usize| change.is_none_or(|c| self.game.condition[o].has(c));
        let there = self.game.contents[receptacle].iter();
        there.filter(|&&o| self.game.task.objects[o].kind == goal.object && done(o)).count()
    }

    /// The receptacle faced if it serves, else the lowest-numbered one of the first kind that does.
    fn nearest(&self, serves: impl Fn(usize) -> bool) -> Option<usize> {
        let kind = |r: usize| self.game.task.receptacles[r].kind;
        let faced = self.game.facing.filter(|&r| serves(r));
        faced.or_else(|| {
            let first = (0..self.game.contents.len()).find(|&r| serves(r))?;
            (first..self.game.contents.len()).take_while(|&r| kind(r) == kind(first)).filter(|&r| serves(r)).last()
        })
    }

    /// Does the action at the receptacle, after going there and opening it as needed.
    fn reach(&self, at: usize, action: Action) -> Option<Action> {
        Some(if !self.game.faces(at) {
            Action::GoTo(at)
        } else if !self.game.accessible(at) {
            Action::Open(at)
        } else {
            action
        })
    }

    fn find_object(&self, target: Option<usize>) -> Option<Action> {
        let game = self.game;
        let goal = game.task.goal;
        let task = &self.tables.tasks[goal.task];
        let rest = match (task.light, task.change) {
            (true, _) => FETCH + LIGHT,
            (_, Some(_)) => FETCH + CHANGE + DELIVER,
            (_, None) => FETCH + DELIVER,
        };
        let delivered = target.map_or(0, |r| self.delivered(r));
        let need = rest * task.count.saturating_sub(delivered).max(1);
        let wanted = |o: usize| game.task.objects[o].kind == goal.object;
        let target = if task.count > 1 { target } else { None };
        let fetchable = |at: usize, o: usize| wanted(o) && Some(at) != target;
        match self.known_at(fetchable, need) {
            Some((at, object)) => self.reach(at, Action::Take(object, at)),
            None => self.search(goal.object),
        }
    }

    fn known(&self, is: impl Fn(usize) -> bool, need: usize) -> Option<(usize, usize)> {
        self.known_at(|_, o| is(o), need)
    }

    /// Such an object and its receptacle, if it has been seen, nearest first; also one that has not, once the actions
    /// left only just cover what is still needed.
    fn known_at(&self, is: impl Fn(usize, usize) -> bool, need: usize) -> Option<(usize, usize)> {
        let game = self.game;
        let at = |r: usize| game.contents[r].iter().copied().filter(|&o| is(r, o)).last().map(|o| (r, o));
        let seen = |r: usize| if game.seen[r] { at(r) } else { None };
        let faced = game.facing.and_then(seen);
        let found = faced.or_else(|| (0..game.contents.len()).rev().find_map(seen));
        let hurried = self.left < need + INSPECT;
        found.or_else(|| if hurried { (0..game.contents.len()).rev().find_map(at) } else { None })
    }

    /// Inspects the receptacle that promises most per action.
    fn search(&self, kind: usize) -> Option<Action> {
        let (game, tables) = (self.game, self.tables);
        let fixed = tables.objects[kind].fixed;
        let mut best: Option<(f64, usize)> = None;
        for r in 0..game.contents.len() {
            let receptacle = game.task.receptacles[r].kind;
            let here = game.faces(r);
            if game.seen[r] {
                continue;
            }
            let could = if fixed {
                tables.objects[kind].usual.contains(&receptacle)
            } else {
                tables.receptacles[receptacle].accepts[kind]
            };
            let alike = game.task.receptacles.iter().filter(|e| e.kind == receptacle).count();
            let chance = if could { weight(tables, self.config, kind, receptacle) / alike as f64 } else { 0.0 };
            let actions = usize::from(!here) + usize::from(game.task.opens[r]);
            let promise = chance / actions.max(1) as f64;
            // The task lists high numbers first: `>=` prefers the lowest.
            if best.is_none_or(|(most, _)| promise >= most) {
                best = Some((promise, r));
            }
        }
        let (_, at) = best?;
        self.reach(at, Action::ExamineReceptacle(at))
    }

    /// Rids the hand of what is not wanted.
    fn put_down(&self, object: usize) -> Option<Action> {
        let kind = self.game.task.objects[object].kind;
        let takes = |r: usize| self.tables.receptacles[self.game.task.receptacles[r].kind].accepts[kind];
        let at = self.nearest(takes)?;
        self.reach(at, Action::Move(at))
    }
}
