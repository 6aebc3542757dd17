//! Rules that say nothing of their own, and marks that another mark of the same rule undoes. In: a checked skill and its
//! tree; out: W1007 and W1008.
//!
//! A later rule is shadowed by an earlier one if every binding of it is one of the earlier rule's too, with the same
//! statements: there is a way to read the earlier rule's variables as the later one's under which each of its literals
//! follows from the later rule's condition, and each statement of the later rule is one of its own.

use super::conditions::Place;
use super::logic::Frame;
use super::rename::Reading;
use super::trees;
use crate::lang::ast;
use crate::lang::ast::MarkKind;
use crate::lang::checked::{AdvicePart, Arg, Literal, MarkStatement, Rule, Skill, Variable};
use crate::lang::diag::{Code, Diagnostic};

/// W1007 and W1008 of all rules of a skill.
pub(super) fn skill(place: &Place, skill: &Skill, tree: &ast::Skill, out: &mut Vec<Diagnostic>) {
    let written = trees::rules(tree);
    for (n, (rule, tree)) in skill.rules.iter().zip(&written).enumerate() {
        let earlier = skill.rules[..n].iter().position(|earlier| shadows(place, earlier, rule));
        if let Some(earlier) = earlier.and_then(|n| written.get(n)) {
            let message =
                format!("the rule `{}` says nothing that `{}` does not say", tree.name.text, earlier.name.text);
            out.push(
                Diagnostic::error(Code::Shadowed, message)
                    .label(tree.name.span, "speaks only when the other does, with the same marks")
                    .label(earlier.name.span, "this one comes first")
                    .help("drop the later rule, or let the earlier one say when it does not apply"),
            );
        }
        undone(place, rule, tree, out);
    }
}

fn shadows(place: &Place, earlier: &Rule, later: &Rule) -> bool {
    if same(earlier, later) {
        return true;
    }
    // What speaks rarely, later or of more than marks may leave room for the other.
    let plain = earlier.limit.is_none() && earlier.priority >= later.priority && later.lets.is_empty();
    plain
        && !later.branches.is_empty()
        && later.branches.iter().all(|branch| {
            let frame = place.frame(&later.vars, place.task, 0);
            earlier.branches.iter().any(|weaker| {
                let outer = outer(place);
                let start = Reading::fixed(outer);
                start
                    .implied(weaker, branch, &frame)
                    .into_iter()
                    .any(|reading| says_all(&reading, earlier, later, &frame))
            })
        })
}

/// Whether two rules are the same but for their names.
pub(super) fn same(a: &Rule, b: &Rule) -> bool {
    unnamed(a) == unnamed(b)
}

/// The rule without the names of its variables.
fn unnamed(rule: &Rule) -> Rule {
    let nameless = |vars: &mut Vec<Variable>| vars.iter_mut().for_each(|v| v.name.clear());
    let mut rule = rule.clone();
    rule.name.clear();
    nameless(&mut rule.vars);
    rule.marks.iter_mut().for_each(|m| nameless(&mut m.vars));
    for list in &mut rule.lets {
        list.name.clear();
        nameless(&mut list.vars);
    }
    rule
}

/// How many variables belong to the skill's `for`: the same in every rule.
fn outer(place: &Place) -> usize {
    let slots = place.task.iter().flat_map(|task| match task {
        Literal::Task { args, .. } => args.as_slice(),
        _ => &[],
    });
    slots.filter_map(|arg| if let Arg::Var(slot) = arg { Some(slot + 1) } else { None }).max().unwrap_or(0)
}

/// Whether the earlier rule, so read, says everything that the later one does.
fn says_all(reading: &Reading, earlier: &Rule, later: &Rule, frame: &Frame) -> bool {
    let same_text = |early: &Option<Vec<AdvicePart>>, late: &Option<Vec<AdvicePart>>| match (early, late) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(early), Some(late)) => {
            early.len() == late.len()
                && early.iter().zip(late).all(|(early, late)| match (early, late) {
                    (AdvicePart::Text(a), AdvicePart::Text(b)) => a == b,
                    // Each rule tells of its first binding, which is another one where its condition is another;
                    // the task's variables are the same in both.
                    (AdvicePart::Var(a), AdvicePart::Var(b)) => a == b && reading.is_fixed(*a),
                    _ => false,
                })
        }
    };
    same_text(&earlier.advice, &later.advice)
        && same_text(&earlier.suggestion, &later.suggestion)
        && later
            .marks
            .iter()
            .all(|mark| earlier.marks.iter().any(|wide| wide.kind == mark.kind && covers(reading, wide, mark, frame)))
}

/// Whether `wide`, read so, marks every action that `mark` marks.
fn covers(reading: &Reading, wide: &MarkStatement, mark: &MarkStatement, frame: &Frame) -> bool {
    let frame = Frame { vars: &mark.vars, ..*frame };
    wide.event == mark.event
        && reading
            .clone()
            .args(&wide.args, &mark.args)
            .is_some_and(|reading| !reading.implied(&wide.filter, &mark.filter, &frame).is_empty())
}

/// `W1008`: a mark, all of whose actions a stronger mark of the same rule takes.
fn undone(place: &Place, rule: &Rule, tree: &ast::Rule, out: &mut Vec<Diagnostic>) {
    let frame = place.frame(&rule.vars, place.task, 0);
    let spans: Vec<_> =
        tree.statements.iter().filter(|s| matches!(s.kind, ast::StatementKind::Mark { .. })).map(|s| s.span).collect();
    // The rule's own variables are the same in all its statements.
    let same = Reading::fixed(rule.vars.len());
    for (mark, span) in rule.marks.iter().zip(&spans) {
        let stronger = rule
            .marks
            .iter()
            .zip(&spans)
            .find(|(other, _)| other.kind > mark.kind && covers(&same, other, mark, &frame));
        if let Some((other, place)) = stronger {
            let message =
                format!("whatever this rule would `{}` here, it would `{}` too", mark.kind.word(), other.kind.word());
            let undoes = match other.kind {
                MarkKind::Forbid => "and what is forbidden is taken away",
                _ => "and of the two, `avoid` holds",
            };
            out.push(
                Diagnostic::error(Code::MarksOverlap, message)
                    .label(*span, "marks nothing")
                    .label(*place, undoes)
                    .help("leave one out, or let a `where` keep the two apart"),
            );
        }
    }
}
