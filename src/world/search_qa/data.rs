//! The tables of search QA. In: the four TOML texts under `envs/search_qa/`, built in. Out: [`Tables`], checked, names replaced by
//! positions, or an error that names file and entry.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::world::WorldError;

const KINDS: (&str, &str) = ("kinds.toml", include_str!("../../../envs/search_qa/kinds.toml"));
const WORDS: (&str, &str) = ("words.toml", include_str!("../../../envs/search_qa/words.toml"));
const RELATIONS: (&str, &str) = ("relations.toml", include_str!("../../../envs/search_qa/relations.toml"));
const SHAPES: (&str, &str) = ("shapes.toml", include_str!("../../../envs/search_qa/shapes.toml"));

/// A kind of thing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    #[serde(default)]
    pub group: Option<String>,
    pub count: usize,
    /// Patterns; a word in braces names a list of [`Tables::words`].
    pub name: Vec<String>,
    pub intro: Vec<String>,
}

/// What the second part of a fact is.
#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    /// Things of these kinds, by position.
    Things(Vec<usize>),
    /// A year or another number, from low to high.
    Number { low: u32, high: u32, year: bool },
}

/// A kind of fact.
#[derive(Debug)]
pub struct Relation {
    pub name: String,
    /// Kinds, by position.
    pub subjects: Vec<usize>,
    pub object: Object,
    pub noun: Option<String>,
    pub ask: Vec<String>,
    pub says: Vec<String>,
    /// The relation (by position) of the object that a passage tells with it.
    pub tells: Option<usize>,
    pub earlier: Vec<String>,
    pub more: Vec<String>,
    pub both: Vec<String>,
    pub unseen: bool,
}

/// A shape of questions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    pub share: u32,
    #[serde(default)]
    pub hops: usize,
    #[serde(default)]
    pub compare: bool,
    #[serde(default)]
    pub both: bool,
    #[serde(default)]
    pub unseen: bool,
}

