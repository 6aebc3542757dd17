//! The search QA world: its texts, its demonstrator, what is offered, its splits, and local files, good and bad.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use reskill::world::search_qa::{QuestionFacts, SearchQa, SearchQaConfig};
use reskill::world::{Env, Reset, World, WorldError};
use serde_json::json;

use crate::heard::heard;

/// The default world, made once.
static WORLD: LazyLock<SearchQa> = LazyLock::new(|| open(SearchQaConfig::default()));

fn open(config: SearchQaConfig) -> SearchQa {
    SearchQa::load(config).expect("the built-in tables load")
}

/// What a demonstration came to.
struct Played {
    transcript: String,
    turns: usize,
    won: bool,
    /// Whether every action was in the list.
    offered: bool,
}

fn demonstrate(env: &mut dyn Env, reset: &Reset) -> Played {
    let mut admissible = reset.admissible.clone();
    let mut played = Played { transcript: reset.first.clone(), turns: 0, won: false, offered: true };
    loop {
        let action = env.expert().unwrap().expect("a running episode has a next action");
        played.offered &= admissible.contains(&action);
        let stepped = env.step(&action).unwrap();
        played.turns += 1;
        played.transcript += &format!("\n> {action}\n{}", stepped.observation);
        assert_eq!((stepped.reward, stepped.won), (stepped.score, stepped.score == 1.0));
        if stepped.done {
            assert_eq!(env.expert().unwrap(), None);
            return Played { won: stepped.won, ..played };
        }
        assert_eq!(stepped.score, 0.0);
        admissible = stepped.admissible;
    }
}

#[test]
fn the_demonstrator_answers_nearly_always_with_what_is_offered() {
    let mut env = WORLD.open().unwrap();
    for split in ["train", "seen", "unseen"] {
        let (mut won, mut offered, mut turns, mut longest, mut list) = (0, 0, 0, 0, 0);
        for index in 0..300 {
            let reset = env.reset(split, index, 0).unwrap();
            list = list.max(reset.admissible.len());
            let played = demonstrate(&mut *env, &reset);
            if !played.won || !played.offered {
                println!("{}\n", played.transcript);
            }
            won += usize::from(played.won);
            offered += usize::from(played.won && played.offered);
            turns += played.turns;
            longest = longest.max(played.turns);
        }
        println!(
            "{split}: {won} of 300 right, {offered} with offered actions alone, mean {} turns",
            f64::from(turns as u32) / 300.0
        );
        assert!(won >= 297 && offered >= 285 && longest <= 4, "{split}: {won} {offered} {longest}");
    }
}

#[test]
fn chance_seldom_answers() {
    let mut env = WORLD.open().unwrap();
    let mut won = 0;
    for index in 0..500 {
        let mut admissible = env.reset("train", index, 0).unwrap().admissible;
        for turn in 0.. {
            let stepped = env.step(&admissible[(index * 31 + turn * 17) % admissible.len()]).unwrap();
            won += usize::from(stepped.won);
            if stepped.done {
                break;
            }
            admissible = stepped.admissible;
        }
    }
    println!("right by chance: {won} of 500");
    assert!(won <= 100, "{won}");
}

#[test]
fn a_question_of_every_shape_reads_as_it_should() {
    let mut env = WORLD.open().unwrap();
    for (split, kind) in [
        ("train", "two_hops"),
        ("train", "three_hops"),
        ("train", "comparison"),
        ("train", "both"),
        ("unseen", "four_hops"),
        ("unseen", "comparison_through_a_hop"),
    ] {
        let index = (0..500).find(|&i| WORLD.facts(split, i).unwrap().kind == kind).expect("a question of the shape");
        let reset = env.reset(split, index, 0).unwrap();
        let Played { transcript, won, .. } = demonstrate(&mut *env, &reset);
        assert!(won, "{transcript}");
        insta::assert_snapshot!(format!("search_qa_{kind}"), transcript);
    }
}

