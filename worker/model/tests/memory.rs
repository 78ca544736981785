//! The memory of an evaluation at the format's limit on parameters.
#![allow(missing_docs)]

use descent_dataset::{Description, Limits};
use descent_model::{evaluate, evaluation_memory, selftest, Checkpoint, EvaluationRules};
use descent_protocol::Metric;
use serde_json::{json, Map, Value};
use sp_core::H256;
use std::{fs::File, io::Write, path::Path};

/// A model whose weights are one matrix, as far as the format allows: its second layer has what is left.
const LARGE: &str = r#"{"descent": 1, "name": "large weights",
	"inputs": [{"column": "x", "dtype": "f32", "shape": [8000]}],
	"target": {"column": "y", "dtype": "u8", "shape": [], "classes": 2},
	"layers": [{"type": "linear", "out": 31980}, {"type": "linear", "out": 2}],
	"loss": "cross_entropy"}"#;

/// Writes a checkpoint of zeros, which take no room on most disks.
fn write_zeros(path: &Path, description: &Description) {
	let (mut header, mut end) = (Map::new(), 0);
	for tensor in description.plan().tensors() {
		let start = end;
		end += 4 * tensor.values();
		let entry = json!({ "dtype": "F32", "shape": tensor.shape, "data_offsets": [start, end] });
		header.insert(tensor.name.clone(), entry);
	}
	let header = serde_json::to_vec(&Value::Object(header)).unwrap();
	let mut file = File::create(path).unwrap();
	file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
	file.write_all(&header).unwrap();
	file.set_len(8 + header.len() as u64 + end).unwrap();
}

/// Returns the most bytes of memory that this process has had.
fn peak() -> u64 {
	let status = std::fs::read_to_string("/proc/self/status").unwrap();
	let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
	line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
}

#[test]
fn a_model_of_256_million_parameters_is_measured_within_the_computed_memory() {
	let description = Description::parse(LARGE.as_bytes()).unwrap();
	let parameters = description.plan().parameter_values;
	let most = Limits::default().parameters;
	assert!(parameters > most - most / 1_000, "{parameters} of {most}");
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("zeros.safetensors");
	write_zeros(&path, &description);
	let records = selftest::records(&description.schema(), 4, 1);
	let before = peak();
	let checkpoint = Checkpoint::load(&description, &path).unwrap();
	let rules = EvaluationRules::of_round(Metric::Loss, H256::repeat_byte(1));
	let evaluation = evaluate(&checkpoint, &records, &rules, || false).unwrap();
	assert_eq!(Some(evaluation.score), rules.rounding.score(std::f64::consts::LN_2));
	let (taken, computed) = (peak() - before, evaluation_memory(&description));
	println!("{taken} bytes were taken, {computed} are computed");
	assert!(taken >= 4 * parameters, "{taken} bytes cannot hold the weights");
	assert!(taken <= computed, "{taken} bytes were taken, {computed} are computed");
}

/// A residual layer whose values take nearly as much as the format allows, and that holds its input meanwhile.
const RESIDUAL: &str = r#"{"descent": 1, "name": "large residual",
	"inputs": [{"column": "x", "dtype": "u8", "shape": [32, 224, 224], "scale": 0.004}],
	"target": {"column": "y", "dtype": "u8", "shape": [], "classes": 2},
	"layers": [{"type": "residual", "layers": [
			{"type": "conv2d", "out": 32, "kernel": 3, "padding": 1, "bias": false}, {"type": "batch_norm"},
			{"type": "relu"}, {"type": "conv2d", "out": 32, "kernel": 3, "padding": 1, "bias": false},
			{"type": "batch_norm"}]},
		{"type": "adaptive_avg_pool2d", "size": 1}, {"type": "flatten"}, {"type": "linear", "out": 2}],
	"loss": "cross_entropy"}"#;

#[test]
fn a_large_residual_layer_is_measured_within_the_computed_memory() {
	let description = Description::parse(RESIDUAL.as_bytes()).unwrap();
	let (values, most) = (description.plan().peak_activations, Limits::default().activations);
	assert!(values > most / 2, "{values} of {most}");
	let checkpoint = Checkpoint::initial(&description, 1);
	let records = selftest::records(&description.schema(), 2, 1);
	let before = peak();
	let rules = EvaluationRules::of_round(Metric::Loss, H256::repeat_byte(1));
	evaluate(&checkpoint, &records, &rules, || false).unwrap();
	let (taken, computed) = (peak() - before, evaluation_memory(&description));
	println!("{taken} bytes were taken, {computed} are computed");
	assert!(taken <= computed, "{taken} bytes were taken, {computed} are computed");
}
