//! The `training_*` methods: declared in [`TrainingApiServer`] and answered out of the runtime below it.

mod error;
mod events;
mod reads;
mod recent;
#[cfg(test)]
mod tests;

use descent_protocol::{
	explanation,
	view::{
		AmendmentView, CustodyView, EmissionView, EventTopic, Explanation, GovernanceView, GroupView,
		HeadView, KeptView, LogEntryView, OrderView, Page, PotView, ProposalView, RecordingView, RewardsView,
		RoundSummary, RoundTestSetView, RoundView, StakeView, StandingView, TestSetSeriesView,
		ValidatorRules, ValidatorView, Versions, VotersView,
	},
	AmendmentId, GroupId, ProposalId, RoundIndex,
};
use descent_runtime::{opaque::Block, AccountId, Hash, TrainingApi as TrainingRuntimeApi};
use error::Error;
use events::Filter;
use jsonrpsee::{
	core::{async_trait, RpcResult, SubscriptionResult},
	proc_macros::rpc,
	PendingSubscriptionSink,
};
use reads::version;
use recent::RecentEvents;
use sc_client_api::BlockchainEvents;
use sp_api::{ApiRef, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use std::sync::Arc;

/// Number of groups, of entries of a log, or of voters in a page unless another limit is asked for.
const DEFAULT_LIMIT: u32 = 20;

/// Largest page of a list that is told as a whole unless a limit is asked for.
const MAX_PAGE: u32 = 100;

/// Returns the page of a list that is asked for: from place `from` (0) on, at most `limit` items and never
/// more than 100. All of the rest without a limit, as these lists had no pages at first. Their params come
/// after `at` for the same reason.
fn page(from: Option<u32>, limit: Option<u32>) -> Page {
	Page { from: from.unwrap_or_default(), limit: limit.map_or(u32::MAX, |limit| limit.min(MAX_PAGE)) }
}

/// The `training_*` methods. `at` is a block's hash, the best block's unless given.
#[rpc(server)]
pub(crate) trait TrainingApi {
	/// The versions of the node and of the block's `TrainingApi`.
	#[method(name = "training_version", blocking)]
	fn version(&self, at: Option<Hash>) -> RpcResult<Versions>;

	/// Groups in the order of their numbers, from number `from` (0) on, at most `limit` (20) of them, never
	/// more than 100.
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

	/// The settled rounds of a group that are kept, from number `from` (0) on, a row each, at most `limit`
	/// (20) of them, never more than 100.
	#[method(name = "training_history", blocking)]
	fn history(
		&self,
		group: GroupId,
		from: Option<RoundIndex>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<RoundSummary>>;

	/// Results of a group's trainers, the best first: all of them, or a [`page`].
	#[method(name = "training_leaderboard", blocking)]
	fn leaderboard(
		&self,
		group: GroupId,
		at: Option<Hash>,
		from: Option<u32>,
		limit: Option<u32>,
	) -> RpcResult<Vec<StandingView>>;

	/// The heads of the models that the group had before the one it trains, the last model's first: all of
	/// them, or a [`page`].
	#[method(name = "training_retiredHeads", blocking)]
	fn retired_heads(
		&self,
		group: GroupId,
		at: Option<Hash>,
		from: Option<u32>,
		limit: Option<u32>,
	) -> RpcResult<Vec<HeadView>>;

	/// Explains the result of an account's commitment in a round, or the step that it waits for.
	#[method(name = "training_explain", blocking)]
	fn explain(
		&self,
		group: GroupId,
		round: RoundIndex,
		account: AccountId,
		at: Option<Hash>,
	) -> RpcResult<Explanation>;

	/// The log of a group's data set from the entry that made version `from` (1) on, oldest first, at most
	/// `limit` (20) entries, never more than 100.
	#[method(name = "training_datasetLog", blocking)]
	fn dataset_log(
		&self,
		group: GroupId,
		from: Option<u32>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<LogEntryView>>;

	/// The delta proposals of a group: those that are open in their order, then the last that ended, the
	/// newest first. All of them, or a [`page`].
	#[method(name = "training_proposals", blocking)]
	fn proposals(
		&self,
		group: GroupId,
		at: Option<Hash>,
		from: Option<u32>,
		limit: Option<u32>,
	) -> RpcResult<Vec<ProposalView>>;

	/// The amendments of a group's rules: those that are open, then the last that ended, the newest first in
	/// both. All of them, or a [`page`].
	#[method(name = "training_amendments", blocking)]
	fn amendments(
		&self,
		group: GroupId,
		at: Option<Hash>,
		from: Option<u32>,
		limit: Option<u32>,
	) -> RpcResult<Vec<AmendmentView>>;

	/// The accounts that vote for an open delta proposal, from the account `from` on, at most `limit` (20) of
	/// them, never more than 100.
	#[method(name = "training_voters", blocking)]
	fn voters(
		&self,
		group: GroupId,
		proposal: ProposalId,
		from: Option<AccountId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<VotersView>;

	/// The accounts that approve an open amendment, in the same way.
	#[method(name = "training_amendmentVoters", blocking)]
	fn amendment_voters(
		&self,
		group: GroupId,
		amendment: AmendmentId,
		from: Option<AccountId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<VotersView>;

	/// The stake of an account in a group, and its votes.
	#[method(name = "training_stake", blocking)]
	fn stake(&self, group: GroupId, account: AccountId, at: Option<Hash>) -> RpcResult<StakeView>;

	/// The emission, and the amount minted so far.
	#[method(name = "training_emission", blocking)]
	fn emission(&self, at: Option<Hash>) -> RpcResult<EmissionView>;

	/// The pot of a group, and its fundings.
	#[method(name = "training_pot", blocking)]
	fn pot(&self, group: GroupId, at: Option<Hash>) -> RpcResult<PotView>;

	/// The orders of a group, the oldest first.
	#[method(name = "training_orders", blocking)]
	fn orders(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Vec<OrderView>>;

	/// The rewards of an account, accrued and claimed.
	#[method(name = "training_rewards", blocking)]
	fn rewards(&self, account: AccountId, at: Option<Hash>) -> RpcResult<RewardsView>;

	/// The candidates in their order, then the other validators of the session: all of them, or a [`page`].
	#[method(name = "training_validators", blocking)]
	fn validators(
		&self,
		at: Option<Hash>,
		from: Option<u32>,
		limit: Option<u32>,
	) -> RpcResult<Vec<ValidatorView>>;

	/// The standing of an account that has bonded; null where it never has.
	#[method(name = "training_validator", blocking)]
	fn validator(&self, account: AccountId, at: Option<Hash>) -> RpcResult<Option<ValidatorView>>;

	/// The rules of the validator set.
	#[method(name = "training_validatorRules", blocking)]
	fn validator_rules(&self, at: Option<Hash>) -> RpcResult<ValidatorRules>;

	/// The technical committee, its motions, and what they are about.
	#[method(name = "training_governance", blocking)]
	fn governance(&self, at: Option<Hash>) -> RpcResult<GovernanceView>;

	/// The base address of the gateway at which a validator serves what it has fetched to the others; null if
	/// it named none.
	#[method(name = "training_gateway", blocking)]
	fn gateway(&self, account: AccountId, at: Option<Hash>) -> RpcResult<Option<String>>;

	/// An open series of hidden test sets; null where there is none.
	#[method(name = "training_testSetSeries", blocking)]
	fn test_set_series(&self, series: Hash, at: Option<Hash>) -> RpcResult<Option<TestSetSeriesView>>;

	/// The hidden test set of a round; null where the rules of the round name no open series.
	#[method(name = "training_roundTestSet", blocking)]
	fn round_test_set(
		&self,
		group: GroupId,
		round: RoundIndex,
		at: Option<Hash>,
	) -> RpcResult<Option<RoundTestSetView>>;

	/// The recorded training that came with an account's checkpoint in a round; null where there is none.
	#[method(name = "training_recording", blocking)]
	fn recording(
		&self,
		group: GroupId,
		round: RoundIndex,
		account: AccountId,
		at: Option<Hash>,
	) -> RpcResult<Option<RecordingView>>;

	/// The keepers of a group, and the check of what they serve; null in a block from before keepers.
	#[method(name = "training_custody", blocking)]
	fn custody(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Option<CustodyView>>;

	/// The content that the keepers of a group keep, from place `from` on, at most `limit` and never more
	/// than 1,000.
	#[method(name = "training_keptContent", blocking)]
	fn kept_content(
		&self,
		group: GroupId,
		from: Option<u32>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<KeptView>>;

	/// The events of a topic (`rounds`), of one group or of all, one message a block in the order of the
	/// chain, also for blocks without events. Of finalized blocks; with `finalized` false of best blocks,
	/// which may be taken back.
	///
	/// A subscriber that does not keep up is told so and dropped; blocks are missing where the node itself
	/// caught up with the chain in strides of more than 256.
	#[subscription(
		name = "training_subscribeEvents" => "training_events",
		unsubscribe = "training_unsubscribeEvents",
		item = BlockEvents,
	)]
	async fn subscribe_events(
		&self,
		group: Option<GroupId>,
		finalized: Option<bool>,
		topic: Option<EventTopic>,
	) -> SubscriptionResult;

	/// The older name of `training_subscribeEvents` with the topic `votes`.
	#[subscription(
		name = "training_subscribeVotes" => "training_votes",
		unsubscribe = "training_unsubscribeVotes",
		item = BlockEvents,
	)]
	async fn subscribe_votes(&self, group: Option<GroupId>, finalized: Option<bool>) -> SubscriptionResult;
}

/// Answers the `training_*` methods out of the runtime.
pub(super) struct Training<C> {
	client: Arc<C>,
	recent: RecentEvents,
}

impl<C> Training<C> {
	/// Answers as of this client's blocks.
	pub(super) fn new(client: Arc<C>) -> Self {
		Self { client, recent: RecentEvents::default() }
	}
}

#[async_trait]
impl<C> TrainingApiServer for Training<C>
where
	C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + BlockchainEvents<Block> + Send + Sync + 'static,
	C::Api: TrainingRuntimeApi<Block>,
{
	fn version(&self, at: Option<Hash>) -> RpcResult<Versions> {
		self.of_block(at, |api, block| {
			let training_api = version(&api, block)?;
			Ok(Versions { node: env!("SUBSTRATE_CLI_IMPL_VERSION").into(), training_api })
		})
	}

	fn groups(
		&self,
		from: Option<GroupId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<GroupView>> {
		self.of_block(at, |api, block| {
			let (from, limit) = (from.unwrap_or_default(), limit.unwrap_or(DEFAULT_LIMIT));
			#[allow(deprecated)]
			Ok(match version(&api, block)? {
				..3 => {
					api.groups_before_version_3(block, from, limit)?.into_iter().map(|view| view.0).collect()
				}
				3 => {
					api.groups_before_version_4(block, from, limit)?.into_iter().map(|view| view.0).collect()
				}
				_ => api.groups(block, from, limit)?,
			})
		})
	}

	fn group(&self, group: GroupId, at: Option<Hash>) -> RpcResult<GroupView> {
		Ok(self.read_group(self.block(at), group)?)
	}

	fn round(&self, group: GroupId, round: RoundIndex, at: Option<Hash>) -> RpcResult<RoundView> {
		Ok(self.read_round(self.block(at), group, round)?)
	}

	fn history(
		&self,
		group: GroupId,
		from: Option<RoundIndex>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<RoundSummary>> {
		self.of_group(group, at, |api, block| {
			api.history(block, group, from.unwrap_or_default(), limit.unwrap_or(DEFAULT_LIMIT))
		})
	}

	fn leaderboard(
		&self,
		group: GroupId,
		at: Option<Hash>,
		from: Option<u32>,
		limit: Option<u32>,
	) -> RpcResult<Vec<StandingView>> {
		let page = page(from, limit);
		self.of_group(group, at, |api, block| {
			#[allow(deprecated)]
			Ok(match version(&api, block)? {
				..5 => page.of(api.leaderboard_before_version_5(block, group)?),
				_ => api.leaderboard(block, group, page.from, page.limit)?,
			})
		})
	}

	fn explain(
		&self,
		group: GroupId,
		round: RoundIndex,
		account: AccountId,
		at: Option<Hash>,
	) -> RpcResult<Explanation> {
		Ok(explanation(&self.read_round(self.block(at), group, round)?, &account))
	}

	fn retired_heads(
		&self,
		group: GroupId,
		at: Option<Hash>,
		from: Option<u32>,
		limit: Option<u32>,
	) -> RpcResult<Vec<HeadView>> {
		let page = page(from, limit);
		self.of_group(group, at, |api, block| {
			#[allow(deprecated)]
			Ok(match version(&api, block)? {
				..4 => {
					let views = api.retired_heads_before_version_4(block, group)?;
					page.of(views.into_iter().map(|view| view.0))
				}
				4 => page.of(api.retired_heads_before_version_5(block, group)?),
				_ => api.retired_heads(block, group, page.from, page.limit)?,
			})
		})
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

	fn proposals(
		&self,
		group: GroupId,
		at: Option<Hash>,
		from: Option<u32>,
		limit: Option<u32>,
	) -> RpcResult<Vec<ProposalView>> {
		let page = page(from, limit);
		self.of_group(group, at, |api, block| {
			#[allow(deprecated)]
			Ok(match version(&api, block)? {
				..5 => page.of(api.proposals_before_version_5(block, group)?),
				_ => api.proposals(block, group, page.from, page.limit)?,
			})
		})
	}

	fn amendments(
		&self,
		group: GroupId,
		at: Option<Hash>,
		from: Option<u32>,
		limit: Option<u32>,
	) -> RpcResult<Vec<AmendmentView>> {
		let page = page(from, limit);
		self.of_group(group, at, |api, block| {
			#[allow(deprecated)]
			Ok(match version(&api, block)? {
				..3 => {
					let views = api.amendments_before_version_3(block, group)?;
					page.of(views.into_iter().map(|view| view.0))
				}
				3 | 4 => page.of(api.amendments_before_version_5(block, group)?),
				_ => api.amendments(block, group, page.from, page.limit)?,
			})
		})
	}

	fn voters(
		&self,
		group: GroupId,
		proposal: ProposalId,
		from: Option<AccountId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<VotersView> {
		let limit = limit.unwrap_or(DEFAULT_LIMIT);
		let voters =
			self.of_group(group, at, |api, block| api.voters(block, group, proposal, from, limit))?;
		Ok(voters.ok_or(Error::NotProposed(group, proposal))?)
	}

	fn amendment_voters(
		&self,
		group: GroupId,
		amendment: AmendmentId,
		from: Option<AccountId>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<VotersView> {
		let limit = limit.unwrap_or(DEFAULT_LIMIT);
		let read =
			|api: ApiRef<'_, C::Api>, block| api.amendment_voters(block, group, amendment, from, limit);
		Ok(self.of_group(group, at, read)?.ok_or(Error::NoAmendment(group, amendment))?)
	}

	fn stake(&self, group: GroupId, account: AccountId, at: Option<Hash>) -> RpcResult<StakeView> {
		let stake = self.of_block(at, |api, block| {
			if version(&api, block)? >= 4 {
				return api.stake(block, group, account);
			}
			#[allow(deprecated)]
			let view = api.stake_before_version_4(block, group, account)?;
			Ok(view.map(|view| view.0))
		})?;
		Ok(stake.ok_or(Error::UnknownGroup(group))?)
	}

	fn emission(&self, at: Option<Hash>) -> RpcResult<EmissionView> {
		self.of_block(at, |api, block| api.emission(block))
	}

	fn pot(&self, group: GroupId, at: Option<Hash>) -> RpcResult<PotView> {
		let pot = self.of_block(at, |api, block| {
			if version(&api, block)? >= 4 {
				return api.pot(block, group);
			}
			#[allow(deprecated)]
			let view = api.pot_before_version_4(block, group)?;
			Ok(view.map(|view| view.0))
		})?;
		Ok(pot.ok_or(Error::UnknownGroup(group))?)
	}

	fn orders(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Vec<OrderView>> {
		// Runtimes before it have no orders.
		self.of_group(group, at, |api, block| match version(&api, block)? {
			..6 => Ok(vec![]),
			_ => api.orders(block, group),
		})
	}

	fn rewards(&self, account: AccountId, at: Option<Hash>) -> RpcResult<RewardsView> {
		self.of_block(at, |api, block| api.rewards(block, account))
	}

	fn validators(
		&self,
		at: Option<Hash>,
		from: Option<u32>,
		limit: Option<u32>,
	) -> RpcResult<Vec<ValidatorView>> {
		let page = page(from, limit);
		self.of_block(at, |api, block| {
			#[allow(deprecated)]
			Ok(match version(&api, block)? {
				..5 => page.of(api.validators_before_version_5(block)?),
				_ => api.validators(block, page.from, page.limit)?,
			})
		})
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

	fn gateway(&self, account: AccountId, at: Option<Hash>) -> RpcResult<Option<String>> {
		self.of_block(at, |api, block| api.gateway(block, account))
	}

	fn test_set_series(&self, series: Hash, at: Option<Hash>) -> RpcResult<Option<TestSetSeriesView>> {
		self.of_block(at, |api, block| match version(&api, block)? {
			..6 => Ok(None),
			_ => api.test_set_series(block, series),
		})
	}

	fn round_test_set(
		&self,
		group: GroupId,
		round: RoundIndex,
		at: Option<Hash>,
	) -> RpcResult<Option<RoundTestSetView>> {
		self.of_group(group, at, |api, block| match version(&api, block)? {
			..6 => Ok(None),
			_ => api.round_test_set(block, group, round),
		})
	}

	fn recording(
		&self,
		group: GroupId,
		round: RoundIndex,
		account: AccountId,
		at: Option<Hash>,
	) -> RpcResult<Option<RecordingView>> {
		self.of_group(group, at, |api, block| match version(&api, block)? {
			..6 => Ok(None),
			_ => api.recording(block, group, round, account),
		})
	}

	fn custody(&self, group: GroupId, at: Option<Hash>) -> RpcResult<Option<CustodyView>> {
		self.of_group(group, at, |api, block| match version(&api, block)? {
			..7 => Ok(None),
			_ => api.custody(block, group),
		})
	}

	fn kept_content(
		&self,
		group: GroupId,
		from: Option<u32>,
		limit: Option<u32>,
		at: Option<Hash>,
	) -> RpcResult<Vec<KeptView>> {
		self.of_group(group, at, |api, block| match version(&api, block)? {
			..7 => Ok(Vec::new()),
			_ => api.kept_content(block, group, from.unwrap_or_default(), limit.unwrap_or(u32::MAX)),
		})
	}

	async fn subscribe_events(
		&self,
		pending: PendingSubscriptionSink,
		group: Option<GroupId>,
		finalized: Option<bool>,
		topic: Option<EventTopic>,
	) -> SubscriptionResult {
		let filter = Filter { group, topic: topic.unwrap_or_default() };
		events::deliver(pending, self.client.clone(), &self.recent, finalized.unwrap_or(true), filter).await
	}

	async fn subscribe_votes(
		&self,
		pending: PendingSubscriptionSink,
		group: Option<GroupId>,
		finalized: Option<bool>,
	) -> SubscriptionResult {
		self.subscribe_events(pending, group, finalized, Some(EventTopic::Votes)).await
	}
}
