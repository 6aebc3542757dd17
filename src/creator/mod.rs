//! The creator: what proposes the next version of the bank, and the episodes it learns from.

pub mod reservoir;
