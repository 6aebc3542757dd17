//! A whole training run whose creator is a language model: a scripted server on this machine. Proposals are accepted, rejected,
//! malformed and repaired; the run is killed and goes on to the same journal; and no server can stop it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use reskill::bank::journal::replay;
use reskill::bank::record::{Event, Record};
use reskill::creator::past::{Outcome, past};
use reskill::files::log;

use super::faults::files;
use super::server::{Asked, Does, Server, says};
use crate::cli::{reskill, text};

const KEY: &str = "sk-not-for-any-file-0815";

fn config(folder: &Path, url: &str, more: &str) -> String {
    let text = format!(
        r#"
seed = 5

[run]
steps = 18
checkpoint_every = 4
lanes = 16

[world]
kind = "household"
seed = 9
seen = 4
unseen = 4
horizon = 12
size = 0.4

[warm_start]
demonstrations = 12

[grpo]
group_size = 4
tasks_per_step = 4

[skills]
domain = "skills/household/domain.skill"
paths = ["skills/household/look_everywhere_once.skill"]
evolve = true

[version_test]
method = "paper"

[version_test.paper]
test_steps = 2
min_episodes = 1

[creator]
kind = "openai"
every = 1
min_episodes = 8
min_trigger_rate = 0.0
min_trigger_episodes = 0
delay = 1

[creator.model]
url = "{url}"
model = "scripted"
timeout_s = 20.0
groups = 2
{more}
"#
    );
    let path = folder.join("model.toml");
    fs::write(&path, text).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

/// The patch after so many proposals. Each is another skill that says a little.
fn patch(after: u64) -> String {
    format!(
        r#"patch "Advice {after}." {{
    add skill advice_{after} in household {{
        rule speak when go_to(r) {{
            advise "Number {after}: look well at the {{r}}."
        }}
        unverified "Advice only."
        example desk {{
            action "go to desk 1"
            observation "You arrive at desk 1."
            expect speak
        }}
    }}
}}"#
    )
}

/// What it says depends on what it is asked alone, as a run that is resumed needs it.
fn script(asked: &Asked) -> Does {
    let prompt = asked.prompt();
    let numbers = prompt.lines().filter_map(|line| line.strip_prefix("Proposal ")?.split(' ').next()?.parse().ok());
    let after: u64 = numbers.max().unwrap_or(0);
    let repaired = prompt.contains("YOUR LAST ATTEMPT");
    match (asked.stage(), after) {
        ("author", 0) if !repaired => says("patch \"Advice 0.\" { add skill advice_0 { } }"),
        // Never mended: it goes into the journal as refused.
        ("author", 1) => says("patch \"All.\" { retire look_everywhere_once retire look_everywhere_once }"),
        ("author", after) => says(&format!("```skill\n{}\n```", patch(after))),
        (stage, _) => says(&format!("The {stage} of {} characters.", prompt.len())),
    }
}

fn train(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reskill"));
    command.arg("train").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env("OPENAI_API_KEY", KEY);
    command
}

