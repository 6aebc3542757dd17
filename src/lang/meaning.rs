//! What a skill means, apart from how it is written. In: a checked program; out: canonical texts and a hash of them.
//!
//! Left out: comments, examples, `because` and `unverified`, the names of skills, rules, assertions and variables, layout, and
//! the order of literals, alternatives, statements and assertions. Taken in: rules in their order (it decides who speaks
//! first), every operator, number and text, and the domain's declarations that the skill uses, with all that these use in
//! turn; `fails` always. A declaration's name is part of it, and so is the order of an event's forms and of a fluent's causes.
//! A task sentence that another task takes away is not seen: only the tasks a skill uses count.
//!
//! The order of literals may decide which of several bindings is the first, and so which one advice names; it never decides
//! whether a rule speaks or what it marks.

mod scope;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use self::write::Write;
use super::checked::{Arg, Checked, Domain, Literal, Operand, Param, Skill, Trigger};
use super::pattern::Type;

/// The form of the texts below; a change of it changes every hash.
const FORMAT: &str = "reskill meaning 1";

/// A skill as canonical texts: two skills mean the same if these are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    pub applies: String,
    pub rules: Vec<RuleMeaning>,
    /// In the order of the skill.
    pub assertions: Vec<String>,
    /// The declarations that it uses, directly or not: sort and name, and what they say.
    pub uses: BTreeMap<Used, String>,
}

/// A rule as canonical texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleMeaning {
    /// Trigger and statements together: two rules mean the same if these, priority and limit are equal.
    pub body: String,
    pub trigger: String,
    /// What it says, with its variables named as in the source: to be compared where triggers differ.
    pub statements: String,
    pub priority: u32,
    pub limit: Option<u32>,
}

