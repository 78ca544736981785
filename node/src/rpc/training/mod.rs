//! The `training_*` methods: groups, rounds, standings, and why a commitment ended as it did.

mod error;
mod events;
#[cfg(test)]
mod tests;

use descent_protocol::{
	explain,
	view::{Explanation, GroupView, RoundView, StandingView},
	GroupId, RoundIndex,
};
use descent_runtime::{opaque::Block, AccountId, Hash, TrainingApi as TrainingRuntimeApi};
use error::Error;
use jsonrpsee::{
	core::{async_trait, RpcResult, SubscriptionResult},
	proc_macros::rpc,
	PendingSubscriptionSink,
};
use sc_client_api::BlockchainEvents;
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use std::sync::Arc;

/// How many groups `training_groups` returns unless it is told otherwise.
const DEFAULT_GROUPS: u32 = 20;

/// What a node tells about training. `at` is a block's hash, the best block's unless given.
#[rpc(server)]
pub trait TrainingApi {
	/// Groups in the order of their numbers, from number `from` (0) on, at most `limit` (20) of them, never more than
	/// 100.
	#[method(name = "training_groups", blocking)]
	fn groups(
		&self,
		from: Option<GroupId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<GroupView>>;

	/// A group.
	#[method(name = "training_group", blocking)]
	fn group(&self, group: GroupId, at: Option<Hash>) -> RpcResult<GroupView>;

	/// A round: with its commitments while they are kept, or its windows alone.
	#[method(name = "training_round", blocking)]
	fn round(&self, group: GroupId, round: RoundIndex, at: Option<Hash>) -> RpcResult<RoundView>;

	/// How the trainers of a group have done, the best first.
	#[method(name = "training_leaderboard", blocking)]
	fn leaderboard(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Vec<StandingView>>;

	/// Why an account's commitment in a round ended as it did, or what it waits for.
	#[method(name = "training_explain", blocking)]
	fn explain(
		&self,
		group: GroupId,
		round: RoundIndex,
		account: AccountId,
		at: Option<Hash>,
	) -> RpcResult<Explanation>;

	/// What happens in rounds, of one group or of all, one message a block in the order of the chain, also for blocks in
	/// which nothing happened. Of finalized blocks; with `finalized` false of best blocks, which may be taken back.
	///
	/// A subscriber that does not keep up is told so and dropped; blocks are missing where the node itself caught up
	/// with the chain in strides of more than 256.
	#[subscription(
		name = "training_subscribeEvents" => "training_events",
		unsubscribe = "training_unsubscribeEvents",
		item = BlockEvents,
	)]
	async fn subscribe_events(&self, group: Option<GroupId>, finalized: Option<bool>) -> SubscriptionResult;
}

/// Answers the `training_*` methods out of the runtime.
pub struct Training<C> {
	client: Arc<C>,
}

impl<C> Training<C> {
	/// Answers as of this client's blocks.
	pub fn new(client: Arc<C>) -> Self {
		Self { client }
	}
}

impl<C> Training<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
	C::Api: TrainingRuntimeApi<Block>,
{
	/// The block that is asked for, or the best one.
	fn block(&self, at: Option<Hash>) -> Hash {
		at.unwrap_or_else(|| self.client.info().best_hash)
	}

	fn read_group(&self, block: Hash, group: GroupId) -> Result<GroupView, Error> {
		self.client
			.runtime_api()
			.group(block, group)
			.map_err(unreadable(block))?
			.ok_or(Error::UnknownGroup(group))
	}

	fn read_round(&self, block: Hash, group: GroupId, round: RoundIndex) -> Result<RoundView, Error> {
		match self
			.client
			.runtime_api()
			.round(block, group, round)
			.map_err(unreadable(block))?
		{
			Some(view) => Ok(view),
			None => Err(match self.read_group(block, group) {
				Ok(_) => Error::UnknownRound(group, round),
				Err(error) => error,
			}),
		}
	}
}

fn unreadable(block: Hash) -> impl Fn(ApiError) -> Error {
	move |error| Error::State(block, error.to_string())
}

#[async_trait]
impl<C> TrainingApiServer for Training<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + BlockchainEvents<Block> + Send + Sync + 'static,
	C::Api: TrainingRuntimeApi<Block>,
{
	fn groups(
		&self,
		from: Option<GroupId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<GroupView>> {
		let block = self.block(at);
		let groups = self
			.client
			.runtime_api()
			.groups(block, from.unwrap_or_default(), limit.unwrap_or(DEFAULT_GROUPS))
			.map_err(unreadable(block))?;
		Ok(groups)
	}

	fn group(&self, group: GroupId, at: Option<Hash>) -> RpcResult<GroupView> {
		Ok(self.read_group(self.block(at), group)?)
	}

	fn round(&self, group: GroupId, round: RoundIndex, at: Option<Hash>) -> RpcResult<RoundView> {
		Ok(self.read_round(self.block(at), group, round)?)
	}

	fn leaderboard(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Vec<StandingView>> {
		let block = self.block(at);
		self.read_group(block, group)?;
		let standings = self
			.client
			.runtime_api()
			.leaderboard(block, group)
			.map_err(unreadable(block))?;
		Ok(standings)
	}

	fn explain(
		&self,
		group: GroupId,
		round: RoundIndex,
		account: AccountId,
		at: Option<Hash>,
	) -> RpcResult<Explanation> {
		let block = self.block(at);
		let group_view = self.read_group(block, group)?;
		let round_view = self.read_round(block, group, round)?;
		let sentence = explain(&group_view, &round_view, &account);
		let outcome = round_view
			.candidates
			.iter()
			.find(|candidate| candidate.account == account)
			.and_then(|candidate| candidate.outcome);
		Ok(Explanation {
			group,
			round,
			account,
			outcome,
			sentence,
		})
	}

	async fn subscribe_events(
		&self,
		pending: PendingSubscriptionSink,
		group: Option<GroupId>,
		finalized: Option<bool>,
	) -> SubscriptionResult {
		let blocks = if finalized.unwrap_or(true) {
			events::finalized_blocks(self.client.clone())
		} else {
			events::best_blocks(self.client.clone())
		};
		let sink = pending.accept().await?;
		events::deliver(sink, events::of_blocks(self.client.clone(), blocks, group)).await?;
		Ok(())
	}
}
