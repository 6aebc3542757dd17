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
use crate::engine::explain::{self, Ground, Reason};
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
    /// What was left out because it was too much.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    truncations: Vec<String>,
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
    /// With `--why`: the facts that the first of its bindings rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grounds: Vec<Grounded>,
}

/// A fact with the text that made it so.
#[derive(Debug, Serialize)]
struct Grounded {
    fact: String,
    /// The step (0: the task and the first observation), its action and its answer.
    step: usize,
    action: String,
    observation: String,
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grounds: Vec<Grounded>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill trace skills -t episodes.jsonl
    reskill trace skills -t episodes.jsonl --episode 1 --json
    reskill trace skills -t episodes.jsonl --episode 1 --why")]
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
    /// Say of every rule that fired and of every assertion that broke which facts it rests on, since when, and by which text
    #[arg(long)]
    why: bool,
}

pub(super) fn trace(told: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { paths, trajectories, episode, json, why } = told;
    let (only, json, why) = (episode.as_deref(), *json, *why);
    let mut sessions = sessions(paths)?;
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
            let one = play(session, &episode, &id, why);
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

/// A session of every domain in the files; errors in them are shown.
pub(super) fn sessions(paths: &[PathBuf]) -> Result<Vec<Session>, Failure> {
    let (loaded, analysis) = analyse(paths)?;
    if analysis.has_errors() {
        let errors: Vec<_> = analysis.errors().cloned().collect();
        say(report::full(&loaded.files, &errors, colour()));
        return Err(Failure("the skills have errors; mend them first".to_owned()));
    }
    match analysis.checked.domains.len() {
        0 => Err(Failure("no domain in these files".to_owned())),
        n => Ok((0..n).map(|domain| Session::new(Program::of(&analysis.checked, domain))).collect()),
    }
}

fn play(session: &mut Session, episode: &Trajectory, id: &str, why: bool) -> Traced {
    let admissible = |step: usize| episode.steps.get(step).map_or(&[][..], |s| &s.admissible);
    session.start(&episode.task, &episode.first, admissible(0));
    let mut decisions = Vec::new();
    for step in 0..=episode.steps.len() {
        let action = episode.steps.get(step).map(|s| s.action.clone());
        let fired = fired(session, admissible(step), action.as_deref(), why.then_some(episode));
        decisions.push(Decision { decision: step, action, fired });
        if let Some(s) = episode.steps.get(step) {
            session.observe(&s.action, &s.observation, admissible(step + 1));
        }
    }
    let report = session.finish();
    let program = session.program();
    let mut assertions = Vec::new();
    for (s, (skill, verdicts)) in program.skills().iter().zip(report.verdicts).enumerate() {
        for (a, (assertion, verdict)) in skill.assertions.iter().zip(verdicts).enumerate() {
            let (verdict, step, values) = match verdict {
                Verdict::NotApplicable => ("not applicable", None, Vec::new()),
                Verdict::Vacuous => ("vacuous", None, Vec::new()),
                Verdict::Satisfied => ("satisfied", None, Vec::new()),
                Verdict::Violated { at, bindings } => ("violated", Some(at + 1), bindings),
            };
            let reason = if why && verdict == "violated" { explain::violation(program, episode, s, a) } else { None };
            assertions.push(Asserted {
                skill: skill.name.clone(),
                assertion: assertion.name.clone(),
                verdict,
                step,
                bindings: list(&values),
                because: assertion.because.clone(),
                grounds: reason.map_or(Vec::new(), |(_, reason)| grounded(&reason, episode)),
            });
        }
    }
    Traced {
        id: id.to_owned(),
        domain: program.vocabulary().domain().name.clone(),
        won: episode.won,
        decisions,
        assertions,
        truncations: report.truncations.iter().map(ToString::to_string).collect(),
    }
}

fn grounded(reason: &Reason, episode: &Trajectory) -> Vec<Grounded> {
    let told = |ground: &Ground| {
        let (action, observation) = explain::text(episode, ground.step).unwrap_or_default();
        Grounded {
            fact: ground.fact.clone(),
            step: ground.step,
            action: action.to_owned(),
            observation: observation.to_owned(),
        }
    };
    reason.grounds.iter().map(told).collect()
}

fn show_grounds(grounds: &[Grounded]) {
    for ground in grounds {
        let (action, answer) = (excerpt(&ground.action), excerpt(&ground.observation));
        say(match ground.step {
            0 => format!("         because {} (from the start)", ground.fact),
            step => format!("         because {} (step {step}: {action} -> {answer})", ground.fact),
        });
    }
}

/// The beginning of a text, on one line.
fn excerpt(text: &str) -> String {
    const LENGTH: usize = 60;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LENGTH) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

/// What the rules said before `taken`.
fn fired(session: &Session, admissible: &[String], taken: Option<&str>, why: Option<&Trajectory>) -> Vec<Fired> {
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
            grounds: why.map_or(Vec::new(), |episode| {
                let first = session.why(firing.rule).into_iter().next();
                first.map_or(Vec::new(), |reason| grounded(&reason, episode))
            }),
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
            show_grounds(&fired.grounds);
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
        show_grounds(&asserted.grounds);
    }
    for truncation in &traced.truncations {
        say(format!("  left out: {truncation}"));
    }
    say("");
}
