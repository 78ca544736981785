//! The state that a trainer needs to reveal its checkpoints after a restart.

use crate::round_spec::RoundSpec;
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
	pub step: Step,
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

	/// Returns the own checkpoints that others may still ask for.
	pub(crate) fn served(&self) -> Vec<ContentRef> {
		let open = self.content.entries.values().map(|entry| entry.checkpoint);
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

	/// Makes an entry for the checkpoint at [`Self::checkpoint`], with a new salt. The entry is on disk when
	/// this returns; only then may the commitment be sent.
	pub(crate) fn prepare(
		&mut self,
		round: RoundIndex,
		checkpoint: ContentRef,
		spec: RoundSpec,
	) -> Result<Entry> {
		let mut salt = Salt::default();
		OsRng.try_fill_bytes(&mut salt).context("the operating system gives no random bytes")?;
		let Content { genesis, group, account, .. } = &self.content;
		let digest = checkpoint.digest;
		let commitment = descent_protocol::commitment_hash(*genesis, *group, round, account, digest, &salt);
		let entry = Entry { checkpoint, salt, commitment, spec, step: Step::Prepared };
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
mod tests {
	use super::*;
	use descent_protocol::{EvaluationPolicy, Metric};

	fn spec() -> RoundSpec {
		RoundSpec {
			model: ContentRef::raw(b"model").unwrap(),
			model_version: 1,
			dataset_version: 2,
			dataset_root: H256::repeat_byte(2),
			metric: Metric::Error,
			policy: EvaluationPolicy::Training { records: 5 },
			providers: vec!["http://a".into()],
			sealed: Vec::new(),
		}
	}

	fn open(directory: &Path) -> State {
		State::open(directory, H256::zero(), 1, &AccountId32::new([7; 32])).unwrap()
	}

	#[test]
	fn every_step_survives_a_kill() {
		let directory = tempfile::tempdir().unwrap();
		let checkpoint = ContentRef::raw(b"weights").unwrap();
		let entry = open(directory.path()).prepare(3, checkpoint, spec()).unwrap();
		for step in [
			Step::Prepared,
			Step::Committed,
			Step::Measured { seed: H256::repeat_byte(1), claim: Score(5), key: None },
			Step::Measured { seed: H256::repeat_byte(1), claim: Score(6), key: Some(H256::repeat_byte(2)) },
			Step::Revealed,
		] {
			let mut state = open(directory.path());
			state.advance(3, step).unwrap();
			drop(state);
			let expected = Entry { step, ..entry.clone() };
			assert_eq!(open(directory.path()).entries()[&3], expected);
		}
		let mut state = open(directory.path());
		fs::write(state.checkpoint(3), b"weights").unwrap();
		state.end(3, true).unwrap();
		let state = open(directory.path());
		assert!(state.entries().is_empty() && !state.checkpoint(3).exists());
		assert_eq!(state.own_head(), Some(&(3, checkpoint)));
		assert_eq!(state.served(), [checkpoint]);
		assert!(state.has_used(&checkpoint.digest));
	}

	#[test]
	fn entries_of_older_trainers_are_read() {
		let step = Step::Measured { seed: H256::zero(), claim: Score(5), key: None };
		let json = serde_json::to_value(step).unwrap();
		assert_eq!(json.as_object().unwrap().len(), 3, "as older trainers write it: {json}");
		assert_eq!(serde_json::from_value::<Step>(json).unwrap(), step);
		let json = serde_json::to_value(spec()).unwrap();
		assert!(json.get("sealed").is_none(), "{json}");
		assert_eq!(serde_json::from_value::<RoundSpec>(json).unwrap(), spec());
	}

	#[test]
	fn salts_differ() {
		let directory = tempfile::tempdir().unwrap();
		let mut state = open(directory.path());
		let checkpoint = ContentRef::raw(b"weights").unwrap();
		let [first, second] = [0, 1].map(|round| state.prepare(round, checkpoint, spec()).unwrap());
		assert_ne!(first.salt, second.salt);
		assert_ne!(first.commitment, second.commitment);
	}

	#[test]
	fn another_trainers_state_is_left_alone() {
		let directory = tempfile::tempdir().unwrap();
		drop(open(directory.path()));
		let other = AccountId32::new([8; 32]);
		let error = State::open(directory.path(), H256::zero(), 1, &other).unwrap_err();
		assert!(error.to_string().contains("--data"));
		fs::write(directory.path().join("state.json"), b"{").unwrap();
		assert!(State::open(directory.path(), H256::zero(), 1, &AccountId32::new([7; 32])).is_err());
	}
}
