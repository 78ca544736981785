//! The weights of `pallet_validators`, measured. `scripts/weights` writes this file.
//!
//! 2026-11-29, 10 steps, 5 repeats, AMD EPYC.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, unused_parens, unused_imports)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{constants::RocksDbWeight, Weight}};

/// Weights of the calls of `pallet_validators`, and of what it does for other pallets. The benchmark of the same name says
/// what is measured.
pub trait WeightInfo {
	fn bond() -> Weight;
	fn unbond() -> Weight;
	fn withdraw() -> Weight;
	fn chill() -> Weight;
	fn validate() -> Weight;
	fn set_gateway() -> Weight;
	fn on_offence(n: u32, ) -> Weight;
	fn observed(n: u32, ) -> Weight;
	fn convicted(n: u32, ) -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn bond() -> Weight {
		// Least time measured: 121_401 ns.
		Weight::from_parts(135_601_000, 13775)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(4))
	}

	fn unbond() -> Weight {
		// Least time measured: 54_862 ns.
		Weight::from_parts(67_300_000, 13775)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	fn withdraw() -> Weight {
		// Least time measured: 55_092 ns.
		Weight::from_parts(57_395_000, 3712)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	fn chill() -> Weight {
		// Least time measured: 51_466 ns.
		Weight::from_parts(66_348_000, 13775)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	fn validate() -> Weight {
		// Least time measured: 74_431 ns.
		Weight::from_parts(89_673_000, 17032)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	fn set_gateway() -> Weight {
		// Least time measured: 15_172 ns.
		Weight::from_parts(16_424_000, 3691)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	/// `n` is in `1..=100`.
	fn on_offence(n: u32, ) -> Weight {
		// Least time measured: 140_519 ns.
		Weight::from_parts(114_770_824, 23140)
			.saturating_add(Weight::from_parts(86_968_472, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().reads(4).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().writes(3))
			.saturating_add(T::DbWeight::get().writes(6).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(n.into()))
	}

	/// `n` is in `1..=100`.
	fn observed(n: u32, ) -> Weight {
		// Least time measured: 69_763 ns.
		Weight::from_parts(136_580_969, 13775)
			.saturating_add(Weight::from_parts(28_278_018, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().reads(2).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes(2).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2701).saturating_mul(n.into()))
	}

	/// `n` is in `1..=100`.
	fn convicted(n: u32, ) -> Weight {
		// Least time measured: 190_413 ns.
		Weight::from_parts(176_698_818, 25416)
			.saturating_add(Weight::from_parts(105_480_817, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().reads(7).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().writes(4))
			.saturating_add(T::DbWeight::get().writes(8).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2877).saturating_mul(n.into()))
	}

}

impl WeightInfo for () {
	fn bond() -> Weight {
		Weight::from_parts(135_601_000, 13775)
			.saturating_add(RocksDbWeight::get().reads(6))
			.saturating_add(RocksDbWeight::get().writes(4))
	}

	fn unbond() -> Weight {
		Weight::from_parts(67_300_000, 13775)
			.saturating_add(RocksDbWeight::get().reads(3))
			.saturating_add(RocksDbWeight::get().writes(2))
	}

	fn withdraw() -> Weight {
		Weight::from_parts(57_395_000, 3712)
			.saturating_add(RocksDbWeight::get().reads(3))
			.saturating_add(RocksDbWeight::get().writes(5))
	}

	fn chill() -> Weight {
		Weight::from_parts(66_348_000, 13775)
			.saturating_add(RocksDbWeight::get().reads(2))
			.saturating_add(RocksDbWeight::get().writes(2))
	}

	fn validate() -> Weight {
		Weight::from_parts(89_673_000, 17032)
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().writes(3))
	}

	fn set_gateway() -> Weight {
		Weight::from_parts(16_424_000, 3691)
			.saturating_add(RocksDbWeight::get().reads(1))
			.saturating_add(RocksDbWeight::get().writes(1))
	}

	fn on_offence(n: u32, ) -> Weight {
		Weight::from_parts(114_770_824, 23140)
			.saturating_add(Weight::from_parts(86_968_472, 0).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().reads(4).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().writes(3))
			.saturating_add(RocksDbWeight::get().writes(6).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(n.into()))
	}

	fn observed(n: u32, ) -> Weight {
		Weight::from_parts(136_580_969, 13775)
			.saturating_add(Weight::from_parts(28_278_018, 0).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads(1))
			.saturating_add(RocksDbWeight::get().reads(2).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().writes(1))
			.saturating_add(RocksDbWeight::get().writes(2).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2701).saturating_mul(n.into()))
	}

	fn convicted(n: u32, ) -> Weight {
		Weight::from_parts(176_698_818, 25416)
			.saturating_add(Weight::from_parts(105_480_817, 0).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads(6))
			.saturating_add(RocksDbWeight::get().reads(7).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().writes(4))
			.saturating_add(RocksDbWeight::get().writes(8).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2877).saturating_mul(n.into()))
	}

}
