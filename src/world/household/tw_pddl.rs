//! ALFWorld's game files, read. In: the text of a `game.tw-pddl`, or a folder of them. Out: [`Task`]s that play as they do
//! in ALFWorld, or an error that names the file and the line of what the household does not know.
//!
//! A game file is JSON: `pddl_problem` holds the room and the goal, `grammar` the texts with the task sentence among them,
//! `pddl_domain` the rules, which are the household's own. What is at a place but in no receptacle is scenery: no
//! text and no action of ALFWorld ever shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::data::{Change, Tables};
use super::pddl::{Form, parse};
use super::tasks::{Entity, Goal, Task};
use crate::world::WorldError;
use crate::world::splits::SPLITS;

/// ALFWorld's names of the splits, in the order of [`SPLITS`].
const THEIR_SPLITS: [&str; 3] = ["train", "valid_seen", "valid_unseen"];

/// A game that was read, and where it lies in its split's folder.
#[derive(Debug)]
pub struct Read {
    pub name: String,
    pub task: Task,
}

#[derive(Deserialize)]
struct GameFile {
    pddl_problem: String,
    grammar: Option<String>,
    task: Option<String>,
}

/// Reads the games of a folder's splits, by path, and the hash of all their texts.
///
/// # Errors
/// [`WorldError::Io`] for what cannot be read, [`WorldError::Data`] for a game that is wrong or that the household does
/// not know, and for a folder without games.
pub fn read_folder(folder: &Path, tables: &Tables) -> Result<([Vec<Read>; 3], String), WorldError> {
    let mut hasher = blake3::Hasher::new();
    let mut splits = [Vec::new(), Vec::new(), Vec::new()];
    for (games, (ours, theirs)) in splits.iter_mut().zip(SPLITS.iter().zip(THEIR_SPLITS)) {
        for root in BTreeSet::from([folder.join(ours), folder.join(theirs)]).into_iter().filter(|root| root.is_dir()) {
            let mut files = Vec::new();
            find(&root, &mut files)?;
            files.sort();
            for file in files {
                let text = read_file(&file)?;
                hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
                let task = read(&file.display().to_string(), &text, tables)?;
                let place = file.parent().and_then(|parent| parent.strip_prefix(&root).ok()).unwrap_or(Path::new(""));
                games.push(Read { name: place.to_string_lossy().replace('\\', "/"), task });
            }
        }
    }
    if splits.iter().all(Vec::is_empty) {
        let expected =
            "expected game.tw-pddl files in its folders train/, seen/ (valid_seen/) or unseen/ (valid_unseen/)";
        return Err(WorldError::Data { file: folder.display().to_string(), message: expected.to_owned() });
    }
    Ok((splits, hasher.finalize().to_hex().to_string()))
}

fn read_file(file: &Path) -> Result<String, WorldError> {
    std::fs::read_to_string(file)
        .map_err(|source| WorldError::Io { what: format!("reading {}", file.display()), source })
}

/// All `*.tw-pddl` below the folder. A link to a folder is not followed: it may lead back.
fn find(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> Result<(), WorldError> {
    let failure = |source| WorldError::Io { what: format!("reading {}", folder.display()), source };
    for entry in std::fs::read_dir(folder).map_err(failure)? {
        let entry = entry.map_err(failure)?;
        let path = entry.path();
        if entry.file_type().map_err(failure)?.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "tw-pddl") {
            files.push(path);
        }
    }
    Ok(())
}

/// Reads one game.
///
/// # Errors
/// [`WorldError::Data`] that names the file and the place.
pub fn read(file: &str, text: &str, tables: &Tables) -> Result<Task, WorldError> {
    let wrong = |message: String| WorldError::Data { file: file.to_owned(), message };
    let game: GameFile = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let sentence = match &game.grammar {
        Some(grammar) => sentence(grammar),
        None => game.task.clone(),
    };
    let sentence = sentence.ok_or_else(|| {
        wrong("expected the task sentence: \"Your task is to: …\" in `grammar`, or the key `task`".to_owned())
    })?;
    let at_line = |(line, message): (usize, String)| wrong(format!("pddl_problem, line {line}: {message}"));
    let form = parse(&game.pddl_problem).map_err(at_line)?;
    let problem = Problem::collect(&form).map_err(at_line)?;
    problem.task(tables, sentence).map_err(at_line)
}

