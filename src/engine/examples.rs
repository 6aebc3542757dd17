//! Runs the worked examples of skills. In: a checked set; out: one diagnostic for every expectation that does not hold.

use std::sync::Arc;

use super::directives::RuleId;
use super::program::{Program, Vocabulary};
use super::session::Session;
use super::verdict::Verdict;
use crate::lang::check::{Analysis, Finding, SourceFile, check};
use crate::lang::checked::{Checked, Example, Expectation, ExpectationKind, Skill};
use crate::lang::diag::{Code, Diagnostic};
use crate::lang::lint::lint;

/// How the examples of a set went.
#[derive(Debug, Clone, Default)]
pub struct ExampleRun {
    pub examples: usize,
    pub expectations: usize,
    pub failures: Vec<Finding>,
}

/// Checks files, and if they are free of errors runs their examples, with all warnings: what their author is to be told
/// of them without episodes.
pub fn check_and_run(files: &[SourceFile]) -> Analysis {
    let mut analysis = check(files);
    if !analysis.has_errors() {
        analysis.findings.extend(run(&analysis.checked).failures);
    }
    lint(files, &mut analysis);
    analysis
}

/// Runs every example of every skill, each skill alone.
pub fn run(checked: &Checked) -> ExampleRun {
    let vocabularies: Vec<Arc<Vocabulary>> = checked.domains.iter().cloned().map(Vocabulary::new).collect();
    let mut run = ExampleRun::default();
    for skill in &checked.skills {
        let program = Program::with_vocabulary(Arc::clone(&vocabularies[skill.domain]), vec![skill.clone()]);
        let mut session = Session::new(program);
        for example in &skill.examples {
            run.examples += 1;
            run.expectations += example.expectations.len();
            let failures = play(&mut session, skill, example);
            run.failures.extend(failures.into_iter().map(|diagnostic| Finding { file: skill.file, diagnostic }));
        }
    }
    run
}

fn play(session: &mut Session, skill: &Skill, example: &Example) -> Vec<Diagnostic> {
    let mut failures = Vec::new();
    let mut decision = 0;
    session.start(&example.task, &example.first, &example.available);
    loop {
        for expectation in &example.expectations {
            failures.extend(judge_rule(session, skill, example, expectation, decision));
        }
        let Some(step) = example.steps.get(decision) else { break };
        session.observe(&step.action, &step.observation, &step.available);
        decision += 1;
    }
    let report = session.finish();
    for expectation in &example.expectations {
        let ExpectationKind::Violated { assertion } = expectation.kind else { continue };
        let verdict = report.verdicts.first().and_then(|verdicts| verdicts.get(assertion));
        let (name, says) = (
            &skill.assertions[assertion].name,
            match verdict {
                Some(Verdict::Violated { .. }) => continue,
                Some(Verdict::NotApplicable) => "the skill's `for` does not match the example's task",
                Some(Verdict::Vacuous) => "its `whenever` part never held",
                Some(Verdict::Satisfied) | None => "it is satisfied",
            },
        );
        failures.push(
            Diagnostic::error(Code::ExampleFails, format!("example `{}`: `{name}` is not violated", example.name))
                .label(expectation.span, says),
        );
    }
    failures
}

fn judge_rule(
    session: &Session,
    skill: &Skill,
    example: &Example,
    expectation: &Expectation,
    now: usize,
) -> Option<Diagnostic> {
    let ExpectationKind::Rule { rule, decision, fires } = expectation.kind else { return None };
    let id = RuleId { skill: 0, rule: rule as u16 };
    if decision != now || session.fires(id) == fires {
        return None;
    }
    let name = &skill.rules[rule].name;
    let diagnostic = match fires {
        true => Diagnostic::error(Code::ExampleFails, format!("example `{}`: `{name}` does not fire", example.name)),
        false => Diagnostic::error(Code::ExampleFails, format!("example `{}`: `{name}` fires", example.name)),
    };
    let applicable = session.is_for_task(0);
    let label = format!("after {now} {}", if now == 1 { "step" } else { "steps" });
    let help = match (fires, applicable) {
        (true, false) => Some(
            "the skill's `for` does not match the example's task: compare it with the domain's sentences".to_owned(),
        ),
        (true, true) if !session.reasons(id).is_empty() => {
            Some("its condition holds, but it has spoken `at most` as often as it may".to_owned())
        }
        (true, true) => Some("run `reskill trace` on the episode to see which events and facts it has".to_owned()),
        (false, _) => session.reasons(id).first().map(|bindings| {
            let shown: Vec<String> = bindings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            if shown.is_empty() { "its condition holds".to_owned() } else { format!("with {}", shown.join(", ")) }
        }),
    };
    let diagnostic = diagnostic.label(expectation.span, label);
    Some(match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    })
}
