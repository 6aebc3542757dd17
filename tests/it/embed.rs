//! Skills inside another program: the bank, its sessions, and errors that can be read without the command line.

use std::fs;
use std::num::NonZero;

use reskill::embed::{Bank, BuildError, Ground, Lane, MarkKind, check_or_explain, observe};
use reskill::include_skills;

#[path = "../../examples/embed.rs"]
mod example;
mod outside;

const FILES: &[(&str, &str)] =
    include_skills!("../../skills/household/domain.skill", "../../skills/household/heat_then_place.skill");

#[test]
fn the_example_runs() {
    example::main().expect("it ends well");
}

#[test]
fn included_texts_advise_and_judge() {
    assert_eq!(FILES[0].0, "../../skills/household/domain.skill");
    let bank = Bank::builder().sources(FILES).build().expect("it checks");
    assert_eq!(bank.domain_names().collect::<Vec<_>>(), ["household"]);
    let mut session = bank.session("household").expect("a domain of it");
    let actions = ["take mug 1 from table 1".to_owned()];
    session.start("heat some mug and put it in coffeemachine.", "", &actions);
    let next = ["heat mug 1 with microwave 1", "put mug 1 in/on coffeemachine 1"].map(str::to_owned);
    let directives = session.observe(&actions[0], "You pick up the mug 1 from the table 1.", &next);
    let marks: Vec<(u32, MarkKind)> = directives.marks.iter().map(|mark| (mark.action, mark.kind)).collect();
    assert_eq!(marks, [(0, MarkKind::Prefer), (1, MarkKind::Avoid)]);
    let advice = directives.fired[0].advice.as_deref();
    assert_eq!(advice, Some("Heat the mug 1 before you carry it to the coffeemachine."));
    let rule = bank.rule("household", directives.fired[0].rule).expect("a rule of it");
    assert_eq!((rule.skill, rule.rule), ("heat_then_place", "warm_up"));
    assert_eq!(bank.rule("garden", directives.fired[0].rule), None);
    session.observe("move mug 1 to coffeemachine 1", "You move the mug 1 to the coffeemachine 1.", &[]);
    assert!(format!("{:?}", session.finish().verdicts).contains("Violated"));
}

#[test]
fn many_sessions_say_the_same_on_any_number_of_threads() {
    let bank = Bank::builder().sources(FILES).build().expect("it checks");
    let actions = ["take mug 1 from table 1".to_owned()];
    let said = |threads: usize| {
        let mut sessions: Vec<_> = (0..7).map(|_| bank.session("household").expect("a domain of it")).collect();
        for (number, session) in sessions.iter_mut().enumerate() {
            let object = if number % 2 == 0 { "mug" } else { "egg" };
            session.start(&format!("heat some {object} and put it in coffeemachine."), "", &actions);
        }
        let mut lanes: Vec<Lane> = sessions
            .iter_mut()
            .map(|session| Lane {
                session,
                action: "take mug 1 from table 1",
                observation: "You pick up the mug 1 from the table 1.",
                next_admissible: &actions,
            })
            .collect();
        observe(&mut lanes, NonZero::new(threads).expect("not zero"));
        sessions.iter().map(|session| session.directives().clone()).collect::<Vec<_>>()
    };
    assert_eq!((said(1)[0].fired.len(), said(1)[1].fired.len()), (1, 0));
    assert_eq!(said(1), said(2));
    assert_eq!(said(1), said(16));
}

#[test]
fn a_rule_says_why_it_fired_and_by_which_step() {
    let bank = Bank::builder().sources(FILES).build().expect("it checks");
    let mut session = bank.session("household").expect("a domain of it");
    session.start("heat some mug and put it in coffeemachine.", "", &[]);
    session.observe("look", "You see nothing.", &[]);
    session.observe("take mug 1 from table 1", "You pick up the mug 1 from the table 1.", &[]);
    session.observe("look", "You see nothing.", &[]);
    let rule = session.directives().fired[0].rule;
    let reasons = session.why(rule);
    assert_eq!(reasons[0].grounds, [Ground { fact: "holding mug 1".to_owned(), step: 2 }]);
    assert_eq!(reasons[0].bindings, session.reasons(rule)[0]);
}

#[test]
fn an_unknown_domain_gets_a_hint() {
    let bank = Bank::builder().sources(FILES).build().expect("it checks");
    let told = |name: &str| bank.session(name).err().expect("there is none").to_string();
    assert_eq!(told("houshold"), "the bank has no domain `houshold`; did you mean `household`?");
    assert_eq!(told("shop"), "the bank has no domain `shop`; it has household");
}

#[test]
fn an_error_lists_every_finding_and_reads_the_same_both_ways() {
    let broken = "skill a in household {\n    rule r when holdin(x) { prefer put(x) }\n}\nskill b in household { (\n";
    let error = Bank::builder().sources(FILES).source("broken.skill", broken).build().expect_err("it is broken");
    assert_eq!(format!("{error}"), format!("{error:?}"));
    insta::assert_snapshot!("findings", error.to_string());
    let BuildError::Findings(findings) = error else { panic!("findings") };
    assert_eq!((findings[0].is_error, findings[0].line), (false, 1));
}

#[test]
fn a_sound_bank_keeps_its_warnings() {
    let text = "skill a in household { rule r when holding(x) { prefer put(x, _) } unverified \"a test\" }";
    let bank = Bank::builder().sources(FILES).source("a.skill", text).build().expect("warnings are no errors");
    assert_eq!(bank.warnings().iter().map(|w| w.code).collect::<Vec<_>>(), ["W1003"]);
}

#[test]
fn files_bring_their_domain_along_once() {
    let at = |name: &str| format!("{}/skills/household/{name}.skill", env!("CARGO_MANIFEST_DIR"));
    let files = Bank::builder().file(at("heat_then_place")).and_then(|b| b.file(at("carry_to_place"))).expect("read");
    assert_eq!(files.build().expect("it checks").domain_names().count(), 1);
    let folder = Bank::builder().folder(concat!(env!("CARGO_MANIFEST_DIR"), "/skills")).expect("read");
    assert!(folder.build().expect("it checks").domain_names().any(|name| name == "cooking"));
    let error = Bank::builder().folder("no/such/folder").expect_err("there is none");
    assert!(error.to_string().starts_with("no/such/folder: "), "{error}");
}

#[test]
fn a_build_fails_on_any_finding_and_on_examples_that_fail() {
    let clean = ["household", "textworld"].map(|name| format!("{}/skills/{name}", env!("CARGO_MANIFEST_DIR")));
    check_or_explain(&clean).expect("they are clean");
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in FILES {
        let name = name.rsplit('/').next().expect("a name");
        fs::write(folder.path().join(name), text.replace("expect not deliver", "expect deliver")).expect("written");
    }
    let error = check_or_explain(&[folder.path()]).expect_err("an example fails").to_string();
    assert!(error.contains("E0601") && error.contains("heat_then_place.skill:22:9: example `cold_in_hand`"), "{error}");
    fs::write(folder.path().join("bad.skill"), [0xff, 0xfe]).expect("written");
    let error = check_or_explain(&[folder.path()]).expect_err("no text").to_string();
    assert!(error.contains("E0101"), "{error}");
}
