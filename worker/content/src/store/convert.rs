//! Conversion of the older layout, which had one file for each block.

use std::{
	fs,
	path::{Path, PathBuf},
};

use descent_protocol::ContentRef;

use super::{
	disk::{found, Context, Disk},
	Result, Session, Store, StoreError,
};
use crate::{
	layout::{numbered, Span},
	BlockId,
};

/// The folders of the older layout: `blocks/ab/abcd…`, the hex digits of the digest, and `pins/CID`, which
/// holds the size in decimal.
struct Old<'a> {
	root: &'a Path,
}

/// Converts a store of the older layout, which no other process has open. Pinned content becomes a file each;
/// what is left of other content is deleted. It may be ended at any time, and goes on the next time.
pub(super) fn convert(root: &Path) -> Result<()> {
	let old = Old { root };
	if !old.blocks().is_dir() {
		return Ok(());
	}
	tracing::info!(store = %root.display(), "converting the store to one file for each content");
	let store = Store::over(Disk::at(root), None, u64::MAX, false)?;
	for (pin, content) in old.pins()? {
		match old.take(&store, &content) {
			Ok(()) => {}
			Err(StoreError::Layout(error)) => tracing::warn!(%error, pin = %pin.display(), "no content"),
			Err(error) => return Err(error),
		}
		found(fs::remove_file(&pin)).at(&pin)?;
	}
	for folder in [old.pin_folder(), old.blocks()] {
		found(fs::remove_dir_all(&folder)).at(&folder)?;
	}
	Ok(())
}

impl Old<'_> {
	fn blocks(&self) -> PathBuf {
		self.root.join("blocks")
	}

	fn pin_folder(&self) -> PathBuf {
		self.root.join("pins")
	}

	fn block_path(&self, digest: &[u8; 32]) -> PathBuf {
		self.blocks().join(hex::encode(&digest[..1])).join(hex::encode(digest))
	}

	fn pins(&self) -> Result<Vec<(PathBuf, ContentRef)>> {
		let folder = self.pin_folder();
		let mut pins = Vec::new();
		let Some(entries) = found(fs::read_dir(&folder)).at(&folder)? else {
			return Ok(pins);
		};
		for entry in entries {
			let path = entry.at(&folder)?.path();
			let id = path.file_name().and_then(|name| name.to_str()?.parse::<BlockId>().ok());
			let size = fs::read_to_string(&path).at(&path)?.parse().ok();
			pins.extend(id.zip(size).map(|(id, size)| (path, id.content(size))));
		}
		Ok(pins)
	}

	/// Takes the blocks of content into the store, and deletes their files.
	fn take(&self, store: &Store, content: &ContentRef) -> Result<()> {
		let session = Session::new(store, content)?;
		let mut pending = vec![(BlockId::from(content), Span::root(content)?, 0)];
		let (mut taken, mut is_whole) = (Vec::new(), true);
		while let Some((id, span, leaf)) = pending.pop() {
			taken.push(id.digest);
			let children = match session.find(&id, span, leaf)? {
				Some(children) => Some(children),
				None => {
					let block = self.block(&id)?;
					block.map(|block| session.put(&id, span, leaf, &block)).transpose()?
				}
			};
			is_whole &= children.is_some();
			pending.extend(numbered(children.unwrap_or_default(), leaf));
		}
		match is_whole {
			true => session.commit()?,
			false => {
				tracing::warn!(content = %BlockId::from(content), "content is damaged and has to be fetched")
			}
		}
		for digest in taken {
			let path = self.block_path(&digest);
			found(fs::remove_file(&path)).at(&path)?;
		}
		Ok(())
	}

	/// Reads a block; `None` if it is absent or damaged.
	fn block(&self, id: &BlockId) -> Result<Option<Vec<u8>>> {
		let path = self.block_path(&id.digest);
		Ok(found(fs::read(&path)).at(&path)?.filter(|block| id.matches(block)))
	}
}
