//! References to content, as text and as JSON.

use anyhow::{Context, Result};
use descent_content::{BlockId, Store};
use descent_protocol::ContentRef;
use indicatif::ProgressBar;
use serde::Serialize;
use std::{
	fmt,
	path::{Path, PathBuf},
	str::FromStr,
};

/// A reference as a command prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Reference {
	pub content: ContentRef,
}

impl From<ContentRef> for Reference {
	fn from(content: ContentRef) -> Self {
		Self { content }
	}
}

/// `CID:SIZE`, which `--model` and the like take.
impl fmt::Display for Reference {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write!(f, "{}:{}", self.content.cid(), self.content.size)
	}
}

/// Content on the command line: a file, or the reference of content that is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
	/// A file.
	File(PathBuf),
	/// Content that is in a store or served by somebody.
	Reference(ContentRef),
}

impl FromStr for Source {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let Some((cid, size)) = text.rsplit_once(':') else {
			return Ok(Self::File(text.into()));
		};
		match (BlockId::from_str(cid), size.parse()) {
			(Ok(cid), Ok(size)) => Ok(Self::Reference(cid.content(size))),
			(Ok(_), Err(_)) => Err("a reference is written as CID:SIZE, the size in bytes".into()),
			(Err(_), _) => Ok(Self::File(text.into())),
		}
	}
}

impl Source {
	/// The reference, the file imported into the store where there is one.
	pub(crate) fn resolve(&self, store: Option<&Store>) -> Result<ContentRef> {
		self.resolve_with(store, &ProgressBar::hidden())
	}

	/// As [`Self::resolve`], showing how much of the file is read.
	pub(crate) fn resolve_with(&self, store: Option<&Store>, bar: &ProgressBar) -> Result<ContentRef> {
		let file = match self {
			Self::Reference(content) => return Ok(*content),
			Self::File(file) => file,
		};
		let reader = bar.wrap_read(open(file)?);
		let resolved = match store {
			Some(store) => store.import(reader),
			None => descent_content::address(reader),
		};
		bar.finish_and_clear();
		let content = resolved.with_context(|| format!("reading {}", file.display()))?;
		anyhow::ensure!(content.size > 0, "{} is empty", file.display());
		Ok(content)
	}

	/// The content itself where it is small and at hand, in a file or in the store.
	pub(crate) fn read(&self, store: Option<&Store>, limit: u64) -> Result<Option<Vec<u8>>> {
		match (self, store) {
			(Self::File(file), _) => {
				let size = open(file)?.metadata()?.len();
				anyhow::ensure!(
					size <= limit,
					"{} has {size} bytes, more than the {limit} allowed",
					file.display()
				);
				let content = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
				Ok(Some(content))
			}
			(Self::Reference(content), Some(store)) if store.is_complete(content)? => {
				Ok(Some(store.read(content, limit)?))
			}
			(Self::Reference(_), _) => Ok(None),
		}
	}

	/// The file, where it is one.
	pub(crate) fn file(&self) -> Option<&Path> {
		match self {
			Self::File(file) => Some(file),
			Self::Reference(_) => None,
		}
	}
}

/// Opens a file, naming it where that fails.
pub(crate) fn open(file: &Path) -> Result<std::fs::File> {
	std::fs::File::open(file).with_context(|| format!("opening {}", file.display()))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_reference_can_be_read_back() {
		let content = ContentRef::raw(b"descent").unwrap();
		let reference = Reference::from(content);
		assert_eq!(Source::from_str(&reference.to_string()), Ok(Source::Reference(content)));
		assert!(Source::from_str(&format!("{}:x", content.cid())).is_err());
		for file in ["model.json", "C:\\model.json", "a:7", ""] {
			assert_eq!(Source::from_str(file), Ok(Source::File(file.into())));
		}
	}

	#[test]
	fn a_reference_is_flat_json() {
		let reference = Reference::from(ContentRef::raw(b"descent").unwrap());
		let json = serde_json::to_value(reference).unwrap();
		assert_eq!((json["size"].as_u64(), json["codec"].as_str()), (Some(7), Some("raw")));
		assert_eq!(json["cid"], BlockId::from(&reference.content).to_string());
		assert!(json["digest"].as_str().unwrap().starts_with("0x"));
	}

	#[test]
	fn files_resolve_with_and_without_a_store() {
		let directory = tempfile::tempdir().unwrap();
		let file = directory.path().join("f");
		std::fs::write(&file, b"descent").unwrap();
		let source = Source::File(file.clone());
		let store = Store::open(directory.path().join("store"), 1 << 20).unwrap();
		let content = ContentRef::raw(b"descent").unwrap();
		assert_eq!(source.resolve(None).unwrap(), content);
		let reference = Source::Reference(content);
		assert_eq!(reference.read(Some(&store), 100).unwrap(), None);
		assert_eq!(source.resolve(Some(&store)).unwrap(), content);
		assert_eq!(reference.read(Some(&store), 100).unwrap().as_deref(), Some(&b"descent"[..]));
		assert!(source.read(None, 3).is_err());
		std::fs::write(&file, b"").unwrap();
		assert!(source.resolve(None).unwrap_err().to_string().contains("is empty"));
		assert!(Source::File(directory.path().join("no")).resolve(None).is_err());
	}
}
