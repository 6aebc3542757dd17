//! Differences by meaning, and the hash of what a skill means.

use proptest::prelude::*;
use reskill::lang::ast::{self, Atom, DeclKind, Item, MemberKind, StatementKind};
use reskill::lang::check::{Analysis, SourceFile, check};
use reskill::lang::diff::{Change, Difference, diff};
use reskill::lang::meaning::hash;
use reskill::lang::print;

use crate::lang::specimen;

/// A skill that uses every part of the language whose meaning counts.
const BANK: &str = r#"domain kitchen {
    task bring(what: kind, spot: kind) = "bring a {what} to the {spot}" | "put some {what} on the {spot}"
    fails "Nothing happens."
    type code = /[a-z][0-9]/
    kind seat = "chair" | "stool"
    table tool(how, place) = ("fry", "stove") | ("roast", "oven")
    event take(x: item) = action "take {x}"
    event put(x: item, r: item) = action "put {x} on {r}" then observation "You put the {x}"
    event wash(x: item) = action "wash {x}"
    event see(r: item, xs: list) = observation "On the {r}, you see {xs}."
    event priced(p: money) = each observation "Price: {p}"
    event pick(c: code) = action "pick {c}"
    event unused(x: item) = action "wave {x}"
    fluent holding(x: item) initiated by take(x) terminated by put(x, _)
    fluent clean(x: item) max 20 initiated by wash(x)
    fluent place(x: item) -> r: item set by see(r, xs) with x in xs cleared by take(x)
    define wanted(x: item, o: kind) = x is o and not holding(x)
}
skill s in kitchen {
    for bring(what, spot)
    rule one when holding(x) and x is what and not clean(x) and place(y, r) and wanted(y, what) or when put(x, r) and step >= 2 {
        let rest = all z: place(z, q) and q is "seat" and not clean(z)
        priority 2
        at most 3 times
        advise "Wash {x}; still {rest}."
        prefer wash(x) where clean(x) and x is what
        avoid put(x, r)
        forbid take(z) where place(z, w) and w is spot
    }
    rule two when every holding(x): (clean(x) and x is what) and count(holding(_)) >= 2 and tool(h, p) and p contains h {
        suggest "pick a1"
    }
    assert washed: whenever put(x, r) and x is what and r is spot then clean(x) within 3 steps because "Why not."
    assert calm: at most 2 consecutive once pick(_) within 4 steps and not repeated
    example e { task "bring a cup to the table" action "take cup 1" observation "Taken." expect one }
}
"#;

fn analysis(text: &str) -> Analysis {
    let analysis = check(&[SourceFile::new("bank.skill", text)]);
    let errors: Vec<_> = analysis.errors().map(|f| &f.diagnostic.message).collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
    analysis
}

fn hash_of(text: &str) -> String {
    let analysis = analysis(text);
    hash(&analysis.checked, &analysis.checked.skills[0])
}

/// `BANK` with one text in place of another.
fn with(from: &str, to: &str) -> String {
    assert_eq!(BANK.matches(from).count(), 1, "{from} stands there once");
    BANK.replace(from, to)
}

fn between(one: &str, other: &str) -> Difference {
    diff(&analysis(one), &analysis(other))
}

