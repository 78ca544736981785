use crate::{
	BalanceOf, Config, Error, Event, GroupObserver, Groups, HoldReason, LedgerOf, Pallet, Stakeholders,
	Stakes, TotalStake,
};
use descent_protocol::{schedule_unbonding, withdraw_unbonded, BlockNumber, GroupId};
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
		ensure!(Groups::<T>::contains_key(group), Error::<T>::UnknownGroup);
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let mut ledger = Stakes::<T>::get(group, &account);
		let before = ledger.active;
		ledger.active = before.checked_add(&amount).ok_or(ArithmeticError::Overflow)?;
		ensure!(ledger.active >= T::MinimumStake::get(), Error::<T>::StakeTooSmall);
		ensure!(TotalStake::<T>::get(group).checked_add(&amount).is_some(), ArithmeticError::Overflow);
		T::Currency::hold(&HoldReason::Stake.into(), &account, amount)?;
		let stake = ledger.active;
		let total = Self::keep_stake(group, &account, before, ledger);
		Self::deposit_event(Event::Staked { group, account, stake, total });
		Ok(())
	}

	pub(crate) fn do_unstake(group: GroupId, account: T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
		let voting = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?.voting;
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let mut ledger = Stakes::<T>::get(group, &account);
		let before = ledger.active;
		ledger.active = before.checked_sub(&amount).ok_or(Error::<T>::NotEnoughStake)?;
		ensure!(
			ledger.active.is_zero() || ledger.active >= T::MinimumStake::get(),
			Error::<T>::StakeTooSmall
		);
		let now = now::<T>();
		let until = now.checked_add(voting.lock(now)).ok_or(ArithmeticError::Overflow)?;
		schedule_unbonding(&mut ledger.unstaking, amount, until).map_err(|_| Error::<T>::TooManyUnstaking)?;
		let stake = ledger.active;
		let total = Self::keep_stake(group, &account, before, ledger);
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

	/// Stores a ledger whose stake was `before`, and updates everything that the stake is the weight of.
	/// Returns all stake in the group.
	fn keep_stake(
		group: GroupId,
		account: &T::AccountId,
		before: BalanceOf<T>,
		mut ledger: LedgerOf<T>,
	) -> BalanceOf<T> {
		let after = ledger.active;
		let total = TotalStake::<T>::mutate(group, |total| {
			*total = total.saturating_sub(before).saturating_add(after);
			*total
		});
		Self::reweigh(group, &ledger.approvals, before, after);
		if after.is_zero() {
			ledger.approvals = Default::default();
		}
		Self::put_ledger(group, account, ledger);
		T::Observer::stake_changed(group, account, before, after);
		total
	}

	fn put_ledger(group: GroupId, account: &T::AccountId, ledger: LedgerOf<T>) {
		if ledger.active.is_zero() && ledger.unstaking.is_empty() {
			Stakes::<T>::remove(group, account);
		} else {
			Stakes::<T>::insert(group, account, ledger);
		}
	}
}

impl<T: Config> Stakeholders<T::AccountId, BalanceOf<T>> for Pallet<T> {
	fn exists(group: GroupId) -> bool {
		Groups::<T>::contains_key(group)
	}

	fn stake(group: GroupId, who: &T::AccountId) -> BalanceOf<T> {
		Stakes::<T>::get(group, who).active
	}

	fn total(group: GroupId) -> BalanceOf<T> {
		TotalStake::<T>::get(group)
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
