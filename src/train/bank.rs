//! The versions in play: the incumbent, and the challengers while tests run. In: versions; out: the program of every rollout,
//! and the policy's slot of each skill, which stays the same for as long as the skill lives.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::RunError;
use super::silent::Silent;
use crate::bank::evidence::Arm;
use crate::bank::served::Served;
use crate::bank::version::{Origin, SkillFile, Version};
use crate::engine::program::{Program, Vocabulary};
use crate::lang::checked::Skill;
use crate::policy::decision::SLOTS;
use crate::policy::net::Policy;

/// Which skill has which slot of the policy's mark weights. Saved with every checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots(Vec<Option<String>>);

impl Slots {
    /// The slots of `skills`, in their order; the second value lists those given out anew, whose weights must be reset.
    /// `None` if more than [`SLOTS`] skills would be alive at once.
    pub fn assign<'s>(&mut self, skills: impl Iterator<Item = &'s str>) -> Option<(Vec<u8>, Vec<u8>)> {
        self.0.resize(SLOTS, None);
        let (mut slots, mut fresh) = (Vec::new(), Vec::new());
        for skill in skills {
            let slot = match self.0.iter().position(|s| s.as_deref() == Some(skill)) {
                Some(slot) => slot,
                None => {
                    let free = self.0.iter().position(Option::is_none)?;
                    self.0[free] = Some(skill.to_owned());
                    fresh.push(free as u8);
                    free
                }
            };
            slots.push(slot as u8);
        }
        Some((slots, fresh))
    }

    /// Frees the slots of skills that are not in `alive`.
    pub fn retain(&mut self, alive: &[&str]) {
        for slot in &mut self.0 {
            if slot.as_deref().is_some_and(|skill| !alive.contains(&skill)) {
                *slot = None;
            }
        }
    }
}

/// A version as rollouts are served it.
#[derive(Debug, Clone)]
pub struct InPlay {
    pub served: Served,
    /// The policy's slot of each skill, in bank order.
    pub slots: Arc<[u8]>,
    /// What logs call it: the version's label, or the labels of several changes served together.
    pub label: Arc<str>,
}

impl InPlay {
    pub fn program(&self) -> &Arc<Program> {
        &self.served.program
    }

    /// The same version with every skill silent.
    pub fn without_skills(&self) -> InPlay {
        let mut silent = self.clone();
        silent.served.program = Program::with_vocabulary(Arc::clone(self.program().vocabulary()), Vec::new());
        silent.slots = Arc::from([]);
        silent
    }
}

/// What a rollout is served.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serving {
    /// Numbers of the challengers whose change is in its bank, ascending; none: the incumbent.
    pub challengers: Vec<u64>,
    /// Every skill is silent.
    pub control: bool,
}

impl Serving {
    pub fn arm(&self) -> Arm {
        if self.challengers.is_empty() { Arm::Incumbent } else { Arm::Challenger }
    }
}

/// A challenger: the incumbent with some files changed.
#[derive(Debug, Clone)]
pub struct Challenger {
    pub version: Version,
    /// By file name, what it has in the incumbent's place; `None`: it has no such file.
    changes: BTreeMap<String, Option<SkillFile>>,
}

impl Challenger {
    /// `version` was made from `incumbent`.
    pub fn new(version: Version, incumbent: &Version) -> Challenger {
        let changes = changes(incumbent.files(), version.files());
        Challenger { version, changes }
    }

    /// The skills that it adds, modifies or retires.
    pub fn skills(&self) -> Vec<String> {
        self.changes.keys().map(|file| file.strip_suffix(".skill").unwrap_or(file).to_owned()).collect()
    }

    /// The same change to other files.
    pub fn applied_to(&self, files: &[SkillFile]) -> Vec<SkillFile> {
        let kept = files.iter().filter(|file| !self.changes.contains_key(&file.name)).cloned();
        kept.chain(self.changes.values().flatten().cloned()).collect()
    }
}

/// What changes from one set of files to another.
pub fn changes(old: &[SkillFile], new: &[SkillFile]) -> BTreeMap<String, Option<SkillFile>> {
    let gone = old.iter().filter(|file| !new.iter().any(|n| n.name == file.name)).map(|f| (f.name.clone(), None));
    let come = new.iter().filter(|file| !old.contains(file)).map(|file| (file.name.clone(), Some(file.clone())));
    gone.chain(come).collect()
}

/// The versions of a training step: the incumbent, and for every set of challengers the bank with all their changes.
#[derive(Debug, Clone)]
pub struct Arms {
    incumbent: InPlay,
    challengers: Vec<Challenger>,
    /// Banks of one challenger or more.
    composed: BTreeMap<Vec<u64>, InPlay>,
    control: InPlay,
    silent: Silent,
}

