use crate::{checkpoint::Tensor, Account, ScriptedRecording};
use anyhow::Result;
use descent_client::{Call, Client, Error, Reveal};
use descent_content::{serve, Store};
use descent_protocol::{
	commitment_hash, trace::Recording, view::GroupView, ContentRef, GroupId, RoundIndex, Salt, Score,
};
use sp_core::H256;
use std::{net::SocketAddr, path::Path};
use tokio::sync::oneshot;

/// Largest size of a scripted trainer's store, in bytes.
const MAX_STORE_BYTES: u64 = 2 << 30;

/// A trainer that a test controls. It does not train, but commits to and reveals any checkpoint with any
/// claim. It has a gateway for its checkpoints.
pub struct ScriptedTrainer {
	client: Client,
	account: Account,
	store: Store,
	provider: String,
	/// Stops the gateway when it is dropped.
	_running: oneshot::Sender<()>,
}

/// Commitment of a scripted trainer in a round.
#[derive(Clone, Debug)]
pub struct Commitment {
	/// Id of the group.
	pub group: GroupId,
	/// Number of the round.
	pub round: RoundIndex,
	/// The checkpoint that the trainer committed to.
	pub checkpoint: ContentRef,
	/// Salt that hides the checkpoint until the reveal.
	pub salt: Salt,
}

impl ScriptedTrainer {
	/// Returns a trainer with a store below `folder` and a gateway that serves it.
	///
	/// # Errors
	/// Fails if the store cannot be opened or the gateway not be started.
	pub async fn new(client: Client, uri: &str, folder: &Path) -> Result<Self> {
		let account = Account::from_uri(uri)?;
		let store = Store::open(folder.join(uri.trim_start_matches('/').to_lowercase()), MAX_STORE_BYTES)?;
		let (running, stopped) = oneshot::channel();
		let shutdown = async {
			// The sender is only ever dropped.
			let _ = stopped.await;
		};
		let (address, _task) = serve(SocketAddr::from(([127, 0, 0, 1], 0)), store.clone(), shutdown).await?;
		Ok(Self { client, account, store, provider: format!("http://{address}"), _running: running })
	}

	/// The account that it commits with.
	pub fn account(&self) -> &Account {
		&self.account
	}

	/// Base URL of the gateway that serves its checkpoints.
	pub fn provider(&self) -> &str {
		&self.provider
	}

	/// Puts a checkpoint into the store.
	///
	/// # Errors
	/// Fails if it can't be written.
	pub async fn publish(&self, tensors: Vec<Tensor>) -> Result<ContentRef> {
		let store = self.store.clone();
		let import = move || store.import(crate::checkpoint::safetensors(&tensors));
		Ok(tokio::task::spawn_blocking(import).await??)
	}

	/// Commits to a checkpoint with the group's smallest deposit, and waits until a block holds the
	/// commitment.
	///
	/// # Errors
	/// Fails if the chain refuses it.
	pub async fn commit(
		&self,
		group: &GroupView,
		round: RoundIndex,
		checkpoint: ContentRef,
	) -> Result<Commitment, Error> {
		self.commit_to(group, round, checkpoint, checkpoint.digest).await
	}

	/// Commits to the checkpoint at the end of a segment of a recorded training as [`Self::commit`] does to
	/// one without.
	///
	/// # Errors
	/// Fails if the chain refuses it, or there is no such segment.
	pub async fn commit_recorded(
		&self,
		group: &GroupView,
		round: RoundIndex,
		recording: &ScriptedRecording,
		last: u16,
	) -> Result<Commitment> {
		let (checkpoint, submission) = (recording.checkpoint(last)?, recording.submission(last)?);
		Ok(self.commit_to(group, round, checkpoint, submission).await?)
	}

	/// Commits to a checkpoint, of which the commitment binds this hash.
	async fn commit_to(
		&self,
		group: &GroupView,
		round: RoundIndex,
		checkpoint: ContentRef,
		bound: H256,
	) -> Result<Commitment, Error> {
		let salt: Salt = rand::random();
		let account = self.account.id();
		let genesis = self.client.genesis();
		let hash = commitment_hash(genesis, group.id, round, &account, bound, &salt);
		let call = Call::commit(group.id, round, hash, group.deposit);
		self.client.submit(self.account.key(), &call).await?.in_best_block().await?;
		Ok(Commitment { group: group.id, round, checkpoint, salt })
	}

	/// Reveals a commitment with any claim and any provider, and waits until a block holds the reveal.
	///
	/// # Errors
	/// Fails if the chain refuses it.
	pub async fn reveal(&self, commitment: &Commitment, claim: Score, provider: &str) -> Result<(), Error> {
		let reveal = revealed(commitment, claim, provider);
		self.send(&Call::reveal(commitment.group, commitment.round, &reveal)).await
	}

	/// Reveals a commitment to a recorded training as [`Self::reveal`] does another one.
	///
	/// # Errors
	/// Fails if the chain refuses it.
	pub async fn reveal_recorded(
		&self,
		commitment: &Commitment,
		claim: Score,
		provider: &str,
		recording: &Recording,
	) -> Result<(), Error> {
		let reveal = revealed(commitment, claim, provider);
		self.send(&Call::reveal_recorded(commitment.group, commitment.round, &reveal, recording)).await
	}

	async fn send(&self, call: &Call) -> Result<(), Error> {
		self.client.submit(self.account.key(), call).await?.in_best_block().await.map(drop)
	}
}

fn revealed(commitment: &Commitment, claim: Score, provider: &str) -> Reveal {
	let Commitment { checkpoint, salt, .. } = *commitment;
	Reveal { checkpoint, salt, claim, providers: vec![provider.into()] }
}
