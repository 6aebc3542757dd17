//! The language: from source text to a checked program.
//!
//! `source` (tokens, items) -> `parse` (syntax tree, `ast`) -> `check` (checked program, `checked`). `print` writes
//! the canonical form, `format` does so to whole files, `patch` applies patches, `diag` is how every phase speaks, `fix`
//! mends what findings know how to mend, `lint` finds what is sound and surely not meant,
//! `explain` says at length what a finding means.

pub mod ast;
pub mod check;
pub mod checked;
pub mod diag;
pub mod diff;
pub mod explain;
pub mod fix;
pub mod format;
pub mod grammar;
pub mod keywords;
pub mod lint;
pub mod load;
pub mod meaning;
mod mend;
pub mod names;
pub mod outline;
pub mod parse;
pub mod patch;
pub mod pattern;
pub mod print;
pub mod regexp;
pub mod source;
pub mod span;
mod syntax_error;
