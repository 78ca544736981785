use anyhow::{ensure, Result};
use descent_protocol::{dataset_root, evaluation::DeltaSource, view::LogEntryView, MAX_LOG};
use sp_core::H256;

/// Where the log of a group's data set is read.
pub trait Log: Send + 'static {
	/// The entries from this version on, oldest first.
	fn entries(&self, from: u32) -> Result<Vec<LogEntryView>>;
}

/// The log as far as it has been read, each entry checked against the one before.
pub struct LogBook<L> {
	log: L,
	entries: Vec<LogEntryView>,
}

impl<L: Log> LogBook<L> {
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

#[cfg(test)]
pub mod tests {
	use super::*;
	use descent_protocol::{ContentRef, DeltaReport};
	use sp_core::crypto::AccountId32;
	use std::sync::{Arc, Mutex};

	/// A log in memory.
	#[derive(Clone, Default)]
	pub struct FakeLog(pub Arc<Mutex<Vec<LogEntryView>>>);

	impl FakeLog {
		/// Adds a delta; the version that it makes and its root.
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

	impl Log for FakeLog {
		fn entries(&self, from: u32) -> Result<Vec<LogEntryView>> {
			Ok(self.0.lock().unwrap()[from as usize - 1..].to_vec())
		}
	}

	fn delta(number: u8) -> ContentRef {
		ContentRef::raw(&[number]).unwrap()
	}

	#[test]
	fn grows_with_the_chain_and_follows_it_where_it_turns() {
		let log = FakeLog::default();
		let (_, first) = log.push(delta(1), vec![], None);
		let (_, second) = log.push(delta(2), vec!["http://a".into()], None);
		let mut book = LogBook::new(log.clone());
		assert_eq!(book.read(1, first).unwrap().len(), 1);
		let read = sources(book.read(2, second).unwrap());
		assert_eq!(read[1].providers, ["http://a"]);
		let (_, third) = log.push(delta(3), vec![], None);
		assert_eq!(book.read(3, third).unwrap().len(), 3);
		log.0.lock().unwrap().truncate(1);
		let (_, other) = log.push(delta(4), vec![], None);
		assert_eq!(book.read(2, other).unwrap()[1].delta, delta(4));
		let (_, next) = log.push(delta(5), vec![], None);
		log.0.lock().unwrap()[1].delta = delta(6);
		assert!(LogBook::new(log.clone()).read(3, next).is_err(), "an entry without its root");
		assert!(book.read(4, next).is_err(), "more than there is");
	}
}
