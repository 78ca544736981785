//! Recordings: folders from which everybody can replay a training.
//!
//! | name | content |
//! |---|---|
//! | `recording.json` | the recipe, the order of the batches, the model and the data set; written last |
//! | `segments.jsonl` | a line for each segment: its beginning, learning rate, last weights, and losses |
//! | `states/` | the weights at the end of each segment, under the digest of the file: `DIGEST.safetensors` |
//! | `base.safetensors` | the weights that the first segment begins with, unless a seed draws them |
//!
//! A folder may come from a stranger. Sizes and lengths are checked before anything is read, memory is
//! bounded by the number of segments, and a state counts only if it has the digest that its line names.

mod error;
mod files;
mod header;
mod line;
mod recorder;
mod scan;
#[cfg(test)]
mod tests;

pub use error::{Full, RecordingError};
pub use header::{DatasetVersion, RecordingHeader, MAX_BATCH, MAX_STEPS};
pub use recorder::Recorder;

pub(crate) use line::micro_units;

use descent_dataset::Description;
use descent_model::{max_checkpoint_bytes, Checkpoint};
use descent_protocol::trace::{trace_root, Base, Segment, SegmentProof, Trace};
use line::Line;
use scan::{Place, Scan};
use sp_core::H256;
use std::{
	io::{Read, Seek},
	os::unix::fs::FileExt,
	path::{Path, PathBuf},
};

const HEADER: &str = "recording.json";
const LINES: &str = "segments.jsonl";
const STATES: &str = "states";
const BASE: &str = "base.safetensors";

/// A recording on disk, open for reading. It holds the segments; losses and states are read where they are
/// asked for.
///
/// ```no_run
/// use descent_replay::Recording;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let recording = Recording::read("recordings/7".as_ref())?;
/// println!("{} segments, root {:?}", recording.segments().len(), recording.trace().root);
/// for number in recording.path_to(12).ok_or("there is no segment 12")? {
///     println!("{number}: loss {}", recording.losses(number)?[0]);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Recording {
	folder: PathBuf,
	header: RecordingHeader,
	segments: Vec<Segment>,
	/// The place of each segment's line.
	places: Vec<Place>,
}

impl Recording {
	/// Reads the recording in a folder. A last line that is not whole, because a trainer is writing it or was
	/// killed, is left out.
	///
	/// # Errors
	/// Fails if there is none, or if its files are larger than those of any recording or broken.
	pub fn read(folder: &Path) -> Result<Self, RecordingError> {
		Ok(Self::scanned(folder)?.0)
	}

	/// Reads a recording. Returns the length of its whole lines, too, in bytes.
	fn scanned(folder: &Path) -> Result<(Self, u64), RecordingError> {
		let path = folder.join(HEADER);
		let (file, bytes) = match files::open(&path, header::LARGEST) {
			Err(RecordingError::Io { error, .. }) if error.kind() == std::io::ErrorKind::NotFound => {
				return Err(RecordingError::Missing(folder.into()))
			}
			opened => opened?,
		};
		let mut json = Vec::new();
		file.take(bytes).read_to_end(&mut json).map_err(RecordingError::io(&path))?;
		let header = RecordingHeader::parse(&path, &json)?;
		let Scan { segments, places, end } = scan::scan(&folder.join(LINES), header.recipe.steps)?;
		Ok((Self { folder: folder.into(), header, segments, places }, end))
	}

	/// All that the segments have in common.
	pub fn header(&self) -> &RecordingHeader {
		&self.header
	}

	/// The folder.
	pub fn folder(&self) -> &Path {
		&self.folder
	}

	/// The segments, in the order in which they were trained.
	pub fn segments(&self) -> &[Segment] {
		&self.segments
	}

	/// Number of segments.
	pub fn count(&self) -> u16 {
		u16::try_from(self.segments.len()).unwrap_or(u16::MAX)
	}

	/// The trace that a commitment binds.
	pub fn trace(&self) -> Trace {
		Trace { root: trace_root(&self.segments), segments: self.count() }
	}

