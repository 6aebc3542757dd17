//! The language reference: every block of code in docs/language.md is checked and its examples are run. A block says after
//! its fence what it is: a whole `file`, or declarations of the page's `domain`, `rules` or `assertions` of a skill in it.

use reskill::engine::examples;
use reskill::lang::check::{SourceFile, check};

use super::lang::diagnostics;

fn blocks(page: &str) -> Vec<(&str, &str)> {
    let fenced = page.split("```skill ").skip(1).filter_map(|rest| rest.split_once("```"));
    fenced.filter_map(|(block, _)| block.split_once('\n')).collect()
}

#[test]
fn every_block_of_the_reference_checks_and_its_examples_hold() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/language.md");
    let page = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let blocks = blocks(&page);
    let of = |kind: &str| -> Vec<&str> { blocks.iter().filter(|(k, _)| *k == kind).map(|(_, text)| *text).collect() };
    let known = ["file", "domain", "rules", "assertions"];
    assert!(blocks.iter().all(|(kind, _)| known.contains(kind)), "a block of another kind");
    let files = of("file");
    let [domain, rest @ ..] = files.as_slice() else { panic!("the page has a domain") };
    let fails = "fails \"Nothing happens.\"\n";
    assert!(domain.contains(fails));
    let text = format!(
        "{}\nskill more in kitchen {{ for bring(what, _) {} {} example none {{ }} }}\n{}\n{}",
        domain.replacen(fails, &format!("{fails}{}", of("domain").concat()), 1),
        of("rules").concat(),
        of("assertions").concat(),
        "skill old_skill in kitchen { unverified \"to be retired\" example none { } }",
        rest.concat(),
    );
    let analysis = check(&[SourceFile::new("language.md", text.as_str())]);
    assert_eq!(diagnostics::render(&text, analysis.findings.iter().map(|f| &f.diagnostic)), "");
    let run = examples::run(&analysis.checked);
    assert_eq!(diagnostics::render(&text, run.failures.iter().map(|f| &f.diagnostic)), "");
    assert!(run.expectations >= 3 && run.examples >= 3, "{run:?}");
}
