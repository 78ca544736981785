//! Evaluation of models on records.

mod common;

use common::{classifier, describe, language_model, llama, random_batch, resnet, several_inputs, signals};
use descent_dataset::{Batch, Description};
use descent_kernels::Instructions;
use descent_model::{
	evaluate, predict, record_values, Device, Engine, Evaluation, EvaluationError, EvaluationRules, Model,
	EVALUATION_BATCH,
};
use descent_protocol::{Metric, Score};
use sp_core::H256;
use std::cell::Cell;

fn records(description: &Description, count: usize) -> Batch {
	random_batch(&description.schema(), count, 1)
}

/// Evaluates a model without a round's rules.
fn measure_on(model: &Model, records: &Batch, metric: Metric) -> Result<Evaluation, EvaluationError> {
	let checkpoint = model.checkpoint().unwrap();
	evaluate(&checkpoint, records, &EvaluationRules::informal(metric), || false)
}

fn measure(description: &Description, count: usize, metric: Metric) -> Result<Evaluation, EvaluationError> {
	let model = Model::new(description, 11, Device::Cpu).unwrap();
	measure_on(&model, &records(description, count), metric)
}

/// Returns a network with a layer of every kind that images pass.
fn convnet() -> Description {
	describe(
		("u8", "[3,16,16]"),
		("u8", "[]", Some(10)),
		r#"{"type":"conv2d","out":16,"kernel":3,"padding":1},{"type":"batch_norm"},{"type":"gelu"},
		{"type":"max_pool2d","kernel":2},{"type":"conv2d","out":32,"kernel":3,"stride":2},{"type":"tanh"},
		{"type":"avg_pool2d","kernel":2,"stride":1},{"type":"sigmoid"},{"type":"flatten"},{"type":"layer_norm"},
		{"type":"relu"},{"type":"linear","out":10}"#,
	)
}

/// Returns a model whose weights are all `weight`.
fn constant(description: &Description, weight: f32) -> Model {
	let model = Model::new(description, 1, Device::Cpu).unwrap();
	for (_, tensor) in model.tensors() {
		let _ = tch::no_grad(|| tensor.shallow_clone().fill_(f64::from(weight)));
	}
	model
}

#[test]
fn the_score_of_a_model_that_knows_nothing_is_ln_classes() {
	let description = classifier(r#"{"type":"linear","out":3}"#);
	let model = constant(&description, 0.0);
	let records = records(&description, 356);
	let loss = measure_on(&model, &records, Metric::Loss).unwrap();
	assert_eq!(loss.score, Score::from_f64(3f64.ln()).unwrap());
	assert_eq!(loss.transcript, [loss.score, loss.score]);
	assert_eq!(loss.records, 356);
	// Of equal classes the first counts.
	let error = measure_on(&model, &records, Metric::Error).unwrap();
	let wrong = records.columns[1].bytes.iter().filter(|label| **label != 0).count();
	assert_eq!(error.score, Score::from_f64(wrong as f64 / 356.0).unwrap());
}

#[test]
fn mean_squared_error_is_measured() {
	let description = describe(("f32", "[6]"), ("f32", "[]", None), r#"{"type":"linear","out":1}"#);
	let model = constant(&description, 0.0);
	let batch = random_batch(&description.schema(), 10, 3);
	let targets = batch.columns[1].bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
	let expected = targets.map(|y| f64::from(y).powi(2)).sum::<f64>() / 10.0;
	let measured = measure_on(&model, &batch, Metric::Loss).unwrap();
	assert_eq!(Some(measured.score), Score::from_f64(expected));
	let refused = measure_on(&model, &records(&description, 1), Metric::Error);
	assert!(matches!(refused, Err(EvaluationError::NoClasses)));
}

#[test]
fn neither_threads_nor_instructions_change_an_evaluation() {
	for description in [convnet(), language_model(), resnet(), llama(), signals(), several_inputs()] {
		let model = Model::new(&description, 11, Device::Cpu).unwrap();
		let checkpoint = model.checkpoint().unwrap();
		let records = records(&description, EVALUATION_BATCH + 44);
		let rules = EvaluationRules::of_round(Metric::Loss, H256::repeat_byte(3));
		let mut seen = Vec::new();
		for instructions in Instructions::ALL.into_iter().filter(|level| level.is_supported()) {
			instructions.choose();
			for threads in [1, 2, 5] {
				let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
				let evaluation = pool.install(|| evaluate(&checkpoint, &records, &rules, || false)).unwrap();
				assert_eq!(evaluation.transcript.len(), 2);
				seen.push(evaluation);
			}
		}
		assert!(seen.iter().all(|evaluation| *evaluation == seen[0]), "{seen:?}");
	}
}

#[test]
fn the_kernels_agree_with_libtorch() {
	let perceptron = describe(
		("f32", "[6]"),
		("f32", "[2]", None),
		r#"{"type":"linear","out":40},{"type":"tanh"},{"type":"batch_norm"},{"type":"linear","out":2}"#,
	);
	for description in
		[convnet(), language_model(), perceptron, resnet(), llama(), signals(), several_inputs()]
	{
		let model = Model::new(&description, 5, Device::Cpu).unwrap();
		let batch = records(&description, 50);
		let checkpoint = model.checkpoint().unwrap();
		let run = |engine| record_values(engine, &checkpoint, &batch, Metric::Loss).unwrap();
		let (ours, theirs) = (run(Engine::Kernels), run(Engine::Libtorch(Device::Cpu)));
		for (ours, theirs) in ours.iter().zip(&theirs) {
			assert!((ours - theirs).abs() < 1e-12 * theirs.abs().max(1.0), "{ours} {theirs}");
		}
	}
}

#[test]
fn measuring_agrees_with_what_training_computes() {
	// One side uses f64 and step-by-step attention, the other f32 and fused attention.
	let description = language_model();
	let model = Model::new(&description, 2, Device::Cpu).unwrap();
	let batch = random_batch(&description.schema(), 64, 8);
	let targets = batch.columns[1].bytes.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()));
	let targets = tch::Tensor::from_slice(&targets.collect::<Vec<_>>());
	let single = model.predict(&batch).unwrap().reshape([64 * 8, 11]).cross_entropy_for_logits(&targets);
	let double = measure_on(&model, &batch, Metric::Loss).unwrap();
	assert!((single.double_value(&[]) - double.score.to_f64()).abs() < 1e-5);
}

