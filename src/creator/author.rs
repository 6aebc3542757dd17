//! From a rule to a patch. In: a rule with its evidence, the bank, and the episodes; out: a complete skill as text, with
//! what is known of it in words, an assertion where one can tell, and an example cut from an episode.

use std::fmt::Write;

use super::bank::Bank;
use super::board::Board;
use super::gate::fingerprint;
use super::grade::{grade_on, play};
use super::induce::Candidate;
use super::review::{OWN, is_own};
use super::sketch::{RuleText, applies};
use super::{Proposal, RuleEvidence};
use crate::engine::directives::RuleId;
use crate::engine::session::Session;
use crate::episode::Trajectory;
use crate::lang::ast::{Item, MemberKind, Patch, Skill};
use crate::lang::check::limits;
use crate::lang::parse::parse;
use crate::lang::print;

/// Rules of an own skill that is extended rather than joined by another, at most.
const MAX_RULES: usize = 4;
/// Decisions looked at for an example, the earliest of so many.
const EXAMPLES_TRIED: usize = 6;
const EXAMPLES_FOUND: usize = 24;

/// The patch that adds the rule as a new skill, or to an own skill for the same task. Skills in `busy` are under test: they
/// are left as they are, and their names are taken. `None` if an example cannot be found or the text does not fit the
/// language's limits.
pub(super) fn write(bank: &Bank, board: &Board, rule: &Candidate, busy: &[String], tried: usize) -> Option<Proposal> {
    let domain = &board.domain;
    let call = applies(domain, rule.sketch.task);
    let old = bank.trees.iter().find(|tree| {
        let own_rules = tree.members.iter().filter(|m| matches!(m.kind, MemberKind::Rule(_))).count();
        is_own(tree)
            && !busy.contains(&tree.name.text)
            && tree.applies.as_ref().map(print::call) == call
            && own_rules < MAX_RULES
    });
    let mut taken: Vec<String> = old.map(member_names).unwrap_or_default();
    let mut text = rule.sketch.text(domain);
    text.name = unused(&text.name, &taken);
    taken.push(text.name.clone());
    let name = match old {
        Some(old) => old.name.text.clone(),
        None => {
            let of = |task: usize| format!("{}_{}", domain.tasks[task].name, text.name);
            let base = rule.sketch.task.map_or(text.name.clone(), of);
            let names = bank.trees.iter().map(|tree| &tree.name.text).chain(busy);
            let names: Vec<String> = names.map(|name| name.to_lowercase()).collect();
            unused(&base.chars().take(limits::NAME - 4).collect::<String>(), &names)
        }
    };
    let head = format!("skill {name} in {} {{ {}", domain.name, call.map(|c| format!("for {c} ")).unwrap_or_default());
    let advice = print::string(&text.advice);
    let new = format!(
        "{}\nrule {} when {} {{ advise {advice} {} }}\n",
        comment(&text, rule),
        text.name,
        text.when,
        text.statement
    );
    let mut assertion = assertion(board, &head, &text, &taken).unwrap_or_default();
    let example_name = unused(&format!("shows_{}", text.name), &taken);
    let example = example(board, &format!("{head}{new}}}"), &text.name, &example_name)?;
    let title = plain(&text.advice);
    let skill = match old {
        Some(old) => extended(old, &head, &format!("{new}{assertion}{example}"))?,
        None => {
            if assertion.is_empty() {
                assertion = "unverified \"No assertion on following it told successes from failures.\"\n".to_owned();
            }
            only_skill(&format!("/// {title}\n{OWN}s within tasks.\n{head}{new}{assertion}{example}}}"))?
        }
    };
    let verb = if old.is_some() { "replace" } else { "add" };
    let patch = only_patch(&format!(
        "patch {} {{\n{}{verb} {} }}",
        print::string(&title),
        skill.lead.iter().map(|line| format!("{line}\n")).collect::<String>(),
        print::skill(&Skill { lead: Vec::new(), ..skill })
    ))?;
    let evidence = RuleEvidence {
        rule: format!("{name}.{}", text.name),
        score: rule.score,
        confirmed: rule.confirmed,
        gain: rule.gain,
    };
    let (fingerprint, patch) = (fingerprint(&patch), print::patch(&patch));
    Some(Proposal { title, patch, fingerprint, evidence: vec![evidence], tried })
}

