//! One model of each kind that people train.

use super::Case;
use crate::Checkpoint;
use descent_dataset::{Batch, Description, Dtype, Schema};
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Names of the kinds of models.
pub const MODELS: [&str; 6] =
	["perceptron", "convolution", "normalised convolution", "transformer", "regression", "recogniser"];

/// Returns the JSON of a kind: input, target, layers, loss.
fn parts(name: &str) -> [&'static str; 4] {
	match name {
		"convolution" => [
			r#""dtype":"u8","shape":[1,12,12],"scale":0.00392156862745098"#,
			r#""dtype":"u8","shape":[],"classes":10"#,
			r#"{"type":"conv2d","out":8,"kernel":3,"padding":1},{"type":"relu"},
			{"type":"max_pool2d","kernel":2},{"type":"conv2d","out":16,"kernel":3},{"type":"relu"},
			{"type":"flatten"},{"type":"linear","out":10}"#,
			"cross_entropy",
		],
		"normalised convolution" => [
			r#""dtype":"u8","shape":[3,12,12],"scale":0.00784313725490196,"shift":-1.0"#,
			r#""dtype":"u8","shape":[],"classes":5"#,
			r#"{"type":"conv2d","out":12,"kernel":5,"stride":2,"padding":2,"bias":false},
			{"type":"batch_norm"},{"type":"gelu"},{"type":"avg_pool2d","kernel":2},{"type":"flatten"},{"type":"layer_norm"},
			{"type":"dropout","p":0.1},{"type":"linear","out":5}"#,
			"cross_entropy",
		],
		"transformer" => [
			r#""dtype":"i64","shape":[16]"#,
			r#""dtype":"i64","shape":[16],"classes":19"#,
			r#"{"type":"embedding","vocabulary":19,"dim":32},{"type":"position_embedding"},
			{"type":"transformer_block","heads":4},{"type":"transformer_block","heads":2,"mlp_ratio":2},
			{"type":"layer_norm"},{"type":"linear","out":19,"bias":false}"#,
			"cross_entropy",
		],
		"regression" => [
			r#""dtype":"f32","shape":[12]"#,
			r#""dtype":"f32","shape":[3]"#,
			r#"{"type":"linear","out":48},{"type":"tanh"},{"type":"linear","out":48},{"type":"sigmoid"},
			{"type":"linear","out":3}"#,
			"mse",
		],
		"recogniser" => [
			r#""dtype":"f32","shape":[12]"#,
			r#""dtype":"i32","shape":[],"classes":4"#,
			r#"{"type":"batch_norm"},{"type":"linear","out":64},{"type":"layer_norm"},{"type":"gelu"},
			{"type":"linear","out":64},{"type":"batch_norm"},{"type":"tanh"},{"type":"linear","out":4}"#,
			"cross_entropy",
		],
		_ => [
			r#""dtype":"f32","shape":[20]"#,
			r#""dtype":"u8","shape":[],"classes":3"#,
			r#"{"type":"linear","out":128},{"type":"relu"},{"type":"linear","out":64},{"type":"relu"},
			{"type":"linear","out":3}"#,
			"cross_entropy",
		],
	}
}

/// Returns the description of a kind.
pub fn description(name: &str) -> Description {
	let [input, target, layers, loss] = parts(name);
	describe(input, target, layers, loss)
}

/// Builds a description of its parts.
pub(super) fn describe(input: &str, target: &str, layers: &str, loss: &str) -> Description {
	let json = format!(
		r#"{{"descent":1,"name":"selftest","inputs":[{{"column":"x",{input}}}],
		"target":{{"column":"y",{target}}},"layers":[{layers}],"loss":"{loss}"}}"#
	);
	Description::parse(json.as_bytes()).expect("the built-in descriptions are valid; tests parse them")
}

/// Returns random records of a schema. Numbers are uniform in [-1, 1), integers below their bound or 256.
pub fn records(schema: &Schema, count: usize, seed: u64) -> Batch {
	let mut rng = ChaCha12Rng::seed_from_u64(seed);
	let mut bytes = Vec::new();
	for column in std::iter::repeat_n(&schema.columns, count).flatten() {
		for _ in 0..column.values() {
			let word = rng.next_u32();
			let below = u64::from(word) % column.bound.unwrap_or(256);
			match column.dtype {
				Dtype::U8 => bytes.push(below as u8),
				Dtype::U16 => bytes.extend((below as u16).to_le_bytes()),
				Dtype::I32 => bytes.extend((below as i32).to_le_bytes()),
				Dtype::I64 => bytes.extend((below as i64).to_le_bytes()),
				Dtype::F32 => bytes.extend(((word >> 8) as f32 / (1u32 << 23) as f32 - 1.0).to_le_bytes()),
			}
		}
	}
	Batch::from_records(schema, &bytes).expect("whole records were written")
}

/// Returns each kind with initial weights.
pub fn initial(seed: u64, count: usize) -> Vec<Case> {
	let case = |name| {
		let description = description(name);
		let records = records(&description.schema(), count, seed);
		Case { name, checkpoint: Checkpoint::initial(&description, seed), records }
	};
	MODELS.into_iter().map(case).collect()
}
