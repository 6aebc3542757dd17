//! Regular expressions of declarations. In: source text; out: a compiled, linear-time expression that compares by its
//! source, or why it cannot be one.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use regex::RegexBuilder;

/// Longer expressions are refused (characters).
pub const MAX_REGEX: usize = 1_000;
/// A compiled expression takes at most this much memory: 1 MiB.
const MAX_COMPILED: usize = 1 << 20;

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Regexp {
    compiled: Arc<regex::Regex>,
}

impl PartialEq for Regexp {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Eq for Regexp {}

impl Hash for Regexp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source().hash(state);
    }
}

/// Why an expression is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegexpError {
    /// Over [`MAX_REGEX`], or too much memory when compiled; what was too much.
    TooLarge(String),
    /// What the `regex` crate says, on one line.
    Invalid(String),
}

impl Regexp {
    pub fn new(source: &str) -> Result<Regexp, RegexpError> {
        Self::build(source, source)
    }

    /// An expression that must match a text from its beginning to its end.
    pub fn whole(source: &str) -> Result<Regexp, RegexpError> {
        Self::build(source, &format!(r"\A(?:{source})\z"))
    }

    fn build(source: &str, anchored: &str) -> Result<Regexp, RegexpError> {
        let length = source.chars().count();
        if length > MAX_REGEX {
            return Err(RegexpError::TooLarge(format!("{length} characters; at most {MAX_REGEX}")));
        }
        match RegexBuilder::new(anchored).size_limit(MAX_COMPILED).dfa_size_limit(MAX_COMPILED).build() {
            Ok(compiled) => Ok(Regexp { compiled: Arc::new(compiled) }),
            Err(regex::Error::CompiledTooBig(_)) => {
                Err(RegexpError::TooLarge(format!("more than {MAX_COMPILED} bytes when compiled")))
            }
            Err(error) => {
                let said = error.to_string();
                let last = said.lines().rfind(|l| !l.trim().is_empty()).unwrap_or("unreadable");
                Err(RegexpError::Invalid(last.trim_start_matches("error: ").to_owned()))
            }
        }
    }

    /// The compiled expression's source.
    pub fn source(&self) -> &str {
        self.compiled.as_str()
    }

    pub fn regex(&self) -> &regex::Regex {
        &self.compiled
    }

    /// Whether it matches somewhere in `text`; for an expression made by [`Regexp::whole`]: all of it.
    pub fn matches(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }
}
