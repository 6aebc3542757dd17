//! A patch on files. In: the files of a bank and the text of a patch; out: the new texts of the files that change, or every
//! finding that stands against it. A finding is placed in the patch where the patch has said it. What a patch does not
//! touch stays as it was written, letter by letter.

use thiserror::Error;

use super::super::ast::{Domain, Edit, EditKind, Item, Member, MemberKind, Operation, Patch, Skill};
use super::super::check::{Analysis, Finding, SourceFile};
use super::super::diag::Diagnostic;
use super::super::parse::parse;
use super::super::print;
use super::super::source::{Source, SourceToken};
use super::super::span::Span;
use super::places::{after_first, carry};
use super::{Change, Patched, apply_in_place};

/// What a patch makes of files.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewritten {
    pub title: String,
    /// What is done to each skill, and to which of `files`.
    pub changes: Vec<(Change, usize)>,
    pub files: Vec<NewFile>,
    /// Warnings about what the patch says: of the file after the bank's last one, which is the patch.
    pub warnings: Vec<Finding>,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    pub place: Place,
    /// `None` if nothing is left to stand in it.
    pub text: Option<String>,
}

/// Where a changed file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The bank's file at this position.
    Old(usize),
    /// A file of this name that the bank does not have.
    New(String),
}

/// Why a patch changes nothing.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PatchError {
    #[error("there must be one `patch \"…\" {{ … }}` and nothing else, not {found}")]
    NotOnePatch { found: String },
    /// Of the bank's files, by position, and of the patch, which comes after the last of them.
    #[error("{} findings", .0.len())]
    Findings(Vec<Finding>),
    #[error(
        "{file}: the changed file would not say what the patch makes of it; nothing was changed: please report this"
    )]
    Unfaithful { file: String },
}

/// Applies the text of a patch to the files of a bank. `judge` checks the result and runs its examples.
pub fn rewrite(
    bank: &[SourceFile],
    patch: &SourceFile,
    judge: impl FnOnce(&[SourceFile]) -> Analysis,
) -> Result<Rewritten, PatchError> {
    let (trees, patch_items) = read(bank, patch)?;
    let tree = the_patch(&patch_items)?;
    let at = |file: usize| move |diagnostic| Finding { file, diagnostic };
    let places: Vec<(usize, usize)> = skill_places(&trees);
    let skills: Vec<Skill> = places.iter().filter_map(|(file, item)| as_skill(&trees[*file][*item]).cloned()).collect();
    let patched = apply_in_place(&skills, tree)
        .map_err(|conflicts| PatchError::Findings(conflicts.into_iter().map(at(bank.len())).collect()))?;
    let edited = Edited::new(bank, &trees, &places, &patched, tree)?;
    let analysis = judge(&edited.sources);
    edited.is_faithful(bank, &analysis)?;
    let (findings, failed) = edited.findings(bank, patch, &trees, &analysis);
    if failed {
        return Err(PatchError::Findings(findings));
    }
    Ok(Rewritten {
        title: tree.title.value.clone(),
        changes: edited.changes(&patched, &places),
        files: edited.files,
        warnings: findings,
    })
}

type Trees = Vec<Vec<Item>>;

/// The syntax trees of the bank's files and of the patch. What does not parse cannot be changed safely.
fn read(bank: &[SourceFile], patch: &SourceFile) -> Result<(Trees, Vec<Item>), PatchError> {
    let mut findings = Vec::new();
    let mut trees = Vec::new();
    for (file, source) in bank.iter().chain(std::iter::once(patch)).enumerate() {
        let parsed = parse(&source.text);
        findings.extend(parsed.diagnostics.into_iter().map(|diagnostic| Finding { file, diagnostic }));
        trees.push(parsed.items);
    }
    let items = trees.pop().unwrap_or_default();
    if findings.is_empty() { Ok((trees, items)) } else { Err(PatchError::Findings(findings)) }
}

fn the_patch(items: &[Item]) -> Result<&Patch, PatchError> {
    match items {
        [Item::Patch(patch)] => Ok(patch),
        [] => Err(PatchError::NotOnePatch { found: "an empty file".to_owned() }),
        _ => {
            let patches = items.iter().filter(|i| matches!(i, Item::Patch(_))).count();
            let found = format!("{patches} patches and {} other items", items.len() - patches);
            Err(PatchError::NotOnePatch { found })
        }
    }
}

fn as_skill(item: &Item) -> Option<&Skill> {
    if let Item::Skill(skill) = item { Some(skill) } else { None }
}

fn skill_places(trees: &[Vec<Item>]) -> Vec<(usize, usize)> {
    let of = |(file, items): (usize, &Vec<Item>)| {
        let skills = items.iter().enumerate().filter(|(_, item)| as_skill(item).is_some());
        skills.map(|(item, _)| (file, item)).collect::<Vec<_>>()
    };
    trees.iter().enumerate().flat_map(of).collect()
}