#[test]
fn what_does_not_count_changes_nothing() {
    let same = [
        with("and x is what and not clean(x) and place(y, r)", "and not clean(x) and place(y, r) and x is what"),
        with(
            "rule two when every holding(x): (clean(x) and x is what)",
            "// so\nrule two when every holding(k): (k is what and clean(k))",
        ),
        BANK.replace(
            "wanted(y, what) or when put(x, r) and step >= 2 {",
            "wanted(y, what) or when step >= 2 and put(x, r) {",
        ),
        BANK.replace("advise \"Wash {x}; still {rest}.\"", "")
            .replace("at most 3 times\n", "at most 3 times advise \"Wash {x}; still {rest}.\"\n"),
        with("| (\"roast\", \"oven\")", "| (\"roast\", \"oven\") // not the stove"),
        with("(\"fry\", \"stove\") | (\"roast\", \"oven\")", "(\"roast\", \"oven\") | (\"fry\", \"stove\")"),
        with("= \"chair\" | \"stool\"", "= \"stool\" | \"chair\""),
        BANK.replace("let rest = all z:", "let others = all z:").replace("{rest}", "{others}"),
        with(
            "define wanted(x: item, o: kind) = x is o and not holding(x)",
            "define wanted(y: item, k: kind) = not holding(y) and y is k",
        ),
        with(
            "event put(x: item, r: item) = action \"put {x} on {r}\"",
            "event put(a: item, b: item) = action \"PUT  {a} on {b}\"",
        )
        .replace("You put the {x}", "You put the {a}"),
    ];
    for text in same {
        assert_eq!(hash_of(&text), hash_of(BANK), "{text}");
        assert_eq!(between(BANK, &text), Difference::default(), "{text}");
    }
    // These are no part of the meaning, and yet a difference of the texts.
    for text in [
        with("Why not.", "Because."),
        with("bring a cup to the table", "bring a mug to the table"),
        with("assert calm", "assert quiet"),
        with("rule two", "rule three"),
    ] {
        let text = text.replace("action \"take cup 1\" observation \"Taken.\" expect one", "");
        let old = BANK.replace("action \"take cup 1\" observation \"Taken.\" expect one", "");
        assert_eq!(hash_of(&text), hash_of(BANK));
        let found = between(&old, &text);
        assert!(found.skills.len() == 1 && found.skills[0].same_meaning, "{found:?}");
    }
}

#[test]
fn every_operator_and_used_declaration_counts() {
    for (from, to) in [
        ("for bring(what, spot)", "for bring(spot, what)"),
        ("x is what and not clean(x) and", "x is what and clean(x) and"),
        ("step >= 2", "step > 2"),
        ("step >= 2", "step >= 3"),
        (" or when put(x, r)", " and put(x, r)"),
        ("priority 2", "priority 3"),
        ("at most 3 times", "at most 4 times"),
        ("all z: place(z, q)", "all q: place(z, q)"),
        ("Wash {x};", "Clean {x};"),
        ("prefer wash(x)", "avoid wash(x)"),
        ("where clean(x) and x is what", "where clean(x)"),
        ("avoid put(x, r)", "avoid put(x, _)"),
        ("w is spot", "w is what"),
        ("forbid take(z)", "prefer take(z)"),
        ("every holding(x): (", "some holding(x) with ("),
        ("every holding(x): (", "no holding(x) with ("),
        ("count(holding(_)) >= 2", "count(clean(_)) >= 2"),
        ("p contains h", "h contains p"),
        ("\"pick a1\"", "\"pick a2\""),
        ("whenever put(x, r)", "whenever once put(x, r)"),
        ("within 3 steps because", "because"),
        ("within 4 steps", "within 5 steps"),
        ("at most 2 consecutive", "at most 2 times"),
        ("not repeated", "repeated"),
        // Declarations.
        ("\"bring a {what} to the {spot}\" |", "\"bring the {what} to the {spot}\" |"),
        ("fails \"Nothing happens.\"", "fails \"Nothing happened.\""),
        ("type code = /[a-z][0-9]/", "type code = /[a-z][0-9]+/"),
        ("= \"chair\" | \"stool\"", "= \"chair\" | \"stools\""),
        ("(\"fry\", \"stove\")", "(\"fry\", \"pan\")"),
        ("\"take {x}\"", "\"take the {x}\""),
        ("then observation \"You put the {x}\"", ""),
        ("max 20", "max 21"),
        ("with x in xs", "with x in xs and not clean(x)"),
        ("terminated by put(x, _)", ""),
        ("= x is o and not holding(x)", "= x is o and holding(x)"),
        ("you see {xs}.", "you see {xs}!"),
    ] {
        let text = with(from, to);
        assert_ne!(hash_of(&text), hash_of(BANK), "{from} -> {to}");
        assert!(!between(BANK, &text).is_empty(), "{from} -> {to}");
    }
    let text = with("= action \"wave {x}\"", "= action \"shake {x}\"");
    assert_eq!(hash_of(&text), hash_of(BANK), "what is not used does not count");
}

