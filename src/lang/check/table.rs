//! The names of a domain, and of the skill that is being checked, with what they stand for. Filled by `domain`, read by all
//! other parts of the checker.

use std::collections::BTreeMap;

use super::super::ast;
use super::super::checked::{Domain, Param};
use super::super::pattern::Type;
use super::super::regexp::Regexp;

/// What a declared name stands for: its kind and its position in the domain's list of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Task(usize),
    Event(usize),
    Fluent(usize),
    Define(usize),
    Table(usize),
    Type(u16),
    Kind(usize),
}

impl Entry {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Entry::Task(_) => "a task",
            Entry::Event(_) => "an event",
            Entry::Fluent(_) => "a fluent",
            Entry::Define(_) => "a definition",
            Entry::Table(_) => "a table",
            Entry::Type(_) => "a capture type",
            Entry::Kind(_) => "a kind group",
        }
    }
}

/// `define name(params) = body`, kept as syntax: it is expanded where it is used.
pub(super) struct Define {
    pub(super) params: Vec<Param>,
    pub(super) body: ast::Conj,
}

/// A checked domain with its names, and those of the skill that is being checked.
pub(super) struct Table {
    pub(super) domain: Domain,
    pub(super) defines: Vec<Define>,
    /// Canonical texts of each kind group.
    pub(super) kinds: Vec<Vec<String>>,
    names: BTreeMap<String, Entry>,
    /// Names of the skill at hand, which no other skill sees.
    own: BTreeMap<String, Entry>,
}

/// How long a domain's lists are: what is beyond a mark was declared after it.
pub(super) struct Mark {
    events: usize,
    fluents: usize,
    tables: usize,
    types: usize,
    defines: usize,
    kinds: usize,
}

impl Table {
    /// Of a domain in which nothing is declared yet.
    pub(super) fn new(name: &str) -> Table {
        Table {
            domain: Domain {
                name: name.to_owned(),
                tasks: Vec::new(),
                fails: Vec::new(),
                events: Vec::new(),
                fluents: Vec::new(),
                tables: Vec::new(),
                types: Vec::new(),
            },
            defines: Vec::new(),
            kinds: Vec::new(),
            names: BTreeMap::new(),
            own: BTreeMap::new(),
        }
    }

    /// Enters a name: the domain's, or that of the skill at hand.
    pub(super) fn insert(&mut self, name: &str, entry: Entry, own: bool) {
        let names = if own { &mut self.own } else { &mut self.names };
        names.insert(name.to_owned(), entry);
    }

    pub(super) fn mark(&self) -> Mark {
        let domain = &self.domain;
        Mark {
            events: domain.events.len(),
            fluents: domain.fluents.len(),
            tables: domain.tables.len(),
            types: domain.types.len(),
            defines: self.defines.len(),
            kinds: self.kinds.len(),
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<Entry> {
        self.own.get(name).or_else(|| self.names.get(name)).copied()
    }

    /// Names of the kinds that `fits` lets through, for "did you mean".
    pub(super) fn names(&self, fits: impl Fn(Entry) -> bool) -> impl Iterator<Item = &str> {
        self.names.iter().chain(&self.own).filter(move |(_, e)| fits(**e)).map(|(n, _)| n.as_str())
    }

    /// The parameters of what can be called; none for types and kinds.
    pub(super) fn params(&self, entry: Entry) -> &[Param] {
        match entry {
            Entry::Task(i) => &self.domain.tasks[i].params,
            Entry::Event(i) => &self.domain.events[i].params,
            Entry::Fluent(i) => &self.domain.fluents[i].params,
            Entry::Define(i) => &self.defines[i].params,
            Entry::Table(i) => &self.domain.tables[i].params,
            Entry::Type(_) | Entry::Kind(_) => &[],
        }
    }

    /// The kinds of a group, by its name.
    pub(super) fn group(&self, name: &str) -> Option<&[String]> {
        match self.find(name)? {
            Entry::Kind(i) => Some(&self.kinds[i]),
            _ => None,
        }
    }

    pub(super) fn type_name(&self, ty: Type) -> &str {
        match ty {
            Type::Own(i) => &self.domain.types[usize::from(i)].name,
            built_in => Type::ALL.iter().find(|(t, _)| *t == built_in).map_or("", |(_, name)| name),
        }
    }

    pub(super) fn type_of(&self, name: &str) -> Option<Type> {
        let own = || match self.find(name)? {
            Entry::Type(i) => Some(Type::Own(i)),
            _ => None,
        };
        Type::by_name(name).or_else(own)
    }

    /// Every capture type, for "did you mean" and for lists.
    pub(super) fn type_names(&self) -> Vec<&str> {
        let built_in = Type::ALL.iter().map(|(_, name)| *name);
        built_in.chain(self.names(|e| matches!(e, Entry::Type(_)))).collect()
    }

    pub(super) fn shape(&self, ty: Type) -> Option<Regexp> {
        match ty {
            Type::Own(i) => Some(self.domain.types[usize::from(i)].regex.clone()),
            _ => None,
        }
    }

    /// Forgets a skill's own names, and unless the skill is kept also what they stood for.
    pub(super) fn leave(&mut self, mark: &Mark, keep: bool) {
        self.own.clear();
        // Definitions and kinds are gone into what used them.
        self.defines.truncate(mark.defines);
        self.kinds.truncate(mark.kinds);
        if !keep {
            let domain = &mut self.domain;
            domain.events.truncate(mark.events);
            domain.fluents.truncate(mark.fluents);
            domain.tables.truncate(mark.tables);
            domain.types.truncate(mark.types);
        }
    }
}
