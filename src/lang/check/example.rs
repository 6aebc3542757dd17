//! Examples: a short episode and expectations at its decisions. In: the lines as written; out: the episode, with
//! every expectation tied to a decision and resolved to a rule or assertion of the skill.

use super::super::ast::{self, ExampleKind};
use super::super::checked::{Assertion, Example, ExampleStep, Expectation, ExpectationKind, Rule};
use super::super::diag::{Code, Diagnostic};
use super::super::span::Span;
use super::unknown;

pub(super) fn build(
    tree: &ast::Example,
    rules: &[Rule],
    assertions: &[Assertion],
    diagnostics: &mut Vec<Diagnostic>,
) -> Example {
    let mut example = Example {
        name: tree.name.text.clone(),
        span: tree.name.span,
        task: String::new(),
        first: String::new(),
        available: Vec::new(),
        steps: Vec::new(),
        expectations: Vec::new(),
    };
    // An action waits here for its observation.
    let mut action: Option<String> = None;
    for line in &tree.lines {
        let before_steps = example.steps.is_empty() && action.is_none();
        match &line.kind {
            ExampleKind::Task(task) if before_steps => example.task = task.value.clone(),
            ExampleKind::First(first) if before_steps => example.first = first.value.clone(),
            ExampleKind::Task(_) | ExampleKind::First(_) => {
                diagnostics.push(misplaced(line.span, "`task` and `first` stand before the first `action`"));
            }
            ExampleKind::Action(_) if action.is_some() => {
                diagnostics.push(misplaced(line.span, "the action before this one has no `observation`"));
            }
            ExampleKind::Action(text) => action = Some(text.value.clone()),
            ExampleKind::Observation(text) => match action.take() {
                Some(action) => {
                    let observation = text.value.clone();
                    example.steps.push(ExampleStep { action, observation, available: Vec::new() });
                }
                None => diagnostics
                    .push(misplaced(line.span, "an observation answers an `action`; the one before all is `first`")),
            },
            ExampleKind::Available(list) if action.is_none() => {
                let list = list.iter().map(|s| s.value.clone());
                match example.steps.last_mut() {
                    Some(step) => step.available.extend(list),
                    None => example.available.extend(list),
                }
            }
            ExampleKind::Available(_) => {
                diagnostics.push(misplaced(line.span, "`available` stands after the observation it goes with"));
            }
            ExampleKind::Expect { rule, negated } => {
                let Some(index) = rules.iter().position(|r| r.name == rule.text) else {
                    diagnostics.push(unknown("rule", rule, rules.iter().map(|r| r.name.as_str())));
                    continue;
                };
                let kind = ExpectationKind::Rule { rule: index, decision: example.steps.len(), fires: !negated };
                example.expectations.push(Expectation { span: line.span, kind });
            }
            ExampleKind::ExpectViolated(name) => {
                let Some(assertion) = assertions.iter().position(|a| a.name == name.text) else {
                    diagnostics.push(unknown("assertion", name, assertions.iter().map(|a| a.name.as_str())));
                    continue;
                };
                example
                    .expectations
                    .push(Expectation { span: line.span, kind: ExpectationKind::Violated { assertion } });
            }
        }
    }
    if action.is_some() {
        diagnostics.push(misplaced(tree.name.span, "the last action has no `observation`"));
    }
    example
}

fn misplaced(span: Span, message: &str) -> Diagnostic {
    Diagnostic::error(Code::Syntax, message)
        .label(span, "here")
        .help("lines of an example stand in the order of the episode")
}
