//! Recorded trainings that were made by hand, with nothing of the workers' code, and their replays.

use descent_client::AccountId;
use descent_dataset::Description;
use descent_integration_tests::{
	checkpoint::safetensors, synthetic, Batches, Linear, Records, ScriptedRecording,
};
use descent_model::Checkpoint;
use descent_protocol::trace::{Base, BatchOrder, Precision, Recipe, RecipeOptimizer};
use descent_replay::{replay, SegmentTask};
use sp_core::H256;
use std::io::{copy, Seek};

const SEED: u64 = 5;
const RATE: u32 = 100_000_000;
/// The largest limit in f64, and the smallest and the largest in f32, in billionths.
const LARGEST_EXACT: u64 = 150;
const CLOSE: [u64; 2] = [120_000_000, 180_000_000];

fn description() -> Description {
	Description::parse(synthetic::MODEL.as_bytes()).unwrap()
}

fn records() -> Records {
	let folder = tempfile::tempdir().unwrap();
	Records::read(&synthetic::write(folder.path()).unwrap().dataset).unwrap()
}

/// Weights as the workers read them out of a file.
fn read(model: &Linear) -> Checkpoint {
	let mut file = tempfile::tempfile().unwrap();
	copy(&mut safetensors(&model.tensors()), &mut file).unwrap();
	file.rewind().unwrap();
	Checkpoint::read(&description(), &file).unwrap()
}

fn batches(records: &Records, precision: Precision) -> Batches<'_> {
	let optimizer = RecipeOptimizer::Sgd { momentum: 0, nesterov: false, weight_decay: 0 };
	let base = Base::Initial { seed: SEED };
	let recipe = Recipe { base, optimizer, precision, steps: 20, batch: 32 };
	let (link, account) = (H256::repeat_byte(2), AccountId::new([3; 32]));
	Batches {
		order: BatchOrder { genesis: H256::zero(), group: 0, round: 1, link, account },
		records,
		recipe,
	}
}

/// Records segments, and returns the departure of each from its replay.
fn departures(batches: &Batches, train: impl Fn(u16, Linear) -> Linear) -> Vec<u64> {
	let start = Linear::initial(SEED);
	let recording =
		ScriptedRecording::new(batches.recipe, RATE, start, 3, |number, at| Ok(train(number, at)));
	let states = recording.unwrap().states;
	let starts = [start].into_iter().chain(states.clone());
	let departure = |((number, start), end): ((u16, Linear), &Linear)| {
		let (recipe, order, start) = (&batches.recipe, &batches.order, &read(&start));
		let task = SegmentTask { recipe, order, number, rate: RATE, start };
		replay(&task, batches.records.set(), || false).unwrap().departure(&read(end))
	};
	(0..).zip(starts).zip(&states).map(departure).collect()
}

#[test]
fn initial_weights_are_those_of_the_seed() {
	for seed in [0, SEED, u64::MAX] {
		let initial = Checkpoint::initial(&description(), seed);
		assert_eq!(read(&Linear::initial(seed)).tensors(), initial.tensors());
	}
}

#[test]
fn a_training_by_hand_replays() {
	let records = records();
	// In f32 the rounding of the last weights counts.
	for (precision, most) in [(Precision::F64, 1), (Precision::F32, 1_000)] {
		let batches = batches(&records, precision);
		let departures = departures(&batches, |number, at| batches.segment(number, at, RATE).unwrap());
		assert!(departures.iter().all(|departure| *departure <= most), "{precision}: {departures:?}");
	}
}

#[test]
fn lies_in_f64_depart_however_small_they_are() {
	let records = records();
	let batches = batches(&records, Precision::F64);
	let other = batches.of(AccountId::new([4; 32]));
	let shortened = |number, by: usize| -> Vec<Vec<u64>> {
		let shorten = |batch: Vec<u64>| batch[..batch.len() - by].to_vec();
		batches.positions(number).into_iter().map(shorten).collect()
	};
	let halves = departures(&batches, |number, at| batches.train(at, &shortened(number, 16), RATE).unwrap());
	let most = departures(&batches, |number, at| batches.train(at, &shortened(number, 1), RATE).unwrap());
	let copied = departures(&batches, |number, at| other.segment(number, at, RATE).unwrap());
	for departures in [halves, most, copied] {
		assert!(departures.iter().all(|departure| *departure > LARGEST_EXACT * 1_000), "{departures:?}");
	}
}

#[test]
fn large_lies_depart_in_f32_and_small_ones_may_not() {
	let records = records();
	let batches = batches(&records, Precision::F32);
	let every_other = |number| -> Vec<_> { batches.positions(number).into_iter().step_by(2).collect() };
	let skipped = departures(&batches, |number, at| batches.train(at, &every_other(number), RATE).unwrap());
	let larger = departures(&batches, |number, at| batches.segment(number, at, 2 * RATE).unwrap());
	let stolen = departures(&batches, |number, _| Linear::separating(3.0 + f32::from(number)));
	for departures in [skipped, larger, stolen] {
		assert!(departures.iter().all(|departure| *departure > CLOSE[1] * 3 / 2), "{departures:?}");
	}
	let twentieth = departures(&batches, |number, at| {
		let honest = batches.positions(number);
		batches.train(at, &honest[1..], RATE).unwrap()
	});
	assert!(twentieth.iter().all(|departure| *departure < CLOSE[0]), "{twentieth:?}");
}
