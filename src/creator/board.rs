//! The reservoir laid out for search. In: episodes and a domain; out: one list of all decisions with the value that
//! followed each, and for any batch of rules, as text, the decisions where they fire and the actions they mark:
//! checked by the ordinary front end and played by ordinary sessions.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::bits::Bits;
use super::grade::play;
use super::reservoir::{Experience, TaskGroup};
use crate::engine::directives::{MarkKind, RuleId};
use crate::engine::program::{Program, Vocabulary};
use crate::engine::session::Session;
use crate::engine::value::Value;
use crate::lang::check::{SourceFile, check};
use crate::lang::checked::{Arg, Domain, Skill};
use crate::lang::span::Span;

/// What a success is worth one step earlier: a success near at hand says more about an action than a far one.
const DISCOUNT: f64 = 0.95;
/// Decisions are compared among those of the same stretch of an episode: this many steps long.
const STRETCH: usize = 5;
/// All later decisions are in the last stretch.
pub(super) const STRETCHES: usize = 16;
/// The success rate of a task counts as if this many episodes of average success had been seen besides its own.
const PRIOR_EPISODES: f64 = 1.0;

/// One episode of the reservoir.
pub(super) struct Played<'r> {
    pub experience: &'r Experience,
    /// Its decisions among all.
    pub moments: Range<usize>,
    /// Kept back from the search, to confirm what it finds.
    pub held_out: bool,
}

/// One decision whose admissible actions are known.
pub(super) struct Moment {
    pub episode: usize,
    /// Actions taken before it.
    pub time: usize,
    pub stretch: usize,
    /// The chosen action's place among all (decision, action) pairs.
    pub chosen: usize,
    pub pairs: Range<usize>,
    /// Discounted success after this decision, less what is usual for the task and the stretch.
    pub value: f64,
}

/// Where a rule fires, and what it marks.
#[derive(Clone, Default)]
pub(super) struct Column {
    pub fires: Bits,
    /// Marked (decision, action) pairs, ascending.
    pub preferred: Vec<u32>,
    /// Avoided or forbidden ones.
    pub avoided: Vec<u32>,
}

impl Column {
    /// The union of what was found in different episodes.
    pub fn merge(&mut self, other: Column) {
        self.fires.or_in(&other.fires);
        self.preferred.extend(other.preferred);
        self.preferred.sort();
        self.avoided.extend(other.avoided);
        self.avoided.sort();
    }
}

/// All decisions of a reservoir under one domain.
pub(super) struct Board<'r> {
    /// What a candidate may use; the bank's own skills may have more in the vocabulary.
    pub domain: Domain,
    domain_file: SourceFile,
    vocabulary: Arc<Vocabulary>,
    pub episodes: Vec<Played<'r>>,
    pub moments: Vec<Moment>,
    pub pairs: usize,
    /// By pair, the probability with which the action was drawn; `None` unless it is known for every decision.
    pub chances: Option<Vec<f32>>,
}

