//! What a program may cost at most. In: a compiled program; out: how much it looks at in a step, and the memory that one
//! episode may take: bounds that hold whatever the texts are.

use serde::Serialize;

use super::condition::{Input, Op};
use super::intern::Val;
use super::program::{Program, Reader};
use super::relation::Note;
use super::session::{MAX_BINDINGS, MEMORY, Session};
use crate::lang::checked::{MAX_FACTS, MAX_ROWS};
use crate::text::MAX_TEXT;

/// Bounds of one domain's program. Sizes in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cost {
    pub domain: String,
    pub skills: usize,
    pub rules: usize,
    pub assertions: usize,
    /// Patterns in the one automaton, and its states; patterns that are tried on every text (they have no literal token) and
    /// expressions, which have a pass of their own.
    pub patterns: usize,
    pub states: usize,
    pub unanchored: usize,
    pub expressions: usize,
    /// Conditions that stand in several places and are asked once in a step.
    pub shared_conditions: u32,
    /// The input that most rules and assertions read, and how many they are: so many are looked at when it changes.
    pub widest_input: String,
    pub widest_readers: usize,
    /// The most searches that one condition nests; each goes over the rows of one relation.
    pub nested_searches: usize,
    /// Rows that fluents and remembered events may have, and what these rows take.
    pub rows: usize,
    pub row_bytes: usize,
    /// What a session takes before its first episode.
    pub session_bytes: usize,
    /// The rows, the facts of one transition, and what may be remembered of values before it is sifted; texts of values count up
    /// to that, and beyond it with what is in use.
    pub episode_bytes: usize,
}

impl Cost {
    pub fn of(program: &std::sync::Arc<Program>) -> Cost {
        let vocabulary = &program.vocabulary;
        let domain = &vocabulary.domain;
        let row = |arity: usize| 4 * arity + size_of::<Note>() + 16;
        let fluents = domain.fluents.iter().map(|fluent| (fluent.max, fluent.params.len()));
        let past = program.remembered.iter().zip(&domain.events).filter(|(is_remembered, _)| **is_remembered);
        let past = past.map(|(_, event)| (MAX_ROWS, event.params.len()));
        // A relation keeps as many rows again as have just been dropped.
        let (rows, row_bytes) =
            fluents.chain(past).fold((0, 0), |(rows, bytes), (max, arity)| (rows + max, bytes + 2 * max * row(arity)));
        let (widest_input, widest_readers) = widest(program);
        let searches = |op: &Op| {
            matches!(
                op,
                Op::Event { .. }
                    | Op::Once { .. }
                    | Op::Fluent { .. }
                    | Op::Available { .. }
                    | Op::Table { .. }
                    | Op::In { .. }
            )
        };
        let nested = program.conds.iter().map(|cond| cond.ops.iter().filter(|op| searches(op)).count());
        let session_bytes = Session::new(std::sync::Arc::clone(program)).memory();
        let facts = 2 * MAX_FACTS * (8 + 4 * 8);
        let speaking = 16 * MAX_BINDINGS * 32 * size_of::<Val>();
        Cost {
            domain: domain.name.clone(),
            skills: program.skills.len(),
            rules: program.rules.len(),
            assertions: program.assertions.len(),
            patterns: vocabulary.patterns.len(),
            states: vocabulary.states(),
            unanchored: vocabulary
                .patterns
                .iter()
                .filter(|p| p.compiled.tokens().is_some_and(|t| t.anchor.is_none()))
                .count(),
            expressions: vocabulary.patterns.iter().filter(|p| p.compiled.tokens().is_none()).count(),
            shared_conditions: program.shared,
            widest_input,
            widest_readers,
            nested_searches: nested.max().unwrap_or(0),
            rows,
            row_bytes,
            session_bytes,
            episode_bytes: session_bytes + row_bytes + facts + speaking + MEMORY + MAX_TEXT,
        }
    }
}

/// The input with the most readers.
fn widest(program: &Program) -> (String, usize) {
    let domain = &program.vocabulary.domain;
    let events = domain.events.iter().enumerate().flat_map(|(index, event)| {
        let number = index as u32;
        [
            (Input::Event(number), format!("event {}", event.name)),
            (Input::Past(number), format!("once {}", event.name)),
            (Input::Times(number), format!("count of {}", event.name)),
            (Input::Available(number), format!("available {}", event.name)),
        ]
    });
    let fluents = domain.fluents.iter().enumerate();
    let fluents = fluents.map(|(index, fluent)| (Input::Fluent(index as u32), format!("fluent {}", fluent.name)));
    let others = [(Input::Repeated, "repeated".to_owned()), (Input::Step, "step".to_owned())];
    let readers = events.chain(fluents).chain(others).map(|(input, name)| {
        let readers: &[Reader] = program.readers.of(program.readers.number(input));
        (name, readers.len())
    });
    readers.fold((String::new(), 0), |most, next| if next.1 > most.1 { next } else { most })
}
