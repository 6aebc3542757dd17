//! What a changed skill does in the recorded episodes. In: checked banks before and after a patch, what it changed, the
//! reservoir; out: reasons against it (it never speaks, it opposes what successful agents did, it leaves no action), and notes that
//! its author should know.

use std::sync::Arc;

use super::CreatorConfig;
use super::grade::{ByOutcome, play};
use super::reservoir::Reservoir;
use crate::engine::directives::{MarkKind, RuleId};
use crate::engine::program::{Program, Vocabulary};
use crate::engine::session::Session;
use crate::lang::checked::{Checked, Skill};
use crate::lang::patch::Change;

/// A patch may newly forbid the action that was taken in at most this share of the decisions of successful episodes, and newly mark it
/// as bad in at most that one: successful agents waste steps too, but they do not win by what is wrong.
pub const FORBIDDEN: f64 = 0.1;
pub const AVOIDED: f64 = 0.4;
/// Shares mean little over fewer decisions.
const DECISIONS: usize = 20;
/// A skill's `forbid`s may leave no action in at most this share of the decisions at which it forbids something.
pub const STARVED: f64 = 0.1;

/// What the gate is to know of a patch's skills.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) reasons: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// One skill, alone, in all episodes.
#[derive(Debug, Default)]
struct Count {
    /// Episodes that it is for, and those in which it speaks.
    applicable: ByOutcome,
    fired: ByOutcome,
    /// Decisions of successful episodes that it is for; where it forbids, and where it avoids what was done.
    decisions: usize,
    forbidden: usize,
    avoided: usize,
    /// Decisions at which it forbids something, and at which that would leave nothing.
    forbidding: usize,
    starved: usize,
}

/// Replays the reservoir under each skill that a patch adds or changes.
pub(super) fn replay(
    before: &Checked,
    after: &Checked,
    changes: &[Change],
    reservoir: &Reservoir,
    config: &CreatorConfig,
) -> Shown {
    let mut shown = Shown::default();
    for change in changes {
        let (Change::Added(name) | Change::Replaced(name) | Change::Modified(name)) = change else { continue };
        let Some(count) = count(after, name, reservoir) else { continue };
        let old = count_old(before, name, change, reservoir);
        judge(name, &count, &old, config, &mut shown);
    }
    shown
}

fn count_old(before: &Checked, name: &str, change: &Change, reservoir: &Reservoir) -> Count {
    match change {
        Change::Replaced(_) | Change::Modified(_) => count(before, name, reservoir).unwrap_or_default(),
        _ => Count::default(),
    }
}

fn judge(name: &str, count: &Count, old: &Count, config: &CreatorConfig, shown: &mut Shown) {
    let (applicable, fired) = (count.applicable.total(), count.fired.total());
    let least = (applicable as f64 * config.min_trigger_rate).ceil().max(config.min_trigger_episodes as f64);
    if (fired as f64) < least {
        shown.reasons.push(format!(
            "G0702 {name}.skill: skill `{name}` fires in {fired} of the {applicable} episodes it is for; at least {least} are \
             needed: widen its `when`, or its `for`"
        ));
    } else if count.fired.failures == 0 && count.applicable.failures > 0 {
        shown.notes.push(format!(
            "skill `{name}` speaks in none of the {} failed episodes it is for, so it could have changed none of them",
            count.applicable.failures
        ));
    }
    let share = |new: usize, old: usize| new.saturating_sub(old) as f64 / count.decisions.max(1) as f64;
    for (word, new, old, most) in
        [("forbids", count.forbidden, old.forbidden, FORBIDDEN), ("avoids", count.avoided, old.avoided, AVOIDED)]
    {
        if count.decisions >= DECISIONS && share(new, old) > most {
            shown.reasons.push(format!(
                "G0707 {name}.skill: skill `{name}` {word} what was done at {} of the {} decisions of successful episodes; at most \
                 {:.0}% are allowed: narrow its `when`, or what it marks",
                new.saturating_sub(old),
                count.decisions,
                100.0 * most
            ));
        }
    }
    if count.forbidding > 0 && count.starved as f64 > STARVED * count.forbidding as f64 {
        shown.reasons.push(format!(
            "G0708 {name}.skill: skill `{name}` forbids every action at {} of the {} decisions at which it forbids something: \
             forbid only what is never right, or write `avoid`",
            count.starved, count.forbidding
        ));
    }
}

fn count(checked: &Checked, name: &str, reservoir: &Reservoir) -> Option<Count> {
    let skill: &Skill = checked.skills.iter().find(|skill| skill.name == name)?;
    let vocabulary = Vocabulary::new(checked.domains.get(skill.domain)?.clone());
    let mut session = Session::new(Program::with_vocabulary(Arc::clone(&vocabulary), vec![skill.clone()]));
    let mut count = Count::default();
    for experience in reservoir.experiences() {
        let mut fires = false;
        let mut here = Count::default();
        play(&mut session, experience, |session, time| {
            let Some(step) = experience.trajectory.steps.get(time) else { return };
            let mut rules = 0..skill.rules.len() as u16;
            fires |= rules.any(|rule| session.consult(RuleId { skill: 0, rule }).is_some());
            let said = session.directives();
            let taken = step.admissible.iter().position(|action| *action == step.action);
            let mark = said.marks.iter().find(|mark| Some(mark.action as usize) == taken).map(|mark| mark.kind);
            here.decisions += 1;
            here.forbidden += usize::from(mark == Some(MarkKind::Forbid));
            here.avoided += usize::from(mark == Some(MarkKind::Avoid));
            let starved = !said.overruled.is_empty();
            here.starved += usize::from(starved);
            here.forbidding += usize::from(starved || said.marks.iter().any(|mark| mark.kind == MarkKind::Forbid));
        });
        if !session.is_for_task(0) {
            continue;
        }
        count.applicable.add(experience.success);
        if fires {
            count.fired.add(experience.success);
        }
        count.forbidding += here.forbidding;
        count.starved += here.starved;
        if experience.success {
            count.decisions += here.decisions;
            count.forbidden += here.forbidden;
            count.avoided += here.avoided;
        }
    }
    Some(count)
}
