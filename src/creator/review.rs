//! The bank as the creator sees it. In: its files; out: its one domain, its skills as trees and checked, and which of
//! the creator's own skills should go: those that are followed and harm, and those that never speak.

use std::sync::Arc;

use super::author;
use super::bits::Bits;
use super::board::{Board, Column};
use super::score::score;
use super::{CreatorConfig, Proposal, RuleEvidence, Score};
use crate::bank::version::SkillFile;
use crate::engine::program::Vocabulary;
use crate::lang::ast::{self, Item};
use crate::lang::check::{SourceFile, check};
use crate::lang::checked::{Domain, Skill};
use crate::lang::print;

/// The doc comment line that marks a skill as the creator's own begins so.
pub(super) const OWN: &str = "/// Found by contrast";
/// A skill that has not spoken in this many episodes of its task is not needed.
const SILENT_EPISODES: usize = 50;

/// A bank of one domain.
pub(super) struct Bank {
    pub files: Vec<SkillFile>,
    /// What all skills may use.
    pub domain: Domain,
    /// The domain and what the skills declare for themselves.
    pub vocabulary: Arc<Vocabulary>,
    pub domain_file: SourceFile,
    pub trees: Vec<ast::Skill>,
    /// The same skills, checked.
    pub skills: Vec<Skill>,
}

impl Bank {
    /// # Errors
    /// What is wrong, in words, if the files do not check or do not hold exactly one domain.
    pub fn read(files: &[SkillFile]) -> Result<Bank, String> {
        let sources: Vec<SourceFile> = files.iter().map(|file| SourceFile::new(&file.name, &file.text)).collect();
        let analysis = check(&sources);
        if let Some(error) = analysis.errors().next() {
            return Err(format!("{}: {}", files[error.file].name, error.diagnostic.message));
        }
        let [whole] = analysis.checked.domains.as_slice() else {
            return Err(format!("it declares {} domains; one is needed", analysis.checked.domains.len()));
        };
        let items = || analysis.trees.iter().flatten();
        let domain_tree = items().find(|item| matches!(item, Item::Domain(_)));
        let text = domain_tree.map(|item| print::items(std::slice::from_ref(item))).unwrap_or_default();
        let domain_file = SourceFile::new("domain.skill", text);
        let alone = check(std::slice::from_ref(&domain_file)).checked.domains.pop();
        let trees = items().filter_map(|item| if let Item::Skill(skill) = item { Some(skill.clone()) } else { None });
        Ok(Bank {
            files: files.to_vec(),
            domain: alone.unwrap_or_else(|| whole.clone()),
            vocabulary: Vocabulary::new(whole.clone()),
            domain_file,
            trees: trees.collect(),
            skills: analysis.checked.skills,
        })
    }

    pub fn tree(&self, name: &str) -> Option<&ast::Skill> {
        self.trees.iter().find(|tree| tree.name.text == name)
    }
}

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
