//! A diagnosis in words. In: a [`Diagnosis`]; out: a page of at most a hundred columns, with what to do about each finding.

use std::fmt::Write;

use super::{
    AssertionReport, Because, Contrast, Diagnosis, Helped, Parting, Pattern, Proposed, RuleReport, Told, Violation,
};
use crate::creator::grade::{ByOutcome, Lift};

/// The whole page. Writing to a String cannot fail, so that results of `write!` are let go.
pub fn told(diagnosis: &Diagnosis) -> String {
    let mut out = String::new();
    let ByOutcome { successes, failures } = diagnosis.episodes;
    let _ = writeln!(
        out,
        "{} of {}: {successes} successes, {failures} failures. {} with both outcomes.\n\
         A reservoir keeps one episode for each task, arm and outcome: only differences say something\n\
         about the policy. Points are differences of success rates, with 95% intervals.",
        number(diagnosis.episodes.total(), "episode"),
        number(diagnosis.tasks, "task"),
        number(diagnosis.contrast.tasks, "task"),
    );
    assertions(&diagnosis.assertions, &mut out);
    rules(&diagnosis.rules, &mut out);
    contrast(&diagnosis.contrast, &mut out);
    proposed(&diagnosis.proposed, &mut out);
    out.push_str("\nASSERTIONS TO DROP\n");
    match &diagnosis.retirement.patch {
        Some(patch) => {
            out.push_str("This patch passes the gate; `reskill patch apply` applies it to a copy of the bank.\n\n");
            out.push_str(&indented(patch));
        }
        None => out.push_str("None that may go.\n"),
    }
    for refused in &diagnosis.retirement.refused {
        let _ = writeln!(out, "The gate refuses to change {refused}");
    }
    out
}

fn assertions(reports: &[AssertionReport], out: &mut String) {
    out.push_str("\nASSERTIONS\n");
    if reports.is_empty() {
        out.push_str("The bank asserts nothing.\n");
        return;
    }
    let width = reports.iter().map(|r| name(&r.grade.skill, &r.grade.assertion).len()).max().unwrap_or(0).clamp(9, 40);
    let _ = writeln!(
        out,
        "{:<width$}  satisfied   violated    vacuous  covers  lift in points       step\n{:<width$}  won  lost   won  lost   won  lost",
        "", ""
    );
    for report in reports {
        let AssertionReport { grade, coverage, median_step, .. } = report;
        let counts = |counts: ByOutcome| format!("{:>4} {:>5}", counts.successes, counts.failures);
        let _ = writeln!(
            out,
            "{:<width$} {} {} {}  {:>5.0}%  {:<20} {}",
            name(&grade.skill, &grade.assertion),
            counts(grade.satisfied),
            counts(grade.violated),
            counts(grade.vacuous),
            100.0 * coverage,
            grade.lift.map_or("-".to_owned(), lift),
            median_step.map_or("-".to_owned(), |step| step.to_string()),
        );
        let _ = writeln!(out, "  {}", verdict(report));
        if let Some(shown) = &report.violation {
            violation(shown, out);
        }
    }
    out.push_str("step: median of the steps at which it was first violated. Other tasks' episodes are left out.\n");
}

fn name(skill: &str, part: &str) -> String {
    format!("{skill}.{part}")
}

fn verdict(report: &AssertionReport) -> String {
    let (satisfied, violated) = (report.grade.satisfied.total(), report.grade.violated.total());
    match report.told {
        Told::Tells => "tells success from failure".to_owned(),
        Told::Retire => "does not discriminate: retire it".to_owned(),
        Told::TooFew => {
            format!("too few episodes to tell: satisfied in {satisfied}, violated in {violated}")
        }
    }
}

fn violation(shown: &Violation, out: &mut String) {
    let Violation { task_id, task, success, step, action, observation, values, because } = shown;
    let outcome = if *success { "won" } else { "lost" };
    let place = if task_id.is_empty() { String::new() } else { format!("{task_id}, ") };
    let _ = writeln!(out, "  e.g. {place}{} ({outcome})", excerpt(task, 70));
    let _ = writeln!(out, "       step {step}: {} -> {}", excerpt(action, 36), excerpt(observation, 40));
    if !values.is_empty() {
        let _ = writeln!(out, "       with {}", excerpt(&values.join(", "), 80));
    }
    for Because { fact, step: since, text } in because.iter().filter(|because| because.step < *step) {
        let since = if *since == 0 { "from the start".to_owned() } else { format!("step {since}") };
        let _ = writeln!(out, "       because {} ({since}: {})", excerpt(fact, 30), excerpt(text, 44));
    }
}

