//! The weights of `pallet_emission`, measured. `scripts/weights` writes this file.
//!
//! 2026-11-29, 10 steps, 5 repeats, AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, unused_parens, unused_imports)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{constants::RocksDbWeight, Weight}};

/// Weights of the calls of `pallet_emission`, and of what it does for other pallets. The benchmark of the same name says
/// what is measured.
pub trait WeightInfo {
	fn claim() -> Weight;
	fn fund() -> Weight;
	fn stop_funding() -> Weight;
	fn refund() -> Weight;
	fn order() -> Weight;
	fn cancel_order() -> Weight;
	fn refund_order() -> Weight;
	fn on_initialize() -> Weight;
	fn begin_periods() -> Weight;
	fn stake_changed() -> Weight;
	fn terms_changed() -> Weight;
	fn round_settled(m: u32, ) -> Weight;
	fn delta_checked(m: u32, ) -> Weight;
	fn delta_applied() -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn claim() -> Weight {
		// Least time measured: 69_032 ns.
		Weight::from_parts(71_276_000, 6196)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	fn fund() -> Weight {
		// Least time measured: 136_543 ns.
		Weight::from_parts(141_580_000, 8799)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	fn stop_funding() -> Weight {
		// Least time measured: 36_434 ns.
		Weight::from_parts(39_498_000, 4724)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	fn refund() -> Weight {
		// Least time measured: 68_722 ns.
		Weight::from_parts(71_956_000, 6196)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}

	fn order() -> Weight {
		// Least time measured: 160_000 ns.
		Weight::from_parts(170_000_000, 8799)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	fn cancel_order() -> Weight {
		// Least time measured: 45_000 ns.
		Weight::from_parts(50_000_000, 5500)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	fn refund_order() -> Weight {
		// Least time measured: 75_000 ns.
		Weight::from_parts(80_000_000, 6196)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(4))
	}

	fn on_initialize() -> Weight {
		// Least time measured: 3_095 ns.
		Weight::from_parts(3_505_000, 1589)
			.saturating_add(T::DbWeight::get().reads(1))
	}

	fn begin_periods() -> Weight {
		// Least time measured: 43_425 ns.
		Weight::from_parts(45_297_000, 3593)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	fn stake_changed() -> Weight {
		// Least time measured: 48_361 ns.
		Weight::from_parts(50_344_000, 3669)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(7))
	}

	fn terms_changed() -> Weight {
		// Least time measured: 115_000 ns.
		Weight::from_parts(120_000_000, 5500)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// `m` is in `1..=100`.
	fn round_settled(m: u32, ) -> Weight {
		// Least time measured: 240_000 ns.
		Weight::from_parts(250_000_000, 65582)
			.saturating_add(Weight::from_parts(2_610_730, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(33))
			.saturating_add(T::DbWeight::get().reads(1).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().writes(32))
			.saturating_add(T::DbWeight::get().writes(1).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(0, 2539).saturating_mul(m.into()))
	}

	/// `m` is in `1..=100`.
	fn delta_checked(m: u32, ) -> Weight {
		// Least time measured: 77_054 ns.
		Weight::from_parts(76_987_238, 4724)
			.saturating_add(Weight::from_parts(2_571_392, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().reads(1).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().writes(6))
			.saturating_add(T::DbWeight::get().writes(1).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(0, 2539).saturating_mul(m.into()))
	}

	fn delta_applied() -> Weight {
		// Least time measured: 49_934 ns.
		Weight::from_parts(51_907_000, 3669)
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().writes(7))
	}

}

impl WeightInfo for () {
	fn claim() -> Weight {
		Weight::from_parts(71_276_000, 6196)
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().writes(5))
	}

	fn fund() -> Weight {
		Weight::from_parts(141_580_000, 8799)
			.saturating_add(RocksDbWeight::get().reads(7))
			.saturating_add(RocksDbWeight::get().writes(5))
	}

	fn stop_funding() -> Weight {
		Weight::from_parts(39_498_000, 4724)
			.saturating_add(RocksDbWeight::get().reads(3))
			.saturating_add(RocksDbWeight::get().writes(1))
	}

	fn refund() -> Weight {
		Weight::from_parts(71_956_000, 6196)
			.saturating_add(RocksDbWeight::get().reads(4))
			.saturating_add(RocksDbWeight::get().writes(4))
	}

	fn order() -> Weight {
		Weight::from_parts(170_000_000, 8799)
			.saturating_add(RocksDbWeight::get().reads(9))
			.saturating_add(RocksDbWeight::get().writes(5))
	}

	fn cancel_order() -> Weight {
		Weight::from_parts(50_000_000, 5500)
			.saturating_add(RocksDbWeight::get().reads(4))
			.saturating_add(RocksDbWeight::get().writes(1))
	}

	fn refund_order() -> Weight {
		Weight::from_parts(80_000_000, 6196)
			.saturating_add(RocksDbWeight::get().reads(4))
			.saturating_add(RocksDbWeight::get().writes(4))
	}

	fn on_initialize() -> Weight {
		Weight::from_parts(3_505_000, 1589)
			.saturating_add(RocksDbWeight::get().reads(1))
	}

	fn begin_periods() -> Weight {
		Weight::from_parts(45_297_000, 3593)
			.saturating_add(RocksDbWeight::get().reads(6))
			.saturating_add(RocksDbWeight::get().writes(5))
	}

	fn stake_changed() -> Weight {
		Weight::from_parts(50_344_000, 3669)
			.saturating_add(RocksDbWeight::get().reads(7))
			.saturating_add(RocksDbWeight::get().writes(7))
	}

	fn terms_changed() -> Weight {
		Weight::from_parts(120_000_000, 5500)
			.saturating_add(RocksDbWeight::get().reads(4))
			.saturating_add(RocksDbWeight::get().writes(2))
	}

	fn round_settled(m: u32, ) -> Weight {
		Weight::from_parts(250_000_000, 65582)
			.saturating_add(Weight::from_parts(2_610_730, 0).saturating_mul(m.into()))
			.saturating_add(RocksDbWeight::get().reads(33))
			.saturating_add(RocksDbWeight::get().reads(1).saturating_mul(m.into()))
			.saturating_add(RocksDbWeight::get().writes(32))
			.saturating_add(RocksDbWeight::get().writes(1).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(0, 2539).saturating_mul(m.into()))
	}

	fn delta_checked(m: u32, ) -> Weight {
		Weight::from_parts(76_987_238, 4724)
			.saturating_add(Weight::from_parts(2_571_392, 0).saturating_mul(m.into()))
			.saturating_add(RocksDbWeight::get().reads(9))
			.saturating_add(RocksDbWeight::get().reads(1).saturating_mul(m.into()))
			.saturating_add(RocksDbWeight::get().writes(6))
			.saturating_add(RocksDbWeight::get().writes(1).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(0, 2539).saturating_mul(m.into()))
	}

	fn delta_applied() -> Weight {
		Weight::from_parts(51_907_000, 3669)
			.saturating_add(RocksDbWeight::get().reads(8))
			.saturating_add(RocksDbWeight::get().writes(7))
	}

}
