use crate::Rules;
use alloc::{string::String, vec::Vec};
#[cfg(feature = "runtime-benchmarks")]
use descent_protocol::Clock;
use descent_protocol::{
	addresses, evaluation::DeltaSource, BlockNumber, ContentRef, GroupId, Providers, RoundIndex, Share, Stake,
};
use frame_support::weights::Weight;
use sp_core::H256;

/// The rules of groups, as rounds read them.
pub trait GroupRules<Balance> {
	/// Returns the rules of a round; `None` if there is no such group. The rules of rounds that have begun
	/// never change. The search begins with the newest revision and reads at most a logarithm of their
	/// number.
	fn rules(group: GroupId, round: RoundIndex) -> Option<Rules<Balance>>;

	/// Returns the largest difference between a claim and the measured score in a round whose seed was drawn
	/// while groups had a tolerance, in micro-units; 0 if it is not known. Only for use off chain, where the
	/// cost of finding it does not matter.
	fn tolerance(group: GroupId, round: RoundIndex) -> u64;

	/// Returns the round that takes commitments at a block, or waits for its seed; `None` before the group
	/// starts and between two clocks.
	fn round_at(group: GroupId, block: BlockNumber) -> Option<RoundIndex>;

	/// Returns the first round that has not begun, with which changes take effect; `None` if there is no such
	/// group.
	fn boundary(group: GroupId) -> Option<RoundIndex>;

	/// Returns the round that takes commitments at a block, or else the next one: its rules are the group's
	/// current rules.
	fn current_round(group: GroupId, block: BlockNumber) -> Option<RoundIndex> {
		Self::round_at(group, block).or_else(|| Self::boundary(group))
	}

	/// Returns the [terms](Rules::terms) of the first round that has not begun and of those after it, until
	/// they change again; `None` if there is no such group.
	fn terms(group: GroupId) -> Option<H256> {
		Some(Self::rules(group, Self::boundary(group)?)?.terms())
	}

	/// Returns the longest reveal window of any group, in blocks.
	fn longest_reveal() -> BlockNumber;

	/// Stores a group with this clock and commitment deposit, unchecked.
	#[cfg(feature = "runtime-benchmarks")]
	fn put_group(clock: Clock, deposit: Balance) -> GroupId;

	/// Adds a rule to the newest ones of a group, unchecked.
	#[cfg(feature = "runtime-benchmarks")]
	fn put_rule(group: GroupId, rule: descent_protocol::OptionalRule);
}

/// The stake in groups, as the votes on deltas read it.
pub trait Stakeholders<AccountId, Balance> {
	/// Returns true if there is such a group.
	fn exists(group: GroupId) -> bool;

	/// Returns the stake of an account in a group, which is the weight of its votes.
	fn stake(group: GroupId, who: &AccountId) -> Stake<Balance>;

	/// Returns all stake in a group, pending or not.
	fn total(group: GroupId) -> Balance;

	/// Returns the block of a group's next close, even if there is nothing to close, or of the one that is
	/// due: what is [pending](descent_protocol::Pending) is bound to it. `None` if there is no such group, or
	/// the block's number would be too large.
	fn closes(group: GroupId) -> Option<BlockNumber>;

	/// Makes sure that the group's voting period will be closed, and returns the block of the close. To be
	/// called whenever something opens that a close decides. `None` if there is no such group, or the block's
	/// number would be too large.
	fn expect_close(group: GroupId) -> Option<BlockNumber>;

	/// Returns the length of a group's voting period, in blocks; `None` if there is no such group.
	fn period(group: GroupId) -> Option<BlockNumber>;

	/// Gives an account stake in a group, unchecked and without holding it.
	#[cfg(feature = "runtime-benchmarks")]
	fn put_stake(group: GroupId, who: &AccountId, amount: Balance);
}

/// The result of an observer at the close of a voting period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
	/// True if proposals stay open.
	pub stay: bool,
	/// The weight that it used.
	pub weight: Weight,
}

/// Observes the groups. The weights are upper bounds of the observer's work.
pub trait GroupObserver<AccountId, Balance> {
	/// A group was created, with the first delta of its data set.
	fn created(group: GroupId, owner: &AccountId, dataset: ContentRef, providers: &Providers);

