//! Model descriptions as libtorch modules: checkpoints, training and evaluation.
//!
//! A [`Model`] is built from a checked [`Description`](descent_dataset::Description), never from code of a
//! stranger. Its tensors are initialised from a seed or loaded from a safetensors file. The names, shapes and
//! dtypes in the file must be exactly those of the description.
//!
//! # Evaluation
//!
//! Validators attest the result of [`evaluate`], so it must give the same number everywhere. A [`Checkpoint`]
//! is computed in f64 by the kernels of [`descent_kernels`], whose bits depend on neither the processor nor
//! the number of threads, and a [`Rounding`](descent_protocol::Rounding) makes a score of the value. A
//! checkpoint that amplifies rounding errors has no score, see [`Condition`]. The batch size
//! [`EVALUATION_BATCH`] is part of the protocol, because the scores of the batches are the transcript that an
//! attestation commits to.
//!
//! # Training
//!
//! A [`Trainer`] computes in f32 on the CPU or a GPU. Initial weights, the order of records and dropout
//! follow from the seed. Results are bit-identical from run to run on one machine with one thread count, but
//! not across machines. [`Model::for_training`] makes a model that is trained in f64, whose weights are
//! nearly the same everywhere, or in bfloat16.
//!
//! # Example
//!
//! ```no_run
//! use descent_dataset::{Batch, Description};
//! use descent_model::{Device, Model, Trainer, TrainingOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let description = Description::parse(&std::fs::read("model.json")?)?;
//! let records = std::fs::read("records")?;
//! let batch = Batch::from_records(&description.schema(), &records).ok_or("half a record")?;
//!
//! let model = Model::new(&description, 7, Device::Cpu)?;
//! let mut trainer = Trainer::new(model, TrainingOptions::default())?;
//! for _ in 0..100 {
//!     println!("loss {}", trainer.step(&batch)?);
//! }
//! trainer.model().save("model.safetensors".as_ref())?;
//! # Ok(())
//! # }
//! ```
#![warn(missing_docs)]

mod accumulation;
mod average;
mod checkpoint;
mod error;
mod evaluation;
mod forward;
mod header;
mod initialization;
mod input;
mod memory;
mod model;
mod optimizer;
pub mod selftest;
mod shuffle;
mod trainer;
mod training_state;
mod traps;

/// Version of the libtorch that models are trained with, which the crate `tch` fixes.
pub const LIBTORCH: &str = "2.11.0";

pub use checkpoint::{max_checkpoint_bytes, Checkpoint, CheckpointError};
pub use error::ModelError;
pub use evaluation::{
	evaluate, evaluate_with, predict, record_values, set_threads, Condition, Drawn, Engine, Evaluation,
	EvaluationError, EvaluationRules, Records, EVALUATION_BATCH,
};
pub use memory::evaluation_memory;
pub use model::Model;
pub use optimizer::Optimizer;
pub use shuffle::Shuffle;
pub use tch::Device;
pub use trainer::{Schedule, Trainer, TrainingError, TrainingOptions};
pub use training_state::StateError;