impl Arms {
    /// Composes all banks. Slots given out anew start with fresh weights in `policy`.
    pub fn new(
        incumbent: Version,
        challengers: Vec<Challenger>,
        vocabulary: &Arc<Vocabulary>,
        slots: &mut Slots,
        policy: &mut Policy,
    ) -> Result<Arms, RunError> {
        let incumbent = in_play(Served::new(incumbent, Some(vocabulary))?, slots, policy)?;
        let mut composed = BTreeMap::new();
        for set in 1..1u32 << challengers.len() {
            let chosen: Vec<&Challenger> =
                challengers.iter().enumerate().filter(|(i, _)| set & (1 << i) != 0).map(|(_, c)| c).collect();
            let version = match chosen.as_slice() {
                [one] => one.version.clone(),
                many => {
                    let files = incumbent.served.version.files().to_vec();
                    let files = many.iter().fold(files, |files, challenger| challenger.applied_to(&files));
                    let parent = Some(incumbent.served.version.hash().to_owned());
                    Version::new(0, parent, Origin::Seed, files)?
                }
            };
            let mut bank = in_play(Served::new(version, Some(vocabulary))?, slots, policy)?;
            let labels: Vec<String> = chosen.iter().map(|c| c.version.label()).collect();
            bank.label = labels.join("+").into();
            let mut numbers: Vec<u64> = chosen.iter().map(|c| c.version.number()).collect();
            numbers.sort_unstable();
            composed.insert(numbers, bank);
        }
        let mut control = incumbent.without_skills();
        control.label = format!("{}, skills off", incumbent.label).into();
        let silent = Silent::new(&incumbent, &challengers, &composed);
        Ok(Arms { incumbent, challengers, composed, control, silent })
    }

    /// The version in force.
    pub fn incumbent(&self) -> &InPlay {
        &self.incumbent
    }

    pub fn challengers(&self) -> &[Challenger] {
        &self.challengers
    }

    /// The bank of a rollout. A set of challengers that is not in play is served the incumbent.
    pub fn of(&self, serving: &Serving) -> &InPlay {
        match serving.control {
            true => &self.control,
            false => self.composed.get(&serving.challengers).unwrap_or(&self.incumbent),
        }
    }

    /// What runs silently beside a rollout; `with_control`: its group has a control. `None` where there is nothing to hear.
    pub fn silent(&self, serving: &Serving, with_control: bool) -> Option<Silent> {
        let mut silent = self.silent.clone();
        silent.bank = with_control;
        silent.unserved = serving.control.then(|| Arc::clone(self.incumbent.program()));
        (with_control || !silent.changed.is_empty()).then_some(silent)
    }
}

impl Silent {
    /// Both forms of everything under test, taken from banks that have been compiled.
    fn new(incumbent: &InPlay, challengers: &[Challenger], composed: &BTreeMap<Vec<u64>, InPlay>) -> Silent {
        let changed: Vec<String> = challengers.iter().flat_map(Challenger::skills).collect();
        let all = composed.iter().max_by_key(|(set, _)| set.len()).map_or(incumbent, |(_, bank)| bank);
        let form = |bank: &InPlay| -> Vec<Skill> {
            bank.program().skills().iter().filter(|s| changed.contains(&s.name)).cloned().collect()
        };
        let (old, new) = (form(incumbent), form(all));
        Silent {
            old: old.len(),
            forms: Program::with_vocabulary(Arc::clone(incumbent.program().vocabulary()), [old, new].concat()),
            changed: changed.into(),
            bank: false,
            unserved: None,
        }
    }
}

/// A version with its skills' slots; slots given out anew start with fresh weights.
pub(super) fn in_play(served: Served, slots: &mut Slots, policy: &mut Policy) -> Result<InPlay, RunError> {
    let Some((numbers, fresh)) = slots.assign(served.skills()) else {
        return Err(RunError::Slots { skills: served.program.skills().len() });
    };
    for slot in fresh {
        policy.reset_slot(slot)?;
    }
    let label = served.version.label().into();
    Ok(InPlay { served, slots: numbers.into(), label })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skill_keeps_its_slot_and_a_dead_one_gives_it_back() {
        let mut slots = Slots::default();
        assert_eq!(slots.assign(["a", "b"].into_iter()), Some((vec![0, 1], vec![0, 1])));
        assert_eq!(slots.assign(["b", "c", "a"].into_iter()), Some((vec![1, 2, 0], vec![2])));
        slots.retain(&["a", "c"]);
        assert_eq!(slots.assign(["d", "c"].into_iter()), Some((vec![1, 2], vec![1])));
        let many: Vec<String> = (0..SLOTS + 1).map(|i| format!("s{i}")).collect();
        assert_eq!(slots.assign(many.iter().map(String::as_str)), None);
    }

    #[test]
    fn a_change_applies_to_another_bank() {
        let file = |name: &str, text: &str| SkillFile { name: format!("{name}.skill"), text: text.to_owned() };
        let version =
            |number, files: Vec<SkillFile>| Version::new(number, None, Origin::Seed, files).expect("a version");
        let incumbent = version(1, vec![file("a", "1"), file("b", "1"), file("c", "1")]);
        let challenger = Challenger::new(version(2, vec![file("a", "2"), file("b", "1"), file("d", "1")]), &incumbent);
        assert_eq!(challenger.skills(), ["a", "c", "d"]);
        let other =
            version(3, challenger.applied_to(&[file("a", "1"), file("b", "3"), file("c", "1"), file("e", "1")]));
        assert_eq!(other.files(), [file("a", "2"), file("b", "3"), file("d", "1"), file("e", "1")]);
    }
}
