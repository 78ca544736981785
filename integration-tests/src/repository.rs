use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Returns the path of a file of this repository.
///
/// Several checkouts may share one folder of built programs. So the repository is the one from which cargo
/// runs the program, or else the working folder, to which `scripts/demo` changes.
pub fn repository(file: impl AsRef<Path>) -> PathBuf {
	let root = std::env::var_os("CARGO_MANIFEST_DIR").map(|package| Path::new(&package).join(".."));
	root.unwrap_or_else(|| PathBuf::from(".")).join(file)
}

/// Returns the Python of the tests, which `scripts/setup` installs and `scripts/env` names.
///
/// # Errors
/// Fails where the environment does not name it.
pub fn python() -> Result<PathBuf> {
	let named =
		std::env::var_os("DESCENT_PYTHON").context("DESCENT_PYTHON names no Python: run . scripts/env")?;
	Ok(named.into())
}
