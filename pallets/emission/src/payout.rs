use crate::{Accrued, Config, Event, Fundings, Pallet, Pot, Pots, WeightInfo};
use alloc::vec::Vec;
use core::mem;
use descent_protocol::{
	divide_custody, divide_reward, trace::WorkReward, GroupId, RoundIndex, Share, Shares, Split,
};
use descent_support::now;
use frame_support::{traits::Get, weights::Weight};
use pallet_groups::{GroupRules, KeeperRewards, Rewards, SettledRound};
use sp_runtime::SaturatedConversion;

/// The committee's part, for the check of a delta, of the tokens that have come in for validators since the
/// last payment for a round or a check. With any number of checks between two rounds, three quarters are left
/// for the round.
const CHECK_SHARE: Share = Share::percent(25);

impl<T: Config> Pallet<T> {
	/// Adds an amount to the earnings of an account.
	pub(crate) fn accrue(account: &T::AccountId, amount: u128) {
		if amount > 0 {
			Accrued::<T>::mutate(account, |accrued| *accrued = accrued.saturating_add(amount));
		}
	}

	fn accrue_each(group: GroupId, members: &[T::AccountId], each: u128) {
		if each == 0 {
			return;
		}
		for member in members {
			Self::accrue(member, each);
		}
		Self::deposit_event(Event::MembersPaid { group, members: members.len().saturated_into(), each });
	}

	/// Takes from a group's fundings the payments for a round with a winner. Returns their sum.
	fn take_fundings(group: GroupId, round: RoundIndex) -> u128 {
		let mut taken = 0u128;
		let mut fundings = Fundings::<T>::get(group);
		for funding in fundings.iter_mut().filter(|funding| funding.pays_for(round)) {
			let payment = funding.payment();
			funding.left = funding.left.saturating_sub(payment);
			taken = taken.saturating_add(payment);
		}
		if taken > 0 {
			fundings.retain(|funding| {
				if funding.left == 0 {
					Self::deposit_event(Event::FundingSpent { group, client: funding.client.clone() });
				}
				funding.left > 0
			});
			Self::put_fundings(group, fundings);
		}
		taken
	}

	/// Returns a group's pot with all that has come in, divided by these shares, and the parts that were
	/// added.
	fn divided(group: GroupId, shares: Shares) -> (Pot, Split) {
		let accumulators = Self::advance();
		let mut pot = Pots::<T>::get(group);
		pot.credit(&accumulators);
		let come_in = pot.divide(shares);
		(pot, come_in)
	}

	/// Returns the shares of the round that takes commitments, or else of the next one; `None` if there is no
	/// such group.
	fn current_shares(group: GroupId) -> Option<Shares> {
		let round = T::Groups::current_round(group, now::<T>())?;
		Some(T::Groups::rules(group, round)?.shares)
	}
}

impl<T: Config> KeeperRewards<T::AccountId, u128> for Pallet<T> {
	fn due(group: GroupId) -> u128 {
		let Some(shares) = Self::current_shares(group) else {
			return 0;
		};
		let (pot, _) = Self::divided(group, shares);
		Pots::<T>::insert(group, pot);
		pot.keepers
	}

	fn custody_checked(
		group: GroupId,
		served: &[T::AccountId],
		keepers: u32,
		members: &[T::AccountId],
	) -> u128 {
		let Some(shares) = Self::current_shares(group).filter(|_| !served.is_empty()) else {
			return 0;
		};
		let (mut pot, _) = Self::divided(group, shares);
		let (for_members, each) = divide_custody(pot.keepers, keepers);
		let each_member = for_members.checked_div(members.len().saturated_into()).unwrap_or_default();
		let total =
			|each: u128, accounts: &[T::AccountId]| each.saturating_mul(accounts.len().saturated_into());
		let paid = total(each, served).saturating_add(total(each_member, members));
		pot.keepers = pot.keepers.saturating_sub(paid);
		Pots::<T>::insert(group, pot);
		for keeper in served {
			Self::accrue(keeper, each);
		}
		Self::accrue_each(group, members, each_member);
		each
	}

	fn due_weight() -> Weight {
		T::WeightInfo::delta_checked(0)
	}

	/// Each account accrues, as a member does that has checked a delta.
	fn custody_checked_weight(accounts: u32) -> Weight {
		T::WeightInfo::delta_checked(accounts)
	}
}

impl<T: Config> Rewards<T::AccountId, u128> for Pallet<T> {
	fn round_settled(settled: &SettledRound<T::AccountId>) -> Vec<u128> {
		let SettledRound { group, round, shares, winners, members, .. } = *settled;
		let (mut pot, _) = Self::divided(group, shares);
		let mut rewards = Vec::new();
		if !winners.is_empty() {
			let paid = Self::take_fundings(group, round).saturating_add(Self::take_orders(settled));
			pot.add(shares.split(paid));
			rewards = divide_reward(mem::take(&mut pot.winner), winners.len());
			for (winner, reward) in winners.iter().zip(&rewards) {
				Self::accrue(winner, *reward);
			}
		}
		let each = pot.share_out(pot.validators, members.len().saturated_into());
		Self::accrue_each(group, members, each);
		Pots::<T>::insert(group, pot);
		rewards
	}

	fn work_confirmed(
		group: GroupId,
		shares: Shares,
		reward: &WorkReward,
		trainers: &[T::AccountId],
	) -> u128 {
		let (mut pot, _) = Self::divided(group, shares);
		let each = reward.each(pot.winner);
		let paid = each.saturating_mul(trainers.len().saturated_into());
		pot.winner = pot.winner.saturating_sub(paid);
		Pots::<T>::insert(group, pot);
		for trainer in trainers {
			Self::accrue(trainer, each);
		}
		each
	}

	fn delta_checked(group: GroupId, members: &[T::AccountId]) {
		let Some(shares) = Self::current_shares(group) else {
			return;
		};
		let (mut pot, come_in) = Self::divided(group, shares);
		let each = pot.share_out(CHECK_SHARE.of(come_in.validators), members.len().saturated_into());
		Pots::<T>::insert(group, pot);
		Self::accrue_each(group, members, each);
	}

	fn delta_applied(group: GroupId, proposer: &T::AccountId) -> u128 {
		let accumulators = Self::advance();
		let reward = Pots::<T>::mutate(group, |pot| {
			pot.credit(&accumulators);
			mem::take(&mut pot.proposer)
		});
		Self::accrue(proposer, reward);
		reward
	}

	fn round_settled_weight(members: u32) -> Weight {
		T::WeightInfo::round_settled(members)
	}

	/// Estimated: both streams, the tokens that are minted, the pot, and the trainers.
	fn work_confirmed_weight() -> Weight {
		T::DbWeight::get().reads_writes(10, 10)
	}

	fn delta_checked_weight(members: u32) -> Weight {
		T::WeightInfo::delta_checked(members)
	}

	fn delta_applied_weight() -> Weight {
		T::WeightInfo::delta_applied()
	}
}
