//! Syntax trees to a checked program. In: the files of a bank and its domains; out: every domain and skill that is
//! sound, and all findings. A skill with an error is left out whole; the others stay.

mod constants;
mod domain;
mod example;
mod expand;
mod resolve;
mod scope;
mod skill;
mod statement;
mod table;

use rustc_hash::FxHashSet;

use super::ast::{self, Item};
use super::checked::{Checked, Skill};
use super::diag::{Code, Diagnostic, nearest};
use super::parse::{Parsed, parse};
use super::span::Span;
use table::Table;

/// One source file: `name` is how messages call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    pub name: String,
    pub text: String,
}

impl SourceFile {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        SourceFile { name: name.into(), text: text.into() }
    }
}

/// A finding and the file (by index) that it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub file: usize,
    pub diagnostic: Diagnostic,
}

/// What came of a set of files.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    pub checked: Checked,
    /// The syntax trees, file by file: what printing and patching work on.
    pub trees: Vec<Vec<Item>>,
    /// Ordered by file and place.
    pub findings: Vec<Finding>,
}

impl Analysis {
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.diagnostic.is_error())
    }

    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }
}

/// Upper bounds on what machine-written text may ask for.
pub mod limits {
    /// Skills of one program: their positions fit 16 bits.
    pub const SKILLS: usize = u16::MAX as usize;
    pub const NAME: usize = 64;
    pub const PARAMS: usize = 8;
    pub const VARIABLES: usize = 32;
    /// Rows that a fluent may be told to keep.
    pub const ROWS: u32 = 4096;
    /// Rows of a table, kinds of a group.
    pub const CONSTANTS: usize = 512;
    pub const LITERALS: usize = 24;
    pub const BRANCHES: usize = 8;
    pub const STATEMENTS: usize = 16;
    pub const MEMBERS: usize = 64;
    pub const ADVICE: usize = 500;
    /// Room that one capture may take in advice.
    pub const CAPTURE: usize = 64;
}

/// Checks all files together: skills may use domains of other files.
pub fn check(files: &[SourceFile]) -> Analysis {
    check_parsed(files.iter().map(|source| parse(&source.text)).collect())
}

/// Checks files that are parsed already, findings of the syntax included.
pub fn check_parsed(files: Vec<Parsed>) -> Analysis {
    let mut trees = Vec::with_capacity(files.len());
    let mut findings = Vec::new();
    let mut broken = Vec::new();
    for (file, mut parsed) in files.into_iter().enumerate() {
        broken.append(&mut parsed.broken_domains);
        findings.extend(parsed.diagnostics.into_iter().map(|diagnostic| Finding { file, diagnostic }));
        trees.push(parsed.items);
    }
    let mut analysis = check_all(trees, broken);
    findings.append(&mut analysis.findings);
    findings.sort_by_key(|f| (f.file, f.diagnostic.labels.first().map_or(0, |l| l.span.start), f.diagnostic.code));
    analysis.findings = findings;
    analysis
}

/// Checks trees that are already parsed; their own syntax findings are the caller's.
pub fn check_trees(trees: Vec<Vec<Item>>) -> Analysis {
    check_all(trees, Vec::new())
}

fn check_all(trees: Vec<Vec<Item>>, broken: Vec<String>) -> Analysis {
    let mut checker = Checker { broken, ..Checker::default() };
    for (file, items) in trees.iter().enumerate() {
        for item in items {
            if let Item::Domain(domain) = item {
                checker.domain(file, domain);
            }
        }
    }
    for (file, items) in trees.iter().enumerate() {
        for item in items {
            match item {
                Item::Skill(skill) => {
                    if let Some(skill) = checker.skill(file, skill) {
                        checker.skills.push(skill);
                    }
                }
                Item::Patch(patch) => checker.patch(file, patch),
                Item::Domain(_) => {}
            }
        }
    }
    let Checker { tables, skills, findings, .. } = checker;
    let domains = tables.into_iter().map(|table| table.domain).collect();
    Analysis { checked: Checked { domains, skills }, trees, findings }
}

#[derive(Default)]
struct Checker {
    tables: Vec<Table>,
    skills: Vec<Skill>,
    /// Domain and name of every skill seen, for duplicates.
    names: FxHashSet<(String, String)>,
    /// Domains with a syntax error: reported once, there, and not again at every skill.
    broken: Vec<String>,
    findings: Vec<Finding>,
}

