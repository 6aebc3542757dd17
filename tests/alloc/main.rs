//! A step allocates nothing once it is warm. In: all recorded trajectories and the real skills of their domains; out: where memory
//! was asked for in a second pass, if anywhere. A program of its own, because it counts every allocation.

#[path = "../../benches/engine/alloc.rs"]
mod alloc;

use reskill::engine::program::Program;
use reskill::engine::session::Session;
use reskill::episode::Trajectory;
use reskill::lang::check::check;
use reskill::lang::load::load;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

/// Plays the episodes of `tests/data/{episodes}` twice under all skills of `skills/{skills}`; what each `observe` of the
/// second time asked for must be nothing.
fn assert_no_allocation(skills: &str, episodes: &str) {
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/tests/data/{episodes}");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let episodes: Vec<Trajectory> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{path}: {error}"))).collect();
    let loaded = load(&[format!("{root}/skills/{skills}").into()]).expect("skills of this repository");
    let checked = check(&loaded.files).checked;
    let mut session = Session::new(Program::of(&checked, 0));

    let (mut steps, mut found, mut held) = (0, Vec::new(), 0);
    for pass in 0..2 {
        if pass == 1 {
            held = alloc::held();
        }
        for episode in &episodes {
            let first = episode.steps.first().map_or(&[][..], |step| &step.admissible);
            session.start(&episode.task, &episode.first, first);
            for (at, step) in episode.steps.iter().enumerate() {
                let next = episode.steps.get(at + 1).map_or(&[][..], |step| &step.admissible);
                let before = alloc::requests();
                session.observe(&step.action, &step.observation, next);
                let requests = alloc::requests() - before;
                if pass == 1 {
                    steps += 1;
                    if requests > 0 {
                        found.push(format!("{}, step {at} ({}): {requests}", episode.id, step.action));
                    }
                }
            }
            session.finish();
        }
    }
    assert!(steps > 0, "{path} has no step");
    // What a finished episode took is given back, or kept for the next one: the second pass is no larger than the first.
    let grown = alloc::held() - held;
    let beginning = found[..found.len().min(5)].join("\n");
    assert!(found.is_empty(), "{} of {steps} steps asked for memory:\n{beginning}", found.len());
    assert!(grown <= 0, "the second pass holds {grown} bytes more than the first");
}

#[test]
fn household() {
    assert_no_allocation("household", "household.jsonl");
}

#[test]
fn alfworld() {
    assert_no_allocation("alfworld", "household.jsonl");
}

#[test]
fn textworld() {
    assert_no_allocation("textworld", "textworld.jsonl");
}

#[test]
fn cooking() {
    assert_no_allocation("cooking", "textworld.jsonl");
}

#[test]
fn shop() {
    assert_no_allocation("shop", "shop.jsonl");
}
