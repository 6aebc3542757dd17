//! Seven strategies that a household is mastered by, each known by what a bank does in small scenes, however it says it. In: a
//! compiled bank; out: for each strategy whether it is there, and how many scenes say so.
//!
//! In a scene the right actions must stand above the wrong ones at every decision that is asked about: a preferred action above
//! an unmarked one, that above an avoided one, that above a forbidden one. A strategy is there if that is so in at least two of its
//! three scenes, and in none the other way round.

mod scene;
mod scenes;

use std::sync::Arc;

use serde::Serialize;

use self::scene::Ranking;
use self::scenes::Scenes;
use crate::engine::program::Program;
use crate::engine::session::Session;

/// Scenes in which a strategy must show.
const ENOUGH: usize = 2;

/// The scenes of one kind of task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Empty where a strategy does not tell kinds apart.
    pub kind: &'static str,
    pub scenes: usize,
    /// Scenes in which the right actions stood above the wrong ones, and below.
    pub above: usize,
    pub below: usize,
    pub there: bool,
}

/// What a bank has of one strategy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Strategy {
    pub number: u8,
    pub name: &'static str,
    pub there: bool,
    pub parts: Vec<Part>,
}

/// When a strategy of several parts is there.
#[derive(Debug, Clone, Copy)]
enum Asked {
    /// Its first part will do, or two of the others.
    FirstOrTwo,
    /// Two of its parts.
    Two,
}

/// The seven strategies of a bank.
pub fn strategies(program: &Arc<Program>) -> Vec<Strategy> {
    let whole = |scenes: Scenes| (Asked::FirstOrTwo, vec![("", scenes)]);
    let changes = ["heat", "cool", "clean"];
    let of_changes = |scenes: fn(&str) -> Scenes| changes.map(|verb| (verb, scenes(verb)));
    let carried = [("plain", scenes::carry())];
    let carried = carried.into_iter().chain(of_changes(scenes::carry_changed)).collect();
    let all = [
        ("take the goal object when it is here", whole(scenes::take())),
        ("do not revisit a place while searching", whole(scenes::no_revisit())),
        ("open what is closed before leaving it", whole(scenes::open_first())),
        ("change the object before placing it", (Asked::Two, of_changes(scenes::change_first).into())),
        ("carry the finished object to its place", (Asked::FirstOrTwo, carried)),
        ("of two, one at a time", whole(scenes::one_at_a_time())),
        ("light the lamp with the object in hand", whole(scenes::lamp())),
    ];
    let numbered = (1u8..).zip(all);
    numbered.map(|(number, (name, (asked, parts)))| strategy(number, name, asked, &parts, program)).collect()
}

fn strategy(
    number: u8,
    name: &'static str,
    asked: Asked,
    parts: &[(&'static str, Scenes)],
    program: &Arc<Program>,
) -> Strategy {
    let mut session = Session::new(Arc::clone(program));
    let parts: Vec<Part> = parts
        .iter()
        .map(|(kind, scenes)| {
            let rankings: Vec<Ranking> = scenes.iter().map(|scene| scene.rank(&mut session)).collect();
            let count = |wanted: Ranking| rankings.iter().filter(|ranking| **ranking == wanted).count();
            let (above, below) = (count(Ranking::Above), count(Ranking::Below));
            Part { kind, scenes: rankings.len(), above, below, there: above >= ENOUGH && below == 0 }
        })
        .collect();
    let there = |parts: &[Part]| parts.iter().filter(|part| part.there).count();
    let there = match asked {
        Asked::FirstOrTwo => parts.first().is_some_and(|part| part.there) || there(&parts) >= 2,
        Asked::Two => there(&parts) >= 2,
    };
    Strategy { number, name, there, parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scene that names what the game would not offer would tell nothing.
    #[test]
    fn scenes_name_only_what_can_be_done_there() {
        let mut all = vec![
            scenes::take(),
            scenes::no_revisit(),
            scenes::open_first(),
            scenes::carry(),
            scenes::one_at_a_time(),
            scenes::lamp(),
        ];
        for verb in ["heat", "cool", "clean"] {
            all.extend([scenes::change_first(verb), scenes::carry_changed(verb)]);
        }
        for scenes in &all {
            assert_eq!(scenes.len(), 3);
            scenes.iter().for_each(|scene| assert_eq!(scene.stray(), [""; 0]));
        }
    }
}