#[test]
fn turns_are_understood_or_refused() {
    let mut env = WORLD.open().unwrap();
    assert!(matches!(env.step("<search>x</search>"), Err(WorldError::Request(_))));
    let reset = env.reset("train", 0, 0).unwrap();
    assert_eq!(reset.first, format!("Question: {}", reset.task));
    let right = &WORLD.facts("train", 0).unwrap().answers[0];
    for said in ["", "Paris", "<search>x", "search: x", "</answer>x<answer>"] {
        env.reset("train", 0, 0).unwrap();
        let stepped = env.step(said).unwrap();
        assert!(stepped.observation.starts_with("My previous action is invalid."), "{said}");
        assert_eq!((stepped.admissible, stepped.done), (reset.admissible.clone(), false));
    }
    for (said, won) in [
        (format!("<answer>{right}</answer>"), true),
        (format!("<think>so</think> <answer> THE {}. </answer> more", right.to_uppercase()), true),
        (format!("<answer>the answer is {right}</answer>"), false),
        ("<answer></answer>".to_owned(), false),
        (format!("<answer>x</answer><answer>{right}</answer>"), false),
    ] {
        env.reset("train", 0, 0).unwrap();
        let stepped = env.step(&said).unwrap();
        assert_eq!((stepped.done, stepped.won, stepped.reward), (true, won, f64::from(u8::from(won))), "{said}");
        assert!(stepped.observation.is_empty() && stepped.admissible.is_empty());
        assert!(matches!(env.step(&said), Err(WorldError::Request(_))));
    }
    env.reset("train", 0, 0).unwrap();
    assert_eq!(env.step("<search>xyzzy</search>").unwrap().observation, "<information></information>");
    assert!(env.step("<search>the mayor</search>").unwrap().observation.contains("\nDoc 3(Title: \""));
    assert!(!env.step("nothing").unwrap().done);
    let last = env.step("<search>the mayor</search>").unwrap();
    assert!(last.done && !last.won && last.score == 0.0 && last.admissible.is_empty());
}

#[test]
fn a_task_depends_on_seed_split_and_index_alone() {
    let same = open(SearchQaConfig { train: 100, ..SearchQaConfig::default() });
    let other = open(SearchQaConfig { seed: 1, ..SearchQaConfig::default() });
    assert_eq!(WORLD.info().hash, open(SearchQaConfig::default()).info().hash);
    assert_ne!(WORLD.info().hash, same.info().hash);
    assert_ne!(WORLD.info().hash, other.info().hash);
    let (mut a, mut b, mut c) = (WORLD.open().unwrap(), same.open().unwrap(), other.open().unwrap());
    for index in 0..100 {
        let reset = a.reset("train", index, 1).unwrap();
        assert_eq!(reset, b.reset("train", index, 2).unwrap());
        assert_ne!(reset.first, c.reset("train", index, 1).unwrap().first);
        assert_eq!(a.step(&reset.admissible[0]).unwrap(), b.step(&reset.admissible[0]).unwrap());
    }
    for (split, index) in [("test", 0), ("train", 20_000), ("seen", 500), ("unseen", usize::MAX)] {
        assert!(matches!(a.reset(split, index, 0), Err(WorldError::Request(_))), "{split}/{index}");
    }
    for config in [
        SearchQaConfig { horizon: 0, ..SearchQaConfig::default() },
        SearchQaConfig { held_out: -0.1, ..SearchQaConfig::default() },
        SearchQaConfig { corpus: Some("corpus.jsonl".into()), ..SearchQaConfig::default() },
    ] {
        assert!(matches!(SearchQa::load(config), Err(WorldError::Request(_))));
    }
}

