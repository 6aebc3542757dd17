//! What a run came to. In: a run directory; out: its evaluations, its skills' fates and its times, and tables of them. A
//! result table holds nothing that differs between two equal runs; times have a table of their own.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde::Serialize;

use super::RunError;
use super::evaluate::Evaluation;
use super::record::{StepRecord, TimingRecord};
use super::run_dir::RunDir;
use crate::bank::journal::replay;
use crate::bank::version_test::Decision;
use crate::files::log;
use crate::stats::wilson;

/// How the proposals of a run ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Fates {
    pub proposed: usize,
    /// Turned down before any test.
    pub refused: usize,
    pub accepted: usize,
    pub rejected: usize,
    /// Tests that ended without an answer; the challenger was dropped.
    pub undecided: usize,
    pub under_test: usize,
    /// Skills that an accepted version no longer has, or that the controls showed to be dead weight.
    pub retired: usize,
}

impl fmt::Display for Fates {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fates { proposed, refused, accepted, rejected, undecided, under_test, retired } = self;
        write!(
            out,
            "{proposed} proposed, {refused} refused by the gate, {accepted} accepted, {rejected} rejected, \
             {undecided} undecided, {under_test} under test, {retired} retired"
        )
    }
}

/// A run in numbers.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    pub steps: u64,
    /// Rollouts played in training.
    pub episodes: u64,
    pub evaluations: Vec<Evaluation>,
    pub fates: Fates,
    /// The last version in force.
    pub version: String,
    /// Accepted versions and the patches that made them.
    pub accepted: Vec<(String, String)>,
    #[serde(skip)]
    pub timing: TimingRecord,
}

/// Reads a run's logs.
pub fn read(dir: &RunDir) -> Result<Summary, RunError> {
    let metrics: Vec<StepRecord> = log::read(&dir.metrics())?;
    let evaluations: Vec<Evaluation> = log::read(&dir.evaluations())?;
    let timings: Vec<TimingRecord> = log::read(&dir.timings())?;
    let state = replay(&dir.journal())?;
    let mut fates = Fates {
        proposed: state.proposals().len(),
        refused: state.proposals().iter().filter(|p| !p.rejected.is_empty()).count(),
        under_test: state.active().len(),
        retired: state.retired().len(),
        ..Fates::default()
    };
    let mut accepted = Vec::new();
    for test in state.finished() {
        match test.decision {
            Decision::Accept => {
                fates.accepted += 1;
                let proposal =
                    test.test.proposal.and_then(|n| state.proposals().get(usize::try_from(n).ok()?.checked_sub(1)?));
                if let Some(proposal) = proposal {
                    fates.retired += proposal.patch.matches("\n    retire ").count();
                    accepted.push((test.test.challenger.label(), proposal.patch.clone()));
                }
            }
            Decision::Reject => fates.rejected += 1,
            Decision::Undecided => fates.undecided += 1,
        }
    }
    let mut timing = TimingRecord::default();
    for t in &timings {
        timing.world += t.world;
        timing.skills += t.skills;
        timing.features += t.features;
        timing.forward += t.forward;
        timing.update += t.update;
        timing.creator += t.creator;
        timing.creator_beside += t.creator_beside;
        timing.total += t.total;
        timing.step += 1;
    }
    Ok(Summary {
        steps: metrics.last().map_or(0, |m| m.step),
        episodes: metrics.iter().map(|m| m.episodes).sum(),
        evaluations,
        fates,
        version: state.incumbent().label(),
        accepted,
        timing,
    })
}

impl Summary {
    /// The evaluations with skills as served, by step and split.
    fn served(&self) -> BTreeMap<(u64, &str), &Evaluation> {
        self.evaluations.iter().filter(|e| e.skills).map(|e| ((e.step, e.split.as_str()), e)).collect()
    }

    /// The closing table of one run: success before and after, by split, and the skills' fates.
    pub fn closing_table(&self) -> String {
        let served = self.served();
        let mut out = String::from("| split | before | after | after, skills off |\n|---|---|---|---|\n");
        let mut splits: Vec<&str> = served.keys().map(|(_, split)| *split).collect();
        splits.sort_unstable();
        splits.dedup();
        for split in splits {
            let of: Vec<&&Evaluation> = served.iter().filter(|((_, s), _)| *s == split).map(|(_, e)| e).collect();
            let (Some(first), Some(last)) = (of.first(), of.last()) else { continue };
            let off =
                self.evaluations.iter().rev().find(|e| !e.skills && e.split == split).map_or("-".to_owned(), cell);
            line(&mut out, &[split.to_owned(), cell(first), cell(last), off]);
        }
        out.push_str(&format!(
            "\nskills: {}; {} episodes in {} steps; version {}\n",
            self.fates, self.episodes, self.steps, self.version
        ));
        out
    }

