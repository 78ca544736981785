use std::{
	collections::{BTreeMap, HashMap, HashSet},
	fs, io,
	path::{Path, PathBuf},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use descent_protocol::ContentRef;

use crate::{store::StoreError, BlockId, Store};

/// Content that accounts pushed to a store, one file each below `pushed/ACCOUNT/` in the store's directory.
/// Nobody removes it but the account that pushed it.
#[derive(Clone)]
pub(crate) struct Pushed {
	store: Store,
	folder: PathBuf,
	/// Most bytes of content for each account.
	max_bytes: u64,
	accounts: Arc<Mutex<HashMap<[u8; 32], Contents>>>,
	/// Content that was in the store before any account pushed it.
	kept: Arc<HashSet<BlockId>>,
}

#[derive(Default)]
struct Contents {
	/// Sizes of the content in bytes.
	sizes: BTreeMap<BlockId, u64>,
	/// Number of bytes of pushes in progress.
	pending: u64,
}

impl Contents {
	fn used(&self) -> u64 {
		self.sizes.values().fold(self.pending, |used, size| used.saturating_add(*size))
	}
}

/// Room for a push in progress.
pub(crate) struct Room {
	pushed: Pushed,
	account: [u8; 32],
	content: ContentRef,
}

/// The account has no room for the content.
#[derive(Debug, thiserror::Error)]
#[error("{used} of {max} bytes of this account are taken, no room for {needed} more: remove content")]
pub(crate) struct NoRoom {
	used: u64,
	max: u64,
	needed: u64,
}

/// Returns all content that accounts have pushed to a store.
///
/// # Errors
/// [`StoreError::Io`].
pub fn pushed(store: &Store) -> Result<HashSet<ContentRef>, StoreError> {
	let folder = store.directory().join("pushed");
	let failed = |source| StoreError::Io { path: folder.clone(), source };
	let mut found = HashSet::new();
	if folder.exists() {
		for account in fs::read_dir(&folder).map_err(failed)? {
			let listed = listed(&account.map_err(failed)?.path())?;
			found.extend(listed.into_iter().filter_map(|(_, content)| content));
		}
	}
	Ok(found)
}

/// Returns the files of an account's folder, and the content that each names; `None` of one that names none.
fn listed(folder: &Path) -> Result<Vec<(PathBuf, Option<ContentRef>)>, StoreError> {
	let failed = |source| StoreError::Io { path: folder.into(), source };
	let mut files = Vec::new();
	for entry in fs::read_dir(folder).map_err(failed)? {
		let path = entry.map_err(failed)?.path();
		let id =
			path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<BlockId>().ok());
		let size = fs::read_to_string(&path).map_err(failed)?.parse().ok();
		files.push((path, id.zip(size).map(|(id, size)| id.content(size))));
	}
	Ok(files)
}

impl Pushed {
	/// Reads what these accounts have pushed to the store. Each may have `max_bytes`.
	///
	/// # Errors
	/// [`StoreError::Io`].
	pub(crate) fn open(store: Store, accounts: &[[u8; 32]], max_bytes: u64) -> Result<Self, StoreError> {
		let folder = store.directory().join("pushed");
		let mut read = HashMap::new();
		let pins: HashSet<_> = store.pins().iter().map(BlockId::from).collect();
		let mut kept = pins.clone();
		for account in accounts {
			let own = folder.join(hex::encode(account));
			let failed = |source| StoreError::Io { path: own.clone(), source };
			fs::create_dir_all(&own).map_err(failed)?;
			let mut contents = Contents::default();
			for (path, content) in listed(&own)? {
				match content.map(|content| (BlockId::from(&content), content.size)) {
					Some((id, size)) if pins.contains(&id) => {
						kept.remove(&id);
						contents.sizes.insert(id, size);
					}
					// A push that did not end leaves its file behind.
					_ => fs::remove_file(&path).map_err(failed)?,
				}
			}
			read.insert(*account, contents);
		}
		Ok(Self { store, folder, max_bytes, accounts: Arc::new(Mutex::new(read)), kept: Arc::new(kept) })
	}

	/// Returns true if the account may push.
	pub(crate) fn is_named(&self, account: &[u8; 32]) -> bool {
		self.accounts().contains_key(account)
	}

	/// Returns the account's content.
	pub(crate) fn of(&self, account: &[u8; 32]) -> Vec<ContentRef> {
		let accounts = self.accounts();
		let contents = accounts.get(account).into_iter().flat_map(|contents| &contents.sizes);
		contents.map(|(id, size)| id.content(*size)).collect()
	}

	/// Most bytes of content for each account.
	pub(crate) fn max_bytes(&self) -> u64 {
		self.max_bytes
	}

	/// Takes room for content that the account pushes.
	pub(crate) fn room(&self, account: [u8; 32], content: ContentRef) -> Result<Room, NoRoom> {
		let mut accounts = self.accounts();
		let contents = accounts.entry(account).or_default();
		let (used, max, needed) = (contents.used(), self.max_bytes, content.size);
		if used.checked_add(needed).is_none_or(|total| total > max) {
			return Err(NoRoom { used, max, needed });
		}
		contents.pending += needed;
		Ok(Room { pushed: self.clone(), account, content })
	}

	/// Removes content of an account. Its blocks stay if another account pushed it as well, or if it was in
	/// the store before. Returns false if the account has no such content.
	pub(crate) fn remove(&self, account: &[u8; 32], id: &BlockId) -> Result<bool, StoreError> {
		let (size, is_needed) = {
			let mut accounts = self.accounts();
			let contents = accounts.get_mut(account);
			let Some(size) = contents.and_then(|contents| contents.sizes.remove(id)) else {
				return Ok(false);
			};
			let is_pushed = accounts.values().any(|contents| contents.sizes.contains_key(id));
			(size, is_pushed || self.kept.contains(id))
		};
		let path = self.path(account, id);
		fs::remove_file(&path).map_err(|source| StoreError::Io { path, source })?;
		if !is_needed {
			self.store.remove(&id.content(size))?;
		}
		Ok(true)
	}

	fn path(&self, account: &[u8; 32], id: &BlockId) -> PathBuf {
		self.folder.join(hex::encode(account)).join(id.to_string())
	}

	fn accounts(&self) -> MutexGuard<'_, HashMap<[u8; 32], Contents>> {
		// Every critical section leaves the contents valid at each step.
		self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl Room {
	/// Reads the content into the store. Returns false, and keeps nothing, if it is other content.
	pub(crate) fn fill(self, reader: impl io::Read + Send) -> Result<bool, StoreError> {
		let (pushed, id) = (&self.pushed, BlockId::from(&self.content));
		let path = pushed.path(&self.account, &id);
		// The file is there before the pin, so that no content is ever kept for nobody.
		let size = self.content.size.to_string();
		fs::write(&path, size).map_err(|source| StoreError::Io { path: path.clone(), source })?;
		let filled = pushed.store.import_as(&self.content, reader);
		let mut accounts = pushed.accounts();
		let contents = accounts.entry(self.account).or_default();
		if matches!(filled, Ok(true)) {
			contents.sizes.insert(id, self.content.size);
		} else if !contents.sizes.contains_key(&id) {
			fs::remove_file(&path).map_err(|source| StoreError::Io { path, source })?;
		}
		filled
	}
}

impl Drop for Room {
	fn drop(&mut self) {
		if let Some(contents) = self.pushed.accounts().get_mut(&self.account) {
			contents.pending -= self.content.size;
		}
	}
}
