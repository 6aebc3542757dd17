//! A scripted editor over a real server process. In: what a person would do; out: what the editor would show, and texts
//! with the server's edits applied.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use reskill::lsp::place::Lines;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

pub struct Client {
    pub child: Child,
    pub stdin: Option<ChildStdin>,
    messages: Receiver<Value>,
    next: i64,
    /// The texts as the editor has them, with their versions.
    texts: HashMap<String, (String, i64)>,
    /// The newest diagnostics of each document, with the version they speak of.
    shown: HashMap<String, (Option<i64>, Vec<Value>)>,
}

impl Client {
    /// Starts a server without greeting it.
    pub fn silent() -> Client {
        let mut child = Command::new(env!("CARGO_BIN_EXE_reskill"))
            .args(["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (send, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = receive(&mut stdout) {
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        Client { child, stdin, messages, next: 0, texts: HashMap::new(), shown: HashMap::new() }
    }

    /// Starts a server and greets it.
    pub fn start() -> Client {
        let mut client = Client::silent();
        let snippets = json!({ "textDocument": { "completion": { "completionItem": { "snippetSupport": true } } } });
        let answer = client.ask("initialize", json!({ "processId": null, "rootUri": null, "capabilities": snippets }));
        assert_eq!(answer["capabilities"]["positionEncoding"], "utf-16");
        client.tell("initialized", json!({}));
        client
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("open");
        stdin.write_all(bytes).and_then(|()| stdin.flush()).expect("the server reads");
    }

    pub fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    pub fn try_ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.message();
            if message["id"] == json!(id) {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
            }
        }
    }

    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        self.try_ask(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The next message; diagnostics are noted on the way.
    pub fn message(&mut self) -> Value {
        let message = self.messages.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no answer: {}", self.stderr()));
        if message["method"] == "textDocument/publishDiagnostics" {
            let params = &message["params"];
            let uri = params["uri"].as_str().expect("a uri").to_owned();
            let list = params["diagnostics"].as_array().expect("a list").clone();
            self.shown.insert(uri, (params["version"].as_i64(), list));
        }
        message
    }

    fn stderr(&mut self) -> String {
        let _ = self.child.kill();
        let mut text = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            let _ = stderr.read_to_string(&mut text);
        }
        text
    }

