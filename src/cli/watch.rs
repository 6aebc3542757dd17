//! Running a command again whenever a `.skill` file changes. In: the paths to watch and what to run; out: the last
//! outcome, when Ctrl-C ends it.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use notify::{EventKind, RecursiveMode, Watcher};

use super::{Failure, Outcome, say};

/// Editors save in several steps: a change is taken when it has been quiet for so long.
const QUIET: Duration = Duration::from_millis(100);

enum Told {
    Changed,
    Broken(String),
    End,
}

/// Runs `run`, and again after every change below `paths`. A run that fails (a file may be gone while it is saved) is
/// told and waits for the next change; only the first one ends the command.
pub(super) fn repeat(paths: &[PathBuf], run: impl Fn() -> Result<Outcome, Failure>) -> Result<Outcome, Failure> {
    let (sender, receiver) = mpsc::channel();
    let end = sender.clone();
    // A send fails only when the receiver is gone: then the loop has ended already.
    ctrlc::set_handler(move || drop(end.send(Told::End)))?;
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let told = match event {
            Ok(event) if matters(&event) => Told::Changed,
            Ok(_) => return,
            Err(error) => Told::Broken(error.to_string()),
        };
        drop(sender.send(told));
    })?;
    let mut last = run()?;
    for path in paths {
        // A file is replaced rather than changed by most editors: its folder sees it come back.
        match path.is_dir() {
            true => watcher.watch(path, RecursiveMode::Recursive)?,
            false => {
                let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
                watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
        }
    }
    eprintln!("watching; Ctrl-C ends");
    loop {
        match receiver.recv() {
            Ok(Told::Changed) => {}
            Ok(Told::Broken(message)) => return Err(Failure(format!("cannot watch any more: {message}"))),
            Ok(Told::End) | Err(_) => return Ok(last),
        }
        loop {
            match receiver.recv_timeout(QUIET) {
                Ok(Told::Changed) => {}
                Ok(Told::Broken(message)) => return Err(Failure(format!("cannot watch any more: {message}"))),
                Ok(Told::End) | Err(RecvTimeoutError::Disconnected) => return Ok(last),
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
        if std::io::stdout().is_terminal() {
            // Clears the screen, so that what stands there is what is true now.
            say("\x1b[2J\x1b[H");
        }
        match run() {
            Ok(outcome) => last = outcome,
            Err(Failure(message)) => {
                eprintln!("error: {message}");
                last = Outcome::Findings;
            }
        }
    }
}

/// Reading a file is an event too; only what changes a `.skill` file, or moves a folder, matters.
fn matters(event: &notify::Event) -> bool {
    let changes = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_));
    changes && event.paths.iter().any(|path| path.extension().is_none_or(|extension| extension == "skill"))
}
