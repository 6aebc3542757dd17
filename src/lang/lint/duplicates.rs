//! Skills of one meaning. In: the checked skills; out: W1012 for each that says what an earlier one says: names, comments,
//! examples and reasons aside.

use super::rules;
use crate::lang::checked::{Assertion, Checked, Skill};
use crate::lang::diag::{Code, Diagnostic};

/// The findings, each with the file of its skill.
pub(super) fn skills(checked: &Checked) -> Vec<(usize, Diagnostic)> {
    let mut found = Vec::new();
    for (n, skill) in checked.skills.iter().enumerate() {
        let Some(first) = checked.skills[..n].iter().find(|earlier| same(earlier, skill)) else { continue };
        let message = format!("the skill `{}` says what `{}` says", skill.name, first.name);
        found.push((
            skill.file,
            Diagnostic::error(Code::DuplicateSkill, message)
                .label(skill.span, "the same rules and assertions under another name")
                .help("retire one of the two: a second copy costs time and splits what is learned of both"),
        ));
    }
    found
}

fn same(a: &Skill, b: &Skill) -> bool {
    let assertions = |a: &[Assertion], b: &[Assertion]| {
        a.len() == b.len()
            && a.iter().zip(b).all(|(a, b)| {
                let types = |x: &Assertion| x.vars.iter().map(|v| v.ty).collect::<Vec<_>>();
                a.form == b.form && types(a) == types(b)
            })
    };
    a.domain == b.domain
        && a.applies == b.applies
        && !a.rules.is_empty()
        && a.rules.len() == b.rules.len()
        && a.rules.iter().zip(&b.rules).all(|(a, b)| rules::same(a, b))
        && assertions(&a.assertions, &b.assertions)
}
