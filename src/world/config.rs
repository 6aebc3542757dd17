//! Which world to play, as configurations say it. In: `[world]`, its `kind` and that world's own keys; out: the world, opened.

use std::fs;
use std::path::{Path, PathBuf};

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

/// The configuration that a world's name stands for, `envs/NAME/train.toml` or `demo.toml` if there is one; else the path as it is.
pub fn configuration(named: &Path) -> PathBuf {
    let folder = Path::new("envs").join(named);
    let known = ["train.toml", "demo.toml"].map(|file| folder.join(file)).into_iter().find(|path| path.is_file());
    known.filter(|_| !named.is_file()).unwrap_or_else(|| named.to_owned())
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

    /// A built-in world by its name, with its defaults; or the `[world]` of a configuration (TOML), by its path or its world's name.
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
        let path = configuration(Path::new(name));
        if !path.is_file() {
            let known: Vec<&str> = WorldConfig::built_in().into_iter().map(|(known, _)| known).collect();
            let known = known.join(", ");
            return Err(WorldError::Request(format!(
                "`{name}` is no world: name a built-in one ({known}), or a configuration with a [world]"
            )));
        }
        let shown = path.display().to_string();
        let text = fs::read_to_string(&path).map_err(|source| WorldError::Io { what: shown.clone(), source })?;
        let file: File =
            toml::from_str(&text).map_err(|error| WorldError::Data { file: shown, message: error.to_string() })?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_s_name_stands_for_its_configuration() {
        let of = |name: &str| configuration(Path::new(name)).display().to_string();
        assert_eq!(of("shop"), "envs/shop/train.toml");
        assert_eq!(of("household"), "envs/household/demo.toml");
        assert_eq!(of("envs/shop/train.toml"), "envs/shop/train.toml");
        assert_eq!(of("nowhere.toml"), "nowhere.toml");
        assert!(matches!(WorldConfig::named("textworld"), Ok(WorldConfig::Bridge(_))));
        assert!(WorldConfig::named("nowhere.toml").unwrap_err().to_string().contains("household, shop, search_qa"));
    }
}
