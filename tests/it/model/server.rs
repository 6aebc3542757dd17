//! A language model's server on this machine, as scripted as a test needs it: real sockets, real HTTP, any misbehaviour.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// A call as the server saw it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The prompt, in either dialect.
    pub fn prompt(&self) -> &str {
        let last = self.body["messages"].as_array().and_then(|messages| messages.last());
        last.and_then(|message| message["content"].as_str()).unwrap_or_default()
    }

    /// Which stage asks.
    pub fn stage(&self) -> &'static str {
        let prompt = self.prompt();
        [
            ("What separated success from failure?", "insight"),
            ("Recommend one to three operations", "recommendation"),
            ("Answer with the patch alone", "author"),
            ("which failures are frequent", "diagnosis"),
        ]
        .iter()
        .find(|(part, _)| prompt.contains(part))
        .map_or("?", |(_, stage)| stage)
    }
}

/// What a server does with a call.
pub enum Does {
    /// A status, further headers, a body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Nothing, for long.
    Hang,
    /// A body that never ends, a byte at a time.
    Trickle,
    /// A body of so many bytes, as fast as it goes.
    Flood(u64),
    /// These bytes, and the line goes dead.
    Bytes(&'static [u8]),
}

/// A running server; its threads end with the test's process.
pub struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// `does` is told how many calls came before, and the call.
    pub fn start(does: impl Fn(usize, &Asked) -> Does + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (known, does) = (Arc::clone(&asked), Arc::new(does));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (known, does) = (Arc::clone(&known), Arc::clone(&does));
                thread::spawn(move || {
                    let Some(call) = read(&stream) else { return };
                    let before = {
                        let mut known = known.lock().expect("no test panics here");
                        known.push(call.clone());
                        known.len() - 1
                    };
                    // A client that has gone away is what some tests are about.
                    drop(write(stream, does(before, &call)));
                });
            }
        });
        Server { url, asked }
    }

    /// Every call so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test panics here").clone()
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { path, headers, body: serde_json::from_slice(&body).ok()? })
}

fn write(mut stream: TcpStream, does: Does) -> std::io::Result<()> {
    match does {
        Does::Answer(status, headers, body) => {
            write!(stream, "HTTP/1.1 {status} Said\r\nContent-Length: {}\r\nConnection: close\r\n", body.len())?;
            for (name, value) in headers {
                write!(stream, "{name}: {value}\r\n")?;
            }
            write!(stream, "\r\n{body}")
        }
        Does::Hang => {
            thread::sleep(Duration::from_secs(60));
            Ok(())
        }
        Does::Trickle => {
            write!(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            loop {
                write!(stream, "1\r\n \r\n")?;
                thread::sleep(Duration::from_millis(20));
            }
        }
        Does::Flood(bytes) => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n")?;
            let block = [b' '; 1 << 16];
            let mut left = bytes;
            while left > 0 {
                let some = left.min(block.len() as u64);
                stream.write_all(&block[..some as usize])?;
                left -= some;
            }
            Ok(())
        }
        Does::Bytes(bytes) => stream.write_all(bytes),
    }
}

/// A reply in the dialect of chat completions.
pub fn says(text: &str) -> Does {
    let usage = json!({"prompt_tokens": 900, "completion_tokens": 90});
    let body = json!({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}], "usage": usage});
    Does::Answer(200, Vec::new(), body.to_string())
}
