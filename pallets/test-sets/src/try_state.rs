use crate::{Config, Ended, HoldReason, Pallet, Series};
use alloc::collections::BTreeMap;
use descent_protocol::MAX_TEST_SETS;
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::{
	traits::{Saturating, Zero},
	TryRuntimeError,
};

impl<T: Config> Pallet<T> {
	/// Checks what must hold of the pallet's storage between any two calls:
	///
	/// - every series has 1 to 256 sets, and no more of them left than it has;
	/// - no more is left of a bond than the series began with, and all of it is on hold;
	/// - nothing else is on hold;
	/// - no series that has ended is open.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut bonds = BTreeMap::new();
		for (id, series) in Series::<T>::iter() {
			ensure!(!Ended::<T>::contains_key(id), "a series is open that has ended");
			ensure!(series.group.is_some() == series.model.is_some(), "a series is bound to no model");
			ensure!((1..=MAX_TEST_SETS).contains(&series.sets), "a series has too few sets or too many");
			ensure!(series.left <= series.sets, "more sets are left than a series has");
			ensure!(series.bond <= Self::bond(series.sets), "a bond has grown");
			let bond = bonds.entry(series.requester).or_insert_with(Zero::zero);
			*bond = series.bond.saturating_add(*bond);
		}
		for (requester, bond) in bonds {
			let held = T::Currency::balance_on_hold(&HoldReason::TestSets.into(), &requester);
			ensure!(held == bond, "what is on hold of a requester is not the bonds of its series");
		}
		Ok(())
	}
}
