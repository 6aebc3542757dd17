//! Formatting: idempotent, adds no finding, refuses what it cannot read, and the command around it.

use std::fs;

use proptest::prelude::*;
use reskill::lang::check::{SourceFile, check};
use reskill::lang::format::{FormatError, format};
use reskill::lang::print;
use reskill::lang::source::{Source, SourceToken};

use crate::cli::{beside_domain, code, reskill, text, typed};
use crate::lang::{specimen, trees};

fn codes(text: &str) -> Vec<&'static str> {
    let mut codes: Vec<&str> =
        check(&[SourceFile::new("x.skill", text)]).findings.iter().map(|f| f.diagnostic.code.id()).collect();
    codes.sort_unstable();
    codes
}

/// The same tokens with other trivia between them: what stands at `n` goes before token n.
fn respaced(text: &str, trivia: &[&str]) -> String {
    let source = Source::new(text).expect("a small file");
    let mut out = String::new();
    let tokens = source.lexemes.iter().filter(|l| l.token != SourceToken::Blank);
    for (token, space) in tokens.zip(trivia.iter().cycle()) {
        let shown = source.slice(token.span);
        // A sign belongs to its number.
        let number = out.ends_with('-') && token.token == SourceToken::Number;
        match space.is_empty() {
            _ if number => {}
            true => out.push(' '),
            false => out.push_str(space),
        }
        out.push_str(shown);
        if token.token == SourceToken::Comment {
            out.push('\n');
        }
    }
    out
}

fn trivia() -> impl Strategy<Value = Vec<&'static str>> {
    let some = prop::sample::select(vec!["", " ", "\n", "\r\n", "\n\n\n\n", "\t ", " // here\n", "\n// there\n\n"]);
    prop::collection::vec(some, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn formatting_is_idempotent_and_adds_no_finding(items in trees::items(), trivia in trivia()) {
        let text = respaced(&print::items(&items), &trivia);
        let once = format(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        let twice = format(&once);
        prop_assert_eq!(twice.as_ref(), Ok(&once), "{}", once);
        prop_assert_eq!(codes(&text), codes(&once), "{}", text);
    }

    #[test]
    fn a_sound_file_stays_sound_however_it_is_spaced(trivia in trivia()) {
        let text = respaced(&specimen(), &trivia);
        let once = format(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        let twice = format(&once);
        prop_assert_eq!(twice.as_ref(), Ok(&once));
        prop_assert_eq!(codes(&once), Vec::<&str>::new());
    }

    #[test]
    fn any_text_is_formatted_or_refused(text in any::<String>()) {
        match format(&text) {
            Ok(_) | Err(FormatError::Broken(_)) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}

#[test]
fn comments_alone_are_their_own_canonical_form() {
    let text = "// nothing yet\n\n// but soon\n";
    assert_eq!(format(text), Ok(text.to_owned()));
}

const LOOSE: &str = "skill s in household { // loose
  unverified \"x\"

  example e {} }";
const TIGHT: &str = "skill s in household {
    // loose
    unverified \"x\"
    example e {
    }
}
";

#[test]
fn fmt_refuses_what_is_broken_and_formats_the_others() {
    let (folder, path) = beside_domain("loose.skill", LOOSE.as_bytes());
    let broken = folder.path().join("broken.skill");
    let binary = folder.path().join("binary.skill");
    fs::write(&broken, "skill b in household { rule }").expect("written");
    fs::write(&binary, b"\xff").expect("written");
    let folder = folder.path().to_str().expect("UTF-8");

    let output = reskill(&["fmt", "--check", folder]);
    assert_eq!(code(&output), 1);
    assert!(text(&output.stdout).contains("loose.skill: not in canonical form"), "{}", text(&output.stdout));
    let output = reskill(&["fmt", "--diff", folder]);
    assert_eq!(code(&output), 1);
    assert!(text(&output.stdout).contains("-  unverified \"x\"\n"), "{}", text(&output.stdout));
    assert_eq!(fs::read_to_string(&path).expect("there"), LOOSE, "both write nothing");

    let output = reskill(&["fmt", folder]);
    assert_eq!(code(&output), 1, "two files were refused");
    let shown = text(&output.stdout);
    assert!(shown.contains("E0201") && shown.contains("E0101"), "{shown}");
    assert!(text(&output.stderr).ends_with(", 2 refused\n"), "{}", text(&output.stderr));
    let formatted = fs::read_to_string(&path).expect("there");
    assert_eq!(formatted.replace("\n\n", "\n"), TIGHT);
    assert_eq!(fs::read_to_string(&broken).expect("there"), "skill b in household { rule }");
    assert_eq!(fs::read(&binary).expect("there"), b"\xff");

    let output = reskill(&["fmt", "--check", path.to_str().expect("UTF-8")]);
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn fmt_reads_stdin_and_writes_stdout() {
    let output = typed(&["fmt", "-"], LOOSE);
    assert_eq!(code(&output), 0);
    assert_eq!(text(&output.stdout).replace("\n\n", "\n"), TIGHT);
    let canonical = text(&output.stdout);
    assert_eq!(code(&typed(&["fmt", "--check", "-"], &canonical)), 0);
    assert_eq!(code(&typed(&["fmt", "--check", "-"], LOOSE)), 1);
    let output = typed(&["fmt", "-"], "skill {");
    assert_eq!(code(&output), 1);
    assert_eq!(text(&output.stdout), "", "what is broken is not passed on");
    assert!(text(&output.stderr).contains("E0201"), "{}", text(&output.stderr));
    assert_eq!(code(&reskill(&["fmt", "-", "skills"])), 2);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (folder, path) = beside_domain("loose.skill", LOOSE.as_bytes());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("allowed");
    let link = folder.path().join("link.skill");
    symlink(&path, &link).expect("linked");
    assert_eq!(code(&reskill(&["fmt", link.to_str().expect("UTF-8")])), 0);
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o640);
    assert_ne!(fs::read_to_string(&path).expect("there"), LOOSE);
}
