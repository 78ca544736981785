//! Files of a folder that may come from a stranger.

use super::error::RecordingError;
use descent_content::StoreError;
use descent_protocol::ContentRef;
use std::{
	fs::{self, File},
	io,
	path::Path,
};

/// Opens a file and returns its size in bytes.
///
/// # Errors
/// Fails if it is missing, larger than `limit`, or anything but a file, as a link or a pipe: an open pipe
/// waits, and a link may lead to anything.
pub(super) fn open(path: &Path, limit: u64) -> Result<(File, u64), RecordingError> {
	let metadata = fs::symlink_metadata(path).map_err(RecordingError::io(path))?;
	if !metadata.is_file() {
		return Err(RecordingError::malformed(path, "it is no regular file"));
	}
	let file = File::open(path).map_err(RecordingError::io(path))?;
	let bytes = file.metadata().map_err(RecordingError::io(path))?.len();
	if bytes > limit {
		return Err(RecordingError::TooLarge { path: path.into(), bytes, limit });
	}
	Ok((file, bytes))
}

/// Returns the address of a file's content.
pub(super) fn address(path: &Path, file: &File) -> Result<ContentRef, RecordingError> {
	descent_content::address(file).map_err(|error| match error {
		StoreError::Source(error) => RecordingError::Io { path: path.into(), error },
		error => RecordingError::malformed(path, error),
	})
}

/// Puts a file that is never changed under a second name, as a second link or as a copy.
pub(super) fn link(file: &Path, name: &Path) -> io::Result<()> {
	remove(name)?;
	if fs::hard_link(file, name).is_err() {
		fs::copy(file, name)?;
		File::open(name)?.sync_all()?;
	}
	Ok(())
}

/// Removes a file if there is one.
pub(super) fn remove(path: &Path) -> io::Result<()> {
	match fs::remove_file(path) {
		Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
		_ => Ok(()),
	}
}

/// Waits until the names in a folder are on disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), RecordingError> {
	File::open(folder).and_then(|folder| folder.sync_all()).map_err(RecordingError::io(folder))
}
