//! The state that a trainer needs to reveal its checkpoints after a restart.

use crate::{
	recorded::{Recorded, Submission},
	round_spec::RoundSpec,
};
use anyhow::{Context, Result};
use descent_artifacts::disk::{create_directory, write_atomically};
use descent_protocol::{ContentRef, GroupId, RoundIndex, Salt, Score};
use rand::{rngs::OsRng, TryRngCore};
use serde::{Deserialize, Serialize};
use sp_core::{crypto::AccountId32, H256};
use std::{
	collections::BTreeMap,
	fs,
	path::{Path, PathBuf},
};

/// Digests remembered, so that no checkpoint is committed twice: the chain refuses the second reveal.
const DIGESTS: usize = 64;

/// A checkpoint that this trainer commits to in one round. It is on disk before the commitment is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
	/// The committed safetensors file.
	pub checkpoint: ContentRef,
	/// The salt, which hides the checkpoint until the reveal: salt and digest together give the commitment.
	pub salt: Salt,
	pub commitment: H256,
	/// Rules and content of the round. The checkpoint is measured by them even if the group has others by
	/// then.
	#[serde(rename = "terms")]
	pub spec: RoundSpec,
	/// The recorded training that the commitment binds, in a group that asks for one.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub recorded: Option<Recorded>,
	/// Recorded states that were published for the reveal.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub shown: Vec<ContentRef>,
	pub step: Step,
}

impl Entry {
	/// Returns what was committed to, if it comes with a recorded training.
	pub(crate) fn submission(&self) -> Option<Submission> {
		let segments = self.recorded?.trace.segments;
		Some(Submission {
			revealed: self.step == Step::Revealed,
			..Submission::new(self.checkpoint, segments)
		})
	}
}

/// The last step of an entry that this trainer knows of; the chain decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "step")]
pub(crate) enum Step {
	/// The commitment may have been sent, but has not been seen on chain.
	Prepared,
	/// The commitment is on chain.
	Committed,
	/// The claim is measured for this seed and this key; the reveal may have been sent.
	Measured {
		/// The seed that drew the records.
		seed: H256,
		/// Score of the checkpoint on those records.
		claim: Score,
		/// The key of the hidden test set that they were drawn from; absent if it was a public set.
		#[serde(default, skip_serializing_if = "Option::is_none")]
		key: Option<H256>,
	},
	/// The reveal is on chain.
	Revealed,
}

/// Content of `state.json`: all that a restarted trainer has to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
	genesis: H256,
	group: GroupId,
	account: AccountId32,
	entries: BTreeMap<RoundIndex, Entry>,
	/// Digests of committed checkpoints, oldest first.
	digests: Vec<H256>,
	/// Own checkpoint that is the head, which is kept and served, and the round that it won.
	head: Option<(RoundIndex, ContentRef)>,
	/// Port of the gateway, so that after a restart it is at the address that the chain has.
	port: Option<u16>,
}

/// The trainer's state, in `state.json`, and its checkpoints, one file a round.
#[derive(Debug)]
pub(crate) struct State {
	directory: PathBuf,
	content: Content,
}

impl State {
	/// Reads the state in a directory, or begins one.
	///
	/// # Errors
	/// If it belongs to another chain, group or account: were it overwritten, its checkpoints could not be
	/// revealed.
	pub(crate) fn open(
		directory: &Path,
		genesis: H256,
		group: GroupId,
		account: &AccountId32,
	) -> Result<Self> {
		create_directory(&directory.join("checkpoints"))?;
		let path = directory.join("state.json");
		let content = match fs::read(&path) {
			Ok(bytes) => {
				let content: Content = serde_json::from_slice(&bytes).with_context(|| {
					format!(
						"{} is damaged: restore it from a copy, or choose another directory with --data",
						path.display()
					)
				})?;
				anyhow::ensure!(
					(content.genesis, content.group, &content.account) == (genesis, group, account),
					"{} belongs to account {} in group {} of chain {:?}: choose another directory with \
					 --data",
					path.display(),
					content.account,
					content.group,
					content.genesis,
				);
				content
			}
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => Content {
				genesis,
				group,
				account: account.clone(),
				entries: BTreeMap::new(),
				digests: Vec::new(),
				head: None,
				port: None,
			},
			Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
		};
		let state = Self { directory: directory.into(), content };
		state.save()?;
		state.remove_leftovers()?;
		Ok(state)
	}

	/// Removes checkpoints that were never committed to.
	fn remove_leftovers(&self) -> Result<()> {
		for file in fs::read_dir(self.directory.join("checkpoints"))? {
			let path = file?.path();
			if !self.content.entries.keys().any(|round| self.checkpoint(*round) == path) {
				fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
			}
		}
		Ok(())
	}

	/// Returns the entries of open rounds.
	pub(crate) fn entries(&self) -> &BTreeMap<RoundIndex, Entry> {
		&self.content.entries
	}

