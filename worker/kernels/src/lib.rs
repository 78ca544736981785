//! The arithmetic of evaluations: the layers of a model in f64, with the same bits on every processor.
//!
//! What the chain pays and slashes rests on honest evaluators that hold the same number. A numeric library
//! chooses its code by the processor's maker, its instructions and the number of threads, and each choice
//! rounds in another order; no mode of Intel MKL gives one number on processors of Intel and AMD. So each
//! function here fixes every rounding:
//!
//! - a sum runs over its terms in order, from the first to the last, into one accumulator;
//! - a product of a matrix product is added with one rounding (`fusedMultiplyAdd` of IEEE 754-2019);
//! - other operations are additions, multiplications, divisions and square roots of IEEE 754, each rounded
//!   once, to nearest;
//! - elementary functions are code of this crate or of the crate `libm`, which consist of such operations.
//!
//! Rust neither reorders nor contracts floating point operations. Vector registers hold different outputs of
//! a layer, never parts of one sum, and threads share outputs, never sums. So the instructions and the number
//! of threads change the speed alone. [`Instructions`] names the code paths, and tests compare their bits.
//!
//! All matrices are row-major. Weights are f32 as in checkpoints and become f64 exactly.

/// Version of the arithmetic. Evaluators of different versions may hold different scores.
pub const VERSION: u32 = 2;

mod attention;
mod convolution;
mod elementwise;
mod functions;
mod instructions;
mod loss;
mod matmul;
mod normalization;
mod perturbation;
mod pooling;

pub use attention::{causal_attention, rotate, rotations, Attention};
pub use convolution::{conv2d, Window};
pub use elementwise::{add, embedding, gate, gelu, relu, sigmoid, silu, tanh};
pub use functions::exp;
pub use instructions::{Instructions, INSTRUCTIONS_VARIABLE};
pub use loss::{cross_entropy, is_finite, squared_error, wrong_label};
pub use matmul::{linear, matmul, Columns};
pub use normalization::{batch_norm, group_norm, layer_norm, rms_norm, softmax};
pub use perturbation::{perturb_values, Perturbation, Weights, PERTURBATION};
pub use pooling::{adaptive_avg_pool2d, avg_pool2d, max_pool2d};
