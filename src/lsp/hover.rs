//! Hover. In: a place; out: what stands there in a few lines: a variable's type, a declaration and its comment, a reserved
//! word's meaning, a code's title.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

use super::words::{owner_at, token_at, word_at};
use super::workspace::{Site, UnitOf};
use crate::lang::diag::Code;
use crate::lang::explain::page;
use crate::lang::keywords::{meaning, type_meaning};
use crate::lang::names::index::Symbol;
use crate::lang::names::{Declaration, NameKind, Occurrence};
use crate::lang::source::{Source, SourceToken};
use crate::lang::span::Span;

/// A declaration of more lines is shown by its first ones.
const MAX_LINES: usize = 12;

/// What is to be told about the place; `None` where nothing is.
pub fn hover(site: &Site) -> Option<Hover> {
    let unit = site.here();
    let source = Source::new(&unit.piece.text).ok()?;
    let word = word_at(&unit.piece.text, site.at);
    let shown = |text: String, span: Span| {
        let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: text });
        Some(Hover { contents, range: Some(unit.range(span)) })
    };
    let token = token_at(&source, site.at.max(word.start as usize + 1));
    if token.is_some_and(|t| t.token == SourceToken::Comment) {
        let code = Code::ALL.iter().find(|c| c.id() == source.slice(word))?;
        return shown(format!("**{}**: {}\n\n{}", code.id(), code.title(), page(*code).means), word);
    }
    if let Some(occurrence) = unit.piece.names().at(site.at)
        && let Some(text) = of_name(site, occurrence)
    {
        return shown(text, occurrence.span);
    }
    if token.is_some_and(|t| t.token != SourceToken::Word) {
        return None;
    }
    // In what does not parse, a name is still that of a declaration.
    let name = source.slice(word);
    if let Some((unit, declaration)) = site.index.lookup(&owner_at(&source, site.at), name) {
        return shown(declared(&site.units[unit], declaration), word);
    }
    shown(format!("**{name}**: {}", meaning(name)?), word)
}

fn of_name(site: &Site, occurrence: &Occurrence) -> Option<String> {
    let symbol = site.index.symbol(site.unit, occurrence);
    if let Symbol::Local { .. } = symbol {
        let ty = site.index.type_of(&symbol);
        let of = ty.as_deref().map_or(String::new(), |ty| format!(": {ty}"));
        let explained = ty.as_deref().and_then(type_meaning).map_or(String::new(), |line| format!("\n\n{line}"));
        return Some(format!("```skill\n{}{of}\n```\n{}{explained}", occurrence.text, occurrence.kind.word()));
    }
    match site.index.declarations(&symbol).first() {
        Some((unit, declaration)) => Some(declared(&site.units[*unit], declaration)),
        None if occurrence.quoted => None,
        None => type_meaning(&occurrence.text).map(|line| format!("**{}**: {line}", occurrence.text)),
    }
}

/// A declaration: its text, its comment, whose it is.
fn declared(unit: &UnitOf, declaration: &Declaration) -> String {
    let text = unit.piece.text.get(declaration.span.range()).unwrap_or_default();
    let is_long = matches!(declaration.kind, NameKind::Domain | NameKind::Skill | NameKind::Rule | NameKind::Example);
    let mut lines: Vec<&str> = match is_long {
        // The head says what it is; the rest is where "go to definition" leads.
        true => text.split('{').next().unwrap_or(text).trim_end().lines().collect(),
        false => text.lines().collect(),
    };
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        lines.push("…");
    }
    let mut shown = format!("```skill\n{}\n```", lines.join("\n"));
    if !declaration.doc.is_empty() {
        shown.push_str(&format!("\n{}", declaration.doc.join("\n")));
    }
    let owner = unit.piece.names().owners.get(declaration.owner);
    let of = match (declaration.kind, owner.and_then(|o| o.skill.as_ref()), owner.and_then(|o| o.domain.as_ref())) {
        (NameKind::Domain, ..) => None,
        (NameKind::Skill, _, Some(domain)) => Some(format!("domain `{domain}`")),
        (_, Some(skill), _) => Some(format!("skill `{skill}`")),
        (_, None, Some(domain)) => Some(format!("domain `{domain}`")),
        _ => None,
    };
    if let Some(of) = of {
        shown.push_str(&format!("\n\n{} of {of}", declaration.kind.word()));
    }
    shown
}
