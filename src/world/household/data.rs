//! The household's tables. In: four TOML texts (objects, receptacles, rooms, tasks), the built-in ones or a folder's.
//! Out: [`Tables`], checked, with every name replaced by its position in alphabetical order, or an error that names
//! the file, the entry and what was expected there.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::world::WorldError;

/// The files of a household folder, with the built-in text of each.
const FILES: [(&str, &str); 4] = [
    (OBJECTS, include_str!("../../../envs/household/objects.toml")),
    (RECEPTACLES, include_str!("../../../envs/household/receptacles.toml")),
    (ROOMS, include_str!("../../../envs/household/rooms.toml")),
    (TASKS, include_str!("../../../envs/household/tasks.toml")),
];
const OBJECTS: &str = "objects.toml";
const RECEPTACLES: &str = "receptacles.toml";
const ROOMS: &str = "rooms.toml";
const TASKS: &str = "tasks.toml";

/// What can be done to an object beside a receptacle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Clean,
    Heat,
    Cool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Can {
    Clean,
    Heat,
    Cool,
    Slice,
    Light,
}

#[derive(Debug)]
pub struct ObjectKind {
    pub name: String,
    pub changes: Vec<Change>,
    pub slices: bool,
    /// A lamp, always fixed: `use` turns it on.
    pub light: bool,
    pub fixed: bool,
    /// Things could lie in it; `examine` says so.
    pub vessel: bool,
    pub cuts: bool,
    /// Receptacle kinds (positions) it is usually found at.
    pub usual: Vec<usize>,
}

#[derive(Debug)]
pub struct ReceptacleKind {
    pub name: String,
    pub opens: bool,
    pub does: Option<Change>,
    /// By object kind: whether it can be put here.
    pub accepts: Vec<bool>,
}

/// How often a kind is in a room, and how many of it.
#[derive(Debug, Clone, Copy)]
pub struct Stock {
    pub kind: usize,
    pub chance: f64,
    pub least: u32,
    pub most: u32,
}

#[derive(Debug)]
pub struct RoomKind {
    pub name: String,
    pub receptacles: Vec<Stock>,
    pub objects: Vec<Stock>,
}

impl RoomKind {
    /// The stock of an object kind, where the room may hold it.
    pub fn stock(&self, object: usize) -> Option<&Stock> {
        self.objects.iter().find(|s| s.kind == object)
    }
}

#[derive(Debug)]
pub struct TaskKind {
    pub name: String,
    pub share: u32,
    /// Room kinds (positions).
    pub rooms: Vec<usize>,
    pub say: Vec<String>,
    pub change: Option<Change>,
    pub count: usize,
    pub light: bool,
    pub not_place: Vec<usize>,
}

