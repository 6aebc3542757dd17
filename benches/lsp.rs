//! How long an editor waits for `reskill lsp` after a keystroke in files of 2,000 lines. In: generated texts (many skills; one
//! large domain) and edits; out: medians and 95th percentiles over a real server process, on standard output and in
//! `target/bench/lsp.json`. A goal that is missed ends the program with 1.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

const LINES: usize = 2_000;
const KEYSTROKES: usize = 60;
/// What the project wants of an answer after a keystroke.
const GOAL_MS: f64 = 30.0;

fn main() -> io::Result<ExitCode> {
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
    std::fs::create_dir_all(&results)?;
    let mut figures = serde_json::Map::new();
    // One file of many skills beside its domain; one domain that fills a file, where every keystroke is in the same item.
    for (name, text, beside, prose, call) in [
        ("skills", skills(), Some(domain(20)), "advise \"Take ", "prefer take("),
        ("domain", domain(LINES), None, "action \"use ", "terminated by put("),
    ] {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        if let Some(beside) = beside {
            std::fs::write(folder.path().join("domain.skill"), beside)?;
        }
        let mut session = Session::start()?;
        let uri = format!("file://{}", folder.path().join("typed.skill").display());
        figures.insert(name.to_owned(), session.type_into(&uri, &text, prose, call)?);
        session.end()?;
    }
    println!("answers of `reskill lsp` after a keystroke, milliseconds ({KEYSTROKES} keystrokes; goal {GOAL_MS})");
    let mut met = true;
    for (text, figures) in &figures {
        for (what, found) in figures.as_object().into_iter().flatten().filter(|(_, f)| f.is_object()) {
            let of = |name: &str| found[name].as_f64().unwrap_or(f64::INFINITY);
            // Findings of one item of 2,000 lines wait for a pause in the typing, so that questions need not.
            let waits = text == "domain" && what == "findings";
            let note = if waits { "   (after a pause; no goal)" } else { "" };
            println!("  {text:<8} {what:<20} median {:>7.2}   p95 {:>7.2}{note}", of("median_ms"), of("p95_ms"));
            met &= waits || of("p95_ms") < GOAL_MS;
        }
    }
    let report =
        json!({ "lines": LINES, "keystrokes": KEYSTROKES, "goal_ms": GOAL_MS, "met": met, "figures": figures });
    std::fs::write(results.join("lsp.json"), format!("{report:#}\n"))?;
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A domain of about so many lines.
fn domain(lines: usize) -> String {
    let mut text = String::from(
        "domain kitchen {\n    task heat(object: kind, place: kind) = \"heat a {object} and put it in {place}\"\n    \
         event take(x: item, r: item) = action \"take {x} from {r}\"\n    event put(x: item, r: item) = action \"put {x} in {r}\"\n    \
         fluent holding(x: item) initiated by take(x, _) terminated by put(x, _)\n",
    );
    for n in 0..lines.saturating_sub(6) / 2 {
        text.push_str(&format!(
            "    event use_{n}(x: item, r: item) = action \"use {n} {{x}} with {{r}}\" then observation \"You use the {{x}}\"\n    \
             fluent used_{n}(x: item) initiated by use_{n}(x, _) terminated by put(x, _)\n"
        ));
    }
    text + "}\n"
}

/// A file of skills.
fn skills() -> String {
    let mut text = String::new();
    for n in 0.. {
        text.push_str(&format!(
            "/// Bring it hot.\nskill bring_{n} in kitchen {{\n    for heat(object, place)\n    \
             rule fetch when not holding(_) and available take(x, _) and x is object {{\n        \
             advise \"Take the {{x}} before anything else.\"\n        prefer take(x, _)\n    }}\n    \
             rule carry when holding(x) and x is object {{\n        advise \"Put the {{x}} into the {{place}}.\"\n        \
             prefer put(x, r) where r is place\n        avoid take(_, _)\n    }}\n    \
             assert brought: whenever put(x, r) and x is object then holding(x)\n    example one {{\n        \
             task \"heat a mug and put it in cupboard\"\n        action \"take mug 1 from shelf 1\"\n        \
             observation \"You have it.\"\n        expect carry\n        expect not fetch\n    }}\n}}\n"
        ));
        if text.lines().count() >= LINES {
            break;
        }
    }
    text
}

struct Session {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    next: i64,
    /// The newest version that findings came for.
    seen: Option<(String, i64)>,
}

impl Session {
    fn start() -> io::Result<Session> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reskill"));
        let mut child = command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().ok_or_else(|| io::Error::other("no stdout"))?);
        let mut session = Session { child, stdin, stdout, next: 0, seen: None };
        session.ask("initialize", json!({ "capabilities": {} }))?;
        session.tell("initialized", json!({}))?;
        Ok(session)
    }

    fn send(&mut self, message: &Value) -> io::Result<()> {
        let body = message.to_string();
        let stdin = self.stdin.as_mut().ok_or_else(|| io::Error::other("closed"))?;
        write!(stdin, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        stdin.flush()
    }

    fn tell(&mut self, method: &str, params: Value) -> io::Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    fn ask(&mut self, method: &str, params: Value) -> io::Result<Value> {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        self.wait(|message| message["id"] == json!(id))
    }

    fn wait(&mut self, fits: impl Fn(&Value) -> bool) -> io::Result<Value> {
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if self.stdout.read_line(&mut line)? == 0 {
                    return Err(io::Error::other("the server has gone"));
                }
                let line = line.trim_end();
                if line.is_empty() {
                    break;
                }
                let number = line.strip_prefix("Content-Length: ").and_then(|n| n.parse().ok());
                length = number.unwrap_or(length);
            }
            let mut body = vec![0; length];
            self.stdout.read_exact(&mut body)?;
            let message: Value = serde_json::from_slice(&body)?;
            let params = &message["params"];
            if let (Some(uri), Some(version)) = (params["uri"].as_str(), params["version"].as_i64()) {
                self.seen = Some((uri.to_owned(), version));
            }
            if fits(&message) {
                return Ok(message);
            }
        }
    }

    /// Opens a text and types into the middle of it: prose after `prose`, where every state is sound, and a name after
    /// `call`, where no state is.
    fn type_into(&mut self, uri: &str, text: &str, prose: &str, call: &str) -> io::Result<Value> {
        let place = |needle: &str| -> io::Result<(usize, usize)> {
            let lines: Vec<&str> = text.lines().collect();
            let found = lines.iter().enumerate().filter_map(|(n, line)| Some((n, line.find(needle)? + needle.len())));
            let all: Vec<(usize, usize)> = found.collect();
            all.get(all.len() / 2).copied().ok_or_else(|| io::Error::other(format!("no {needle} in the text")))
        };
        let begun = Instant::now();
        let document = json!({ "uri": uri, "languageId": "skill", "version": 0, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }))?;
        self.published(uri, 0)?;
        let opened = begun.elapsed().as_secs_f64() * 1e3;
        let mut version = 0;
        let mut findings = Vec::new();
        let mut answers = Vec::new();
        let mut broken = Vec::new();
        let (line, column) = place(prose)?;
        for n in 0..KEYSTROKES {
            version += 1;
            findings.push(self.timed(|s| {
                s.insert(uri, version, line, column + n, "a")?;
                s.published(uri, version)
            })?);
        }
        for n in 0..KEYSTROKES {
            version += 1;
            answers.push(self.timed(|s| {
                s.insert(uri, version, line, column + n, "b")?;
                let position = json!({ "line": line, "character": column });
                s.ask("textDocument/hover", json!({ "textDocument": { "uri": uri }, "position": position }))
            })?);
        }
        let (line, column) = place(call)?;
        for n in 0..KEYSTROKES {
            version += 1;
            // The first keystroke makes the item unreadable: a bracket that nothing closes.
            let typed = if n == 0 { "(" } else { "q" };
            broken.push(self.timed(|s| {
                s.insert(uri, version, line, column + n, typed)?;
                let position = json!({ "line": line, "character": column + n + 1 });
                s.ask("textDocument/completion", json!({ "textDocument": { "uri": uri }, "position": position }))
            })?);
        }
        self.published(uri, version)?;
        let mut figures = serde_json::Map::new();
        figures.insert("lines".to_owned(), json!(text.lines().count()));
        figures.insert("open_ms".to_owned(), json!(opened));
        figures.insert("findings".to_owned(), summary(&mut findings));
        figures.insert("hover".to_owned(), summary(&mut answers));
        figures.insert("completion, broken".to_owned(), summary(&mut broken));
        self.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }))?;
        Ok(Value::Object(figures))
    }

    fn insert(&mut self, uri: &str, version: i64, line: usize, column: usize, text: &str) -> io::Result<()> {
        let at = json!({ "line": line, "character": column });
        let change = json!({ "range": { "start": at, "end": at }, "text": text });
        let document = json!({ "uri": uri, "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }))
    }

    /// Waits for the findings of that version.
    fn published(&mut self, uri: &str, version: i64) -> io::Result<Value> {
        while self.seen.as_ref().is_none_or(|(of, seen)| of != uri || *seen < version) {
            self.wait(|message| message["method"] == "textDocument/publishDiagnostics")?;
        }
        Ok(Value::Null)
    }

    fn timed(&mut self, act: impl FnOnce(&mut Self) -> io::Result<Value>) -> io::Result<f64> {
        let begun = Instant::now();
        act(self)?;
        Ok(begun.elapsed().as_secs_f64() * 1e3)
    }

    fn end(mut self) -> io::Result<()> {
        self.ask("shutdown", Value::Null)?;
        self.tell("exit", Value::Null)?;
        drop(self.stdin.take());
        self.child.wait().map(|_| ())
    }
}

fn summary(milliseconds: &mut [f64]) -> Value {
    milliseconds.sort_by(f64::total_cmp);
    let at = |part: f64| milliseconds.get((milliseconds.len() as f64 * part) as usize).copied();
    json!({ "median_ms": at(0.5), "p95_ms": at(0.95), "worst_ms": milliseconds.last() })
}
