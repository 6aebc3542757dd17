//! `reskill import` and `reskill export` as people meet them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use reskill::bank::journal::Journal;
use reskill::bank::record::{Event, JOURNAL_FORMAT, Record, VersionName};
use reskill::bank::version::{Origin, SkillFile, Version};
use serde::Deserialize;
use serde_json::Value;

use crate::cli::{code, reskill, text};
use crate::parity::fixture;

const SKILL: &str = "tests/data/foreign/open_first.md";

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn json_prints_the_fields() {
    #[derive(Deserialize)]
    struct Case {
        markdown: String,
        parsed: Value,
    }
    let folder = tempfile::tempdir().expect("a folder");
    let cases = fixture::<Case>("skill_md.jsonl");
    let files: Vec<String> = (0..cases.len())
        .map(|n| {
            let file = folder.path().join(format!("{n}.md"));
            fs::write(&file, &cases[n].markdown).expect("written");
            path(&file).to_owned()
        })
        .collect();
    let mut arguments = vec!["import", "--json"];
    arguments.extend(files.iter().map(String::as_str));
    let output = reskill(&arguments);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let shown: Vec<Value> = text(&output.stdout).lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let expected: Vec<Value> = cases.into_iter().map(|case| case.parsed).collect();
    assert_eq!(shown, expected);
}

#[test]
fn an_import_is_printed_and_told() {
    let output = reskill(&["import", SKILL]);
    assert_eq!(code(&output), 0);
    insta::assert_snapshot!(format!("{}\n{}", text(&output.stdout), text(&output.stderr)));
}

#[test]
fn skills_are_written_beside_a_domain_and_never_over_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("skills");
    let to = ["import", SKILL, "--out", path(&out)];
    assert_eq!(code(&reskill(&to)), 0);
    let output = reskill(&["check", path(&out)]);
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    let output = reskill(&["test", path(&out)]);
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
    let written = out.join("open_before_judging_empty.skill");
    fs::write(&written, "mine").expect("written");
    let output = reskill(&to);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("is there already; replace with --force"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(&written).expect("read"), "mine");
    assert_eq!(code(&reskill(&[&to[..], &["--force"]].concat())), 0);
    assert!(fs::read_to_string(&written).expect("read").contains("skill open_before_judging_empty in imported"));
}

