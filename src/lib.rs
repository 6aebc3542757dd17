//! reskill: conditional skills for agents, from text to trained policy.
//!
//! Data flows one way: source text -> tokens -> syntax tree -> checked program ([`lang`]) -> compiled
//! program -> session ([`engine`]); a session advises a policy that plays a world, and what was played
//! becomes evidence for the bank's versions and for the creator. `ARCHITECTURE.md` has the picture.

pub mod embed;
pub mod engine;
pub mod episode;
pub mod files;
pub mod lang;
pub mod text;

#[cfg(feature = "evolve")]
pub mod bank;
#[cfg(feature = "evolve")]
pub mod creator;
#[cfg(feature = "evolve")]
pub mod policy;
#[cfg(feature = "evolve")]
pub mod simulate;
#[cfg(feature = "evolve")]
pub mod stats;
#[cfg(feature = "evolve")]
pub mod world;

#[cfg(feature = "train")]
pub mod grpo;
#[cfg(feature = "train")]
pub mod train;

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod foreign;
#[cfg(feature = "cli")]
pub mod lsp;
#[cfg(feature = "cli")]
pub mod propose;
