//! A range of a source's records.

use super::error::BuildError;
use super::{Progress, Source, Step};

/// The records of a source from one position to another, counted from 0.
pub struct Records<S> {
	source: S,
	start: u64,
	/// Position after the last record; `None` takes all.
	end: Option<u64>,
	/// Number of records that were read.
	read: u64,
}

impl<S: Source> Records<S> {
	/// Limits a source to the records from `start` up to `end`, without `end` itself.
	///
	/// # Errors
	/// Fails if the source is known to have fewer records, or if the range ends before it begins.
	pub fn new(source: S, start: u64, end: Option<u64>) -> Result<Self, BuildError> {
		let found = source.records();
		let records = Self { source, start, end, read: 0 };
		let end = end.unwrap_or(start);
		if start > end || found.is_some_and(|found| end > found) {
			return Err(records.range_error(found.unwrap_or(0)));
		}
		Ok(records)
	}

	fn range_error(&self, found: u64) -> BuildError {
		BuildError::Range { start: self.start, end: self.end, found }
	}
}

impl<S: Source> Source for Records<S> {
	fn read(&mut self, record: &mut Vec<u8>) -> Result<Step, BuildError> {
		if Some(self.read) == self.end {
			return Ok(Step::End);
		}
		match self.source.read(record)? {
			Step::End if self.end.is_some() || self.read < self.start => Err(self.range_error(self.read)),
			step @ (Step::End | Step::Skip) => Ok(step),
			step => {
				self.read += 1;
				Ok(if self.read > self.start { step } else { Step::Skip })
			}
		}
	}

	fn position(&self) -> String {
		self.source.position()
	}

	fn progress(&self) -> Progress {
		match self.end {
			Some(total) => Progress { done: self.read, total },
			None => self.source.progress(),
		}
	}

	fn records(&self) -> Option<u64> {
		let end = self.end.or(self.source.records())?;
		Some(end.saturating_sub(self.start))
	}
}

impl Source for Box<dyn Source> {
	fn read(&mut self, record: &mut Vec<u8>) -> Result<Step, BuildError> {
		(**self).read(record)
	}

	fn position(&self) -> String {
		(**self).position()
	}

	fn progress(&self) -> Progress {
		(**self).progress()
	}

	fn records(&self) -> Option<u64> {
		(**self).records()
	}
}
