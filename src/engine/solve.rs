//! Conditions: all bindings of a conjunction, depth first, from left to right. The recursion is as deep as the conjunction
//! has literals (at most `limits::LITERALS`).

use std::cell::Cell;

use rustc_hash::FxHashSet;

use super::condition::{ANY, Args, Cond, CondId, Is, Number, Op, Vars, Words};
use super::facts::Facts;
use super::intern::Val;
use super::relation::Relation;
use super::vocabulary::Rows;
use crate::lang::ast::Quantifier;
use crate::lang::check::limits;
use crate::text::{self, Decimal};

/// Slots that a step has bound, one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bound(u64);

impl Bound {
    /// Unbinds the slots again.
    pub(super) fn undo(mut self, vars: &mut Vars) {
        while self.0 != 0 {
            vars[self.0.trailing_zeros() as usize] = Val::NONE;
            self.0 &= self.0 - 1;
        }
    }
}

/// Binds the variables of `args` to `values` and tells which it bound; `None` if they do not fit, and nothing stays bound. What
/// is unknown (an argument that only the answer to an action would tell) fits `_` alone.
pub(super) fn unify(args: &[u8], values: &[Val], vars: &mut Vars) -> Option<Bound> {
    let mut bound = Bound::default();
    for (slot, value) in args.iter().zip(values) {
        if *slot == ANY {
            continue;
        }
        let var = &mut vars[usize::from(*slot)];
        if *var == *value && value.is_some() {
            continue;
        }
        if var.is_some() || !value.is_some() {
            bound.undo(vars);
            return None;
        }
        *var = *value;
        bound.0 |= 1 << slot;
    }
    Some(bound)
}

/// The truth of shared conditions at one moment.
#[derive(Debug, Default)]
pub(super) struct Cache {
    /// By condition: the moment at which it was last asked for, and its truth in the lowest bit.
    known: Vec<Cell<u32>>,
    moment: u32,
}

impl Cache {
    pub(super) fn reset(&mut self, count: usize) {
        self.known.clear();
        self.known.resize(count, Cell::new(0));
        self.moment = 0;
    }

    /// What was true is not known to be so any longer.
    pub(super) fn next_moment(&mut self) {
        self.moment += 2;
        if self.moment >= u32::MAX - 2 {
            self.reset(self.known.len());
            self.moment = 2;
        }
    }

    fn get(&self, slot: u32) -> Option<bool> {
        let known = self.known[slot as usize].get();
        (known & !1 == self.moment).then_some(known & 1 == 1)
    }

    fn set(&self, slot: u32, holds: bool) {
        self.known[slot as usize].set(self.moment | u32::from(holds));
    }

    pub(super) fn bytes(&self) -> usize {
        4 * self.known.capacity()
    }
}

/// Conditions, and what they are asked of.
#[derive(Clone, Copy)]
pub(super) struct Solver<'s> {
    pub(super) facts: &'s Facts,
    pub(super) conds: &'s [Cond],
    pub(super) tables: &'s [Rows],
    pub(super) cache: Option<&'s Cache>,
}

/// Takes a binding; answers whether to go on.
pub(super) type Found<'f> = &'f mut dyn FnMut(&mut Vars) -> bool;

