//! The record of the keys that were sent. What was sent once may be known to others.

use super::folder;
use anyhow::{ensure, Context, Result};
use descent_client::H256;
use descent_protocol::RoundIndex;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The version of the format.
const VERSION: u32 = 1;

/// A key that was sent, or was about to be.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
	/// Place of its set in the series.
	pub(super) set: u16,
	/// The round that it was sent for; `None` if its set was given up.
	pub(super) round: Option<RoundIndex>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Stored {
	descent_test_sets_released: u32,
	series: H256,
	sent: Vec<Sent>,
}

/// The keys that were sent, in a file.
#[derive(Debug)]
pub(super) struct Journal {
	path: PathBuf,
	stored: Stored,
}

impl Journal {
	/// Reads a journal; `None` if there is none.
	///
	/// # Errors
	/// Fails if it can't be read or is damaged.
	pub(super) fn read(path: &Path) -> Result<Option<Self>> {
		let damaged = || {
			format!(
				"{0} tells which keys were sent, and is damaged: restore it from a copy. Without it a key \
				 that others know may be used for a round",
				path.display()
			)
		};
		let stored: Option<Stored> = folder::read(path).with_context(damaged)?;
		let is_known = |stored: &Stored| stored.descent_test_sets_released == VERSION;
		ensure!(stored.as_ref().is_none_or(is_known), "{} has another version", path.display());
		Ok(stored.map(|stored| Self { path: path.into(), stored }))
	}

	/// Opens the journal of a series, or begins one.
	///
	/// # Errors
	/// Fails if the journal is of another series, and those of [`Self::read`].
	pub(super) fn open(path: &Path, series: H256) -> Result<Self> {
		if let Some(journal) = Self::read(path)? {
			let is_same = journal.stored.series == series;
			ensure!(is_same || journal.is_empty(), "{} is of another series", path.display());
			if is_same {
				return Ok(journal);
			}
		}
		let stored = Stored { descent_test_sets_released: VERSION, series, sent: Vec::new() };
		Ok(Self { path: path.into(), stored })
	}

	pub(super) fn series(&self) -> H256 {
		self.stored.series
	}

	/// Returns true if no key was sent.
	pub(super) fn is_empty(&self) -> bool {
		self.stored.sent.is_empty()
	}

	/// Returns the record of a set, if its key was sent.
	pub(super) fn sent(&self, set: u16) -> Option<Sent> {
		self.stored.sent.iter().copied().find(|sent| sent.set == set)
	}

	/// Returns true if a key was sent for a round.
	pub(super) fn has_served(&self, round: RoundIndex) -> bool {
		self.stored.sent.iter().any(|sent| sent.round == Some(round))
	}

	/// Notes that the key of a set is about to be sent. What was noted of it before stays.
	///
	/// # Errors
	/// Fails if the note can't be written: the key must not be sent then.
	pub(super) fn note(&mut self, sent: Sent) -> Result<()> {
		if self.sent(sent.set).is_some() {
			return Ok(());
		}
		self.stored.sent.push(sent);
		let written = folder::write(&self.path, &self.stored);
		if written.is_err() {
			self.stored.sent.pop();
		}
		written
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const SERIES: H256 = H256::repeat_byte(1);

	#[test]
	fn what_was_sent_is_known_after_a_restart() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("released.json");
		assert!(Journal::read(&path).unwrap().is_none());
		let mut journal = Journal::open(&path, SERIES).unwrap();
		assert!(journal.is_empty());
		journal.note(Sent { set: 0, round: Some(7) }).unwrap();
		journal.note(Sent { set: 0, round: Some(8) }).unwrap();
		journal.note(Sent { set: 1, round: None }).unwrap();
		let journal = Journal::open(&path, SERIES).unwrap();
		assert_eq!(journal.sent(0), Some(Sent { set: 0, round: Some(7) }), "the first round stays");
		assert_eq!(journal.sent(1), Some(Sent { set: 1, round: None }));
		assert_eq!(journal.sent(2), None);
		assert!(journal.has_served(7) && !journal.has_served(8));
		let error = Journal::open(&path, H256::zero()).unwrap_err();
		assert!(error.to_string().contains("of another series"), "{error}");
	}

	#[test]
	fn a_damaged_journal_is_not_begun_anew() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("released.json");
		for damaged in ["", "{}", r#"{"descent_test_sets_released":1}"#] {
			std::fs::write(&path, damaged).unwrap();
			let error = Journal::open(&path, SERIES).unwrap_err();
			assert!(error.to_string().contains("restore it"), "{error}");
		}
		let later = serde_json::json!({ "descent_test_sets_released": 2, "series": SERIES, "sent": [] });
		std::fs::write(&path, later.to_string()).unwrap();
		assert!(Journal::open(&path, SERIES).unwrap_err().to_string().contains("another version"));
	}

	#[test]
	fn a_key_that_can_t_be_noted_is_not_sent() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("absent/released.json");
		let mut journal = Journal::open(&path, SERIES).unwrap();
		assert!(journal.note(Sent { set: 0, round: Some(7) }).is_err());
		assert!(journal.is_empty());
	}
}
