//! The way of a delta from its announcement to its proposal.
//!
//! A delta is announced by a salted hash and proposed in a later block, so that nobody who sees the proposal
//! can take the delta for their own. The salt is on disk before it is used: an interrupted proposal is
//! continued from its file.

use crate::{AccountId, Call, Error, Included, NewProposal, Result, H256};
use descent_protocol::{announcement_hash, BlockNumber, GroupId, Salt};
use rand::{rngs::OsRng, TryRngCore};
use serde::{Deserialize, Serialize};
use std::{
	fs,
	io::{self, ErrorKind, Write},
	path::{Path, PathBuf},
};

/// Number of blocks for which an announcement is counted on. The chain accepts it for some more; one that it
/// no longer accepts is made again.
const ANNOUNCED_FOR: BlockNumber = 90;

/// The subject of an announcement. An announcement holds for no other.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
	/// Hash of the chain's first block.
	pub genesis: H256,
	/// The group.
	pub group: GroupId,
	/// The proposer.
	pub account: &'a AccountId,
	/// The delta's digest.
	pub delta: H256,
}

impl Subject<'_> {
	fn file(&self, folder: &Path) -> PathBuf {
		let (genesis, delta) = (hex::encode(self.genesis), hex::encode(self.delta));
		folder.join(format!("{genesis}-{}-{}-{delta}.json", self.group, self.account))
	}

	fn hash(&self, salt: &Salt) -> H256 {
		announcement_hash(self.genesis, self.group, self.account, self.delta, salt)
	}
}

/// A reason that a delta was not proposed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProposalError {
	/// A transaction failed or was not carried out.
	#[error(transparent)]
	Chain(#[from] Error),
	/// The file of the announcement can't be understood.
	#[error(
		"{} is damaged: delete it to announce the delta anew, once the first announcement has expired",
		path.display()
	)]
	Damaged {
		/// The file.
		path: PathBuf,
		/// The fault in its content.
		source: Box<dyn std::error::Error + Send + Sync>,
	},
	/// The file of the announcement can't be read, written or removed.
	#[error("{doing} {}", path.display())]
	File {
		/// `reading`, `writing` or `removing`.
		doing: &'static str,
		/// The file.
		path: PathBuf,
		/// The reason.
		source: io::Error,
	},
	/// There is no salt without random bytes.
	#[error("the operating system gives no random bytes")]
	Random(#[source] rand::rand_core::OsError),
}

/// A step on the way to a proposal, told as it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalStep {
	/// The announcement is about to be sent.
	Announcing,
	/// A block holds the announcement.
	Announced(BlockNumber),
	/// An earlier run has announced the delta without seeing the block.
	AnnouncedBefore,
}

/// A delta that was proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
	/// The transaction that proposed it.
	pub included: Included,
	/// Block that holds the announcement; `None` where an earlier run made it without seeing the block.
	pub announced: Option<BlockNumber>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
	/// In hexadecimal.
	salt: String,
	/// The block that holds the announcement, once one does.
	block: Option<BlockNumber>,
}

/// An announcement with its salt, kept in a file until the delta is proposed.
#[derive(Debug)]
pub struct Announcement {
	path: PathBuf,
	hash: H256,
	salt: Salt,
	block: Option<BlockNumber>,
	is_new: bool,
}

impl Announcement {
	/// Opens the announcement that was begun for this subject, or begins one with a random salt. Only its
	/// owner can read its file.
	///
	/// # Errors
	/// Where the file can't be read or written, or is damaged.
	pub fn open(folder: &Path, subject: Subject) -> Result<Self, ProposalError> {
		let path = subject.file(folder);
		match fs::read(&path) {
			Ok(bytes) => match parse(&bytes) {
				Ok((salt, block)) => Ok(Self { path, hash: subject.hash(&salt), salt, block, is_new: false }),
				Err(source) => Err(ProposalError::Damaged { path, source }),
			},
			Err(error) if error.kind() == ErrorKind::NotFound => {
				let mut salt = Salt::default();
				OsRng.try_fill_bytes(&mut salt).map_err(ProposalError::Random)?;
				let hash = subject.hash(&salt);
				let announcement = Self { path, hash, salt, block: None, is_new: true };
				announcement.save()?;
				Ok(announcement)
			}
			Err(source) => Err(ProposalError::File { doing: "reading", path, source }),
		}
	}

	/// Returns true if it was begun just now.
	pub fn is_new(&self) -> bool {
		self.is_new
	}

	/// Returns true if it may be older than what happened at a block, as far as is known here.
	pub fn may_precede(&self, block: BlockNumber) -> bool {
		match self.block {
			Some(announced) => announced < block,
			None => !self.is_new,
		}
	}

