//! Answers of the runtime API that join several pallets. Those of one pallet are in its `views` module.

use crate::{Balance, Custody, Dataset, Emission, Groups, Rounds, Runtime, RuntimeEvent, System};
use alloc::{string::String, vec::Vec};
use descent_protocol::{
	view::{ChainEvent, GroupView, PotView},
	GroupId,
};
use pallet_groups::{DatasetLog, GroupRules, KeeperGateways, NextGroup, Rules};

/// Largest number of groups, of entries of a log, or of voters that one call returns.
pub(crate) const MAX_PAGE: u32 = 100;
/// Largest number of contents that one call returns.
pub(crate) const MAX_KEPT_PAGE: u32 = 1_000;

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
		providers: Custody::behind(id, &rules.providers),
		metric: rules.metric,
		policy: rules.policy,
		minimum_improvement: rules.minimum_improvement,
		target: rules.target,
		clock: rules.clock,
		deposit: rules.deposit,
		shares: rules.shares,
		head: Rounds::head_view(id),
		voting_period: group.voting.period,
		quorum: group.voting.quorum,
		stake: Groups::counted_total(id),
		closes: Groups::closes(id)?,
		block,
		round,
		settled: Rounds::last_settled(id),
		optional_rules: rules.optional_rules,
	})
}

/// Returns text that was checked to be UTF-8 when it came in.
fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

/// Returns those events of the block whose state is asked that clients see, in order.
pub(crate) fn events() -> Vec<ChainEvent> {
	System::read_events_no_consensus()
		.filter_map(|record| match record.event {
			RuntimeEvent::Evaluators(event) => event.view(),
			RuntimeEvent::Rounds(event) => event.view(),
			RuntimeEvent::Groups(event) => event.view(),
			RuntimeEvent::Dataset(event) => event.view(),
			RuntimeEvent::Emission(event) => event.view(),
			RuntimeEvent::Custody(event) => event.view(),
			_ => None,
		})
		.collect()
}

/// Returns a group's pot, with the shares of the round that takes commitments, or of the first to come.
pub(crate) fn pot(group: GroupId) -> Option<PotView> {
	let round = Groups::current_round(group, System::block_number())?;
	let rules: Rules<Balance> = Groups::rules(group, round)?;
	Emission::pot_view(group, rules.shares)
}
