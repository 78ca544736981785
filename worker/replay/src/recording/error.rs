//! Errors of recordings.

use descent_model::CheckpointError;
use std::{
	io,
	path::{Path, PathBuf},
};

/// Reasons for which a recording cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
	/// The machine failed, not the recording.
	#[error("{}: {error}", .path.display())]
	Io {
		/// The file.
		path: PathBuf,
		/// The error of the operating system.
		error: io::Error,
	},
	/// The folder has no recording.
	#[error("{} has no recording: it lacks recording.json", .0.display())]
	Missing(PathBuf),
	/// The folder has a recording already.
	#[error("{} has a recording already: choose another folder, or remove it", .0.display())]
	Exists(PathBuf),
	/// Another recorder has the recording open.
	#[error("{} is being recorded by another process: stop that one, or choose another folder", .0.display())]
	InUse(PathBuf),
	/// A file is larger than any of a recording.
	#[error("{} has {bytes} bytes, but at most {limit} are allowed", .path.display())]
	TooLarge {
		/// The file.
		path: PathBuf,
		/// Its size in bytes.
		bytes: u64,
		/// The limit in bytes.
		limit: u64,
	},
	/// A file is not what it should be.
	#[error("{} is not a part of a recording: {reason}", .path.display())]
	Malformed {
		/// The file.
		path: PathBuf,
		/// The fault.
		reason: String,
	},
	/// A newer release wrote the recording.
	#[error("the recording has the form {found}, and this program reads the form {known}: update it")]
	Newer {
		/// Number of the form.
		found: u32,
		/// The last one that this program reads.
		known: u32,
	},
	/// There is no segment of this number.
	#[error("there is no segment {number}: the recording has {segments}, counted from 0")]
	NoSegment {
		/// The number.
		number: u16,
		/// Number of segments.
		segments: u16,
	},
	/// A file does not have the digest that the recording names.
	#[error("{} is not the checkpoint that the recording names: its digest is {found:?}", .path.display())]
	OtherState {
		/// The file.
		path: PathBuf,
		/// Its digest.
		found: sp_core::H256,
	},
	/// A file is no checkpoint of the model.
	#[error("{} is no checkpoint of this model: {error}", .path.display())]
	Checkpoint {
		/// The file.
		path: PathBuf,
		/// The reason.
		error: CheckpointError,
	},
	/// A recording has no room for another segment.
	#[error("the recording is full: {0}")]
	Full(Full),
}

/// The limit that keeps a recording from growing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
	/// It has as many segments as a trace may have.
	#[error(
		"a trace has at most {} segments; longer segments record more steps",
		descent_protocol::MAX_SEGMENTS
	)]
	Segments,
	/// It has as many bytes as it may have on disk.
	#[error("its files may have {limit} bytes together; allow more, or take longer segments")]
	Bytes {
		/// The limit in bytes.
		limit: u64,
	},
}

impl RecordingError {
	/// Returns the error of an operation on a file.
	pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
		move |error| Self::Io { path: path.into(), error }
	}

	/// Returns the error of a file with this fault.
	pub(super) fn malformed(path: &Path, reason: impl ToString) -> Self {
		Self::Malformed { path: path.into(), reason: reason.to_string() }
	}

	/// Returns true if the recording itself is wrong, so that everyone who reads it finds the same.
	pub fn is_invalid(&self) -> bool {
		match self {
			Self::Io { error, .. } => error.kind() == io::ErrorKind::NotFound,
			Self::Checkpoint { error, .. } => error.is_invalid(),
			Self::Exists(_)
			| Self::InUse(_)
			| Self::Full(_)
			| Self::NoSegment { .. }
			| Self::Newer { .. } => false,
			Self::Missing(_) | Self::TooLarge { .. } | Self::Malformed { .. } | Self::OtherState { .. } => {
				true
			}
		}
	}
}
