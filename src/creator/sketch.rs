//! A rule before it is text. In: the parts of a candidate (a state condition, an event, filters on its arguments), as
//! positions in a checked domain; out: the words of the language that say it, its names, and its advice.

use std::fmt::Write;

use crate::lang::checked::{Domain, EventForm, Param};
use crate::lang::pattern::{Element, Pattern};

/// A place in a fluent's or event's argument list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Slot {
    Any,
    /// The unit's own variable.
    Own,
    /// The parameter at this position of the marked event.
    Param(usize),
}

/// What `is` compares with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// The task's parameter at this position.
    Task(usize),
    Text(String),
}

/// One literal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Piece {
    Fluent { fluent: usize, args: Vec<Slot>, negated: bool },
    Event { event: usize, args: Vec<Slot> },
    Is { left: Slot, right: Kind },
}

/// A few literals that belong together because they share a variable: half a condition, or a filter on one argument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Unit {
    pub pieces: Vec<Piece>,
}

/// One rule: when the state is so, prefer (or avoid) actions that are the event and pass the filters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Sketch {
    /// Position of the task in the domain; `None`: for every task.
    pub task: Option<usize>,
    pub state: Vec<Unit>,
    pub event: usize,
    pub filter: Vec<Unit>,
    pub prefer: bool,
}

/// The parts of a rule as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RuleText {
    pub name: String,
    pub when: String,
    /// `prefer …` or `avoid …`.
    pub statement: String,
    pub advice: String,
    /// The event and its filters as one condition; with `when` before it, what following looks like.
    pub call: String,
    pub filter: String,
}

/// `for` and its variables.
pub(super) fn applies(domain: &Domain, task: Option<usize>) -> Option<String> {
    let task = &domain.tasks[task?];
    let names: Vec<&str> = task.params.iter().map(|param| param.name.as_str()).collect();
    Some(format!("{}({})", task.name, names.join(", ")))
}

/// Variables as they are named, none twice.
struct Names<'d> {
    domain: &'d Domain,
    task: Option<usize>,
    taken: Vec<String>,
}

impl<'d> Names<'d> {
    fn new(domain: &'d Domain, task: Option<usize>) -> Self {
        let params = task.map_or(&[][..], |task| &domain.tasks[task].params);
        Names { domain, task, taken: params.iter().map(|param| param.name.clone()).collect() }
    }

    fn fresh(&mut self, base: &str) -> String {
        let mut name = base.to_owned();
        for number in 2.. {
            if !self.taken.contains(&name) {
                break;
            }
            name = format!("{base}{number}");
        }
        self.taken.push(name.clone());
        name
    }

    /// A name for a unit's own variable, after the parameter where it first stands.
    fn own(&mut self, unit: &Unit) -> Option<(String, &'d Param)> {
        let param = unit.pieces.iter().find_map(|piece| {
            let (args, params) = match piece {
                Piece::Fluent { fluent, args, .. } => (args, &self.domain.fluents[*fluent].params),
                Piece::Event { event, args } => (args, &self.domain.events[*event].params),
                Piece::Is { .. } => return None,
            };
            args.iter().position(|slot| *slot == Slot::Own).map(|at| &params[at])
        })?;
        Some((self.fresh(&param.name), param))
    }

    fn kind(&self, kind: &Kind) -> String {
        match (kind, self.task) {
            (Kind::Task(at), Some(task)) => self.domain.tasks[task].params[*at].name.clone(),
            (Kind::Task(_), None) => "_".to_owned(),
            (Kind::Text(text), _) => format!("\"{text}\""),
        }
    }

    fn unit(&self, unit: &Unit, own: Option<&str>, args: &[Option<String>]) -> String {
        let slot = |slot: &Slot| match slot {
            Slot::Any => "_".to_owned(),
            Slot::Own => own.unwrap_or("_").to_owned(),
            Slot::Param(at) => args[*at].clone().unwrap_or_else(|| "_".to_owned()),
        };
        let list = |args: &[Slot]| args.iter().map(slot).collect::<Vec<_>>().join(", ");
        let mut text = String::new();
        for (index, piece) in unit.pieces.iter().enumerate() {
            if index > 0 {
                text.push_str(" and ");
            }
            match piece {
                Piece::Fluent { fluent, args, negated } => {
                    let not = if *negated { "not " } else { "" };
                    write!(text, "{not}{}({})", self.domain.fluents[*fluent].name, list(args))
                }
                Piece::Event { event, args } => write!(text, "{}({})", self.domain.events[*event].name, list(args)),
                Piece::Is { left, right } => write!(text, "{} is {}", slot(left), self.kind(right)),
            }
            .expect("writing to a String cannot fail");
        }
        text
    }
}

