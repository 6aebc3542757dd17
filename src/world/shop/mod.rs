//! The shop: WebShop's pages, clicks and score over a catalogue of our own, or over WebShop's files. In: a configuration, and the
//! tables under `envs/shop/`. Out: a [`World`] with the splits `train`, `seen` and `unseen`.
//!
//! `seen` asks for other products of training's categories, `unseen` for products of categories that training never asks for; all
//! search the same catalogue. A task depends on the configuration's seed, its split and its index alone; the world has no chance of
//! its own, so the seed given to a reset changes nothing.

mod catalogue;
mod data;
mod expert;
mod files;
mod game;
mod goals;
mod query;
mod score;

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::catalogue::Product;
use self::data::Tables;
use self::expert::Expert;
use self::game::{Page, Visit};
use self::goals::Goals;
use super::retrieval::Retrieval;
use super::splits::sized;
use super::{Env, Reset, Stepped, World, WorldError, WorldInfo, refuse};

/// What is sold and asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShopConfig {
    pub seed: u64,
    /// Tasks per split; with files, at most as many as they hold.
    pub train: usize,
    pub seen: usize,
    pub unseen: usize,
    /// Actions per episode, at most.
    pub horizon: usize,
    /// Products in the catalogue; with files, the first so many are read.
    pub products: usize,
    /// Share of the categories that training never asks for, 0..1; at least one.
    pub held_out: f64,
    /// WebShop's `items_shuffle.json`, in place of the built-in catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub products_file: Option<PathBuf>,
    /// WebShop's `items_ins_v2.json`: properties of the products, and the written instructions; needed with `products_file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes_file: Option<PathBuf>,
    /// WebShop's `items_human_ins.json`: people's instructions, in place of the written ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<PathBuf>,
}

impl Default for ShopConfig {
    /// The original's horizon and sizes of splits, roughly.
    fn default() -> Self {
        ShopConfig {
            seed: 0,
            train: 10_000,
            seen: 500,
            unseen: 500,
            horizon: 15,
            products: 10_000,
            held_out: 0.2,
            products_file: None,
            attributes_file: None,
            instructions: None,
        }
    }
}

impl ShopConfig {
    /// Tasks per split, in their order.
    fn wanted(&self) -> [usize; 3] {
        [self.train, self.seen, self.unseen]
    }

    fn check(&self) -> Result<(), WorldError> {
        let own = self.products_file.is_none();
        let products = if own { 1..=catalogue::MOST } else { 1..=usize::MAX };
        let with_it = "nothing without products_file";
        refuse(&[
            (self.horizon >= 1, "horizon", "1 or more"),
            (products.contains(&self.products), "products", "1 to 200000, or more with products_file"),
            ((0.0..1.0).contains(&self.held_out), "held_out", "0 or more, below 1"),
            (own || self.attributes_file.is_some(), "attributes_file", "a path, as products_file is given"),
            (!own || self.attributes_file.is_none(), "attributes_file", with_it),
            (!own || self.instructions.is_none(), "instructions", with_it),
        ])
    }
}

/// What all episodes share.
struct Shared {
    config: ShopConfig,
    info: WorldInfo,
    products: Vec<Product>,
    index: Retrieval,
    goals: Goals,
    /// What the score takes a color for.
    colors: Vec<String>,
}

/// The shop world.
#[derive(Clone)]
pub struct Shop {
    shared: Arc<Shared>,
}

/// What a task asks for, for tests and reports; never shown to a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct WishFacts {
    /// Number of the product that the task was made from.
    pub asin: String,
    pub category: String,
    pub attributes: Vec<String>,
    pub options: Vec<String>,
    /// Highest price, in dollars.
    pub cap: f64,
}

