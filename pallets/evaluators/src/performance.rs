//! The performance of committee members, as other pallets learn of it.

use alloc::vec::Vec;
use descent_protocol::Performance;
use frame_support::weights::Weight;

/// An observer of the performance of committee members.
pub trait PerformanceObserver<AccountId> {
	/// Takes note of how each member of a committee did, once its work is judged. It is called once per piece
	/// of work. Returns the weight of all that it did.
	fn observed(performance: &[(AccountId, Performance)]) -> Weight;

	/// Returns the largest weight of [`Self::observed`] with this number of members.
	fn observed_weight(_members: u32) -> Weight {
		Weight::zero()
	}
}

/// Ignores all performance.
impl<AccountId> PerformanceObserver<AccountId> for () {
	fn observed(_: &[(AccountId, Performance)]) -> Weight {
		Weight::zero()
	}
}

/// Returns the members who did sound work, in their order.
pub fn sound<AccountId: Clone>(performance: &[(AccountId, Performance)]) -> Vec<AccountId> {
	performance
		.iter()
		.filter(|(_, performance)| *performance == Performance::Sound)
		.map(|(member, _)| member.clone())
		.collect()
}
