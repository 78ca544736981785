//! What the chain tells about training: the runtime API behind a node's `training_*` methods.

use crate::{AccountId, Balance, Dataset, Groups, Rounds, Runtime, RuntimeEvent, System};
use alloc::{string::String, vec::Vec};
use descent_protocol::{
	addresses,
	view::{
		AmendmentView, EmissionView, GovernanceView, GroupView, HeadView, LogEntryView, PotView,
		ProposalView, RewardsView, RoundEvent, RoundView, StakeView, StandingView, ValidatorRules,
		ValidatorView, VoteEvent,
	},
	GroupId, RoundIndex,
};
use pallet_groups::{DatasetLog, GroupRules, NextGroup, Rules, Stakeholders};

sp_api::decl_runtime_apis! {
	/// Groups, rounds, standings, votes, money, validators and governance as of a block.
	pub trait TrainingApi {
		/// Groups in the order of their numbers, from number `from` on, at most `limit` of them and never more than
		/// 100.
		fn groups(from: GroupId, limit: u32) -> Vec<GroupView>;
		/// A group.
		fn group(id: GroupId) -> Option<GroupView>;
		/// A round: with its commitments while they are kept, or its windows alone.
		fn round(group: GroupId, round: RoundIndex) -> Option<RoundView>;
		/// How the trainers of a group have done, the best first.
		fn leaderboard(group: GroupId) -> Vec<StandingView>;
		/// The heads of the models that a group had before the one it trains, the last model's first.
		fn retired_heads(group: GroupId) -> Vec<HeadView>;
		/// What happened in the rounds of all groups in the block whose state is asked, in order.
		fn events() -> Vec<RoundEvent>;
		/// The log of a group's data set from the entry that made version `from` on, oldest first, at most `limit`
		/// entries and never more than 100.
		fn dataset_log(group: GroupId, from: u32, limit: u32) -> Vec<LogEntryView>;
		/// The delta proposals of a group: those that are open in their order, then the last that ended, the newest first.
		fn proposals(group: GroupId) -> Vec<ProposalView>;
		/// The amendments of a group's rules: those that are open, then the last that ended, the newest first in both.
		fn amendments(group: GroupId) -> Vec<AmendmentView>;
		/// What an account has staked in a group and votes for; `None` where there is no such group.
		fn stake(group: GroupId, account: AccountId) -> Option<StakeView>;
		/// What stakeholders, proposers and the validators who check deltas did in all groups in the block whose state is
		/// asked, in order.
		fn vote_events() -> Vec<VoteEvent>;
		/// What is minted, and how much has been.
		fn emission() -> EmissionView;
		/// What a group has to pay with; `None` where there is no such group.
		fn pot(group: GroupId) -> Option<PotView>;
		/// What an account has earned.
		fn rewards(account: AccountId) -> RewardsView;
		/// The candidates in their order, and who else is in the session's set.
		fn validators() -> Vec<ValidatorView>;
		/// How an account stands that has bonded; `None` where it never has.
		fn validator(account: AccountId) -> Option<ValidatorView>;
		/// The rules of the validator set.
		fn validator_rules() -> ValidatorRules;
		/// The technical committee, its motions, and what they are about.
		fn governance() -> GovernanceView;
	}
}

/// The most groups, or entries of a log, that one call returns.
const MAX_PAGE: u32 = 100;

pub(crate) fn groups(from: GroupId, limit: u32) -> Vec<GroupView> {
	let end = from.saturating_add(limit.min(MAX_PAGE)).min(NextGroup::<Runtime>::get());
	(from..end).filter_map(group).collect()
}

pub(crate) fn group(id: GroupId) -> Option<GroupView> {
	let group = pallet_groups::Groups::<Runtime>::get(id)?;
	let block = System::block_number();
	let round = Groups::round_at(id, block);
	let played = round.or_else(|| Groups::boundary(id))?;
	let rules: Rules<Balance> = Groups::rules(id, played)?;
	let dataset_version = Dataset::version_at(id, played);
	Some(GroupView {
		id,
		owner: group.owner,
		name: text(&group.name),
		model: rules.model,
		model_version: rules.model_version,
		dataset_version,
		dataset_root: Dataset::root_of(id, dataset_version),
		providers: addresses(&rules.providers),
		metric: rules.metric,
		policy: rules.policy,
		tolerance: rules.tolerance,
		minimum_improvement: rules.minimum_improvement,
		target: rules.target,
		clock: rules.clock,
		deposit: rules.deposit,
		shares: rules.shares,
		head: Rounds::head_view(id),
		voting_period: group.voting.period,
		quorum: group.voting.quorum,
		stake: Groups::total(id),
		closes: Groups::closes(id)?,
		block,
		round,
		settled: Rounds::last_settled(id),
	})
}

/// What was checked to be UTF-8 when it came in.
fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn round(group: GroupId, round: RoundIndex) -> Option<RoundView> {
	Rounds::round_view(group, round)
}

pub(crate) fn leaderboard(group: GroupId) -> Vec<StandingView> {
	Rounds::standings(group)
}

pub(crate) fn retired_heads(group: GroupId) -> Vec<HeadView> {
	Rounds::retired_heads(group)
}

pub(crate) fn events() -> Vec<RoundEvent> {
	System::read_events_no_consensus()
		.filter_map(|record| match record.event {
			RuntimeEvent::Rounds(event) => event.view(),
			_ => None,
		})
		.collect()
}

pub(crate) fn dataset_log(group: GroupId, from: u32, limit: u32) -> Vec<LogEntryView> {
	Dataset::log(group, from, limit.min(MAX_PAGE))
}

pub(crate) fn proposals(group: GroupId) -> Vec<ProposalView> {
	Dataset::proposals(group)
}

pub(crate) fn amendments(group: GroupId) -> Vec<AmendmentView> {
	Groups::amendments(group)
}

pub(crate) fn stake(group: GroupId, account: AccountId) -> Option<StakeView> {
	let delta = Dataset::vote_of(group, &account);
	Groups::stake_view(group, account, delta)
}

pub(crate) fn vote_events() -> Vec<VoteEvent> {
	System::read_events_no_consensus()
		.filter_map(|record| match record.event {
			RuntimeEvent::Groups(event) => event.view(),
			RuntimeEvent::Dataset(event) => event.view(),
			_ => None,
		})
		.collect()
}
