//! Invariants of the pallet's storage.

use crate::{CheckCount, Config, HoldReason, Keepers, OpenChecks, Pallet};
use alloc::collections::BTreeMap;
use descent_protocol::MAX_MISSED_CHECKS;
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use sp_runtime::{
	traits::{Saturating, Zero},
	TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks the storage:
	///
	/// - a keeper has one seat in a group, an address, a deposit, and has not missed too many checks;
	/// - nobody leaves unless a check goes on that asks it;
	/// - the deposits of an account are what is on hold of it;
	/// - a check that goes on is the group's last.
	///
	/// # Errors
	/// Fails with the first that does not hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut deposits = BTreeMap::new();
		for (group, keepers) in Keepers::<T>::iter() {
			ensure!(!keepers.is_empty(), "a group without keepers has a list of them");
			let asked = OpenChecks::<T>::get(group).map_or(0, |check| check.number);
			for (place, keeper) in keepers.iter().enumerate() {
				let again = keepers.iter().skip(place.saturating_add(1));
				let is_once = again.clone().all(|other| other.account != keeper.account);
				ensure!(is_once, "an account has two seats");
				ensure!(!keeper.providers.is_empty(), "a keeper has no address");
				ensure!(keeper.deposit >= T::MinimumDeposit::get(), "a deposit is too small");
				ensure!(keeper.missed < MAX_MISSED_CHECKS, "a keeper has missed too many checks");
				ensure!(!keeper.leaving || keeper.since <= asked, "a keeper waits for no check to leave");
				let next = CheckCount::<T>::get(group).saturating_add(1);
				ensure!(keeper.since <= next, "a keeper is asked by no check to come");
				let held = deposits.entry(keeper.account.clone()).or_insert_with(Zero::zero);
				*held = keeper.deposit.saturating_add(*held);
			}
		}
		for (account, deposit) in deposits {
			let held = T::Currency::balance_on_hold(&HoldReason::Keeper.into(), &account);
			ensure!(held == deposit, "what is on hold of a keeper is not its deposits");
		}
		for (group, check) in OpenChecks::<T>::iter() {
			ensure!(check.number == CheckCount::<T>::get(group), "a check is not the group's last");
		}
		Ok(())
	}
}
