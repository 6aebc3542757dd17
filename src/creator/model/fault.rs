//! What can go wrong with a model, in words that say what to do. None of it stops a run.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a call gave no reply that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    #[error("no key: set the environment variable {variable}, or name another one in creator.model.key_env")]
    NoKey { variable: String },
    #[error("the key in {variable} holds a space, a line break or a character beyond ASCII: set it again")]
    BadKey { variable: String },
    #[error(
        "the key in {variable} is not sent unencrypted to another machine: use https, or name it in creator.model.key_env"
    )]
    OpenLine { variable: String },
    #[error("{url}: no connection: {reason}; is the server running, and is creator.model.url right?")]
    NoConnection { url: String, reason: String },
    #[error("{url}: no whole answer within {seconds} s; raise creator.model.timeout_s, or ask a quicker model")]
    Timeout { url: String, seconds: String },
    #[error("{url}: the answer is larger than {mib} MiB")]
    TooLarge { url: String, mib: u64 },
    #[error("{url}: HTTP {status}{told}{advice}")]
    Status { url: String, status: u16, told: String, advice: String },
    #[error(
        "{url}: the server asks to wait longer than the call may take (HTTP {status}); raise creator.model.timeout_s, or ask less often"
    )]
    Busy { url: String, status: u16 },
    #[error("{url}: the answer cannot be used: {problem}")]
    Answer { url: String, problem: String },
    #[error("the reply is empty{why}")]
    Empty { why: String },
    #[error("the budget is used up: {what}")]
    Budget { what: String },
    #[error("{0}")]
    Own(String),
}

impl Fault {
    /// Whether further calls of the same question would be in vain.
    pub(super) fn is_final(&self) -> bool {
        !matches!(self, Fault::Empty { .. } | Fault::Answer { .. } | Fault::TooLarge { .. })
    }
}
