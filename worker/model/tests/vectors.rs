//! Vectors of every layer and loss: what `tests/vectors.json` holds, by which models in other languages check
//! that they compute what evaluators compute. Tensors and losses are hexadecimal, little-endian f32 and f64.
//! `WRITE_VECTORS=1` writes the file anew.

mod common;

use common::{describe, language_model, llama, random_batch, resnet, several_inputs, signals, Random};
use descent_dataset::{Batch, Description};
use descent_model::{record_values, Checkpoint, Engine};
use descent_protocol::Metric;
use serde_json::{json, Value};
use std::{env, fs, path::Path};

const RECORDS: usize = 5;

/// Returns models that together have every layer, each kind of input and both losses.
fn models() -> Vec<Description> {
	let images = describe(
		("u8", "[2,9,8]"),
		("u8", "[]", Some(4)),
		r#"{"type":"conv2d","out":3,"kernel":3,"padding":1},{"type":"batch_norm"},{"type":"gelu"},
		{"type":"max_pool2d","kernel":3,"stride":1},{"type":"conv2d","out":4,"kernel":2,"stride":2,"bias":false},
		{"type":"tanh"},{"type":"dropout","p":0.5},{"type":"avg_pool2d","kernel":2,"stride":1},
		{"type":"flatten"},{"type":"sigmoid"},{"type":"linear","out":4}"#,
	);
	let mut scaled = serde_json::to_value(images.document()).unwrap();
	(scaled["inputs"][0]["scale"], scaled["inputs"][0]["shift"]) = (json!(0.01), json!(-1.25));
	vec![
		Description::parse(scaled.to_string().as_bytes()).unwrap(),
		language_model(),
		describe(
			("u8", "[4]"),
			("i32", "[]", Some(3)),
			r#"{"type":"embedding","vocabulary":256,"dim":3},{"type":"flatten"},{"type":"batch_norm"},
			{"type":"relu"},{"type":"linear","out":3}"#,
		),
		describe(
			("f32", "[2,7,5]"),
			("f32", "[2,3,4]", None),
			r#"{"type":"avg_pool2d","kernel":2},{"type":"layer_norm"},{"type":"linear","out":5},
			{"type":"sigmoid"},{"type":"linear","out":4}"#,
		),
		describe(("i32", "[]"), ("f32", "[]", None), r#"{"type":"flatten"},{"type":"linear","out":1}"#),
		resnet(),
		llama(),
		signals(),
		several_inputs(),
	]
}

/// Returns weights of no special value, so that each of them changes the loss.
fn checkpoint(description: &Description, seed: u64) -> Checkpoint {
	let mut random = Random(seed);
	let tensors = description.plan().tensors().map(|spec| {
		let positive = spec.name.ends_with("running_var");
		let number = |random: &mut Random| random.number() * 0.5 + if positive { 1.0 } else { 0.0 };
		(0..spec.values()).map(|_| number(&mut random)).collect()
	});
	Checkpoint::from_values(description, tensors.collect()).unwrap()
}

fn vector(description: &Description, seed: u64) -> Value {
	let checkpoint = checkpoint(description, seed);
	let records: Batch = random_batch(&description.schema(), RECORDS, seed);
	let tensors: Vec<_> = description
		.plan()
		.tensors()
		.zip(checkpoint.tensors())
		.map(|(spec, values)| {
			let bytes: Vec<_> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
			json!({"name": spec.name, "shape": spec.shape, "f32": hex::encode(bytes)})
		})
		.collect();
	let losses: Vec<f64> = record_values(Engine::Kernels, &checkpoint, &records, Metric::Loss).unwrap();
	let losses: Vec<_> = losses.iter().flat_map(|loss| loss.to_le_bytes()).collect();
	let mut columns: Vec<_> = records.columns.iter().map(|column| hex::encode(&column.bytes)).collect();
	let target = columns.pop();
	json!({
		"description": description.document(),
		"tensors": tensors,
		"records": RECORDS,
		"inputs": columns,
		"target": target,
		"losses": hex::encode(losses),
	})
}

#[test]
fn the_file_holds_what_evaluators_compute() {
	let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors.json");
	let computed: Vec<_> = models().iter().zip(1..).map(|(model, seed)| vector(model, seed)).collect();
	let lines: Vec<_> = computed.iter().map(Value::to_string).collect();
	if env::var_os("WRITE_VECTORS").is_some_and(|value| value == "1") {
		fs::write(&path, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
	}
	let written: Vec<Value> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
	assert_eq!(written.len(), computed.len(), "WRITE_VECTORS=1 writes it");
	for (number, (written, computed)) in written.iter().zip(&computed).enumerate() {
		assert_eq!(written, computed, "model {number}: clients that follow the file would break");
	}
}