/// A declaration by its sort (as in source text) and its name.
pub type Used = (&'static str, String);

/// blake3, 64 hex digits, of what `skill` means. `skill` is one of `checked.skills`.
pub fn hash(checked: &Checked, skill: &Skill) -> String {
    let Meaning { applies, rules, mut assertions, uses } = meaning(checked, skill);
    assertions.sort();
    let mut hasher = blake3::Hasher::new();
    let mut enter = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    enter(FORMAT);
    enter(&applies);
    enter(&rules.len().to_string());
    for rule in &rules {
        enter(&rule.body);
        enter(&format!("{} {:?}", rule.priority, rule.limit));
    }
    enter(&assertions.len().to_string());
    assertions.iter().for_each(|assertion| enter(assertion));
    for ((sort, name), text) in &uses {
        enter(sort);
        enter(name);
        enter(text);
    }
    hasher.finalize().to_hex().to_string()
}

/// The canonical texts of a skill.
pub fn meaning(checked: &Checked, skill: &Skill) -> Meaning {
    let write = Write::new(&checked.domains[skill.domain]);
    let applies = skill.applies.as_ref().map(|(task, args)| write.applies(*task, args)).unwrap_or_default();
    // The variables of `for` are told apart by their place in it, in every scope of the skill.
    let task_args = skill.applies.iter().flat_map(|(_, args)| args);
    let outer = task_args.filter_map(|a| if let Arg::Var(v) = a { Some(v + 1) } else { None }).max().unwrap_or(0);
    let uses = reached(&checked.domains[skill.domain], of_skill(skill));
    let meaning = |(sort, at): (&'static str, usize)| ((sort, write.name(sort, at)), write.declaration(sort, at));
    Meaning {
        applies,
        rules: skill.rules.iter().map(|rule| write.rule(rule, outer)).collect(),
        assertions: skill.assertions.iter().map(|assertion| write.assertion(assertion, outer)).collect(),
        uses: uses.into_iter().map(meaning).collect(),
    }
}

/// What each declaration of a domain says, by sort and name: its own, or those of one of its skills. Definitions and kind
/// groups are not among them: they are put in where they are used.
pub fn declarations(domain: &Domain, owner: Option<&str>) -> BTreeMap<Used, String> {
    let write = Write::new(domain);
    let listed = [
        ("task", domain.tasks.len()),
        ("event", domain.events.len()),
        ("fluent", domain.fluents.len()),
        ("table", domain.tables.len()),
        ("type", domain.types.len()),
        ("fails", usize::from(!domain.fails.is_empty())),
    ];
    let each = listed.into_iter().flat_map(|(sort, count)| (0..count).map(move |at| (sort, at)));
    each.filter(|(sort, at)| write.owner(sort, *at) == owner)
        .map(|(sort, at)| ((sort, write.name(sort, at)), write.declaration(sort, at)))
        .collect()
}

/// A declaration's sort and position.
type Place = (&'static str, usize);

/// Everything that can be reached from `open`.
fn reached(domain: &Domain, mut open: Vec<Place>) -> BTreeSet<Place> {
    let mut found = BTreeSet::new();
    open.push(("fails", 0));
    while let Some(place) = open.pop() {
        if found.insert(place) {
            open.extend(of_declaration(domain, place));
        }
    }
    found
}

fn of_skill(skill: &Skill) -> Vec<Place> {
    let mut found: Vec<Place> = skill.applies.iter().map(|(task, _)| ("task", *task)).collect();
    for rule in &skill.rules {
        rule.branches.iter().for_each(|branch| of_literals(branch, &mut found));
        rule.lets.iter().for_each(|list| of_literals(&list.body, &mut found));
        for mark in &rule.marks {
            found.push(("event", mark.event));
            of_literals(&mark.filter, &mut found);
        }
    }
    for assertion in &skill.assertions {
        assertion.form.conditions().for_each(|c| of_literals(c, &mut found));
    }
    found
}

fn of_declaration(domain: &Domain, (sort, at): Place) -> Vec<Place> {
    let own = |params: &[Param]| {
        let types =
            params.iter().filter_map(|p| if let Type::Own(i) = p.ty { Some(("type", usize::from(i))) } else { None });
        types.collect::<Vec<Place>>()
    };
    match sort {
        "task" => {
            let task = &domain.tasks[at];
            task.derived.iter().map(|d| ("task", d.task)).chain(own(&task.params)).collect()
        }
        "event" => own(&domain.events[at].params),
        "table" => own(&domain.tables[at].params),
        "fluent" => {
            let fluent = &domain.fluents[at];
            let mut found = own(&fluent.params);
            for cause in &fluent.causes {
                found.push(match cause.trigger {
                    Trigger::Event(event) => ("event", event),
                    Trigger::Task(task) => ("task", task),
                });
                of_literals(&cause.with, &mut found);
            }
            found
        }
        _ => Vec::new(),
    }
}

fn of_literals(literals: &[Literal], found: &mut Vec<Place>) {
    for literal in literals {
        match literal {
            Literal::Event { event, .. } | Literal::Once { event, .. } | Literal::Available { event, .. } => {
                found.push(("event", *event));
            }
            Literal::Fluent { fluent, .. } => found.push(("fluent", *fluent)),
            Literal::Task { task, .. } => found.push(("task", *task)),
            Literal::Table { table, .. } => found.push(("table", *table)),
            Literal::Compare { left, right, .. } => {
                found.extend([left, right].into_iter().filter_map(|operand| match operand {
                    Operand::CountRows { fluent, .. } => Some(("fluent", *fluent)),
                    Operand::CountEvents { event, .. } => Some(("event", *event)),
                    _ => None,
                }));
            }
            Literal::Not(inner) => of_literals(inner, found),
            Literal::Quantified { over, then, .. } => {
                of_literals(std::slice::from_ref(over), found);
                of_literals(then, found);
            }
            Literal::Repeated | Literal::Todo | Literal::Is { .. } | Literal::In { .. } | Literal::Contains { .. } => {}
        }
    }
}
