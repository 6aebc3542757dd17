//! The engine: checked programs on episodes. `spec` is the meaning of the language, slow and obvious; `session` is what runs.

pub mod directives;
pub mod matching;
pub mod spec;
pub mod value;
pub mod verdict;
