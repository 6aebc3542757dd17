//! Patches on files: every operation, every conflict, places of findings, and files that change whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use reskill::engine::examples::check_and_run;
use reskill::lang::check::{Finding, SourceFile};
use reskill::lang::diag::place;
use reskill::lang::patch::files::{PatchError, Place, Rewritten, rewrite};

const DOMAIN: &str = r#"domain kitchen {
    task bring(what: kind, spot: kind) = "bring a {what} to the {spot}"
    event take(x: item) = action "take {x}"
    event put(x: item, r: item) = action "put {x} on {r}"
    event wash(x: item) = action "wash {x}"
    fluent holding(x: item) initiated by take(x) terminated by put(x, _)
    fluent clean(x: item) initiated by wash(x)
}
"#;

/// Written as no printer would, so that a change of what was not touched shows.
const TWO: &str = r#"// Seeds of the kitchen.

/// Wash it first.
skill wash_first in kitchen { // as ever
  for bring(what,  _)
  // Nobody likes dirty cups.
  rule wash_it when holding(x) and x is what { prefer wash(x) } // soap
  assert washed: whenever put(x, _) and x is what then clean(x)
  example dirty { task "bring a cup to the table" action "take cup 1" observation "Taken." expect wash_it }
}

/// Look around.
skill   look  in kitchen {
  rule go when holding(_) { avoid take(_) }   // not twice
  unverified "advice only"
  example one { action "take cup 1" observation "Taken." expect go }
}
// The end.
"#;

fn bank() -> Vec<SourceFile> {
    vec![SourceFile::new("domain.skill", DOMAIN), SourceFile::new("two.skill", TWO)]
}

fn patched(operations: &str) -> Result<Rewritten, PatchError> {
    let patch = SourceFile::new("p.patch", format!("patch \"why\" {{\n{operations}\n}}\n"));
    rewrite(&bank(), &patch, check_and_run)
}

/// The texts after the patch, by file name; a file that is gone is empty.
fn texts(operations: &str) -> BTreeMap<String, String> {
    let rewritten = patched(operations).unwrap_or_else(|error| panic!("{operations}: {error:#?}"));
    let name = |place: &Place| match place {
        Place::Old(at) => bank()[*at].name.clone(),
        Place::New(name) => name.clone(),
    };
    rewritten.files.iter().map(|f| (name(&f.place), f.text.clone().unwrap_or_default())).collect()
}

/// `file:line:column text-of-the-place: message (help)`, one a line.
fn refused(operations: &str) -> String {
    let Err(PatchError::Findings(findings)) = patched(operations) else { panic!("it fits: {operations}") };
    let text = format!("patch \"why\" {{\n{operations}\n}}\n");
    findings.iter().map(|finding| told(finding, &text)).collect::<Vec<_>>().join("\n")
}

fn told(finding: &Finding, patch: &str) -> String {
    let bank = bank();
    let (name, text) = bank.get(finding.file).map_or(("p", patch), |f| (f.name.as_str(), f.text.as_str()));
    let diagnostic = &finding.diagnostic;
    let span = diagnostic.labels.first().expect("a place").span;
    let (line, column) = place(text, span.start as usize);
    let help = diagnostic.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{name}:{line}:{column} `{}`: {}{help}", &text[span.range()], diagnostic.message)
}

#[test]
fn modify_changes_members_and_nothing_else() {
    let texts = texts(
        "modify look {
            replace rule go when holding(x) and not clean(x) { prefer wash(x) }
            add assert calm: at most 3 consecutive take(_)
            drop example one
            add example two { action \"take cup 1\" observation \"Taken.\" expect go }
        }",
    );
    assert_eq!(texts.len(), 1);
    let text = &texts["two.skill"];
    let before = TWO.find("/// Look around.").expect("there");
    assert_eq!(text[..before], TWO[..before], "what the patch does not touch stays as it was written");
    insta::assert_snapshot!("modified", text[before..]);
}

