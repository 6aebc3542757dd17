//! `[creator.model]`: which language model is asked, how, and how much it may cost. In: keys of a configuration; out: settings
//! that are known to make sense. Keys of access are no settings: only the name of an environment variable is.

use serde::{Deserialize, Serialize};

/// Who makes proposals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Kind {
    /// The offline inducer: no model, no network.
    #[default]
    Induce,
    /// A server that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, OpenRouter and others.
    Openai,
    /// A server that speaks Anthropic's Messages.
    Anthropic,
}

impl Kind {
    /// As the configuration writes it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Induce => "induce",
            Kind::Openai => "openai",
            Kind::Anthropic => "anthropic",
        }
    }

    /// Where the key is looked for when the configuration names no variable.
    pub fn key_variable(self) -> &'static str {
        match self {
            Kind::Anthropic => "ANTHROPIC_API_KEY",
            Kind::Induce | Kind::Openai => "OPENAI_API_KEY",
        }
    }
}

/// Which grammar the server is to keep the patch to, and so in which field it is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Constrain {
    #[default]
    None,
    /// vLLM: `structured_outputs`, and `guided_grammar` for versions before 0.11.
    Lark,
    /// llama.cpp: `grammar`.
    Gbnf,
}

/// Section `[creator.model]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// The server's base, with or without `/v1`.
    pub url: String,
    /// The model's name, as the server knows it.
    pub model: String,
    /// The environment variable that holds the key; empty: `OPENAI_API_KEY` or `ANTHROPIC_API_KEY`.
    pub key_env: String,
    /// Missing: the server's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Tokens that one reply may have.
    pub max_tokens: u64,
    /// Seconds for one call, with all its repetitions and waits.
    pub timeout_s: f64,
    /// Patches asked for at most, for one proposal.
    pub tries: usize,
    /// Tasks that one proposal looks at.
    pub groups: usize,
    /// Calls, tokens and money that a run may use. Money is in the unit of the prices.
    pub max_calls: u64,
    pub max_tokens_total: u64,
    pub max_cost: f64,
    /// Price of a million tokens that are sent, and of a million that come back.
    pub price_in: f64,
    pub price_out: f64,
    pub constrain: Constrain,
}

impl Default for ModelConfig {
    fn default() -> Self {
        ModelConfig {
            url: String::new(),
            model: String::new(),
            key_env: String::new(),
            temperature: None,
            max_tokens: 4096,
            timeout_s: 300.0,
            tries: 3,
            groups: 6,
            max_calls: 1000,
            max_tokens_total: 5_000_000,
            max_cost: 10.0,
            price_in: 0.0,
            price_out: 0.0,
            constrain: Constrain::None,
        }
    }
}

