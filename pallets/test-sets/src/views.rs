//! The views of the runtime API.

use crate::{Config, Pallet, Series, ROUND_RING};
use descent_protocol::{
	addresses,
	evaluation::TestSetSource,
	view::{RoundTestSetView, TestSetSeriesView},
	GroupId, RoundIndex,
};
use descent_support::now;
use pallet_groups::GroupRules;
use sp_core::{crypto::AccountId32, H256};
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Returns where a set of an open series is to be had.
	pub(crate) fn source_of(series: H256, index: u16, key: H256) -> Option<TestSetSource> {
		let series = Series::<T>::get(series)?;
		Some(TestSetSource { manifest: series.manifest, index, key, providers: addresses(&series.providers) })
	}

	/// Returns the hidden test set of a round, or `None` if the rules of the round name no series that is
	/// open.
	pub fn round_test_set(group: GroupId, round: RoundIndex) -> Option<RoundTestSetView> {
		let rules = T::Groups::rules(group, round)?;
		let id = rules.policy.series()?;
		let windows = rules.clock.windows(round)?;
		// What earlier rounds were measured on is told by the events of their blocks alone.
		T::Groups::boundary(group).filter(|next| round.saturating_add(ROUND_RING) > *next)?;
		// A view is read at the end of a block: what comes next is in the block after.
		let next = now::<T>().saturating_add(1);
		let state = Self::release_state_at(id, (group, round), &windows, next);
		let series = Series::<T>::get(id)?;
		Some(RoundTestSetView {
			series: id,
			manifest: series.manifest,
			providers: addresses(&series.providers),
			release: windows.release(),
			state,
		})
	}
}

impl<T: Config> Pallet<T>
where
	T::AccountId: Into<AccountId32>,
{
	/// Returns an open series.
	pub fn series_view(id: H256) -> Option<TestSetSeriesView> {
		let series = Series::<T>::get(id)?;
		Some(TestSetSeriesView {
			series: id,
			suspended: series.is_suspended(),
			requester: series.requester.into(),
			group: series.group,
			manifest: series.manifest,
			providers: addresses(&series.providers),
			sets: series.sets,
			left: series.left,
			latest: series.latest,
			bond: series.bond.saturated_into(),
			misses: series.misses,
		})
	}
}
