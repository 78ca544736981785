//! Training on small models.

mod common;

use common::{classifier, describe, language_model, learnable_batch, random_batch};
use descent_dataset::{Batch, Description};
use descent_model::{
	evaluate, Device, EvaluationRules, Model, Optimizer, Schedule, Trainer, TrainingError, TrainingOptions,
};
use descent_protocol::Metric;

fn score(model: &Model, batch: &Batch, metric: Metric) -> f64 {
	let checkpoint = model.checkpoint().unwrap();
	evaluate(&checkpoint, batch, &EvaluationRules::informal(metric), || false).unwrap().score.to_f64()
}

fn perceptron() -> Description {
	classifier(
		r#"{"type":"linear","out":32},{"type":"batch_norm"},{"type":"relu"},{"type":"linear","out":3}"#,
	)
}

fn trainer(options: TrainingOptions) -> Trainer {
	Trainer::new(Model::new(&perceptron(), 1, Device::Cpu).unwrap(), options).unwrap()
}

#[test]
fn every_optimizer_learns() {
	let optimizers = [
		(Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-4 }, 0.05),
		(Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 }, 0.3),
		(Optimizer::Adam { betas: (0.9, 0.999), weight_decay: 0.0 }, 0.01),
		(Optimizer::AdamW { betas: (0.9, 0.999), weight_decay: 0.01 }, 0.01),
	];
	let unseen = learnable_batch(&perceptron(), 256, 1_000_000);
	for (optimizer, learning_rate) in optimizers {
		let schedule = Schedule::Cosine { steps: 200, warmup: 10, floor: 0.1 };
		let options = TrainingOptions {
			optimizer,
			learning_rate,
			schedule,
			clip: Some(5.0),
			..TrainingOptions::default()
		};
		let mut trainer = trainer(options.clone());
		let before = score(trainer.model(), &unseen, Metric::Loss);
		let batches = (0..200).map(|n| Ok::<_, TrainingError>(learnable_batch(&perceptron(), 64, n)));
		let mean = trainer.train(batches, || false).unwrap().unwrap();
		assert!(mean.is_finite());
		assert_eq!(trainer.steps(), 200);
		let after = score(trainer.model(), &unseen, Metric::Loss);
		assert!(after < before * 0.5, "{options:?}: {before} -> {after}");
		assert!(score(trainer.model(), &unseen, Metric::Error) < 0.15, "{options:?}");
	}
}

#[test]
fn a_language_model_learns_a_pattern() {
	// Each token is followed by the next one.
	let description = language_model();
	let mut records = Vec::new();
	for start in 0..11i64 {
		(0..8).for_each(|n| records.extend(((start + n) % 11).to_le_bytes()));
		(1..9).for_each(|n| records.extend(((start + n) % 11).to_le_bytes()));
	}
	let batch = Batch::from_records(&description.schema(), &records).unwrap();
	let options = TrainingOptions { learning_rate: 0.01, ..TrainingOptions::default() };
	let mut trainer = Trainer::new(Model::new(&description, 1, Device::Cpu).unwrap(), options).unwrap();
	let first = trainer.step(&batch).unwrap();
	assert!((f64::from(first) - 11f64.ln()).abs() < 0.5, "{first}");
	for _ in 0..100 {
		trainer.step(&batch).unwrap();
	}
	assert_eq!(score(trainer.model(), &batch, Metric::Error), 0.0);
}

#[test]
fn a_convnet_learns_to_regress() {
	let description = describe(
		("u8", "[1,6,6]"),
		("f32", "[2]", None),
		r#"{"type":"conv2d","out":4,"kernel":3},{"type":"relu"},{"type":"max_pool2d","kernel":2},{"type":"flatten"},
		{"type":"linear","out":2}"#,
	);
	let batch = random_batch(&description.schema(), 16, 1);
	let mut trainer =
		Trainer::new(Model::new(&description, 1, Device::Cpu).unwrap(), TrainingOptions::default()).unwrap();
	let before = trainer.step(&batch).unwrap();
	let after = (0..200).map(|_| trainer.step(&batch).unwrap()).last().unwrap();
	assert!(after < before * 0.2, "{before} -> {after}");
}

#[test]
fn the_same_seed_gives_the_same_weights() {
	let run = || {
		let mut trainer = trainer(TrainingOptions { seed: 7, ..TrainingOptions::default() });
		for n in 0..10 {
			trainer.step(&learnable_batch(&perceptron(), 32, n)).unwrap();
		}
		let model = trainer.into_model();
		let values = model.tensors().map(|(_, t)| Vec::<f32>::try_from(t.flatten(0, -1)).unwrap());
		values.collect::<Vec<_>>()
	};
	assert_eq!(run(), run());
}

