//! Which world to play, as configurations say it. In: `[world]`, its `kind` and that world's own keys; out: the world, opened.

use serde::{Deserialize, Serialize};

use super::bridge::{Bridge, BridgeConfig};
use super::household::{Household, HouseholdConfig};
use super::search_qa::{SearchQa, SearchQaConfig};
use super::shop::{Shop, ShopConfig};
use super::{World, WorldError};

/// `[world]`: which world (`kind`), and its own keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WorldConfig {
    Household(HouseholdConfig),
    Shop(ShopConfig),
    SearchQa(SearchQaConfig),
    Bridge(BridgeConfig),
}

impl WorldConfig {
    /// Opens the world.
    ///
    /// # Errors
    /// Whatever keeps the world from being opened: settings out of range, data that cannot be read, a process that does not start.
    pub fn open(&self) -> Result<Box<dyn World>, WorldError> {
        Ok(match self {
            WorldConfig::Household(config) => Box::new(Household::load(None, config.clone())?),
            WorldConfig::Shop(config) => Box::new(Shop::load(config.clone())?),
            WorldConfig::SearchQa(config) => Box::new(SearchQa::load(config.clone())?),
            WorldConfig::Bridge(config) => Box::new(Bridge::start(config.clone())?),
        })
    }
}
