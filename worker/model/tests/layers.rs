//! Compares libtorch's output of each layer with the plan.

mod common;

use common::{classifier, describe, language_model, llama, random_batch, resnet, several_inputs, signals};
use descent_dataset::Description;
use descent_model::{Device, Model};
use std::collections::HashSet;

/// Builds the model, runs it, and compares shapes and counts with the plan.
fn runs_as_planned(description: &Description) {
	let plan = description.plan();
	let model = Model::new(description, 1, Device::Cpu).unwrap();
	let mut values = 0;
	for (spec, tensor) in model.tensors() {
		assert_eq!(tensor.size().iter().map(|d| *d as u64).collect::<Vec<_>>(), spec.shape, "{}", spec.name);
		values += tensor.numel() as u64;
	}
	assert_eq!(values, plan.parameter_values);
	let names: HashSet<_> = plan.tensors().map(|s| &s.name).collect();
	assert_eq!(names.len(), plan.tensors().count(), "names are unique");
	let output = model.predict(&random_batch(&description.schema(), 3, 5)).unwrap();
	let mut expected = vec![3];
	expected.extend(plan.output().iter().map(|d| *d as i64));
	assert_eq!(output.size(), expected);
	assert!(output.isfinite().all().int64_value(&[]) == 1);
}

fn images(layers: &str, output: &str) {
	runs_as_planned(&describe(("u8", "[3,12,10]"), ("f32", output, None), layers));
}

