use crate::{
	BalanceOf, Config, Error, Event, GroupObserver, Groups, HoldReason, LedgerOf, Pallet, PendingStakes,
	PendingTotal, Stakeholders, Stakes, TotalStake, Voting,
};
use descent_protocol::{
	is_in_time, schedule_unbonding, withdraw_unbonded, BlockNumber, GroupId, Pending, Stake,
};
use descent_support::{now, release};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get},
	traits::fungible::MutateHold,
};
use sp_runtime::{
	traits::{CheckedAdd, CheckedSub, Saturating, Zero},
	ArithmeticError,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_stake(group: GroupId, account: T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
		let voting = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?.voting;
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let mut ledger = Stakes::<T>::get(group, &account);
		let close = Self::next_close(&voting);
		let before = Self::stake_at(group, &account, ledger.active, close);
		ledger.active = ledger.active.checked_add(&amount).ok_or(ArithmeticError::Overflow)?;
		ensure!(ledger.active >= T::MinimumStake::get(), Error::<T>::StakeTooSmall);
		ensure!(TotalStake::<T>::get(group).checked_add(&amount).is_some(), ArithmeticError::Overflow);
		T::Currency::hold(&HoldReason::Stake.into(), &account, amount)?;
		let stake = ledger.active;
		let after = before.add(amount, is_in_time(now::<T>(), close, voting.period));
		let total = Self::keep_stake(group, &account, close, (before, after), ledger);
		Self::deposit_event(Event::Staked { group, account, stake, total });
		Ok(())
	}

	pub(crate) fn do_unstake(group: GroupId, account: T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
		let voting = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?.voting;
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let mut ledger = Stakes::<T>::get(group, &account);
		let close = Self::next_close(&voting);
		let before = Self::stake_at(group, &account, ledger.active, close);
		ledger.active = ledger.active.checked_sub(&amount).ok_or(Error::<T>::NotEnoughStake)?;
		ensure!(
			ledger.active.is_zero() || ledger.active >= T::MinimumStake::get(),
			Error::<T>::StakeTooSmall
		);
		let now = now::<T>();
		let until = now.checked_add(voting.lock(now)).ok_or(ArithmeticError::Overflow)?;
		schedule_unbonding(&mut ledger.unstaking, amount, until).map_err(|_| Error::<T>::TooManyUnstaking)?;
		let stake = ledger.active;
		let total = Self::keep_stake(group, &account, close, (before, before.take(amount)), ledger);
		Self::deposit_event(Event::Unstaked { group, account, stake, total, amount, until });
		Ok(())
	}

	pub(crate) fn do_withdraw(group: GroupId, account: T::AccountId) -> DispatchResult {
		let mut ledger = Stakes::<T>::get(group, &account);
		let amount = withdraw_unbonded(&mut ledger.unstaking, now::<T>());
		ensure!(!amount.is_zero(), Error::<T>::NothingToWithdraw);
		Self::put_ledger(group, &account, ledger);
		release::<_, T::Currency>(&HoldReason::Stake.into(), &account, amount);
		Self::deposit_event(Event::Withdrawn { group, account, amount });
		Ok(())
	}

	/// Stores a ledger, and updates everything that its stake is the weight of. Returns all stake in the
	/// group.
	fn keep_stake(
		group: GroupId,
		account: &T::AccountId,
		close: BlockNumber,
		(before, after): (Stake<BalanceOf<T>>, Stake<BalanceOf<T>>),
		mut ledger: LedgerOf<T>,
	) -> BalanceOf<T> {
		let total = TotalStake::<T>::mutate(group, |total| {
			*total = total.saturating_sub(before.all).saturating_add(after.all);
			*total
		});
		PendingTotal::<T>::mutate_exists(group, |sum| Pending::replace_in(sum, close, before, after));
		PendingStakes::<T>::mutate_exists(group, account, |own| {
			Pending::replace_in(own, close, before, after)
		});
		Self::reweigh(group, &ledger.approvals, close, before, after);
		if after.all.is_zero() {
			ledger.approvals = Default::default();
		}
		Self::put_ledger(group, account, ledger);
		T::Observer::stake_changed(group, account, before, after);
		total
	}

	/// Returns an account's stake, of which `all` is known, where `close` is the group's next close.
	pub(crate) fn stake_at(
		group: GroupId,
		account: &T::AccountId,
		all: BalanceOf<T>,
		close: BlockNumber,
	) -> Stake<BalanceOf<T>> {
		let pending = PendingStakes::<T>::get(group, account);
		Stake { all, pending: pending.map_or_else(Zero::zero, |pending| pending.at(close)) }
	}

	/// Returns the stake of all accounts in a group, where `close` is its next close.
	pub(crate) fn total_at(group: GroupId, close: BlockNumber) -> Stake<BalanceOf<T>> {
		let pending = PendingTotal::<T>::get(group);
		let pending = pending.map_or_else(Zero::zero, |pending| pending.at(close));
		Stake { all: TotalStake::<T>::get(group), pending }
	}

	/// Returns the block of a group's next close.
	pub(crate) fn next_close(voting: &Voting) -> BlockNumber {
		voting.next_close(now::<T>()).unwrap_or(BlockNumber::MAX)
	}

	fn put_ledger(group: GroupId, account: &T::AccountId, ledger: LedgerOf<T>) {
		if ledger.active.is_zero() && ledger.unstaking.is_empty() {
			Stakes::<T>::remove(group, account);
			PendingStakes::<T>::remove(group, account);
		} else {
			Stakes::<T>::insert(group, account, ledger);
		}
	}
}

impl<T: Config> Stakeholders<T::AccountId, BalanceOf<T>> for Pallet<T> {
	fn exists(group: GroupId) -> bool {
		Groups::<T>::contains_key(group)
	}

	fn stake(group: GroupId, who: &T::AccountId) -> Stake<BalanceOf<T>> {
		let close = Self::closes(group).unwrap_or(BlockNumber::MAX);
		Self::stake_at(group, who, Stakes::<T>::get(group, who).active, close)
	}

	fn total(group: GroupId) -> BalanceOf<T> {
		TotalStake::<T>::get(group)
	}

	fn closes(group: GroupId) -> Option<BlockNumber> {
		Pallet::<T>::closes(group)
	}

	fn expect_close(group: GroupId) -> Option<BlockNumber> {
		Self::alarmed_close(group)
	}

	fn period(group: GroupId) -> Option<BlockNumber> {
		Groups::<T>::get(group).map(|group| group.voting.period)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn put_stake(group: GroupId, who: &T::AccountId, amount: BalanceOf<T>) {
		Stakes::<T>::mutate(group, who, |ledger| {
			ledger.active = ledger.active.saturating_add(amount);
		});
		TotalStake::<T>::mutate(group, |total| *total = total.saturating_add(amount));
	}
}
