//! Trainings on small models that learn from small data sets.

mod cheats;
mod edges;
mod honest;

use super::*;
use descent_content::address;
use descent_dataset::{DeltaLimits, DeltaWriter, Dtype};
use descent_model::{set_threads, Optimizer};
use descent_protocol::trace::{departure_limit, Base, RecipeOptimizer};
use sp_core::{crypto::AccountId32, H256};
use std::{fs::File, ops::Range};

/// The limits of trainings in f32, in billionths.
const LIMITS: Range<u64> = 120_000_000..180_000_000;
/// The limits of trainings in bf16.
const SHORT: Range<u64> = 300_000_000..450_000_000;
/// The limits of trainings in f64.
const EXACT: Range<u64> = 100..150;
/// Number of steps of a segment.
const STEPS: u16 = 100;
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
		r#"{{"descent":1,"name":"test","inputs":[{{"column":"x",{input}}}],
		"target":{{"column":"y",{target}}},"layers":[{layers}],"loss":"cross_entropy"}}"#
	);
	Description::parse(json.as_bytes()).unwrap()
}

fn perceptron() -> Description {
	describe(
		r#""dtype":"f32","shape":[24]"#,
		r#""dtype":"u8","shape":[],"classes":6"#,
		r#"{"type":"linear","out":24},{"type":"relu"},{"type":"linear","out":6}"#,
	)
}

fn convnet() -> Description {
	describe(
		r#""dtype":"u8","shape":[1,8,8],"scale":0.00392156862745098"#,
		r#""dtype":"u8","shape":[],"classes":6"#,
		r#"{"type":"conv2d","out":6,"kernel":3,"padding":1,"bias":false},{"type":"batch_norm"},{"type":"relu"},
		{"type":"max_pool2d","kernel":2},{"type":"flatten"},{"type":"linear","out":6}"#,
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
/// fixed linear map of the input. A fifth of it is noise.
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
	let class = (0..outputs.len()).max_by(|a, b| outputs[*a].total_cmp(&outputs[*b])).unwrap() as u64;
	let byte = |value: &f32| ((value + 1.0) * 127.5) as u8;
	let mut record: Vec<u8> = match input.dtype {
		Dtype::U8 => values.iter().map(byte).collect(),
		_ => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
	};
	record.push(if random.below(5) == 0 { random.below(classes) } else { class } as u8);
	record
}

/// Builds the data set that a seed draws.
fn data(description: &Description, seed: u64) -> (Set, tempfile::TempDir) {
	let folder = tempfile::tempdir().unwrap();
	let (path, schema) = (folder.path().join("delta.parquet"), description.schema());
	let mut writer = DeltaWriter::create(&path, &schema).unwrap();
	let mut random = Random(seed);
	for _ in 0..2_000 {
		// The few that were there before are left out.
		let _ = writer.add(&fill(description, &mut random));
	}
	writer.finish().unwrap();
	let digest = address(File::open(&path).unwrap()).unwrap().digest;
	let records = Set::apply(folder.path(), None, &path, digest, &schema, &DeltaLimits::default()).unwrap();
	(records, folder)
}

/// A group with a data set, and a segment of a training in it.
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
	/// A group whose segment begins with initial weights.
	fn new(description: Description, (optimizer, rate): (RecipeOptimizer, u32)) -> Self {
		let (records, folder) = data(&description, 7);
		let base = Base::Initial { seed: 1 };
		let recipe = Recipe { base, optimizer, precision: Precision::F32, steps: STEPS, batch: BATCH };
		let (link, account) = (H256::repeat_byte(2), AccountId32::new([1; 32]));
		let order = BatchOrder { genesis: H256::zero(), group: 0, round: 7, link, account };
		let start = Checkpoint::initial(&description, 1);
		Self { description, records, recipe, order, rate, start, _folder: folder }
	}

	/// A group whose segment begins with weights that have been trained.
	fn trained(description: Description, optimizer: (RecipeOptimizer, u32)) -> Self {
		let mut group = Self::new(description, optimizer);
		for number in 100..102 {
			group.start = train(&SegmentTask { number, ..group.task() }, &group.records);
		}
		group
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
		train(&self.task(), &self.records)
	}

	fn replay(&self) -> Replayed {
		replay(&self.task(), &self.records, || false).unwrap()
	}

	/// Returns a name for messages.
	fn name(&self) -> String {
		format!("{} {:?}", self.description.layers()[0].kind(), self.recipe.optimizer)
	}
}

fn train(task: &SegmentTask, records: &Set) -> Checkpoint {
	let mut trainer = SegmentTrainer::new(task, Device::Cpu).unwrap();
	while !trainer.is_done() {
		trainer.step(records).unwrap();
	}
	trainer.finish().unwrap()
}

/// Returns a checkpoint with one tensor changed.
fn changed(checkpoint: &Checkpoint, name: &str, change: impl Fn(f32) -> f32) -> Checkpoint {
	let description = checkpoint.description();
	let position = description.plan().tensors().position(|spec| spec.name == name).unwrap();
	let mut tensors = checkpoint.tensors().to_vec();
	tensors[position].iter_mut().for_each(|value| *value = change(*value));
	Checkpoint::from_values(description, tensors).unwrap()
}
