use anyhow::Result;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder that is deleted with its owner, or one that stays.
#[derive(Debug)]
pub(crate) enum Folder {
	Temporary(TempDir),
	Kept(PathBuf),
}

impl Folder {
	pub(crate) fn new(kept: Option<PathBuf>) -> Result<Self> {
		Ok(match kept {
			Some(path) => {
				std::fs::create_dir_all(&path)?;
				Self::Kept(path.canonicalize()?)
			}
			None => Self::Temporary(tempfile::Builder::new().prefix("descent-").tempdir()?),
		})
	}

	pub(crate) fn path(&self) -> &Path {
		match self {
			Self::Temporary(folder) => folder.path(),
			Self::Kept(path) => path,
		}
	}
}
