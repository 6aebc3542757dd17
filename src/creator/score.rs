//! What following a rule was worth. In: the decisions where it would have fired and those of them where the agent did
//! what it says; out: the difference in what followed, with its uncertainty, and the use of having the rule.
//!
//! Every decision is a small trial, and the policy drew by known chances: with p the chance that it would follow in this
//! very situation, f - p is chance alone, whatever the policy knew, so the sum of (f - p)(v - mean) over the sum of p(1 - p)
//! is the effect of following, without confounding. Where the chances are not known, p is the share that followed among
//! the decisions of the same stretch of time. Values are already relative to the task's own success rate, so what is
//! compared is what happened within tasks. The variance is the sum of squares of the parts by episode, since the decisions
//! of one episode share one fate.

use serde::{Deserialize, Serialize};

use super::bits::Bits;
use super::board::{Board, STRETCHES};

/// The evidence for one rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Decisions at which the rule would have spoken.
    pub fires: usize,
    /// Those at which the agent did as it says.
    pub followed: usize,
    /// Episodes with a decision that followed, and with one that did not.
    pub episodes_followed: usize,
    pub episodes_not_followed: usize,
    /// Failed episodes with a decision that did not follow.
    pub failures_not_followed: usize,
    /// Difference in discounted success between following and not.
    pub effect: f64,
    pub error: f64,
    /// `effect / error`.
    pub z: f64,
    /// Opportunities that follow on a followed one, itself included.
    pub chain: f64,
}

/// A rule that speaks again and again is credited with at most this many opportunities an episode.
const MAX_CHAIN: f64 = 3.0;
/// Standard errors taken off an effect.
const CAUTION: f64 = 2.5;
/// After a followed decision, the rule speaks again if it does within this many decisions.
const SOON: usize = 2;

/// Compares following and not following; `None` if all or none of the decisions followed. `chances` gives for each decision of
/// the board the chance that it would be followed.
pub(super) fn score(board: &Board, fires: &Bits, followed: &Bits, chances: Option<&[f32]>) -> Option<Score> {
    let (mut count, mut follows, mut sums) = ([0.0f64; STRETCHES], [0.0f64; STRETCHES], [0.0f64; STRETCHES]);
    for at in fires.iter() {
        let moment = &board.moments[at];
        count[moment.stretch] += 1.0;
        follows[moment.stretch] += f64::from(u8::from(followed.has(at)));
        sums[moment.stretch] += moment.value;
    }
    let mut weight = 0.0;
    for b in 0..STRETCHES {
        if count[b] > 0.0 {
            weight += follows[b] * (count[b] - follows[b]) / count[b];
            follows[b] /= count[b];
            sums[b] /= count[b];
        }
    }
    if let Some(chances) = chances {
        weight = fires.iter().map(|at| f64::from(chances[at]) * (1.0 - f64::from(chances[at]))).sum();
    }
    if weight <= 0.0 {
        return None;
    }
    let mut score = Score::default();
    let (mut numerator, mut variance, mut again) = (0.0, 0.0, 0usize);
    let mut decisions = fires.iter().peekable();
    while let Some(&first) = decisions.peek() {
        let episode = board.moments[first].episode;
        let end = board.episodes[episode].moments.end;
        let (mut part, mut some, mut others) = (0.0, false, false);
        while let Some(at) = decisions.next_if(|at| *at < end) {
            let moment = &board.moments[at];
            let follows_rule = followed.has(at);
            let expected = chances.map_or(follows[moment.stretch], |chances| f64::from(chances[at]));
            part += (f64::from(u8::from(follows_rule)) - expected) * (moment.value - sums[moment.stretch]);
            score.fires += 1;
            some |= follows_rule;
            others |= !follows_rule;
            if follows_rule {
                score.followed += 1;
                again += usize::from((at + 1..end.min(at + 1 + SOON)).any(|later| fires.has(later)));
            }
        }
        numerator += part;
        variance += part * part;
        score.episodes_followed += usize::from(some);
        score.episodes_not_followed += usize::from(others);
        score.failures_not_followed += usize::from(others && !board.episodes[episode].experience.success);
    }
    if variance <= 0.0 {
        return None;
    }
    score.effect = numerator / weight;
    score.error = variance.sqrt() / weight;
    score.z = numerator / variance.sqrt();
    let share = again as f64 / score.followed.max(1) as f64;
    score.chain = (1.0 / (1.0 - share.min(0.99))).min(MAX_CHAIN);
    Some(score)
}

impl Score {
    /// What one opportunity followed would add to the discounted success of an average episode, of `episodes` in all, with
    /// the effect taken [`CAUTION`] standard errors low: the best of very many rules looks better than it is.
    pub fn gain(&self, episodes: usize) -> f64 {
        (self.effect - CAUTION * self.error) * self.failures_not_followed as f64 / episodes.max(1) as f64
    }
}