fn span_of(item: &Item) -> Span {
    match item {
        Item::Domain(Domain { span, .. }) | Item::Skill(Skill { span, .. }) | Item::Patch(Patch { span, .. }) => *span,
    }
}

/// Where an item of the changed files comes from.
#[derive(Clone, Copy)]
enum Origin<'p> {
    /// From the bank, as it was.
    Kept,
    /// The patch says all of it.
    Said(&'p Skill),
    /// The bank's item at this position of the same file, after these edits.
    Modified(usize, &'p Operation),
}

/// A part of a text that stands in the new text as it stood in the old one.
struct Verbatim {
    new: usize,
    old: usize,
    length: usize,
}

/// The files after the patch.
struct Edited<'p> {
    /// The bank's files, then the new ones.
    sources: Vec<SourceFile>,
    origins: Vec<Vec<Origin<'p>>>,
    /// The items that each file must have.
    expected: Vec<Vec<Item>>,
    verbatim: Vec<Vec<Verbatim>>,
    files: Vec<NewFile>,
}

impl<'p> Edited<'p> {
    fn new(
        bank: &[SourceFile],
        trees: &[Vec<Item>],
        places: &[(usize, usize)],
        patched: &Patched,
        patch: &'p Patch,
    ) -> Result<Self, PatchError> {
        let mut edited = Edited {
            sources: Vec::new(),
            origins: Vec::new(),
            expected: Vec::new(),
            verbatim: Vec::new(),
            files: Vec::new(),
        };
        let operation = |name: &str| patch.operations.iter().find(|o| o.skill().text == name);
        for (file, source) in bank.iter().enumerate() {
            let (mut expected, mut origins) = (trees[file].clone(), vec![Origin::Kept; trees[file].len()]);
            let mut steps: Vec<(usize, Option<Skill>)> = Vec::new();
            for (skill, (_, item)) in patched.kept.iter().zip(places).filter(|(_, (at, _))| *at == file) {
                let Some(before) = as_skill(&trees[file][*item]) else { continue };
                match (skill, operation(&before.name.text)) {
                    (None, _) => steps.push((*item, None)),
                    (Some(skill), Some(operation)) => {
                        let mut skill = skill.clone();
                        origins[*item] = match operation {
                            Operation::Replace(said) | Operation::Add(said) => Origin::Said(said),
                            _ => {
                                let after = comments_after(&source.text, &trees[file], *item);
                                skill.tail.truncate(skill.tail.len().saturating_sub(after));
                                Origin::Modified(*item, operation)
                            }
                        };
                        expected[*item] = Item::Skill(skill.clone());
                        steps.push((*item, Some(skill)));
                    }
                    (Some(_), None) => {}
                }
            }
            let (text, verbatim) = splice(&source.text, &trees[file], &steps)
                .ok_or_else(|| PatchError::Unfaithful { file: source.name.clone() })?;
            for (item, _) in steps.iter().rev().filter(|(_, skill)| skill.is_none()) {
                expected.remove(*item);
                origins.remove(*item);
            }
            if !steps.is_empty() {
                let text = (!text.trim().is_empty()).then(|| text.clone());
                edited.files.push(NewFile { place: Place::Old(file), text });
            }
            edited.push(SourceFile::new(&source.name, text), expected, origins, verbatim);
        }
        let said = patch.operations.iter().filter_map(|o| if let Operation::Add(said) = o { Some(said) } else { None });
        for (skill, said) in patched.added.iter().zip(said) {
            let (name, text) = (format!("{}.skill", skill.name.text), print::skill(skill));
            edited.files.push(NewFile { place: Place::New(name.clone()), text: Some(text.clone()) });
            edited.push(
                SourceFile::new(name, text),
                vec![Item::Skill(skill.clone())],
                vec![Origin::Said(said)],
                Vec::new(),
            );
        }
        Ok(edited)
    }

    fn push(&mut self, source: SourceFile, items: Vec<Item>, origins: Vec<Origin<'p>>, verbatim: Vec<Verbatim>) {
        self.sources.push(source);
        self.expected.push(items);
        self.origins.push(origins);
        self.verbatim.push(verbatim);
    }

    /// What was written must read as what the patch makes of it. Comments around items may have other neighbours now.
    fn is_faithful(&self, bank: &[SourceFile], analysis: &Analysis) -> Result<(), PatchError> {
        for (file, expected) in self.expected.iter().enumerate() {
            let bare = |items: &[Item]| items.iter().map(without_surroundings).collect::<Vec<_>>();
            if analysis.trees.get(file).is_none_or(|found| bare(found) != bare(expected)) {
                let name = bank.get(file).unwrap_or(&self.sources[file]).name.clone();
                return Err(PatchError::Unfaithful { file: name });
            }
        }
        Ok(())
    }

