//! A decision as the network sees it, and its marks.
//!
//! In: bags and features from the [`Featurizer`](super::features::Featurizer), directives from the skill engine. Out: a
//! [`Decision`]: self-contained and compact, so that an iteration's thousands can be kept for the update.

use std::sync::Arc;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rustc_hash::FxHashMap;
use thiserror::Error;

use super::tokens::{self, UNKNOWN};
use crate::engine::directives::{Directives, MarkKind};

/// Vocabulary ids of the distinct words of a text, in order of first appearance. Shared: most texts recur.
pub type Bag = Arc<[u16]>;

/// Overlap features per action.
pub const LEXICAL: usize = 28;

/// Overlap features of the decision as a whole.
pub const SITUATION: usize = 7;

/// Skills with marks of their own; the policy has one pair of weights for each.
pub const SLOTS: usize = 32;

/// Columns of [`Mark`]: any prefer, any avoid, prefer of slot 0..32, avoid of slot 0..32.
pub const MARK_COLUMNS: usize = 2 + 2 * SLOTS;

/// A skill's colour on an action: `column` < [`MARK_COLUMNS`] is set for `action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub action: u32,
    pub column: u8,
}

/// One decision as the network sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub task: Bag,
    /// The last observation.
    pub observation: Bag,
    /// Facts that the engine derived from what was read, e.g. `holding mug 1`.
    pub memory: Bag,
    /// The last four actions.
    pub history: Bag,
    /// What the skills advise.
    pub advice: Bag,
    /// One bag per admissible action, its first word first.
    pub actions: Vec<Bag>,
    /// How task, observation and memory overlap.
    pub situation: [f32; SITUATION],
    /// Row-major `[actions, LEXICAL]`.
    pub lexical: Vec<f32>,
    /// Sorted, without repeats.
    pub marks: Vec<Mark>,
    /// Positions of the actions that no policy may take, ascending; at least one action is not among them.
    pub forbidden: Vec<u32>,
}

/// Why a decision could not be described.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FeatureError {
    #[error("skill {skill} of the bank has no policy slot: {known} skills are mapped; map every skill of the bank")]
    NoSlot { skill: u16, known: usize },
    #[error(
        "skill {skill} is mapped to policy slot {slot}, but there are {SLOTS}: retire skills or let some share a slot"
    )]
    SlotRange { skill: u16, slot: u8 },
    #[error("a mark names action {action}, but only {actions} actions are admissible here")]
    NoAction { action: u32, actions: usize },
    #[error("all {actions} actions are forbidden here: nothing is left to choose from")]
    NothingLeft { actions: usize },
}

/// Marks by policy columns, and the forbidden actions, which need none: they are not to be scored. Several rules of a
/// skill, or several skills of a slot, that mark an action alike count once.
pub(super) fn marks(
    directives: &Directives,
    slots: &[u8],
    actions: usize,
) -> Result<(Vec<Mark>, Vec<u32>), FeatureError> {
    let mut marks = Vec::with_capacity(2 * directives.marks.len());
    let mut forbidden = Vec::new();
    for mark in &directives.marks {
        if mark.action as usize >= actions {
            return Err(FeatureError::NoAction { action: mark.action, actions });
        }
        let skill = mark.rule.skill;
        let slot = *slots.get(usize::from(skill)).ok_or(FeatureError::NoSlot { skill, known: slots.len() })?;
        if usize::from(slot) >= SLOTS {
            return Err(FeatureError::SlotRange { skill, slot });
        }
        match mark_columns(mark.kind, slot) {
            Some(columns) => marks.extend(columns.map(|column| Mark { action: mark.action, column })),
            None => forbidden.push(mark.action),
        }
    }
    marks.sort_unstable();
    marks.dedup();
    forbidden.sort_unstable();
    forbidden.dedup();
    match forbidden.len() == actions && actions > 0 {
        true => Err(FeatureError::NothingLeft { actions }),
        false => Ok((marks, forbidden)),
    }
}

/// The columns that a mark of this kind from this slot sets: the shared one, and the slot's own. A `forbid` is a mask,
/// not a mark to weigh: it has none.
pub fn mark_columns(kind: MarkKind, slot: u8) -> Option<[u8; 2]> {
    match kind {
        MarkKind::Prefer => Some([0, 2 + slot]),
        MarkKind::Avoid => Some([1, 2 + SLOTS as u8 + slot]),
        MarkKind::Forbid => None,
    }
}

