//! Fired, followed, helped. In: episodes as the bank sees them; out: for each rule how often it spoke, how often the action
//! taken was as it wished, and whether following went with success: within tasks where there are enough, else over all episodes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Heeded, Played};
use crate::bank::version::SkillFile;
use crate::creator::bank::Bank;
use crate::creator::grade::{ByOutcome, lift};
use crate::engine::directives::{MarkKind, RuleId};
use crate::engine::session::Session;
use crate::episode::Step;
use crate::stats::mean_interval;

/// Tasks with episodes of both sorts that a comparison within tasks needs.
const TASKS: usize = 5;

/// All about one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleReport {
    pub skill: String,
    pub rule: String,
    /// Episodes, and decisions in them, in which it spoke (or would have).
    pub episodes: usize,
    pub decisions: usize,
    /// Of these episodes those that were played under this very skill; `None` if the versions are not known.
    pub served: Option<usize>,
    /// Decisions at which it marked an action, and those of them at which the action taken was one that it preferred, or, where
    /// it preferred none, not one that it avoided.
    pub weighed: usize,
    pub followed: usize,
    pub helped: Option<Helped>,
}

/// Success where a rule was followed against where it was not. An episode counts as following if at least half of its weighed
/// decisions do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Helped {
    /// Tasks that were compared each with itself; `None`: over all episodes, whatever their task.
    pub within_tasks: Option<usize>,
    pub followed: ByOutcome,
    pub not_followed: ByOutcome,
    pub difference: f64,
    pub low: f64,
    pub high: f64,
}

/// Adds what one decision says of the rules that speak there.
pub(super) fn heed(session: &Session, step: &Step, rules: &mut [Heeded]) {
    let taken = step.admissible.iter().position(|action| *action == step.action);
    for firing in &session.directives().fired {
        let Some(heeded) = place(session, firing.rule).and_then(|at| rules.get_mut(at)) else { continue };
        heeded.fired += 1;
        let marks = session.consult(firing.rule).unwrap_or_default();
        if marks.is_empty() {
            continue;
        }
        let on = |mark: &&crate::engine::directives::Mark| Some(mark.action as usize) == taken;
        let prefers = marks.iter().any(|mark| mark.kind == MarkKind::Prefer);
        let followed = match marks.iter().find(on) {
            Some(mark) => mark.kind == MarkKind::Prefer,
            None => !prefers,
        };
        heeded.weighed += 1;
        heeded.followed += usize::from(followed);
    }
}

/// The rule's place among all rules of the bank.
fn place(session: &Session, rule: RuleId) -> Option<usize> {
    let skills = session.program().skills();
    let before: usize = skills.get(..usize::from(rule.skill))?.iter().map(|skill| skill.rules.len()).sum();
    Some(before + usize::from(rule.rule))
}

/// One report for each rule, in bank order.
pub(super) fn reports(
    bank: &Bank,
    groups: &[Vec<Played>],
    served: &BTreeMap<String, Vec<SkillFile>>,
) -> Vec<RuleReport> {
    let rules = bank.program.skills().iter().flat_map(|skill| skill.rules.iter().map(move |rule| (skill, rule)));
    rules
        .enumerate()
        .map(|(at, (skill, rule))| {
            let all = || groups.iter().flatten().filter(|played| played.rules[at].fired > 0);
            let sum = |of: fn(&Heeded) -> usize| all().map(|played| of(&played.rules[at])).sum();
            let file = format!("{}.skill", skill.name);
            let now = bank.files.iter().find(|f| f.name == file);
            let under = |played: &&Played| {
                let files = served.get(&played.experience.trajectory.version);
                files.is_some_and(|files| files.iter().any(|then| Some(then) == now))
            };
            RuleReport {
                skill: skill.name.clone(),
                rule: rule.name.clone(),
                episodes: all().count(),
                decisions: sum(|heeded| heeded.fired),
                served: (!served.is_empty()).then(|| all().filter(under).count()),
                weighed: sum(|heeded| heeded.weighed),
                followed: sum(|heeded| heeded.followed),
                helped: helped(groups, at),
            }
        })
        .collect()
}

fn helped(groups: &[Vec<Played>], rule: usize) -> Option<Helped> {
    let (mut followed, mut not_followed) = (ByOutcome::default(), ByOutcome::default());
    let mut differences = Vec::new();
    for group in groups {
        let (mut yes, mut no) = (ByOutcome::default(), ByOutcome::default());
        for played in group.iter().filter(|played| played.rules[rule].weighed > 0) {
            let heeded = played.rules[rule];
            let side = if 2 * heeded.followed >= heeded.weighed { &mut yes } else { &mut no };
            side.add(played.experience.success);
        }
        let rate = |counts: ByOutcome| counts.successes as f64 / counts.total() as f64;
        if yes.total() > 0 && no.total() > 0 {
            differences.push(rate(yes) - rate(no));
        }
        for (sum, one) in [(&mut followed, yes), (&mut not_followed, no)] {
            sum.successes += one.successes;
            sum.failures += one.failures;
        }
    }
    // Where all tasks differ alike, their spread says nothing of how sure that is.
    if differences.len() >= TASKS
        && let (difference, Some((low, high))) = mean_interval(&differences)
        && low < high
    {
        let (low, high) = (low.max(-1.0), high.min(1.0));
        return Some(Helped { within_tasks: Some(differences.len()), followed, not_followed, difference, low, high });
    }
    let lift = lift(followed, not_followed)?;
    let (difference, low, high) = (lift.difference, lift.low, lift.high);
    Some(Helped { within_tasks: None, followed, not_followed, difference, low, high })
}
