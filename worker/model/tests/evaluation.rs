//! Evaluation of models on records.

mod common;

use common::{classifier, describe, language_model, random_batch};
use descent_dataset::{Batch, Description, SetError};
use descent_model::{evaluate, set_threads, Device, Evaluation, EvaluationError, Model, EVALUATION_BATCH};
use descent_protocol::{Metric, Score};
use std::cell::Cell;

fn batches(description: &Description, sizes: &[usize]) -> Vec<Result<Batch, SetError>> {
	let schema = description.schema();
	sizes.iter().enumerate().map(|(n, len)| Ok(random_batch(&schema, *len, n as u64 + 1))).collect()
}

fn measure(
	description: &Description,
	sizes: &[usize],
	metric: Metric,
) -> Result<Evaluation, EvaluationError> {
	let model = Model::new(description, 11, Device::Cpu).unwrap();
	evaluate(&model, batches(description, sizes), metric, || false)
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
	let loss = evaluate(&model, batches(&description, &[256, 100]), Metric::Loss, || false).unwrap();
	assert_eq!(loss.score, Score::from_f64(3f64.ln()).unwrap());
	assert_eq!(loss.transcript, [loss.score, loss.score]);
	assert_eq!(loss.records, 356);
	// Of equal classes the first counts.
	let error = evaluate(&model, batches(&description, &[256, 100]), Metric::Error, || false).unwrap();
	let wrong = batches(&description, &[256, 100])
		.into_iter()
		.map(|b| b.unwrap().columns[1].bytes.iter().filter(|label| **label != 0).count())
		.sum::<usize>();
	assert_eq!(error.score, Score::from_f64(wrong as f64 / 356.0).unwrap());
}

#[test]
fn mean_squared_error_is_measured() {
	let description = describe(("f32", "[6]"), ("f32", "[]", None), r#"{"type":"linear","out":1}"#);
	let model = constant(&description, 0.0);
	let batch = random_batch(&description.schema(), 10, 3);
	let targets = batch.columns[1].bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
	let expected = targets.map(|y| f64::from(y).powi(2)).sum::<f64>() / 10.0;
	let measured = evaluate(&model, [Ok::<_, SetError>(batch)], Metric::Loss, || false).unwrap();
	assert_eq!(Some(measured.score), Score::from_f64(expected));
	let refused = evaluate(&model, batches(&description, &[1]), Metric::Error, || false);
	assert!(matches!(refused, Err(EvaluationError::NoClasses)));
}

#[test]
fn threads_do_not_change_scores() {
	let convnet = describe(
		("u8", "[3,16,16]"),
		("u8", "[]", Some(10)),
		r#"{"type":"conv2d","out":16,"kernel":3,"padding":1},{"type":"batch_norm"},{"type":"gelu"},
		{"type":"max_pool2d","kernel":2},{"type":"conv2d","out":32,"kernel":3},{"type":"tanh"},
		{"type":"avg_pool2d","kernel":2},{"type":"flatten"},{"type":"layer_norm"},{"type":"linear","out":10}"#,
	);
	for description in [convnet, language_model()] {
		let run = |threads| {
			set_threads(threads);
			measure(&description, &[EVALUATION_BATCH, EVALUATION_BATCH, 77], Metric::Loss).unwrap()
		};
		let one = run(1);
		assert_eq!(one, run(2));
		assert_eq!(one, run(1));
		assert_eq!(one.transcript.len(), 3);
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
	let double = evaluate(&model, [Ok::<_, SetError>(batch)], Metric::Loss, || false).unwrap();
	assert!((single.double_value(&[]) - double.score.to_f64()).abs() < 1e-5);
}

#[test]
fn dropout_and_batch_statistics_play_no_part() {
	let description = classifier(
		r#"{"type":"batch_norm"},{"type":"linear","out":50},{"type":"dropout","p":0.9},{"type":"linear","out":3}"#,
	);
	let model = Model::new(&description, 2, Device::Cpu).unwrap();
	let whole = random_batch(&description.schema(), 256, 3);
	let all = evaluate(&model, [Ok::<_, SetError>(whole.clone())], Metric::Loss, || false).unwrap();
	// A record evaluated alone has the same score as among others.
	let schema = description.schema();
	let mut sum = 0.0;
	for n in 0..256 {
		let mut records = whole.columns[0].bytes[n * 24..(n + 1) * 24].to_vec();
		records.push(whole.columns[1].bytes[n]);
		let one = Batch::from_records(&schema, &records);
		let one = evaluate(&model, one.map(Ok::<_, SetError>), Metric::Loss, || false).unwrap();
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
		let error = evaluate(&model, batches(&description, &[3]), metric, || false).unwrap_err();
		assert!(matches!(error, EvaluationError::NotFinite(_, 0)) && error.is_invalid(), "{error}");
	}
	let empty = measure(&classifier(r#"{"type":"linear","out":3}"#), &[], Metric::Loss);
	assert!(matches!(empty, Err(EvaluationError::Empty)));
}

#[test]
fn batches_have_the_protocol_s_size() {
	let description = classifier(r#"{"type":"linear","out":3}"#);
	let refuse = |sizes: &[usize]| measure(&description, sizes, Metric::Loss).unwrap_err();
	assert!(matches!(refuse(&[100, 256]), EvaluationError::BatchSize(0, 100)));
	assert!(matches!(refuse(&[256, 257]), EvaluationError::BatchSize(1, 257)));
}

#[test]
fn an_evaluation_can_be_stopped() {
	let description = classifier(r#"{"type":"linear","out":3}"#);
	let model = Model::new(&description, 11, Device::Cpu).unwrap();
	let asked = Cell::new(0);
	let stop = || {
		asked.set(asked.get() + 1);
		asked.get() > 2
	};
	let outcome = evaluate(&model, batches(&description, &[256; 5]), Metric::Loss, stop);
	assert!(matches!(outcome, Err(EvaluationError::Stopped(2))));
}
