//! Patches: from one bank's syntax trees to the next one's, whole or not at all. In: the bank's skills and a patch; out:
//! the changed skills, or every reason why the patch does not fit. The result still has to be checked.

use super::ast::{Operation, Patch, Skill};
use super::diag::{Code, Diagnostic, nearest};

/// What a patch does to one skill, in the order of the patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Added(String),
    Replaced(String),
    Retired(String),
}

impl Change {
    /// The skill it is about.
    pub fn skill(&self) -> &str {
        match self {
            Change::Added(name) | Change::Replaced(name) | Change::Retired(name) => name,
        }
    }
}

/// Applies `patch` to the skills of one bank (all of the same domain). Added skills go to the end; a replaced skill
/// keeps its place.
pub fn apply(bank: &[Skill], patch: &Patch) -> Result<(Vec<Skill>, Vec<Change>), Vec<Diagnostic>> {
    let mut skills = bank.to_vec();
    let mut changes: Vec<Change> = Vec::new();
    let mut conflicts = Vec::new();
    for operation in &patch.operations {
        let name = match operation {
            Operation::Add(skill) | Operation::Replace(skill) => &skill.name,
            Operation::Retire { name, .. } => name,
        };
        let place = bank.iter().position(|s| s.name.text == name.text);
        if changes.iter().any(|c| c.skill() == name.text) {
            conflicts.push(
                Diagnostic::error(Code::PatchConflict, format!("two operations on skill `{}`", name.text))
                    .label(name.span, "second one")
                    .help("a patch says everything about a skill in one operation"),
            );
            continue;
        }
        match (operation, place) {
            (Operation::Add(skill), None) => {
                skills.push(skill.clone());
                changes.push(Change::Added(name.text.clone()));
            }
            (Operation::Add(_), Some(_)) => conflicts.push(
                Diagnostic::error(Code::PatchConflict, format!("the bank already has a skill `{}`", name.text))
                    .label(name.span, "cannot be added")
                    .help("write `replace skill …`, or choose another name"),
            ),
            (_, None) => {
                let mut conflict =
                    Diagnostic::error(Code::PatchConflict, format!("the bank has no skill `{}`", name.text))
                        .label(name.span, "not in the bank");
                if let Some(near) = nearest(&name.text, bank.iter().map(|s| s.name.text.as_str())) {
                    conflict = conflict.help(format!("did you mean `{near}`?"));
                }
                conflicts.push(conflict);
            }
            (Operation::Replace(skill), Some(_)) => {
                if let Some(old) = skills.iter_mut().find(|s| s.name.text == name.text) {
                    *old = skill.clone();
                }
                changes.push(Change::Replaced(name.text.clone()));
            }
            (Operation::Retire { .. }, Some(_)) => {
                skills.retain(|s| s.name.text != name.text);
                changes.push(Change::Retired(name.text.clone()));
            }
        }
    }
    if conflicts.is_empty() { Ok((skills, changes)) } else { Err(conflicts) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::ast::Item;
    use crate::lang::parse::parse;
    use crate::lang::print;

    fn read(text: &str) -> (Vec<Skill>, Option<Patch>) {
        let parsed = parse(text);
        assert_eq!(parsed.diagnostics, [], "{text}");
        let mut skills = Vec::new();
        let mut patch = None;
        for item in parsed.items {
            match item {
                Item::Skill(skill) => skills.push(skill),
                Item::Patch(found) => patch = Some(found),
                Item::Domain(_) => {}
            }
        }
        (skills, patch)
    }

    const BANK: &str = "skill a in d { unverified \"x\" } // kept\nskill b in d { unverified \"y\" }";

    #[test]
    fn operations_apply_in_place() {
        let (bank, _) = read(BANK);
        let (_, patch) =
            read("patch \"p\" { replace skill a in d { unverified \"z\" } retire b add skill c in d { } }");
        let (skills, changes) = apply(&bank, &patch.expect("a patch")).expect("it fits");
        let printed: String = skills.iter().map(print::skill).collect();
        assert_eq!(printed, "skill a in d {\n    unverified \"z\"\n}\nskill c in d {\n}\n");
        assert_eq!(changes.len(), 3);
    }

    #[test]
    fn a_patch_that_does_not_fit_changes_nothing_and_says_all_reasons() {
        let (bank, _) = read(BANK);
        let (_, patch) = read("patch \"p\" { add skill a in d { } retire bb retire b retire b }");
        let conflicts = apply(&bank, &patch.expect("a patch")).expect_err("three conflicts");
        let messages: Vec<&str> = conflicts.iter().map(|c| c.message.as_str()).collect();
        assert_eq!(
            messages,
            ["the bank already has a skill `a`", "the bank has no skill `bb`", "two operations on skill `b`"]
        );
    }
}
