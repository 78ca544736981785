//! Trainings that leave out work, take other data, or take weights from elsewhere.

use super::*;

impl Group {
	/// Trains on other batches than those of the recipe. A step without any is left out.
	fn train_on(&self, batch: impl Fn(u16) -> Vec<u64>, rate: f64) -> Checkpoint {
		let options = TrainingOptions {
			optimizer: Optimizer::from(self.recipe.optimizer),
			learning_rate: f64::from(self.rate) / 1e9 * rate,
			..TrainingOptions::default()
		};
		let model = Model::for_training(&self.start, self.recipe.precision, Device::Cpu).unwrap();
		let mut trainer = Trainer::new(model, options).unwrap();
		for step in 0..self.recipe.steps {
			let positions = batch(step);
			if !positions.is_empty() {
				trainer.step(&self.records.gather(&positions).unwrap()).unwrap();
			}
		}
		trainer.model().checkpoint().unwrap()
	}

	fn batch(&self, step: u16) -> Vec<u64> {
		self.order.batch(3, step, self.records.len(), self.recipe.batch)
	}

	/// Trains on so many sixteenths of each batch.
	fn train_on_part(&self, sixteenths: usize) -> Checkpoint {
		let part = |step| {
			let mut positions = self.batch(step);
			positions.truncate(positions.len() * sixteenths / 16);
			positions
		};
		self.train_on(part, 1.0)
	}

	/// Trains on every second batch, at twice the rate.
	fn train_on_every_second(&self) -> Checkpoint {
		self.train_on(|step| if step.is_multiple_of(2) { self.batch(step) } else { Vec::new() }, 2.0)
	}
}

/// Checks that a cheat departs by more than every limit.
fn is_found(group: &Group, replayed: &Replayed, cheat: &str, recorded: &Checkpoint) {
	let departure = replayed.departure(recorded);
	eprintln!("{} {cheat} {departure}", group.name());
	assert!(departure >= LIMITS.end, "{} {cheat} {departure}", group.name());
}

#[test]
fn less_work_departs_once_the_model_has_learned_something() {
	for description in models() {
		for optimizer in [SGD, ADAM] {
			let group = Group::trained(description.clone(), optimizer);
			let replayed = group.replay();
			is_found(&group, &replayed, "an eighth less of each batch", &group.train_on_part(14));
			is_found(&group, &replayed, "half of each batch", &group.train_on_part(8));
			is_found(&group, &replayed, "every second step", &group.train_on_every_second());
			let reversed = group.train_on(|step| group.batch(STEPS - 1 - step), 1.0);
			is_found(&group, &replayed, "the batches in reverse", &reversed);
			let all = group.train_on(|step| group.batch(step), 1.0);
			assert!(replayed.departure(&all) < LIMITS.start, "{}: without a cheat it passes", group.name());
			// A sixteenth less may pass: it is not asserted on either side.
			eprintln!("{} a sixteenth less {}", group.name(), replayed.departure(&group.train_on_part(15)));
		}
	}
}

#[test]
fn in_the_first_segment_an_eighth_less_may_pass_and_half_does_not() {
	let mut passed = 0;
	for description in models() {
		for optimizer in [SGD, ADAM] {
			let group = Group::new(description.clone(), optimizer);
			let replayed = group.replay();
			is_found(&group, &replayed, "half of each batch", &group.train_on_part(8));
			is_found(&group, &replayed, "every second step", &group.train_on_every_second());
			let eighth = replayed.departure(&group.train_on_part(14));
			eprintln!("{} an eighth less {eighth}", group.name());
			passed += usize::from(eighth < LIMITS.start);
		}
	}
	// All gradients point the same way at first, so few records tell what many do.
	assert!(passed > 0, "the book says so");
}

#[test]
fn a_trace_of_another_account_round_or_segment_departs() {
	for description in models() {
		for group in [Group::new(description.clone(), ADAM), Group::trained(description, ADAM)] {
			let honest = group.train();
			let account = AccountId32::new([9; 32]);
			for order in [
				BatchOrder { account, ..group.order.clone() },
				BatchOrder { round: 8, ..group.order.clone() },
				BatchOrder { link: H256::repeat_byte(3), ..group.order.clone() },
			] {
				let other = SegmentTask { order: &order, ..group.task() };
				let replayed = replay(&other, &group.records, || false).unwrap();
				is_found(&group, &replayed, "another's", &honest);
			}
			let later = SegmentTask { number: 4, ..group.task() };
			let replayed = replay(&later, &group.records, || false).unwrap();
			is_found(&group, &replayed, "another segment's", &honest);
		}
	}
}

#[test]
fn a_training_on_other_data_departs() {
	for description in models() {
		let group = Group::trained(description, ADAM);
		let replayed = group.replay();
		let (others, _folder) = data(&group.description, 8);
		is_found(&group, &replayed, "other records", &train(&group.task(), &others));
		// One batch over and over.
		is_found(&group, &replayed, "one batch", &group.train_on(|_| group.batch(0), 1.0));
	}
}

