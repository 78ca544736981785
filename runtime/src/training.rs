//! What the chain tells about training: the runtime API behind a node's `training_*` methods.

use crate::{Rounds, Runtime, RuntimeEvent, System};
use alloc::{string::String, vec::Vec};
use descent_protocol::{
	view::{GroupView, RoundEvent, RoundView, StandingView},
	GroupId, RoundIndex,
};
use pallet_groups::NextGroup;

sp_api::decl_runtime_apis! {
	/// Groups, rounds and standings as of a block.
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
		/// What happened in the rounds of all groups in the block whose state is asked, in order.
		fn events() -> Vec<RoundEvent>;
	}
}

/// The most groups that one call returns.
const MAX_GROUPS_PER_PAGE: u32 = 100;

pub(crate) fn groups(from: GroupId, limit: u32) -> Vec<GroupView> {
	let end = from
		.saturating_add(limit.min(MAX_GROUPS_PER_PAGE))
		.min(NextGroup::<Runtime>::get());
	(from..end).filter_map(group).collect()
}

pub(crate) fn group(id: GroupId) -> Option<GroupView> {
	let pallet_groups::Group {
		owner,
		name,
		dataset_root,
		rules,
		..
	} = pallet_groups::Groups::<Runtime>::get(id)?;
	let block = System::block_number();
	Some(GroupView {
		id,
		owner,
		name: text(&name),
		model: rules.model,
		deltas: rules.deltas.into_inner(),
		dataset_root,
		providers: rules.providers.iter().map(|provider| text(provider)).collect(),
		metric: rules.metric,
		policy: rules.policy,
		tolerance: rules.tolerance,
		minimum_improvement: rules.minimum_improvement,
		clock: rules.clock,
		deposit: rules.deposit,
		head: Rounds::head_view(id),
		block,
		round: rules.clock.round_at(block),
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

pub(crate) fn events() -> Vec<RoundEvent> {
	System::read_events_no_consensus()
		.filter_map(|record| match record.event {
			RuntimeEvent::Rounds(event) => event.view(),
			_ => None,
		})
		.collect()
}
