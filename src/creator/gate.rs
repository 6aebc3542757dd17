//! The gate: the one way into the bank, for a person's, a model's and the inducer's proposals alike. In: a patch as
//! text, the files of the version it is for, and the reservoir; out: the files of the next version, or every reason why
//! not.

use super::CreatorConfig;
use super::replay::replay;
use super::reservoir::Reservoir;
use crate::bank::served::DOMAIN_FILE;
use crate::bank::version::SkillFile;
use crate::engine::examples;
use crate::lang::ast::{Edit, EditKind, Item, MemberKind, Operation, Patch, Rule, Skill, StatementKind};
use crate::lang::check::{Finding, SourceFile, check};
use crate::lang::diag::{Code, Diagnostic};
use crate::lang::lint::lint;
use crate::lang::patch::{Change, apply};
use crate::lang::print;

/// How reasons call the patch.
const PATCH: &str = "patch";
/// A patch's size, in bytes, and its operations, at most.
pub const SIZE: usize = 16 << 10;
pub const OPERATIONS: usize = 3;
/// Lints that weigh like errors: what is written is surely not meant.
const WEIGHTY: [Code; 7] = [
    Code::NeverHolds,
    Code::AlwaysHolds,
    Code::Shadowed,
    Code::MarksOverlap,
    Code::IdleAssertion,
    Code::DuplicateSkill,
    Code::Todo,
];

/// What the gate says of a patch.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Accepted {
        /// The next version: `domain.skill` and one file for each skill, canonically printed, in bank order.
        files: Vec<SkillFile>,
        changes: Vec<Change>,
        /// See [`fingerprint`].
        fingerprint: String,
        /// What its author should know, though it stands in no way: lints that mean it does not do what it says, and
        /// where it never speaks.
        notes: Vec<String>,
    },
    /// Each reason has its code and place.
    Rejected { reasons: Vec<String> },
}

/// Takes a patch through its limits, parser, checker, examples, the memory of what was rejected and the recorded episodes.
///
/// `base` must be sound; what is wrong with it is reported like what is wrong with the patch. `rejected` holds
/// fingerprints.
pub fn gate(
    patch: &str,
    base: &[SkillFile],
    reservoir: &Reservoir,
    rejected: &[String],
    config: &CreatorConfig,
) -> Verdict {
    match pass(patch, base, reservoir, rejected, config) {
        Ok((files, changes, fingerprint, notes)) => Verdict::Accepted { files, changes, fingerprint, notes },
        Err(reasons) => Verdict::Rejected { reasons },
    }
}

type Passed = (Vec<SkillFile>, Vec<Change>, String, Vec<String>);

fn pass(
    text: &str,
    base: &[SkillFile],
    reservoir: &Reservoir,
    rejected: &[String],
    config: &CreatorConfig,
) -> Result<Passed, Vec<String>> {
    if text.len() > SIZE {
        return Err(vec![format!(
            "G0705 {PATCH}:1:1: the patch has {} bytes; at most {SIZE} are allowed: change less at once",
            text.len()
        )]);
    }
    let mut sources: Vec<SourceFile> = base.iter().map(|file| SourceFile::new(&file.name, &file.text)).collect();
    sources.push(SourceFile::new(PATCH, text));
    let analysis = check(&sources);
    let before = analysis.checked;
    let wrong = errors(&sources, &analysis.findings);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let patch = the_patch(analysis.trees.last().map_or(&[][..], |items| items))?;
    let fingerprint = fingerprint(patch);
    if rejected.iter().any(|known| whole(known) == whole(&fingerprint)) {
        return Err(vec![format!(
            "G0703 {PATCH}:1:1: this proposal, or one of the same meaning, was rejected before; propose something else"
        )]);
    }
    let (mut domains, mut skills): (Vec<Item>, Vec<Skill>) = (Vec::new(), Vec::new());
    for item in analysis.trees[..base.len()].iter().flatten() {
        match item {
            Item::Domain(_) => domains.push(item.clone()),
            Item::Skill(skill) => skills.push(skill.clone()),
            Item::Patch(_) => {}
        }
    }
    let had = skills;
    let (skills, changes) = apply(&had, patch).map_err(|conflicts| {
        conflicts.iter().map(|diagnostic| reason(&sources[base.len()], diagnostic)).collect::<Vec<_>>()
    })?;
    losses(&had, &skills)?;
    let files = print_bank(&domains, &skills)?;
    let sources: Vec<SourceFile> = files.iter().map(|file| SourceFile::new(&file.name, &file.text)).collect();
    let mut analysis = check(&sources);
    let mut reasons = errors(&sources, &analysis.findings);
    if reasons.is_empty() {
        reasons = errors(&sources, &examples::run(&analysis.checked).failures);
    }
    if !reasons.is_empty() {
        return Err(reasons);
    }
    let shown = replay(&before, &analysis.checked, &changes, reservoir, config);
    if !shown.reasons.is_empty() {
        return Err(shown.reasons);
    }
    lint(&sources, &mut analysis);
    let mut notes = weighty(&sources, &analysis.findings, &changes);
    notes.extend(shown.notes);
    Ok((files, changes, fingerprint, notes))
}

