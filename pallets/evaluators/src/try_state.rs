//! The invariants of the pallet's storage.

use crate::{Attestations, Committees, Config, CurrentEvaluators, Pallet, PreviousEvaluators, Tasks};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks the invariants.
	///
	/// 1. The evaluators of the session before came before those of this one.
	/// 2. Every committee has members, each with a weight.
	/// 3. Every attestation is one of a member of a stored committee.
	/// 4. Every answer that was opened can be one to its task.
	///
	/// # Errors
	/// Fails with the first invariant that does not hold.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let since = CurrentEvaluators::<T>::get().since;
		let previous = PreviousEvaluators::<T>::get();
		ensure!(previous.is_none_or(|previous| previous.since <= since), "the sessions are not in order");
		for (_, committee) in Committees::<T>::iter() {
			ensure!(!committee.members.is_empty(), "a committee has no members");
			let weighed = committee.members.iter().all(|member| member.weight > 0);
			ensure!(weighed, "a member has no weight");
		}
		for (task, place, attestation) in Attestations::<T>::iter() {
			let committee = Committees::<T>::get(task).ok_or("an attestation has no committee")?;
			let place = usize::try_from(place).map_err(|_| "a place that no member has")?;
			ensure!(place < committee.members.len(), "an attestation has no member");
			// A task that was given up has its committee until its alarm.
			let is_given_up = T::Tasks::windows(&task).is_none();
			let possible = attestation.answer.is_none_or(|answer| T::Tasks::can_answer(&task, &answer));
			let possible = possible || is_given_up;
			ensure!(possible, "an answer that can be none to its task");
		}
		Ok(())
	}
}
