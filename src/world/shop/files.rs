//! WebShop's own files, for who has them. In: `items_shuffle.json` (or its first thousand), `items_ins_v2.json` and, if given,
//! `items_human_ins.json`. Out: products and goals, or an error that names the file and the entry.
//!
//! As the original does it: a product without a price costs 100 dollars, one that is listed twice counts once, one whose number is
//! longer than ten characters or `nan` is left out, and what has no property asked for makes no goal. A price that holds no number is
//! an error. Where prices are a range, what is paid is drawn from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

use rand::RngExt;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::catalogue::{Product, dollars};
use super::goals::{Goal, cap, price_text};
use super::query::queries;
use crate::world::WorldError;
use crate::world::draw::seeded;

/// Price of what has none, in dollars.
const NO_PRICE: f64 = 100.0;
/// From this price on there are not two full tens below 1000 to draw a limit from, and none is told.
const NO_CAP: f64 = 980.0;
const HIGHEST_CAP: f64 = 990.0;

/// The fields of a product that are read.
#[derive(Deserialize)]
struct RawProduct {
    asin: String,
    name: String,
    query: String,
    product_category: String,
    #[serde(default)]
    full_description: Option<String>,
    /// A text or several.
    #[serde(default)]
    small_description: Value,
    #[serde(default)]
    pricing: Option<String>,
    /// By name of the option, a list of objects with a `value`; where there is nothing to choose, also an empty text.
    #[serde(default)]
    customization_options: Value,
}

#[derive(Deserialize)]
struct RawAttributes {
    #[serde(default)]
    attributes: Vec<String>,
    #[serde(default)]
    instruction: Option<String>,
    #[serde(default)]
    instruction_attributes: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct RawInstruction {
    instruction: String,
    #[serde(default)]
    instruction_attributes: Vec<String>,
    /// Values, or values by name.
    #[serde(default)]
    instruction_options: Value,
}

/// The first products of a list.
struct Products(Vec<RawProduct>);

/// What the files hold.
pub struct Read {
    pub products: Vec<Product>,
    pub goals: Vec<Goal>,
    /// blake3 of the files.
    pub hash: String,
}

/// Reads the files; `most`: products that are kept; `not_nouns`: as [`Product::index`] has it.
///
/// # Errors
/// [`WorldError::Io`] for a file that cannot be read, [`WorldError::Data`] for one that is wrong.
pub fn read(
    products: &Path,
    attributes: &Path,
    instructions: Option<&Path>,
    seed: u64,
    most: usize,
    not_nouns: &[String],
) -> Result<Read, WorldError> {
    let mut hasher = blake3::Hasher::new();
    let raw: Products = parse(products, &mut hasher, |text| {
        let mut source = serde_json::Deserializer::from_slice(text);
        let list = serde::Deserializer::deserialize_seq(&mut source, First(most))?;
        source.end().map(|()| list)
    })?;
    let mut attributes: BTreeMap<String, RawAttributes> = whole(attributes, &mut hasher)?;
    let mut told: Option<BTreeMap<String, Vec<RawInstruction>>> =
        instructions.map(|path| whole(path, &mut hasher)).transpose()?;
    let (mut list, mut goals, mut known) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (index, raw) in raw.0.into_iter().enumerate() {
        if raw.asin == "nan" || raw.asin.chars().count() > 10 || !known.insert(raw.asin.clone()) {
            continue;
        }
        let wrong = |message: String| WorldError::Data {
            file: products.display().to_string(),
            message: format!("product {index}: {message}"),
        };
        let rng = &mut seeded(seed, "files", index as u64, 0);
        let (price, price_tag) = match prices(raw.pricing.as_deref().unwrap_or("")).map_err(wrong)? {
            None => (NO_PRICE, dollars(NO_PRICE)),
            Some((low, None)) => (low, dollars(low)),
            Some((low, Some(high))) => {
                let paid = low + (high - low) * rng.random::<f64>();
                (paid, format!("{} to {}", dollars(low), dollars(high)))
            }
        };
        let own = attributes.remove(&raw.asin);
        let (own, instruction, asked) =
            own.map_or((Vec::new(), None, None), |own| (own.attributes, own.instruction, own.instruction_attributes));
        let mut product = Product {
            category: raw.query.trim().to_lowercase(),
            path: raw.product_category.split('›').map(line).filter(|step| !step.is_empty()).collect(),
            query: raw.query.trim().to_lowercase(),
            title: line(&raw.name),
            description: line(raw.full_description.as_deref().unwrap_or("")),
            features: texts(&raw.small_description).iter().map(|text| line(text)).collect(),
            attributes: own,
            options: options(&raw.customization_options),
            price_tag,
            price,
            asin: raw.asin,
            ..Product::default()
        };
        product.index(not_nouns);
        let mut add = |instruction: &str, attributes: Vec<String>, options: Vec<String>, spoken: &str| {
            let cap = if price < NO_CAP { cap(price, rng).min(HIGHEST_CAP) } else { f64::INFINITY };
            let price_text = if cap.is_finite() { price_text(cap) } else { String::new() };
            let sentence = format!("{}{spoken}{price_text}", line(instruction.trim().trim_matches('.')));
            // What says nothing cannot be searched for.
            if !attributes.is_empty() && !queries(instruction).is_empty() {
                goals.push(Goal {
                    product: list.len(),
                    sentence,
                    attributes,
                    options,
                    cap,
                    kind: product.query.clone(),
                });
            }
        };
        if let Some(told) = &mut told {
            for one in told.remove(&product.asin).unwrap_or_default() {
                add(&one.instruction, one.instruction_attributes, texts(&one.instruction_options), "");
            }
        } else if let (Some(instruction), Some(asked)) = (instruction, asked) {
            // The original asks for every combination of options; one of them is drawn here.
            let choice = &mut seeded(seed, "files", index as u64, 1);
            let mut named: Vec<(&String, &String)> = product
                .options
                .iter()
                .map(|(name, values)| (name, &values[choice.random_range(0..values.len())]))
                .collect();
            named.sort_unstable();
            let spoken: Vec<String> = named.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            let spoken = if spoken.is_empty() { String::new() } else { format!(" with {}", spoken.join(", and ")) };
            add(&instruction, asked, named.into_iter().map(|(_, value)| value.clone()).collect(), &spoken);
        }
        list.push(product);
    }
    Ok(Read { products: list, goals, hash: hasher.finalize().to_hex().to_string() })
}

fn parse<T>(
    path: &Path,
    hasher: &mut blake3::Hasher,
    read: impl FnOnce(&[u8]) -> serde_json::Result<T>,
) -> Result<T, WorldError> {
    let file = path.display().to_string();
    let text = fs::read(path).map_err(|source| WorldError::Io { what: format!("reading {file}"), source })?;
    hasher.update(&(text.len() as u64).to_le_bytes()).update(&text);
    read(&text).map_err(|error| WorldError::Data { file, message: error.to_string() })
}

fn whole<T: DeserializeOwned>(path: &Path, hasher: &mut blake3::Hasher) -> Result<T, WorldError> {
    parse(path, hasher, |text| serde_json::from_slice(text))
}

/// Reads a list, keeps so many of its products, and names the one that is wrong.
struct First(usize);

impl<'de> Visitor<'de> for First {
    type Value = Products;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of products")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Products, A::Error> {
        let mut products = Vec::new();
        while products.len() < self.0 {
            let next = list.next_element().map_err(|e| A::Error::custom(format!("product {}: {e}", products.len())))?;
            let Some(product) = next else { return Ok(Products(products)) };
            products.push(product);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Products(products))
    }
}

