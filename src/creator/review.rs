//! Which of the creator's own skills should go. In: the bank and the episodes; out: proposals to retire those that are followed and
//! harm, and those that never speak.

use super::author;
use super::bank::Bank;
use super::bits::Bits;
use super::board::{Board, Column};
use super::score::score;
use super::{CreatorConfig, Proposal, RuleEvidence, Score};
use crate::lang::ast;

/// The doc comment line that marks a skill as the creator's own begins so.
pub(super) const OWN: &str = "/// Found by contrast";
/// A skill that has not spoken in this many episodes of its task is not needed.
const SILENT_EPISODES: usize = 50;

/// Whether the creator wrote the skill.
pub(super) fn is_own(tree: &ast::Skill) -> bool {
    tree.lead.iter().any(|line| line.starts_with(OWN))
}

/// Proposals to retire own skills, the most harmful first. `columns` are those of the bank's rules, in order.
pub(super) fn retirements(bank: &Bank, board: &Board, columns: &[Column], config: &CreatorConfig) -> Vec<Proposal> {
    let mut found: Vec<(f64, Proposal)> = Vec::new();
    let mut columns = columns.iter();
    for skill in &bank.skills {
        let of_skill: Vec<&Column> = columns.by_ref().take(skill.rules.len()).collect();
        if !bank.tree(&skill.name).is_some_and(is_own) {
            continue;
        }
        let Heeded { fires, followed, chances } = heeded(board, &of_skill);
        let retire = |reason: String, score: Score| {
            let evidence = RuleEvidence { rule: skill.name.clone(), score, confirmed: None, gain: -score.effect };
            author::retirement(&skill.name, &reason, evidence)
        };
        if fires.count() == 0 {
            let task = skill.applies.as_ref().map(|(task, _)| *task);
            let tasks = board.tasks();
            let applicable = tasks.iter().filter(|tasks| task.is_none_or(|task| tasks[task])).count();
            if applicable >= SILENT_EPISODES {
                let reason = format!("it marked nothing in {applicable} episodes of its task");
                found.extend(retire(reason, Score::default()).map(|proposal| (0.0, proposal)));
            }
            continue;
        }
        let Some(score) = score(board, &fires, &followed, chances.as_deref()).filter(|score| {
            score.z <= -config.min_z && score.episodes_followed.min(score.episodes_not_followed) >= config.min_support
        }) else {
            continue;
        };
        let reason = format!(
            "followed at {} of {} decisions, it lowered the discounted success by {:.2}",
            score.followed, score.fires, -score.effect
        );
        found.extend(retire(reason, score).map(|proposal| (score.z, proposal)));
    }
    found.sort_by(|one, other| one.0.total_cmp(&other.0));
    found.into_iter().map(|(_, proposal)| proposal).collect()
}

/// Where a skill spoke, where it was heeded, and by decision the chance of that, where it is known.
struct Heeded {
    fires: Bits,
    followed: Bits,
    chances: Option<Vec<f32>>,
}

/// Where a skill marks an action, and where the agent took a preferred one, or left the avoided ones if none is
/// preferred.
fn heeded(board: &Board, columns: &[&Column]) -> Heeded {
    let size = board.moments.len();
    let (mut fires, mut followed) = (Bits::new(size), Bits::new(size));
    let mut chances = board.chances.as_ref().map(|_| vec![0.0f32; size]);
    let within = |pairs: &[u32], range: &std::ops::Range<usize>| {
        let first = pairs.partition_point(|pair| (*pair as usize) < range.start);
        pairs.get(first).is_some_and(|pair| (*pair as usize) < range.end)
    };
    for (at, moment) in board.moments.iter().enumerate() {
        let chosen = moment.chosen as u32;
        let prefers = columns.iter().any(|column| within(&column.preferred, &moment.pairs));
        let avoids = columns.iter().any(|column| within(&column.avoided, &moment.pairs));
        if prefers || avoids {
            fires.set(at);
            let heeds = |pair: u32| {
                let preferred = columns.iter().any(|column| column.preferred.binary_search(&pair).is_ok());
                let avoided = columns.iter().any(|column| column.avoided.binary_search(&pair).is_ok());
                !avoided && (preferred || !prefers)
            };
            if heeds(chosen) {
                followed.set(at);
            }
            if let (Some(chances), Some(of)) = (&mut chances, &board.chances) {
                chances[at] = moment.pairs.clone().filter(|pair| heeds(*pair as u32)).map(|pair| of[pair]).sum();
            }
        }
    }
    Heeded { fires, followed, chances }
}
