//! The prompts: templates of this repository, filled with what a creator knows. In: episodes, grades, skills and the past; out: the text
//! for each stage, in which everything from outside is quoted as data and clipped.

use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior, context};
use serde::Serialize;

use super::fault::Fault;
use super::quote::{barred, line, quoted};
use super::vocabulary::vocabulary;
use crate::creator::grade::{AssertionGrade, ByOutcome};
use crate::creator::past::{Outcome, Past};
use crate::creator::reservoir::{Experience, TaskGroup};
use crate::lang::ast::Domain;

/// The text that teaches the language has at most this many characters, the domain's vocabulary and the examples included.
pub const TEACHING: usize = 6000;
/// Steps shown of an episode: the first and the last of them.
const STEPS: usize = 24;
/// Characters shown of an observation, of an action, and of a reply that is handed on.
const OBSERVATION: usize = 240;
const ACTION: usize = 80;
const REPLY: usize = 1500;
/// Characters shown of the bank, and of an earlier patch.
const BANK: usize = 8000;
const PATCH: usize = 1500;
/// Earlier proposals shown: the newest.
const PAST: usize = 8;
/// Assertions shown.
const ASSERTIONS: usize = 30;
/// Actions shown of a decision, and decisions shown, where an example's texts come from.
const ACTIONS: usize = 6;
const DECISIONS: usize = 8;

/// The two patches that the language is taught by; they are for a domain of their own.
pub const EXAMPLES: [&str; 2] =
    [include_str!("prompts/wash_first.skill-patch"), include_str!("prompts/no_vain.skill-patch")];

static TEMPLATES: LazyLock<Result<Environment<'static>, String>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_trim_blocks(true);
    templates.set_lstrip_blocks(true);
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in [
        ("language.jinja", include_str!("prompts/language.jinja")),
        ("role.jinja", include_str!("prompts/role.jinja")),
        ("insight.jinja", include_str!("prompts/insight.jinja")),
        ("diagnosis.jinja", include_str!("prompts/diagnosis.jinja")),
        ("recommendation.jinja", include_str!("prompts/recommendation.jinja")),
        ("past.jinja", include_str!("prompts/past.jinja")),
        ("author.jinja", include_str!("prompts/author.jinja")),
    ] {
        templates.add_template(name, text).map_err(|error| error.to_string())?;
    }
    Ok(templates)
});

fn render(name: &str, context: impl Serialize) -> Result<String, Fault> {
    let fail = |error: String| Fault::Own(format!("prompt {name}: {error}"));
    let templates = TEMPLATES.as_ref().map_err(|error| fail(error.clone()))?;
    let template = templates.get_template(name).map_err(|error| fail(error.to_string()))?;
    template.render(context).map_err(|error| fail(error.to_string()))
}

/// Who the model is, where it need not write the language.
pub fn role() -> Result<String, Fault> {
    render("role.jinja", context! {})
}

/// The language and the domain's vocabulary, in at most [`TEACHING`] characters.
pub fn language(domain: &Domain) -> Result<String, Fault> {
    let [example_one, example_two] = EXAMPLES.map(str::trim_end);
    let name = &domain.name.text;
    let with =
        |vocabulary: &str| render("language.jinja", context! { domain => name, example_one, example_two, vocabulary });
    let room = TEACHING.saturating_sub(with("")?.chars().count());
    with(&vocabulary(domain, room))
}

/// What separated success from failure in one task.
pub fn insight(group: &TaskGroup) -> Result<String, Fault> {
    let newest = |success| group.experiences.iter().rev().find(|experience| experience.success == success);
    let (won, lost) = (newest(true), newest(false));
    let contrast = match (won, lost) {
        (Some(_), Some(_)) => "A success and a failure",
        (Some(_), None) => "A success, and no failure,",
        _ => "A failure, and no success,",
    };
    let episodes: Vec<_> = won
        .into_iter()
        .chain(lost)
        .map(|experience| {
            context! {
                outcome => if experience.success { "SUCCESS" } else { "FAILURE" },
                count => experience.trajectory.steps.len(),
                first => quoted(&experience.trajectory.first, 2 * OBSERVATION),
                steps => steps(experience),
            }
        })
        .collect();
    let task = group.experiences.first().map_or("", |experience| &experience.trajectory.task);
    render("insight.jinja", context! { contrast, task => quoted(task, OBSERVATION), episodes })
}

/// The steps of an episode, each on a line; those in the middle of a long one are left out.
fn steps(experience: &Experience) -> Vec<String> {
    let steps = &experience.trajectory.steps;
    let mut lines = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        if steps.len() > STEPS && index == STEPS / 2 {
            lines.push(format!("… {} steps are not shown", steps.len() - STEPS));
        }
        if steps.len() <= STEPS || index < STEPS / 2 || index >= steps.len() - STEPS / 2 {
            let (action, observation) = (quoted(&step.action, ACTION), quoted(&step.observation, OBSERVATION));
            lines.push(format!("{}. {action} -> {observation}", index + 1));
        }
    }
    lines
}

