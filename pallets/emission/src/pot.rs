use crate::{Config, Pallet, Pots, TotalStake, WeightInfo};
use descent_protocol::{ContentRef, GroupId, Providers, Share, Stake};
use frame_support::weights::Weight;
use pallet_groups::{Closed, GroupObserver};

impl<T: Config> Pallet<T> {
	/// Counts another stake in a group, after its pot was credited the earnings of the stake before.
	fn reweigh(group: GroupId, before: u128, after: u128) {
		let accumulators = Self::advance();
		Pots::<T>::mutate(group, |pot| {
			pot.credit(&accumulators);
			pot.stake = pot.stake.saturating_sub(before).saturating_add(after);
		});
		TotalStake::<T>::mutate(|total| *total = total.saturating_sub(before).saturating_add(after));
	}
}

impl<T: Config> GroupObserver<T::AccountId, u128> for Pallet<T> {
	fn created(_: GroupId, _: &T::AccountId, _: ContentRef, _: &Providers) {}

	/// Stake earns from its block on, pending or not: it takes nothing that flowed before.
	fn stake_changed(group: GroupId, _: &T::AccountId, before: Stake<u128>, after: Stake<u128>) {
		Self::reweigh(group, before.all, after.all);
	}

	fn terms_changed(group: GroupId) {
		Self::pause_fundings(group);
		Self::pause_orders(group);
	}

	fn period_closed(_: GroupId, _: u128, _: Share) -> Closed {
		Closed::default()
	}

	fn stake_changed_weight() -> Weight {
		T::WeightInfo::stake_changed()
	}

	fn terms_changed_weight() -> Weight {
		T::WeightInfo::terms_changed()
	}
}
