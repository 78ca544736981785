//! Keepers, their seats and their deposits.

use crate::{BalanceOf, Config, Error, Event, HoldReason, Keeper, KeeperOf, Keepers, OpenChecks, Pallet};
use descent_protocol::{are_addresses, make_room, GroupId, Providers, MAX_KEEPERS};
use descent_support::release;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get},
	traits::{
		fungible::{BalancedHold, MutateHold},
		ConstU32, Imbalance, OnUnbalanced,
	},
	BoundedVec,
};
use pallet_groups::GroupRules;
use sp_runtime::{traits::Saturating, SaturatedConversion};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_keep(
		group: GroupId,
		account: T::AccountId,
		providers: Providers,
		deposit: BalanceOf<T>,
	) -> DispatchResult {
		ensure!(T::Groups::boundary(group).is_some(), Error::<T>::UnknownGroup);
		ensure!(!providers.is_empty(), Error::<T>::NoProvider);
		ensure!(are_addresses(&providers), Error::<T>::InvalidProvider);
		let mut keepers = Keepers::<T>::get(group);
		let own = keepers.iter_mut().find(|keeper| keeper.account == account);
		let before = own.as_ref().map_or(T::MinimumDeposit::get(), |keeper| keeper.deposit);
		ensure!(deposit >= before, Error::<T>::DepositTooSmall);
		let held = own.as_ref().map(|keeper| keeper.deposit).unwrap_or_default();
		T::Currency::hold(&HoldReason::Keeper.into(), &account, deposit.saturating_sub(held))?;
		match own {
			Some(keeper) => {
				keeper.deposit = deposit;
				keeper.providers = providers;
				keeper.leaving = false;
			}
			None => {
				Self::make_room(group, &mut keepers, deposit)?;
				let since = Self::next_check(group);
				let account = account.clone();
				let keeper = Keeper { account, deposit, providers, since, missed: 0, leaving: false };
				keepers.try_push(keeper).map_err(|_| Error::<T>::TooManyKeepers)?;
			}
		}
		Self::put_keepers(group, keepers);
		Self::deposit_event(Event::KeeperJoined { group, account, deposit });
		Ok(())
	}

	/// Takes the seat of the keeper with the smallest deposit, if all are taken and this one is larger. The
	/// keepers that a check asks keep their order until it is decided.
	fn make_room(
		group: GroupId,
		keepers: &mut BoundedVec<KeeperOf<T>, ConstU32<MAX_KEEPERS>>,
		deposit: BalanceOf<T>,
	) -> DispatchResult {
		if !keepers.is_full() {
			return Ok(());
		}
		let deposits: alloc::vec::Vec<u128> =
			keepers.iter().map(|keeper| keeper.deposit.saturated_into()).collect();
		let smallest = make_room(&deposits, deposit.saturated_into()).ok_or(Error::<T>::TooManyKeepers)?;
		ensure!(!OpenChecks::<T>::contains_key(group), Error::<T>::CheckOpen);
		let displaced = keepers.remove(smallest);
		release::<_, T::Currency>(&HoldReason::Keeper.into(), &displaced.account, displaced.deposit);
		Self::deposit_event(Event::KeeperDisplaced { group, account: displaced.account });
		Ok(())
	}

	pub(crate) fn do_leave(group: GroupId, account: T::AccountId) -> DispatchResult {
		let mut keepers = Keepers::<T>::get(group);
		let place = keepers.iter().position(|keeper| keeper.account == account);
		let place = place.ok_or(Error::<T>::NotKeeper)?;
		let asked = OpenChecks::<T>::get(group).map_or(0, |check| check.number);
		match keepers.get_mut(place) {
			Some(keeper) if keeper.since <= asked => keeper.leaving = true,
			_ => Self::give_back(group, keepers.remove(place)),
		}
		Self::put_keepers(group, keepers);
		Ok(())
	}

	/// Stores the keepers of a group.
	pub(crate) fn put_keepers(group: GroupId, keepers: BoundedVec<KeeperOf<T>, ConstU32<MAX_KEEPERS>>) {
		if keepers.is_empty() {
			Keepers::<T>::remove(group);
		} else {
			Keepers::<T>::insert(group, keepers);
		}
	}

	/// Returns the deposit of a keeper that has left.
	pub(crate) fn give_back(group: GroupId, keeper: KeeperOf<T>) {
		let Keeper { account, deposit: returned, .. } = keeper;
		release::<_, T::Currency>(&HoldReason::Keeper.into(), &account, returned);
		Self::deposit_event(Event::KeeperLeft { group, account, returned });
	}

	/// Takes the deposit of a keeper that has missed too many checks.
	pub(crate) fn slash(group: GroupId, keeper: KeeperOf<T>) {
		let Keeper { account, deposit, .. } = keeper;
		let (credit, _) = T::Currency::slash(&HoldReason::Keeper.into(), &account, deposit);
		let slashed = credit.peek();
		T::Slash::on_unbalanced(credit);
		Self::deposit_event(Event::KeeperSlashed { group, account, slashed });
	}
}
