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
	fn chilled(n: u32, ) -> Weight;
	fn convicted(n: u32, ) -> Weight;
	fn rotate_session(n: u32, ) -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn bond() -> Weight {
		// Least time measured: 127_629 ns.
		Weight::from_parts(150_624_000, 13775)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(4))
	}

	fn unbond() -> Weight {
		// Least time measured: 59_368 ns.
		Weight::from_parts(72_057_000, 13775)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	fn withdraw() -> Weight {
		// Least time measured: 57_475 ns.
		Weight::from_parts(60_099_000, 3712)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	fn chill() -> Weight {
		// Least time measured: 58_457 ns.
		Weight::from_parts(70_775_000, 13775)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	fn validate() -> Weight {
		// Least time measured: 77_025 ns.
		Weight::from_parts(90_344_000, 17032)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	fn set_gateway() -> Weight {
		// Least time measured: 15_393 ns.
		Weight::from_parts(16_814_000, 3691)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	/// `n` is in `1..=100`.
	fn on_offence(n: u32, ) -> Weight {
		// Least time measured: 136_823 ns.
		Weight::from_parts(97_718_647, 23140)
			.saturating_add(Weight::from_parts(92_504_797, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().reads(4).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().writes(3))
			.saturating_add(T::DbWeight::get().writes(6).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(n.into()))
	}

	/// `n` is in `1..=100`.
	fn observed(n: u32, ) -> Weight {
		// Least time measured: 10_386 ns.
		Weight::from_parts(11_185_369, 990)
			.saturating_add(Weight::from_parts(1_954_500, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2531).saturating_mul(n.into()))
	}

	/// `n` is in `1..=100`.
	fn chilled(n: u32, ) -> Weight {
		// Least time measured: 62_683 ns.
		Weight::from_parts(125_402_325, 13775)
			.saturating_add(Weight::from_parts(29_632_133, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().reads(2).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().writes(1))
			.saturating_add(T::DbWeight::get().writes(2).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2701).saturating_mul(n.into()))
	}

	/// `n` is in `1..=100`.
	fn convicted(n: u32, ) -> Weight {
		// Least time measured: 181_439 ns.
		Weight::from_parts(135_468_739, 25416)
			.saturating_add(Weight::from_parts(112_368_137, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().reads(7).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().writes(4))
			.saturating_add(T::DbWeight::get().writes(8).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2877).saturating_mul(n.into()))
	}

	/// `n` is in `1..=100`.
	fn rotate_session(n: u32, ) -> Weight {
		// Least time measured: 728_891 ns.
		Weight::from_parts(833_934_670, 651593)
			.saturating_add(Weight::from_parts(37_945_196, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(277))
			.saturating_add(T::DbWeight::get().reads(1).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().writes(19))
			.saturating_add(Weight::from_parts(0, 2701).saturating_mul(n.into()))
	}

}

impl WeightInfo for () {
	fn bond() -> Weight {
		Weight::from_parts(150_624_000, 13775)
			.saturating_add(RocksDbWeight::get().reads(6))
			.saturating_add(RocksDbWeight::get().writes(4))
	}

	fn unbond() -> Weight {
		Weight::from_parts(72_057_000, 13775)
			.saturating_add(RocksDbWeight::get().reads(3))
			.saturating_add(RocksDbWeight::get().writes(2))
	}

	fn withdraw() -> Weight {
		Weight::from_parts(60_099_000, 3712)
			.saturating_add(RocksDbWeight::get().reads(3))
			.saturating_add(RocksDbWeight::get().writes(5))
	}

	fn chill() -> Weight {
		Weight::from_parts(70_775_000, 13775)
			.saturating_add(RocksDbWeight::get().reads(2))
			.saturating_add(RocksDbWeight::get().writes(2))
	}

	fn validate() -> Weight {
		Weight::from_parts(90_344_000, 17032)
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().writes(3))
	}

	fn set_gateway() -> Weight {
		Weight::from_parts(16_814_000, 3691)
			.saturating_add(RocksDbWeight::get().reads(1))
			.saturating_add(RocksDbWeight::get().writes(1))
	}

	fn on_offence(n: u32, ) -> Weight {
		Weight::from_parts(97_718_647, 23140)
			.saturating_add(Weight::from_parts(92_504_797, 0).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().reads(4).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().writes(3))
			.saturating_add(RocksDbWeight::get().writes(6).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(n.into()))
	}

	fn observed(n: u32, ) -> Weight {
		Weight::from_parts(11_185_369, 990)
			.saturating_add(Weight::from_parts(1_954_500, 0).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads(1).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2531).saturating_mul(n.into()))
	}

	fn chilled(n: u32, ) -> Weight {
		Weight::from_parts(125_402_325, 13775)
			.saturating_add(Weight::from_parts(29_632_133, 0).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads(1))
			.saturating_add(RocksDbWeight::get().reads(2).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().writes(1))
			.saturating_add(RocksDbWeight::get().writes(2).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2701).saturating_mul(n.into()))
	}

	fn convicted(n: u32, ) -> Weight {
		Weight::from_parts(135_468_739, 25416)
			.saturating_add(Weight::from_parts(112_368_137, 0).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads(6))
			.saturating_add(RocksDbWeight::get().reads(7).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().writes(4))
			.saturating_add(RocksDbWeight::get().writes(8).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 2877).saturating_mul(n.into()))
	}

	fn rotate_session(n: u32, ) -> Weight {
		Weight::from_parts(833_934_670, 651593)
			.saturating_add(Weight::from_parts(37_945_196, 0).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads(277))
			.saturating_add(RocksDbWeight::get().reads(1).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().writes(19))
			.saturating_add(Weight::from_parts(0, 2701).saturating_mul(n.into()))
	}

}
