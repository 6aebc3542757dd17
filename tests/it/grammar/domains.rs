//! Grammars for one domain: they accept what its skills say, and no name that it does not have.

use std::path::Path;

use insta::assert_snapshot;
use reskill::lang::ast::Item;
use reskill::lang::check::SourceFile;
use reskill::lang::grammar::{Names, Notation, Root, export};
use reskill::lang::load::load;
use reskill::lang::parse::parse;
use reskill::lang::print;

use super::Judges;
use crate::agree::generate::program;

const GARDEN: &str = r#"
domain garden {
    task tend(what: kind) = "tend the {what}"
    type code = /[a-z]\d/
    kind plant = "rose" | "fern"
    table needs(what, how) = ("rose", "water")
    event water(x: item) = action "water {x}"
    event rain() = observation "It rains."
    fluent wet(x: item) initiated by water(x)
    fluent owner(x: item) -> w: word set by water(x)
    define dry(x: item) = not wet(x)
}
skill own in garden {
    for tend(what)
    event sing(x: item, w: code) = action "sing {x} {w}"
    rule a when sing(x, _) { prefer water(x) }
    unverified "none"
}
"#;

fn names(text: &str) -> Names {
    Names::of(&parse(text).items).expect("one domain")
}

#[test]
fn only_what_is_declared_can_be_named() {
    let mut judges = Judges::new(Root::Skill, Some(&names(GARDEN)));
    let skill = |member: &str| format!("skill s in garden {{ {member} }}");
    let right = [
        "for tend(_)",
        "for tend(rain)",
        "rule r when wet(x) and owner(x, w) and rain() and dry(x) and needs(w, _) and tend(w) { prefer water(x) }",
        "rule r when once rain() within 2 steps and count(wet(_)) > 1 and available water(_) { avoid water(_) }",
        "rule r when every wet(wet): owner(wet, w) and no rain() with needs(x, y) { forbid sing(x, y) }",
        "rule r when waters is \"anything\" and wetter in y { let z = all k: wet(k) advise \"x\" }",
        "event new(x: code, y: item) = action \"x\"",
        "fluent f(x: item) initiated by tend(x) terminated by rain()",
        "assert a: never sing(x, _) and not wet(x)",
    ];
    for member in right {
        assert_eq!(judges.accept(&skill(member)), [true; 3], "{member}");
    }
    let wrong = [
        // Unknown names, other arity, another sort, another domain.
        "for water(_)",
        "for tend(_, _)",
        "for mend(_)",
        "rule r when wets(x) { prefer water(x) }",
        "rule r when wet() { prefer water(x) }",
        "rule r when owner(x) { prefer water(x) }",
        "rule r when rain(_) { prefer water(x) }",
        "rule r when once wet(x) { prefer water(x) }",
        "rule r when available rain() { prefer water(x) }",
        "rule r when wet(x) { prefer rain() }",
        "rule r when wet(x) { prefer wet(x) }",
        "rule r when every dry(x): wet(x) { prefer water(x) }",
        "rule r when count(needs(_, _)) > 1 { prefer water(x) }",
        "rule r when wet(rule) { prefer water(x) }",
        "rule r when code(x) { prefer water(x) }",
        "rule r when plant(x) { prefer water(x) }",
        "event new(x: codes) = action \"x\"",
        "event new(x: plant) = action \"x\"",
        "fluent f(x: item) initiated by wet(x)",
    ];
    for member in wrong {
        assert_eq!(judges.accept(&skill(member)), [false; 3], "{member}");
        // Only the names are wrong with them.
        let mut all = Judges::new(Root::Skill, None);
        assert!(member.contains("(rule)") || all.accept(&skill(member)) == [true; 3], "{member}");
    }
    assert_eq!(judges.accept("skill s in kitchen {}"), [false; 3]);
}

/// Without tasks no skill can say which task it is for.
#[test]
fn what_a_domain_has_none_of_is_left_out() {
    let names = names("domain bare { event wait() = action \"wait\" }");
    let mut judges = Judges::new(Root::Skill, Some(&names));
    assert_eq!(judges.accept("skill s in bare { rule r when wait() { avoid wait() } }"), [true; 3]);
    assert_eq!(judges.accept("skill s in bare { for wait() }"), [false; 3]);
    let ebnf = export(Notation::Ebnf, Root::Skill, Some(&names)).expect("a grammar");
    assert!(!ebnf.contains("for_clause") && !ebnf.contains("domain ="), "{ebnf}");
}

