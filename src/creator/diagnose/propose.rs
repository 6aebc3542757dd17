//! New assertions. In: a bank, and episodes by task; out: at most five simple assertions that tell success from failure on one half
//! of the tasks and, asked once more, on the other half; each as text that checks, and as a patch where a skill can take it.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Played;
use super::candidates::{self, Candidate, Seen, Sort};
use super::retire::canonical;
use crate::creator::CreatorConfig;
use crate::creator::bank::Bank;
use crate::creator::gate::{Verdict as Gate, gate};
use crate::creator::grade::{ByOutcome, Lift, lift, play};
use crate::creator::reservoir::Reservoir;
use crate::engine::program::Program;
use crate::engine::session::Session;
use crate::engine::verdict::Verdict;
use crate::lang::ast::{Item, MemberKind, Skill};
use crate::lang::check::{SourceFile, check, limits};
use crate::lang::parse::parse;
use crate::lang::print;

/// Proposals, at most; and of one sort, and for one task.
const PROPOSALS: usize = 5;
const ALIKE: usize = 2;
/// Episodes in which an event must have been seen, and in which it must not, to be worth a form.
const SEEN_IN: usize = 6;
/// Events that forms are made of, for one task: the ones that differ most between successes and failures.
const EVENTS: usize = 12;
/// Successes and failures that a task needs.
const OUTCOMES: usize = 8;
/// Episodes on each side of a lift that is believed, on either half.
const SIDE: usize = 4;

/// An assertion's counts on one half of the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub satisfied: ByOutcome,
    pub violated: ByOutcome,
    pub lift: Lift,
}

/// An assertion that is not in the bank and tells success from failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    /// `heat(object, place)`: what `for` it is meant; empty for every task.
    pub task: String,
    /// `assert NAME: …`
    pub assertion: String,
    pub found: Evidence,
    /// On the half of the tasks that the search has not seen.
    pub confirmed: Evidence,
    /// A patch that adds it to a skill of the bank for this task, if there is one and the gate lets it.
    pub patch: Option<String>,
}

/// A candidate with what it says of each episode.
struct Judged {
    candidate: Candidate,
    task: Option<usize>,
    found: Evidence,
    confirmed: Evidence,
    verdicts: Vec<u8>,
}

pub(super) fn propose(
    bank: &Bank,
    groups: &[Vec<Played>],
    reservoir: &Reservoir,
    config: &CreatorConfig,
) -> Vec<Proposed> {
    let halves: Vec<bool> = groups.iter().flat_map(|group| group.iter().map(|p| half(p))).collect();
    let plays: Vec<&Played> = groups.iter().flatten().collect();
    let search = Search { bank, plays, halves };
    let tasks = bank.domain.tasks.len();
    let tasks: Vec<Option<usize>> = if tasks == 0 { vec![None] } else { (0..tasks).map(Some).collect() };
    let mut judged: Vec<Judged> = tasks.par_iter().flat_map_iter(|task| search.of_task(*task)).collect();
    // The surest first; of alike ones the shortest text.
    judged.sort_by(|one, other| {
        let sure = |judged: &Judged| judged.found.lift.low.min(judged.confirmed.lift.low);
        let length = |judged: &Judged| judged.candidate.form.len();
        sure(other).total_cmp(&sure(one)).then_with(|| length(one).cmp(&length(other)))
    });
    let mut chosen: Vec<Judged> = Vec::new();
    for next in judged {
        let of_sort = chosen.iter().filter(|known| known.candidate.sort == next.candidate.sort).count();
        let of_task = chosen.iter().filter(|known| known.task == next.task).count();
        let is_new =
            |known: &Judged| known.candidate.form != next.candidate.form && !alike(&known.verdicts, &next.verdicts);
        let is_new = chosen.iter().all(is_new);
        if of_sort < ALIKE && of_task < ALIKE && is_new {
            chosen.push(next);
        }
        if chosen.len() == PROPOSALS {
            break;
        }
    }
    chosen.into_iter().map(|judged| search.proposed(judged, reservoir, config)).collect()
}

/// A task's half, whatever else is in the reservoir.
fn half(played: &Played) -> bool {
    let trajectory = &played.experience.trajectory;
    let name = if trajectory.task_id.is_empty() { &trajectory.task } else { &trajectory.task_id };
    blake3::hash(format!("reskill diagnose half v1 {name}").as_bytes()).as_bytes()[0] & 1 == 0
}

