use descent_protocol::{GroupId, RoundIndex, Shares};
use frame_support::weights::Weight;
use sp_runtime::traits::Zero;

/// Pays for work on groups. Earnings accrue and are claimed; no call pays out to another account than its
/// sender.
pub trait Rewards<AccountId, Balance> {
	/// Pays for a round of a group that is settled and was played with `shares`: its winner, if it has one,
	/// and the `members` of its committee that did sound work. Returns the reward of the winner.
	fn round_settled(
		group: GroupId,
		round: RoundIndex,
		shares: Shares,
		winner: Option<&AccountId>,
		members: &[AccountId],
	) -> Balance;

	/// Pays the `members` of a committee that did sound work in the check of a delta for a group.
	fn delta_checked(group: GroupId, members: &[AccountId]);

	/// Pays the proposer of a delta that is applied to a group's data set. Returns the reward.
	fn delta_applied(group: GroupId, proposer: &AccountId) -> Balance;

	/// Returns the weight of [`Self::round_settled`] with so many members.
	fn round_settled_weight(_members: u32) -> Weight {
		Weight::zero()
	}

	/// Returns the weight of [`Self::delta_checked`] with so many members.
	fn delta_checked_weight(_members: u32) -> Weight {
		Weight::zero()
	}

	/// Returns the weight of [`Self::delta_applied`].
	fn delta_applied_weight() -> Weight {
		Weight::zero()
	}
}

/// Pays nothing.
impl<AccountId, Balance: Zero> Rewards<AccountId, Balance> for () {
	fn round_settled(
		_: GroupId,
		_: RoundIndex,
		_: Shares,
		_: Option<&AccountId>,
		_: &[AccountId],
	) -> Balance {
		Balance::zero()
	}

	fn delta_checked(_: GroupId, _: &[AccountId]) {}

	fn delta_applied(_: GroupId, _: &AccountId) -> Balance {
		Balance::zero()
	}
}
