//! The command line as people meet it: real processes, their output and exit codes.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub fn reskill(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reskill"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs")
}

/// The same with something to read.
pub fn typed(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_reskill"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

/// A folder with the household's domain and one more file.
pub fn beside_domain(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let domain = Path::new(env!("CARGO_MANIFEST_DIR")).join("skills/household/domain.skill");
    fs::copy(domain, folder.path().join("domain.skill")).expect("copied");
    let path = folder.path().join(name);
    fs::write(&path, content).expect("written");
    (folder, path)
}

fn check(path: &Path) -> (i32, String) {
    let output = reskill(&["check", path.to_str().expect("UTF-8")]);
    let shown = text(&output.stdout).replace(path.parent().expect("a folder").to_str().expect("UTF-8"), "DIR");
    (code(&output), shown + &text(&output.stderr))
}

#[test]
fn the_skills_of_the_repository_are_clean() {
    for command in ["check", "test"] {
        let output = reskill(&[command, "skills"]);
        assert_eq!(code(&output), 0, "{command}: {}", text(&output.stdout));
    }
}

#[test]
fn a_file_broken_in_five_ways_prints_five_diagnostics() {
    let (_folder, path) = beside_domain(
        "broken.skill",
        br#"skill one in household {
    for heat(object, place)
    rule warm when holding(x) && x is object { prefer heat_with(x, _) }
}
skill two in household {
    for heat(object, place)
    rule warm when holdin(x) and x is object { prefer heat_with(x, _) }
    unverified "still thinking"
    example none {}
}
skill three in household {
    rule go when holding(x) { prefer go_to(x, x) }
    unverified "still thinking"
    example none {}
}
skill four in household {
    rule go when holding(x) and x is mug { prefer put(x, _) }
    unverified "still thinking"
    example none {}
}
skill five in household {
    rule shine when holding(x) { advise "Look at [{x}]." }
    unverified "still thinking"
    example none {}
}
"#,
    );
    let (code, shown) = check(&path);
    assert_eq!(code, 1);
    insta::assert_snapshot!(shown);
}

#[test]
fn a_broken_skill_leaves_its_neighbours_whole() {
    let good = |name: &str| {
        format!(
            "skill {name} in household {{ rule go when holding(x) {{ advise \"This is {name}.\" prefer put(x, _) }} unverified \"no\" example e {{}} }}\n"
        )
    };
    let (folder, path) =
        beside_domain("three.skill", format!("{}skill bad in {{ (\n{}", good("a"), good("b")).as_bytes());
    let output = reskill(&["check", "--format", "json", folder.path().to_str().expect("UTF-8")]);
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = findings.as_array().expect("an array");
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["code"], "E0201");
    assert_eq!(findings[0]["labels"][0]["line"], 2);
    let (_, shown) = check(&path);
    assert!(shown.contains("2 skills of 1 domains"), "{shown}");
}

#[test]
fn hostile_files_get_a_message_and_no_panic() {
    let nested = format!("skill deep in household {{ rule a when {} {{ }} }}", "(".repeat(10_000));
    let large = "// long\n".repeat(10 << 17);
    let random: Vec<u8> = (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (name, content, part) in [
        ("nested.skill", nested.as_bytes(), "brackets nest deeper than 32"),
        ("large.skill", large.as_bytes(), "at most 4194304 are read"),
        ("random.skill", &random, "is not UTF-8 text"),
        ("empty.skill", b"", "all well"),
        ("prose.skill", b"Put the mug down.", "outside every domain, skill and patch"),
    ] {
        let (_folder, path) = beside_domain(name, content);
        let (code, shown) = check(&path);
        assert!(shown.contains(part), "{name}: {shown}");
        assert!(!shown.contains("panicked"), "{name}: {shown}");
        assert_eq!(code, i32::from(!shown.contains("all well")), "{name}");
    }
}

#[test]
fn a_path_that_is_not_there_ends_with_2() {
    let output = reskill(&["check", "no/such/folder"]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("no/such/folder"), "{}", text(&output.stderr));
    let output = reskill(&["check"]);
    assert_eq!(code(&output), 2);
}

#[test]
fn trace_tells_what_fired_and_what_broke() {
    let output = reskill(&["trace", "skills/textworld", "-t", "tests/data/textworld.jsonl", "--episode", "3"]);
    insta::assert_snapshot!(text(&output.stdout));
    let broken = tempfile::NamedTempFile::new().expect("a file");
    fs::write(broken.path(), "{\"task\": 7}\n").expect("written");
    let path = broken.path().to_str().expect("UTF-8");
    let output = reskill(&["trace", "skills/textworld", "-t", path]);
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("line 1: not an episode"), "{}", text(&output.stderr));
}
