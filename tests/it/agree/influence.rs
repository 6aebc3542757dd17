//! Whether the constructs of the language matter in random cases: each is taken out of a checked program, or turned into
//! its neighbour, and then something that is said of the episode must change.

use reskill::engine::directives::{Directives, MarkKind};
use reskill::engine::program::Program;
use reskill::engine::session::{Report, Session};
use reskill::episode::Trajectory;
use reskill::lang::ast::{Comparison, Quantifier};
use reskill::lang::checked::{Checked, Event, EventForm, Form, IsRight, Literal, MAX_ROWS, Operand, Rule, Trigger};
use reskill::lang::pattern::{Element, Pattern, Type};
use reskill::lang::regexp::Regexp;
use reskill::text::Decimal;

/// Everything that is said of an episode: at each decision the directives and the facts, at the end the verdicts.
#[derive(PartialEq)]
pub struct Told {
    decisions: Vec<(Directives, Vec<String>)>,
    report: Report,
}

pub fn told(checked: &Checked, trajectory: &Trajectory) -> Told {
    let mut session = Session::new(Program::of(checked, 0));
    let admissible = |t: usize| trajectory.steps.get(t).map_or(&[][..], |s| &s.admissible);
    let now = |session: &Session| {
        let facts = checked.domains[0].fluents.iter().flat_map(|fluent| session.facts(&fluent.name));
        (session.directives().clone(), facts.collect())
    };
    session.start(&trajectory.task, &trajectory.first, admissible(0));
    let mut decisions = vec![now(&session)];
    for (t, step) in trajectory.steps.iter().enumerate() {
        session.observe(&step.action, &step.observation, admissible(t + 1));
        decisions.push(now(&session));
    }
    Told { decisions, report: session.finish() }
}

/// A construct, and a change that takes its meaning away; the change tells whether there was one.
pub struct Construct {
    pub name: String,
    pub alter: Box<dyn Fn(&mut Checked) -> bool>,
}

