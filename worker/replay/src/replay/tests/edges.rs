//! Models that cannot be replayed, trainings that fail, and weights that are no weights.

use super::*;

#[test]
fn models_that_draw_at_random_are_refused() {
	let numbers = r#""dtype":"f32","shape":[4]"#;
	let classes = r#""dtype":"u8","shape":[],"classes":3"#;
	let linear = r#"{"type":"linear","out":3}"#;
	let random = describe(numbers, classes, &format!(r#"{linear},{{"type":"dropout","p":0.1}}"#));
	assert_eq!(is_replayable(&random), Err(NotReplayable { layer: "1".into(), kind: "dropout" }));
	let error = is_replayable(&random).unwrap_err().to_string();
	assert!(error.starts_with("layer 1 (dropout) has dropout"), "{error}");
	let off = describe(numbers, classes, &format!(r#"{linear},{{"type":"dropout","p":0}}"#));
	assert_eq!(is_replayable(&off), Ok(()));
	let block = r#"{"type":"embedding","vocabulary":11,"dim":16},
		{"type":"transformer_block","heads":2,"dropout":0.1},{"type":"linear","out":11}"#;
	let block = describe(r#""dtype":"i64","shape":[8]"#, r#""dtype":"i64","shape":[8],"classes":11"#, block);
	assert_eq!(is_replayable(&block), Err(NotReplayable { layer: "1".into(), kind: "transformer_block" }));
	assert!(models().iter().all(|description| is_replayable(description).is_ok()));

	let group = Group::new(perceptron(), SGD);
	let start = Checkpoint::initial(&random, 1);
	let task = SegmentTask { start: &start, ..group.task() };
	assert!(matches!(replay(&task, &group.records, || false), Err(ReplayError::NotReplayable(_))));
}

#[test]
fn without_a_way_only_the_same_weights_pass() {
	for precision in [Precision::F64, Precision::F32] {
		let mut group = Group::new(perceptron(), SGD).with(precision);
		group.rate = 0;
		let replayed = group.replay();
		assert_eq!(replayed.departure(&group.start), 0);
		assert_eq!(replayed.departure(&group.train()), 0);
		let moved = changed(&group.start, "layers.0.bias", |value| value + 1e-3);
		assert_eq!(replayed.departure(&moved), u64::MAX);
	}
}

#[test]
fn weights_that_are_not_finite_or_of_another_shape_depart() {
	for precision in [Precision::F64, Precision::F32] {
		let group = Group::new(convnet(), SGD).with(precision);
		let replayed = group.replay();
		for name in ["layers.1.bias", "layers.1.running_var"] {
			for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
				let broken = changed(replayed.checkpoint(), name, |_| value);
				assert_eq!(replayed.departure(&broken), u64::MAX, "{name} {value}");
			}
		}
		assert_eq!(replayed.departure(&Checkpoint::initial(&perceptron(), 1)), u64::MAX);
	}
}

#[test]
fn a_replay_stops_when_it_is_told() {
	let group = Group::new(perceptron(), SGD);
	let asked = std::cell::Cell::new(0);
	let stop = || asked.replace(asked.get() + 1) == 5;
	assert!(matches!(replay(&group.task(), &group.records, stop), Err(ReplayError::Stopped)));
	assert_eq!(asked.get(), 6);
}

#[test]
fn a_segment_has_all_its_steps_and_no_more() {
	let mut group = Group::new(perceptron(), SGD);
	group.recipe.steps = 2;
	let mut trainer = SegmentTrainer::new(&group.task(), Device::Cpu).unwrap();
	trainer.step(&group.records).unwrap();
	assert!(!trainer.is_done());
	trainer.step(&group.records).unwrap();
	assert!(trainer.is_done());
	let error = trainer.step(&group.records).unwrap_err();
	assert!(matches!(error, ReplayError::Steps { taken: 2, of: 2 }), "{error}");
	let mut early = SegmentTrainer::new(&group.task(), Device::Cpu).unwrap();
	early.step(&group.records).unwrap();
	assert!(matches!(early.finish(), Err(ReplayError::Steps { taken: 1, of: 2 })));
}

#[test]
fn a_training_that_diverges_names_its_step() {
	let mut group = Group::new(perceptron(), SGD);
	group.start = changed(&group.start, "layers.0.weight", |value| value * 1e38);
	let error = replay(&group.task(), &group.records, || false).unwrap_err();
	assert!(matches!(error, ReplayError::Diverged { .. }), "{error}");
	// A loss that is finite can be followed by weights that are not.
	let mut group = Group::new(perceptron(), SGD);
	group.recipe.steps = 0;
	group.start = changed(&group.start, "layers.0.weight", |_| f32::INFINITY);
	let error = replay(&group.task(), &group.records, || false).unwrap_err();
	assert!(matches!(error, ReplayError::Diverged { step: 0 }), "{error}");
}

#[test]
fn a_data_set_of_another_model_is_an_error() {
	let (group, other) = (Group::new(perceptron(), SGD), Group::new(convnet(), SGD));
	let error = replay(&group.task(), &other.records, || false).unwrap_err();
	assert!(matches!(error, ReplayError::Model(ModelError::Batch { .. })), "{error}");
}
