//! Invented facts and the passages that tell them. In: the tables and a seed. Out: [`Facts`]: things with unique names, one fact of
//! each relation for each thing it applies to, and a passage for each thing; names that several people share have a passage that lists
//! them.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::data::{Kind, Object, Tables, lists};
use crate::world::WorldError;
use crate::world::draw::{pick, seeded};

/// A name that is taken is drawn again, at most this often.
const REDRAWS: usize = 1000;
/// Bearers of a name that its passage lists.
const BEARERS: usize = 6;

/// What can be looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    pub title: String,
    pub text: String,
}

/// A thing.
#[derive(Debug)]
pub struct Thing {
    /// By position.
    pub kind: usize,
    pub name: String,
    /// Whether questions for `seen` start at it, and others do not.
    pub seen: bool,
}

/// The second part of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// By position.
    Thing(usize),
    Number(u32),
}

/// All things and what is known of them.
#[derive(Debug)]
pub struct Facts {
    pub things: Vec<Thing>,
    /// Positions by kind.
    pub of_kind: Vec<Vec<usize>>,
    /// By relation, then by thing; none where the relation does not apply.
    values: Vec<Vec<Option<Value>>>,
}

/// Share of the things that questions of `seen` start at.
const SEEN: f64 = 0.2;

impl Facts {
    /// Draws things and facts.
    ///
    /// # Errors
    /// [`WorldError::Data`] if there are too few words for so many names.
    pub fn new(tables: &Tables, seed: u64) -> Result<Facts, WorldError> {
        let (mut things, mut of_kind, mut taken) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (position, kind) in tables.kinds.iter().enumerate() {
            let rng = &mut seeded(seed, "names", position as u64, 0);
            let from = things.len();
            for _ in 0..kind.count {
                let name = (0..REDRAWS).map(|_| name(tables, kind, rng)).find(|name| !taken.contains(name));
                let name = name.ok_or_else(|| WorldError::Data {
                    file: "words.toml".to_owned(),
                    message: format!("expected more words: not enough for {} names like {}", kind.count, kind.name[0]),
                })?;
                taken.insert(name.clone());
                things.push(Thing { kind: position, name, seen: rng.random_bool(SEEN) });
            }
            of_kind.push((from..things.len()).collect());
        }
        let mut facts = Facts { things, of_kind, values: Vec::new() };
        for (position, relation) in tables.relations.iter().enumerate() {
            let rng = &mut seeded(seed, "facts", position as u64, 0);
            let draw = |thing: usize| {
                let applies = relation.subjects.contains(&facts.things[thing].kind);
                applies.then(|| match &relation.object {
                    Object::Number { low, high, .. } => Some(Value::Number(rng.random_range(*low..=*high))),
                    Object::Things(kinds) => {
                        let others = kinds.iter().flat_map(|&kind| &facts.of_kind[kind]).filter(|&&o| o != thing);
                        let others: Vec<usize> = others.copied().collect();
                        (!others.is_empty()).then(|| Value::Thing(others[rng.random_range(0..others.len())]))
                    }
                })?
            };
            let values = (0..facts.things.len()).map(draw).collect();
            facts.values.push(values);
        }
        Ok(facts)
    }

    pub fn value(&self, relation: usize, thing: usize) -> Option<Value> {
        self.values[relation][thing]
    }

    /// The value as text.
    pub fn said(&self, tables: &Tables, relation: usize, value: Value) -> String {
        match (value, &tables.relations[relation].object) {
            (Value::Thing(thing), _) => self.things[thing].name.clone(),
            (Value::Number(n), Object::Number { year: false, .. }) if n >= 1000 => {
                format!("{},{:03}", n / 1000, n % 1000)
            }
            (Value::Number(n), _) => n.to_string(),
        }
    }

    /// A passage for each thing, in order, then those of shared names.
    pub fn passages(&self, tables: &Tables, seed: u64) -> Vec<Passage> {
        let mut passages: Vec<Passage> =
            (0..self.things.len()).map(|thing| self.passage(tables, seed, thing)).collect();
        let mut bearers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for thing in self.things.iter().filter(|thing| tables.kinds[thing.kind].group.is_some()) {
            if let Some((_, last)) = thing.name.rsplit_once(' ') {
                bearers.entry(last).or_default().push(&thing.name);
            }
        }
        let taken = |name: &str| self.things.iter().any(|thing| thing.name == name);
        for (name, all) in bearers.into_iter().filter(|(name, all)| all.len() > 1 && !taken(name)) {
            let listed = all[..all.len().min(BEARERS)].join(", ");
            let text = format!("{name} may refer to {listed}{}.", if all.len() > BEARERS { " and others" } else { "" });
            passages.push(Passage { title: name.to_owned(), text });
        }
        passages
    }

    fn passage(&self, tables: &Tables, seed: u64, thing: usize) -> Passage {
        let rng = &mut seeded(seed, "passage", thing as u64, 0);
        let Thing { kind, name, .. } = &self.things[thing];
        let mut sentences = Vec::new();
        for (position, relation) in tables.relations.iter().enumerate() {
            let Some(value) = self.value(position, thing) else { continue };
            let mut sentence = pick(&relation.says, rng).replace("{s}", name);
            if let (Some(tells), Value::Thing(object)) = (relation.tells, value)
                && let Some(told) = self.value(tells, object)
            {
                sentence = sentence.replace("{t}", &self.said(tables, tells, told));
            }
            sentences.push(sentence.replace("{o}", &self.said(tables, position, value)));
        }
        sentences.shuffle(rng);
        let intro = pick(&tables.kinds[*kind].intro, rng).replace("{s}", name);
        Passage { title: name.clone(), text: format!("{intro} {}", sentences.join(" ")).trim().to_owned() }
    }
}

fn name(tables: &Tables, kind: &Kind, rng: &mut ChaCha8Rng) -> String {
    let mut name = pick(&kind.name, rng).clone();
    for list in lists(&name.clone()) {
        name = name.replacen(&format!("{{{list}}}"), pick(&tables.words[list], rng), 1);
    }
    name
}
