//! The integration tests: one binary, one module per subject.

#[cfg(feature = "evolve")]
mod agree;
#[cfg(feature = "evolve")]
mod bank;
#[cfg(all(feature = "cli", feature = "evolve"))]
mod bank_export;
mod breadth;
#[cfg(feature = "evolve")]
mod bridge;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "evolve")]
mod creator;
#[cfg(feature = "evolve")]
mod crowded;
#[cfg(all(feature = "cli", feature = "evolve"))]
mod diagnose;
mod diff;
mod embed;
mod explain;
mod extremes;
mod fix;
#[cfg(feature = "cli")]
mod fmt;
#[cfg(all(feature = "cli", feature = "evolve"))]
mod foreign;
#[cfg(feature = "evolve")]
mod games;
#[cfg(feature = "evolve")]
mod grammar;
#[cfg(feature = "evolve")]
mod heard;
#[cfg(feature = "cli")]
mod help;
#[cfg(all(feature = "cli", feature = "evolve"))]
mod history;
#[cfg(feature = "evolve")]
mod household;
#[cfg(feature = "evolve")]
mod journal;
mod lang;
mod lint;
#[cfg(feature = "cli")]
mod lsp;
#[cfg(all(feature = "cli", feature = "evolve"))]
mod model;
mod names;
#[cfg(feature = "cli")]
mod new;
#[cfg(feature = "evolve")]
mod openenv;
#[cfg(feature = "evolve")]
mod parity;
mod patch;
#[cfg(all(feature = "cli", feature = "evolve"))]
mod play;
#[cfg(feature = "train")]
mod policy;
mod reference;
#[cfg(feature = "cli")]
mod report;
#[cfg(feature = "evolve")]
mod scribe;
#[cfg(feature = "evolve")]
mod search_qa;
#[cfg(feature = "evolve")]
mod shop;
#[cfg(all(feature = "cli", feature = "evolve"))]
mod simulate;
mod spec;
#[cfg(feature = "evolve")]
mod strategies;
mod textmate;
#[cfg(all(feature = "train", feature = "cli"))]
mod train;
#[cfg(feature = "cli")]
mod watch;