    fn changes(&self, patched: &Patched, places: &[(usize, usize)]) -> Vec<(Change, usize)> {
        let file = |change: &Change| {
            let wanted = match change {
                Change::Added(name) => Place::New(format!("{name}.skill")),
                other => {
                    let of = |items: &Vec<Item>| {
                        items.iter().any(|i| as_skill(i).is_some_and(|s| s.name.text == other.skill()))
                    };
                    let kept = self.expected.iter().position(of);
                    // A retired skill is in no file any more: its file is that of the place it had.
                    let retired = || patched.kept.iter().zip(places).filter(|(s, _)| s.is_none()).map(|(_, (f, _))| *f);
                    Place::Old(kept.or_else(|| retired().next()).unwrap_or(0))
                }
            };
            self.files.iter().position(|f| f.place == wanted).unwrap_or(0)
        };
        patched.changes.iter().map(|change| (change.clone(), file(change))).collect()
    }

    /// All errors, and the warnings about what the patch says; whether there is an error.
    fn findings(
        &self,
        bank: &[SourceFile],
        patch: &SourceFile,
        trees: &[Vec<Item>],
        analysis: &Analysis,
    ) -> (Vec<Finding>, bool) {
        let Ok(said) = Source::new(&patch.text) else { return (Vec::new(), false) };
        let mut findings: Vec<Finding> = Vec::new();
        for finding in &analysis.findings {
            let file = finding.file;
            let Ok(new) = Source::new(&self.sources[file].text) else { continue };
            let old = bank.get(file).and_then(|f| Source::new(&f.text).ok());
            let view =
                View { edited: self, new, old, said: &said, patch: bank.len(), items: &analysis.trees[file], trees };
            let moved = view.moved(file, &finding.diagnostic);
            if finding.diagnostic.is_error() || moved.file == bank.len() {
                findings.push(moved);
            }
        }
        findings.sort_by_key(|f| (f.file, f.diagnostic.labels.first().map_or(0, |l| l.span.start), f.diagnostic.code));
        let failed = findings.iter().any(|f| f.diagnostic.is_error());
        (findings, failed)
    }
}

/// One file of the result, to find where a place of it comes from.
struct View<'v> {
    edited: &'v Edited<'v>,
    new: Source<'v>,
    old: Option<Source<'v>>,
    said: &'v Source<'v>,
    /// The position of the patch among files.
    patch: usize,
    items: &'v [Item],
    trees: &'v [Vec<Item>],
}

/// A place before the patch: in which file, where, and whether it is the very same tokens.
type Came = (usize, Span, bool);

impl View<'_> {
    /// The finding, with places as they were before the patch. Labels and fixes of another file than the first label's
    /// are left out, and so are fixes of what was not found again token by token.
    fn moved(&self, file: usize, diagnostic: &Diagnostic) -> Finding {
        let mut moved = diagnostic.clone();
        let first = diagnostic.labels.first().map_or(Span::default(), |l| l.span);
        let (target, _, _) = self.came(file, first);
        moved.labels.retain_mut(|label| {
            let (file, span, _) = self.came(file, label.span);
            label.span = span;
            file == target
        });
        moved.fixes.retain_mut(|fix| {
            let (file, span, exact) = self.came(file, fix.span);
            fix.span = span;
            exact && file == target
        });
        Finding { file: target, diagnostic: moved }
    }

    fn came(&self, file: usize, span: Span) -> Came {
        let holds = |outer: Span| outer.start <= span.start && span.end <= outer.end;
        let Some(at) = self.items.iter().position(|item| holds(span_of(item))) else {
            return (file.min(self.patch), self.shifted(file, span), true);
        };
        match (self.edited.origins[file][at], as_skill(&self.items[at])) {
            (Origin::Said(skill), _) => {
                let found = carry(&self.new, span_of(&self.items[at]), self.said, skill.span, span);
                (self.patch, found.unwrap_or(skill.name.span), found.is_some())
            }
            (Origin::Modified(before, operation), Some(after)) => {
                let Some(member) = after.members.iter().find(|m| holds(m.span)) else {
                    return (self.patch, operation.skill().span, false);
                };
                let before = as_skill(&self.trees[file][before]);
                self.member(file, member, operation, before, span)
            }
            _ => (file, self.shifted(file, span), true),
        }
    }

    fn member(&self, file: usize, member: &Member, by: &Operation, before: Option<&Skill>, span: Span) -> Came {
        let edits: &[Edit] = if let Operation::Modify { edits, .. } = by { edits } else { &[] };
        let edit = edits.iter().find(|edit| match &edit.kind {
            EditKind::Add(said) | EditKind::Replace(said) => is_same(said, &member.kind),
            EditKind::Drop { .. } => false,
        });
        if let Some(edit) = edit {
            let found = carry(&self.new, member.span, self.said, after_first(self.said, edit.span), span);
            return (self.patch, found.unwrap_or(edit.span), found.is_some());
        }
        let kept = before.and_then(|skill| skill.members.iter().find(|m| is_same(&m.kind, &member.kind)));
        match (kept, &self.old) {
            (Some(kept), Some(old)) => {
                let found = carry(&self.new, member.span, old, kept.span, span);
                (file, found.unwrap_or(kept.span), found.is_some())
            }
            _ => (self.patch, by.skill().span, false),
        }
    }

    /// The place of what stands as it stood.
    fn shifted(&self, file: usize, span: Span) -> Span {
        let (start, end) = (span.start as usize, span.end as usize);
        let holds = |part: &&Verbatim| part.new <= start && end <= part.new + part.length;
        let part = self.edited.verbatim[file].iter().find(holds);
        part.map_or(Span::default(), |part| Span::new(start - part.new + part.old, end - part.new + part.old))
    }
}

