//! A creator that asks a language model. In: the incumbent bank, the reservoir and what became of earlier proposals; out: a patch that has
//! passed the gate, or why there is none, and every call that was made.
//!
//! Stages: insight (one call a task: what separated success from failure), diagnosis (with the assertions' grades),
//! recommendation (one to three operations), authoring (a patch), verification (the gate; its reasons go back to the author).
//! Whatever a model says is text, and the gate is its only way in.

pub mod budget;
pub mod calls;
pub mod client;
pub mod config;
pub mod dry;
pub mod extract;
pub mod fault;
pub mod key;
pub mod prompt;
pub mod quote;
mod stages;
mod talk;
pub mod vocabulary;
pub mod wire;

pub use stages::create;
