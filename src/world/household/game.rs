//! The rules of one episode. In: a [`Task`] and actions as text. Out: texts, the admissible actions and whether the
//! goal is reached. An action is valid exactly if it is admissible; any other answers `Nothing happens.`
//!
//! The rules are those of ALFWorld's domain, its oddities included: a lamp never goes off again, and a knife reaches
//! what lies in the closed receptacle that the agent faces.

use super::data::{Change, Tables};
use super::tasks::Task;
use super::texts;

/// A valid action, its objects and receptacles by position in the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    GoTo(usize),
    /// A receptacle that the agent faces.
    Open(usize),
    Close(usize),
    ExamineReceptacle(usize),
    /// An object, and the receptacle that it is taken from.
    Take(usize, usize),
    ExamineHeld,
    /// The object in hand: moved to the receptacle; cleaned, heated or cooled with it.
    Move(usize),
    Change(Change, usize),
    Use(usize),
    Slice(usize),
    Look,
    Inventory,
    Help,
}

/// What has been done to an object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Condition {
    pub clean: bool,
    pub hot: bool,
    pub cool: bool,
    pub sliced: bool,
    /// Turned on at some time: the domain never turns a lamp off again.
    pub lit: bool,
}

impl Condition {
    pub fn has(self, change: Change) -> bool {
        match change {
            Change::Clean => self.clean,
            Change::Heat => self.hot,
            Change::Cool => self.cool,
        }
    }
}

/// The state of one episode.
#[derive(Debug)]
pub struct Game {
    pub task: Task,
    /// The receptacle that the agent went to, and faces with all others at its spot; none in the middle of the room.
    pub facing: Option<usize>,
    pub held: Option<usize>,
    /// By receptacle.
    pub open: Vec<bool>,
    /// By receptacle: the objects there, in the order of the task.
    pub contents: Vec<Vec<usize>>,
    /// By object.
    pub condition: Vec<Condition>,
    /// By receptacle: the agent has seen what is there.
    pub seen: Vec<bool>,
    /// By object: the spot where it lies, none in the hand.
    lies: Vec<Option<usize>>,
    /// Objects that were taken from a receptacle and not put back there.
    taken: Vec<(usize, usize)>,
    /// Receptacles in the string order of their names, and the place of each object in that of the objects.
    by_name: Vec<usize>,
    rank: Vec<usize>,
    /// The admissible actions' texts one after another, where each ends, and what each does; sorted by text.
    text: String,
    ends: Vec<usize>,
    actions: Vec<Action>,
}

impl Game {
    pub fn new(tables: &Tables, task: Task) -> Game {
        let mut by_name: Vec<usize> = (0..task.receptacles.len()).collect();
        by_name.sort_by(|&a, &b| task.receptacles[a].name.cmp(&task.receptacles[b].name));
        let mut objects: Vec<usize> = (0..task.objects.len()).collect();
        objects.sort_by(|&a, &b| task.objects[a].name.cmp(&task.objects[b].name));
        let mut rank = vec![0; objects.len()];
        for (place, &object) in objects.iter().enumerate() {
            rank[object] = place;
        }
        let mut lies = vec![None; task.objects.len()];
        for (receptacle, objects) in task.contents.iter().enumerate() {
            objects.iter().for_each(|&object| lies[object] = Some(task.spots[receptacle]));
        }
        let mut game = Game {
            facing: None,
            held: None,
            open: vec![false; task.receptacles.len()],
            contents: task.contents.clone(),
            lies,
            taken: Vec::new(),
            condition: vec![Condition::default(); task.objects.len()],
            seen: vec![false; task.receptacles.len()],
            by_name,
            rank,
            text: String::with_capacity(1024),
            ends: Vec::new(),
            actions: Vec::new(),
            task,
        };
        game.list(tables);
        game
    }

    /// The text before the first action.
    pub fn first(&self) -> String {
        format!(
            "{}\n\n{}\n\nYour task is to: {}",
            texts::WELCOME,
            texts::room(&self.task.receptacles),
            self.task.sentence
        )
    }

    /// The admissible actions, sorted.
    pub fn admissible(&self) -> Vec<String> {
        (0..self.ends.len()).map(|i| self.action_text(i).to_owned()).collect()
    }

    fn action_text(&self, i: usize) -> &str {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.text[start..self.ends[i]]
    }

    /// The text of an action that is admissible now.
    pub fn text_of(&self, action: Action) -> Option<&str> {
        self.actions.iter().position(|&a| a == action).map(|i| self.action_text(i))
    }