/// The condition of a unit that speaks of the state alone.
pub(super) fn state_text(domain: &Domain, task: Option<usize>, unit: &Unit) -> String {
    let mut names = Names::new(domain, task);
    let own = names.own(unit);
    names.unit(unit, own.as_ref().map(|(name, _)| name.as_str()), &[])
}

impl Sketch {
    /// Literals, filters and the event itself.
    pub fn size(&self) -> usize {
        1 + self.state.iter().chain(&self.filter).map(|unit| unit.pieces.len()).sum::<usize>()
    }

    /// Whether this marks the same event for the same task under more conditions.
    pub fn is_special_case_of(&self, general: &Sketch) -> bool {
        let within = |units: &[Unit], more: &[Unit]| units.iter().all(|unit| more.contains(unit));
        (self.task, self.event, self.prefer) == (general.task, general.event, general.prefer)
            && self.size() > general.size()
            && within(&general.state, &self.state)
            && within(&general.filter, &self.filter)
    }

    /// The rule's words.
    pub fn text(&self, domain: &Domain) -> RuleText {
        let mut names = Names::new(domain, self.task);
        let event = &domain.events[self.event];
        let own_state: Vec<Option<(String, &Param)>> = self.state.iter().map(|unit| names.own(unit)).collect();
        let mut args: Vec<Option<String>> = vec![None; event.params.len()];
        for piece in self.filter.iter().flat_map(|unit| &unit.pieces) {
            let slots = match piece {
                Piece::Fluent { args, .. } | Piece::Event { args, .. } => args.as_slice(),
                Piece::Is { left, .. } => std::slice::from_ref(left),
            };
            for slot in slots {
                if let Slot::Param(at) = slot
                    && args[*at].is_none()
                {
                    args[*at] = Some(names.fresh(&event.params[*at].name));
                }
            }
        }
        let state: Vec<String> = (self.state.iter().zip(&own_state))
            .map(|(unit, own)| names.unit(unit, own.as_ref().map(|(name, _)| name.as_str()), &args))
            .collect();
        let mut filter = Vec::new();
        for unit in &self.filter {
            let own = names.own(unit);
            filter.push(names.unit(unit, own.as_ref().map(|(name, _)| name.as_str()), &args));
        }
        let filter = filter.join(" and ");
        let shown: Vec<&str> = args.iter().map(|arg| arg.as_deref().unwrap_or("_")).collect();
        let call = format!("{}({})", event.name, shown.join(", "));
        let verb = if self.prefer { "prefer" } else { "avoid" };
        let (when, statement) = match (state.is_empty(), filter.is_empty()) {
            (true, true) => (format!("available {call}"), format!("{verb} {call}")),
            (true, false) => (format!("available {call} and {filter}"), format!("{verb} {call}")),
            (false, true) => (state.join(" and "), format!("{verb} {call}")),
            (false, false) => (state.join(" and "), format!("{verb} {call} where {filter}")),
        };
        RuleText { name: self.name(domain), when, statement, advice: self.advice(domain, &own_state), call, filter }
    }

    /// After what it says: `go_to_place`, `avoid_put_not_hot`.
    fn name(&self, domain: &Domain) -> String {
        let mut name = String::new();
        if !self.prefer {
            name.push_str("avoid_");
        }
        name.push_str(&domain.events[self.event].name);
        for piece in self.filter.iter().flat_map(|unit| &unit.pieces) {
            name.push('_');
            match piece {
                Piece::Fluent { fluent, negated, .. } => {
                    name.push_str(if *negated { "not_" } else { "" });
                    name.push_str(&domain.fluents[*fluent].name);
                }
                Piece::Event { event, .. } => name.push_str(&domain.events[*event].name),
                Piece::Is { right: Kind::Text(text), .. } => name.push_str(text),
                Piece::Is { right: Kind::Task(at), .. } => {
                    name.push_str(self.task.map_or("task", |task| &domain.tasks[task].params[*at].name));
                }
            }
        }
        let mut name: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        name.truncate(40);
        name
    }

