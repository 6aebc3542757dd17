//! The integration tests: one binary, one module per subject.

#[cfg(feature = "train")]
mod policy;
