//! Tasks. In: tables, configuration, and (split, index). Out: [`Task`], one room with its objects placed and a goal
//! that can be reached; always the same for the same seed, split and index.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::HouseholdConfig;
use super::data::Tables;
use super::rooms::{Layout, weight};
use crate::world::WorldError;
use crate::world::draw::seeded;

/// What is wanted: positions of the task's kind, the object's kind and the place's kind
/// (a receptacle kind, or an object kind for a lamp).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Goal {
    pub task: usize,
    pub object: usize,
    pub place: usize,
}

/// A kind and the name of one instance of it, e.g. `mug 1`.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    pub kind: usize,
    pub name: String,
}

/// One task, drawn or read from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub goal: Goal,
    /// The task sentence, with its full stop.
    pub sentence: String,
    pub receptacles: Vec<Entity>,
    pub objects: Vec<Entity>,
    /// By receptacle: the objects that start there, in their order.
    pub contents: Vec<Vec<usize>>,
    /// By receptacle: whether it can be opened; what can starts closed.
    pub opens: Vec<bool>,
    /// By receptacle: where it stands. Receptacles at one spot are faced together.
    pub spots: Vec<usize>,
    /// By object: what lies in it, for its description alone: it cannot be taken out.
    pub inside: Vec<Vec<usize>>,
}

/// One goal and the rooms of a split that it can be set in.
#[derive(Debug)]
struct Choice {
    goal: Goal,
    layouts: Vec<usize>,
}

/// The rooms and goals of training, or those held out from it.
#[derive(Debug)]
struct Pool {
    layouts: Vec<Layout>,
    /// By task kind.
    choices: Vec<Vec<Choice>>,
}

/// Draws every task of a household.
#[derive(Debug)]
pub struct Generator {
    trained: Pool,
    new: Pool,
}

/// A new room that repeats a training room is drawn again, at most this often.
const REDRAWS: u64 = 1000;

impl Generator {
    /// Draws the rooms and divides the goals.
    ///
    /// # Errors
    /// [`WorldError::Data`] if a kind of task has no goal that can be reached in training or none left for `unseen`,
    /// or if the tables are too poor to make new rooms that differ from the training ones.
    pub fn new(tables: &Tables, config: &HouseholdConfig) -> Result<Generator, WorldError> {
        let mut trained = Vec::new();
        let mut new: Vec<Layout> = Vec::new();
        for room in 0..tables.rooms.len() {
            for index in 0..config.rooms {
                let mut rng = seeded(config.seed, "room", room as u64, index as u64);
                trained.push(Layout::draw(tables, config, room, &mut rng));
            }
            for index in 0..config.new_rooms {
                let drawn = (0..REDRAWS).find_map(|attempt| {
                    let mut rng = seeded(config.seed, "new room", room as u64, index as u64 * REDRAWS + attempt);
                    let layout = Layout::draw(tables, config, room, &mut rng);
                    let old = trained.iter().any(|t| t.room == room && t.receptacles == layout.receptacles);
                    (!old).then_some(layout)
                });
                new.push(drawn.ok_or_else(|| WorldError::Data {
                    file: "rooms.toml".to_owned(),
                    message: format!(
                        "[{}]: no room differs from the {} training rooms; expected more variety in `chance` and \
                         `count`, or fewer `rooms`",
                        tables.rooms[room].name, config.rooms
                    ),
                })?);
            }
        }
        let mut generator = Generator {
            trained: Pool { layouts: trained, choices: Vec::new() },
            new: Pool { layouts: new, choices: Vec::new() },
        };
        for task in 0..tables.tasks.len() {
            generator.divide(tables, config, task)?;
        }
        Ok(generator)
    }