fn rules(reports: &[RuleReport], out: &mut String) {
    out.push_str("\nRULES: FIRED, FOLLOWED, HELPED\n");
    if reports.is_empty() {
        out.push_str("The bank has no rules.\n");
        return;
    }
    let width = reports.iter().map(|r| name(&r.skill, &r.rule).len()).max().unwrap_or(0).clamp(9, 40);
    let _ = writeln!(out, "{:<width$} episodes decisions followed  points where followed", "");
    for report in reports {
        let RuleReport { episodes, decisions, served, weighed, followed, helped, .. } = report;
        let share = match weighed {
            0 => "-".to_owned(),
            _ => format!("{:.0}%", 100.0 * *followed as f64 / *weighed as f64),
        };
        let _ = writeln!(
            out,
            "{:<width$} {episodes:>8} {decisions:>9} {share:>8}  {}",
            name(&report.skill, &report.rule),
            helped.as_ref().map_or_else(|| nothing(report), effect),
        );
        if let Some(served) = served.filter(|served| served < episodes) {
            let _ = writeln!(out, "  {served} of these {episodes} were played under the skill as it is now");
        }
    }
    out.push_str(
        "followed: share of the decisions with a mark at which the action taken was a preferred one, or,\n\
         where none was preferred, not an avoided one. An episode follows if half of its decisions do.\n\
         Success is compared within tasks, or over all episodes (won/all followed : won/all not).\n",
    );
}

fn nothing(report: &RuleReport) -> String {
    match (report.decisions, report.weighed) {
        (0, _) => "never spoke".to_owned(),
        (_, 0) => "marks nothing: nothing to follow".to_owned(),
        _ if report.followed == report.weighed => "always followed: nothing to compare with".to_owned(),
        _ => "no episodes of both sorts".to_owned(),
    }
}

fn effect(helped: &Helped) -> String {
    let Helped { within_tasks, followed, not_followed, difference, low, high } = *helped;
    let word = match (low > 0.0, high < 0.0) {
        (true, _) => "helps",
        (_, true) => "harms",
        _ => "open",
    };
    let sides =
        format!("{}/{} : {}/{}", followed.successes, followed.total(), not_followed.successes, not_followed.total());
    let how = match within_tasks {
        Some(tasks) => format!("within {tasks} tasks"),
        None => sides,
    };
    format!("{} {word}, {how}", lift(Lift { difference, low, high }))
}

fn contrast(contrast: &Contrast, out: &mut String) {
    out.push_str("\nWHERE SUCCESS AND FAILURE OF ONE TASK PART\n");
    let Some(step) = contrast.median_step else {
        out.push_str("No task has both outcomes.\n");
        return;
    };
    let _ = writeln!(
        out,
        "{} compared, each by the two episodes that go together longest; median step of parting: {step}.",
        number(contrast.tasks, "task")
    );
    out.push_str("First actions of different kinds:\n");
    for Pattern { success, failure, tasks, example } in &contrast.partings {
        let _ = writeln!(out, "  {tasks:>4}x  success {success}; failure {failure}");
        parting(example, out);
    }
    if !contrast.missing.is_empty() {
        out.push_str("First thing that the success did and the failure never did:\n");
    }
    for Pattern { success, tasks, example, .. } in &contrast.missing {
        let _ = writeln!(out, "  {tasks:>4}x  {success}");
        parting(example, out);
    }
}

fn parting(example: &Parting, out: &mut String) {
    let Parting { task_id, task, step, success, failure } = example;
    let place = if task_id.is_empty() { String::new() } else { format!("{task_id}, ") };
    let _ = writeln!(out, "         e.g. {place}{}", excerpt(task, 64));
    let other = if failure.is_empty() { String::new() } else { format!("; failure: {}", excerpt(failure, 32)) };
    let _ = writeln!(out, "         step {step}: success: {}{other}", excerpt(success, 32));
}

fn proposed(proposed: &[Proposed], out: &mut String) {
    out.push_str("\nASSERTIONS PROPOSED\n");
    if proposed.is_empty() {
        out.push_str("No simple one tells success from failure on both halves of the tasks.\n");
        return;
    }
    out.push_str("Found on one half of the tasks, confirmed on the other.\n");
    for Proposed { task, assertion, found, confirmed, patch } in proposed {
        let what = if task.is_empty() { "every task".to_owned() } else { format!("for {task}") };
        let _ = writeln!(out, "\n    {assertion}");
        let of = |counts: ByOutcome| format!("{}/{}", counts.successes, counts.total());
        let _ = writeln!(
            out,
            "  {what}: {} found, {} confirmed\n  (there {} won where satisfied, {} where violated)",
            lift(found.lift),
            lift(confirmed.lift),
            of(confirmed.satisfied),
            of(confirmed.violated),
        );
        match patch {
            Some(patch) => out.push_str(&indented(patch)),
            None => out.push_str("  No skill of the bank is for this task and can take it: put it into a new one.\n"),
        }
    }
}

/// `+12.5 [-3.0, +28.0]`, in points.
fn lift(lift: Lift) -> String {
    let points = |share: f64| {
        let points = format!("{:+.1}", 100.0 * share);
        if points == "-0.0" { "+0.0".to_owned() } else { points }
    };
    format!("{} [{}, {}]", points(lift.difference), points(lift.low), points(lift.high))
}

fn number(count: usize, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n").collect()
}

/// The beginning of a text, on one line.
fn excerpt(text: &str, length: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(length) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}
