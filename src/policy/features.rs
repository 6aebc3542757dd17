//! What the policy sees of a decision: hashed bags of words and overlap features, computed from texts alone.
//!
//! In: the texts of an episode as they come ([`Featurizer::start`], [`Featurizer::observe`]), and before each decision the
//! admissible actions, facts the engine derived, and what the skills say. Out: a [`Decision`], which is all that the
//! network gets, so it can be kept for the update. Nothing here knows any world: a command is a first word and up to two
//! arguments separated by a preposition, and a feature says how its words overlap with what was read and done.
//!
//! Called by the rollouts (once per decision: the hot path) and by behaviour cloning. One featurizer per running episode;
//! it may be used for one episode after another and keeps what it worked out about texts, never anything else.

use rustc_hash::{FxHashMap, FxHashSet};

use super::decision::{Bag, Decision, FeatureError, LEXICAL, SITUATION, marks};
use super::terms::{Stamps, Term, Terms};
use crate::engine::directives::Directives;

/// Actions that the history segment holds.
const HISTORY: usize = 4;

/// Distinct words and actions a featurizer remembers between episodes before it forgets them all, so that a long run
/// over an open vocabulary stays bounded.
const CACHE_LIMIT: usize = 50_000;

/// What is known of an action from its words alone.
#[derive(Debug, Clone)]
struct Command {
    text: Box<str>,
    bag: Bag,
    /// The first word; `None` if the action has no words.
    verb: Option<u32>,
    /// Content words after the first word.
    words: Vec<u32>,
    /// Content words of the first and of the last argument, and the thing each names. The last one is empty if there is
    /// only one.
    arguments: [Argument; 2],
}

#[derive(Debug, Clone, Default)]
struct Argument {
    words: Vec<u32>,
    thing: Option<u32>,
}

impl Command {
    /// What the action is done to or where: the last argument's thing.
    fn target(&self) -> Option<u32> {
        self.arguments[1].thing.or(self.arguments[0].thing)
    }

    /// Both things, the smaller id first.
    fn pair(&self) -> Option<(u32, u32)> {
        let (a, b) = (self.arguments[0].thing?, self.arguments[1].thing?);
        Some((a.min(b), a.max(b)))
    }
}

/// How often and when (step, from 1) something was last done in this episode.
#[derive(Debug, Clone, Copy, Default)]
struct Done {
    count: u32,
    last: u32,
}

/// Follows one episode and describes its decisions.
#[derive(Debug, Default)]
pub struct Featurizer {
    terms: Terms,
    commands: Vec<Command>,
    command_ids: FxHashMap<Box<str>, u32>,
    // The episode so far.
    step: u32,
    task: Bag,
    task_words: Stamps,
    /// The same in order.
    wanted: Vec<u32>,
    observation: Bag,
    /// Words and things of the last observation.
    observed: Stamps,
    /// Words and things read anywhere in the episode.
    read: Stamps,
    actions: FxHashMap<u32, Done>,
    targets: FxHashMap<u32, Done>,
    verbs: FxHashMap<u32, Done>,
    /// Things that were named together by one action, the smaller id first.
    together: FxHashSet<(u32, u32)>,
    /// For each target of an action, the things named after words of the task that an answer told of; without those
    /// that a later action moved there or from there.
    found: FxHashMap<u32, Vec<u32>>,
    history: Vec<u32>,
    /// The actions of the last decision.
    offered: Vec<u32>,
    /// Whether the last observation named anything not read before in this episode.
    news: bool,
    // Scratch.
    remembered: Stamps,
    unique: Stamps,
    scratch: Vec<Term>,
}

