//! Checkpoints whose score rounding errors decide. Under a numeric library that rounds otherwise on another
//! processor, honest evaluators would hold different scores of them.

use super::{
	models::{describe, description, records},
	Case,
};
use crate::Checkpoint;
use descent_dataset::{Batch, Description};

/// 2^60, beside which f64 keeps nothing below 2^7.
const HUGE: f32 = 1_152_921_504_606_846_976.0;
const CLASSES: &str = r#""dtype":"u8","shape":[],"classes":4"#;
const NUMBERS: &str = r#""dtype":"f32","shape":[16]"#;

/// Returns one checkpoint of each known kind of attack.
pub fn attacks() -> Vec<Case> {
	vec![
		linear_cancellation("a sum of 2^60 and -2^60", HUGE),
		linear_cancellation("a sum of 2^53 and -2^53", 9_007_199_254_740_992.0),
		paired_units(),
		deep_gain(),
		layer_norm_of_equals(),
		layer_norm_of_inputs(),
		batch_norm_without_variance(),
		convolution_cancellation(),
		attention_values(),
		attention_scores(),
		saturated_tanh(),
		embedding_cancellation(),
	]
}

fn case(name: &'static str, description: &Description, tensors: Vec<Vec<f32>>) -> Case {
	let records = records(&description.schema(), 300, 9);
	case_on(name, description, tensors, records)
}

fn case_on(name: &'static str, description: &Description, tensors: Vec<Vec<f32>>, records: Batch) -> Case {
	let checkpoint = Checkpoint::from_values(description, tensors);
	Case { name, checkpoint: checkpoint.expect("the built-in attacks fit; tests build them"), records }
}

/// Small numbers that differ.
fn small(count: usize) -> Vec<f32> {
	(0..count).map(|index| ((index * 7 + 3) % 11) as f32 / 11.0 - 0.45).collect()
}

