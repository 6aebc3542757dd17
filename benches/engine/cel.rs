//! The peer for conditions: expressions of the Common Expression Language. In: the boolean parts of rules of these skills, said
//! in CEL over variables that somebody else keeps; out: nanoseconds per expression, all variables being there already.

use std::hint::black_box;
use std::io;
use std::time::Instant;

use cel::{Context, Program};

use super::clock::{self, median};

/// `warm_up`, `deliver`, `go_on`, `take_it`, and `too_dear`. Patterns, states, searches for bindings and texts of advice
/// have no part in it.
const CONDITIONS: [&str; 5] = [
    "holding && kind == object && !hot",
    "holding && kind == object && hot",
    "here && !shut && !holding",
    "here && at == place && kind == object && !holding && !put_down",
    "shown && price > cap && step < 13",
];

const TIMES: usize = 2000;

/// Nanoseconds per expression.
pub fn per_expression(rounds: usize) -> io::Result<f64> {
    let said = |error: &dyn std::fmt::Display| io::Error::other(format!("CEL: {error}"));
    let programs: Result<Vec<Program>, _> = CONDITIONS.iter().map(|source| Program::compile(source)).collect();
    let programs = programs.map_err(|error| said(&error))?;
    let mut context = Context::default();
    for (name, value) in
        [("holding", true), ("hot", false), ("here", true), ("shut", false), ("put_down", false), ("shown", true)]
    {
        context.add_variable_from_value(name, value);
    }
    for (name, value) in [("kind", "mug"), ("object", "mug"), ("place", "coffeemachine"), ("at", "countertop")] {
        context.add_variable_from_value(name, value);
    }
    for (name, value) in [("price", 25.01), ("cap", 25.0)] {
        context.add_variable_from_value(name, value);
    }
    context.add_variable_from_value("step", 4_i64);
    for program in &programs {
        program.execute(&context).map_err(|error| said(&error))?;
    }
    let times = (0..rounds).map(|_| {
        let begun = Instant::now();
        for _ in 0..TIMES {
            for program in &programs {
                let _ = black_box(program.execute(black_box(&context)));
            }
        }
        clock::nanoseconds(begun.elapsed()) / (TIMES * programs.len()) as f64
    });
    Ok(median(times.collect()))
}
