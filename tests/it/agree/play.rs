//! Random episodes in the toy vocabulary of `generate`: few things and places, so that captures often meet again.

use rand::RngExt;
use rand::seq::{IndexedMutRandom, IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use reskill::episode::{Step, TRAJECTORY_FORMAT, Trajectory};

const KINDS: [&str; 3] = ["mug", "egg", "salt pot"];
const CODES: [&str; 5] = ["A1", "B2.1", "a1", "A1.2.3", "B2"];
const HEARD: [&str; 5] = [
    "Mug calls: good morning. Egg calls: salt pot.",
    "please calls: . mug calls: good morning.",
    "Egg calls: one two three four five six seven eight nine. Egg calls: mug.",
    "mug calls: the salt pot of the egg",
    "Somebody calls: good [morning]. mug calls: good morning.",
];
const PLACES: [&str; 3] = ["table", "oven", "top shelf"];

fn pick<'c>(rng: &mut ChaCha8Rng, from: &[&'c str]) -> &'c str {
    from.choose(rng).copied().unwrap_or("")
}

/// A kind or an item, of things or of places: what a condition may name.
pub fn thing(rng: &mut ChaCha8Rng) -> String {
    let kind = if rng.random_bool(0.5) { pick(rng, &KINDS) } else { pick(rng, &PLACES) };
    if rng.random_bool(0.3) { format!("{kind} {}", rng.random_range(1..=2)) } else { kind.to_owned() }
}

/// How many of each thing there are.
#[derive(Clone, Copy)]
struct World {
    instances: u32,
    /// Elements of a list, at most.
    list: usize,
}

impl World {
    fn item(self, rng: &mut ChaCha8Rng) -> String {
        match rng.random_range(0..10) {
            0 => pick(rng, &KINDS).to_owned(),
            _ => format!("{} {}", pick(rng, &KINDS), rng.random_range(1..=self.instances)),
        }
    }

    fn place(self, rng: &mut ChaCha8Rng) -> String {
        format!("{} {}", pick(rng, &PLACES), rng.random_range(1..=2))
    }

    fn action(self, rng: &mut ChaCha8Rng) -> String {
        let (x, r) = (self.item(rng), self.place(rng));
        match rng.random_range(0..20) {
            0 | 1 => format!("take {x} from {r}"),
            2 => format!("take the {x} out of {r}"),
            3 => format!("put {x} in {r}"),
            4 => format!("Put {x} down right by {r}"),
            5 | 6 => format!("warm {x} with {r}"),
            7 | 8 => format!("go to {r}"),
            9 => format!("weigh {x}"),
            10 => format!("weigh {x} as {}", rng.random_range(0..=3)),
            11 => format!("pay {}.5", rng.random_range(0..=2)),
            12 => pick(rng, &["say mug", "say please", "egg please", "dance"]).to_owned(),
            13 => format!("scan {}", pick(rng, &CODES)),
            14 => pick(rng, &["offer $2.5", "offer 3", "bid 1.5", "BID £2", "bid much", "Bid 2"]).to_owned(),
            15 => format!("use {x} with {}", pick(rng, &CODES)),
            16 => {
                pick(rng, &["write good morning", "write mug", "write salt pot 1", "write the pot the pot"]).to_owned()
            }
            17 | 18 => format!("{} {x}", pick(rng, &["poke", "prod", "Poke"])),
            _ => "wait".to_owned(),
        }
    }

    /// What the world answers: often what a `then` asks for, sometimes that it failed, then some sentences.
    fn answer(self, rng: &mut ChaCha8Rng, action: &str) -> String {
        let mut text = String::new();
        let words: Vec<&str> = action.split(' ').collect();
        let named = words.get(1..).map(|w| w.join(" ")).unwrap_or_default();
        let x = named.split(" with ").next().unwrap_or("").to_owned();
        match (words[0], rng.random_range(0..10)) {
            (_, 0) => text.push_str(pick(rng, &["Nothing happens. ", "No such luck. ", "no SUCH thing. "])),
            (_, 1) => text.push_str("You cannot do that now. "),
            ("offer", 2..9) => {
                text.push_str(pick(
                    rng,
                    &["He takes $2.5 at once. ", "She takes long, but takes 3 ", "takes 2.5 or 3"],
                ));
            }
            ("use", 2..9) => {
                text.push_str(&format!("{} {}. ", words[words.len() - 1], pick(rng, &["fits", "works", "breaks"])));
            }
            ("poke" | "prod" | "Poke", 2..9) => {
                let moved = if rng.random_bool(0.5) { self.item(rng) } else { named.clone() };
                text.push_str(&format!("the {moved} moves, and the {named} falls. "));
            }
            ("warm", 2..9) => text.push_str(&format!("You warm the {x} a bit. ")),
            ("weigh", 2..9) => text.push_str(&format!("The {x} weighs {}. ", rng.random_range(0..=3))),
            ("go", 2..7) => text.push_str(&format!("You arrive at {}. ", self.place(rng))),
            _ => {}
        }
        for _ in 0..rng.random_range(0..=3) {
            text.push_str(&self.sentence(rng));
            text.push(if rng.random_bool(0.2) { '\n' } else { ' ' });
        }
        text
    }

