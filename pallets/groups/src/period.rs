use crate::{set_alarm, Call, Config, Error, Event, GroupObserver, Groups, Pallet, TotalStake};
use codec::Encode;
use descent_protocol::{next_close, BlockNumber, GroupId};
use descent_support::now;
use frame_support::{ensure, pallet_prelude::DispatchError, weights::Weight};
use sp_io::hashing::blake2_256;

/// The priority of closes in the scheduler: after the settlements of rounds, which many closes must not
/// delay.
const PRIORITY: u8 = 64;

/// The work of a close.
pub(crate) struct Work {
	/// Number of amendments that were open.
	pub(crate) amendments: u32,
	/// The weight that the observer used.
	pub(crate) observer: Weight,
}

impl<T: Config> Pallet<T> {
	/// Returns the block at which a group's voting period closes, even if there is nothing to close. `None`
	/// if there is no such group, or the block's number would be too large.
	pub fn closes(group: GroupId) -> Option<BlockNumber> {
		let voting = Groups::<T>::get(group)?.voting;
		voting.closing.or_else(|| next_close(voting.since, voting.period, now::<T>()))
	}

	/// Returns the same, and sets the alarm with which Root closes the period, unless it was set before.
	pub(crate) fn alarmed_close(group: GroupId) -> Option<BlockNumber> {
		let mut kept = Groups::<T>::get(group)?;
		if let Some(close) = kept.voting.closing {
			return Some(close);
		}
		let close = Self::closes(group)?;
		kept.voting.closing = Some(close);
		Groups::<T>::insert(group, kept);
		// The alarm of a close that somebody was faster with is still set: names must not repeat.
		let name = blake2_256(&(b"descent/close/v1", group, close).encode());
		let call = <T as frame_system::Config>::RuntimeCall::from(Call::close_period { group });
		if !set_alarm::<T, T::Scheduler>(PRIORITY, name, call, close) {
			Self::deposit_event(Event::AlarmMissing { group, close });
		}
		Some(close)
	}

	/// Closes a group's voting period that is due. Amendments come first: deltas are decided for the rules as
	/// they will be, by the quorum that the period began with.
	pub(crate) fn do_close(group: GroupId) -> Result<Work, DispatchError> {
		let voting = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?.voting;
		let close = voting.closing.ok_or(Error::<T>::NothingToClose)?;
		ensure!(now::<T>() >= close, Error::<T>::NotDue);
		let total = TotalStake::<T>::get(group);
		let amendments = Self::tally(group, total, voting.period);
		let deltas = T::Observer::period_closed(group, total, voting.quorum);
		Groups::<T>::mutate_extant(group, |kept| kept.voting.closing = None);
		if deltas.stay || amendments.stay {
			Self::alarmed_close(group);
		}
		let next = Self::closes(group).unwrap_or(BlockNumber::MAX);
		Self::deposit_event(Event::PeriodClosed { group, next });
		Ok(Work { amendments: amendments.count, observer: deltas.weight })
	}
}