#[test]
fn variables_in_other_places_count_where_they_look_alike() {
    let skill = |condition: &str| {
        with(
            "rule two when every holding(x): (clean(x) and x is what) and count(holding(_)) >= 2 and tool(h, p) and p contains h",
            &format!("rule two when {condition}"),
        )
    };
    let one = skill("place(a, b) and place(b, c) and place(c, a)");
    let other = skill("place(a, b) and place(b, a) and place(c, c)");
    assert_ne!(hash_of(&one), hash_of(&other));
    assert_eq!(hash_of(&one), hash_of(&skill("place(y, z) and place(z, x) and place(x, y)")));
}

#[test]
fn parts_that_differ_are_named() {
    let text = with("rule two when every", "rule second when every")
        .replace("step >= 2", "step >= 3")
        .replace("avoid put(x, r)", "avoid put(x, _)")
        .replace("at most 3 times", "at most 2 times")
        .replace("assert calm: at most 2", "assert calm: at most 3")
        .replace("Why not.", "For this.")
        .replace("example e {", "example f {")
        .replace("max 20", "max 30")
        .replace("event unused(x: item) = action \"wave {x}\"", "")
        + "skill t in kitchen { rule r when holding(x) { prefer wash(x) } }";
    let found = between(BANK, &text);
    insta::assert_json_snapshot!("parts", found);
}

#[test]
fn order_of_rules_is_a_difference() {
    let skill = |rules: &str| {
        let (domain, _) = BANK.split_once("skill s in").expect("it has one");
        format!("{domain}skill s in kitchen {{ {rules} }}")
    };
    let (a, b) = ("rule a when holding(x) { prefer wash(x) }", "rule b when clean(x) { avoid wash(x) }");
    let found = between(&skill(&format!("{a} {b}")), &skill(&format!("{b} {a}")));
    assert_eq!((found.skills[0].parts.len(), found.skills[0].parts[0].change), (1, Change::Reordered));
    assert!(!found.skills[0].same_meaning);
}

#[test]
fn skills_and_declarations_with_other_names_are_told_as_renamed() {
    let found = between(BANK, &with("skill s in kitchen", "skill other in kitchen"));
    assert_eq!(
        (found.skills.len(), found.skills[0].change, found.skills[0].from.as_deref()),
        (1, Change::Renamed, Some("s"))
    );
    let found = between(BANK, &with("event unused(", "event idle("));
    let declaration = &found.declarations[0];
    assert_eq!(
        (declaration.change, declaration.from.as_deref(), declaration.used_by.len()),
        (Change::Renamed, Some("unused"), 0)
    );
}

