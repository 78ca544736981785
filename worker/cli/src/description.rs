//! Model descriptions in files.

use anyhow::{Context, Result};
use descent_dataset::Description;
use std::path::Path;

/// Reads and checks a model description.
pub(crate) fn read(file: &Path) -> Result<Description> {
	Description::read(file).with_context(|| format!("{} is no model description", file.display()))
}
