//! A pair in which the evaluators differ, made small. In: its number; out: what is left of program and episode when
//! everything has been taken out without which they still differ.

use std::panic::{AssertUnwindSafe, catch_unwind};

use reskill::episode::Trajectory;
use reskill::lang::ast::{Conj, Item, MemberKind, StatementKind};
use reskill::lang::check::{check, check_trees};
use reskill::lang::print;

use super::compare::{Sessions, agrees};
use super::generate::{episode, program};

#[derive(Clone)]
struct Case {
    trees: Vec<Vec<Item>>,
    trajectory: Trajectory,
    ends_open: bool,
}

/// The message of a pair that differs.
pub fn told(pair: u64, what: String, episodes: u64) -> String {
    let sound = program(pair / episodes);
    let trajectory = episode(&sound.checked, pair / episodes, pair % episodes);
    let case = Case { trees: check(&sound.files).trees, trajectory, ends_open: pair % 2 == 1 };
    let Some(mut says) = differs(&case) else {
        return format!(
            "pair {pair}: {what}\n(played alone, the episode shows no difference: what was played before matters)"
        );
    };
    let mut case = case;
    let mut at = 0;
    let mut is_smaller = false;
    loop {
        match without(&case, at) {
            Some(smaller) => match differs(&smaller) {
                Some(what) => (case, says, is_smaller) = (smaller, what, true),
                None => at += 1,
            },
            None if is_smaller => (at, is_smaller) = (0, false),
            None => break,
        }
    }
    let items: Vec<Item> = case.trees.into_iter().flatten().collect();
    let Trajectory { task, first, steps, .. } = &case.trajectory;
    format!("pair {pair}: {says}\n{}\ntask {task:?}\nfirst {first:?}\n{steps:#?}", print::items(&items))
}

fn differs(case: &Case) -> Option<String> {
    let analysis = check_trees(case.trees.clone());
    if analysis.has_errors() || analysis.checked.domains.is_empty() {
        return None;
    }
    let checked = analysis.checked;
    let play = || agrees(&mut Sessions::new(&checked, 0), &checked, 0, &case.trajectory, case.ends_open);
    catch_unwind(AssertUnwindSafe(play)).unwrap_or_else(|_| Err("a panic".to_owned())).err()
}

/// The case without one of its parts; nothing if it has no more than `at` of them.
fn without(case: &Case, mut at: usize) -> Option<Case> {
    let mut case = case.clone();
    let mut from = |length: usize| match at < length {
        true => Some(at),
        false => {
            at -= length;
            None
        }
    };
    let done = 'done: {
        if let Some(step) = from(case.trajectory.steps.len()) {
            case.trajectory.steps.remove(step);
            break 'done true;
        }
        for step in &mut case.trajectory.steps {
            if let Some(action) = from(step.admissible.len()) {
                step.admissible.remove(action);
                break 'done true;
            }
        }
        for items in &mut case.trees {
            if let Some(item) = from(items.len()) {
                items.remove(item);
                break 'done true;
            }
            for item in items {
                match item {
                    Item::Domain(domain) => {
                        if let Some(decl) = from(domain.decls.len()) {
                            domain.decls.remove(decl);
                            break 'done true;
                        }
                    }
                    Item::Skill(skill) => {
                        if let Some(member) = from(skill.members.len()) {
                            skill.members.remove(member);
                            break 'done true;
                        }
                        let conditions = skill.members.iter_mut().flat_map(|member| conditions(&mut member.kind));
                        for condition in conditions {
                            if let Some(literal) = from(condition.0.len()).filter(|_| condition.0.len() > 1) {
                                condition.0.remove(literal);
                                break 'done true;
                            }
                        }
                        for member in &mut skill.members {
                            let MemberKind::Rule(rule) = &mut member.kind else { continue };
                            if let Some(statement) = from(rule.statements.len()) {
                                rule.statements.remove(statement);
                                break 'done true;
                            }
                        }
                    }
                    Item::Patch(_) => {}
                }
            }
        }
        false
    };
    done.then_some(case)
}

fn conditions(member: &mut MemberKind) -> Vec<&mut Conj> {
    match member {
        MemberKind::Rule(rule) => {
            let filters = rule.statements.iter_mut().filter_map(|statement| match &mut statement.kind {
                StatementKind::Mark { filter: Some(filter), .. } => Some(filter),
                _ => None,
            });
            rule.branches.iter_mut().chain(filters).collect()
        }
        MemberKind::Assertion(assertion) => assertion.form.conditions_mut().collect(),
        _ => Vec::new(),
    }
}