/// Whether two members have the same place in a skill: the same name, or the same sort where there is no name.
fn is_same(one: &MemberKind, other: &MemberKind) -> bool {
    match (one.name(), other.name()) {
        (Some((_, one)), Some((_, other))) => one.text == other.text,
        (None, None) => std::mem::discriminant(one) == std::mem::discriminant(other),
        _ => false,
    }
}

fn without_surroundings(item: &Item) -> Item {
    let mut item = item.clone();
    match &mut item {
        Item::Domain(Domain { lead, tail, .. })
        | Item::Skill(Skill { lead, tail, .. })
        | Item::Patch(Patch { lead, tail, .. }) => {
            lead.clear();
            tail.clear();
        }
    }
    item
}

/// The text with items replaced (`Some`) or taken out (`None`), and what of it stayed. `steps` are in order.
fn splice(text: &str, items: &[Item], steps: &[(usize, Option<Skill>)]) -> Option<(String, Vec<Verbatim>)> {
    let source = Source::new(text).ok()?;
    let (mut out, mut verbatim) = (String::with_capacity(text.len()), Vec::new());
    let mut copied = 0;
    for (item, skill) in steps {
        let previous = item.checked_sub(1).map_or(0, |before| end_of(&source, span_of(&items[before])));
        let span = span_of(&items[*item]);
        // Only the comments right before a retired skill go with it.
        let (start, end) = (lead_start(&source, span, previous, skill.is_none()), end_of(&source, span));
        keep(text, copied, start, &mut out, &mut verbatim);
        copied = end;
        match skill {
            Some(skill) => out.push_str(print::skill(skill).trim_end()),
            None => {
                // The blank lines on both sides become one.
                let blank = text[end..].len() - text[end..].trim_start_matches(['\n', '\r', ' ', '\t']).len();
                let indent = text[end..end + blank].rfind('\n').map_or(0, |at| at + 1);
                copied = end + if out.trim().is_empty() || end + blank == text.len() { blank } else { indent };
                if end + blank == text.len() {
                    out.truncate(out.trim_end().len());
                    out.push_str(if out.is_empty() { "" } else { "\n" });
                }
            }
        }
    }
    keep(text, copied, text.len(), &mut out, &mut verbatim);
    Some((out, verbatim))
}

/// How many comments stand after a file's last item, which has them in its tail: they stay where they are.
fn comments_after(text: &str, items: &[Item], item: usize) -> usize {
    let Ok(source) = Source::new(text) else { return 0 };
    match items.get(item).filter(|_| item + 1 == items.len()) {
        Some(last) => source.comments_in(Span::new(end_of(&source, span_of(last)), text.len())).len(),
        None => 0,
    }
}

fn keep(text: &str, from: usize, to: usize, out: &mut String, verbatim: &mut Vec<Verbatim>) {
    verbatim.push(Verbatim { new: out.len(), old: from, length: to.saturating_sub(from) });
    out.push_str(text.get(from..to).unwrap_or_default());
}

/// Where the comments of an item begin, after byte `previous`; with `attached` only those without a blank line between.
fn lead_start(source: &Source, span: Span, previous: usize, attached: bool) -> usize {
    let (_, trivia) = source.trivia_before(span.start as usize);
    let mut start = span.start as usize;
    for lexeme in trivia.iter().rev() {
        let at = lexeme.span.start as usize;
        let lines = source.slice(lexeme.span).matches('\n').count();
        match lexeme.token {
            SourceToken::Comment if at >= previous => start = at,
            SourceToken::Comment => break,
            _ if attached && lines > 1 => break,
            _ => {}
        }
    }
    start
}

/// Where an item ends, with the comment that follows it on its line.
fn end_of(source: &Source, span: Span) -> usize {
    source.comment_after(span.end as usize).map_or(span.end, |comment| comment.span.end) as usize
}
