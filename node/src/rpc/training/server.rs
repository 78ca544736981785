//! The answers, out of the runtime.

use super::{error::Error, events, Training, TrainingApiServer, TrainingRuntimeApi, DEFAULT_LIMIT};
use descent_protocol::{
	explain,
	view::{
		AmendmentView, BlockEvents, BlockVotes, EmissionView, Explanation, GovernanceView, GroupView,
		HeadView, LogEntryView, PotView, ProposalView, RewardsView, RoundView, StakeView, StandingView,
		ValidatorRules, ValidatorView,
	},
	GroupId, RoundIndex,
};
use descent_runtime::{opaque::Block, AccountId, Hash};
use futures::stream::BoxStream;
use jsonrpsee::{
	core::{async_trait, RpcResult, SubscriptionResult},
	PendingSubscriptionSink,
};
use sc_client_api::BlockchainEvents;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;

impl<C> Training<C>
where
	C: HeaderBackend<Block> + BlockchainEvents<Block> + Send + Sync + 'static,
{
	/// Finalized blocks, unless best ones are asked for.
	fn blocks(&self, finalized: Option<bool>) -> BoxStream<'static, events::At> {
		if finalized.unwrap_or(true) {
			events::finalized_blocks(self.client.clone())
		} else {
			events::best_blocks(self.client.clone())
		}
	}
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
		self.of_block(at, |api, block| {
			api.groups(block, from.unwrap_or_default(), limit.unwrap_or(DEFAULT_LIMIT))
		})
	}

	fn group(&self, group: GroupId, at: Option<Hash>) -> RpcResult<GroupView> {
		Ok(self.read_group(self.block(at), group)?)
	}

	fn round(&self, group: GroupId, round: RoundIndex, at: Option<Hash>) -> RpcResult<RoundView> {
		Ok(self.read_round(self.block(at), group, round)?)
	}

	fn leaderboard(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Vec<StandingView>> {
		self.of_group(group, at, |api, block| api.leaderboard(block, group))
	}

	fn explain(
		&self,
		group: GroupId,
		round: RoundIndex,
		account: AccountId,
		at: Option<Hash>,
	) -> RpcResult<Explanation> {
		let block = self.block(at);
		let round_view = self.read_round(block, group, round)?;
		let sentence = explain(&round_view, &account);
		let outcome = round_view
			.candidates
			.iter()
			.find(|candidate| candidate.account == account)
			.and_then(|candidate| candidate.outcome);
		Ok(Explanation { group, round, account, outcome, sentence })
	}

	fn retired_heads(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Vec<HeadView>> {
		self.of_group(group, at, |api, block| api.retired_heads(block, group))
	}

	fn dataset_log(
		&self,
		group: GroupId,
		from: Option<u32>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<LogEntryView>> {
		self.of_group(group, at, |api, block| {
			api.dataset_log(block, group, from.unwrap_or(1), limit.unwrap_or(DEFAULT_LIMIT))
		})
	}

	fn proposals(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Vec<ProposalView>> {
		self.of_group(group, at, |api, block| api.proposals(block, group))
	}

	fn amendments(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Vec<AmendmentView>> {
		self.of_group(group, at, |api, block| api.amendments(block, group))
	}

	fn stake(&self, group: GroupId, account: AccountId, at: Option<Hash>) -> RpcResult<StakeView> {
		let stake = self.of_block(at, |api, block| api.stake(block, group, account))?;
		Ok(stake.ok_or(Error::UnknownGroup(group))?)
	}

	fn emission(&self, at: Option<Hash>) -> RpcResult<EmissionView> {
		self.of_block(at, |api, block| api.emission(block))
	}

	fn pot(&self, group: GroupId, at: Option<Hash>) -> RpcResult<PotView> {
		let pot = self.of_block(at, |api, block| api.pot(block, group))?;
		Ok(pot.ok_or(Error::UnknownGroup(group))?)
	}

	fn rewards(&self, account: AccountId, at: Option<Hash>) -> RpcResult<RewardsView> {
		self.of_block(at, |api, block| api.rewards(block, account))
	}

	fn validators(&self, at: Option<Hash>) -> RpcResult<Vec<ValidatorView>> {
		self.of_block(at, |api, block| api.validators(block))
	}

	fn validator(&self, account: AccountId, at: Option<Hash>) -> RpcResult<Option<ValidatorView>> {
		self.of_block(at, |api, block| api.validator(block, account))
	}

	fn validator_rules(&self, at: Option<Hash>) -> RpcResult<ValidatorRules> {
		self.of_block(at, |api, block| api.validator_rules(block))
	}

	fn governance(&self, at: Option<Hash>) -> RpcResult<GovernanceView> {
		self.of_block(at, |api, block| api.governance(block))
	}

	async fn subscribe_events(
		&self,
		pending: PendingSubscriptionSink,
		group: Option<GroupId>,
		finalized: Option<bool>,
	) -> SubscriptionResult {
		let client = self.client.clone();
		let read = move |(block, hash)| {
			let mut events = client.runtime_api().events(hash)?;
			events.retain(|event| group.is_none_or(|group| event.group() == group));
			Ok(BlockEvents { block, hash, events })
		};
		events::deliver(pending, self.blocks(finalized), read).await
	}

	async fn subscribe_votes(
		&self,
		pending: PendingSubscriptionSink,
		group: Option<GroupId>,
		finalized: Option<bool>,
	) -> SubscriptionResult {
		let client = self.client.clone();
		let read = move |(block, hash)| {
			let mut events = client.runtime_api().vote_events(hash)?;
			events.retain(|event| group.is_none_or(|group| event.group() == group));
			Ok(BlockVotes { block, hash, events })
		};
		events::deliver(pending, self.blocks(finalized), read).await
	}
}
