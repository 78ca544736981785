//! The pallet as the observer of groups.

use crate::{BalanceOf, Config, Pallet, WeightInfo};
use descent_protocol::{ContentRef, GroupId, Providers, Share, Stake, MAX_PROPOSALS};
use frame_support::weights::Weight;
use pallet_groups::{Closed, GroupObserver, Rewards};

impl<T: Config> GroupObserver<T::AccountId, BalanceOf<T>> for Pallet<T> {
	fn created(group: GroupId, owner: &T::AccountId, dataset: ContentRef, providers: &Providers) {
		Self::begin_log(group, owner.clone(), dataset, providers.clone());
	}

	fn stake_changed(
		group: GroupId,
		who: &T::AccountId,
		before: Stake<BalanceOf<T>>,
		after: Stake<BalanceOf<T>>,
	) {
		Self::follow_stake(group, who, before, after);
	}

	fn period_closed(group: GroupId, total: BalanceOf<T>, quorum: Share) -> Closed {
		Self::close(group, total, quorum)
	}

	fn created_weight() -> Weight {
		T::WeightInfo::created()
	}

	fn stake_changed_weight() -> Weight {
		T::WeightInfo::stake_changed()
	}

	fn period_closed_weight() -> Weight {
		T::WeightInfo::period_closed(MAX_PROPOSALS).saturating_add(T::Rewards::delta_applied_weight())
	}
}
