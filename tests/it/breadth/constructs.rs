//! The constructs of the language by name. In: syntax trees and checked programs; out: which constructs, and which declared
//! names, they use. The matches are exhaustive, so that a new construct asks for its place in the list.

use std::collections::BTreeSet;

use reskill::lang::ast::*;
use reskill::lang::checked::{self, Checked};
use reskill::lang::pattern::{Element, Pattern, Type};
use reskill::lang::print;

/// All of them but `todo`.
pub const ALL: &[&str] = &[
    // Declarations, of domains and of skills.
    "task",
    "task: derived",
    "fails",
    "event",
    "fluent",
    "fluent: value",
    "fluent: max",
    "define",
    "type",
    "kind",
    "table",
    "table: typed column",
    "own event",
    "own fluent",
    "own define",
    "own type",
    "own kind",
    "own table",
    // Forms of events and causes of fluents.
    "action",
    "action then observation",
    "observation",
    "each observation",
    "initiated by",
    "terminated by",
    "set by",
    "cleared by",
    "with",
    // Patterns and captures.
    "literal",
    "alternatives",
    "optional",
    "gap",
    "regex",
    "item",
    "kind capture",
    "word",
    "words",
    "text",
    "number",
    "money",
    "list",
    "own capture",
    // Conditions.
    "call",
    "not",
    "once",
    "once within",
    "available",
    "repeated",
    "is variable",
    "is text",
    "in",
    "contains",
    "every",
    "some",
    "no",
    "group in quantifier",
    "<",
    "<=",
    ">",
    ">=",
    "=",
    "!=",
    "variable operand",
    "number operand",
    "step",
    "count()",
    "words()",
    "shared()",
    // Members and statements of skills.
    "for",
    "rule",
    "or when",
    "assert",
    "because",
    "unverified",
    "example",
    "skill priority",
    "rule priority",
    "at most times",
    "let",
    "advise",
    "suggest",
    "prefer",
    "avoid",
    "forbid",
    "where",
    // Forms of assertions.
    "always",
    "never",
    "whenever",
    "whenever within",
    "eventually",
    "finally",
    "first then",
    "at most",
    "at least",
    "between",
    "at most consecutive",
    // Lines of examples.
    "example task",
    "example first",
    "example available",
    "example action",
    "example observation",
    "expect",
    "expect not",
    "expect violated",
];

type Names = BTreeSet<&'static str>;

/// Constructs that the trees show.
pub fn written(trees: &[Vec<Item>]) -> Names {
    let mut used = Names::new();
    for item in trees.iter().flatten() {
        match item {
            Item::Domain(domain) => domain.decls.iter().for_each(|d| declaration(&d.kind, false, &mut used)),
            Item::Skill(skill) => {
                if skill.applies.is_some() {
                    used.insert("for");
                }
                skill.members.iter().for_each(|m| member(&m.kind, &mut used));
            }
            Item::Patch(_) => {}
        }
    }
    used
}

fn declaration(kind: &DeclKind, own: bool, used: &mut Names) {
    used.insert(match (kind, own) {
        (DeclKind::Task { .. }, _) => "task",
        (DeclKind::Fails(_), _) => "fails",
        (DeclKind::Event { .. }, false) => "event",
        (DeclKind::Event { .. }, true) => "own event",
        (DeclKind::Fluent { .. }, false) => "fluent",
        (DeclKind::Fluent { .. }, true) => "own fluent",
        (DeclKind::Define { .. }, false) => "define",
        (DeclKind::Define { .. }, true) => "own define",
        (DeclKind::Type { .. }, false) => "type",
        (DeclKind::Type { .. }, true) => "own type",
        (DeclKind::Kind { .. }, false) => "kind",
        (DeclKind::Kind { .. }, true) => "own kind",
        (DeclKind::Table { .. }, false) => "table",
        (DeclKind::Table { .. }, true) => "own table",
    });
    match kind {
        DeclKind::Task { forms, .. } => {
            if forms.iter().any(|f| matches!(f, TaskForm::Derived(_))) {
                used.insert("task: derived");
            }
        }
        DeclKind::Event { forms, .. } => used.extend(forms.iter().map(|form| match form {
            EventForm::Action { then: None, .. } => "action",
            EventForm::Action { then: Some(_), .. } => "action then observation",
            EventForm::Observation { each: false, .. } => "observation",
            EventForm::Observation { each: true, .. } => "each observation",
        })),
        DeclKind::Fluent { value, max, causes, .. } => {
            used.extend(value.iter().map(|_| "fluent: value"));
            used.extend(max.iter().map(|_| "fluent: max"));
            for cause in causes {
                used.insert(match cause.verb {
                    CauseVerb::Initiated => "initiated by",
                    CauseVerb::Terminated => "terminated by",
                    CauseVerb::Set => "set by",
                    CauseVerb::Cleared => "cleared by",
                });
                if let Some(with) = &cause.with {
                    used.insert("with");
                    condition(with, used);
                }
            }
        }
        DeclKind::Define { body, .. } => condition(body, used),
        DeclKind::Table { columns, .. } => {
            used.extend(columns.iter().filter(|c| c.ty.is_some()).map(|_| "table: typed column"));
        }
        DeclKind::Fails(_) | DeclKind::Type { .. } | DeclKind::Kind { .. } => {}
    }
}

