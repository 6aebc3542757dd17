//! The language server of `reskill lsp`. In: messages of the Language Server Protocol on a stream; out: answers and
//! diagnostics on another. One thread reads, one does everything else: requests first, findings when no message waits.
//!
//! `wire` frames messages, `uri` and `place` translate addresses and positions, `workspace` holds documents as `piece`s,
//! `findings` checks them; `hover`, `navigate`, `complete` (with `expect` and `words`) and `edit` answer.

mod complete;
mod edit;
mod expect;
mod findings;
mod hover;
mod navigate;
pub mod piece;
pub mod place;
mod server;
pub mod uri;
pub mod wire;
mod words;
pub mod workspace;

use std::io::{BufRead, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use lsp_server::Message;
use thiserror::Error;

use server::{Next, Server};
use wire::WireError;

/// Examples run when nothing has been typed for so long.
const QUIET: Duration = Duration::from_millis(150);

/// Why a session ended before its client said so.
#[derive(Debug, Error)]
pub enum LspError {
    #[error("{0}")]
    Stream(String),
    #[error("the client cannot be answered: {0}")]
    Gone(#[from] std::io::Error),
}

/// What the reader passes on.
enum Event {
    Message(Message),
    Malformed(String),
    End(Option<String>),
}

/// Serves one client. True if it has said goodbye in the order of the protocol: `shutdown`, then `exit`.
pub fn serve(input: impl BufRead + Send + 'static, mut output: impl Write) -> Result<bool, LspError> {
    let (send, events) = channel();
    let mut input = input;
    std::thread::spawn(move || {
        loop {
            let event = match wire::read(&mut input) {
                Ok(Some(message)) => Event::Message(message),
                Ok(None) => Event::End(None),
                Err(WireError::Malformed(reason)) => Event::Malformed(reason),
                Err(WireError::Broken(reason)) => Event::End(Some(reason)),
            };
            let ended = matches!(event, Event::End(_));
            if send.send(event).is_err() || ended {
                break;
            }
        }
    });
    let mut server = Server::default();
    while let Some(event) = next(&events, &mut server, &mut output)? {
        match event {
            Event::Message(message) => match server.handle(message) {
                Next::Answer(messages) => messages.iter().try_for_each(|m| wire::write(&mut output, m))?,
                Next::Exit(in_order) => return Ok(in_order),
            },
            Event::Malformed(reason) => wire::write_malformed(&mut output, &reason)?,
            Event::End(None) => return Ok(false),
            Event::End(Some(reason)) => return Err(LspError::Stream(reason)),
        }
    }
    Ok(false)
}

/// The next event. While none waits, findings are published and then examples are run.
fn next(events: &Receiver<Event>, server: &mut Server, output: &mut impl Write) -> Result<Option<Event>, LspError> {
    if let Ok(event) = events.try_recv() {
        return Ok(Some(event));
    }
    for message in server.publish() {
        wire::write(output, &message)?;
    }
    if server.has_examples() {
        match events.recv_timeout(QUIET) {
            Ok(event) => return Ok(Some(event)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                for message in server.run_examples() {
                    wire::write(output, &message)?;
                }
            }
        }
    }
    Ok(events.recv().ok())
}
