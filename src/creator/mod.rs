//! (being built)

pub mod reservoir;
use serde::{Serialize,Deserialize};
/// temp
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CreatorConfig { min_episodes: u64 }