#[test]
fn a_run_that_diverges_is_stopped() {
	let options = TrainingOptions {
		optimizer: Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 },
		learning_rate: 1e30,
		..TrainingOptions::default()
	};
	let mut trainer = trainer(options);
	let batches = (0..20).map(|n| Ok::<_, TrainingError>(learnable_batch(&perceptron(), 32, n)));
	let error = trainer.train(batches, || false).unwrap_err();
	assert!(matches!(error, TrainingError::Diverged { .. }), "{error}");
	assert!(error.to_string().contains("lower the learning rate"));
}

#[test]
fn training_stops_when_it_is_told() {
	let mut trainer = trainer(TrainingOptions::default());
	let batches = (0..).map(|n| Ok::<_, TrainingError>(learnable_batch(&perceptron(), 8, n)));
	let asked = std::cell::Cell::new(0);
	let stop = || asked.replace(asked.get() + 1) == 5;
	trainer.train(batches, stop).unwrap();
	assert_eq!(trainer.steps(), 5);
}

#[test]
fn schedules_have_their_shape() {
	let schedule = Schedule::Cosine { steps: 110, warmup: 10, floor: 0.1 };
	assert_eq!(schedule.factor(0), 0.1);
	assert_eq!(schedule.factor(9), 1.0);
	assert_eq!(schedule.factor(10), 1.0);
	assert!((schedule.factor(60) - 0.55).abs() < 1e-12);
	assert_eq!(schedule.factor(110), 0.1);
	assert_eq!(schedule.factor(u64::MAX), 0.1);
	assert_eq!(Schedule::Constant.factor(5), 1.0);
	let backwards = Schedule::Cosine { steps: 5, warmup: 10, floor: 0.0 };
	assert!((0..20).all(|step| backwards.factor(step).is_finite()));
}

#[test]
fn biases_and_normalisations_do_not_decay() {
	let options = TrainingOptions {
		optimizer: Optimizer::AdamW { betas: (0.9, 0.999), weight_decay: 10.0 },
		learning_rate: 1e-3,
		..TrainingOptions::default()
	};
	let mut trainer = trainer(options);
	let norm = |trainer: &Trainer, name: &str| {
		let (_, tensor) = trainer.model().tensors().find(|(spec, _)| spec.name == name).unwrap();
		tensor.norm().double_value(&[])
	};
	let before = (norm(&trainer, "layers.0.weight"), norm(&trainer, "layers.1.weight"));
	for n in 0..50 {
		trainer.step(&learnable_batch(&perceptron(), 32, n)).unwrap();
	}
	assert!(norm(&trainer, "layers.0.weight") < before.0 * 0.8);
	assert!(norm(&trainer, "layers.1.weight") > before.1 * 0.95);
}

fn weights(trainer: &Trainer) -> Vec<Vec<f32>> {
	let values = trainer.model().tensors().map(|(_, t)| Vec::<f32>::try_from(t.flatten(0, -1)).unwrap());
	values.collect()
}

#[test]
fn a_training_that_is_continued_takes_the_same_steps() {
	let betas = (0.9, 0.999);
	for optimizer in [
		Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-4 },
		Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 0.0 },
		Optimizer::Adam { betas, weight_decay: 0.0 },
		Optimizer::AdamW { betas, weight_decay: 0.01 },
	] {
		let schedule = Schedule::Cosine { steps: 40, warmup: 10, floor: 0.1 };
		let average = Some(0.9);
		let options = TrainingOptions { optimizer, schedule, average, ..TrainingOptions::default() };
		let step = |trainer: &mut Trainer| {
			let batch = learnable_batch(&perceptron(), 32, trainer.steps());
			trainer.step(&batch).unwrap();
		};
		let mut whole = trainer(options.clone());
		(0..10).for_each(|_| step(&mut whole));
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("state.safetensors");
		let notes = std::collections::BTreeMap::from([("note".to_string(), "7".to_string())]);
		whole.save_state(&path, &notes).unwrap();
		let mut continued =
			Trainer::new(Model::new(&perceptron(), 99, Device::Cpu).unwrap(), options.clone()).unwrap();
		assert_eq!(continued.load_state(&path).unwrap(), notes);
		assert_eq!(continued.steps(), 10);
		for trainer in [&mut whole, &mut continued] {
			(0..10).for_each(|_| step(trainer));
		}
		assert_eq!(weights(&whole), weights(&continued), "{options:?}");
		assert_eq!(gap(&whole.averaged_model(), &continued.averaged_model()), 0.0, "{options:?}");
		let mut without = trainer(TrainingOptions { average: None, ..options.clone() });
		without.load_state(&path).unwrap();
		without.save_state(&path, &notes).unwrap();
		let mut begun = trainer(options);
		begun.load_state(&path).unwrap();
		assert_eq!(gap(&begun.averaged_model(), begun.model()), 0.0, "a mean begins where there was none");
	}
}

