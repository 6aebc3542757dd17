//! Laws that hold for every text whatever, valid or not. In: a text; a law that is broken panics and says how. The tests
//! call them with texts that once broke them, and `fuzz/` with texts that it makes up.

use reskill::engine::spec::{Episode, SpecStep};
use reskill::lang::ast::{Item, Operation, Skill};
use reskill::lang::check::{Analysis, SourceFile, check};
use reskill::lang::checked::Example;
use reskill::lang::diag::Diagnostic;
use reskill::lang::parse::parse;
use reskill::lang::patch;
use reskill::lang::print;
use reskill::lang::source::{Source, SourceToken};

use crate::agree::compare::{self, Expected, Sessions};
use crate::scribe::Scribe;

/// Domains that a text may use without declaring them, by name.
const DOMAINS: [(&str, &str); 3] = [
    ("wide", include_str!("../data/wide.skill")),
    ("household", include_str!("../../skills/household/domain.skill")),
    ("textworld", include_str!("../../skills/textworld/domain.skill")),
];

/// The text, and the domains that its skills use and it does not declare.
fn files(text: &str) -> Vec<SourceFile> {
    let mut files = vec![SourceFile::new("text.skill", text)];
    for (name, domain) in DOMAINS {
        if text.contains(&format!("in {name} ")) && !text.contains(&format!("domain {name} ")) {
            files.push(SourceFile::new("domain.skill", domain));
        }
    }
    files
}

/// Tokens tile the text, and every finding of parsing and checking stands in it.
pub fn parses(text: &str) {
    if let Ok(source) = Source::new(text) {
        let mut end = 0;
        for lexeme in &source.lexemes {
            assert_eq!(lexeme.span.start, end, "tokens leave a gap");
            assert!(lexeme.span.end > end, "an empty token");
            end = lexeme.span.end;
        }
        assert_eq!(end as usize, text.len(), "tokens end before the text");
    }
    let files = files(text);
    let analysis = check(&files);
    for finding in &analysis.findings {
        places(&files[finding.file].text, &finding.diagnostic);
    }
    for (file, items) in files.iter().zip(&analysis.trees) {
        let spans = items.iter().map(|item| match item {
            Item::Domain(domain) => domain.span,
            Item::Skill(skill) => skill.span,
            Item::Patch(patch) => patch.span,
        });
        let mut end = 0;
        for span in spans {
            assert!(span.start >= end && file.text.get(span.range()).is_some(), "an item out of place: {span:?}");
            end = span.end;
        }
    }
}

fn places(text: &str, diagnostic: &Diagnostic) {
    assert!(!diagnostic.labels.is_empty(), "a finding without a place: {diagnostic:?}");
    for span in diagnostic.labels.iter().map(|l| l.span).chain(diagnostic.fixes.iter().map(|f| f.span)) {
        assert!(text.get(span.range()).is_some(), "{span:?} is no place of {} bytes: {diagnostic:?}", text.len());
    }
}

/// What parses prints as a text of the same tree, once and for all, with its comments, and nothing new is wrong with it.
pub fn prints(text: &str) {
    let parsed = parse(text);
    let printed = print::items(&parsed.items);
    let again = parse(&printed);
    assert!(again.diagnostics.is_empty(), "{:?}\nin\n{printed}", again.diagnostics);
    assert_eq!(again.items, parsed.items, "in\n{printed}");
    assert_eq!(print::items(&again.items), printed);
    if !parsed.diagnostics.is_empty() || parsed.items.is_empty() {
        return;
    }
    assert_eq!(comments(&printed), comments(text), "comments of\n{printed}");
    assert_eq!(complaints(&printed), complaints(text), "findings of\n{printed}");
}

/// All comments, without the blanks at their ends, in alphabetical order.
fn comments(text: &str) -> Vec<&str> {
    let Ok(source) = Source::new(text) else { return Vec::new() };
    let comments = source.lexemes.iter().filter(|l| l.token == SourceToken::Comment);
    let mut comments: Vec<&str> = comments.map(|l| source.slice(l.span).trim_end()).collect();
    comments.sort_unstable();
    comments
}