/// What a model said of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insight {
    pub task: String,
    pub said: String,
}

/// What is wrong with the bank, from the assertions' grades and the insights.
pub fn diagnosis(
    skills: &[&str],
    grades: &[AssertionGrade],
    all: ByOutcome,
    insights: &[Insight],
) -> Result<String, Fault> {
    let rate = |counts: ByOutcome| format!("{} of {}", counts.successes, counts.total());
    let assertions: Vec<String> = grades
        .iter()
        .take(ASSERTIONS)
        .map(|grade| {
            let lift = grade.lift.map_or("untold".to_owned(), |lift| {
                format!("{:+.2} [{:+.2}, {:+.2}]", lift.difference, lift.low, lift.high)
            });
            let (held, broken) = (rate(grade.satisfied), rate(grade.violated));
            let name = format!("{}.{}", grade.skill, grade.assertion);
            format!("{name}: where it held {held} succeeded, where it was violated {broken}; lift {lift}")
        })
        .collect();
    let insights: Vec<_> = insights
        .iter()
        .map(|insight| context! { task => quoted(&insight.task, OBSERVATION), text => barred(&insight.said, REPLY) })
        .collect();
    let skills = if skills.is_empty() { "none".to_owned() } else { skills.join(", ") };
    let (episodes, successes) = (all.total(), all.successes);
    render("diagnosis.jinja", context! { skills, episodes, successes, assertions, insights })
}

/// One to three operations.
pub fn recommendation(diagnosis: &str, bank: &[String], past: &[Past]) -> Result<String, Fault> {
    let diagnosis = barred(diagnosis, REPLY);
    render("recommendation.jinja", context! { diagnosis, bank => skills(bank), past => earlier(past) })
}

/// What became of the last attempt at a patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub patch: String,
    /// The gate did not let it pass; else there is only something to be mended.
    pub refused: bool,
    pub reasons: Vec<String>,
}

/// The patch itself.
pub fn author(
    recommendation: &str,
    bank: &[String],
    past: &[Past],
    texts: &[String],
    attempt: Option<&Attempt>,
) -> Result<String, Fault> {
    let attempt = attempt.map(|attempt| {
        let reasons: Vec<String> = attempt.reasons.iter().take(12).map(|r| format!("- {}", line(r, 400))).collect();
        context! { patch => barred(&attempt.patch, 2 * BANK), refused => attempt.refused, reasons }
    });
    let recommendation = barred(recommendation, REPLY);
    render("author.jinja", context! { recommendation, bank => skills(bank), past => earlier(past), texts, attempt })
}

/// The bank's skills as they are written; from the first that there is no room for, only their heads.
fn skills(bank: &[String]) -> String {
    let mut room = BANK;
    let mut out = Vec::new();
    for skill in bank {
        let whole = skill.chars().count();
        let shown = match whole <= room {
            true => barred(skill, whole.max(1)),
            false => {
                let head = skill.lines().find(|line| !line.starts_with("//")).unwrap_or_default();
                barred(&format!("{head} … }}"), 200)
            }
        };
        room = room.saturating_sub(whole);
        out.push(shown);
    }
    if out.is_empty() { "There are none.".to_owned() } else { out.join("\n") }
}

/// The newest earlier proposals with what became of them and the evidence.
fn earlier(past: &[Past]) -> Vec<minijinja::Value> {
    let newest = past.iter().skip(past.len().saturating_sub(PAST));
    newest
        .map(|proposal| {
            let outcome = match proposal.outcome {
                Outcome::Refused => "REFUSED by the gate",
                Outcome::UnderTest => "UNDER TEST, so far",
                Outcome::Accepted => "ACCEPTED",
                Outcome::Rejected => "REJECTED by the version test",
                Outcome::Undecided => "UNDECIDED, dropped",
                Outcome::Dropped => "DROPPED",
            };
            let told = line(&proposal.told, 600);
            let head = format!("Proposal {} of step {}: {outcome}: {told}", proposal.number, proposal.step);
            context! { head, text => barred(&proposal.patch, PATCH) }
        })
        .collect()
}

/// Texts of the world that an example may use: a task, and the first decisions of an episode.
pub fn texts(experience: &Experience) -> Vec<String> {
    let episode = &experience.trajectory;
    let mut lines = vec![
        format!("task {}", quoted(&episode.task, OBSERVATION)),
        format!("first {}", quoted(&episode.first, 2 * OBSERVATION)),
    ];
    for step in episode.steps.iter().take(DECISIONS) {
        // The one that was taken tells the world's wording best.
        let others = step.admissible.iter().filter(|action| **action != step.action).take(ACTIONS - 1);
        let possible: Vec<String> = std::iter::once(&step.action).chain(others).map(|a| quoted(a, ACTION)).collect();
        lines.push(format!("available {}", possible.join(", ")));
        lines.push(format!("action {}", quoted(&step.action, ACTION)));
        lines.push(format!("observation {}", quoted(&step.observation, OBSERVATION)));
    }
    lines
}