#[test]
fn unseen_has_new_shapes_or_relations_and_seen_other_things() {
    let facts = |split: &str, count: usize| (0..count).map(|i| WORLD.facts(split, i).unwrap()).collect::<Vec<_>>();
    let (train, seen, unseen) = (facts("train", 5000), facts("seen", 500), facts("unseen", 500));
    let all = |of: &[QuestionFacts]| -> (BTreeSet<String>, BTreeSet<String>) {
        (of.iter().map(|f| f.kind.clone()).collect(), of.iter().flat_map(|f| f.relations.clone()).collect())
    };
    let (shapes, relations) = all(&train);
    let (seen_shapes, seen_relations) = all(&seen);
    assert!(seen_shapes.is_subset(&shapes) && seen_relations.is_subset(&relations));
    for question in &unseen {
        let new = !shapes.contains(&question.kind) || question.relations.iter().any(|r| !relations.contains(r));
        assert!(new, "{question:?}");
    }
    let starts = |of: &[QuestionFacts]| -> BTreeSet<String> { of.iter().map(|f| f.needs[0].clone()).collect() };
    assert!(starts(&train).is_disjoint(&starts(&seen)));
    println!("training: {shapes:?} {relations:?}\nunseen: {:?}", all(&unseen));
    assert!(relations.len() >= 20 && shapes.len() == 4);
    let new: BTreeSet<String> = all(&unseen).0.difference(&shapes).cloned().collect();
    assert_eq!(new, ["comparison_through_a_hop", "four_hops"].map(str::to_owned).into());
    let new: BTreeSet<String> = all(&unseen).1.difference(&relations).cloned().collect();
    assert_eq!(new, ["film_composer", "publisher", "spouse", "twin_town"].map(str::to_owned).into());
    let answers: BTreeSet<&String> = train.iter().filter(|f| f.kind == "both").map(|f| &f.answers[0]).collect();
    assert_eq!(answers.len(), 2);
}

#[test]
fn the_skills_of_search_qa_understand_its_texts_and_do_not_forbid_what_wins() {
    let heard = heard(&*WORLD, "search_qa", 200);
    assert_eq!(heard.forbidden, 0);
    assert!(heard.spoke.len() >= 8, "{heard:?}");
}

/// Questions in the form of the files that people have.
fn question_file(folder: &Path, change: impl Fn(&mut serde_json::Value)) -> SearchQaConfig {
    let context = json!([
        ["Iron Tower", ["The Iron Tower stands in Oldport. ", "It was opened in 1889."]],
        ["Oldport", ["Oldport is a city.", "Its mayor is Ann Reed."]]
    ]);
    let question = |text: &str, answer: &str, kind: &str| {
        json!({"_id": text, "question": text, "answer": answer, "type": kind, "level": "hard", "context": context,
            "supporting_facts": [["Iron Tower", 0], ["Oldport", 1], ["Not there", 0]]})
    };
    let mut questions = vec![question("Who is the mayor of the city of the Iron Tower?", "Ann Reed", "bridge"); 20];
    questions.push(question("Which is older, Iron Tower or Oldport?", "Oldport", "comparison"));
    let mut value = json!(questions);
    value[0]["answer_aliases"] = json!(["Reed"]);
    change(&mut value);
    fs::write(folder.join("questions.json"), value.to_string()).unwrap();
    SearchQaConfig { questions: Some(folder.join("questions.json")), ..SearchQaConfig::default() }
}

#[test]
fn question_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let config = question_file(folder.path(), |_| ());
    // A seed with which the comparison is the type that is unseen.
    let worlds = (0..50).filter_map(|seed| SearchQa::load(SearchQaConfig { seed, ..config.clone() }).ok());
    let world = worlds.into_iter().find(|world| world.info().splits[2].size == 1).unwrap();
    let mut env = world.open().unwrap();
    let reset = env.reset("train", 0, 0).unwrap();
    assert_eq!(
        (reset.task.as_str(), reset.kind.as_str()),
        ("Who is the mayor of the city of the Iron Tower?", "bridge")
    );
    let Played { transcript, won, offered, .. } = demonstrate(&mut *env, &reset);
    assert!(won && offered, "{transcript}");
    insta::assert_snapshot!("search_qa_file", transcript);
    assert_eq!(env.reset("unseen", 0, 0).unwrap().kind, "comparison");

    let corpus = folder.path().join("corpus.jsonl");
    fs::write(&corpus, "{\"title\": \"Ann\", \"text\": \"A\\nname.\"}\n\n{\"id\": \"1\", \"contents\": \"\\\"Ann Reed\\\"\\nA mayor.\"}\n").unwrap();
    let with_corpus = SearchQaConfig { corpus: Some(corpus.clone()), seen: 0, unseen: 0, ..config.clone() };
    let world = SearchQa::load(with_corpus.clone()).unwrap();
    let mut env = world.open().unwrap();
    env.reset("train", 0, 0).unwrap();
    let found = env.step("<search>Ann</search>").unwrap().observation;
    assert!(found.contains("(Title: \"Ann\") A name.") && found.contains("(Title: \"Ann Reed\") A mayor."), "{found}");

    fs::write(&corpus, "{\"title\": \"Ann\"}\n").unwrap();
    let error = SearchQa::load(with_corpus).map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("corpus.jsonl: line 1: ") && error.contains("expected title and text, or contents"),
        "{error}"
    );
}