/// Everything the files say.
#[derive(Debug)]
pub struct Tables {
    pub kinds: Vec<Kind>,
    pub words: BTreeMap<String, Vec<String>>,
    pub relations: Vec<Relation>,
    /// Name and shape.
    pub shapes: Vec<(String, Shape)>,
    /// blake3 of the file texts, in hexadecimal.
    pub hash: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRelation {
    subject: String,
    object: String,
    #[serde(default)]
    range: Option<[u32; 2]>,
    #[serde(default)]
    noun: Option<String>,
    ask: Vec<String>,
    says: Vec<String>,
    #[serde(default)]
    tells: Option<String>,
    #[serde(default)]
    earlier: Vec<String>,
    #[serde(default)]
    more: Vec<String>,
    #[serde(default)]
    both: Vec<String>,
    #[serde(default)]
    unseen: bool,
}

fn wrong(file: &str, message: String) -> WorldError {
    WorldError::Data { file: file.to_owned(), message }
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<BTreeMap<String, T>, WorldError> {
    toml::from_str(text).map_err(|error| wrong(file, error.to_string()))
}

impl Tables {
    /// Reads the built-in texts.
    ///
    /// # Errors
    /// [`WorldError::Data`] if one is wrong.
    pub fn load() -> Result<Tables, WorldError> {
        Tables::parse([KINDS.1, WORDS.1, RELATIONS.1, SHAPES.1])
    }

    fn parse(texts: [&str; 4]) -> Result<Tables, WorldError> {
        let mut hasher = blake3::Hasher::new();
        for text in texts {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        let kinds: BTreeMap<String, Kind> = parse(KINDS.0, texts[0])?;
        let words: BTreeMap<String, Vec<String>> = parse(WORDS.0, texts[1])?;
        let relations: BTreeMap<String, RawRelation> = parse(RELATIONS.0, texts[2])?;
        let shapes: BTreeMap<String, Shape> = parse(SHAPES.0, texts[3])?;
        for (name, list) in &words {
            if list.is_empty() {
                return Err(wrong(WORDS.0, format!("{name}: expected at least one word")));
            }
        }
        for (name, kind) in &kinds {
            if kind.count == 0 || kind.name.is_empty() || kind.intro.is_empty() {
                return Err(wrong(KINDS.0, format!("[{name}] expected count of 1 or more, name and intro")));
            }
            for list in kind.name.iter().flat_map(|pattern| lists(pattern)) {
                if !words.contains_key(list) {
                    return Err(wrong(KINDS.0, format!("[{name}] name: `{list}` is not in {}", WORDS.0)));
                }
            }
        }
        let named = |name: &str| -> Vec<usize> {
            let is = |(own, kind): (&String, &Kind)| own == name || kind.group.as_deref() == Some(name);
            kinds.iter().enumerate().filter(|&(_, one)| is(one)).map(|(position, _)| position).collect()
        };
        let names: Vec<&String> = relations.keys().collect();
        let mut out = Vec::with_capacity(relations.len());
        for (name, raw) in &relations {
            let wrong = |message: String| wrong(RELATIONS.0, format!("[{name}] {message}"));
            let things = |what: &str, name: &str| {
                let found = named(name);
                if found.is_empty() { Err(wrong(format!("{what}: `{name}` is not in {}", KINDS.0))) } else { Ok(found) }
            };
            let number = raw.object == "year" || raw.object == "number";
            let object = match (number, raw.range) {
                (false, None) => Object::Things(things("object", &raw.object)?),
                (true, Some([low, high])) if low < high => Object::Number { low, high, year: raw.object == "year" },
                _ => return Err(wrong("range: expected [low, high] for years and numbers alone".to_owned())),
            };
            let tells = raw.tells.as_ref().map(|tells| {
                let position = names.iter().position(|name| *name == tells);
                position.ok_or_else(|| wrong(format!("tells: `{tells}` is not in {}", RELATIONS.0)))
            });
            for (list, key, marks) in [
                (&raw.ask, "ask", &["{s}"][..]),
                (&raw.says, "says", &["{o}"]),
                (&raw.earlier, "earlier", &["{a}", "{b}"]),
                (&raw.more, "more", &["{a}", "{b}"]),
                (&raw.both, "both", &["{a}", "{b}", "{o}"]),
            ] {
                let needed = key == "ask" || key == "says";
                let complete = list.iter().all(|text| marks.iter().all(|mark| text.contains(mark)));
                if !complete || needed && list.is_empty() {
                    return Err(wrong(format!("{key}: expected texts with {}", marks.join(", "))));
                }
            }
            let misplaced = match number {
                true => !raw.both.is_empty(),
                false => !raw.earlier.is_empty() || !raw.more.is_empty(),
            };
            if misplaced {
                return Err(wrong("expected earlier and more for numbers alone, both for things alone".to_owned()));
            }
            out.push(Relation {
                name: name.clone(),
                subjects: things("subject", &raw.subject)?,
                object,
                noun: raw.noun.clone(),
                ask: raw.ask.clone(),
                says: raw.says.clone(),
                tells: tells.transpose()?,
                earlier: raw.earlier.clone(),
                more: raw.more.clone(),
                both: raw.both.clone(),
                unseen: raw.unseen,
            });
        }
        for (name, shape) in &shapes {
            if shape.share == 0 || (shape.compare && shape.both) || (!shape.compare && !shape.both && shape.hops < 2) {
                let expected = "expected share of 1 or more, and one of hops of 2 or more, compare, both";
                return Err(wrong(SHAPES.0, format!("[{name}] {expected}")));
            }
        }
        Ok(Tables {
            kinds: kinds.into_values().collect(),
            words,
            relations: out,
            shapes: shapes.into_iter().collect(),
            hash: hasher.finalize().to_hex().to_string(),
        })
    }
}

/// The names in braces.
pub fn lists(pattern: &str) -> Vec<&str> {
    pattern.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_tables_are_refused_with_file_and_entry() {
        let change = |file: usize, from: &str, to: &str| {
            let mut texts = [KINDS.1, WORDS.1, RELATIONS.1, SHAPES.1].map(str::to_owned);
            assert!(texts[file].contains(from), "{from}");
            texts[file] = texts[file].replacen(from, to, 1);
            Tables::parse(texts.each_ref().map(String::as_str)).map(|_| ()).map_err(|e| e.to_string())
        };
        assert_eq!(change(0, "", ""), Ok(()));
        for (file, from, to, says) in [
            (0, "{given}", "{givn}", "`givn` is not in words.toml"),
            (0, "count = 140", "count = 0", "[architect]"),
            (1, "given = [", "given = []\nother = [", "given"),
            (2, "object = \"city\"", "object = \"town\"", "[birthplace] object: `town` is not in kinds.toml"),
            (2, "tells = \"country\"", "tells = \"county\"", "`county` is not in relations.toml"),
            (2, "range = [1780, 1960]", "range = [1960, 1780]", "[birth_year] range"),
            (2, "Where was {s} born?", "Where was it born?", "[birthplace] ask: expected texts with {s}"),
            (2, "noun = \"birthplace\"", "nouns = \"birthplace\"", "nouns"),
            (3, "hops = 2", "hops = 1", "[two_hops]"),
        ] {
            let error = change(file, from, to).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