/// The patch that retires a skill.
pub(super) fn retirement(skill: &str, reason: &str, evidence: RuleEvidence) -> Option<Proposal> {
    let title = format!("Retire {skill}: {reason}.");
    let patch = only_patch(&format!("patch {} {{ retire {skill} }}", print::string(&title)))?;
    let (fingerprint, patch) = (fingerprint(&patch), print::patch(&patch));
    Some(Proposal { title, patch, fingerprint, evidence: vec![evidence], tried: 0 })
}

/// The evidence in words and numbers.
fn comment(text: &RuleText, rule: &Candidate) -> String {
    let score = &rule.score;
    let mut out = format!(
        "// {}: followed at {} of {} decisions, in {} episodes; followed, the discounted success was {:.2} higher \
         (standard error {:.2}).",
        text.name, score.followed, score.fires, score.episodes_followed, score.effect, score.error
    );
    if let Some(confirmed) = &rule.confirmed {
        write!(out, "\n// On tasks kept back from the search: {:+.2} ({:.2}).", confirmed.effect, confirmed.error)
            .expect("writing to a String cannot fail");
    }
    out
}

fn member_names(skill: &Skill) -> Vec<String> {
    let names = skill.members.iter().filter_map(|member| member.kind.name().map(|(_, name)| name.text.clone()));
    names.collect()
}

fn unused(base: &str, taken: &[String]) -> String {
    let mut name = base.to_owned();
    for number in 2.. {
        if !taken.contains(&name) {
            break;
        }
        name = format!("{base}_{number}");
    }
    name
}

/// Advice without its brackets: prose.
fn plain(advice: &str) -> String {
    advice.replace(['{', '}'], "")
}

/// What following looks like as an assertion, if such assertions are satisfied more often in successes.
fn assertion(board: &Board, head: &str, text: &RuleText, taken: &[String]) -> Option<String> {
    let name = unused(&format!("kept_{}", text.name), taken);
    let avoids = text.statement.starts_with("avoid");
    let state = if text.when.starts_with("available") { None } else { Some(&text.when) };
    let with_state = |rest: &str| state.map_or(rest.to_owned(), |state| format!("{state} and {rest}"));
    let form = match (avoids, text.filter.is_empty(), state) {
        (true, true, _) => format!("never {}", with_state(&text.call)),
        (true, false, _) => format!("never {} and {}", with_state(&text.call), text.filter),
        (false, false, _) => format!("whenever {} then {}", with_state(&text.call), text.filter),
        (false, true, Some(state)) => format!("whenever {state} then {} within 3 steps", text.call),
        (false, true, None) => return None,
    };
    let assertion = format!("assert {name}: {form}\n");
    let skill = board.read(&[format!("{} {assertion} }}", head.replacen(&head_name(head)?, "u0", 1))]);
    let grades =
        grade_on(&board.program(skill.into_iter().flatten().collect()), board.episodes.iter().map(|e| e.experience));
    let tells = grades.first()?.lift.is_some_and(|lift| lift.low > 0.0);
    tells.then_some(assertion)
}

/// The skill's name in `skill NAME in …`.
fn head_name(head: &str) -> Option<String> {
    head.split_whitespace().nth(1).map(str::to_owned)
}

/// An example in which the skill's one rule fires: the shortest real prefix, with everything left out that is not needed.
fn example(board: &Board, skill: &str, rule: &str, name: &str) -> Option<String> {
    let head = head_name(skill)?;
    let read = board.read(&[skill.replacen(&head, "u0", 1)]);
    let mut session = Session::new(board.program(read.into_iter().flatten().collect()));
    let id = RuleId { skill: 0, rule: 0 };
    // Earliest decisions first; successes before failures, since they read as a model to follow.
    let mut places: Vec<(bool, usize, usize)> = Vec::new();
    for (episode, played) in board.episodes.iter().enumerate() {
        if places.len() == EXAMPLES_FOUND {
            break;
        }
        let mut first = None;
        play(&mut session, played.experience, |session, time| {
            if first.is_none() && session.consult(id).is_some_and(|marks| !marks.is_empty()) {
                first = Some(time);
            }
        });
        places.extend(first.map(|time| (!played.experience.success, time, episode)));
    }
    places.sort_unstable_by_key(|(failed, time, episode)| (*time, *failed, *episode));
    let cut = places
        .iter()
        .take(EXAMPLES_TRIED)
        .map(|(_, time, episode)| shrink(&mut session, id, &board.episodes[*episode].experience.trajectory, *time));
    let cut = cut.min_by_key(|cut| cut.steps.len() * 4 + cut.available.len() + usize::from(!cut.first.is_empty()))?;
    let mut out = format!("example {name} {{ task {}\n", print::string(&cut.task));
    if !cut.first.is_empty() {
        out.push_str(&format!("first {}\n", print::string(&cut.first)));
    }
    for (action, observation) in &cut.steps {
        out.push_str(&format!("action {} observation {}\n", print::string(action), print::string(observation)));
    }
    if !cut.available.is_empty() {
        let available: Vec<String> = cut.available.iter().map(|action| print::string(action)).collect();
        out.push_str(&format!("available {}\n", available.join(", ")));
    }
    out.push_str(&format!("expect {rule} }}\n"));
    Some(out)
}

