//! Compiled conditions. In: conjunctions of a checked program; out: the same over numbers, tests placed before searches,
//! equal ones stored once, with what each reads.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::intern::{Constants, Val};
use crate::lang::ast::{Comparison, Quantifier};
use crate::lang::check::limits;
use crate::lang::checked::{Arg, IsRight, Literal, Operand, Term};
use crate::text::Decimal;

/// An argument: a slot, or [`ANY`].
pub(super) type Args = Box<[u8]>;
pub(super) const ANY: u8 = u8::MAX;
/// Slots of a scope: of the variables of a rule, and after them those of a list or a filter.
pub(super) const SLOTS: usize = limits::VARIABLES;
/// The values of a scope's variables.
pub(super) type Vars = [Val; SLOTS];
pub(super) const NO_VALUES: Vars = [Val::NONE; SLOTS];

/// A condition of a program, by number.
pub(super) type CondId = u32;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Op {
    Event {
        event: u32,
        args: Args,
    },
    Once {
        event: u32,
        args: Args,
        within: Option<u32>,
    },
    Fluent {
        fluent: u32,
        args: Args,
    },
    Task {
        task: u32,
        args: Args,
    },
    Available {
        event: u32,
        args: Args,
    },
    Table {
        table: u32,
        args: Args,
    },
    In {
        element: u8,
        list: u8,
    },
    Repeated,
    Never,
    Is {
        left: u8,
        right: Is,
    },
    Contains {
        left: Words,
        right: Words,
    },
    Compare {
        left: Number,
        op: Comparison,
        right: Number,
    },
    Not(CondId),
    /// `over` is one search; `then` may use what it binds.
    Quantified {
        quantifier: Quantifier,
        over: CondId,
        then: CondId,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Is {
    Var(u8),
    /// Any of these: for each text the words, and the item that reads so.
    Named(Box<[[Val; 2]]>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Words {
    Var(u8),
    Text(Box<str>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Number {
    Var(u8),
    Constant(Decimal),
    Step,
    CountRows { fluent: u32, args: Args },
    CountEvents { event: u32, args: Args },
    Words(Words),
    Shared(Words, Words),
}

/// Something that changes in an episode and that conditions read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Input {
    /// The facts of an event in the transition in view.
    Event(u32),
    /// Which facts of an event have occurred.
    Past(u32),
    /// When and how often they did.
    Times(u32),
    /// What leaves the window of the last n transitions.
    Window(u32, u32),
    Fluent(u32),
    Available(u32),
    Repeated,
    Step,
    /// A number of steps at which a comparison with the step may turn.
    StepAt(u32),
}

/// A conjunction.
#[derive(Debug)]
pub(super) struct Cond {
    pub(super) ops: Box<[Op]>,
    /// Where its truth is kept, once for each moment: for conditions whose truth is the same in all places that ask for it,
    /// if there is more than one.
    pub(super) shared: Option<u32>,
}

/// The conditions of a program, while it is compiled.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    conds: Vec<Cond>,
    known: FxHashMap<Box<[Op]>, CondId>,
    uses: Vec<Use>,
}

/// Who asks for a condition.
#[derive(Debug, Clone, Copy)]
struct Use {
    places: u32,
    context: Context,
}

/// On what the truth of a condition depends besides the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// On nothing: it uses no variable that has a value before.
    Closed,
    /// On the values of a signature's variables.
    Task(u32),
    Other,
}

impl Context {
    /// What a condition depends on that is used in both ways.
    fn and(self, other: Context) -> Context {
        if self == other { self } else { Context::Other }
    }
}

/// What is known of a scope where a condition stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'s> {
    /// Variables that have a value.
    pub(super) bound: &'s [usize],
    /// Variables that may have one, one bit each.
    pub(super) maybe: u64,
    /// What gives them their values.
    pub(super) context: Context,
}

impl<'s> Scope<'s> {
    pub(super) fn new(bound: &'s [usize], context: Context) -> Scope<'s> {
        Scope { bound, maybe: mask(bound.iter().copied()), context }
    }
}

pub(super) fn mask(slots: impl Iterator<Item = usize>) -> u64 {
    slots.fold(0, |bits, slot| bits | 1 << slot)
}

impl Conditions {
    /// Compiles a conjunction.
    pub(super) fn add(&mut self, literals: &[Literal], scope: Scope, constants: &mut Constants) -> CondId {
        let own = mask(literals.iter().flat_map(uses));
        let inner = Scope { maybe: scope.maybe | own, context: Context::Other, ..scope };
        let ops = tests_first(literals, scope.bound).into_iter().map(|literal| self.op(literal, inner, constants));
        let ops = ops.collect();
        self.intern(ops, if own & scope.maybe == 0 { Context::Closed } else { scope.context })
    }

    fn intern(&mut self, ops: Box<[Op]>, context: Context) -> CondId {
        let id = match self.known.get(&ops) {
            Some(known) => *known,
            None => {
                let id = self.conds.len() as CondId;
                self.known.insert(ops.clone(), id);
                self.conds.push(Cond { ops, shared: None });
                self.uses.push(Use { places: 0, context });
                id
            }
        };
        let known = &mut self.uses[id as usize];
        *known = Use { places: known.places + 1, context: known.context.and(context) };
        id
    }

    /// The conditions, and of how many the truth is kept.
    pub(super) fn finish(mut self) -> (Vec<Cond>, u32) {
        let mut shared = 0;
        for (cond, used) in self.conds.iter_mut().zip(&self.uses) {
            if used.places > 1 && used.context != Context::Other && !cond.ops.is_empty() {
                cond.shared = Some(shared);
                shared += 1;
            }
        }
        (self.conds, shared)
    }

    /// What the condition reads.
    pub(super) fn reads(&self, id: CondId, out: &mut BTreeSet<Input>) {
        for op in &self.conds[id as usize].ops {
            match op {
                Op::Event { event, .. } => _ = out.insert(Input::Event(*event)),
                Op::Once { event, within: None, .. } => _ = out.insert(Input::Past(*event)),
                Op::Once { event, within: Some(n), .. } => {
                    out.extend([Input::Times(*event), Input::Window(*event, *n)]);
                }
                Op::Fluent { fluent, .. } => _ = out.insert(Input::Fluent(*fluent)),
                Op::Available { event, .. } => _ = out.insert(Input::Available(*event)),
                Op::Repeated => _ = out.insert(Input::Repeated),
                Op::Compare { left, right, .. } => {
                    left.reads(right, out);
                    right.reads(left, out);
                }
                Op::Not(inner) => self.reads(*inner, out),
                Op::Quantified { over, then, .. } => {
                    self.reads(*over, out);
                    self.reads(*then, out);
                }
                Op::Task { .. }
                | Op::Table { .. }
                | Op::In { .. }
                | Op::Never
                | Op::Is { .. }
                | Op::Contains { .. } => {}
            }
        }
    }

    /// Whether the condition may hold although nothing that it reads has ever changed: it demands no event, no fact and no
    /// action that could be taken.
    pub(super) fn may_hold_untouched(&self, id: CondId) -> bool {
        let demands = |op: &Op| {
            matches!(op, Op::Event { .. } | Op::Once { .. } | Op::Fluent { .. } | Op::Available { .. } | Op::Never)
        };
        !self.conds[id as usize].ops.iter().any(demands)
    }

    fn op(&mut self, literal: &Literal, scope: Scope, constants: &mut Constants) -> Op {
        match literal {
            Literal::Event { event, args } => Op::Event { event: *event as u32, args: compiled(args) },
            Literal::Once { event, args, within } => {
                Op::Once { event: *event as u32, args: compiled(args), within: *within }
            }
            Literal::Fluent { fluent, args } => Op::Fluent { fluent: *fluent as u32, args: compiled(args) },
            Literal::Task { task, args } => Op::Task { task: *task as u32, args: compiled(args) },
            Literal::Available { event, args } => Op::Available { event: *event as u32, args: compiled(args) },
            Literal::Table { table, args } => Op::Table { table: *table as u32, args: compiled(args) },
            Literal::Repeated => Op::Repeated,
            Literal::Todo => Op::Never,
            Literal::In { element, list } => Op::In { element: *element as u8, list: *list as u8 },
            Literal::Is { left, right } => Op::Is {
                left: *left as u8,
                right: match right {
                    IsRight::Var(right) => Is::Var(*right as u8),
                    IsRight::Text(text) => Is::Named(Box::new([constants.named(text)])),
                    IsRight::OneOf(texts) => Is::Named(texts.iter().map(|text| constants.named(text)).collect()),
                },
            },
            Literal::Contains { left, right } => Op::Contains { left: left.into(), right: right.into() },
            Literal::Compare { left, op, right } => Op::Compare { left: left.into(), op: *op, right: right.into() },
            Literal::Not(inner) => Op::Not(self.add(inner, scope, constants)),
            Literal::Quantified { quantifier, over, then } => {
                let over = self.op(over, scope, constants);
                let then = then.iter().map(|literal| self.op(literal, scope, constants)).collect();
                // Neither stands alone: `then` uses what `over` binds.
                let (over, then) = (self.intern(Box::new([over]), Context::Other), self.intern(then, Context::Other));
                Op::Quantified { quantifier: *quantifier, over, then }
            }
        }
    }
}

fn compiled(args: &[Arg]) -> Args {
    let one = |arg: &Arg| match arg {
        Arg::Any => ANY,
        Arg::Var(slot) => *slot as u8,
    };
    args.iter().map(one).collect()
}

impl From<&Term> for Words {
    fn from(term: &Term) -> Self {
        match term {
            Term::Var(slot) => Words::Var(*slot as u8),
            Term::Text(text) => Words::Text(text.as_str().into()),
        }
    }
}

impl From<&Operand> for Number {
    fn from(operand: &Operand) -> Self {
        match operand {
            Operand::Var(slot) => Number::Var(*slot as u8),
            Operand::Number(number) => Number::Constant(*number),
            Operand::Step => Number::Step,
            Operand::CountRows { fluent, args } => Number::CountRows { fluent: *fluent as u32, args: compiled(args) },
            Operand::CountEvents { event, args } => Number::CountEvents { event: *event as u32, args: compiled(args) },
            Operand::Words(term) => Number::Words(term.into()),
            Operand::Shared(left, right) => Number::Shared(left.into(), right.into()),
        }
    }
}

impl Number {
    fn reads(&self, other: &Number, out: &mut BTreeSet<Input>) {
        match (self, other) {
            (Number::CountRows { fluent, .. }, _) => _ = out.insert(Input::Fluent(*fluent)),
            (Number::CountEvents { event, .. }, _) => _ = out.insert(Input::Times(*event)),
            (Number::Step, Number::Constant(Decimal(units))) => {
                // Any comparison turns when the step comes to the number, or passes it.
                let whole = units.div_euclid(Decimal::SCALE);
                let steps = (whole..=whole + 1).filter_map(|step| u32::try_from(step).ok());
                out.extend(steps.map(Input::StepAt));
            }
            (Number::Step, _) => _ = out.insert(Input::Step),
            _ => {}
        }
    }
}

/// Moves every test (a literal that binds nothing) to the earliest place where its variables are bound; those in `known`
/// are from the start. The order of the searches, and with it the order of bindings, stays. A variable that no search
/// before a test has bound is a quantifier's own.
fn tests_first<'l>(literals: &'l [Literal], known: &[usize]) -> Vec<&'l Literal> {
    let mut searches: Vec<&Literal> = Vec::new();
    // Each test with the number of searches that must come before it.
    let mut tests: Vec<(usize, &Literal)> = Vec::new();
    // Each variable with the number of searches after which it has a value.
    let mut bound: Vec<(usize, usize)> = known.iter().map(|slot| (*slot, 0)).collect();
    for literal in literals {
        let since = |slot: usize| bound.iter().find(|(known, _)| *known == slot).map(|(_, after)| *after);
        let used = uses(literal);
        if is_test(literal) {
            tests.push((used.into_iter().filter_map(since).max().unwrap_or(0), literal));
        } else {
            let new: Vec<usize> = used.into_iter().filter(|slot| since(*slot).is_none()).collect();
            searches.push(literal);
            bound.extend(new.into_iter().map(|slot| (slot, searches.len())));
        }
    }
    tests.sort_by_key(|(after, _)| *after);
    let mut tests = tests.into_iter().peekable();
    let mut ordered = Vec::new();
    for (before, search) in searches.into_iter().enumerate() {
        while let Some((_, test)) = tests.next_if(|(after, _)| *after <= before) {
            ordered.push(test);
        }
        ordered.push(search);
    }
    ordered.extend(tests.map(|(_, test)| test));
    ordered
}

fn is_test(literal: &Literal) -> bool {
    match literal {
        Literal::Event { .. }
        | Literal::Once { .. }
        | Literal::Fluent { .. }
        | Literal::Task { .. }
        | Literal::Available { .. }
        | Literal::Table { .. }
        | Literal::In { .. } => false,
        Literal::Repeated
        | Literal::Todo
        | Literal::Is { .. }
        | Literal::Contains { .. }
        | Literal::Compare { .. }
        | Literal::Not(_)
        | Literal::Quantified { .. } => true,
    }
}

/// The slots of the variables among arguments.
pub(super) fn slots(args: &[Arg]) -> impl Iterator<Item = usize> {
    args.iter().filter_map(|arg| if let Arg::Var(slot) = arg { Some(*slot) } else { None })
}

/// The variables of a literal.
pub(super) fn uses(literal: &Literal) -> Vec<usize> {
    let term = |term: &Term| if let Term::Var(slot) = term { vec![*slot] } else { Vec::new() };
    let operand = |operand: &Operand| match operand {
        Operand::Var(v) => vec![*v],
        Operand::CountRows { args, .. } | Operand::CountEvents { args, .. } => slots(args).collect(),
        Operand::Number(_) | Operand::Step => Vec::new(),
        Operand::Words(text) => term(text),
        Operand::Shared(left, right) => [term(left), term(right)].concat(),
    };
    match literal {
        Literal::Event { args, .. }
        | Literal::Once { args, .. }
        | Literal::Fluent { args, .. }
        | Literal::Task { args, .. }
        | Literal::Available { args, .. }
        | Literal::Table { args, .. } => slots(args).collect(),
        Literal::Repeated | Literal::Todo => Vec::new(),
        Literal::Is { left, right: IsRight::Var(right) } => vec![*left, *right],
        Literal::Is { left, right: IsRight::Text(_) | IsRight::OneOf(_) } => vec![*left],
        Literal::In { element, list } => vec![*element, *list],
        Literal::Contains { left, right } => [term(left), term(right)].concat(),
        Literal::Compare { left, right, .. } => [operand(left), operand(right)].concat(),
        Literal::Not(inner) => inner.iter().flat_map(uses).collect(),
        Literal::Quantified { over, then, .. } => uses(over).into_iter().chain(then.iter().flat_map(uses)).collect(),
    }
}