fn complaints(text: &str) -> Vec<(&'static str, String)> {
    let findings = check(&files(text)).findings.into_iter().filter(|f| f.file == 0);
    let mut complaints: Vec<_> = findings.map(|f| (f.diagnostic.code.id(), f.diagnostic.message)).collect();
    complaints.sort_unstable();
    complaints
}

/// Each patch of the text, applied to its skills, gives skills that print and parse, or says why it does not fit.
pub fn patches(text: &str) {
    let mut bank: Vec<Skill> = Vec::new();
    let mut patches = Vec::new();
    for item in parse(text).items {
        match item {
            Item::Skill(skill) if bank.iter().all(|s| s.name.text != skill.name.text) => bank.push(skill),
            Item::Patch(patch) => patches.push(patch),
            Item::Skill(_) | Item::Domain(_) => {}
        }
    }
    for patch in &patches {
        match patch::apply(&bank, patch) {
            Err(conflicts) => {
                assert!(!conflicts.is_empty(), "refused without a reason");
                conflicts.iter().for_each(|conflict| places(text, conflict));
            }
            Ok((skills, changes)) => {
                assert_eq!(changes.len(), patch.operations.len(), "an operation without effect");
                for skill in &bank {
                    let name = |operation: &&Operation| operation.skill().text == skill.name.text;
                    let kept = skills.iter().find(|s| s.name.text == skill.name.text);
                    match patch.operations.iter().find(name) {
                        None => assert_eq!(kept, Some(skill), "a skill that the patch does not name"),
                        Some(Operation::Retire { .. }) => assert_eq!(kept, None),
                        Some(_) => assert!(kept.is_some()),
                    }
                }
                let printed = print::items(&skills.iter().cloned().map(Item::Skill).collect::<Vec<_>>());
                let again = parse(&printed);
                assert!(again.diagnostics.is_empty(), "{:?}\nin\n{printed}", again.diagnostics);
                assert_eq!(print::items(&again.items), printed);
            }
        }
    }
}

/// Longer examples are left alone: the specification reads an episode from its start for every question.
const STEPS: usize = 16;
/// Examples and rules of a text that are played.
const EXAMPLES: usize = 6;
const RULES: usize = 40;
/// Episodes made up for a text, and their steps.
const EPISODES: u64 = 3;
const MADE_UP: usize = 6;

/// On every example of the text, and on episodes made of its own patterns, the session says under all skills what the
/// specification says. What stands after the last `//` chooses the episodes.
pub fn agrees(text: &str) {
    let Analysis { checked, .. } = check(&files(text));
    if checked.skills.iter().map(|s| s.rules.len() + s.assertions.len()).sum::<usize>() > RULES {
        return;
    }
    let choice = text.rsplit_once("//").map_or("", |(_, choice)| choice);
    let choice = choice.bytes().fold(0u64, |mixed, byte| mixed.wrapping_mul(31).wrapping_add(byte.into()));
    for (number, domain) in checked.domains.iter().enumerate() {
        let mut skills = checked.skills.iter().filter(|skill| skill.domain == number).peekable();
        if skills.peek().is_none() {
            continue;
        }
        let mut sessions = Sessions::new(&checked, number);
        let short = skills.flat_map(|s| &s.examples).filter(|example| example.steps.len() <= STEPS);
        for example in short.take(EXAMPLES) {
            let steps = example.steps.iter();
            let steps = steps.map(|s| SpecStep { action: &s.action, observation: &s.observation, available_after: &s.available });
            let steps: Vec<SpecStep> = steps.collect();
            let Example { task, first, available, .. } = example;
            let episode = Episode { task, first, first_available: available, steps: &steps };
            sessions.compare(&Expected::new(&checked, number, episode)).unwrap_or_else(|what| panic!("{what}"));
        }
        for made_up in 0..EPISODES {
            let mut drawn = choice.wrapping_add(made_up);
            let below = move |limit: usize| {
                drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (drawn >> 33) as usize % limit.max(1)
            };
            let trajectory = Scribe::new(domain, MADE_UP, Box::new(below)).episode();
            if let Err(what) = compare::agrees(&mut sessions, &checked, number, &trajectory, made_up == 1) {
                panic!("{what}\non {trajectory:#?}");
            }
        }
    }
}
