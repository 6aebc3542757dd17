//! Skills inside another program. In: `.skill` texts, files or folders; out: a [`Bank`] with a [`Session`] for each episode,
//! or a [`BuildError`] that says every finding. Needs none of the crate's features.
//!
//! ```
//! use reskill::embed::Bank;
//!
//! let text = r#"
//! domain kitchen {
//!     event take(x: item) = action "take {x}"
//!     fluent holding(x: item) initiated by take(x)
//! }
//! skill one_thing in kitchen {
//!     rule enough when holding(x) { advise "You have the {x}." avoid take(_) }
//! }"#;
//! let bank = Bank::builder().source("kitchen.skill", text).build()?;
//! let mut session = bank.session("kitchen")?;
//! session.start("", "", &["take cup 1".to_owned()]);
//! let directives = session.observe("take cup 1", "Taken.", &["take cup 2".to_owned()]);
//! assert_eq!(directives.fired[0].advice.as_deref(), Some("You have the cup 1."));
//! let rule = bank.rule("kitchen", directives.fired[0].rule).unwrap();
//! assert_eq!((rule.skill, rule.rule), ("one_thing", "enough"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A session keeps its room from episode to episode, and sessions share nothing but their bank: [`observe`] takes many of them one
//! step further, on several threads. [`Session::why`] tells why a rule fired, [`Report::truncations`] what was too much.
//!
//! [`include_skills!`](crate::include_skills) puts the texts into the program when it is compiled. So that a finding fails the
//! build, call [`check_or_explain`] in the program's `build.rs` (with reskill among its `[build-dependencies]`):
//!
//! ```no_run
//! fn main() -> Result<(), reskill::embed::BuildError> {
//!     reskill::embed::check_or_explain(&["skills"])
//! }
//! ```
//!
//! or, without a build script, in a test: `reskill::embed::check_or_explain(&["skills"]).unwrap();`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

pub use crate::engine::batch::{Lane, observe};
pub use crate::engine::directives::{Directives, MarkKind, RuleId};
pub use crate::engine::explain::{Ground, Reason};
pub use crate::engine::report::{Limit, Report, Truncation};
pub use crate::engine::session::Session;
pub use crate::engine::verdict::Verdict;

use crate::engine::examples::check_and_run;
use crate::engine::program::Program;
use crate::lang::check::{Finding, SourceFile, check};
use crate::lang::diag::{nearest, place};
use crate::lang::load::{LoadError, load};

/// Includes `.skill` files, by paths relative to the file in which this stands, when the program is compiled: a
/// `&'static [(&'static str, &'static str)]` of names and texts for [`Builder::sources`](crate::embed::Builder::sources).
///
/// `include_skills!("skills/domain.skill", "skills/heat.skill")`
#[macro_export]
macro_rules! include_skills {
    ($($path:literal),+ $(,)?) => {{
        const FILES: &[(&str, &str)] = &[$(($path, include_str!($path))),+];
        FILES
    }};
}

/// Checked skills of one or several domains, compiled. Cheap to share: sessions hold what they need of it.
#[derive(Debug, Clone)]
pub struct Bank {
    /// By domain, in order of declaration.
    programs: Vec<Arc<Program>>,
    warnings: Vec<Explained>,
}

/// A rule by its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleName<'b> {
    pub skill: &'b str,
    pub rule: &'b str,
}

/// There is no such domain in the bank.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the bank has no domain `{name}`; {help}")]
pub struct UnknownDomain {
    pub name: String,
    help: String,
}

impl Bank {
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The domains for which there are sessions.
    pub fn domain_names(&self) -> impl Iterator<Item = &str> {
        self.programs.iter().map(|program| program.vocabulary().domain().name.as_str())
    }

    /// A session under all skills of a domain: one episode at a time, as many episodes as you like.
    ///
    /// # Errors
    /// If the bank has no domain of that name.
    pub fn session(&self, domain: &str) -> Result<Session, UnknownDomain> {
        self.program(domain).map(|program| Session::new(Arc::clone(program))).ok_or_else(|| UnknownDomain {
            name: domain.to_owned(),
            help: match nearest(domain, self.domain_names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", self.domain_names().collect::<Vec<_>>().join(", ")),
            },
        })
    }

    /// The names of a rule that a session of the domain speaks of.
    pub fn rule(&self, domain: &str, id: RuleId) -> Option<RuleName<'_>> {
        let skill = self.program(domain)?.skills().get(usize::from(id.skill))?;
        Some(RuleName { skill: &skill.name, rule: &skill.rules.get(usize::from(id.rule))?.name })
    }

    /// What was found that is no error.
    pub fn warnings(&self) -> &[Explained] {
        &self.warnings
    }

    fn program(&self, domain: &str) -> Option<&Arc<Program>> {
        self.programs.iter().find(|program| program.vocabulary().domain().name == domain)
    }
}

