//! Where names are. In: a place; out: its definition, its references, the edits of a rename, the outline of a document.

use std::collections::HashMap;

use lsp_types::{DocumentSymbol, Location, PrepareRenameResponse, SymbolKind, TextEdit, Uri, WorkspaceEdit};

use super::findings;
use super::words::{owner_at, word_at};
use super::workspace::{Document, Site, Workspace};
use crate::lang::diag::place;
use crate::lang::names::index::Symbol;
use crate::lang::names::rename::{can_rename, rename};
use crate::lang::names::{NameKind, Role};
use crate::lang::source::Source;
use crate::lang::span::Span;

/// The symbol at a place and the place of its name. Where the text does not parse, a word is the declaration of that name.
fn symbol_at(site: &Site) -> Option<(Symbol, Span)> {
    let unit = site.here();
    if let Some(occurrence) = unit.piece.names().at(site.at) {
        let symbol = site.index.symbol(site.unit, occurrence);
        let is_word = occurrence.quoted && occurrence.scope.is_none() && site.index.declarations(&symbol).is_empty();
        return (!is_word).then_some((symbol, occurrence.span));
    }
    let source = Source::new(&unit.piece.text).ok()?;
    let word = word_at(&unit.piece.text, site.at);
    let (of, declaration) = site.index.lookup(&owner_at(&source, site.at), source.slice(word))?;
    let owner = site.index.owned_by(of, declaration);
    Some((Symbol::Global { space: declaration.kind.space(), owner, name: declaration.name.clone() }, word))
}

/// Where the name at a place is declared, or a variable first gets its value.
pub fn definition(site: &Site) -> Vec<Location> {
    let Some((symbol, _)) = symbol_at(site) else { return Vec::new() };
    let declared = site.index.declarations(&symbol);
    let places: Vec<(usize, Span)> = match declared.is_empty() {
        false => declared.iter().map(|(unit, d)| (*unit, d.name_span)).collect(),
        true => {
            let all = site.index.occurrences(&symbol);
            let defined = all.iter().find(|(_, o)| o.role == Role::Definition);
            defined.into_iter().map(|(unit, o)| (*unit, o.span)).collect()
        }
    };
    locations(site, &places)
}

/// Every place that names the same thing.
pub fn references(site: &Site, with_definition: bool) -> Vec<Location> {
    let Some((symbol, _)) = symbol_at(site) else { return Vec::new() };
    let all = site.index.occurrences(&symbol);
    let wanted = all.iter().filter(|(_, o)| with_definition || o.role == Role::Use);
    locations(site, &wanted.map(|(unit, o)| (*unit, o.span)).collect::<Vec<_>>())
}

fn locations(site: &Site, places: &[(usize, Span)]) -> Vec<Location> {
    let at = |(unit, span): &(usize, Span)| {
        let unit = site.units.get(*unit)?;
        Some(Location::new(unit.document.uri.clone(), unit.range(*span)))
    };
    places.iter().filter_map(at).collect()
}

/// The name that a rename would change, or why none can be.
pub fn prepare_rename(site: &Site) -> Result<Option<PrepareRenameResponse>, String> {
    let Some((symbol, span)) = symbol_at(site) else { return Ok(None) };
    can_rename(&site.index, &symbol).map_err(|error| error.to_string())?;
    let range = site.here().range(span);
    Ok(Some(PrepareRenameResponse::RangeWithPlaceholder { range, placeholder: symbol.name().to_owned() }))
}

/// The edits that give a name its new form everywhere, or why it cannot be done safely.
pub fn renamed(site: &Site, workspace: &Workspace, new: &str) -> Result<Option<WorkspaceEdit>, String> {
    let Some((symbol, _)) = symbol_at(site) else { return Ok(None) };
    let places = rename(&site.index, &symbol, new).map_err(|error| error.to_string())?;
    // What does not parse may use the name, too: nobody can say.
    for unit in &site.units {
        for gap in unit.piece.gaps() {
            let text = unit.piece.text.get(gap.range()).unwrap_or_default();
            let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            if words.any(|word| word == symbol.name()) {
                let (line, _) = place(&unit.document.text, unit.base + gap.start as usize);
                return Err(format!(
                    "`{}` also stands in a part of {} that has a syntax error (from line {line}): mend that first",
                    symbol.name(),
                    unit.document.uri.path().as_str()
                ));
            }
        }
    }
    let mut changed: Changed = HashMap::new();
    for (unit, span) in places {
        let Some(unit) = site.units.get(unit) else { continue };
        let moved = Span::new(unit.base + span.start as usize, unit.base + span.end as usize);
        changed.entry(unit.document.uri.as_str()).or_insert((unit.document, Vec::new())).1.push(moved);
    }
    adds_no_finding(site, workspace, &changed, new)?;
    // Addresses are compared by their text only.
    #[allow(clippy::mutable_key_type)]
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for (document, spans) in changed.into_values() {
        let edit = |span: Span| TextEdit::new(document.lines.range(&document.text, span), new.to_owned());
        changes.insert(document.uri.clone(), spans.into_iter().map(edit).collect());
    }
    Ok(Some(WorkspaceEdit::new(changes)))
}

