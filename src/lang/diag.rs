//! Diagnostics: what is wrong, where, and what to do. Made by every phase of the language; printed by `cli::report`
//! (for people) and as JSON (for programs). Codes are in ranges by phase: 01 files, 02 syntax, 03 names and types,
//! 04 binding, 05 limits, 06 examples and patches, 1x lints.

use serde::Serialize;

use super::span::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
}

macro_rules! codes {
    ($($variant:ident = $code:literal : $title:literal,)*) => {
        /// Every kind of finding, with its stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $title] $variant,)* }

        impl Code {
            /// All codes, in order.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The stable code, e.g. `E0301`.
            pub fn id(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// What the code stands for, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }

            /// The page that explains the code: `docs/codes/CODE.md`, read by `explain`.
            pub fn page(self) -> &'static str {
                match self { $(Code::$variant => include_str!(concat!("../../docs/codes/", $code, ".md")),)* }
            }
        }
    };
}

codes! {
    NotUtf8 = "E0101": "the file is not UTF-8 text",
    TooLarge = "E0102": "the file is too large",
    TooDeep = "E0103": "brackets nest too deeply",
    Syntax = "E0201": "syntax error",
    NotAnItem = "E0202": "text outside every domain, skill and patch",
    BadNumber = "E0203": "a number out of range",
    BadPattern = "E0204": "a pattern that cannot be read",
    UnknownName = "E0301": "unknown name",
    Duplicate = "E0302": "a name given twice",
    UnknownType = "E0303": "unknown capture type",
    Arity = "E0304": "wrong number of arguments",
    TypeClash = "E0305": "types do not fit",
    NoAction = "E0306": "an event without an action pattern where an action is needed",
    Captures = "E0307": "a pattern does not capture what its head names",
    Recursive = "E0308": "a definition that uses itself",
    WrongKind = "E0309": "a name of another kind",
    Unbound = "E0401": "a variable that nothing binds",
    Unsafe = "E0402": "a variable under `not` or `count` that is not bound outside it",
    TooLong = "E0501": "text over its limit",
    TooMany = "E0502": "more than the language allows",
    BadAdvice = "E0503": "advice that could carry foreign text",
    RegexTooLarge = "E0504": "a regular expression over its limit",
    ExampleFails = "E0601": "an example that does not hold",
    PatchConflict = "E0602": "a patch that does not fit its bank",
    Unused = "W1001": "a variable used once",
    NoAssertion = "W1002": "a skill without an assertion",
    NoExample = "W1003": "a skill without an example",
    UnusedDeclaration = "W1004": "a declaration that its skill never uses",
    NeverHolds = "W1005": "a condition that can never hold",
    AlwaysHolds = "W1006": "a condition that always holds",
    Shadowed = "W1007": "a rule that an earlier one makes needless",
    MarksOverlap = "W1008": "a mark that another mark of its rule undoes",
    IdleAssertion = "W1009": "an assertion that nothing can violate",
    AmbiguousPattern = "W1010": "two events that are the same action",
    PlainRegex = "W1011": "a regular expression that a pattern could say",
    DuplicateSkill = "W1012": "two skills of one meaning",
    Todo = "W1013": "a trigger that is not stated yet",
    UselessSuppression = "W1014": "a suppression that suppresses nothing",
}

/// A place and what is to be seen there.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub span: Span,
    pub message: String,
}

/// How far a fix can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// It says what was written in the way the language says it: `check --fix` applies it.
    Safe,
    /// A guess at what was meant: only `check --unsafe-fixes` applies it.
    Unsafe,
}

/// A replacement that would mend the finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    pub title: String,
    pub span: Span,
    pub replacement: String,
    pub applicability: Applicability,
}

/// One finding. The first label is its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    pub help: Option<String>,
    pub labels: Vec<Label>,
    pub fixes: Vec<Fix>,
    /// What could stand at the place of a syntax error, token by token.
    pub expected: Vec<String>,
    /// The nearest form that would be right, as a template.
    pub form: Option<&'static str>,
}

impl Diagnostic {
    /// A finding of the severity its code says (`W…` is a warning).
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        let severity = if code.id().starts_with('W') { Severity::Warning } else { Severity::Error };
        Diagnostic {
            code,
            severity,
            message: message.into(),
            help: None,
            labels: Vec::new(),
            fixes: Vec::new(),
            expected: Vec::new(),
            form: None,
        }
    }

    #[must_use]
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a safe fix.
    #[must_use]
    pub fn fix(self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        self.mend(title.into(), span, replacement.into(), Applicability::Safe)
    }

    /// Adds a fix that guesses what was meant.
    #[must_use]
    pub fn unsafe_fix(self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        self.mend(title.into(), span, replacement.into(), Applicability::Unsafe)
    }

    fn mend(mut self, title: String, span: Span, replacement: String, applicability: Applicability) -> Self {
        self.fixes.push(Fix { title, span, replacement, applicability });
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Line and column (both from 1, columns in characters) of a byte of `text`.
pub fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The candidate nearest to `wanted`, if one is near enough to be a slip of the finger.
pub fn nearest<'c>(wanted: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    similar(wanted, candidates).into_iter().next()
}

/// The candidates near enough to be slips of the finger, the nearest first.
pub fn similar<'c>(wanted: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(wanted, candidate), candidate))
        // A name of one letter is a slip of no other.
        .filter(|(distance, candidate)| {
            let shorter = candidate.len().min(wanted.len());
            *distance <= 1 + shorter / 4 && *distance < shorter
        })
        .collect();
    near.sort_unstable();
    near.into_iter().map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        let ids: Vec<&str> = Code::ALL.iter().map(|c| c.id()).collect();
        assert!(ids.windows(2).all(|w| w[0] < w[1]), "{ids:?}");
    }

    #[test]
    fn nearest_finds_slips_only() {
        assert_eq!(nearest("go_too", ["go_to", "take"]), Some("go_to"));
        assert_eq!(nearest("xyz", ["go_to", "take"]), None);
    }
}
