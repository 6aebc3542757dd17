//! Grades assertions by what they tell apart. In: a checked bank and the reservoir; out: for every assertion how often
//! it was satisfied and violated in successes and in failures, and the lift: P(success | satisfied) less
//! P(success | violated), with an interval.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::reservoir::{Experience, Reservoir};
use crate::engine::program::Program;
use crate::engine::session::Session;
use crate::engine::verdict::Verdict;
use crate::lang::checked::Checked;
use crate::stats::wilson;

/// Episodes counted by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByOutcome {
    pub successes: usize,
    pub failures: usize,
}

impl ByOutcome {
    pub fn total(self) -> usize {
        self.successes + self.failures
    }

    pub(super) fn add(&mut self, success: bool) {
        match success {
            true => self.successes += 1,
            false => self.failures += 1,
        }
    }
}

/// A difference of two success rates with its 95% interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lift {
    pub difference: f64,
    pub low: f64,
    pub high: f64,
}

/// What the reservoir says of one assertion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssertionGrade {
    pub skill: String,
    pub assertion: String,
    pub satisfied: ByOutcome,
    pub violated: ByOutcome,
    /// The guard of a `whenever` never held.
    pub vacuous: ByOutcome,
    /// The skill is not for the episode's task.
    pub not_applicable: ByOutcome,
    /// `None` unless some episode satisfied the assertion and some other violated it.
    pub lift: Option<Lift>,
}

impl AssertionGrade {
    /// Before any episode.
    pub(super) fn new(skill: &str, assertion: &str) -> AssertionGrade {
        AssertionGrade {
            skill: skill.to_owned(),
            assertion: assertion.to_owned(),
            satisfied: ByOutcome::default(),
            violated: ByOutcome::default(),
            vacuous: ByOutcome::default(),
            not_applicable: ByOutcome::default(),
            lift: None,
        }
    }

    /// Takes in the verdict on one episode.
    pub(super) fn count(&mut self, verdict: &Verdict, success: bool) {
        let counts = match verdict {
            Verdict::NotApplicable => &mut self.not_applicable,
            Verdict::Vacuous => &mut self.vacuous,
            Verdict::Satisfied => &mut self.satisfied,
            Verdict::Violated { .. } => &mut self.violated,
        };
        counts.add(success);
    }

    /// The lift, once all episodes are counted.
    pub(super) fn weigh(&mut self) {
        self.lift = lift(self.satisfied, self.violated);
    }
}

/// Judges every assertion of `checked` on every episode; skills in bank order, domain by domain.
pub fn grade(checked: &Checked, reservoir: &Reservoir) -> Vec<AssertionGrade> {
    let domains = 0..checked.domains.len();
    domains.flat_map(|domain| grade_on(&Program::of(checked, domain), reservoir.experiences())).collect()
}

/// Judges every assertion of a program on some episodes.
pub(super) fn grade_on<'e>(
    program: &Arc<Program>,
    experiences: impl Iterator<Item = &'e Experience>,
) -> Vec<AssertionGrade> {
    let assertions = program.skills().iter().flat_map(|skill| skill.assertions.iter().map(move |a| (skill, a)));
    let mut grades: Vec<AssertionGrade> =
        assertions.map(|(skill, assertion)| AssertionGrade::new(&skill.name, &assertion.name)).collect();
    let mut session = Session::new(Arc::clone(program));
    for experience in experiences {
        let verdicts = judge(&mut session, experience);
        for (grade, verdict) in grades.iter_mut().zip(verdicts.iter().flatten()) {
            grade.count(verdict, experience.success);
        }
    }
    grades.iter_mut().for_each(AssertionGrade::weigh);
    grades
}

fn judge(session: &mut Session, experience: &Experience) -> Vec<Vec<Verdict>> {
    play(session, experience, |_, _| {});
    session.finish().verdicts
}

/// Plays an episode through a session; `visit` is called at every decision (also the one after the last action, which
/// has no admissible actions) with the number of actions taken.
pub(super) fn play(session: &mut Session, experience: &Experience, mut visit: impl FnMut(&Session, usize)) {
    let trajectory = &experience.trajectory;
    let admissible = |index: usize| trajectory.steps.get(index).map_or(&[][..], |step| &step.admissible);
    session.start(&trajectory.task, &trajectory.first, admissible(0));
    visit(session, 0);
    for (index, step) in trajectory.steps.iter().enumerate() {
        session.observe(&step.action, &step.observation, admissible(index + 1));
        visit(session, index + 1);
    }
}

/// P(success | one) - P(success | other) with Newcombe's interval from two Wilson intervals (Newcombe 1998, Statistics
/// in Medicine 17:873-890, method 10).
pub fn lift(one: ByOutcome, other: ByOutcome) -> Option<Lift> {
    if one.total() == 0 || other.total() == 0 {
        return None;
    }
    let interval = |counts: ByOutcome| wilson(counts.successes as u64, counts.total() as u64);
    let rate = |counts: ByOutcome| counts.successes as f64 / counts.total() as f64;
    let (p, q) = (rate(one), rate(other));
    let ((p_low, p_high), (q_low, q_high)) = (interval(one), interval(other));
    let difference = p - q;
    Some(Lift {
        difference,
        low: difference - ((p - p_low).powi(2) + (q_high - q).powi(2)).sqrt(),
        high: difference + ((p_high - p).powi(2) + (q - q_low).powi(2)).sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(successes: usize, failures: usize) -> ByOutcome {
        ByOutcome { successes, failures }
    }

    /// Newcombe 1998, table II: 56/70 against 48/80 gives 0.2 with (0.0524, 0.3339).
    #[test]
    fn the_interval_is_newcombes() {
        let lift = lift(counts(56, 14), counts(48, 32)).expect("both have episodes");
        assert!((lift.difference - 0.2).abs() < 1e-12);
        assert!((lift.low - 0.0524).abs() < 5e-5 && (lift.high - 0.3339).abs() < 5e-5, "{lift:?}");
    }

    #[test]
    fn no_lift_without_both_sides() {
        assert_eq!(lift(counts(3, 1), counts(0, 0)), None);
    }
}