    fn sentence(self, rng: &mut ChaCha8Rng) -> String {
        let (x, r) = (self.item(rng), self.place(rng));
        match rng.random_range(0..18) {
            0 | 1 => format!("On the {r} you see {}.", self.list(rng)),
            2 => format!("In the {r} are {}!", self.list(rng)),
            3 | 4 => format!("A {x} lies here, and a {} lies here.", self.item(rng)),
            5 => format!("There is only a {x}."),
            6 => format!("{x} costs {}, {} costs 2.", rng.random_range(0..=3), self.item(rng)),
            7 => format!("{} coins and 1 coins", rng.random_range(0..=3)),
            8 => pick(rng, &["Well done.", "Task complete", "Hm."]).to_owned(),
            9 => format!(
                "It says {}. It says salt pot.",
                pick(rng, &["mug", "the table", "good morning to you", "the mug the egg", "pot pot"])
            ),
            10 => format!("Report: {x}, or so or so\n"),
            11 => format!("Code {} shows.", pick(rng, &CODES)),
            12 => format!("{x} sells for {}, {} sells for 2", pick(rng, &["$1.5", "€3", "2.5"]), self.item(rng)),
            13 => pick(rng, &HEARD).to_owned(),
            14 => format!("There are {} upstairs", self.list(rng)),
            15 => format!("a label on {x}: {} or so\n", pick(rng, &KINDS)),
            16 => format!("a label on the {x}, and a label on {x}: {}", pick(rng, &["good morning mug", "the egg"])),
            _ => format!("{x} has #1, {} has {}.", self.item(rng), pick(rng, &["#2", "!1", "#2-1", "2"])),
        }
    }

    fn list(self, rng: &mut ChaCha8Rng) -> String {
        let items: Vec<String> =
            (0..rng.random_range(0..=self.list)).map(|_| format!("a {}", self.item(rng))).collect();
        match items.split_last() {
            None => "nothing".to_owned(),
            Some((last, [])) => last.clone(),
            Some((last, rest)) => {
                format!("{}{} and {last}", rest.join(", "), if rng.random_bool(0.5) { "," } else { "" })
            }
        }
    }

    /// The list before an action: another one, or the one before it, longer, shorter or in another order.
    fn admissible(self, rng: &mut ChaCha8Rng, before: &[String], action: &str) -> Vec<String> {
        if rng.random_bool(0.1) {
            return Vec::new();
        }
        let mut list = before.to_vec();
        match rng.random_range(0..10) {
            0 => list.reverse(),
            1 => list.shuffle(rng),
            2 | 3 => list.truncate(rng.random_range(0..=list.len())),
            4 | 5 if !list.is_empty() => list.push(list[rng.random_range(0..list.len())].clone()),
            6 => list.insert(0, self.action(rng)),
            _ => {
                let others = if rng.random_bool(0.3) { rng.random_range(0..=1) } else { rng.random_range(0..=9) };
                list = (0..others).map(|_| self.action(rng)).collect();
            }
        }
        list.insert(rng.random_range(0..=list.len()), action.to_owned());
        list
    }
}

/// One episode, a few steps long, or some more; one in ten is crowded with things, another one has so many that rows come
/// and go among others. With `floods` there may be hundreds of facts in an answer.
pub fn episode(rng: &mut ChaCha8Rng, floods: bool) -> Trajectory {
    let world = match rng.random_range(0..10) {
        0 => World { instances: 200, list: 60 },
        1 => World { instances: 9, list: 20 },
        _ => World { instances: 2, list: 4 },
    };
    let (kind, place) = (pick(rng, &KINDS), pick(rng, &PLACES));
    let task = match rng.random_range(0..9) {
        0 | 1 => format!("Put a {kind} in {place}."),
        2 => format!("put a hot {kind} in {place}"),
        3 => format!("put {kind} on the {place}!"),
        4 => format!("find {kind}."),
        5 => format!("find two {kind}"),
        6 | 7 => {
            format!("Please carry {kind} {} now.", pick(rng, &["to Mug", "for Egg", "for 2, and carry egg to mug"]))
        }
        _ => pick(rng, &["", "find", "do as you like"]).to_owned(),
    };
    let first = match rng.random_bool(0.7) {
        true => world.answer(rng, "look"),
        false => String::new(),
    };
    let mut steps: Vec<Step> = Vec::new();
    let most = if rng.random_bool(0.1) { 24 } else { 9 };
    for _ in 0..rng.random_range(0..=most) {
        let action = match steps.last() {
            Some(before) if rng.random_bool(0.2) => before.action.clone(),
            _ => world.action(rng),
        };
        let observation = world.answer(rng, &action);
        let before = steps.last().map_or(&[][..], |step| &step.admissible);
        let admissible = world.admissible(rng, before, &action);
        steps.push(Step { admissible, action, observation, reward: 0.0 });
    }
    if floods && rng.random_bool(0.4) {
        for _ in 0..2 {
            flood(rng, &mut steps);
        }
    }
    Trajectory { v: TRAJECTORY_FORMAT, task, first, steps, ..Trajectory::default() }
}

/// Events of one item of which an answer may tell hundreds.
pub const FLOODED: [&str; 2] = ["lies", "says"];

/// More facts than a phase takes, than are remembered, or than a fluent keeps.
fn flood(rng: &mut ChaCha8Rng, steps: &mut [Step]) {
    let Some(step) = steps.choose_mut(rng) else { return };
    let facts = if rng.random_bool(0.3) { 1_100 } else { rng.random_range(500..540) };
    let (before, after) = [("a mug ", " lies here. "), ("It says mug ", ". "), ("mug ", " costs 2. ")]
        .choose(rng)
        .copied()
        .unwrap_or_default();
    step.observation.extend((0..facts).map(|n| format!("{before}{n}{after}")));
}
