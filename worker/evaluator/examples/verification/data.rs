//! The material of the measurements: records of the size of Speech Commands, a small convolutional model, and
//! checkpoints of it.

use anyhow::{Context, Result};
use descent_content::address;
use descent_dataset::{DeltaLimits, DeltaWriter, Description, Schema, Set};
use descent_model::Checkpoint;
use serde::Serialize;
use std::{
	fs::{self, File},
	io::BufReader,
	ops::Range,
	path::{Path, PathBuf},
	sync::Arc,
};

/// Number of classes: the words of Speech Commands.
const CLASSES: u64 = 35;
/// Number of checkpoints that are validated in turn.
const CHECKPOINTS: u64 = 8;
/// A model of 65,155 weights for 98 frames of 40 features, as a group could have it.
const MODEL: &str = r#"{
	"descent": 1,
	"name": "speech-commands-convnet",
	"inputs": [{"column": "features", "dtype": "f32", "shape": [1, 40, 98]}],
	"target": {"column": "word", "dtype": "u8", "shape": [], "classes": 35},
	"layers": [
		{"type": "conv2d", "out": 8, "kernel": 5, "stride": 2, "padding": 2}, {"type": "relu"},
		{"type": "max_pool2d", "kernel": 2},
		{"type": "conv2d", "out": 16, "kernel": 3, "padding": 1}, {"type": "relu"},
		{"type": "max_pool2d", "kernel": 2},
		{"type": "flatten"}, {"type": "linear", "out": 64}, {"type": "relu"}, {"type": "linear", "out": 35}
	],
	"loss": "cross_entropy"
}"#;

/// Numbers that look random: the generator xorshift64 (Marsaglia, 2003).
pub(crate) struct Noise(u64);

impl Noise {
	/// The numbers of a seed.
	pub(crate) fn new(seed: u64) -> Self {
		Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
	}

	/// Draws the next number.
	pub(crate) fn draw(&mut self) -> u64 {
		self.0 ^= self.0 << 13;
		self.0 ^= self.0 >> 7;
		self.0 ^= self.0 << 17;
		self.0
	}
}

/// A data set on disk, as evaluators keep it, and checkpoints.
pub(crate) struct Material {
	/// Folder that holds everything.
	pub(crate) folder: PathBuf,
	pub(crate) description: Description,
	pub(crate) set: Arc<Set>,
	pub(crate) checkpoints: Vec<PathBuf>,
}

/// Sizes of the material.
#[derive(Serialize)]
pub(crate) struct Sizes {
	pub(crate) records: u64,
	/// Bytes of all records.
	pub(crate) record_bytes: u64,
	/// Number of weights of the model.
	pub(crate) weights: u64,
	/// Bytes of a checkpoint.
	pub(crate) checkpoint_bytes: u64,
	/// Floating point operations of the model for a record.
	pub(crate) operations: u64,
}

impl Material {
	/// Makes a data set of so many records, and checkpoints of initial weights.
	pub(crate) fn new(folder: &Path, records: u64) -> Result<Self> {
		let description = Description::parse(MODEL.as_bytes())?;
		let schema = description.schema();
		let delta = folder.join("delta.parquet");
		write_delta(&delta, &schema, 0..records)?;
		let set = build(&folder.join("sets"), &delta, &schema)?;
		fs::remove_file(&delta)?;
		let checkpoints = (0..CHECKPOINTS).map(|seed| {
			let path = folder.join(format!("{seed}.safetensors"));
			Checkpoint::initial(&description, seed).save(&path)?;
			Ok(path)
		});
		let checkpoints = checkpoints.collect::<Result<_>>()?;
		Ok(Self { folder: folder.into(), description, set: Arc::new(set), checkpoints })
	}

	/// Returns the file of the checkpoint whose turn it is.
	pub(crate) fn checkpoint(&self, turn: usize) -> Result<&Path> {
		let place = turn % self.checkpoints.len().max(1);
		let checkpoint = self.checkpoints.get(place).context("there is no checkpoint")?;
		Ok(checkpoint)
	}

	pub(crate) fn sizes(&self) -> Result<Sizes> {
		let plan = self.description.plan();
		Ok(Sizes {
			records: self.set.len(),
			record_bytes: self.set.len() * plan.record_bytes,
			weights: plan.parameter_values,
			checkpoint_bytes: fs::metadata(self.checkpoint(0)?)?.len(),
			operations: plan.flops_per_record,
		})
	}
}

/// Writes a delta that adds the records of these numbers, in memory that does not grow with it.
pub(crate) fn write_delta(path: &Path, schema: &Schema, numbers: Range<u64>) -> Result<()> {
	let mut writer = DeltaWriter::streaming(path, schema)?;
	let mut record = vec![0; schema.record_bytes()];
	for number in numbers {
		fill(number, &mut record)?;
		writer.add(&record)?;
	}
	writer.finish()?;
	Ok(())
}

/// Builds the data set of one delta in a folder of versions.
pub(crate) fn build(folder: &Path, delta: &Path, schema: &Schema) -> Result<Set> {
	let digest = address(BufReader::new(File::open(delta)?))?.digest;
	Ok(Set::apply(folder, None, delta, digest, schema, &DeltaLimits::default())?)
}

/// Fills in the bytes of a record: numbers from -1 to 1, and a class.
fn fill(number: u64, record: &mut [u8]) -> Result<()> {
	/// Numbers of 24 bits, which an f32 holds exactly, are divided by half of their range.
	const HALF: f32 = (1 << 23) as f32;
	let (class, features) = record.split_last_mut().context("a record has a class")?;
	let mut noise = Noise::new(number);
	for bytes in features.chunks_exact_mut(4) {
		let value = (noise.draw() >> 40) as f32 / HALF - 1.0;
		bytes.copy_from_slice(&value.to_le_bytes());
	}
	*class = u8::try_from(number % CLASSES)?;
	Ok(())
}
