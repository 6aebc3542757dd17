//! The game's sentences. In: what is seen. Out: ALFWorld's words for it: always "a", a comma before "and".

use super::data::{Change, Tables};
use super::game::Condition;
use super::tasks::{Entity, Task};

pub const WELCOME: &str = "-= Welcome to TextWorld, ALFRED! =-";
pub const NOTHING: &str = "Nothing happens.";
pub const HELP: &str = "\
Available commands:
  look:                             look around your current location
  inventory:                        check your current inventory
  go to (receptacle):               move to a receptacle
  open (receptacle):                open a receptacle
  close (receptacle):               close a receptacle
  take (object) from (receptacle):  take an object from a receptacle
  move (object) to (receptacle):  place an object in or on a receptacle
  examine (something):              examine a receptacle or an object
  use (object):                     use an object
  heat (object) with (receptacle):  heat an object using a receptacle
  clean (object) with (receptacle): clean an object using a receptacle
  cool (object) with (receptacle):  cool an object using a receptacle
  slice (object) with (object):     slice an object using a sharp object
";

/// The verb of a change, in actions and in answers.
pub fn verb(change: Change) -> &'static str {
    match change {
        Change::Clean => "clean",
        Change::Heat => "heat",
        Change::Cool => "cool",
    }
}

/// `a egg 2, and a mug 1`, or `nothing`.
fn list<'a>(out: &mut String, entities: impl ExactSizeIterator<Item = &'a Entity>) {
    let last = entities.len().saturating_sub(1);
    if entities.len() == 0 {
        out.push_str("nothing");
    }
    for (i, entity) in entities.enumerate() {
        out.push_str(match i {
            0 => "a ",
            i if i == last => ", and a ",
            _ => ", a ",
        });
        out.push_str(&entity.name);
    }
}

/// The view from the middle of the room.
pub fn room(receptacles: &[Entity]) -> String {
    let mut out = "You are in the middle of a room. Looking quickly around you, you see ".to_owned();
    list(&mut out, receptacles.iter());
    out.push('.');
    out
}

/// The view of a receptacle; `accessible` = what it holds can be seen.
pub fn receptacle(task: &Task, at: usize, accessible: bool, contents: &[usize]) -> String {
    let name = &task.receptacles[at].name;
    if !accessible {
        return format!("The {name} is closed.");
    }
    let mut out = if task.opens[at] {
        format!("The {name} is open. In it, you see ")
    } else {
        format!("On the {name}, you see ")
    };
    list(&mut out, contents.iter().map(|&o| &task.objects[o]));
    out.push('.');
    out
}

/// The view around somebody who faces the receptacles and sees the objects beside them.
pub fn facing(task: &Task, receptacles: &[usize], beside: &[usize]) -> String {
    let names: Vec<&str> = receptacles.iter().map(|&r| task.receptacles[r].name.as_str()).collect();
    let names = match names.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{}, and {last}", most.join(", ")),
        _ => names.concat(),
    };
    let mut out = format!("You are facing the {names}. Next to it, you see ");
    list(&mut out, beside.iter().map(|&o| &task.objects[o]));
    out.push('.');
    out
}

/// The answer to `examine OBJECT`.
pub fn object(tables: &Tables, task: &Task, object: usize, condition: Condition) -> String {
    let name = &task.objects[object].name;
    let kind = &tables.objects[task.objects[object].kind];
    if kind.vessel {
        let mut out = format!("This is a normal {name}. In it, you see ");
        list(&mut out, task.inside[object].iter().map(|&o| &task.objects[o]));
        out.push('.');
        return out;
    }
    let Condition { clean, hot, cool, sliced, .. } = condition;
    let adjectives = match (hot, cool, clean, sliced) {
        (true, _, true, true) => "hot and clean sliced",
        (_, true, true, true) => "cool and clean sliced",
        (_, _, true, true) => "clean sliced",
        (true, _, _, true) => "hot sliced",
        (_, true, _, true) => "cool sliced",
        (true, _, true, _) => "hot and clean",
        (_, true, true, _) => "cool and clean",
        (true, ..) => "hot",
        (_, _, true, _) => "clean",
        (_, true, ..) => "cold",
        (.., true) => "sliced",
        _ => return format!("There's nothing special about {name}."),
    };
    format!("This is a {adjectives} {name}.")
}
