#![allow(clippy::as_conversions, reason = "the codec's derive casts the index of an enum's variant")]

use crate::ContentRef;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The factors of an optimizer are counted in millionths.
pub const FRACTION: u32 = 1_000_000;

/// The weights that a recorded training begins with.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "base")]
pub enum Base {
	/// The initial weights that a seed draws.
	#[codec(index = 0)]
	Initial {
		/// The seed.
		seed: u64,
	},
	/// A checkpoint of the same model that was revealed in the group in an earlier round, such as the head.
	#[codec(index = 1)]
	Checkpoint {
		/// Its file.
		checkpoint: ContentRef,
	},
}

/// The type of number in which a training computes the outputs and gradients of a batch.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Precision {
	/// 64 bits. Weights are kept in 64 bits within a segment and rounded to f32 at its end. Every machine
	/// gets the same weights.
	#[codec(index = 0)]
	F64,
	/// 32 bits.
	#[codec(index = 1)]
	F32,
	/// bfloat16, with weights and optimizer in f32.
	#[codec(index = 2)]
	Bf16,
}

impl fmt::Display for Precision {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		f.write_str(match self {
			Self::F64 => "f64",
			Self::F32 => "f32",
			Self::Bf16 => "bf16",
		})
	}
}

/// The optimizer of a recorded training, with the names of PyTorch. Factors are in millionths, see
/// [`FRACTION`].
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "optimizer")]
pub enum RecipeOptimizer {
	/// Stochastic gradient descent.
	#[codec(index = 0)]
	Sgd {
		/// The momentum factor; 0 turns it off.
		momentum: u32,
		/// True for Nesterov momentum.
		nesterov: bool,
		/// The factor of the L2 penalty on weights. Biases and normalisations have none.
		weight_decay: u32,
	},
	/// Adam.
	#[codec(index = 1)]
	Adam {
		/// The decay rates of the running means of the gradient and of its square.
		betas: (u32, u32),
		/// The factor of the L2 penalty on weights. Biases and normalisations have none.
		weight_decay: u32,
	},
	/// Adam with decoupled weight decay.
	#[codec(index = 2)]
	AdamW {
		/// The decay rates of the running means of the gradient and of its square.
		betas: (u32, u32),
		/// The factor of the decay of weights. Biases and normalisations have none.
		weight_decay: u32,
	},
}

impl RecipeOptimizer {
	/// Returns true if momentum and decay rates are below 1, so that no running mean grows without bound.
	pub fn is_valid(&self) -> bool {
		match *self {
			Self::Sgd { momentum, nesterov, .. } => momentum < FRACTION && (!nesterov || momentum > 0),
			Self::Adam { betas: (mean, square), .. } | Self::AdamW { betas: (mean, square), .. } => {
				mean < FRACTION && square < FRACTION
			}
		}
	}
}

/// The recipe of a recorded training: all that its segments have in common.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recipe {
	/// The weights that it begins with.
	pub base: Base,
	/// The optimizer. It begins every segment without a history.
	pub optimizer: RecipeOptimizer,
	/// The type of number.
	pub precision: Precision,
	/// Number of steps of a segment.
	pub steps: u16,
	/// Number of records of a batch.
	pub batch: u32,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Codec;
	use sp_core::H256;

	#[test]
	fn the_encoding_is_frozen() {
		let checkpoint = ContentRef { digest: H256::repeat_byte(7), codec: Codec::Raw, size: 8 };
		let recipe = Recipe {
			base: Base::Checkpoint { checkpoint },
			optimizer: RecipeOptimizer::AdamW { betas: (900_000, 999_000), weight_decay: 10_000 },
			precision: Precision::Bf16,
			steps: 200,
			batch: 64,
		};
		let mut encoded = [&[1][..], &[7; 32], &[0, 8, 0, 0, 0, 0, 0, 0, 0], &[2]].concat();
		encoded.extend([900_000u32, 999_000, 10_000].into_iter().flat_map(u32::to_le_bytes));
		encoded.extend([2, 200, 0, 64, 0, 0, 0]);
		assert_eq!(recipe.encode(), encoded);
		let initial = Recipe { base: Base::Initial { seed: 5 }, ..recipe };
		assert_eq!(initial.encode()[..9], [0, 5, 0, 0, 0, 0, 0, 0, 0]);
	}

	#[test]
	fn running_means_do_not_grow() {
		let sgd = |momentum, nesterov| RecipeOptimizer::Sgd { momentum, nesterov, weight_decay: 0 };
		let adam = |betas| RecipeOptimizer::Adam { betas, weight_decay: 0 };
		for (optimizer, valid) in [
			(sgd(0, false), true),
			(sgd(0, true), false),
			(sgd(999_999, true), true),
			(sgd(FRACTION, false), false),
			(adam((0, 0)), true),
			(adam((FRACTION, 0)), false),
			(adam((0, FRACTION)), false),
		] {
			assert_eq!(optimizer.is_valid(), valid, "{optimizer:?}");
		}
	}

	#[test]
	fn a_recipe_reads_as_documented() {
		let recipe = Recipe {
			base: Base::Initial { seed: 5 },
			optimizer: RecipeOptimizer::Sgd { momentum: 900_000, nesterov: false, weight_decay: 0 },
			precision: Precision::F32,
			steps: 200,
			batch: 64,
		};
		let json = serde_json::json!({
			"base": {"base": "initial", "seed": 5},
			"optimizer": {"optimizer": "sgd", "momentum": 900_000, "nesterov": false, "weight_decay": 0},
			"precision": "f32",
			"steps": 200,
			"batch": 64,
		});
		assert_eq!(serde_json::to_value(recipe).unwrap(), json);
		assert_eq!(serde_json::from_value::<Recipe>(json).unwrap(), recipe);
	}
}