fn run(arguments: &[&str]) -> Output {
    let output = train(arguments).output().expect("the binary runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains(KEY) && !text(&output.stdout).contains(KEY));
    output
}

/// Every file of a folder by name.
fn contents(folder: &Path) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("read"))
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_model_drives_a_run_which_is_killed_and_ends_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(|_, asked| script(asked));
    let config = config(folder.path(), &server.url, "");
    let whole = folder.path().join("whole");
    let began = Instant::now();
    run(&[&config, "--out", whole.to_str().expect("UTF-8")]);
    let took = began.elapsed();
    let asked = server.asked();
    let journal = whole.join("journal.jsonl");
    let state = replay(&journal).expect("a sound journal");
    let told = past(&state);
    let of = |outcome: Outcome| told.iter().filter(|p| p.outcome == outcome).collect::<Vec<_>>();
    let shown: Vec<_> = told.iter().map(|p| (p.number, p.outcome, &p.told)).collect();

    // Malformed and repaired: the first proposal is what the second try said. Refused: the second.
    assert!(told[0].patch.contains("Number 0:") && told[0].outcome != Outcome::Refused, "{shown:?}");
    assert!(told[1].outcome == Outcome::Refused && told[1].told.contains("look_everywhere_once"), "{shown:?}");
    assert!(!of(Outcome::Accepted).is_empty() && !of(Outcome::Rejected).is_empty(), "{shown:?}");
    assert!(told.iter().all(|p| p.origin == "openai/scripted"));

    // Whatever became of a proposal is in every later prompt that asks for one, with the evidence.
    for (proposal, word) in of(Outcome::Rejected)
        .into_iter()
        .map(|p| (p, "REJECTED by the version test"))
        .chain(of(Outcome::Refused).into_iter().map(|p| (p, "REFUSED by the gate")))
    {
        let evidence: String = proposal.told.chars().take(60).collect();
        let head = format!("Proposal {} of step {}: {word}: {evidence}", proposal.number, proposal.step);
        let stages = ["recommendation", "author"];
        let seen = |stage: &str| asked.iter().any(|a| a.stage() == stage && a.prompt().contains(&head));
        let last = told.last().is_some_and(|last| last.number == proposal.number);
        assert!(last || stages.iter().all(|stage| seen(stage)), "{head}");
    }

    // Every reply is in the journal under the hash of what was asked, and as a file.
    let records: Vec<Record> = log::read(&journal).expect("read");
    let replies: Vec<&str> = records
        .iter()
        .filter_map(
            |record| if let Event::ModelReply { request, .. } = &record.event { Some(request.as_str()) } else { None },
        )
        .collect();
    let kept = contents(&whole.join("model"));
    assert!(replies.len() > 10 && kept.len() >= replies.len(), "{} {}", replies.len(), kept.len());
    assert!(kept[0].0.starts_with("0001-insight-"), "{}", kept[0].0);
    for request in &replies {
        assert!(kept.iter().any(|(name, text)| name.contains(&request[..12]) && text.contains(request)), "{request}");
    }
    for path in files(&whole) {
        let read = String::from_utf8_lossy(&fs::read(&path).expect("read")).into_owned();
        assert!(!read.contains(KEY), "{} holds the key", path.display());
    }

    // Killed at three moments, without a chance to say goodbye.
    let cut = folder.path().join("cut");
    let out = cut.to_str().expect("UTF-8");
    for share in [0.5, 0.3, 0.3] {
        let mut command = match cut.join("run.json").exists() {
            true => train(&["--resume", out]),
            false => train(&[&config, "--out", out]),
        };
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs");
        sleep(took.mul_f64(share));
        // Before it has begun there is nothing to go on from.
        let patience = Instant::now();
        while !cut.join("run.json").exists() && patience.elapsed() < Duration::from_secs(120) {
            sleep(Duration::from_millis(20));
        }
        child.kill().expect("killed");
        child.wait().expect("reaped");
    }
    assert!(cut.join("run.json").exists(), "it was never begun");
    run(&["--resume", out]);
    for log in ["journal.jsonl", "metrics.jsonl", "episodes.jsonl"] {
        let read = |root: &Path| fs::read_to_string(root.join(log)).expect(log);
        assert!(read(&whole) == read(&cut), "{log} differs");
    }
    assert_eq!(contents(&cut.join("model")), kept);

    // What was answered is not asked again: from an earlier checkpoint the same run comes without a call.
    let before = server.asked().len();
    let newest = contents_of_checkpoints(&whole);
    fs::remove_dir_all(whole.join("checkpoints").join(newest)).expect("removed");
    let journal_before = fs::read_to_string(&journal).expect("read");
    run(&["--resume", whole.to_str().expect("UTF-8")]);
    assert!(fs::read_to_string(&journal).expect("read") == journal_before, "the journal differs");
    assert_eq!(server.asked().len(), before);
}

/// The newest checkpoint's folder.
fn contents_of_checkpoints(root: &Path) -> String {
    let names = fs::read_dir(root.join("checkpoints")).expect("checkpoints").flatten();
    let steps = names.filter_map(|entry| entry.file_name().to_str()?.strip_prefix("step-")?.parse::<u64>().ok());
    format!("step-{}", steps.max().expect("one"))
}

/// A server that is gone, and a budget that ends: the run goes on to its last step.
#[test]
fn nothing_that_a_model_does_stops_a_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(|_, asked| script(asked));
    let gone = "http://127.0.0.1:9";
    let cases = [
        ("gone", gone.to_owned(), "", "no proposal: http://127.0.0.1:9/v1/chat/completions: no connection"),
        (
            "spent",
            server.url.clone(),
            "max_calls = 3",
            "the creator makes no more proposals: the budget is used up: 3 of creator.model.max_calls = 3",
        ),
    ];
    for (name, url, more, part) in cases {
        let config = config(folder.path(), &url, more);
        let out = folder.path().join(name);
        let output = run(&[&config, "--out", out.to_str().expect("UTF-8"), "--steps", "7"]);
        assert!(text(&output.stderr).contains(part), "{name}: {}", text(&output.stderr));
        assert_eq!(fs::read_to_string(out.join("metrics.jsonl")).expect("metrics").lines().count(), 7);
    }
    assert_eq!(server.asked().len(), 3);
    let output = reskill(&[
        "train",
        &config(folder.path(), "ftp://x", ""),
        "--out",
        folder.path().join("no").to_str().expect("UTF-8"),
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("creator.model.url: must begin with http"), "{}", text(&output.stderr));
}