#[test]
fn a_replaced_skill_keeps_its_place_and_the_head_of_its_file() {
    let said = "skill wash_first in kitchen { rule r when holding(x) { prefer wash(x) } unverified \"x\" }";
    let text = &texts(&format!("replace {said}"))["two.skill"];
    assert!(
        text.starts_with("// Seeds of the kitchen.\n\n/// Wash it first.\n// as ever\nskill wash_first in"),
        "{text}"
    );
    assert!(text.ends_with(&TWO[TWO.find("\n\n/// Look around.").expect("there")..]), "{text}");
    let last = &texts("replace skill look in kitchen { rule r when holding(x) { prefer wash(x) } }")["two.skill"];
    assert!(last.contains("/// Look around.\nskill look in kitchen {") && last.ends_with("}\n// The end.\n"), "{last}");
    let text = &texts(&format!("/// Anew.\nreplace {said}"))["two.skill"];
    assert!(text.starts_with("// Seeds of the kitchen.\n\n/// Anew.\nskill wash_first in"), "{text}");
}

#[test]
fn a_retired_skill_takes_only_its_own_comments_along() {
    let last = TWO.find("/// Look around.").expect("there");
    let first = &texts("retire wash_first")["two.skill"];
    assert_eq!(*first, format!("// Seeds of the kitchen.\n\n{}", &TWO[last..]));
    let text = &texts("retire look")["two.skill"];
    assert_eq!(*text, format!("{}// The end.\n", &TWO[..last]));
    let text = &texts("retire look retire wash_first")["two.skill"];
    assert_eq!(text, "// Seeds of the kitchen.\n\n// The end.\n");
}

#[test]
fn a_file_without_anything_left_goes() {
    let bank = [
        SourceFile::new("domain.skill", DOMAIN),
        SourceFile::new("a.skill", "/// Its own.\nskill a in kitchen { rule r when holding(x) { prefer wash(x) } }\n"),
    ];
    let patch = SourceFile::new("p", "patch \"gone\" { retire a }");
    let rewritten = rewrite(&bank, &patch, check_and_run).expect("it fits");
    assert_eq!((rewritten.files[0].place.clone(), rewritten.files[0].text.clone()), (Place::Old(1), None));
}

#[test]
fn an_added_skill_has_a_file_of_its_own() {
    let texts =
        texts("// New.\nadd skill calm in kitchen { rule r when holding(x) { prefer wash(x) } unverified \"x\" }");
    assert_eq!(texts.keys().collect::<Vec<_>>(), ["calm.skill"]);
    assert!(texts["calm.skill"].starts_with("// New.\nskill calm in kitchen {\n"), "{}", texts["calm.skill"]);
}

#[test]
fn several_operations_apply_together() {
    let texts = texts(
        "retire look
         modify wash_first { drop assert washed add assert clean_one: always step <= 9 }
         add skill calm in kitchen { rule r when holding(x) { prefer wash(x) } }",
    );
    assert_eq!(texts.len(), 2);
    assert!(!texts["two.skill"].contains("skill   look") && texts["two.skill"].contains("clean_one"));
}

#[test]
fn every_conflict_is_told_at_its_place() {
    let skill = |name: &str| format!("skill {name} in kitchen {{ rule r when holding(x) {{ prefer wash(x) }} }}");
    let rule = "rule wash_it when holding(x) { prefer wash(x) }";
    let cases = [
        "retire look modify look { drop example one }".to_owned(),
        "retire nothere retire nothere".to_owned(),
        "retire lok".to_owned(),
        format!("replace {}", skill("wash_frist")),
        format!("add {}", skill("look")),
        "modify loook { drop rule go }".to_owned(),
        format!("modify wash_first {{ add {rule} }}"),
        "modify wash_first { drop rule wash_itt }".to_owned(),
        "modify wash_first { drop assert wash_it }".to_owned(),
        format!("modify look {{ replace {rule} }}"),
        "modify wash_first { drop rule wash_it add assert wash_it: always step <= 3 }".to_owned(),
        "modify look { add unverified \"twice\" }".to_owned(),
        "modify look { drop event go }".to_owned(),
    ];
    let told: Vec<String> = cases.iter().map(|case| format!("{case}\n{}\n", refused(case))).collect();
    insta::assert_snapshot!("conflicts", told.join("\n"));
}

#[test]
fn two_skills_of_one_name_cannot_be_told_apart() {
    let other = DOMAIN.replace("domain kitchen", "domain garden");
    let second = TWO.replace("in kitchen", "in garden");
    let bank = [bank(), vec![SourceFile::new("d", other), SourceFile::new("s", second)]].concat();
    let patch = SourceFile::new("p", "patch \"which\" { retire look }");
    let Err(PatchError::Findings(findings)) = rewrite(&bank, &patch, check_and_run) else { panic!("it fits") };
    let help = findings[0].diagnostic.help.clone().unwrap_or_default();
    assert_eq!(help, "they are of the domains kitchen, garden: give the files of one");
}

