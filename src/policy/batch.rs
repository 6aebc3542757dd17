//! Many decisions as flat tensors, ragged in the number of actions.
//!
//! In: decisions. Out: tensors on a device. Texts recur (a task over its episode, an action over the whole run), so each
//! distinct bag of words is embedded once and referred to by number: S bags of segments, then Q bags of actions.

use rustc_hash::FxHashMap;
use tch::{Device, Tensor};

use super::decision::{Bag, Decision, LEXICAL, SITUATION};
use super::tokens::UNKNOWN;

/// Text segments of a decision, in this order: task, observation, memory, history, advice.
pub(super) const SEGMENTS: usize = 5;

/// The segments that are compared with each action: all but advice.
pub(super) const COMPARED: usize = 4;

/// B decisions with R actions in all, A at most in one; U = S + Q distinct bags with T words in all.
pub(crate) struct Batch {
    /// `i64 [T]`
    pub(super) tokens: Tensor,
    /// `i64 [U]`: where each bag's words begin.
    pub(super) offsets: Tensor,
    /// `f32 [U, 1]`: one over the square root of a bag's size (1 for an empty one).
    pub(super) scale: Tensor,
    /// S and Q.
    pub(super) distinct: [i64; 2],
    /// `i64 [B * SEGMENTS]`: each segment's bag among the S.
    pub(super) segments: Tensor,
    /// `i64 [R]`: each action's bag among the Q.
    pub(super) actions: Tensor,
    /// `i64 [Q]`: first word of each distinct action.
    pub(super) verbs: Tensor,
    /// `f32 [B, SITUATION]`
    pub(super) situation: Tensor,
    /// `i64 [R * COMPARED]`: position of (segment's bag, action's bag) in a row-major `[S, Q]` matrix.
    pub(super) pairs: Tensor,
    /// `i64 [R]`: decision of each action.
    pub(super) decisions: Tensor,
    /// `f32 [R, LEXICAL]`
    pub(super) lexical: Tensor,
    /// Mark columns `i64 [M]` and where each action's begin `i64 [R]`; none where no skill marks anything.
    pub(super) marks: Option<(Tensor, Tensor)>,
    /// `i64 [B * A]`: position of each decision's actions among the R; R itself where it has fewer, and where an action is
    /// forbidden.
    pub(super) places: Tensor,
    /// Actions of each decision.
    pub(crate) counts: Vec<usize>,
    /// A.
    pub(crate) widest: usize,
}

/// Numbers the distinct bags in order of appearance.
#[derive(Default)]
struct Bags<'a> {
    numbers: FxHashMap<&'a [u16], i64>,
    tokens: Vec<i64>,
    offsets: Vec<i64>,
    scale: Vec<f32>,
    firsts: Vec<i64>,
}

impl<'a> Bags<'a> {
    fn number(&mut self, bag: &'a Bag) -> i64 {
        let Self { numbers, tokens, offsets, scale, firsts } = self;
        *numbers.entry(bag).or_insert_with(|| {
            offsets.push(tokens.len() as i64);
            firsts.push(i64::from(bag.first().copied().unwrap_or(UNKNOWN)));
            tokens.extend(bag.iter().map(|&t| i64::from(t)));
            scale.push(1.0 / (bag.len().max(1) as f32).sqrt());
            offsets.len() as i64 - 1
        })
    }

    fn followed_by(mut self, other: Self) -> Self {
        let words = self.tokens.len() as i64;
        self.offsets.extend(other.offsets.iter().map(|offset| words + offset));
        self.tokens.extend(other.tokens);
        self.scale.extend(other.scale);
        self
    }
}

impl Batch {
    /// Every decision must have at least one action.
    pub(crate) fn new(decisions: &[&Decision], device: Device) -> Self {
        let rows = decisions.iter().map(|d| d.actions.len()).sum();
        let (mut segment_bags, mut action_bags) = (Bags::default(), Bags::default());
        let mut segments = Vec::with_capacity(decisions.len() * SEGMENTS);
        let mut actions = Vec::with_capacity(rows);
        let mut owners = Vec::with_capacity(rows);
        let mut lexical = Vec::with_capacity(rows * LEXICAL);
        let mut situation = Vec::with_capacity(decisions.len() * SITUATION);
        let mut columns = Vec::new();
        let mut starts = Vec::with_capacity(rows);
        for (number, decision) in decisions.iter().enumerate() {
            let Decision { task, observation, memory, history, advice, .. } = decision;
            segments.extend([task, observation, memory, history, advice].map(|bag| segment_bags.number(bag)));
            let mut marks = decision.marks.iter().peekable();
            for (action, bag) in decision.actions.iter().enumerate() {
                actions.push(action_bags.number(bag));
                owners.push(number as i64);
                starts.push(columns.len() as i64);
                while let Some(mark) = marks.next_if(|mark| mark.action as usize == action) {
                    columns.push(i64::from(mark.column));
                }
            }
            lexical.extend_from_slice(&decision.lexical);
            situation.extend_from_slice(&decision.situation);
        }
        let counts: Vec<usize> = decisions.iter().map(|d| d.actions.len()).collect();
        let widest = counts.iter().copied().max().unwrap_or(0);
        let mut places = Vec::with_capacity(counts.len() * widest);
        let mut next = 0;
        for (&count, decision) in counts.iter().zip(decisions) {
            let possible = |a: usize| a < count && decision.forbidden.binary_search(&(a as u32)).is_err();
            places.extend((0..widest).map(|a| if possible(a) { next + a as i64 } else { rows as i64 }));
            next += count as i64;
        }
        let distinct = [segment_bags.scale.len() as i64, action_bags.scale.len() as i64];
        let mut pairs = Vec::with_capacity(rows * COMPARED);
        for (action, &owner) in actions.iter().zip(&owners) {
            let first = owner as usize * SEGMENTS;
            pairs.extend(segments[first..first + COMPARED].iter().map(|bag| bag * distinct[1] + action));
        }
        let verbs = Tensor::from_slice(&action_bags.firsts);
        let bags = segment_bags.followed_by(action_bags);
        let on = |tensor: Tensor| tensor.to_device(device);
        Self {
            tokens: on(Tensor::from_slice(&bags.tokens)),
            offsets: on(Tensor::from_slice(&bags.offsets)),
            scale: on(Tensor::from_slice(&bags.scale).view([-1, 1])),
            distinct,
            segments: on(Tensor::from_slice(&segments)),
            actions: on(Tensor::from_slice(&actions)),
            verbs: on(verbs),
            situation: on(Tensor::from_slice(&situation).view([-1, SITUATION as i64])),
            pairs: on(Tensor::from_slice(&pairs)),
            decisions: on(Tensor::from_slice(&owners)),
            lexical: on(Tensor::from_slice(&lexical).view([rows as i64, LEXICAL as i64])),
            marks: (!columns.is_empty()).then(|| (on(Tensor::from_slice(&columns)), on(Tensor::from_slice(&starts)))),
            places: on(Tensor::from_slice(&places)),
            counts,
            widest,
        }
    }
}
