//! Skills of other systems: what the reference implementation reads and decides, both evaluators decide the same of what was
//! imported; what is written parses and checks; what is exported comes back whole.

mod commands;
mod there_and_back;

use std::collections::BTreeSet;

use proptest::prelude::*;
use reskill::engine::program::Program;
use reskill::engine::session::Session;
use reskill::engine::spec::{self, Episode, SpecStep};
use reskill::engine::verdict::Verdict;
use reskill::foreign::python_regex::{BOUNDARY, PythonRegexError, translate};
use reskill::foreign::{Format, Import, Names, Remark, Weight, domain_text, identifier, import};
use reskill::lang::check::{Analysis, SourceFile, check};
use reskill::lang::checked::Checked;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::parity::fixture;

/// The data that this project computed with Python.
fn data<T: for<'de> Deserialize<'de>>(name: &str) -> Vec<T> {
    let path = format!("{}/tests/data/foreign/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{path}: {error}: {line}")))
        .collect()
}

fn imported(text: &str, format: Format) -> Import {
    import(text, format, "file", &BTreeSet::new()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The skills of several imports as one bank.
fn bank<'i>(imports: impl IntoIterator<Item = &'i Import>) -> (Analysis, String) {
    let mut names = Names::default();
    let mut text = domain_text("imported").expect("a name");
    for draft in imports.into_iter().flat_map(|import| &import.drafts) {
        let name = names.fresh(&identifier(&draft.title, "skill"));
        text.push_str(&draft.text(&name, "imported").unwrap_or_else(|error| panic!("{error}: {draft:?}")));
    }
    (check(&[SourceFile::new("bank.skill", text.clone())]), text)
}

fn sound<'i>(imports: impl IntoIterator<Item = &'i Import>) -> Checked {
    let (analysis, text) = bank(imports);
    let errors: Vec<_> = analysis.errors().map(|f| &f.diagnostic).collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
    analysis.checked
}

#[derive(Debug, Clone, Deserialize)]
struct Step {
    action: String,
    observation: String,
}

/// Both evaluators' verdicts of every assertion, skill by skill.
fn verdicts(checked: &Checked, steps: &[Step]) -> Vec<Verdict> {
    let mut session = Session::new(Program::of(checked, 0));
    session.start("", "", &[]);
    for step in steps {
        session.observe(&step.action, &step.observation, &[]);
    }
    let quick: Vec<Verdict> = session.finish().verdicts.into_iter().flatten().collect();
    let spec_steps: Vec<SpecStep> = steps
        .iter()
        .map(|s| SpecStep { action: &s.action, observation: &s.observation, available_after: &[] })
        .collect();
    let episode = Episode { task: "", first: "", first_available: &[], steps: &spec_steps };
    let slow: Vec<Verdict> = (0..checked.skills.len()).flat_map(|s| spec::verdicts(checked, s, episode)).collect();
    assert_eq!(quick, slow, "the evaluators differ");
    quick
}

#[test]
fn the_fields_are_those_that_the_reference_reads() {
    #[derive(Deserialize)]
    struct Case {
        markdown: String,
        parsed: Value,
    }
    for (line, case) in fixture::<Case>("skill_md.jsonl").into_iter().enumerate() {
        let place = format!("line {}", line + 1);
        assert_eq!(Format::of(&case.markdown), Some(Format::Reference), "{place}");
        let import = imported(&case.markdown, Format::Reference);
        assert_eq!(import.parsed, case.parsed, "{place}");
        let checked = sound([&import]);
        let run = reskill::engine::examples::run(&checked);
        assert!(run.failures.is_empty() && run.examples == 1, "{place}: {:?}", run.failures);
        let text = import.drafts[0].text("s", "d").expect("it parses");
        let content = &case.parsed["content"];
        for part in [&content["when_to_use"], &content["action"], &case.parsed["name"]] {
            assert!(text.contains(part.as_str().expect("a text")), "{place}: {part} is lost\n{text}");
        }
    }
}

