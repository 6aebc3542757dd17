//! Skills that run silently beside the bank a rollout is served. In: the changes under test, each in its old and its new form; out:
//! for each skill, the first decision at which it mattered.
//!
//! Two rollouts of a task, one with a change and one without, are alike until the first decision at which the changed skill
//! says different things in its two forms; whether there is such a decision is known in both of them. Comparing only rollouts
//! that have one leaves no bias and drops what cannot differ. (A rule that speaks can push another over the limit of eight
//! rules a decision; that such an episode is not counted as touched is accepted.)

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::directives::Directives;
use crate::engine::program::Program;
use crate::engine::session::Session;
use crate::lang::ast::MarkKind;

/// What runs silently beside the rollouts of a step.
#[derive(Debug, Clone)]
pub struct Silent {
    /// The skills under test, first as the incumbent has them, then as the challengers have them.
    pub forms: Arc<Program>,
    /// Skills of `forms` that are in their old form.
    pub old: usize,
    /// Names of the skills under test.
    pub changed: Arc<[String]>,
    /// Whether to hear the skills of the bank too, for a comparison with the group's control.
    pub bank: bool,
    /// The incumbent's bank, for the control itself, which is served none.
    pub unserved: Option<Arc<Program>>,
}

/// The ear of one lane.
#[derive(Default)]
pub struct Listener {
    forms: Option<Session>,
    /// For each changed skill its name and its places in `forms`, old and new.
    changed: Vec<(String, [Option<u16>; 2])>,
    /// Of a control.
    unserved: Option<Session>,
    bank: bool,
    mattered: BTreeMap<String, u32>,
    decision: u32,
    /// Whether there is something left to hear in this episode.
    listening: bool,
}

impl Listener {
    /// Prepares for one episode; sessions of the same programs are used again.
    pub fn begin(&mut self, silent: Option<&Silent>) {
        self.mattered.clear();
        self.decision = 0;
        self.listening = silent.is_some();
        let Some(silent) = silent else { return };
        self.bank = silent.bank;
        ready(&mut self.unserved, silent.unserved.as_ref());
        let forms = (!silent.changed.is_empty()).then_some(&silent.forms);
        if ready(&mut self.forms, forms) {
            return;
        }
        let skills = silent.forms.skills();
        let place = |name: &String, of: std::ops::Range<usize>| {
            let mut places = of.clone().filter(|at| skills[*at].name == *name);
            places.next().and_then(|at| u16::try_from(at).ok())
        };
        let places = |name: &String| [place(name, 0..silent.old), place(name, silent.old..skills.len())];
        self.changed = silent.changed.iter().map(|name| (name.clone(), places(name))).collect();
    }

    /// The task has begun; `served` is what the rollout's own bank says.
    pub fn start(&mut self, task: &str, first: &str, admissible: &[String], served: &Session) {
        if self.listening {
            for session in self.sessions() {
                session.start(task, first, admissible);
            }
            self.note(served);
        }
    }

    /// An action was taken.
    pub fn observe(&mut self, action: &str, observation: &str, admissible: &[String], served: &Session) {
        if !self.listening {
            return;
        }
        for session in self.sessions() {
            session.observe(action, observation, admissible);
        }
        self.decision += 1;
        // After the last action there is no decision any more.
        if !admissible.is_empty() {
            self.note(served);
        }
    }

    /// What mattered in the episode.
    pub fn take(&mut self) -> BTreeMap<String, u32> {
        std::mem::take(&mut self.mattered)
    }

    fn sessions(&mut self) -> impl Iterator<Item = &mut Session> {
        [&mut self.forms, &mut self.unserved].into_iter().flatten()
    }

    fn note(&mut self, served: &Session) {
        if let Some(forms) = &self.forms {
            let directives = forms.directives();
            for (skill, [old, new]) in &self.changed {
                // Mostly neither form speaks.
                let speaks = |place: &Option<u16>| directives.fired.iter().any(|f| Some(f.rule.skill) == *place);
                let differ = || Said::of(directives, *old) != Said::of(directives, *new);
                if !self.mattered.contains_key(skill) && (speaks(old) || speaks(new)) && differ() {
                    self.mattered.insert(skill.clone(), self.decision);
                }
            }
        }
        if self.bank {
            let bank = self.unserved.as_ref().unwrap_or(served);
            for firing in &bank.directives().fired {
                let name = &bank.program().skills()[usize::from(firing.rule.skill)].name;
                if !self.mattered.contains_key(name) && self.changed.iter().all(|(skill, _)| skill != name) {
                    self.mattered.insert(name.clone(), self.decision);
                }
            }
        } else {
            self.listening = self.changed.iter().any(|(skill, _)| !self.mattered.contains_key(skill));
        }
    }
}

/// Brings a session of `program` about; true if it was there.
fn ready(session: &mut Option<Session>, program: Option<&Arc<Program>>) -> bool {
    let there = match (&*session, program) {
        (Some(session), Some(program)) => Arc::ptr_eq(session.program(), program),
        (None, None) => true,
        _ => false,
    };
    if !there {
        *session = program.map(|program| Session::new(Arc::clone(program)));
    }
    there
}

/// All that one skill says at a decision.
#[derive(Default, PartialEq, Eq)]
struct Said<'s> {
    marks: Vec<(u32, MarkKind)>,
    advice: Vec<&'s str>,
    suggestions: Vec<&'s str>,
}

impl<'s> Said<'s> {
    fn of(directives: &'s Directives, place: Option<u16>) -> Said<'s> {
        let Some(place) = place else { return Said::default() };
        let mut marks: Vec<(u32, MarkKind)> =
            directives.marks.iter().filter(|m| m.rule.skill == place).map(|m| (m.action, m.kind)).collect();
        marks.sort_unstable();
        marks.dedup();
        let fired = directives.fired.iter().filter(|f| f.rule.skill == place);
        let suggested = directives.suggestions.iter().filter(|s| s.rule.skill == place);
        Said {
            marks,
            advice: fired.filter_map(|f| f.advice.as_deref()).collect(),
            suggestions: suggested.map(|s| s.action.as_str()).collect(),
        }
    }
}
