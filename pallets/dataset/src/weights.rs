//! The weights of `pallet_dataset`, measured. `scripts/weights` writes this file.
//!
//! 2026-11-29, 10 steps, 5 repeats, AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, unused_parens, unused_imports)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{constants::RocksDbWeight, Weight}};

/// Weights of the calls of `pallet_dataset`, and of what it does for other pallets. The benchmark of the same name says
/// what is measured.
pub trait WeightInfo {
	fn announce() -> Weight;
	fn propose() -> Weight;
	fn vote() -> Weight;
	fn withdraw_vote() -> Weight;
	fn withdraw_proposal() -> Weight;
	fn decide(m: u32, ) -> Weight;
	fn migrate_check() -> Weight;
	fn created() -> Weight;
	fn stake_changed() -> Weight;
	fn period_closed(p: u32, ) -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn announce() -> Weight {
		// Least time measured: 105_827 ns.
		Weight::from_parts(109_152_000, 6196)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(4))
	}

	fn propose() -> Weight {
		// Least time measured: 982_528 ns.
		Weight::from_parts(1_031_941_000, 219984)
			.saturating_add(T::DbWeight::get().reads(150))
			.saturating_add(T::DbWeight::get().writes(23))
	}

	fn vote() -> Weight {
		// Least time measured: 59_889 ns.
		Weight::from_parts(62_663_000, 9122)
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	fn withdraw_vote() -> Weight {
		// Least time measured: 44_546 ns.
		Weight::from_parts(46_830_000, 5056)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	fn withdraw_proposal() -> Weight {
		// Least time measured: 113_088 ns.
		Weight::from_parts(121_240_000, 5056)
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().writes(8))
	}

	/// `m` is in `1..=100`.
	fn decide(m: u32, ) -> Weight {
		// Least time measured: 182_070 ns.
		Weight::from_parts(195_703_052, 10693)
			.saturating_add(Weight::from_parts(42_834, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(16))
			.saturating_add(T::DbWeight::get().writes(11))
	}

	fn migrate_check() -> Weight {
		// Least time measured: 37_215 ns.
		Weight::from_parts(39_539_000, 110487)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(4))
	}

	fn created() -> Weight {
		// Least time measured: 12_368 ns.
		Weight::from_parts(12_959_000, 0)
			.saturating_add(T::DbWeight::get().writes(3))
	}

	fn stake_changed() -> Weight {
		// Least time measured: 29_033 ns.
		Weight::from_parts(30_485_000, 5056)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	/// `p` is in `1..=32`.
	fn period_closed(p: u32, ) -> Weight {
		// Least time measured: 186_497 ns.
		Weight::from_parts(101_358_163, 4724)
			.saturating_add(Weight::from_parts(85_296_504, 0).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().reads(5).saturating_mul(p.into()))
			.saturating_add(T::DbWeight::get().writes(8))
			.saturating_add(T::DbWeight::get().writes(6).saturating_mul(p.into()))
			.saturating_add(Weight::from_parts(0, 4066).saturating_mul(p.into()))
	}

}

impl WeightInfo for () {
	fn announce() -> Weight {
		Weight::from_parts(109_152_000, 6196)
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().writes(4))
	}

	fn propose() -> Weight {
		Weight::from_parts(1_031_941_000, 219984)
			.saturating_add(RocksDbWeight::get().reads(150))
			.saturating_add(RocksDbWeight::get().writes(23))
	}

	fn vote() -> Weight {
		Weight::from_parts(62_663_000, 9122)
			.saturating_add(RocksDbWeight::get().reads(8))
			.saturating_add(RocksDbWeight::get().writes(5))
	}

	fn withdraw_vote() -> Weight {
		Weight::from_parts(46_830_000, 5056)
			.saturating_add(RocksDbWeight::get().reads(6))
			.saturating_add(RocksDbWeight::get().writes(3))
	}

	fn withdraw_proposal() -> Weight {
		Weight::from_parts(121_240_000, 5056)
			.saturating_add(RocksDbWeight::get().reads(8))
			.saturating_add(RocksDbWeight::get().writes(8))
	}

	fn decide(m: u32, ) -> Weight {
		Weight::from_parts(195_703_052, 10693)
			.saturating_add(Weight::from_parts(42_834, 0).saturating_mul(m.into()))
			.saturating_add(RocksDbWeight::get().reads(16))
			.saturating_add(RocksDbWeight::get().writes(11))
	}

	fn migrate_check() -> Weight {
		Weight::from_parts(39_539_000, 110487)
			.saturating_add(RocksDbWeight::get().reads(7))
			.saturating_add(RocksDbWeight::get().writes(4))
	}

	fn created() -> Weight {
		Weight::from_parts(12_959_000, 0)
			.saturating_add(RocksDbWeight::get().writes(3))
	}

	fn stake_changed() -> Weight {
		Weight::from_parts(30_485_000, 5056)
			.saturating_add(RocksDbWeight::get().reads(4))
			.saturating_add(RocksDbWeight::get().writes(3))
	}

	fn period_closed(p: u32, ) -> Weight {
		Weight::from_parts(101_358_163, 4724)
			.saturating_add(Weight::from_parts(85_296_504, 0).saturating_mul(p.into()))
			.saturating_add(RocksDbWeight::get().reads(10))
			.saturating_add(RocksDbWeight::get().reads(5).saturating_mul(p.into()))
			.saturating_add(RocksDbWeight::get().writes(8))
			.saturating_add(RocksDbWeight::get().writes(6).saturating_mul(p.into()))
			.saturating_add(Weight::from_parts(0, 4066).saturating_mul(p.into()))
	}

}