#[test]
fn triggers_fire_as_the_reference_says() {
    #[derive(Deserialize)]
    struct Case {
        skills: Vec<CaseSkill>,
        actions: Vec<String>,
        fired: Vec<Vec<String>>,
    }
    #[derive(Deserialize)]
    struct CaseSkill {
        id: String,
        trigger_type: String,
        trigger_pattern: Option<String>,
    }
    for (line, case) in fixture::<Case>("triggers.jsonl").into_iter().enumerate() {
        let markdown = |skill: &CaseSkill| {
            let pattern = skill.trigger_pattern.as_ref().map_or(String::new(), |p| {
                format!("trigger_pattern: \"{}\"\n", p.replace('\\', "\\\\").replace('"', "\\\""))
            });
            let CaseSkill { id, trigger_type, .. } = skill;
            format!("---\nname: {id}\ntrigger_type: {trigger_type}\n{pattern}---\n\n## Action\nGo on.\n")
        };
        let imports: Vec<Import> = case.skills.iter().map(|s| imported(&markdown(s), Format::Reference)).collect();
        let checked = sound(&imports);
        let actions: Vec<SpecStep> =
            case.actions.iter().map(|action| SpecStep { action, observation: "", available_after: &[] }).collect();
        let episode = Episode { task: "", first: "", first_available: &[], steps: &actions };
        let every: Vec<usize> = (0..checked.skills.len()).collect();
        let mut session = Session::new(Program::of(&checked, 0));
        session.start("", "", &[]);
        for (step, expected) in case.fired.iter().enumerate() {
            let place = format!("line {}, step {step}", line + 1);
            let named = |fired: &[reskill::engine::directives::Firing]| -> Vec<String> {
                fired.iter().map(|f| case.skills[usize::from(f.rule.skill)].id.clone()).collect()
            };
            assert_eq!(&named(&session.directives().fired), expected, "{place}");
            assert_eq!(
                &named(&spec::directives(&checked, 0, &every, episode, step).fired),
                expected,
                "{place}, specified"
            );
            if let Some(action) = case.actions.get(step) {
                session.observe(action, "", &[]);
            }
        }
    }
}

#[derive(Deserialize)]
struct Graded {
    trajectory: Vec<Step>,
    assertions: Vec<Value>,
    passed: Vec<bool>,
}

fn assert_graded(place: &str, case: &Graded) {
    let text = json!({ "assertions": case.assertions }).to_string();
    assert_eq!(Format::of(&text), Some(Format::Assertions), "{place}");
    let import = imported(&text, Format::Assertions);
    let forms = import.parsed["assertions"].as_array().expect("a list");
    assert!(forms.iter().all(|f| f["assert"].is_string()), "{place}: something is left out: {:?}", import.remarks);
    let checked = sound([&import]);
    let passed: Vec<bool> = verdicts(&checked, &case.trajectory).iter().map(|v| *v == Verdict::Satisfied).collect();
    assert_eq!(passed, case.passed, "{place}: {}", import.drafts[0].text("s", "d").expect("it parses"));
}

#[test]
fn assertions_pass_as_the_reference_says() {
    for (line, case) in fixture::<Graded>("assertions.jsonl").iter().enumerate() {
        assert_graded(&format!("line {}", line + 1), case);
    }
}

/// Parameters missing, of the wrong sort, out of range; expressions that Python refuses; texts with line breaks.
#[test]
fn assertions_that_break_off_fail_as_the_reference_does() {
    for (line, case) in data::<Graded>("broken_assertions.jsonl").iter().enumerate() {
        assert_graded(&format!("line {}", line + 1), case);
    }
}

#[test]
fn what_cannot_be_said_is_left_out_and_told() {
    let text = json!([
        { "check_type": "action_exists", "id": "ahead", "params": { "pattern": "a(?=b)" }, "created_by": "analyzer" },
        { "check_type": "dances", "params": {} },
        { "check_type": "min_steps", "params": { "n": 2, "m": 3 }, "description": "No hurry" },
    ]);
    let import = imported(&text.to_string(), Format::Assertions);
    let told: Vec<String> = import.remarks.iter().map(|r| format!("{:?}: {}", r.weight, r.message)).collect();
    insta::assert_snapshot!(format!(
        "{}\n{}",
        import.drafts[0].text("three", "imported").expect("it parses"),
        told.join("\n")
    ));
}

