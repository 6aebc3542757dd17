//! What the gate keeps a model from: too much at once, the end of the bank, no way left, against what succeeds.

use reskill::bank::version::SkillFile;
use reskill::creator::CreatorConfig;
use reskill::creator::gate::{SIZE, Verdict, gate};

use super::fixture::{GOOD, bank, reservoir};

fn verdict(patch: &str, bank: &[SkillFile]) -> String {
    match gate(patch, bank, &reservoir(""), &[], &CreatorConfig::default()) {
        Verdict::Accepted { notes, .. } => {
            format!("accepted{}", notes.iter().map(|n| format!("\n    {n}")).collect::<String>())
        }
        Verdict::Rejected { reasons } => format!("refused\n    {}", reasons.join("\n    ")),
    }
}

/// A skill with one rule of these statements.
fn with(when: &str, statements: &str) -> String {
    let mut patch = GOOD.replace("holding(_) and not here(_)", when);
    let start = patch.find("advise").expect("it is there");
    let end = patch[start..].find("        }\n").expect("it is there") + start;
    patch.replace_range(start..end, &format!("{statements}\n"));
    patch
}

#[test]
fn what_is_refused_and_what_is_only_told() {
    let whole_bank = |name: &str| {
        format!(
            "patch \"Anew\" {{ retire look_again retire try_else add skill {name} in household {{ rule a when go_to(_) {{ advise \"Go.\" }} unverified \"New.\" example one {{ task \"put a mug in shelf.\" action \"go to desk 1\" observation \"You arrive at desk 1.\" expect a }} }} }}"
        )
    };
    let emptied = "patch \"Less\" { modify look_again { drop rule speak drop example one } modify try_else { drop rule speak drop example one } }";
    let four = "patch \"Much\" { retire a retire b retire c retire d }";
    let large = GOOD.replace("Carry it", &"Carry it ".repeat(SIZE / 8));
    let everything = "forbid go_to(_) forbid take(_, _) forbid put(_, _)";
    let wash = r#"patch "Wash" { add skill walk in household { rule r when holding(x) and not here(_) and x is "mug" and x is "cup" { advise "Wash." } rule s when holding(_) and not here(_) { advise "Go." } assert held: eventually holding(_) example mug { task "put a mug in shelf." action "take mug 1 from desk 1" observation "You pick up the mug 1" expect s } } }"#;
    let cases = [
        ("good", GOOD.to_owned()),
        ("too large", large),
        ("four operations", four.to_owned()),
        ("all under a new name", whole_bank("fresh")),
        ("all without rules", emptied.to_owned()),
        ("half of them", "patch \"One\" { retire look_again }".to_owned()),
        ("forbids everything", with("holding(_) and not here(_)", everything)),
        ("forbids what succeeds", with("holding(_) and not here(_)", "forbid go_to(r) where r is place")),
        ("avoids what succeeds", with("holding(_)", "avoid go_to(_) avoid put(_, _)")),
        ("avoids what fails", with("holding(_) and not here(_)", "avoid go_to(r) where r is \"desk\"")),
        ("never says it", wash.to_owned()),
        (
            "speaks where all is well",
            GOOD.replace("holding(_) and not here(_)", "here(r) and r is \"shelf\"")
                .replace("expect walk", "expect not walk"),
        ),
    ];
    let told: Vec<String> = cases.iter().map(|(case, patch)| format!("{case}: {}", verdict(patch, &bank()))).collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// A bank's only skill may go.
#[test]
fn the_last_skill_may_be_retired() {
    assert_eq!(verdict("patch \"None\" { retire look_again }", &bank()[..2]), "accepted");
}
