//! Sentences of observations, and templates of those that come back with other items in them. The same for tasks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::tokens::{Inventory, Kind, Phrase, Piece, Template, Type, Word, readable, words};
use crate::engine::value::is_article;
use crate::episode::Trajectory;

/// At most so many patterns, the most frequent ones.
const MOST: usize = 24;
const MOST_TASKS: usize = 12;
/// A sentence must come so often, in so many forms.
const LEAST: usize = 3;
const LEAST_DIFFERENT: usize = 2;
/// Longer sentences, and those with more captures, are stories.
const LONGEST: usize = 30;
const SLOTS: usize = 4;
/// Phrases are looked for up to this length.
const PHRASE: usize = 6;

/// A template of observations.
#[derive(Debug, Clone)]
pub(super) struct Observed {
    pub(super) template: Template,
    /// It occurs several times in one observation.
    pub(super) each: bool,
}

/// All that was seen, cut into sentences.
#[derive(Debug, Clone, Default)]
pub(super) struct Sentences {
    /// By observation; a sentence has its final mark.
    observations: Vec<Vec<Vec<Word>>>,
    /// All runs of up to [`PHRASE`] tokens.
    runs: HashSet<Phrase>,
}

impl Sentences {
    pub(super) fn of(episodes: &[Trajectory]) -> Sentences {
        let mut sentences = Sentences::default();
        for episode in episodes {
            for text in std::iter::once(&episode.first).chain(episode.steps.iter().map(|s| &s.observation)) {
                let words = words(text);
                for start in 0..words.len() {
                    for length in 1..=PHRASE.min(words.len() - start) {
                        sentences.runs.insert(words[start..start + length].to_vec());
                    }
                }
                let ends = |w: &Word| w.kind == Kind::Break || matches!(w.text.as_str(), "." | "!" | "?");
                let cut = words.split_inclusive(ends).map(|sentence| match sentence.split_last() {
                    Some((last, rest)) if last.kind == Kind::Break => rest.to_vec(),
                    _ => sentence.to_vec(),
                });
                sentences.observations.push(cut.filter(|s| !s.is_empty()).collect());
            }
        }
        sentences
    }

    /// Whether the phrase occurs in an observation. Longer ones than are kept count as not seen.
    pub(super) fn mention(&self, phrase: &[Word]) -> bool {
        self.runs.contains(phrase)
    }
}

/// A sentence with its items as slots.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Seen {
    Literal(Word),
    Item(Phrase),
    /// Several items, or none: "nothing".
    List(Vec<Word>),
}

impl Seen {
    fn word(&self) -> Option<&str> {
        if let Seen::Literal(word) = self { Some(&word.text) } else { None }
    }
}

/// The forms of one template.
#[derive(Debug, Default)]
struct Group {
    count: usize,
    forms: BTreeMap<String, usize>,
    list: Vec<bool>,
    each: bool,
}

/// The forms of one task, and what fills its slots.
#[derive(Debug, Default)]
struct Asked {
    forms: BTreeMap<String, usize>,
    slots: Vec<BTreeSet<Phrase>>,
}

/// Templates of what was observed.
pub(super) fn find(sentences: &Sentences, inventory: &Inventory) -> Vec<Observed> {
    let mut groups: BTreeMap<Vec<Piece>, Group> = BTreeMap::new();
    for observation in &sentences.observations {
        let mut here: BTreeMap<Vec<Piece>, usize> = BTreeMap::new();
        for sentence in observation.iter().filter(|s| s.len() <= LONGEST) {
            let seen = listed(without_articles(items(sentence, inventory)));
            let (pieces, list) = pieces(&seen);
            let group = groups.entry(pieces.clone()).or_default();
            group.count += 1;
            let words = sentence.iter().map(|w| (w.text.clone(), w.kind));
            *group.forms.entry(readable(words)).or_default() += 1;
            group.list.resize(list.len(), false);
            group.list.iter_mut().zip(list).for_each(|(all, one)| *all |= one);
            *here.entry(pieces).or_default() += 1;
        }
        for (pieces, _) in here.into_iter().filter(|(_, times)| *times > 1) {
            groups.entry(pieces).or_default().each = true;
        }
    }
    let fits = |(pieces, group): &(Vec<Piece>, Group)| {
        let literal = pieces.iter().filter(|p| matches!(p, Piece::Literal(w) if w.kind == Kind::Word)).count();
        let slots = group.list.len();
        let apart = pieces.windows(2).all(|pair| !matches!(pair, [Piece::Slot(_), Piece::Slot(_)]));
        literal >= 2
            && (1..=SLOTS).contains(&slots)
            && apart
            && group.count >= LEAST
            && group.forms.len() >= LEAST_DIFFERENT
    };
    let mut found: Vec<(Vec<Piece>, Group)> = groups.into_iter().filter(fits).collect();
    found.sort_by_key(|(_, group)| Reverse(group.count));
    found.truncate(MOST);
    let observed = |(pieces, group): (Vec<Piece>, Group)| {
        let types = group.list.iter().map(|list| if *list { Type::List } else { Type::Item }).collect();
        Observed { template: template(pieces, types, &group.forms), each: group.each }
    };
    found.into_iter().map(observed).collect()
}