#[test]
fn tiny_steps_do_not_hide_a_jump() {
	for description in models() {
		let group = Group::trained(description, ADAM);
		let stolen = group.train();
		let rate = group.rate / 1_000;
		let slow = SegmentTask { rate, ..group.task() };
		let replayed = replay(&slow, &group.records, || false).unwrap();
		assert!(replayed.departure(&stolen) > 100 * LIMITS.end, "{}", group.name());
		// Not even a hundredth of the jump.
		let tensors = group.start.tensors().iter().zip(stolen.tensors()).map(|(start, end)| {
			start.iter().zip(end).map(|(start, end)| start + (end - start) * 0.01).collect()
		});
		let part = Checkpoint::from_values(&group.description, tensors.collect()).unwrap();
		is_found(&group, &replayed, "a hundredth of a jump", &part);
	}
}

#[test]
fn a_jump_to_other_weights_departs() {
	for description in models() {
		for optimizer in [SGD, ADAM] {
			let group = Group::trained(description.clone(), optimizer);
			let replayed = group.replay();
			is_found(&group, &replayed, "stolen weights", &Checkpoint::initial(&group.description, 2));
			// Less what roundings may explain.
			let still = replayed.departure(&group.start);
			assert!((999_000_000..=1_000_000_000).contains(&still), "not moving departs by the way: {still}");
		}
	}
}

/// Returns weights that are moved towards others by so many hundredths of the way that a segment goes.
fn steered(group: &Group, towards: &Checkpoint, hundredths: f64) -> Checkpoint {
	let end = group.train();
	let values = |checkpoint: &Checkpoint| -> Vec<f64> {
		checkpoint.tensors().concat().into_iter().map(f64::from).collect()
	};
	let length = |one: &[f64], other: &[f64]| {
		one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
	};
	let [from, to, aim] = [&group.start, &end, towards].map(values);
	let part = length(&from, &to) / length(&to, &aim) * hundredths / 100.0;
	let tensors = end.tensors().iter().zip(towards.tensors()).map(|(end, aim)| {
		end.iter().zip(aim).map(|(end, aim)| (f64::from(*end) + f64::from(aim - end) * part) as f32).collect()
	});
	Checkpoint::from_values(&group.description, tensors.collect()).unwrap()
}

#[test]
fn a_patient_thief_passes_in_f32_and_not_in_f64() {
	for description in [perceptron(), transformer()] {
		let mut group = Group::trained(description, ADAM);
		let stolen = Checkpoint::initial(&group.description, 2);
		let tenth = steered(&group, &stolen, 10.0);
		let mut replayed = group.replay();
		assert!(replayed.departure(&tenth) < LIMITS.start, "{}: the book says so", group.name());
		is_found(&group, &replayed, "a fifth of the way", &steered(&group, &stolen, 20.0));
		group = group.with(Precision::F64);
		replayed = replayed.with_precision(Precision::F64);
		assert!(replayed.departure(&steered(&group, &stolen, 0.001)) > EXACT.end);
	}
}

#[test]
fn changed_running_statistics_depart() {
	let group = Group::trained(convnet(), SGD);
	let (replayed, recorded) = (group.replay(), group.train());
	assert!(replayed.departure(&recorded) < LIMITS.start);
	for name in ["layers.1.running_mean", "layers.1.running_var"] {
		let moved = changed(&recorded, name, |value| value * 2.0 + 0.1);
		is_found(&group, &replayed, name, &moved);
	}
}

#[test]
fn statistics_that_have_settled_are_measured_by_their_size() {
	let group = Group::trained(convnet(), SGD);
	let replayed = group.replay();
	let scaled = |factor: f32| {
		let mean = changed(replayed.checkpoint(), "layers.1.running_mean", |value| value * factor);
		changed(&mean, "layers.1.running_var", |value| value * factor)
	};
	// As bfloat16 rounds.
	assert!(replayed.departure(&scaled(1.01)) <= 20_000_100);
	is_found(&group, &replayed, "a fifth more", &scaled(1.2));
	let exact = replayed.clone().with_precision(Precision::F64);
	assert!(exact.departure(&scaled(1.000_001)) > EXACT.end);
}

#[test]
fn a_training_in_f64_leaves_no_room() {
	let group = Group::new(perceptron(), ADAM).with(Precision::F64);
	let (replayed, recorded) = (group.replay(), group.train());
	let ulp = changed(&recorded, "layers.0.weight", f32::next_up);
	let departure = replayed.departure(&ulp);
	assert!(0 < departure && departure < EXACT.start, "a rounding is tolerated: {departure}");
	let shifted = changed(&recorded, "layers.0.weight", |value| value + 1e-6);
	assert!(replayed.departure(&shifted) > EXACT.end);
	let f32 = Group::new(perceptron(), ADAM).train();
	assert!(replayed.departure(&f32) > EXACT.end, "a training in f32 does not pass for one in f64");
	let less = group.train_on_part(15);
	assert!(replayed.departure(&less) > 100_000 * EXACT.end, "a sixteenth less is far away");
}
