//! Walks items, declarations, skills and patches. In: syntax trees and their text; out: [`Names`].

use std::collections::HashMap;

use super::super::ast::*;
use super::super::span::Span;
use super::{Declaration, Hint, NameKind, Names, Occurrence, Owner, Role, Scope, captures};

pub(super) fn collect(items: &[Item], text: &str) -> Names {
    let mut walk = Walk { text, names: Names::default(), variables: Vec::new(), owner: 0, in_patch: false };
    for item in items {
        match item {
            Item::Domain(domain) => walk.domain(domain),
            Item::Skill(skill) => walk.skill(skill, Role::Definition),
            Item::Patch(patch) => walk.patch(patch),
        }
    }
    walk.names.occurrences.sort_by_key(|o| (o.span.start, o.span.end));
    walk.names
}

pub(super) struct Walk<'t> {
    text: &'t str,
    pub(super) names: Names,
    /// Of each scope: its variables and where each first gets its value.
    pub(super) variables: Vec<HashMap<String, (Span, NameKind)>>,
    owner: usize,
    in_patch: bool,
}

impl Walk<'_> {
    fn own(&mut self, domain: Option<&str>, skill: Option<&str>) {
        let owner = Owner { domain: domain.map(str::to_owned), skill: skill.map(str::to_owned) };
        self.names.owners.push(owner);
        self.owner = self.names.owners.len() - 1;
    }

    pub(super) fn open(&mut self, parent: Option<usize>, span: Span) -> usize {
        self.names.scopes.push(Scope { parent, span });
        self.variables.push(HashMap::new());
        self.names.scopes.len() - 1
    }

    fn push(&mut self, kind: NameKind, role: Role, name: &Name) {
        self.names.occurrences.push(Occurrence {
            kind,
            role,
            text: name.text.clone(),
            span: name.span,
            owner: self.owner,
            scope: None,
            hint: Hint::None,
            quoted: false,
        });
    }

    /// A use of something declared.
    pub(super) fn declared(&mut self, name: &Name) {
        self.push(NameKind::Declared, Role::Use, name);
    }

    /// A quoted text that may be the name of a kind group.
    pub(super) fn kind(&mut self, kind: &Str) {
        let inside = Span { start: kind.span.start + 1, end: kind.span.end.saturating_sub(1).max(kind.span.start + 1) };
        let written = self.text.get(inside.range()).unwrap_or_default();
        if written == kind.value && captures::is_word(written) {
            let name = Name { text: written.to_owned(), span: inside };
            self.declared(&name);
            if let Some(last) = self.names.occurrences.last_mut() {
                last.quoted = true;
            }
        }
    }

    /// The scope, `from` or one around it, in which the variable has a value.
    pub(super) fn home(&self, from: usize, name: &str) -> Option<usize> {
        let mut at = Some(from);
        while let Some(scope) = at {
            if self.variables[scope].contains_key(name) {
                return Some(scope);
            }
            at = self.names.scopes[scope].parent;
        }
        None
    }

    /// Gives the variable its place of definition, unless a scope around has it already.
    pub(super) fn bind(&mut self, scope: usize, name: &Name, kind: NameKind) {
        if self.home(scope, &name.text).is_none() {
            self.variables[scope].insert(name.text.clone(), (name.span, kind));
        }
    }

    /// An occurrence of a variable or parameter.
    pub(super) fn local(&mut self, scope: usize, name: &Name, hint: Hint) {
        self.bind(scope, name, NameKind::Variable);
        let home = self.home(scope, &name.text).unwrap_or(scope);
        let (defined, kind) = self.variables[home].get(&name.text).copied().unwrap_or((name.span, NameKind::Variable));
        let role = match defined.start == name.span.start {
            true => Role::Definition,
            false => Role::Use,
        };
        self.names.occurrences.push(Occurrence {
            kind,
            role,
            text: name.text.clone(),
            span: name.span,
            owner: self.owner,
            scope: Some(home),
            hint,
            quoted: false,
        });
    }

    fn quoted(&mut self, scope: usize, text: &Str, find: fn(&str) -> Vec<std::ops::Range<usize>>) {
        let start = text.span.start as usize + 1;
        let Some(raw) = self.text.get(start..(text.span.end as usize).saturating_sub(1)) else { return };
        for range in find(raw) {
            let name =
                Name { text: raw[range.clone()].to_owned(), span: Span::new(start + range.start, start + range.end) };
            self.local(scope, &name, Hint::None);
            if let Some(last) = self.names.occurrences.last_mut() {
                last.quoted = true;
            }
        }
    }

    fn pattern(&mut self, scope: usize, pattern: &PatternText) {
        let find = if pattern.regex { captures::in_groups } else { captures::in_braces };
        self.quoted(scope, &pattern.text, find);
    }

    fn domain(&mut self, domain: &Domain) {
        self.own(Some(&domain.name.text), None);
        self.push(NameKind::Domain, Role::Definition, &domain.name);
        self.declare(NameKind::Domain, &domain.name, domain.span, &domain.lead, Vec::new(), false);
        for decl in &domain.decls {
            self.decl(&decl.kind, decl.span, &decl.lead, Role::Definition);
        }
    }

    fn declare(
        &mut self,
        kind: NameKind,
        name: &Name,
        span: Span,
        lead: &[String],
        params: Vec<(String, String)>,
        is_action: bool,
    ) {
        self.names.declarations.push(Declaration {
            kind,
            name: name.text.clone(),
            name_span: name.span,
            span,
            owner: self.owner,
            params,
            is_action,
            doc: doc(lead),
            in_patch: self.in_patch,
        });
    }

    fn decl(&mut self, decl: &DeclKind, span: Span, lead: &[String], role: Role) {
        let mut params = Vec::new();
        let mut is_action = false;
        let scope = self.open(None, span);
        match decl {
            DeclKind::Fails(patterns) => patterns.iter().for_each(|p| self.pattern(scope, p)),
            DeclKind::Task { head, forms } => {
                params = self.head(scope, head, None);
                for form in forms {
                    match form {
                        TaskForm::Sentence(pattern) => self.pattern(scope, pattern),
                        TaskForm::Derived(call) => self.call(scope, call),
                    }
                }
            }
            DeclKind::Event { head, forms } => {
                params = self.head(scope, head, None);
                for form in forms {
                    match form {
                        EventForm::Action { pattern, then } => {
                            is_action = true;
                            self.pattern(scope, pattern);
                            then.iter().for_each(|then| self.pattern(scope, then));
                        }
                        EventForm::Observation { pattern, .. } => self.pattern(scope, pattern),
                    }
                }
            }
            DeclKind::Fluent { head, value, causes, .. } => {
                params = self.head(scope, head, value.as_ref());
                for cause in causes {
                    let inner = self.open(Some(scope), cause.span);
                    self.call(inner, &cause.call);
                    cause.with.iter().for_each(|with| self.conj(inner, with));
                }
            }
            DeclKind::Define { head, body } => {
                params = self.head(scope, head, None);
                self.conj(scope, body);
            }
            DeclKind::Type { .. } => {}
            DeclKind::Kind { kinds, .. } => kinds.iter().for_each(|kind| self.kind(kind)),
            DeclKind::Table { columns, .. } => {
                for column in columns {
                    let ty = column.ty.as_ref().map_or("kind", |ty| ty.text.as_str());
                    params.push((column.name.text.clone(), ty.to_owned()));
                    self.bind(scope, &column.name, NameKind::Parameter);
                    self.local(scope, &column.name, Hint::Type(ty.to_owned()));
                    column.ty.iter().for_each(|ty| self.declared(ty));
                }
            }
        }
        if let Some((sort, name)) = decl.name() {
            self.push(sort.into(), role, name);
            if role == Role::Definition {
                self.declare(sort.into(), name, span, lead, params, is_action);
            }
        }
    }

    fn head(&mut self, scope: usize, head: &Head, value: Option<&Param>) -> Vec<(String, String)> {
        let mut params = Vec::new();
        for param in head.params.iter().chain(value) {
            params.push((param.name.text.clone(), param.ty.text.clone()));
            self.bind(scope, &param.name, NameKind::Parameter);
            self.local(scope, &param.name, Hint::Type(param.ty.text.clone()));
            self.declared(&param.ty);
        }
        params
    }

    fn skill(&mut self, skill: &Skill, role: Role) {
        self.own(Some(&skill.domain.text), Some(&skill.name.text));
        self.push(NameKind::Skill, role, &skill.name);
        self.push(NameKind::Domain, Role::Use, &skill.domain);
        if role == Role::Definition {
            self.declare(NameKind::Skill, &skill.name, skill.span, &skill.lead, Vec::new(), false);
        }
        let scope = self.open(None, skill.span);
        if let Some(applies) = &skill.applies {
            self.call(scope, applies);
        }
        for member in &skill.members {
            self.member(scope, &member.kind, member.span, &member.lead, Role::Definition);
        }
    }

    fn member(&mut self, scope: usize, member: &MemberKind, span: Span, lead: &[String], role: Role) {
        match member {
            MemberKind::Decl(decl) => return self.decl(decl, span, lead, role),
            MemberKind::Rule(rule) => self.rule(scope, rule, span),
            MemberKind::Assertion(assertion) => self.assertion(scope, assertion, span),
            MemberKind::Example(example) => self.example(example),
            MemberKind::Unverified(_) | MemberKind::Priority(_) => {}
        }
        if let Some((sort, name)) = member.name() {
            self.push(sort.into(), role, name);
            if role == Role::Definition {
                self.declare(sort.into(), name, span, lead, Vec::new(), false);
            }
        }
    }

    fn rule(&mut self, outer: usize, rule: &Rule, span: Span) {
        let scope = self.open(Some(outer), span);
        // Advice may stand before the list that it shows.
        for statement in &rule.statements {
            if let StatementKind::Let { name, .. } = &statement.kind {
                self.bind(scope, name, NameKind::Variable);
            }
        }
        rule.branches.iter().for_each(|branch| self.conj(scope, branch));
        for statement in &rule.statements {
            match &statement.kind {
                StatementKind::Priority(_) | StatementKind::Limit(_) => {}
                StatementKind::Let { name, element, body } => {
                    self.local(scope, name, Hint::Type("list".to_owned()));
                    let inner = self.open(Some(scope), statement.span);
                    self.bind(inner, element, NameKind::Variable);
                    self.local(inner, element, Hint::None);
                    self.conj(inner, body);
                }
                StatementKind::Advise(text) | StatementKind::Suggest(text) => {
                    self.quoted(scope, text, captures::in_braces);
                }
                StatementKind::Mark { call, filter, .. } => {
                    let inner = self.open(Some(scope), statement.span);
                    self.call(inner, call);
                    filter.iter().for_each(|filter| self.conj(inner, filter));
                }
            }
        }
    }

    fn assertion(&mut self, outer: usize, assertion: &Assertion, span: Span) {
        let scope = self.open(Some(outer), span);
        assertion.form.conditions().for_each(|condition| self.conj(scope, condition));
    }

    fn example(&mut self, example: &Example) {
        for line in &example.lines {
            match &line.kind {
                ExampleKind::Expect { rule: name, .. } | ExampleKind::ExpectViolated(name) => {
                    self.push(NameKind::Member, Role::Use, name);
                }
                ExampleKind::Task(_)
                | ExampleKind::First(_)
                | ExampleKind::Available(_)
                | ExampleKind::Action(_)
                | ExampleKind::Observation(_) => {}
            }
        }
    }

    fn patch(&mut self, patch: &Patch) {
        self.in_patch = true;
        for operation in &patch.operations {
            match operation {
                Operation::Add(skill) => self.skill(skill, Role::Definition),
                Operation::Replace(skill) => self.skill(skill, Role::Use),
                Operation::Retire { name, .. } => {
                    self.own(None, Some(&name.text));
                    self.push(NameKind::Skill, Role::Use, name);
                }
                Operation::Modify { name, edits, .. } => {
                    self.own(None, Some(&name.text));
                    self.push(NameKind::Skill, Role::Use, name);
                    let scope = self.open(None, name.span);
                    for edit in edits {
                        self.edit(scope, edit);
                    }
                }
            }
        }
        self.in_patch = false;
    }

    fn edit(&mut self, scope: usize, edit: &Edit) {
        match &edit.kind {
            EditKind::Add(member) => self.member(scope, member, edit.span, &edit.lead, Role::Definition),
            EditKind::Replace(member) => self.member(scope, member, edit.span, &edit.lead, Role::Use),
            EditKind::Drop { sort, name } => {
                let kind = match NameKind::from(*sort).space() {
                    super::Space::Member => NameKind::Member,
                    _ => NameKind::Declared,
                };
                self.push(kind, Role::Use, name);
            }
        }
    }
}

/// The comment lines right before a node, without slashes; those before a blank line speak of something else.
fn doc(lead: &[String]) -> Vec<String> {
    let near = lead.iter().rposition(String::is_empty).map_or(0, |blank| blank + 1);
    let plain = |line: &String| line.trim_start_matches('/').trim().to_owned();
    lead[near..].iter().filter(|l| !l.starts_with("// allow ")).map(plain).collect()
}
