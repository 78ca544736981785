use crate::Rules;
use alloc::vec::Vec;
#[cfg(feature = "runtime-benchmarks")]
use descent_protocol::Clock;
use descent_protocol::{
	evaluation::DeltaSource, BlockNumber, ContentRef, GroupId, Providers, RoundIndex, Share,
};
use frame_support::weights::Weight;
use sp_core::H256;

/// What rounds need to know of groups.
pub trait GroupRules<Balance> {
	/// The rules that a round is played by; `None` where there is no such group. Those of rounds that have begun never
	/// change. The newest revisions are looked at first, and the logarithm of their number at most.
	fn rules(group: GroupId, round: RoundIndex) -> Option<Rules<Balance>>;

	/// The round that takes commitments at a block; `None` before the group starts and between two clocks.
	fn round_at(group: GroupId, block: BlockNumber) -> Option<RoundIndex>;

	/// The first round that has not begun, with which changes take effect; `None` where there is no such group.
	fn boundary(group: GroupId) -> Option<RoundIndex>;

	/// The round that takes commitments at a block, or the first to come: the one whose rules are the group's to whoever looks.
	fn current_round(group: GroupId, block: BlockNumber) -> Option<RoundIndex> {
		Self::round_at(group, block).or_else(|| Self::boundary(group))
	}

	/// The longest reveal window of any group, in blocks.
	fn longest_reveal() -> BlockNumber;

	/// Puts a group with this clock and commitment deposit into storage, unchecked.
	#[cfg(feature = "runtime-benchmarks")]
	fn put_group(clock: Clock, deposit: Balance) -> GroupId;
}

/// What the votes on deltas need to know of groups.
pub trait Stakeholders<AccountId, Balance> {
	/// Whether there is such a group.
	fn exists(group: GroupId) -> bool;

	/// What an account has staked in a group: the weight of its votes.
	fn stake(group: GroupId, who: &AccountId) -> Balance;

	/// All stake in a group.
	fn total(group: GroupId) -> Balance;

	/// Makes sure that the group's voting period will be closed, and says at which block: to be called whenever something
	/// opens that a close decides. `None` where there is no such group, or the block's number would be too large.
	fn expect_close(group: GroupId) -> Option<BlockNumber>;

	/// How long a group's voting period is, in blocks; `None` where there is no such group.
	fn period(group: GroupId) -> Option<BlockNumber>;

	/// Gives an account stake in a group, unchecked and without holding it.
	#[cfg(feature = "runtime-benchmarks")]
	fn put_stake(group: GroupId, who: &AccountId, amount: Balance);
}

/// What an observer made of the close of a voting period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
	/// Whether proposals stay open.
	pub stay: bool,
	/// What it took.
	pub weight: Weight,
}

/// Who is told of what happens in groups. The weights are what being told costs at most.
pub trait GroupObserver<AccountId, Balance> {
	/// A group was created, with the first delta of its data set.
	fn created(group: GroupId, owner: &AccountId, dataset: ContentRef, providers: &Providers);

	/// An account's stake in a group changed: so does the weight of all its votes.
	fn stake_changed(group: GroupId, who: &AccountId, before: Balance, after: Balance);

	/// A voting period closes, with so much stake in the group and the quorum that it began with. Decides what it has to,
	/// after the group's amendments: the rules of the first round that has not begun are as they will be. Says whether
	/// anything stays open, so that the next period has to be closed too.
	fn period_closed(group: GroupId, total: Balance, quorum: Share) -> Closed;

	/// The weight of [`Self::created`].
	fn created_weight() -> Weight {
		Weight::zero()
	}

	/// The weight of [`Self::stake_changed`].
	fn stake_changed_weight() -> Weight {
		Weight::zero()
	}

	/// The most weight of [`Self::period_closed`].
	fn period_closed_weight() -> Weight {
		Weight::zero()
	}
}

impl<AccountId, Balance> GroupObserver<AccountId, Balance> for () {
	fn created(_: GroupId, _: &AccountId, _: ContentRef, _: &Providers) {}

	fn stake_changed(_: GroupId, _: &AccountId, _: Balance, _: Balance) {}

	fn period_closed(_: GroupId, _: Balance, _: Share) -> Closed {
		Closed::default()
	}
}

/// Two who are told, in this order.
impl<AccountId, Balance: Copy, First, Second> GroupObserver<AccountId, Balance> for (First, Second)
where
	First: GroupObserver<AccountId, Balance>,
	Second: GroupObserver<AccountId, Balance>,
{
	fn created(group: GroupId, owner: &AccountId, dataset: ContentRef, providers: &Providers) {
		First::created(group, owner, dataset, providers);
		Second::created(group, owner, dataset, providers);
	}

	fn stake_changed(group: GroupId, who: &AccountId, before: Balance, after: Balance) {
		First::stake_changed(group, who, before, after);
		Second::stake_changed(group, who, before, after);
	}

	fn period_closed(group: GroupId, total: Balance, quorum: Share) -> Closed {
		let first = First::period_closed(group, total, quorum);
		let second = Second::period_closed(group, total, quorum);
		Closed { stay: first.stay || second.stay, weight: first.weight.saturating_add(second.weight) }
	}

	fn created_weight() -> Weight {
		First::created_weight().saturating_add(Second::created_weight())
	}

	fn stake_changed_weight() -> Weight {
		First::stake_changed_weight().saturating_add(Second::stake_changed_weight())
	}

	fn period_closed_weight() -> Weight {
		First::period_closed_weight().saturating_add(Second::period_closed_weight())
	}
}

/// The log of a group's data set, as rounds need it.
pub trait DatasetLog {
	/// The version that a round is played with: so many deltas make it.
	fn version_at(group: GroupId, round: RoundIndex) -> u32;

	/// The root of a version, see [`descent_protocol::dataset_root`].
	fn root_of(group: GroupId, version: u32) -> H256;

	/// The deltas that make a version, oldest first. Only off chain, where reading them all is no matter.
	fn deltas(group: GroupId, version: u32) -> Vec<DeltaSource>;
}