impl Shop {
    /// Makes or reads the catalogue and builds the search over it.
    ///
    /// # Errors
    /// [`WorldError::Io`] for a file that cannot be read, [`WorldError::Data`] for one that is wrong or too poor,
    /// [`WorldError::Request`] for a configuration out of range.
    pub fn load(config: ShopConfig) -> Result<Shop, WorldError> {
        config.check()?;
        let tables = Tables::load()?;
        let (products, goals, content) = match (&config.products_file, &config.attributes_file) {
            (Some(products), Some(attributes)) => {
                let instructions = config.instructions.as_deref();
                let not_nouns = catalogue::not_nouns(&tables);
                let read = files::read(products, attributes, instructions, config.seed, config.products, &not_nouns)?;
                let file = config.instructions.as_ref().unwrap_or(attributes).display().to_string();
                let goals = Goals::given(&config, &read.products, read.goals, &file)?;
                (read.products, goals, read.hash)
            }
            _ => {
                let products = catalogue::generate(&tables, config.seed, config.products);
                let goals = Goals::of_products(&config, &products)?;
                (products, goals, String::new())
            }
        };
        let index = Retrieval::new(products.iter().map(Product::searched))?;
        // Where the files lie does not change the tasks; what they hold does.
        let keys = ShopConfig { products_file: None, attributes_file: None, instructions: None, ..config.clone() };
        let mut hasher = blake3::Hasher::new();
        hasher.update(tables.hash.as_bytes()).update(content.as_bytes()).update(format!("{keys:?}").as_bytes());
        let info = WorldInfo {
            name: "shop".to_owned(),
            splits: sized(goals.sizes(&config)),
            horizon: config.horizon,
            hash: hasher.finalize().to_hex().to_string(),
            returns: [0.0, 1.0],
        };
        let colors = tables.words.base_colors;
        Ok(Shop { shared: Arc::new(Shared { config, info, products, index, goals, colors }) })
    }

    /// What a task asks for.
    ///
    /// # Errors
    /// [`WorldError::Request`] if there is no such task.
    pub fn facts(&self, split: &str, index: usize) -> Result<WishFacts, WorldError> {
        let Shared { config, products, goals, .. } = &*self.shared;
        let goal = goals.goal(config, products, self.shared.info.find(split, index)?, index);
        let product = &products[goal.product];
        Ok(WishFacts {
            asin: product.asin.clone(),
            category: product.category.clone(),
            attributes: goal.attributes,
            options: goal.options,
            cap: goal.cap,
        })
    }
}

impl World for Shop {
    fn info(&self) -> &WorldInfo {
        &self.shared.info
    }

    fn open(&self) -> Result<Box<dyn Env>, WorldError> {
        Ok(Box::new(ShopEnv { shared: Arc::clone(&self.shared), episode: None }))
    }
}

struct Episode {
    visit: Visit,
    steps: usize,
    done: bool,
}

struct ShopEnv {
    shared: Arc<Shared>,
    episode: Option<Episode>,
}

impl ShopEnv {
    fn no_episode() -> WorldError {
        WorldError::Request("shop: no episode; call reset first".to_owned())
    }
}

impl Env for ShopEnv {
    fn reset(&mut self, split: &str, index: usize, _seed: u64) -> Result<Reset, WorldError> {
        let Shared { config, products, goals, .. } = &*self.shared;
        let visit = Visit::new(goals.goal(config, products, self.shared.info.find(split, index)?, index));
        let reset = Reset {
            task_id: format!("{split}/{index}"),
            kind: visit.goal.kind.clone(),
            task: visit.goal.sentence.clone(),
            first: visit.text(products, 0.0),
            admissible: visit.admissible(products),
        };
        self.episode = Some(Episode { visit, steps: 0, done: false });
        Ok(reset)
    }

    fn step(&mut self, action: &str) -> Result<Stepped, WorldError> {
        let Shared { config, products, index, colors, .. } = &*self.shared;
        let Episode { visit, steps, done } = self.episode.as_mut().ok_or_else(Self::no_episode)?;
        if *done {
            return Err(WorldError::Request("shop: the episode is over; call reset".to_owned()));
        }
        visit.act(products, index, action)?;
        *steps += 1;
        let score = match visit.page {
            Page::End(bought) => {
                let (wanted, bought) = (&products[visit.goal.product], &products[bought]);
                score::score(&visit.goal, wanted, bought, &visit.values(bought), colors)
            }
            _ => 0.0,
        };
        *done = matches!(visit.page, Page::End(_)) || *steps >= config.horizon;
        Ok(Stepped {
            observation: visit.text(products, score),
            admissible: if *done { Vec::new() } else { visit.admissible(products) },
            reward: score,
            done: *done,
            won: score >= 1.0,
            score,
        })
    }

    fn expert(&mut self) -> Result<Option<String>, WorldError> {
        let Episode { visit, steps, done } = self.episode.as_ref().ok_or_else(Self::no_episode)?;
        if *done {
            return Ok(None);
        }
        let left = self.shared.config.horizon.saturating_sub(*steps);
        Expert { shared: &self.shared, visit, left }.next()
    }
}
