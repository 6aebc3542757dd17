//! Where the skills of a version are from. In: a run's history and one of its versions; out: the version's files, each skill with a
//! line in its doc comment that says which version brought it, who proposed it, and what its test found.
//!
//! There is never more than one such line: an older one gives way, except in a skill that the run began with, where it says more
//! than that.

use super::history::{Fate, History, Life};
use super::version::{SkillFile, Version};
use super::version_test::VersionTest;
use crate::lang::ast::{Item, Skill};
use crate::lang::parse::parse;
use crate::lang::print;

/// How the line begins.
const MARK: &str = "/// From run ";

/// The files of a version, with the line in each skill. `versions` are those of the run's bank; `run` is what the line
/// calls the run.
pub fn told(history: &History, versions: &[Version], life: &Life, run: &str) -> Vec<SkillFile> {
    let Some(version) = of(versions, life) else { return Vec::new() };
    let one_line = run.split_whitespace().collect::<Vec<_>>().join(" ");
    let file = |file: &SkillFile| {
        let mut items = parse(&file.text).items;
        for item in &mut items {
            if let Item::Skill(skill) = item {
                let from = introduced(history, versions, life, file);
                let line =
                    format!("{MARK}{one_line}, version {}: {}.", from.label, how(history, from, &skill.name.text));
                note(skill, line, from.parent.is_none());
            }
        }
        SkillFile { name: file.name.clone(), text: print::items(&items) }
    };
    version.files().iter().map(file).collect()
}

fn of<'v>(versions: &'v [Version], life: &Life) -> Option<&'v Version> {
    versions.iter().find(|version| version.label() == life.label)
}

/// The version in which the file came to be as it is.
fn introduced<'h>(history: &'h History, versions: &[Version], life: &'h Life, file: &SkillFile) -> &'h Life {
    let mut from = life;
    // A parent comes before its children, so that this ends.
    while let Some(parent) = from.parent.and_then(|number| history.lives.iter().find(|l| l.number == number)) {
        if !of(versions, parent).is_some_and(|version| version.files().contains(file)) {
            break;
        }
        from = parent;
    }
    from
}

fn how(history: &History, from: &Life, skill: &str) -> String {
    if from.parent.is_none() {
        return "seed skill of the run".to_owned();
    }
    let number = from.proposal.and_then(|number| usize::try_from(number).ok());
    let proposal = number.and_then(|number| Some((number, history.state.proposals().get(number.checked_sub(1)?)?)));
    let by = match proposal {
        Some((number, proposal)) => {
            let by = proposal.origin.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("proposed by {by} at step {} (proposal {number})", proposal.step)
        }
        None => format!("made by {}", from.by.split_whitespace().collect::<Vec<_>>().join(" ")),
    };
    let fate = match &from.fate {
        Fate::InForce { since, .. } if from.reason.is_some() => format!("in force from step {since} without a test"),
        Fate::InForce { since, .. } => format!("accepted at step {since}"),
        Fate::UnderTest => "under test".to_owned(),
        Fate::Rejected { step } => format!("rejected at step {step}"),
        Fate::Undecided { step } => format!("undecided at step {step}"),
        Fate::Cancelled { step, .. } => format!("its test cancelled at step {step}"),
        Fate::Rebased { step, to } => format!("went on as version {to} at step {step}"),
    };
    let found = history.test(from).map(|(test, _)| match test {
        VersionTest::Sequential(test) => {
            // Of several operations each has an effect of its own.
            let credits = test.credits();
            let credit = credits.iter().find(|credit| credits.len() > 1 && credit.skill == skill);
            format!(": {} where it mattered", credit.map_or_else(|| test.effect(), |credit| credit.effect))
        }
        VersionTest::Paper(test) => {
            format!(": posterior mean {:.3} against {:.3}", test.challenger().mean(), test.incumbent().mean())
        }
    });
    format!("{by}, {fate}{}", found.unwrap_or_default())
}

/// Puts the line after the skill's doc comment. A line from an earlier run stays where nothing better is known.
fn note(skill: &mut Skill, line: String, is_seed: bool) {
    let older = skill.lead.iter().find(|line| line.starts_with(MARK)).cloned();
    skill.lead.retain(|line| !line.starts_with(MARK));
    let after = skill.lead.iter().rposition(|line| line.starts_with("///")).map_or(0, |last| last + 1);
    skill.lead.insert(after, older.filter(|_| is_seed).unwrap_or(line));
}