impl<'r> Board<'r> {
    /// `vocabulary` begins with what `domain` declares; `held_out` of a task says whether its episodes are kept back.
    pub fn new(
        domain: Domain,
        vocabulary: Arc<Vocabulary>,
        domain_file: SourceFile,
        groups: Vec<TaskGroup<'r>>,
        held_out: impl Fn(&str) -> bool,
    ) -> Board<'r> {
        let mut board = Board {
            domain,
            domain_file,
            vocabulary,
            episodes: Vec::new(),
            moments: Vec::new(),
            pairs: 0,
            chances: Some(Vec::new()),
        };
        let mean = rate(groups.iter().flat_map(|group| group.experiences.iter().copied()));
        let mut ratios = Vec::new();
        for group in groups {
            let successes = group.experiences.iter().filter(|e| e.success).count() as f64;
            let usual = (successes + PRIOR_EPISODES * mean) / (group.experiences.len() as f64 + PRIOR_EPISODES);
            for experience in group.experiences {
                board.add(experience, held_out(group.task));
                ratios.push(if mean > 0.0 { usual / mean } else { 0.0 });
            }
        }
        board.centre(&ratios);
        board
    }

    /// Adds an episode. Until `centre` has run, a moment's value is the discounted success alone.
    fn add(&mut self, experience: &'r Experience, held_out: bool) {
        let start = self.moments.len();
        let steps = &experience.trajectory.steps;
        for (time, step) in steps.iter().enumerate() {
            let Some(chosen) = step.admissible.iter().position(|action| *action == step.action) else { continue };
            let pairs = self.pairs..self.pairs + step.admissible.len();
            self.pairs = pairs.end;
            match (&mut self.chances, experience.chances.get(time)) {
                (Some(chances), Some(row)) if row.len() == step.admissible.len() => chances.extend(row),
                _ => self.chances = None,
            }
            let ahead = (steps.len() - time) as i32;
            self.moments.push(Moment {
                episode: self.episodes.len(),
                time,
                stretch: (time / STRETCH).min(STRETCHES - 1),
                chosen: pairs.start + chosen,
                pairs,
                value: if experience.success { DISCOUNT.powi(ahead) } else { 0.0 },
            });
        }
        self.episodes.push(Played { experience, moments: start..self.moments.len(), held_out });
    }

    /// Takes from every value the mean of its stretch, times how the task's success rate (`ratios`, by episode)
    /// compares with the rate of all.
    fn centre(&mut self, ratios: &[f64]) {
        let (mut sums, mut counts) = ([0.0; STRETCHES], [0.0; STRETCHES]);
        for moment in &self.moments {
            sums[moment.stretch] += moment.value;
            counts[moment.stretch] += 1.0;
        }
        for moment in &mut self.moments {
            moment.value -= ratios[moment.episode] * sums[moment.stretch] / counts[moment.stretch];
        }
    }

    /// The decisions of episodes that satisfy.
    pub fn where_episode(&self, is: impl Fn(&Played) -> bool) -> Bits {
        let mut bits = Bits::new(self.moments.len());
        for episode in self.episodes.iter().filter(|episode| is(episode)) {
            episode.moments.clone().for_each(|moment| bits.set(moment));
        }
        bits
    }

    /// Reads skills, given as text and named `u0`, `u1`, … by position. What does not check is `None`.
    pub fn read(&self, skills: &[String]) -> Vec<Option<Skill>> {
        let units = SourceFile::new("candidates", skills.join("\n"));
        let checked = check(&[self.domain_file.clone(), units]).checked;
        let mut read = vec![None; skills.len()];
        for skill in checked.skills.into_iter().filter(|skill| skill.domain == 0 && skill.file == 1) {
            let place = skill.name.strip_prefix('u').and_then(|number| number.parse::<usize>().ok());
            if let Some(slot) = place.and_then(|place| read.get_mut(place)) {
                *slot = Some(skill);
            }
        }
        read
    }

    pub fn program(&self, skills: Vec<Skill>) -> Arc<Program> {
        Program::with_vocabulary(Arc::clone(&self.vocabulary), skills)
    }

    /// Plays every episode under `skills`; answers a column for every rule, in order.
    pub fn columns(&self, skills: Vec<Skill>) -> Vec<Column> {
        self.columns_where(skills, &[], |_| true)
    }

    /// As [`Board::columns`] for some of the episodes, by position; the rule at each position is asked only at the
    /// decisions given for it, if any are.
    pub fn columns_where(
        &self,
        skills: Vec<Skill>,
        relevant: &[Option<&Bits>],
        included: impl Fn(usize) -> bool + Sync,
    ) -> Vec<Column> {
        let mut rules = Vec::new();
        for (skill, checked) in skills.iter().enumerate() {
            rules.extend((0..checked.rules.len()).map(|rule| RuleId { skill: skill as u16, rule: rule as u16 }));
        }
        let program = self.program(skills);
        let blank = Column { fires: Bits::new(self.moments.len()), ..Column::default() };
        let mut columns = vec![blank; rules.len()];
        let parts: Vec<Vec<Heard>> = (self.episodes.par_iter().enumerate())
            .filter(|(index, _)| included(*index))
            .map_init(
                || Session::new(Arc::clone(&program)),
                |session, (_, episode)| self.listen(session, &rules, relevant, episode),
            )
            .collect();
        for parts in parts {
            for (column, part) in columns.iter_mut().zip(parts) {
                part.fires.into_iter().for_each(|moment| column.fires.set(moment));
                column.preferred.extend(part.preferred);
                column.avoided.extend(part.avoided);
            }
        }
        columns
    }

    fn listen(
        &self,
        session: &mut Session,
        rules: &[RuleId],
        relevant: &[Option<&Bits>],
        episode: &Played,
    ) -> Vec<Heard> {
        let mut parts = vec![Heard::default(); rules.len()];
        let mut moments = episode.moments.clone().peekable();
        play(session, episode.experience, |session, time| {
            let Some(moment) = moments.next_if(|moment| self.moments[*moment].time == time) else { return };
            for (index, (rule, part)) in rules.iter().zip(&mut parts).enumerate() {
                if relevant.get(index).is_some_and(|bits| bits.is_some_and(|bits| !bits.has(moment))) {
                    continue;
                }
                let Some(marks) = session.consult(*rule) else { continue };
                part.fires.push(moment);
                for mark in marks {
                    let pair = self.moments[moment].pairs.start as u32 + mark.action;
                    match mark.kind {
                        MarkKind::Prefer => part.preferred.push(pair),
                        MarkKind::Avoid | MarkKind::Forbid => part.avoided.push(pair),
                    }
                }
            }
        });
        parts
    }

    /// For every episode the bindings that each skill's first rule had anywhere in it, each once, in order of
    /// occurrence.
    pub fn bindings(&self, skills: Vec<Skill>) -> Vec<Vec<Vec<Binding>>> {
        let count = skills.len();
        let program = self.program(skills);
        (self.episodes.par_iter())
            .map_init(
                || Session::new(Arc::clone(&program)),
                |session, episode| {
                    let mut found: Vec<Vec<Binding>> = vec![Vec::new(); count];
                    play(session, episode.experience, |session, _| {
                        for (skill, found) in found.iter_mut().enumerate() {
                            for binding in session.reasons(RuleId { skill: skill as u16, rule: 0 }) {
                                if !found.contains(&binding) {
                                    found.push(binding);
                                }
                            }
                        }
                    });
                    found
                },
            )
            .collect()
    }

    /// For every episode, which tasks of the domain it is.
    pub fn tasks(&self) -> Vec<Vec<bool>> {
        let skills = (0..self.domain.tasks.len()).map(|task| Skill {
            name: format!("u{task}"),
            domain: 0,
            file: 0,
            span: Span::default(),
            applies: Some((task, vec![Arg::Any; self.domain.tasks[task].params.len()])),
            rules: Vec::new(),
            assertions: Vec::new(),
            examples: Vec::new(),
        });
        let mut session = Session::new(self.program(skills.collect()));
        let mut tasks = Vec::new();
        for episode in &self.episodes {
            session.start(&episode.experience.trajectory.task, "", &[]);
            tasks.push((0..self.domain.tasks.len()).map(|task| session.is_for_task(task)).collect());
        }
        tasks
    }
}

/// Variables of a rule with their values.
pub(super) type Binding = Vec<(String, Value)>;

/// What one rule said in one episode.
#[derive(Clone, Default)]
struct Heard {
    fires: Vec<usize>,
    preferred: Vec<u32>,
    avoided: Vec<u32>,
}

fn rate<'e>(experiences: impl Iterator<Item = &'e Experience>) -> f64 {
    let (mut successes, mut all) = (0usize, 0usize);
    for experience in experiences {
        successes += usize::from(experience.success);
        all += 1;
    }
    if all == 0 { 0.0 } else { successes as f64 / all as f64 }
}
