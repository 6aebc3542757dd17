//! A small episode told by what is done in it. In: a task, the room's receptacles, and the moves of somebody in it; out: the
//! texts and admissible actions as the game would give them, and the decisions at which a bank is asked.

use crate::engine::directives::{Directives, MarkKind};
use crate::engine::session::Session;

/// What a bank says of a decision: whether what is right stands above what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ranking {
    Below,
    /// Neither: mostly because the bank says nothing here.
    Level,
    Above,
}

/// Which of the right actions must stand above the wrong ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// One will do: they are different ways to the same.
    One,
    All,
}

struct Decision {
    /// Before the action at this position.
    at: usize,
    wanted: Wanted,
    right: Vec<String>,
    wrong: Vec<String>,
}

struct Move {
    action: String,
    observation: String,
}

/// Kinds of receptacles with a door or a lid.
const DOORS: [&str; 5] = ["cabinet", "drawer", "fridge", "microwave", "safe"];

/// Something to put things in or on.
struct Place {
    name: &'static str,
    things: Vec<&'static str>,
    opens: bool,
    shut: bool,
}

/// An episode in the making.
pub struct Scene {
    task: &'static str,
    places: Vec<Place>,
    here: Option<usize>,
    held: Option<&'static str>,
    moves: Vec<Move>,
    /// The admissible actions before each move, and those after the last.
    lists: Vec<Vec<String>>,
    decisions: Vec<Decision>,
}

