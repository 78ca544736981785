use anyhow::{ensure, Result};
use descent_protocol::{dataset_root, evaluation::DeltaSource, view::LogEntryView, MAX_LOG};
use sp_core::H256;

/// Where the log of a group's data set is read.
pub trait LogSource: Send + 'static {
	/// The entries from this version on, oldest first.
	fn entries(&self, from: u32) -> Result<Vec<LogEntryView>>;
}

/// The log as far as it has been read, each entry checked against the one before.
pub struct DatasetLog<L> {
	log: L,
	entries: Vec<LogEntryView>,
}

impl<L: LogSource> DatasetLog<L> {
	/// A book with nothing in it yet.
	pub fn new(log: L) -> Self {
		Self { log, entries: Vec::new() }
	}

	/// The entries that make the version of this root.
	pub fn read(&mut self, version: u32, root: H256) -> Result<&[LogEntryView]> {
		let length = usize::try_from(version)?;
		if !self.holds(length, root) {
			// where a block was abandoned for another, what was read before may be wrong
			if self.entries.len() >= length {
				self.entries.clear();
			}
			if self.extend().is_err() || !self.holds(length, root) {
				self.entries.clear();
				self.extend()?;
			}
			ensure!(
				self.holds(length, root),
				"the node's log of the data set does not make version {version} with the root {root:?}"
			);
		}
		Ok(&self.entries[..length])
	}

	fn holds(&self, length: usize, root: H256) -> bool {
		self.entries.len() >= length && self.root(length) == root
	}

	/// The root of the first entries.
	fn root(&self, length: usize) -> H256 {
		let last = length.checked_sub(1).and_then(|last| self.entries.get(last));
		last.map_or(H256::zero(), |entry| entry.root)
	}

	fn extend(&mut self) -> Result<()> {
		let from = u32::try_from(self.entries.len())?.saturating_add(1);
		for (entry, version) in self.log.entries(from)?.into_iter().zip(from..=MAX_LOG) {
			let root = dataset_root(self.root(self.entries.len()), entry.delta.digest);
			ensure!(
				entry.version == version && entry.root == root,
				"the node's log of the data set is not one: entry {} does not follow from those before",
				entry.version
			);
			self.entries.push(entry);
		}
		Ok(())
	}
}

/// The deltas of log entries, and where they can be had.
pub fn sources(entries: &[LogEntryView]) -> Vec<DeltaSource> {
	let source =
		|entry: &LogEntryView| DeltaSource { delta: entry.delta, providers: entry.providers.clone() };
	entries.iter().map(source).collect()
}
