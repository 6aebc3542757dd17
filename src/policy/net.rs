//! The network: scores every admissible action of many decisions at once.
//!
//! In: [`Decision`]s. Out: log-probabilities over the actions of each, and parameters that a loss can move.
//!
//! ```text
//! bag      = sum of its words' embeddings / sqrt(size)
//! action   = bag(action) + embedding of its first word
//! context  = tanh(W [task, observation, memory, history, advice, task * memory, situation] + b)
//! features = [overlap features, bag(action) . bag(task | observation, memory, history) / sqrt(width)]
//! hidden   = relu(context A + action B + (context * action) C + features D + marks M + b')
//! score    = hidden . v + features . (u + (context U + action V) / width^(1/3)) + marks . w
//! ```
//!
//! The direct weights `w` of the skills' marks start at half of `mark_prefer` / `mark_avoid` for "any skill" and at the
//! other half for each slot, so one mark is worth one of them; `M`, `u`, `U`, `V` start at zero.
//! `U` and `V` let a feature count for some actions and in some contexts only (a place that the task names matters to `go`
//! once something is held), and learning that is linear.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

use super::adam::Adam;
use super::batch::{Batch, COMPARED, SEGMENTS};
use super::decision::{Decision, LEXICAL, MARK_COLUMNS, SITUATION, SLOTS, mark_columns};
use super::tokens::VOCABULARY;
use super::{ConfigError, PolicyConfig};
use crate::engine::directives::MarkKind;

/// Overlap features and the four dot products.
const FEATURES: usize = LEXICAL + COMPARED;

/// Decisions scored in one pass; more are cut up, to stay within the processor's caches.
const CHUNK: usize = 512;

/// The score of an action that is forbidden, or does not exist, where decisions with fewer actions are padded.
const NEVER: f64 = -1e9;

// Positions of the parameters; the order is that of the checkpoint.
const EMBEDDING: usize = 0;
const CONTEXT: usize = 1;
const CONTEXT_BIAS: usize = 2;
const HIDDEN_CONTEXT: usize = 3;
const HIDDEN_ACTION: usize = 4;
const HIDDEN_PRODUCT: usize = 5;
const HIDDEN_FEATURES: usize = 6;
const HIDDEN_BIAS: usize = 7;
pub(super) const HIDDEN_MARKS: usize = 8;
const SCORE_HIDDEN: usize = 9;
const SCORE_FEATURES: usize = 10;
pub(super) const SCORE_MARKS: usize = 11;
const WEIGHTS_CONTEXT: usize = 12;
const WEIGHTS_ACTION: usize = 13;

