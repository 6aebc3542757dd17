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
    /// The receptacle that the agent faces.
    Open,
    Close,
    ExamineReceptacle,
    Take(usize),
    /// The object in hand: looked at; moved to the receptacle faced; cleaned, heated or cooled with it.
    ExamineHeld,
    Move,
    Change(Change),
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
    /// The receptacle that the agent faces; none in the middle of the room.
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
        let mut contents = vec![Vec::new(); task.receptacles.len()];
        for (object, &receptacle) in task.at.iter().enumerate() {
            contents[receptacle].push(object);
        }
        let mut game = Game {
            facing: None,
            held: None,
            open: vec![false; task.receptacles.len()],
            contents,
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
    pub fn accessible(&self, tables: &Tables, receptacle: usize) -> bool {
        self.open[receptacle] || !tables.receptacles[self.task.receptacles[receptacle].kind].opens
    }

    /// Does what the text says, if that is admissible, and answers.
    pub fn act(&mut self, tables: &Tables, action: &str) -> String {
        match self.find(action.trim()) {
            Some(action) => self.perform(tables, action),
            None => texts::NOTHING.to_owned(),
        }
    }

    fn perform(&mut self, tables: &Tables, action: Action) -> String {
        match (action, self.facing, self.held) {
            (Action::GoTo(to), ..) => {
                self.facing = Some(to);
                self.list(tables);
                let view = self.inspect(tables, to);
                format!("You arrive at {}. {view}", self.task.receptacles[to].name)
            }
            (Action::Open, Some(at), _) => {
                self.open[at] = true;
                self.list(tables);
                let view = self.inspect(tables, at);
                format!("You open the {}. {view}", self.task.receptacles[at].name)
            }
            (Action::Close, Some(at), _) => {
                self.open[at] = false;
                self.list(tables);
                format!("You close the {}.", self.task.receptacles[at].name)
            }
            (Action::ExamineReceptacle, Some(at), _) => self.inspect(tables, at),
            (Action::ExamineHeld, _, Some(object)) => texts::object(tables, &self.task, object, self.condition[object]),
            (Action::Take(object), Some(at), None) => {
                self.contents[at].retain(|&o| o != object);
                self.held = Some(object);
                self.list(tables);
                let (object, at) = (&self.task.objects[object].name, &self.task.receptacles[at].name);
                format!("You pick up the {object} from the {at}.")
            }
            (Action::Move, Some(at), Some(object)) => {
                let place = self.contents[at].partition_point(|&o| o < object);
                self.contents[at].insert(place, object);
                self.held = None;
                self.list(tables);
                let (object, at) = (&self.task.objects[object].name, &self.task.receptacles[at].name);
                format!("You move the {object} to the {at}.")
            }
            (Action::Change(change), Some(at), Some(object)) => {
                let condition = &mut self.condition[object];
                match change {
                    Change::Clean => condition.clean = true,
                    Change::Heat => (condition.hot, condition.cool) = (true, false),
                    Change::Cool => (condition.hot, condition.cool) = (false, true),
                }
                let (object, at) = (&self.task.objects[object].name, &self.task.receptacles[at].name);
                format!("You {} the {object} using the {at}.", texts::verb(change))
            }
            (Action::Use(object), ..) => {
                self.condition[object].lit = true;
                format!("You turn on the {}.", self.task.objects[object].name)
            }
            (Action::Slice(object), _, Some(knife)) => {
                self.condition[object].sliced = true;
                let (object, knife) = (&self.task.objects[object].name, &self.task.objects[knife].name);
                format!("You sliced the {object} with the {knife}.")
            }
            // The room's receptacles are listed once, at the start.
            (Action::Look, None, _) => texts::room(&[]),
            (Action::Look, Some(at), _) => {
                format!("You are facing the {}. Next to it, you see nothing.", self.task.receptacles[at].name)
            }
            (Action::Inventory, _, None) => "You are not carrying anything.".to_owned(),
            (Action::Inventory, _, Some(object)) => {
                format!("You are carrying: a {}.", self.task.objects[object].name)
            }
            (Action::Help, ..) => texts::HELP.to_owned(),
            // `list` offers these only beside a receptacle and with the hand full or empty as they need.
            (Action::Open | Action::Close | Action::ExamineReceptacle, None, _)
            | (Action::Take(_) | Action::ExamineHeld | Action::Move | Action::Change(_) | Action::Slice(_), ..) => {
                texts::NOTHING.to_owned()
            }
        }
    }

    /// Looks at a receptacle: its text, remembered as seen.
    fn inspect(&mut self, tables: &Tables, at: usize) -> String {
        let accessible = self.accessible(tables, at);
        self.seen[at] |= accessible;
        let opens = tables.receptacles[self.task.receptacles[at].kind].opens;
        texts::receptacle(&self.task, at, opens, accessible, &self.contents[at])
    }

    /// Whether the goal is reached now.
    pub fn won(&self, tables: &Tables) -> bool {
        let goal = self.task.goal;
        let kind = &tables.tasks[goal.task];
        let wanted = |&&o: &&usize| self.task.objects[o].kind == goal.object;
        if kind.light {
            let holds = self.held.is_some_and(|o| self.task.objects[o].kind == goal.object);
            let lit = |&o: &usize| self.task.objects[o].kind == goal.place && self.condition[o].lit;
            holds && self.facing.is_some_and(|at| self.contents[at].iter().any(lit))
        } else {
            let done = |o: &&usize| kind.change.is_none_or(|c| self.condition[**o].has(c));
            let mut places = (0..self.contents.len()).filter(|&r| self.task.receptacles[r].kind == goal.place);
            places.any(|r| self.contents[r].iter().filter(wanted).filter(done).count() >= kind.count)
        }
    }

    /// Rebuilds the admissible actions, in string order: first the verbs, then the names after them.
    fn list(&mut self, tables: &Tables) {
        let Game { task, facing, held, open, contents, by_name, rank, text, ends, actions, .. } = self;
        text.clear();
        ends.clear();
        actions.clear();
        let mut add = |action: Action, parts: &[&str]| {
            parts.iter().for_each(|part| text.push_str(part));
            ends.push(text.len());
            actions.push(action);
        };
        let kind = facing.map(|at| &tables.receptacles[task.receptacles[at].kind]);
        let at = facing.map_or("", |at| task.receptacles[at].name.as_str());
        let is_open = facing.is_some_and(|at| open[at]);
        let mut here: Vec<usize> = match (*facing, kind) {
            (Some(r), Some(kind)) if is_open || !kind.opens => contents[r].clone(),
            _ => Vec::new(),
        };
        here.sort_unstable_by_key(|&o| rank[o]);
        let hand = held.map(|o| (task.objects[o].name.as_str(), &tables.objects[task.objects[o].kind]));
        let change = |add: &mut dyn FnMut(Action, &[&str]), change: Change| {
            if let (Some((name, object)), Some(kind)) = (hand, kind)
                && kind.does == Some(change)
                && object.changes.contains(&change)
            {
                add(Action::Change(change), &[texts::verb(change), " ", name, " with ", at]);
            }
        };
        change(&mut add, Change::Clean);
        let opens = kind.is_some_and(|k| k.opens);
        if opens && is_open {
            add(Action::Close, &["close ", at]);
        }
        change(&mut add, Change::Cool);
        // An object is examined in the hand only: the original never offers it elsewhere.
        let mut examined =
            [hand.map(|(name, _)| (name, Action::ExamineHeld)), facing.map(|_| (at, Action::ExamineReceptacle))];
        examined.sort_unstable_by_key(|entry| entry.map(|(name, _)| name));
        for (name, action) in examined.into_iter().flatten() {
            add(action, &["examine ", name]);
        }
        for &r in by_name.iter().filter(|&&r| Some(r) != *facing) {
            add(Action::GoTo(r), &["go to ", &task.receptacles[r].name]);
        }
        change(&mut add, Change::Heat);
        add(Action::Help, &["help"]);
        add(Action::Inventory, &["inventory"]);
        add(Action::Look, &["look"]);
        if let (Some((name, _)), Some(kind), Some(object)) = (hand, kind, *held)
            && kind.accepts[task.objects[object].kind]
            && (is_open || !kind.opens)
        {
            add(Action::Move, &["move ", name, " to ", at]);
        }
        if opens && !is_open {
            add(Action::Open, &["open ", at]);
        }
        if let Some((knife, kind)) = hand
            && kind.cuts
        {
            let mut sliceable = facing.map_or_else(Vec::new, |at| contents[at].clone());
            sliceable.retain(|&o| tables.objects[task.objects[o].kind].slices);
            sliceable.sort_unstable_by_key(|&o| rank[o]);
            for o in sliceable {
                add(Action::Slice(o), &["slice ", &task.objects[o].name, " with ", knife]);
            }
        }
        if hand.is_none() {
            for &o in here.iter().filter(|&&o| !tables.objects[task.objects[o].kind].fixed) {
                add(Action::Take(o), &["take ", &task.objects[o].name, " from ", at]);
            }
        }
        for &o in here.iter().filter(|&&o| tables.objects[task.objects[o].kind].light) {
            add(Action::Use(o), &["use ", &task.objects[o].name]);
        }
    }
}
