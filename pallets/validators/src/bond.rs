use crate::{
	Absences, BalanceOf, Config, CurrencyOf, Error, Event, Gateways, HoldReason, LedgerOf, Ledgers, Pallet,
};
use descent_protocol::{schedule_unbonding, withdraw_unbonded};
use descent_support::{now, release};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get},
	traits::fungible::MutateHold,
};
use pallet_evaluators::Bonds;
use sp_runtime::{
	traits::{CheckedAdd, CheckedSub, Zero},
	ArithmeticError, SaturatedConversion,
};

impl<T: Config> Bonds<T::AccountId> for Pallet<T> {
	fn bond(account: &T::AccountId) -> u128 {
		Ledgers::<T>::get(account).bond.saturated_into()
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_bond(account: T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let mut ledger = Ledgers::<T>::get(&account);
		ledger.bond = ledger.bond.checked_add(&amount).ok_or(ArithmeticError::Overflow)?;
		ensure!(ledger.bond >= <T as Config>::MinimumBond::get(), Error::<T>::BondTooSmall);
		CurrencyOf::<T>::hold(&HoldReason::Bond.into(), &account, amount)?;
		Ledgers::<T>::insert(&account, &ledger);
		Self::deposit_event(Event::Bonded { account: account.clone(), amount, bond: ledger.bond });
		Self::follow_bond(&account, ledger.bond);
		Self::enter_if_eligible(&account, &ledger);
		Ok(())
	}

	pub(crate) fn do_unbond(account: T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
		ensure!(!amount.is_zero(), Error::<T>::ZeroAmount);
		let mut ledger = Ledgers::<T>::get(&account);
		ledger.bond = ledger.bond.checked_sub(&amount).ok_or(Error::<T>::NotEnoughBond)?;
		ensure!(
			ledger.bond.is_zero() || ledger.bond >= <T as Config>::MinimumBond::get(),
			Error::<T>::BondTooSmall
		);
		let until = now::<T>().checked_add(T::UnbondingPeriod::get()).ok_or(ArithmeticError::Overflow)?;
		schedule_unbonding(&mut ledger.unbonding, amount, until).map_err(|_| Error::<T>::TooManyUnbonding)?;
		Ledgers::<T>::insert(&account, &ledger);
		Self::deposit_event(Event::Unbonded { account: account.clone(), amount, bond: ledger.bond, until });
		Self::follow_bond(&account, ledger.bond);
		Ok(())
	}

	pub(crate) fn do_withdraw(account: T::AccountId) -> DispatchResult {
		let mut ledger = Ledgers::<T>::get(&account);
		let amount = withdraw_unbonded(&mut ledger.unbonding, now::<T>());
		ensure!(!amount.is_zero(), Error::<T>::NothingToWithdraw);
		Self::put_ledger(&account, ledger);
		release::<_, CurrencyOf<T>>(&HoldReason::Bond.into(), &account, amount);
		Self::deposit_event(Event::Withdrawn { account, amount });
		Ok(())
	}

	pub(crate) fn put_ledger(account: &T::AccountId, ledger: LedgerOf<T>) {
		if ledger.is_empty() {
			Ledgers::<T>::remove(account);
			Absences::<T>::remove(account);
			Gateways::<T>::remove(account);
		} else {
			Ledgers::<T>::insert(account, ledger);
		}
	}
}
