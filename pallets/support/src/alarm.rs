use codec::Encode;
use descent_protocol::BlockNumber;
use frame_support::{
	traits::{
		schedule::{v3::Named, DispatchTime},
		Bounded, OriginTrait,
	},
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;

/// Number of blocks that are tried for an alarm, from the block at which it is due, if the scheduler has no
/// room.
const ATTEMPTS: BlockNumber = 5;

/// The origins of a configuration's pallets.
pub type PalletsOriginOf<T> = <<T as frame_system::Config>::RuntimeOrigin as OriginTrait>::PalletsOrigin;

/// Schedules a call by Root at block `due`, or soon after. Returns true if that was possible. Of the calls of
/// a block, the scheduler makes the one with the smallest `priority` first; calls of users have 127 by
/// default.
pub fn set_alarm<T, Scheduler>(
	priority: u8,
	name: [u8; 32],
	call: <T as frame_system::Config>::RuntimeCall,
	due: BlockNumber,
) -> bool
where
	T: frame_system::Config,
	Scheduler: Named<
		BlockNumberFor<T>,
		<T as frame_system::Config>::RuntimeCall,
		PalletsOriginOf<T>,
		Hasher = T::Hashing,
	>,
{
	let Ok(call) = BoundedVec::try_from(call.encode()) else {
		return false;
	};
	(0..ATTEMPTS).filter_map(|delay| due.checked_add(delay)).any(|block| {
		Scheduler::schedule_named(
			name,
			DispatchTime::At(BlockNumberFor::<T>::from(block)),
			None,
			priority,
			PalletsOriginOf::<T>::from(frame_system::RawOrigin::Root),
			Bounded::Inline(call.clone()),
		)
		.is_ok()
	})
}
