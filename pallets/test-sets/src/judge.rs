//! What rounds tell of the series: how they began, what their committees found, and what it costs.

use crate::{BalanceOf, Config, Event, HoldReason, Pallet, RoundTestSet, Series, WeightInfo};
use descent_protocol::{
	evaluation::TestSetSource, view::TestSetRelease, GroupId, RoundIndex, TestSetVerdict,
};
use frame_support::{
	defensive,
	pallet_prelude::{Get, Weight},
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
	},
};
use pallet_groups::{GroupRules, Pots, TestSets};
use sp_core::H256;
use sp_runtime::traits::{Saturating, Zero};

impl<T: Config> Pallet<T> {
	/// Has the requester of a series pay for a round that could not be measured on it.
	fn miss(id: H256, group: GroupId) {
		let Some(mut series) = Series::<T>::get(id) else {
			return;
		};
		let penalty = T::MissPenalty::get().mul_ceil(Self::bond(series.sets));
		let due = penalty.max(T::MinimumMissPenalty::get()).min(series.bond);
		let paid = Self::pay(&series.requester, group, due);
		series.bond = series.bond.saturating_sub(paid);
		series.misses = series.misses.saturating_add(1);
		let misses = series.misses;
		Series::<T>::insert(id, series);
		Self::deposit_event(Event::RoundMissed { series: id, group, paid, misses });
	}

	/// Moves an amount of a requester's bond to the pot of a group. Returns what was moved.
	fn pay(requester: &T::AccountId, group: GroupId, due: BalanceOf<T>) -> BalanceOf<T> {
		if due.is_zero() {
			return due;
		}
		let moved = T::Currency::transfer_on_hold(
			&HoldReason::TestSets.into(),
			requester,
			&T::Pots::account(),
			due,
			Precision::BestEffort,
			Restriction::Free,
			Fortitude::Force,
		);
		match moved {
			Ok(paid) => {
				T::Pots::add_to_winner(group, paid);
				paid
			}
			Err(_) => {
				defensive!("a bond is on hold, and the account of the pots can receive it");
				Zero::zero()
			}
		}
	}

	/// Ends a series with a broken set. All that is left of its bond is lost.
	fn slash(id: H256, group: GroupId) {
		if let Some(series) = Series::<T>::get(id) {
			let slashed = Self::end(id, &series.requester, series.bond);
			Self::deposit_event(Event::SeriesSlashed { series: id, group, slashed });
		}
	}
}

impl<T: Config> TestSets<T::AccountId> for Pallet<T> {
	fn bind(series: H256, group: GroupId, owner: &T::AccountId) -> bool {
		Self::do_bind(series, group, owner)
	}

	fn is_bound(series: H256, group: GroupId) -> bool {
		Series::<T>::get(series).is_some_and(|series| series.group == Some(group))
	}

	fn release_of(series: H256, group: GroupId, round: RoundIndex) -> TestSetRelease {
		Self::release_state(series, group, round)
	}

	fn fix(series: H256, group: GroupId, round: RoundIndex) {
		let is_missed = match Self::round_set(group, round) {
			Some(RoundTestSet::Released { .. } | RoundTestSet::Otherwise) => return,
			Some(RoundTestSet::GivenUp) => true,
			None => matches!(Self::release_state(series, group, round), TestSetRelease::Awaited { .. }),
		};
		if is_missed {
			Self::miss(series, group);
		}
		Self::put_round_set(group, round, RoundTestSet::Otherwise);
	}

	fn judged(series: H256, group: GroupId, verdict: TestSetVerdict) {
		match verdict {
			TestSetVerdict::Sound => (),
			TestSetVerdict::Broken => Self::slash(series, group),
			TestSetVerdict::Unavailable => Self::miss(series, group),
		}
	}

	fn source(series: H256, group: GroupId, round: RoundIndex) -> Option<TestSetSource> {
		match Self::release_state(series, group, round) {
			TestSetRelease::Released { index, key } => Self::source_of(series, index, key),
			TestSetRelease::Awaited { .. } | TestSetRelease::Otherwise => None,
		}
	}

	fn next(series: H256, group: GroupId) -> Option<TestSetSource> {
		let model = T::Groups::rules(group, T::Groups::boundary(group)?.checked_sub(1)?)?.model;
		let index = Series::<T>::get(series).filter(|series| series.is_awaited(group, model))?.next();
		Self::source_of(series, index, H256::zero())
	}

	fn bind_weight() -> Weight {
		T::WeightInfo::bind()
	}

	fn fix_weight() -> Weight {
		T::WeightInfo::fix()
	}

	fn judged_weight() -> Weight {
		T::WeightInfo::judged()
	}
}
