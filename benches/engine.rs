//! What a step of the engine costs. In: recorded episodes of three worlds and banks of 10 to 10,000 skills; out: one table with
//! the project's goals beside it, and `target/bench/engine.json`.
//!
//! ```text
//! cargo bench --bench engine               # everything; `-- --short` or SHORT=1: few repetitions
//! cargo bench --bench engine -- --record   # records tests/data/household.jsonl anew
//! cargo bench --bench engine -- --passes 4 --skills 10   # nothing but steps (--world shop), for scripts/callgrind.sh
//! cargo bench --bench engine -- --judge 4                # nothing but the 150 assertions, for a profiler
//! ```

#[path = "engine/alloc.rs"]
mod alloc;
#[path = "engine/assertions.rs"]
mod assertions;
#[path = "engine/bank.rs"]
mod bank;
#[path = "engine/cel.rs"]
mod cel;
#[path = "engine/clock.rs"]
mod clock;
#[path = "engine/cores.rs"]
mod cores;
#[path = "engine/record.rs"]
mod record;
#[path = "engine/regexes.rs"]
mod regexes;
#[path = "engine/report.rs"]
mod report;
#[path = "engine/steps.rs"]
mod steps;
#[path = "engine/work.rs"]
mod work;
#[path = "engine/worlds.rs"]
mod worlds;

use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use self::bank::Tasks;
use self::regexes::Expressions;
use self::report::{Peers, Report};
use self::steps::Measured;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

/// Passes of the regular expressions that count.
const PASSES: usize = 3;

/// How often things are done.
struct Effort {
    rounds: usize,
    /// Rounds of steps end after so long.
    enough: Duration,
    /// A bank whose round takes longer is measured once.
    patience: Duration,
    compilations: usize,
}

const FULL: Effort =
    Effort { rounds: 25, enough: Duration::from_secs(45), patience: Duration::from_secs(3), compilations: 3 };
const SHORT: Effort =
    Effort { rounds: 3, enough: Duration::from_secs(10), patience: Duration::from_secs(1), compilations: 1 };

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let text = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let number = |name: &str| text(name)?.parse::<usize>().ok();
    if arguments.iter().any(|argument| argument == "--record") {
        return record::record();
    }
    if let Some(passes) = number("--passes") {
        return steps::passes(&worlds::worlds()?, text("--world"), number("--skills").unwrap_or(10), passes);
    }
    if let Some(passes) = number("--judge") {
        return assertions::passes(passes);
    }
    let short = arguments.iter().any(|argument| argument == "--short") || env::var_os("SHORT").is_some();
    measure(if short { &SHORT } else { &FULL })
}

fn measure(effort: &Effort) -> io::Result<()> {
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
    fs::create_dir_all(&results)?;
    let worlds = worlds::worlds()?;
    let mut measured: Vec<Measured> = worlds.iter().map(|world| Measured::new(world, effort.compilations)).collect();
    let look = clock::look();
    let begun = Instant::now();
    for _ in 0..effort.rounds {
        measured.iter_mut().for_each(|one| one.round(look, effort.patience));
        if begun.elapsed() > effort.enough {
            break;
        }
    }
    let peers = Peers {
        regexes: measured.iter().filter(|one| one.world.counts).map(regexes).collect::<io::Result<_>>()?,
        cel_ns: cel::per_expression(effort.rounds)?,
        assertions: assertions::compare(&results, effort.rounds.min(10))?,
        two_core_scaling: {
            let household = &measured[0];
            cores::scaling(household.world, household.cell(10, Tasks::Own).program(), effort.rounds.min(15))
        },
    };
    let report = Report::new(&measured, peers);
    print!("{report}");
    fs::write(results.join("engine.json"), format!("{:#}\n", report.json()))
}

/// One expression per pattern of the bank of 1,000 skills, over the same steps.
fn regexes(measured: &Measured) -> io::Result<report::Regexes> {
    let domain = &bank::bank(&measured.world.bank, 1000, Tasks::Own).domains[0];
    let expressions = Expressions::of(domain).map_err(io::Error::other)?;
    // The first pass fills the caches of the expressions.
    let passes: Vec<_> = (0..=PASSES).map(|_| expressions.one_by_one(measured.world, &measured.new)).skip(1).collect();
    let sets: Option<Vec<_>> =
        (0..=PASSES).map(|_| expressions.as_sets(measured.world, &measured.new)).skip(1).collect();
    let matches = passes[0].matches;
    if sets.iter().flatten().any(|set| set.matches != matches) {
        return Err(io::Error::other("the set finds other expressions than one finds one by one"));
    }
    let time = |passes: Vec<regexes::Found>| clock::median(passes.into_iter().map(|pass| pass.ns).collect());
    Ok(report::Regexes {
        world: measured.world.name,
        expressions: expressions.len(),
        matches,
        ns: time(passes),
        set_ns: sets.map(time),
    })
}
