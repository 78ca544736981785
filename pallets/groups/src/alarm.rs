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

/// Where the scheduler has no room at the block of an alarm, the blocks after it are tried, this many in all.
const ATTEMPTS: BlockNumber = 5;

/// The origins of a configuration's pallets.
pub type PalletsOriginOf<T> = <<T as frame_system::Config>::RuntimeOrigin as OriginTrait>::PalletsOrigin;

/// Has Root make a call at a block, or soon after. Whether that is possible. Of what the scheduler does in a block, the
/// smallest `priority` comes first; 127 is what users' calls have by default.
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