    /// Divides one kind of task's goals between training and `unseen`. Every object and every place that is held out
    /// in one goal stays in training with another, so that a held-out goal is a new combination of known things.
    fn divide(&mut self, tables: &Tables, config: &HouseholdConfig, task: usize) -> Result<(), WorldError> {
        let places = if tables.tasks[task].light { tables.objects.len() } else { tables.receptacles.len() };
        let mut train = Vec::new();
        let mut both = Vec::new();
        for object in 0..tables.objects.len() {
            for place in 0..places {
                let goal = Goal { task, object, place };
                let in_trained = suitable(tables, &self.trained.layouts, goal);
                let in_new = suitable(tables, &self.new.layouts, goal);
                match (in_trained.is_empty(), in_new.is_empty()) {
                    (false, true) => train.push(Choice { goal, layouts: in_trained }),
                    (false, false) => both.push((goal, in_trained, in_new)),
                    (true, _) => {}
                }
            }
        }
        both.shuffle(&mut seeded(config.seed, "held out", task as u64, 0));
        let quota = (((train.len() + both.len()) as f64 * config.held_out).round() as usize).max(1);
        let mut objects = vec![0usize; tables.objects.len()];
        let mut targets = vec![0usize; places];
        for goal in train.iter().map(|c| c.goal).chain(both.iter().map(|b| b.0)) {
            objects[goal.object] += 1;
            targets[goal.place] += 1;
        }
        let mut held_out = Vec::new();
        for (goal, in_trained, in_new) in both {
            if held_out.len() < quota && objects[goal.object] > 1 && targets[goal.place] > 1 {
                objects[goal.object] -= 1;
                targets[goal.place] -= 1;
                held_out.push(Choice { goal, layouts: in_new });
            } else {
                train.push(Choice { goal, layouts: in_trained });
            }
        }
        for (choices, what) in [(&train, "training"), (&held_out, "the unseen split")] {
            if choices.is_empty() {
                return Err(WorldError::Data {
                    file: "tasks.toml".to_owned(),
                    message: format!(
                        "[{}]: no goal for {what}; expected more kinds in its rooms, or more `rooms` and `new_rooms`",
                        tables.tasks[task].name
                    ),
                });
            }
        }
        train.sort_by_key(|c| c.goal);
        held_out.sort_by_key(|c| c.goal);
        self.trained.choices.push(train);
        self.new.choices.push(held_out);
        Ok(())
    }

    /// The goals that training may set (`held_out` false), or those it never sets.
    pub fn goals(&self, held_out: bool) -> impl Iterator<Item = Goal> + '_ {
        let pool = if held_out { &self.new } else { &self.trained };
        pool.choices.iter().flatten().map(|c| c.goal)
    }

    /// The rooms of a split.
    fn layouts(&self, split: usize) -> &[Layout] {
        if split == 2 { &self.new.layouts } else { &self.trained.layouts }
    }

    /// Goal and room (its position among the split's) of a task.
    fn choose(&self, tables: &Tables, config: &HouseholdConfig, split: usize, index: usize) -> (Goal, usize) {
        match split {
            0 => self.trained.pick(tables, &mut seeded(config.seed, "goal", 0, index as u64)),
            // A seen task repeats goal and room of some training task, with everything placed anew.
            1 => {
                let model = seeded(config.seed, "model", 1, index as u64).random_range(0..config.train.max(1) as u64);
                self.trained.pick(tables, &mut seeded(config.seed, "goal", 0, model))
            }
            _ => self.new.pick(tables, &mut seeded(config.seed, "goal", 2, index as u64)),
        }
    }

    /// The task at `index` of the split at that position of [`SPLITS`](crate::world::splits::SPLITS).
    pub fn task(&self, tables: &Tables, config: &HouseholdConfig, split: usize, index: usize) -> Task {
        let (goal, layout) = self.choose(tables, config, split, index);
        let rng = &mut seeded(config.seed, "placement", split as u64, index as u64);
        furnish(tables, config, goal, &self.layouts(split)[layout], rng)
    }

    /// The kind of room that the task at `index` of the split is set in.
    pub fn room(&self, tables: &Tables, config: &HouseholdConfig, split: usize, index: usize) -> usize {
        self.layouts(split)[self.choose(tables, config, split, index).1].room
    }
}

impl Pool {
    fn pick(&self, tables: &Tables, rng: &mut ChaCha8Rng) -> (Goal, usize) {
        let total: u64 = tables.tasks.iter().map(|t| u64::from(t.share)).sum();
        let mut ticket = rng.random_range(0..total);
        let mut task = 0;
        while ticket >= u64::from(tables.tasks[task].share) {
            ticket -= u64::from(tables.tasks[task].share);
            task += 1;
        }
        let choices = &self.choices[task];
        let choice = &choices[rng.random_range(0..choices.len())];
        (choice.goal, choice.layouts[rng.random_range(0..choice.layouts.len())])
    }
}