/// Templates of the task sentences, with kinds for slots.
pub(super) fn tasks(episodes: &[Trajectory], inventory: &Inventory) -> Vec<Template> {
    let mut groups: BTreeMap<Vec<Piece>, Asked> = BTreeMap::new();
    for text in episodes.iter().map(|e| e.task.trim()).filter(|task| !task.is_empty()) {
        let (mut pieces, mut fillers) = (Vec::new(), Vec::new());
        let words = words(text);
        let mut at = 0;
        while at < words.len() {
            let after_slot = matches!(pieces.last(), Some(Piece::Slot(_)));
            match inventory.kind_at(&words[at..]).filter(|_| !after_slot && fillers.len() < SLOTS) {
                Some(length) => {
                    pieces.push(Piece::Slot(fillers.len()));
                    fillers.push(words[at..at + length].to_vec());
                    at += length;
                }
                None => {
                    pieces.push(Piece::Literal(words[at].clone()));
                    at += 1;
                }
            }
        }
        let Asked { forms, slots } = groups.entry(pieces).or_default();
        *forms.entry(text.to_owned()).or_default() += 1;
        slots.resize(fillers.len(), BTreeSet::new());
        slots.iter_mut().zip(fillers).for_each(|(slot, filler)| {
            slot.insert(filler);
        });
    }
    let mut found: Vec<Template> = groups
        .into_iter()
        .map(|(pieces, Asked { forms, slots })| {
            // Where every episode has the same words in a slot, they are no capture.
            let fixed: Vec<Option<&Phrase>> =
                slots.iter().map(|s| s.first().filter(|_| s.len() == 1 && forms.len() == 1)).collect();
            let mut open = 0;
            let filled = pieces.into_iter().flat_map(|piece| match piece {
                Piece::Slot(at) => match fixed[at] {
                    Some(phrase) => phrase.iter().cloned().map(Piece::Literal).collect(),
                    None => {
                        open += 1;
                        vec![Piece::Slot(open - 1)]
                    }
                },
                literal => vec![literal],
            });
            let pieces: Vec<Piece> = filled.collect();
            template(pieces, vec![Type::Kind; fixed.iter().filter(|f| f.is_none()).count()], &forms)
        })
        .collect();
    found.sort_by_key(|task| Reverse(task.count));
    found.truncate(MOST_TASKS);
    found
}

fn template(pieces: Vec<Piece>, types: Vec<Type>, forms: &BTreeMap<String, usize>) -> Template {
    let sample = forms.iter().max_by_key(|(_, times)| **times).map(|(form, _)| form.clone()).unwrap_or_default();
    Template { pieces, types, count: forms.values().sum(), different: forms.len(), sample }
}

fn items(sentence: &[Word], inventory: &Inventory) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut at = 0;
    while at < sentence.len() {
        match inventory.item_at(&sentence[at..]) {
            Some(length) => {
                seen.push(Seen::Item(sentence[at..at + length].to_vec()));
                at += length;
            }
            None => {
                let word = &sentence[at];
                let nothing = word.text == "nothing";
                seen.push(if nothing { Seen::List(vec![word.clone()]) } else { Seen::Literal(word.clone()) });
                at += 1;
            }
        }
    }
    seen
}

/// Captures of items drop their article.
fn without_articles(seen: Vec<Seen>) -> Vec<Seen> {
    let mut out: Vec<Seen> = Vec::with_capacity(seen.len());
    for one in seen {
        if matches!(one, Seen::Item(_)) && out.last().and_then(Seen::word).is_some_and(is_article) {
            out.pop();
        }
        out.push(one);
    }
    out
}

/// Items joined by commas and "and" are a list.
fn listed(seen: Vec<Seen>) -> Vec<Seen> {
    let mut out: Vec<Seen> = Vec::with_capacity(seen.len());
    for one in seen {
        let Seen::Item(phrase) = one else {
            out.push(one);
            continue;
        };
        let joints = out.iter().rev().take_while(|s| matches!(s.word(), Some("," | "and"))).count();
        let before = out.len().checked_sub(joints + 1).map(|at| out[at].clone());
        match before {
            Some(Seen::Item(first) | Seen::List(first)) if joints > 0 => {
                out.truncate(out.len() - joints - 1);
                out.push(Seen::List([first, phrase].concat()));
            }
            _ => out.push(Seen::Item(phrase)),
        }
    }
    out
}

/// The template of a sentence, and which of its slots is a list.
fn pieces(seen: &[Seen]) -> (Vec<Piece>, Vec<bool>) {
    let (mut pieces, mut list) = (Vec::new(), Vec::new());
    for one in seen {
        match one {
            Seen::Literal(word) => pieces.push(Piece::Literal(word.clone())),
            Seen::Item(_) | Seen::List(_) => {
                pieces.push(Piece::Slot(list.len()));
                list.push(matches!(one, Seen::List(_)));
            }
        }
    }
    (pieces, list)
}
