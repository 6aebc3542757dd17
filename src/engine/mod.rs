//! The engine: checked programs on episodes. `spec` is the meaning of the language, slow and obvious; `session` is what
//! runs, over a compiled `program`, and must agree with it.

pub mod directives;
pub mod examples;
mod marks;
pub mod matching;
mod monitor;
pub mod program;
pub mod session;
mod solve;
pub mod spec;
mod state;
pub mod value;
pub mod verdict;
