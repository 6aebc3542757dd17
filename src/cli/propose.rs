//! `reskill propose`. In: a run's folder; out: one proposal by any creator, with the gate's verdict on it. The run itself stays as it is.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{Failure, Outcome, say};
use crate::creator::ask::{Answer, Creator, Nothing, Proposed, Question, grammar};
use crate::creator::finished::Finished;
use crate::creator::gate::{Verdict, gate};
use crate::creator::model::calls::Calls;
use crate::creator::model::config::Kind;
use crate::creator::model::create;
use crate::creator::model::dry::Dry;
use crate::creator::past::closed;
use crate::files::write_atomic;

/// What `reskill propose` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill propose run --creator openai --url http://127.0.0.1:8000/v1 --model qwen3-4b --dry-run
    reskill propose run --creator anthropic --model claude-sonnet-4-5 --dry-run --json")]
pub(super) struct Arguments {
    /// A run's folder
    run: PathBuf,
    /// Who proposes [default: the run's creator.kind]
    #[arg(long, value_enum)]
    creator: Option<Kind>,
    /// The model server's base URL, instead of creator.model.url
    #[arg(long)]
    url: Option<String>,
    /// The model's name, instead of creator.model.model
    #[arg(long)]
    model: Option<String>,
    /// Print the prompts that would be sent to a model, and send none; of the inducer, print the proposal and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Where proposals made by hand lie in a run's folder, and the calls for them.
const FOLDER: &str = "proposals";
const CALLS: &str = "model";
const SUFFIX: &str = ".skill-patch";

pub(super) fn propose(told: &Arguments) -> Result<Outcome, Failure> {
    let Finished { seed, mut config, version, bank, reservoir, past, busy, .. } = Finished::read(&told.run)?;
    config.kind = told.creator.unwrap_or(config.kind);
    if let Some(url) = &told.url {
        config.model.url.clone_from(url);
    }
    if let Some(model) = &told.model {
        config.model.model.clone_from(model);
    }
    // Somebody asks: that is reason enough.
    config.min_episodes = 1;
    eprintln!("{} proposes for {version}, over {} episodes", config.kind.word(), reservoir.len());
    let folder = told.run.join(FOLDER);
    let calls = Calls::new(&folder.join(CALLS));
    // Each time is a question of its own: what was answered before is not taken again.
    let round = 1 + last(&folder).max(calls.last_asked());
    let grammar = grammar(config.model.constrain, &bank);
    let mut question = Question { bank, reservoir, past, busy, wanted: 1, config, seed, step: round, grammar };
    if told.dry_run && question.config.kind != Kind::Induce {
        return dry(&mut question, told.json);
    }
    question.config.validate().map_err(|(key, message)| Failure(format!("{key}: {message}")))?;
    let creator = Creator::of(&question.config, &folder.join(CALLS));
    let answer = creator.ask(&question, &|news| eprintln!("{news}"));
    let path = folder.join(format!("{round:04}{SUFFIX}"));
    show(&question, answer, Some(&*path).filter(|_| !told.dry_run), told.json)
}

/// The highest number among the proposals that are there.
fn last(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| name.strip_suffix(SUFFIX)?.parse().ok()).max().unwrap_or(0)
}

fn dry(question: &mut Question, as_json: bool) -> Result<Outcome, Failure> {
    // What stands in for replies holds no patch, and would be asked for again.
    question.config.model.tries = 1;
    let dry = Dry::default();
    let answer = create(question, &Calls::nowhere(), &dry, &|_| {});
    let asked = dry.asked();
    if asked.is_empty() {
        let why = answer.proposals.err().map_or(String::new(), |nothing| nothing.told().to_owned());
        return Err(Failure(format!("nothing would be asked: {why}")));
    }
    if as_json {
        let shown: Vec<_> = asked
            .iter()
            .map(|(stage, chat)| json!({"stage": stage, "system": chat.system, "prompt": chat.prompt}))
            .collect();
        say(serde_json::to_string_pretty(&shown)?);
        return Ok(Outcome::Clean);
    }
    let mut system = "";
    for (stage, chat) in &asked {
        // Stages share it; it is sent with each.
        if chat.system != system {
            say(format!("=== system\n{}", chat.system));
            system = &chat.system;
        }
        say(format!("=== {stage}\n{}", chat.prompt));
    }
    Ok(Outcome::Clean)
}

/// Tells what was proposed; what passes the gate is written to `path`, if there is one.
fn show(question: &Question, answer: Answer, path: Option<&Path>, as_json: bool) -> Result<Outcome, Failure> {
    let Question { bank, reservoir, past, config, .. } = question;
    // One was asked for.
    let first = answer.proposals.map(|proposals| proposals.into_iter().next());
    let Proposed { title, patch, evidence } = match first {
        Ok(Some(proposed)) => proposed,
        nothing => {
            let nothing = nothing.err().unwrap_or(Nothing::Because("nothing is proposed".to_owned()));
            let (patch, reasons) = answer.refused.map(|refused| (refused.patch, refused.reasons)).unzip();
            match as_json {
                true => say(serde_json::to_string_pretty(
                    &json!({"accepted": false, "why": nothing.told(), "patch": patch, "reasons": reasons}),
                )?),
                false => {
                    patch.iter().for_each(|patch| say(patch.trim_end()));
                    reasons.iter().flatten().for_each(|reason| say(format!("refused: {reason}")));
                    say(format!("no proposal: {}", nothing.told()));
                }
            }
            return Ok(Outcome::Findings);
        }
    };
    let (accepted, remarks) = match gate(&patch, bank, reservoir, &closed(past), config) {
        Verdict::Accepted { notes, .. } => (true, notes),
        Verdict::Rejected { reasons } => (false, reasons),
    };
    let path = path.filter(|_| accepted);
    if let Some(path) = path {
        let failure = |error: std::io::Error| Failure(format!("{}: {error}", path.display()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failure)?;
        }
        write_atomic(path, patch.as_bytes()).map_err(failure)?;
    }
    if as_json {
        let evidence: serde_json::Value = serde_json::from_str(&evidence).unwrap_or_default();
        let written = path.map(|path| path.display().to_string());
        say(serde_json::to_string_pretty(&json!({
            "accepted": accepted, "title": title, "patch": patch, "remarks": remarks, "evidence": evidence, "path": written,
        }))?);
    } else {
        say(patch.trim_end());
        remarks.iter().for_each(|remark| say(format!("{}: {remark}", if accepted { "remark" } else { "refused" })));
        say(match (accepted, path) {
            (true, Some(path)) => format!("the gate lets it pass; written to {}", path.display()),
            (true, None) => "the gate lets it pass; nothing was written".to_owned(),
            (false, _) => "the gate refuses it".to_owned(),
        });
    }
    Ok(if accepted { Outcome::Clean } else { Outcome::Findings })
}
