//! Assertions by what they tell. In: episodes with their verdicts; out: for each assertion its grade, where it is first violated,
//! one violation with the texts behind it, and a verdict in words.

use serde::{Deserialize, Serialize};

use super::{Played, count};
use crate::creator::bank::Bank;
use crate::creator::grade::AssertionGrade;
use crate::engine::explain;
use crate::engine::verdict::Verdict;

/// Fewer episodes than this on a side tell nothing.
const FEW: usize = 8;
/// So many on each side are enough to take a lift below zero at its word.
const ENOUGH: usize = 20;
/// An interval within these points about zero: whatever it is, it is nothing.
const NOTHING: f64 = 0.05;

/// What can be said of an assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    Tells,
    Retire,
    TooFew,
}

/// All about one assertion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssertionReport {
    #[serde(flatten)]
    pub grade: AssertionGrade,
    /// Share of all episodes in which it was satisfied or violated.
    pub coverage: f64,
    /// Median of the steps (counted from 1) at which it was first violated.
    pub median_step: Option<usize>,
    pub violation: Option<Violation>,
    pub told: Told,
}

/// One violation, for the eye.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    pub task_id: String,
    pub task: String,
    pub success: bool,
    /// Counted from 1.
    pub step: usize,
    pub action: String,
    pub observation: String,
    /// Values of its variables, `x = mug 1`.
    pub values: Vec<String>,
    /// Facts from earlier steps that it rests on.
    pub because: Vec<Because>,
}

/// A fact, and the text that made it so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    pub fact: String,
    /// 0: the task or what was seen first.
    pub step: usize,
    pub text: String,
}

/// One report for each assertion, in bank order.
pub(super) fn reports(bank: &Bank, groups: &[Vec<Played>]) -> Vec<AssertionReport> {
    let episodes = count(groups.iter().flatten()).total();
    let skills = bank.program.skills().iter().enumerate();
    let all = skills.flat_map(|(s, skill)| (0..skill.assertions.len()).map(move |a| (s, a)));
    all.map(|(s, a)| report(bank, groups, s, a, episodes)).collect()
}

fn report(bank: &Bank, groups: &[Vec<Played>], skill: usize, assertion: usize, episodes: usize) -> AssertionReport {
    let source = &bank.program.skills()[skill];
    let mut grade = AssertionGrade::new(&source.name, &source.assertions[assertion].name);
    let mut violations: Vec<(usize, &Played)> = Vec::new();
    for played in groups.iter().flatten() {
        let verdict = &played.verdicts[skill][assertion];
        if let Verdict::Violated { at, .. } = verdict {
            violations.push((*at, played));
        }
        grade.count(verdict, played.experience.success);
    }
    grade.weigh();
    let mut steps: Vec<usize> = violations.iter().map(|(at, _)| at + 1).collect();
    steps.sort_unstable();
    // A failure shows better what goes wrong; the earliest one is quickest to read.
    let shown = violations.iter().min_by_key(|(at, played)| (played.experience.success, *at));
    AssertionReport {
        coverage: (grade.satisfied.total() + grade.violated.total()) as f64 / episodes.max(1) as f64,
        median_step: (!steps.is_empty()).then(|| steps[(steps.len() - 1) / 2]),
        violation: shown.and_then(|(at, played)| violation(bank, played, skill, assertion, *at)),
        told: told(&grade),
        grade,
    }
}

fn told(grade: &AssertionGrade) -> Told {
    let least = grade.satisfied.total().min(grade.violated.total());
    match grade.lift {
        Some(lift) if least >= FEW => {
            let is_nothing = lift.low >= -NOTHING && lift.high <= NOTHING;
            let is_negative = lift.high < 0.0 || (lift.difference < 0.0 && least >= ENOUGH);
            match (is_nothing || is_negative, lift.low > 0.0) {
                (true, _) => Told::Retire,
                (false, true) => Told::Tells,
                (false, false) => Told::TooFew,
            }
        }
        _ => Told::TooFew,
    }
}

fn violation(bank: &Bank, played: &Played, skill: usize, assertion: usize, at: usize) -> Option<Violation> {
    let episode = &played.experience.trajectory;
    let step = episode.steps.get(at)?;
    let reason = explain::violation(&bank.program, episode, skill, assertion).map(|(_, reason)| reason);
    let grounds = reason.iter().flat_map(|reason| &reason.grounds).filter(|ground| ground.step <= at);
    let because = grounds.map(|ground| {
        let (done, answer) = explain::text(episode, ground.step).unwrap_or_default();
        // Of the beginning it is the task or the first observation that says so: both are named.
        let text = if ground.step == 0 && answer.is_empty() { done.to_owned() } else { format!("{done} -> {answer}") };
        Because { fact: ground.fact.clone(), step: ground.step, text }
    });
    let values = reason.iter().flat_map(|reason| &reason.bindings).map(|(name, value)| format!("{name} = {value}"));
    Some(Violation {
        task_id: episode.task_id.clone(),
        task: episode.task.clone(),
        success: played.experience.success,
        step: at + 1,
        action: step.action.clone(),
        observation: step.observation.clone(),
        values: values.collect(),
        because: because.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::creator::grade::ByOutcome;

    fn graded(satisfied: (usize, usize), violated: (usize, usize)) -> Told {
        let counts = |(successes, failures)| ByOutcome { successes, failures };
        let mut grade = AssertionGrade::new("", "");
        (grade.satisfied, grade.violated) = (counts(satisfied), counts(violated));
        grade.weigh();
        told(&grade)
    }

    #[test]
    fn verdicts_by_lift_and_number() {
        assert_eq!(graded((30, 5), (5, 30)), Told::Tells);
        assert_eq!(graded((5, 30), (30, 5)), Told::Retire);
        // Slightly negative: few episodes leave it open, many do not.
        assert_eq!(graded((5, 5), (6, 4)), Told::TooFew);
        assert_eq!(graded((12, 13), (13, 12)), Told::Retire);
        // Nothing at all, and known to be nothing.
        assert_eq!(graded((1000, 1000), (1000, 1000)), Told::Retire);
        assert_eq!(graded((7, 0), (0, 7)), Told::TooFew);
        assert_eq!(graded((50, 50), (0, 0)), Told::TooFew);
    }
}