    fn find(&self, action: &str) -> Option<Action> {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.action_text(middle).cmp(action) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(self.actions[middle]),
            }
        }
        None
    }

    /// Whether what is at the receptacle can be seen and reached by one who faces it.
    pub fn accessible(&self, receptacle: usize) -> bool {
        self.open[receptacle] || !self.task.opens[receptacle]
    }

    /// Whether the agent stands before the receptacle.
    pub fn faces(&self, receptacle: usize) -> bool {
        self.facing.is_some_and(|at| self.task.spots[at] == self.task.spots[receptacle])
    }

    /// Does what the text says, if that is admissible, and answers.
    pub fn act(&mut self, tables: &Tables, action: &str) -> String {
        match self.find(action.trim()) {
            Some(action) => self.perform(tables, action),
            None => texts::NOTHING.to_owned(),
        }
    }

    fn perform(&mut self, tables: &Tables, action: Action) -> String {
        let receptacle = |game: &Game, at: usize| game.task.receptacles[at].name.clone();
        let object = |game: &Game, object: usize| game.task.objects[object].name.clone();
        let answer = match (action, self.facing, self.held) {
            (Action::GoTo(to), ..) => {
                self.facing = Some(to);
                format!("You arrive at {}. {}", receptacle(self, to), self.inspect(to))
            }
            (Action::Open(at), ..) => {
                self.open[at] = true;
                format!("You open the {}. {}", receptacle(self, at), self.inspect(at))
            }
            (Action::Close(at), ..) => {
                self.open[at] = false;
                format!("You close the {}.", receptacle(self, at))
            }
            (Action::Take(taken, at), ..) => {
                self.contents[at].retain(|&o| o != taken);
                self.held = Some(taken);
                self.lies[taken] = None;
                self.taken.push((taken, at));
                format!("You pick up the {} from the {}.", object(self, taken), receptacle(self, at))
            }
            (Action::Move(at), _, Some(held)) => {
                if let Err(place) = self.contents[at].binary_search(&held) {
                    self.contents[at].insert(place, held);
                }
                self.held = None;
                self.lies[held] = Some(self.task.spots[at]);
                self.taken.retain(|&pair| pair != (held, at));
                format!("You move the {} to the {}.", object(self, held), receptacle(self, at))
            }
            // What follows changes nothing that the admissible actions depend on.
            (Action::ExamineReceptacle(at), ..) => return self.inspect(at),
            (Action::ExamineHeld, _, Some(held)) => {
                return texts::object(tables, &self.task, held, self.condition[held]);
            }
            (Action::Change(change, at), _, Some(held)) => {
                let condition = &mut self.condition[held];
                match change {
                    Change::Clean => condition.clean = true,
                    Change::Heat => (condition.hot, condition.cool) = (true, false),
                    Change::Cool => (condition.hot, condition.cool) = (false, true),
                }
                let (held, at) = (&self.task.objects[held].name, &self.task.receptacles[at].name);
                return format!("You {} the {held} using the {at}.", texts::verb(change));
            }
            (Action::Use(lamp), ..) => {
                self.condition[lamp].lit = true;
                return format!("You turn on the {}.", self.task.objects[lamp].name);
            }
            (Action::Slice(food), _, Some(knife)) => {
                self.condition[food].sliced = true;
                return format!("You sliced the {} with the {}.", object(self, food), object(self, knife));
            }
            (Action::Look, ..) => return self.look(),
            (Action::Inventory, _, None) => return "You are not carrying anything.".to_owned(),
            (Action::Inventory, _, Some(held)) => return format!("You are carrying: a {}.", object(self, held)),
            (Action::Help, ..) => return texts::HELP.to_owned(),
            // `list` offers these only with the hand full.
            (Action::ExamineHeld | Action::Move(_) | Action::Change(..) | Action::Slice(_), ..) => {
                return texts::NOTHING.to_owned();
            }
        };
        self.list(tables);
        answer
    }

    fn look(&self) -> String {
        // The room's receptacles are listed once, at the start.
        let Some(at) = self.facing else { return texts::room(&[]) };
        let task = &self.task;
        let spot = task.spots[at];
        let faced: Vec<usize> = (0..task.spots.len()).filter(|&r| task.spots[r] == spot).collect();
        // What has moved from one receptacle here to another is listed once more.
        let mut beside: Vec<(usize, usize)> =
            self.taken.iter().copied().filter(|&(o, r)| self.lies[o] == Some(spot) && faced.contains(&r)).collect();
        beside.sort_unstable();
        texts::facing(task, &faced, &beside.iter().map(|pair| pair.0).collect::<Vec<_>>())
    }

    /// Looks at a receptacle: its text, remembered as seen.
    fn inspect(&mut self, at: usize) -> String {
        let accessible = self.accessible(at);
        self.seen[at] |= accessible;
        texts::receptacle(&self.task, at, accessible, &self.contents[at])
    }

    /// Whether the goal is reached now.
    pub fn won(&self, tables: &Tables) -> bool {
        let goal = self.task.goal;
        let kind = &tables.tasks[goal.task];
        let wanted = |&&o: &&usize| self.task.objects[o].kind == goal.object;
        if kind.light {
            let holds = self.held.is_some_and(|o| self.task.objects[o].kind == goal.object);
            let lit = |&o: &usize| self.task.objects[o].kind == goal.place && self.condition[o].lit;
            holds && (0..self.contents.len()).any(|r| self.faces(r) && self.contents[r].iter().any(lit))
        } else {
            let done = |o: &&usize| kind.change.is_none_or(|c| self.condition[**o].has(c));
            let mut places = (0..self.contents.len()).filter(|&r| self.task.receptacles[r].kind == goal.place);
            places.any(|r| self.contents[r].iter().filter(wanted).filter(done).count() >= kind.count)
        }
    }

    /// Rebuilds the admissible actions, in string order: first the verbs, then the names after them.
    fn list(&mut self, tables: &Tables) {
        let mut text = std::mem::take(&mut self.text);
        let mut ends = std::mem::take(&mut self.ends);
        let mut actions = std::mem::take(&mut self.actions);
        text.clear();
        ends.clear();
        actions.clear();
        let mut add = |action: Action, parts: &[&str]| {
            parts.iter().for_each(|part| text.push_str(part));
            ends.push(text.len());
            actions.push(action);
        };
        let task = &self.task;
        let spot = self.facing.map(|at| task.spots[at]);
        let is_faced = |r: usize| spot == Some(task.spots[r]);
        // Receptacles and objects within reach, in the string order of their names.
        let faced: Vec<usize> = match self.facing {
            Some(_) => self.by_name.iter().copied().filter(|&r| is_faced(r)).collect(),
            None => Vec::new(),
        };
        let name = |r: usize| task.receptacles[r].name.as_str();
        let kind = |r: usize| &tables.receptacles[task.receptacles[r].kind];
        let object = |o: usize| &tables.objects[task.objects[o].kind];
        let mut here: Vec<(usize, usize)> = Vec::new();
        for &r in faced.iter().filter(|&&r| self.accessible(r)) {
            here.extend(self.contents[r].iter().map(|&o| (o, r)));
        }
        // Stable: an object at two receptacles keeps their order.
        here.sort_by_key(|&(o, _)| self.rank[o]);
        let hand = self.held.map(|o| (task.objects[o].name.as_str(), object(o)));
        let change = |add: &mut dyn FnMut(Action, &[&str]), change: Change| {
            let Some((held, held_kind)) = hand else { return };
            for &r in faced.iter().filter(|&&r| kind(r).does == Some(change) && held_kind.changes.contains(&change)) {
                add(Action::Change(change, r), &[texts::verb(change), " ", held, " with ", name(r)]);
            }
        };
        change(&mut add, Change::Clean);
        for &r in faced.iter().filter(|&&r| task.opens[r] && self.open[r]) {
            add(Action::Close(r), &["close ", name(r)]);
        }
        change(&mut add, Change::Cool);
        // An object is examined in the hand only: the original never offers it elsewhere.
        let mut examined: Vec<(&str, Action)> =
            faced.iter().map(|&r| (name(r), Action::ExamineReceptacle(r))).collect();
        examined.extend(hand.map(|(held, _)| (held, Action::ExamineHeld)));
        examined.sort_unstable_by_key(|entry| entry.0);
        for (what, action) in examined {
            add(action, &["examine ", what]);
        }
        for &r in self.by_name.iter().filter(|&&r| !is_faced(r)) {
            add(Action::GoTo(r), &["go to ", name(r)]);
        }
        change(&mut add, Change::Heat);
        add(Action::Help, &["help"]);
        add(Action::Inventory, &["inventory"]);
        add(Action::Look, &["look"]);
        if let (Some((held, _)), Some(o)) = (hand, self.held) {
            for &r in faced.iter().filter(|&&r| kind(r).accepts[task.objects[o].kind] && self.accessible(r)) {
                add(Action::Move(r), &["move ", held, " to ", name(r)]);
            }
        }
        for &r in faced.iter().filter(|&&r| task.opens[r] && !self.open[r]) {
            add(Action::Open(r), &["open ", name(r)]);
        }
        if let Some((knife, _)) = hand.filter(|(_, held)| held.cuts) {
            let lies_here = |&o: &usize| self.lies[o].is_some() && self.lies[o] == spot;
            let mut sliceable: Vec<usize> =
                (0..task.objects.len()).filter(|&o| object(o).slices).filter(lies_here).collect();
            sliceable.sort_unstable_by_key(|&o| self.rank[o]);
            for o in sliceable {
                add(Action::Slice(o), &["slice ", &task.objects[o].name, " with ", knife]);
            }
        }
        if hand.is_none() {
            for &(o, r) in here.iter().filter(|pair| !object(pair.0).fixed) {
                add(Action::Take(o, r), &["take ", &task.objects[o].name, " from ", name(r)]);
            }
        }
        let mut lamps: Vec<usize> = here.iter().map(|pair| pair.0).filter(|&o| object(o).light).collect();
        lamps.dedup();
        for o in lamps {
            add(Action::Use(o), &["use ", &task.objects[o].name]);
        }
        (self.text, self.ends, self.actions) = (text, ends, actions);
    }
}
