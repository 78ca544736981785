//! `progress.json`: what a restarted training has to know beside the segments.

use anyhow::Result;
use descent_artifacts::disk::write_atomically;
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

const FILE: &str = "progress.json";

/// The state of a training at the end of a segment. A place is the end of a segment, or the base if absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
	/// Number of segments.
	pub segments: u16,
	/// Place of the best weights.
	pub best: Option<u16>,
	/// Place from which the next segment goes on.
	pub position: Option<u16>,
	/// The learning rate of the next segment, in billionths.
	pub rate: u32,
}

impl Progress {
	/// Reads the file in the folder of a recording with this many segments; `None` if there is none that
	/// fits. Without it the training goes on from the last segment.
	pub(super) fn read(folder: &Path, segments: u16) -> Option<Self> {
		let progress: Self = serde_json::from_slice(&fs::read(folder.join(FILE)).ok()?).ok()?;
		let is_place = |place: Option<u16>| place.is_none_or(|number| number < segments);
		// A process that was killed may have added a segment after it.
		let fits = progress.segments <= segments;
		(fits && is_place(progress.best) && is_place(progress.position)).then_some(progress)
	}

	pub(super) fn write(&self, folder: &Path) -> Result<()> {
		write_atomically(&folder.join(FILE), &serde_json::to_vec(self)?)
	}
}
