//! The patch that drops assertions which tell nothing. In: the bank and the verdicts on its assertions; out: patch text that
//! passes the gate, and what the gate has against the rest.

use serde::{Deserialize, Serialize};

use super::{AssertionReport, Told};
use crate::creator::CreatorConfig;
use crate::creator::bank::Bank;
use crate::creator::gate::{Verdict, gate};
use crate::creator::reservoir::Reservoir;
use crate::lang::ast::{Example, ExampleKind, Item, MemberKind, Skill};
use crate::lang::parse::parse;
use crate::lang::print;

/// What is to be dropped, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retirement {
    /// `None` if nothing is to go, or nothing may.
    pub patch: Option<String>,
    /// Skills whose assertions should go, and why the gate does not let them.
    pub refused: Vec<String>,
}

pub(super) fn retirement(
    bank: &Bank,
    reports: &[AssertionReport],
    reservoir: &Reservoir,
    config: &CreatorConfig,
) -> Retirement {
    let mut retirement = Retirement::default();
    let mut edits = Vec::new();
    for tree in &bank.trees {
        let of_skill = reports.iter().filter(|r| r.grade.skill == tree.name.text && r.told == Told::Retire);
        let names: Vec<&str> = of_skill.map(|report| report.grade.assertion.as_str()).collect();
        if names.is_empty() {
            continue;
        }
        let edit = drops(tree, &names);
        let alone = patch(&[&edit]);
        match gate(&alone, &bank.files, reservoir, &[], config) {
            Verdict::Accepted { .. } => edits.push(edit),
            Verdict::Rejected { reasons } => {
                retirement.refused.push(format!("{} ({}): {}", tree.name.text, names.join(", "), reasons.join("; ")));
            }
        }
    }
    if !edits.is_empty() {
        // Each stands by itself in the gate, and skills do not depend on each other.
        let edits: Vec<&String> = edits.iter().collect();
        retirement.patch = Some(patch(&edits));
    }
    retirement
}

fn patch(edits: &[&String]) -> String {
    let edits: String = edits.iter().map(|edit| edit.as_str()).collect();
    canonical(&format!("patch \"Drop assertions that do not tell success from failure\" {{ {edits} }}"))
}

/// The one form of a patch's text; as it is where it does not parse, so that the gate says what is wrong.
pub(super) fn canonical(text: &str) -> String {
    match parse(text).items.as_slice() {
        [Item::Patch(patch)] => print::patch(patch),
        _ => text.to_owned(),
    }
}

/// `modify SKILL { … }`: the assertions go, and so does what examples expect of them.
fn drops(skill: &Skill, names: &[&str]) -> String {
    let mut edits: String = names.iter().map(|name| format!("drop assert {name} ")).collect();
    for member in &skill.members {
        let MemberKind::Example(example) = &member.kind else { continue };
        let is_gone = |kind: &ExampleKind| matches!(kind, ExampleKind::ExpectViolated(name) if names.contains(&name.text.as_str()));
        if !example.lines.iter().any(|line| is_gone(&line.kind)) {
            continue;
        }
        let mut lines = example.lines.clone();
        lines.retain(|line| !is_gone(&line.kind));
        let expects = |kind: &ExampleKind| matches!(kind, ExampleKind::Expect { .. } | ExampleKind::ExpectViolated(_));
        match lines.iter().any(|line| expects(&line.kind)) {
            true => {
                let rest = MemberKind::Example(Example { lines, ..example.clone() });
                edits.push_str(&format!("replace {}", print::member(&rest)));
            }
            false => edits.push_str(&format!("drop example {} ", example.name.text)),
        }
    }
    format!("modify {} {{ {edits} }}\n", skill.name.text)
}
