//! Versions of a data set on disk.

use anyhow::{bail, ensure, Context, Result};
use descent_dataset::{DeltaLimits, Schema, Set, SetError};
use descent_protocol::{dataset_root, view::LogEntryView};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// Refuses a log that does not begin at the first version, has gaps, or whose roots are not those of its deltas.
pub(super) fn check_log(log: &[LogEntryView]) -> Result<()> {
	let mut root = Default::default();
	for (entry, version) in log.iter().zip(1u32..) {
		root = dataset_root(root, entry.delta.digest);
		ensure!(
			entry.version == version && entry.root == root,
			"the log that the node shows is wrong at version {version}: ask another one, with --node"
		);
	}
	Ok(())
}

/// A folder with versions of data sets of one schema, each named by its root.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
	folder: PathBuf,
	schema: Schema,
}

/// What is there of a version, and what has to be applied to it.
#[derive(Debug)]
pub(super) struct Start {
	/// The longest part of the log that is on disk.
	pub set: Option<Set>,
	/// How many deltas it has.
	pub done: usize,
}

impl Shelf {
	/// Opens a shelf below `folder`, and removes what a process that was killed was building. No other process may use it.
	pub(super) fn open(folder: &Path, schema: &Schema) -> Result<Self> {
		let name = descent_dataset::RecordId::of(&serde_json::to_vec(schema)?).to_string();
		let folder = folder.join(name);
		Set::sweep(&folder).with_context(|| format!("cleaning {}", folder.display()))?;
		Ok(Self { folder, schema: schema.clone() })
	}

	/// Finds the longest part of a log that is on disk. It is read as a whole; what was damaged is removed.
	pub(super) fn start(&self, log: &[LogEntryView]) -> Result<Start> {
		for (position, entry) in log.iter().enumerate().rev() {
			let opened = Set::open(&self.folder, entry.root, &self.schema);
			let verified = opened.and_then(|set| {
				set.as_ref().map_or(Ok(()), Set::verify)?;
				Ok(set)
			});
			match verified {
				Ok(None) => {}
				Ok(set) => return Ok(Start { set, done: position + 1 }),
				Err(SetError::Damaged { folder, reason }) => {
					tracing::warn!(folder = %folder.display(), "building a damaged version again: {reason}");
					remove(&folder)?;
				}
				Err(error) => bail!(error),
			}
		}
		Ok(Start { set: None, done: 0 })
	}

	/// Applies the deltas that are missing; `file` brings each of them. Only the version asked for and the one that was
	/// there before are kept.
	pub(super) fn build(
		&self,
		start: Start,
		log: &[LogEntryView],
		mut file: impl FnMut(&LogEntryView) -> Result<TempPath>,
	) -> Result<Set> {
		let Start { mut set, done } = start;
		for (position, entry) in log.iter().enumerate().skip(done) {
			let delta = file(entry)?;
			let limits = DeltaLimits::default();
			let digest = entry.delta.digest;
			let next = Set::apply(&self.folder, set.as_ref(), &delta, digest, &self.schema, &limits)
				.with_context(|| format!("version {} cannot be built", entry.version))?;
			let expected = entry.report.map_or(next.len(), |report| report.records);
			ensure!(
				next.root() == entry.root && next.len() == expected,
				"version {} is not the one in the log: it has {} records and the root {:?}",
				entry.version,
				next.len(),
				next.root()
			);
			if let Some(previous) = set.replace(next).filter(|_| position > done) {
				remove(previous.folder())?;
			}
		}
		set.context("version 0 is the empty data set")
	}
}

fn remove(folder: &Path) -> Result<()> {
	std::fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))
}

#[cfg(test)]
#[path = "shelf_tests.rs"]
mod tests;
