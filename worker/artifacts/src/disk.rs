//! Files that are either whole or absent, even if the machine stops while they are written.

use anyhow::{Context, Result};
use std::{fs::File, io::Write, path::Path};

/// Writes a file and waits until it is on disk. A reader finds the old content or the new one, never a part.
/// Only the file's owner may read it.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
	let directory = path.parent().unwrap_or(Path::new("."));
	let write = || -> std::io::Result<()> {
		let mut file = tempfile::NamedTempFile::new_in(directory)?;
		file.write_all(bytes)?;
		file.as_file().sync_all()?;
		file.persist(path).map_err(|error| error.error)?;
		File::open(directory)?.sync_all()
	};
	write().with_context(|| {
		format!("cannot write {}: check that the disk has room and the directory is writable", path.display())
	})
}

/// Creates a directory and those above it.
pub fn create_directory(path: &Path) -> Result<()> {
	std::fs::create_dir_all(path).with_context(|| {
		format!("cannot create the directory {}: choose another with --data", path.display())
	})
}
