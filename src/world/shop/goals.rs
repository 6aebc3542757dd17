//! What is asked for. In: a catalogue, the configuration, and (split, index). Out: [`Goal`]s, always the same for the same seed, split
//! and index; `unseen` has categories that `train` and `seen` never have, `seen` has products that `train` never asks for.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::ShopConfig;
use super::catalogue::Product;
use crate::world::WorldError;
use crate::world::draw::seeded;

/// The splits by name, in the order of [`ShopConfig`]'s sizes.
pub const SPLITS: [&str; 3] = ["train", "seen", "unseen"];
/// Share of what could be asked for in training's categories that is kept for `seen`.
const SEEN: f64 = 0.2;
/// How often one, two and three properties are asked for, relative to each other.
const PROPERTIES: [u32; 3] = [7, 9, 4];
/// How often a color, and a size, is asked for where there is one.
const OPTION: f64 = 0.7;

/// What a purchase is scored by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Goal {
    /// Position of the product it was made from.
    pub product: usize,
    /// What is told.
    pub sentence: String,
    pub attributes: Vec<String>,
    /// Values of options.
    pub options: Vec<String>,
    /// Highest price, in dollars; infinite where none is told.
    pub cap: f64,
    /// For reports.
    pub kind: String,
}

/// Where goals come from.
#[derive(Debug)]
enum Source {
    /// Made of products; positions by split.
    Products([Vec<usize>; 3]),
    /// Given, by split.
    Given([Vec<Goal>; 3]),
}

/// Every goal of a shop.
#[derive(Debug)]
pub struct Goals(Source);

impl Goals {
    /// Divides the products, for goals that are made of them.
    ///
    /// # Errors
    /// [`WorldError::Data`] if a split has none.
    pub fn of_products(config: &ShopConfig, products: &[Product]) -> Result<Goals, WorldError> {
        let positions = (0..products.len()).map(|i| (products[i].category.as_str(), i)).collect();
        Ok(Goals(Source::Products(divide(config, positions, "the catalogue")?)))
    }

    /// Divides given goals.
    ///
    /// # Errors
    /// [`WorldError::Data`], with the file's name, if a split has none.
    pub fn given(config: &ShopConfig, products: &[Product], goals: Vec<Goal>, file: &str) -> Result<Goals, WorldError> {
        let goals = goals.into_iter().map(|goal| (products[goal.product].category.as_str(), goal)).collect();
        Ok(Goals(Source::Given(divide(config, goals, file)?)))
    }

    /// How many tasks each split has.
    pub fn sizes(&self, config: &ShopConfig) -> [usize; 3] {
        let wanted = [config.train, config.seen, config.unseen];
        match &self.0 {
            Source::Products(_) => wanted,
            Source::Given(goals) => [0, 1, 2].map(|split| wanted[split].min(goals[split].len())),
        }
    }

    /// The goal at the index of the split at that position; `index` is below the split's size.
    pub fn goal(&self, config: &ShopConfig, products: &[Product], split: usize, index: usize) -> Goal {
        match &self.0 {
            Source::Given(goals) => goals[split][index].clone(),
            Source::Products(positions) => {
                let rng = &mut seeded(config.seed, "goal", split as u64, index as u64);
                let product = positions[split][rng.random_range(0..positions[split].len())];
                wish(&products[product], product, rng)
            }
        }
    }
}

/// Divides what there is by category: a share of the categories is held out for `unseen`, of the rest a share goes to `seen`.
fn divide<T>(config: &ShopConfig, all: Vec<(&str, T)>, file: &str) -> Result<[Vec<T>; 3], WorldError> {
    let mut categories: Vec<&str> = all.iter().map(|one| one.0).collect::<BTreeSet<_>>().into_iter().collect();
    categories.shuffle(&mut seeded(config.seed, "held out", 0, 0));
    let held_out = ((categories.len() as f64 * config.held_out).round() as usize).max(1);
    let held_out: BTreeSet<String> = categories.iter().take(held_out).map(|&c| c.to_owned()).collect();
    let rng = &mut seeded(config.seed, "seen", 0, 0);
    let mut splits = [Vec::new(), Vec::new(), Vec::new()];
    let mut all: Vec<(bool, T)> = all.into_iter().map(|(c, one)| (held_out.contains(c), one)).collect();
    all.shuffle(rng);
    for (unseen, one) in all {
        let split = if unseen { 2 } else { usize::from(rng.random_bool(SEEN)) };
        splits[split].push(one);
    }
    let wanted = [config.train, config.seen, config.unseen];
    for (split, name) in SPLITS.iter().enumerate() {
        if splits[split].is_empty() && wanted[split] > 0 {
            let message = format!("nothing to ask for in the split `{name}`; expected more products and categories");
            return Err(WorldError::Data { file: file.to_owned(), message });
        }
    }
    Ok(splits)
}

/// Asks for some properties of the product, some of its options and a price that it keeps.
fn wish(product: &Product, position: usize, rng: &mut ChaCha8Rng) -> Goal {
    let mut ticket = rng.random_range(0..PROPERTIES.iter().sum::<u32>());
    let mut count = 1;
    for share in PROPERTIES {
        if ticket < share {
            break;
        }
        ticket -= share;
        count += 1;
    }
    let mut attributes: Vec<String> = product.attributes.sample(rng, count).cloned().collect();
    attributes.sort_by_key(|own| product.attributes.iter().position(|a| a == own));
    let (before, after) = attributes.split_at(attributes.len().min(2));
    let mut sentence = format!("Find me {} {}", before.join(" "), product.query);
    for attribute in after {
        sentence += &format!(" with {attribute}");
    }
    let mut options = BTreeMap::new();
    for name in ["color", "size"] {
        let values = product.options.iter().find(|option| option.0 == name).map(|option| &option.1);
        if let Some(value) = values.and_then(|values| values.choose(rng))
            && rng.random_bool(OPTION)
        {
            sentence += &format!(", {} {name}: {value}", if options.is_empty() { "with" } else { "and" });
            options.insert(name, value.clone());
        }
    }
    let cap = cap(product.price, rng);
    sentence += &price_text(cap);
    let kind =
        if options.is_empty() { "plain".to_owned() } else { options.keys().copied().collect::<Vec<_>>().join("_") };
    Goal { product: position, sentence, attributes, options: options.into_values().collect(), cap, kind }
}

/// A limit above the price: the higher one of two of the next four full tens.
pub fn cap(price: f64, rng: &mut ChaCha8Rng) -> f64 {
    let next = (price / 10.0).floor() + 1.0;
    let (a, b) = (rng.random_range(0..4u32), rng.random_range(0..3u32));
    // b skips a, so that two different ones are drawn.
    let b = if b >= a { b + 1 } else { b };
    10.0 * (next + f64::from(a.max(b)))
}

/// How an instruction ends.
pub fn price_text(cap: f64) -> String {
    format!(", and price lower than {cap:.2} dollars")
}
