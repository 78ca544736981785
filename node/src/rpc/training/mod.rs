//! The `training_*` methods: groups, rounds, standings, why a commitment ended as it did, what is voted on, what is minted and
//! earned, and who validates and governs.

mod error;
mod events;
mod server;
#[cfg(test)]
mod tests;

use descent_protocol::{
	view::{
		AmendmentView, EmissionView, Explanation, GovernanceView, GroupView, HeadView, LogEntryView, PotView,
		ProposalView, RewardsView, RoundView, StakeView, StandingView, ValidatorRules, ValidatorView,
	},
	GroupId, RoundIndex,
};
use descent_runtime::{opaque::Block, AccountId, Hash, TrainingApi as TrainingRuntimeApi};
use error::Error;
use jsonrpsee::{
	core::{RpcResult, SubscriptionResult},
	proc_macros::rpc,
};
use sp_api::{ApiError, ApiRef, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use std::sync::Arc;

/// How many groups, or entries of a log, a page has unless another limit is asked for.
const DEFAULT_LIMIT: u32 = 20;

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

	/// The heads of the models that the group had before the one it trains, the last model's first.
	#[method(name = "training_retiredHeads", blocking)]
	fn retired_heads(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Vec<HeadView>>;

	/// Why an account's commitment in a round ended as it did, or what it waits for.
	#[method(name = "training_explain", blocking)]
	fn explain(
		&self,
		group: GroupId,
		round: RoundIndex,
		account: AccountId,
		at: Option<Hash>,
	) -> RpcResult<Explanation>;

	/// The log of a group's data set from the entry that made version `from` (1) on, oldest first, at most `limit` (20)
	/// entries, never more than 100.
	#[method(name = "training_datasetLog", blocking)]
	fn dataset_log(
		&self,
		group: GroupId,
		from: Option<u32>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<LogEntryView>>;

	/// The delta proposals of a group: those that are open in their order, then the last that ended, the newest first.
	#[method(name = "training_proposals", blocking)]
	fn proposals(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Vec<ProposalView>>;

	/// The amendments of a group's rules: those that are open, then the last that ended, the newest first in both.
	#[method(name = "training_amendments", blocking)]
	fn amendments(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Vec<AmendmentView>>;

	/// What an account has staked in a group, and what it votes for.
	#[method(name = "training_stake", blocking)]
	fn stake(&self, group: GroupId, account: AccountId, at: Option<Hash>) -> RpcResult<StakeView>;

	/// What is minted, and how much has been.
	#[method(name = "training_emission", blocking)]
	fn emission(&self, at: Option<Hash>) -> RpcResult<EmissionView>;

	/// What a group has to pay with, and who funds it.
	#[method(name = "training_pot", blocking)]
	fn pot(&self, group: GroupId, at: Option<Hash>) -> RpcResult<PotView>;

	/// What an account has earned, and what of it was claimed.
	#[method(name = "training_rewards", blocking)]
	fn rewards(&self, account: AccountId, at: Option<Hash>) -> RpcResult<RewardsView>;

	/// The candidates in their order, and who else is in the session's set.
	#[method(name = "training_validators", blocking)]
	fn validators(&self, at: Option<Hash>) -> RpcResult<Vec<ValidatorView>>;

	/// How an account stands that has bonded; null where it never has.
	#[method(name = "training_validator", blocking)]
	fn validator(&self, account: AccountId, at: Option<Hash>) -> RpcResult<Option<ValidatorView>>;

	/// The rules of the validator set.
	#[method(name = "training_validatorRules", blocking)]
	fn validator_rules(&self, at: Option<Hash>) -> RpcResult<ValidatorRules>;

	/// The technical committee, its motions, and what they are about.
	#[method(name = "training_governance", blocking)]
	fn governance(&self, at: Option<Hash>) -> RpcResult<GovernanceView>;

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

	/// What stakeholders, proposers and the validators who check deltas do, delivered as the events of rounds are.
	#[subscription(
		name = "training_subscribeVotes" => "training_votes",
		unsubscribe = "training_unsubscribeVotes",
		item = BlockVotes,
	)]
	async fn subscribe_votes(&self, group: Option<GroupId>, finalized: Option<bool>) -> SubscriptionResult;
}

/// Answers the `training_*` methods out of the runtime.
pub(super) struct Training<C> {
	client: Arc<C>,
}

impl<C> Training<C> {
	/// Answers as of this client's blocks.
	pub(super) fn new(client: Arc<C>) -> Self {
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

	/// What `read` finds in a block's state.
	fn of_block<T>(
		&self,
		at: Option<Hash>,
		read: impl FnOnce(ApiRef<'_, C::Api>, Hash) -> Result<T, ApiError>,
	) -> RpcResult<T> {
		let block = self.block(at);
		Ok(read(self.client.runtime_api(), block).map_err(unreadable(block))?)
	}

	/// What `read` finds of a group that there is.
	fn of_group<T>(
		&self,
		group: GroupId,
		at: Option<Hash>,
		read: impl FnOnce(ApiRef<'_, C::Api>, Hash) -> Result<T, ApiError>,
	) -> RpcResult<T> {
		let block = self.block(at);
		self.read_group(block, group)?;
		self.of_block(Some(block), read)
	}

	fn read_round(&self, block: Hash, group: GroupId, round: RoundIndex) -> Result<RoundView, Error> {
		match self.client.runtime_api().round(block, group, round).map_err(unreadable(block))? {
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
