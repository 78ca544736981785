//! A small training group for tests: eight features, three classes, and a gateway that serves its content.
//!
//! # Example
//!
//! ```no_run
//! let fixture = descent_testing::Fixture::new(100);
//! assert_eq!(fixture.set.len(), 100);
//! ```

mod fake_log;
mod sealed;

pub use fake_log::FakeLog;
pub use sealed::{sealing_key, SealedFixture};

use descent_content::Store;
use descent_dataset::{DeltaLimits, DeltaWriter, Description, Set};
use descent_model::{evaluate, Device, Drawn, EvaluationRules, Model};
use descent_protocol::{ContentRef, Metric, Score};
use rand::{rngs::StdRng, Rng, SeedableRng};
use sp_core::H256;
use std::{
	net::SocketAddr,
	path::{Path, PathBuf},
	sync::Arc,
};

/// Returns the Python of the tests, which has pyarrow, numpy, PyTorch and transformers: `DESCENT_PYTHON`, or
/// the one that `scripts/setup` installs.
pub fn python() -> PathBuf {
	let variable = |name| std::env::var_os(name).map(PathBuf::from);
	variable("DESCENT_PYTHON").unwrap_or_else(|| {
		let home = || variable("HOME").unwrap_or_default().join(".cache/descent");
		variable("DESCENT_CACHE").unwrap_or_else(home).join("python/bin/python")
	})
}

/// Returns the description of a model with this many hidden units, as JSON.
pub fn description_json(hidden: u32) -> String {
	format!(
		r#"{{"descent": 1, "name": "tiny",
		"inputs": [{{"column": "x", "dtype": "f32", "shape": [8]}}],
		"target": {{"column": "y", "dtype": "u8", "shape": [], "classes": 3}},
		"layers": [{{"type": "linear", "out": {hidden}}}, {{"type": "relu"}}, {{"type": "linear", "out": 3}}],
		"loss": "cross_entropy"}}"#
	)
}

/// Returns the description of a model with this many hidden units.
pub fn description(hidden: u32) -> Description {
	Description::parse(description_json(hidden).as_bytes()).unwrap()
}

/// Content on disk, and a gateway over some of it.
pub struct Fixture {
	/// Directory that is removed with the fixture.
	pub directory: tempfile::TempDir,
	/// Store that the gateway serves.
	pub store: Store,
	/// The model description.
	pub description: Description,
	/// Reference of the model description.
	pub model: ContentRef,
	/// The data set's only delta.
	pub delta: ContentRef,
	/// The data set.
	pub set: Arc<Set>,
	/// The gateway's address, once it serves.
	pub address: Option<SocketAddr>,
}

impl Fixture {
	/// Creates a data set of `records` records whose class is the number of positive ones among the first two
	/// features.
	pub fn new(records: u64) -> Self {
		let directory = tempfile::tempdir().unwrap();
		let store = Store::open(directory.path().join("served"), 1 << 28).unwrap();
		let description = description(16);
		let path = directory.path().join("delta.parquet");
		write_delta(&path, &description, 1, records);
		let model = store.import(description_json(16).as_bytes()).unwrap();
		let delta = store.import_path(&path).unwrap();
		let sets = directory.path().join("reference");
		let limits = DeltaLimits::default();
		let set = Set::apply(&sets, None, &path, delta.digest, &description.schema(), &limits).unwrap();
		Self { directory, store, description, model, delta, set: Arc::new(set), address: None }
	}

	/// Serves the content and returns the address.
	pub async fn serve(&mut self) -> String {
		let any = "127.0.0.1:0".parse().unwrap();
		let forever = std::future::pending();
		let (address, _) = descent_content::serve(any, self.store.clone(), forever).await.unwrap();
		self.address = Some(address);
		format!("http://{address}")
	}

	/// Writes a checkpoint of initial weights that is not published.
	pub fn checkpoint(&self, seed: u64) -> PathBuf {
		let path = self.directory.path().join(format!("{seed}.safetensors"));
		Model::new(&self.description, seed, Device::Cpu).unwrap().save(&path).unwrap();
		path
	}

	/// Publishes a checkpoint of initial weights.
	pub fn publish(&self, seed: u64) -> ContentRef {
		self.store.import_path(self.checkpoint(seed)).unwrap()
	}

	/// Returns the score of initial weights on the records that a seed draws of the data set.
	pub fn score(&self, weights: u64, seed: H256, records: u32) -> Score {
		self.score_on(&self.set, weights, seed, records)
	}

	/// Returns the score of initial weights on the records that a seed draws of a set.
	pub fn score_on(&self, set: &Set, weights: u64, seed: H256, records: u32) -> Score {
		let model = Model::new(&self.description, weights, Device::Cpu).unwrap();
		let drawn = descent_protocol::sample(seed, set.len(), records);
		let records = Drawn { set, positions: &drawn };
		let rules = EvaluationRules::of_round(Metric::Loss, seed);
		evaluate(&model.checkpoint().unwrap(), &records, &rules, || false).unwrap().score
	}
}

/// Writes a delta that adds records which a seed draws. The class of each is the number of positive ones
/// among the first two features.
pub fn write_delta(path: &Path, description: &Description, seed: u64, records: u64) {
	let mut writer = DeltaWriter::create(path, &description.schema()).unwrap();
	let mut random = StdRng::seed_from_u64(seed);
	for _ in 0..records {
		let features: [f32; 8] = std::array::from_fn(|_| random.random_range(-1.0..1.0));
		let class = features[..2].iter().filter(|feature| **feature > 0.0).count() as u8;
		let mut record: Vec<u8> = features.iter().flat_map(|feature| feature.to_le_bytes()).collect();
		record.push(class);
		writer.add(&record).unwrap();
	}
	writer.finish().unwrap();
}
