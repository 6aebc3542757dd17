//! A run's folder with a bank of two skills, a reservoir of twenty episodes and a journal, and patches to it.

use std::fs;
use std::path::Path;

use reskill::bank::evidence::Arm;
use reskill::bank::journal::Journal;
use reskill::bank::record::{Event, JOURNAL_FORMAT, Record, VersionName};
use reskill::bank::version::{Origin, SkillFile, Version};
use reskill::bank::version_test::VersionTestConfig;
use reskill::creator::reservoir::{Experience, Reservoir, SameTask};
use reskill::episode::{Step, Trajectory};

/// A patch that the gate lets pass, and that nothing is to be said of.
pub const GOOD: &str = r#"patch "Carry it to its place." {
    add skill walk in household {
        for simple(_, place)
        rule walk when holding(_) and not here(_) {
            advise "Go to the {place}."
            prefer go_to(r) where r is place
        }
        assert held: eventually holding(_)
        example mug {
            task "put a mug in shelf."
            action "take mug 1 from desk 1"
            observation "You pick up the mug 1 from the desk 1."
            expect walk
        }
    }
}
"#;

/// The household's domain and two skills.
pub fn bank() -> Vec<SkillFile> {
    let skill = |name: &str, condition: &str| SkillFile {
        name: format!("{name}.skill"),
        text: format!(
            "skill {name} in household {{\n    rule speak when {condition} {{ advise \"Go on.\" }}\n    assert few: at most 3 times nothing()\n    example one {{ task \"put a mug in shelf.\" first \"Nothing happens.\" expect not speak }}\n}}\n"
        ),
    };
    let domain = include_str!("../../../skills/household/domain.skill").to_owned();
    vec![
        SkillFile { name: "domain.skill".to_owned(), text: domain },
        skill("look_again", "once go_to(_) and nothing()"),
        skill("try_else", "nothing() and repeated"),
    ]
}

/// Twenty episodes of ten tasks: whoever carries the mug to the shelf succeeds, whoever goes back to the desk fails.
/// `seen` is added to what the failures read first.
pub fn reservoir(seen: &str) -> Reservoir {
    let mut reservoir = Reservoir::new(200, SameTask::Id);
    for index in 0..20 {
        let (number, success) = (index / 2, index % 2 == 0);
        let said = |action: &str, observation: &str| Step {
            admissible: ["take mug 1 from desk 1", "go to shelf 1", "go to desk 1", "move mug 1 to shelf 1"]
                .map(str::to_owned)
                .to_vec(),
            action: action.to_owned(),
            observation: observation.to_owned(),
            reward: 0.0,
        };
        let mut steps = vec![said("take mug 1 from desk 1", "You pick up the mug 1 from the desk 1.")];
        match success {
            true => {
                steps.push(said("go to shelf 1", "You arrive at shelf 1. On the shelf 1, you see nothing."));
                steps.push(said("move mug 1 to shelf 1", "You move the mug 1 to the shelf 1."));
            }
            false => {
                steps.push(said("go to desk 1", &format!("You arrive at desk 1. {seen}")));
                steps.push(said("go to desk 1", "You arrive at desk 1. On the desk 1, you see nothing."));
            }
        }
        let trajectory = Trajectory {
            task_id: format!("train/{number}"),
            task: "put a mug in shelf.".to_owned(),
            first: "You are in the middle of a room.".to_owned(),
            steps,
            ..Trajectory::default()
        };
        reservoir.insert(Experience { step: index, arm: Arm::Incumbent, success, chances: Vec::new(), trajectory });
    }
    reservoir
}

/// A finished run in `folder`, with `[creator]` of its configuration.
pub fn run(folder: &Path, creator: &str, seen: &str) {
    let version = Version::new(1, None, Origin::Seed, bank()).expect("a version");
    version.save(&folder.join("bank")).expect("saved");
    let incumbent = VersionName { number: 1, hash: version.hash().to_owned() };
    let version_test = VersionTestConfig::default();
    let event = Event::Started { format: JOURNAL_FORMAT, seed: 1, version_test, incumbent };
    let mut journal = Journal::begin(&folder.join("journal.jsonl"), &Record { step: 0, event }).expect("a new journal");
    journal.sync().expect("synced");
    reservoir(seen).save(&folder.join("checkpoints/step-10/reservoir")).expect("saved");
    reservoir(seen).save(&folder.join("checkpoints/step-9/reservoir")).expect("saved");
    fs::write(folder.join("config.toml"), format!("seed = 1\n\n[creator]\n{creator}\n")).expect("written");
}
