//! One supervised process. In: a command and requests; out: its lines of output, one at a time, within a time.
//!
//! Three threads keep any of the pipes from blocking us: one writes requests, one reads bounded lines of
//! stdout, one drains stderr and keeps the end of it. They end when the pipes close, which they do at the
//! latest when the process group is killed.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::protocol::{Request, excerpt};
use crate::world::WorldError;

/// The longest line of output that is read, in bytes.
const LONGEST_LINE: u64 = 1 << 20;
/// The lines of stderr that are kept, and the bytes kept of each.
const STDERR_LINES: usize = 12;
const STDERR_LINE_BYTES: u64 = 1000;
/// How long a process may take to end by itself after `close`, or to be seen dead after its output has ended.
const GRACE: Duration = Duration::from_millis(500);

/// The last lines that a process wrote to stderr.
type Tail = Arc<Mutex<VecDeque<String>>>;

/// What a thread does.
type Work = Box<dyn FnOnce() + Send>;

/// A running process in a process group of its own; dropping it closes it.
pub(super) struct Process {
    command: String,
    child: Child,
    /// Gone once the process is told to end: its stdin closes when the writer has written what it was given.
    requests: Option<Sender<String>>,
    lines: Receiver<Result<String, String>>,
    tail: Tail,
    /// Never carries anything: it disconnects when stderr has been read to its end.
    tail_ended: Receiver<()>,
    stopped: bool,
}

impl Process {
    /// Starts `command`, which is not empty.
    pub(super) fn spawn(command: &[String]) -> Result<Self, WorldError> {
        let shown = command.join(" ");
        let failed = |what: &str, source| WorldError::Io { what: format!("{what} `{shown}`"), source };
        let Some((program, arguments)) = command.split_first() else {
            return Err(WorldError::Request("no command to start".into()));
        };
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|source| failed("cannot start", source))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            unreachable!("all three pipes were asked for just above");
        };
        let (requests, to_write) = mpsc::channel();
        // One line ahead: a process that floods its stdout waits for us instead of filling our memory.
        let (read, lines) = mpsc::sync_channel(1);
        let (end, tail_ended) = mpsc::channel();
        let tail = Tail::default();
        let process = Self {
            command: shown,
            child,
            requests: Some(requests),
            lines,
            tail: tail.clone(),
            tail_ended,
            stopped: false,
        };
        // From here on an early return drops `process`, which ends and reaps the child.
        let threads: [(&str, Work); 3] = [
            ("bridge-stdin", Box::new(move || write_requests(stdin, &to_write))),
            ("bridge-stdout", Box::new(move || read_lines(stdout, &read))),
            ("bridge-stderr", Box::new(move || drain(stderr, &tail, end))),
        ];
        for (name, work) in threads {
            thread::Builder::new().name(name.into()).spawn(work).map_err(|source| WorldError::Io {
                what: format!("cannot start a thread for `{}`", process.command),
                source,
            })?;
        }
        Ok(process)
    }

    /// Hands a request to the writer. A process that cannot take it shows in the next [`Self::receive`].
    pub(super) fn send(&mut self, request: &Request) {
        let line = serde_json::to_string(request).expect("a request holds only strings and integers");
        if let Some(requests) = &self.requests {
            // Refused only when stdin is broken: the process is ending, which its silence will tell.
            let _ = requests.send(line + "\n");
        }
    }

    /// The next line of output, or what happened instead.
    pub(super) fn receive(&mut self, timeout: Duration) -> Result<String, String> {
        match self.lines.recv_timeout(timeout) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => Err(format!("it gave no answer within {} s", timeout.as_secs_f64())),
            Err(RecvTimeoutError::Disconnected) => Err(match self.wait_dead() {
                true => "it ended".into(),
                false => "it closed its output".into(),
            }),
        }
    }

    /// Stops the process; the error tells what it was doing, what went wrong, and what it last wrote to stderr.
    pub(super) fn fail(mut self, doing: &str, fault: &str) -> WorldError {
        let mut message = format!("`{}`, at {}: {fault}", self.command, excerpt(doing));
        // Whether it had ended by itself is asked before it is killed.
        let ended = self.is_dead();
        self.requests = None;
        let status = self.kill();
        if let (true, Some(status)) = (ended, status) {
            let _ = write!(message, " ({status})");
        }
        // A process that left the group may hold stderr open: it is not waited for.
        let _ = self.tail_ended.recv_timeout(GRACE);
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.is_empty() {
            message.push_str("; it wrote nothing to stderr");
        } else {
            message.push_str("; the end of its stderr:");
            for line in tail.iter() {
                let _ = write!(message, "\n    {line}");
            }
        }
        WorldError::Process(message)
    }

    /// Whether the process itself has ended. It is not reaped by this, so its id stays its own.
    fn is_dead(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(waitid(WaitId::Pid(Pid::from_child(&self.child)), options), Ok(Some(_)))
    }

    /// Memory that the process holds, in MiB; `None` where the system does not tell (it does on Linux).
    pub(super) fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? / 1024)
    }

    /// Waits a short while for the process to end by itself.
    fn wait_dead(&self) -> bool {
        let deadline = Instant::now() + GRACE;
        loop {
            if self.is_dead() {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Kills the whole group and reaps the process; its exit status.
    fn kill(&mut self) -> Option<std::process::ExitStatus> {
        if self.stopped {
            return None;
        }
        self.stopped = true;
        // The process is not reaped yet, so the group is still its own. It may be empty of others: no error.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        self.child.wait().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.stopped {
            return;
        }
        self.send(&Request::Close);
        self.requests = None;
        self.wait_dead();
        self.kill();
    }
}

/// Writes requests until there are no more or the process reads no more.
fn write_requests(mut stdin: ChildStdin, requests: &Receiver<String>) {
    for request in requests {
        if stdin.write_all(request.as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads lines until the output ends, a line cannot be read, or nobody listens.
fn read_lines(stdout: ChildStdout, lines: &SyncSender<Result<String, String>>) {
    let mut reader = BufReader::new(stdout);
    loop {
        let mut bytes = Vec::new();
        let line = match (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) => return,
            Ok(_) if bytes.last() == Some(&b'\n') => {
                String::from_utf8(bytes).map_err(|_| "it answered nonsense: the line is not UTF-8".to_owned())
            }
            Ok(read) if read as u64 == LONGEST_LINE => Err(format!("its line is longer than {LONGEST_LINE} bytes")),
            Ok(_) => return, // cut off by the end of the output: it is the end that is told
            Err(error) => Err(format!("its output cannot be read: {error}")),
        };
        let last = line.is_err();
        if lines.send(line).is_err() || last {
            return;
        }
    }
}

/// Reads stderr to its end and keeps the last lines; `end` is dropped with it.
fn drain(stderr: impl Read, tail: &Tail, end: Sender<()>) {
    let mut reader = BufReader::new(stderr);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match (&mut reader).take(STDERR_LINE_BYTES).read_until(b'\n', &mut bytes) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        }
        let line = excerpt(String::from_utf8_lossy(&bytes).trim_end());
        if line.is_empty() {
            continue;
        }
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.len() == STDERR_LINES {
            tail.pop_front();
        }
        tail.push_back(line);
    }
    drop(end);
}
