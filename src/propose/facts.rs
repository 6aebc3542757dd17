//! What follows what. In: episodes and templates of actions; out: answers after which nothing had changed, and pairs of
//! templates of which one undoes the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::actions::Actions;
use super::tokens::{Kind, words};
use crate::episode::Trajectory;

/// An answer to an action that did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fails {
    pub(super) text: String,
    pub(super) count: usize,
    /// After so many templates of actions.
    pub(super) templates: usize,
}

/// `initiated` begins what each of `terminated` ends; all are templates whose first slot is the same item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Undone {
    pub(super) initiated: usize,
    pub(super) terminated: Vec<usize>,
    /// How often the first was done, and how often one of the others became possible by it.
    pub(super) done: usize,
    pub(super) opened: usize,
}

/// At most so many answers are proposed.
const MOST_FAILS: usize = 3;
/// An answer of more words tells something.
const LONGEST_FAILS: usize = 16;
/// How often it must be so, of all times: nearly always.
const NEARLY_ALWAYS: f64 = 0.9;

#[derive(Debug, Default)]
struct Answer {
    count: usize,
    /// The admissible actions were known before and after.
    known: usize,
    unchanged: usize,
    templates: BTreeSet<usize>,
    raw: String,
}

/// Answers that came most often after different actions, and after which the same actions were admissible.
pub(super) fn fails(episodes: &[Trajectory], actions: &Actions) -> Vec<Fails> {
    let mut answers: BTreeMap<Vec<String>, Answer> = BTreeMap::new();
    for episode in episodes {
        for (at, step) in episode.steps.iter().enumerate() {
            let words = words(&step.observation);
            if words.is_empty() || words.len() > LONGEST_FAILS || words.iter().any(|w| w.kind == Kind::Break) {
                continue;
            }
            let answer = answers.entry(words.into_iter().map(|w| w.text).collect()).or_default();
            answer.count += 1;
            answer.raw.clone_from(&step.observation);
            answer.templates.extend(actions.reading(&step.action).map(|reading| reading.template));
            if let Some(next) =
                episode.steps.get(at + 1).filter(|n| !n.admissible.is_empty() && !step.admissible.is_empty())
            {
                answer.known += 1;
                answer.unchanged += usize::from(set(&next.admissible) == set(&step.admissible));
            }
        }
    }
    let fits = |answer: &Answer| match answer.known {
        // Without lists of actions only an answer to many different actions is telling.
        0 => answer.templates.len() > 2 && answer.count > 2,
        known => answer.templates.len() > 1 && answer.unchanged as f64 >= NEARLY_ALWAYS * known as f64,
    };
    let mut found: Vec<Answer> = answers.into_values().filter(fits).collect();
    found.sort_by_key(|answer| Reverse(answer.count));
    found.truncate(MOST_FAILS);
    let told = |a: Answer| Fails { text: a.raw.trim().to_owned(), count: a.count, templates: a.templates.len() };
    found.into_iter().map(told).collect()
}

fn set(actions: &[String]) -> BTreeSet<&str> {
    actions.iter().map(String::as_str).collect()
}

/// Counts of one template after another: how often it became possible with the same first filler.
#[derive(Debug, Default)]
struct Opens {
    done: BTreeMap<usize, usize>,
    opened: BTreeMap<(usize, usize), usize>,
}

impl Opens {
    fn count(episodes: &[Trajectory], actions: &Actions, fails: &[Fails]) -> Opens {
        let mut opens = Opens::default();
        for episode in episodes {
            for pair in episode.steps.windows(2) {
                let [step, next] = pair else { continue };
                let Some(reading) = actions.reading(&step.action) else { continue };
                let Some(filler) = reading.fillers.first() else { continue };
                let failed = fails.iter().any(|f| f.text == step.observation.trim());
                if failed || step.admissible.is_empty() || next.admissible.is_empty() {
                    continue;
                }
                *opens.done.entry(reading.template).or_default() += 1;
                let before = set(&step.admissible);
                let fresh = next.admissible.iter().filter(|action| !before.contains(action.as_str()));
                let opened: BTreeSet<usize> = fresh
                    .filter_map(|action| actions.reading(action))
                    .filter(|other| other.template != reading.template && other.fillers.first() == Some(filler))
                    .map(|other| other.template)
                    .collect();
                for other in opened {
                    *opens.opened.entry((reading.template, other)).or_default() += 1;
                }
            }
        }
        opens
    }

    /// Whether `one` nearly always makes `other` possible.
    fn always(&self, one: usize, other: usize, least: usize) -> bool {
        let done = self.done.get(&one).copied().unwrap_or(0);
        let opened = self.opened.get(&(one, other)).copied().unwrap_or(0);
        done >= least && opened as f64 >= NEARLY_ALWAYS * done as f64
    }
}

/// Pairs in which each makes the other possible: what the first begins, the second ends.
pub(super) fn fluents(episodes: &[Trajectory], actions: &Actions, fails: &[Fails]) -> Vec<Undone> {
    let opens = Opens::count(episodes, actions, fails);
    let mut order: Vec<usize> = opens.done.keys().copied().collect();
    order.sort_by_key(|template| Reverse(opens.done[template]));
    let mut found: Vec<Undone> = Vec::new();
    for one in order {
        let inverse = |other: &usize| opens.always(one, *other, 2) && opens.always(*other, one, 1);
        // What ends a fact begins none of its own: it would say the same the other way round.
        let mirrored = |undone: &Undone| undone.terminated.contains(&one);
        let terminated: Vec<usize> = (0..actions.templates.len()).filter(inverse).collect();
        if terminated.is_empty() || found.iter().any(mirrored) {
            continue;
        }
        let opened = terminated.iter().filter_map(|other| opens.opened.get(&(one, *other))).max();
        found.push(Undone { initiated: one, done: opens.done[&one], opened: opened.copied().unwrap_or(0), terminated });
    }
    found
}
