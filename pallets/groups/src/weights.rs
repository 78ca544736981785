//! The weights of `pallet_groups`, measured. `scripts/weights` writes this file.
//!
//! 2026-11-29, 10 steps, 5 repeats, AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, unused_parens, unused_imports)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{constants::RocksDbWeight, Weight}};

/// Weights of the calls of `pallet_groups`, and of what it does for other pallets. The benchmark of the same name says
/// what is measured.
pub trait WeightInfo {
	fn create() -> Weight;
	fn stake() -> Weight;
	fn unstake() -> Weight;
	fn withdraw() -> Weight;
	fn propose_amendment() -> Weight;
	fn vote_amendment() -> Weight;
	fn withdraw_amendment() -> Weight;
	fn close_period(a: u32, ) -> Weight;
	fn migrate_revision() -> Weight;
	fn migrate_amendment() -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn create() -> Weight {
		// Least time measured: 160_729 ns.
		Weight::from_parts(166_417_000, 3767)
			.saturating_add(T::DbWeight::get().reads(12))
			.saturating_add(T::DbWeight::get().writes(15))
	}

	fn stake() -> Weight {
		// Least time measured: 193_377 ns.
		Weight::from_parts(199_627_000, 41294)
			.saturating_add(T::DbWeight::get().reads(32))
			.saturating_add(T::DbWeight::get().writes(30))
	}

	fn unstake() -> Weight {
		// Least time measured: 143_413 ns.
		Weight::from_parts(148_370_000, 41294)
			.saturating_add(T::DbWeight::get().reads(30))
			.saturating_add(T::DbWeight::get().writes(28))
	}

	fn withdraw() -> Weight {
		// Least time measured: 59_568 ns.
		Weight::from_parts(62_292_000, 3767)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	fn propose_amendment() -> Weight {
		// Least time measured: 430_649 ns.
		Weight::from_parts(442_267_000, 110487)
			.saturating_add(T::DbWeight::get().reads(65))
			.saturating_add(T::DbWeight::get().writes(16))
	}

	fn vote_amendment() -> Weight {
		// Least time measured: 35_183 ns.
		Weight::from_parts(37_165_000, 4374)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	fn withdraw_amendment() -> Weight {
		// Least time measured: 117_955 ns.
		Weight::from_parts(121_971_000, 12136)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(7))
	}

	/// `a` is in `0..=16`.
	fn close_period(a: u32, ) -> Weight {
		// Least time measured: 83_814 ns.
		Weight::from_parts(98_998_539, 4724)
			.saturating_add(Weight::from_parts(126_886_156, 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().reads(4).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().writes(5))
			.saturating_add(T::DbWeight::get().writes(5).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(0, 11146).saturating_mul(a.into()))
	}

	fn migrate_revision() -> Weight {
		// Least time measured: 25_949 ns.
		Weight::from_parts(27_570_000, 7492)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	fn migrate_amendment() -> Weight {
		// Least time measured: 105_446 ns.
		Weight::from_parts(109_302_000, 23282)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(7))
	}

}

impl WeightInfo for () {
	fn create() -> Weight {
		Weight::from_parts(166_417_000, 3767)
			.saturating_add(RocksDbWeight::get().reads(12))
			.saturating_add(RocksDbWeight::get().writes(15))
	}

	fn stake() -> Weight {
		Weight::from_parts(199_627_000, 41294)
			.saturating_add(RocksDbWeight::get().reads(32))
			.saturating_add(RocksDbWeight::get().writes(30))
	}

	fn unstake() -> Weight {
		Weight::from_parts(148_370_000, 41294)
			.saturating_add(RocksDbWeight::get().reads(30))
			.saturating_add(RocksDbWeight::get().writes(28))
	}

	fn withdraw() -> Weight {
		Weight::from_parts(62_292_000, 3767)
			.saturating_add(RocksDbWeight::get().reads(3))
			.saturating_add(RocksDbWeight::get().writes(3))
	}

	fn propose_amendment() -> Weight {
		Weight::from_parts(442_267_000, 110487)
			.saturating_add(RocksDbWeight::get().reads(65))
			.saturating_add(RocksDbWeight::get().writes(16))
	}

	fn vote_amendment() -> Weight {
		Weight::from_parts(37_165_000, 4374)
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().writes(3))
	}

	fn withdraw_amendment() -> Weight {
		Weight::from_parts(121_971_000, 12136)
			.saturating_add(RocksDbWeight::get().reads(9))
			.saturating_add(RocksDbWeight::get().writes(7))
	}

	fn close_period(a: u32, ) -> Weight {
		Weight::from_parts(98_998_539, 4724)
			.saturating_add(Weight::from_parts(126_886_156, 0).saturating_mul(a.into()))
			.saturating_add(RocksDbWeight::get().reads(9))
			.saturating_add(RocksDbWeight::get().reads(4).saturating_mul(a.into()))
			.saturating_add(RocksDbWeight::get().writes(5))
			.saturating_add(RocksDbWeight::get().writes(5).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(0, 11146).saturating_mul(a.into()))
	}

	fn migrate_revision() -> Weight {
		Weight::from_parts(27_570_000, 7492)
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().writes(3))
	}

	fn migrate_amendment() -> Weight {
		Weight::from_parts(109_302_000, 23282)
			.saturating_add(RocksDbWeight::get().reads(9))
			.saturating_add(RocksDbWeight::get().writes(7))
	}

}
