//! Messages on a byte stream. In: what a client writes; out: messages, or what is wrong with them. A message that cannot be
//! read leaves the stream where the next one begins; only a broken header ends it.

use std::io::{self, BufRead, Read, Write};

use lsp_server::Message;
use serde_json::{Value, json};
use thiserror::Error;

/// Larger messages are refused: 64 MiB.
const MAX_MESSAGE: u64 = 64 << 20;
/// Longer header lines are refused.
const MAX_HEADER: u64 = 1 << 12;

/// Why the next message cannot be taken.
#[derive(Debug, Error)]
pub enum WireError {
    /// The message is skipped; the stream goes on.
    #[error("not a message of the protocol: {0}")]
    Malformed(String),
    /// Nothing that follows can be understood.
    #[error("{0}: the stream cannot be read any further")]
    Broken(String),
}

fn broken(error: io::Error) -> WireError {
    WireError::Broken(error.to_string())
}

/// The next message; `None` at the end of the stream.
pub fn read(stream: &mut impl BufRead) -> Result<Option<Message>, WireError> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        stream.by_ref().take(MAX_HEADER).read_until(b'\n', &mut line).map_err(broken)?;
        if line.is_empty() {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else {
            return Err(WireError::Broken(format!("`{}` is no header", line.escape_debug())));
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse::<u64>().ok();
        }
    }
    let length = length.ok_or_else(|| WireError::Broken("a header without a `Content-Length`".to_owned()))?;
    if length > MAX_MESSAGE {
        return Err(WireError::Broken(format!("a message of {length} bytes; at most {MAX_MESSAGE} are read")));
    }
    let mut body = Vec::new();
    let read = stream.by_ref().take(length).read_to_end(&mut body).map_err(broken)?;
    if (read as u64) < length {
        return Ok(None);
    }
    serde_json::from_slice(&body).map(Some).map_err(|error| WireError::Malformed(error.to_string()))
}

/// Writes one message.
pub fn write(stream: &mut impl Write, message: &Message) -> io::Result<()> {
    let mut value = serde_json::to_value(message)?;
    if let Value::Object(fields) = &mut value {
        fields.insert("jsonrpc".to_owned(), json!("2.0"));
    }
    write_value(stream, &value)
}

/// Answers a message that could not be read, so that its sender is not left waiting without a word.
pub fn write_malformed(stream: &mut impl Write, reason: &str) -> io::Result<()> {
    let code = lsp_server::ErrorCode::ParseError as i32;
    write_value(stream, &json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": reason } }))
}

fn write_value(stream: &mut impl Write, value: &Value) -> io::Result<()> {
    let body = serde_json::to_vec(value)?;
    write!(stream, "Content-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(&body)?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<String> {
        let mut stream = bytes;
        let mut found = Vec::new();
        loop {
            match read(&mut stream) {
                Ok(None) => return found,
                Ok(Some(Message::Notification(n))) => found.push(n.method),
                Ok(Some(_)) => found.push("other".to_owned()),
                Err(WireError::Malformed(_)) => found.push("malformed".to_owned()),
                Err(WireError::Broken(_)) => {
                    found.push("broken".to_owned());
                    return found;
                }
            }
        }
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn a_malformed_message_does_not_spoil_the_next() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"initialized"}"#);
        let text = format!("{}{good}{}{}{good}", framed("{"), framed("[1]"), framed("\"\u{fffd}\""));
        assert_eq!(all(text.as_bytes()), ["malformed", "initialized", "malformed", "malformed", "initialized"]);
    }

    #[test]
    fn a_stream_without_frames_ends() {
        for text in ["hello\r\n\r\n", "Content-Length: 99999999999999999999\r\n\r\n", "X: 1\r\n\r\n{}"] {
            assert_eq!(all(text.as_bytes()), ["broken"], "{text}");
        }
        assert_eq!(all(b"Content-Length: 10\r\n\r\n{}"), [""; 0]);
        assert_eq!(all(b""), [""; 0]);
    }
}