/// Large weights cancel each other in one sum, with small ones between.
fn linear_cancellation(name: &'static str, large: f32) -> Case {
	let description = describe(NUMBERS, CLASSES, r#"{"type":"linear","out":4}"#, "cross_entropy");
	let mut records = records(&description.schema(), 300, 9);
	// All inputs are 1 but one, so that the large weights cancel exactly.
	for record in records.columns[0].bytes.chunks_exact_mut(64) {
		for (_, value) in record.chunks_exact_mut(4).enumerate().filter(|(place, _)| *place != 1) {
			value.copy_from_slice(&1f32.to_le_bytes());
		}
	}
	let mut weights = small(64);
	for (index, weight) in weights.iter_mut().enumerate() {
		match index % 4 {
			0 => *weight = large,
			2 => *weight = -large,
			_ => {}
		}
	}
	case_on(name, &description, vec![weights, vec![0.0; 4]], records)
}

/// Two hidden units of a usable model are equal, and their outgoing weights are opposite and large.
fn paired_units() -> Case {
	let description = description("perceptron");
	let mut tensors = Checkpoint::initial(&description, 5).tensors().to_vec();
	let (first, second) = tensors[0].split_at_mut(20);
	second[..20].copy_from_slice(first);
	tensors[0][20..40].iter_mut().for_each(|weight| *weight *= 3.0);
	tensors[1][1] = tensors[1][0] * 3.0;
	for row in tensors[2].chunks_exact_mut(128) {
		(row[0], row[1]) = (3e15, -1e15);
	}
	case("paired units", &description, tensors)
}

/// Forty tent maps of slope 1.99 in a row: each almost doubles what two nearly equal values differ by, and
/// the values stay in [0, 1].
fn deep_gain() -> Case {
	let map =
		r#"{"type":"linear","out":2},{"type":"relu"},{"type":"linear","out":1,"bias":false},"#.repeat(40);
	let layers =
		format!(r#"{{"type":"linear","out":1}},{{"type":"sigmoid"}},{map}{{"type":"linear","out":4}}"#);
	let description = describe(NUMBERS, CLASSES, &layers, "cross_entropy");
	let mut tensors = vec![small(16), vec![0.1]];
	for _ in 0..40 {
		tensors.extend([vec![1.0, 1.0], vec![0.0, -0.5], vec![1.99, -3.98]]);
	}
	tensors.extend([vec![9.0, -9.0, 4.0, -4.0], vec![0.0; 4]]);
	case("deep gain", &description, tensors)
}

/// A layer normalisation of values that are equal but for rounding.
fn layer_norm_of_equals() -> Case {
	let layers = r#"{"type":"linear","out":16},{"type":"linear","out":16},{"type":"layer_norm"},
		{"type":"linear","out":4}"#;
	let description = describe(NUMBERS, CLASSES, layers, "cross_entropy");
	// Each output of the second layer is the same sum, in another order.
	let first = small(256);
	let second = vec![1e9; 256];
	let tensors =
		vec![first, small(16), second, vec![0.0; 16], vec![1e6; 16], vec![0.0; 16], small(64), vec![0.0; 4]];
	case("layer normalisation of equal values", &description, tensors)
}

/// A layer normalisation of inputs that are equal: no weight comes before it.
fn layer_norm_of_inputs() -> Case {
	let layers = r#"{"type":"layer_norm"},{"type":"linear","out":4}"#;
	let description = describe(
		r#""dtype":"u8","shape":[49],"scale":0.00392156862745098,"shift":0.1"#,
		CLASSES,
		layers,
		"cross_entropy",
	);
	let mut records = records(&description.schema(), 300, 9);
	for record in records.columns[0].bytes.chunks_exact_mut(49) {
		let value = record[0];
		record.fill(value);
	}
	let tensors = vec![vec![HUGE; 49], vec![0.0; 49], small(196), vec![0.0; 4]];
	case_on("layer normalisation of equal inputs", &description, tensors, records)
}

/// Batch normalisations with a variance of 0 multiply two equal values by 949 each, and their difference
/// counts.
fn batch_norm_without_variance() -> Case {
	let block = r#"{"type":"batch_norm"},"#.repeat(5);
	let layers = format!(r#"{{"type":"linear","out":2}},{block}{{"type":"linear","out":4}}"#);
	let description = describe(NUMBERS, CLASSES, &layers, "cross_entropy");
	let mut tensors = vec![small(16).repeat(2), vec![0.3; 2]];
	for _ in 0..5 {
		tensors.extend([vec![3.0; 2], vec![0.0; 2]]);
	}
	tensors.extend([vec![1.0, -1.0, 2.0, -2.0, -1.0, 1.0, 0.5, -0.5], vec![0.0; 4]]);
	tensors.extend(vec![vec![0.0; 2]; 10]);
	case("batch normalisation without variance", &description, tensors)
}

/// The taps of a convolution cancel each other.
fn convolution_cancellation() -> Case {
	let layers =
		r#"{"type":"conv2d","out":4,"kernel":4,"stride":4},{"type":"flatten"},{"type":"linear","out":4}"#;
	let input = r#""dtype":"u8","shape":[1,8,8],"scale":0.00392156862745098"#;
	let description = describe(input, CLASSES, layers, "cross_entropy");
	let mut records = records(&description.schema(), 300, 9);
	for record in records.columns[0].bytes.chunks_exact_mut(64) {
		let value = record[0];
		record.iter_mut().step_by(2).for_each(|pixel| *pixel = value);
	}
	let mut taps = small(64);
	for (index, tap) in taps.iter_mut().enumerate() {
		match index % 4 {
			0 => *tap = HUGE,
			2 => *tap = -HUGE,
			_ => {}
		}
	}
	case_on("convolution", &description, vec![taps, vec![0.0; 4], small(64), vec![0.0; 4]], records)
}

/// Returns a small transformer with initial weights, and the numbers of its tensors.
fn transformer() -> (Description, Vec<Vec<f32>>, Vec<String>) {
	let layers = r#"{"type":"embedding","vocabulary":7,"dim":8},{"type":"position_embedding"},
		{"type":"transformer_block","heads":2},{"type":"linear","out":4}"#;
	let target = r#""dtype":"u8","shape":[6],"classes":4"#;
	let description = describe(r#""dtype":"u8","shape":[6]"#, target, layers, "cross_entropy");
	let tensors = Checkpoint::initial(&description, 5).tensors().to_vec();
	let names = description.plan().tensors().map(|spec| spec.name.clone()).collect();
	(description, tensors, names)
}

/// Returns the tensor whose name ends so.
fn tensor<'a>(tensors: &'a mut [Vec<f32>], names: &[String], end: &str) -> &'a mut Vec<f32> {
	let position = names.iter().position(|name| name.ends_with(end));
	&mut tensors[position.expect("the built-in transformer has it")]
}

/// Attention weighs equal, large values, whose sum a bias takes away again.
fn attention_values() -> Case {
	let (description, mut tensors, names) = transformer();
	let values = tensor(&mut tensors, &names, "attention.in.bias");
	values[16..].fill(1e16);
	let projection = tensor(&mut tensors, &names, "attention.out.weight");
	for row in projection.chunks_exact_mut(8) {
		for (index, weight) in row.iter_mut().enumerate() {
			*weight = if index % 2 == 0 { 1.0 } else { -1.0 };
		}
	}
	case("values of attention", &description, tensors)
}

/// Keys differ by rounding errors alone, and queries make them large.
fn attention_scores() -> Case {
	let (description, mut tensors, names) = transformer();
	let projection = tensor(&mut tensors, &names, "attention.in.weight");
	projection[..64].fill(0.0);
	projection[64..128].iter_mut().for_each(|weight| *weight *= 1e-15);
	let bias = tensor(&mut tensors, &names, "attention.in.bias");
	for (index, value) in bias[..8].iter_mut().enumerate() {
		*value = if index % 2 == 0 { 1e17 } else { -1e17 };
	}
	bias[8..16].fill(1.0);
	bias[16..].iter_mut().enumerate().for_each(|(index, value)| *value = index as f32);
	case("scores of attention", &description, tensors)
}

/// A hyperbolic tangent is as good as 1, and what it lacks is made large.
fn saturated_tanh() -> Case {
	let layers = r#"{"type":"linear","out":16},{"type":"tanh"},{"type":"linear","out":4}"#;
	let description = describe(NUMBERS, CLASSES, layers, "cross_entropy");
	let tensors = vec![small(256), vec![15.0; 16], vec![HUGE; 64], vec![-16.0 * HUGE; 4]];
	case("a saturated hyperbolic tangent", &description, tensors)
}

/// A token's vector and a position's cancel each other.
fn embedding_cancellation() -> Case {
	let (description, mut tensors, names) = transformer();
	tensors[0].fill(HUGE);
	let position = names.iter().position(|name| name == "layers.1.weight");
	let positions = &mut tensors[position.expect("the built-in transformer has it")];
	for (index, value) in positions.iter_mut().enumerate() {
		*value = -HUGE + (index % 3) as f32 * 137_438_953_472.0;
	}
	tensor(&mut tensors, &names, "layers.3.weight").iter_mut().for_each(|weight| *weight *= 1e-9);
	case("embeddings", &description, tensors)
}