/// The rooms in which the goal makes sense and can be reached.
fn suitable(tables: &Tables, layouts: &[Layout], goal: Goal) -> Vec<usize> {
    let task = &tables.tasks[goal.task];
    let object = &tables.objects[goal.object];
    let sensible = if task.light {
        tables.objects[goal.place].light
    } else {
        tables.receptacles[goal.place].accepts[goal.object] && !task.not_place.contains(&goal.place)
    };
    if object.fixed || !sensible || task.change.is_some_and(|c| !object.changes.contains(&c)) {
        return Vec::new();
    }
    let fits = |layout: &Layout| {
        let Some(stock) = tables.rooms[layout.room].stock(goal.object) else { return false };
        let tool = |c| layout.receptacles.iter().any(|&(r, _)| tables.receptacles[r].does == Some(c));
        task.rooms.contains(&layout.room)
            && stock.most as usize >= task.count
            && task.change.is_none_or(tool)
            && if task.light { layout.objects.contains(&goal.place) } else { layout.has(goal.place) }
            && starts(tables, layout, goal).next().is_some()
    };
    (0..layouts.len()).filter(|&i| fits(&layouts[i])).collect()
}

/// Where objects of the wanted kind may start: never at the place they are wanted at.
fn starts<'a>(tables: &'a Tables, layout: &'a Layout, goal: Goal) -> impl Iterator<Item = usize> + 'a {
    let light = tables.tasks[goal.task].light;
    layout.could_hold(tables, goal.object).filter(move |&r| light || r != goal.place)
}

/// Numbers the receptacles, draws the objects and puts each somewhere.
fn furnish(tables: &Tables, config: &HouseholdConfig, goal: Goal, layout: &Layout, rng: &mut ChaCha8Rng) -> Task {
    let kind = &tables.tasks[goal.task];
    let mut receptacles = Vec::new();
    let mut first = vec![0; tables.receptacles.len()];
    let mut count = vec![0; tables.receptacles.len()];
    for &(r, n) in &layout.receptacles {
        first[r] = receptacles.len();
        count[r] = n as usize;
        receptacles.extend(numbered(&tables.receptacles[r].name, r, n));
    }
    let mut kinds = layout.objects.clone();
    if let Err(position) = kinds.binary_search(&goal.object) {
        kinds.insert(position, goal.object);
    }
    let mut objects = Vec::new();
    let mut contents = vec![Vec::new(); receptacles.len()];
    for object in kinds {
        let (least, most) = tables.rooms[layout.room].stock(object).map_or((1, 1), |s| (s.least, s.most));
        let wanted = object == goal.object;
        let n = rng.random_range(least..=most).max(if wanted { kind.count as u32 } else { 1 });
        let mut places: Vec<(usize, f64)> = if wanted {
            starts(tables, layout, goal).map(|r| (r, weight(tables, config, object, r))).collect()
        } else {
            layout.could_hold(tables, object).map(|r| (r, weight(tables, config, object, r))).collect()
        };
        if wanted {
            for (r, weight) in &mut places {
                *weight *= if tables.receptacles[*r].opens { config.hidden } else { 1.0 };
            }
        }
        for entity in numbered(&tables.objects[object].name, object, n) {
            let r = draw(&places, rng);
            contents[first[r] + rng.random_range(0..count[r])].push(objects.len());
            objects.push(entity);
        }
    }
    let place = if kind.light { &tables.objects[goal.place].name } else { &tables.receptacles[goal.place].name };
    let say = &kind.say[rng.random_range(0..kind.say.len())];
    let sentence = say.replace("{object}", &tables.objects[goal.object].name).replace("{place}", place);
    let opens = receptacles.iter().map(|e| tables.receptacles[e.kind].opens).collect();
    let (spots, inside) = ((0..receptacles.len()).collect(), vec![Vec::new(); objects.len()]);
    Task { goal, sentence, receptacles, objects, contents, opens, spots, inside }
}

/// `mug 2`, `mug 1`: the highest number first, as the texts list them.
fn numbered(name: &str, kind: usize, n: u32) -> impl Iterator<Item = Entity> + '_ {
    (1..=n).rev().map(move |i| Entity { kind, name: format!("{name} {i}") })
}

fn draw(places: &[(usize, f64)], rng: &mut ChaCha8Rng) -> usize {
    let total: f64 = places.iter().map(|p| p.1).sum();
    let mut ticket = rng.random::<f64>() * total;
    for &(r, weight) in places {
        if ticket < weight {
            return r;
        }
        ticket -= weight;
    }
    // Rounding may leave a hair of the ticket; an object without a place never gets here (`could_hold`, `starts`).
    places[places.len() - 1].0
}
