//! Search QA: questions of several steps, answered with a search engine in Search-R1's form. In: a configuration, and the tables under
//! `envs/search_qa/`, or local files of questions. Out: a [`World`] with the splits `train`, `seen` and `unseen`.
//!
//! `<search>…</search>` brings the three best passages up, `<answer>…</answer>` ends the episode, anything else costs a turn. `seen` asks
//! about other things than training, `unseen` in shapes or about relations that training never has. A task depends on the
//! configuration's seed, its split and its index alone; the world has no chance of its own, so the seed given to a reset changes nothing.

mod data;
mod facts;
mod files;
mod grade;
mod questions;
mod spans;

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::data::Tables;
use self::facts::{Facts, Passage};
use self::questions::{Question, Questioner};
use super::retrieval::Retrieval;
use super::splits::sized;
use super::{Env, Reset, Stepped, World, WorldError, WorldInfo, refuse};

/// Passages that a search brings up.
const RESULTS: usize = 3;
/// The answer to what is neither a search nor an answer.
const REFUSED: &str = "My previous action is invalid. If I want to search, I should put the query between <search> and </search>. If I \
                       want to give the final answer, I should put the answer between <answer> and </answer>. Let me try again.";

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchQaConfig {
    pub seed: u64,
    /// Tasks per split; with files, at most as many as they hold.
    pub train: usize,
    pub seen: usize,
    pub unseen: usize,
    /// Turns per episode, at most; the answer is one.
    pub horizon: usize,
    /// With files: share of the types of questions that training never has, 0..1; at least one.
    pub held_out: f64,
    /// A file of questions in HotpotQA's or 2WikiMultihopQA's form, in place of the built-in ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub questions: Option<PathBuf>,
    /// JSON lines with what is searched, in place of the questions' own contexts; only with `questions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corpus: Option<PathBuf>,
}

impl Default for SearchQaConfig {
    /// The original's turns.
    fn default() -> Self {
        SearchQaConfig {
            seed: 0,
            train: 20_000,
            seen: 500,
            unseen: 500,
            horizon: 4,
            held_out: 0.25,
            questions: None,
            corpus: None,
        }
    }
}

impl SearchQaConfig {
    /// Tasks per split, in their order.
    fn wanted(&self) -> [usize; 3] {
        [self.train, self.seen, self.unseen]
    }

    fn check(&self) -> Result<(), WorldError> {
        refuse(&[
            (self.horizon >= 1, "horizon", "1 or more"),
            ((0.0..1.0).contains(&self.held_out), "held_out", "0 or more, below 1"),
            (self.questions.is_some() || self.corpus.is_none(), "corpus", "nothing without questions"),
        ])
    }
}

/// Where questions come from.
enum Source {
    Made { tables: Tables, facts: Facts },
    Given([Vec<Question>; 3]),
}

/// What all episodes share.
struct Shared {
    config: SearchQaConfig,
    info: WorldInfo,
    passages: Vec<Passage>,
    index: Retrieval,
    source: Source,
}

/// The search QA world.
#[derive(Clone)]
pub struct SearchQa {
    shared: Arc<Shared>,
}

/// What a question is about, for tests and reports; never shown to a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionFacts {
    /// Shape of the question, or the file's `type`.
    pub kind: String,
    pub answers: Vec<String>,
    /// Titles of the passages that hold what is needed.
    pub needs: Vec<String>,
    /// Relations it is about; empty with files.
    pub relations: Vec<String>,
}

impl SearchQa {
    /// Makes or reads passages and questions and builds the search.
    ///
    /// # Errors
    /// [`WorldError::Io`] for a file that cannot be read, [`WorldError::Data`] for one that is wrong or too poor,
    /// [`WorldError::Request`] for a configuration out of range.
    pub fn load(config: SearchQaConfig) -> Result<SearchQa, WorldError> {
        config.check()?;
        let wanted = config.wanted();
        let (passages, source, sizes, content) = match &config.questions {
            Some(path) => {
                let read = files::read(path, config.corpus.as_deref(), &config)?;
                let sizes = [0, 1, 2].map(|split| wanted[split].min(read.questions[split].len()));
                (read.passages, Source::Given(read.questions), sizes, read.hash)
            }
            None => {
                let tables = Tables::load()?;
                let facts = Facts::new(&tables, config.seed)?;
                let (passages, hash) = (facts.passages(&tables, config.seed), tables.hash.clone());
                (passages, Source::Made { tables, facts }, wanted, hash)
            }
        };
        let index = Retrieval::new(passages.iter().map(|passage| format!("{} {}", passage.title, passage.text)))?;
        // Where the files lie does not change the tasks; what they hold does.
        let keys = SearchQaConfig { questions: None, corpus: None, ..config.clone() };
        let mut hasher = blake3::Hasher::new();
        hasher.update(content.as_bytes()).update(format!("{keys:?}").as_bytes());
        let info = WorldInfo {
            name: "search_qa".to_owned(),
            splits: sized(sizes),
            horizon: config.horizon,
            hash: hasher.finalize().to_hex().to_string(),
            returns: [0.0, 1.0],
        };
        Ok(SearchQa { shared: Arc::new(Shared { config, info, passages, index, source }) })
    }

    /// What a question is about.
    ///
    /// # Errors
    /// [`WorldError::Request`] if there is no such task.
    pub fn facts(&self, split: &str, index: usize) -> Result<QuestionFacts, WorldError> {
        let Question { kind, answers, needs, relations, .. } = self.shared.question(split, index)?;
        let needs = needs.into_iter().map(|position| self.shared.passages[position].title.clone()).collect();
        Ok(QuestionFacts { kind, answers, needs, relations })
    }
}

