//! The formats of findings, as the commands print them.

use std::path::Path;

use serde_json::Value;

use crate::cli::{beside_domain, code, reskill, text};

const BROKEN: &str = "skill é in household {}
skill two in household {
    rule warm when holdin(x) { avoid put(x, _) }
    rule warm when holding(y) { avoid go_to(_) }
    unverified \"100 %, for now\"
    example none {}
}
";

fn shown(path: &Path, format: &str) -> (i32, String) {
    let output = reskill(&["check", "--format", format, path.to_str().expect("UTF-8")]);
    assert_eq!(text(&output.stderr), "");
    (code(&output), text(&output.stdout).replace(path.parent().expect("a folder").to_str().expect("UTF-8"), "DIR"))
}

#[test]
fn lines_for_people_and_for_github() {
    let (_folder, path) = beside_domain("two, or: more.skill", BROKEN.as_bytes());
    for format in ["concise", "github"] {
        let (code, shown) = shown(&path, format);
        assert_eq!(code, 1);
        insta::assert_snapshot!(format, shown);
    }
}

#[test]
fn a_sarif_log_has_what_the_standard_wants() {
    let (_folder, path) = beside_domain("two of them.skill", BROKEN.as_bytes());
    let (code, shown) = shown(&path, "sarif");
    assert_eq!(code, 1);
    let log: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    assert!(!results.is_empty());
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(rules[index]["defaultConfiguration"]["level"], result["level"]);
        assert!(!result["message"]["text"].as_str().expect("a message").is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "file://DIR/two%20of%20them.skill");
        let region = &place["region"];
        for key in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(region[key].as_u64().expect("a number") >= 1, "{region}");
        }
    }
    let slip = results.iter().find(|r| r["ruleId"] == "E0301").expect("an unknown name");
    let region = &slip["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (region["startLine"].as_u64(), region["startColumn"].as_u64(), region["endColumn"].as_u64()),
        (Some(3), Some(20), Some(26))
    );
    let replacement = &slip["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "holding");
    assert_eq!(&replacement["deletedRegion"], region);
}

#[test]
fn nothing_found_is_told_in_every_format() {
    for (format, wanted) in [("concise", "0 skills of 1 domains: all well\n"), ("github", ""), ("json", "[]\n")] {
        let (_folder, path) = beside_domain("empty.skill", b"");
        let output = reskill(&["check", "--format", format, path.parent().and_then(Path::to_str).expect("UTF-8")]);
        assert_eq!((code(&output), text(&output.stdout).as_str()), (0, wanted), "{format}");
    }
    let output = reskill(&["test", "--format", "sarif", "skills/household"]);
    let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
}