impl Featurizer {
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins an episode with its task sentence and the observation before the first action.
    pub fn start(&mut self, task: &str, first: &str) {
        if self.terms.len() > CACHE_LIMIT || self.commands.len() > CACHE_LIMIT {
            *self = Self::default();
        }
        self.step = 0;
        self.actions.clear();
        self.targets.clear();
        self.verbs.clear();
        self.together.clear();
        self.found.clear();
        self.history.clear();
        self.offered.clear();
        self.read.clear();
        self.task_words.clear();
        self.wanted.clear();
        self.read_text(task);
        for term in &self.scratch {
            if self.terms.is_content(term.word) && self.task_words.insert(term.word) {
                self.wanted.push(term.word);
            }
            self.read.insert(term.word);
            self.read.insert(term.thing);
        }
        self.task = self.bag();
        self.see(first);
    }

    /// The action that was taken and what the world answered.
    pub fn observe(&mut self, action: &str, observation: &str) {
        self.step += 1;
        let id = self.command(action);
        let done = Done { count: self.actions.get(&id).map_or(1, |d| d.count + 1), last: self.step };
        self.actions.insert(id, done);
        for argument in &self.commands[id as usize].arguments {
            if let Some(thing) = argument.thing {
                let entry = self.targets.entry(thing).or_default();
                *entry = Done { count: entry.count + 1, last: self.step };
            }
        }
        if let Some(verb) = self.commands[id as usize].verb {
            let entry = self.verbs.entry(verb).or_default();
            *entry = Done { count: entry.count + 1, last: self.step };
        }
        self.together.extend(self.commands[id as usize].pair());
        self.history.push(id);
        self.see(observation);
        self.find(id);
    }

    /// Takes in what the observation in the scratch space says of the target's whereabouts of wanted things.
    fn find(&mut self, id: u32) {
        let Self { commands, scratch, task_words, found, .. } = self;
        let command = &commands[id as usize];
        let Some(target) = command.target() else { return };
        let things = found.entry(target).or_default();
        if let (Some(moved), Some(_)) = (command.arguments[0].thing, command.arguments[1].thing) {
            things.retain(|&thing| thing != moved);
        }
        for term in scratch.iter() {
            let wanted = task_words.has(term.word) && !command.words.contains(&term.word);
            if wanted && !things.contains(&term.thing) {
                things.push(term.thing);
            }
        }
    }

    /// Describes the decision at hand. `slots` maps a skill's position in the bank to its slot in the policy, `0..SLOTS`.
    pub fn decision(
        &mut self,
        admissible: &[String],
        memory: &[String],
        directives: &Directives,
        slots: &[u8],
    ) -> Result<Decision, FeatureError> {
        let (marks, forbidden) = marks(directives, slots, admissible.len())?;
        self.remembered.clear();
        self.scratch.clear();
        for fact in memory {
            self.terms.read(fact, &mut self.scratch);
        }
        for term in &self.scratch {
            self.remembered.insert(term.word);
            self.remembered.insert(term.thing);
        }
        let memory = self.bag();
        let situation = self.situation(!memory.is_empty());
        self.scratch.clear();
        for advice in directives.fired.iter().filter_map(|f| f.advice.as_deref()) {
            self.terms.read(advice, &mut self.scratch);
        }
        let advice = self.bag();
        let mut history = Vec::with_capacity(4 * HISTORY);
        self.unique.clear();
        for &id in self.history.iter().rev().take(HISTORY) {
            history.extend(self.commands[id as usize].bag.iter().filter(|&&t| self.unique.insert(u32::from(t))));
        }

        let mut actions = Vec::with_capacity(admissible.len());
        let mut lexical = Vec::with_capacity(admissible.len() * LEXICAL);
        let before = std::mem::take(&mut self.offered);
        let mut known = before.iter().copied().peekable();
        for action in admissible {
            // Most actions were on offer a moment ago, in the same order: no need to look them up.
            while known.next_if(|&id| *self.commands[id as usize].text < **action).is_some() {}
            let id = match known.next_if(|&id| *self.commands[id as usize].text == **action) {
                Some(id) => id,
                None => self.command(action),
            };
            self.offered.push(id);
            actions.push(self.commands[id as usize].bag.clone());
            lexical.extend_from_slice(&self.lexical(id));
        }
        Ok(Decision {
            task: self.task.clone(),
            observation: self.observation.clone(),
            memory,
            history: history.into(),
            advice,
            actions,
            situation,
            lexical,
            marks,
            forbidden,
        })
    }

