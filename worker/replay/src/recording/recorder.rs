//! Writing of a recording.

use super::{
	error::{Full, RecordingError},
	files,
	line::Line,
	scan::Place,
	state_path, Recording, RecordingHeader, BASE, HEADER, LINES, STATES,
};
use descent_model::Checkpoint;
use descent_protocol::{
	trace::{Base, Segment},
	MAX_SEGMENTS,
};
use sp_core::H256;
use std::{
	collections::HashSet,
	fs::{self, File, OpenOptions, TryLockError},
	io::Write,
	os::unix::fs::FileExt,
	path::{Path, PathBuf},
};

/// Name of a state whose digest is not known yet.
const NEW: &str = "new.safetensors";

/// Writes a recording, segment by segment.
///
/// The process may be killed at any moment. The state of a segment is complete and on disk before its line is
/// written, and [`Self::open`] drops a line that is not whole. If the machine loses power, segments that were
/// added since [`Self::sync`] may be missing, and those before them are there.
#[derive(Debug)]
pub struct Recorder {
	recording: Recording,
	lines: File,
	/// Length of the lines, in bytes.
	end: u64,
	/// Size of all files, in bytes.
	bytes: u64,
	limit: u64,
}

impl Recorder {
	/// Begins a recording in a folder, which is created. Its files will have at most `limit` bytes together.
	/// `base` is the file of the checkpoint that the recipe names as base, or `None` where it names initial
	/// weights.
	///
	/// # Errors
	/// Fails if the recipe cannot be recorded, the folder has a recording, `base` is another checkpoint than
	/// the recipe's, or files cannot be written.
	pub fn create(
		folder: &Path,
		header: RecordingHeader,
		base: Option<&Path>,
		limit: u64,
	) -> Result<Self, RecordingError> {
		let path = folder.join(HEADER);
		header.check().map_err(|reason| RecordingError::malformed(&path, reason))?;
		if path.exists() {
			return Err(RecordingError::Exists(folder.into()));
		}
		let states = folder.join(STATES);
		fs::create_dir_all(&states).map_err(RecordingError::io(&states))?;
		put_base(folder, header.recipe.base, base)?;
		let lines = folder.join(LINES);
		File::create(&lines).and_then(|file| file.sync_all()).map_err(RecordingError::io(&lines))?;
		let json = header.to_json().map_err(|error| RecordingError::malformed(&path, error))?;
		let write = || -> std::io::Result<()> {
			let mut file = tempfile::NamedTempFile::new_in(folder)?;
			file.write_all(&json)?;
			file.as_file().sync_all()?;
			file.persist(&path).map_err(|error| error.error)?;
			Ok(())
		};
		write().map_err(RecordingError::io(&path))?;
		files::sync_folder(folder)?;
		Self::open(folder, limit)
	}

	/// Goes on with the recording in a folder, after its last whole segment. What a process that was killed
	/// left unfinished is removed.
	///
	/// # Errors
	/// Those of [`Recording::read`], [`RecordingError::InUse`] while another recorder has it open, and if
	/// files cannot be written.
	pub fn open(folder: &Path, limit: u64) -> Result<Self, RecordingError> {
		let lines = take_over(folder)?;
		let (mut recording, mut end) = Recording::scanned(folder)?;
		// Without power a line may have reached the disk before its state's name.
		let is_there = |segment: &Segment| state_path(folder, segment.state).is_file();
		let whole = recording.segments.iter().take_while(|segment| is_there(segment)).count();
		if let Some(Place { offset, .. }) = recording.places.get(whole) {
			end = *offset;
			recording.segments.truncate(whole);
			recording.places.truncate(whole);
		}
		lines.set_len(end).map_err(RecordingError::io(&folder.join(LINES)))?;
		let states = sweep(&recording)?;
		let fixed = size(&folder.join(BASE)).saturating_add(size(&folder.join(HEADER)));
		let bytes = fixed.saturating_add(states).saturating_add(end);
		Ok(Self { recording, lines, end, bytes, limit })
	}

	/// The recording so far.
	pub fn recording(&self) -> &Recording {
		&self.recording
	}

	/// Size of all files, in bytes.
	pub fn bytes(&self) -> u64 {
		self.bytes
	}

	/// Adds a segment, and returns its number: the weights at its end, and the loss of each of its steps. It
	/// began at the end of the segment `from`, or with the base, and its steps had the learning rate `rate`
	/// in billionths.
	///
	/// # Errors
	/// [`RecordingError::Full`] if the recording has no room for it, which leaves the recording as it was.
	/// Fails too if there is no segment `from`, the numbers of steps and losses differ, or files cannot be
	/// written.
	pub fn add(
		&mut self,
		from: Option<u16>,
		rate: u32,
		end: &Checkpoint,
		losses: &[f64],
	) -> Result<u16, RecordingError> {
		let number = self.recording.count();
		if number >= MAX_SEGMENTS {
			return Err(RecordingError::Full(Full::Segments));
		}
		let path = self.recording.folder.join(LINES);
		let line = Line::new(number, Segment { from, rate, state: H256::zero() }, losses);
		line.check(number, self.recording.header.recipe.steps)
			.map_err(|reason| RecordingError::malformed(&path, format!("line {number}: {reason}")))?;
		let new = self.recording.folder.join(STATES).join(NEW);
		end.save(&new).map_err(|error| RecordingError::Checkpoint { path: new.clone(), error })?;
		let (file, _) = files::open(&new, u64::MAX)?;
		let line = Line { state: files::address(&new, &file)?.digest, ..line };
		let added = self.put(&new, &line)?;
		let written = self.lines.write_all_at(&added, self.end).and_then(|()| self.lines.sync_data());
		if let Err(error) = written {
			// A part of the line may be there; a failure leaves it to the next opening.
			let _ = self.lines.set_len(self.end);
			return Err(RecordingError::Io { path, error });
		}
		self.recording.segments.push(line.segment());
		self.recording.places.push(Place { offset: self.end, length: added.len() });
		self.end = self.end.saturating_add(added.len() as u64);
		self.bytes = self.bytes.saturating_add(added.len() as u64);
		Ok(number)
	}

