//! The base version of a delta, made of files.

use crate::content_ref::open;
use anyhow::{Context, Result};
use clap::Args;
use descent_dataset::{build, open_table, DeltaError, DeltaLimits, DeltaReader, Schema, Set, TableColumns};
use std::path::{Path, PathBuf};

/// Files that make a version of a data set.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Base {
	/// Delta that comes before this one, or a version that checkout wrote; several in their order
	#[arg(long = "after", value_name = "FILE")]
	files: Vec<PathBuf>,
}

impl Base {
	/// Builds the version in the folder `scratch`. Returns `None` if no file was named.
	pub(crate) fn set(&self, scratch: &Path, schema: &Schema) -> Result<Option<Set>> {
		let limits = DeltaLimits::default();
		let store = scratch.join("after");
		let mut set = None;
		for file in &self.files {
			let named = || file.display().to_string();
			let delta = match DeltaReader::open(file, schema, &limits) {
				Ok(_) => file.clone(),
				Err(DeltaError::MissingColumn(name)) if name == "op" => {
					let delta = scratch.join("version");
					let mut table = open_table(file, schema, &TableColumns::default())?;
					build(&mut table, schema, None, &limits, &delta, |_| ()).with_context(named)?;
					delta
				}
				Err(error) => return Err(error).with_context(named),
			};
			let digest = descent_content::address(open(&delta)?)?.digest;
			let next =
				Set::apply(&store, set.as_ref(), &delta, digest, schema, &limits).with_context(named)?;
			if let Some(previous) = set.replace(next) {
				std::fs::remove_dir_all(previous.folder())?;
			}
		}
		Ok(set)
	}
}
