//! The weights of `pallet_rounds`, measured, but for that of `reveal_recorded`. `scripts/weights` writes this file.
//!
//! 2026-11-29, 10 steps, 5 repeats, AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, unused_parens, unused_imports)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{constants::RocksDbWeight, Weight}};

/// Weights of the calls of `pallet_rounds`, and of what it does for other pallets. The benchmark of the same name says
/// what is measured.
pub trait WeightInfo {
	fn commit_first() -> Weight;
	fn commit_full() -> Weight;
	fn reveal() -> Weight;
	fn reveal_recorded() -> Weight;
	fn settle(c: u32, m: u32, ) -> Weight;
	fn on_finalize() -> Weight;
	fn migrate_standing() -> Weight;
	fn migrate_committee() -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn commit_first() -> Weight {
		// Least time measured: 142_992 ns.
		Weight::from_parts(148_100_000, 110487)
			.saturating_add(T::DbWeight::get().reads(11))
			.saturating_add(T::DbWeight::get().writes(7))
	}

	fn commit_full() -> Weight {
		// Least time measured: 189_772 ns.
		Weight::from_parts(197_383_000, 11419)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(6))
	}

	fn reveal() -> Weight {
		// Least time measured: 106_618 ns.
		Weight::from_parts(114_149_000, 11419)
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().writes(4))
	}

	fn reveal_recorded() -> Weight {
		// Estimated: as a reveal, with the hashes of three proofs and a base that is looked for twice.
		Weight::from_parts(180_000_000, 11419)
			.saturating_add(T::DbWeight::get().reads(12))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	/// `c` is in `1..=64`.
	/// `m` is in `1..=100`.
	fn settle(c: u32, m: u32, ) -> Weight {
		// Least time measured: 1_067_383 ns.
		Weight::from_parts(1_074_034_000, 21848)
			.saturating_add(Weight::from_parts(54_518_159, 0).saturating_mul(c.into()))
			.saturating_add(Weight::from_parts(5_800_022, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(16))
			.saturating_add(T::DbWeight::get().reads(4).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().reads(2).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().writes(12))
			.saturating_add(T::DbWeight::get().writes(5).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().writes(1).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(0, 3629).saturating_mul(c.into()))
			.saturating_add(Weight::from_parts(0, 5213).saturating_mul(m.into()))
	}

	fn on_finalize() -> Weight {
		// Least time measured: 10_927 ns.
		Weight::from_parts(11_667_000, 3513)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	fn migrate_standing() -> Weight {
		// Least time measured: 32_929 ns.
		Weight::from_parts(34_662_000, 6166)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	fn migrate_committee() -> Weight {
		// Least time measured: 2_002_381 ns.
		Weight::from_parts(2_101_218_000, 268101)
			.saturating_add(T::DbWeight::get().reads(169))
			.saturating_add(T::DbWeight::get().writes(203))
	}

}

impl WeightInfo for () {
	fn commit_first() -> Weight {
		Weight::from_parts(148_100_000, 110487)
			.saturating_add(RocksDbWeight::get().reads(11))
			.saturating_add(RocksDbWeight::get().writes(7))
	}

	fn commit_full() -> Weight {
		Weight::from_parts(197_383_000, 11419)
			.saturating_add(RocksDbWeight::get().reads(9))
			.saturating_add(RocksDbWeight::get().writes(6))
	}

	fn reveal() -> Weight {
		Weight::from_parts(114_149_000, 11419)
			.saturating_add(RocksDbWeight::get().reads(10))
			.saturating_add(RocksDbWeight::get().writes(4))
	}

	fn reveal_recorded() -> Weight {
		Weight::from_parts(180_000_000, 11419)
			.saturating_add(RocksDbWeight::get().reads(12))
			.saturating_add(RocksDbWeight::get().writes(5))
	}

	fn settle(c: u32, m: u32, ) -> Weight {
		Weight::from_parts(1_074_034_000, 21848)
			.saturating_add(Weight::from_parts(54_518_159, 0).saturating_mul(c.into()))
			.saturating_add(Weight::from_parts(5_800_022, 0).saturating_mul(m.into()))
			.saturating_add(RocksDbWeight::get().reads(16))
			.saturating_add(RocksDbWeight::get().reads(4).saturating_mul(c.into()))
			.saturating_add(RocksDbWeight::get().reads(2).saturating_mul(m.into()))
			.saturating_add(RocksDbWeight::get().writes(12))
			.saturating_add(RocksDbWeight::get().writes(5).saturating_mul(c.into()))
			.saturating_add(RocksDbWeight::get().writes(1).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(0, 3629).saturating_mul(c.into()))
			.saturating_add(Weight::from_parts(0, 5213).saturating_mul(m.into()))
	}

	fn on_finalize() -> Weight {
		Weight::from_parts(11_667_000, 3513)
			.saturating_add(RocksDbWeight::get().reads(3))
			.saturating_add(RocksDbWeight::get().writes(1))
	}

	fn migrate_standing() -> Weight {
		Weight::from_parts(34_662_000, 6166)
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().writes(1))
	}

	fn migrate_committee() -> Weight {
		Weight::from_parts(2_101_218_000, 268101)
			.saturating_add(RocksDbWeight::get().reads(169))
			.saturating_add(RocksDbWeight::get().writes(203))
	}

}