/// A setting that cannot be: its key, and what it should be.
pub type Wrong = (&'static str, String);

impl ModelConfig {
    /// Whether a creator of this kind can work with it.
    ///
    /// # Errors
    /// The first key that is wrong.
    pub fn validate(&self, kind: Kind) -> Result<(), Wrong> {
        let within = |key, value: f64, low: f64, high: f64| match value.is_finite() && value >= low && value <= high {
            true => Ok(()),
            false => Err((key, format!("must be a number from {low} to {high}, not {value}"))),
        };
        let count = |key, value: u64, high: u64| match (1..=high).contains(&value) {
            true => Ok(()),
            false => Err((key, format!("must be a number from 1 to {high}, not {value}"))),
        };
        within("creator.model.timeout_s", self.timeout_s, 0.1, 3600.0)?;
        within("creator.model.temperature", self.temperature.unwrap_or(0.0), 0.0, 2.0)?;
        within("creator.model.max_cost", self.max_cost, 0.0, 1e9)?;
        within("creator.model.price_in", self.price_in, 0.0, 1e6)?;
        within("creator.model.price_out", self.price_out, 0.0, 1e6)?;
        count("creator.model.max_tokens", self.max_tokens, 1_000_000)?;
        count("creator.model.max_tokens_total", self.max_tokens_total, 1 << 50)?;
        count("creator.model.max_calls", self.max_calls, 1 << 30)?;
        count("creator.model.tries", self.tries as u64, 10)?;
        count("creator.model.groups", self.groups as u64, 30)?;
        if kind == Kind::Induce {
            return Ok(());
        }
        if self.model.trim().is_empty() || self.model.chars().any(char::is_control) {
            return Err(("creator.model.model", "name the model as the server knows it".to_owned()));
        }
        if kind == Kind::Anthropic && self.constrain != Constrain::None {
            let message = "Anthropic's Messages take no grammar; leave it out, or write \"none\"".to_owned();
            return Err(("creator.model.constrain", message));
        }
        self.endpoint(kind).map(drop)
    }

    /// The address that calls go to, and whether it is this machine.
    ///
    /// # Errors
    /// What is wrong with `url`.
    pub fn endpoint(&self, kind: Kind) -> Result<Endpoint, Wrong> {
        const KEY: &str = "creator.model.url";
        let url = match (self.url.trim(), kind) {
            ("", Kind::Anthropic) => "https://api.anthropic.com",
            ("", _) => {
                let message = "name the server's base URL, for example http://127.0.0.1:8000/v1".to_owned();
                return Err((KEY, message));
            }
            (url, _) => url,
        };
        let fail = |what: &str| (KEY, format!("{what}; write it like http://127.0.0.1:8000/v1"));
        let (secure, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            _ => return Err(fail("must begin with http:// or https://")),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // A key in a URL would be in every file that names the URL.
        if authority.contains('@') || rest.contains(['?', '#']) {
            return Err(fail("holds a user, a query or a fragment: keys come from environment variables only"));
        }
        let parsed = url.parse::<ureq::http::Uri>().map_err(|error| fail(&format!("cannot be read: {error}")))?;
        let host = parsed.host().unwrap_or_default().to_owned();
        if host.is_empty() {
            return Err(fail("names no host"));
        }
        let path = match path.trim_matches('/') {
            "" => "v1",
            path => path,
        };
        let (call, versioned) = match kind {
            Kind::Anthropic => ("messages", path.ends_with("v1")),
            _ => ("chat/completions", true),
        };
        let path = if versioned { path.to_owned() } else { format!("{path}/v1") };
        let scheme = if secure { "https" } else { "http" };
        let bare = host.trim_matches(['[', ']']);
        let loopback = bare.eq_ignore_ascii_case("localhost")
            || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        Ok(Endpoint { url: format!("{scheme}://{authority}/{path}/{call}"), secure, loopback })
    }
}

/// Where calls go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub url: String,
    pub secure: bool,
    /// It is this machine.
    pub loopback: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(url: &str) -> ModelConfig {
        ModelConfig { url: url.to_owned(), model: "m".to_owned(), ..ModelConfig::default() }
    }

    #[test]
    fn a_base_url_becomes_the_address_of_a_call() {
        let at = |kind, url: &str| with(url).endpoint(kind).map(|e| e.url);
        let openai = "http://127.0.0.1:8000/v1/chat/completions".to_owned();
        for url in ["http://127.0.0.1:8000", "http://127.0.0.1:8000/", "HTTP://127.0.0.1:8000/v1/"] {
            assert_eq!(at(Kind::Openai, url), Ok(openai.clone()));
        }
        let routed = "https://openrouter.ai/api/v1/chat/completions".to_owned();
        assert_eq!(at(Kind::Openai, "https://openrouter.ai/api/v1"), Ok(routed));
        assert_eq!(at(Kind::Anthropic, ""), Ok("https://api.anthropic.com/v1/messages".to_owned()));
        assert_eq!(at(Kind::Anthropic, "http://h/proxy"), Ok("http://h/proxy/v1/messages".to_owned()));
        assert!(with("http://[::1]:80").endpoint(Kind::Openai).is_ok_and(|e| e.loopback));
        assert!(with("http://10.0.0.1").endpoint(Kind::Openai).is_ok_and(|e| !e.loopback));
    }

    #[test]
    fn what_cannot_be_is_refused_by_key() {
        for url in ["", "ftp://h", "localhost:8000", "http://", "http://u:p@h/v1", "http://h/v1?key=1", "http://a b"] {
            let (key, message) = with(url).validate(Kind::Openai).expect_err(url);
            assert!(key == "creator.model.url" && !message.contains("u:p"), "{url}: {message}");
        }
        assert!(with("").validate(Kind::Induce).is_ok());
        type Change = fn(&mut ModelConfig);
        let cases: [(&str, Change); 8] = [
            ("timeout_s", |c| c.timeout_s = f64::NAN),
            ("temperature", |c| c.temperature = Some(-1.0)),
            ("max_tokens", |c| c.max_tokens = 0),
            ("tries", |c| c.tries = 0),
            ("groups", |c| c.groups = 31),
            ("price_in", |c| c.price_in = -1.0),
            ("max_cost", |c| c.max_cost = f64::INFINITY),
            ("model", |c| c.model.clear()),
        ];
        for (key, change) in cases {
            let mut config = with("http://h");
            change(&mut config);
            assert_eq!(
                config.validate(Kind::Openai).map_err(|w| w.0),
                Err(format!("creator.model.{key}").leak() as &str)
            );
        }
        let grammar = ModelConfig { constrain: Constrain::Lark, ..with("http://h") };
        assert_eq!(grammar.validate(Kind::Anthropic).map_err(|w| w.0), Err("creator.model.constrain"));
    }
}
