//! Templates of actions. In: actions with their counts; out: templates, and which action is which template with which
//! fillers.
//!
//! An action begins with its verb. After it come phrases, and between phrases words that hold them together ("from",
//! "with"): such a word follows what ends an action elsewhere, and never ends one itself. Actions with the same verb and the
//! same words between are one template; its phrases are captures if they vary here, or are known to vary elsewhere.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::observations::Sentences;
use super::tokens::{Inventory, Kind, Phrase, Piece, Template, Type, Word, is_item, words};

/// At most this many templates, the most frequent ones.
const MOST: usize = 64;
/// Tokens of a capture of type `words`.
const LONGEST_WORDS: usize = 8;

/// A template of actions with the fillers of each slot.
#[derive(Debug, Clone)]
pub(super) struct ActionTemplate {
    pub(super) template: Template,
    fillers: Vec<BTreeSet<Phrase>>,
}

/// An action as a template with fillers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) template: usize,
    pub(super) fillers: Vec<Phrase>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Actions {
    pub(super) templates: Vec<ActionTemplate>,
    readings: BTreeMap<String, Reading>,
}

/// One action, cut up: words that stand between, and phrases.
#[derive(Debug, Clone)]
struct Cut {
    raw: String,
    count: usize,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Between(Word),
    Phrase(Phrase),
}

/// The verb and the words between; phrases are left open.
type Frame = Vec<Option<Word>>;

impl Cut {
    fn frame(&self) -> Frame {
        let open = |part: &Part| if let Part::Between(word) = part { Some(word.clone()) } else { None };
        self.parts.iter().map(open).collect()
    }

    fn phrases(&self) -> impl Iterator<Item = &Phrase> {
        self.parts.iter().filter_map(|part| if let Part::Phrase(phrase) = part { Some(phrase) } else { None })
    }
}

impl Actions {
    pub(super) fn find(counts: &BTreeMap<String, usize>, sentences: &Sentences) -> Actions {
        let mut groups: BTreeMap<Frame, Vec<Cut>> = BTreeMap::new();
        for cut in cut_all(counts) {
            groups.entry(cut.frame()).or_default().push(cut);
        }
        strip_prefixes(&mut groups);
        let varying: BTreeSet<Phrase> =
            groups.values().flat_map(|cuts| slots(cuts)).filter(|s| s.len() > 1).flatten().collect();
        let mut found: Vec<(ActionTemplate, Vec<Cut>, Vec<bool>)> = Vec::new();
        for cuts in groups.into_values() {
            let slots = slots(&cuts);
            let open: Vec<bool> = slots.iter().map(|s| s.len() > 1 || s.iter().any(|p| varying.contains(p))).collect();
            found.push((template(&cuts, &slots, &open, sentences), cuts, open));
        }
        found.sort_by_key(|(action, ..)| Reverse(action.template.count));
        found.truncate(MOST);
        let mut actions = Actions::default();
        for (at, (template, cuts, open)) in found.into_iter().enumerate() {
            for cut in cuts {
                let fillers = cut.phrases().zip(&open).filter(|(_, open)| **open).map(|(p, _)| p.clone()).collect();
                actions.readings.insert(cut.raw, Reading { template: at, fillers });
            }
            actions.templates.push(template);
        }
        actions
    }

    pub(super) fn reading(&self, action: &str) -> Option<&Reading> {
        self.readings.get(action)
    }

    /// What fills slots of items.
    pub(super) fn inventory(&self) -> Inventory {
        let filled = self.templates.iter().flat_map(|t| t.fillers.iter().zip(&t.template.types));
        Inventory::new(filled.filter(|(_, ty)| **ty == Type::Item).flat_map(|(fillers, _)| fillers.iter().cloned()))
    }
}

fn cut_all(counts: &BTreeMap<String, usize>) -> Vec<Cut> {
    let lexed: Vec<(&String, usize, Vec<Word>)> = counts.iter().map(|(raw, n)| (raw, *n, words(raw))).collect();
    let ends: BTreeSet<Word> =
        lexed.iter().filter(|(_, _, w)| w.len() > 1).filter_map(|(_, _, w)| w.last()).cloned().collect();
    let cut = |refused: &BTreeSet<Word>| -> Vec<Cut> {
        let filled = lexed.iter().filter(|(_, _, words)| !words.is_empty());
        filled
            .map(|(raw, n, words)| Cut { raw: (*raw).clone(), count: *n, parts: parts(words, &ends, refused) })
            .collect()
    };
    // A word that always stands between the same two phrases belongs to a name.
    let first = cut(&BTreeSet::new());
    let mut around: BTreeMap<&Word, [BTreeSet<&Phrase>; 2]> = BTreeMap::new();
    for cut in &first {
        for window in cut.parts.windows(3) {
            if let [Part::Phrase(left), Part::Between(word), Part::Phrase(right)] = window {
                let [lefts, rights] = around.entry(word).or_default();
                lefts.insert(left);
                rights.insert(right);
            }
        }
    }
    let refused: BTreeSet<Word> = around
        .into_iter()
        .filter(|(word, [left, right])| word.kind == Kind::Word && left.len() < 2 && right.len() < 2)
        .map(|(word, _)| word.clone())
        .collect();
    if refused.is_empty() { first } else { cut(&refused) }
}

