//! Honest trainings and others, on small models that learn from small data sets.

use super::*;
use descent_content::address;
use descent_dataset::{DeltaLimits, DeltaWriter, Dtype};
use descent_model::{set_threads, Optimizer};
use descent_protocol::trace::{departure_limit, Base, RecipeOptimizer};
use sp_core::{crypto::AccountId32, H256};
use std::{fs::File, ops::Range};

/// The smallest and the largest limit of trainings in f32 and bf16, in billionths.
const LIMITS: Range<u64> = 120_000_000..180_000_000;
/// Number of steps of a segment.
const STEPS: u16 = 200;
/// Number of records of a batch.
const BATCH: u32 = 32;

const SGD: (RecipeOptimizer, u32) =
	(RecipeOptimizer::Sgd { momentum: 900_000, nesterov: false, weight_decay: 0 }, 20_000_000);
const ADAM: (RecipeOptimizer, u32) =
	(RecipeOptimizer::Adam { betas: (900_000, 999_000), weight_decay: 0 }, 2_000_000);
const ADAM_W: (RecipeOptimizer, u32) =
	(RecipeOptimizer::AdamW { betas: (900_000, 999_000), weight_decay: 10_000 }, 2_000_000);

fn describe(input: &str, target: &str, layers: &str) -> Description {
	let json = format!(
		r#"{{"descent":1,"name":"test","inputs":[{{"column":"x",{input}}}],"target":{{"column":"y",{target}}},
		"layers":[{layers}],"loss":"cross_entropy"}}"#
	);
	Description::parse(json.as_bytes()).unwrap()
}

fn perceptron() -> Description {
	descent_testing::description(16)
}

fn convnet() -> Description {
	describe(
		r#""dtype":"u8","shape":[1,8,8],"scale":0.00392156862745098"#,
		r#""dtype":"u8","shape":[],"classes":4"#,
		r#"{"type":"conv2d","out":6,"kernel":3,"padding":1},{"type":"batch_norm"},{"type":"relu"},
		{"type":"max_pool2d","kernel":2},{"type":"flatten"},{"type":"linear","out":4}"#,
	)
}

fn transformer() -> Description {
	describe(
		r#""dtype":"i64","shape":[8]"#,
		r#""dtype":"i64","shape":[8],"classes":11"#,
		r#"{"type":"embedding","vocabulary":11,"dim":16},{"type":"position_embedding"},
		{"type":"transformer_block","heads":2,"mlp_ratio":2},{"type":"layer_norm"},{"type":"linear","out":11}"#,
	)
}

fn models() -> [Description; 3] {
	[perceptron(), convnet(), transformer()]
}

/// A linear congruential generator of test data (Knuth, MMIX).
struct Random(u64);

impl Random {
	fn below(&mut self, bound: u64) -> u64 {
		self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
		(self.0 >> 32) % bound
	}

	/// Returns a number in `[-1, 1)`.
	fn number(&mut self) -> f32 {
		self.below(1 << 24) as f32 / (1 << 23) as f32 - 1.0
	}
}

/// Fills in a record that a model can learn from: a token follows from the one before, or the class from a
/// fixed linear map of the input. Some of it is noise.
fn fill(description: &Description, random: &mut Random) -> Vec<u8> {
	let [input, target] = &description.schema().columns[..] else { unreachable!() };
	let classes = target.bound.unwrap();
	if input.dtype == Dtype::I64 {
		let mut tokens = vec![random.below(classes)];
		for _ in 0..target.values() {
			let next = (tokens[tokens.len() - 1] * 3 + 1) % classes;
			tokens.push(if random.below(5) == 0 { random.below(classes) } else { next });
		}
		let (last, first) = (&tokens[1..], &tokens[..tokens.len() - 1]);
		return [first, last].concat().iter().flat_map(|token| token.to_le_bytes()).collect();
	}
	let values: Vec<f32> = (0..input.values()).map(|_| random.number()).collect();
	let mut teacher = Random(5);
	let outputs = (0..classes).map(|_| values.iter().map(|value| value * teacher.number()).sum::<f32>());
	let outputs: Vec<_> = outputs.collect();
	let class = (0..outputs.len()).max_by(|a, b| outputs[*a].total_cmp(&outputs[*b])).unwrap();
	let byte = |value: &f32| ((value + 1.0) * 127.5) as u8;
	let mut record: Vec<u8> = match input.dtype {
		Dtype::U8 => values.iter().map(byte).collect(),
		_ => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
	};
	record.push(class as u8);
	record
}

/// A group with a data set, and the recipe of its trainings.
struct Group {
	description: Description,
	records: Set,
	recipe: Recipe,
	order: BatchOrder,
	rate: u32,
	start: Checkpoint,
	_folder: tempfile::TempDir,
}