/// A name and what it stands for.
type Picked<T> = (&'static str, fn(&T) -> bool);

fn construct(name: impl Into<String>, alter: impl Fn(&mut Checked) -> bool + 'static) -> Construct {
    Construct { name: name.into(), alter: Box::new(alter) }
}

pub fn constructs() -> Vec<Construct> {
    let mut all = literals();
    all.extend(comparisons());
    all.extend(quantifiers());
    all.extend(statements());
    all.extend(forms());
    all.extend(declarations());
    all.extend(own());
    all
}

/// Calls `change` on every literal, outer ones first; it tells whether it changed something.
fn each_literal(checked: &mut Checked, change: &dyn Fn(&mut Literal) -> bool) -> bool {
    fn walk(literals: &mut [Literal], change: &dyn Fn(&mut Literal) -> bool) -> bool {
        let mut changed = false;
        for literal in literals {
            changed |= change(literal);
            match literal {
                Literal::Not(inner) => changed |= walk(inner, change),
                Literal::Quantified { over, then, .. } => {
                    changed |= change(over);
                    changed |= walk(then, change);
                }
                _ => {}
            }
        }
        changed
    }
    let mut changed = false;
    let causes = checked.domains.iter_mut().flat_map(|d| &mut d.fluents).flat_map(|f| &mut f.causes);
    causes.for_each(|cause| changed |= walk(&mut cause.with, change));
    for skill in &mut checked.skills {
        for rule in &mut skill.rules {
            rule.branches.iter_mut().for_each(|c| changed |= walk(c, change));
            rule.lets.iter_mut().for_each(|list| changed |= walk(&mut list.body, change));
            rule.marks.iter_mut().for_each(|mark| changed |= walk(&mut mark.filter, change));
        }
        let forms = skill.assertions.iter_mut().flat_map(|assertion| assertion.form.conditions_mut());
        forms.for_each(|c| changed |= walk(c, change));
    }
    changed
}

/// A literal that never holds in place of those that `is` picks.
fn never(name: &str, is: impl Fn(&Literal) -> bool + 'static) -> Construct {
    construct(name, move |checked| {
        each_literal(checked, &|literal| {
            let found = is(literal);
            if found {
                *literal = Literal::Todo;
            }
            found
        })
    })
}

fn literals() -> Vec<Construct> {
    vec![
        never("event", |l| matches!(l, Literal::Event { .. })),
        never("once", |l| matches!(l, Literal::Once { within: None, .. })),
        never("once within", |l| matches!(l, Literal::Once { within: Some(_), .. })),
        construct("a window's length", |checked| {
            each_literal(checked, &|literal| match literal {
                Literal::Once { within: Some(n), .. } => {
                    *n += 1;
                    true
                }
                _ => false,
            })
        }),
        never("fluent", |l| matches!(l, Literal::Fluent { .. })),
        never("task", |l| matches!(l, Literal::Task { .. })),
        never("available", |l| matches!(l, Literal::Available { .. })),
        never("table", |l| matches!(l, Literal::Table { .. })),
        never("repeated", |l| matches!(l, Literal::Repeated)),
        construct("todo", |checked| {
            each_literal(checked, &|literal| {
                let found = matches!(literal, Literal::Todo);
                if found {
                    let zero = || Operand::Number(Decimal::whole(0));
                    *literal = Literal::Compare { left: zero(), op: Comparison::Equal, right: zero() };
                }
                found
            })
        }),
        never("is variable", |l| matches!(l, Literal::Is { right: IsRight::Var(_), .. })),
        never("is kind", |l| matches!(l, Literal::Is { right: IsRight::Text(_), .. })),
        never("is group", |l| matches!(l, Literal::Is { right: IsRight::OneOf(_), .. })),
        construct("the last kind of a group", |checked| {
            each_literal(checked, &|literal| match literal {
                Literal::Is { right: IsRight::OneOf(kinds), .. } => kinds.pop().is_some(),
                _ => false,
            })
        }),
        never("in", |l| matches!(l, Literal::In { .. })),
        never("contains", |l| matches!(l, Literal::Contains { .. })),
        never("not", |l| matches!(l, Literal::Not(_))),
    ]
}

fn comparisons() -> Vec<Construct> {
    let pairs = [
        (Comparison::Less, Comparison::AtMost),
        (Comparison::AtMost, Comparison::Less),
        (Comparison::More, Comparison::AtLeast),
        (Comparison::AtLeast, Comparison::More),
        (Comparison::Equal, Comparison::AtLeast),
        (Comparison::Unequal, Comparison::Less),
    ];
    let mut all: Vec<Construct> = Vec::new();
    for (from, to) in pairs {
        let swap = move |literal: &mut Literal| match literal {
            Literal::Compare { op, .. } if *op == from => {
                *op = to;
                true
            }
            _ => false,
        };
        all.push(construct(format!("{from:?}"), move |checked| each_literal(checked, &swap)));
    }
    let operands: [Picked<Operand>; 7] = [
        ("a number's variable", |o| matches!(o, Operand::Var(_))),
        ("a fraction", |o| matches!(o, Operand::Number(Decimal(units)) if units % Decimal::SCALE != 0)),
        ("step", |o| matches!(o, Operand::Step)),
        ("count of rows", |o| matches!(o, Operand::CountRows { .. })),
        ("count of events", |o| matches!(o, Operand::CountEvents { .. })),
        ("words", |o| matches!(o, Operand::Words(_))),
        ("shared", |o| matches!(o, Operand::Shared(..))),
    ];
    for (name, is) in operands {
        let change = move |literal: &mut Literal| {
            let Literal::Compare { left, right, .. } = literal else { return false };
            let mut changed = false;
            for operand in [left, right] {
                if is(operand) {
                    *operand = Operand::Number(Decimal::whole(1000));
                    changed = true;
                }
            }
            changed
        };
        all.push(construct(name, move |checked| each_literal(checked, &change)));
    }
    all
}

fn quantifiers() -> Vec<Construct> {
    let mut all = Vec::new();
    for (from, to) in [
        (Quantifier::Every, Quantifier::Some),
        (Quantifier::Every, Quantifier::No),
        (Quantifier::Some, Quantifier::Every),
        (Quantifier::Some, Quantifier::No),
        (Quantifier::No, Quantifier::Every),
        (Quantifier::No, Quantifier::Some),
    ] {
        let swap = move |literal: &mut Literal| match literal {
            Literal::Quantified { quantifier, .. } if *quantifier == from => {
                *quantifier = to;
                true
            }
            _ => false,
        };
        all.push(construct(format!("{from:?}, not {to:?}"), move |checked| each_literal(checked, &swap)));
    }
    fn over(literal: &Literal, is: impl Fn(&Literal) -> bool) -> bool {
        matches!(literal, Literal::Quantified { over, .. } if is(over))
    }
    fn is_quantified(literal: &Literal) -> bool {
        match literal {
            Literal::Quantified { .. } => true,
            Literal::Not(inner) => inner.iter().any(is_quantified),
            _ => false,
        }
    }
    all.extend([
        never("a quantifier over events", |l| over(l, |o| matches!(o, Literal::Event { .. }))),
        never("a quantifier over rows", |l| over(l, |o| matches!(o, Literal::Fluent { .. }))),
        never("a quantifier over tasks", |l| over(l, |o| matches!(o, Literal::Task { .. }))),
        never("a quantifier over a table", |l| over(l, |o| matches!(o, Literal::Table { .. }))),
        never(
            "a quantifier in a quantifier",
            |l| matches!(l, Literal::Quantified { then, .. } if then.iter().any(is_quantified)),
        ),
        never(
            "not before a quantifier",
            |l| matches!(l, Literal::Not(inner) if matches!(inner[..], [Literal::Quantified { .. }])),
        ),
        construct("a bracket of several", |checked| {
            each_literal(checked, &|literal| match literal {
                Literal::Quantified { then, .. } if then.len() > 1 => {
                    then.truncate(1);
                    true
                }
                _ => false,
            })
        }),
    ]);
    all
}

/// A change of every rule.
fn rules(name: &str, change: fn(&mut Rule) -> bool) -> Construct {
    construct(name, move |checked| {
        let rules = checked.skills.iter_mut().flat_map(|skill| &mut skill.rules);
        rules.fold(false, |changed, rule| change(rule) | changed)
    })
}

fn statements() -> Vec<Construct> {
    let mut all = vec![
        rules("or when", |rule| {
            let several = rule.branches.len() > 1;
            rule.branches.truncate(1);
            several
        }),
        rules("priority", |rule| std::mem::take(&mut rule.priority) > 0),
        rules("at most n times", |rule| rule.limit.take().is_some()),
        rules("the n of at most n times", |rule| rule.limit.as_mut().map(|n| *n += 1).is_some()),
        rules("let", |rule| {
            rule.lets.iter_mut().for_each(|list| list.body = vec![Literal::Todo]);
            !rule.lets.is_empty()
        }),
        rules("a let's condition", |rule| {
            let long = rule.lets.iter_mut().filter(|list| list.body.len() > 1);
            long.map(|list| list.body.truncate(1)).count() > 0
        }),
        rules("advise", |rule| rule.advice.take().is_some()),
        rules("suggest", |rule| rule.suggestion.take().is_some()),
        rules("where", |rule| {
            let filtered = rule.marks.iter_mut().filter(|mark| !mark.filter.is_empty());
            filtered.map(|mark| mark.filter.clear()).count() > 0
        }),
    ];
    for kind in [MarkKind::Prefer, MarkKind::Avoid, MarkKind::Forbid] {
        all.push(construct(kind.word(), move |checked| {
            let mut found = false;
            for rule in checked.skills.iter_mut().flat_map(|skill| &mut skill.rules) {
                let before = rule.marks.len();
                rule.marks.retain(|mark| mark.kind != kind);
                found |= rule.marks.len() < before;
            }
            found
        }));
    }
    all.push(construct("for", |checked| {
        let limited = checked.skills.iter_mut().filter(|skill| skill.applies.is_some());
        limited.map(|skill| skill.applies = None).count() > 0
    }));
    all
}

fn forms() -> Vec<Construct> {
    let forms: [Picked<Form>; 11] = [
        ("always", |f| matches!(f, Form::Always(_))),
        ("never", |f| matches!(f, Form::Never(_))),
        ("whenever", |f| matches!(f, Form::Whenever { within: None, .. })),
        ("whenever within", |f| matches!(f, Form::Whenever { within: Some(_), .. })),
        ("eventually", |f| matches!(f, Form::Eventually(_))),
        ("finally", |f| matches!(f, Form::Finally(_))),
        ("first then", |f| matches!(f, Form::FirstThen(..))),
        ("at most", |f| matches!(f, Form::AtMost(..))),
        ("at least", |f| matches!(f, Form::AtLeast(..))),
        ("between", |f| matches!(f, Form::Between(..))),
        ("consecutive", |f| matches!(f, Form::AtMostConsecutive(..))),
    ];
    let satisfied = |(name, is): Picked<Form>| {
        construct(name, move |checked| {
            let assertions = checked.skills.iter_mut().flat_map(|skill| &mut skill.assertions);
            assertions.filter(|a| is(&a.form)).map(|a| a.form = Form::Always(Vec::new())).count() > 0
        })
    };
    forms.into_iter().map(satisfied).collect()
}

/// A pattern that nothing matches.
fn unmatched() -> Pattern {
    Pattern::Tokens(vec![Element::Literal("no such token".to_owned())])
}

/// Calls `change` on every pattern with the place where it stands.
fn each_pattern(checked: &mut Checked, change: &dyn Fn(&mut Pattern, &str) -> bool) -> bool {
    let mut changed = false;
    for domain in &mut checked.domains {
        domain.fails.iter_mut().for_each(|p| changed |= change(p, "fails"));
        domain.tasks.iter_mut().flat_map(|t| &mut t.sentences).for_each(|p| changed |= change(p, "task"));
        for form in domain.events.iter_mut().flat_map(|event| &mut event.forms) {
            match form {
                EventForm::Action { pattern, then } => {
                    changed |= change(pattern, "action");
                    then.iter_mut().for_each(|p| changed |= change(p, "then"));
                }
                EventForm::Observation { pattern, each: true } => changed |= change(pattern, "each"),
                EventForm::Observation { pattern, each: false } => changed |= change(pattern, "observation"),
            }
        }
    }
    changed
}

fn declarations() -> Vec<Construct> {
    let mut all = Vec::new();
    for place in ["fails", "task", "action", "then", "each", "observation"] {
        for regex in [false, true] {
            let change = move |pattern: &mut Pattern, stands: &str| {
                let found = stands == place && matches!(pattern, Pattern::Regex { .. }) == regex;
                if found {
                    *pattern = unmatched();
                }
                found
            };
            let name = format!("{} in {place}", if regex { "regex" } else { "tokens" });
            all.push(construct(name, move |checked| each_pattern(checked, &change)));
        }
    }
    for (_, name) in Type::ALL.into_iter().chain([(Type::Own(0), "a declared type")]) {
        let change = move |pattern: &mut Pattern, _: &str| {
            let is_own = |ty: Type| matches!(ty, Type::Own(_));
            let found = pattern.captures().any(|c| Type::by_name(name).map_or(is_own(c.ty), |ty| ty == c.ty));
            if found {
                *pattern = unmatched();
            }
            found
        };
        all.push(construct(format!("a capture of {name}"), move |checked| each_pattern(checked, &change)));
    }
    all.extend([
        construct("the sign of money", |checked| {
            each_pattern(checked, &|pattern, _| {
                each_capture(pattern, |capture| {
                    let found = capture.ty == Type::Money;
                    if found {
                        capture.ty = Type::Number;
                    }
                    found
                })
            })
        }),
        construct("the shape of a declared type", |checked| {
            let shape = Regexp::whole(".*").expect("a valid expression");
            each_pattern(checked, &|pattern, _| {
                each_capture(pattern, |capture| {
                    let found = capture.shape.is_some();
                    if found {
                        capture.shape = Some(shape.clone());
                    }
                    found
                })
            })
        }),
        construct("max", |checked| {
            let limited = checked.domains[0].fluents.iter_mut().filter(|fluent| fluent.max < MAX_ROWS);
            limited.map(|fluent| fluent.max = MAX_ROWS).count() > 0
        }),
        construct("the n of max", |checked| {
            let limited = checked.domains[0].fluents.iter_mut().filter(|fluent| fluent.max < MAX_ROWS);
            limited.map(|fluent| fluent.max += 1).count() > 0
        }),
        construct("a valued fluent", |checked| {
            let valued = checked.domains[0].fluents.iter_mut().filter(|fluent| fluent.valued);
            valued.map(|fluent| fluent.valued = false).count() > 0
        }),
        construct("each", |checked| {
            let events = checked.domains[0].events.iter_mut().flat_map(|event| &mut event.forms);
            events.fold(false, |found, form| match form {
                EventForm::Observation { each, .. } => std::mem::take(each) | found,
                EventForm::Action { .. } => found,
            })
        }),
        causes("terminated", |_, adds| !adds),
        causes("a cause by the task", |trigger, _| matches!(trigger, Trigger::Task(_))),
        construct("the first row of a table", |checked| {
            checked.domains[0].tables.iter_mut().for_each(|table| drop(table.rows.remove(0)));
            true
        }),
        construct("a derived task", |checked| {
            checked.domains[0].tasks.iter_mut().for_each(|task| task.derived.clear());
            true
        }),
    ]);
    all
}

fn each_capture(pattern: &mut Pattern, change: impl Fn(&mut reskill::lang::pattern::Capture) -> bool) -> bool {
    match pattern {
        Pattern::Tokens(elements) => elements.iter_mut().fold(false, |found, element| match element {
            Element::Capture(capture) => change(capture) | found,
            _ => found,
        }),
        Pattern::Regex { groups, .. } => groups.iter_mut().fold(false, |found, (_, c)| change(c) | found),
    }
}

/// Takes away the causes that `is` picks, by their trigger and by whether they add rows.
fn causes(name: &str, is: fn(Trigger, bool) -> bool) -> Construct {
    construct(name, move |checked| {
        let mut found = false;
        for fluent in &mut checked.domains[0].fluents {
            let before = fluent.causes.len();
            fluent.causes.retain(|cause| !is(cause.trigger, cause.adds));
            found |= fluent.causes.len() < before;
        }
        found
    })
}

/// What skills declare for themselves has a `.` in its name.
fn own() -> Vec<Construct> {
    let events = |name: &str, is: fn(&EventForm) -> bool| {
        construct(name, move |checked| {
            let own = checked.domains[0].events.iter_mut().filter(|event: &&mut Event| event.name.contains('.'));
            let forms = own.flat_map(|event| &mut event.forms).filter(|form| is(form));
            let unmatch = |form: &mut EventForm| match form {
                EventForm::Action { pattern, .. } | EventForm::Observation { pattern, .. } => *pattern = unmatched(),
            };
            forms.map(unmatch).count() > 0
        })
    };
    vec![
        events("an own event of actions", |form| matches!(form, EventForm::Action { .. })),
        events("an own event of observations", |form| matches!(form, EventForm::Observation { .. })),
        construct("an own fluent", |checked| {
            let own = checked.domains[0].fluents.iter_mut().filter(|fluent| fluent.name.contains('.'));
            own.map(|fluent| fluent.causes.clear()).count() > 0
        }),
        construct("an own table", |checked| {
            let own = checked.domains[0].tables.iter_mut().filter(|table| table.name.contains('.'));
            own.map(|table| table.rows.clear()).count() > 0
        }),
        construct("an own type", |checked| {
            let own: Vec<u16> =
                (0u16..).zip(&checked.domains[0].types).filter(|(_, t)| t.name.contains('.')).map(|(i, _)| i).collect();
            each_pattern(checked, &|pattern, _| {
                let found = pattern.captures().any(|c| matches!(c.ty, Type::Own(i) if own.contains(&i)));
                if found {
                    *pattern = unmatched();
                }
                found
            })
        }),
    ]
}
