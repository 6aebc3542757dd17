//! The creator that asks a language model.

mod faults;
pub mod fixture;
mod gate;
mod prompts;
pub mod server;
#[cfg(feature = "train")]
mod train;
