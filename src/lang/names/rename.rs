//! Renaming. In: a symbol and its new name; out: every place to change, or why it cannot be done without changing what
//! something means.

use thiserror::Error;

use super::super::check::limits;
use super::super::parse::is_name;
use super::super::pattern::Type;
use super::super::span::Span;
use super::index::{Index, Symbol, Unit};
use super::{NameKind, Space};

/// Why a name cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RenameError {
    #[error("`{0}` is no name: letters, digits and `_`, a letter first, and no reserved word")]
    NotAName(String),
    #[error("`{0}` is longer than the {max} characters a name may have", max = limits::NAME)]
    TooLong(String),
    #[error("`{0}` is a type of the language and keeps its name")]
    BuiltIn(String),
    #[error("nothing here declares `{0}`: open the file that does, or declare it first")]
    Undeclared(String),
    #[error("`{name}` is taken: {kind} `{name}` is declared already; choose another name")]
    Taken { name: String, kind: &'static str },
    #[error("`{0}` has a meaning where this variable is used; choose another name")]
    Shadows(String),
    #[error("the quoted kind \"{0}\" would become a name of this group; choose another name")]
    Quoted(String),
    #[error("a patch modifies skill `{skill}` and may use its `{name}`: apply the patch first, or take it out")]
    Patched { skill: String, name: String },
}

/// The places to change, text by text, for `symbol` to be called `new`.
pub fn rename(index: &Index, symbol: &Symbol, new: &str) -> Result<Vec<(Unit, Span)>, RenameError> {
    can_rename(index, symbol)?;
    if !is_name(new) {
        return Err(RenameError::NotAName(new.to_owned()));
    }
    if new.len() > limits::NAME {
        return Err(RenameError::TooLong(new.to_owned()));
    }
    if new != symbol.name() {
        match symbol {
            Symbol::Global { .. } => global(index, symbol, new)?,
            Symbol::Local { unit, scope, name } => local(index, *unit, *scope, name, new)?,
        }
    }
    Ok(index.occurrences(symbol).into_iter().map(|(unit, occurrence)| (unit, occurrence.span)).collect())
}

/// Whether the symbol has a name that can be changed at all.
pub fn can_rename(index: &Index, symbol: &Symbol) -> Result<(), RenameError> {
    let Symbol::Global { space, name, .. } = symbol else { return Ok(()) };
    match index.declarations(symbol).is_empty() {
        false => Ok(()),
        true if *space == Space::Declared && Type::by_name(name).is_some() => Err(RenameError::BuiltIn(name.clone())),
        true => Err(RenameError::Undeclared(name.clone())),
    }
}

fn global(index: &Index, symbol: &Symbol, new: &str) -> Result<(), RenameError> {
    let Symbol::Global { space, owner, .. } = symbol else { return Ok(()) };
    // A skill may declare names of its own beside the domain's: all of one domain must differ.
    for (unit, declaration) in index.all(|kind| kind.space() == *space).filter(|(_, d)| d.name == new) {
        let other = index.owned_by(unit, declaration);
        let meets = match space {
            Space::Declared => {
                other.domain == owner.domain
                    && (other.skill.is_none() || owner.skill.is_none() || other.skill == owner.skill)
            }
            Space::Domain | Space::Skill | Space::Member | Space::Local => other == *owner,
        };
        if meets {
            return Err(RenameError::Taken { name: new.to_owned(), kind: declaration.kind.word() });
        }
    }
    let declarations = index.declarations(symbol);
    if declarations.iter().any(|(_, d)| d.kind == NameKind::Type) && Type::by_name(new).is_some() {
        return Err(RenameError::BuiltIn(new.to_owned()));
    }
    let is_group = declarations.iter().any(|(_, d)| d.kind == NameKind::Kind);
    for (unit, names) in index.units().iter().enumerate() {
        for occurrence in &names.occurrences {
            let own = index.owner_of(unit, occurrence);
            if is_group && occurrence.quoted && occurrence.scope.is_none() && occurrence.text == new {
                if own.domain == owner.domain {
                    return Err(RenameError::Quoted(new.to_owned()));
                }
            } else if *space == Space::Declared
                && occurrence.kind == NameKind::Declared
                && occurrence.text == new
                && !occurrence.quoted
                && own.domain == owner.domain
            {
                // Something undeclared has the name: it would come to mean this.
                return Err(RenameError::Shadows(new.to_owned()));
            }
        }
    }
    Ok(())
}

/// A variable may take a name only if neither a scope around it nor one inside it has that name.
fn local(index: &Index, unit: Unit, scope: usize, name: &str, new: &str) -> Result<(), RenameError> {
    let Some(names) = index.units().get(unit) else { return Ok(()) };
    for other in names.occurrences.iter().filter(|o| o.text == new) {
        let Some(home) = other.scope else { continue };
        if names.is_inside(home, scope) || names.is_inside(scope, home) {
            return Err(RenameError::Shadows(new.to_owned()));
        }
    }
    let is_skill = |s: &&super::Occurrence| s.scope == Some(scope) && s.text == name;
    let whole = names.scopes.get(scope).is_some_and(|s| s.parent.is_none());
    let Some(occurrence) = names.occurrences.iter().find(is_skill).filter(|_| whole) else { return Ok(()) };
    let owner = index.owner_of(unit, occurrence);
    if let (NameKind::Variable, Some(skill)) = (occurrence.kind, owner.skill) {
        // The variables of a skill's `for` are seen by what a patch puts into the skill.
        let modified = index
            .units()
            .iter()
            .any(|names| names.owners.iter().any(|o| o.domain.is_none() && o.skill.as_deref() == Some(skill.as_str())));
        if modified {
            return Err(RenameError::Patched { skill, name: name.to_owned() });
        }
    }
    Ok(())
}
