//! The skill bank over time: versions, the test of a challenger against the incumbent, and the journal of both.
//!
//! In: texts of skills (already in canonical print), outcomes of rollouts by group. Out: immutable version folders, an arm for
//! every rollout, a decision, and a journal whose replay rebuilds all of it.

pub mod control;
pub mod discount;
pub mod evidence;
pub mod history;
pub mod journal;
pub mod paper;
pub mod posterior;
pub mod provenance;
pub mod record;
pub mod sequential;
pub mod served;
pub mod state;
pub mod version;
pub mod version_test;
