//! The engine: checked programs on episodes. `spec` is the meaning of the language, slow and obvious; `session` is what
//! runs, over a compiled `program`, and must agree with it.
//!
//! Compiled once: `vocabulary` (a domain: `reading`, `pattern`, `automaton`) and `program` (a bank: `condition`, what reads what).
//! Kept by a session: `facts` (`intern`, `relation`, `actions`), asked by `solve` and `matcher`; `agenda` tells what has to be
//! looked at again, `monitor` judges, `speak` advises.

mod actions;
mod agenda;
mod automaton;
pub mod batch;
mod bits;
mod condition;
pub mod cost;
pub mod directives;
pub mod examples;
pub mod explain;
mod facts;
mod intern;
mod matcher;
pub mod matching;
mod monitor;
mod pattern;
pub mod program;
mod reading;
mod relation;
pub mod report;
pub mod session;
mod solve;
mod speak;
pub mod spec;
pub mod value;
pub mod verdict;
mod vocabulary;
