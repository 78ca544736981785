//! A version of a data set on this machine.

use anyhow::{bail, ensure, Context, Result};
use descent_dataset::{DeltaLimits, Schema, Set};
use sp_core::H256;
use std::{
	fs::{self, File},
	path::{Path, PathBuf},
};

/// Opens the version of this root: in a folder that has it, or made of its only delta. `scratch` takes what
/// is built.
pub(super) fn open(path: &Path, root: H256, schema: &Schema, scratch: &Path) -> Result<Set> {
	if path.is_file() {
		return of_delta(path, root, schema, scratch);
	}
	let found = stores(path).into_iter().find_map(|store| Set::open(&store, root, schema).transpose());
	match found.transpose().with_context(|| format!("{} cannot be used", path.display()))? {
		Some(set) => Ok(set),
		None => bail!(
			"{} has no version of the data set with the root {root:?}, which the recording was trained on: \
			 name a trainer's folder, or one that `descent dataset checkout --data` has built that version \
			 in",
			path.display()
		),
	}
}

fn of_delta(file: &Path, root: H256, schema: &Schema, scratch: &Path) -> Result<Set> {
	let unusable = || format!("{} is not a delta for this model that only adds", file.display());
	let digest = descent_content::address(File::open(file).with_context(unusable)?)?.digest;
	let set =
		Set::apply(scratch, None, file, digest, schema, &DeltaLimits::default()).with_context(unusable)?;
	ensure!(
		set.root() == root,
		"{} makes the data set {:?}, but the recording was trained on {root:?}",
		file.display(),
		set.root()
	);
	Ok(set)
}

/// Returns the folders in which versions may be: this one, those in it, and those in its folder `sets`.
fn stores(path: &Path) -> Vec<PathBuf> {
	let mut stores = vec![path.to_owned()];
	for folder in [path.to_owned(), path.join("sets")] {
		let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
		stores.extend(entries.map(|entry| entry.path()).filter(|path| path.is_dir()));
	}
	stores
}
