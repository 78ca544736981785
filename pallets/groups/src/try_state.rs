use crate::{BalanceOf, Config, Groups, HoldReason, NextGroup, Pallet};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::{traits::Saturating, TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks what must hold of the pallet's storage between any two calls:
	///
	/// - groups are numbered without gaps from 0;
	/// - every owner has on hold exactly what its groups' deposits add up to;
	/// - every group's clock is one that rounds can be played by.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut held = BTreeMap::<T::AccountId, BalanceOf<T>>::new();
		let mut count = 0u32;
		for (id, group) in Groups::<T>::iter() {
			ensure!(
				id < NextGroup::<T>::get(),
				"a group has a number that was not given yet"
			);
			ensure!(
				group.rules.clock.check().is_ok(),
				"a group's clock cannot be used"
			);
			let sum = held.entry(group.owner).or_default();
			*sum = sum.saturating_add(group.held);
			count = count.saturating_add(1);
		}
		ensure!(count == NextGroup::<T>::get(), "a group's number is missing");
		for (owner, sum) in held {
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Group.into(), &owner) == sum,
				"an owner's hold is not what its groups add up to"
			);
		}
		Ok(())
	}
}
