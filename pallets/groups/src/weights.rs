//! The weights of the pallet's calls: generous estimates, until they are measured on reference hardware.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the calls of `pallet_groups`, without those of the observer.
pub trait WeightInfo {
	/// Creating the largest group.
	fn create() -> Weight;
	/// Staking by an account that approves as many amendments as can be open.
	fn stake() -> Weight;
	/// Unstaking by an account that approves as many amendments as can be open.
	fn unstake() -> Weight;
	/// Withdrawing the most amounts.
	fn withdraw() -> Weight;
	/// Proposing the largest amendment, which takes the place of another and sets the alarm.
	fn propose_amendment() -> Weight;
	/// Approving the last of as many amendments as can be open.
	fn vote_amendment() -> Weight;
	/// Withdrawing the largest amendment.
	fn withdraw_amendment() -> Weight;
	/// Adopting `a` of the largest amendments and setting the alarm for the next.
	fn close_period(a: u32) -> Weight;
	/// Migrating a revision.
	fn migrate_revision() -> Weight;
	/// Migrating the largest amendment, which ends by it.
	fn migrate_amendment() -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// The estimates, for one database.
struct Estimate(RuntimeDbWeight);

impl Estimate {
	/// The owner's account and holds, the counter, the group, its rules, the ledger, the total.
	fn create(&self) -> Weight {
		Weight::from_parts(120_000_000, 16_000).saturating_add(self.0.reads_writes(7, 7))
	}

	/// The group, the ledger, the total, what is pending of both and of each open amendment, the open
	/// amendments, an account and its holds.
	fn stake(&self) -> Weight {
		Weight::from_parts(180_000_000, 60_000).saturating_add(self.0.reads_writes(24, 23))
	}

	/// The ledger, an account and its holds.
	fn withdraw(&self) -> Weight {
		Weight::from_parts(80_000_000, 8_000).saturating_add(self.0.reads_writes(3, 3))
	}

	/// The group, two revisions, the open amendments and the ledger of each proposer, the total, what is
	/// pending of all these, the counter, two amendments, two accounts with their holds, the ring, and the
	/// scheduler's agendas and lookup.
	fn propose_amendment(&self) -> Weight {
		Weight::from_parts(450_000_000, 260_000).saturating_add(self.0.reads_writes(72, 16))
	}

	/// The group, the ledger and the open amendments, and what is pending of the stake and the amendment.
	fn vote_amendment(&self) -> Weight {
		Weight::from_parts(80_000_000, 16_000).saturating_add(self.0.reads_writes(5, 3))
	}

	/// The group, the open amendments, the total, what is pending of both, the amendment, the ring, an
	/// account and its holds.
	fn withdraw_amendment(&self) -> Weight {
		Weight::from_parts(130_000_000, 36_000).saturating_add(self.0.reads_writes(9, 7))
	}

	/// The group, its rules before and after, the total and what is pending of it, the open amendments, and
	/// the scheduler's agendas and lookup; of each amendment itself and what is pending of it, the group, two
	/// revisions, its place in the ring, its proposer's account and holds, and who takes the fee.
	fn close_period(&self, a: u32) -> Weight {
		Weight::from_parts(150_000_000, 120_000)
			.saturating_add(Weight::from_parts(150_000_000, 36_000).saturating_mul(a.into()))
			.saturating_add(self.0.reads_writes(13, 7))
			.saturating_add(self.0.reads_writes(10, 9).saturating_mul(a.into()))
	}

	/// The group, the key after the last, the rules at both places, the tolerance.
	fn migrate_revision(&self) -> Weight {
		Weight::from_parts(40_000_000, 16_000).saturating_add(self.0.reads_writes(4, 3))
	}

	/// The key after the last, and what ending an amendment takes: the open amendments, the amendment, the
	/// ring, an account and its holds.
	fn migrate_amendment(&self) -> Weight {
		Weight::from_parts(140_000_000, 28_000).saturating_add(self.0.reads_writes(7, 6))
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn create() -> Weight {
		Estimate(T::DbWeight::get()).create()
	}

	fn stake() -> Weight {
		Estimate(T::DbWeight::get()).stake()
	}

	fn unstake() -> Weight {
		Estimate(T::DbWeight::get()).stake()
	}

	fn withdraw() -> Weight {
		Estimate(T::DbWeight::get()).withdraw()
	}

	fn propose_amendment() -> Weight {
		Estimate(T::DbWeight::get()).propose_amendment()
	}

	fn vote_amendment() -> Weight {
		Estimate(T::DbWeight::get()).vote_amendment()
	}

	fn withdraw_amendment() -> Weight {
		Estimate(T::DbWeight::get()).withdraw_amendment()
	}

	fn close_period(a: u32) -> Weight {
		Estimate(T::DbWeight::get()).close_period(a)
	}

	fn migrate_revision() -> Weight {
		Estimate(T::DbWeight::get()).migrate_revision()
	}

	fn migrate_amendment() -> Weight {
		Estimate(T::DbWeight::get()).migrate_amendment()
	}
}

impl WeightInfo for () {
	fn create() -> Weight {
		Estimate(RocksDbWeight::get()).create()
	}

	fn stake() -> Weight {
		Estimate(RocksDbWeight::get()).stake()
	}

	fn unstake() -> Weight {
		Estimate(RocksDbWeight::get()).stake()
	}

	fn withdraw() -> Weight {
		Estimate(RocksDbWeight::get()).withdraw()
	}

	fn propose_amendment() -> Weight {
		Estimate(RocksDbWeight::get()).propose_amendment()
	}

	fn vote_amendment() -> Weight {
		Estimate(RocksDbWeight::get()).vote_amendment()
	}

	fn withdraw_amendment() -> Weight {
		Estimate(RocksDbWeight::get()).withdraw_amendment()
	}

	fn close_period(a: u32) -> Weight {
		Estimate(RocksDbWeight::get()).close_period(a)
	}

	fn migrate_revision() -> Weight {
		Estimate(RocksDbWeight::get()).migrate_revision()
	}

	fn migrate_amendment() -> Weight {
		Estimate(RocksDbWeight::get()).migrate_amendment()
	}
}
