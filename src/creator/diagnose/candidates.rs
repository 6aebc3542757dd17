//! Simple assertions that a domain can state. In: a domain, one of its tasks, and events that were seen; out: their texts.

use crate::lang::checked::{Domain, Event, Param, Task};
use crate::lang::pattern::Type;

/// Ways of one event or fluent to speak of arguments, and forms of one task, at most: a domain may have many parameters.
const WAYS: usize = 64;
const FORMS: usize = 8000;
/// Lengths of runs that are tried in `at most n consecutive`.
const RUNS: [u32; 3] = [1, 2, 3];

/// An event, with those of its arguments held to be what the task speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub event: usize,
    /// By parameter: the task's parameter that it is of, if it is held to one.
    pub of: Vec<Option<usize>>,
}

/// The sort of form, so that not all proposals are of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Never,
    Whenever,
    Consecutive,
    First,
}

/// An assertion as text: a name for it, and its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub sort: Sort,
    pub name: String,
    pub form: String,
}

/// All ways in which actions of the domain can be about the task.
pub(super) fn events(domain: &Domain, task: Option<&Task>) -> Vec<Seen> {
    let asked = task.map_or(&[][..], |task| &task.params);
    let mut all = Vec::new();
    for (event, declared) in domain.events.iter().enumerate() {
        // What a skill declares for itself only that skill sees.
        if !declared.has_action() || declared.name.contains('.') {
            continue;
        }
        let mut ways: Vec<Vec<Option<usize>>> = vec![Vec::new()];
        for param in &declared.params {
            let fits = |at: &usize| can_be(&param.ty, &asked[*at].ty);
            let choices: Vec<Option<usize>> =
                std::iter::once(None).chain((0..asked.len()).filter(fits).map(Some)).collect();
            let longer = |way: &Vec<Option<usize>>, choice: &Option<usize>| [way.as_slice(), &[*choice]].concat();
            let all = ways.iter().flat_map(|way| choices.iter().map(move |choice| longer(way, choice)));
            ways = all.take(WAYS).collect();
        }
        // Two arguments of one event are not both the same thing asked for.
        ways.retain(|way| {
            way.iter()
                .flatten()
                .enumerate()
                .all(|(at, one)| !way.iter().flatten().skip(at + 1).any(|other| other == one))
        });
        all.extend(ways.into_iter().map(|of| Seen { event, of }));
    }
    all
}

/// Whether a value of the one type `is` one of the other at times.
fn can_be(value: &Type, kind: &Type) -> bool {
    let is_words = |ty: &Type| matches!(ty, Type::Item | Type::Kind | Type::Word | Type::Words);
    is_words(value) && is_words(kind)
}

/// `never E`, for events that were seen.
pub(super) fn never(domain: &Domain, task: Option<&Task>, seen: &Seen) -> Candidate {
    let call = Call::new(domain, task, seen, &[], &[]);
    Candidate { sort: Sort::Never, name: format!("never_{}", call.name), form: format!("never {}", call.text()) }
}

/// All other forms over the events that were seen.
pub(super) fn forms(domain: &Domain, task: Option<&Task>, seen: &[Seen]) -> Vec<Candidate> {
    let mut all = Vec::new();
    for one in seen {
        let plain = Call::new(domain, task, one, &[], &[]);
        for run in RUNS {
            let name = format!("at_most_{run}_{}", plain.name);
            all.push(Candidate {
                sort: Sort::Consecutive,
                name,
                form: format!("at most {run} consecutive {}", plain.text()),
            });
        }
        for other in seen.iter().filter(|other| other.event != one.event) {
            let then = Call::new(domain, task, other, &[], &plain.names());
            let name = format!("{}_before_{}", plain.name, then.name);
            all.push(Candidate {
                sort: Sort::First,
                name,
                form: format!("first {} then {}", plain.text(), then.text()),
            });
        }
        all.extend(whenever(domain, task, one));
        all.truncate(FORMS);
    }
    all
}

/// `whenever E then [not] F(…)`: of each fluent the ways to speak of the event's arguments.
fn whenever(domain: &Domain, task: Option<&Task>, seen: &Seen) -> Vec<Candidate> {
    let event = &domain.events[seen.event];
    let mut all = Vec::new();
    for fluent in domain.fluents.iter().filter(|fluent| !fluent.name.contains('.')) {
        let mut ways: Vec<Vec<Option<usize>>> = vec![Vec::new()];
        for param in &fluent.params {
            let same = |at: &usize| event.params[*at].ty == param.ty;
            let choices: Vec<Option<usize>> =
                std::iter::once(None).chain((0..event.params.len()).filter(same).map(Some)).collect();
            let longer = |way: &Vec<Option<usize>>, choice: &Option<usize>| [way.as_slice(), &[*choice]].concat();
            let all = ways.iter().flat_map(|way| choices.iter().map(move |choice| longer(way, choice)));
            ways = all.take(WAYS).collect();
        }
        for way in ways {
            let needed: Vec<usize> = way.iter().flatten().copied().collect();
            let call = Call::new(domain, task, seen, &needed, &[]);
            let args: Vec<&str> = way.iter().map(|arg| arg.map_or("_", |at| call.variable(at))).collect();
            let fact = format!("{}({})", fluent.name, args.join(", "));
            for (not, word) in [("", ""), ("not ", "not_")] {
                all.push(Candidate {
                    sort: Sort::Whenever,
                    name: format!("{}_{word}{}", call.name, fluent.name),
                    form: format!("whenever {} then {not}{fact}", call.text()),
                });
            }
        }
    }
    all
}

/// An event as a literal with what holds its arguments to the task.
struct Call {
    name: String,
    literal: String,
    held: Vec<String>,
    variables: Vec<Option<String>>,
}

impl Call {
    /// `needed` arguments get a variable even where nothing holds them. None is named as one of `taken`: two events of a form
    /// are to be told apart.
    fn new(domain: &Domain, task: Option<&Task>, seen: &Seen, needed: &[usize], taken: &[&str]) -> Call {
        let event: &Event = &domain.events[seen.event];
        let asked: &[Param] = task.map_or(&[], |task| &task.params);
        let free = |name: &str| {
            let mut name = name.to_owned();
            while asked.iter().any(|param| param.name == name) || taken.contains(&name.as_str()) {
                name.push('2');
            }
            name
        };
        let has_variable = |at: usize| needed.contains(&at) || seen.of[at].is_some();
        let named = event.params.iter().enumerate();
        let variables: Vec<Option<String>> =
            named.map(|(at, param)| has_variable(at).then(|| free(&param.name))).collect();
        let args: Vec<&str> = variables.iter().map(|v| v.as_deref().unwrap_or("_")).collect();
        let literal = format!("{}({})", event.name, args.join(", "));
        let mut name = event.name.clone();
        let mut held = Vec::new();
        for (variable, of) in variables.iter().zip(&seen.of) {
            if let (Some(variable), Some(param)) = (variable, of.and_then(|of| asked.get(of))) {
                held.push(format!("{variable} is {}", param.name));
                name.push_str(&format!("_{}", param.name));
            }
        }
        Call { name, literal, held, variables }
    }

    fn names(&self) -> Vec<&str> {
        self.variables.iter().flatten().map(String::as_str).collect()
    }

    fn text(&self) -> String {
        let held: String = self.held.iter().map(|held| format!(" and {held}")).collect();
        format!("{}{held}", self.literal)
    }

    fn variable(&self, at: usize) -> &str {
        self.variables.get(at).and_then(|v| v.as_deref()).unwrap_or("_")
    }
}