impl Shared {
    fn question(&self, split: &str, index: usize) -> Result<Question, WorldError> {
        let position = self.info.find(split, index)?;
        match &self.source {
            Source::Given(questions) => Ok(questions[position][index].clone()),
            Source::Made { tables, facts } => {
                Questioner { tables, facts, split: position }.question(self.config.seed, index)
            }
        }
    }
}

impl World for SearchQa {
    fn info(&self) -> &WorldInfo {
        &self.shared.info
    }

    fn open(&self) -> Result<Box<dyn Env>, WorldError> {
        Ok(Box::new(SearchQaEnv { shared: Arc::clone(&self.shared), episode: None }))
    }
}

struct Episode {
    question: Question,
    /// Positions of the passages seen, those of the latest search first, none twice.
    seen: Vec<usize>,
    turns: usize,
    done: bool,
}

struct SearchQaEnv {
    shared: Arc<Shared>,
    episode: Option<Episode>,
}

impl SearchQaEnv {
    fn no_episode() -> WorldError {
        WorldError::Request("search_qa: no episode; call reset first".to_owned())
    }
}

impl Episode {
    fn admissible(&self, passages: &[Passage]) -> Vec<String> {
        let seen: Vec<&Passage> = self.seen.iter().map(|&position| &passages[position]).collect();
        spans::actions(&self.question.text, &seen)
    }

    /// Brings passages up; answers them as text.
    fn search(&mut self, shared: &Shared, query: &str) -> Result<String, WorldError> {
        let found = shared.index.search(query, RESULTS)?;
        let documents: Vec<String> = (found.iter().enumerate())
            .map(|(i, &position)| {
                let Passage { title, text } = &shared.passages[position];
                format!("Doc {}(Title: \"{title}\") {text}", i + 1)
            })
            .collect();
        let before: Vec<usize> = self.seen.drain(..).filter(|position| !found.contains(position)).collect();
        self.seen = [found, before].concat();
        Ok(format!("<information>{}</information>", documents.join("\n")))
    }
}

/// The first search or answer in what was said: its tag and what stands between its tags.
fn tagged(action: &str) -> Option<(&'static str, &str)> {
    let between = |tag: &'static str, open: &str, close: &str| {
        let start = action.find(open)?;
        let rest = &action[start + open.len()..];
        Some((start, tag, rest[..rest.find(close)?].trim()))
    };
    let search = between("search", "<search>", "</search>");
    let answer = between("answer", "<answer>", "</answer>");
    [search, answer].into_iter().flatten().min_by_key(|found| found.0).map(|(_, tag, text)| (tag, text))
}

impl Env for SearchQaEnv {
    fn reset(&mut self, split: &str, index: usize, _seed: u64) -> Result<Reset, WorldError> {
        let question = self.shared.question(split, index)?;
        let episode = Episode { question, seen: Vec::new(), turns: 0, done: false };
        let reset = Reset {
            task_id: format!("{split}/{index}"),
            kind: episode.question.kind.clone(),
            task: episode.question.text.clone(),
            first: format!("Question: {}", episode.question.text),
            admissible: episode.admissible(&self.shared.passages),
        };
        self.episode = Some(episode);
        Ok(reset)
    }

    fn step(&mut self, action: &str) -> Result<Stepped, WorldError> {
        let episode = self.episode.as_mut().ok_or_else(Self::no_episode)?;
        if episode.done {
            return Err(WorldError::Request("search_qa: the episode is over; call reset".to_owned()));
        }
        let (mut observation, mut won) = (String::new(), false);
        match tagged(action) {
            Some(("search", query)) => observation = episode.search(&self.shared, query)?,
            Some((_, answer)) => {
                won = grade::right(answer, &episode.question.answers);
                episode.done = true;
            }
            None => observation = REFUSED.to_owned(),
        }
        episode.turns += 1;
        episode.done |= episode.turns >= self.shared.config.horizon;
        let score = if won { 1.0 } else { 0.0 };
        let admissible = if episode.done { Vec::new() } else { episode.admissible(&self.shared.passages) };
        Ok(Stepped { observation, admissible, reward: score, done: episode.done, won, score })
    }

    /// Reads the passages that are needed, one after another, with the first offered search that brings the next one up, and answers.
    fn expert(&mut self) -> Result<Option<String>, WorldError> {
        let Shared { config, passages, index, .. } = &*self.shared;
        let episode = self.episode.as_ref().ok_or_else(Self::no_episode)?;
        if episode.done {
            return Ok(None);
        }
        let offered = episode.admissible(passages);
        let Question { needs, answers, .. } = &episode.question;
        let last = config.horizon.saturating_sub(episode.turns) <= 1;
        if let Some(&need) = needs.iter().find(|need| !episode.seen.contains(need)).filter(|_| !last) {
            for action in &offered {
                if let Some(("search", query)) = tagged(action)
                    && index.search(query, RESULTS)?.contains(&need)
                {
                    return Ok(Some(action.clone()));
                }
            }
            return Ok(Some(format!("<search>{}</search>", passages[need].title)));
        }
        let right = |action: &&String| matches!(tagged(action), Some(("answer", text)) if grade::right(text, answers));
        let written = || answers.first().map(|answer| format!("<answer>{answer}</answer>"));
        Ok(offered.iter().find(right).cloned().or_else(written))
    }
}
