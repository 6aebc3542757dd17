//! `reskill bank export`: a version as files that say where they are from, and that mean what they meant.

use std::fs;
use std::path::{Path, PathBuf};

use reskill::bank::served;
use reskill::bank::version::{Origin, Version};
use reskill::lang::check::{SourceFile, check};
use reskill::lang::meaning::hash;

use super::cli::{code, reskill, text};

/// Exports from a run beside `out`; what was said.
fn export(run: &Path, out: &Path, more: &[&str]) -> (i32, String) {
    let mut arguments = vec!["bank", "export", run.to_str().unwrap(), "--out", out.to_str().unwrap()];
    arguments.extend(more);
    let output = reskill(&arguments);
    let folder = run.parent().unwrap().to_str().unwrap();
    (code(&output), text(&output.stderr).replace(folder, "DIR"))
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = (fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    all.sort();
    all
}

/// The meanings of all skills, by file.
fn meanings(files: &[(String, String)]) -> Vec<String> {
    let sources: Vec<SourceFile> = files.iter().map(|(name, text)| SourceFile::new(name, &**text)).collect();
    let checked = check(&sources).checked;
    checked.skills.iter().map(|skill| hash(&checked, skill)).collect()
}

fn fixture() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (run, out) = (folder.path().join("run"), folder.path().join("out"));
    super::history::run(&run);
    (folder, run, out)
}

#[test]
fn each_skill_says_where_it_is_from() {
    let (_folder, run, out) = fixture();
    assert_eq!(export(&run, &out, &[]).0, 0);
    let mut told = String::new();
    for version in ["2", "4"] {
        let out = out.with_file_name(version);
        assert_eq!(export(&run, &out, &["--version", version]).0, 0);
        for (name, text) in files(&out) {
            told += &format!("---- version {version}: {name}\n{text}");
        }
    }
    insta::assert_snapshot!(told);
    let exported = files(&out);
    let label = Version::load_all(&run.join("bank")).unwrap().last().unwrap().label();
    let stored = files(&run.join("bank").join(label)).into_iter().filter(|(name, _)| name.ends_with(".skill"));
    assert_eq!(meanings(&exported), meanings(&stored.collect::<Vec<_>>()), "doc comments mean nothing");
    let output = reskill(&["check", out.to_str().unwrap()]);
    // The fixture's skills have no examples, which `check` says; there is nothing else.
    let said = text(&output.stdout);
    assert!(said.contains("0 errors") && said.matches("W1").count() == said.matches("W1003").count(), "{said}");
}

#[test]
fn another_run_begins_with_it_and_lines_do_not_pile_up() {
    let (folder, run, out) = fixture();
    assert_eq!(export(&run, &out, &["--version", "2"]).0, 0);
    // As a run reads `skills.domain` and `skills.paths`.
    let seed = served::read(&out.join("domain.skill"), std::slice::from_ref(&out)).unwrap();
    assert_eq!(seed.len(), files(&out).len());
    let next = folder.path().join("next");
    super::history::run(&next);
    let of_next = Version::new(1, None, Origin::Seed, seed).unwrap();
    // The next run's bank, had it begun with what was exported.
    fs::remove_dir_all(next.join("bank")).unwrap();
    of_next.save(&next.join("bank")).unwrap();
    let name = reskill::bank::record::VersionName { number: 1, hash: of_next.hash().to_owned() };
    let event = reskill::bank::record::Event::Started {
        format: reskill::bank::record::JOURNAL_FORMAT,
        seed: 1,
        version_test: Default::default(),
        incumbent: name,
    };
    fs::remove_file(next.join("journal.jsonl")).unwrap();
    let record = reskill::bank::record::Record { step: 0, event };
    let mut journal = reskill::bank::journal::Journal::begin(&next.join("journal.jsonl"), &record).unwrap();
    journal.sync().unwrap();
    let again = folder.path().join("again");
    assert_eq!(export(&next, &again, &[]).0, 0);
    assert_eq!(files(&again), files(&out), "what is known of a seed skill from an earlier run stays");
}

#[test]
fn a_folder_is_replaced_only_when_told_and_only_if_it_holds_skills() {
    let (_folder, run, out) = fixture();
    assert_eq!(export(&run, &out, &[]).0, 0);
    fs::write(out.join("gone.skill"), "").unwrap();
    let mut said = vec![export(&run, &out, &[])];
    assert!(out.join("gone.skill").exists());
    assert_eq!(export(&run, &out, &["--force"]).0, 0);
    assert!(!out.join("gone.skill").exists() && out.join("domain.skill").exists());
    fs::write(out.join("notes.txt"), "mine").unwrap();
    said.push(export(&run, &out, &["--force"]));
    assert!(out.join("notes.txt").exists());
    said.push(export(&run, &out.with_file_name("other"), &["--version", "9"]));
    said.push(export(&run.join("nowhere"), &out.with_file_name("other"), &[]));
    let said: Vec<String> = said.into_iter().map(|(code, said)| format!("{code} {said}")).collect();
    insta::assert_snapshot!(said.concat());
}
