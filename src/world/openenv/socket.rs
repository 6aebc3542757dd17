//! One WebSocket to a server. In: a message as JSON, and until when an answer is waited for; out: the answer's `data`, or what went
//! wrong in words. Whatever goes wrong, the socket is of no further use.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;
use tungstenite::client::client_with_config;
use tungstenite::http::Uri;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{HandshakeError, Message, WebSocket};

use crate::world::bridge::protocol::excerpt;

/// The longest message that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// A stream that gives up at a time, however slowly bytes trickle in.
struct Timed {
    stream: TcpStream,
    until: Instant,
}

impl Timed {
    fn left(&self) -> std::io::Result<Option<Duration>> {
        match self.until.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(std::io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Read for Timed {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(into)
    }
}

impl Write for Timed {
    fn write(&mut self, from: &[u8]) -> std::io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(from)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

/// An open session at a server.
pub(super) struct Socket {
    socket: WebSocket<Timed>,
}

#[derive(Deserialize)]
struct Answer {
    r#type: String,
    #[serde(default)]
    data: Value,
}

/// The address in a URL `ws://HOST[:PORT]/PATH`.
pub(super) fn address(url: &str) -> Result<(String, u16), String> {
    let uri: Uri = url.parse().map_err(|error| format!("{error}"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("ws"), Some(host)) => Ok((host.trim_matches(['[', ']']).to_owned(), uri.port_u16().unwrap_or(80))),
        _ => Err("expected ws://HOST:PORT/ws".to_owned()),
    }
}

impl Socket {
    pub(super) fn connect(url: &str, within: Duration) -> Result<Socket, String> {
        let until = Instant::now() + within;
        let (host, port) = address(url)?;
        let addresses = (host.as_str(), port).to_socket_addrs().map_err(|error| format!("{host}: {error}"))?;
        let mut last = "the name has no address".to_owned();
        for address in addresses {
            match TcpStream::connect_timeout(&address, within) {
                Ok(stream) => return Self::greet(url, Timed { stream, until }),
                Err(error) => last = format!("{address}: {error}"),
            }
        }
        Err(last)
    }

    fn greet(url: &str, timed: Timed) -> Result<Socket, String> {
        // Small messages go to and fro; waiting to fill packets would cost 40 ms each.
        timed.stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let config = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
        match client_with_config(url, timed, Some(config)) {
            Ok((socket, _)) => Ok(Socket { socket }),
            Err(HandshakeError::Interrupted(_)) => Err("no answer in time to the opening of the WebSocket".to_owned()),
            Err(HandshakeError::Failure(error)) => Err(told(&error)),
        }
    }

    /// Sends a message and reads its answer's `data`.
    pub(super) fn ask(&mut self, message: &Value, within: Duration) -> Result<Value, String> {
        self.socket.get_mut().until = Instant::now() + within;
        self.socket.send(Message::text(message.to_string())).map_err(|error| told(&error))?;
        let text = loop {
            match self.socket.read().map_err(|error| told(&error))? {
                Message::Text(text) => break text,
                Message::Binary(_) => return Err("it answered with bytes instead of text".to_owned()),
                Message::Close(_) => return Err("it closed the session".to_owned()),
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        };
        let answer: Answer = serde_json::from_str(&text)
            .map_err(|error| format!("it answered nonsense: {error}; the answer: {}", excerpt(&text)))?;
        match answer.r#type.as_str() {
            "observation" => Ok(answer.data),
            "error" => Err(format!("it reported an error: {}", excerpt(&answer.data.to_string()))),
            other => Err(format!("it answered with `{}` instead of an observation", excerpt(other))),
        }
    }

    /// Says good-bye, without waiting for anything.
    pub(super) fn close(mut self) {
        self.socket.get_mut().until = Instant::now() + Duration::from_millis(200);
        // Whether it hears it makes no difference: the session ends with the connection.
        drop(self.socket.send(Message::text(r#"{"type":"close"}"#)));
        drop(self.socket.close(None));
    }
}

/// An error in words; a timeout has one name, whatever the system calls it.
fn told(error: &tungstenite::Error) -> String {
    match error {
        tungstenite::Error::Io(io)
            if matches!(io.kind(), std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock) =>
        {
            "no answer in time".to_owned()
        }
        other => other.to_string(),
    }
}