fn parts(words: &[Word], ends: &BTreeSet<Word>, refused: &BTreeSet<Word>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let ended = matches!(parts.last(), Some(Part::Phrase(phrase))
            if phrase.last().is_some_and(|last| last.kind == Kind::Number || ends.contains(last)));
        let between = at == 0
            || matches!(word.kind, Kind::Mark | Kind::Break)
            || (ended && word.kind == Kind::Word && !ends.contains(word) && !refused.contains(word));
        match parts.last_mut() {
            _ if between => parts.push(Part::Between(word.clone())),
            Some(Part::Phrase(phrase)) => phrase.push(word.clone()),
            _ => parts.push(Part::Phrase(vec![word.clone()])),
        }
    }
    parts
}

/// The different fillers of each phrase of a group, in order.
fn slots(cuts: &[Cut]) -> Vec<BTreeSet<Phrase>> {
    let mut slots: Vec<BTreeSet<Phrase>> = Vec::new();
    for cut in cuts {
        for (at, phrase) in cut.phrases().enumerate() {
            if slots.len() <= at {
                slots.push(BTreeSet::new());
            }
            slots[at].insert(phrase.clone());
        }
    }
    slots
}

/// A word that begins every phrase of one slot, and no phrase elsewhere, is no part of the phrase: "go | to shelf 1".
fn strip_prefixes(groups: &mut BTreeMap<Frame, Vec<Cut>>) {
    loop {
        let all: Vec<(&Frame, usize, BTreeSet<Phrase>)> = groups
            .iter()
            .flat_map(|(frame, cuts)| slots(cuts).into_iter().enumerate().map(move |(at, slot)| (frame, at, slot)))
            .collect();
        let begins = |slot: &BTreeSet<Phrase>, word: &Word| slot.iter().any(|phrase| phrase.first() == Some(word));
        let found = all.iter().find_map(|(frame, at, slot)| {
            let word = slot.first()?.first()?.clone();
            let whole = slot.len() > 2 && slot.iter().all(|p| p.len() > 1 && p[0] == word) && word.kind == Kind::Word;
            // In another group of the same verb it may do the same.
            let alone = |(other, place, slot): &(&Frame, usize, BTreeSet<Phrase>)| {
                (other, place) == (frame, at) || other.first() == frame.first() || !begins(slot, &word)
            };
            (whole && all.iter().all(alone)).then(|| ((*frame).clone(), *at, word))
        });
        let Some((frame, slot, word)) = found else { return };
        let Some(mut cuts) = groups.remove(&frame) else { return };
        for cut in &mut cuts {
            let mut phrases = 0;
            let place = cut.parts.iter().position(|part| {
                phrases += usize::from(matches!(part, Part::Phrase(_)));
                phrases == slot + 1
            });
            let Some(place) = place else { continue };
            if let Part::Phrase(phrase) = &mut cut.parts[place] {
                phrase.remove(0);
            }
            cut.parts.insert(place, Part::Between(word.clone()));
        }
        for cut in cuts {
            groups.entry(cut.frame()).or_default().push(cut);
        }
    }
}

fn template(cuts: &[Cut], slots: &[BTreeSet<Phrase>], open: &[bool], sentences: &Sentences) -> ActionTemplate {
    let mut pieces = Vec::new();
    let (mut phrase_at, mut slot_at) = (0, 0);
    for part in &cuts[0].parts {
        match part {
            Part::Between(word) => pieces.push(Piece::Literal(word.clone())),
            Part::Phrase(phrase) => {
                if open[phrase_at] {
                    pieces.push(Piece::Slot(slot_at));
                    slot_at += 1;
                } else {
                    pieces.extend(phrase.iter().cloned().map(Piece::Literal));
                }
                phrase_at += 1;
            }
        }
    }
    let fillers: Vec<BTreeSet<Phrase>> =
        slots.iter().zip(open).filter(|(_, open)| **open).map(|(s, _)| s.clone()).collect();
    let most = cuts.iter().max_by_key(|cut| cut.count).map(|cut| cut.raw.clone());
    let template = Template {
        pieces,
        types: fillers.iter().map(|fillers| type_of(fillers, sentences)).collect(),
        count: cuts.iter().map(|cut| cut.count).sum(),
        different: cuts.len(),
        sample: most.unwrap_or_default(),
    };
    ActionTemplate { template, fillers }
}

fn type_of(fillers: &BTreeSet<Phrase>, sentences: &Sentences) -> Type {
    if fillers.iter().all(|phrase| phrase.len() == 1 && phrase[0].kind == Kind::Number) {
        return Type::Number;
    }
    let seen = fillers.iter().filter(|phrase| sentences.mention(phrase)).count();
    let readable = fillers.iter().all(|phrase| is_item(phrase));
    let short = fillers.iter().all(|phrase| phrase.len() <= LONGEST_WORDS);
    // What is never spoken of is free text.
    if readable && (seen * 2 >= fillers.len() || !short) { Type::Item } else { Type::Words }
}
