//! What is played: recorded episodes, and ten skills of this repository that speak in them. In: `tests/data/*.jsonl`, `skills/`;
//! out: [`World`]s.

use std::path::{Path, PathBuf};
use std::{fs, io};

use reskill::episode::{Step, Trajectory};
use reskill::lang::check::check;
use reskill::lang::checked::{Checked, Skill};
use reskill::lang::load::load;

/// Episodes with a bank of ten skills whose domain fits.
pub struct World {
    pub name: &'static str,
    /// Whether it counts in the figures over all worlds.
    pub counts: bool,
    pub episodes: Vec<Trajectory>,
    pub bank: Checked,
}

/// Where a world's episodes and skills come from. A skill that is named more than once is in the bank so often, under
/// other names: that makes about eight rules speak at a step without more than some twenty being read anew.
struct Plan {
    name: &'static str,
    counts: bool,
    episodes: &'static str,
    skills: &'static str,
    live: [&'static str; LIVE],
}

/// Skills in the smallest bank; larger ones hold copies of it that never get to see anything.
pub const LIVE: usize = 10;

const PLANS: [Plan; 4] = [
    Plan {
        name: "household",
        counts: true,
        episodes: "household.jsonl",
        skills: "household",
        live: [
            "look_everywhere_once",
            "carry_to_place",
            "look_everywhere_once",
            "carry_to_place",
            "look_everywhere_once",
            "carry_to_place",
            "look_everywhere_once",
            "carry_to_place",
            "look_everywhere_once",
            "carry_to_place",
        ],
    },
    Plan {
        name: "cooking",
        counts: true,
        episodes: "textworld.jsonl",
        skills: "textworld",
        live: [
            "cook_as_told",
            "read_recipe_first",
            "cook_as_told",
            "read_recipe_first",
            "cook_as_told",
            "read_recipe_first",
            "cook_as_told",
            "read_recipe_first",
            "read_recipe_first",
            "read_recipe_first",
        ],
    },
    Plan {
        name: "shop",
        counts: true,
        episodes: "shop.jsonl",
        skills: "shop",
        live: [
            "choose_what_was_asked",
            "leave_other_options",
            "one_click_is_enough",
            "within_budget",
            "leave_other_options",
            "one_click_is_enough",
            "leave_other_options",
            "one_click_is_enough",
            "leave_other_options",
            "one_click_is_enough",
        ],
    },
    // The same games in a domain with a dozen regular expressions: what those cost. Not in the figures over all worlds.
    Plan {
        name: "cookery (expressions)",
        counts: false,
        episodes: "textworld.jsonl",
        skills: "cooking",
        live: [
            "cookbook_first",
            "read_once",
            "fetch_what_is_listed",
            "leave_the_rest",
            "right_heat",
            "cut_as_told",
            "prepare_when_all_is_done",
            "eat_only_the_meal",
            "open_the_way",
            "no_second_look",
        ],
    },
];

/// All worlds.
pub fn worlds() -> io::Result<Vec<World>> {
    PLANS.iter().map(World::read).collect()
}

impl World {
    fn read(plan: &Plan) -> io::Result<World> {
        let episodes = episodes(&data(plan.episodes))?;
        let checked = skills(plan.skills)?;
        let mut bank = Checked { domains: checked.domains, skills: Vec::with_capacity(LIVE) };
        for (number, name) in plan.live.iter().enumerate() {
            let known = checked.skills.iter().find(|skill| skill.name == *name);
            let known = known.ok_or_else(|| io::Error::other(format!("no skill {name} in skills/{}", plan.skills)))?;
            bank.skills.push(Skill { name: format!("{name}_{number}"), examples: Vec::new(), ..known.clone() });
        }
        Ok(World { name: plan.name, counts: plan.counts, episodes, bank })
    }

    pub fn steps(&self) -> usize {
        self.episodes.iter().map(|episode| episode.steps.len()).sum()
    }
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path of a recorded file.
pub fn data(name: &str) -> PathBuf {
    repository().join("tests/data").join(name)
}

/// Recorded episodes.
pub fn episodes(path: &Path) -> io::Result<Vec<Trajectory>> {
    let said = |error: &dyn std::fmt::Display| io::Error::other(format!("{}: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| said(&error))?;
    text.lines().map(|line| serde_json::from_str(line).map_err(|error| said(&error))).collect()
}

/// The skills of a folder of `skills/`, with the one domain that they are in.
pub fn skills(folder: &str) -> io::Result<Checked> {
    let path = repository().join("skills").join(folder);
    let analysis = check(&load(&[path]).map_err(io::Error::other)?.files);
    if let Some(error) = analysis.errors().next() {
        return Err(io::Error::other(format!("skills/{folder}: {}", error.diagnostic.message)));
    }
    Ok(analysis.checked)
}

/// The actions to choose an episode's first one from.
pub fn first_actions(episode: &Trajectory) -> &[String] {
    episode.steps.first().map_or(&[], |step| &step.admissible)
}

/// The actions after each step, beside it.
pub fn with_next(episode: &Trajectory) -> impl Iterator<Item = (&Step, &[String])> {
    let after = episode.steps.iter().skip(1).map(|step| step.admissible.as_slice());
    episode.steps.iter().zip(after.chain(std::iter::once(&[][..])))
}