#[test]
fn what_does_not_check_is_placed_where_it_was_said() {
    let cases = [
        // In a rule that is replaced, written over several lines.
        "modify wash_first {\n  replace rule wash_it\n    when holdin(x)  and x is what\n  { prefer wash(x) }\n}",
        // In a skill that is added.
        "add skill calm in kitchen {\n  rule r when holding(x)  { prefer wsh(x) }\n}",
        // An example of the skill fails now, in the bank's file.
        "modify wash_first { replace rule wash_it when holding(x) and clean(x) { prefer wash(x) } }",
        // The patch's own example fails.
        "modify look {\n  add example three {\n    expect   go\n  }\n}",
        // What is left refers to what is dropped.
        "modify look { drop rule go }",
        "add skill calm in kitchn { rule r when holding(x) { prefer wash(x) } }",
        "modify look { add rule two when holding(x) and { prefer wash(x) } }",
    ];
    let told: Vec<String> = cases.iter().map(|case| format!("{case}\n{}\n", refused(case))).collect();
    insta::assert_snapshot!("unsound", told.join("\n"));
}

#[test]
fn warnings_are_about_what_the_patch_says() {
    let operations = "modify look { add rule two when put(x, r) and holding(x) { prefer wash(x) } drop example one }";
    let rewritten = patched(operations).expect("it fits");
    let text = format!("patch \"why\" {{\n{operations}\n}}\n");
    let told: Vec<String> = rewritten.warnings.iter().map(|w| told(w, &text)).collect();
    assert_eq!(
        told,
        [
            "p:2:8 `look`: skill `look` has no example (add `example NAME { task \"…\" action \"…\" observation \"…\" expect RULE }`)",
            "p:2:40 `r`: `r` is used only once (write `_` for what does not matter)",
        ]
    );
    assert!(rewritten.warnings[1].diagnostic.fixes[0].span.range() == (53..54), "the fix is of the patch's text");
}