/// Many assertions become several skills, none over the limit on members.
#[test]
fn assertions_are_dealt_out_to_skills() {
    let every: Vec<Value> = (0..90)
        .map(|n| json!({ "check_type": "action_before", "params": { "first": format!("a{n}"), "second": format!("b{n}") } }))
        .collect();
    let import = imported(&json!(every).to_string(), Format::Assertions);
    assert!(import.drafts.len() > 4);
    assert_eq!(sound([&import]).skills.iter().map(|s| s.assertions.len()).sum::<usize>(), 90);
}

#[test]
fn expressions_find_what_python_finds() {
    #[derive(Deserialize)]
    struct Row {
        pattern: String,
        ignore_case: bool,
        /// Which of the texts it is found in; missing where Python refuses it.
        found: Option<BTreeSet<usize>>,
    }
    let texts: Vec<String> =
        serde_json::from_value(data::<Value>("python_regex.jsonl")[0]["texts"].clone()).expect("texts");
    let rows: Vec<Row> = data::<Value>("python_regex.jsonl")
        .into_iter()
        .skip(1)
        .map(|row| serde_json::from_value(row).expect("a row"))
        .collect();
    let (mut compared, mut refused) = (0, 0);
    for Row { pattern, ignore_case, found } in &rows {
        match (translate(pattern, *ignore_case), found) {
            (Ok(here), Some(found)) => {
                let regex = regex::Regex::new(&here.text).expect("it was tried");
                for (at, text) in texts.iter().enumerate() {
                    // The two count words differently beyond ASCII, and the empty text has no inside.
                    let differs = here.notes.contains(BOUNDARY) && (!text.is_ascii() || text.is_empty());
                    if !differs {
                        assert_eq!(
                            regex.is_match(text),
                            found.contains(&at),
                            "{pattern:?} ({}) in {text:?}",
                            here.text
                        );
                        compared += 1;
                    }
                }
            }
            (Err(PythonRegexError::Unsupported(_)), Some(_)) => refused += 1,
            (Err(_), None) => {}
            (got, found) => panic!("{pattern:?}: {got:?}, in Python {found:?}"),
        }
    }
    assert!(compared > 15_000, "{compared}");
    assert!(refused * 5 < rows.len(), "{refused} of {} were refused", rows.len());
}

#[test]
fn a_trigger_that_cannot_be_stated_is_todo() {
    let with = |pattern: &str| {
        let text = format!(
            "---\nname: s\ntrigger_type: action_pattern\ntrigger_pattern: \"{pattern}\"\n---\n## Action\nGo.\n"
        );
        let import = imported(&text, Format::Reference);
        (import.drafts[0].rules[0].when.clone(), import.remarks)
    };
    for (pattern, part) in [("go(?! to)", "looks ahead"), ("(", "it never fires"), ("", "not given")] {
        let (when, remarks) = with(pattern);
        assert!(when.starts_with("todo \"") && when.contains(part), "{pattern}: {when}");
        let finding = |r: &Remark| r.weight == Weight::Finding && r.message.contains(part);
        assert!(remarks.iter().any(finding), "{pattern}: {remarks:?}");
    }
    // An expression that is found in the empty text must not fire before there is an action.
    assert_eq!(with("x*").0, "acted() and not_silent()");
}

/// Headers and bodies that the reference's reader takes apart in its own way.
#[test]
fn the_reader_follows_the_reference_into_corners() {
    let read = |text: &str| imported(text, Format::Reference);
    let import =
        read("x\n---\nname: a---\ntrigger_type: general\n## Action\nGo.\n## Notes\nKept.\n## Examples\n- one\nlost\n");
    assert_eq!(import.parsed["name"], "a");
    assert_eq!(import.parsed["trigger_type"], "general");
    let docs = import.drafts[0].docs.join("\n");
    assert!(docs.contains("Kept.") && docs.contains("lost"), "{docs}");
    let import = read("---\nname: \"\nversion: +1_0\nname: 'b \\\" c'\nmetadata: {1\ntrigger_type: x\n---\n");
    assert_eq!(import.parsed["name"], "b \" c");
    assert_eq!(import.parsed["version"], 10);
    assert_eq!(import.parsed["metadata"], json!({}));
    assert!(import.drafts[0].rules[0].when.starts_with("todo"));
    let error = import_error("---\nversion: 1.5\ntrigger_type: general\n---\n", Format::Reference);
    assert_eq!(error, "line 2: `version` is \"1.5\", not a whole number");
}

