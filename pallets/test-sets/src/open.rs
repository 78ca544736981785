//! The opening, binding and closing of series.

use crate::{BalanceOf, Config, Ended, Error, Event, HoldReason, Pallet, Series, SeriesOf, TestSetSeries};
use descent_protocol::{
	are_addresses, test_set_series, ContentRef, GroupId, Providers, RoundIndex, MAX_TEST_SETS,
};
use descent_support::now;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get},
	traits::{
		fungible::{BalancedHold, MutateHold},
		Imbalance, OnUnbalanced,
	},
};
use pallet_groups::GroupRules;
use sp_core::H256;
use sp_runtime::traits::Saturating;

/// Number of rounds that may be unsettled at a time: one is judged and one takes commitments.
const UNSETTLED: RoundIndex = 2;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_open(
		requester: T::AccountId,
		manifest: ContentRef,
		providers: Providers,
		anchor: H256,
		sets: u16,
		group: Option<GroupId>,
	) -> DispatchResult {
		ensure!((1..=MAX_TEST_SETS).contains(&sets), Error::<T>::InvalidNumber);
		ensure!(manifest.size > 0 && manifest.is_canonical(), Error::<T>::InvalidContent);
		ensure!(are_addresses(&providers), Error::<T>::InvalidProvider);
		let model = match group {
			Some(group) => Some(Self::newest_model(group).ok_or(Error::<T>::UnknownGroup)?),
			None => None,
		};
		let id = test_set_series(Self::genesis(), &requester, manifest, anchor);
		let is_known = Series::<T>::contains_key(id) || Ended::<T>::contains_key(id);
		ensure!(!is_known, Error::<T>::SeriesExists);
		let bond = Self::bond(sets);
		T::Currency::hold(&HoldReason::TestSets.into(), &requester, bond)?;
		let series = TestSetSeries {
			requester: requester.clone(),
			group,
			model,
			manifest,
			providers,
			sets,
			left: sets,
			latest: anchor,
			bond,
			misses: 0,
			free: 0,
		};
		Series::<T>::insert(id, series);
		Self::deposit_event(Event::SeriesOpened { series: id, requester, sets, bond });
		if let Some(group) = group {
			Self::deposit_event(Event::SeriesBound { series: id, group });
		}
		Ok(())
	}

	/// Returns the whole bond of a series with so many sets.
	pub(crate) fn bond(sets: u16) -> BalanceOf<T> {
		let each = T::SetBond::get().saturating_mul(u32::from(sets).into());
		T::SeriesBond::get().saturating_add(each)
	}

	/// Binds a series that is not bound to the new group of its requester.
	pub(crate) fn do_bind(id: H256, group: GroupId, owner: &T::AccountId) -> bool {
		let unbound =
			Series::<T>::get(id).filter(|series| series.group.is_none() && series.requester == *owner);
		let Some(mut series) = unbound else {
			return false;
		};
		series.group = Some(group);
		series.model = Self::newest_model(group);
		Series::<T>::insert(id, series);
		Self::deposit_event(Event::SeriesBound { series: id, group });
		true
	}

	/// Returns the model of the first round of a group that has not begun.
	fn newest_model(group: GroupId) -> Option<ContentRef> {
		Some(T::Groups::rules(group, T::Groups::boundary(group)?)?.model)
	}

	pub(crate) fn do_close(requester: &T::AccountId, id: H256) -> DispatchResult {
		let series = Series::<T>::get(id).ok_or(Error::<T>::UnknownSeries)?;
		ensure!(series.requester == *requester, Error::<T>::NotRequester);
		let is_over = series.left == 0 || series.is_suspended() || !Self::is_named(id, &series);
		ensure!(is_over && now::<T>() >= series.free, Error::<T>::InUse);
		let shown = u32::from(series.sets.saturating_sub(series.left));
		let fee = T::ReleaseFee::get().saturating_mul(shown.into()).saturating_add(T::SeriesFee::get());
		let paid = Self::end(id, requester, fee.min(series.bond));
		let returned = series.bond.saturating_sub(paid);
		descent_support::release::<_, T::Currency>(&HoldReason::TestSets.into(), requester, returned);
		Self::deposit_event(Event::SeriesClosed { series: id, returned });
		Ok(())
	}

	/// Ends a series for ever, and takes an amount of what is on hold of its requester. Returns what was
	/// taken.
	pub(crate) fn end(id: H256, requester: &T::AccountId, amount: BalanceOf<T>) -> BalanceOf<T> {
		Series::<T>::remove(id);
		Ended::<T>::insert(id, ());
		let (credit, _) = T::Currency::slash(&HoldReason::TestSets.into(), requester, amount);
		let taken = credit.peek();
		T::Slash::on_unbalanced(credit);
		taken
	}

	/// Returns true if the rules of a round that has not begun, or may not be settled, name the series.
	fn is_named(id: H256, series: &SeriesOf<T>) -> bool {
		let Some((group, boundary)) =
			series.group.and_then(|group| Some((group, T::Groups::boundary(group)?)))
		else {
			return false;
		};
		(boundary.saturating_sub(UNSETTLED)..=boundary).any(|round| {
			T::Groups::rules(group, round).is_some_and(|rules| rules.policy.series() == Some(id))
		})
	}

	/// Returns the hash of the chain's first block, which every id contains.
	pub(crate) fn genesis() -> H256 {
		pallet_evaluators::genesis::<T>()
	}
}