	/// An account's stake in a group changed, and with it the weight of all its votes.
	fn stake_changed(group: GroupId, who: &AccountId, before: Stake<Balance>, after: Stake<Balance>);

	/// The [terms](Rules::terms) changed that hold from the first round on that has not begun.
	fn terms_changed(_: GroupId) {}

	/// A voting period closes, with `total` stake in the group that counts and the `quorum` that it began
	/// with. Stake that is pending at [`Stakeholders::closes`] does not count. The observer decides its
	/// proposals after the group's amendments: the rules of the first round that has not begun are final.
	/// Returns whether anything stays open, so that the next period has to be closed too.
	fn period_closed(group: GroupId, total: Balance, quorum: Share) -> Closed;

	/// Returns the weight of [`Self::created`].
	fn created_weight() -> Weight {
		Weight::zero()
	}

	/// Returns the weight of [`Self::stake_changed`].
	fn stake_changed_weight() -> Weight {
		Weight::zero()
	}

	/// Returns the weight of [`Self::terms_changed`].
	fn terms_changed_weight() -> Weight {
		Weight::zero()
	}

	/// Returns the largest weight of [`Self::period_closed`].
	fn period_closed_weight() -> Weight {
		Weight::zero()
	}
}

impl<AccountId, Balance> GroupObserver<AccountId, Balance> for () {
	fn created(_: GroupId, _: &AccountId, _: ContentRef, _: &Providers) {}

	fn stake_changed(_: GroupId, _: &AccountId, _: Stake<Balance>, _: Stake<Balance>) {}

	fn period_closed(_: GroupId, _: Balance, _: Share) -> Closed {
		Closed::default()
	}
}

/// Calls two observers in this order.
impl<AccountId, Balance: Copy, First, Second> GroupObserver<AccountId, Balance> for (First, Second)
where
	First: GroupObserver<AccountId, Balance>,
	Second: GroupObserver<AccountId, Balance>,
{
	fn created(group: GroupId, owner: &AccountId, dataset: ContentRef, providers: &Providers) {
		First::created(group, owner, dataset, providers);
		Second::created(group, owner, dataset, providers);
	}

	fn stake_changed(group: GroupId, who: &AccountId, before: Stake<Balance>, after: Stake<Balance>) {
		First::stake_changed(group, who, before, after);
		Second::stake_changed(group, who, before, after);
	}

	fn terms_changed(group: GroupId) {
		First::terms_changed(group);
		Second::terms_changed(group);
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

	fn terms_changed_weight() -> Weight {
		First::terms_changed_weight().saturating_add(Second::terms_changed_weight())
	}

	fn period_closed_weight() -> Weight {
		First::period_closed_weight().saturating_add(Second::period_closed_weight())
	}
}

/// The gateways of the keepers of groups.
pub trait KeeperGateways {
	/// Returns a gateway of each keeper, those first that were found to serve last. Only for use off chain.
	fn gateways(group: GroupId) -> Vec<String>;

	/// Returns addresses of providers, and of keepers behind them.
	fn behind(group: GroupId, providers: &Providers) -> Vec<String> {
		let mut all = addresses(providers);
		for gateway in Self::gateways(group) {
			if !all.contains(&gateway) {
				all.push(gateway);
			}
		}
		all
	}
}

/// No group has keepers.
impl KeeperGateways for () {
	fn gateways(_: GroupId) -> Vec<String> {
		Vec::new()
	}
}

/// The log of a group's data set, as rounds need it.
pub trait DatasetLog {
	/// Returns the version that a round is played with, which is the number of its deltas.
	fn version_at(group: GroupId, round: RoundIndex) -> u32;

	/// Returns the root of a version, see [`descent_protocol::dataset_root`].
	fn root_of(group: GroupId, version: u32) -> H256;

	/// Returns the deltas of a version, oldest first. Only for use off chain, where the cost of reading them
	/// all does not matter.
	fn deltas(group: GroupId, version: u32) -> Vec<DeltaSource>;
}
