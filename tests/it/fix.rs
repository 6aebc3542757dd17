//! Fixes: what they mend, and the law that no fix adds an error to a file.

use proptest::prelude::*;
use reskill::lang::check::{Finding, SourceFile, check};
use reskill::lang::diag::{Applicability, Code, Diagnostic};
use reskill::lang::fix::{MAX_ROUNDS, Mended, mend};
use reskill::lang::span::Span;

use crate::lang::specimen;

const DOMAIN: &str = r#"domain d {
    event take(x: item) = action "take {x}"
    event cook(x: item, r: item) = action "cook {x} with {r}"
    fluent holding(x: item) initiated by take(x)
    define raw(x: item) = holding(x)
}
"#;

fn find(files: &[SourceFile]) -> Vec<Finding> {
    check(files).findings
}

fn skill(members: &str) -> Vec<SourceFile> {
    let text = format!("skill s in d {{\n{members}\nunverified \"a test\" example e {{}}\n}}\n");
    vec![SourceFile::new("domain.skill", DOMAIN), SourceFile::new("s.skill", text)]
}

fn mended(members: &str, allowed: Applicability) -> (String, usize, usize) {
    let Mended { files, applied, refused } = mend(skill(members), allowed, find);
    let inner = files[1].text.trim_start_matches("skill s in d {\n");
    (inner.split_once("\nunverified").expect("the frame stays").0.to_owned(), applied.iter().sum(), refused)
}

#[test]
fn habits_are_mended_one_after_another() {
    let (text, applied, refused) = mended(
        "rule r when holding(x)&&!raw(x); and step == 3 and x is ‘mug 1’ { advise “Do \"it\"”; avoid take(_); }",
        Applicability::Safe,
    );
    assert_eq!(
        text,
        "rule r when holding(x) and not raw(x) and step = 3 and x is \"mug 1\" { advise \"Do \\\"it\\\"\" avoid take(_) }"
    );
    assert_eq!((applied, refused), (8, 0));
}

#[test]
fn a_guess_is_made_only_when_asked_for() {
    let slip = "rule r when hodling(x) { avoid take(x) }";
    assert_eq!(mended(slip, Applicability::Safe), (slip.to_owned(), 0, 0));
    let (text, applied, _) = mended(slip, Applicability::Unsafe);
    assert_eq!((text.as_str(), applied), ("rule r when holding(x) { avoid take(x) }", 1));
}

#[test]
fn what_is_used_once_becomes_anything() {
    let (text, applied, _) = mended("rule r when cook(x, r) and holding(y) { avoid take(_) }", Applicability::Safe);
    assert_eq!((text.as_str(), applied), ("rule r when cook(_, _) and holding(_) { avoid take(_) }", 3));
}

/// Replaces every digit by the next one; `2` and what is beyond is an error, so that some fixes do harm.
fn counting(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in files.iter().enumerate() {
        for (at, digit) in source.text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
            let code = if digit < '2' { Code::Unused } else { Code::Syntax };
            let span = Span::new(at, at + 1);
            let next = if digit == '9' { "0".to_owned() } else { (digit as u8 + 1 - b'0').to_string() };
            findings.push(Finding {
                file,
                diagnostic: Diagnostic::error(code, "a digit").label(span, "").fix("", span, next),
            });
        }
    }
    findings
}

#[test]
fn of_many_fixes_only_those_that_do_harm_are_left_out() {
    let files = vec![SourceFile::new("a", "0101"), SourceFile::new("b", "00"), SourceFile::new("c", "11")];
    let done = mend(files, Applicability::Safe, counting);
    let texts: Vec<&str> = done.files.iter().map(|f| f.text.as_str()).collect();
    assert_eq!(texts, ["1111", "11", "11"]);
    assert_eq!((done.applied, done.refused), (vec![2, 2, 0], 8));
}