impl Checker {
    fn domain(&mut self, file: usize, tree: &ast::Domain) {
        if self.tables.iter().any(|t| t.domain.name == tree.name.text) {
            self.report(file, duplicate("domain", &tree.name));
            return;
        }
        let (table, diagnostics) = Table::build(tree);
        self.tables.push(table);
        diagnostics.into_iter().for_each(|d| self.report(file, d));
    }

    fn skill(&mut self, file: usize, tree: &ast::Skill) -> Option<Skill> {
        if !self.names.insert((tree.domain.text.clone(), tree.name.text.clone())) {
            self.report(file, duplicate("skill", &tree.name));
            return None;
        }
        if self.skills.len() >= limits::SKILLS {
            self.findings.extend(
                too_many("skills", self.skills.len() + 1, limits::SKILLS, tree.name.span)
                    .map(|diagnostic| Finding { file, diagnostic }),
            );
            return None;
        }
        self.build(file, tree, true)
    }

    /// Whole skills inside a patch are checked like any other, but are not part of the program. What a `modify` makes of
    /// a skill can be told only together with that skill: `patch::apply` and a check of the result.
    fn patch(&mut self, file: usize, patch: &ast::Patch) {
        for operation in &patch.operations {
            match operation {
                ast::Operation::Add(skill) | ast::Operation::Replace(skill) => {
                    self.build(file, skill, false);
                }
                ast::Operation::Retire { .. } | ast::Operation::Modify { .. } => {}
            }
        }
    }

    /// `keep`: the skill is to be part of the program, and what it declares part of its domain.
    fn build(&mut self, file: usize, tree: &ast::Skill, keep: bool) -> Option<Skill> {
        let Some(index) = self.tables.iter().position(|t| t.domain.name == tree.domain.text) else {
            if self.broken.contains(&tree.domain.text) {
                return None;
            }
            let names = self.tables.iter().map(|t| t.domain.name.as_str());
            let diagnostic = unknown("domain", &tree.domain, names);
            let diagnostic = match diagnostic.help {
                Some(_) => diagnostic,
                None => {
                    diagnostic.help("give the file that declares it too, or keep it as `domain.skill` beside this one")
                }
            };
            self.report(file, diagnostic);
            return None;
        };
        let table = &mut self.tables[index];
        let own: Vec<&ast::DeclKind> = tree
            .members
            .iter()
            .filter_map(|m| if let ast::MemberKind::Decl(decl) = &m.kind { Some(decl) } else { None })
            .collect();
        let (mark, mut diagnostics) = table.enter(&tree.name.text, &own);
        let (skill, found) = skill::build(table, index, file, tree);
        diagnostics.extend(found);
        let sound = !diagnostics.iter().any(Diagnostic::is_error);
        table.leave(&mark, keep && sound);
        diagnostics.into_iter().for_each(|d| self.report(file, d));
        sound.then_some(skill)
    }

    fn report(&mut self, file: usize, diagnostic: Diagnostic) {
        self.findings.push(Finding { file, diagnostic });
    }
}

/// `E0301` with "did you mean" and a fix, where a known name is near.
fn unknown<'c>(what: &str, name: &ast::Name, known: impl IntoIterator<Item = &'c str>) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(Code::UnknownName, format!("there is no {what} `{}`", name.text)).label(name.span, "unknown");
    match nearest(&name.text, known) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).unsafe_fix(
            format!("rename to `{near}`"),
            name.span,
            near,
        ),
        None => diagnostic,
    }
}

fn duplicate(what: &str, name: &ast::Name) -> Diagnostic {
    Diagnostic::error(Code::Duplicate, format!("{what} `{}` is already there", name.text))
        .label(name.span, "second time")
        .help("rename one of the two, or retire one")
}

fn too_many(what: &str, found: usize, limit: usize, span: Span) -> Option<Diagnostic> {
    (found > limit).then(|| {
        Diagnostic::error(Code::TooMany, format!("{found} {what}; at most {limit} are allowed")).label(span, "here")
    })
}

fn name_length(name: &ast::Name) -> Option<Diagnostic> {
    (name.text.len() > limits::NAME).then(|| {
        Diagnostic::error(Code::TooLong, format!("a name of {} characters; at most {}", name.text.len(), limits::NAME))
            .label(name.span, "too long")
    })
}
