//! Training in f64, f32 and bf16, beside the same written out with the operations of libtorch.

#[path = "../../tests/common/mod.rs"]
mod common;
mod plain;

use super::*;
use crate::{Optimizer, StateError, Trainer, TrainingOptions};
use common::{describe, random_batch};
use descent_dataset::Batch;
use plain::Plain;
use std::collections::BTreeMap;

const RATE: f64 = 0.05;
const MOMENTUM: f64 = 0.9;
const STEPS: u64 = 5;

fn perceptron() -> Description {
	let layers = r#"{"type":"linear","out":16},{"type":"tanh"},{"type":"linear","out":3}"#;
	describe(("f32", "[6]"), ("u8", "[]", Some(3)), layers)
}

fn convnet() -> Description {
	let layers = r#"{"type":"conv2d","out":4,"kernel":3,"padding":1},{"type":"batch_norm"},{"type":"tanh"},
		{"type":"avg_pool2d","kernel":2},{"type":"flatten"},{"type":"linear","out":3}"#;
	describe(("f32", "[1,6,6]"), ("u8", "[]", Some(3)), layers)
}

fn transformer() -> Description {
	let layers = r#"{"type":"embedding","vocabulary":7,"dim":8},{"type":"position_embedding"},
		{"type":"transformer_block","heads":2,"mlp_ratio":2},{"type":"layer_norm"},{"type":"linear","out":7}"#;
	describe(("i64", "[6]"), ("i64", "[6]", Some(7)), layers)
}

fn models() -> [Description; 3] {
	[perceptron(), convnet(), transformer()]
}

fn batch(description: &Description, step: u64) -> Batch {
	random_batch(&description.schema(), 16, step)
}

fn sgd() -> TrainingOptions {
	let optimizer = Optimizer::Sgd { momentum: MOMENTUM, nesterov: false, weight_decay: 0.0 };
	TrainingOptions { optimizer, learning_rate: RATE, ..TrainingOptions::default() }
}

fn trainer(checkpoint: &Checkpoint, precision: Precision, options: TrainingOptions) -> Trainer {
	let model = Model::for_training(checkpoint, precision, Device::Cpu).unwrap();
	Trainer::new(model, options).unwrap()
}

/// Trains from initial weights. Returns the trainer and the losses.
fn trained(description: &Description, precision: Precision, options: TrainingOptions) -> (Trainer, Vec<f64>) {
	let mut trainer = trainer(&Checkpoint::initial(description, 1), precision, options);
	let losses = (0..STEPS).map(|step| trainer.step_unrounded(&batch(description, step)).unwrap());
	let losses = losses.collect();
	(trainer, losses)
}

/// Returns the largest difference of values, as a share of the largest value.
fn apart(left: &[Vec<f64>], right: &[Vec<f64>]) -> f64 {
	assert_eq!(left.len(), right.len());
	let (left, right) = (left.concat(), right.concat());
	assert_eq!(left.len(), right.len());
	let largest = right.iter().fold(0.0, |largest, value| f64::max(largest, value.abs()));
	left.iter().zip(&right).fold(0.0, |gap, (one, two)| f64::max(gap, (one - two).abs())) / largest
}

/// Returns what [`trained`] has to, computed in f64 without a [`Model`].
fn plainly_trained(description: &Description) -> (Vec<Vec<f64>>, Vec<f64>) {
	let mut plain = Plain::new(description);
	let losses = (0..STEPS).map(|step| {
		plain.step(&batch(description, step), |plain, x, target| match description.layers()[0].kind() {
			"linear" => plain.perceptron(x, target),
			"conv2d" => plain.convnet(x, target),
			_ => plain.transformer(x, target),
		})
	});
	let losses = losses.collect();
	(plain.values(), losses)
}

#[test]
fn a_training_in_f64_is_computed_in_f64() {
	for description in models() {
		let (expected, losses) = plainly_trained(&description);
		let (trainer, found) = trained(&description, Precision::F64, sgd());
		let gap = apart(&trainer.model().values().unwrap(), &expected);
		assert!(gap < 1e-13, "{}: {gap:e}", description.layers()[0].kind());
		assert!(apart(&[found], &[losses]) < 1e-14);
		let initial = Plain::new(&description).values();
		assert!(apart(&expected, &initial) > 1e-2, "it learns");
	}
}

#[test]
fn trainings_in_f32_and_bf16_are_near_it() {
	for description in models() {
		let (exact, _) = plainly_trained(&description);
		let [f32, bf16] = [Precision::F32, Precision::Bf16].map(|precision| {
			let (trainer, _) = trained(&description, precision, sgd());
			trainer.model().values().unwrap()
		});
		let kind = description.layers()[0].kind();
		let gap = apart(&f32, &exact);
		assert!(1e-9 < gap && gap < 1e-5, "{kind}: {gap:e}");
		let gap = apart(&bf16, &exact);
		assert!(1e-5 < gap && gap < 3e-2, "{kind}: {gap:e}");
	}
}