    /// Shares of a step's time by activity.
    pub fn timing_table(&self) -> String {
        let t = &self.timing;
        let steps = (t.step as f64).max(1.0);
        let named = [
            ("world", t.world),
            ("skills", t.skills),
            ("features", t.features),
            ("forward", t.forward),
            ("update", t.update),
            ("creator", t.creator),
        ];
        let rest = (t.total - named.iter().map(|(_, s)| s).sum::<f64>()).max(0.0);
        // World, skills and features are summed over threads: with several, their shares can pass the whole.
        let mut out = String::from("| activity | ms a step | share |\n|---|---|---|\n");
        for (name, seconds) in named.into_iter().chain([("rest", rest), ("total", t.total)]) {
            let share = 100.0 * seconds / t.total.max(f64::MIN_POSITIVE);
            line(&mut out, &[name.to_owned(), format!("{:.1}", 1000.0 * seconds / steps), format!("{share:.1}%")]);
        }
        if t.creator_beside > 0.0 {
            let seconds = 1000.0 * t.creator_beside / steps;
            out.push_str(&format!(
                "\nBeside the steps, in a thread of its own, the creator worked {seconds:.1} ms a step.\n"
            ));
        }
        out
    }
}

/// Success by iteration of several runs side by side, with 95% Wilson intervals.
pub fn comparison(arms: &[(&str, &[Summary])]) -> String {
    let mut keys: Vec<(u64, &str)> = Vec::new();
    for summary in arms.iter().flat_map(|(_, summaries)| summaries.iter()) {
        keys.extend(summary.served().into_keys());
    }
    keys.sort_unstable();
    keys.dedup();
    let mut splits: Vec<&str> = keys.iter().map(|(_, split)| *split).collect();
    splits.sort_unstable();
    splits.dedup();
    let mut out = String::new();
    let mut head = vec!["step".to_owned()];
    for (arm, _) in arms {
        head.extend(splits.iter().map(|split| format!("{arm}, {split}")));
    }
    line(&mut out, &head);
    line(&mut out, &vec!["---".to_owned(); head.len()]);
    let mut steps: Vec<u64> = keys.iter().map(|(step, _)| *step).collect();
    steps.dedup();
    for step in steps {
        let mut row = vec![step.to_string()];
        for (_, summaries) in arms {
            for split in &splits {
                let found: Vec<&Evaluation> =
                    summaries.iter().filter_map(|s| s.served().get(&(step, *split)).copied()).collect();
                row.push(pooled(&found));
            }
        }
        line(&mut out, &row);
    }
    let off = |summary: &Summary| summary.evaluations.iter().any(|e| !e.skills);
    if arms.iter().any(|(_, summaries)| summaries.iter().any(off)) {
        let mut row = vec!["end, skills off".to_owned()];
        for (_, summaries) in arms {
            for split in &splits {
                let found: Vec<&Evaluation> = summaries
                    .iter()
                    .filter_map(|s| s.evaluations.iter().rev().find(|e| !e.skills && e.split == *split))
                    .collect();
                row.push(pooled(&found));
            }
        }
        line(&mut out, &row);
    }
    out
}

/// Evaluations of the same kind over seeds, as one rate with its interval.
fn pooled(evaluations: &[&Evaluation]) -> String {
    let (solved, tasks) = evaluations.iter().fold((0, 0), |(s, t), e| (s + e.solved, t + e.tasks));
    if tasks == 0 { "-".to_owned() } else { rate(solved, tasks) }
}

fn cell(evaluation: &Evaluation) -> String {
    rate(evaluation.solved, evaluation.tasks)
}

/// `.612 [.54, .68]`
pub fn rate(hits: u64, tries: u64) -> String {
    let (low, high) = wilson(hits, tries);
    format!("{:.3} [{low:.2}, {high:.2}]", hits as f64 / (tries as f64).max(1.0))
}

pub(super) fn line(out: &mut String, cells: &[String]) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}
