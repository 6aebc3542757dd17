//! Names over several texts: what each occurrence stands for, and that a rename changes what it must and nothing else.

use proptest::prelude::*;
use reskill::lang::check::{SourceFile, check};
use reskill::lang::names::index::Index;
use reskill::lang::names::rename::{RenameError, rename};
use reskill::lang::names::{NameKind, Names, Role, collect};
use reskill::lang::parse::parse;
use reskill::lang::source::{Source, SourceToken};

const DOMAIN: &str = r#"domain d {
    task find(goal: words) = "find {goal}" | /^seek (?<goal>.+)$/
    task any(goal: words) = find(goal)
    kind lamp = "desk lamp" | "floorlamp"
    kind light = "lamp" | "candle"
    type asin = /[bB][0-9a-z]{9}/
    table price(code: asin, cost: money) = ("b000000001", 2)
    fails "no {...}"
    event see(x: item) = observation "you see {x} \"{{x}}\" here"
    event buy(code: asin) = action /^buy \[(?<code>[^\](?<x>]+)\]$/
    event open(r: item) = action "open { r }" then observation "The {r} is {open|shut}{.?}"
    fluent seen(x: item) max 20 initiated by see(x)
    fluent last() -> x: item set by see(x) with not seen(x)
    define lit(x: item) = x is "light" and no seen(y) with y is "lamp"
}
"#;

const SKILLS: &str = r#"skill look in d {
    for find(goal)
    event own(x: item) = observation "own {x}"
    fluent owned(x: item) initiated by own(x)
    rule r1 when lit(x) and seen(x) and every owned(z): (seen(z) and z is "lamp") or when own(x) and shared(goal, "b") > 1 {
        advise "{x} and {rest}"
        let rest = all z: owned(z) and not last(z)
        prefer open(y) where seen(y) and words(goal) >= 2
    }
    assert a1: whenever own(x) then seen(x) within 3 steps
    example e1 {
        task "find x"
        expect not r1
        expect violated a1
    }
}
patch "p" {
    modify look {
        drop assert a1
        replace rule r1 when owned(x) { prefer open(x) }
        replace fluent owned(x: item) initiated by own(x)
    }
    retire look
}
"#;

fn names(texts: &[&str]) -> Vec<Names> {
    texts
        .iter()
        .map(|text| {
            let parsed = parse(text);
            assert_eq!(parsed.diagnostics, [], "{text}");
            collect(&parsed.items, text)
        })
        .collect()
}

/// The texts after a rename of what stands at the `nth` occurrence of `needle` in text `unit`.
fn renamed(texts: &[&str], unit: usize, needle: &str, nth: usize, new: &str) -> Result<Vec<String>, RenameError> {
    let all = names(texts);
    let index = Index::new(all.iter().collect());
    let (at, _) = texts[unit].match_indices(needle).nth(nth).expect(needle);
    let occurrence = all[unit].at(at).unwrap_or_else(|| panic!("no name at {needle}"));
    let symbol = index.symbol(unit, occurrence);
    let mut places = rename(&index, &symbol, new)?;
    places.sort_by_key(|(unit, span)| (*unit, std::cmp::Reverse(span.start)));
    let mut changed: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    for (unit, span) in places {
        changed[unit].replace_range(span.range(), new);
    }
    Ok(changed)
}

#[test]
fn every_name_is_found_with_its_kind() {
    let all = names(&[DOMAIN, SKILLS]);
    for (text, names) in [DOMAIN, SKILLS].iter().zip(&all) {
        for occurrence in &names.occurrences {
            assert_eq!(&text[occurrence.span.range()], occurrence.text);
        }
        // Every word that is neither reserved nor in quotes is an occurrence.
        let source = Source::new(text).expect("small");
        for lexeme in source.lexemes.iter().filter(|l| l.token == SourceToken::Word) {
            let word = source.slice(lexeme.span);
            let known = names.occurrences.iter().any(|o| o.span.start == lexeme.span.start);
            let reserved = reskill::lang::keywords::meaning(word).is_some() || word == "_";
            assert!(known || reserved, "{word} at {}", lexeme.span.start);
        }
    }
    let kinds = |name: &str| -> Vec<(NameKind, Role)> {
        let of = all[1].occurrences.iter().filter(|o| o.text == name);
        of.map(|o| (o.kind, o.role)).collect()
    };
    assert_eq!(kinds("look")[0], (NameKind::Skill, Role::Definition));
    assert_eq!(kinds("rest"), [(NameKind::Variable, Role::Use), (NameKind::Variable, Role::Definition)]);
    assert_eq!(kinds("r1")[0], (NameKind::Rule, Role::Definition));
}

