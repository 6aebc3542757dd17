//! `reskill play`. In: a world, skills and a person (or a script) at stdin; out: texts, and beside them what the skills say.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use clap::Args;

use super::trace::sessions;
use super::{Failure, Outcome, say};
use crate::engine::directives::MarkKind;
use crate::engine::session::Session;
use crate::engine::verdict::Verdict;
use crate::episode::Trajectory;
use crate::files::write_atomic;
use crate::world::Env;
use crate::world::config::WorldConfig;
use crate::world::episode::{At, play as episode};

const KEYS: &str = "an action or its number; ? shows what the demonstrator would do; q ends";

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill play household < /dev/null
    reskill play household --split unseen --task 3 --skills skills -o mine.jsonl < /dev/null

At every decision: what the skills advise, then the actions, marked + (preferred), - (avoided), x (forbidden).
Type an action or its number; ? shows what the demonstrator would do; q, or the end of the input, ends.")]
pub(super) struct Arguments {
    /// A built-in world, or a configuration (TOML) with a [world]
    world: String,
    /// `.skill` files or folders, with their domain
    #[arg(long, num_args = 1..)]
    skills: Vec<PathBuf>,
    /// Which split
    #[arg(long, default_value = "train")]
    split: String,
    /// Which task, from 0
    #[arg(long, default_value_t = 0)]
    task: usize,
    /// Fixes what the world draws
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Keep what was played (JSONL), for `reskill trace`
    #[arg(long, short)]
    out: Option<PathBuf>,
}

pub(super) fn play(told: &Arguments) -> Result<Outcome, Failure> {
    let mut sessions = if told.skills.is_empty() { Vec::new() } else { sessions(&told.skills)? };
    let world = WorldConfig::named(&told.world)?.open()?;
    let mut env = world.open()?;
    let mut input = std::io::stdin().lock().lines();
    let mut choose = |env: &mut dyn Env, so_far: &Trajectory, admissible: &[String]| {
        hear(&mut sessions, so_far, admissible);
        match so_far.steps.last() {
            None if so_far.first.contains(&so_far.task) => say(&so_far.first),
            None => say(format!("{}\n\nYour task: {}", so_far.first, so_far.task)),
            Some(step) => say(&step.observation),
        }
        show(&sessions, admissible);
        loop {
            print!("> ");
            drop(std::io::stdout().flush());
            let Some(Ok(line)) = input.next() else { return Ok(None) };
            match line.trim() {
                "" => say(KEYS),
                "q" => return Ok(None),
                "?" => say(env.expert()?.unwrap_or_else(|| "the demonstrator does not know".to_owned())),
                typed => match typed.parse::<usize>() {
                    Ok(number) if (1..=admissible.len()).contains(&number) => {
                        return Ok(Some(admissible[number - 1].clone()));
                    }
                    Ok(number) => say(format!("there is no action {number}; {KEYS}")),
                    Err(_) => return Ok(Some(typed.to_owned())),
                },
            }
        }
    };
    let at = At { split: &told.split, index: told.task, seed: told.seed };
    let played = episode(env.as_mut(), world.info(), at, &mut choose)?;
    if played.done {
        hear(&mut sessions, &played, &[]);
        say(played.steps.last().map_or("", |step| step.observation.as_str()));
        let how = if played.won { "Solved" } else { "Not solved" };
        say(format!("\n{how} in {} actions; score {:.2}.", played.steps.len(), played.score));
    }
    sessions.iter_mut().for_each(judge);
    if let Some(path) = &told.out {
        let line = format!("{}\n", serde_json::to_string(&played)?);
        write_atomic(path, line.as_bytes()).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
    }
    Ok(Outcome::Clean)
}

/// Tells the sessions what has happened last.
fn hear(sessions: &mut [Session], so_far: &Trajectory, admissible: &[String]) {
    for session in sessions {
        match so_far.steps.last() {
            None => session.start(&so_far.task, &so_far.first, admissible),
            Some(step) => session.observe(&step.action, &step.observation, admissible),
        };
    }
}

/// Advice, and the actions with their marks.
fn show(sessions: &[Session], admissible: &[String]) {
    say("");
    let mut signs = vec![' '; admissible.len()];
    for session in sessions {
        let directives = session.directives();
        for fired in &directives.fired {
            let skill = &session.program().skills()[usize::from(fired.rule.skill)];
            let rule = &skill.rules[usize::from(fired.rule.rule)].name;
            // A rule without a word to say shows by its marks.
            let suggestion = directives.suggestions.iter().find(|suggestion| suggestion.rule == fired.rule);
            let told = [fired.advice.as_deref(), suggestion.map(|suggestion| suggestion.action.as_str())];
            let told: Vec<&str> = told.into_iter().flatten().collect();
            if !told.is_empty() {
                say(format!("  [{}.{rule}] {}", skill.name, told.join(" -> ")));
            }
        }
        for mark in &directives.marks {
            if let Some(sign) = signs.get_mut(mark.action as usize) {
                *sign = match mark.kind {
                    MarkKind::Prefer => '+',
                    MarkKind::Avoid => '-',
                    MarkKind::Forbid => 'x',
                };
            }
        }
    }
    for (at, (action, sign)) in admissible.iter().zip(signs).enumerate() {
        say(format!("{:>4} {sign} {action}", at + 1));
    }
}

/// What the assertions say of the episode.
fn judge(session: &mut Session) {
    let report = session.finish();
    for (skill, verdicts) in session.program().skills().iter().zip(report.verdicts) {
        for (assertion, verdict) in skill.assertions.iter().zip(verdicts) {
            match verdict {
                Verdict::Violated { at, .. } => {
                    let because = assertion.because.as_ref().map_or(String::new(), |because| format!(": {because}"));
                    say(format!("{}.{} broke at step {}{because}", skill.name, assertion.name, at + 1));
                }
                Verdict::Satisfied => say(format!("{}.{} held", skill.name, assertion.name)),
                Verdict::NotApplicable | Verdict::Vacuous => {}
            }
        }
    }
}
