//! Why a version was accepted or not. In: a history and a version; out: what it changed, who proposed it and on what evidence,
//! the evidence of its test step by step, and the verdict, in words and numbers.

use std::fmt::Write;

use super::tell::what;
use super::{Fate, History, Life};
use crate::bank::paper::PaperTest;
use crate::bank::sequential::SequentialTest;
use crate::bank::sequential::effect::Effect;
use crate::bank::state::Finished;
use crate::bank::version_test::{Decision, VersionTest};

/// All that is known of a version, for a reader who knows the method and not the program.
pub fn why(history: &History, life: &Life) -> String {
    let mut out = format!("{} {}", life.label, what(life));
    if let Some(parent) = life.parent.and_then(|number| history.lives.iter().find(|l| l.number == number)) {
        // Writing to a String cannot fail.
        let _ = write!(out, ", compared with {}", parent.label);
    }
    out.push_str(".\n");
    if let Fate::Rebased { step, to } = life.fate {
        let _ = writeln!(
            out,
            "The incumbent changed at step {step}; the test went on with version {to}. What follows is all of it."
        );
    }
    if let Some(reason) = &life.reason {
        let _ = writeln!(out, "It was made without a test of its own: {reason}.");
    }
    let proposal = life.proposal.and_then(|n| history.state.proposals().get(usize::try_from(n).ok()?.checked_sub(1)?));
    if let Some(proposal) = proposal {
        let _ = writeln!(
            out,
            "Proposal {} by {} at step {}:\n",
            life.proposal.unwrap_or_default(),
            proposal.origin,
            proposal.step
        );
        for line in proposal.patch.lines() {
            let _ = writeln!(out, "    {line}");
        }
    }
    match history.test(life) {
        None if life.parent.is_none() => out.push_str("The run began with it: there was no test.\n"),
        None => {}
        Some((VersionTest::Sequential(test), ended)) => sequential(life, test, ended, &mut out),
        Some((VersionTest::Paper(test), ended)) => paper(life, test, ended, &mut out),
    }
    out
}

/// A wealth as odds; `x0.42`, `x31.5`, `x1.2e9`.
fn odds(log: f64) -> String {
    let odds = log.exp();
    match odds {
        _ if log > 13.8 => format!("x{odds:.1e}"),
        _ if odds >= 10.0 => format!("x{odds:.1}"),
        _ => format!("x{odds:.2}"),
    }
}

fn head(life: &Life, ended: Option<&Finished>, out: &mut String) {
    let since = life.tested_since.unwrap_or_default();
    let _ = match ended {
        Some(ended) => writeln!(out, "\nTest, steps {since} to {}: {}.", ended.decided, verdict(ended.decision)),
        None => writeln!(out, "\nTest, since step {since}: under way."),
    };
}

fn verdict(decision: Decision) -> &'static str {
    match decision {
        Decision::Accept => "accepted",
        Decision::Reject => "rejected",
        Decision::Undecided => "undecided at the end of its budget, so the incumbent stayed",
    }
}

fn sequential(life: &Life, test: &SequentialTest, ended: Option<&Finished>, out: &mut String) {
    head(life, ended, out);
    let config = test.config();
    let (accept, reject) = (1.0 / config.alpha, 1.0 / config.beta);
    let Some(last) = test.steps().last() else {
        out.push_str("No step has been counted yet.\n");
        return;
    };
    let _ = writeln!(
        out,
        "In the same groups, over rollouts in which the change mattered, the challenger's effect is {} (95%).",
        test.effect()
    );
    let _ = writeln!(
        out,
        "Odds against \"it is no better\": {} (x{accept:.0} accepts). Odds against \"it is better by {:.0} points\": {} \
         (x{reject:.0} rejects).",
        odds(last.log_accept),
        100.0 * config.margin,
        odds(last.log_reject)
    );
    if let Some((kind, effect)) = test.held_back_by() {
        let _ = writeln!(
            out,
            "Held back by tasks of kind {kind}: {}; nothing is accepted while a kind is likely worse by {:.0} points.",
            effect,
            100.0 * config.guard
        );
    }
    out.push_str(
        "\n| step | groups | share | challenger | incumbent | mattered in | effect so far | odds: better | odds: not by the margin | policy moved |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for step in test.steps() {
        let arm = |tally: crate::bank::evidence::Tally| match tally.n > 0.0 {
            true => format!("{:.2} of {}", tally.mean(), tally.n),
            false => "-".to_owned(),
        };
        let changed = if step.change.is_some() { ", a jump: earlier steps no longer count" } else { "" };
        let _ = writeln!(
            out,
            "| {} | {} | {:.0}% | {} | {} | {}+{} | {} | {} | {} | {:.4}{changed} |",
            step.step,
            step.groups,
            100.0 * step.share,
            arm(step.challenger),
            arm(step.incumbent),
            step.touched_challenger.n,
            step.touched_incumbent.n,
            step.effect,
            odds(step.log_accept),
            odds(step.log_reject),
            step.drift
        );
    }
    let outside: u64 = test.steps().iter().map(|step| step.outside).sum();
    if outside > 0 {
        let [low, high] = config.range();
        let _ = writeln!(out, "\n{outside} rewards outside of [{low}, {high}] were counted as its ends.");
    }
    let credits = test.credits();
    if !credits.is_empty() {
        out.push_str("\nBy operation, over rollouts in which its skill mattered (challenger + incumbent):\n");
        for credit in credits {
            let operation = life.changes.iter().find(|(_, skill)| *skill == credit.skill);
            let word = operation.map_or("changes", |(operation, _)| operation.word());
            let _ = writeln!(
                out,
                "  {word} {}: {}, {}+{} rollouts",
                credit.skill, credit.effect, credit.challenger, credit.incumbent
            );
        }
    }
    let kinds: Vec<(&str, Effect)> = test.kinds().collect();
    if kinds.len() > 1 {
        out.push_str("\nBy kind of task:\n");
        for (kind, effect) in kinds {
            let _ = writeln!(out, "  {kind}: {}", effect);
        }
    }
}

fn paper(life: &Life, test: &PaperTest, ended: Option<&Finished>, out: &mut String) {
    head(life, ended, out);
    let _ = writeln!(
        out,
        "Posterior mean success: challenger {:.3}, incumbent {:.3}; the higher one wins after the fixed number of steps \
         (paper mode).\n",
        test.challenger().mean(),
        test.incumbent().mean()
    );
    out.push_str("| step of the test | challenger | incumbent |\n|---|---|---|\n");
    for (index, step) in test.steps().iter().enumerate() {
        let arm = |counts: crate::bank::discount::ArmCounts| format!("{} of {}", counts.successes, counts.episodes);
        let _ = writeln!(out, "| {} | {} | {} |", index + 1, arm(step.challenger), arm(step.incumbent));
    }
}