const SATISFIED: u8 = 1;
const VIOLATED: u8 = 2;

/// Whether two assertions say the same wherever both say something, and hardly ever one of them alone does.
fn alike(one: &[u8], other: &[u8]) -> bool {
    let speaks = |verdict: u8| verdict == SATISFIED || verdict == VIOLATED;
    let either = one.iter().zip(other).filter(|(a, b)| speaks(**a) || speaks(**b)).count();
    let same = one.iter().zip(other).filter(|(a, b)| speaks(**a) && a == b).count();
    10 * same >= 9 * either
}

struct Search<'b, 'r> {
    bank: &'b Bank,
    plays: Vec<&'b Played<'r>>,
    halves: Vec<bool>,
}

impl Search<'_, '_> {
    /// Candidates of one task that hold on both halves.
    fn of_task(&self, task: Option<usize>) -> Vec<Judged> {
        let domain = &self.bank.domain;
        let of = task.map(|task| &domain.tasks[task]);
        let events = candidates::events(domain, of);
        let nevers: Vec<Candidate> = events.iter().map(|seen| candidates::never(domain, of, seen)).collect();
        let verdicts = self.verdicts(task, &nevers);
        let Some(first) = verdicts.first() else { return Vec::new() };
        let outcomes = self.sides(first, None);
        let all = ByOutcome {
            successes: outcomes.0.successes + outcomes.1.successes,
            failures: outcomes.0.failures + outcomes.1.failures,
        };
        if all.successes < OUTCOMES || all.failures < OUTCOMES {
            return Vec::new();
        }
        let mut seen: Vec<(f64, Seen)> = Vec::new();
        for (event, verdicts) in events.into_iter().zip(&verdicts) {
            let (without, with) = self.sides(verdicts, None);
            if with.total() >= SEEN_IN {
                let difference = lift(with, without).map_or(0.0, |lift| lift.difference.abs());
                seen.push((difference, event));
            }
        }
        seen.sort_by(|one, other| other.0.total_cmp(&one.0));
        let seen: Vec<Seen> = seen.into_iter().take(EVENTS).map(|(_, event)| event).collect();
        let forms = candidates::forms(domain, of, &seen);
        let more = self.verdicts(task, &forms);
        let all = nevers.into_iter().zip(verdicts).chain(forms.into_iter().zip(more));
        all.filter_map(|(candidate, verdicts)| self.judge(task, candidate, verdicts)).collect()
    }

    /// What each candidate says of each episode: 0 for nothing. Candidates that do not check say nothing.
    fn verdicts(&self, task: Option<usize>, candidates: &[Candidate]) -> Vec<Vec<u8>> {
        let domain = &self.bank.domain;
        let head = task.map(|task| format!("for {}", applies(domain, task))).unwrap_or_default();
        let mut files = vec![self.bank.domain_file.clone()];
        files.extend(candidates.iter().enumerate().map(|(at, candidate)| {
            let text = format!("skill c{at} in {} {{ {head} assert a: {} }}", domain.name, candidate.form);
            SourceFile::new(format!("c{at}.skill"), text)
        }));
        let checked = check(&files).checked;
        // A skill with an error is left out: the others are found by their file.
        let files: Vec<usize> = checked.skills.iter().map(|skill| skill.file).collect();
        let mut all = vec![vec![0; self.plays.len()]; candidates.len()];
        if checked.domains.is_empty() {
            return all;
        }
        let mut session = Session::new(Program::of(&checked, 0));
        for (episode, played) in self.plays.iter().enumerate() {
            play(&mut session, played.experience, |_, _| {});
            for (verdicts, file) in session.finish().verdicts.iter().zip(&files) {
                // The first file holds the domain alone, and each other one a candidate.
                all[file - 1][episode] = match verdicts.first() {
                    Some(Verdict::Satisfied) => SATISFIED,
                    Some(Verdict::Violated { .. }) => VIOLATED,
                    _ => 0,
                };
            }
        }
        all
    }

    /// Episodes in which it was satisfied, and violated; of one half of the tasks, or of both.
    fn sides(&self, verdicts: &[u8], half: Option<bool>) -> (ByOutcome, ByOutcome) {
        let (mut satisfied, mut violated) = (ByOutcome::default(), ByOutcome::default());
        for ((played, verdict), of) in self.plays.iter().zip(verdicts).zip(&self.halves) {
            if half.is_none_or(|half| half == *of) {
                match *verdict {
                    SATISFIED => satisfied.add(played.experience.success),
                    VIOLATED => violated.add(played.experience.success),
                    _ => {}
                }
            }
        }
        (satisfied, violated)
    }

