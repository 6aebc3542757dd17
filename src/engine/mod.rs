//! (being built)
pub mod directives;