#[test]
fn weights_are_not_rounded_between_steps() {
	for description in models() {
		let (whole, _) = trained(&description, Precision::F64, sgd());
		let mut checkpoint = Checkpoint::initial(&description, 1);
		let no_momentum = || TrainingOptions {
			optimizer: Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 },
			..sgd()
		};
		let (unbroken, _) = trained(&description, Precision::F64, no_momentum());
		for step in 0..STEPS {
			let mut trainer = trainer(&checkpoint, Precision::F64, no_momentum());
			trainer.step(&batch(&description, step)).unwrap();
			checkpoint = trainer.model().checkpoint().unwrap();
		}
		let rounded = Model::for_training(&checkpoint, Precision::F64, Device::Cpu).unwrap();
		let unbroken = unbroken.model().values().unwrap();
		let gap = apart(&rounded.values().unwrap(), &unbroken);
		assert!(1e-10 < gap && gap < 1e-6, "{gap:e}");
		assert!(apart(&whole.model().values().unwrap(), &unbroken) > 1e-3, "momentum counts");
	}
}

#[test]
fn a_checkpoint_is_rounded_once() {
	for description in models() {
		let (trainer, _) = trained(&description, Precision::F64, sgd());
		let values = trainer.model().values().unwrap();
		let checkpoint = trainer.model().checkpoint().unwrap();
		let once: Vec<Vec<f32>> =
			values.iter().map(|tensor| tensor.iter().map(|value| *value as f32).collect()).collect();
		assert_eq!(checkpoint.tensors(), once);
		let lost = values.concat().iter().filter(|value| f64::from(**value as f32) != **value).count();
		assert!(lost > values.concat().len() / 2, "they were not f32 before");
		// Back in f64 they are the same numbers.
		let back = Model::for_training(&checkpoint, Precision::F64, Device::Cpu).unwrap();
		assert_eq!(back.checkpoint().unwrap().tensors(), checkpoint.tensors());
		assert_eq!(
			back.values().unwrap().concat(),
			once.concat().iter().map(|v| f64::from(*v)).collect::<Vec<_>>()
		);
	}
}

#[test]
fn bf16_keeps_weights_in_f32() {
	for description in models() {
		let (trainer, losses) = trained(&description, Precision::Bf16, sgd());
		let model = trainer.model();
		assert!(model.tensors().all(|(_, tensor)| tensor.kind() == Kind::Float));
		let values = model.values().unwrap().concat();
		let is_short = |value: &f64| (*value as f32).to_bits() & 0xffff == 0;
		assert!(values.iter().filter(|value| is_short(value)).count() < values.len() / 2);
		assert!(losses.iter().all(|loss| f64::from(*loss as f32) == *loss), "losses are in f32");
		assert_eq!(model.predict(&batch(&description, 0)).unwrap().kind(), Kind::Float);
		// A step that bfloat16 would lose changes the weights.
		let options = TrainingOptions { learning_rate: 1e-6, ..sgd() };
		let (slow, _) = trained(&description, Precision::Bf16, options);
		let initial = Plain::new(&description).values();
		assert!(apart(&slow.model().values().unwrap()[..1], &initial[..1]) > 0.0);
	}
}

#[test]
fn the_default_is_f32() {
	for description in models() {
		let checkpoint = Checkpoint::initial(&description, 1);
		let plain = Model::from_checkpoint(&checkpoint, Device::Cpu).unwrap();
		let mut plain = Trainer::new(plain, sgd()).unwrap();
		for step in 0..STEPS {
			plain.step(&batch(&description, step)).unwrap();
		}
		let (f32, _) = trained(&description, Precision::F32, sgd());
		assert_eq!(plain.model().values().unwrap(), f32.model().values().unwrap());
		assert!(plain.model().tensors().all(|(_, tensor)| tensor.kind() == Kind::Float));
	}
}

#[test]
fn a_training_goes_on_from_its_state_in_every_precision() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("state");
	let options = || TrainingOptions {
		optimizer: Optimizer::Adam { betas: (0.9, 0.999), weight_decay: 0.01 },
		learning_rate: 1e-2,
		..TrainingOptions::default()
	};
	for description in models() {
		let initial = Checkpoint::initial(&description, 1);
		for precision in [Precision::F64, Precision::F32, Precision::Bf16] {
			let (mut first, _) = trained(&description, precision, options());
			first.save_state(&path, &BTreeMap::new()).unwrap();
			let mut second = trainer(&initial, precision, options());
			second.load_state(&path).unwrap();
			assert_eq!(second.steps(), STEPS);
			assert_eq!(second.model().values().unwrap(), first.model().values().unwrap());
			for step in STEPS..STEPS + 2 {
				let losses = [&mut first, &mut second]
					.map(|trainer| trainer.step_unrounded(&batch(&description, step)).unwrap());
				assert_eq!(losses[0], losses[1]);
			}
			assert_eq!(second.model().values().unwrap(), first.model().values().unwrap());
		}
	}
}

#[test]
fn a_state_of_another_precision_is_refused() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("state");
	let initial = Checkpoint::initial(&perceptron(), 1);
	for (saved, loaded) in [(Precision::F64, Precision::F32), (Precision::F32, Precision::F64)] {
		let (first, _) = trained(&perceptron(), saved, sgd());
		first.save_state(&path, &BTreeMap::new()).unwrap();
		let error = trainer(&initial, loaded, sgd()).load_state(&path).unwrap_err();
		let StateError::Unusable(reason) = &error else { panic!("{error}") };
		assert!(reason.contains("another type"), "{reason}");
	}
}