    fn judge(&self, task: Option<usize>, candidate: Candidate, verdicts: Vec<u8>) -> Option<Judged> {
        let on = |half: bool| {
            let (satisfied, violated) = self.sides(&verdicts, Some(half));
            let lift = lift(satisfied, violated)?;
            let is_sure = lift.low > 0.0 && satisfied.total().min(violated.total()) >= SIDE;
            is_sure.then_some(Evidence { satisfied, violated, lift })
        };
        let found = on(true)?;
        let confirmed = on(false)?;
        // What is done if and only if the task is done is the task itself, in other words.
        let is_task = candidate.sort == Sort::First && found.lift.difference.min(confirmed.lift.difference) > 0.999;
        let known = || self.known().any(|known| alike(&known, &verdicts));
        (!is_task && !known()).then_some(Judged { candidate, task, found, confirmed, verdicts })
    }

    /// What the bank's own assertions say of each episode.
    fn known(&self) -> impl Iterator<Item = Vec<u8>> {
        let skills = self.bank.program.skills().iter().enumerate();
        let all = skills.flat_map(|(s, skill)| (0..skill.assertions.len()).map(move |a| (s, a)));
        all.map(|(s, a)| {
            let verdict = |played: &&Played| match &played.verdicts[s][a] {
                Verdict::Satisfied => SATISFIED,
                Verdict::Violated { .. } => VIOLATED,
                _ => 0,
            };
            self.plays.iter().map(verdict).collect()
        })
    }

    fn proposed(&self, judged: Judged, reservoir: &Reservoir, config: &CreatorConfig) -> Proposed {
        let domain = &self.bank.domain;
        let Judged { candidate, task, found, confirmed, .. } = judged;
        let task = task.map(|task| applies(domain, task)).unwrap_or_default();
        let of_task = |skill: &&Skill| skill.applies.as_ref().map(print::call).unwrap_or_default() == task;
        let mut patch = None;
        let mut name = short(&candidate.name, &[]);
        for skill in self.bank.trees.iter().filter(of_task) {
            let taken: Vec<&str> = skill.members.iter().filter_map(|m| Some(m.kind.name()?.1.text.as_str())).collect();
            let free = short(&candidate.name, &taken);
            let title = print::string(&format!("Assert {free} in {}", skill.name.text));
            let edit = format!("modify {} {{ add assert {free}: {} }}", skill.name.text, candidate.form);
            let text = canonical(&format!("patch {title} {{ {edit} }}"));
            if let Gate::Accepted { .. } = gate(&text, &self.bank.files, reservoir, &[], config) {
                (patch, name) = (Some(text), free);
                break;
            }
        }
        let assertion = printed(&format!("assert {name}: {}", candidate.form), &domain.name, &task);
        Proposed { task, assertion, found, confirmed, patch }
    }
}

/// The assertion in its canonical form.
fn printed(assertion: &str, domain: &str, task: &str) -> String {
    let head = if task.is_empty() { String::new() } else { format!("for {task}") };
    let parsed = parse(&format!("skill s in {domain} {{ {head} {assertion} }}"));
    let members = parsed.items.iter().flat_map(|item| match item {
        Item::Skill(skill) => skill.members.as_slice(),
        _ => &[],
    });
    let mut printed = members.filter(|m| matches!(m.kind, MemberKind::Assertion(_))).map(|m| print::member(&m.kind));
    printed.next().map_or(assertion.to_owned(), |text| text.trim_end().to_owned())
}

/// A name that fits the language's limits and is none of these.
fn short(name: &str, taken: &[&str]) -> String {
    let base: String = name.chars().take(limits::NAME - 4).collect();
    let numbered = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}_{number}")));
    let mut free = numbered.filter(|name| !taken.contains(&name.as_str()));
    // The numbers do not end.
    free.next().unwrap_or(base)
}

fn applies(domain: &crate::lang::checked::Domain, task: usize) -> String {
    let task = &domain.tasks[task];
    let names: Vec<&str> = task.params.iter().map(|param| param.name.as_str()).collect();
    format!("{}({})", task.name, names.join(", "))
}