/// Collects the texts of a bank.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    files: Vec<SourceFile>,
    /// Findings about files that could not be taken as text.
    unreadable: Vec<Finding>,
}

impl Builder {
    /// Adds a text; `name` is how findings call it.
    #[must_use]
    pub fn source(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push(SourceFile::new(name, text));
        self
    }

    /// Adds texts by name, such as [`include_skills!`](crate::include_skills) gives.
    #[must_use]
    pub fn sources(mut self, sources: &[(&str, &str)]) -> Self {
        self.files.extend(sources.iter().map(|(name, text)| SourceFile::new(*name, *text)));
        self
    }

    /// Adds a file. Where it names a domain that it does not declare, `domain.skill` beside it is added too.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn file(self, path: impl AsRef<Path>) -> Result<Self, BuildError> {
        self.load(path.as_ref())
    }

    /// Adds every `.skill` file below a folder.
    ///
    /// # Errors
    /// If the folder cannot be read, or has none.
    pub fn folder(self, path: impl AsRef<Path>) -> Result<Self, BuildError> {
        self.load(path.as_ref())
    }

    fn load(mut self, path: &Path) -> Result<Self, BuildError> {
        let loaded = load(&[PathBuf::from(path)])?;
        for (index, file) in loaded.files.into_iter().enumerate() {
            // The domain beside two files is added once.
            if self.files.contains(&file) {
                continue;
            }
            let at = self.files.len();
            let of_it = loaded.findings.iter().filter(|f| f.file == index);
            self.unreadable.extend(of_it.map(|f| Finding { file: at, ..f.clone() }));
            self.files.push(file);
        }
        Ok(self)
    }

    /// Checks and compiles everything together.
    ///
    /// # Errors
    /// All findings, if one of them is an error.
    pub fn build(self) -> Result<Bank, BuildError> {
        let mut analysis = check(&self.files);
        analysis.findings.splice(0..0, self.unreadable);
        let findings = explain(&self.files, &analysis.findings);
        if analysis.has_errors() {
            return Err(BuildError::Findings(findings));
        }
        let programs = (0..analysis.checked.domains.len()).map(|d| Program::of(&analysis.checked, d)).collect();
        Ok(Bank { programs, warnings: findings })
    }
}

/// Checks the skills at `paths` (files or folders) and runs their examples: for a `build.rs` or a test. In a build script
/// it also tells cargo to run it again when they change.
///
/// # Errors
/// All findings, warnings included, if there is one.
pub fn check_or_explain(paths: &[impl AsRef<Path>]) -> Result<(), BuildError> {
    let mut builder = Bank::builder();
    for path in paths {
        if std::env::var_os("OUT_DIR").is_some() {
            println!("cargo::rerun-if-changed={}", path.as_ref().display());
        }
        builder = builder.load(path.as_ref())?;
    }
    let mut analysis = check_and_run(&builder.files);
    analysis.findings.splice(0..0, builder.unreadable);
    match analysis.findings.is_empty() {
        true => Ok(()),
        false => Err(BuildError::Findings(explain(&builder.files, &analysis.findings))),
    }
}

/// Why there is no bank. Shown the same way by `{}` and `{:?}`, so that a `main` or a test that returns it is readable.
#[derive(Error)]
pub enum BuildError {
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Never empty.
    #[error("{}", listed(.0))]
    Findings(Vec<Explained>),
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn listed(findings: &[Explained]) -> String {
    let listed: String = findings.iter().map(|finding| format!("\n{finding}")).collect();
    let plural = if findings.len() == 1 { "" } else { "s" };
    format!("{} finding{plural} in the skills:{listed}", findings.len())
}

/// A finding with its place; shown as `CODE file:line:column: message; help`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The stable code, e.g. `E0301`.
    pub code: &'static str,
    pub is_error: bool,
    pub file: String,
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub message: String,
    pub help: Option<String>,
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}:{}:{}: {}", self.code, self.file, self.line, self.column, self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

fn explain(files: &[SourceFile], findings: &[Finding]) -> Vec<Explained> {
    let explained = |finding: &Finding| {
        let SourceFile { name, text } = &files[finding.file];
        let diagnostic = &finding.diagnostic;
        let (line, column) = place(text, diagnostic.labels.first().map_or(0, |l| l.span.start as usize));
        Explained {
            code: diagnostic.code.id(),
            is_error: diagnostic.is_error(),
            file: name.clone(),
            line,
            column,
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
        }
    };
    findings.iter().map(explained).collect()
}
