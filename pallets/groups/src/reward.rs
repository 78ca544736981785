use alloc::{vec, vec::Vec};
use descent_protocol::{trace::WorkReward, GroupId, RoundIndex, Score, Shares};
use frame_support::weights::Weight;
use sp_runtime::traits::Zero;

/// A settled round, as far as rewards depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledRound<'a, AccountId> {
	/// The group.
	pub group: GroupId,
	/// The round.
	pub round: RoundIndex,
	/// The shares that it was played with.
	pub shares: Shares,
	/// Its winners in the order of their scores, the best first. Without ranked winners there is one at most.
	pub winners: &'a [AccountId],
	/// The measured score of the first winner; `None` where it shows no gain that clients ask for: on other
	/// records than those of the policy, or beside a head that could not be measured.
	pub score: Option<Score>,
	/// The measured score of the head on the same records, which had to be beaten.
	pub baseline: Option<Score>,
	/// The members of its committee that did sound work.
	pub members: &'a [AccountId],
}

/// Pays for work on groups. Earnings accrue and are claimed; no call pays out to another account than its
/// sender.
pub trait Rewards<AccountId, Balance> {
	/// Pays the winners of a settled round and the members of its committee. Returns the reward of each
	/// winner, in their order.
	fn round_settled(settled: &SettledRound<AccountId>) -> Vec<Balance>;

	/// Pays the work of the trainers that a round's seed has drawn and its committee has confirmed, once for
	/// each time that it is named, before the winners are paid. Returns what each was paid each time.
	fn work_confirmed(group: GroupId, shares: Shares, reward: &WorkReward, trainers: &[AccountId])
		-> Balance;

	/// Pays the `members` of a committee that did sound work in the check of a delta for a group.
	fn delta_checked(group: GroupId, members: &[AccountId]);

	/// Pays the proposer of a delta that is applied to a group's data set. Returns the reward.
	fn delta_applied(group: GroupId, proposer: &AccountId) -> Balance;

	/// Returns the weight of [`Self::round_settled`] with so many members.
	fn round_settled_weight(_members: u32) -> Weight {
		Weight::zero()
	}

	/// Returns the weight of [`Self::work_confirmed`].
	fn work_confirmed_weight() -> Weight {
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

/// Pays the keepers of groups out of the part of what rounds earn that is put aside for them.
pub trait KeeperRewards<AccountId, Balance> {
	/// Returns the amount that is put aside for a group's keepers by now.
	fn due(group: GroupId) -> Balance;

	/// Pays for a check of so many keepers, as [`descent_protocol::divide_custody`] says: those that have
	/// `served` their parts, and the `members` of its committee that did sound work theirs. The part of a
	/// keeper that has not served stays. Nobody is paid if none has. Returns what each keeper was paid.
	fn custody_checked(group: GroupId, served: &[AccountId], keepers: u32, members: &[AccountId]) -> Balance;

	/// Returns the weight of [`Self::due`].
	fn due_weight() -> Weight {
		Weight::zero()
	}

	/// Returns the weight of [`Self::custody_checked`] with so many accounts in all.
	fn custody_checked_weight(_accounts: u32) -> Weight {
		Weight::zero()
	}
}

/// The account that keeps the pots of groups.
pub trait Pots<AccountId, Balance> {
	/// Returns the account.
	fn account() -> AccountId;

	/// Adds an amount that the account has received to the reward of a group's next winner.
	fn add_to_winner(group: GroupId, amount: Balance);
}

/// Pays nothing.
impl<AccountId, Balance: Clone + Zero> Rewards<AccountId, Balance> for () {
	fn round_settled(settled: &SettledRound<AccountId>) -> Vec<Balance> {
		vec![Balance::zero(); settled.winners.len()]
	}

	fn work_confirmed(_: GroupId, _: Shares, _: &WorkReward, _: &[AccountId]) -> Balance {
		Balance::zero()
	}

	fn delta_checked(_: GroupId, _: &[AccountId]) {}

	fn delta_applied(_: GroupId, _: &AccountId) -> Balance {
		Balance::zero()
	}
}