/// Of each document, by its address, the places that change.
type Changed<'w> = HashMap<&'w str, (&'w Document, Vec<Span>)>;

/// The proof of a rename: the checker does not find more in the changed texts than before.
fn adds_no_finding(site: &Site, workspace: &Workspace, changed: &Changed, new: &str) -> Result<(), String> {
    let folder = &site.here().key.folder;
    let before = findings::check_texts(workspace, folder, |document| document.text.clone());
    let after = findings::check_texts(workspace, folder, |document| {
        let mut text = document.text.clone();
        let mut spans = changed.get(document.uri.as_str()).map(|(_, spans)| spans.clone()).unwrap_or_default();
        spans.sort_by_key(|span| std::cmp::Reverse(span.start));
        spans.iter().for_each(|span| text.replace_range(span.range(), new));
        text
    });
    if after.len() <= before.len() {
        return Ok(());
    }
    let known: Vec<&str> = before.iter().map(|f| f.diagnostic.message.as_str()).collect();
    let found = after.iter().find(|f| !known.contains(&f.diagnostic.message.as_str())).or(after.last());
    let said = found.map_or(String::new(), |f| format!(": {}", f.diagnostic.message));
    Err(format!("the new name would lead to a finding{said}; choose another name"))
}

/// The declarations of a document as an editor's outline shows them.
pub fn outline(document: &Document) -> Vec<DocumentSymbol> {
    let mut symbols = Vec::new();
    for (base, piece) in &document.pieces {
        let symbol = |name: &str, detail: String, kind: SymbolKind, span: Span, name_span: Span| {
            // The protocol has this field, out of use, in every symbol.
            #[allow(deprecated)]
            DocumentSymbol {
                name: name.to_owned(),
                detail: (!detail.is_empty()).then_some(detail),
                kind,
                tags: None,
                deprecated: None,
                range: document.range(*base, span),
                selection_range: document.range(*base, name_span),
                children: None,
            }
        };
        let names = piece.names();
        let mut parent = None;
        let mut children = Vec::new();
        for declaration in &names.declarations {
            let params: Vec<String> = declaration.params.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
            let detail = match params.is_empty() {
                true => declaration.kind.word().to_owned(),
                false => format!("{} ({})", declaration.kind.word(), params.join(", ")),
            };
            let shown =
                symbol(&declaration.name, detail, kind_of(declaration.kind), declaration.span, declaration.name_span);
            let is_item = matches!(declaration.kind, NameKind::Domain | NameKind::Skill) && !declaration.in_patch;
            match is_item && parent.is_none() {
                true => parent = Some(shown),
                false => children.push(shown),
            }
        }
        if parent.is_none()
            && let Some((title, title_span, span)) = piece.patch_title().filter(|(title, ..)| !title.is_empty())
        {
            parent = Some(symbol(&title, "patch".to_owned(), SymbolKind::PACKAGE, span, title_span));
        }
        match parent {
            Some(mut item) => {
                item.children = Some(children);
                symbols.push(item);
            }
            None => symbols.append(&mut children),
        }
    }
    symbols
}

fn kind_of(kind: NameKind) -> SymbolKind {
    match kind {
        NameKind::Domain => SymbolKind::NAMESPACE,
        NameKind::Skill => SymbolKind::CLASS,
        NameKind::Task => SymbolKind::INTERFACE,
        NameKind::Event => SymbolKind::EVENT,
        NameKind::Fluent => SymbolKind::FIELD,
        NameKind::Define => SymbolKind::FUNCTION,
        NameKind::Type => SymbolKind::TYPE_PARAMETER,
        NameKind::Kind => SymbolKind::ENUM,
        NameKind::Table => SymbolKind::ARRAY,
        NameKind::Rule => SymbolKind::METHOD,
        NameKind::Assertion => SymbolKind::BOOLEAN,
        NameKind::Example => SymbolKind::OBJECT,
        NameKind::Declared | NameKind::Member | NameKind::Parameter | NameKind::Variable => SymbolKind::VARIABLE,
    }
}
