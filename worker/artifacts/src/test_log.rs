//! A folder of small deltas and their log, for tests.

use descent_dataset::{DeltaWriter, Description, RecordId, Schema};
use descent_protocol::{dataset_root, view::LogEntryView, ContentRef, DeltaReport};
use sp_core::crypto::AccountId32;
use std::path::PathBuf;
use tempfile::TempDir;

/// Two floats and one of ten classes.
const MODEL: &str = r#"{"descent":1,"name":"m","inputs":[{"column":"x","dtype":"f32","shape":[2]}],
	"target":{"column":"y","dtype":"u8","shape":[],"classes":10},
	"layers":[{"type":"linear","out":10}],"loss":"cross_entropy"}"#;

pub(crate) struct LogFolder(TempDir);

impl LogFolder {
	pub(crate) fn new() -> Self {
		Self(tempfile::tempdir().unwrap())
	}

	pub(crate) fn path(&self, name: &str) -> PathBuf {
		self.0.path().join(name)
	}

	pub(crate) fn description(&self) -> Description {
		Description::parse(MODEL.as_bytes()).unwrap()
	}

	pub(crate) fn schema(&self) -> Schema {
		self.description().schema()
	}

	/// The log of deltas of additions and removals, whose files are named `1.parquet` and so on.
	pub(crate) fn log(&self, deltas: &[(&[u8], &[u8])]) -> Vec<LogEntryView> {
		let mut log = Vec::<LogEntryView>::new();
		let mut records = 0;
		for ((add, remove), version) in deltas.iter().zip(1u32..) {
			let delta = self.delta(version, add, remove);
			let root = log.last().map(|entry| entry.root).unwrap_or_default();
			let (added, removed) = (add.len() as u64, remove.len() as u64);
			records = records + added - removed;
			let report = DeltaReport { added, removed, records, root: Default::default() };
			log.push(LogEntryView {
				version,
				delta,
				providers: Vec::new(),
				root: dataset_root(root, delta.digest),
				from: version,
				report: (version > 1).then_some(report),
				proposer: AccountId32::new([0; 32]),
				block: 1,
			});
		}
		log
	}

	fn delta(&self, version: u32, add: &[u8], remove: &[u8]) -> ContentRef {
		let path = self.path(&format!("{version}.parquet"));
		let mut writer = DeltaWriter::create(&path, &self.schema()).unwrap();
		for n in add {
			writer.add(&record(*n)).unwrap();
		}
		for n in remove {
			writer.remove(RecordId::of(&record(*n))).unwrap();
		}
		writer.finish().unwrap();
		ContentRef::raw(&std::fs::read(&path).unwrap()).unwrap()
	}
}

/// The canonical bytes of a record of a number.
fn record(n: u8) -> Vec<u8> {
	let x = f32::from(n);
	[&x.to_le_bytes()[..], &(x + 1.0).to_le_bytes(), &[n % 10]].concat()
}
