//! The inbox of an own training: files that another program renames into place.

use anyhow::{Context, Result};
use descent_dataset::Description;
use descent_model::{Checkpoint, CheckpointError};
use std::{
	fs::{self, File, OpenOptions},
	io::{self, ErrorKind},
	os::unix::fs::OpenOptionsExt,
	path::{Path, PathBuf},
	time::{Duration, SystemTime},
};

/// End of the names that are taken.
const ENDING: &str = ".safetensors";
/// Time since a file was last written to before it is taken. A program that does not rename its files may
/// still be writing.
const QUIET: Duration = Duration::from_secs(1);
/// Files that may wait. Of more, the oldest are passed over.
pub(super) const WAITING: usize = 16;

/// A folder that takes checkpoints. Each is moved out of it before it is opened.
pub(super) struct Inbox {
	folder: PathBuf,
	/// Path of the file that is being looked at.
	taken: PathBuf,
}

/// A file out of the inbox, which nothing is known of but its name.
#[derive(Debug)]
pub(super) struct Taken {
	/// Its name in the inbox.
	pub name: String,
	path: PathBuf,
	/// True if so many newer files wait that it is passed over.
	pub passed_over: bool,
}

impl Inbox {
	/// An inbox whose files are moved to `taken`, on the same file system.
	pub(super) fn new(folder: PathBuf, taken: PathBuf) -> Self {
		Self { folder, taken }
	}

	/// Takes the newest file, or the oldest where too many wait; `None` if there is no file that is whole.
	pub(super) fn take(&self) -> Result<Option<Taken>> {
		let mut waiting = self.waiting().context("the inbox cannot be read")?;
		let passed_over = waiting.len() > WAITING;
		if passed_over {
			waiting.reverse();
		}
		let Some((_, name)) = waiting.pop() else {
			return Ok(None);
		};
		match fs::rename(self.folder.join(&name), &self.taken) {
			Ok(()) => Ok(Some(Taken { name, path: self.taken.clone(), passed_over })),
			// Its program took it back.
			Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
			Err(error) => Err(error).with_context(|| format!("{name:?} cannot be taken from the inbox")),
		}
	}

	/// Returns times and names of files that are whole, the oldest first.
	fn waiting(&self) -> io::Result<Vec<(SystemTime, String)>> {
		let mut waiting = Vec::new();
		for entry in fs::read_dir(&self.folder)? {
			let entry = entry?;
			let Ok(name) = entry.file_name().into_string() else { continue };
			if name.starts_with('.') || !name.ends_with(ENDING) {
				continue;
			}
			// of a link itself, not of what it leads to
			let metadata = match entry.metadata() {
				Ok(metadata) => metadata,
				Err(error) if error.kind() == ErrorKind::NotFound => continue,
				Err(error) => return Err(error),
			};
			let modified = metadata.modified()?;
			// A time in the future is that of another clock.
			let is_quiet = modified.elapsed().map_or(true, |age| age >= QUIET);
			if !metadata.is_dir() && is_quiet {
				waiting.push((modified, name));
			}
		}
		waiting.sort();
		Ok(waiting)
	}
}

impl Taken {
	/// Reads the checkpoint. A link is not followed, and the size of the file is no matter: memory is
	/// allocated by the model's plan.
	///
	/// # Errors
	/// The reason for which it is none of this model's.
	pub(super) fn read(&self, description: &Description) -> Result<Result<Checkpoint, String>> {
		let file = match open(&self.path) {
			Ok(Some(file)) => file,
			Ok(None) => return Ok(Err("it is a link, or no plain file: write the file itself".into())),
			Err(error) => return Ok(Err(format!("it cannot be read: {error}"))),
		};
		match Checkpoint::read(description, &file) {
			Ok(checkpoint) => Ok(Ok(checkpoint)),
			Err(CheckpointError::Model(error)) => Err(error.into()),
			Err(error) => Ok(Err(error.to_string())),
		}
	}
}

impl Drop for Taken {
	fn drop(&mut self) {
		if let Err(error) = fs::remove_file(&self.path) {
			tracing::warn!("{} cannot be removed: {error}", self.path.display());
		}
	}
}

/// Opens a plain file; `None` if it is something else.
fn open(path: &Path) -> io::Result<Option<File>> {
	if !fs::symlink_metadata(path)?.is_file() {
		return Ok(None);
	}
	// A pipe in its place would have the open wait.
	let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
	let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
	Ok(file.metadata()?.is_file().then_some(file))
}