    fn see(&mut self, observation: &str) {
        self.read_text(observation);
        self.observed.clear();
        self.news = self.scratch.iter().any(|t| self.terms.is_content(t.word) && !self.read.has(t.thing));
        for term in &self.scratch {
            for id in [term.word, term.thing] {
                self.observed.insert(id);
                self.read.insert(id);
            }
        }
        self.observation = self.bag();
    }

    fn read_text(&mut self, text: &str) {
        self.scratch.clear();
        self.terms.read(text, &mut self.scratch);
    }

    /// The distinct words in the scratch space, as vocabulary ids.
    fn bag(&mut self) -> Bag {
        self.unique.clear();
        let Self { scratch, terms, unique, .. } = self;
        scratch.iter().map(|term| terms.token(term.word)).filter(|&token| unique.insert(u32::from(token))).collect()
    }

    /// The id of an action's text.
    fn command(&mut self, action: &str) -> u32 {
        if let Some(&id) = self.command_ids.get(action) {
            return id;
        }
        self.read_text(action);
        let bag = self.bag();
        let mut arguments = [Argument::default(), Argument::default()];
        let mut words = Vec::new();
        let mut place = 0;
        for term in self.scratch.iter().skip(1) {
            if term.breaks {
                // `put x in/on y` has two breaks in a row; `go to x` has one before anything.
                place = usize::from(arguments[0].thing.is_some());
            } else if self.terms.is_content(term.word) {
                words.push(term.word);
                arguments[place].words.push(term.word);
                arguments[place].thing = Some(term.thing);
            }
        }
        let id = self.commands.len() as u32;
        self.commands.push(Command {
            text: action.into(),
            bag,
            verb: self.scratch.first().map(|t| t.word),
            words,
            arguments,
        });
        self.command_ids.insert(action.into(), id);
        id
    }

    /// The overlap features of one action, each within 0..=1.
    fn lexical(&self, id: u32) -> [f32; LEXICAL] {
        let command = &self.commands[id as usize];
        let [first, last] = &command.arguments;
        let share = |has: &dyn Fn(u32) -> bool| match command.words.len() {
            0 => 0.0,
            n => command.words.iter().filter(|&&w| has(w)).count() as f32 / n as f32,
        };
        let any = |argument: &Argument, set: &Stamps| flag(argument.words.iter().any(|&w| set.has(w)));
        let names = |argument: &Argument, set: &Stamps| flag(argument.thing.is_some_and(|t| set.has(t)));
        let previous = self.history.last().map(|&id| &self.commands[id as usize]);
        let before = self.actions.get(&id).copied().unwrap_or_default();
        let target = command.target();
        let visited = target.and_then(|t| self.targets.get(&t)).copied().unwrap_or_default();
        // Counts and ages through saturating curves, so that one step more matters less and less.
        let often = |n: u32| n as f32 / (n as f32 + 2.0);
        let recent = |done: Done| if done.count == 0 { 0.0 } else { 1.0 / (1 + self.step - done.last) as f32 };
        [
            share(&|w| self.task_words.has(w)),
            any(first, &self.task_words),
            any(last, &self.task_words),
            flag(command.verb.is_some_and(|v| self.task_words.has(v))),
            share(&|w| self.observed.has(w)),
            names(first, &self.observed),
            names(last, &self.observed),
            share(&|w| self.remembered.has(w)),
            names(first, &self.remembered),
            names(last, &self.remembered),
            share(&|w| self.task_words.has(w) && self.remembered.has(w)),
            share(&|w| self.task_words.has(w) && self.observed.has(w)),
            flag(before.count > 0),
            often(before.count),
            flag(self.history.last() == Some(&id)),
            flag(command.verb.is_some() && previous.is_some_and(|p| p.verb == command.verb)),
            flag(target.is_some() && previous.is_some_and(|p| p.target() == target)),
            flag(visited.count > 0),
            often(visited.count),
            recent(visited),
            share(&|w| !self.read.has(w)),
            match (first.thing, last.thing) {
                (None, _) => 0.0,
                (Some(_), None) => 0.5,
                (Some(_), Some(_)) => 1.0,
            },
            flag(target.is_some_and(|t| self.found.get(&t).is_some_and(|things| !things.is_empty()))),
            flag(first.thing.is_some_and(|t| self.targets.contains_key(&t))),
            flag(command.pair().is_some_and(|pair| self.together.contains(&pair))),
            flag(first.thing.is_some() && previous.is_some_and(|p| p.arguments[0].thing == first.thing)),
            flag(command.verb.is_some_and(|v| self.verbs.contains_key(&v))),
            any(first, &self.task_words) * any(last, &self.task_words),
        ]
    }

