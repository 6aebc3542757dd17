//! `reskill diff`. In: two banks; out: what they differ in by meaning, for people or as JSON.

use std::path::{Path, PathBuf};

use clap::Args;

use super::check::analyse;
use super::report::{self, Format};
use super::{Failure, Outcome, colour, say};
use crate::lang::check::{Analysis, Finding};
use crate::lang::diff::{Change, DeclarationDifference, PartDifference, SkillDifference, diff};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
    reskill diff skills skills
    reskill diff --json skills/heat.skill skills/heat.skill")]
pub(super) struct Arguments {
    /// Before: a file, or a folder with `.skill` files in it
    before: PathBuf,
    /// After
    after: PathBuf,
    /// Print one JSON object: `skills` and `declarations` that differ
    #[arg(long)]
    json: bool,
}

pub(super) fn compare(told: &Arguments) -> Result<Outcome, Failure> {
    let difference = diff(&sound(&told.before)?, &sound(&told.after)?);
    if told.json {
        say(serde_json::to_string_pretty(&difference)?);
    } else if difference.is_empty() {
        say("same meaning");
    } else {
        difference.skills.iter().for_each(show_skill);
        difference.declarations.iter().for_each(show_declaration);
    }
    Ok(if difference.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

/// A bank without errors: what has one has no meaning to compare.
fn sound(path: &Path) -> Result<Analysis, Failure> {
    let (loaded, analysis) = analyse(std::slice::from_ref(&path.to_owned()))?;
    let errors: Vec<Finding> = analysis.errors().cloned().collect();
    if errors.is_empty() {
        return Ok(analysis);
    }
    eprintln!("{}", report::render(Format::Full, &loaded.files, &errors, colour()).trim_end_matches('\n'));
    Err(Failure(format!("{}: {} errors; nothing was compared", path.display(), errors.len())))
}

fn sign(change: Change) -> char {
    match change {
        Change::Added => '+',
        Change::Removed => '-',
        Change::Renamed | Change::Changed | Change::Reordered => '~',
    }
}

fn verb(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Renamed => "renamed",
        Change::Changed => "changed",
        Change::Reordered => "in another order",
    }
}

fn show_skill(skill: &SkillDifference) {
    let from = skill.from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
    let same = if skill.same_meaning { " (same meaning)" } else { "" };
    say(format!("{} skill {}: {}{from}{same}", sign(skill.change), skill.name, verb(skill.change)));
    skill.parts.iter().for_each(show_part);
}

fn show_part(part: &PartDifference) {
    let name = part.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let sort = if part.change == Change::Reordered { "rules" } else { part.sort };
    let what = match (&part.from, part.what.is_empty()) {
        (Some(from), _) => format!("renamed from {from} (same meaning)"),
        (None, false) => format!("{} changed", part.what.join(", ")),
        (None, true) => verb(part.change).to_owned(),
    };
    say(format!("    {} {sort}{name}: {what}", sign(part.change)));
    if matches!(part.change, Change::Changed | Change::Reordered) {
        lines(part.before.as_deref(), part.after.as_deref(), "        ");
    }
}

fn show_declaration(declaration: &DeclarationDifference) {
    let DeclarationDifference { sort, name, change, from, used_by, .. } = declaration;
    let name = if name.is_empty() { String::new() } else { format!(" {name}") };
    let from = from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
    let used = if used_by.is_empty() { "no skill".to_owned() } else { used_by.join(", ") };
    let domain = &declaration.domain;
    say(format!("{} {sort}{name} of {domain}: {}{from}; used by {used}", sign(*change), verb(*change)));
    if *change == Change::Changed {
        lines(declaration.before.as_deref(), declaration.after.as_deref(), "    ");
    }
}

/// The lines that only one of the two has.
fn lines(before: Option<&str>, after: Option<&str>, indent: &str) {
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    for change in similar::TextDiff::from_lines(before, after).iter_all_changes() {
        let sign = match change.tag() {
            similar::ChangeTag::Equal => continue,
            similar::ChangeTag::Delete => '-',
            similar::ChangeTag::Insert => '+',
        };
        say(format!("{indent}{sign} {}", change.value().trim_end()));
    }
}