	/// The salt, which hides the delta until it is proposed.
	pub fn salt(&self) -> &Salt {
		&self.salt
	}

	/// Announces the delta, unless it was announced in time before, and proposes it. The file is removed when
	/// the delta is proposed, and where a new announcement is refused because the account has announced
	/// another delta.
	///
	/// `best` is the number of the best block. `send` signs a call and waits for its block.
	///
	/// # Errors
	/// [`ProposalError::Chain`] with the error of `send`, [`ProposalError::File`] where the progress can't be
	/// saved.
	pub async fn propose(
		mut self,
		best: BlockNumber,
		proposal: &NewProposal,
		send: impl AsyncFn(&Call) -> Result<Included>,
		step: impl Fn(ProposalStep),
	) -> Result<Proposed, ProposalError> {
		let is_current = |block: BlockNumber| best <= block.saturating_add(ANNOUNCED_FOR);
		if !self.block.is_some_and(is_current) {
			if let Err(error) = self.announce(proposal.group, &send, &step).await {
				if self.is_new && is_failure(&error, &["AlreadyAnnounced"]) {
					self.remove()?;
				}
				return Err(error);
			}
		}
		let call = Call::propose(proposal);
		let included = match send(&call).await.map_err(ProposalError::from) {
			// The chain that held the announcement may have been replaced by another, or time may have
			// passed.
			Err(error) if is_failure(&error, &["NotAnnounced", "AnnouncementExpired"]) => {
				self.announce(proposal.group, &send, &step).await?;
				send(&call).await?
			}
			// A reorganisation has put both calls into one block: the announcement is older by now.
			Err(error) if is_failure(&error, &["AnnouncementTooRecent"]) => send(&call).await?,
			sent => sent?,
		};
		let announced = self.block;
		self.remove()?;
		Ok(Proposed { included, announced })
	}

	async fn announce(
		&mut self,
		group: GroupId,
		send: &impl AsyncFn(&Call) -> Result<Included>,
		step: &impl Fn(ProposalStep),
	) -> Result<(), ProposalError> {
		// An earlier run may have sent it and not have seen its block. In any other case, what the account
		// has announced is another delta, and to propose this one would only show it to everybody.
		let before = self.block;
		let may_be_announced = !self.is_new && before.is_none();
		self.set_block(None)?;
		step(ProposalStep::Announcing);
		match send(&Call::announce(group, self.hash)).await.map_err(ProposalError::from) {
			Ok(included) => {
				self.set_block(Some(included.block.number))?;
				step(ProposalStep::Announced(included.block.number));
				Ok(())
			}
			Err(error) if may_be_announced && is_failure(&error, &["AlreadyAnnounced"]) => {
				step(ProposalStep::AnnouncedBefore);
				Ok(())
			}
			Err(error) => {
				self.set_block(before)?;
				Err(error)
			}
		}
	}

	/// Saves the block that holds it; `None` where none does.
	fn set_block(&mut self, block: Option<BlockNumber>) -> Result<(), ProposalError> {
		self.block = block;
		self.save()
	}

	/// Removes the file, for a delta that is not to be proposed.
	///
	/// # Errors
	/// Where the file can't be removed.
	pub fn remove(self) -> Result<(), ProposalError> {
		fs::remove_file(&self.path).map_err(|source| ProposalError::File {
			doing: "removing",
			path: self.path,
			source,
		})
	}

	fn save(&self) -> Result<(), ProposalError> {
		self.write().map_err(|source| ProposalError::File {
			doing: "writing",
			path: self.path.clone(),
			source,
		})
	}

	fn write(&self) -> io::Result<()> {
		let content = Content { salt: hex::encode(self.salt), block: self.block };
		let folder = self.path.parent().ok_or(ErrorKind::NotFound)?;
		fs::create_dir_all(folder)?;
		// Only its owner can read a temporary file, and it is whole before it has the name.
		let mut file = tempfile::NamedTempFile::new_in(folder)?;
		serde_json::to_writer(&mut file, &content)?;
		file.flush()?;
		file.as_file().sync_all()?;
		file.persist(&self.path)?;
		Ok(())
	}
}

fn parse(bytes: &[u8]) -> Result<(Salt, Option<BlockNumber>), Box<dyn std::error::Error + Send + Sync>> {
	let content: Content = serde_json::from_slice(bytes)?;
	let mut salt = Salt::default();
	hex::decode_to_slice(&content.salt, &mut salt)?;
	Ok((salt, content.block))
}

/// Returns true if a call of the pallet Dataset failed with one of these errors.
fn is_failure(error: &ProposalError, names: &[&str]) -> bool {
	matches!(error, ProposalError::Chain(Error::Call(error)) if error.is_any("Dataset", names))
}

#[cfg(test)]
#[path = "proposals_tests.rs"]
mod tests;
