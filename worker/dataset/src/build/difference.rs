//! What turns one version of a table into another.

use super::error::BuildError;
use super::ids::{Ids, IdsWriter};
use super::{Progress, Source, Step};
use crate::schema::RecordId;
use std::path::{Path, PathBuf};

/// Opens a source from its beginning.
pub type Open = Box<dyn Fn() -> Result<Box<dyn Source>, BuildError>>;

/// Parts of a whole pass, for the progress.
const PARTS: u64 = 1000;

/// The records of a new version that an old one does not have, as additions in the new one's order; and then those of
/// the old one that the new one does not have, as removals in the old one's order. Records are matched by their ids, so
/// that their order in the versions and how often they occur make no difference.
///
/// The old version is read twice and the new one once. The ids of both are kept on disk.
pub struct Versions {
	open_old: Open,
	open_new: Open,
	scratch: PathBuf,
	source: Box<dyn Source>,
	stage: Stage,
}

enum Stage {
	/// The ids of the old version are collected.
	Collect { old: IdsWriter },
	/// What the old version does not have is added, and the ids of the new one are collected.
	Add { old: Ids, new: IdsWriter },
	/// What the new version does not have is removed.
	Remove { new: Ids },
	/// Nothing is left, or something failed.
	Done,
}

impl Versions {
	/// Opens the versions. Ids go to nameless files in the folder `scratch`, 64 bytes for each.
	///
	/// # Errors
	/// Where a version cannot be opened.
	pub fn open(open_old: Open, open_new: Open, scratch: &Path) -> Result<Self, BuildError> {
		// what is wrong with the new version is to be known before the old one has been read
		open_new()?;
		Ok(Self {
			source: open_old()?,
			open_old,
			open_new,
			scratch: scratch.into(),
			stage: Stage::Collect { old: IdsWriter::new(scratch) },
		})
	}

	fn next_stage(&mut self) -> Result<Step, BuildError> {
		let io = |error| BuildError::io(&self.scratch, error);
		self.stage = match std::mem::replace(&mut self.stage, Stage::Done) {
			Stage::Collect { old } => {
				self.source = (self.open_new)()?;
				Stage::Add { old: old.finish().map_err(io)?, new: IdsWriter::new(&self.scratch) }
			}
			Stage::Add { new, .. } => {
				self.source = (self.open_old)()?;
				Stage::Remove { new: new.finish().map_err(io)? }
			}
			Stage::Remove { .. } | Stage::Done => return Ok(Step::End),
		};
		Ok(Step::Skip)
	}
}

impl Source for Versions {
	fn read(&mut self, record: &mut Vec<u8>) -> Result<Step, BuildError> {
		match self.source.read(record)? {
			Step::End => return self.next_stage(),
			Step::Skip => return Ok(Step::Skip),
			Step::Add | Step::Remove => {}
		}
		let id = RecordId::of(record);
		let step = match &mut self.stage {
			Stage::Collect { old } => old.insert(id).map(|()| Step::Skip),
			Stage::Add { old, new } => {
				new.insert(id)
					.and_then(|()| old.contains(id))
					.map(|known| if known { Step::Skip } else { Step::Add })
			}
			Stage::Remove { new } => {
				new.contains(id).map(|kept| if kept { Step::Skip } else { Step::Remove })
			}
			Stage::Done => Ok(Step::End),
		};
		step.map_err(|error| BuildError::io(&self.scratch, error))
	}

	fn position(&self) -> String {
		self.source.position()
	}

	fn progress(&self) -> Progress {
		let pass = match self.stage {
			Stage::Collect { .. } => 0,
			Stage::Add { .. } => 1,
			Stage::Remove { .. } | Stage::Done => 2,
		};
		let Progress { done, total } = self.source.progress();
		let part = done.min(total).saturating_mul(PARTS).checked_div(total);
		Progress { done: pass * PARTS + part.unwrap_or(0), total: 3 * PARTS }
	}
}