fn member(kind: &MemberKind, used: &mut Names) {
    match kind {
        MemberKind::Rule(rule) => {
            used.insert("rule");
            if rule.branches.len() > 1 {
                used.insert("or when");
            }
            rule.branches.iter().for_each(|c| condition(c, used));
            rule.statements.iter().for_each(|s| statement(&s.kind, used));
        }
        MemberKind::Assertion(assertion) => {
            used.insert("assert");
            used.extend(assertion.because.iter().map(|_| "because"));
            form(&assertion.form, used);
        }
        MemberKind::Unverified(_) => {
            used.insert("unverified");
        }
        MemberKind::Example(example) => {
            used.insert("example");
            used.extend(example.lines.iter().map(|line| match line.kind {
                ExampleKind::Task(_) => "example task",
                ExampleKind::First(_) => "example first",
                ExampleKind::Available(_) => "example available",
                ExampleKind::Action(_) => "example action",
                ExampleKind::Observation(_) => "example observation",
                ExampleKind::Expect { negated: false, .. } => "expect",
                ExampleKind::Expect { negated: true, .. } => "expect not",
                ExampleKind::ExpectViolated(_) => "expect violated",
            }));
        }
        MemberKind::Priority(_) => {
            used.insert("skill priority");
        }
        MemberKind::Decl(decl) => declaration(decl, true, used),
    }
}

fn statement(kind: &StatementKind, used: &mut Names) {
    used.insert(match kind {
        StatementKind::Priority(_) => "rule priority",
        StatementKind::Limit(_) => "at most times",
        StatementKind::Let { .. } => "let",
        StatementKind::Advise(_) => "advise",
        StatementKind::Suggest(_) => "suggest",
        StatementKind::Mark { kind: MarkKind::Prefer, .. } => "prefer",
        StatementKind::Mark { kind: MarkKind::Avoid, .. } => "avoid",
        StatementKind::Mark { kind: MarkKind::Forbid, .. } => "forbid",
    });
    match kind {
        StatementKind::Let { body, .. } => condition(body, used),
        StatementKind::Mark { filter: Some(filter), .. } => {
            used.insert("where");
            condition(filter, used);
        }
        _ => {}
    }
}

fn form(form: &Form, used: &mut Names) {
    used.insert(match form {
        Form::Always(_) => "always",
        Form::Never(_) => "never",
        Form::Whenever { within: None, .. } => "whenever",
        Form::Whenever { within: Some(_), .. } => "whenever within",
        Form::Eventually(_) => "eventually",
        Form::Finally(_) => "finally",
        Form::FirstThen(..) => "first then",
        Form::AtMost(..) => "at most",
        Form::AtLeast(..) => "at least",
        Form::Between(..) => "between",
        Form::AtMostConsecutive(..) => "at most consecutive",
    });
    form.conditions().for_each(|c| condition(c, used));
}

