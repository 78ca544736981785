//! What a proposer has announced, kept until it has proposed it.

use anyhow::{Context, Result};
use descent_client::AccountId;
use descent_protocol::{BlockNumber, GroupId, Salt};
use rand::{rngs::OsRng, TryRngCore};
use serde::{Deserialize, Serialize};
use std::{
	fs,
	io::{ErrorKind, Write},
	path::{Path, PathBuf},
};

/// What an announcement is of. Nobody can move it to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
	/// Hash of the chain's first block.
	pub genesis: &'a [u8; 32],
	/// The group.
	pub group: GroupId,
	/// The proposer.
	pub account: &'a AccountId,
	/// The delta's digest.
	pub delta: &'a [u8; 32],
}

impl Subject<'_> {
	fn file(&self, folder: &Path) -> PathBuf {
		let (genesis, delta) = (hex::encode(self.genesis), hex::encode(self.delta));
		folder.join(format!("{genesis}-{}-{}-{delta}.json", self.group, self.account))
	}
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
	/// In hexadecimal.
	salt: String,
	/// The block that holds the announcement, once one does.
	block: Option<BlockNumber>,
}

/// The salt of an announcement, on disk before it is used: a proposal that is interrupted goes on with it.
#[derive(Debug)]
pub(super) struct Announcement {
	path: PathBuf,
	salt: Salt,
	block: Option<BlockNumber>,
	is_new: bool,
}

impl Announcement {
	/// The announcement that was begun for this subject, or a new one with a random salt. Its file is its owner's alone.
	///
	/// # Errors
	/// Where the file can't be read or written, or is damaged.
	pub(super) fn open(folder: &Path, subject: Subject) -> Result<Self> {
		let path = subject.file(folder);
		let damaged = || {
			format!(
				"{} is damaged: delete it to announce the delta anew, once the first announcement has expired",
				path.display()
			)
		};
		match fs::read(&path) {
			Ok(bytes) => {
				let content: Content = serde_json::from_slice(&bytes).with_context(damaged)?;
				let mut salt = Salt::default();
				hex::decode_to_slice(&content.salt, &mut salt).with_context(damaged)?;
				Ok(Self { path, salt, block: content.block, is_new: false })
			}
			Err(error) if error.kind() == ErrorKind::NotFound => {
				let mut salt = Salt::default();
				OsRng.try_fill_bytes(&mut salt).context("the operating system gives no random bytes")?;
				let announcement = Self { path, salt, block: None, is_new: true };
				announcement.save()?;
				Ok(announcement)
			}
			Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
		}
	}

	/// Whether it was begun just now.
	pub(super) fn is_new(&self) -> bool {
		self.is_new
	}

	/// Whether it may be older than what happened at a block, as far as is known here.
	pub(super) fn may_precede(&self, block: BlockNumber) -> bool {
		match self.block {
			Some(announced) => announced < block,
			None => !self.is_new,
		}
	}

	/// Hides what was announced until it is proposed.
	pub(super) fn salt(&self) -> &Salt {
		&self.salt
	}

	/// The block that holds it, once one does.
	pub(super) fn block(&self) -> Option<BlockNumber> {
		self.block
	}

	/// Writes down which block holds it; `None` where none does.
	pub(super) fn set_block(&mut self, block: Option<BlockNumber>) -> Result<()> {
		self.block = block;
		self.save()
	}

	/// Deletes the file: the delta is proposed.
	pub(super) fn finish(self) -> Result<()> {
		fs::remove_file(&self.path).with_context(|| format!("removing {}", self.path.display()))
	}

	fn save(&self) -> Result<()> {
		let writing = || format!("writing {}", self.path.display());
		let content = Content { salt: hex::encode(self.salt), block: self.block };
		let folder = self.path.parent().with_context(writing)?;
		fs::create_dir_all(folder).with_context(writing)?;
		// Only its owner can read a temporary file, and it is whole before it has the name.
		let mut file = tempfile::NamedTempFile::new_in(folder).with_context(writing)?;
		serde_json::to_writer(&mut file, &content).with_context(writing)?;
		file.flush().with_context(writing)?;
		file.as_file().sync_all().with_context(writing)?;
		file.persist(&self.path).with_context(writing)?;
		Ok(())
	}
}

/// Where announcements are kept unless a folder is named: below `$XDG_DATA_HOME`, or `~/.local/share`.
pub(super) fn folder() -> Result<PathBuf> {
	let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
	let data = variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local/share")));
	let data =
		data.context("there is no home directory to keep the announcement in; name a folder with --data")?;
	Ok(data.join("descent/announcements"))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_interrupted_proposal_goes_on_with_its_salt() {
		let folder = tempfile::tempdir().unwrap();
		let folder = folder.path().join("new");
		let (account, other) = (AccountId::new([1; 32]), AccountId::new([2; 32]));
		let subject = Subject { genesis: &[7; 32], group: 3, account: &account, delta: &[9; 32] };
		let mut first = Announcement::open(&folder, subject).unwrap();
		assert_eq!(first.block(), None);
		assert!(!first.may_precede(13) && Announcement::open(&folder, subject).unwrap().may_precede(13));
		first.set_block(Some(12)).unwrap();
		let again = Announcement::open(&folder, subject).unwrap();
		assert_eq!((again.salt(), again.block()), (first.salt(), Some(12)));
		assert!(first.is_new() && !again.is_new());
		assert!(again.may_precede(13) && !again.may_precede(12));
		for different in [
			Subject { genesis: &[8; 32], ..subject },
			Subject { group: 4, ..subject },
			Subject { account: &other, ..subject },
			Subject { delta: &[8; 32], ..subject },
		] {
			let different = Announcement::open(&folder, different).unwrap();
			assert_ne!(different.salt(), first.salt());
		}
		again.finish().unwrap();
		assert_ne!(Announcement::open(&folder, subject).unwrap().salt(), first.salt());
	}

	#[test]
	fn the_file_is_its_owner_s_and_damage_is_told() {
		let folder = tempfile::tempdir().unwrap();
		let account = AccountId::new([1; 32]);
		let subject = Subject { genesis: &[7; 32], group: 3, account: &account, delta: &[9; 32] };
		let path = Announcement::open(folder.path(), subject).unwrap().path;
		#[cfg(unix)]
		{
			use std::os::unix::fs::PermissionsExt;
			assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
		}
		for content in ["", "{}", r#"{"salt":"00","block":null}"#] {
			fs::write(&path, content).unwrap();
			let error = Announcement::open(folder.path(), subject).unwrap_err().to_string();
			assert!(error.contains("is damaged: delete it"), "{error}");
		}
	}
}