#[test]
fn renames_reach_patterns_expressions_quotes_and_patches() {
    let texts = [DOMAIN, SKILLS];
    let lines = |unit: usize, needle: &str, nth: usize, new: &str| -> Vec<String> {
        let changed = renamed(&texts, unit, needle, nth, new).unwrap_or_else(|error| panic!("{needle}: {error}"));
        let pairs = texts.iter().zip(&changed);
        pairs
            .flat_map(|(a, b)| a.lines().zip(b.lines()))
            .filter(|(a, b)| a != b)
            .map(|(_, b)| b.trim().to_owned())
            .collect()
    };
    assert_eq!(
        lines(0, "goal: words", 0, "thing"),
        [r#"task find(thing: words) = "find {thing}" | /^seek (?<thing>.+)$/"#]
    );
    assert_eq!(lines(0, "code: asin", 1, "id"), [r"event buy(id: asin) = action /^buy \[(?<id>[^\](?<x>]+)\]$/"]);
    assert_eq!(
        lines(0, "r: item", 0, "place"),
        [r#"event open(place: item) = action "open { place }" then observation "The {place} is {open|shut}{.?}""#]
    );
    assert_eq!(lines(0, "x: item", 0, "it"), [r#"event see(it: item) = observation "you see {it} \"{{x}}\" here""#]);
    assert_eq!(lines(0, "asin =", 0, "mark").len(), 3);
    // A group: where it is declared, in another group, in quotes after `is`.
    assert_eq!(
        lines(0, "lamp =", 0, "bulb"),
        [
            r#"kind bulb = "desk lamp" | "floorlamp""#,
            r#"kind light = "bulb" | "candle""#,
            r#"define lit(x: item) = x is "light" and no seen(y) with y is "bulb""#,
            r#"rule r1 when lit(x) and seen(x) and every owned(z): (seen(z) and z is "bulb") or when own(x) and shared(goal, "b") > 1 {"#,
        ]
    );
    // A skill's own fluent, in the patch that modifies the skill, too; a rule and an assertion likewise.
    assert_eq!(lines(1, "owned(x", 0, "mine").len(), 5);
    assert_eq!(lines(1, "r1 when", 0, "first_rule").len(), 3);
    assert_eq!(lines(1, "a1:", 0, "kept").len(), 3);
    assert_eq!(lines(1, "look in", 0, "search").len(), 3);
    assert_eq!(lines(0, "d {", 0, "world").len(), 2);
    assert_eq!(lines(0, "seen(x", 0, "noticed").len(), 6);
    // The `z` of a quantifier is not the `z` of the list.
    assert_eq!(lines(1, "z)", 0, "w").len(), 1);
    assert_eq!(lines(1, "z: owned", 0, "w"), ["let rest = all w: owned(w) and not last(w)"]);
    assert_eq!(lines(1, "rest}", 0, "them").len(), 2);
}

#[test]
fn unsafe_renames_are_refused() {
    let texts = [DOMAIN, SKILLS];
    let refused =
        |unit: usize, needle: &str, new: &str| renamed(&texts, unit, needle, 0, new).expect_err(needle).to_string();
    assert!(refused(0, "seen(x", "see").contains("event `see` is declared already"));
    // A skill's own name is taken for the domain's, and the other way round.
    assert!(refused(0, "seen(x", "owned").contains("fluent `owned` is declared already"));
    assert!(refused(1, "owned(x", "lit").contains("definition `lit` is declared already"));
    assert!(refused(0, "asin =", "number").contains("is a type of the language"));
    assert!(refused(0, "item) max", "thing").contains("is a type of the language"));
    assert!(refused(0, "lamp =", "candle").contains("would become a name of this group"));
    assert!(refused(0, "seen(x", "not").contains("is no name"));
    assert!(refused(0, "seen(x", "a b").contains("is no name"));
    assert!(refused(0, "seen(x", "é").contains("is no name"));
    assert!(refused(1, "goal)", "z").contains("has a meaning where this variable is used"));
    assert!(refused(1, "goal)", "aim").contains("a patch modifies skill `look`"));
    let unknown = ["domain d { }", "skill s in d { rule r when nothing(x) { prefer e(x) } }"];
    assert!(matches!(renamed(&unknown, 1, "nothing", 0, "n"), Err(RenameError::Undeclared(_))));
}

#[test]
fn types_of_variables_come_from_what_binds_them() {
    let all = names(&[DOMAIN, SKILLS]);
    let index = Index::new(all.iter().collect());
    let type_of = |needle: &str, nth: usize| {
        let (at, _) = SKILLS.match_indices(needle).nth(nth).expect(needle);
        index.type_of(&index.symbol(1, all[1].at(at).expect(needle)))
    };
    assert_eq!(type_of("goal)", 0).as_deref(), Some("words"));
    assert_eq!(type_of("rest}", 0).as_deref(), Some("list"));
    assert_eq!(type_of("y) where", 0).as_deref(), Some("item"));
}

/// The language server reads large items element by element: what it knows is what the whole tree says.
#[cfg(feature = "cli")]
#[test]
fn elements_have_the_names_that_the_whole_has() {
    use reskill::lang::load::load;
    use reskill::lsp::piece::cut;

    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<String> = vec![format!("{DOMAIN}{SKILLS}")];
    texts.extend(
        load(&[root.join("skills"), root.join("tests/data")]).expect("there").files.into_iter().map(|f| f.text),
    );
    for text in texts {
        let mut found = Vec::new();
        for (base, piece) in cut(&text, &[]) {
            assert!(piece.gaps().is_empty(), "{}", piece.text);
            let place =
                |o: &reskill::lang::names::Occurrence| (base + o.span.start as usize, o.text.clone(), o.kind, o.role);
            found.extend(piece.names().occurrences.iter().map(place));
        }
        let whole = collect(&parse(&text).items, &text);
        let place = |o: &reskill::lang::names::Occurrence| (o.span.start as usize, o.text.clone(), o.kind, o.role);
        assert_eq!(found, whole.occurrences.iter().map(place).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// A rename that is allowed adds no finding, and renaming back gives the text that was.
    #[test]
    fn a_rename_keeps_the_findings_and_can_be_undone(pick in any::<prop::sample::Index>(), new in "[a-z]{1,6}") {
        let texts = [DOMAIN, SKILLS];
        let all = names(&texts);
        let index = Index::new(all.iter().collect());
        let places: Vec<(usize, usize)> = all
            .iter()
            .enumerate()
            .flat_map(|(unit, names)| names.occurrences.iter().map(move |o| (unit, o.span.start as usize)))
            .collect();
        let (unit, at) = places[pick.index(places.len())];
        let symbol = index.symbol(unit, all[unit].at(at + 1).expect("a name"));
        let apply = |texts: &[String], places: Vec<(usize, reskill::lang::span::Span)>, new: &str| {
            let mut places = places;
            places.sort_by_key(|(unit, span)| (*unit, std::cmp::Reverse(span.start)));
            let mut changed = texts.to_vec();
            for (unit, span) in places {
                changed[unit].replace_range(span.range(), new);
            }
            changed
        };
        let before: Vec<String> = texts.iter().map(|t| (*t).to_owned()).collect();
        let Ok(edits) = rename(&index, &symbol, &new) else { return Ok(()) };
        let first = *edits.iter().min_by_key(|(unit, span)| (*unit, span.start)).expect("an edit");
        let changed = apply(&before, edits, &new);
        let count = |texts: &[String]| {
            let files: Vec<SourceFile> = texts.iter().map(|t| SourceFile::new("t", t.as_str())).collect();
            check(&files).findings.len()
        };
        prop_assert_eq!(count(&changed), count(&before), "{}", changed.join("\n"));
        let refs: Vec<&str> = changed.iter().map(String::as_str).collect();
        let again = names(&refs);
        let index = Index::new(again.iter().collect());
        let occurrence = again[first.0].at(first.1.start as usize + 1).expect("still a name");
        let back = rename(&index, &index.symbol(first.0, occurrence), symbol.name());
        prop_assert_eq!(apply(&changed, back.expect("the old name was free"), symbol.name()), before);
    }
}
