//! The one place that speaks to a server: a POST with a deadline, a limit on what comes back, and repetitions where the server asks
//! for patience. In: a question; out: a reply, or the fault. Nothing that a server does takes longer than the deadline, or
//! more memory than the limit.

use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::Agent;
use ureq::http::StatusCode;

use super::config::{Endpoint, Kind, ModelConfig};
use super::fault::Fault;
use super::key::Key;
use super::quote::line;
use super::wire::{self, Chat, Said};

/// An answer's size at most.
pub const BODY: u64 = 4 << 20;
/// Times that a call is made at most.
const ATTEMPTS: u32 = 4;
/// Wait before the second attempt where the server names none; doubled before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Waits that a server may ask for at most.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// For a connection to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// Whatever answers questions.
pub trait Transport {
    /// The reply to a question of a stage, and how many times it was sent.
    fn send(&self, stage: &str, chat: &Chat) -> (u32, Result<Said, Fault>);
}

/// A server.
#[derive(Debug)]
pub struct Client {
    endpoint: Endpoint,
    key: Key,
    timeout: Duration,
}

/// What one attempt came to.
enum Attempt {
    Done(Result<Said, Fault>),
    /// The server wants to be asked later: after so long if it says, and what it would mean if it is not.
    Later(Option<Duration>, Fault),
}

impl Client {
    /// A client for the server of a configuration; the key comes from the environment.
    ///
    /// # Errors
    /// The URL or the key is wrong.
    pub fn new(kind: Kind, config: &ModelConfig) -> Result<Client, Fault> {
        let endpoint = config.endpoint(kind).map_err(|(key, message)| Fault::Own(format!("{key}: {message}")))?;
        let key = Key::find(kind, &config.key_env, &endpoint, |name| std::env::var(name).ok())?;
        // Within what `validate` allows; anything else is as good as no time.
        let timeout = Duration::try_from_secs_f64(config.timeout_s).unwrap_or(Duration::ZERO);
        Ok(Client { endpoint, key, timeout })
    }

    fn attempt(&self, chat: &Chat, body: &str, left: Duration) -> Attempt {
        let mut config = Agent::config_builder()
            .timeout_global(Some(left))
            .timeout_connect(Some(CONNECT.min(left)))
            .http_status_as_error(false)
            // A server that points elsewhere would be handed the question and the key.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("reskill/", env!("CARGO_PKG_VERSION")));
        if self.endpoint.loopback {
            config = config.proxy(None);
        }
        let mut request = Agent::new_with_config(config.build()).post(&self.endpoint.url);
        for (name, value) in wire::headers(chat.kind) {
            request = request.header(*name, *value);
        }
        for (name, value) in self.key.headers(chat.kind) {
            request = request.header(name, value);
        }
        let mut response = match request.send(body) {
            Ok(response) => response,
            Err(error) => return Attempt::Done(Err(self.fault(&error))),
        };
        let status = response.status();
        let wait = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).and_then(seconds);
        let bytes = response.body_mut().with_config().limit(BODY).read_to_vec();
        if !status.is_success() {
            // What it says with an error is told if it can be had.
            let fault = self.refusal(status, &bytes.unwrap_or_default());
            let later = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
            return if later { Attempt::Later(wait, fault) } else { Attempt::Done(Err(fault)) };
        }
        let read = bytes.map_err(|error| self.fault(&error)).and_then(|bytes| {
            wire::read(chat.kind, &bytes).map_err(|problem| {
                let problem = self.key.scrub(&problem);
                Fault::Answer { url: self.endpoint.url.clone(), problem }
            })
        });
        Attempt::Done(read.map(|said| Said { text: self.key.scrub(&said.text), ..said }))
    }

    /// What the transport says, without anything of the request in it.
    fn fault(&self, error: &ureq::Error) -> Fault {
        let url = self.endpoint.url.clone();
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                Fault::NoConnection { url, reason: "it takes too long".to_owned() }
            }
            ureq::Error::Timeout(_) => Fault::Timeout { url, seconds: format!("{}", self.timeout.as_secs_f64()) },
            ureq::Error::BodyExceedsLimit(_) => Fault::TooLarge { url, mib: BODY >> 20 },
            ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::Io(_)
            | ureq::Error::Tls(_)
            | ureq::Error::Rustls(_)
            | ureq::Error::ConnectProxyFailed(_) => {
                Fault::NoConnection { url, reason: self.key.scrub(&line(&error.to_string(), 160)) }
            }
            other => Fault::Answer { url, problem: self.key.scrub(&line(&other.to_string(), 160)) },
        }
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> Fault {
        let told = match serde_json::from_slice::<Value>(body) {
            Ok(value) => wire::told(&value),
            Err(_) => Some(line(&String::from_utf8_lossy(&body[..body.len().min(600)]), 120)),
        };
        let told = told.filter(|told| !told.is_empty()).map(|told| format!(": {}", self.key.scrub(&told)));
        let advice = match status.as_u16() {
            401 | 403 => "; check the key in the environment",
            404 => "; check creator.model.url and creator.model.model",
            300..=399 => "; redirects are not followed: name the server itself in creator.model.url",
            _ => "",
        };
        Fault::Status {
            url: self.endpoint.url.clone(),
            status: status.as_u16(),
            told: told.unwrap_or_default(),
            advice: advice.to_owned(),
        }
    }
}

impl Transport for Client {
    fn send(&self, _: &str, chat: &Chat) -> (u32, Result<Said, Fault>) {
        let deadline = Instant::now() + self.timeout;
        let body = chat.body().to_string();
        let mut backoff = FIRST_WAIT;
        for attempt in 1..=ATTEMPTS {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let seconds = format!("{}", self.timeout.as_secs_f64());
                return (attempt - 1, Err(Fault::Timeout { url: self.endpoint.url.clone(), seconds }));
            }
            let (wait, fault) = match self.attempt(chat, &body, left) {
                Attempt::Done(result) => return (attempt, result),
                Attempt::Later(wait, fault) => (wait, fault),
            };
            if attempt == ATTEMPTS {
                return (attempt, Err(fault));
            }
            let pause = wait.unwrap_or(backoff);
            backoff *= 2;
            let left = deadline.saturating_duration_since(Instant::now());
            if pause > LONGEST_WAIT || pause >= left {
                let fault = match (wait, fault) {
                    (Some(_), Fault::Status { url, status, .. }) => Fault::Busy { url, status },
                    (_, fault) => fault,
                };
                return (attempt, Err(fault));
            }
            std::thread::sleep(pause);
        }
        (ATTEMPTS, Err(Fault::Own("the call was not made".to_owned())))
    }
}

/// `Retry-After` in seconds. The other form, a date, is passed over: two clocks seldom agree.
fn seconds(value: &str) -> Option<Duration> {
    let seconds = value.trim().parse::<f64>().ok().filter(|seconds| *seconds >= 0.0)?;
    // What is too long for a duration is too long to wait.
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}