/// The largest difference of two models' weights.
fn gap(left: &Model, right: &Model) -> f64 {
	let pairs = left.tensors().zip(right.tensors());
	pairs.map(|((_, left), (_, right))| (left - right).abs().max().double_value(&[])).fold(0.0, f64::max)
}

#[test]
fn a_step_of_several_batches_is_one_of_all_their_records() {
	let description = classifier(r#"{"type":"linear","out":8},{"type":"tanh"},{"type":"linear","out":3}"#);
	let start = |accumulate| {
		let optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 };
		let options =
			TrainingOptions { optimizer, accumulate, clip: Some(0.5), ..TrainingOptions::default() };
		Trainer::new(Model::new(&description, 1, Device::Cpu).unwrap(), options).unwrap()
	};
	let (mut parts, mut whole) = (start(3), start(1));
	let unchanged = start(1);
	for step in 0..4 {
		let batches = [0, 1, 2].map(|part| learnable_batch(&description, 16, step * 3 + part));
		let joined: Vec<u8> = (0..48)
			.flat_map(|record| {
				let batch = &batches[record / 16];
				let at = |column: usize, width: usize| {
					batch.columns[column].bytes[record % 16 * width..][..width].to_vec()
				};
				[at(0, 24), at(1, 1)].concat()
			})
			.collect();
		for (part, batch) in batches.iter().enumerate() {
			assert_eq!(parts.steps(), step, "{part}: no step before the last batch");
			parts.step(batch).unwrap();
		}
		whole.step(&Batch::from_records(&description.schema(), &joined).unwrap()).unwrap();
		assert!(gap(parts.model(), whole.model()) < 1e-6);
	}
	assert!(gap(parts.model(), unchanged.model()) > 1e-4, "something was learned");
}

#[test]
fn the_running_mean_of_the_weights_is_that_of_the_formula() {
	let options = TrainingOptions { average: Some(0.6), ..TrainingOptions::default() };
	let mut trainer = trainer(options);
	let first = |model: &Model| {
		let (_, tensor) = model.tensors().next().unwrap();
		Vec::<f32>::try_from(tensor.flatten(0, -1)).unwrap()
	};
	let mut expected: Vec<f64> = first(trainer.model()).into_iter().map(f64::from).collect();
	for step in 1..=20 {
		trainer.step(&learnable_batch(&perceptron(), 32, step)).unwrap();
		let decay = f64::min(0.6, (1.0 + step as f64) / (10.0 + step as f64));
		for (mean, weight) in expected.iter_mut().zip(first(trainer.model())) {
			*mean = decay * *mean + (1.0 - decay) * f64::from(weight);
		}
	}
	for (mean, expected) in first(&trainer.averaged_model()).into_iter().zip(expected) {
		assert!((f64::from(mean) - expected).abs() < 1e-6, "{mean} {expected}");
	}
	assert!(gap(&trainer.averaged_model(), trainer.model()) > 1e-4);
	let plain = self::trainer(TrainingOptions::default());
	assert_eq!(gap(&plain.averaged_model(), plain.model()), 0.0);
}

#[test]
fn a_state_of_another_run_is_refused() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("state.safetensors");
	let adam = |rate| TrainingOptions {
		optimizer: Optimizer::Adam { betas: (0.9, rate), weight_decay: 0.0 },
		..TrainingOptions::default()
	};
	trainer(adam(0.999)).save_state(&path, &Default::default()).unwrap();
	let refused = |trainer: &mut Trainer| trainer.load_state(&path).unwrap_err().to_string();
	assert!(refused(&mut trainer(adam(0.9))).contains("one of the optimizer"));
	let wide = classifier(r#"{"type":"linear","out":3}"#);
	let mut other = Trainer::new(Model::new(&wide, 1, Device::Cpu).unwrap(), adam(0.999)).unwrap();
	assert!(refused(&mut other).contains("another type or shape"));
	let bytes = std::fs::read(&path).unwrap();
	std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
	assert!(trainer(adam(0.999)).load_state(&path).is_err());
}
