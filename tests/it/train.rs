//! Runs as real processes: killed, resumed, broken, interrupted. What is compared is the result table, to the byte.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::cli::{reskill, text};

/// A small run that has everything in it: two arms, a creator that proposes, tests that end, checkpoints between.
const CONFIG: &str = r#"
seed = 5

[run]
steps = 12
checkpoint_every = 3
lanes = 16

[world]
kind = "household"
seed = 9
seen = 12
unseen = 12
horizon = 16
size = 0.4

[warm_start]
demonstrations = 12

[grpo]
group_size = 4
tasks_per_step = 6

[skills]
domain = "skills/household/domain.skill"
paths = ["skills/household/look_everywhere_once.skill"]
evolve = true
memory = ["holding"]

[version_test.sequential]
max_groups = 18
control = 0.05

[creator]
every = 1
min_episodes = 20
min_support = 2
min_z = 0.5
min_confirm_z = -9.0
delay = 1

[eval]
every = 6
"#;

fn write_config(folder: &Path, change: impl Fn(String) -> String) -> String {
    let path = folder.join("small.toml");
    fs::write(&path, change(CONFIG.to_owned())).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_reskill"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs")
}

#[test]
fn a_killed_demo_goes_on_to_the_same_table() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = write_config(folder.path(), |c| c);
    let whole = folder.path().join("whole");
    let whole = whole.to_str().expect("UTF-8");
    let began = Instant::now();
    let output = reskill(&["demo", &config, "--out", whole]);
    let took = began.elapsed();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = fs::read_to_string(Path::new(whole).join("results.md")).expect("the table");
    assert!(table.contains("| 12 |"), "{table}");
    assert!(text(&output.stderr).contains("under test"), "no version was tested: {}", text(&output.stderr));

    // Killed at three moments spread over the run's length, without a chance to say goodbye.
    let cut = folder.path().join("cut");
    let cut = cut.to_str().expect("UTF-8");
    for share in [0.35, 0.2, 0.25] {
        let mut child = start(&["demo", &config, "--out", cut]);
        sleep(took.mul_f64(share));
        child.kill().expect("killed");
        child.wait().expect("reaped");
    }
    let output = reskill(&["demo", &config, "--out", cut]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(Path::new(cut).join("results.md")).expect("the table"), table);
    for log in ["metrics.jsonl", "journal.jsonl", "evaluations.jsonl", "episodes.jsonl"] {
        let read = |root: &str| fs::read_to_string(Path::new(root).join("seed-5/skills").join(log)).expect(log);
        assert!(read(whole) == read(cut), "{log} differs");
    }
}

