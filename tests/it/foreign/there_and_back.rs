//! Banks of other systems as skills, skills as other agents read them, and what is left of the prose on the way.

use std::path::PathBuf;

use reskill::foreign::{Format, export};
use reskill::lang::ast::{Item, MemberKind, StatementKind};
use reskill::lang::check::check;
use reskill::lang::load::load;

use super::{imported, sound};

fn items(folder: &str) -> Vec<Item> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let loaded = load(&[path]).expect("skills");
    check(&loaded.files).trees.into_iter().flatten().collect()
}

/// Everything that a skill says in prose: docs, comments, advice, reasons.
fn prose(items: &[Item]) -> Vec<(String, Vec<String>)> {
    let comment = |line: &String| line.trim_start_matches('/').trim().to_owned();
    let skills = items.iter().filter_map(|item| if let Item::Skill(skill) = item { Some(skill) } else { None });
    skills
        .map(|skill| {
            let mut prose: Vec<String> = skill.lead.iter().chain(&skill.tail).map(comment).collect();
            for member in &skill.members {
                prose.extend(member.lead.iter().map(comment));
                match &member.kind {
                    MemberKind::Rule(rule) => prose.extend(rule.statements.iter().filter_map(|s| match &s.kind {
                        StatementKind::Advise(text) | StatementKind::Suggest(text) => Some(text.value.clone()),
                        _ => None,
                    })),
                    MemberKind::Assertion(assertion) => prose.extend(assertion.because.iter().map(|b| b.value.clone())),
                    MemberKind::Unverified(why) => prose.push(why.value.clone()),
                    _ => {}
                }
            }
            prose.retain(|text| !text.is_empty() && !text.starts_with("allow W"));
            (skill.name.text.clone(), prose)
        })
        .collect()
}

#[test]
fn what_is_exported_comes_back_with_all_of_its_prose() {
    for folder in ["skills/household", "skills/textworld"] {
        let items = items(folder);
        let exported = export::skill_md(&items);
        let wanted = prose(&items);
        assert_eq!(exported.len(), wanted.len());
        for (exported, (name, prose)) in exported.iter().zip(&wanted) {
            assert_eq!(exported.name, name.replace('_', "-"));
            assert_eq!(Format::of(&exported.text), Some(Format::SkillMd), "{}", exported.text);
            let import = imported(&exported.text, Format::SkillMd);
            sound([&import]);
            let docs = import.drafts[0].docs.join("\n");
            for text in prose {
                assert!(docs.contains(text.as_str()), "{name}: {text:?} is lost in\n{docs}");
            }
            let description = import.parsed["header"]["description"].as_str().expect("a description");
            assert!(
                !description.is_empty() && description.chars().count() <= 1024 && !description.contains(['<', '>'])
            );
            assert!(exported.name.len() <= 64);
        }
        let bank = export::bank(&items).expect("skills").to_string();
        assert_eq!(Format::of(&bank), Some(Format::SkillRl));
        let import = imported(&bank, Format::SkillRl);
        sound([&import]);
        let docs: String = import.drafts.iter().flat_map(|d| d.docs.iter().map(|l| format!("{l}\n"))).collect();
        for (name, prose) in prose_of_rules(&items) {
            for text in prose {
                assert!(docs.contains(&text), "{name}: {text:?} is lost in\n{docs}");
            }
        }
    }
}

/// A bank in JSON holds what rules say.
fn prose_of_rules(items: &[Item]) -> Vec<(String, Vec<String>)> {
    let skills = items.iter().filter_map(|item| if let Item::Skill(skill) = item { Some(skill) } else { None });
    skills
        .map(|skill| {
            let docs = skill.lead.iter().filter_map(|l| l.strip_prefix("/// ")).map(str::to_owned);
            let rules =
                skill.members.iter().filter_map(|m| if let MemberKind::Rule(r) = &m.kind { Some(r) } else { None });
            let advice = rules.flat_map(|r| &r.statements).filter_map(|s| match &s.kind {
                StatementKind::Advise(text) => Some(text.value.clone()),
                _ => None,
            });
            (skill.name.text.clone(), docs.chain(advice).collect())
        })
        .collect()
}

#[test]
fn a_skill_as_agents_read_it() {
    let items = items("skills/household");
    let exported = export::skill_md(&items);
    let heat = exported.iter().find(|e| e.name == "heat-then-place").expect("the skill");
    insta::assert_snapshot!(heat.text);
}