/// Everything the files say. Kinds are addressed by their position.
#[derive(Debug)]
pub struct Tables {
    pub objects: Vec<ObjectKind>,
    pub receptacles: Vec<ReceptacleKind>,
    pub rooms: Vec<RoomKind>,
    pub tasks: Vec<TaskKind>,
    /// blake3 of the file texts, in hexadecimal.
    pub hash: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawObject {
    #[serde(default)]
    can: Vec<Can>,
    usual: Vec<String>,
    #[serde(default)]
    fixed: bool,
    #[serde(default)]
    vessel: bool,
    #[serde(default)]
    cuts: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReceptacle {
    #[serde(default)]
    opens: bool,
    does: Option<Change>,
    accepts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStock {
    chance: f64,
    count: [u32; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRoom {
    receptacles: BTreeMap<String, RawStock>,
    objects: BTreeMap<String, RawStock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTask {
    share: u32,
    rooms: Vec<String>,
    say: Vec<String>,
    change: Option<Change>,
    #[serde(default = "one")]
    count: usize,
    #[serde(default)]
    light: bool,
    #[serde(default)]
    not_place: Vec<String>,
}

fn one() -> usize {
    1
}

/// At most this many instances of one kind in a room: names stay short and rooms finite.
const MOST_INSTANCES: u32 = 99;

fn wrong(file: &str, message: String) -> WorldError {
    WorldError::Data { file: file.to_owned(), message }
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<BTreeMap<String, T>, WorldError> {
    let entries: BTreeMap<String, T> = toml::from_str(text).map_err(|e| wrong(file, e.to_string()))?;
    if entries.is_empty() {
        return Err(wrong(file, "expected at least one [KIND] table".to_owned()));
    }
    for name in entries.keys() {
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            return Err(wrong(file, format!("[{name}]: expected a name of lower-case letters")));
        }
    }
    Ok(entries)
}

/// Names to positions, with the file that defines them for messages.
struct Names {
    file: &'static str,
    names: Vec<String>,
}

impl Names {
    fn new<T>(file: &'static str, entries: &BTreeMap<String, T>) -> Self {
        Names { file, names: entries.keys().cloned().collect() }
    }

    fn find(&self, file: &str, place: &str, name: &str) -> Result<usize, WorldError> {
        self.names.binary_search_by(|n| n.as_str().cmp(name)).map_err(|_| {
            let near = self.names.iter().min_by_key(|n| strsim::levenshtein(n, name));
            let hint = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            wrong(file, format!("{place}: `{name}` is not a kind in {}{hint}", self.file))
        })
    }

    fn find_all(&self, file: &str, place: &str, names: &[String]) -> Result<Vec<usize>, WorldError> {
        names.iter().map(|n| self.find(file, place, n)).collect()
    }
}

impl Tables {
    /// Reads the folder's four files, or the built-in ones.
    ///
    /// # Errors
    /// [`WorldError::Io`] if a file cannot be read, [`WorldError::Data`] if one is wrong.
    pub fn load(folder: Option<&Path>) -> Result<Tables, WorldError> {
        let mut texts = Vec::with_capacity(FILES.len());
        for (name, built_in) in FILES {
            texts.push(match folder {
                None => built_in.to_owned(),
                Some(folder) => {
                    let path = folder.join(name);
                    std::fs::read_to_string(&path)
                        .map_err(|source| WorldError::Io { what: format!("reading {}", path.display()), source })?
                }
            });
        }
        let mut hasher = blake3::Hasher::new();
        for text in &texts {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        let raw_objects: BTreeMap<String, RawObject> = parse(OBJECTS, &texts[0])?;
        let raw_receptacles: BTreeMap<String, RawReceptacle> = parse(RECEPTACLES, &texts[1])?;
        let raw_rooms: BTreeMap<String, RawRoom> = parse(ROOMS, &texts[2])?;
        let raw_tasks: BTreeMap<String, RawTask> = parse(TASKS, &texts[3])?;
        let object_names = Names::new(OBJECTS, &raw_objects);
        let receptacle_names = Names::new(RECEPTACLES, &raw_receptacles);
        let room_names = Names::new(ROOMS, &raw_rooms);

        let mut receptacles = Vec::with_capacity(raw_receptacles.len());
        for (name, raw) in raw_receptacles {
            if object_names.names.contains(&name) {
                return Err(wrong(RECEPTACLES, format!("[{name}]: also a kind in {OBJECTS}; expected another name")));
            }
            let mut accepts = vec![false; object_names.names.len()];
            for object in object_names.find_all(RECEPTACLES, &format!("[{name}] accepts"), &raw.accepts)? {
                accepts[object] = true;
            }
            receptacles.push(ReceptacleKind { name, opens: raw.opens, does: raw.does, accepts });
        }
        let mut objects = Vec::with_capacity(raw_objects.len());
        for (position, (name, raw)) in raw_objects.into_iter().enumerate() {
            let usual = receptacle_names.find_all(OBJECTS, &format!("[{name}] usual"), &raw.usual)?;
            if let Some(&place) = usual.iter().find(|&&r| receptacles[r].accepts[position] == raw.fixed) {
                let place = &receptacles[place].name;
                let expected = if raw.fixed {
                    format!("`{place}` accepts it, but what is fixed cannot be put anywhere")
                } else {
                    format!("`{place}` must accept it in {RECEPTACLES}")
                };
                return Err(wrong(OBJECTS, format!("[{name}] usual: {expected}")));
            }
            if usual.is_empty() && raw.fixed {
                return Err(wrong(OBJECTS, format!("[{name}] usual: expected where the fixed object stands")));
            }
            let light = raw.can.contains(&Can::Light);
            if light && !raw.fixed {
                return Err(wrong(OBJECTS, format!("[{name}] fixed: expected true for what can light")));
            }
            if light && usual.iter().any(|&r| receptacles[r].opens) {
                return Err(wrong(OBJECTS, format!("[{name}] usual: a lamp cannot stand in what can be closed")));
            }
            let change = |c: &Can| match c {
                Can::Clean => Some(Change::Clean),
                Can::Heat => Some(Change::Heat),
                Can::Cool => Some(Change::Cool),
                Can::Slice | Can::Light => None,
            };
            objects.push(ObjectKind {
                name,
                changes: raw.can.iter().filter_map(change).collect(),
                slices: raw.can.contains(&Can::Slice),
                light,
                fixed: raw.fixed,
                vessel: raw.vessel,
                cuts: raw.cuts,
                usual,
            });
        }
        let mut rooms = Vec::with_capacity(raw_rooms.len());
        for (name, raw) in raw_rooms {
            rooms.push(RoomKind {
                receptacles: stocks(&receptacle_names, &name, "receptacles", raw.receptacles)?,
                objects: stocks(&object_names, &name, "objects", raw.objects)?,
                name,
            });
        }
        let mut tasks = Vec::with_capacity(raw_tasks.len());
        for (name, raw) in raw_tasks {
            let rooms = room_names.find_all(TASKS, &format!("[{name}] rooms"), &raw.rooms)?;
            let not_place = receptacle_names.find_all(TASKS, &format!("[{name}] not_place"), &raw.not_place)?;
            let unsaid = |s: &&String| !s.contains("{object}") || !s.contains("{place}");
            if let Some(say) = raw.say.iter().find(unsaid) {
                return Err(wrong(TASKS, format!("[{name}] say: expected {{object}} and {{place}} in \"{say}\"")));
            }
            for (good, expected) in [
                (!raw.say.is_empty(), "say: expected at least one phrasing"),
                (!rooms.is_empty(), "rooms: expected at least one kind of room"),
                (raw.share > 0, "share: expected 1 or more"),
                (raw.count == 1 || raw.count == 2, "count: expected 1 or 2"),
                (!raw.light || (raw.count == 1 && raw.change.is_none()), "light: cannot go with change or count"),
                (raw.change.is_none() || raw.count == 1, "change: cannot go with count"),
            ] {
                if !good {
                    return Err(wrong(TASKS, format!("[{name}] {expected}")));
                }
            }
            let RawTask { share, say, change, count, light, .. } = raw;
            tasks.push(TaskKind { name, share, rooms, say, change, count, light, not_place });
        }
        Ok(Tables { objects, receptacles, rooms, tasks, hash: hasher.finalize().to_hex().to_string() })
    }
}

fn stocks(names: &Names, room: &str, section: &str, raw: BTreeMap<String, RawStock>) -> Result<Vec<Stock>, WorldError> {
    let mut out = Vec::with_capacity(raw.len());
    for (name, stock) in raw {
        let place = format!("[{room}.{section}] {name}");
        let kind = names.find(ROOMS, &place, &name)?;
        let [least, most] = stock.count;
        if !(0.0..=1.0).contains(&stock.chance) {
            return Err(wrong(ROOMS, format!("{place}: chance is {}, expected 0 to 1", stock.chance)));
        }
        if least < 1 || least > most || most > MOST_INSTANCES {
            return Err(wrong(
                ROOMS,
                format!("{place}: count is [{least}, {most}], expected 1 <= least <= most <= {MOST_INSTANCES}"),
            ));
        }
        out.push(Stock { kind, chance: stock.chance, least, most });
    }
    Ok(out)
}
