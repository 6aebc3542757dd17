//! Texts for the judges: random programs, the repository's own, and both with changes. In: a number; out: a text and what it
//! is meant to be. The number alone says which.

use std::path::Path;
use std::sync::OnceLock;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reskill::lang::ast::{Edit, EditKind, Item, MemberKind, Name, Operation, Patch, Skill, Str};
use reskill::lang::diag::Code;
use reskill::lang::grammar::Root;
use reskill::lang::keywords::KEYWORDS;
use reskill::lang::parse::parse;
use reskill::lang::print;
use reskill::lang::source::{Lexeme, Source, SourceToken};
use reskill::lang::span::Span;

use crate::agree::generate::program;

pub const ROOTS: [Root; 3] = [Root::Patch, Root::Skill, Root::File];

#[derive(Debug, Clone)]
pub struct Case {
    pub text: String,
    pub root: Root,
    /// Whether it was changed.
    pub changed: bool,
}

/// Cases of one base: the base itself, and changes of it.
pub const FAMILY: u64 = 20;

/// A base and its changes.
pub fn family(number: u64) -> Vec<Case> {
    let (base, root) = base(number);
    let mut cases = vec![Case { text: base.clone(), root, changed: false }];
    for member in 1..FAMILY {
        let mut rng = ChaCha8Rng::seed_from_u64(number * FAMILY + member);
        let mut text = base.clone();
        for _ in 0..*[1, 1, 1, 2, 3].choose(&mut rng).expect("some") {
            text = change(&text, &mut rng);
        }
        // Now and then a text is asked to be what it is not.
        let root = if rng.random_bool(0.02) { *ROOTS.choose(&mut rng).expect("three") } else { root };
        cases.push(Case { text, root, changed: true });
    }
    cases
}

/// Every third base is a piece of the repository's files, the others are pieces of random programs.
fn base(family: u64) -> (String, Root) {
    let mut rng = ChaCha8Rng::seed_from_u64(family ^ 0x5eed);
    if family.is_multiple_of(3) {
        let ours = ours();
        return ours[(family / 3) as usize % ours.len()].clone();
    }
    let files = program(family).files;
    if rng.random_bool(0.05) {
        return (files.iter().map(|f| f.text.as_str()).collect::<Vec<_>>().join("\n"), Root::File);
    }
    if rng.random_bool(0.15) {
        return (files[0].text.clone(), Root::File);
    }
    let skills = skills(&files[1].text);
    let skill = skills.choose(&mut rng).expect("a bank has skills");
    match rng.random_bool(0.5) {
        true => (print::skill(skill), Root::Skill),
        false => (print::patch(&patch(skill, &skills, &mut rng)), Root::Patch),
    }
}

fn skills(text: &str) -> Vec<Skill> {
    let items = parse(text).items.into_iter();
    items.filter_map(|item| if let Item::Skill(skill) = item { Some(skill) } else { None }).collect()
}

/// The files of the repository, each as a whole and item by item, with patches made of their skills.
fn ours() -> &'static Vec<(String, Root)> {
    static OURS: OnceLock<Vec<(String, Root)>> = OnceLock::new();
    OURS.get_or_init(|| {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut found = Vec::new();
        for text in files() {
            // Long files take long, and say nothing that their items do not say.
            if text.len() < 6_000 {
                found.push((text.clone(), Root::File));
            }
            let Ok(source) = Source::new(&text) else { continue };
            for chunk in source.chunks().0 {
                let root = match source.words(chunk, 1).as_slice() {
                    ["skill"] => Root::Skill,
                    ["patch"] => Root::Patch,
                    _ => continue,
                };
                found.push((source.slice(chunk).to_owned(), root));
            }
            let skills = skills(&text);
            found.extend(skills.iter().map(|skill| (print::patch(&patch(skill, &skills, &mut rng)), Root::Patch)));
        }
        found
    })
}

/// The text of every `.skill` file of the repository.
pub fn files() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = ["skills", "tests", "docs", "examples", "envs"].map(|folder| root.join(folder)).to_vec();
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).expect("readable").map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "skill") {
            files.push(path);
        }
    }
    files.sort();
    assert!(files.len() > 20, "{files:?}");
    files.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// A patch about a skill.
fn patch(skill: &Skill, others: &[Skill], rng: &mut ChaCha8Rng) -> Patch {
    let name = |text: &str| Name { text: text.to_owned(), span: Span::default() };
    let str = |text: &str| Str { value: text.to_owned(), span: Span::default() };
    let mut operations = Vec::new();
    for _ in 0..rng.random_range(1..=3) {
        let other = others.choose(rng).unwrap_or(skill);
        operations.push(match rng.random_range(0..5) {
            0 => Operation::Add(other.clone()),
            1 => Operation::Replace(other.clone()),
            2 => Operation::Retire { lead: Vec::new(), name: name("old_one") },
            _ => {
                let mut edits: Vec<Edit> = Vec::new();
                for member in &other.members {
                    let named = !matches!(member.kind, MemberKind::Unverified(_) | MemberKind::Priority(_));
                    let kind = match rng.random_range(0..4) {
                        0 => continue,
                        1 if named => EditKind::Replace(member.kind.clone()),
                        2 => EditKind::Drop {
                            sort: reskill::lang::ast::Sort::ALL.choose(rng).expect("some").0,
                            name: name("gone"),
                        },
                        _ => EditKind::Add(member.kind.clone()),
                    };
                    edits.push(Edit { lead: Vec::new(), kind, span: Span::default() });
                }
                if edits.is_empty() {
                    edits.push(Edit {
                        lead: vec!["// nothing else".to_owned()],
                        kind: EditKind::Add(MemberKind::Unverified(str("why"))),
                        span: Span::default(),
                    });
                }
                Operation::Modify { lead: Vec::new(), name: name("some_skill"), edits, tail: Vec::new() }
            }
        });
    }
    Patch { lead: Vec::new(), title: str("why \"so\""), operations, tail: Vec::new(), span: Span::default() }
}