/// What follows `Your task is to: ` in a JSON string within the grammar.
fn sentence(grammar: &str) -> Option<String> {
    let (_, rest) = grammar.split_once("Your task is to: ")?;
    let mut escaped = false;
    let end = rest.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    serde_json::from_str(&format!("\"{}\"", &rest[..end])).ok()
}

/// The line where something is wrong, and what.
type Wrong = (usize, String);

/// One fact: what its arguments are, and its line.
struct Fact<'a> {
    arguments: Vec<&'a str>,
    line: usize,
}

/// A problem's sections.
struct Problem<'a> {
    /// Facts by predicate.
    facts: BTreeMap<&'a str, Vec<Fact<'a>>>,
    goal: &'a Form,
}

/// Facts that change neither texts nor actions.
const IDLE: [&str; 7] = ["=", "full", "wasinreceptacle", "checked", "examined", "moveable", "isreceptacleobjectfull"];
/// Facts that tasks are made from.
const USED: [&str; 16] = [
    "receptacletype",
    "objecttype",
    "cancontain",
    "receptacleatlocation",
    "objectatlocation",
    "atlocation",
    "inreceptacle",
    "openable",
    "pickupable",
    "cleanable",
    "heatable",
    "coolable",
    "toggleable",
    "sliceable",
    "isreceptacleobject",
    "inreceptacleobject",
];

impl<'a> Problem<'a> {
    fn collect(form: &'a Form) -> Result<Self, Wrong> {
        let section = |name: &str| {
            form.parts()
                .iter()
                .find_map(|part| part.head().filter(|(head, _)| *head == name).map(|(_, rest)| (part, rest)))
        };
        let need = |name: &str| section(name).ok_or_else(|| (form.line(), format!("expected a section ({name} …)")));
        // Types are told by the facts once more.
        let things: BTreeSet<&str> = need(":objects")?.1.iter().filter_map(Form::word).collect();
        let mut facts: BTreeMap<&str, Vec<Fact>> = BTreeMap::new();
        for form in need(":init")?.1 {
            let line = form.line();
            let (predicate, arguments) =
                form.head().ok_or_else(|| (line, "expected a fact in (:init …)".to_owned()))?;
            if IDLE.contains(&predicate) {
                continue;
            }
            if !USED.contains(&predicate) {
                return Err((
                    line,
                    format!("a game that begins with `{predicate}` is not one that the household knows"),
                ));
            }
            let words: Option<Vec<&str>> = arguments.iter().map(Form::word).collect();
            let arguments = words.filter(|words| words.iter().all(|word| things.contains(word)));
            let arguments = arguments.ok_or_else(|| (line, "expected things that (:objects …) names".to_owned()))?;
            facts.entry(predicate).or_default().push(Fact { arguments, line });
        }
        let (whole, goal) = need(":goal")?;
        let goal = goal.first().ok_or_else(|| (whole.line(), "expected a condition in (:goal …)".to_owned()))?;
        Ok(Problem { facts, goal })
    }

    fn of(&self, predicate: &str) -> &[Fact<'a>] {
        self.facts.get(predicate).map_or(&[], Vec::as_slice)
    }

