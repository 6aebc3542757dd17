//! A run's versions in words. In: a history; out: the tree of versions, and what happened step by step.

use std::fmt::Write;

use super::{Fate, History, Life, Operation};
use crate::bank::record::Event;
use crate::bank::version_test::{Decision, VersionTest};

/// The versions as a tree: each below the one that it was made from.
pub fn tree(history: &History) -> String {
    let mut out = String::new();
    for life in history.lives.iter().filter(|life| life.parent.is_none()) {
        branch(history, life, "", "", &mut out);
    }
    out
}

fn branch(history: &History, life: &Life, stem: &str, indent: &str, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{stem}{}  {}: {}", life.label, what(life), fate(history, life));
    let children: Vec<&Life> = history.lives.iter().filter(|child| child.parent == Some(life.number)).collect();
    for (index, child) in children.iter().enumerate() {
        let (fork, below) = if index + 1 == children.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        branch(history, child, &format!("{indent}{fork}"), &format!("{indent}{below}"), out);
    }
}

/// What a version does to its parent.
pub(super) fn what(life: &Life) -> String {
    if life.parent.is_none() {
        return match life.skills {
            1 => "begins with 1 skill".to_owned(),
            n => format!("begins with {n} skills"),
        };
    }
    let mut parts = Vec::new();
    for operation in [Operation::Add, Operation::Modify, Operation::Retire] {
        let skills: Vec<&str> =
            life.changes.iter().filter(|(op, _)| *op == operation).map(|(_, skill)| skill.as_str()).collect();
        if !skills.is_empty() {
            parts.push(format!("{} {}", operation.word(), skills.join(", ")));
        }
    }
    match parts.is_empty() {
        true => "changes nothing".to_owned(),
        false => parts.join(", "),
    }
}

fn fate(history: &History, life: &Life) -> String {
    let found = effect(history, life).map_or(String::new(), |effect| format!(", {effect}"));
    match &life.fate {
        Fate::UnderTest => {
            format!("under test since step {}{found}", life.tested_since.unwrap_or_default())
        }
        Fate::InForce { since: 0, until: None } => "in force from the beginning".to_owned(),
        Fate::InForce { since: 0, until: Some(until) } => format!("in force until step {until}"),
        Fate::InForce { since, until } => {
            let end = until.map_or(String::new(), |until| format!(" until step {until}"));
            let how = if life.reason.is_some() { "made without a test" } else { "accepted" };
            format!("{how} at step {since}{found}; in force{end}")
        }
        Fate::Rejected { step } => format!("rejected at step {step}{found}"),
        Fate::Undecided { step } => format!("undecided at step {step}, dropped{found}"),
        Fate::Cancelled { step, reason } => format!("test cancelled at step {step}: {reason}"),
        Fate::Rebased { step, to } => format!("went on as version {to} when the incumbent changed at step {step}"),
    }
}

/// How much better the challenger did, in a few words.
fn effect(history: &History, life: &Life) -> Option<String> {
    let (test, _) = history.test(life)?;
    Some(match test {
        VersionTest::Sequential(test) => test.effect().to_string(),
        VersionTest::Paper(test) => {
            format!("posterior mean {:.3} against {:.3}", test.challenger().mean(), test.incumbent().mean())
        }
    })
}

/// What happened, by step. Steps of a test are told by [`super::why`].
pub fn timeline(history: &History) -> String {
    let label = |number: u64| {
        let life = history.lives.iter().find(|life| life.number == number);
        life.map_or_else(|| format!("version {number}"), |life| life.label.clone())
    };
    let mut out = String::new();
    for record in &history.records {
        let told = match &record.event {
            Event::Started { incumbent, .. } => format!("the run begins with {}", incumbent.label()),
            Event::ModelReply { .. } | Event::Outcomes { .. } => continue,
            Event::Proposal { proposal, patch, origin, .. } => {
                format!("proposal {proposal} by {origin}: {}", title(patch))
            }
            Event::GateRejection { proposal, reasons } => {
                format!("proposal {proposal} refused by the gate: {}", reasons.join("; "))
            }
            Event::TestStarted { challenger, changes, .. } => {
                format!("{} under test ({})", challenger.label(), changes.join(", "))
            }
            Event::Decided { challenger, decision, .. } => {
                let verdict = match decision {
                    Decision::Accept => "accepted",
                    Decision::Reject => "rejected",
                    Decision::Undecided => "undecided, dropped",
                };
                let found = history.lives.iter().find(|l| l.number == *challenger).and_then(|l| effect(history, l));
                format!("{} {verdict}: {}", label(*challenger), found.unwrap_or_default())
            }
            Event::Rebased { challenger, to } => {
                format!("{} goes on as {}, the same change to the new incumbent", label(*challenger), to.label())
            }
            Event::TestCancelled { challenger, reason } => {
                format!("test of {} cancelled: {reason}", label(*challenger))
            }
            Event::Retired { name, reason, incumbent } => {
                format!("{name} retired: {reason}; {} in force", incumbent.label())
            }
        };
        let _ = writeln!(out, "{:>6}  {told}", record.step);
    }
    let controls: Vec<_> = history.state.controls().collect();
    if !controls.is_empty() {
        out.push_str("\nSkills of the last incumbent against silence, where they speak:\n");
        for (skill, control) in controls {
            let (effect, served, silent) = (control.effect(), control.served, control.silent);
            let _ = writeln!(out, "  {skill}: {effect}, {served} rollouts with it and {silent} without");
        }
    }
    out
}

/// The title of a patch: what is quoted first in it.
fn title(patch: &str) -> &str {
    patch.split('"').nth(1).unwrap_or("(without a title)")
}
