//! `reskill trace`: recorded episodes through a bank. In: skills and trajectories; out: for every decision the rules that
//! fired and why, for every episode the assertions that broke and where.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::check::analyse;
use super::{Failure, Outcome, colour, report, say};
use crate::engine::directives::{MarkKind, RuleId};
use crate::engine::program::Program;
use crate::engine::session::Session;
use crate::engine::value::Value;
use crate::engine::verdict::Verdict;
use crate::episode::Trajectory;
use crate::text;

#[derive(Debug, Serialize)]
struct Traced {
    id: String,
    domain: String,
    won: bool,
    decisions: Vec<Decision>,
    assertions: Vec<Asserted>,
}

#[derive(Debug, Serialize)]
struct Decision {
    decision: usize,
    /// The action taken here; none after the last step.
    action: Option<String>,
    fired: Vec<Fired>,
}

#[derive(Debug, Serialize)]
struct Fired {
    skill: String,
    rule: String,
    bindings: Vec<String>,
    advice: Option<String>,
    suggestion: Option<Suggested>,
    prefer: Vec<String>,
    avoid: Vec<String>,
    forbid: Vec<String>,
    /// Its forbids would have left no action and were dropped.
    overruled: bool,
}

#[derive(Debug, Serialize)]
struct Suggested {
    action: String,
    /// The action taken is this one, but for case and spacing.
    followed: bool,
}

