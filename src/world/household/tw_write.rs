//! ALFWorld's game files, written. In: a [`Task`] and how it can be solved. Out: the texts of `game.tw-pddl` and of the
//! `traj_data.json` beside it, which ALFWorld collects games and instructs its expert by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use serde::Serialize;
use serde_json::json;

use super::data::{Change, Tables};
use super::tasks::{Entity, Goal, Task};
use crate::world::WorldError;

/// ALFWorld's rules and texts: the files `alfred.pddl` and `alfred.twl2` of its package, which is where they belong.
#[derive(Debug, Clone)]
pub struct Logic {
    domain: String,
    grammar: String,
}

/// What the grammar says in place of a task.
const NO_GOAL: &str = "UNKNOWN GOAL.";

impl Logic {
    /// Reads both files from a folder.
    ///
    /// # Errors
    /// [`WorldError::Io`] if one cannot be read, [`WorldError::Data`] if the grammar has no place for the task.
    pub fn load(folder: &Path) -> Result<Logic, WorldError> {
        let read = |name: &str| {
            let file = folder.join(name);
            let failure = |source| WorldError::Io { what: format!("reading {}", file.display()), source };
            std::fs::read_to_string(&file).map_err(failure)
        };
        let logic = Logic { domain: read("alfred.pddl")?, grammar: read("alfred.twl2")? };
        if !logic.grammar.contains(NO_GOAL) {
            let file = folder.join("alfred.twl2").display().to_string();
            return Err(WorldError::Data { file, message: format!("expected `{NO_GOAL}` where the task belongs") });
        }
        Ok(logic)
    }
}

/// The files of one game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GameFiles {
    pub game: String,
    pub traj_data: String,
}

#[derive(Serialize)]
struct GameFile<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pddl_domain: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grammar: Option<String>,
    pddl_problem: String,
    task: &'a str,
    task_type: &'a str,
    walkthrough: &'a [String],
    solvable: bool,
}

/// Writes a task that the actions of `walkthrough` solve, if it is solvable.
///
/// # Errors
/// [`WorldError::Request`] if the tables have what ALFWorld's rules do not know.
pub fn write(
    tables: &Tables,
    task: &Task,
    walkthrough: &[String],
    solvable: bool,
    logic: Option<&Logic>,
) -> Result<GameFiles, WorldError> {
    fits(tables)?;
    let kind = &tables.tasks[task.goal.task];
    let object = &tables.objects[task.goal.object].name;
    let place = match kind.light {
        true => &tables.objects[task.goal.place].name,
        false => &tables.receptacles[task.goal.place].name,
    };
    // ALFWorld's expert goes by these names of the six kinds of task.
    let task_type = match kind.change {
        Some(_) => format!("{}_in_recep", kind.name),
        None => kind.name.clone(),
    };
    let sentence = serde_json::to_string(&task.sentence).map_err(|error| WorldError::Request(error.to_string()))?;
    let quoted = sentence.trim_matches('"');
    let game = GameFile {
        pddl_domain: logic.map(|logic| logic.domain.as_str()),
        grammar: logic.map(|logic| logic.grammar.replace(NO_GOAL, quoted)),
        pddl_problem: problem(tables, task)?,
        task: &task.sentence,
        task_type: &task_type,
        walkthrough,
        solvable,
    };
    let (parent, toggle) = if kind.light { ("", place.as_str()) } else { (place.as_str(), "") };
    let traj_data = json!({
        "task_type": task_type,
        "pddl_params": {
            "object_target": object, "parent_target": parent, "toggle_target": toggle, "mrecep_target": "",
            "object_sliced": false,
        },
    });
    let game = serde_json::to_string(&game).map_err(|error| WorldError::Request(error.to_string()))?;
    Ok(GameFiles { game: game + "\n", traj_data: format!("{traj_data}\n") })
}

/// ALFWorld's rules name the kinds that clean, heat, cool and cut.
fn fits(tables: &Tables) -> Result<(), WorldError> {
    let does = |name: &str| match name {
        "sinkbasin" => Some(Change::Clean),
        "microwave" => Some(Change::Heat),
        "fridge" => Some(Change::Cool),
        _ => None,
    };
    let strange = tables.receptacles.iter().find(|kind| kind.does != does(&kind.name)).map(|kind| &kind.name);
    let cuts = |name: &str| matches!(name, "knife" | "butterknife");
    let strange = strange.or(tables.objects.iter().find(|kind| kind.cuts != cuts(&kind.name)).map(|kind| &kind.name));
    match strange {
        Some(name) => Err(WorldError::Request(format!(
            "[{name}]: in ALFWorld the sinkbasin cleans, the microwave heats, the fridge cools, knife and butterknife cut, \
             and nothing else does"
        ))),
        None => Ok(()),
    }
}

/// ALFWorld names a thing by its id's stem, with `basin` after it if the id has that anywhere, and numbers the ids from
/// the last in string order up: the reverse of the order of a task.
fn ids(tables_name: impl Fn(usize) -> String, entities: &[Entity]) -> Result<Vec<String>, WorldError> {
    let mut count: BTreeMap<usize, usize> = BTreeMap::new();
    let id = |entity: &Entity| {
        let kind = tables_name(entity.kind);
        let number = count.entry(entity.kind).or_default();
        *number += 1;
        match kind.strip_suffix("basin") {
            Some(stem) => format!("{stem}_bar_{number:02}_bar_{kind}"),
            None => format!("{kind}_bar_{number:02}"),
        }
    };
    let ids: Vec<String> = entities.iter().map(id).collect();
    match ids.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(WorldError::Request(format!(
            "`{}` and `{}` cannot be told apart in ALFWorld's order of names; rename the kind",
            pair[0], pair[1]
        ))),
        None => Ok(ids),
    }
}