/// Every construct of the language is told in words.
#[test]
fn every_construct_is_told() {
    let text = r#"
domain d {
    task heat(o: kind) = "heat {o}" | "warm {o}"
    task any(o: kind) = heat(o)
    event take(x: item, r: item) = action "take {x} from {r}" then observation "You take the {x}"
    event look() = action /^look/
    event see(xs: list) = each observation "you see {xs}." | observation /You see (?<xs>.*)\./
    event price(n: money) = observation "costs {n}"
    fluent holding(x: item) initiated by take(x, _)
    fluent place(x: item) -> r: item set by take(x, r)
    fluent cost(n: money) initiated by price(n)
    define mine(x: item) = holding(x) and not look()
    kind lamp = "desk" | "shelf"
    table tool(how, place) = ("fry", "stove") | ("roast", "oven")
}
/// All of it.
///
/// In two paragraphs.
skill everything in d {
    for any(o)
    priority 2
    // A remark before.
    rule first_one when holding(x) and x is "mug" and not x is "lamp" and place(x, r) and not repeated
        or when once take(x, r) within 3 steps and available take(x, r) and step >= 2 and count(holding(_)) < 3 {
        priority 3
        at most 2 times
        let rest = all y: holding(y) and not y is "mug"
        advise "Still {rest} beside {x}."
        suggest "look at {x}"
        prefer take(x, _) where x is "mug"
        avoid look() where every holding(z): z is "mug"
        forbid take(_, r)
    }
    rule second_one when see(xs) and x in xs and tool(h, p) and some holding(y) with y is x and mine(x) and h is p and todo "it is late" {
        advise "Late."
    }
    rule third_one when cost(n) and n <= 3.5 and words(o) = 1 and shared(o, "a b") != 0 and o contains "mug" and no holding(z) with z is "x" {
        advise "Cheap."
    }
    assert a1: always step <= 9
    assert a2: whenever take(x, _) then holding(x) within 2 steps because "It should be."
    assert a3: first look() then take(_, _)
    assert a4: between 1 and 2 times look()
    assert a5: at most 1 consecutive repeated
    assert a6: finally not holding(_)
    example one {
        task "heat mug."
        first "You see a mug 1."
        available "look", "take mug 1 from desk 1"
        action "look"
        observation "You see a mug 1.\nIt is hot."
        expect not first_one
        expect violated a4
    }
}
"#;
    let analysis = check(&[reskill::lang::check::SourceFile::new("x.skill", text)]);
    let syntax: Vec<_> = analysis.findings.iter().filter(|f| f.diagnostic.code.id().starts_with("E02")).collect();
    assert!(syntax.is_empty(), "{syntax:?}");
    let items: Vec<Item> = analysis.trees.into_iter().flatten().collect();
    let exported = export::skill_md(&items);
    insta::assert_snapshot!(exported[0].text);
    insta::assert_snapshot!(serde_json::to_string_pretty(&export::bank(&items)).expect("JSON"));
}

#[test]
fn a_bank_of_skillrl() {
    let text = r#"{
  "general_skills": [
    {"skill_id": "gen_1", "title": "Look First", "principle": "Look around before you move.", "when_to_apply": "At the start"},
    {"skill_id": "gen_2", "title": "Stay Calm", "principle": "Take one step at a time"}
  ],
  "task_specific_skills": {
    "clean": [{"title": "Use the sink", "principle": "Wash with [sinkbasin].", "when_to_apply": "Holding something dirty."}]
  },
  "common_mistakes": [
    {"mistake_id": "err_1", "description": "Going in circles", "why_it_happens": "Nothing is remembered.", "how_to_avoid": "Remember places."}
  ],
  "metadata": {"source": "runs"}
}"#;
    assert_eq!(Format::of(text), Some(Format::SkillRl));
    let import = imported(text, Format::SkillRl);
    sound([&import]);
    let told: Vec<String> = import.remarks.iter().map(|r| format!("{:?}: {}", r.weight, r.message)).collect();
    let (_, text) = super::bank([&import]);
    insta::assert_snapshot!(format!("{text}\n{}", told.join("\n")));
}

#[test]
fn a_skill_of_an_agent() {
    let text = "---\nname: pdf-forms\ndescription: |\n  Fill in forms. Use when a PDF has fields.\nlicense: MIT\nmetadata:\n  version: 1.0\n---\n\n# Forms\n\nRead the fields first: `fields <file>`.\n\n- then fill them\n";
    let import = imported(text, Format::SkillMd);
    sound([&import]);
    let told: Vec<String> = import.remarks.iter().map(|r| format!("{:?}: {}", r.weight, r.message)).collect();
    let text = import.drafts[0].text("pdf_forms", "imported").expect("it parses");
    insta::assert_snapshot!(format!("{text}\n{}\n{:#}", told.join("\n"), import.parsed));
}