#[test]
fn own_declarations_count_under_their_own_names() {
    let own = "for bring(what, spot)\n event drop_all() = action \"drop all\"\n fluent done() initiated by drop_all()\n define lots(x: item) = holding(x) and clean(x)\n rule own when done() and lots(x) { avoid wash(x) }";
    let text = with("for bring(what, spot)", own);
    let renamed = text.replace("skill s in", "skill u in");
    assert_eq!(hash_of(&text), hash_of(&renamed));
    let changed = text.replace("\"drop all\"", "\"drop everything\"");
    assert_ne!(hash_of(&text), hash_of(&changed));
    let parts = &between(&text, &changed).skills[0].parts;
    assert_eq!((parts.len(), parts[0].sort, parts[0].name.as_deref()), (1, "event", Some("drop_all")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// However the literals of every condition are put, and printed or not, the meaning is the same.
    #[test]
    fn reordering_and_printing_keep_the_meaning(keys in prop::collection::vec(any::<u32>(), 64), of_specimen in any::<bool>()) {
        let text = if of_specimen { specimen() } else { BANK.to_owned() };
        let before = analysis(&text);
        let mut items = before.trees[0].clone();
        let mut keys = keys.into_iter().cycle();
        items.iter_mut().for_each(|item| shuffle_item(item, &mut || keys.next().expect("endless")));
        let printed = print::items(&items);
        let after = analysis(&printed);
        for (one, other) in before.checked.skills.iter().zip(&after.checked.skills) {
            prop_assert_eq!(hash(&before.checked, one), hash(&after.checked, other), "{}", printed);
        }
        prop_assert!(diff(&before, &after).is_empty(), "{}", printed);
    }
}

fn shuffle_item(item: &mut Item, key: &mut dyn FnMut() -> u32) {
    match item {
        Item::Domain(domain) => {
            for decl in &mut domain.decls {
                match &mut decl.kind {
                    DeclKind::Fluent { causes, .. } => {
                        causes.iter_mut().filter_map(|c| c.with.as_mut()).for_each(|c| shuffle(c, key))
                    }
                    DeclKind::Define { body, .. } => shuffle(body, key),
                    _ => {}
                }
            }
        }
        Item::Skill(skill) => {
            for member in &mut skill.members {
                match &mut member.kind {
                    MemberKind::Rule(rule) => {
                        rule.branches.iter_mut().for_each(|branch| shuffle(branch, key));
                        sort_by(&mut rule.branches, key);
                        for statement in &mut rule.statements {
                            match &mut statement.kind {
                                StatementKind::Let { body, .. } => shuffle(body, key),
                                StatementKind::Mark { filter: Some(filter), .. } => shuffle(filter, key),
                                _ => {}
                            }
                        }
                        sort_by(&mut rule.statements, key);
                    }
                    MemberKind::Assertion(assertion) => {
                        assertion.form.conditions_mut().for_each(|condition| shuffle(condition, key));
                    }
                    _ => {}
                }
            }
        }
        Item::Patch(_) => {}
    }
}

fn shuffle(conj: &mut ast::Conj, key: &mut dyn FnMut() -> u32) {
    for literal in &mut conj.0 {
        if let Atom::Quantified { body, .. } = &mut literal.atom {
            shuffle(body, key);
        }
    }
    sort_by(&mut conj.0, key);
}

fn sort_by<T: Clone>(list: &mut Vec<T>, key: &mut dyn FnMut() -> u32) {
    let mut keyed: Vec<(u32, T)> = list.drain(..).map(|one| (key(), one)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    list.extend(keyed.into_iter().map(|(_, one)| one));
}

#[cfg(feature = "cli")]
mod command {
    use super::*;
    use crate::cli::{code, reskill, text};
    use std::fs;

    fn run(one: &str, other: &str, more: &[&str]) -> (i32, String) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (a, b) = (folder.path().join("a.skill"), folder.path().join("b.skill"));
        fs::write(&a, one).expect("written");
        fs::write(&b, other).expect("written");
        let output = reskill(&[&["diff", a.to_str().expect("UTF-8"), b.to_str().expect("UTF-8")], more].concat());
        (code(&output), text(&output.stdout) + &text(&output.stderr))
    }

    #[test]
    fn people_and_programs_are_told() {
        assert_eq!(run(BANK, &format!("// a comment\n{BANK}"), &[]), (0, "same meaning\n".to_owned()));
        let text = with("step >= 2", "step >= 3").replace("max 20", "max 30").replace("rule two", "rule three");
        let (status, shown) = run(BANK, &text, &[]);
        assert_eq!(status, 1);
        insta::assert_snapshot!("told", shown);
        let (status, shown) = run(BANK, &text, &["--json"]);
        let found: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!((status, &found["skills"][0]["parts"][0]["what"][0]), (1, &"trigger".into()));
        assert_eq!(found["declarations"][0]["used_by"][0], "s");
    }

    #[test]
    fn what_has_errors_is_not_compared() {
        let (status, shown) = run(BANK, &with("not clean(x) and place", "not claen(x) and place"), &[]);
        assert_eq!((status, shown.contains("claen") && shown.contains("nothing was compared")), (2, true), "{shown}");
    }
}