	/// Gives a new state its name, and returns the bytes of its line.
	fn put(&mut self, new: &Path, line: &Line) -> Result<Vec<u8>, RecordingError> {
		let malformed = |error| RecordingError::malformed(&self.recording.folder.join(LINES), error);
		let mut bytes = serde_json::to_vec(line).map_err(malformed)?;
		bytes.push(b'\n');
		let named = state_path(&self.recording.folder, line.state);
		// Steps that change no weight end where they began.
		let state = if named.is_file() { 0 } else { size(new) };
		let all = self.bytes.saturating_add(state);
		if all.saturating_add(bytes.len() as u64) > self.limit {
			files::remove(new).map_err(RecordingError::io(new))?;
			return Err(RecordingError::Full(Full::Bytes { limit: self.limit }));
		}
		fs::rename(new, &named).map_err(RecordingError::io(&named))?;
		self.bytes = all;
		Ok(bytes)
	}

	/// Waits until all segments are on disk, so that a loss of power does not take them.
	///
	/// # Errors
	/// Fails if they cannot be written.
	pub fn sync(&self) -> Result<(), RecordingError> {
		files::sync_folder(&self.recording.folder.join(STATES))?;
		self.lines.sync_data().map_err(RecordingError::io(&self.recording.folder.join(LINES)))
	}
}

/// Opens the lines of a recording for writing, and keeps other recorders from it until they are closed.
fn take_over(folder: &Path) -> Result<File, RecordingError> {
	let (path, states) = (folder.join(LINES), folder.join(STATES));
	if !folder.join(HEADER).exists() {
		return Err(RecordingError::Missing(folder.into()));
	}
	// A link would lead away, and what lies there would be cut off or removed.
	files::open(&path, u64::MAX)?;
	if !fs::symlink_metadata(&states).map_err(RecordingError::io(&states))?.is_dir() {
		return Err(RecordingError::malformed(&states, "it is no folder"));
	}
	let lines = OpenOptions::new().read(true).write(true).open(&path);
	let lines = lines.map_err(RecordingError::io(&path))?;
	match lines.try_lock() {
		Ok(()) => Ok(lines),
		Err(TryLockError::WouldBlock) => Err(RecordingError::InUse(folder.into())),
		Err(TryLockError::Error(error)) => Err(RecordingError::Io { path, error }),
	}
}

/// Puts the checkpoint that a recipe begins with into the folder.
fn put_base(folder: &Path, base: Base, file: Option<&Path>) -> Result<(), RecordingError> {
	let path = folder.join(BASE);
	let (checkpoint, file) = match (base, file) {
		(Base::Initial { .. }, None) => return files::remove(&path).map_err(RecordingError::io(&path)),
		(Base::Checkpoint { checkpoint }, Some(file)) => (checkpoint, file),
		(Base::Initial { .. }, Some(_)) => {
			return Err(RecordingError::malformed(&path, "the recipe begins with initial weights"))
		}
		(Base::Checkpoint { .. }, None) => {
			return Err(RecordingError::malformed(&path, "the recipe begins with a checkpoint"))
		}
	};
	let file = fs::canonicalize(file).map_err(RecordingError::io(file))?;
	files::link(&file, &path).map_err(RecordingError::io(&path))?;
	let (opened, _) = files::open(&path, u64::MAX)?;
	let found = files::address(&path, &opened)?;
	if found != checkpoint {
		return Err(RecordingError::OtherState { path, found: found.digest });
	}
	Ok(())
}

/// Removes the states that no segment has, and returns the size of the others in bytes.
fn sweep(recording: &Recording) -> Result<u64, RecordingError> {
	let folder = recording.folder.join(STATES);
	let states = recording.segments.iter().map(|segment| state_path(&recording.folder, segment.state));
	let states: HashSet<PathBuf> = states.collect();
	let mut bytes = 0u64;
	for entry in fs::read_dir(&folder).map_err(RecordingError::io(&folder))? {
		let entry = entry.map_err(RecordingError::io(&folder))?;
		let path = entry.path();
		if entry.file_type().map_err(RecordingError::io(&path))?.is_dir() {
			continue;
		}
		if states.contains(&path) {
			bytes = bytes.saturating_add(size(&path));
		} else {
			files::remove(&path).map_err(RecordingError::io(&path))?;
		}
	}
	Ok(bytes)
}

/// Returns the size of a file in bytes, 0 if there is none.
fn size(path: &Path) -> u64 {
	fs::metadata(path).map_or(0, |metadata| metadata.len())
}