#[derive(Debug, Serialize)]
struct Asserted {
    skill: String,
    assertion: String,
    verdict: &'static str,
    step: Option<usize>,
    bindings: String,
    because: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill trace skills -t episodes.jsonl
    reskill trace skills -t episodes.jsonl --episode 1 --json")]
pub(super) struct Arguments {
    /// Files, or folders with `.skill` files in them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Episodes, one JSON object a line; `-` reads standard input
    #[arg(long, short)]
    trajectories: PathBuf,
    /// Only the episode with this id, or on this line
    #[arg(long)]
    episode: Option<String>,
    /// Print one JSON object an episode
    #[arg(long)]
    json: bool,
}

pub(super) fn trace(told: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { paths, trajectories, episode, json } = told;
    let (only, json) = (episode.as_deref(), *json);
    let (loaded, analysis) = analyse(paths)?;
    if analysis.has_errors() {
        let errors: Vec<_> = analysis.errors().cloned().collect();
        say(report::full(&loaded.files, &errors, colour()));
        return Err(Failure("the skills have errors; nothing was traced".to_owned()));
    }
    let mut sessions: Vec<Session> =
        (0..analysis.checked.domains.len()).map(|d| Session::new(Program::of(&analysis.checked, d))).collect();
    if sessions.is_empty() {
        return Err(Failure("no domain in these files".to_owned()));
    }
    let name = trajectories.display().to_string();
    let reader: Box<dyn BufRead> = match name.as_str() {
        "-" => Box::new(BufReader::new(std::io::stdin())),
        _ => Box::new(BufReader::new(File::open(trajectories).map_err(|e| Failure(format!("{name}: {e}")))?)),
    };
    let (mut traced, mut broken) = (0, false);
    for (line, text) in reader.lines().enumerate() {
        let text = text.map_err(|e| Failure(format!("{name}, line {}: {e}", line + 1)))?;
        if text.trim().is_empty() {
            continue;
        }
        let episode: Trajectory = serde_json::from_str(&text)
            .map_err(|e| Failure(format!("{name}, line {}: not an episode: {e}", line + 1)))?;
        let id = if episode.id.is_empty() { format!("line {}", line + 1) } else { episode.id.clone() };
        if only.is_some_and(|wanted| wanted != id && wanted != (line + 1).to_string()) {
            continue;
        }
        traced += 1;
        for session in &mut sessions {
            let one = play(session, &episode, &id);
            broken |= one.assertions.iter().any(|a| a.verdict == "violated");
            match json {
                true => say(serde_json::to_string(&one)?),
                false => show(&one, &episode),
            }
        }
    }
    match (traced, only) {
        (0, Some(wanted)) => Err(Failure(format!("{name}: no episode `{wanted}`"))),
        (0, None) => Err(Failure(format!("{name}: no episode in it"))),
        _ => Ok(if broken { Outcome::Findings } else { Outcome::Clean }),
    }
}

fn play(session: &mut Session, episode: &Trajectory, id: &str) -> Traced {
    let admissible = |step: usize| episode.steps.get(step).map_or(&[][..], |s| &s.admissible);
    session.start(&episode.task, &episode.first, admissible(0));
    let mut decisions = Vec::new();
    for step in 0..=episode.steps.len() {
        let action = episode.steps.get(step).map(|s| s.action.clone());
        let fired = fired(session, admissible(step), action.as_deref());
        decisions.push(Decision { decision: step, action, fired });
        if let Some(s) = episode.steps.get(step) {
            session.observe(&s.action, &s.observation, admissible(step + 1));
        }
    }
    let report = session.finish();
    let program = session.program();
    let mut assertions = Vec::new();
    for (skill, verdicts) in program.skills().iter().zip(report.verdicts) {
        for (assertion, verdict) in skill.assertions.iter().zip(verdicts) {
            let (verdict, step, values) = match verdict {
                Verdict::NotApplicable => ("not applicable", None, Vec::new()),
                Verdict::Vacuous => ("vacuous", None, Vec::new()),
                Verdict::Satisfied => ("satisfied", None, Vec::new()),
                Verdict::Violated { at, bindings } => ("violated", Some(at + 1), bindings),
            };
            assertions.push(Asserted {
                skill: skill.name.clone(),
                assertion: assertion.name.clone(),
                verdict,
                step,
                bindings: list(&values),
                because: assertion.because.clone(),
            });
        }
    }
    Traced {
        id: id.to_owned(),
        domain: program.vocabulary().domain().name.clone(),
        won: episode.won,
        decisions,
        assertions,
    }
}

/// What the rules said before `taken`.
fn fired(session: &Session, admissible: &[String], taken: Option<&str>) -> Vec<Fired> {
    let directives = session.directives();
    let folded = |action: &str| text::canonical(action, &text::lex(action));
    let suggested = |rule: RuleId| {
        let action = directives.suggestions.iter().find(|s| s.rule == rule)?.action.clone();
        Some(Suggested { followed: taken.is_some_and(|taken| folded(taken) == folded(&action)), action })
    };
    let marked = |rule: RuleId, kind: MarkKind| {
        let marks = directives.marks.iter().filter(move |m| m.rule == rule && m.kind == kind);
        marks.filter_map(|m| admissible.get(m.action as usize).cloned()).collect()
    };
    let show = |firing: &crate::engine::directives::Firing| {
        let skill = &session.program().skills()[usize::from(firing.rule.skill)];
        Fired {
            skill: skill.name.clone(),
            rule: skill.rules[usize::from(firing.rule.rule)].name.clone(),
            bindings: session.reasons(firing.rule).iter().map(|b| list(b)).collect(),
            advice: firing.advice.clone(),
            suggestion: suggested(firing.rule),
            prefer: marked(firing.rule, MarkKind::Prefer),
            avoid: marked(firing.rule, MarkKind::Avoid),
            forbid: marked(firing.rule, MarkKind::Forbid),
            overruled: directives.overruled.contains(&firing.rule),
        }
    };
    directives.fired.iter().map(show).collect()
}

fn list(bindings: &[(String, Value)]) -> String {
    let shown: Vec<String> = bindings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    shown.join(", ")
}

fn show(traced: &Traced, episode: &Trajectory) {
    say(format!("episode {} in {} ({})", traced.id, traced.domain, if traced.won { "won" } else { "lost" }));
    say(format!("task: {}", episode.task));
    for decision in &traced.decisions {
        for fired in &decision.fired {
            say(format!("  {:>3}  {}.{}  {}", decision.decision, fired.skill, fired.rule, fired.bindings.join("; ")));
            if let Some(advice) = &fired.advice {
                say(format!("         advise  {advice}"));
            }
            if let Some(Suggested { action, followed }) = &fired.suggestion {
                say(format!("         suggest {action}{}", if *followed { "  (followed)" } else { "" }));
            }
            for (verb, actions) in [("prefer", &fired.prefer), ("avoid", &fired.avoid), ("forbid", &fired.forbid)] {
                if !actions.is_empty() {
                    say(format!("         {verb:6}  {}", actions.join(", ")));
                }
            }
            if fired.overruled {
                say("         forbid  (dropped: it would have left no action)");
            }
        }
        if let Some(action) = &decision.action {
            say(format!("  {:>3}  > {action}", decision.decision));
        }
    }
    for asserted in &traced.assertions {
        let place = asserted.step.map(|s| format!(" at step {s}")).unwrap_or_default();
        let with = if asserted.bindings.is_empty() { String::new() } else { format!(" ({})", asserted.bindings) };
        say(format!("  {}.{}: {}{place}{with}", asserted.skill, asserted.assertion, asserted.verdict));
        if let (Some(because), "violated") = (&asserted.because, asserted.verdict) {
            say(format!("      {because}"));
        }
    }
    say("");
}