#[test]
fn skills_of_the_repository_fit_their_domains() {
    let skills = Path::new(env!("CARGO_MANIFEST_DIR")).join("skills");
    let mut fitting = 0;
    for folder in std::fs::read_dir(skills).expect("readable") {
        let loaded = load(&[folder.expect("an entry").path()]).expect("skills");
        fitting += fit(&loaded.files);
    }
    assert!(fitting > 70, "{fitting}");
}

#[test]
fn sound_random_programs_fit_their_domains() {
    let fitting: usize = (0..25).map(|seed| fit(&program(seed).files)).sum();
    assert!(fitting > 50, "{fitting}");
}

/// How many skills there are; each must fit the grammar of the names that the files declare.
fn fit(files: &[SourceFile]) -> usize {
    let items: Vec<Item> = files.iter().flat_map(|file| parse(&file.text).items).collect();
    let mut judges = Judges::new(Root::Skill, Some(&Names::of(&items).expect("one domain")));
    let skills = items.iter().filter_map(|item| if let Item::Skill(skill) = item { Some(skill) } else { None });
    let fitting = skills.map(|skill| {
        let text = print::skill(skill);
        assert_eq!(judges.accept(&text), [true; 3], "{text}");
    });
    fitting.count()
}

#[test]
fn a_domain_is_needed_and_one_only() {
    let told = |text: &str| Names::of(&parse(text).items).expect_err("refused").to_string();
    assert_eq!(told("skill a in b {}"), "no domain is declared there");
    assert_eq!(told("domain a {} domain b {}"), "several domains are declared there: `a`, `b`");
}

#[test]
fn the_printed_forms() {
    for (form, notation) in [("ebnf", Notation::Ebnf), ("lark", Notation::Lark), ("gbnf", Notation::Gbnf)] {
        assert_snapshot!(form, export(notation, Root::File, None).expect("a grammar"));
    }
    let names = names(GARDEN);
    assert_snapshot!("garden", export(Notation::Ebnf, Root::Patch, Some(&names)).expect("a grammar"));
}

#[cfg(feature = "cli")]
#[test]
fn the_command_prints_what_the_library_makes() {
    use crate::cli::{code, reskill, text};
    let output = reskill(&["grammar", "--as", "ebnf", "--root", "skill"]);
    assert_eq!(code(&output), 0);
    assert_eq!(text(&output.stdout), export(Notation::Ebnf, Root::Skill, None).expect("a grammar"));
    let output = reskill(&["grammar", "--as", "gbnf", "--domain", "skills/household"]);
    let loaded = load(&["skills/household".into()]).expect("skills");
    let items: Vec<Item> = loaded.files.iter().flat_map(|file| parse(&file.text).items).collect();
    let names = Names::of(&items).expect("one domain");
    assert_eq!(text(&output.stdout), export(Notation::Gbnf, Root::Patch, Some(&names)).expect("a grammar"));
    for (wrong, why) in [("skills", "several domains"), ("nowhere", "nowhere: "), ("docs/codes/kitchen.skill", "")] {
        let output = reskill(&["grammar", "--as", "lark", "--domain", wrong]);
        assert_eq!(code(&output), if why.is_empty() { 0 } else { 2 }, "{wrong}");
        assert!(text(&output.stderr).contains(why), "{wrong}: {}", text(&output.stderr));
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let answer = folder.path().join("answer.json");
    std::fs::write(&answer, r#"["patch", "\"why\"", "{", [["retire", "old"]], "}"]"#).expect("written");
    let output = reskill(&["grammar", "--render", answer.to_str().expect("UTF-8")]);
    assert_eq!(text(&output.stdout), "patch \"why\" { retire old }\n");
    std::fs::write(&answer, "[").expect("written");
    assert_eq!(code(&reskill(&["grammar", "--render", answer.to_str().expect("UTF-8")])), 2);
}
