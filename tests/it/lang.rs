//! The language from text to checked program: printing and parsing are inverse, nothing makes the parser panic, and
//! every kind of finding reads as it should.

pub mod diagnostics;
pub mod trees;

use proptest::prelude::*;
use reskill::lang::check::{SourceFile, check};
use reskill::lang::parse::parse;
use reskill::lang::print;
use reskill::lang::source::Source;

pub fn specimen() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/household.skill");
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_specimen_is_sound_and_prints_canonically() {
    let text = specimen();
    let analysis = check(&[SourceFile::new("household.skill", text.as_str())]);
    assert_eq!(diagnostics::render(&text, analysis.findings.iter().map(|f| &f.diagnostic)), "");
    assert_eq!((analysis.checked.domains.len(), analysis.checked.skills.len()), (1, 2));
    let printed = print::items(&analysis.trees[0]);
    insta::assert_snapshot!("specimen", printed);
    let again = parse(&printed);
    assert_eq!(again.items, analysis.trees[0]);
    assert_eq!(print::items(&again.items), printed);
    // Every comment survives.
    let comments = |text: &str| text.matches("//").count();
    assert_eq!(comments(&printed), comments(&text), "{printed}");
}

#[test]
fn a_byte_order_mark_and_line_ends_of_windows_change_nothing() {
    let text = specimen();
    let marked = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let parsed = parse(&marked);
    assert_eq!(diagnostics::render(&marked, &parsed.diagnostics), "");
    assert_eq!(parsed.items, parse(&text).items);
    let broken = marked.replacen("fluent hot", "fluemt hot", 1);
    let label = parse(&broken).diagnostics[0].labels[0].span;
    assert_eq!(&broken[label.range()], "fluemt");
}

#[test]
fn an_item_that_is_broken_leaves_its_neighbours_whole() {
    let text = specimen().replacen("rule deliver when", "rule deliver where", 1);
    let parsed = parse(&text);
    assert_eq!((parsed.items.len(), parsed.diagnostics.len()), (3, 1));
}

#[test]
fn a_comment_survives_wherever_it_stands() {
    let text = specimen();
    let comments = |text: &str| text.matches("//").count();
    let source = Source::new(&text).expect("a small file");
    for lexeme in &source.lexemes {
        let mut marked = text.clone();
        marked.insert_str(lexeme.span.start as usize, "\n// here\n");
        let parsed = parse(&marked);
        assert!(parsed.diagnostics.is_empty(), "{}", diagnostics::render(&marked, &parsed.diagnostics));
        let printed = print::items(&parsed.items);
        assert_eq!(comments(&printed), comments(&marked), "{marked}\nprints as\n{printed}");
        assert_eq!(parse(&printed).items, parsed.items);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_parses_to_the_same_tree(items in trees::items()) {
        let printed = print::items(&items);
        let parsed = parse(&printed);
        prop_assert!(parsed.diagnostics.is_empty(), "{}\n{}", diagnostics::render(&printed, &parsed.diagnostics), printed);
        prop_assert_eq!(&parsed.items, &items, "{}", printed);
        prop_assert_eq!(print::items(&parsed.items), printed);
    }

    #[test]
    fn trees_of_any_shape_are_checked_without_panic(items in trees::items()) {
        let text = print::items(&items);
        check(&[SourceFile::new("random.skill", text)]);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        check(&[SourceFile::new("random.skill", text)]);
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&[SourceFile::new("random.skill", String::from_utf8_lossy(&bytes))]);
    }

    #[test]
    fn no_mutation_of_a_sound_file_makes_the_parser_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40, "\\PC{0,3}|[(){}\"\\\\\n_=.,0-9-]{1,2}|(skill|not|and|when|patch|in) ?"), 1..6)
    ) {
        let mut text: Vec<char> = specimen().chars().collect();
        for (at, length, put) in changes {
            let at = at.index(text.len() + 1);
            let end = text.len().min(at + length);
            text.splice(at..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        let analysis = check(&[SourceFile::new("mutated.skill", text.as_str())]);
        for finding in &analysis.findings {
            for label in &finding.diagnostic.labels {
                let range = label.span.range();
                prop_assert!(text.get(range.clone()).is_some(), "{:?} at {range:?} of {} bytes", finding, text.len());
            }
        }
        // Whatever of it parses prints and parses again.
        let printed = print::items(&analysis.trees[0]);
        prop_assert_eq!(&parse(&printed).items, &analysis.trees[0], "{}", printed);
    }
}
