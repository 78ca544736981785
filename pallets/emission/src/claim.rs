use crate::{Accrued, Claimed, Config, Entrusted, Error, Event, Pallet};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult},
	traits::{
		fungible::{Inspect, Mutate},
		tokens::Preservation,
	},
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_claim(account: T::AccountId) -> DispatchResult {
		let accrued = Accrued::<T>::get(&account);
		ensure!(accrued > 0, Error::<T>::NothingToClaim);
		let amount = Self::pay_out(&account, accrued)?;
		ensure!(amount > 0, Error::<T>::NothingToClaim);
		match accrued.saturating_sub(amount) {
			0 => Accrued::<T>::remove(&account),
			rest => Accrued::<T>::insert(&account, rest),
		}
		Claimed::<T>::mutate(&account, |claimed| *claimed = claimed.saturating_add(amount));
		Self::deposit_event(Event::Claimed { account, amount });
		Ok(())
	}

	/// Pays an account out of the pallet's, and returns the amount. If less than the existential deposit
	/// would be left for others, so much less is paid that it is left: their tokens would be lost with the
	/// account.
	pub(crate) fn pay_out(account: &T::AccountId, amount: u128) -> Result<u128, DispatchError> {
		let source = Self::account_id();
		let rest = T::Currency::balance(&source).saturating_sub(amount);
		let missing = match rest {
			0 => 0,
			rest => T::Currency::minimum_balance().saturating_sub(rest),
		};
		let paid = amount.saturating_sub(missing);
		T::Currency::transfer(&source, account, paid, Preservation::Expendable)?;
		Entrusted::<T>::mutate(|entrusted| *entrusted = entrusted.saturating_sub(paid));
		Ok(paid)
	}

	/// Returns an amount to the client that paid it in. A part that the client's account can't receive
	/// accrues, to be claimed.
	pub(crate) fn give_back(client: &T::AccountId, amount: u128) {
		let paid = Self::pay_out(client, amount).unwrap_or_default();
		Self::accrue(client, amount.saturating_sub(paid));
	}
}