#[test]
fn fixes_that_go_round_in_circles_end() {
    let files = vec![SourceFile::new("a", "5")];
    let find = |files: &[SourceFile]| {
        let mut findings = counting(files);
        findings.iter_mut().for_each(|f| f.diagnostic.severity = reskill::lang::diag::Severity::Warning);
        findings
    };
    assert_eq!(mend(files, Applicability::Safe, find).applied, [MAX_ROUNDS]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fix_adds_no_error(
        slips in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![
            ("and", "&&"), ("not ", "!"), ("=", "=="), ("\"", "“"), (")", ");"), ("holding", "hodling"), ("object", "objet"),
            ("(x", "(y"), ("_", "z"), ("take", "tale"), ("is", "=="), ("or when", "||"), ("item", "itme"), ("{", "{;"),
        ])), 1..8),
        allowed in prop::sample::select(vec![Applicability::Safe, Applicability::Unsafe]),
    ) {
        let mut text = specimen();
        for (at, (right, wrong)) in slips {
            let places: Vec<usize> = text.match_indices(right).map(|(at, _)| at).collect();
            if !places.is_empty() {
                let at = *at.get(&places);
                text.replace_range(at..at + right.len(), wrong);
            }
        }
        // Half of the file is another file: what one declares, the other uses.
        let cut = text.find("\n/// For every task").unwrap_or(text.len());
        let files = vec![SourceFile::new("a.skill", &text[..cut]), SourceFile::new("b.skill", &text[cut..])];
        let errors = |files: &[SourceFile]| {
            let findings = find(files);
            [0, 1].map(|file| findings.iter().filter(|f| f.file == file && f.diagnostic.is_error()).count())
        };
        let before = errors(&files);
        let done = mend(files.clone(), allowed, find);
        let after = errors(&done.files);
        prop_assert!(after[0] <= before[0] && after[1] <= before[1], "{before:?} errors became {after:?} in\n{}", done.files[0].text);
        // A second time there is nothing left to do.
        let again = mend(done.files.clone(), allowed, find);
        prop_assert_eq!(&again.files, &done.files);
        if done.applied == [0, 0] {
            prop_assert_eq!(&done.files, &files);
        }
    }
}

#[cfg(feature = "cli")]
mod command {
    use crate::cli::{beside_domain, code, reskill, text};
    use std::fs;

    const SLIPS: &str = "skill s in household {
    for heat(object, place)
    rule warm when holding(x) && x is objet { avoid put(x, y) }
    unverified \"a test\"
    example none {}
}
";

    #[test]
    fn fix_mends_the_file_and_tells_what_remains() {
        let (_folder, path) = beside_domain("s.skill", SLIPS.as_bytes());
        let file = path.to_str().expect("UTF-8");
        let output = reskill(&["check", "--fix", "--diff", file]);
        assert_eq!(code(&output), 1);
        assert_eq!(fs::read_to_string(&path).expect("there"), SLIPS, "a diff writes nothing");
        insta::assert_snapshot!("diff", text(&output.stdout).replace(file, "FILE"));
        assert_eq!(text(&output.stderr), "1 finding would be mended in 1 file\n");

        let output = reskill(&["check", "--fix", "--format", "concise", file]);
        assert_eq!(code(&output), 1);
        insta::assert_snapshot!("remains", text(&output.stdout).replace(file, "FILE"));

        let output = reskill(&["check", "--unsafe-fixes", "--format", "concise", file]);
        assert_eq!(code(&output), 0, "{}", text(&output.stdout));
        assert_eq!(
            fs::read_to_string(&path).expect("there"),
            SLIPS.replace("&&", "and").replace("objet", "object").replace("(x, y)", "(x, _)")
        );
    }

    #[test]
    fn a_domain_that_was_not_named_is_not_written() {
        let (folder, path) = beside_domain("s.skill", SLIPS.replace("objet", "object").as_bytes());
        let domain = folder.path().join("domain.skill");
        let broken = fs::read_to_string(&domain).expect("there").replace("happens.\"", "happens.\";");
        fs::write(&domain, &broken).expect("written");
        reskill(&["check", "--fix", path.to_str().expect("UTF-8")]);
        assert_eq!(fs::read_to_string(&domain).expect("there"), broken);
        let output = reskill(&["check", "--fix", "--format", "json", folder.path().to_str().expect("UTF-8")]);
        assert_ne!(fs::read_to_string(&domain).expect("there"), broken);
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("stdout is JSON, and nothing beside it");
    }

    #[test]
    fn a_file_that_is_no_text_is_not_touched() {
        let (folder, path) = beside_domain("s.skill", b"skill \xff");
        let output = reskill(&["check", "--unsafe-fixes", folder.path().to_str().expect("UTF-8")]);
        assert_eq!(code(&output), 1);
        assert_eq!(fs::read(&path).expect("there"), b"skill \xff");
    }
}