/// A copy of a decision in which each content word is unknown with this probability, everywhere at once: in the
/// segments and in the actions. First words of actions and function words stay, and so do the overlap features: what is
/// left to learn from is how things relate, not what they are called. For behaviour cloning only.
pub fn drop_words(decision: &Decision, probability: f64, rng: &mut ChaCha8Rng) -> Decision {
    let verbs: Vec<u16> = decision.actions.iter().filter_map(|bag| bag.first().copied()).collect();
    let mut fate: FxHashMap<u16, bool> = FxHashMap::default();
    let mut dropped = |bag: &Bag| -> Bag {
        bag.iter()
            .map(|&token| {
                let keep = *fate.entry(token).or_insert_with(|| {
                    !tokens::is_content(token) || verbs.contains(&token) || rng.random::<f64>() >= probability
                });
                if keep { token } else { UNKNOWN }
            })
            .collect()
    };
    Decision {
        task: dropped(&decision.task),
        observation: dropped(&decision.observation),
        memory: dropped(&decision.memory),
        history: dropped(&decision.history),
        advice: dropped(&decision.advice),
        actions: decision.actions.iter().map(&mut dropped).collect(),
        situation: decision.situation,
        lexical: decision.lexical.clone(),
        marks: decision.marks.clone(),
        forbidden: decision.forbidden.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::features::Featurizer;
    use super::*;
    use crate::engine::directives::{self, RuleId};
    use crate::policy::tokens::word_id;
    use rand::SeedableRng;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|t| t.to_string()).collect()
    }

    fn mark(action: u32, skill: u16, kind: MarkKind) -> directives::Mark {
        directives::Mark { action, rule: RuleId { skill, rule: 0 }, kind }
    }

    #[test]
    fn marks_go_to_their_slots() {
        let mut f = Featurizer::new();
        f.start("t", "o");
        let actions = strings(&["x", "y"]);
        let marks = vec![mark(0, 0, MarkKind::Prefer), mark(0, 1, MarkKind::Prefer), mark(1, 1, MarkKind::Avoid)];
        let directives = Directives { marks, ..Directives::default() };
        let d = f.decision(&actions, &[], &directives, &[5, 0]).expect("mapped");
        let columns: Vec<(u32, u8)> = d.marks.iter().map(|m| (m.action, m.column)).collect();
        assert_eq!(columns, [(0, 0), (0, 2), (0, 7), (1, 1), (1, 34)]);
        assert_eq!(f.decision(&actions, &[], &directives, &[5]), Err(FeatureError::NoSlot { skill: 1, known: 1 }));
        assert_eq!(
            f.decision(&actions, &[], &directives, &[5, 32]),
            Err(FeatureError::SlotRange { skill: 1, slot: 32 })
        );
        assert_eq!(
            f.decision(&actions[..1], &[], &directives, &[5, 0]),
            Err(FeatureError::NoAction { action: 1, actions: 1 })
        );
    }

    #[test]
    fn forbidden_actions_are_kept_apart_from_marks() {
        let mut f = Featurizer::new();
        f.start("t", "o");
        let actions = strings(&["x", "y"]);
        let forbid = |actions: &[u32]| {
            let marks = actions.iter().map(|action| mark(*action, 0, MarkKind::Forbid)).collect();
            Directives { marks, ..Directives::default() }
        };
        let d = f.decision(&actions, &[], &forbid(&[1]), &[3]).expect("one is left");
        assert_eq!((d.marks.len(), &d.forbidden[..]), (0, &[1][..]));
        assert_eq!(f.decision(&actions, &[], &forbid(&[0, 1]), &[3]), Err(FeatureError::NothingLeft { actions: 2 }));
    }

    #[test]
    fn dropped_words_are_dropped_everywhere_but_verbs_stay() {
        let mut f = Featurizer::new();
        f.start("take the mug", "A mug.");
        let d = f.decision(&strings(&["take mug 1"]), &[], &Directives::default(), &[]).expect("no marks");
        let out = drop_words(&d, 1.0, &mut ChaCha8Rng::seed_from_u64(0));
        assert_eq!(out.actions[0][..], [word_id("take"), UNKNOWN]);
        assert_eq!(out.task[..], [word_id("take"), word_id("the"), UNKNOWN]);
        assert_eq!(out.lexical, d.lexical);
        assert_eq!(drop_words(&d, 0.0, &mut ChaCha8Rng::seed_from_u64(0)), d);
    }
}
