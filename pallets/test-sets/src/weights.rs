//! The weights of `pallet_test_sets`, estimated. `scripts/weights` writes this file.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, unused_parens, unused_imports)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{constants::RocksDbWeight, Weight}};

/// Weights of the calls of `pallet_test_sets`, and of what it does for other pallets. The benchmark of the same name says
/// what is measured.
pub trait WeightInfo {
	fn open_series() -> Weight;
	fn release() -> Weight;
	fn authorize_release() -> Weight;
	fn close_series() -> Weight;
	fn bind() -> Weight;
	fn fix() -> Weight;
	fn judged() -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn open_series() -> Weight {
		Weight::from_parts(79_000_000, 6000)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	fn release() -> Weight {
		Weight::from_parts(61_000_000, 9000)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	fn authorize_release() -> Weight {
		Weight::from_parts(12_000_000, 4800)
			.saturating_add(T::DbWeight::get().reads(1))
	}

	fn close_series() -> Weight {
		Weight::from_parts(69_000_000, 9000)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	fn bind() -> Weight {
		Weight::from_parts(18_000_000, 4800)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	fn fix() -> Weight {
		Weight::from_parts(78_000_000, 9000)
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().writes(6))
	}

	fn judged() -> Weight {
		Weight::from_parts(82_000_000, 9000)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(7))
	}
}

/// Weights for tests.
impl WeightInfo for () {
	fn open_series() -> Weight {
		Weight::from_parts(79_000_000, 6000)
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().writes(3))
	}

	fn release() -> Weight {
		Weight::from_parts(61_000_000, 9000)
			.saturating_add(RocksDbWeight::get().reads(7))
			.saturating_add(RocksDbWeight::get().writes(2))
	}

	fn authorize_release() -> Weight {
		Weight::from_parts(12_000_000, 4800)
			.saturating_add(RocksDbWeight::get().reads(1))
	}

	fn close_series() -> Weight {
		Weight::from_parts(69_000_000, 9000)
			.saturating_add(RocksDbWeight::get().reads(6))
			.saturating_add(RocksDbWeight::get().writes(3))
	}

	fn bind() -> Weight {
		Weight::from_parts(18_000_000, 4800)
			.saturating_add(RocksDbWeight::get().reads(1))
			.saturating_add(RocksDbWeight::get().writes(1))
	}

	fn fix() -> Weight {
		Weight::from_parts(78_000_000, 9000)
			.saturating_add(RocksDbWeight::get().reads(8))
			.saturating_add(RocksDbWeight::get().writes(6))
	}

	fn judged() -> Weight {
		Weight::from_parts(82_000_000, 9000)
			.saturating_add(RocksDbWeight::get().reads(7))
			.saturating_add(RocksDbWeight::get().writes(7))
	}
}