impl Group {
	fn new(description: Description, (optimizer, rate): (RecipeOptimizer, u32)) -> Self {
		let folder = tempfile::tempdir().unwrap();
		let (path, schema) = (folder.path().join("delta.parquet"), description.schema());
		let mut writer = DeltaWriter::create(&path, &schema).unwrap();
		let mut random = Random(7);
		for _ in 0..2_000 {
			// The few that were there before are left out.
			let _ = writer.add(&fill(&description, &mut random));
		}
		writer.finish().unwrap();
		let digest = address(File::open(&path).unwrap()).unwrap().digest;
		let limits = DeltaLimits::default();
		let records = Set::apply(folder.path(), None, &path, digest, &schema, &limits).unwrap();
		let base = Base::Initial { seed: 1 };
		let recipe = Recipe { base, optimizer, precision: Precision::F32, steps: STEPS, batch: BATCH };
		let (link, account) = (H256::repeat_byte(2), AccountId32::new([1; 32]));
		let order = BatchOrder { genesis: H256::zero(), group: 0, round: 7, link, account };
		let start = Checkpoint::initial(&description, 1);
		Self { description, records, recipe, order, rate, start, _folder: folder }
	}

	fn with(mut self, precision: Precision) -> Self {
		self.recipe.precision = precision;
		self
	}

	fn task(&self) -> SegmentTask<'_> {
		SegmentTask {
			recipe: &self.recipe,
			order: &self.order,
			number: 3,
			rate: self.rate,
			start: &self.start,
		}
	}

	fn train(&self) -> Checkpoint {
		let mut trainer = SegmentTrainer::new(&self.task(), Device::Cpu).unwrap();
		while !trainer.is_done() {
			trainer.step(&self.records).unwrap();
		}
		trainer.finish().unwrap()
	}

	/// Trains on other batches than those of the recipe. A step without any is left out. Returns what was
	/// trained, and what it cost: the number of records of all steps.
	fn train_on(&self, mut batch: impl FnMut(u16) -> Vec<u64>, rate: f64) -> Checkpoint {
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

	fn replay(&self) -> Replayed {
		replay(&self.task(), &self.records, || false).unwrap()
	}
}

/// Returns a name for messages.
fn name(group: &Group) -> String {
	format!("{:?} {:?}", group.description.layers().first().unwrap().kind(), group.recipe.optimizer)
}

#[test]
fn the_limits_are_those_of_the_chain() {
	let limits = (0..1_000).map(|seed| departure_limit(H256::from_low_u64_be(seed), Precision::Bf16));
	assert!(limits.clone().all(|limit| LIMITS.contains(&limit)));
	assert!(limits.min().unwrap() < 121_000_000);
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
			assert_eq!(replayed.departure(&recorded), 0, "{}", name(&group));
			assert_eq!(replayed.checkpoint().tensors(), recorded.tensors(), "{}", name(&group));
			assert!(replayed.losses()[199] < replayed.losses()[0] * 0.9, "{}: it learns", name(&group));
		}
	}
}

#[test]
fn trainings_in_f32_and_bf16_stay_below_every_limit() {
	for description in models() {
		for optimizer in [SGD, ADAM, ADAM_W] {
			for precision in [Precision::F32, Precision::Bf16] {
				let group = Group::new(description.clone(), optimizer).with(precision);
				let departure = group.replay().departure(&group.train());
				eprintln!("{} {precision} {departure}", name(&group));
				assert!(
					departure > 0 && departure < LIMITS.start,
					"{} {precision} {departure}",
					name(&group)
				);
			}
		}
	}
}

#[test]
fn a_training_that_leaves_out_records_departs() {
	for description in models() {
		for optimizer in [SGD, ADAM] {
			let group = Group::new(description.clone(), optimizer);
			let replayed = group.replay();
			let part = |sixteenths: usize| {
				move |mut positions: Vec<u64>| {
					positions.truncate(positions.len() * sixteenths / 16);
					positions
				}
			};
			let every_second =
				|step: u16| if step.is_multiple_of(2) { group.batch(step) } else { Vec::new() };
			for (cheat, recorded) in [
				("seven eighths of each batch", group.train_on(|step| part(14)(group.batch(step)), 1.0)),
				("half of each batch", group.train_on(|step| part(8)(group.batch(step)), 1.0)),
				("every second step at twice the rate", group.train_on(every_second, 2.0)),
			] {
				let departure = replayed.departure(&recorded);
				eprintln!("{} {cheat} {departure}", name(&group));
				assert!(departure >= LIMITS.end, "{} {cheat} {departure}", name(&group));
			}
			let all = group.train_on(|step| group.batch(step), 1.0);
			assert!(replayed.departure(&all) < LIMITS.start, "{}: without a cheat it passes", name(&group));
		}
	}
}