/// An episode cut down to one decision.
#[derive(Clone)]
struct Cut {
    task: String,
    first: String,
    steps: Vec<(String, String)>,
    /// The admissible actions of the decision.
    available: Vec<String>,
}

impl Cut {
    fn fires(&self, session: &mut Session, rule: RuleId) -> bool {
        let at = |step: usize| if step == self.steps.len() { &self.available[..] } else { &[] };
        session.start(&self.task, &self.first, at(0));
        for (index, (action, observation)) in self.steps.iter().enumerate() {
            session.observe(action, observation, at(index + 1));
        }
        session.consult(rule).is_some()
    }
}

/// Leaves out the first observation, the admissible actions and steps, one by one, as long as the rule still fires.
fn shrink(session: &mut Session, rule: RuleId, trajectory: &Trajectory, time: usize) -> Cut {
    let mut cut = Cut {
        task: trajectory.task.clone(),
        first: trajectory.first.clone(),
        steps: trajectory.steps[..time].iter().map(|s| (s.action.clone(), s.observation.clone())).collect(),
        available: trajectory.steps.get(time).map(|step| step.admissible.clone()).unwrap_or_default(),
    };
    let mut keep = |cut: &mut Cut, change: &dyn Fn(&mut Cut)| {
        let mut smaller = cut.clone();
        change(&mut smaller);
        let fires = smaller.fires(session, rule);
        if fires {
            *cut = smaller;
        }
        fires
    };
    keep(&mut cut, &|cut| cut.first.clear());
    keep(&mut cut, &|cut| cut.available.clear());
    for index in (0..cut.steps.len()).rev() {
        keep(&mut cut, &|cut| drop(cut.steps.remove(index)));
    }
    for index in (0..cut.available.len()).rev() {
        keep(&mut cut, &|cut| drop(cut.available.remove(index)));
    }
    cut
}

/// An own skill with more members; a reason to be unverified goes once there is an assertion.
fn extended(old: &Skill, head: &str, members: &str) -> Option<Skill> {
    let added = only_skill(&format!("{head}{members}}}"))?;
    let mut skill = old.clone();
    skill.members.extend(added.members);
    let asserts = skill.members.iter().any(|member| matches!(member.kind, MemberKind::Assertion(_)));
    skill.members.retain(|member| !(asserts && matches!(member.kind, MemberKind::Unverified(_))));
    let order = |kind: &MemberKind| match kind {
        MemberKind::Priority(_) | MemberKind::Decl(_) => 0,
        MemberKind::Rule(_) => 1,
        MemberKind::Assertion(_) | MemberKind::Unverified(_) => 2,
        MemberKind::Example(_) => 3,
    };
    skill.members.sort_by_key(|member| order(&member.kind));
    Some(skill)
}

fn only_skill(text: &str) -> Option<Skill> {
    let parsed = parse(text);
    match (parsed.diagnostics.is_empty(), parsed.items.into_iter().next()) {
        (true, Some(Item::Skill(skill))) => Some(skill),
        _ => None,
    }
}

fn only_patch(text: &str) -> Option<Patch> {
    let parsed = parse(text);
    match (parsed.diagnostics.is_empty(), parsed.items.into_iter().next()) {
        (true, Some(Item::Patch(patch))) => Some(patch),
        _ => None,
    }
}
