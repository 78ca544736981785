//! Model descriptions in files.

use crate::content_ref::open;
use anyhow::{ensure, Context, Result};
use descent_dataset::Description;
use std::path::Path;

/// Size of the longest description that is read, in bytes. Reading it sets further bounds.
pub(crate) const LIMIT: u64 = 1 << 20;

/// Reads and checks a model description.
pub(crate) fn read(file: &Path) -> Result<Description> {
	let size = open(file)?.metadata()?.len();
	ensure!(size <= LIMIT, "{} is too long for a model description", file.display());
	let json = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
	Description::parse(&json).with_context(|| format!("{} is no model description", file.display()))
}