impl Solver<'_> {
    /// Calls `found` with every binding. Returns false if it was told to stop.
    pub(super) fn solve(&self, id: CondId, vars: &mut Vars, found: Found) -> bool {
        self.all(&self.conds[id as usize].ops, vars, found)
    }

    /// Whether the condition has a binding.
    pub(super) fn holds(&self, id: CondId, vars: &mut Vars) -> bool {
        let cond = &self.conds[id as usize];
        match &*cond.ops {
            [] => return true,
            [op] => {
                if let Some(holds) = self.alone(op, vars) {
                    return holds;
                }
            }
            _ => {}
        }
        let shared = cond.shared.and_then(|slot| Some((slot, self.cache?)));
        if let Some((slot, cache)) = shared
            && let Some(known) = cache.get(slot)
        {
            return known;
        }
        let holds = self.has_facts(&cond.ops) && !self.all(&cond.ops, vars, &mut |_| false);
        if let Some((slot, cache)) = shared {
            cache.set(slot, holds);
        }
        holds
    }

    /// As [`Solver::holds`], for the short conditions that are asked again and again.
    #[inline]
    pub(super) fn passes(&self, id: CondId, vars: &mut Vars) -> bool {
        match &*self.conds[id as usize].ops {
            [] => true,
            [Op::Is { left, right }] => self.is(*left, right, vars),
            [one] => self.alone(one, vars).unwrap_or_else(|| self.holds(id, vars)),
            _ => self.holds(id, vars),
        }
    }

    #[inline]
    fn is(&self, left: u8, right: &Is, vars: &Vars) -> bool {
        let values = &self.facts.values;
        match (vars[usize::from(left)], right) {
            (Val::NONE, _) => false,
            (left, Is::Named(named)) => values.is_named(left, named),
            (left, Is::Var(right)) => {
                let right = vars[usize::from(*right)];
                right.is_some() && values.is(left, right)
            }
        }
    }

    /// The truth of a condition of one literal, where that needs no search.
    #[inline]
    fn alone<'o>(&'o self, mut op: &'o Op, vars: &mut Vars) -> Option<bool> {
        let mut is_negated = false;
        while let Op::Not(inner) = op {
            is_negated = !is_negated;
            match &*self.conds[*inner as usize].ops {
                [one] => op = one,
                _ => return Some(self.holds(*inner, vars) != is_negated),
            }
        }
        let holds = match op {
            Op::Fluent { fluent, args } => match self.facts.fluents.get(*fluent) {
                None => false,
                Some(relation) => match key(relation, args, vars) {
                    Key::Unknown => return self.search_alone(op, vars, is_negated),
                    Key::Absent => false,
                    Key::At(at) => {
                        let row = relation.row(at);
                        // A variable without a value would take the row's.
                        let fits = |(slot, cell): (&u8, &Val)| {
                            *slot == ANY || !vars[usize::from(*slot)].is_some() || vars[usize::from(*slot)] == *cell
                        };
                        args.iter().zip(row).skip(relation.keys()).all(fits)
                    }
                },
            },
            Op::Is { left, right } => self.is(*left, right, vars),
            Op::Contains { .. } | Op::Compare { .. } | Op::Repeated => self.test(op, vars),
            _ => return self.search_alone(op, vars, is_negated),
        };
        Some(holds != is_negated)
    }

    /// A literal that stands under `not` has to be searched for here; one that does not goes the usual way.
    fn search_alone(&self, op: &Op, vars: &mut Vars, is_negated: bool) -> Option<bool> {
        is_negated.then(|| {
            let one = std::slice::from_ref(op);
            !(self.has_facts(one) && !self.all(one, vars, &mut |_| false))
        })
    }

    /// Whether there is any fact of each kind that the condition demands: for most conditions there is not.
    fn has_facts(&self, ops: &[Op]) -> bool {
        let facts = self.facts;
        ops.iter().all(|op| match op {
            Op::Event { event, .. } => facts.events.has(*event),
            Op::Once { event, .. } => facts.past.get(*event).is_some(),
            Op::Fluent { fluent, .. } => facts.fluents.get(*fluent).is_some_and(|relation| relation.len() > 0),
            Op::Available { event, .. } => facts.available.has(*event),
            Op::Never => false,
            _ => true,
        })
    }

    fn all(&self, ops: &[Op], vars: &mut Vars, found: Found) -> bool {
        let mut bound = Bound::default();
        let go_on = self.go(ops, vars, &mut bound, found);
        bound.undo(vars);
        go_on
    }

    /// As [`Solver::all`]; what literals with one solution have bound is left in `bound`.
    fn go(&self, mut ops: &[Op], vars: &mut Vars, bound: &mut Bound, found: Found) -> bool {
        let facts = self.facts;
        loop {
            let Some((op, rest)) = ops.split_first() else { return found(vars) };
            // Literals that have one solution at most need no search.
            let one = match op {
                Op::Fluent { fluent, args } => match facts.fluents.get(*fluent) {
                    None => return true,
                    Some(relation) => match key(relation, args, vars) {
                        Key::Unknown => None,
                        Key::Absent => return true,
                        Key::At(at) => Some(unify(args, relation.row(at), vars)),
                    },
                },
                Op::Event { .. }
                | Op::Once { .. }
                | Op::Task { .. }
                | Op::Table { .. }
                | Op::In { .. }
                | Op::Available { .. } => None,
                test => Some(self.test(test, vars).then(Bound::default)),
            };
            match one {
                Some(None) => return true,
                Some(Some(new)) => bound.0 |= new.0,
                None => return self.search(op, rest, vars, found),
            }
            ops = rest;
        }
    }

    /// A literal that may have several solutions, and the rest.
    fn search(&self, op: &Op, rest: &[Op], vars: &mut Vars, found: Found) -> bool {
        let mut extend = |args: &[u8], values: &[Val], vars: &mut Vars| {
            let Some(mut bound) = unify(args, values, vars) else { return true };
            let go_on = self.go(rest, vars, &mut bound, found);
            bound.undo(vars);
            go_on
        };
        let facts = self.facts;
        match op {
            Op::Event { event, args } => facts.events.of(*event).all(|values| extend(args, values, vars)),
            Op::Once { event, args, within } => {
                let Some(past) = facts.past.get(*event) else { return true };
                let is_recent = |step: u32| within.is_none_or(|n| step.saturating_add(n) > facts.step);
                match key(past, args, vars) {
                    Key::Absent => true,
                    Key::At(at) => !is_recent(past.note(at).step) || extend(args, past.row(at), vars),
                    Key::Unknown => {
                        let mut recent = past.rows().filter(|(_, note)| is_recent(note.step));
                        recent.all(|(row, _)| extend(args, row, vars))
                    }
                }
            }
            Op::Fluent { fluent, args } => {
                let Some(relation) = facts.fluents.get(*fluent) else { return true };
                relation.rows().all(|(row, _)| extend(args, row, vars))
            }
            Op::Task { task, args } => {
                facts.tasks.iter().filter(|(of, _)| of == task).all(|(_, values)| extend(args, values, vars))
            }
            Op::Table { table, args } => {
                let Rows { arity, cells } = &self.tables[*table as usize];
                cells.chunks_exact(*arity).all(|row| extend(args, row, vars))
            }
            Op::In { element, list } => match vars[usize::from(*list)] {
                Val::NONE => true,
                list => {
                    let mut items = facts.values.elements(list).iter();
                    items.all(|item| extend(&[*element], std::slice::from_ref(item), vars))
                }
            },
            Op::Available { event, args } => facts.available.of(*event).all(|(_, values)| extend(args, values, vars)),
            // Tests do not come here.
            _ => true,
        }
    }

    /// The literals that bind nothing.
    fn test(&self, op: &Op, vars: &mut Vars) -> bool {
        match op {
            Op::Repeated => self.facts.repeated,
            Op::Is { left, right } => self.is(*left, right, vars),
            Op::Contains { left, right } => match (self.text(left, vars), self.text(right, vars)) {
                (Some(left), Some(right)) => contains(left, right),
                _ => false,
            },
            Op::Compare { left, op, right } => match (self.number(left, vars), self.number(right, vars)) {
                (Some(left), Some(right)) => op.holds(left, right),
                _ => false,
            },
            Op::Not(inner) => !self.holds(*inner, vars),
            Op::Quantified { quantifier, over, then } => {
                // Stops at the first fact that decides: for `every` one that fails, else one that fits.
                let decides = *quantifier != Quantifier::Every;
                let undecided = self.solve(*over, vars, &mut |vars| self.holds(*then, vars) != decides);
                undecided != (*quantifier == Quantifier::Some)
            }
            // `Never`; searches do not come here.
            _ => false,
        }
    }

    /// The canonical text of a term.
    fn text<'t>(&'t self, term: &'t Words, vars: &Vars) -> Option<&'t str> {
        match term {
            Words::Text(text) => Some(text),
            Words::Var(slot) => match vars[usize::from(*slot)] {
                Val::NONE => None,
                val => self.facts.values.text(val),
            },
        }
    }

    fn number(&self, number: &Number, vars: &Vars) -> Option<Decimal> {
        let whole = |n: usize| Some(Decimal::whole(i64::try_from(n).unwrap_or(i64::MAX)));
        match number {
            Number::Constant(number) => Some(*number),
            Number::Step => whole(self.facts.step as usize),
            Number::Var(slot) => match vars[usize::from(*slot)] {
                Val::NONE => None,
                val => self.facts.values.decimal(val),
            },
            Number::CountRows { fluent, args } => whole(match self.facts.fluents.get(*fluent) {
                None => 0,
                Some(relation) if is_open(args) => relation.len(),
                Some(relation) => matching_rows(relation, args, vars).count(),
            }),
            Number::CountEvents { event, args } => {
                let times = match self.facts.past.get(*event) {
                    None => 0,
                    Some(past) if is_open(args) => past.total(),
                    Some(past) => matching_rows(past, args, vars).map(u64::from).sum(),
                };
                Some(Decimal::whole(i64::try_from(times).unwrap_or(i64::MAX)))
            }
            Number::Words(term) => whole(text::tokens(self.text(term, vars)?).count()),
            Number::Shared(left, right) => whole(shared(self.text(left, vars)?, self.text(right, vars)?)),
        }
    }
}

