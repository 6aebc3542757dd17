//! What is asked for. In: a catalogue, the configuration, and (split, index). Out: [`Goal`]s, always the same for the same seed, split
//! and index; `unseen` has categories that `train` and `seen` never have, `seen` has products that `train` never asks for.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::ShopConfig;
use super::catalogue::Product;
use crate::world::WorldError;
use crate::world::draw::seeded;
use crate::world::splits::divide;

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
        let positions = (0..products.len()).map(|i| (products[i].category.clone(), i)).collect();
        let (wanted, file) = (config.wanted(), "the catalogue");
        Ok(Goals(Source::Products(divide(config.seed, config.held_out, wanted, positions, file)?)))
    }

    /// Divides given goals.
    ///
    /// # Errors
    /// [`WorldError::Data`], with the file's name, if a split has none.
    pub fn given(config: &ShopConfig, products: &[Product], goals: Vec<Goal>, file: &str) -> Result<Goals, WorldError> {
        let goals = goals.into_iter().map(|goal| (products[goal.product].category.clone(), goal)).collect();
        Ok(Goals(Source::Given(divide(config.seed, config.held_out, config.wanted(), goals, file)?)))
    }

    /// How many tasks each split has.
    pub fn sizes(&self, config: &ShopConfig) -> [usize; 3] {
        let wanted = config.wanted();
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
