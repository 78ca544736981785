//! The weights of the pallet's calls: generous estimates, until they are measured on reference hardware.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the calls of `pallet_evaluators`, and of what it does for other pallets.
pub trait WeightInfo {
	/// Storing `a` attestations, the first of their committees, and `o` of the largest openings.
	fn report(a: u32, o: u32) -> Weight;
	/// Storing `a` attestations of committees that are stored.
	fn report_seated(a: u32) -> Weight;
	/// Checking `a` attestations and `o` of the largest openings, of committees that are drawn each time.
	fn authorize_report(a: u32, o: u32) -> Weight;
	/// Taking away a committee of `m` members who have all opened.
	fn take(m: u32) -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// The estimates, for one database.
struct Estimate(RuntimeDbWeight);

impl Estimate {
	/// A committee and its draw, an attestation.
	fn attest(&self) -> Weight {
		Weight::from_parts(120_000_000, 20_000).saturating_add(self.0.reads_writes(5, 2))
	}

	/// An attestation, and a look for the committee.
	fn attest_seated(&self) -> Weight {
		Weight::from_parts(20_000_000, 16_000).saturating_add(self.0.reads_writes(2, 1))
	}

	/// An attestation.
	fn open(&self) -> Weight {
		Weight::from_parts(20_000_000, 6_000).saturating_add(self.0.reads_writes(1, 1))
	}

	/// The committee, the attestation, the windows and the subject of a task.
	fn authorize(&self) -> Weight {
		Weight::from_parts(60_000_000, 40_000).saturating_add(self.0.reads(6))
	}

	fn report(&self, a: u32, o: u32) -> Weight {
		Weight::from_parts(20_000_000, 0)
			.saturating_add(self.attest().saturating_mul(a.into()))
			.saturating_add(self.open().saturating_mul(o.into()))
	}

	fn report_seated(&self, a: u32) -> Weight {
		self.attest_seated().saturating_mul(a.into())
	}

	/// One signature, and each part.
	fn authorize_report(&self, a: u32, o: u32) -> Weight {
		Weight::from_parts(80_000_000, 0)
			.saturating_add(self.0.reads(2))
			.saturating_add(self.authorize().saturating_mul(a.saturating_add(o).into()))
	}

	/// The committee, and of each member the attestation.
	fn take(&self, m: u32) -> Weight {
		Weight::from_parts(30_000_000, 10_000)
			.saturating_add(self.0.reads_writes(2, 1))
			.saturating_add(Weight::from_parts(8_000_000, 3_000).saturating_mul(m.into()))
			.saturating_add(self.0.reads_writes(m.into(), m.into()))
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn report(a: u32, o: u32) -> Weight {
		Estimate(T::DbWeight::get()).report(a, o)
	}

	fn report_seated(a: u32) -> Weight {
		Estimate(T::DbWeight::get()).report_seated(a)
	}

	fn authorize_report(a: u32, o: u32) -> Weight {
		Estimate(T::DbWeight::get()).authorize_report(a, o)
	}

	fn take(m: u32) -> Weight {
		Estimate(T::DbWeight::get()).take(m)
	}
}

impl WeightInfo for () {
	fn report(a: u32, o: u32) -> Weight {
		Estimate(RocksDbWeight::get()).report(a, o)
	}

	fn report_seated(a: u32) -> Weight {
		Estimate(RocksDbWeight::get()).report_seated(a)
	}

	fn authorize_report(a: u32, o: u32) -> Weight {
		Estimate(RocksDbWeight::get()).authorize_report(a, o)
	}

	fn take(m: u32) -> Weight {
		Estimate(RocksDbWeight::get()).take(m)
	}
}
