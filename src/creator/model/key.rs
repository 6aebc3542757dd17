//! The key of a hosted model. In: an environment variable; out: a header of the calls, and nothing else: it has no text form,
//! and whatever a server says is rid of it before anything is done with it.

use super::config::{Endpoint, Kind};
use super::fault::Fault;

/// A key, or that there is none.
#[derive(Clone, Default)]
pub struct Key(Option<String>);

/// What stands where a server has repeated the key.
const SCRUBBED: &str = "[key]";
/// Shorter keys are placeholders, which local servers ask for, and ordinary words.
const SECRET: usize = 6;

impl std::fmt::Debug for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(if self.0.is_some() { "Key(…)" } else { "Key(none)" })
    }
}

impl Key {
    /// The key for calls of `kind` to `endpoint`; `named` is the variable that the configuration names, or empty, and `read`
    /// gives a variable's value.
    ///
    /// The variable that is there by default goes only over an encrypted line, or to this machine: it belongs to somebody's
    /// account, and a server in the next room is not it.
    ///
    /// # Errors
    /// A key that is needed is missing, or cannot be sent.
    pub fn find(
        kind: Kind,
        named: &str,
        endpoint: &Endpoint,
        read: impl Fn(&str) -> Option<String>,
    ) -> Result<Key, Fault> {
        let variable = if named.is_empty() { kind.key_variable() } else { named };
        let value = read(variable).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let Some(value) = value else {
            let needed = kind == Kind::Anthropic || !named.is_empty();
            return if needed { Err(Fault::NoKey { variable: variable.to_owned() }) } else { Ok(Key(None)) };
        };
        if named.is_empty() && !endpoint.secure && !endpoint.loopback {
            if kind == Kind::Openai {
                return Ok(Key(None));
            }
            return Err(Fault::OpenLine { variable: variable.to_owned() });
        }
        match value.bytes().all(|byte| (0x21..0x7f).contains(&byte)) {
            true => Ok(Key(Some(value))),
            false => Err(Fault::BadKey { variable: variable.to_owned() }),
        }
    }

    /// The headers that carry it.
    pub(super) fn headers(&self, kind: Kind) -> Vec<(&'static str, String)> {
        match (&self.0, kind) {
            (None, _) => Vec::new(),
            (Some(key), Kind::Anthropic) => vec![("x-api-key", key.clone())],
            (Some(key), _) => vec![("authorization", format!("Bearer {key}"))],
        }
    }

    /// The text without the key.
    pub(super) fn scrub(&self, text: &str) -> String {
        match &self.0 {
            Some(key) if key.len() >= SECRET => text.replace(key.as_str(), SCRUBBED),
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(secure: bool, loopback: bool) -> Endpoint {
        Endpoint { url: String::new(), secure, loopback }
    }

    #[test]
    fn a_key_goes_where_it_belongs_and_is_never_shown() {
        let set = |_: &str| Some("sk-secret".to_owned());
        let unset = |_: &str| None;
        let sent = |kind, named: &str, secure, loopback| {
            Key::find(kind, named, &endpoint(secure, loopback), set).map(|key| key.headers(kind).len())
        };
        assert_eq!(sent(Kind::Openai, "", true, false).ok(), Some(1));
        assert_eq!(sent(Kind::Openai, "", false, true).ok(), Some(1));
        assert_eq!(sent(Kind::Openai, "", false, false).ok(), Some(0));
        assert_eq!(sent(Kind::Openai, "MINE", false, false).ok(), Some(1));
        assert!(sent(Kind::Anthropic, "", false, false).is_err());
        assert!(Key::find(Kind::Openai, "", &endpoint(true, false), unset).is_ok());
        let missing = Key::find(Kind::Openai, "MINE", &endpoint(true, false), unset).expect_err("needed");
        assert!(missing.to_string().contains("MINE"), "{missing}");
        let broken = |_: &str| Some("sk-a\nb: c".to_owned());
        let fault = Key::find(Kind::Openai, "", &endpoint(true, false), broken).expect_err("no header");
        assert!(!fault.to_string().contains("sk-a"), "{fault}");
        let key = Key::find(Kind::Openai, "", &endpoint(true, false), set).expect("a key");
        assert_eq!(format!("{key:?}"), "Key(…)");
        assert_eq!(key.scrub("bad key sk-secret!"), "bad key [key]!");
    }
}
