//! The pages of the codes: each has its sections, its wrong snippet yields exactly its code, and its mended one does not.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use reskill::engine::examples;
use reskill::lang::ast::{Item, Skill};
use reskill::lang::check::{SourceFile, check};
use reskill::lang::diag::Code;
use reskill::lang::explain::{Snippet, by_id, page, snippets};
use reskill::lang::lint::lint;
use reskill::lang::load::load;
use reskill::lang::patch;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/codes"))
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let files = fs::read_dir(folder()).expect("docs/codes").map(|e| e.expect("an entry").path());
    let pages: BTreeSet<String> = files
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.id().to_owned()).collect();
    assert_eq!(codes.len(), Code::ALL.len(), "a code is used twice");
    assert_eq!(pages, codes);
    let titles: BTreeSet<&str> = Code::ALL.iter().map(|code| code.title()).collect();
    assert_eq!(titles.len(), Code::ALL.len(), "two codes have one title");
}

#[test]
fn every_page_has_its_title_and_its_sections() {
    for code in Code::ALL {
        let title = format!("# {}: {}\n", code.id(), code.title());
        assert!(code.page().starts_with(&title), "{} begins with {:?}", code.id(), code.page().lines().next());
        for (heading, body) in page(*code).sections() {
            assert!(!body.is_empty(), "{}: nothing under {heading:?}", code.id());
        }
        let headings = code.page().lines().filter(|l| l.starts_with("## ")).count();
        assert_eq!(headings, 4, "{}: a section too many", code.id());
        assert_eq!(by_id(&code.id().to_lowercase()), Some(*code));
    }
}

#[test]
fn wrong_snippets_yield_exactly_their_code_and_mended_ones_do_not() {
    for code in Code::ALL {
        let page = page(*code);
        let (wrong, mended) = (snippets(page.example), snippets(page.to_do));
        assert!(!wrong.is_empty() && !mended.is_empty(), "{}: a snippet is missing", code.id());
        for snippet in wrong {
            assert_eq!(found(&snippet, "wrong"), BTreeSet::from([code.id()]), "{}:\n{}", code.id(), snippet.text);
        }
        for snippet in mended {
            assert_eq!(found(&snippet, "mended"), BTreeSet::new(), "{}:\n{}", code.id(), snippet.text);
        }
    }
}

/// The codes that a snippet yields. Its info string is `skill KIND`, or `hex KIND` for a file's bytes; then where it
/// stands: a file (nothing more), or `member` of a skill, `statement` of a rule, `declaration` of a domain; or
/// `times=N`: a file that repeats it. Whatever does not declare a domain itself speaks of `kitchen.skill`.
fn found(snippet: &Snippet, kind: &str) -> BTreeSet<&'static str> {
    let mut info = snippet.info.split(' ');
    let language = info.next().expect("an info string");
    assert_eq!(info.next(), Some(kind), "{}", snippet.info);
    let text = snippet.text;
    let skill = |member: &str| {
        format!("skill s in kitchen {{ for heat(_, _)\n{member}\nunverified \"a snippet\" example e {{}} }}")
    };
    let bytes = match (language, info.next()) {
        ("hex", None) => {
            text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("hexadecimal")).collect()
        }
        ("skill", None) => text.to_owned().into_bytes(),
        ("skill", Some("member")) => skill(text).into_bytes(),
        ("skill", Some("statement")) => {
            skill(&format!("rule r when holding(x) and place_of(x, r) {{ {text} }}")).into_bytes()
        }
        ("skill", Some("declaration")) => {
            format!("domain d {{ event take(x: item) = action \"take {{x}}\"\n{text} }}").into_bytes()
        }
        ("skill", Some(times)) => {
            let times = times.strip_prefix("times=").and_then(|n| n.parse().ok()).expect("a place or times=N");
            text.repeat(times).into_bytes()
        }
        other => panic!("{other:?}: no such kind of snippet"),
    };
    codes(&bytes)
}

fn codes(bytes: &[u8]) -> BTreeSet<&'static str> {
    let folder_of_it = tempfile::tempdir().expect("a temporary folder");
    let path = folder_of_it.path().join("snippet.skill");
    fs::write(&path, bytes).expect("written");
    if !String::from_utf8_lossy(bytes).starts_with("domain") {
        fs::copy(folder().join("kitchen.skill"), folder_of_it.path().join("domain.skill")).expect("copied");
    }
    let loaded = load(&[folder_of_it.path().to_owned()]).expect("both files are there");
    let mut analysis = check(&loaded.files);
    lint(&loaded.files, &mut analysis);
    let mut found: Vec<Code> = analysis.findings.iter().map(|f| f.diagnostic.code).collect();
    found.extend(loaded.findings.iter().map(|f| f.diagnostic.code));
    found.extend(examples::run(&analysis.checked).failures.iter().map(|f| f.diagnostic.code));
    let items = || analysis.trees.iter().flatten();
    let bank: Vec<Skill> =
        items().filter_map(|i| if let Item::Skill(skill) = i { Some(skill.clone()) } else { None }).collect();
    for item in items() {
        if let Item::Patch(patch) = item
            && let Err(conflicts) = patch::apply(&bank, patch)
        {
            found.extend(conflicts.iter().map(|d| d.code));
        }
    }
    found.into_iter().map(Code::id).collect()
}

#[test]
fn the_domain_of_the_pages_is_sound() {
    let text = fs::read_to_string(folder().join("kitchen.skill")).expect("kitchen.skill");
    let findings = check(&[SourceFile::new("kitchen.skill", text)]).findings;
    assert_eq!(findings, []);
}

#[cfg(feature = "cli")]
mod command {
    use crate::cli::{code, reskill, text};
    use reskill::lang::diag::Code;

    #[test]
    fn explain_prints_a_page_and_lists_all() {
        let output = reskill(&["explain", "e0401"]);
        assert_eq!(code(&output), 0);
        insta::assert_snapshot!("page", text(&output.stdout));
        let output = reskill(&["explain"]);
        assert_eq!(text(&output.stdout).lines().count(), Code::ALL.len());
        let output = reskill(&["explain", "--json", "W1003"]);
        let page: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(page["code"], "W1003");
        assert!(page["mended"][0].as_str().expect("a snippet").contains("example"), "{page:#}");
    }

    #[test]
    fn a_code_that_is_none_ends_with_2_and_the_nearest() {
        let output = reskill(&["explain", "E041"]);
        assert_eq!(code(&output), 2);
        assert_eq!(text(&output.stderr), "error: there is no code `E041`; did you mean E0401?\n");
    }
}