#[test]
fn linear() {
	runs_as_planned(&classifier(r#"{"type":"linear","out":3}"#));
	runs_as_planned(&classifier(r#"{"type":"linear","out":7,"bias":false},{"type":"linear","out":3}"#));
	images(r#"{"type":"linear","out":4}"#, "[3,12,4]");
}

#[test]
fn convolutions() {
	images(r#"{"type":"conv2d","out":5,"kernel":3}"#, "[5,10,8]");
	images(r#"{"type":"conv2d","out":5,"kernel":3,"padding":1}"#, "[5,12,10]");
	images(r#"{"type":"conv2d","out":5,"kernel":4,"stride":3,"padding":2,"bias":false}"#, "[5,5,4]");
	images(r#"{"type":"conv2d","out":1,"kernel":10}"#, "[1,3,1]");
}

#[test]
fn pools() {
	for kind in ["max_pool2d", "avg_pool2d"] {
		images(&format!(r#"{{"type":"{kind}","kernel":2}}"#), "[3,6,5]");
		images(&format!(r#"{{"type":"{kind}","kernel":3,"stride":1}}"#), "[3,10,8]");
		images(&format!(r#"{{"type":"{kind}","kernel":5,"stride":4}}"#), "[3,2,2]");
	}
}

#[test]
fn activations_dropout_and_flatten() {
	for kind in ["relu", "gelu", "tanh", "sigmoid"] {
		images(&format!(r#"{{"type":"{kind}"}}"#), "[3,12,10]");
	}
	images(r#"{"type":"dropout","p":0.5}"#, "[3,12,10]");
	images(r#"{"type":"flatten"}"#, "[360]");
	runs_as_planned(&describe(
		("i32", "[]"),
		("f32", "[]", None),
		r#"{"type":"flatten"},{"type":"linear","out":1}"#,
	));
}

#[test]
fn normalisations() {
	images(r#"{"type":"batch_norm"}"#, "[3,12,10]");
	images(r#"{"type":"layer_norm"}"#, "[3,12,10]");
	runs_as_planned(&classifier(r#"{"type":"batch_norm"},{"type":"linear","out":3},{"type":"layer_norm"}"#));
}

#[test]
fn language_models() {
	runs_as_planned(&language_model());
	runs_as_planned(&describe(
		("u8", "[4]"),
		("u8", "[]", Some(3)),
		r#"{"type":"embedding","vocabulary":200,"dim":2},{"type":"flatten"},{"type":"linear","out":3}"#,
	));
}

#[test]
fn signals_and_several_inputs() {
	runs_as_planned(&signals());
	runs_as_planned(&several_inputs());
	let signal = |layers: &str, output: &str| {
		runs_as_planned(&describe(("i32", "[3,20]"), ("f32", output, None), layers));
	};
	signal(r#"{"type":"conv1d","out":5,"kernel":4,"stride":3,"padding":2}"#, "[5,7]");
	signal(r#"{"type":"max_pool1d","kernel":4,"stride":1,"padding":2}"#, "[3,21]");
	signal(r#"{"type":"avg_pool1d","kernel":3}"#, "[3,6]");
	signal(r#"{"type":"adaptive_avg_pool1d","size":7},{"type":"batch_norm"}"#, "[3,7]");
}

#[test]
fn residual_networks_and_llamas() {
	runs_as_planned(&resnet());
	runs_as_planned(&llama());
	images(r#"{"type":"max_pool2d","kernel":4,"stride":1,"padding":2}"#, "[3,13,11]");
	images(r#"{"type":"adaptive_avg_pool2d","size":7}"#, "[3,7,7]");
	images(r#"{"type":"group_norm","groups":1},{"type":"silu"}"#, "[3,12,10]");
	runs_as_planned(&classifier(
		r#"{"type":"residual","layers":[{"type":"group_norm","groups":3}]},{"type":"linear","out":3}"#,
	));
}

#[test]
fn no_block_looks_ahead() {
	for (description, width) in [(language_model(), 8), (llama(), 1)] {
		looks_back_only(&description, width);
	}
}

/// Changes one token after the other, each of so many bytes, and looks at the outputs before it.
fn looks_back_only(description: &Description, width: usize) {
	let schema = description.schema();
	let model = Model::new(description, 3, Device::Cpu).unwrap();
	let batch = random_batch(&schema, 1, 9);
	let before = model.predict(&batch).unwrap();
	let length = description.input().shape[0];
	for changed in 0..length as usize {
		let mut other = batch.clone();
		let token = &mut other.columns[0].bytes[changed * width];
		*token = (*token + 1) % 11;
		let after = model.predict(&other).unwrap();
		for position in 0..length as i64 {
			let difference =
				(before.select(1, position) - after.select(1, position)).abs().max().double_value(&[]);
			match position < changed as i64 {
				true => assert_eq!(difference, 0.0, "position {position} saw token {changed}"),
				false => assert!(difference > 0.0, "position {position} did not see token {changed}"),
			}
		}
	}
}

#[test]
fn initial_weights_follow_from_the_seed() {
	let description = language_model();
	let weights = |seed| {
		let model = Model::new(&description, seed, Device::Cpu).unwrap();
		model.tensors().map(|(_, t)| Vec::<f32>::try_from(t.flatten(0, -1)).unwrap()).collect::<Vec<_>>()
	};
	let first = weights(1);
	assert_eq!(first, weights(1));
	assert_ne!(first, weights(2));
	let embedding = &first[0];
	assert!(embedding.iter().all(|w| w.abs() < 0.035) && embedding.iter().any(|w| w.abs() > 0.01));
	// The frozen first weight: other machines must begin with the same.
	assert_eq!(embedding[0].to_bits(), FIRST_WEIGHT, "{:#x}", embedding[0].to_bits());
}

const FIRST_WEIGHT: u32 = 0x3cb8_6df9;

#[test]
fn batches_that_do_not_fit_are_refused() {
	let description = language_model();
	let model = Model::new(&description, 1, Device::Cpu).unwrap();
	let good = random_batch(&description.schema(), 2, 1);
	let refusal = |batch| model.predict(&batch).unwrap_err().to_string();
	let mut bad = good.clone();
	bad.columns[0].bytes[0] = 11;
	assert!(refusal(bad).contains("outside 0..11"));
	let mut bad = good.clone();
	bad.columns[0].bytes[7] = 0x80;
	assert!(refusal(bad).contains("outside 0..11"));
	let mut bad = good.clone();
	bad.columns[1].bytes.pop();
	assert!(refusal(bad).contains("bytes for 2 records"));
	let mut bad = good.clone();
	bad.columns[0].shape = vec![4];
	assert!(refusal(bad).contains("the description wants"));
	let mut bad = good.clone();
	bad.columns.pop();
	assert!(refusal(bad).contains("is missing"));
	let mut bad = good;
	bad.len = 0;
	assert!(refusal(bad).contains("0 records"));
}