    /// The two arguments of the predicate's facts, and their lines.
    fn pairs(&self, predicate: &str) -> Result<Vec<(&'a str, &'a str, usize)>, Wrong> {
        let pair = |fact: &Fact<'a>| match fact.arguments.as_slice() {
            [a, b] => Ok((*a, *b, fact.line)),
            _ => Err((fact.line, format!("`{predicate}`: expected two arguments"))),
        };
        self.of(predicate).iter().map(pair).collect()
    }

    fn is(&self, predicate: &str, thing: &str) -> bool {
        self.of(predicate).iter().any(|fact| fact.arguments == [thing])
    }

    /// ALFWorld's names: what stands before the first `_bar_`, and a number, the highest for the first id in string order.
    fn names(&self) -> BTreeMap<&'a str, String> {
        let stem = |id: &'a str| id.split_once("_bar_").map(|(stem, _)| (stem, id.contains("basin")));
        let spoken: BTreeSet<&str> =
            self.facts.values().flatten().flat_map(|fact| fact.arguments.iter().copied()).collect();
        let mut left: BTreeMap<(&str, bool), usize> = BTreeMap::new();
        spoken.iter().filter_map(|id| stem(id)).for_each(|of| *left.entry(of).or_default() += 1);
        let mut names = BTreeMap::new();
        for id in spoken {
            let Some(of) = stem(id) else { continue };
            let number = left.entry(of).or_default();
            names.insert(id, format!("{}{} {number}", of.0, if of.1 { "basin" } else { "" }));
            *number = number.saturating_sub(1);
        }
        names
    }

    fn task(&self, tables: &Tables, sentence: String) -> Result<Task, Wrong> {
        let names = self.names();
        let entity = |id: &str, kind: usize, line: usize| {
            let name = names.get(id).ok_or_else(|| (line, format!("`{id}`: expected a name like mug_bar_1")))?;
            Ok::<Entity, Wrong>(Entity { kind, name: name.clone() })
        };
        let kinds = tables.receptacles.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>();
        let mut receptacles = BTreeMap::new();
        for (id, kind, line) in self.pairs("receptacletype")? {
            let kind = of_kind(&kinds, kind, "receptacle", line)?;
            receptacles.insert(id, entity(id, kind, line)?);
        }
        let at: Vec<&str> = receptacles.keys().copied().collect();
        let place = |id: &str, line: usize| {
            at.binary_search(&id).map_err(|_| (line, format!("`{id}` has no `receptacleType`")))
        };

        let mut spots = vec![None; at.len()];
        let mut locations = BTreeMap::new();
        for (id, location, line) in self.pairs("receptacleatlocation")? {
            let next = locations.len();
            spots[place(id, line)?] = Some(*locations.entry(location).or_insert(next));
        }
        let lost = spots.iter().position(Option::is_none);
        if let Some(lost) = lost {
            return Err((self.goal.line(), format!("`{}` has no `receptacleAtLocation`", at[lost])));
        }
        let spots: Vec<usize> = spots.into_iter().flatten().collect();
        match self.pairs("atlocation")?.as_slice() {
            [(_, start, line)] if locations.contains_key(start) => {
                return Err((*line, "the agent begins at a receptacle; the household begins in the middle".to_owned()));
            }
            [_] => {}
            others => {
                return Err((self.goal.line(), format!("expected one agent at a location, found {}", others.len())));
            }
        }

        let inside = self.pairs("inreceptacleobject")?;
        let within = self.pairs("inreceptacle")?;
        let placed = within.iter().map(|&(id, _, line)| (id, line));
        let placed: BTreeMap<&str, usize> = placed.chain(inside.iter().map(|&(id, _, line)| (id, line))).collect();
        let types: BTreeMap<&str, (&str, usize)> =
            self.pairs("objecttype")?.into_iter().map(|(id, kind, line)| (id, (kind, line))).collect();
        let kinds = tables.objects.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>();
        let mut objects = Vec::new();
        for (&id, &line) in &placed {
            let &(kind, line) = types.get(id).ok_or_else(|| (line, format!("`{id}` has no `objectType`")))?;
            let kind = of_kind(&kinds, kind, "object", line)?;
            self.same_abilities(tables, id, kind, line)?;
            objects.push(entity(id, kind, line)?);
        }
        let ids: Vec<&str> = placed.keys().copied().collect();
        let number = |id: &str| ids.binary_search(&id).ok();

        let mut contents = vec![Vec::new(); at.len()];
        let mut lies: Vec<Option<usize>> = vec![None; ids.len()];
        for (id, receptacle, line) in within {
            let receptacle = place(receptacle, line)?;
            let Some(object) = number(id) else { continue };
            if lies[object].is_some_and(|spot| spot != spots[receptacle]) {
                return Err((line, format!("`{id}` is at two places at once")));
            }
            lies[object] = Some(spots[receptacle]);
            contents[receptacle].push(object);
        }
        for objects in &mut contents {
            objects.sort_unstable();
            objects.dedup();
        }
        // A knife reaches what is at its spot, in a receptacle or not.
        let told: BTreeMap<&str, usize> =
            self.pairs("objectatlocation")?.iter().filter_map(|(id, at, _)| Some((*id, *locations.get(at)?))).collect();
        for fact in self.of("sliceable") {
            let Some(&id) = fact.arguments.first() else { continue };
            if number(id).and_then(|object| lies[object]) != told.get(id).copied() {
                return Err((fact.line, format!("`{id}` is not at the location of a receptacle that it is in")));
            }
        }
        let mut holds = vec![Vec::new(); ids.len()];
        for (inner, outer, _) in inside {
            if let (Some(inner), Some(outer)) = (number(inner), number(outer)) {
                holds[outer].push(inner);
            }
        }
        holds.iter_mut().for_each(|objects| objects.sort_unstable());
        let receptacle_kinds: BTreeSet<usize> = receptacles.values().map(|entity| entity.kind).collect();
        self.same_room(tables, &receptacle_kinds, &objects)?;
        let opens = at.iter().map(|id| self.is("openable", id)).collect();
        let goal = self.goal(tables)?;
        let receptacles = receptacles.into_values().collect();
        Ok(Task { goal, sentence, receptacles, objects, contents, opens, spots, inside: holds })
    }

    /// The household knows by kind what ALFWorld says of each object: both must say the same.
    fn same_abilities(&self, tables: &Tables, id: &str, kind: usize, line: usize) -> Result<(), Wrong> {
        let known = &tables.objects[kind];
        let changes = |change| known.changes.contains(&change);
        for (predicate, ours) in [
            ("pickupable", !known.fixed),
            ("cleanable", changes(Change::Clean)),
            ("heatable", changes(Change::Heat)),
            ("coolable", changes(Change::Cool)),
            ("toggleable", known.light),
            ("sliceable", known.slices),
            ("isreceptacleobject", known.vessel),
        ] {
            if self.is(predicate, id) != ours {
                let not = if ours { "" } else { "not " };
                return Err((
                    line,
                    format!("`{id}`: a {} is {not}`{predicate}` in the household's tables", known.name),
                ));
            }
        }
        Ok(())
    }

    /// The same of what each receptacle accepts, for the kinds that are there and can be carried.
    fn same_room(&self, tables: &Tables, receptacles: &BTreeSet<usize>, objects: &[Entity]) -> Result<(), Wrong> {
        let accepted: BTreeSet<(&str, &str)> = self.pairs("cancontain")?.into_iter().map(|(r, o, _)| (r, o)).collect();
        let carried: BTreeSet<usize> = objects.iter().map(|o| o.kind).filter(|&o| !tables.objects[o].fixed).collect();
        for &r in receptacles {
            for &o in &carried {
                let (receptacle, object) = (&tables.receptacles[r], &tables.objects[o]);
                let pair = (format!("{}type", receptacle.name), format!("{}type", object.name));
                if accepted.contains(&(pair.0.as_str(), pair.1.as_str())) != receptacle.accepts[o] {
                    let not = if receptacle.accepts[o] { "" } else { "not " };
                    let (receptacle, object) = (&receptacle.name, &object.name);
                    let what =
                        format!("`canContain`: a {receptacle} accepts {not}a {object} in the household's tables");
                    return Err((self.goal.line(), what));
                }
            }
        }
        Ok(())
    }

    fn goal(&self, tables: &Tables) -> Result<Goal, Wrong> {
        let mut wants = Wants::default();
        wants.collect(self.goal)?;
        let line = self.goal.line();
        let strange = || (line, "this goal is none of the six that ALFWorld's text games set".to_owned());
        let (lamps, objects): (Vec<_>, Vec<_>) = wants.objects.iter().partition(|(of, _)| wants.toggled.contains(*of));
        let kinds: BTreeSet<&str> = objects.iter().map(|(_, kind)| **kind).collect();
        let (Some(&object), 1) = (kinds.first(), kinds.len()) else { return Err(strange()) };
        let receptacles: BTreeSet<&str> = wants.receptacles.values().copied().collect();
        let place = match (lamps.as_slice(), receptacles.first()) {
            ([(_, lamp)], None) => **lamp,
            ([], Some(&receptacle)) if receptacles.len() == 1 => receptacle,
            _ => return Err(strange()),
        };
        let light = !lamps.is_empty();
        let like = |kind: &super::data::TaskKind| {
            kind.light == light
                && kind.count == objects.len()
                && kind.change.into_iter().collect::<Vec<_>>() == wants.changes
        };
        let task = tables.tasks.iter().position(like).ok_or_else(strange)?;
        let object_kinds: Vec<&str> = tables.objects.iter().map(|kind| kind.name.as_str()).collect();
        let receptacle_kinds: Vec<&str> = tables.receptacles.iter().map(|kind| kind.name.as_str()).collect();
        let object = of_kind(&object_kinds, object, "object", line)?;
        let place = match light {
            true => of_kind(&object_kinds, place, "object", line)?,
            false => of_kind(&receptacle_kinds, place, "receptacle", line)?,
        };
        Ok(Goal { task, object, place })
    }
}

