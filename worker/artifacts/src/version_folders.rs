//! Folders of versions: one for each schema, and in it one for each version, named by its root in
//! hexadecimal. A name that begins with a dot is that of an unfinished version.

use anyhow::{Context, Result};
use descent_dataset::Set;
use std::{
	ffi::OsString,
	fs,
	path::{Path, PathBuf},
};

/// Returns true if a version is only partly there.
pub(crate) fn is_unfinished(version: &Path) -> bool {
	version.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'))
}

/// Removes the unfinished versions that a killed process left below `directory`.
pub(crate) fn sweep(directory: &Path) -> Result<()> {
	for folder in subfolders(directory)? {
		Set::sweep(&folder).with_context(|| format!("cannot clean {}", folder.display()))?;
	}
	Ok(())
}

/// Lists the folders in a directory.
pub(crate) fn subfolders(directory: &Path) -> Result<Vec<PathBuf>> {
	let entries = fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
	let mut folders = Vec::new();
	for entry in entries {
		let entry = entry?;
		if entry.file_type()?.is_dir() {
			folders.push(entry.path());
		}
	}
	Ok(folders)
}

/// Returns the bytes of the files in a folder.
pub(crate) fn size(folder: &Path) -> Result<u64> {
	let mut bytes = 0;
	for entry in fs::read_dir(folder)? {
		bytes += entry?.metadata()?.len();
	}
	Ok(bytes)
}

/// Removes a version. It loses its name first: if the process is killed meanwhile, an unfinished version is
/// left and not one that lacks a file.
pub(crate) fn remove(version: &Path) -> Result<()> {
	let failed = || format!("cannot remove {}", version.display());
	let name = version.file_name().with_context(failed)?;
	let mut hidden = OsString::from(".");
	hidden.push(name);
	let hidden = version.with_file_name(hidden);
	if hidden.exists() {
		fs::remove_dir_all(&hidden).with_context(failed)?;
	}
	fs::rename(version, &hidden).with_context(failed)?;
	fs::remove_dir_all(&hidden).with_context(failed)
}
