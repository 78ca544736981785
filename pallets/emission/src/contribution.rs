//! Payments of others to the next winner of a group.

use crate::{Config, Entrusted, Pallet, Pots};
use descent_protocol::GroupId;

impl<T: Config> pallet_groups::Pots<T::AccountId, u128> for Pallet<T> {
	fn account() -> T::AccountId {
		Self::account_id()
	}

	fn add_to_winner(group: GroupId, amount: u128) {
		Entrusted::<T>::mutate(|entrusted| *entrusted = entrusted.saturating_add(amount));
		Pots::<T>::mutate(group, |pot| pot.winner = pot.winner.saturating_add(amount));
	}
}