fn import_error(text: &str, format: Format) -> String {
    import(text, format, "file", &BTreeSet::new()).expect_err("an error").to_string()
}

#[test]
fn errors_name_the_line() {
    for (text, format, part) in [
        ("---\nname: a\n", Format::Reference, "line 1: no header"),
        ("# Title\n", Format::SkillMd, "line 1: no YAML header"),
        ("---\nname: a\nb: [1\n---\nx", Format::SkillMd, "line 4: not YAML"),
        ("---\n- a\n---\nx", Format::SkillMd, "line 2: the header is no list"),
        ("---\nname: a\nname: b\n---\nx", Format::SkillMd, "line 3: not YAML"),
        ("{\n\"assertions\": [}\n", Format::Assertions, "line 2: not JSON"),
        ("{}", Format::Assertions, "no list of `assertions`"),
        ("[{}]", Format::Assertions, "assertion 1 has no `check_type`"),
        ("{}", Format::SkillRl, "no skill in it"),
        ("{\"general_skills\": [{}]}", Format::SkillRl, "entry 1 of `general_skills` says nothing"),
    ] {
        let message = import_error(text, format);
        assert!(message.contains(part), "{text}: {message}");
    }
}

/// Text that is nearly of some kind.
fn near() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "---\n",
        "---",
        "name: a\n",
        "name: \"b\n",
        "description: go [there]\n",
        "trigger_type: action_pattern\n",
        "trigger_pattern: \"^go (to|from)$\"\n",
        "trigger_pattern: (?i)x*\n",
        "version: 7\n",
        "metadata: {\"a\": [1]}\n",
        "## When to Use\n",
        "## Action\n",
        "## Examples\n- DO: x\n",
        "text {with} <marks>\n",
        "\n",
        "- ",
        "? ",
        "&a ",
        "*a ",
        "| \n",
        "{\"assertions\": [",
        "{\"check_type\": \"action_count\", \"params\": {\"pattern\": \"a$\", \"min\": 1}}",
        ",",
        "]}",
        "{\"general_skills\": [",
        "{\"title\": \"A b\", \"principle\": \"Do // it\", \"when_to_apply\": \"soon\"}",
        "\"common_mistakes\": [",
        "{\"description\": \"no\", \"how_to_avoid\": \"yes\"}",
        "é",
        "\u{202e}",
        "\u{0}",
        "[",
        "{",
    ]);
    let whole = prop::sample::select(vec![
        "---\nname: {}\ntrigger_type: general\n---\n## Action\n{}\n",
        "---\nname: {}\ntrigger_type: action_pattern\ntrigger_pattern: \"{}\"\n---\n## Examples\n- {}\n",
        "---\nname: x\ndescription: {}\n---\n{}\n",
    ]);
    prop_oneof![
        "\\PC{0,200}",
        prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat()),
        (whole, "\\PC{0,40}").prop_map(|(whole, text)| whole.replace("{}", &text)),
        ("\\PC{0,30}", "\\PC{0,30}", 0..9usize).prop_map(|(id, pattern, check)| {
            let check = ["action_exists", "action_not_exists", "action_before", "no_consecutive_repeat", "final_action",
                "min_steps", "max_steps", "action_count", "observation_contains"][check];
            let params = json!({ "pattern": pattern, "first": id, "second": pattern, "prefix": id, "n": 3, "after_action": id });
            json!([{ "check_type": check, "id": id, "description": pattern, "params": params }]).to_string()
        }),
        ("\\PC{0,60}", "\\PC{0,60}").prop_map(|(title, text)| {
            let entry = json!({ "title": title, "principle": text, "when_to_apply": title });
            let mistake = json!({ "description": text, "how_to_avoid": title });
            json!({ "general_skills": [entry], "task_specific_skills": { title: [entry] }, "common_mistakes": [mistake] }).to_string()
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_in_is_refused_or_checks(text in near(), bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let decoded = reskill::foreign::decode(bytes).unwrap_or_default();
        for text in [text, decoded] {
            let _ = Format::of(&text);
            for format in Format::ALL {
                if let Ok(import) = import(&text, format, "file", &BTreeSet::new()) {
                    let (analysis, text) = bank([&import]);
                    let errors: Vec<_> = analysis.errors().collect();
                    prop_assert!(errors.is_empty(), "{errors:?}\n{text}");
                }
            }
        }
    }
}
