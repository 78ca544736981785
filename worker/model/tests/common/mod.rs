//! Models and batches for the tests.

use descent_dataset::{Batch, Description, Dtype, Schema};

/// Builds a description of its parts: input `dtype shape`, target `dtype shape` with classes, layers, loss.
pub(crate) fn describe(input: (&str, &str), target: (&str, &str, Option<u64>), layers: &str) -> Description {
	let (loss, classes) = match target.2 {
		Some(classes) => ("cross_entropy", format!(r#","classes":{classes}"#)),
		None => ("mse", String::new()),
	};
	let json = format!(
		r#"{{"descent":1,"name":"test","inputs":[{{"column":"x","dtype":"{}","shape":{}}}],
		"target":{{"column":"y","dtype":"{}","shape":{}{classes}}},"layers":[{layers}],"loss":"{loss}"}}"#,
		input.0, input.1, target.0, target.1
	);
	Description::parse(json.as_bytes()).unwrap()
}

/// Returns a model from six numbers to three classes.
#[allow(dead_code)]
pub(crate) fn classifier(layers: &str) -> Description {
	describe(("f32", "[6]"), ("u8", "[]", Some(3)), layers)
}

/// Returns a language model of 8 tokens out of 11.
#[allow(dead_code)]
pub(crate) fn language_model() -> Description {
	describe(
		("i64", "[8]"),
		("i64", "[8]", Some(11)),
		r#"{"type":"embedding","vocabulary":11,"dim":16},{"type":"position_embedding"},
		{"type":"transformer_block","heads":4,"dropout":0.1},{"type":"transformer_block","heads":2,"mlp_ratio":2},
		{"type":"layer_norm"},{"type":"linear","out":11,"bias":false}"#,
	)
}

/// Returns a small residual network of images for five classes.
#[allow(dead_code)]
pub(crate) fn resnet() -> Description {
	describe(
		("u8", "[3,11,9]"),
		("u8", "[]", Some(5)),
		r#"{"type":"conv2d","out":4,"kernel":3,"padding":1,"bias":false},{"type":"group_norm","groups":2},
		{"type":"silu"},{"type":"max_pool2d","kernel":3,"stride":2,"padding":1},
		{"type":"residual","layers":[
			{"type":"conv2d","out":6,"kernel":3,"stride":2,"padding":1,"bias":false},{"type":"batch_norm"},
			{"type":"relu"},{"type":"residual","layers":[{"type":"conv2d","out":6,"kernel":1}]}],
		"shortcut":[{"type":"conv2d","out":6,"kernel":1,"stride":2,"bias":false},{"type":"batch_norm"}]},
		{"type":"adaptive_avg_pool2d","size":2},{"type":"flatten"},{"type":"linear","out":5}"#,
	)
}

/// Returns a small language model in the manner of Llama, of 7 tokens out of 13, with tied weights.
#[allow(dead_code)]
pub(crate) fn llama() -> Description {
	describe(
		("u8", "[7]"),
		("u8", "[7]", Some(13)),
		r#"{"type":"embedding","vocabulary":13,"dim":12},
		{"type":"residual","layers":[{"type":"rms_norm"},
			{"type":"attention","heads":6,"kv_heads":2,"rotary":10000,"bias":false}]},
		{"type":"residual","layers":[{"type":"rms_norm"},{"type":"gated_mlp","hidden":20}]},
		{"type":"attention","heads":3},{"type":"rms_norm"},{"type":"unembedding"}"#,
	)
}

/// Returns a small network of signals for three classes.
#[allow(dead_code)]
pub(crate) fn signals() -> Description {
	describe(
		("f32", "[2,23]"),
		("u8", "[]", Some(3)),
		r#"{"type":"conv1d","out":6,"kernel":5,"stride":2,"padding":1},{"type":"batch_norm"},{"type":"relu"},
		{"type":"max_pool1d","kernel":3,"stride":1,"padding":1},
		{"type":"conv1d","out":4,"kernel":2,"bias":false},{"type":"group_norm","groups":2},
		{"type":"avg_pool1d","kernel":2},{"type":"adaptive_avg_pool1d","size":3},{"type":"flatten"},
		{"type":"linear","out":3}"#,
	)
}

/// Returns a small model of a picture, two words and a number for four classes.
#[allow(dead_code)]
pub(crate) fn several_inputs() -> Description {
	let json = br#"{"descent":1,"name":"several","inputs":[
		{"column":"picture","dtype":"u8","shape":[1,6,5],"scale":0.01,"shift":-1,"layers":[
			{"type":"conv2d","out":2,"kernel":3},{"type":"batch_norm"},
			{"type":"residual","layers":[{"type":"conv2d","out":2,"kernel":1}]}]},
		{"column":"word","dtype":"u16","shape":[2],"layers":[{"type":"embedding","vocabulary":300,"dim":3}]},
		{"column":"age","dtype":"f32","shape":[]}],
		"target":{"column":"y","dtype":"u8","shape":[],"classes":4},
		"layers":[{"type":"linear","out":6},{"type":"relu"},{"type":"linear","out":4}],
		"loss":"cross_entropy"}"#;
	Description::parse(json).unwrap()
}

/// A linear congruential generator of test data (Knuth, MMIX).
pub(crate) struct Random(pub u64);

impl Random {
	/// Returns the next 32 bits.
	pub(crate) fn bits(&mut self) -> u32 {
		self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
		(self.0 >> 32) as u32
	}

	/// Returns a number that is uniform in `[-1, 1)`.
	pub(crate) fn number(&mut self) -> f32 {
		self.bits() as f32 / (1u32 << 31) as f32 - 1.0
	}
}

/// Returns a batch of random records that fit the schema.
#[allow(dead_code)]
pub(crate) fn random_batch(schema: &Schema, len: usize, seed: u64) -> Batch {
	let mut random = Random(seed);
	let mut records = Vec::new();
	for _ in 0..len {
		for column in &schema.columns {
			for _ in 0..column.values() {
				let below = |bits: u32| i64::from(bits) % i64::try_from(column.bound.unwrap_or(200)).unwrap();
				match column.dtype {
					Dtype::U8 => records.push(below(random.bits()) as u8),
					Dtype::U16 => records.extend((below(random.bits()) as u16).to_le_bytes()),
					Dtype::I32 => records.extend((below(random.bits()) as i32).to_le_bytes()),
					Dtype::I64 => records.extend(below(random.bits()).to_le_bytes()),
					Dtype::F32 => records.extend(random.number().to_le_bytes()),
				}
			}
		}
	}
	Batch::from_records(schema, &records).unwrap()
}

/// Returns records of [`classifier`]'s schema whose class is the largest of the first three numbers, which is
/// learnable.
#[allow(dead_code)]
pub(crate) fn learnable_batch(description: &Description, len: usize, seed: u64) -> Batch {
	let mut random = Random(seed);
	let mut records = Vec::new();
	for _ in 0..len {
		let x: Vec<f32> = (0..6).map(|_| random.number()).collect();
		let class = (0..3).max_by(|a, b| x[*a].total_cmp(&x[*b])).unwrap();
		x.iter().for_each(|v| records.extend(v.to_le_bytes()));
		records.push(class as u8);
	}
	Batch::from_records(&description.schema(), &records).unwrap()
}
