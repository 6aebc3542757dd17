//! The colours of editors agree with the language: the TextMate grammar has the words that the grammar reserves, and tells
//! comments, texts, numbers and regular expressions apart as the lexer does.

use std::path::{Path, PathBuf};

use regex::Regex;
use reskill::lang::source::{Source, SourceToken};
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn grammar() -> Value {
    let path = root().join("editors/vscode/syntaxes/skill.tmLanguage.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("there")).expect("JSON")
}

/// A rule of the subset of TextMate that the grammar uses: a match, or a text from `begin` to `end` on one line.
struct Rule {
    scope: String,
    begin: Regex,
    /// `end`, and what is taken whole before it is looked for.
    inside: Option<(Regex, Vec<Regex>)>,
}

fn rules(grammar: &Value, node: &Value, found: &mut Vec<Rule>) {
    if let Some(name) = node["include"].as_str() {
        let target = &grammar["repository"][name.trim_start_matches('#')];
        assert!(target.is_object(), "{name} is not in the repository");
        return rules(grammar, target, found);
    }
    let regex = |value: &Value| Regex::new(value.as_str().expect("a pattern")).expect("a regular expression");
    let scope = node["name"].as_str().unwrap_or_default().to_owned();
    if node["match"].is_string() {
        found.push(Rule { scope, begin: regex(&node["match"]), inside: None });
    } else if node["begin"].is_string() {
        let inner = node["patterns"].as_array().expect("patterns");
        let inside = Some((regex(&node["end"]), inner.iter().map(|p| regex(&p["match"])).collect()));
        found.push(Rule { scope, begin: regex(&node["begin"]), inside });
    } else {
        node["patterns"].as_array().expect("patterns").iter().for_each(|part| rules(grammar, part, found));
    }
}

/// Of each byte of a text, what it is for the eye: `#` comment, `"` text, `/` expression, `1` number, ` ` else.
fn class(scope: &str) -> u8 {
    match scope {
        s if s.starts_with("comment.") => b'#',
        s if s.starts_with("string.quoted.") => b'"',
        s if s.starts_with("string.regexp.") => b'/',
        s if s.starts_with("constant.numeric.") => b'1',
        _ => b' ',
    }
}

fn coloured(text: &str, rules: &[Rule]) -> String {
    let mut classes = vec![b' '; text.len()];
    let mut base = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let mut at = 0;
        // The leftmost match; of several there, the rule that stands first.
        let next = |at: usize| {
            let places = rules.iter().filter_map(|rule| rule.begin.find_at(bare, at).map(|found| (found, rule)));
            places.min_by_key(|(found, _)| found.start())
        };
        while let Some((found, rule)) = next(at) {
            let mut end = found.end();
            if let Some((closing, inner)) = &rule.inside {
                loop {
                    let close = closing.find_at(bare, end).expect("`end` ends at the end of the line");
                    let skip = inner.iter().filter_map(|p| p.find_at(bare, end)).min_by_key(|m| m.start());
                    match skip.filter(|m| m.start() < close.start()) {
                        Some(skip) => end = skip.end(),
                        None => {
                            end = close.end();
                            break;
                        }
                    }
                }
            }
            classes[base + found.start()..base + end].fill(class(&rule.scope));
            at = end.max(found.start() + 1);
            while !bare.is_char_boundary(at.min(bare.len())) {
                at += 1;
            }
            if at > bare.len() {
                break;
            }
        }
        base += line.len();
    }
    String::from_utf8(classes).expect("ASCII")
}

fn lexed(text: &str) -> String {
    let source = Source::new(text).expect("small");
    let mut classes = vec![b' '; text.len()];
    for lexeme in &source.lexemes {
        let class = match lexeme.token {
            SourceToken::Comment => b'#',
            SourceToken::Text | SourceToken::OpenText => b'"',
            SourceToken::Regex => b'/',
            SourceToken::Number => b'1',
            _ => b' ',
        };
        classes[lexeme.span.range()].fill(class);
    }
    // A carriage return ends a line for an editor and is a character of a comment for the lexer: it has no colour.
    let bytes = text.bytes().zip(classes);
    bytes.map(|(byte, class)| if byte == b'\r' { ' ' } else { class as char }).collect()
}

fn agree(name: &str, text: &str, rules: &[Rule]) {
    let (shown, meant) = (coloured(text, rules), lexed(text));
    if shown != meant {
        let at = shown.bytes().zip(meant.bytes()).position(|(a, b)| a != b).unwrap_or(0);
        let line = text[..at].matches('\n').count() + 1;
        panic!("{name}:{line}: the editor shows {:?}, the lexer reads {:?}", &shown[at..at + 1], &meant[at..at + 1]);
    }
}

fn skill_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            skill_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "skill") {
            found.push(path);
        }
    }
}

#[test]
fn the_words_are_those_that_the_grammar_reserves() {
    let pest = std::fs::read_to_string(root().join("grammar/skill.pest")).expect("there");
    let list = pest.split_once("keyword = _{").and_then(|(_, rest)| rest.split_once('}')).expect("the rule").0;
    let mut reserved: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    reserved.sort_unstable();
    let grammar = grammar();
    let mut coloured: Vec<String> = Vec::new();
    for part in grammar["repository"]["keyword"]["patterns"].as_array().expect("a list") {
        let pattern = part["match"].as_str().expect("a pattern");
        let words = pattern.strip_prefix(r"\b(").and_then(|p| p.strip_suffix(r")\b")).expect("a list of words");
        coloured.extend(words.split('|').map(str::to_owned));
    }
    coloured.sort_unstable();
    assert_eq!(coloured, reserved);
    let types = grammar["repository"]["type"]["match"].as_str().expect("a pattern");
    for (_, name) in reskill::lang::pattern::Type::ALL {
        assert!(types.split(['(', '|', ')']).any(|word| word == name), "{name}");
    }
}

#[test]
fn every_skill_file_is_coloured_as_it_is_lexed() {
    let grammar = grammar();
    let mut found = Vec::new();
    rules(&grammar, &grammar, &mut found);
    let mut files = Vec::new();
    ["skills", "tests", "docs"].iter().for_each(|folder| skill_files(&root().join(folder), &mut files));
    assert!(files.len() >= 8, "{files:?}");
    for path in files {
        let text = std::fs::read_to_string(&path).expect("text");
        agree(&path.display().to_string(), &text, &found);
    }
    // What no sound file has.
    for text in [
        "\"open // no comment\n1 // \"no text\"\n",
        "\"\\\" {x} {{ \\\\\" 12.5 a1 1a _ \"\" \"{\" x",
        "/[a-z]\\/\"/ 3 // /x/\n/ no\n",
        "x: number 4 rule r2 kind \"a\" 5..6",
        "// a\r\n\"b\"\r\n/// c \"d\"\n",
    ] {
        agree(text, text, &found);
    }
}