#[test]
fn a_file_must_hold_one_patch() {
    for (text, found) in [
        ("", "an empty file"),
        ("skill s in kitchen { }", "0 patches and 1 other items"),
        ("patch \"a\" { retire look } patch \"b\" { retire look }", "2 patches and 0 other items"),
    ] {
        let error = rewrite(&bank(), &SourceFile::new("p", text), check_and_run).expect_err(text);
        assert_eq!(error, PatchError::NotOnePatch { found: found.to_owned() });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands around the items, a patch leaves every comment but those of what it retires.
    #[test]
    fn comments_survive(
        gaps in prop::collection::vec("( |\n|\n\n|// c\n|/// d\n){0,5}", 4),
        retire in prop::sample::subsequence(vec!["one", "two", "three"], 0..3),
    ) {
        let skill = |name: &str| format!("skill {name} in kitchen {{\n// in {name}\nrule r when holding(x) {{ prefer wash(x) }} }}");
        let text = format!("{}{}{}{}{}{}{}", gaps[0], skill("one"), gaps[1], skill("two"), gaps[2], skill("three"), gaps[3]);
        let bank = [SourceFile::new("domain.skill", DOMAIN), SourceFile::new("s.skill", text.clone())];
        let operations: String = ["one", "two", "three"]
            .iter()
            .map(|name| match retire.contains(name) {
                true => format!("retire {name} "),
                false => format!("modify {name} {{ add assert a: always step <= 3 }} "),
            })
            .collect();
        let patch = SourceFile::new("p", format!("patch \"p\" {{ {operations} }}"));
        let rewritten = rewrite(&bank, &patch, check_and_run).expect("it fits");
        let after = rewritten.files[0].text.clone().unwrap_or_default();
        let count = |text: &str| text.matches("//").count();
        if retire.is_empty() {
            prop_assert_eq!(count(&after), count(&text), "{}\nbecomes\n{}", text, after);
        } else {
            prop_assert!(count(&after) <= count(&text) - retire.len());
        }
        for name in ["one", "two", "three"] {
            prop_assert_eq!(after.contains(&format!("// in {name}\n")), !retire.contains(&name));
        }
    }
}

#[cfg(feature = "cli")]
mod command {
    use super::*;
    use crate::cli::{code, reskill, text};

    const PATCH: &str =
        "patch \"Say less\" { modify look { replace rule go when holding(x) { prefer wash(x) } } retire wash_first
        add skill calm in kitchen { rule r when holding(x) { avoid take(x) } unverified \"x\" example e { } } }";

    /// A bank in `bank/`, the patch in `p.patch`.
    fn folder(patch: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("bank")).expect("created");
        for file in bank() {
            fs::write(folder.path().join("bank").join(file.name), file.text).expect("written");
        }
        fs::write(folder.path().join("p.patch"), patch).expect("written");
        folder
    }

    /// Everything below a folder, by relative path.
    fn snapshot(folder: &Path) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut open = vec![folder.to_owned()];
        while let Some(at) = open.pop() {
            for entry in fs::read_dir(at).expect("a folder") {
                let path = entry.expect("an entry").path();
                match path.is_dir() {
                    true => open.push(path),
                    false => {
                        let name = path.strip_prefix(folder).expect("below").display().to_string();
                        found.insert(name, fs::read_to_string(&path).expect("text"));
                    }
                }
            }
        }
        found
    }

    fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
        let at = |name: &str| folder.join(name).display().to_string();
        let arguments: Vec<String> = arguments
            .iter()
            .map(|a| if let Some(name) = a.strip_prefix('@') { at(name) } else { (*a).to_owned() })
            .collect();
        let output = reskill(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        (code(&output), (text(&output.stdout) + &text(&output.stderr)).replace(&at(""), ""))
    }

    #[test]
    fn in_place_changes_all_files_at_once() {
        let folder = folder(PATCH);
        let (status, shown) = run(folder.path(), &["patch", "apply", "@p.patch", "@bank", "--in-place"]);
        assert_eq!(status, 0, "{shown}");
        insta::assert_snapshot!("applied", shown);
        let after = snapshot(folder.path());
        assert_eq!(
            after.keys().collect::<Vec<_>>(),
            ["bank/calm.skill", "bank/domain.skill", "bank/two.skill", "p.patch"]
        );
        assert!(!after["bank/two.skill"].contains("wash_first"));
        let (status, shown) = run(folder.path(), &["check", "@bank"]);
        assert_eq!(status, 0, "{shown}");
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        for patch in [
            "patch \"p\" { retire look retire wash_frist }",
            "patch \"p\" { retire look modify wash_first { drop rule wash_it } }",
            "patch \"p\" { retire look",
        ] {
            let folder = folder(patch);
            let before = snapshot(folder.path());
            let (status, shown) = run(folder.path(), &["patch", "apply", "@p.patch", "@bank", "--in-place"]);
            assert_eq!(status, 1, "{shown}");
            assert!(shown.contains("nothing was changed"), "{shown}");
            assert_eq!(snapshot(folder.path()), before);
        }
    }

    #[test]
    fn a_new_file_in_the_way_changes_nothing() {
        let folder = folder(PATCH);
        fs::write(folder.path().join("bank/calm.skill"), "// mine\n").expect("written");
        let before = snapshot(folder.path());
        let (status, shown) = run(folder.path(), &["patch", "apply", "@p.patch", "@bank", "--in-place"]);
        assert_eq!((status, shown.contains("calm.skill is there already")), (2, true), "{shown}");
        assert_eq!(snapshot(folder.path()), before);
        let (status, _) = run(folder.path(), &["patch", "apply", "@p.patch", "@bank", "--in-place", "--out", "@new"]);
        assert_eq!(status, 0);
        assert!(snapshot(folder.path()).contains_key("new/calm.skill"));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_written_changes_nothing() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder(PATCH);
        let bank = folder.path().join("bank");
        fs::create_dir(bank.join("deep")).expect("created");
        fs::rename(bank.join("two.skill"), bank.join("deep/two.skill")).expect("moved");
        let before = snapshot(folder.path());
        // A folder that stands where the new text would be written beside the old one.
        fs::create_dir(bank.join("deep/two.skill.part")).expect("created");
        fs::set_permissions(bank.join("deep/two.skill.part"), fs::Permissions::from_mode(0o500)).expect("set");
        let (status, shown) =
            run(folder.path(), &["patch", "apply", "@p.patch", "@bank", "--in-place", "--out", "@new"]);
        assert_eq!((status, shown.contains("none was changed")), (2, true), "{shown}");
        assert_eq!(snapshot(folder.path()), before);
    }

    #[test]
    fn out_writes_the_whole_bank_elsewhere() {
        let folder = folder(PATCH);
        let before = snapshot(folder.path());
        let (status, shown) = run(folder.path(), &["patch", "apply", "@p.patch", "@bank", "--out", "@next/bank"]);
        assert_eq!(status, 0, "{shown}");
        let after = snapshot(folder.path());
        for (name, text) in &before {
            assert_eq!(after[name], *text, "{name}");
        }
        let new: Vec<&String> = after.keys().filter(|name| !before.contains_key(*name)).collect();
        assert_eq!(new, ["next/bank/calm.skill", "next/bank/domain.skill", "next/bank/two.skill"]);
        let (status, shown) = run(folder.path(), &["patch", "apply", "@p.patch", "@bank", "--out", "@next/bank"]);
        assert_eq!((status, shown.contains("is there already")), (2, true), "{shown}");
    }

    #[test]
    fn diff_writes_nothing() {
        let folder = folder(PATCH);
        let before = snapshot(folder.path());
        let (status, shown) = run(folder.path(), &["patch", "apply", "@p.patch", "@bank", "--diff"]);
        assert_eq!(status, 0, "{shown}");
        assert!(shown.contains("+skill look in kitchen {") && shown.contains("-skill   look  in kitchen {"), "{shown}");
        assert_eq!(snapshot(folder.path()), before);
        let (status, shown) = run(folder.path(), &["patch", "apply", "@p.patch", "@bank"]);
        assert_eq!((status, shown.contains("--in-place")), (2, true), "{shown}");
    }

    #[test]
    fn check_tells_programs_everything() {
        let folder = folder("patch \"p\" { modify look { drop rule goo } }");
        let (status, shown) = run(folder.path(), &["patch", "check", "@p.patch", "@bank", "--json"]);
        let told: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!((status, &told["fits"], &told["written"]), (1, &false.into(), &false.into()));
        assert_eq!(told["findings"][0]["code"], "E0602");
        assert_eq!(told["findings"][0]["labels"][0]["column"], 37);
        fs::write(folder.path().join("p.patch"), PATCH).expect("written");
        let (status, shown) = run(folder.path(), &["patch", "check", "@p.patch", "@bank", "--json"]);
        let told: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!((status, &told["fits"], &told["title"]), (0, &true.into(), &"Say less".into()), "{shown}");
        assert_eq!(told["changes"][2]["operation"], "add");
        assert_eq!(told["files"][1]["action"], "create");
    }

    #[cfg(feature = "evolve")]
    #[test]
    fn an_envelope_is_tied_to_a_version() {
        use reskill::bank::served;
        use reskill::bank::version::{Origin, Version};
        let folder = folder("");
        let path = folder.path().join("bank");
        let files = served::read(&path.join("domain.skill"), &[path.join("two.skill")]).expect("a bank");
        let base = Version::new(7, None, Origin::Seed, files).expect("a version").hash().to_owned();
        let envelope = |base: &str| {
            serde_json::json!({"base": base, "patch": PATCH, "origin": {"person": "me"}, "evidence": "seen"})
                .to_string()
        };
        fs::write(folder.path().join("p.json"), envelope(&base)).expect("written");
        let (status, shown) = run(folder.path(), &["patch", "check", "@p.json", "@bank"]);
        assert_eq!((status, shown.contains("fits: Say less\n")), (0, true), "{shown}");
        fs::write(folder.path().join("p.json"), envelope(&"0".repeat(64))).expect("written");
        let (status, shown) = run(folder.path(), &["patch", "apply", "@p.json", "@bank", "--in-place"]);
        assert_eq!((status, shown.contains(&base)), (1, true), "{shown}");
        fs::write(folder.path().join("p.json"), "{\"patch\": \"patch\", \"bass\": 1}").expect("written");
        let (status, shown) = run(folder.path(), &["patch", "check", "@p.json", "@bank"]);
        assert_eq!((status, shown.contains("unknown field `bass`")), (2, true), "{shown}");
    }

    #[test]
    fn a_patch_among_the_files_of_its_bank_is_no_part_of_it() {
        let folder = folder(PATCH);
        fs::rename(folder.path().join("p.patch"), folder.path().join("bank/p.skill")).expect("moved");
        let (status, shown) = run(folder.path(), &["patch", "check", "@bank/p.skill", "@bank"]);
        assert_eq!(status, 0, "{shown}");
    }
}
