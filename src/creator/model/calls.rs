//! Every call on record: `NNNN-STAGE-HASH.json` in a folder of the run. In: what was asked and what came of it; out: the same again, so
//! that a run that was killed and goes on asks nothing twice, and what all calls used.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::budget::Spent;
use super::fault::Fault;
use super::wire::Chat;
use crate::files::write_atomic;

/// The format number in each file.
const FORMAT: u32 = 1;
/// Characters of the hash in a file's name.
const SHORT: usize = 12;

/// A call: what was asked, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub format: u32,
    /// Counted from 1 within the run.
    pub number: u64,
    /// The training step at which the creator was asked for a proposal.
    pub asked: u64,
    pub stage: String,
    /// See [`request_hash`].
    pub request: String,
    pub chat: Chat,
    /// How often it was sent.
    pub attempts: u32,
    /// Tokens sent and come back, as they count.
    pub tokens: [u64; 2],
    pub outcome: Outcome,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// `cut`: it was ended by `max_tokens`.
    Reply {
        text: String,
        cut: bool,
    },
    Fault(Fault),
}

/// Hash of what is asked: at which step, as which call of the question, what.
pub fn request_hash(asked: u64, index: usize, stage: &str, chat: &Chat) -> String {
    // What has no JSON form (no chat is such) would share a hash: it would be asked again, not answered wrongly.
    let chat = serde_json::to_string(chat).unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"reskill model request v1");
    for part in [asked.to_string().as_str(), &index.to_string(), stage, &chat] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// The calls of a run.
#[derive(Debug, Clone)]
pub struct Calls {
    folder: Option<PathBuf>,
}

impl Calls {
    pub fn new(folder: &Path) -> Calls {
        Calls { folder: Some(folder.to_owned()) }
    }

    /// Nothing is kept.
    pub fn nowhere() -> Calls {
        Calls { folder: None }
    }

    /// The call with this hash, if it was made already. A file that cannot be read is as good as none: it is asked again.
    pub fn find(&self, request: &str) -> Option<Call> {
        let end = format!("-{}.json", request.get(..SHORT)?);
        let name = self.names().into_iter().find(|name| name.ends_with(&end))?;
        self.read(&name).filter(|call| call.request == request)
    }

    /// What the calls of questions before `asked` used.
    pub fn spent_before(&self, asked: u64) -> Spent {
        let mut spent = Spent::default();
        for call in self.names().iter().filter_map(|name| self.read(name)).filter(|call| call.asked < asked) {
            spent.add(call.tokens);
        }
        spent
    }

    /// The last question that a call belongs to.
    pub fn last_asked(&self) -> u64 {
        self.names().iter().filter_map(|name| self.read(name)).map(|call| call.asked).max().unwrap_or(0)
    }

    /// Stores a call.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn keep(&self, call: &Call) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        fs::create_dir_all(folder)?;
        let hash = call.request.get(..SHORT).unwrap_or(&call.request);
        let path = folder.join(format!("{:04}-{}-{hash}.json", call.number, call.stage));
        let mut json = serde_json::to_vec_pretty(call)?;
        json.push(b'\n');
        write_atomic(&path, &json)
    }

    fn names(&self) -> Vec<String> {
        let entries = self.folder.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.retain(|name| name.ends_with(".json"));
        names.sort();
        names
    }

    fn read(&self, name: &str) -> Option<Call> {
        let call: Call = serde_json::from_slice(&fs::read(self.folder.as_ref()?.join(name)).ok()?).ok()?;
        (call.format == FORMAT).then_some(call)
    }
}

impl Call {
    /// A new record.
    pub(super) fn new(number: u64, asked: u64, stage: &str, request: String, chat: Chat) -> Call {
        let outcome = Outcome::Reply { text: String::new(), cut: false };
        Call {
            format: FORMAT,
            number,
            asked,
            stage: stage.to_owned(),
            request,
            chat,
            attempts: 0,
            tokens: [0, 0],
            outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::{Constrain, Kind};
    use super::*;

    fn chat(prompt: &str) -> Chat {
        let (model, system) = ("m".to_owned(), "s".to_owned());
        let constrain = Constrain::None;
        Chat {
            kind: Kind::Openai,
            model,
            system,
            prompt: prompt.to_owned(),
            max_tokens: 1,
            temperature: None,
            constrain,
            grammar: None,
        }
    }

    #[test]
    fn calls_come_back_by_what_was_asked_and_a_damaged_one_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let calls = Calls::new(folder.path());
        assert_eq!((calls.spent_before(9), calls.last_asked()), (Spent::default(), 0));
        let hash = request_hash(4, 0, "insight", &chat("p"));
        assert_ne!(hash, request_hash(4, 1, "insight", &chat("p")));
        let mut call = Call::new(1, 4, "insight", hash.clone(), chat("p"));
        call.tokens = [5, 6];
        call.outcome = Outcome::Fault(Fault::Empty { why: String::new() });
        calls.keep(&call).expect("kept");
        assert_eq!(calls.find(&hash), Some(call));
        assert_eq!(calls.find(&request_hash(5, 0, "insight", &chat("p"))), None);
        assert_eq!((calls.spent_before(4).calls, calls.spent_before(5).tokens, calls.last_asked()), (0, [5, 6], 4));
        let path = fs::read_dir(folder.path()).expect("listed").next().expect("a file").expect("read").path();
        fs::write(path, "{\"format\": 1").expect("written");
        assert_eq!((calls.find(&hash), calls.spent_before(5).calls), (None, 0));
    }
}
