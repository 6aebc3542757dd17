//! What rules can be made of: all units that a domain's declarations allow. In: the checked domain, and the kinds seen
//! as arguments of actions; out: state conditions and filters, typed and safe by construction.

use super::sketch::{Kind, Piece, Slot, Unit};
use crate::lang::checked::{Domain, Param};

fn any(params: &[Param]) -> Vec<Slot> {
    vec![Slot::Any; params.len()]
}

fn with(params: &[Param], at: usize, slot: Slot) -> Vec<Slot> {
    let mut args = any(params);
    args[at] = slot;
    args
}

/// The task's parameters that `is` can compare a capture with.
fn kinds(domain: &Domain, task: usize) -> Vec<Kind> {
    let params = domain.tasks[task].params.iter().enumerate();
    params.filter(|(_, param)| param.ty.is_wordy()).map(|(at, _)| Kind::Task(at)).collect()
}

/// State conditions that hold or not whatever the task is: a fluent has a row, or none; an event has just occurred.
pub(super) fn plain_states(domain: &Domain) -> Vec<Unit> {
    let mut units = Vec::new();
    for (fluent, declared) in domain.fluents.iter().enumerate() {
        for negated in [false, true] {
            let args = any(&declared.params);
            units.push(Unit { pieces: vec![Piece::Fluent { fluent, args, negated }] });
        }
    }
    for (event, declared) in domain.events.iter().enumerate() {
        units.push(Unit { pieces: vec![Piece::Event { event, args: any(&declared.params) }] });
    }
    units
}

/// State conditions about a thing of the task's: `f(x) and x is v`.
pub(super) fn task_states(domain: &Domain, task: usize) -> Vec<Unit> {
    let mut units = Vec::new();
    for right in kinds(domain, task) {
        for (fluent, declared) in domain.fluents.iter().enumerate() {
            for (at, _) in declared.params.iter().enumerate().filter(|(_, param)| param.ty.is_wordy()) {
                let args = with(&declared.params, at, Slot::Own);
                let is = Piece::Is { left: Slot::Own, right: right.clone() };
                units.push(Unit { pieces: vec![Piece::Fluent { fluent, args, negated: false }, is] });
            }
        }
    }
    units
}

/// A state condition about a thing, with one more fluent of the same thing, true or not true of it.
pub(super) fn refined_states(domain: &Domain, unit: &Unit) -> Vec<Unit> {
    let Some(Piece::Fluent { fluent: anchor, args, .. }) = unit.pieces.first() else { return Vec::new() };
    let Some(ty) = args.iter().position(|slot| *slot == Slot::Own).map(|at| domain.fluents[*anchor].params[at].ty)
    else {
        return Vec::new();
    };
    let mut units = Vec::new();
    for (fluent, declared) in domain.fluents.iter().enumerate().filter(|(fluent, _)| fluent != anchor) {
        for (at, _) in declared.params.iter().enumerate().filter(|(_, param)| param.ty == ty) {
            for negated in [false, true] {
                let mut pieces = unit.pieces.clone();
                pieces.push(Piece::Fluent { fluent, args: with(&declared.params, at, Slot::Own), negated });
                units.push(Unit { pieces });
            }
        }
    }
    units
}

/// Filters on an event's arguments that speak of no task: a fluent that is or is not true of an argument, and the
/// given kinds as (parameter, kind).
pub(super) fn plain_filters(domain: &Domain, event: usize, constants: &[(usize, String)]) -> Vec<Unit> {
    let mut units = Vec::new();
    for (place, param) in domain.events[event].params.iter().enumerate() {
        for (fluent, declared) in domain.fluents.iter().enumerate() {
            for (at, _) in declared.params.iter().enumerate().filter(|(_, other)| other.ty == param.ty) {
                for negated in [false, true] {
                    let args = with(&declared.params, at, Slot::Param(place));
                    units.push(Unit { pieces: vec![Piece::Fluent { fluent, args, negated }] });
                }
            }
        }
    }
    for (place, kind) in constants {
        let is = Piece::Is { left: Slot::Param(*place), right: Kind::Text(kind.clone()) };
        units.push(Unit { pieces: vec![is] });
    }
    units
}

/// Filters that speak of the task's things: an argument is one, or stands in a fluent with one.
pub(super) fn task_filters(domain: &Domain, event: usize, task: usize) -> Vec<Unit> {
    let mut units = Vec::new();
    for right in kinds(domain, task) {
        for (place, param) in domain.events[event].params.iter().enumerate() {
            if param.ty.is_wordy() {
                units.push(Unit { pieces: vec![Piece::Is { left: Slot::Param(place), right: right.clone() }] });
            }
            for (fluent, declared) in domain.fluents.iter().enumerate() {
                for (at, _) in declared.params.iter().enumerate().filter(|(_, other)| other.ty == param.ty) {
                    let others = declared.params.iter().enumerate();
                    for (other, _) in others.filter(|(other, param)| *other != at && param.ty.is_wordy()) {
                        let mut args = with(&declared.params, at, Slot::Param(place));
                        args[other] = Slot::Own;
                        let is = Piece::Is { left: Slot::Own, right: right.clone() };
                        units.push(Unit { pieces: vec![Piece::Fluent { fluent, args, negated: false }, is] });
                    }
                }
            }
        }
    }
    units
}