#[test]
fn dropout_and_batch_statistics_play_no_part() {
	let description = classifier(
		r#"{"type":"batch_norm"},{"type":"linear","out":50},{"type":"dropout","p":0.9},{"type":"linear","out":3}"#,
	);
	let model = Model::new(&description, 2, Device::Cpu).unwrap();
	let whole = random_batch(&description.schema(), 256, 3);
	let all = measure_on(&model, &whole, Metric::Loss).unwrap();
	// A record evaluated alone has the same score as among others.
	let schema = description.schema();
	let mut sum = 0.0;
	for n in 0..256 {
		let mut records = whole.columns[0].bytes[n * 24..(n + 1) * 24].to_vec();
		records.push(whole.columns[1].bytes[n]);
		let one = Batch::from_records(&schema, &records).unwrap();
		let one = measure_on(&model, &one, Metric::Loss).unwrap();
		sum += one.score.to_f64();
	}
	assert!((sum / 256.0 - all.score.to_f64()).abs() < 1e-6);
}

#[test]
fn what_has_no_score_is_refused() {
	let description = classifier(r#"{"type":"linear","out":3},{"type":"batch_norm"}"#);
	// A negative running variance has no square root.
	let model = constant(&description, -1.0);
	for metric in [Metric::Loss, Metric::Error] {
		let error = measure_on(&model, &records(&description, 3), metric).unwrap_err();
		assert!(matches!(error, EvaluationError::NotFinite(0)) && error.is_invalid(), "{error}");
	}
	let large = describe(("f32", "[6]"), ("f32", "[]", None), r#"{"type":"linear","out":1}"#);
	let error = measure_on(&constant(&large, 1e20), &records(&large, 3), Metric::Loss).unwrap_err();
	assert!(matches!(error, EvaluationError::TooLarge("loss", 0, _)) && error.is_invalid(), "{error}");
	let empty = measure(&classifier(r#"{"type":"linear","out":3}"#), 0, Metric::Loss);
	assert!(matches!(empty, Err(EvaluationError::Empty)));
}

#[test]
fn an_evaluation_can_be_stopped() {
	let description = classifier(r#"{"type":"linear","out":3}"#);
	let model = Model::new(&description, 11, Device::Cpu).unwrap();
	let asked = Cell::new(0);
	let stop = || {
		asked.set(asked.get() + 1);
		asked.get() > 1
	};
	let checkpoint = model.checkpoint().unwrap();
	let rules = EvaluationRules::informal(Metric::Loss);
	let outcome = evaluate(&checkpoint, &records(&description, 5 * 256), &rules, stop);
	assert!(matches!(outcome, Err(EvaluationError::Stopped(4))));
}

#[test]
fn predictions_are_the_outputs_that_evaluations_measure() {
	for (description, positions) in [(convnet(), 1), (language_model(), 8)] {
		let model = Model::new(&description, 11, Device::Cpu).unwrap();
		let (checkpoint, batch) = (model.checkpoint().unwrap(), records(&description, 70));
		let outputs = predict(&checkpoint, &batch.columns[0].bytes).unwrap();
		let mut expected = record_values(Engine::Kernels, &checkpoint, &batch, Metric::Error).unwrap();
		let width = batch.columns[1].dtype.bytes();
		let labels = batch.columns[1].bytes.chunks_exact(width).map(|bytes| usize::from(bytes[0]));
		let classes = outputs.len() / (70 * positions);
		let best = |output: &[f64]| {
			let largest = output.iter().copied().fold(f64::NEG_INFINITY, f64::max);
			output.iter().position(|value| *value == largest).unwrap()
		};
		let wrong: Vec<_> =
			outputs.chunks_exact(classes).zip(labels).map(|(o, label)| best(o) != label).collect();
		for (record, expected) in wrong.chunks_exact(positions).zip(expected.drain(..)) {
			let count = record.iter().filter(|wrong| **wrong).count();
			assert_eq!(count as f64 / positions as f64, expected);
		}
	}
}

#[test]
fn inputs_that_do_not_fit_have_no_prediction() {
	let description = classifier(r#"{"type":"linear","out":3}"#);
	let checkpoint = Model::new(&description, 11, Device::Cpu).unwrap().checkpoint().unwrap();
	assert!(predict(&checkpoint, &[]).unwrap().is_empty());
	assert!(predict(&checkpoint, &[0; 23]).is_err() && predict(&checkpoint, &[0; 47]).is_err());
	assert!(predict(&checkpoint, &f32::NAN.to_le_bytes().repeat(6)).is_err());
}