fn is_open(args: &Args) -> bool {
    args.iter().all(|arg| *arg == ANY)
}

/// What the arguments tell of the key of a row.
enum Key {
    Unknown,
    /// There is no such row.
    Absent,
    At(usize),
}

fn key(relation: &Relation, args: &[u8], vars: &Vars) -> Key {
    let mut key = [Val::NONE; limits::PARAMS];
    let keys = relation.keys();
    for (cell, slot) in key[..keys].iter_mut().zip(args) {
        if *slot == ANY || !vars[usize::from(*slot)].is_some() {
            return Key::Unknown;
        }
        *cell = vars[usize::from(*slot)];
    }
    relation.find(&key[..keys]).map_or(Key::Absent, Key::At)
}

/// How often each row that agrees with the arguments has come. Variables without a value agree with nothing.
fn matching_rows(relation: &Relation, args: &[u8], vars: &Vars) -> impl Iterator<Item = u32> {
    let fits = |row: &[Val]| args.iter().zip(row).all(|(slot, cell)| *slot == ANY || vars[usize::from(*slot)] == *cell);
    relation.rows().filter(move |(row, _)| fits(row)).map(|(_, note)| note.times)
}

/// Whether the tokens of one canonical text stand in a row in the other.
fn contains(text: &str, part: &str) -> bool {
    let mut from = 0;
    while let Some(at) = text[from..].find(part).filter(|_| !part.is_empty()) {
        let (start, end) = (from + at, from + at + part.len());
        let is_edge = |place: Option<&u8>| place.is_none_or(|byte| *byte == b' ');
        if is_edge(start.checked_sub(1).map(|before| &text.as_bytes()[before])) && is_edge(text.as_bytes().get(end)) {
            return true;
        }
        // The next token is the next place where the part may begin.
        let Some(blank) = text[start..].find(' ') else { return false };
        from = start + blank + 1;
    }
    false
}

