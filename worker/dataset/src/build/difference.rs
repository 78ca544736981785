//! The changes between two versions of a table.

use super::error::BuildError;
use super::ids::{Ids, IdsWriter};
use super::{Progress, Source, Step};
use crate::schema::RecordId;
use std::path::{Path, PathBuf};

/// Opens a source at its beginning.
pub type Open = Box<dyn Fn() -> Result<Box<dyn Source>, BuildError>>;

/// Progress units of one pass over a source.
const PARTS: u64 = 1000;

/// The changes from an old version of a table to a new one. Records that only the new version has are added,
/// in its order. Records that only the old version has are removed after that, in its order. Records are
/// matched by their ids, so neither their order nor how often they occur makes a difference.
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
	/// Collects the ids of the old version.
	Collect { old: IdsWriter },
	/// Adds the records that the old version lacks, and collects the ids of the new one.
	Add { old: Ids, new: IdsWriter },
	/// Removes the records that the new version lacks.
	Remove { new: Ids },
	/// The source is at its end, or failed.
	Done,
}

impl Versions {
	/// Opens the versions. Ids go to nameless files in the folder `scratch`, 64 bytes for each.
	///
	/// # Errors
	/// Fails if a version cannot be opened.
	pub fn open(open_old: Open, open_new: Open, scratch: &Path) -> Result<Self, BuildError> {
		// A fault of the new version should be found before the old one is read.
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
