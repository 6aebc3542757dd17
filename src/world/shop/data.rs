//! The shop's tables. In: the two TOML texts under `envs/shop/`, built in. Out: [`Tables`], checked, or an error that names file and
//! entry.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::score::alike;
use crate::world::WorldError;

const CATEGORIES: (&str, &str) = ("categories.toml", include_str!("../../../envs/shop/categories.toml"));
const WORDS: (&str, &str) = ("words.toml", include_str!("../../../envs/shop/words.toml"));

/// A category of products; its name is the key in [`Tables::categories`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// The departments above it.
    pub path: Vec<String>,
    /// What is asked for, e.g. `desk lamp`.
    pub products: Vec<String>,
    /// Keys of [`Tables::aspects`].
    pub aspects: Vec<String>,
    /// Keys of [`Tables::options`].
    pub options: Vec<String>,
    /// Lowest and highest price, in dollars.
    pub price: [f64; 2],
}

/// Something to choose on a product's page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionKind {
    /// As the page names it.
    pub name: String,
    pub values: Vec<String>,
    /// How many values a product has, at least and at most.
    pub count: [usize; 2],
}

/// Everything the files say.
#[derive(Debug)]
pub struct Tables {
    pub categories: BTreeMap<String, Category>,
    pub words: Words,
    /// blake3 of the file texts, in hexadecimal.
    pub hash: String,
}

/// `words.toml`; `{a}` stands for a property, `{p}` for the product.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub brands: Vec<String>,
    pub styles: Vec<String>,
    pub not_nouns: Vec<String>,
    pub base_colors: Vec<String>,
    pub features: Vec<String>,
    pub descriptions: Vec<String>,
    pub aspects: BTreeMap<String, Vec<String>>,
    pub options: BTreeMap<String, OptionKind>,
}

impl Tables {
    /// Reads the built-in texts.
    ///
    /// # Errors
    /// [`WorldError::Data`] if one is wrong.
    pub fn load() -> Result<Tables, WorldError> {
        Tables::parse(CATEGORIES.1, WORDS.1)
    }

    fn parse(categories: &str, words: &str) -> Result<Tables, WorldError> {
        let wrong = |file: &str, message: String| WorldError::Data { file: file.to_owned(), message };
        let hash = blake3::hash(format!("{}\n{categories}{words}", categories.len()).as_bytes()).to_hex().to_string();
        let categories: BTreeMap<String, Category> =
            toml::from_str(categories).map_err(|e| wrong(CATEGORIES.0, e.to_string()))?;
        let words: Words = toml::from_str(words).map_err(|e| wrong(WORDS.0, e.to_string()))?;
        let few = |list: &[String]| list.is_empty() || list.iter().any(|word| word.trim().is_empty());
        for (key, list) in [
            ("brands", &words.brands),
            ("styles", &words.styles),
            ("features", &words.features),
            ("descriptions", &words.descriptions),
        ] {
            if few(list) {
                return Err(wrong(WORDS.0, format!("{key}: expected at least one text, none empty")));
            }
        }
        for (name, values) in &words.aspects {
            let same =
                values.iter().enumerate().find_map(|(i, a)| Some((a, values[..i].iter().find(|b| alike(a, b))?)));
            if let Some((a, b)) = same {
                return Err(wrong(WORDS.0, format!("[aspects] {name}: the score cannot tell `{a}` from `{b}`")));
            }
            if values.len() < 2 || few(values) {
                return Err(wrong(WORDS.0, format!("[aspects] {name}: expected two values or more")));
            }
        }
        for (name, kind) in &words.options {
            let [least, most] = kind.count;
            if least < 1 || least > most || most > kind.values.len() || few(&kind.values) {
                let expected = format!("expected 1 <= least <= most <= {} in count", kind.values.len());
                return Err(wrong(WORDS.0, format!("[options.{name}] {expected}")));
            }
        }
        if categories.len() < 2 {
            return Err(wrong(CATEGORIES.0, "expected two categories or more".to_owned()));
        }
        for (name, category) in &categories {
            let [low, high] = category.price;
            for (good, expected) in [
                (!few(&category.path), "path: expected at least one department".to_owned()),
                (!few(&category.products), "products: expected at least one product".to_owned()),
                (category.aspects.len() >= 3, "aspects: expected three or more".to_owned()),
                (low >= 1.0 && low < high && high <= 900.0, "price: expected 1 <= low < high <= 900".to_owned()),
            ] {
                if !good {
                    return Err(wrong(CATEGORIES.0, format!("[{name}] {expected}")));
                }
            }
            if let Some(aspect) = category.aspects.iter().find(|a| !words.aspects.contains_key(*a)) {
                return Err(wrong(CATEGORIES.0, format!("[{name}] aspects: `{aspect}` is not in {}", WORDS.0)));
            }
            if let Some(option) = category.options.iter().find(|o| !words.options.contains_key(*o)) {
                return Err(wrong(CATEGORIES.0, format!("[{name}] options: `{option}` is not in {}", WORDS.0)));
            }
        }
        Ok(Tables { categories, words, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_tables_are_refused_with_file_and_entry() {
        let change = |categories: (&str, &str), words: (&str, &str)| {
            assert!(CATEGORIES.1.contains(categories.0) && WORDS.1.contains(words.0));
            let result = Tables::parse(
                &CATEGORIES.1.replacen(categories.0, categories.1, 1),
                &WORDS.1.replacen(words.0, words.1, 1),
            );
            result.map(|_| ()).map_err(|e| e.to_string())
        };
        assert_eq!(change(("", ""), ("", "")), Ok(()));
        for (categories, words, says) in [
            (("\"care\"", "\"cares\""), ("", ""), "`cares` is not in words.toml"),
            (("\"color\"", "\"hue\""), ("", ""), "`hue` is not in words.toml"),
            (("price = [9, 58]", "price = [58, 9]"), ("", ""), "[women's tops] price"),
            (("path = [", "paths = ["), ("", ""), "categories.toml"),
            (("", ""), ("\"hand wash\"", "\"wash machine\""), "cannot tell `wash machine` from `machine wash`"),
            (("", ""), ("count = [3, 8]", "count = [8, 3]"), "[options.color]"),
            (("", ""), ("brands = [", "brands = [\"\","), "brands"),
        ] {
            let error = change(categories, words).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
