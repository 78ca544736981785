//! The weights of the pallet's calls and of what it does for other pallets: generous estimates, until they
//! are measured on reference hardware.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the calls and hooks of `pallet_emission`, and of what other pallets have it do.
pub trait WeightInfo {
	/// Claiming what was earned.
	fn claim() -> Weight;
	/// A funding that displaces another from a full list.
	fn fund() -> Weight;
	/// Notice of the end of the last of a full list of fundings.
	fn stop_funding() -> Weight;
	/// Giving back the last of a full list of fundings.
	fn refund() -> Weight;
	/// A block in which no period begins.
	fn on_initialize() -> Weight;
	/// A block in which periods of both streams begin.
	fn begin_periods() -> Weight;
	/// A change of a group's stake.
	fn stake_changed() -> Weight;
	/// Notice for a full list of fundings.
	fn terms_changed() -> Weight;
	/// Paying for a round that was won, with a full list of fundings that are spent, and `m` members.
	fn round_settled(m: u32) -> Weight;
	/// Paying `m` members for a check.
	fn delta_checked(m: u32) -> Weight;
	/// Paying for a delta.
	fn delta_applied() -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// The estimates, for one database.
struct Estimate(RuntimeDbWeight);

impl Estimate {
	/// The streams, the accumulators, all stake, what was minted and entrusted, what is issued, the pallet's
	/// account.
	fn advance(&self) -> Weight {
		Weight::from_parts(60_000_000, 15_000).saturating_add(self.0.reads_writes(7, 6))
	}

	/// The earnings accrued and claimed, two accounts, what is entrusted.
	fn claim(&self) -> Weight {
		Weight::from_parts(80_000_000, 20_000).saturating_add(self.0.reads_writes(5, 5))
	}

	/// The group, its rules, its fundings, three accounts, what is entrusted and has accrued.
	fn fund(&self) -> Weight {
		Weight::from_parts(150_000_000, 40_000).saturating_add(self.0.reads_writes(9, 6))
	}

	/// The fundings, the group, and the rules of its last round among all that it has had.
	fn stop_funding(&self) -> Weight {
		Weight::from_parts(60_000_000, 80_000).saturating_add(self.0.reads_writes(20, 1))
	}

	/// The fundings, two accounts, what is entrusted and has accrued.
	fn refund(&self) -> Weight {
		Weight::from_parts(90_000_000, 25_000).saturating_add(self.0.reads_writes(5, 5))
	}

	/// The streams.
	fn on_initialize(&self) -> Weight {
		Weight::from_parts(5_000_000, 2_000).saturating_add(self.0.reads(1))
	}

	/// Also the pot.
	fn stake_changed(&self) -> Weight {
		self.advance()
			.saturating_add(Weight::from_parts(20_000_000, 4_000))
			.saturating_add(self.0.reads_writes(1, 2))
	}

	/// The fundings, the group, and the rules of its last round among all that it has had.
	fn terms_changed(&self) -> Weight {
		self.stop_funding().saturating_add(Weight::from_parts(40_000_000, 0))
	}

	/// Also the pot, the fundings and the winner; of each member what has accrued.
	fn round_settled(&self, m: u32) -> Weight {
		self.advance()
			.saturating_add(Weight::from_parts(80_000_000, 8_000))
			.saturating_add(self.0.reads_writes(3, 3))
			.saturating_add(self.members(m))
	}

	fn members(&self, m: u32) -> Weight {
		Weight::from_parts(8_000_000, 3_000)
			.saturating_add(self.0.reads_writes(1, 1))
			.saturating_mul(u64::from(m))
	}

	/// Also the pot, and the rules of a round among all that the group has had; of each member what has
	/// accrued.
	fn delta_checked(&self, m: u32) -> Weight {
		self.advance()
			.saturating_add(Weight::from_parts(50_000_000, 70_000))
			.saturating_add(self.0.reads_writes(19, 1))
			.saturating_add(self.members(m))
	}

	/// Also the pot and the proposer.
	fn delta_applied(&self) -> Weight {
		self.advance()
			.saturating_add(Weight::from_parts(20_000_000, 8_000))
			.saturating_add(self.0.reads_writes(2, 2))
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn claim() -> Weight {
		Estimate(T::DbWeight::get()).claim()
	}

	fn fund() -> Weight {
		Estimate(T::DbWeight::get()).fund()
	}

	fn stop_funding() -> Weight {
		Estimate(T::DbWeight::get()).stop_funding()
	}

	fn refund() -> Weight {
		Estimate(T::DbWeight::get()).refund()
	}

	fn on_initialize() -> Weight {
		Estimate(T::DbWeight::get()).on_initialize()
	}

	fn begin_periods() -> Weight {
		Estimate(T::DbWeight::get()).advance()
	}

	fn stake_changed() -> Weight {
		Estimate(T::DbWeight::get()).stake_changed()
	}

	fn terms_changed() -> Weight {
		Estimate(T::DbWeight::get()).terms_changed()
	}

	fn round_settled(m: u32) -> Weight {
		Estimate(T::DbWeight::get()).round_settled(m)
	}

	fn delta_checked(m: u32) -> Weight {
		Estimate(T::DbWeight::get()).delta_checked(m)
	}

	fn delta_applied() -> Weight {
		Estimate(T::DbWeight::get()).delta_applied()
	}
}

impl WeightInfo for () {
	fn claim() -> Weight {
		Estimate(RocksDbWeight::get()).claim()
	}

	fn fund() -> Weight {
		Estimate(RocksDbWeight::get()).fund()
	}

	fn stop_funding() -> Weight {
		Estimate(RocksDbWeight::get()).stop_funding()
	}

	fn refund() -> Weight {
		Estimate(RocksDbWeight::get()).refund()
	}

	fn on_initialize() -> Weight {
		Estimate(RocksDbWeight::get()).on_initialize()
	}

	fn begin_periods() -> Weight {
		Estimate(RocksDbWeight::get()).advance()
	}

	fn stake_changed() -> Weight {
		Estimate(RocksDbWeight::get()).stake_changed()
	}

	fn terms_changed() -> Weight {
		Estimate(RocksDbWeight::get()).terms_changed()
	}

	fn round_settled(m: u32) -> Weight {
		Estimate(RocksDbWeight::get()).round_settled(m)
	}

	fn delta_checked(m: u32) -> Weight {
		Estimate(RocksDbWeight::get()).delta_checked(m)
	}

	fn delta_applied() -> Weight {
		Estimate(RocksDbWeight::get()).delta_applied()
	}
}