    /// How task, observation and memory overlap, each within 0..=1.
    fn situation(&self, remembers: bool) -> [f32; SITUATION] {
        let count = |set: &Stamps| self.wanted.iter().filter(|&&w| set.has(w)).count();
        let (remembered, observed) = (count(&self.remembered), count(&self.observed));
        let target = self.history.last().and_then(|&id| self.commands[id as usize].arguments[0].words.first());
        [
            flag(remembers),
            flag(remembered > 0),
            flag(remembered > 1),
            flag(observed > 0),
            flag(target.is_some_and(|&w| self.task_words.has(w))),
            flag(self.news),
            self.step as f32 / (self.step + 10) as f32,
        ]
    }
}

fn flag(condition: bool) -> f32 {
    if condition { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::directives::{Firing, RuleId};
    use crate::policy::tokens::word_id;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|t| t.to_string()).collect()
    }

    fn row(decision: &Decision, action: usize) -> &[f32] {
        &decision.lexical[action * LEXICAL..(action + 1) * LEXICAL]
    }

    #[test]
    fn overlap_tells_object_from_place() {
        let mut f = Featurizer::new();
        f.start("put a hot mug in coffeemachine.", "You see a shelf 1, a shelf 2 and a coffeemachine 1.");
        f.observe("go to shelf 1", "On the shelf 1, you see a mug 3 and a pen 1.");
        let admissible =
            strings(&["take mug 3 from shelf 1", "take pen 1 from shelf 1", "go to coffeemachine 1", "go to shelf 2"]);
        let memory = strings(&["at shelf 1"]);
        let d = f.decision(&admissible, &memory, &Directives::default(), &[]).expect("no marks");
        let (mug, pen, machine, shelf) = (row(&d, 0), row(&d, 1), row(&d, 2), row(&d, 3));
        assert_eq!((mug[0], mug[1], mug[2]), (0.5, 1.0, 0.0)); // the mug is in the task, the shelf is not
        assert_eq!((pen[0], machine[0]), (0.0, 1.0));
        assert_eq!((mug[5], mug[6], shelf[5]), (1.0, 1.0, 0.0)); // mug 3 and shelf 1 are in view, shelf 2 is not
        assert_eq!((mug[9], shelf[8]), (1.0, 0.0)); // the memory speaks of shelf 1
        assert_eq!((mug[17], shelf[17]), (1.0, 0.0)); // shelf 1 was visited, shelf 2 was not
        assert_eq!((machine[15], mug[15]), (1.0, 0.0)); // `go` again
        assert_eq!((mug[20], mug[21], machine[21]), (0.0, 1.0, 0.5));
        assert!(d.lexical.iter().all(|x| (0.0..=1.0).contains(x)));
        assert_eq!(d.lexical.len(), 4 * LEXICAL);
    }

    #[test]
    fn repeats_are_counted_and_age() {
        let mut f = Featurizer::new();
        f.start("find the lamp", "A room.");
        let actions = strings(&["open box 1", "look"]);
        let at = |f: &mut Featurizer| f.decision(&actions, &[], &Directives::default(), &[]).expect("no marks");
        assert_eq!(row(&at(&mut f), 0)[12..20], [0.0; 8]);
        f.observe("open box 1", "It is empty.");
        let d = at(&mut f);
        assert_eq!((row(&d, 0)[12], row(&d, 0)[14], row(&d, 0)[19]), (1.0, 1.0, 1.0));
        f.observe("look", "A room.");
        let d = at(&mut f);
        assert_eq!((row(&d, 0)[12], row(&d, 0)[14], row(&d, 0)[19]), (1.0, 0.0, 0.5));
        assert_eq!(row(&d, 1)[14], 1.0);
    }

    #[test]
    fn places_and_things_keep_their_past() {
        let mut f = Featurizer::new();
        f.start("put two mug in safe.", "You see a shelf 1, a shelf 2 and a safe 1.");
        f.observe("go to shelf 1", "On the shelf 1, you see a mug 1 and a mug 2.");
        f.observe("go to shelf 2", "On the shelf 2, you see nothing.");
        f.observe("take mug 1 from shelf 1", "You pick up the mug 1.");
        let actions = strings(&["go to shelf 1", "go to shelf 2", "put mug 1 on shelf 1", "put mug 2 on safe 1"]);
        let d = f.decision(&actions, &[], &Directives::default(), &[]).expect("no marks");
        // Wanted things there, thing used, both things together before, same thing as just now, verb used, both in the task.
        assert_eq!(row(&d, 0)[22..], [1.0, 1.0, 0.0, 0.0, 1.0, 0.0]); // mug 2 is still there
        assert_eq!(row(&d, 1)[22..], [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
        assert_eq!(row(&d, 2)[22..], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
        assert_eq!(row(&d, 3)[22..], [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn the_situation_tells_what_is_at_hand() {
        let mut f = Featurizer::new();
        f.start("put a hot mug in safe.", "A safe 1 and a shelf 1.");
        let at = |f: &mut Featurizer, memory: &[&str]| {
            f.decision(&[], &strings(memory), &Directives::default(), &[]).expect("no marks").situation
        };
        assert_eq!(at(&mut f, &[]), [0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
        f.observe("go to safe 1", "The shelf 1.");
        assert_eq!(at(&mut f, &["holding pen 1"]), [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0 / 11.0]);
        assert_eq!(at(&mut f, &["holding mug 1", "hot mug 1"])[..3], [1.0, 1.0, 1.0]);
    }

    #[test]
    fn a_used_featurizer_equals_a_fresh_one() {
        let play = |f: &mut Featurizer| {
            f.start("take the red book", "A desk 1.");
            f.observe("go to desk 1", "A red book 2.");
            f.decision(&strings(&["take book 2", "drop book"]), &strings(&["at desk 1"]), &Directives::default(), &[])
        };
        let mut used = Featurizer::new();
        used.start("other words entirely", "book 2, desk 1 and a pen 4");
        used.observe("take pen 4", "Taken.");
        assert_eq!(play(&mut used), play(&mut Featurizer::new()));
    }

    #[test]
    fn segments_hold_their_texts() {
        let mut f = Featurizer::new();
        f.start("Heat the mug.", "Nothing here.");
        for i in 0..6 {
            f.observe(&format!("go door{i}"), "A hall.");
        }
        let fired = vec![Firing { rule: RuleId { skill: 0, rule: 0 }, advice: Some("Use the microwave 1.".into()) }];
        let d = f
            .decision(&[], &strings(&["holding mug 1"]), &Directives { fired, ..Directives::default() }, &[])
            .expect("no marks");
        let ids = |words: &[&str]| words.iter().map(|w| word_id(w)).collect::<Vec<_>>();
        assert_eq!(d.task[..], ids(&["heat", "the", "mug"]));
        assert_eq!(d.observation[..], ids(&["a", "hall"]));
        assert_eq!(d.memory[..], ids(&["holding", "mug"]));
        assert_eq!(d.history[..], ids(&["go", "door5", "door4", "door3", "door2"]));
        assert_eq!(d.advice[..], ids(&["use", "the", "microwave"]));
    }
}
