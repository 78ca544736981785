use descent_protocol::{GroupId, RoundIndex, Shares};
use frame_support::weights::Weight;
use sp_runtime::traits::Zero;

/// Pays for work on groups. What is earned accrues and is claimed; nothing is paid out in a call of somebody else's.
pub trait Rewards<AccountId, Balance> {
	/// A group's round is settled that was played with these shares. Pays its winner, where it has one, and the members of its
	/// committee that did sound work. What the winner gets.
	fn round_settled(
		group: GroupId,
		round: RoundIndex,
		shares: Shares,
		winner: Option<&AccountId>,
		members: &[AccountId],
	) -> Balance;

	/// A committee has decided on a delta that is proposed to a group. Pays the members that did sound work.
	fn delta_checked(group: GroupId, members: &[AccountId]);

	/// A delta is applied to a group's data set. Pays its proposer, and says how much.
	fn delta_applied(group: GroupId, proposer: &AccountId) -> Balance;

	/// The weight of [`Self::round_settled`] with so many members.
	fn round_settled_weight(_members: u32) -> Weight {
		Weight::zero()
	}

	/// The weight of [`Self::delta_checked`] with so many members.
	fn delta_checked_weight(_members: u32) -> Weight {
		Weight::zero()
	}

	/// The weight of [`Self::delta_applied`].
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
