//! Announcements of deltas.

use crate::{Announcement, Announcements, BalanceOf, Config, Error, Event, HoldReason, Pallet};
use descent_protocol::{announcement_hash, BlockNumber, GroupId, Salt};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	traits::fungible::MutateHold,
};
use pallet_groups::Stakeholders;
use sp_core::H256;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_announce(group: GroupId, account: T::AccountId, hash: H256) -> DispatchResult {
		ensure!(T::Groups::exists(group), Error::<T>::UnknownGroup);
		if let Some(before) = Announcements::<T>::get(group, &account) {
			// Another announcement of the same delta is most likely a mistake, which would cost a deposit.
			let is_repeated = before.hash == hash && !Self::is_expired(&before);
			ensure!(!is_repeated, Error::<T>::AlreadyAnnounced);
			let slashed = Self::slash(HoldReason::Announcement, &account, before.deposit);
			Self::deposit_event(Event::Forfeited { group, account: account.clone(), slashed });
		}
		let announcement = Announcement { hash, block: Self::now(), deposit: T::AnnouncementDeposit::get() };
		T::Currency::hold(&HoldReason::Announcement.into(), &account, announcement.deposit)?;
		Announcements::<T>::insert(group, &account, announcement);
		Self::deposit_event(Event::Announced { group, account });
		Ok(())
	}

	/// Takes the announcement of a delta that an account is about to propose, and releases its deposit.
	/// Returns the block in which it was made.
	pub(crate) fn take_announcement(
		group: GroupId,
		account: &T::AccountId,
		delta: H256,
		salt: &Salt,
	) -> Result<BlockNumber, DispatchError> {
		let announcement = Announcements::<T>::get(group, account).ok_or(Error::<T>::NotAnnounced)?;
		let hash = announcement_hash(Self::genesis(), group, account, delta, salt);
		ensure!(announcement.hash == hash, Error::<T>::AnnouncementMismatch);
		ensure!(announcement.block < Self::now(), Error::<T>::AnnouncementTooRecent);
		ensure!(!Self::is_expired(&announcement), Error::<T>::AnnouncementExpired);
		Announcements::<T>::remove(group, account);
		Self::release(HoldReason::Announcement, account, announcement.deposit);
		Ok(announcement.block)
	}

	fn is_expired(announcement: &Announcement<BalanceOf<T>>) -> bool {
		Self::now().saturating_sub(announcement.block) > T::AnnouncementLifetime::get()
	}
}