fn condition(conj: &Conj, used: &mut Names) {
    for literal in &conj.0 {
        if literal.negated {
            used.insert("not");
        }
        let name = match &literal.atom {
            Atom::Call(_) => "call",
            Atom::Once { within: None, .. } => "once",
            Atom::Once { within: Some(_), .. } => "once within",
            Atom::Available(_) => "available",
            Atom::Repeated => "repeated",
            Atom::Todo(_) => "todo",
            Atom::Is { right: Term::Var(_), .. } => "is variable",
            Atom::Is { right: Term::Text(_), .. } => "is text",
            Atom::In { .. } => "in",
            Atom::Contains { .. } => "contains",
            Atom::Compare { left, op, right } => {
                used.insert(operand(left));
                used.insert(operand(right));
                match op {
                    Comparison::Less => "<",
                    Comparison::AtMost => "<=",
                    Comparison::More => ">",
                    Comparison::AtLeast => ">=",
                    Comparison::Equal => "=",
                    Comparison::Unequal => "!=",
                }
            }
            Atom::Quantified { quantifier, body, .. } => {
                if body.0.len() > 1 {
                    used.insert("group in quantifier");
                }
                condition(body, used);
                match quantifier {
                    Quantifier::Every => "every",
                    Quantifier::Some => "some",
                    Quantifier::No => "no",
                }
            }
        };
        used.insert(name);
    }
}

fn operand(operand: &Operand) -> &'static str {
    match operand {
        Operand::Var(_) => "variable operand",
        Operand::Number(_) => "number operand",
        Operand::Step => "step",
        Operand::Count(_) => "count()",
        Operand::Words(_) => "words()",
        Operand::Shared(..) => "shared()",
    }
}

/// Constructs of the patterns of checked domains.
pub fn captured(checked: &Checked) -> Names {
    let mut used = Names::new();
    for domain in &checked.domains {
        let events = domain.events.iter().flat_map(|event| &event.forms).flat_map(|form| match form {
            checked::EventForm::Action { pattern, then } => std::iter::once(pattern).chain(then),
            checked::EventForm::Observation { pattern, .. } => std::iter::once(pattern).chain(&None),
        });
        let tasks = domain.tasks.iter().flat_map(|task| &task.sentences);
        for pattern in domain.fails.iter().chain(events).chain(tasks) {
            match pattern {
                Pattern::Regex { .. } => {
                    used.insert("regex");
                }
                Pattern::Tokens(elements) => used.extend(elements.iter().map(|element| match element {
                    Element::Literal(_) => "literal",
                    Element::Either(options) if options.iter().any(Vec::is_empty) => "optional",
                    Element::Either(_) => "alternatives",
                    Element::Gap => "gap",
                    Element::Capture(capture) => captured_type(capture.ty),
                })),
            }
            used.extend(pattern.captures().map(|capture| captured_type(capture.ty)));
        }
    }
    used
}

fn captured_type(ty: Type) -> &'static str {
    match ty {
        Type::Item => "item",
        Type::Kind => "kind capture",
        Type::Word => "word",
        Type::Words => "words",
        Type::Number => "number",
        Type::List => "list",
        Type::Text => "text",
        Type::Money => "money",
        Type::Own(_) => "own capture",
    }
}

/// The names that domains and skills declare.
pub fn names_declared(trees: &[Vec<Item>]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in trees.iter().flatten() {
        let decls: Vec<&DeclKind> = match item {
            Item::Domain(domain) => domain.decls.iter().map(|d| &d.kind).collect(),
            Item::Skill(skill) => {
                let own = skill.members.iter();
                own.filter_map(|m| if let MemberKind::Decl(decl) = &m.kind { Some(decl) } else { None }).collect()
            }
            Item::Patch(_) => Vec::new(),
        };
        names.extend(decls.iter().filter_map(|decl| decl.name()).map(|(_, name)| name.text.clone()));
    }
    names
}

/// Every name that stands somewhere without being declared there; a quoted text counts as one name, for groups of kinds. Read
/// from the canonical text, in which a declaration's own name stands one space after its keyword.
pub fn names_used(trees: &[Vec<Item>]) -> BTreeSet<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut used = BTreeSet::new();
    for item in trees.iter().flatten() {
        let printed = print::items(std::slice::from_ref(item));
        for line in printed.lines().filter(|line| !line.trim_start().starts_with("//")) {
            // Every second part of a line lies between quotes.
            for (index, part) in line.split('"').enumerate() {
                if index % 2 == 1 {
                    used.insert(part.to_owned());
                    continue;
                }
                for (at, _) in part.match_indices(is_word) {
                    let (before, word) = part.split_at(at);
                    if before.ends_with(is_word) {
                        continue;
                    }
                    let word = word.split(|c| !is_word(c)).next().unwrap_or_default();
                    let declares = |keyword: &str| before.trim_start() == format!("{keyword} ");
                    if !Sort::ALL.iter().any(|(_, keyword)| declares(keyword)) {
                        used.insert(word.to_owned());
                    }
                }
            }
        }
    }
    used
}