    pub fn open(&mut self, uri: &str, text: &str) {
        self.texts.insert(uri.to_owned(), (text.to_owned(), 1));
        let document = json!({ "uri": uri, "languageId": "skill", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub fn text(&self, uri: &str) -> &str {
        &self.texts[uri].0
    }

    /// The place of a byte of a document, as the protocol has it.
    pub fn place(&self, uri: &str, at: usize) -> Value {
        let text = self.text(uri);
        json!(Lines::new(text).position(text, at))
    }

    /// The byte where `needle` begins; the `nth` of several, from 0.
    pub fn find(&self, uri: &str, needle: &str, nth: usize) -> usize {
        let found = self.text(uri).match_indices(needle).nth(nth);
        found.unwrap_or_else(|| panic!("no {needle:?} in {}", self.text(uri))).0
    }

    /// Replaces bytes of a document, as if typed: an incremental change.
    pub fn change(&mut self, uri: &str, range: std::ops::Range<usize>, by: &str) {
        let span = json!({ "start": self.place(uri, range.start), "end": self.place(uri, range.end) });
        let (text, version) = self.texts.get_mut(uri).expect("open");
        text.replace_range(range, by);
        *version += 1;
        let document = json!({ "uri": uri, "version": *version });
        let changes = json!([{ "range": span, "text": by }]);
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// Replaces the `nth` occurrence of `needle`.
    pub fn replace(&mut self, uri: &str, needle: &str, nth: usize, by: &str) {
        let at = self.find(uri, needle, nth);
        self.change(uri, at..at + needle.len(), by);
    }

    /// The diagnostics of the document as it is now, once they fit.
    pub fn diagnostics_that(&mut self, uri: &str, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let version = self.texts.get(uri).map(|(_, version)| *version);
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some((of, list)) = self.shown.get(uri)
                && *of == version
                && fits(list)
            {
                return list.clone();
            }
            assert!(Instant::now() < until, "diagnostics of {uri}: {:?}", self.shown.get(uri));
            self.message();
        }
    }

    pub fn diagnostics(&mut self, uri: &str) -> Vec<Value> {
        self.diagnostics_that(uri, |_| true)
    }

    /// `E0301 line:column message`, both from 1, for each diagnostic.
    pub fn findings(&mut self, uri: &str) -> Vec<String> {
        let line = |d: &Value| {
            let start = &d["range"]["start"];
            let number = |n: &Value| n.as_i64().expect("a number") + 1;
            let message = d["message"].as_str().expect("a text").lines().next().unwrap_or_default();
            format!(
                "{} {}:{} {message}",
                d["code"].as_str().expect("a code"),
                number(&start["line"]),
                number(&start["character"])
            )
        };
        self.diagnostics(uri).iter().map(line).collect()
    }

    /// Asks a question about a place.
    pub fn at(&mut self, method: &str, uri: &str, at: usize) -> Value {
        let params = json!({ "textDocument": { "uri": uri }, "position": self.place(uri, at) });
        self.ask(&format!("textDocument/{method}"), params)
    }

    /// The labels offered at a place.
    pub fn labels(&mut self, uri: &str, at: usize) -> Vec<String> {
        let items = self.at("completion", uri, at)["items"].as_array().expect("a list").clone();
        items.iter().map(|item| item["label"].as_str().expect("a label").to_owned()).collect()
    }

    /// Takes the completion with this label, as an editor would; templates lose their slots.
    pub fn take(&mut self, uri: &str, at: usize, label: &str) {
        let items = self.at("completion", uri, at)["items"].as_array().expect("a list").clone();
        let item = items.iter().find(|item| item["label"] == label);
        let item = item.unwrap_or_else(|| panic!("{label} is not offered: {items:?}"));
        self.apply(uri, &[item["textEdit"].clone()]);
    }

    /// Takes the code action with this title for the diagnostic.
    pub fn act(&mut self, uri: &str, diagnostic: &Value, title: &str) {
        let params = json!({
            "textDocument": { "uri": uri }, "range": diagnostic["range"], "context": { "diagnostics": [diagnostic] },
        });
        let actions = self.ask("textDocument/codeAction", params);
        let actions = actions.as_array().expect("a list").clone();
        let action = actions.iter().find(|action| action["title"] == title);
        let action = action.unwrap_or_else(|| panic!("no action {title:?}: {actions:?}"));
        self.apply_all(&action["edit"]);
    }

    /// Applies a workspace edit to the open documents.
    pub fn apply_all(&mut self, edit: &Value) {
        for (uri, edits) in edit["changes"].as_object().expect("changes").clone() {
            self.apply(&uri, edits.as_array().expect("a list"));
        }
    }

    /// Applies edits, the last one first.
    pub fn apply(&mut self, uri: &str, edits: &[Value]) {
        let lines = Lines::new(self.text(uri));
        let mut spans: Vec<(usize, usize, String)> = edits
            .iter()
            .map(|edit| {
                let at = |end: &str| {
                    let position = serde_json::from_value(edit["range"][end].clone()).expect("a position");
                    lines.offset(self.text(uri), position)
                };
                (at("start"), at("end"), edit["newText"].as_str().expect("a text").to_owned())
            })
            .collect();
        spans.sort();
        for (start, end, text) in spans.into_iter().rev() {
            self.change(uri, start..end, &text);
        }
    }

    /// Says goodbye; the exit code.
    pub fn quit(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        self.ended()
    }

    /// Waits for the server to end by itself.
    pub fn ended(&mut self) -> i32 {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code().expect("it ended by itself");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server does not end: {}", self.stderr());
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn receive(stream: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
        match line.trim_end() {
            "" => break,
            header => {
                if let Some(value) = header.strip_prefix("Content-Length: ") {
                    length = value.parse().expect("a length");
                }
            }
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("JSON"))
}

/// The address of a file.
pub fn uri(path: &Path) -> String {
    reskill::lsp::uri::from_path(path).expect("text").as_str().to_owned()
}

/// A folder with files in it.
pub fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, impl Fn(&str) -> String + use<>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let root: PathBuf = folder.path().to_owned();
    (folder, move |name: &str| uri(&root.join(name)))
}
