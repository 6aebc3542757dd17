//! Local question files. In: a JSON list in HotpotQA's or 2WikiMultihopQA's form and, if given, a corpus of JSON lines. Out: passages and
//! questions by split, or an error that names the file and the entry.
//!
//! A question has `question`, `answer`, `context` (pairs of a title and a list of sentences) and, where they are there, `type`,
//! `supporting_facts` (pairs of a title and a number) and `answer_aliases`. Without a corpus, all contexts together are what is searched.
//! A line of a corpus has `title` and `text`, or `contents`: the title in quotes, a line break, the text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::facts::Passage;
use super::questions::Question;
use super::{SearchQaConfig, spans};
use crate::world::WorldError;
use crate::world::splits::divide;

#[derive(Deserialize)]
struct RawQuestion {
    question: String,
    answer: String,
    #[serde(default)]
    answer_aliases: Vec<String>,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    context: Vec<(String, Vec<String>)>,
    #[serde(default)]
    supporting_facts: Vec<(String, i64)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawPassage {
    Apart { title: String, text: String },
    Joined { contents: String },
}

/// What the files hold.
pub struct Read {
    pub passages: Vec<Passage>,
    /// By split.
    pub questions: [Vec<Question>; 3],
    /// blake3 of the files.
    pub hash: String,
}

/// Reads the files.
///
/// # Errors
/// [`WorldError::Io`] for a file that cannot be read, [`WorldError::Data`] for one that is wrong or too poor.
pub fn read(questions: &Path, corpus: Option<&Path>, config: &SearchQaConfig) -> Result<Read, WorldError> {
    let mut hasher = blake3::Hasher::new();
    let file = questions.display().to_string();
    let wrong = |message: String| WorldError::Data { file: file.clone(), message };
    let text = text_of(questions, &mut hasher)?;
    let values: Vec<serde_json::Value> = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let mut passages = corpus.map(|path| lines(path, &mut hasher)).transpose()?.unwrap_or_default();
    let mut known: BTreeSet<(String, String)> = BTreeSet::new();
    let mut raw_questions = Vec::with_capacity(values.len());
    for (index, value) in values.into_iter().enumerate() {
        let raw: RawQuestion =
            serde_json::from_value(value).map_err(|error| wrong(format!("question {index}: {error}")))?;
        if spans::actions(&raw.question, &[]).is_empty() {
            return Err(wrong(format!("question {index}: expected a name or another word to search for")));
        }
        if corpus.is_none() {
            for (title, sentences) in &raw.context {
                let passage = Passage { title: line(title), text: line(&sentences.join(" ")) };
                if known.insert((passage.title.clone(), passage.text.clone())) {
                    passages.push(passage);
                }
            }
        }
        raw_questions.push(raw);
    }
    if passages.is_empty() {
        let file = corpus.unwrap_or(questions).display().to_string();
        return Err(WorldError::Data { file, message: "expected at least one passage".to_owned() });
    }
    let mut by_title: BTreeMap<&str, usize> = BTreeMap::new();
    for (position, passage) in passages.iter().enumerate() {
        by_title.entry(&passage.title).or_insert(position);
    }
    let made = raw_questions.into_iter().map(|raw| {
        let mut needs: Vec<usize> = Vec::new();
        for (title, _) in &raw.supporting_facts {
            if let Some(&position) = by_title.get(line(title).as_str())
                && !needs.contains(&position)
            {
                needs.push(position);
            }
        }
        Question {
            text: line(&raw.question),
            kind: raw.kind,
            answers: [vec![raw.answer], raw.answer_aliases].concat(),
            needs,
            relations: Vec::new(),
        }
    });
    let made = made.map(|question| (question.kind.clone(), question)).collect();
    let questions = divide(config.seed, config.held_out, config.wanted(), made, &file)?;
    Ok(Read { passages, questions, hash: hasher.finalize().to_hex().to_string() })
}

fn text_of(path: &Path, hasher: &mut blake3::Hasher) -> Result<String, WorldError> {
    let what = || format!("reading {}", path.display());
    let text = fs::read_to_string(path).map_err(|source| WorldError::Io { what: what(), source })?;
    hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    Ok(text)
}

fn lines(path: &Path, hasher: &mut blake3::Hasher) -> Result<Vec<Passage>, WorldError> {
    let text = text_of(path, hasher)?;
    let mut passages = Vec::new();
    for (number, one) in text.lines().enumerate().filter(|(_, one)| !one.trim().is_empty()) {
        let raw: RawPassage = serde_json::from_str(one).map_err(|error| WorldError::Data {
            file: path.display().to_string(),
            message: format!("line {}: {error}; expected title and text, or contents", number + 1),
        })?;
        passages.push(match &raw {
            RawPassage::Apart { title, text } => Passage { title: line(title), text: line(text) },
            RawPassage::Joined { contents } => {
                let (title, text) = contents.split_once('\n').unwrap_or((contents, ""));
                Passage { title: line(title.trim_matches('"')), text: line(text) }
            }
        });
    }
    Ok(passages)
}

/// The text on one line, with single spaces.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
