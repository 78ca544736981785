use descent_protocol::Conduct;
use frame_support::weights::Weight;

/// Who is told how the members of a committee did their work.
pub trait ConductObserver<AccountId> {
	/// A committee's work is done; each member with how it did. A member is told of once per piece of work.
	fn observed(conduct: &[(AccountId, Conduct)]);

	/// The weight of [`Self::observed`] with so many members.
	fn observed_weight(_members: u32) -> Weight {
		Weight::zero()
	}
}

/// Nobody cares.
impl<AccountId> ConductObserver<AccountId> for () {
	fn observed(_: &[(AccountId, Conduct)]) {}
}