    /// A sentence made of the names and of the event's own pattern: `When holding {x}, go to {place}.`
    fn advice(&self, domain: &Domain, own: &[Option<(String, &Param)>]) -> String {
        let mut parts = Vec::new();
        for (unit, own) in self.state.iter().zip(own) {
            parts.extend(self.state_phrase(domain, unit, own.as_ref()));
        }
        let event = &domain.events[self.event];
        let target: Vec<String> = (0..event.params.len()).map(|at| self.argument(domain, at)).collect();
        let verb = if self.prefer { "" } else { "do not " };
        let act = event.forms.iter().find_map(|form| match form {
            EventForm::Action { pattern: Pattern::Tokens(elements), .. } => Some(fill(elements, &target)),
            EventForm::Action { pattern: Pattern::Regex { .. }, .. } | EventForm::Observation { .. } => None,
        });
        let act = format!("{verb}{}", act.unwrap_or_else(|| event.name.replace('_', " ")));
        let sentence = match parts.is_empty() {
            true => format!("{act}."),
            false => format!("{}, {act}.", parts.join(", ")),
        };
        let mut letters = sentence.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    fn state_phrase(&self, domain: &Domain, unit: &Unit, own: Option<&(String, &Param)>) -> Vec<String> {
        let subject = |args: &[Slot]| match (own, args.is_empty()) {
            (Some((name, param)), _) if args.contains(&Slot::Own) && param.ty.is_renderable() => format!(" {{{name}}}"),
            (_, true) => String::new(),
            _ => " something".to_owned(),
        };
        let is_own = |piece: &Piece| matches!(piece, Piece::Fluent { args, .. } if args.contains(&Slot::Own));
        let mut phrases = Vec::new();
        let mut anchored = false;
        for piece in &unit.pieces {
            match piece {
                Piece::Fluent { fluent, negated, .. } if is_own(piece) && anchored => {
                    let not = if *negated { "not " } else { "" };
                    phrases.push(format!("and it is {not}{}", domain.fluents[*fluent].name.replace('_', " ")));
                }
                Piece::Fluent { fluent, args, negated } => {
                    anchored |= is_own(piece);
                    let words = domain.fluents[*fluent].name.replace('_', " ");
                    phrases.push(match negated {
                        true => format!("when {words} nothing"),
                        false => format!("when {words}{}", subject(args)),
                    });
                }
                Piece::Event { event, args } => {
                    anchored |= args.contains(&Slot::Own);
                    let words = domain.events[*event].name.replace('_', " ");
                    phrases.push(format!("after {words}{}", subject(args)));
                }
                Piece::Is { .. } => {}
            }
        }
        phrases
    }

    /// How the advice calls an argument of the marked event.
    fn argument(&self, domain: &Domain, at: usize) -> String {
        let mut noun = "something".to_owned();
        let mut qualities = Vec::new();
        for unit in &self.filter {
            let here = |slot: &Slot| *slot == Slot::Param(at);
            let joined = unit.pieces.iter().find_map(|piece| match piece {
                Piece::Is { left: Slot::Own, right } => Some(self.kind_words(domain, right)),
                _ => None,
            });
            for piece in &unit.pieces {
                match piece {
                    Piece::Is { left, right } if here(left) => noun = self.kind_words(domain, right),
                    Piece::Fluent { fluent, args, negated } if args.iter().any(here) => {
                        let words = domain.fluents[*fluent].name.replace('_', " ");
                        let not = if *negated { "not " } else { "" };
                        qualities.push(match &joined {
                            Some(other) if words.ends_with(" of") => format!("{not}the {words} {other}"),
                            Some(other) => format!("{not}the {words} of {other}"),
                            None => format!("{not}{words}"),
                        });
                    }
                    _ => {}
                }
            }
        }
        match qualities.is_empty() {
            true => noun,
            false => format!("{noun} that is {}", qualities.join(" and ")),
        }
    }

    fn kind_words(&self, domain: &Domain, kind: &Kind) -> String {
        match (kind, self.task) {
            (Kind::Task(at), Some(task)) if domain.tasks[task].params[*at].ty.is_renderable() => {
                format!("{{{}}}", domain.tasks[task].params[*at].name)
            }
            (Kind::Task(_), _) => "what the task names".to_owned(),
            (Kind::Text(text), _) => text.clone(),
        }
    }
}

/// A pattern with words for its captures. Signs that advice may not hold are left out.
fn fill(elements: &[Element], arguments: &[String]) -> String {
    let mut words = Vec::new();
    for element in elements {
        match element {
            Element::Literal(literal) => words.push(literal.clone()),
            Element::Either(choices) => words.extend(choices.first().into_iter().flatten().cloned()),
            Element::Gap => {}
            Element::Capture(capture) => words.extend(arguments.get(usize::from(capture.param)).cloned()),
        }
    }
    let allowed = |word: &String| !word.chars().all(|c| matches!(c, '<' | '>' | '[' | ']' | '{' | '}' | '\n'));
    words.into_iter().filter(allowed).collect::<Vec<_>>().join(" ")
}