/// The number of distinct tokens that two canonical texts share.
fn shared(left: &str, right: &str) -> usize {
    /// Longer texts are put into sets.
    const SHORT: usize = 256;
    if left.len() + right.len() > SHORT {
        let left: FxHashSet<&str> = text::tokens(left).collect();
        let right: FxHashSet<&str> = text::tokens(right).collect();
        return left.intersection(&right).count();
    }
    let is_first = |place: usize, token: &str| !text::tokens(left).take(place).any(|before| before == token);
    let in_right = |token: &str| text::tokens(right).any(|other| other == token);
    text::tokens(left).enumerate().filter(|(place, token)| is_first(*place, token) && in_right(token)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn texts_compare_by_tokens(left in "[ab]{1,2}( [ab]{1,2}){0,6}", right in "[ab]{1,2}( [ab]{1,2}){0,3}") {
            let (l, r): (Vec<&str>, Vec<&str>) = (text::tokens(&left).collect(), text::tokens(&right).collect());
            proptest::prop_assert_eq!(contains(&left, &right), l.windows(r.len()).any(|part| part == r));
            let common = l.iter().collect::<std::collections::BTreeSet<_>>();
            let common = common.into_iter().filter(|token| r.contains(token)).count();
            proptest::prop_assert_eq!(shared(&left, &right), common);
        }
    }
}