#[test]
fn a_training_in_another_order_departs() {
	for description in models() {
		let group = Group::new(description, ADAM);
		let replayed = group.replay();
		let reversed = group.train_on(|step| group.batch(STEPS - 1 - step), 1.0);
		assert!(replayed.departure(&reversed) >= LIMITS.end, "{}", name(&group));
		let account = AccountId32::new([9; 32]);
		for order in [
			BatchOrder { account, ..group.order.clone() },
			BatchOrder { round: 8, ..group.order.clone() },
			BatchOrder { link: H256::repeat_byte(3), ..group.order.clone() },
		] {
			let other = SegmentTask { order: &order, ..group.task() };
			let departure =
				replay(&other, &group.records, || false).unwrap().departure(replayed.checkpoint());
			assert!(departure >= LIMITS.end, "{} {departure}", name(&group));
		}
		let later = SegmentTask { number: 4, ..group.task() };
		let departure = replay(&later, &group.records, || false).unwrap().departure(replayed.checkpoint());
		assert!(departure >= LIMITS.end, "{} {departure}", name(&group));
	}
}

#[test]
fn a_jump_to_other_weights_departs() {
	let group = Group::new(convnet(), ADAM);
	let replayed = group.replay();
	assert!(replayed.departure(&Checkpoint::initial(&group.description, 2)) > LIMITS.end);
	// Not moving at all departs by the whole way.
	assert_eq!(replayed.departure(&group.start), 1_000_000_000);
}

/// Returns a checkpoint with one tensor changed.
fn changed(checkpoint: &Checkpoint, name: &str, change: impl Fn(f32) -> f32) -> Checkpoint {
	let description = checkpoint.description();
	let position = description.plan().tensors().position(|spec| spec.name == name).unwrap();
	let mut tensors = checkpoint.tensors().to_vec();
	tensors[position].iter_mut().for_each(|value| *value = change(*value));
	Checkpoint::from_values(description, tensors).unwrap()
}

#[test]
fn changed_running_statistics_depart() {
	let group = Group::new(convnet(), SGD);
	let (replayed, recorded) = (group.replay(), group.train());
	assert!(replayed.departure(&recorded) < LIMITS.start);
	for name in ["layers.1.running_mean", "layers.1.running_var"] {
		let moved = changed(&recorded, name, |value| value * 1.5 + 0.1);
		assert!(replayed.departure(&moved) > LIMITS.end, "{name}");
	}
}

#[test]
fn an_exact_training_leaves_no_room() {
	let group = Group::new(perceptron(), ADAM).with(Precision::F64);
	let (replayed, recorded) = (group.replay(), group.train());
	let ulp = changed(&recorded, "layers.0.weight", f32::next_up);
	let departure = replayed.departure(&ulp);
	assert!((1..100).contains(&departure), "a rounding is tolerated: {departure}");
	let shifted = changed(&recorded, "layers.0.weight", |value| value + 1e-6);
	assert!(replayed.departure(&shifted) > 150);
	let f32 = Group::new(perceptron(), ADAM).train();
	assert!(replayed.departure(&f32) > 150, "a training in f32 does not pass for one in f64");
}

#[test]
fn losses_do_not_depend_on_the_number_of_threads() {
	for description in models() {
		let mut group = Group::new(description, ADAM);
		group.recipe.batch = 256;
		let losses = |threads| {
			set_threads(threads);
			group.replay().losses().to_vec()
		};
		let (one, two) = (losses(1), losses(2));
		assert_eq!(one.len(), usize::from(STEPS));
		let apart = one.iter().zip(&two).map(|(one, two)| (one - two).abs()).fold(0.0, f64::max);
		eprintln!("{} {apart:e}", name(&group));
		assert!(apart < 1e-9, "{} {apart:e}", name(&group));
	}
}

#[test]
fn models_that_draw_at_random_are_refused() {
	let numbers = r#""dtype":"f32","shape":[4]"#;
	let classes = r#""dtype":"u8","shape":[],"classes":3"#;
	let linear = r#"{"type":"linear","out":3}"#;
	let random = describe(numbers, classes, &format!(r#"{linear},{{"type":"dropout","p":0.1}}"#));
	assert_eq!(is_replayable(&random), Err(NotReplayable { layer: 1, kind: "dropout" }));
	let error = is_replayable(&random).unwrap_err().to_string();
	assert!(error.starts_with("layer 1 (dropout) has dropout"), "{error}");
	let off = describe(numbers, classes, &format!(r#"{linear},{{"type":"dropout","p":0}}"#));
	assert_eq!(is_replayable(&off), Ok(()));
	let block = r#"{"type":"embedding","vocabulary":11,"dim":16},
		{"type":"transformer_block","heads":2,"dropout":0.1},{"type":"linear","out":11}"#;
	let block = describe(r#""dtype":"i64","shape":[8]"#, r#""dtype":"i64","shape":[8],"classes":11"#, block);
	assert_eq!(is_replayable(&block), Err(NotReplayable { layer: 1, kind: "transformer_block" }));
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
		for name in ["layers.0.bias", "layers.1.running_var"] {
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
