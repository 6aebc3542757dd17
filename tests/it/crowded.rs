//! A game with what drawn ones do not have: receptacles that share a spot, and the like.

use serde_json::json;

pub const CROWDED: &str = include_str!("../data/alfworld/crowded.pddl");

/// The game file's text.
pub fn crowded() -> String {
    json!({"pddl_problem": CROWDED, "task": "cool some mug and put it in sinkbasin.", "task_type": "pick_cool_then_place_in_recep"})
        .to_string()
}
