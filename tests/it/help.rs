//! The help of every command has examples, and they work: each runs in a folder as a person would have it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

#[cfg(feature = "evolve")]
use reskill::bank::evidence::Arm;
#[cfg(feature = "evolve")]
use reskill::creator::reservoir::{Experience, Reservoir, SameTask};

use crate::cli::{code, reskill, text};

/// Commands that take minutes, or run until they are ended.
const NOT_TRIED: [&str; 6] = ["train", "eval", "compare", "demo", "lsp", "help"];

const SKILL: &str = r#"/// A hot thing is put down with care.
skill heat in kitchen {
    for heat(object, _)
    rule warm_up when holding(x) and x is object and not hot(x) {
        advise "Heat the {x}."
        prefer cook(x, _)
    }
    assert heated: whenever put(x, _) and x is object then hot(x)
    example cold {
        task "heat some mug and put it in shelf."
        action "take mug 1"
        observation "You take the mug 1."
        expect warm_up
    }
}
"#;

const PATCH: &str = r#"patch "Hurry" { modify heat { add assert short: always step <= 40 } }
"#;

const EPISODE: &str = r#"{"id": "one", "task": "heat some mug and put it in shelf.", "first": "", "steps": [{"admissible": ["take mug 1"], "action": "take mug 1", "observation": "You take the mug 1.", "reward": 0}], "done": true, "won": false, "score": 0}
"#;

/// A folder `skills` with a domain and a skill in it, and recorded episodes beside it.
fn fixture() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let skills = folder.path().join("skills");
    fs::create_dir(&skills).expect("created");
    let kitchen = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codes/kitchen.skill");
    fs::copy(kitchen, skills.join("domain.skill")).expect("copied");
    fs::write(skills.join("heat.skill"), SKILL).expect("written");
    fs::write(folder.path().join("episodes.jsonl"), EPISODE).expect("written");
    fs::write(folder.path().join("better.patch"), PATCH).expect("written");
    let library = folder.path().join("library");
    fs::create_dir(&library).expect("created");
    let foreign = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/foreign/open_first.md");
    fs::copy(foreign, library.join("open_first.md")).expect("copied");
    #[cfg(feature = "evolve")]
    super::history::run(&folder.path().join("run"));
    #[cfg(feature = "evolve")]
    reservoir(&folder.path().join("run/checkpoints/step-10/reservoir"));
    folder
}

/// What a checkpoint holds for the creator: one episode.
#[cfg(feature = "evolve")]
fn reservoir(folder: &Path) {
    let mut reservoir = Reservoir::new(10, SameTask::Id);
    let trajectory = serde_json::from_str(EPISODE).expect("an episode");
    reservoir.insert(Experience { step: 1, arm: Arm::Incumbent, success: false, chances: Vec::new(), trajectory });
    reservoir.save(folder).expect("saved");
}

fn commands() -> Vec<String> {
    let help = text(&reskill(&["--help"]).stdout);
    let (_, list) = help.split_once("Commands:\n").expect("a list of commands");
    let names = list.lines().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// The lines after `Examples:`.
fn examples(help: &str) -> Vec<String> {
    let mut after = help.lines().skip_while(|line| !matches!(*line, "Example:" | "Examples:")).skip(1);
    let lines = after.by_ref().take_while(|line| !line.trim().is_empty());
    lines.map(|line| line.trim().to_owned()).collect()
}

#[cfg(unix)]
#[test]
fn every_example_in_a_help_text_works() {
    let bin = Path::new(env!("CARGO_BIN_EXE_reskill")).parent().expect("a folder");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let commands = commands();
    assert!(commands.len() > 6, "{commands:?}");
    for command in commands.iter().filter(|c| !NOT_TRIED.contains(&c.as_str())) {
        let output = reskill(&[command, "--help"]);
        assert_eq!(code(&output), 0, "{command}");
        let examples = examples(&text(&output.stdout));
        assert!(!examples.is_empty(), "`reskill {command} --help` has no example");
        for example in examples {
            assert!(example.starts_with(&format!("reskill {command}")), "{command}: {example:?} is no call of it");
            let folder = fixture();
            let output = Command::new("sh")
                .args(["-c", &example])
                .current_dir(folder.path())
                .env("PATH", &path)
                .env("NO_COLOR", "1")
                .output()
                .expect("sh runs");
            let (out, err) = (text(&output.stdout), text(&output.stderr));
            assert_eq!(code(&output), 0, "{example}\n{out}{err}");
        }
    }
}

/// The server's examples are settings of editors: all start the same command.
#[test]
fn the_command_that_editors_are_told_to_start_serves_one() {
    let help = text(&reskill(&["lsp", "--help"]).stdout);
    assert!(help.contains("cmd = { 'reskill', 'lsp' }") && help.contains("(\"reskill\" \"lsp\")"), "{help}");
    let said = [
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#,
        r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#,
        r#"{"jsonrpc":"2.0","id":2,"method":"shutdown"}"#,
        r#"{"jsonrpc":"2.0","method":"exit"}"#,
    ];
    let mut server = Command::new(env!("CARGO_BIN_EXE_reskill"))
        .arg("lsp")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = server.stdin.take().expect("piped");
    for message in said {
        write!(stdin, "Content-Length: {}\r\n\r\n{message}", message.len()).expect("it listens");
    }
    let output = server.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 0);
    assert!(text(&output.stdout).contains("completionProvider"), "{}", text(&output.stdout));
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let commands = commands();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&reskill(&["completions", shell]).stdout);
        for command in &commands {
            assert!(script.contains(command.as_str()), "{shell}: nothing about {command}");
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = reskill(&["man", "--out", folder.path().join("man1").to_str().expect("UTF-8")]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    for command in commands.iter().filter(|c| *c != "help") {
        let page = folder.path().join(format!("man1/reskill-{command}.1"));
        let page = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        assert!(page.contains(".SH SYNOPSIS"), "{command}: {page}");
    }
    assert!(text(&reskill(&["man"]).stdout).contains("reskill\\-check"));
    assert!(folder.path().join("man1/reskill.1").is_file());
}
