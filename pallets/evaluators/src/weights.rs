//! The weights of `pallet_evaluators`, measured. `scripts/weights` writes this file.
//!
//! 2026-11-29, 10 steps, 5 repeats, AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, unused_parens, unused_imports)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{constants::RocksDbWeight, Weight}};

/// Weights of the calls of `pallet_evaluators`, and of what it does for other pallets. The benchmark of the same name says
/// what is measured.
pub trait WeightInfo {
	fn report(a: u32, o: u32, ) -> Weight;
	fn report_seated(a: u32, ) -> Weight;
	fn authorize_report(a: u32, o: u32, ) -> Weight;
	fn take(m: u32, ) -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// `a` is in `0..=32`.
	/// `o` is in `0..=32`.
	fn report(a: u32, o: u32, ) -> Weight {
		// Least time measured: 640_630 ns.
		Weight::from_parts(672_969_000, 9491)
			.saturating_add(Weight::from_parts(68_823_646, 0).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(8_812_160, 0).saturating_mul(o.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().reads(5).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads(1).saturating_mul(o.into()))
			.saturating_add(T::DbWeight::get().writes(2).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().writes(1).saturating_mul(o.into()))
			.saturating_add(Weight::from_parts(0, 10429).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(0, 5213).saturating_mul(o.into()))
	}

	/// `a` is in `1..=32`.
	fn report_seated(a: u32, ) -> Weight {
		// Least time measured: 12_578 ns.
		Weight::from_parts(3_092_567, 990)
			.saturating_add(Weight::from_parts(9_175_628, 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads(2).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().writes(1).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(0, 9703).saturating_mul(a.into()))
	}

	/// `a` is in `0..=32`.
	/// `o` is in `1..=32`.
	fn authorize_report(a: u32, o: u32, ) -> Weight {
		// Least time measured: 2_901_756 ns.
		Weight::from_parts(161_882_118, 9491)
			.saturating_add(Weight::from_parts(85_167_656, 0).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(101_435_377, 0).saturating_mul(o.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().reads(6).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads(6).saturating_mul(o.into()))
			.saturating_add(Weight::from_parts(0, 10429).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(0, 9703).saturating_mul(o.into()))
	}

	/// `m` is in `1..=100`.
	fn take(m: u32, ) -> Weight {
		// Least time measured: 15_663 ns.
		Weight::from_parts(16_735_000, 10693)
			.saturating_add(Weight::from_parts(7_518_140, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().reads(1).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes(1).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(0, 5213).saturating_mul(m.into()))
	}

}

impl WeightInfo for () {
	fn report(a: u32, o: u32, ) -> Weight {
		Weight::from_parts(672_969_000, 9491)
			.saturating_add(Weight::from_parts(68_823_646, 0).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(8_812_160, 0).saturating_mul(o.into()))
			.saturating_add(RocksDbWeight::get().reads(1))
			.saturating_add(RocksDbWeight::get().reads(5).saturating_mul(a.into()))
			.saturating_add(RocksDbWeight::get().reads(1).saturating_mul(o.into()))
			.saturating_add(RocksDbWeight::get().writes(2).saturating_mul(a.into()))
			.saturating_add(RocksDbWeight::get().writes(1).saturating_mul(o.into()))
			.saturating_add(Weight::from_parts(0, 10429).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(0, 5213).saturating_mul(o.into()))
	}

	fn report_seated(a: u32, ) -> Weight {
		Weight::from_parts(3_092_567, 990)
			.saturating_add(Weight::from_parts(9_175_628, 0).saturating_mul(a.into()))
			.saturating_add(RocksDbWeight::get().reads(2).saturating_mul(a.into()))
			.saturating_add(RocksDbWeight::get().writes(1).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(0, 9703).saturating_mul(a.into()))
	}

	fn authorize_report(a: u32, o: u32, ) -> Weight {
		Weight::from_parts(161_882_118, 9491)
			.saturating_add(Weight::from_parts(85_167_656, 0).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(101_435_377, 0).saturating_mul(o.into()))
			.saturating_add(RocksDbWeight::get().reads(2))
			.saturating_add(RocksDbWeight::get().reads(6).saturating_mul(a.into()))
			.saturating_add(RocksDbWeight::get().reads(6).saturating_mul(o.into()))
			.saturating_add(Weight::from_parts(0, 10429).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(0, 9703).saturating_mul(o.into()))
	}

	fn take(m: u32, ) -> Weight {
		Weight::from_parts(16_735_000, 10693)
			.saturating_add(Weight::from_parts(7_518_140, 0).saturating_mul(m.into()))
			.saturating_add(RocksDbWeight::get().reads(1))
			.saturating_add(RocksDbWeight::get().reads(1).saturating_mul(m.into()))
			.saturating_add(RocksDbWeight::get().writes(1))
			.saturating_add(RocksDbWeight::get().writes(1).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(0, 5213).saturating_mul(m.into()))
	}

}
