//! `--watch`: checks again when a file changes, and ends at Ctrl-C.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::cli::beside_domain;

/// Longer than any machine needs to notice a change.
const PATIENCE: Duration = Duration::from_secs(30);

fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn wait_for(lines: &Receiver<String>, part: &str) {
    while !lines.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("no line with {part:?}: {error}")).contains(part)
    {
    }
}

#[cfg(unix)]
#[test]
fn a_change_is_checked_and_ctrl_c_ends_it() {
    let (folder, path) = beside_domain("s.skill", b"skill s in household {");
    let mut child = Command::new(env!("CARGO_BIN_EXE_reskill"))
        .args(["check", "--format", "concise", "--watch"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let (stdout, stderr) = (lines(child.stdout.take().expect("piped")), lines(child.stderr.take().expect("piped")));
    wait_for(&stdout, "E0201");
    wait_for(&stderr, "watching");
    // A file that is written beside and renamed, as editors do.
    let beside = folder.path().join("s.skill.part");
    fs::write(&beside, "skill s in household { unverified \"a test\" example e {} }").expect("written");
    fs::rename(&beside, &path).expect("renamed");
    wait_for(&stdout, "1 skills of 1 domains: all well");
    // A broken one again, written in place.
    fs::write(&path, "skill").expect("written");
    wait_for(&stdout, "1 errors");
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(interrupted.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(1), "what was last found decides");
}

#[test]
fn a_path_that_is_not_there_is_not_watched() {
    let output = crate::cli::reskill(&["check", "--watch", "no/such/folder"]);
    assert_eq!(output.status.code(), Some(2));
    let output = crate::cli::reskill(&["check", "--watch", "--fix", "skills"]);
    assert_eq!(output.status.code(), Some(2), "what is watched is not written");
}