	/// Returns the proof that the trace contains a segment; `None` if there is no such segment.
	pub fn proof(&self, number: u16) -> Option<SegmentProof> {
		SegmentProof::new(&self.segments, number)
	}

	/// Returns the segments on the way from the base to the end of a segment, which is the last of them;
	/// `None` if there is no such segment.
	pub fn path_to(&self, number: u16) -> Option<Vec<u16>> {
		let mut path = vec![number];
		let mut from = self.segments.get(usize::from(number))?.from;
		// It ends, as each line was checked to begin with an earlier one.
		while let Some(before) = from {
			path.push(before);
			from = self.segments.get(usize::from(before))?.from;
		}
		path.reverse();
		Some(path)
	}

	/// Reads the losses of a segment's steps, in micro-units.
	///
	/// # Errors
	/// Fails if there is no such segment, or the file has changed.
	pub fn losses(&self, number: u16) -> Result<Vec<u64>, RecordingError> {
		let path = self.folder.join(LINES);
		let Place { offset, length } =
			*self.places.get(usize::from(number)).ok_or_else(|| self.no_segment(number))?;
		let (file, _) = files::open(&path, u64::MAX)?;
		let mut bytes = vec![0; length];
		file.read_exact_at(&mut bytes, offset).map_err(RecordingError::io(&path))?;
		let malformed = |reason: String| RecordingError::malformed(&path, format!("line {number}: {reason}"));
		let line: Line = serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
		line.check(number, self.header.recipe.steps).map_err(malformed)?;
		Ok(line.losses)
	}

	/// Reads the weights at the end of a segment, and checks their digest.
	///
	/// # Errors
	/// Fails if there is no such segment, or if its file is missing, another one, or no checkpoint of this
	/// model.
	pub fn state(&self, number: u16, description: &Description) -> Result<Checkpoint, RecordingError> {
		read_state(&self.state_path(number)?, self.segment(number)?.state, description)
	}

	/// Reads the weights that a segment begins with, and checks their digest.
	///
	/// # Errors
	/// Those of [`Self::state`] and [`Self::base`].
	pub fn start(&self, number: u16, description: &Description) -> Result<Checkpoint, RecordingError> {
		match self.segment(number)?.from {
			Some(from) => self.state(from, description),
			None => self.base(description),
		}
	}

	/// Returns the weights that the training began with: draws initial ones, or reads a checkpoint and checks
	/// its digest.
	///
	/// # Errors
	/// Fails if the file is missing, another one, or no checkpoint of this model.
	pub fn base(&self, description: &Description) -> Result<Checkpoint, RecordingError> {
		match self.header.recipe.base {
			Base::Initial { seed } => Ok(Checkpoint::initial(description, seed)),
			Base::Checkpoint { checkpoint } => {
				read_state(&self.folder.join(BASE), checkpoint.digest, description)
			}
		}
	}

	/// Returns the path of the weights at the end of a segment.
	///
	/// # Errors
	/// Fails if there is no such segment.
	pub fn state_path(&self, number: u16) -> Result<PathBuf, RecordingError> {
		Ok(state_path(&self.folder, self.segment(number)?.state))
	}

	fn segment(&self, number: u16) -> Result<&Segment, RecordingError> {
		self.segments.get(usize::from(number)).ok_or_else(|| self.no_segment(number))
	}

	fn no_segment(&self, number: u16) -> RecordingError {
		RecordingError::NoSegment { number, segments: self.count() }
	}
}

/// Returns the path of the state with this digest.
fn state_path(folder: &Path, digest: H256) -> PathBuf {
	folder.join(STATES).join(format!("{digest:x}.safetensors"))
}

/// Reads a checkpoint that has to have this digest.
fn read_state(path: &Path, digest: H256, description: &Description) -> Result<Checkpoint, RecordingError> {
	let (mut file, _) = files::open(path, max_checkpoint_bytes(description))?;
	let found = files::address(path, &file)?.digest;
	if found != digest {
		return Err(RecordingError::OtherState { path: path.into(), found });
	}
	file.rewind().map_err(RecordingError::io(path))?;
	Checkpoint::read(description, &file)
		.map_err(|error| RecordingError::Checkpoint { path: path.into(), error })
}
