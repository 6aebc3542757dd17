//! Texts that a grammar allows, at random: all parse. What a language model would write under the grammar is among them.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use reskill::lang::ast::Item;
use reskill::lang::check::{SourceFile, check};
use reskill::lang::grammar::{Names, Notation, Root, export, render};
use reskill::lang::parse::parse;

use super::guided::Guide;
use super::notation;
use super::programs::is_syntax;

const HOUSEHOLD: &str = include_str!("../../../skills/household/domain.skill");

/// Texts are hurried to their end after so many bytes, and given up after so many.
const PATIENCE: usize = 400;
const LIMIT: usize = 20_000;

fn household() -> Names {
    Names::of(&parse(HOUSEHOLD).items).expect("one domain")
}

/// Samples that are whole, and how many were given up.
fn samples(guide: &Guide, wanted: usize) -> (Vec<String>, usize) {
    let mut given_up = 0;
    let mut found = Vec::new();
    for seed in 0.. {
        if found.len() == wanted || given_up > wanted {
            break;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        match guide.sample(&mut rng, PATIENCE, LIMIT) {
            Some(text) => found.push(text),
            None => given_up += 1,
        }
    }
    (found, given_up)
}

#[test]
fn a_thousand_random_patches_parse() {
    let names = household();
    let guide = Guide::lark(&export(Notation::Lark, Root::Patch, Some(&names)).expect("a grammar"));
    let ebnf = notation::ebnf(&export(Notation::Ebnf, Root::Patch, Some(&names)).expect("a grammar"));
    let (texts, given_up) = samples(&guide, 1_000);
    let (mut sound, mut operations) = (0, 0);
    for text in &texts {
        assert_eq!(is_syntax(text, Root::Patch), Some(true), "{text}\n{:?}", parse(text).diagnostics);
        assert!(ebnf.accepts(text), "{text}");
        let files = [SourceFile::new("domain.skill", HOUSEHOLD), SourceFile::new("a.patch", text.as_str())];
        sound += usize::from(!check(&files).has_errors());
        let items = parse(text).items;
        operations += items.iter().map(|i| if let Item::Patch(p) = i { p.operations.len() } else { 0 }).sum::<usize>();
    }
    let bytes = texts.iter().map(String::len).sum::<usize>() / texts.len();
    println!(
        "{} patches of {bytes} bytes and {:.1} operations; {sound} have no error at all; {given_up} were not whole after {LIMIT} bytes",
        texts.len(),
        operations as f64 / texts.len() as f64
    );
    assert_eq!(texts.len(), 1_000);
}

/// The JSON form of any text that the schema allows renders to a text that parses.
#[test]
fn random_json_renders_to_text_that_parses() {
    for (root, names) in [(Root::Patch, Some(household())), (Root::Skill, None), (Root::File, None)] {
        let guide = Guide::json(&export(Notation::JsonSchema, root, names.as_ref()).expect("a grammar"));
        let lark = export(Notation::Lark, root, names.as_ref()).expect("a grammar");
        let mut lark = Guide::lark(&lark);
        let (texts, given_up) = samples(&guide, 100);
        println!("{root:?}: {given_up} were not whole after {LIMIT} bytes");
        assert_eq!(texts.len(), 100);
        for json in texts {
            let text = render(&serde_json::from_str(&json).expect("JSON"));
            assert_eq!(is_syntax(&text, root), Some(true), "{json}\n{text}\n{:?}", parse(&text).diagnostics);
            assert!(lark.accepts(&text), "{text}");
        }
    }
}

/// A whole patch in its JSON form, as docs/grammar.md shows it.
#[test]
fn the_documented_json_is_allowed_and_renders() {
    let doc = include_str!("../../../docs/grammar.md");
    let json = doc.split_once("```json\n").and_then(|(_, rest)| rest.split_once("```")).expect("a block of JSON").0;
    let text = doc.split_once("```skill\n").and_then(|(_, rest)| rest.split_once("```")).expect("a block of text").0;
    let mut guide = Guide::json(&export(Notation::JsonSchema, Root::Patch, Some(&household())).expect("a schema"));
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    assert!(guide.accepts(&serde_json::to_string(&value).expect("JSON")), "not as the schema wants it");
    let rendered = render(&value);
    assert_eq!(reskill::lang::print::items(&parse(&rendered).items), text);
}

/// What is no form of anything renders to something, too.
#[test]
fn any_json_renders() {
    for json in ["null", "[]", "{}", "[1, true, {\"a\": [\"b\", [[\"c\"]]]}]", "\"\""] {
        render(&serde_json::from_str(json).expect("JSON"));
    }
}
