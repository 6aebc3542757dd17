//! The versions in play: the incumbent, and the challenger while a test runs. In: versions; out: the program of each arm and
//! the policy's slot of each skill, which stays the same for as long as the skill lives.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::bank::served::Served;
use crate::bank::version_test::Arm;
use crate::engine::program::Program;
use crate::policy::decision::SLOTS;

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
}

impl InPlay {
    pub fn program(&self) -> &Arc<Program> {
        &self.served.program
    }
}

/// The arms of a training step.
#[derive(Debug, Clone)]
pub struct Arms {
    pub incumbent: InPlay,
    pub challenger: Option<InPlay>,
}

impl Arms {
    /// The version that an arm is served; without a test every arm is the incumbent's.
    pub fn of(&self, arm: Arm) -> &InPlay {
        match (arm, &self.challenger) {
            (Arm::Challenger, Some(challenger)) => challenger,
            _ => &self.incumbent,
        }
    }
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
}