impl Scene {
    /// A room with these receptacles, all open and empty.
    pub fn new(task: &'static str, places: &[&'static str]) -> Scene {
        let opens = |name: &str| DOORS.iter().any(|kind| name.starts_with(kind));
        let place = |name: &&'static str| Place { name, things: Vec::new(), opens: opens(name), shut: false };
        let places = places.iter().map(place).collect();
        let (moves, decisions) = (Vec::new(), Vec::new());
        let mut scene = Scene { task, places, here: None, held: None, moves, lists: Vec::new(), decisions };
        scene.lists.push(scene.admissible());
        scene
    }

    /// What lies somewhere. Said before the first move.
    pub fn with(mut self, place: &str, things: &[&'static str]) -> Scene {
        self.places.iter_mut().filter(|p| p.name == place).for_each(|p| p.things = things.to_vec());
        self
    }

    /// What is shut of what can be. Said before the first move.
    pub fn shut(mut self, places: &[&str]) -> Scene {
        self.places.iter_mut().filter(|p| places.contains(&p.name)).for_each(|p| p.shut = p.opens);
        self
    }

    pub fn go(mut self, place: &str) -> Scene {
        self.here = self.places.iter().position(|p| p.name == place);
        let seen = self.view();
        self.done(format!("go to {place}"), format!("You arrive at {place}. {seen}"))
    }

    pub fn take(mut self, thing: &'static str) -> Scene {
        let at = self.at();
        if let Some(here) = self.here {
            self.places[here].things.retain(|t| *t != thing);
        }
        self.held = Some(thing);
        self.done(format!("take {thing} from {at}"), format!("You pick up the {thing} from the {at}."))
    }

    /// Puts down what is held, here.
    pub fn put(mut self) -> Scene {
        let (at, Some(thing)) = (self.at(), self.held.take()) else { return self };
        if let Some(here) = self.here {
            self.places[here].things.push(thing);
        }
        self.done(format!("move {thing} to {at}"), format!("You move the {thing} to the {at}."))
    }

    /// Heats, cools or cleans what is held, here.
    pub fn change(self, verb: &str) -> Scene {
        let (at, Some(thing)) = (self.at(), self.held) else { return self };
        self.done(format!("{verb} {thing} with {at}"), format!("You {verb} the {thing} using the {at}."))
    }

    /// A decision at which one of the right actions must stand above all wrong ones.
    pub fn ask(self, right: &[&str], wrong: &[&str]) -> Scene {
        self.decide(Wanted::One, right, wrong)
    }

    /// Opens what is here.
    pub fn open(mut self) -> Scene {
        if let Some(here) = self.here {
            self.places[here].shut = false;
        }
        let (at, seen) = (self.at(), self.view());
        self.done(format!("open {at}"), format!("You open the {at}. {seen}"))
    }

    /// A decision at which all of the right actions must stand above all wrong ones.
    pub fn ask_all(self, right: &[&str], wrong: &[&str]) -> Scene {
        self.decide(Wanted::All, right, wrong)
    }

    fn decide(mut self, wanted: Wanted, right: &[&str], wrong: &[&str]) -> Scene {
        let owned = |actions: &[&str]| actions.iter().map(|a| (*a).to_owned()).collect();
        self.decisions.push(Decision { at: self.moves.len(), wanted, right: owned(right), wrong: owned(wrong) });
        self
    }

    fn done(mut self, action: String, observation: String) -> Scene {
        self.moves.push(Move { action, observation });
        self.lists.push(self.admissible());
        self
    }

    fn at(&self) -> &'static str {
        self.here.map_or("", |here| self.places[here].name)
    }

    /// What the receptacle here looks like.
    fn view(&self) -> String {
        let Some(place) = self.here.map(|here| &self.places[here]) else { return String::new() };
        match place {
            Place { name, shut: true, .. } => format!("The {name} is closed."),
            Place { name, opens: true, things, .. } => format!("The {name} is open. In it, you see {}.", list(things)),
            Place { name, things, .. } => format!("On the {name}, you see {}.", list(things)),
        }
    }

    fn first(&self) -> String {
        let names: Vec<&str> = self.places.iter().map(|place| place.name).collect();
        format!("You are in the middle of a room. Looking quickly around you, you see {}.", list(&names))
    }

    /// The actions that the game would list, sorted as there.
    fn admissible(&self) -> Vec<String> {
        let mut all: Vec<String> = ["help", "inventory", "look"].map(str::to_owned).to_vec();
        let others = self.places.iter().enumerate().filter(|(at, _)| Some(*at) != self.here);
        all.extend(others.map(|(_, place)| format!("go to {}", place.name)));
        if let Some(thing) = self.held {
            all.push(format!("examine {thing}"));
        }
        if let Some(place) = self.here.map(|here| &self.places[here]) {
            let name = place.name;
            all.push(format!("examine {name}"));
            match self.held {
                _ if place.shut => {}
                Some(thing) => all.push(format!("move {thing} to {name}")),
                None => {
                    let loose = place.things.iter().filter(|thing| !thing.starts_with("desklamp"));
                    all.extend(loose.map(|thing| format!("take {thing} from {name}")));
                }
            }
            if place.opens {
                all.push(format!("{} {name}", if place.shut { "open" } else { "close" }));
            }
            let verb = match name.split(' ').next() {
                Some("microwave") => Some("heat"),
                Some("fridge") => Some("cool"),
                Some("sinkbasin") => Some("clean"),
                _ => None,
            };
            if let (Some(verb), Some(thing)) = (verb, self.held) {
                all.push(format!("{verb} {thing} with {name}"));
            }
            let lamps = place.things.iter().filter(|thing| thing.starts_with("desklamp"));
            all.extend(lamps.map(|lamp| format!("use {lamp}")));
        }
        all.sort();
        all
    }

    /// Plays the episode under a bank: the worst ranking counts. A scene without a decision says nothing of a bank.
    pub fn rank(&self, session: &mut Session) -> Ranking {
        let mut worst: Option<Ranking> = None;
        let mut judge = |at: usize, directives: &Directives| {
            for decision in self.decisions.iter().filter(|decision| decision.at == at) {
                let ranking = decision.rank(directives, &self.lists[at]);
                worst = Some(worst.map_or(ranking, |worst| worst.min(ranking)));
            }
        };
        judge(0, session.start(self.task, &self.first(), &self.lists[0]));
        for (at, Move { action, observation }) in self.moves.iter().enumerate() {
            judge(at + 1, session.observe(action, observation, &self.lists[at + 1]));
        }
        worst.unwrap_or(Ranking::Level)
    }

    /// Actions that the scene names and the game would not offer there: a scene must have none.
    #[cfg(test)]
    pub fn stray(&self) -> Vec<&str> {
        let of_decisions = self.decisions.iter().map(|decision| {
            let named = decision.right.iter().chain(&decision.wrong);
            named.filter(|action| !self.lists[decision.at].contains(action)).map(String::as_str)
        });
        let of_moves = self.moves.iter().enumerate().filter(|(at, step)| !self.lists[*at].contains(&step.action));
        of_decisions.flatten().chain(of_moves.map(|(_, step)| step.action.as_str())).collect()
    }
}

impl Decision {
    fn rank(&self, directives: &Directives, admissible: &[String]) -> Ranking {
        // All marks of one action have one kind; how many rules say it makes no difference to the policy either.
        let score = |action: &String| {
            let place = admissible.iter().position(|listed| listed == action);
            let mark = directives.marks.iter().find(|mark| Some(mark.action as usize) == place);
            match mark.map(|mark| mark.kind) {
                Some(MarkKind::Prefer) => 1,
                None => 0,
                Some(MarkKind::Avoid) => -1,
                Some(MarkKind::Forbid) => i32::MIN,
            }
        };
        let right = self.right.iter().map(score);
        let right = if self.wanted == Wanted::All { right.min() } else { right.max() };
        let wrong = self.wrong.iter().map(score).max();
        match right.cmp(&wrong) {
            std::cmp::Ordering::Less => Ranking::Below,
            std::cmp::Ordering::Equal => Ranking::Level,
            std::cmp::Ordering::Greater => Ranking::Above,
        }
    }
}

/// `a mug 1, and a cd 2`, or `nothing`.
fn list(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => format!("a {one}"),
        [most @ .., last] => {
            format!("{}, and a {last}", most.iter().map(|n| format!("a {n}")).collect::<Vec<_>>().join(", "))
        }
    }
}
