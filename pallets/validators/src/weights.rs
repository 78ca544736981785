//! The weights of the pallet's calls: generous estimates, until they are measured on reference hardware.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the calls of `pallet_validators`, and of what it does for others.
pub trait WeightInfo {
	/// Bonding by an account that displaces the last of as many candidates as there can be.
	fn bond() -> Weight;
	/// Unbonding by the first of as many candidates as there can be, which becomes the last.
	fn unbond() -> Weight;
	/// Withdrawing the most amounts.
	fn withdraw() -> Weight;
	/// Chilling the first of as many candidates as there can be.
	fn chill() -> Weight;
	/// Validating again by an account that displaces the last of as many candidates as there can be.
	fn validate() -> Weight;
	/// Naming the longest address of a gateway.
	fn set_gateway() -> Weight;
	/// Slashing and jailing `n` of as many candidates as there can be.
	fn on_offence(n: u32) -> Weight;
	/// Observing `n` members of a committee, none of whom has committed an offence.
	fn observed(n: u32) -> Weight;
	/// Observing `n` members of a committee who have committed an offence.
	fn convicted(n: u32) -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// The estimates, for one database.
struct Estimate(RuntimeDbWeight);

impl Estimate {
	/// The ledger, the minimum, the last slash, the keys, the candidates, an account and its holds.
	fn bond(&self) -> Weight {
		Weight::from_parts(120_000_000, 32_000).saturating_add(self.0.reads_writes(7, 4))
	}

	/// The ledger, an account and its holds, and absences and a gateway that are forgotten.
	fn withdraw(&self) -> Weight {
		Weight::from_parts(80_000_000, 8_000).saturating_add(self.0.reads_writes(3, 5))
	}

	/// The ledger and the gateway.
	fn set_gateway(&self) -> Weight {
		Weight::from_parts(40_000_000, 4_000).saturating_add(self.0.reads_writes(2, 1))
	}

	/// The candidates, the session's validators and those that are disabled, and the account that gets what
	/// is slashed; of each offender its ledger, last slash, account and holds, its absences and its gateway.
	fn on_offence(&self, n: u32) -> Weight {
		Weight::from_parts(50_000_000, 40_000)
			.saturating_add(Weight::from_parts(150_000_000, 8_000).saturating_mul(n.into()))
			.saturating_add(self.0.reads_writes(6, 4))
			.saturating_add(self.0.reads_writes(5, 6).saturating_mul(n.into()))
	}

	/// The session; of each member its absences, its last slash, its strikes and the report of its offence;
	/// and what these cost.
	fn observed(&self, n: u32) -> Weight {
		Weight::from_parts(30_000_000, 8_000)
			.saturating_add(Weight::from_parts(40_000_000, 10_000).saturating_mul(n.into()))
			.saturating_add(self.0.reads_writes(4, 2))
			.saturating_add(self.0.reads_writes(5, 3).saturating_mul(n.into()))
	}

	fn convicted(&self, n: u32) -> Weight {
		self.observed(n).saturating_add(self.on_offence(n))
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn bond() -> Weight {
		Estimate(T::DbWeight::get()).bond()
	}

	fn unbond() -> Weight {
		Estimate(T::DbWeight::get()).bond()
	}

	fn withdraw() -> Weight {
		Estimate(T::DbWeight::get()).withdraw()
	}

	fn chill() -> Weight {
		Estimate(T::DbWeight::get()).bond()
	}

	fn validate() -> Weight {
		Estimate(T::DbWeight::get()).bond()
	}

	fn set_gateway() -> Weight {
		Estimate(T::DbWeight::get()).set_gateway()
	}

	fn on_offence(n: u32) -> Weight {
		Estimate(T::DbWeight::get()).on_offence(n)
	}

	fn observed(n: u32) -> Weight {
		Estimate(T::DbWeight::get()).observed(n)
	}

	fn convicted(n: u32) -> Weight {
		Estimate(T::DbWeight::get()).convicted(n)
	}
}

impl WeightInfo for () {
	fn bond() -> Weight {
		Estimate(RocksDbWeight::get()).bond()
	}

	fn unbond() -> Weight {
		Estimate(RocksDbWeight::get()).bond()
	}

	fn withdraw() -> Weight {
		Estimate(RocksDbWeight::get()).withdraw()
	}

	fn chill() -> Weight {
		Estimate(RocksDbWeight::get()).bond()
	}

	fn validate() -> Weight {
		Estimate(RocksDbWeight::get()).bond()
	}

	fn set_gateway() -> Weight {
		Estimate(RocksDbWeight::get()).set_gateway()
	}

	fn on_offence(n: u32) -> Weight {
		Estimate(RocksDbWeight::get()).on_offence(n)
	}

	fn observed(n: u32) -> Weight {
		Estimate(RocksDbWeight::get()).observed(n)
	}

	fn convicted(n: u32) -> Weight {
		Estimate(RocksDbWeight::get()).convicted(n)
	}
}