#[test]
fn a_domain_is_kept_and_its_names_are_avoided() {
    let folder = tempfile::tempdir().expect("a folder");
    let domain = "domain house { fails \"no\" event acted() = action \"x\" }\n";
    fs::write(folder.path().join("domain.skill"), domain).expect("written");
    let out = path(folder.path());
    let output = reskill(&["import", SKILL, "--out", out]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("declares the domain `house`"), "{}", text(&output.stderr));
    let output = reskill(&["import", SKILL, "--out", out, "--domain", "house"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let written = fs::read_to_string(folder.path().join("open_before_judging_empty.skill")).expect("read");
    assert!(written.contains("in house {") && written.contains("event acted_2()"), "{written}");
    assert_eq!(fs::read_to_string(folder.path().join("domain.skill")).expect("read"), domain);
    let checks = folder.path().join("checks.json");
    fs::write(&checks, r#"[{"check_type": "action_exists", "params": {"pattern": "a"}}]"#).expect("written");
    let output = reskill(&["import", path(&checks), "--out", out, "--domain", "house"]);
    assert_eq!(code(&output), 1);
    assert!(text(&output.stderr).contains("has `fails`"), "{}", text(&output.stderr));
    assert_eq!(code(&reskill(&["import", SKILL, "--domain", "when"])), 2);
    // What could be said as a pattern would mean something else.
    fs::write(&checks, r#"[{"check_type": "observation_contains", "params": {"pattern": "is closed"}}]"#)
        .expect("written");
    let fresh = folder.path().join("fresh");
    assert_eq!(code(&reskill(&["import", path(&checks), "--out", path(&fresh)])), 0);
    let output = reskill(&["check", path(&fresh)]);
    assert_eq!(code(&output), 0, "{}", text(&output.stdout));
}

#[test]
fn bad_input_is_refused_by_file_and_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let large = vec![b'a'; (4 << 20) + 1];
    for (name, content, part) in [
        ("latin.md", &b"---\nname: \xe9\n---\n"[..], "latin.md:2: byte 10 is not UTF-8"),
        ("large.json", &large, "at most 4194304 are read"),
        ("plain.md", b"# Title", "name it with --from"),
        ("other.json", b"{\"a\": 1}", "name it with --from"),
        ("bad.md", b"---\nname: a\ntrigger_type: general\nversion: x\n---\n", "bad.md:4: `version` is \"x\""),
        ("yaml.md", b"---\r\nname: [\r\n---\r\n", "yaml.md:3: not YAML"),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, content).expect("written");
        let output = reskill(&["import", path(&file)]);
        assert_eq!(code(&output), 2, "{name}");
        assert!(text(&output.stderr).contains(part), "{name}: {}", text(&output.stderr));
    }
    let output = reskill(&["import", "no/such.md"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("no/such.md"));
}

#[test]
fn folders_and_standard_input_are_read_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("pdf");
    fs::create_dir(&inner).expect("created");
    fs::write(inner.join("SKILL.md"), "\u{feff}---\r\ndescription: \"Fill in forms\"\r\n---\r\nDo it.\r\n")
        .expect("written");
    fs::write(folder.path().join("README.md"), "# Skills").expect("written");
    fs::write(folder.path().join("note.txt"), "---").expect("written");
    let output = reskill(&["import", path(folder.path())]);
    assert_eq!(code(&output), 1);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(out.contains("skill pdf in imported") && !out.contains('\r'), "{out}");
    assert!(err.contains("README.md: note: not read") && err.contains("it is called `pdf` after its file"), "{err}");
    let mut child = Command::new(env!("CARGO_BIN_EXE_reskill"))
        .args(["import", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let given = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(SKILL)).expect("read");
    child.stdin.take().expect("piped").write_all(&given).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert!(text(&output.stdout).contains("skill open_before_judging_empty"), "{}", text(&output.stderr));
}

#[test]
fn a_bank_is_exported_to_folders() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let to = ["export", "skills/household", "--as", "skill-md", "--out", path(&out)];
    let output = reskill(&to);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert!(out.join("heat-then-place/SKILL.md").is_file());
    assert_eq!(code(&reskill(&to)), 2);
    assert_eq!(code(&reskill(&[&to[..], &["--force"]].concat())), 0);
    // What other agents read comes back.
    assert_eq!(code(&reskill(&["import", path(&out), "--out", path(&folder.path().join("back"))])), 1);
    let output = reskill(&["export", "skills/household", "--as", "json"]);
    let bank: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(bank["task_specific_skills"]["heat"].as_array().is_some_and(|list| list.len() == 2), "{bank}");
    let output = reskill(&["export", "skills/household", "--as", "skill-md"]);
    assert!(code(&output) == 2 && text(&output.stderr).contains("--out"));
}

#[test]
fn a_run_is_exported_with_the_bank_in_force() {
    let run = tempfile::tempdir().expect("a folder");
    let bank = run.path().join("bank");
    fs::create_dir(&bank).expect("created");
    let version = |number: u64, skill: &str| {
        let files = [
            ("domain.skill", "domain d {\n}\n".to_owned()),
            ("s.skill", format!("skill {skill} in d {{ unverified \"x\" }}\n")),
        ];
        let files = files.map(|(name, text)| SkillFile { name: name.to_owned(), text }).to_vec();
        let version = Version::new(number, None, Origin::Seed, files).expect("a version");
        version.save(&bank).expect("stored");
        VersionName { number, hash: version.hash().to_owned() }
    };
    let (first, second) = (version(1, "kept"), version(2, "tried"));
    let started =
        Event::Started { format: JOURNAL_FORMAT, seed: 1, version_test: Default::default(), incumbent: first };
    let journal = run.path().join("journal.jsonl");
    let mut journal = Journal::begin(&journal, &Record { step: 0, event: started }).expect("begun");
    let event = Event::TestStarted { proposal: None, challenger: second, changes: vec!["tried".to_owned()] };
    journal.record(&Record { step: 1, event }).expect("recorded");
    journal.sync().expect("synced");
    let output = reskill(&["export", path(run.path()), "--as", "skill-md"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("name: kept"), "{}", text(&output.stdout));
}