/// `$13.99`, `$10.99 - $48.00` or nothing: the first price and the second, if there is one.
fn prices(text: &str) -> Result<Option<(f64, Option<f64>)>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let price = |part: &str| {
        let digits: String = part.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
        digits.parse::<f64>().map_err(|_| format!("pricing is \"{text}\", expected an amount after each $"))
    };
    let mut parts = text.split('$').skip(1);
    let first = parts.next().ok_or_else(|| format!("pricing is \"{text}\", expected $ and an amount"))?;
    Ok(Some((price(first)?, parts.next().map(price).transpose()?)))
}

/// Names and values in lower case.
fn options(raw: &Value) -> Vec<(String, Vec<String>)> {
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for (name, contents) in raw.as_object().unwrap_or(&Map::new()) {
        let value = |one: &Value| Some(line(&one.get("value")?.as_str()?.replace('/', " | ").to_lowercase()));
        let mut values: Vec<String> = Vec::new();
        for value in contents.as_array().into_iter().flatten().filter_map(value) {
            if !value.is_empty() && !values.contains(&value) {
                values.push(value);
            }
        }
        if !values.is_empty() {
            out.push((line(&name.to_lowercase()), values));
        }
    }
    out
}

/// One text, a list of texts, or the values of an object.
fn texts(raw: &Value) -> Vec<String> {
    match raw {
        Value::String(text) if !text.trim().is_empty() => vec![text.clone()],
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::Object(named) => named.values().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// The text on one line, with single spaces.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
