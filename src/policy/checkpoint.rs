//! Policies on disk: parameters and optimizer state in one safetensors file.
//!
//! In: a policy, or a file. Out: a file that is there whole or not at all, or a policy that goes on bit for bit.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::{Dtype, SafeTensorError, SafeTensors, serialize, tensor::TensorView};
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};
use thiserror::Error;

use super::decision::{LEXICAL, SLOTS};
use super::net::{Policy, Shaped, layout};
use super::tokens::VOCABULARY;
use super::{ConfigError, PolicyConfig};
use crate::files::write_atomic;

const FORMAT: u32 = 1;
const HEADER: &str = "reskill";

/// What the tensors alone do not say. The sizes are those of the program that wrote the file.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    format: u32,
    vocabulary: usize,
    lexical: usize,
    slots: usize,
    steps: u64,
    config: PolicyConfig,
}

/// Why a checkpoint could not be written or read.
#[derive(Debug, Error)]
pub enum CheckpointError {
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
    #[error("{path}: not a checkpoint, or a damaged one ({source}); use an earlier checkpoint of the run")]
    Tensors { path: String, source: SafeTensorError },
    #[error("{path}: {message}; use a checkpoint that this version of reskill wrote")]
    Content { path: String, message: String },
    #[error("{path}: {source}")]
    Config { path: String, source: ConfigError },
}

impl Policy {
    /// Writes parameters and optimizer state.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        let tensors = |source| CheckpointError::Tensors { path: path.display().to_string(), source };
        let mut entries = Vec::new();
        for (i, (name, shape)) in layout(&self.config).into_iter().enumerate() {
            for (prefix, tensor) in [
                ("", &self.parameters[i]),
                ("adam.first.", &self.adam.first[i]),
                ("adam.second.", &self.adam.second[i]),
            ] {
                entries.push((format!("{prefix}{name}"), shape.clone(), bytes(tensor)));
            }
        }
        let mut views = Vec::with_capacity(entries.len());
        for (name, shape, bytes) in &entries {
            views.push((name, TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(tensors)?));
        }
        let header = Header {
            format: FORMAT,
            vocabulary: VOCABULARY,
            lexical: LEXICAL,
            slots: SLOTS,
            steps: self.adam.steps,
            config: self.config.clone(),
        };
        let header = serde_json::to_string(&header).map_err(|e| tensors(e.into()))?;
        // One entry only: the library writes this map in no fixed order.
        let file = serialize(views, Some(HashMap::from([(HEADER.to_string(), header)]))).map_err(tensors)?;
        write_atomic(path, &file).map_err(|source| CheckpointError::Io { path: path.display().to_string(), source })
    }

    /// Reads what [`Policy::save`] wrote. Sets the tensor library's threads to those of the saved configuration.
    pub fn load(path: &Path, device: Device) -> Result<Self, CheckpointError> {
        let shown = || path.display().to_string();
        let content = |message: String| CheckpointError::Content { path: shown(), message };
        let tensors = |source| CheckpointError::Tensors { path: shown(), source };
        let file = fs::read(path).map_err(|source| CheckpointError::Io { path: shown(), source })?;
        let (_, metadata) = SafeTensors::read_metadata(&file).map_err(tensors)?;
        let header =
            metadata.metadata().as_ref().and_then(|m| m.get(HEADER)).ok_or_else(|| content("no header".into()))?;
        let header: Header = serde_json::from_str(header).map_err(|e| content(format!("its header: {e}")))?;
        let here = (FORMAT, VOCABULARY, LEXICAL, SLOTS);
        let there = (header.format, header.vocabulary, header.lexical, header.slots);
        if here != there {
            return Err(content(format!("its (format, vocabulary, lexical, slots) are {there:?}, not {here:?}")));
        }
        header.config.check().map_err(|source| CheckpointError::Config { path: shown(), source })?;

        let stored = SafeTensors::deserialize(&file).map_err(tensors)?;
        let read = |prefix: &str| -> Result<Vec<Shaped>, CheckpointError> {
            layout(&header.config)
                .into_iter()
                .map(|(name, shape)| {
                    let view = stored.tensor(&format!("{prefix}{name}")).map_err(tensors)?;
                    if view.dtype() != Dtype::F32 || view.shape() != shape {
                        let found = format!("{:?} {:?}", view.dtype(), view.shape());
                        return Err(content(format!("tensor {prefix}{name} is {found}, not F32 {shape:?}")));
                    }
                    let values = view.data().as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
                    Ok((shape, values))
                })
                .collect()
        };
        let mut policy = Policy::assemble(header.config.clone(), device, read("")?);
        for (moments, prefix) in [(&mut policy.adam.first, "adam.first."), (&mut policy.adam.second, "adam.second.")] {
            for (moment, (_, values)) in moments.iter_mut().zip(read(prefix)?) {
                moment.copy_(&Tensor::from_slice(&values).view_as(moment));
            }
        }
        policy.adam.steps = header.steps;
        Ok(policy)
    }
}

/// Little-endian values of a tensor.
fn bytes(tensor: &Tensor) -> Vec<u8> {
    let mut values = vec![0.0f32; tensor.numel()];
    tensor.detach().to_device(Device::Cpu).copy_data(&mut values, tensor.numel());
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}