fn the_patch(items: &[Item]) -> Result<&Patch, Vec<String>> {
    match items {
        [Item::Patch(patch)] if patch.operations.is_empty() => Err(vec![format!(
            "G0701 {PATCH}:1:1: the patch changes nothing; write `add`, `replace`, `modify` or `retire` in it"
        )]),
        [Item::Patch(patch)] if patch.operations.len() > OPERATIONS => Err(vec![format!(
            "G0705 {PATCH}:1:1: the patch has {} operations; at most {OPERATIONS} are tested together: propose the rest later",
            patch.operations.len()
        )]),
        [Item::Patch(patch)] => Ok(patch),
        _ => Err(vec![format!("G0701 {PATCH}:1:1: a proposal is one `patch \"…\" {{ … }}` and nothing else")]),
    }
}

/// Refuses a patch that leaves less than half of a bank: retired, or without a rule, under whatever new name. (A bank's only
/// skill may go.)
fn losses(before: &[Skill], after: &[Skill]) -> Result<(), Vec<String>> {
    let speaks = |skill: &Skill| skill.members.iter().any(|member| matches!(member.kind, MemberKind::Rule(_)));
    let lives = |skill: &Skill| after.iter().any(|new| new.name.text == skill.name.text && speaks(new));
    let spoke = before.iter().filter(|skill| speaks(skill));
    let (all, lost) = (spoke.clone().count(), spoke.filter(|skill| !lives(skill)).count());
    match all > 1 && lost * 2 > all {
        true => Err(vec![format!(
            "G0706 {PATCH}:1:1: the patch takes away {lost} of the bank's {all} skills that have rules; at most half may go at \
             once, and a new name makes a new skill"
        )]),
        false => Ok(()),
    }
}

/// The lints of a patch's skills that mean it does not do what it says.
fn weighty(sources: &[SourceFile], findings: &[Finding], changes: &[Change]) -> Vec<String> {
    let changed: Vec<String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Added(name) | Change::Replaced(name) | Change::Modified(name) => Some(format!("{name}.skill")),
            _ => None,
        })
        .collect();
    let of = |finding: &&Finding| {
        WEIGHTY.contains(&finding.diagnostic.code) && changed.contains(&sources[finding.file].name)
    };
    findings.iter().filter(of).map(|finding| reason(&sources[finding.file], &finding.diagnostic)).collect()
}

/// The files of a bank: its domains together, and each skill by itself, canonically printed.
///
/// # Errors
/// Two skills whose files would have the same name where upper and lower case are one.
pub(super) fn print_bank(domains: &[Item], skills: &[Skill]) -> Result<Vec<SkillFile>, Vec<String>> {
    let mut files = vec![SkillFile { name: DOMAIN_FILE.to_owned(), text: print::items(domains) }];
    for skill in skills {
        let name = format!("{}.skill", skill.name.text);
        if files.iter().any(|file| file.name.eq_ignore_ascii_case(&name)) {
            return Err(vec![format!(
                "G0704 {name}: the bank has a file of this name already (upper and lower case count as the same); \
                 rename the skill"
            )]);
        }
        files.push(SkillFile { name, text: print::skill(skill) });
    }
    Ok(files)
}

fn errors(sources: &[SourceFile], findings: &[Finding]) -> Vec<String> {
    let errors = findings.iter().filter(|finding| finding.diagnostic.is_error());
    errors.map(|finding| reason(&sources[finding.file], &finding.diagnostic)).collect()
}

