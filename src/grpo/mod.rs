//! Training of the policy: behaviour cloning to begin with, then GRPO.
//!
//! In: decisions with the actions that were taken and what they returned. Out: a moved policy and what the step was like.
//! [`advantage`] turns the returns of a group into advantages, [`update`](mod@update) does one GRPO step, [`warm_start`]
//! imitates demonstrations.

pub mod advantage;
pub mod update;
pub mod warm_start;

pub use advantage::advantages;
pub use update::{Sample, UpdateStats, update};
pub use warm_start::{WarmStartConfig, WarmStartStats, warm_start};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What a rollout's return is compared with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The mean of its group.
    #[default]
    Group,
    /// The same after the expected effect of the versions under test was taken from the returns of those served one (a
    /// control variate: what is expected comes from earlier steps, so the gradient stays unbiased), so that no
    /// action is credited with having been served the better version.
    Version,
}

/// The section `[grpo]` of a configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrpoConfig {
    /// Rollouts of each task; their returns are compared with each other.
    pub group_size: usize,
    /// Tasks per training step.
    pub tasks_per_step: usize,
    /// Step size of Adam.
    pub lr: f64,
    /// How far the ratio of new to old probability may go from 1 before it earns nothing more.
    pub clip: f64,
    /// Weight of the k3 estimate of KL(policy || reference).
    pub kl: f64,
    /// Weight of the entropy bonus.
    pub entropy: f64,
    /// Passes over a step's decisions.
    pub epochs: usize,
    /// Parts, and so optimizer steps, of each pass.
    pub minibatches: usize,
    /// Gradients with a larger norm are scaled down to it.
    pub max_grad_norm: f64,
    pub baseline: Baseline,
}

impl Default for GrpoConfig {
    fn default() -> Self {
        Self {
            group_size: 8,
            tasks_per_step: 16,
            lr: 2e-3,
            clip: 0.2,
            kl: 0.01,
            entropy: 0.003,
            epochs: 1,
            minibatches: 8,
            max_grad_norm: 1.0,
            baseline: Baseline::Group,
        }
    }
}

impl GrpoConfig {
    /// Refuses values with which no step could be taken.
    pub fn check(&self) -> Result<(), GrpoError> {
        let counts = [
            ("group_size", self.group_size, 2),
            ("tasks_per_step", self.tasks_per_step, 1),
            ("epochs", self.epochs, 1),
            ("minibatches", self.minibatches, 1),
        ];
        for (key, value, least) in counts {
            if value < least {
                return Err(GrpoError::Config { key, message: format!("is {value}; it must be at least {least}") });
            }
        }
        for (key, value) in [("lr", self.lr), ("clip", self.clip), ("max_grad_norm", self.max_grad_norm)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(GrpoError::Config { key, message: format!("is {value}; it must be above 0") });
            }
        }
        for (key, value) in [("kl", self.kl), ("entropy", self.entropy)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(GrpoError::Config { key, message: format!("is {value}; it must not be negative") });
            }
        }
        Ok(())
    }
}

/// Why a step could not be taken.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum GrpoError {
    #[error("{key} {message}")]
    Config { key: &'static str, message: String },
    #[error("action {action} was taken in a decision that has only {actions} actions")]
    NoAction { action: usize, actions: usize },
    #[error("the gradient is not finite ({norm}); the policy was left at its last good parameters: lower grpo.lr")]
    Diverged { norm: f64 },
}
