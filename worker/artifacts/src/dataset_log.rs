//! The log of a data set as a node shows it, checked entry by entry.

use anyhow::{ensure, Result};
use descent_protocol::{dataset_root, evaluation::DeltaSource, view::LogEntryView, MAX_LOG};
use sp_core::H256;

/// A node that the log of a group's data set is read from.
pub trait LogSource: Send + 'static {
	/// Returns the entries from this version on, oldest first.
	fn entries(&self, from: u32) -> Result<Vec<LogEntryView>>;
}

/// The log as far as it has been read, each entry checked against the one before.
pub struct DatasetLog<L> {
	source: L,
	entries: Vec<LogEntryView>,
}

impl<L: LogSource> DatasetLog<L> {
	/// Creates a log of which nothing has been read.
	pub fn new(source: L) -> Self {
		Self { source, entries: Vec::new() }
	}

	/// Returns the entries that make the version of this root.
	pub fn read(&mut self, version: u32, root: H256) -> Result<&[LogEntryView]> {
		let length = usize::try_from(version)?;
		if !self.holds(length, root) {
			// If a block was abandoned for another, entries that were read before may be wrong.
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
		self.entries.len() >= length && root_of(&self.entries[..length]) == root
	}

	fn extend(&mut self) -> Result<()> {
		let from = u32::try_from(self.entries.len())?.saturating_add(1);
		let mut entries = self.source.entries(from)?;
		entries.truncate(usize::try_from(MAX_LOG)?.saturating_sub(self.entries.len()));
		check_log(&self.entries, &entries)?;
		self.entries.extend(entries);
		Ok(())
	}
}

/// Checks that log entries continue those `before` without a gap, and that their roots are those of their
/// deltas.
pub fn check_log(before: &[LogEntryView], entries: &[LogEntryView]) -> Result<()> {
	let mut root = root_of(before);
	let first = u32::try_from(before.len())?.saturating_add(1);
	for (entry, version) in entries.iter().zip(first..) {
		root = dataset_root(root, entry.delta.digest);
		ensure!(
			entry.version == version && entry.root == root,
			"the log that the node shows is wrong at version {version}: ask another one, with --node"
		);
	}
	Ok(())
}

/// Returns the deltas of log entries and their providers.
pub fn sources(entries: &[LogEntryView]) -> Vec<DeltaSource> {
	let source =
		|entry: &LogEntryView| DeltaSource { delta: entry.delta, providers: entry.providers.clone() };
	entries.iter().map(source).collect()
}

fn root_of(entries: &[LogEntryView]) -> H256 {
	entries.last().map_or(H256::zero(), |entry| entry.root)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::test_log::LogFolder;

	const LOG: &[(&[u8], &[u8])] = &[(&[1, 2, 3], &[]), (&[4], &[1]), (&[1], &[2, 3]), (&[9], &[])];

	#[test]
	fn a_log_that_does_not_fit_is_refused() {
		let log = LogFolder::new().log(LOG);
		assert!(check_log(&[], &[]).is_ok());
		let wrong = |change: fn(&mut Vec<LogEntryView>)| {
			let mut log = log.clone();
			change(&mut log);
			check_log(&[], &log).unwrap_err().to_string()
		};
		assert!(wrong(|log| drop(log.remove(0))).contains("wrong at version 1"));
		assert!(wrong(|log| drop(log.remove(1))).contains("wrong at version 2"));
		assert!(wrong(|log| log.swap(1, 2)).contains("wrong at version 2"));
		assert!(wrong(|log| log[2].delta = log[0].delta).contains("wrong at version 3"));
		assert!(wrong(|log| log[3].root = log[2].root).contains("wrong at version 4"));
		assert!(wrong(|log| log[3].version = 5).contains("wrong at version 4"));
	}
}