/// `CODE FILE:LINE:COLUMN: message; help`.
fn reason(source: &SourceFile, diagnostic: &Diagnostic) -> String {
    let at = diagnostic.labels.first().map_or(0, |label| label.span.start as usize);
    let before = source.text.get(..at).unwrap_or(&source.text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let help = diagnostic.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("{} {}:{line}:{column}: {}{help}", diagnostic.code.id(), source.name, diagnostic.message)
}

/// What a patch means, as `WHOLE-LEAD`: hashes over its operations, and over the task and the marks of the leading rule
/// of its first operation (the first rule of an added skill or of the edits of one, the last of a replaced one), whatever
/// its `when`. Names of added skills and of members, comments and examples do not count.
pub fn fingerprint(patch: &Patch) -> String {
    let mut whole = blake3::Hasher::new();
    let mut lead = blake3::Hasher::new();
    for (index, operation) in patch.operations.iter().enumerate() {
        let name = &operation.skill().text;
        let (head, meaning, leads) = match operation {
            Operation::Add(skill) => ("add ".to_owned(), print::skill(&bare(skill)), leading(skill, true)),
            Operation::Replace(skill) => (format!("replace {name}"), print::skill(&bare(skill)), leading(skill, false)),
            Operation::Retire { .. } => (format!("retire {name}"), String::new(), format!("retire {name}")),
            Operation::Modify { edits, .. } => {
                (format!("modify {name}"), changes(edits), format!("modify {name} {}", leading_edit(edits)))
            }
        };
        whole.update(format!("{head}\n{meaning}").as_bytes());
        if index == 0 {
            lead.update(leads.as_bytes());
        }
    }
    format!("{}-{}", short(&whole), short(&lead))
}

/// The part of a fingerprint that stands for the whole patch, and the part for its leading rule.
fn whole(fingerprint: &str) -> &str {
    fingerprint.split('-').next().unwrap_or(fingerprint)
}

pub(super) fn lead(fingerprint: &str) -> &str {
    fingerprint.rsplit('-').next().unwrap_or(fingerprint)
}

fn short(hasher: &blake3::Hasher) -> String {
    hasher.finalize().to_hex().chars().take(16).collect()
}

/// The task and the marks of the first or of the last rule. A rule that marks nothing leads with its advice.
fn leading(skill: &Skill, first: bool) -> String {
    let mut rules =
        skill.members.iter().filter_map(|m| if let MemberKind::Rule(rule) = &m.kind { Some(rule) } else { None });
    let task = skill.applies.as_ref().map(print::call).unwrap_or_default();
    let rule = if first { rules.next() } else { rules.next_back() };
    task + &rule.map(said).unwrap_or_default()
}

/// What the first rule among edits says; without one, all that they do.
fn leading_edit(edits: &[Edit]) -> String {
    let rule = edits.iter().find_map(|edit| match &edit.kind {
        EditKind::Add(MemberKind::Rule(rule)) | EditKind::Replace(MemberKind::Rule(rule)) => Some(rule),
        _ => None,
    });
    rule.map_or_else(|| changes(edits), said)
}

/// The marks of a rule, or else its advice and the action that it suggests.
fn said(rule: &Rule) -> String {
    let mut marks = String::new();
    let mut texts = String::new();
    for statement in &rule.statements {
        match &statement.kind {
            StatementKind::Mark { kind, call, filter } => {
                let filter = filter.as_ref().map(print::conj).unwrap_or_default();
                marks.push_str(&format!(" {} {} {filter}", kind.word(), print::call(call)));
            }
            StatementKind::Advise(text) | StatementKind::Suggest(text) => texts.push_str(&text.value),
            StatementKind::Priority(_) | StatementKind::Limit(_) | StatementKind::Let { .. } => {}
        }
    }
    if marks.is_empty() { texts } else { marks }
}

/// Edits without names of what is added, without comments and examples.
fn changes(edits: &[Edit]) -> String {
    let name = |member: &MemberKind| member.name().map_or("", |(_, name)| name.text.as_str()).to_owned();
    let mut out = String::new();
    for (index, edit) in edits.iter().enumerate() {
        let line = match &edit.kind {
            EditKind::Add(MemberKind::Example(_)) | EditKind::Replace(MemberKind::Example(_)) => continue,
            EditKind::Add(member) => format!("add {}", print::member(&bare_member(member, index))),
            EditKind::Replace(member) => {
                format!("replace {} {}", name(member), print::member(&bare_member(member, index)))
            }
            EditKind::Drop { sort, name } => format!("drop {} {}\n", sort.word(), name.text),
        };
        out.push_str(&line);
    }
    out
}

/// The skill without names, comments and examples.
fn bare(skill: &Skill) -> Skill {
    let mut bare = skill.clone();
    bare.lead.clear();
    bare.tail.clear();
    bare.name.text = "s".to_owned();
    bare.members.retain(|member| !matches!(member.kind, MemberKind::Example(_) | MemberKind::Unverified(_)));
    for (index, member) in bare.members.iter_mut().enumerate() {
        member.lead.clear();
        member.kind = bare_member(&member.kind, index);
    }
    bare
}

/// A member without its name and comments. The name of a declaration is what rules call it: it stays.
fn bare_member(member: &MemberKind, index: usize) -> MemberKind {
    let mut bare = member.clone();
    match &mut bare {
        MemberKind::Rule(rule) => {
            rule.name.text = format!("r{index}");
            rule.tail.clear();
            rule.statements.iter_mut().for_each(|statement| statement.lead.clear());
        }
        MemberKind::Assertion(assertion) => {
            assertion.name.text = format!("a{index}");
            assertion.because = None;
        }
        MemberKind::Unverified(_) | MemberKind::Example(_) | MemberKind::Priority(_) | MemberKind::Decl(_) => {}
    }
    bare
}
