//! Which world to play, as configurations say it. In: `[world]`, its `kind` and that world's own keys; out: the world, opened.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::bridge::{Bridge, BridgeConfig};
use super::household::{Household, HouseholdConfig};
use super::openenv::{OpenEnv, OpenEnvConfig};
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
    #[serde(rename = "openenv")]
    OpenEnv(OpenEnvConfig),
}

impl WorldConfig {
    /// The worlds that are built in, by name.
    pub fn built_in() -> Vec<(&'static str, WorldConfig)> {
        vec![
            ("household", WorldConfig::Household(HouseholdConfig::default())),
            ("shop", WorldConfig::Shop(ShopConfig::default())),
            ("search_qa", WorldConfig::SearchQa(SearchQaConfig::default())),
        ]
    }

    /// A built-in world by its name, or the `[world]` of a configuration (TOML).
    ///
    /// # Errors
    /// [`WorldError::Request`] for a name that is neither, [`WorldError::Io`] and [`WorldError::Data`] for a file that cannot be used.
    pub fn named(name: &str) -> Result<WorldConfig, WorldError> {
        #[derive(Deserialize)]
        struct File {
            world: WorldConfig,
        }
        if let Some((_, config)) = WorldConfig::built_in().into_iter().find(|(known, _)| *known == name) {
            return Ok(config);
        }
        if !Path::new(name).is_file() {
            let known: Vec<&str> = WorldConfig::built_in().into_iter().map(|(known, _)| known).collect();
            let known = known.join(", ");
            return Err(WorldError::Request(format!(
                "`{name}` is no world: name a built-in one ({known}), or a configuration with a [world]"
            )));
        }
        let text = fs::read_to_string(name).map_err(|source| WorldError::Io { what: name.to_owned(), source })?;
        let file: File = toml::from_str(&text)
            .map_err(|error| WorldError::Data { file: name.to_owned(), message: error.to_string() })?;
        Ok(file.world)
    }

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
            WorldConfig::OpenEnv(config) => Box::new(OpenEnv::new(config.clone())?),
        })
    }
}
