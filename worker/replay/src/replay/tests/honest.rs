//! Trainings that keep to their recipe.

use super::*;

#[test]
fn the_limits_are_those_of_the_chain() {
	for (precision, range) in [(Precision::F64, EXACT), (Precision::F32, LIMITS), (Precision::Bf16, SHORT)] {
		let limits = (0..1_000).map(|seed| departure_limit(H256::from_low_u64_be(seed), precision));
		assert!(limits.clone().all(|limit| range.contains(&limit)));
		assert!(limits.min().unwrap() < range.start + range.start / 100 + 1);
	}
}

#[test]
fn a_training_in_f64_replays_exactly() {
	for description in models() {
		for optimizer in [SGD, ADAM, ADAM_W] {
			let group = Group::new(description.clone(), optimizer).with(Precision::F64);
			set_threads(2);
			let recorded = group.train();
			set_threads(1);
			let replayed = group.replay();
			let departure = replayed.departure(&recorded);
			assert!(departure < EXACT.start / 10, "{}: {departure}", group.name());
			let sum = |losses: &[f64]| losses.iter().sum::<f64>();
			let (first, last) = (sum(&replayed.losses()[..10]), sum(&replayed.losses()[90..]));
			assert!(last < 0.95 * first, "{}: it learns, {first} {last}", group.name());
		}
	}
}

/// Returns the departure of an honest training in this precision.
fn departure(mut group: Group, precision: Precision) -> u64 {
	group = group.with(precision);
	let departure = group.replay().departure(&group.train());
	eprintln!("{} rate {} {precision} {departure}", group.name(), group.rate);
	departure
}

#[test]
fn trainings_in_f32_stay_below_every_limit() {
	let slow = |(optimizer, rate): (RecipeOptimizer, u32)| (optimizer, rate / 1_000);
	for description in models() {
		for group in [
			Group::new(description.clone(), SGD),
			Group::new(description.clone(), slow(SGD)),
			Group::new(description.clone(), ADAM),
			Group::new(description.clone(), slow(ADAM)),
			Group::new(description.clone(), ADAM_W),
			Group::trained(description.clone(), SGD),
			Group::trained(description.clone(), ADAM),
		] {
			let departure = departure(group, Precision::F32);
			assert!(departure < LIMITS.start, "{departure}");
		}
	}
}

/// A model that has learnt all there is makes steps that its weights can't hold.
#[test]
fn a_training_whose_steps_are_lost_in_f32_does_not_depart() {
	for description in models() {
		let group = Group::new(description, (SGD.0, 1));
		assert!(departure(group, Precision::F32) < LIMITS.start / 1_000);
	}
}

#[test]
fn trainings_in_bf16_stay_below_every_limit_at_moderate_rates() {
	let moderate = |(optimizer, rate): (RecipeOptimizer, u32)| (optimizer, rate / 4);
	for description in models() {
		for group in [
			Group::new(description.clone(), moderate(SGD)),
			Group::new(description.clone(), moderate(ADAM_W)),
			Group::trained(description.clone(), moderate(SGD)),
			Group::trained(description.clone(), moderate(ADAM)),
		] {
			let departure = departure(group, Precision::Bf16);
			assert!(0 < departure && departure < SHORT.start, "{departure}");
		}
	}
}

#[test]
fn a_fast_training_in_bf16_departs_further_than_one_in_f32_may() {
	let [exact, short] = [Precision::F32, Precision::Bf16]
		.map(|precision| departure(Group::trained(convnet(), (SGD.0, 100_000_000)), precision));
	assert!(exact < LIMITS.start / 1_000, "{exact}");
	assert!(short > LIMITS.start, "{short}");
}

#[test]
fn a_replay_does_not_depend_on_the_recorded_precision() {
	for description in models() {
		let [exact, short] = [Precision::F64, Precision::Bf16].map(|precision| {
			set_threads(1);
			Group::new(description.clone(), ADAM).with(precision).replay()
		});
		assert_eq!(exact.checkpoint().tensors(), short.checkpoint().tensors());
		assert_eq!(exact.losses(), short.losses());
	}
}

#[test]
fn losses_do_not_depend_on_the_number_of_threads() {
	for description in models() {
		let mut group = Group::trained(description, ADAM);
		group.recipe.batch = 256;
		let replay = |threads| {
			set_threads(threads);
			group.replay()
		};
		let (one, two) = (replay(1), replay(2));
		let losses = one.losses().iter().zip(two.losses());
		let apart = losses.map(|(one, two)| (one - two).abs()).fold(0.0, f64::max);
		assert!(apart < 1e-11, "{} {apart:e}", group.name());
		assert_eq!(one.losses().len(), usize::from(STEPS));
		assert_eq!(one.scores(), two.scores(), "members of a committee hold the same root");
		assert_eq!(one.scores()[0].0, (one.losses()[0] * 1e6).round() as u64);
	}
}

#[test]
fn a_training_of_segments_replays_from_every_state() {
	let mut group = Group::new(convnet(), ADAM).with(Precision::F64);
	let mut states = vec![group.start.clone()];
	for number in 0..3 {
		states.push(train(
			&SegmentTask { number, start: &states[number as usize], ..group.task() },
			&group.records,
		));
	}
	for number in 0..3u16 {
		group.start = states[usize::from(number)].clone();
		let task = SegmentTask { number, ..group.task() };
		let replayed = replay(&task, &group.records, || false).unwrap();
		assert!(replayed.departure(&states[usize::from(number) + 1]) < EXACT.start / 10);
		// Neither does another segment's end pass, nor another start.
		assert!(replayed.departure(&states[usize::from(number)]) > EXACT.end);
		let task = SegmentTask { number: number + 1, ..task };
		let other = replay(&task, &group.records, || false).unwrap();
		assert!(other.departure(&states[usize::from(number) + 1]) > EXACT.end);
	}
}