fn problem(tables: &Tables, task: &Task) -> Result<String, WorldError> {
    let receptacle_kind = |kind: usize| tables.receptacles[kind].name.clone();
    let object_kind = |kind: usize| tables.objects[kind].name.clone();
    let receptacles = ids(receptacle_kind, &task.receptacles)?;
    let objects = ids(object_kind, &task.objects)?;
    let kinds = |of: &[Entity]| of.iter().map(|entity| entity.kind).collect::<BTreeSet<usize>>();
    let (room, things) = (kinds(&task.receptacles), kinds(&task.objects));
    // The rules speak of these types whether the room has them or not.
    let always = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    let mut rtypes = always(&["sinkbasin", "microwave", "fridge"]);
    rtypes.extend(room.iter().map(|&kind| receptacle_kind(kind)));
    let mut otypes = always(&["knife", "butterknife"]);
    otypes.extend(things.iter().map(|&kind| object_kind(kind)));
    let spots: BTreeSet<usize> = task.spots.iter().copied().collect();

    let mut out = "(define (problem household)\n(:domain alfred)\n(:objects\n    agent1 - agent\n".to_owned();
    let mut add = |line: String| {
        out.push_str("    ");
        out.push_str(&line);
        out.push('\n');
    };
    otypes.iter().for_each(|name| add(format!("{name}Type - otype")));
    rtypes.iter().for_each(|name| add(format!("{name}Type - rtype")));
    objects.iter().for_each(|id| add(format!("{id} - object")));
    receptacles.iter().for_each(|id| add(format!("{id} - receptacle")));
    spots.iter().for_each(|spot| add(format!("loc_bar_{spot} - location")));
    add("loc_bar_start - location)\n(:init".to_owned());
    add("(atLocation agent1 loc_bar_start)".to_owned());
    for (at, id) in receptacles.iter().enumerate() {
        add(format!("(receptacleType {id} {}Type)", receptacle_kind(task.receptacles[at].kind)));
        add(format!("(receptacleAtLocation {id} loc_bar_{})", task.spots[at]));
        if task.opens[at] {
            add(format!("(openable {id})"));
        }
        for &object in &task.contents[at] {
            add(format!("(inReceptacle {} {id})", objects[object]));
            add(format!("(objectAtLocation {} loc_bar_{})", objects[object], task.spots[at]));
        }
    }
    for (at, id) in objects.iter().enumerate() {
        let kind = &tables.objects[task.objects[at].kind];
        add(format!("(objectType {id} {}Type)", kind.name));
        let change = |change| kind.changes.contains(&change);
        for (predicate, is) in [
            ("pickupable", !kind.fixed),
            ("cleanable", change(Change::Clean)),
            ("heatable", change(Change::Heat)),
            ("coolable", change(Change::Cool)),
            ("toggleable", kind.light),
            ("sliceable", kind.slices),
            ("isReceptacleObject", kind.vessel),
        ] {
            if is {
                add(format!("({predicate} {id})"));
            }
        }
        for &inner in &task.inside[at] {
            add(format!("(inReceptacleObject {} {id})", objects[inner]));
        }
    }
    for &r in &room {
        for &o in things.iter().filter(|&&o| tables.receptacles[r].accepts[o]) {
            add(format!("(canContain {}Type {}Type)", receptacle_kind(r), object_kind(o)));
        }
    }
    add(format!(")\n(:goal {}))", goal(tables, task.goal)));
    Ok(out)
}

/// The goal as ALFWorld sets it: some object of the kind, changed as told, in some receptacle of the kind.
fn goal(tables: &Tables, goal: Goal) -> String {
    let task = &tables.tasks[goal.task];
    let object = &tables.objects[goal.object].name;
    if task.light {
        let lamp = &tables.objects[goal.place].name;
        return format!(
            "(and (exists (?t - object ?r - receptacle ?a - agent ?l - location) (and (objectType ?t {lamp}Type) \
             (toggleable ?t) (isToggled ?t) (receptacleAtLocation ?r ?l) (atLocation ?a ?l) (inReceptacle ?t ?r))) \
             (exists (?o - object ?a - agent) (and (objectType ?o {object}Type) (holds ?a ?o))))"
        );
    }
    let place = &tables.receptacles[goal.place].name;
    let mut wants = format!("(receptacleType ?r {place}Type)");
    let mut variables = String::new();
    for number in 1..=task.count {
        // Writing to a string cannot fail.
        _ = write!(variables, " ?o{number} - object");
        _ = write!(wants, " (objectType ?o{number} {object}Type) (inReceptacle ?o{number} ?r)");
        match task.change {
            Some(Change::Clean) => _ = write!(wants, " (cleanable ?o{number}) (isClean ?o{number})"),
            Some(Change::Heat) => _ = write!(wants, " (heatable ?o{number}) (isHot ?o{number})"),
            Some(Change::Cool) => _ = write!(wants, " (coolable ?o{number}) (isCool ?o{number})"),
            None => {}
        }
    }
    if task.count == 2 {
        wants += " (not (= ?o1 ?o2))";
    }
    format!("(exists (?r - receptacle{variables}) (and {wants}))")
}
