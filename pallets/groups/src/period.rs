use crate::{
	set_alarm, Call, Config, Error, Event, GroupObserver, GroupRules, Groups, Pallet, PendingTotal, Voting,
};
use codec::Encode;
use descent_protocol::{is_in_time, next_close, BlockNumber, GroupId};
use descent_support::now;
use frame_support::{ensure, pallet_prelude::DispatchError, weights::Weight};
use sp_io::hashing::blake2_256;

/// The priority of closes in the scheduler: after the settlements of rounds, which many closes must not
/// delay.
const PRIORITY: u8 = 64;

impl Voting {
	/// Returns the block of the close after block `now`, even if there is nothing to close, or of the one
	/// that is due. `None` if the block's number would be too large.
	pub(crate) fn next_close(&self, now: BlockNumber) -> Option<BlockNumber> {
		self.closing.or_else(|| next_close(self.since, self.period, now))
	}

	/// Ends a period in block `now`. If the close came so late that the next is less than half a period away,
	/// periods begin anew: everybody has half a period's notice of what counts in a close.
	fn end_period(&mut self, now: BlockNumber) {
		self.closing = None;
		let is_soon = |next| !is_in_time(now, next, self.period);
		if self.next_close(now).is_some_and(is_soon) {
			self.since = now;
		}
	}
}

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
		Groups::<T>::get(group)?.voting.next_close(now::<T>())
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
	/// they will be, by the quorum that the period began with. Stake that is pending counts in neither.
	pub(crate) fn do_close(group: GroupId) -> Result<Work, DispatchError> {
		let voting = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?.voting;
		let close = voting.closing.ok_or(Error::<T>::NothingToClose)?;
		ensure!(now::<T>() >= close, Error::<T>::NotDue);
		let total = Self::total_at(group, close).counted();
		let terms = <Self as GroupRules<_>>::terms(group);
		let amendments = Self::tally(group, total, close, voting.period);
		if <Self as GroupRules<_>>::terms(group) != terms {
			T::Observer::terms_changed(group);
		}
		let deltas = T::Observer::period_closed(group, total, voting.quorum);
		PendingTotal::<T>::remove(group);
		Groups::<T>::mutate_extant(group, |kept| kept.voting.end_period(now::<T>()));
		if deltas.stay || amendments.stay {
			Self::alarmed_close(group);
		}
		let next = Self::closes(group).unwrap_or(BlockNumber::MAX);
		Self::deposit_event(Event::PeriodClosed { group, next });
		Ok(Work { amendments: amendments.count, observer: deltas.weight })
	}
}
