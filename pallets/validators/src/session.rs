use crate::{Candidates, Config, Pallet, Sentences};
use alloc::vec::Vec;
use descent_protocol::{set_size, MAX_COMMITTEE};
use descent_support::now;
use frame_support::traits::{EstimateNextSessionRotation, Get};
use pallet_session::historical;
use sp_runtime::{traits::Convert, SaturatedConversion};
use sp_staking::{offence::OffenceSeverity, SessionIndex};

/// Identifies a validator by its account alone: nobody else has put anything at stake for it.
pub struct NoIdentification;

impl<AccountId> Convert<AccountId, Option<()>> for NoIdentification {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}

impl<T: Config> Pallet<T> {
	/// Returns the set of the session that is being planned; `None` if the set before is to be kept.
	fn plan() -> Option<Vec<T::AccountId>> {
		let seats = T::Seats::get().min(MAX_COMMITTEE);
		let able: Vec<_> = Candidates::<T>::get()
			.into_iter()
			.filter(|(account, _)| Self::has_keys(account))
			.take(seats.saturated_into())
			.collect();
		let bonds: Vec<u128> = able.iter().map(|(_, bond)| (*bond).saturated_into()).collect();
		let minimum = <T as Config>::MinimumBond::get().saturated_into();
		let chosen: Vec<_> =
			able.into_iter().take(set_size(&bonds, minimum)).map(|(account, _)| account).collect();
		(!chosen.is_empty()).then_some(chosen)
	}

	/// Keeps the keys of the session, disables its validators that are in jail, and forgets the session whose
	/// offences can't be reported any more.
	fn start(session: SessionIndex) {
		Self::keep_serving_keys();
		for validator in pallet_session::Validators::<T>::get() {
			let running = Sentences::<T>::get(&validator).filter(|record| record.until > now::<T>());
			if let Some(record) = running {
				pallet_session::Pallet::<T>::report_offence(validator, OffenceSeverity(record.share));
			}
		}
		if let Some(oldest) = session.checked_sub(Self::reported_sessions()) {
			historical::Pallet::<T>::prune_up_to(oldest);
		}
	}

	/// Returns the number of sessions for which an offence can be reported: those that end within the longest
	/// dispute, which begins at the choice of the set, a session before its own.
	pub(crate) fn reported_sessions() -> SessionIndex {
		let session = T::NextSessionRotation::average_session_length();
		T::LongestDispute::get().checked_div(session.saturated_into()).unwrap_or_default().saturating_sub(2)
	}

	pub(crate) fn has_keys(account: &T::AccountId) -> bool {
		pallet_session::NextKeys::<T>::contains_key(account)
	}
}

impl<T: Config> pallet_session::SessionManager<T::AccountId> for Pallet<T> {
	fn new_session(_: SessionIndex) -> Option<Vec<T::AccountId>> {
		Self::plan()
	}

	fn start_session(session: SessionIndex) {
		Self::start(session);
	}

	fn end_session(_: SessionIndex) {}
}

impl<T: Config> historical::SessionManager<T::AccountId, ()> for Pallet<T> {
	fn new_session(_: SessionIndex) -> Option<Vec<(T::AccountId, ())>> {
		let chosen = Self::plan()?.into_iter();
		Some(chosen.map(|account| (account, ())).collect())
	}

	fn start_session(session: SessionIndex) {
		Self::start(session);
	}

	fn end_session(_: SessionIndex) {}
}
