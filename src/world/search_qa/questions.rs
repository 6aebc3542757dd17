//! Questions about the facts. In: tables, facts, and (split, index). Out: [`Question`]s, always the same for the same seed, split and
//! index. `unseen` asks in shapes or about relations that training never has; `seen` asks about other things than training.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::data::{Relation, Shape, Tables};
use super::facts::{Facts, Value};
use crate::world::WorldError;
use crate::world::draw::{pick, seeded};
use crate::world::splits::SPLITS;

/// Passages that have to be read, at most: a search each, and a turn for the answer.
const READ: usize = 3;
/// A question that does not belong to the split is drawn again, at most this often.
const REDRAWS: usize = 10_000;

/// One question.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Question {
    pub text: String,
    /// For reports.
    pub kind: String,
    /// Any of these counts as right.
    pub answers: Vec<String>,
    /// The passages that hold what is needed, by position, in the order in which they can be found.
    pub needs: Vec<usize>,
    /// Names of the relations it is about.
    pub relations: Vec<String>,
}

/// Makes questions for one split.
pub struct Questioner<'a> {
    pub tables: &'a Tables,
    pub facts: &'a Facts,
    /// Position in [`SPLITS`].
    pub split: usize,
}

impl Questioner<'_> {
    /// The question at an index.
    ///
    /// # Errors
    /// [`WorldError::Data`] if the tables allow none.
    pub fn question(&self, seed: u64, index: usize) -> Result<Question, WorldError> {
        let rng = &mut seeded(seed, "question", self.split as u64, index as u64);
        let shares: u32 = self.tables.shapes.iter().map(|(_, shape)| shape.share).sum();
        for _ in 0..REDRAWS {
            let mut ticket = rng.random_range(0..shares);
            let drawn = self.tables.shapes.iter().find(|(_, shape)| {
                let here = ticket < shape.share;
                ticket = ticket.saturating_sub(shape.share);
                here
            });
            let Some((name, shape)) = drawn else { continue };
            let made = if shape.compare {
                self.comparison(shape, rng)
            } else if shape.both {
                self.both(rng)
            } else {
                self.chain(shape, rng)
            };
            if let Some(question) = made.filter(|question| self.belongs(shape, question)) {
                return Ok(Question { kind: name.clone(), ..question });
            }
        }
        let message = format!("no question for the split `{}`; expected more relations and shapes", SPLITS[self.split]);
        Err(WorldError::Data { file: "shapes.toml".to_owned(), message })
    }

    fn belongs(&self, shape: &Shape, question: &Question) -> bool {
        let unseen = |name: &String| self.tables.relations.iter().any(|r| r.unseen && r.name == *name);
        let new = shape.unseen || question.relations.iter().any(unseen);
        new == (self.split == 2) && question.needs.len() <= READ
    }

    /// A thing of the kinds that questions of this split may start at.
    fn start(&self, kinds: &[usize], rng: &mut ChaCha8Rng) -> Option<usize> {
        let of_kind = &self.facts.of_kind[kinds[rng.random_range(0..kinds.len())]];
        let thing = of_kind[rng.random_range(0..of_kind.len())];
        // Where relations or shapes are new, any thing will do.
        (self.split == 2 || self.facts.things[thing].seen == (self.split == 1)).then_some(thing)
    }

    fn relation(&self, rng: &mut ChaCha8Rng, is: impl Fn(&Relation) -> bool) -> Option<usize> {
        let relations = &self.tables.relations;
        let fitting: Vec<usize> = (0..relations.len()).filter(|&r| is(&relations[r])).collect();
        (!fitting.is_empty()).then(|| fitting[rng.random_range(0..fitting.len())])
    }

    /// "Who is the mayor of the birthplace of the author of The Silent Harbour?"
    fn chain(&self, shape: &Shape, rng: &mut ChaCha8Rng) -> Option<Question> {
        let Questioner { tables, facts, .. } = self;
        let first = self.relation(rng, |r| r.noun.is_some())?;
        let mut thing = self.start(&tables.relations[first].subjects, rng)?;
        let mut phrase = facts.things[thing].name.clone();
        let (mut path, mut visited) = (Vec::new(), vec![thing]);
        for hop in 1..shape.hops {
            let here = |r: &Relation| r.subjects.contains(&facts.things[thing].kind) && r.noun.is_some();
            let relation = if hop == 1 { first } else { self.relation(rng, here)? };
            let Value::Thing(next) = facts.value(relation, thing)? else { return None };
            if visited.contains(&next) {
                return None;
            }
            phrase = format!("the {} of {phrase}", tables.relations[relation].noun.as_ref()?);
            path.push(relation);
            visited.push(next);
            thing = next;
        }
        let last = self.relation(rng, |r| r.subjects.contains(&facts.things[thing].kind))?;
        let value = facts.value(last, thing)?;
        if matches!(value, Value::Thing(end) if visited.contains(&end)) {
            return None;
        }
        path.push(last);
        let (mut needs, mut hop) = (Vec::new(), 0);
        while hop < path.len() {
            needs.push(visited[hop]);
            let told = path.get(hop + 1).is_some_and(|&next| tables.relations[path[hop]].tells == Some(next));
            hop += if told { 2 } else { 1 };
        }
        Some(Question {
            text: pick(&tables.relations[last].ask, rng).replace("{s}", &phrase),
            answers: vec![facts.said(tables, last, value)],
            needs,
            relations: path.iter().map(|&r| tables.relations[r].name.clone()).collect(),
            ..Question::default()
        })
    }

    /// "Who was born first, Maron Velsky or Ilda Ardmoor?"; through a hop, "…, the author of The Silent Harbour or Ilda Ardmoor?"
    fn comparison(&self, shape: &Shape, rng: &mut ChaCha8Rng) -> Option<Question> {
        let Questioner { tables, facts, .. } = self;
        let relation = self.relation(rng, |r| !r.earlier.is_empty() || !r.more.is_empty())?;
        let compared = &tables.relations[relation];
        let mut relations = vec![compared.name.clone()];
        let (a, named, mut needs) = if shape.hops == 0 {
            let a = self.start(&compared.subjects, rng)?;
            (a, facts.things[a].name.clone(), Vec::new())
        } else {
            let hop = self.relation(rng, |r| r.noun.is_some())?;
            let from = self.start(&tables.relations[hop].subjects, rng)?;
            let Value::Thing(a) = facts.value(hop, from)? else { return None };
            relations.push(tables.relations[hop].name.clone());
            (a, format!("the {} of {}", tables.relations[hop].noun.as_ref()?, facts.things[from].name), vec![from])
        };
        let b = self.start(&compared.subjects, rng)?;
        let (Value::Number(one), Value::Number(other)) = (facts.value(relation, a)?, facts.value(relation, b)?) else {
            return None;
        };
        if one == other || a == b || needs.contains(&b) {
            return None;
        }
        let earlier = compared.more.is_empty() || !compared.earlier.is_empty() && rng.random_bool(0.5);
        let text = pick(if earlier { &compared.earlier } else { &compared.more }, rng);
        needs.extend([a, b]);
        let answer = if (one < other) == earlier { a } else { b };
        Some(Question {
            text: text.replace("{a}", &named).replace("{b}", &facts.things[b].name),
            answers: vec![facts.things[answer].name.clone()],
            needs,
            relations,
            ..Question::default()
        })
    }

    /// "Are Alvarra and Brenholm both in Cormania?"; as often yes as no.
    fn both(&self, rng: &mut ChaCha8Rng) -> Option<Question> {
        let Questioner { tables, facts, .. } = self;
        let relation = self.relation(rng, |r| !r.both.is_empty())?;
        let asked = &tables.relations[relation];
        let a = self.start(&asked.subjects, rng)?;
        let value = facts.value(relation, a)?;
        let yes = rng.random_bool(0.5);
        let fits = |b: &usize| *b != a && (facts.value(relation, *b) == Some(value)) == yes;
        let b = (0..REDRAWS).filter_map(|_| self.start(&asked.subjects, rng)).find(fits)?;
        let text = pick(&asked.both, rng);
        let [a_name, b_name] = [a, b].map(|thing| &facts.things[thing].name);
        let text = text.replace("{a}", a_name).replace("{b}", b_name);
        Some(Question {
            text: text.replace("{o}", &facts.said(tables, relation, value)),
            answers: vec![if yes { "yes" } else { "no" }.to_owned()],
            needs: vec![a, b],
            relations: vec![asked.name.clone()],
            ..Question::default()
        })
    }
}
