//! Model descriptions as libtorch modules: checkpoints, training and measuring.
//!
//! A [`Model`] is built from a checked [`Description`](descent_dataset::Description), never from code that
//! somebody sent. Its tensors are initialised from a seed or loaded from a safetensors file whose names, shapes
//! and dtypes must be exactly the description's.
//!
//! # Measuring
//!
//! [`evaluate`] is what validators sign for, so it must give the same numbers everywhere. It computes in f64 on the
//! CPU: across processors, instruction sets and thread counts such evaluations agree to about 1e-15, and a
//! [`Score`](descent_protocol::Score) keeps six decimals. The batch size [`EVALUATION_BATCH`] is part of
//! the protocol, because the scores of the batches are the transcript that a measurement is attested with.
//!
//! # Training
//!
//! A [`Trainer`] computes in f32 on the CPU or a GPU. Initial weights, the order of records and dropout follow from
//! the seed; results are bit-identical from run to run on one machine with one thread count, and
//! not across machines.
#![warn(missing_docs)]

mod checkpoint;
mod error;
mod evaluation;
mod forward;
mod input;
mod model;
mod shuffle;
mod trainer;

pub use checkpoint::{max_checkpoint_bytes, CheckpointError};
pub use error::ModelError;
pub use evaluation::{evaluate, evaluate_set, set_threads, Evaluation, EvaluationError, EVALUATION_BATCH};
pub use model::Model;
pub use shuffle::Shuffle;
pub use tch::Device;
pub use trainer::{Optimizer, Schedule, Trainer, TrainingError, TrainingOptions};
