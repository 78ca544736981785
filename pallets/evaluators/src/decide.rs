//! Decisions of tasks.

use crate::{tasks::Committees as _, Config, Error, Event, Pallet, Tasks};
use alloc::vec::Vec;
use descent_protocol::{TaskId, MAX_COMMITTEE};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, Weight},
};
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Decides a task whose windows are over. Of a task that was given up it takes away the committee. Returns
	/// the number of its members.
	pub(crate) fn do_decide(task: &TaskId) -> Result<u32, DispatchError> {
		let Some(windows) = T::Tasks::windows(task) else {
			let seats = Self::take(task);
			ensure!(!seats.is_empty(), Error::<T>::UnknownTask);
			return Ok(seats.len().saturated_into());
		};
		ensure!(Self::now() >= windows.open.end, Error::<T>::TooEarly);
		let seats = Self::take(task);
		let performance = T::Tasks::decide(task, &seats)?;
		let members = seats.len().saturated_into();
		let performance: Vec<_> =
			seats.into_iter().map(|seat| seat.member.account).zip(performance).collect();
		if !performance.is_empty() {
			Self::observed(&performance);
		}
		Self::deposit_event(Event::Decided { task: *task });
		Ok(members)
	}

	/// Returns the weight of a decision with this number of members.
	pub(crate) fn decide_weight(members: u32) -> Weight {
		Self::take_weight(members).saturating_add(T::Tasks::decide_weight(members))
	}

	/// Returns the largest weight of a decision.
	pub(crate) fn largest_decide_weight() -> Weight {
		Self::decide_weight(MAX_COMMITTEE)
	}
}
