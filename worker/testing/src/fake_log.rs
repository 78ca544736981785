use anyhow::Result;
use descent_artifacts::dataset_log::LogSource;
use descent_protocol::{dataset_root, view::LogEntryView, ContentRef, DeltaReport};
use sp_core::{crypto::AccountId32, H256};
use std::sync::{Arc, Mutex};

/// A data-set log in memory.
#[derive(Clone, Default)]
pub struct FakeLog(pub Arc<Mutex<Vec<LogEntryView>>>);

impl FakeLog {
	/// Adds a delta and returns the version that it makes and the root of that.
	pub fn push(
		&self,
		delta: ContentRef,
		providers: Vec<String>,
		report: Option<DeltaReport>,
	) -> (u32, H256) {
		let mut entries = self.0.lock().unwrap();
		let before = entries.last().map_or(H256::zero(), |entry| entry.root);
		let root = dataset_root(before, delta.digest);
		let version = entries.len() as u32 + 1;
		entries.push(LogEntryView {
			version,
			delta,
			providers,
			root,
			from: 0,
			report,
			proposer: AccountId32::new([1; 32]),
			block: 1,
		});
		(version, root)
	}
}

impl LogSource for FakeLog {
	fn entries(&self, from: u32) -> Result<Vec<LogEntryView>> {
		Ok(self.0.lock().unwrap()[from as usize - 1..].to_vec())
	}
}