/// Characters that mean something somewhere.
const CHARACTERS: [char; 34] = [
    '"', '\\', '/', '{', '}', '(', ')', '=', '!', '<', '>', '-', '.', ',', ':', '|', '_', ' ', '\n', '\t', '\r', '0',
    '9', 'a', 'Z', 'n', 's', 'é', '\u{feff}', '\u{0}', '\u{a0}', '→', '\'', ';',
];

/// Layout that says nothing, or joins what it should part.
const LAYOUT: [&str; 10] =
    ["", "", " ", "\n", "\t\r\n", "// c\n", " //\n", "\u{feff}", "// é \"x\" {\n\n", "// no end"];

fn change(text: &str, rng: &mut ChaCha8Rng) -> String {
    let Ok(source) = Source::new(text) else { return text.to_owned() };
    let tokens: Vec<Lexeme> = source.lexemes.iter().copied().filter(|l| l.token != SourceToken::Blank).collect();
    let blanks: Vec<Lexeme> = source.lexemes.iter().copied().filter(|l| l.token == SourceToken::Blank).collect();
    let Some(token) = tokens.choose(rng).copied() else {
        return KEYWORDS.choose(rng).expect("some").0.to_owned();
    };
    let replaced = |span: Span, by: &str| format!("{}{by}{}", &text[..span.start as usize], &text[span.end as usize..]);
    let (start, end) = (token.span.start as usize, token.span.end as usize);
    let told = source.slice(token.span);
    let blank = blanks.choose(rng).map_or(token.span, |blank| blank.span);
    match rng.random_range(0..20) {
        0 => replaced(token.span, ""),
        1 => replaced(token.span, &format!("{told} {told}")),
        2 => {
            let other = tokens.choose(rng).expect("there are some").span;
            let (first, second) =
                if other.start < token.span.start { (other, token.span) } else { (token.span, other) };
            if first.end > second.start {
                return text.to_owned();
            }
            let between = &text[first.end as usize..second.start as usize];
            let (before, after) = (&text[..first.start as usize], &text[second.end as usize..]);
            format!("{before}{}{between}{}{after}", source.slice(second), source.slice(first))
        }
        3 => replaced(token.span, source.slice(tokens.choose(rng).expect("there are some").span)),
        4 => {
            let same: Vec<&Lexeme> = tokens.iter().filter(|l| l.token == token.token).collect();
            replaced(token.span, source.slice(same.choose(rng).expect("itself").span))
        }
        5 => replaced(token.span, KEYWORDS.choose(rng).expect("some").0),
        6 => format!("{} {} {}", &text[..end], KEYWORDS.choose(rng).expect("some").0, &text[end..]),
        // A word that begins like a reserved one, or a type or name that is one.
        7 if token.token == SourceToken::Word => {
            let word = KEYWORDS.choose(rng).expect("some").0;
            let by = match rng.random_range(0..5) {
                0 => format!("{word}s"),
                1 => format!("{word}_1"),
                2 => format!("_{word}"),
                3 => word[..word.len() - 1].to_owned(),
                _ => format!("{told}{word}"),
            };
            replaced(token.span, &by)
        }
        8 => {
            let numbers =
                ["0", "007", "-1", "1.5", "-0.25", "1.", ".5", "- 1", "1e3", "100001", "99999999999999999999", "1_0"];
            replaced(token.span, numbers.choose(rng).expect("some"))
        }
        // Layout: mostly nothing is wrong with it.
        9..=14 => replaced(blank, LAYOUT.choose(rng).expect("some")),
        15 => format!("{}{}{}", &text[..start], LAYOUT.choose(rng).expect("some"), &text[start..]),
        16 => {
            let before = LAYOUT.choose(rng).expect("some");
            format!("{before}{text}{}", LAYOUT.choose(rng).expect("some"))
        }
        // Characters, most of them inside words and texts.
        _ => {
            let places: Vec<usize> = text[start..end].char_indices().map(|(at, _)| start + at).collect();
            let at = *places.choose(rng).expect("a token has characters");
            let size = text[at..].chars().next().map_or(0, char::len_utf8);
            let other = CHARACTERS.choose(rng).expect("some");
            match rng.random_range(0..3) {
                0 => format!("{}{}", &text[..at], &text[at + size..]),
                1 => format!("{}{other}{}", &text[..at], &text[at..]),
                _ => format!("{}{other}{}", &text[..at], &text[at + size..]),
            }
        }
    }
}

/// Whether the parser finds nothing wrong with the syntax of a text of this sort; `None` where it does not look at it because
/// brackets nest too deeply.
pub fn is_syntax(text: &str, root: Root) -> Option<bool> {
    let parsed = parse(text);
    if parsed.diagnostics.iter().any(|d| matches!(d.code, Code::TooDeep | Code::TooLarge)) {
        return None;
    }
    // Numbers out of bounds are no matter of syntax.
    if parsed.diagnostics.iter().any(|d| d.code != Code::BadNumber) {
        return Some(false);
    }
    let word = match root {
        Root::File => return Some(true),
        Root::Patch => "patch",
        Root::Skill => "skill",
    };
    let source = Source::new(text).ok()?;
    match source.chunks().0.as_slice() {
        [only] => Some(source.words(*only, 1) == [word]),
        _ => Some(false),
    }
}
