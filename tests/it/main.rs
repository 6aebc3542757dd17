//! The integration tests: one binary, one module per subject.

#[cfg(feature = "evolve")]
mod bridge;
