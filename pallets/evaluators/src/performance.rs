use descent_protocol::Performance;
use frame_support::weights::Weight;

/// Who is told how the members of a committee did their work.
pub trait PerformanceObserver<AccountId> {
	/// A committee's work is done; each member with how it did. A member is told of once per piece of work.
	fn observed(performance: &[(AccountId, Performance)]);

	/// The weight of [`Self::observed`] with so many members.
	fn observed_weight(_members: u32) -> Weight {
		Weight::zero()
	}
}

/// Nobody cares.
impl<AccountId> PerformanceObserver<AccountId> for () {
	fn observed(_: &[(AccountId, Performance)]) {}
}