#[test]
fn an_interrupted_run_saves_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config =
        write_config(folder.path(), |c| c.replace("steps = 12", "steps = 100000").replace("every = 6", "every = 0"));
    let out = folder.path().join("run");
    let child = Command::new(env!("CARGO_BIN_EXE_reskill"))
        .args(["train", &config, "--out", out.to_str().expect("UTF-8")])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let began = Instant::now();
    while fs::read_to_string(out.join("metrics.jsonl")).map_or(true, |m| m.lines().count() < 2) {
        assert!(began.elapsed() < Duration::from_secs(120), "no step in two minutes");
        sleep(Duration::from_millis(50));
        if out.join("checkpoints/step-3").exists() {
            break;
        }
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("go on with: reskill train --resume"), "{}", text(&output.stderr));
    let before = fs::read_to_string(out.join("metrics.jsonl")).expect("metrics").lines().count();
    let root = out.to_str().expect("UTF-8");
    let steps = (before + 1).to_string();
    let output = reskill(&["train", "--resume", root, "--steps", &steps]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(out.join("metrics.jsonl")).expect("metrics").lines().count(), before + 1);

    let output = reskill(&["eval", root, "--split", "unseen", "--bank", "none", "--tasks", "5", "--json"]);
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&shown[0]["tasks"], &shown[0]["skills"]), (&5.into(), &false.into()));
    let output = reskill(&["eval", "skills/household", "--policy", root, "--split", "seen", "--tasks", "5"]);
    assert!(
        output.status.success() && text(&output.stdout).contains("5 of 12 tasks of household/seen"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn what_cannot_run_says_where_and_why() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run");
    let out = out.to_str().expect("UTF-8");
    type Change = (&'static str, &'static str, &'static str);
    let cases: [Change; 6] = [
        ("[grpo]", "[grpo]\ngroupsize = 3", "unknown field `groupsize`"),
        ("horizon = 16", "horizont = 16", "unknown field `horizont`"),
        ("memory = [\"holding\"]", "memory = [\"holds\"]", "no fluent `holds`"),
        ("look_everywhere_once", "look_nowhere", "look_nowhere.skill"),
        ("lanes = 16", "lanes = 16\nsplit = \"trane\"", "has no split `trane`"),
        ("lanes = 16", "lanes = 0", "run.lanes: must be at least 1"),
    ];
    for (from, to, part) in cases {
        let config = write_config(folder.path(), |c| c.replace(from, to));
        let output = reskill(&["train", &config, "--out", out]);
        assert_eq!(output.status.code(), Some(2), "{to}");
        assert!(text(&output.stderr).contains(part), "{to}: {}", text(&output.stderr));
    }
    // A begin that failed is no run, and is no obstacle either.
    let output = reskill(&["train", "--resume", out]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("run.json is missing"), "{}", text(&output.stderr));
    let config =
        write_config(folder.path(), |c| c.replace("steps = 12", "steps = 3").replace("every = 6", "every = 0"));
    let output = reskill(&["train", &config, "--out", out]);
    assert!(output.status.success(), "{}", text(&output.stderr));

    // Half-written or altered pieces of a run are named.
    let root = Path::new(out);
    fs::write(root.join("checkpoints/step-3/state.json"), "{\"step\": 3").expect("written");
    let output = reskill(&["train", "--resume", out, "--steps", "4"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("step-3/state.json"), "{}", text(&output.stderr));
    fs::remove_dir_all(root.join("checkpoints/step-3")).expect("removed");
    let output = reskill(&["train", "--resume", out, "--steps", "4"]);
    assert!(output.status.success(), "resumes from step 0: {}", text(&output.stderr));
    let config = root.join("config.toml");
    let altered = fs::read_to_string(&config).expect("config").replace("horizon = 16", "horizon = 17");
    fs::write(&config, altered).expect("written");
    let output = reskill(&["train", "--resume", out, "--steps", "5"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("changed since the run began"), "{}", text(&output.stderr));
}

#[test]
fn two_runs_are_compared_on_the_same_tasks() {
    let folder = tempfile::tempdir().expect("a folder");
    let train = |name: &str, config: &str| {
        let out = folder.path().join(name);
        let out = out.to_str().expect("UTF-8").to_owned();
        let output = reskill(&["train", config, "--steps", "1", "-o", &out]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        out
    };
    let config = write_config(folder.path(), |config| config);
    let (one, other) = (train("one", &config), train("other", &config));
    let output = reskill(&["compare", &one, &other, "--json", "--choice", "sampled"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let compared: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for (at, split) in ["seen", "unseen"].iter().enumerate() {
        let of = &compared[at];
        assert!(of["tasks"].as_str().is_some_and(|t| t.contains(&format!("12 of 12 tasks of household/{split} "))));
        // The same run twice.
        assert_eq!((of["first"] == of["second"], &of["choice"]), (true, &"sampled".into()));
        let all = &of["paired"][0];
        assert_eq!((&all["tasks"], &all["only_first"], &all["difference"]), (&12.into(), &0.into(), &0.0.into()));
        let kinds: u64 = of["paired"].as_array().expect("rows")[1..].iter().filter_map(|k| k["tasks"].as_u64()).sum();
        assert_eq!(kinds, 12);
    }
    let table = text(&reskill(&["compare", &one, &other, "--split", "seen"]).stdout);
    assert!(table.contains("| all |") && table.contains("greedy"), "{table}");
    let markdown = text(&reskill(&["eval", &one, "--split", "unseen", "--markdown"]).stdout);
    assert!(markdown.contains("12 of 12 tasks of household/unseen "), "{markdown}");
    let elsewhere = write_config(folder.path(), |config| config.replace("seed = 9", "seed = 10"));
    let output = reskill(&["compare", &one, &train("elsewhere", &elsewhere)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("different tasks"), "{}", text(&output.stderr));
}

/// The world of the documentation, its domain, its skill and its configuration, as a person would copy them.
#[test]
fn the_world_of_the_documentation_trains() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = fs::read_to_string("docs/bridge.md").expect("it is there");
    let block = |kind: &str, nth: usize| {
        let fence = format!("```{kind}\n");
        let found = told.split(&fence).nth(nth + 1).and_then(|rest| rest.split("```").next());
        found.unwrap_or_else(|| panic!("block {nth} of {kind}")).to_owned()
    };
    // The first TOML block shows the keys of a bridge.
    let files = [
        ("guess.py", "python", 0),
        ("guess/domain.skill", "skill", 0),
        ("guess/narrow.skill", "skill", 1),
        ("guess.toml", "toml", 1),
    ];
    fs::create_dir(folder.path().join("guess")).expect("made");
    files.iter().for_each(|(file, kind, nth)| fs::write(folder.path().join(file), block(kind, *nth)).expect("written"));
    let call = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reskill"));
        let output = command.args(arguments).current_dir(folder.path()).output().expect("it runs");
        assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    };
    call(&["check", "guess"]);
    let result: serde_json::Value =
        serde_json::from_str(&call(&["train", "guess.toml", "--steps", "2", "--json"])).expect("JSON");
    assert_eq!((&result["steps"], &result["episodes"]), (&2.into(), &32.into()));
    assert_eq!(result["evaluations"][0]["tasks"], 16);
}
