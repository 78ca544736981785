//! Decisions of tasks.

use crate::{tasks::Committees as _, Committees, Config, Error, Event, Pallet, Tasks};
use alloc::vec::Vec;
use descent_protocol::{TaskId, MAX_COMMITTEE};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, Weight},
};
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Decides a task whose windows are over. Of a task that was given up it takes away the committee.
	/// Returns the weight of all that it did.
	pub(crate) fn do_decide(task: &TaskId) -> Result<Weight, DispatchError> {
		let windows = T::Tasks::windows(task);
		let is_due = windows.as_ref().is_none_or(|windows| Self::now() >= windows.open.end);
		ensure!(is_due, Error::<T>::TooEarly);
		let is_known = windows.is_some() || Committees::<T>::contains_key(task);
		ensure!(is_known, Error::<T>::UnknownTask);
		let seats = Self::take(task);
		let members = seats.len().saturated_into();
		if windows.is_none() {
			return Ok(Self::take_weight(members));
		}
		let performance = T::Tasks::decide(task, &seats)?;
		let performance: Vec<_> =
			seats.into_iter().map(|seat| seat.member.account).zip(performance).collect();
		let observed = if performance.is_empty() { Weight::zero() } else { Self::observed(&performance) };
		Self::deposit_event(Event::Decided { task: *task });
		let decided = Self::take_weight(members).saturating_add(T::Tasks::decide_weight(members));
		Ok(decided.saturating_add(observed))
	}

	/// Returns the largest weight of a decision.
	pub(crate) fn largest_decide_weight() -> Weight {
		Self::take_weight(MAX_COMMITTEE)
			.saturating_add(T::Tasks::decide_weight(MAX_COMMITTEE))
			.saturating_add(Self::observed_weight(MAX_COMMITTEE))
	}
}