/// Names and shapes of the parameters, in order.
pub(super) fn layout(config: &PolicyConfig) -> [(&'static str, Vec<usize>); 14] {
    let (d, h) = (config.width, config.hidden);
    [
        ("embedding", vec![VOCABULARY, d]),
        ("context.weight", vec![(SEGMENTS + 1) * d + SITUATION, d]),
        ("context.bias", vec![d]),
        ("hidden.context", vec![d, h]),
        ("hidden.action", vec![d, h]),
        ("hidden.product", vec![d, h]),
        ("hidden.features", vec![FEATURES, h]),
        ("hidden.bias", vec![h]),
        ("hidden.marks", vec![MARK_COLUMNS, h]),
        ("score.hidden", vec![h, 1]),
        ("score.features", vec![FEATURES, 1]),
        ("score.marks", vec![MARK_COLUMNS, 1]),
        ("weights.context", vec![d, FEATURES]),
        ("weights.action", vec![d, FEATURES]),
    ]
}

/// A parameter outside the tensor library: shape and row-major values.
pub(super) type Shaped = (Vec<usize>, Vec<f32>);

/// A policy and the state of its optimizer.
#[derive(Debug)]
pub struct Policy {
    pub(super) config: PolicyConfig,
    pub(super) device: Device,
    pub(super) parameters: Vec<Tensor>,
    pub(super) adam: Adam,
}

impl Policy {
    /// A fresh policy; the same seed and configuration give the same parameters on every machine. Sets the tensor
    /// library's threads for the whole process.
    pub fn new(seed: u64, config: PolicyConfig, device: Device) -> Result<Self, ConfigError> {
        config.check()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"policy parameters").update(&seed.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(*hasher.finalize().as_bytes());
        let joint = 3 * config.width + FEATURES;
        let values = layout(&config)
            .into_iter()
            .enumerate()
            .map(|(position, (_, shape))| {
                // The bound of a uniform draw. Bags of embeddings then have a squared norm of about width / 8.
                let bound = match position {
                    EMBEDDING => 0.6,
                    CONTEXT => (1.0 / shape[0] as f32).sqrt(),
                    HIDDEN_CONTEXT | HIDDEN_ACTION | HIDDEN_PRODUCT | HIDDEN_FEATURES => (1.0 / joint as f32).sqrt(),
                    SCORE_HIDDEN => (1.0 / shape[0] as f32).sqrt(),
                    _ => 0.0,
                };
                let size = shape.iter().product();
                let values = match position {
                    SCORE_MARKS => (0..MARK_COLUMNS).map(|column| initial_mark(&config, column)).collect(),
                    _ if bound == 0.0 => vec![0.0; size],
                    _ => (0..size).map(|_| rng.random_range(-bound..bound)).collect(),
                };
                (shape, values)
            })
            .collect();
        Ok(Self::assemble(config, device, values))
    }

    /// From parameters in the order of [`layout`]; the optimizer starts anew.
    pub(super) fn assemble(config: PolicyConfig, device: Device, values: Vec<Shaped>) -> Self {
        tch::set_num_threads(config.threads as i32);
        let parameters: Vec<Tensor> = values
            .into_iter()
            .map(|(shape, values)| {
                let shape: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
                Tensor::from_slice(&values).view(shape.as_slice()).to_device(device).set_requires_grad(true)
            })
            .collect();
        let adam = Adam::new(&parameters);
        Self { config, device, parameters, adam }
    }

    pub fn config(&self) -> &PolicyConfig {
        &self.config
    }

    /// A copy of the parameters as they are now, e.g. to serve as the reference of the KL term.
    pub fn snapshot(&self) -> Self {
        let parameters: Vec<Tensor> =
            self.parameters.iter().map(|p| p.detach().copy().set_requires_grad(true)).collect();
        let adam = Adam::new(&parameters);
        Self { config: self.config.clone(), device: self.device, parameters, adam }
    }

    /// Log-probabilities over the actions of each decision, of zero for those that are forbidden; empty where a decision has
    /// no actions.
    pub fn distribution(&self, decisions: &[&Decision]) -> Vec<Vec<f32>> {
        let mut out = Vec::with_capacity(decisions.len());
        let playable: Vec<&Decision> = decisions.iter().copied().filter(|d| !d.actions.is_empty()).collect();
        let mut scored = playable.chunks(CHUNK).flat_map(|chunk| {
            let batch = Batch::new(chunk, self.device);
            let log_probs = tch::no_grad(|| self.log_probs(&batch));
            let mut flat = vec![0.0f32; log_probs.numel()];
            log_probs.to_device(Device::Cpu).copy_data(&mut flat, log_probs.numel());
            let widest = batch.widest;
            batch
                .counts
                .into_iter()
                .enumerate()
                .map(move |(i, n)| flat[i * widest..i * widest + n].to_vec())
                .collect::<Vec<_>>()
        });
        for decision in decisions {
            out.push(if decision.actions.is_empty() { Vec::new() } else { scored.next().unwrap_or_default() });
        }
        out
    }

    /// `f32 [B, A]`: log-probabilities, padded with values that are zero as probabilities.
    pub(crate) fn log_probs(&self, batch: &Batch) -> Tensor {
        let p = |position: usize| &self.parameters[position];
        let width = self.config.width as i64;
        let root = (width as f64).sqrt();
        // Between 1, where the first steps of a fresh optimizer leap, and `root`, where few demonstrations teach little.
        let damping = (width as f64).cbrt();
        let (bags, ..) =
            Tensor::embedding_bag(p(EMBEDDING), &batch.tokens, &batch.offsets, false, 0, false, None::<&Tensor>, false);
        let bags = bags * &batch.scale;

        let [segment_bags, action_bags] = batch.distinct;
        let (segment_bags, action_bags) = (bags.narrow(0, 0, segment_bags), bags.narrow(0, segment_bags, action_bags));

        let segments = gather(&segment_bags, &batch.segments).view([-1, SEGMENTS as i64, width]);
        let shared = segments.select(1, 0) * segments.select(1, 2);
        let joint = Tensor::cat(&[segments.flatten(1, 2), shared, batch.situation.shallow_clone()], 1);
        let context = p(CONTEXT_BIAS).addmm(&joint, p(CONTEXT)).tanh();
        // What is done matters more than any other word of an action.
        let done = &action_bags + gather(p(EMBEDDING), &batch.verbs);

        // Per decision and per action what needs no pairing: [itself, its share of the hidden layer, its feature weights].
        let context = Tensor::cat(
            &[
                &context,
                &p(HIDDEN_BIAS).addmm(&context, p(HIDDEN_CONTEXT)),
                &(context.matmul(p(WEIGHTS_CONTEXT)) / damping + p(SCORE_FEATURES).view([1, -1])),
            ],
            1,
        );
        let action =
            Tensor::cat(&[&done, &done.matmul(p(HIDDEN_ACTION)), &(done.matmul(p(WEIGHTS_ACTION)) / damping)], 1);
        let (context, action) = (gather(&context, &batch.decisions), gather(&action, &batch.actions));
        let product = context.narrow(1, 0, width) * action.narrow(1, 0, width);
        // Every segment with every action is less work than each row's own four products.
        let dots = segment_bags.matmul(&action_bags.tr()).view([-1]).index_select(0, &batch.pairs);
        let dots = dots.view([-1, COMPARED as i64]) / root;
        let features = Tensor::cat(&[&batch.lexical, &dots], 1);

        let hidden_width = self.config.hidden as i64;
        let rest = width + hidden_width;
        let mut hidden = (context.narrow(1, width, hidden_width) + action.narrow(1, width, hidden_width))
            .addmm(&product, p(HIDDEN_PRODUCT))
            .addmm(&features, p(HIDDEN_FEATURES));
        let weights = context.narrow(1, rest, FEATURES as i64) + action.narrow(1, rest, FEATURES as i64);
        let mut direct = (weights * &features).sum_dim_intlist([1i64].as_slice(), true, Kind::Float);
        if let Some((columns, starts)) = &batch.marks {
            let table = Tensor::cat(&[p(HIDDEN_MARKS), p(SCORE_MARKS)], 1);
            let (marks, ..) = Tensor::embedding_bag(&table, columns, starts, false, 0, false, None::<&Tensor>, false);
            hidden += marks.narrow(1, 0, hidden_width);
            direct += marks.narrow(1, hidden_width, 1);
        }
        let scores = direct.addmm(&hidden.relu(), p(SCORE_HIDDEN)).view([-1]);
        let never = Tensor::full([1], NEVER, (Kind::Float, self.device));
        let padded = Tensor::cat(&[scores, never], 0).index_select(0, &batch.places);
        padded.view([batch.counts.len() as i64, batch.widest as i64]).log_softmax(1, Kind::Float)
    }

    /// Moves the parameters against the gradient of a scalar loss. Returns the gradient's norm before clipping.
    pub(crate) fn descend(&mut self, loss: &Tensor, lr: f64, max_norm: f64) -> f64 {
        loss.backward();
        self.adam.step(&mut self.parameters, lr, max_norm)
    }

    /// A batch on this policy's device.
    pub(crate) fn batch(&self, decisions: &[&Decision]) -> Batch {
        Batch::new(decisions, self.device)
    }

    pub(crate) fn device(&self) -> Device {
        self.device
    }

    /// Forgets what was learned about a slot, because another skill takes it: its mark weights go back to their initial
    /// values and their optimizer moments to zero. Slots from [`SLOTS`] on do not exist and are refused.
    pub fn reset_slot(&mut self, slot: u8) -> Result<(), ConfigError> {
        if usize::from(slot) >= SLOTS {
            return Err(ConfigError::Slot { slot });
        }
        tch::no_grad(|| {
            let kinds = [MarkKind::Prefer, MarkKind::Avoid, MarkKind::Forbid];
            for [_, column] in kinds.into_iter().filter_map(|kind| mark_columns(kind, slot)) {
                for position in [HIDDEN_MARKS, SCORE_MARKS] {
                    let initial = match position {
                        SCORE_MARKS => initial_mark(&self.config, usize::from(column)),
                        _ => 0.0,
                    };
                    let _ = self.parameters[position].get(i64::from(column)).fill_(f64::from(initial));
                    let _ = self.adam.first[position].get(i64::from(column)).zero_();
                    let _ = self.adam.second[position].get(i64::from(column)).zero_();
                }
            }
        });
        Ok(())
    }
}

/// Rows of a matrix. As an embedding look-up, whose backward pass is several times faster than that of `index_select`.
fn gather(matrix: &Tensor, rows: &Tensor) -> Tensor {
    Tensor::embedding(matrix, rows, -1, false, false)
}

/// The direct weight of a mark column before training.
fn initial_mark(config: &PolicyConfig, column: usize) -> f32 {
    let prefer = column == 0 || (2..2 + SLOTS).contains(&column);
    0.5 * if prefer { config.mark_prefer } else { config.mark_avoid }
}