/// What a goal says of its variables.
#[derive(Default)]
struct Wants<'a> {
    objects: BTreeMap<&'a str, &'a str>,
    receptacles: BTreeMap<&'a str, &'a str>,
    toggled: BTreeSet<&'a str>,
    changes: Vec<Change>,
}

impl<'a> Wants<'a> {
    fn collect(&mut self, form: &'a Form) -> Result<(), Wrong> {
        let unknown = || (form.line(), "a part of the goal that ALFWorld's text games do not have".to_owned());
        let (head, rest) = form.head().ok_or_else(unknown)?;
        let word = |at: usize| rest.get(at).and_then(Form::word).ok_or_else(unknown);
        match head {
            "and" => rest.iter().try_for_each(|part| self.collect(part))?,
            "exists" => self.collect(rest.get(1).ok_or_else(unknown)?)?,
            "objecttype" => _ = self.objects.insert(word(0)?, word(1)?),
            "receptacletype" => _ = self.receptacles.insert(word(0)?, word(1)?),
            "istoggled" => _ = self.toggled.insert(word(0)?),
            "isclean" => self.changes.push(Change::Clean),
            "ishot" => self.changes.push(Change::Heat),
            "iscool" => self.changes.push(Change::Cool),
            // These follow from the above, or say that two objects are two.
            "cleanable"
            | "heatable"
            | "coolable"
            | "toggleable"
            | "inreceptacle"
            | "holds"
            | "atlocation"
            | "not"
            | "receptacleatlocation" => {}
            _ => return Err(unknown()),
        }
        Ok(())
    }
}

/// The position of the kind that a type like `MugType` names.
fn of_kind(kinds: &[&str], of: &str, what: &str, line: usize) -> Result<usize, Wrong> {
    let name = of.strip_suffix("type").unwrap_or(of);
    kinds.binary_search(&name).map_err(|_| (line, format!("`{name}` is no kind of {what} that the household knows")))
}