	/// Returns true if a checkpoint of this digest has been committed before.
	pub(crate) fn has_used(&self, digest: &H256) -> bool {
		self.content.digests.contains(digest)
	}

	/// Returns the own checkpoint that is the head, and the round that it won.
	pub(crate) fn own_head(&self) -> Option<&(RoundIndex, ContentRef)> {
		self.content.head.as_ref()
	}

	/// Returns the own checkpoints and recorded states that others may still ask for.
	pub(crate) fn served(&self) -> Vec<ContentRef> {
		let entries = self.content.entries.values();
		let open = entries.flat_map(|entry| entry.shown.iter().copied().chain([entry.checkpoint]));
		open.chain(self.own_head().map(|(_, checkpoint)| *checkpoint)).collect()
	}

	/// Returns the gateway's port before the restart.
	pub(crate) fn port(&self) -> Option<u16> {
		self.content.port
	}

	/// Remembers the gateway's port.
	pub(crate) fn set_port(&mut self, port: u16) -> Result<()> {
		self.content.port = Some(port);
		self.save()
	}

	/// Returns the path of a round's checkpoint until it is revealed.
	pub(crate) fn checkpoint(&self, round: RoundIndex) -> PathBuf {
		self.directory.join("checkpoints").join(format!("{round}.safetensors"))
	}

	/// Returns what was committed to in open rounds with a recorded training.
	pub(crate) fn submissions(&self) -> BTreeMap<RoundIndex, Submission> {
		let entries = self.content.entries.iter();
		entries.filter_map(|(round, entry)| Some((*round, entry.submission()?))).collect()
	}

	/// Makes an entry for the checkpoint at [`Self::checkpoint`], with a new salt. The commitment binds the
	/// recorded training as well, if there is one. The entry is on disk when this returns; only then may the
	/// commitment be sent.
	pub(crate) fn prepare(
		&mut self,
		round: RoundIndex,
		checkpoint: ContentRef,
		recorded: Option<Recorded>,
		spec: RoundSpec,
	) -> Result<Entry> {
		let mut salt = Salt::default();
		OsRng.try_fill_bytes(&mut salt).context("the operating system gives no random bytes")?;
		let Content { genesis, group, account, .. } = &self.content;
		let digest = checkpoint.digest;
		let bound = recorded.map_or(digest, |recorded| recorded.submission(digest));
		let commitment = descent_protocol::commitment_hash(*genesis, *group, round, account, bound, &salt);
		let shown = Vec::new();
		let entry = Entry { checkpoint, salt, commitment, spec, recorded, shown, step: Step::Prepared };
		self.content.entries.insert(round, entry.clone());
		self.content.digests.push(digest);
		let excess = self.content.digests.len().saturating_sub(DIGESTS);
		self.content.digests.drain(..excess);
		self.save()?;
		Ok(entry)
	}

	/// Stores the step of an entry.
	pub(crate) fn advance(&mut self, round: RoundIndex, step: Step) -> Result<()> {
		match self.content.entries.get_mut(&round) {
			Some(entry) if entry.step != step => {
				entry.step = step;
				self.save()
			}
			_ => Ok(()),
		}
	}

	/// Notes recorded states that are published for the reveal of an entry. Another seed draws others.
	pub(crate) fn show(&mut self, round: RoundIndex, states: &[ContentRef]) -> Result<()> {
		let Some(entry) = self.content.entries.get_mut(&round) else {
			return Ok(());
		};
		let new = states.iter().filter(|state| !entry.shown.contains(state));
		let new: Vec<_> = new.copied().collect();
		if new.is_empty() {
			return Ok(());
		}
		entry.shown.extend(new);
		self.save()
	}

	/// Removes an entry that has ended, and its file.
	pub(crate) fn end(&mut self, round: RoundIndex, won: bool) -> Result<()> {
		let Some(entry) = self.content.entries.remove(&round) else {
			return Ok(());
		};
		if won {
			self.content.head = Some((round, entry.checkpoint));
		}
		self.save()?;
		self.discard(round)
	}

	/// Removes the file of a checkpoint, if there is one.
	pub(crate) fn discard(&self, round: RoundIndex) -> Result<()> {
		let path = self.checkpoint(round);
		match fs::remove_file(&path) {
			Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
				Err(error).with_context(|| format!("cannot remove {}", path.display()))
			}
			_ => Ok(()),
		}
	}

	/// Notes that the head is no longer an own checkpoint.
	pub(crate) fn forget_own_head(&mut self) -> Result<()> {
		if self.content.head.take().is_some() {
			self.save()?;
		}
		Ok(())
	}

	fn save(&self) -> Result<()> {
		write_atomically(&self.directory.join("state.json"), &serde_json::to_vec_pretty(&self.content)?)
	}
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
