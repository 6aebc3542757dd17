//! The stages of a proposal. In: a question and somebody who answers; out: a patch that passed the gate, or the last reason why
//! none did.

use serde_json::json;

use super::calls::Calls;
use super::client::Transport;
use super::extract;
use super::fault::Fault;
use super::prompt::{self, Attempt, Insight};
use super::quote::{clean, line};
use super::talk::Talk;
use crate::creator::ask::{Answer, Nothing, Proposed, Question, Refused};
use crate::creator::bank::Bank;
use crate::creator::gate::{SIZE, Verdict, gate};
use crate::creator::grade::{ByOutcome, grade_on};
use crate::creator::past::closed;
use crate::creator::reservoir::TaskGroup;
use crate::lang::ast::{Domain, Item, Patch};
use crate::lang::parse::parse;
use crate::lang::print;

/// Asks a model for a proposal.
pub fn create(question: &Question, calls: &Calls, transport: &dyn Transport, tell: &dyn Fn(&str)) -> Answer {
    let mut talk = Talk::new(question, calls, transport, tell);
    let mut refused = None;
    let proposals = stages(question, &mut talk, &mut refused).map(|proposal| vec![proposal]);
    Answer { proposals, replies: talk.replies, refused, remark: None }
}

fn stages(question: &Question, talk: &mut Talk, refused: &mut Option<Refused>) -> Result<Proposed, Nothing> {
    let (config, held) = (&question.config, question.reservoir.len());
    if held < config.min_episodes {
        let needed = config.min_episodes;
        return Err(Nothing::Early(format!("the reservoir holds {held} of {needed} episodes")));
    }
    let failed = |group: &TaskGroup| group.experiences.iter().any(|experience| !experience.success);
    let mut groups = question.reservoir.sample_groups(question.seed, question.step, usize::MAX);
    groups.retain(failed);
    groups.truncate(config.model.groups);
    if groups.is_empty() {
        return Err(Nothing::Early("no episode of the reservoir failed: nothing to mend".to_owned()));
    }
    let bank = Bank::read(&question.bank).map_err(|error| Nothing::Because(error.to_string()))?;
    let skills: Vec<String> = bank.trees.iter().map(print::skill).collect();
    let role = prompt::role()?;

    let mut insights = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        talk.tell(&format!("insight {} of {}", index + 1, groups.len()));
        match talk.say("insight", &role, &prompt::insight(group)?, false) {
            Ok(words) => {
                let task = group.experiences.first().map_or("", |experience| &experience.trajectory.task).to_owned();
                insights.push(Insight { task, said: words.text });
            }
            // One of several may be missing.
            Err(fault) if fault.is_final() || groups.len() == 1 => return Err(fault.into()),
            Err(_) => {}
        }
    }
    if insights.is_empty() {
        return Err(Nothing::Because("none of the replies on single tasks can be used".to_owned()));
    }
    let names: Vec<&str> = bank.skills.iter().map(|skill| skill.name.as_str()).collect();
    let grades = grade_on(&bank.program, question.reservoir.experiences());
    let mut all = ByOutcome::default();
    question.reservoir.experiences().for_each(|experience| all.add(experience.success));
    talk.tell("diagnosis");
    let diagnosis = talk.say("diagnosis", &role, &prompt::diagnosis(&names, &grades, all, &insights)?, false)?;
    talk.tell("recommendation");
    let asked = prompt::recommendation(&diagnosis.text, &skills, &question.past)?;
    let recommendation = talk.say("recommendation", &role, &asked, false)?;
    author(question, talk, &bank.domain_tree, &skills, &groups, &recommendation.text, refused)
}

/// Asks for the patch until one passes the gate and nothing weighty is to be said of it.
fn author(
    question: &Question,
    talk: &mut Talk,
    domain: &Domain,
    skills: &[String],
    groups: &[TaskGroup],
    recommendation: &str,
    refused: &mut Option<Refused>,
) -> Result<Proposed, Nothing> {
    let system = prompt::language(domain)?;
    let failure = groups.iter().flat_map(|group| &group.experiences).find(|experience| !experience.success);
    let texts = failure.map(|experience| prompt::texts(experience)).unwrap_or_default();
    let rejected = closed(&question.past);
    let tries = question.config.model.tries;
    let (mut best, mut attempt): (Option<(Proposed, usize)>, Option<Attempt>) = (None, None);
    for number in 1..=tries {
        talk.tell(&format!("patch, try {number} of {tries}"));
        let asked = prompt::author(recommendation, skills, &question.past, &texts, attempt.as_ref())?;
        let words = match talk.say("author", &system, &asked, true) {
            Ok(words) => words,
            // What has passed stays.
            Err(_) if best.is_some() => break,
            Err(fault) if fault.is_final() || number == tries => return Err(fault.into()),
            Err(_) => continue,
        };
        let Some(patch) = extract::patch(&words.text) else {
            let reasons = vec!["G0701 the reply holds no patch: answer with `patch \"…\" { … }` alone".to_owned()];
            attempt = Some(Attempt { patch: line(&words.text, 400), refused: true, reasons });
            continue;
        };
        let evidence = |notes: &[String]| {
            json!({"recommendation": line(recommendation, 600), "notes": notes, "tries": number}).to_string()
        };
        match gate(&patch, &question.bank, &question.reservoir, &rejected, &question.config) {
            Verdict::Accepted { notes, .. } => {
                let told = if notes.is_empty() { "passes the gate" } else { "passes the gate, with remarks" };
                talk.tell(&format!("patch, try {number}: {told}"));
                let (title, canonical) = canonical(&patch);
                let proposed = Proposed { title, patch: canonical, evidence: evidence(&notes) };
                let better = best.as_ref().is_none_or(|(_, before)| notes.len() < *before);
                let done = notes.is_empty();
                if better {
                    best = Some((proposed, notes.len()));
                }
                if done {
                    break;
                }
                attempt = Some(Attempt { patch, refused: false, reasons: notes });
            }
            Verdict::Rejected { mut reasons } => {
                if words.cut {
                    reasons.push("the reply was cut off at creator.model.max_tokens: write a shorter patch".to_owned());
                }
                talk.tell(&format!("patch, try {number}: refused: {}", line(&reasons.join("; "), 300)));
                let evidence = evidence(&[]);
                *refused = Some(Refused { patch: clean(&patch, SIZE), evidence, reasons: reasons.clone() });
                attempt = Some(Attempt { patch, refused: true, reasons });
            }
        }
    }
    match (best, attempt) {
        (Some((proposed, _)), _) => {
            *refused = None;
            Ok(proposed)
        }
        (None, Some(attempt)) => {
            let last = line(&attempt.reasons.join("; "), 600);
            Err(Nothing::Because(format!("no patch passed the gate in {tries} tries; the last: {last}")))
        }
        (None, None) => Err(Fault::Empty { why: String::new() }.into()),
    }
}

/// The title of a patch that passed, and the patch as every tool writes it.
fn canonical(text: &str) -> (String, String) {
    let patch: Option<Patch> =
        parse(text).items.into_iter().find_map(|item| if let Item::Patch(patch) = item { Some(patch) } else { None });
    match patch {
        Some(patch) => (line(&patch.title.value, 200), print::patch(&patch)),
        None => (String::new(), text.to_owned()),
    }
}
