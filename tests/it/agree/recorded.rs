//! What was recorded in real worlds, under all skills that there are for them: the session says what the specification says.

use std::path::Path;

use reskill::episode::Trajectory;
use reskill::lang::check::check;
use reskill::lang::load::load;

use super::compare::{Sessions, agrees};

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn agree(episodes: &str, folder: &str) {
    let text = std::fs::read_to_string(path(episodes)).expect("recorded episodes");
    let loaded = load(&[path(folder)]).expect("a folder of skills");
    let analysis = check(&loaded.files);
    assert!(!analysis.has_errors() && !analysis.checked.skills.is_empty(), "{folder}");
    let domain = analysis.checked.skills[0].domain;
    let mut sessions = Sessions::new(&analysis.checked, domain);
    for (line, episode) in text.lines().enumerate() {
        let trajectory: Trajectory = serde_json::from_str(episode).expect("an episode");
        for ends_open in [false, true] {
            if let Err(what) = agrees(&mut sessions, &analysis.checked, domain, &trajectory, ends_open) {
                panic!("{episodes}, line {}, under {folder}: {what}", line + 1);
            }
        }
    }
}

#[test]
fn on_household_episodes() {
    agree("tests/data/household.jsonl", "skills/household");
    agree("tests/data/household.jsonl", "skills/alfworld");
}

#[test]
fn on_textworld_episodes() {
    agree("tests/data/textworld.jsonl", "skills/textworld");
    agree("tests/data/textworld.jsonl", "skills/cooking");
}

#[test]
fn on_shop_episodes() {
    agree("tests/data/shop.jsonl", "skills/shop");
}