#[test]
fn wrong_question_files_are_refused_with_file_and_question() {
    let folder = tempfile::tempdir().unwrap();
    let error = |change: &dyn Fn(&mut serde_json::Value)| match SearchQa::load(question_file(folder.path(), change)) {
        Err(error @ WorldError::Data { .. }) => error.to_string().replace(&*folder.path().to_string_lossy(), "FOLDER"),
        other => panic!("{:?}", other.map(|_| ())),
    };
    let mut messages = vec![
        error(&|q| q[3]["answer"] = json!(null)),
        error(&|q| q[3]["context"] = json!([["title without sentences"]])),
        error(&|q| q[3]["question"] = json!("?")),
        error(&|q| *q = json!([])),
        error(&|q| *q = json!({"question": "x"})),
        error(&|q| q.as_array_mut().unwrap().truncate(1)),
    ];
    let config = question_file(folder.path(), |_| ());
    let path = folder.path().join("questions.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 20]).unwrap();
    let truncated = SearchQa::load(config).map(|_| ()).unwrap_err();
    messages.push(truncated.to_string().replace(&*folder.path().to_string_lossy(), "FOLDER"));
    insta::assert_snapshot!("search_qa_wrong_files", messages.join("\n---\n"));
    let missing = SearchQaConfig { questions: Some("/nowhere/q.json".into()), ..SearchQaConfig::default() };
    assert!(matches!(SearchQa::load(missing), Err(WorldError::Io { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is said: no panic; the list is neither empty nor longer than forty, has nothing twice, and all of it is understood and
    /// made of what was read.
    #[test]
    fn any_turn_is_answered(
        index in 0usize..500,
        unseen in any::<bool>(),
        choices in prop::collection::vec((any::<prop::sample::Index>(), any::<Vec<u8>>(), 0u8..8), 1..5),
    ) {
        let mut env = WORLD.open().unwrap();
        let reset = env.reset(if unseen { "unseen" } else { "train" }, index, 0).unwrap();
        let (mut admissible, mut read) = (reset.admissible, reset.first);
        for (choice, bytes, mode) in choices {
            prop_assert!((1..=40).contains(&admissible.len()));
            prop_assert_eq!(admissible.iter().collect::<BTreeSet<_>>().len(), admissible.len());
            for action in &admissible {
                for word in action.split(['<', '>', ' ']).filter(|w| !["", "search", "/search", "answer", "/answer", "yes", "no"].contains(w)) {
                    prop_assert!(read.contains(word), "{} in {}", word, action);
                }
            }
            let action = match mode {
                0 => String::from_utf8_lossy(&bytes).into_owned(),
                1 => format!("<search>{}</search>", String::from_utf8_lossy(&bytes)),
                _ => choice.get(&admissible).clone(),
            };
            let stepped = env.step(&action).unwrap();
            prop_assert!(mode < 2 || !stepped.observation.starts_with("My previous action"));
            if stepped.done {
                break;
            }
            read += &stepped.observation;
            admissible = stepped.admissible;
        }
    }
}
