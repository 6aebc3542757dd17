//! Names over several texts. In: the names of each text of a folder; out: what a name at a place stands for, where it is
//! declared, where it is used, and of what type a variable is.

use std::collections::HashMap;

use super::{Declaration, Hint, NameKind, Names, Occurrence, Owner, Role, Space};

/// A text, by its position in the list that the index was built of.
pub type Unit = usize;

/// What a name stands for: two occurrences with equal symbols speak of the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// A domain, or anything declared in a domain or a skill.
    Global { space: Space, owner: Owner, name: String },
    /// A variable or parameter of one scope of one text.
    Local { unit: Unit, scope: usize, name: String },
}

impl Symbol {
    pub fn name(&self) -> &str {
        match self {
            Symbol::Global { name, .. } | Symbol::Local { name, .. } => name,
        }
    }

    pub fn space(&self) -> Space {
        match self {
            Symbol::Global { space, .. } => *space,
            Symbol::Local { .. } => Space::Local,
        }
    }
}

/// Names of all texts, found by what they name.
pub struct Index<'n> {
    units: Vec<&'n Names>,
    declared: HashMap<&'n str, Vec<(Unit, &'n Declaration)>>,
}

impl<'n> Index<'n> {
    pub fn new(units: Vec<&'n Names>) -> Self {
        let mut declared: HashMap<&'n str, Vec<(Unit, &'n Declaration)>> = HashMap::new();
        for (unit, names) in units.iter().enumerate() {
            for declaration in &names.declarations {
                declared.entry(declaration.name.as_str()).or_default().push((unit, declaration));
            }
        }
        Index { units, declared }
    }

    pub fn units(&self) -> &[&'n Names] {
        &self.units
    }

    /// The owner of a name, with the domain of a skill that a patch names alone.
    fn owner(&self, unit: Unit, owner: usize) -> Owner {
        let mut owner = self.units[unit].owners.get(owner).cloned().unwrap_or_default();
        if let (None, Some(skill)) = (&owner.domain, &owner.skill)
            && let Some((unit, declaration)) = self.find(Space::Skill, skill).next()
        {
            owner.domain = self.units[unit].owners.get(declaration.owner).and_then(|o| o.domain.clone());
        }
        owner
    }

    /// What the occurrence stands for.
    pub fn symbol(&self, unit: Unit, occurrence: &Occurrence) -> Symbol {
        let name = occurrence.text.clone();
        if let Some(scope) = occurrence.scope {
            return Symbol::Local { unit, scope, name };
        }
        let space = occurrence.kind.space();
        let mut owner = self.owner(unit, occurrence.owner);
        match space {
            Space::Domain => owner = Owner::default(),
            Space::Skill => owner.skill = None,
            Space::Declared if occurrence.role == Role::Use => {
                // A skill's own declaration first, then the domain's.
                let own = self.find(space, &name).any(|(u, d)| self.owner(u, d.owner) == owner);
                if !own {
                    owner.skill = None;
                }
            }
            Space::Declared | Space::Member | Space::Local => {}
        }
        Symbol::Global { space, owner, name }
    }

    fn find(&self, space: Space, name: &str) -> impl Iterator<Item = (Unit, &'n Declaration)> {
        let found = self.declared.get(name).into_iter().flatten().copied();
        found.filter(move |(_, declaration)| declaration.kind.space() == space)
    }

    /// Where it is declared; declarations inside patches last.
    pub fn declarations(&self, symbol: &Symbol) -> Vec<(Unit, &'n Declaration)> {
        let Symbol::Global { space, owner, name } = symbol else { return Vec::new() };
        let mut found: Vec<(Unit, &Declaration)> =
            self.find(*space, name).filter(|(unit, d)| self.owned_by(*unit, d) == *owner).collect();
        found.sort_by_key(|(_, d)| d.in_patch);
        found
    }

    /// The owner as symbols have it.
    pub fn owned_by(&self, unit: Unit, declaration: &Declaration) -> Owner {
        let mut owner = self.owner(unit, declaration.owner);
        match declaration.kind.space() {
            Space::Domain => owner = Owner::default(),
            Space::Skill => owner.skill = None,
            Space::Declared | Space::Member | Space::Local => {}
        }
        owner
    }

    /// Every occurrence, in the order of texts and places. A quoted word counts only if something declares it.
    pub fn occurrences(&self, symbol: &Symbol) -> Vec<(Unit, &'n Occurrence)> {
        let declared = matches!(symbol, Symbol::Local { .. }) || !self.declarations(symbol).is_empty();
        let mut found = Vec::new();
        for (unit, names) in self.units.iter().enumerate() {
            let same = |o: &&Occurrence| {
                o.text == symbol.name()
                    && o.kind.space() == symbol.space()
                    && (declared || !o.quoted)
                    && self.symbol(unit, o) == *symbol
            };
            found.extend(names.occurrences.iter().filter(same).map(|o| (unit, o)));
        }
        found
    }

    /// Everything declared that a skill, or the domain alone, can name: its own declarations and the domain's.
    pub fn visible<'i>(&'i self, owner: &'i Owner) -> impl Iterator<Item = (Unit, &'n Declaration)> + use<'i, 'n> {
        self.units.iter().enumerate().flat_map(move |(unit, names)| {
            names.declarations.iter().filter_map(move |d| {
                let of = (d.kind.space() == Space::Declared).then(|| self.owner(unit, d.owner))?;
                let fits = of.domain == owner.domain && (of.skill.is_none() || of.skill == owner.skill);
                fits.then_some((unit, d))
            })
        })
    }

    /// The declaration that `name` stands for there.
    pub fn lookup(&self, owner: &Owner, name: &str) -> Option<(Unit, &'n Declaration)> {
        let mut best = None;
        for (unit, declaration) in self.find(Space::Declared, name) {
            let of = self.owner(unit, declaration.owner);
            if of == *owner {
                return Some((unit, declaration));
            }
            if of.domain == owner.domain && of.skill.is_none() {
                best = Some((unit, declaration));
            }
        }
        best
    }

    /// The skills, rules and so on of a kind.
    pub fn all<'i>(
        &'i self,
        fits: impl Fn(NameKind) -> bool + 'i,
    ) -> impl Iterator<Item = (Unit, &'n Declaration)> + 'i {
        self.units
            .iter()
            .enumerate()
            .flat_map(|(unit, names)| names.declarations.iter().map(move |d| (unit, d)))
            .filter(move |(_, d)| fits(d.kind))
    }

    /// The owner of what stands in the text there, with its domain.
    pub fn owner_of(&self, unit: Unit, occurrence: &Occurrence) -> Owner {
        self.owner(unit, occurrence.owner)
    }

    /// The type of a variable or parameter, by its name.
    pub fn type_of(&self, symbol: &Symbol) -> Option<String> {
        let Symbol::Local { unit, scope, name } = symbol else { return None };
        let names = self.units.get(*unit)?;
        let same = |o: &&Occurrence| o.scope == Some(*scope) && o.text == *name;
        let of = |o: &Occurrence| match &o.hint {
            Hint::None => None,
            Hint::Type(ty) => Some(ty.clone()),
            Hint::Argument(call, position) => {
                let (_, declaration) = self.lookup(&self.owner(*unit, o.owner), call)?;
                declaration.params.get(*position).map(|(_, ty)| ty.clone())
            }
        };
        let (first, others): (Vec<&Occurrence>, Vec<&Occurrence>) =
            names.occurrences.iter().filter(same).partition(|o| o.role == Role::Definition);
        first.into_iter().chain(others).find_map(of)
    }
}
