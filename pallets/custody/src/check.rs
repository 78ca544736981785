//! Checks of what keepers serve: their opening, and what follows from them.

use crate::{
	BalanceOf, Check, CheckCount, Config, Error, Event, KeeperOf, Keepers, KeptContent, OpenChecks, Pallet,
};
use alloc::vec::Vec;
use descent_protocol::{least_for_custody, CustodyVerdict, GroupId, TaskId, MAX_KEEPERS, MAX_MISSED_CHECKS};
use descent_support::now;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get},
	traits::ConstU32,
	BoundedVec,
};
use pallet_evaluators::tasks::Committees;
use pallet_groups::{GroupRules, KeeperRewards};
use sp_runtime::{traits::Saturating, SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// Returns the number of a group's next check.
	pub(crate) fn next_check(group: GroupId) -> u32 {
		CheckCount::<T>::get(group).saturating_add(1)
	}

	pub(crate) fn do_check(group: GroupId) -> DispatchResult {
		let mark = T::Content::mark(group).ok_or(Error::<T>::UnknownGroup)?;
		ensure!(!Keepers::<T>::get(group).is_empty(), Error::<T>::NoKeepers);
		ensure!(!OpenChecks::<T>::contains_key(group), Error::<T>::CheckOpen);
		let least = Self::least_for_check(group).ok_or(Error::<T>::UnknownGroup)?;
		ensure!(T::Rewards::due(group) >= least, Error::<T>::PotTooSmall);
		let count = CheckCount::<T>::get(group);
		let number = count.checked_add(1).ok_or(Error::<T>::OutOfNumbers)?;
		let check = Check { number, since: now::<T>(), mark };
		CheckCount::<T>::insert(group, number);
		let task = TaskId::Custody { group, check: number };
		if !T::Committees::set_alarm(&task, check.windows::<T>().open.end) {
			Self::deposit_event(Event::AlarmMissing { group, check: number });
		}
		OpenChecks::<T>::insert(group, check);
		Self::deposit_event(Event::CheckOpened { group, check: number });
		Ok(())
	}

	/// Returns the least amount for which a check of a group can be opened: the committee's share of it pays
	/// for each seat. `None` if there is no such group.
	pub(crate) fn least_for_check(group: GroupId) -> Option<BalanceOf<T>> {
		let rules = T::Groups::rules(group, T::Groups::boundary(group)?)?;
		let fees = T::SeatFee::get().saturating_mul(rules.committee_seats().into());
		Some(least_for_custody(fees.saturated_into()).saturated_into())
	}

	/// Returns the keepers that a check asks, in their order.
	pub(crate) fn asked(group: GroupId, check: u32) -> Vec<KeeperOf<T>> {
		Keepers::<T>::get(group).into_iter().filter(|keeper| keeper.since <= check).collect()
	}

	/// Ends a check: pays the keepers that have served and the members of the committee that did sound work,
	/// and takes the seats of those that have missed too many checks, or leave.
	pub(crate) fn conclude(
		group: GroupId,
		check: u32,
		verdicts: &[CustodyVerdict],
		members: &[T::AccountId],
	) {
		OpenChecks::<T>::remove(group);
		let asked = Self::asked(group, check);
		let said = || asked.iter().zip(verdicts);
		let served = said().filter(|(_, verdict)| **verdict == CustodyVerdict::Served);
		let served: Vec<_> = served.map(|(keeper, _)| keeper.account.clone()).collect();
		let each = T::Rewards::custody_checked(group, &served, asked.len().saturated_into(), members);
		for (keeper, verdict) in said() {
			if *verdict == CustodyVerdict::Missed {
				let (account, missed) = (keeper.account.clone(), keeper.missed.saturating_add(1));
				Self::deposit_event(Event::CheckMissed { group, check, account, missed });
			}
		}
		let served = served.len().saturated_into();
		Self::deposit_event(Event::Checked { group, check, served, each });
		let mut verdicts = verdicts.iter();
		let mut stay = BoundedVec::<KeeperOf<T>, ConstU32<MAX_KEEPERS>>::new();
		for mut keeper in Keepers::<T>::take(group) {
			if keeper.since <= check {
				match verdicts.next() {
					Some(CustodyVerdict::Served) => keeper.missed = 0,
					Some(CustodyVerdict::Missed) => keeper.missed = keeper.missed.saturating_add(1),
					Some(CustodyVerdict::Undecided) | None => {}
				}
			}
			if keeper.missed >= MAX_MISSED_CHECKS {
				Self::slash(group, keeper);
			} else if keeper.leaving {
				Self::give_back(group, keeper);
			} else {
				// There were as many before.
				let _ = stay.try_push(keeper);
			}
		}
		Self::put_keepers(group, stay);
	}
}
