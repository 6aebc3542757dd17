//! The language server of `reskill lsp`. In: messages of the Language Server Protocol on a stream; out: answers and
//! diagnostics on another. One thread reads, one does everything else: requests first, findings when no message waits.
//!
//! `wire` frames messages, `uri` and `place` translate addresses and positions, `workspace` holds documents as `piece`s,
//! `parts` reads broken ones, `findings` checks them; `hover`, `navigate`, `complete` (with `expect` and `words`) and `edit` answer.

mod complete;
mod edit;
mod expect;
mod findings;
mod hover;
mod navigate;
mod parts;
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

/// Findings that take long wait for so long, in which nothing may be typed or asked.
const PAUSE: Duration = Duration::from_millis(25);

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

/// The next event. While none waits, findings are published and then examples are run. Where findings take long, questions
/// that follow a keystroke go before them.
fn next(events: &Receiver<Event>, server: &mut Server, output: &mut impl Write) -> Result<Option<Event>, LspError> {
    if let Ok(event) = events.try_recv() {
        return Ok(Some(event));
    }
    if server.is_slow()
        && let Ok(event) = events.recv_timeout(PAUSE)
    {
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

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use lsp_types::{Position, Range, TextDocumentContentChangeEvent, Uri};
    use proptest::prelude::*;

    use super::findings::Failures;
    use super::workspace::{Site, Workspace};
    use super::{complete, edit, findings, hover, navigate};

    /// Pieces of source as a hand may leave them.
    const SCRAPS: &[&str] = &[
        "domain d {",
        "skill s in d {",
        "patch \"p\" {",
        "modify s {",
        "rule r when ",
        "for t(o)",
        "event e(x: item) = ",
        "fluent f(x: item) initiated by e(x)",
        "define g(x: item) = ",
        "kind k = \"a\" | ",
        "task t(o: kind) = \"{o}\"",
        "assert a: whenever ",
        "example x {",
        "expect not r",
        "advise \"{x} ",
        "prefer e(x) where ",
        "every f(x): (",
        "let ys = all y: ",
        "x is \"k\"",
        "not ",
        " and ",
        "e(",
        "f(x, ",
        "(",
        ")",
        "{",
        "}",
        "\"",
        "/(?<x>.)/",
        "// allow W10",
        "\n",
        "\r\n",
        "\u{feff}",
        "😀",
        "שלום",
        " ",
        "_",
        "{x",
        "1.5",
        "=",
        "|",
        ":",
        ",",
        "->",
        "at most 2 ",
        "retire s",
    ];

    fn change(from: (u32, u32), to: (u32, u32), text: &str) -> TextDocumentContentChangeEvent {
        let range = Range::new(Position::new(from.0, from.1), Position::new(to.0, to.1));
        TextDocumentContentChangeEvent { range: Some(range), range_length: None, text: text.to_owned() }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        /// Whatever is typed wherever, every question has an answer, and what is known of a changed text is what would be
        /// known of it if it had been opened so.
        #[test]
        fn any_text_can_be_asked_about(
            scraps in prop::collection::vec(prop::sample::select(SCRAPS), 0..24),
            typed in prop::collection::vec((prop::sample::select(SCRAPS), 0u32..4, 0u32..30, 0u32..4, 0u32..30), 1..4),
        ) {
            let address = Uri::from_str("untitled:one").expect("a URI");
            let mut workspace = Workspace::default();
            let key = workspace.open(address.clone(), 1, scraps.concat());
            for (version, (text, line, column, to_line, to_column)) in typed.into_iter().enumerate() {
                let changes = vec![change((line, column), (to_line, to_column), text)];
                workspace.change(&address, version as i32 + 2, changes);
                let at = Position::new(line, column + text.encode_utf16().count() as u32);
                let site = Site::new(&workspace, &address, at).expect("open");
                complete::complete(&site, true);
                hover::hover(&site);
                navigate::definition(&site);
                navigate::references(&site, true);
                let _ = navigate::prepare_rename(&site);
                let _ = navigate::renamed(&site, &workspace, "renamed");
                let document = workspace.get(&key).expect("open");
                navigate::outline(document);
                edit::formatting(document);
                let (found, _) = findings::check(&workspace, &key.folder, &Failures::default());
                edit::actions(&workspace, &key, Range::new(Position::new(0, 0), at), &found);
                let mut fresh = Workspace::default();
                fresh.open(address.clone(), 1, document.text.clone());
                let names = |workspace: &Workspace| -> Vec<String> {
                    let units = workspace.units(&key.folder);
                    units.iter().map(|u| format!("{} {:?} {:?}", u.base, u.piece.names(), u.piece.gaps())).collect()
                };
                prop_assert_eq!(names(&workspace), names(&fresh));
                // A name stands where it is said to stand.
                for unit in workspace.units(&key.folder) {
                    for occurrence in &unit.piece.names().occurrences {
                        prop_assert_eq!(unit.piece.text.get(occurrence.span.range()), Some(occurrence.text.as_str()));
                    }
                }
            }
        }
    }
}
