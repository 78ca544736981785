//! The weights of `pallet_custody`, estimated. `scripts/weights` writes this file.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, unused_parens, unused_imports)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::{constants::RocksDbWeight, Weight}};

/// Weights of the calls of `pallet_custody`, and of what it does for other pallets. The benchmark of the same name says
/// what is measured.
pub trait WeightInfo {
	fn keep() -> Weight;
	fn leave() -> Weight;
	fn check() -> Weight;
	fn decide(m: u32) -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn keep() -> Weight {
		Weight::from_parts(110_000_000, 24000)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	fn leave() -> Weight {
		Weight::from_parts(70_000_000, 24000)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	fn check() -> Weight {
		Weight::from_parts(90_000_000, 32000)
			.saturating_add(T::DbWeight::get().reads(14))
			.saturating_add(T::DbWeight::get().writes(4))
	}

	fn decide(m: u32) -> Weight {
		Weight::from_parts(400_000_000, 80000)
			.saturating_add(Weight::from_parts(2_000_000, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(40))
			.saturating_add(T::DbWeight::get().writes(40))
	}
}

/// Weights for tests.
impl WeightInfo for () {
	fn keep() -> Weight {
		Weight::from_parts(110_000_000, 24000)
			.saturating_add(RocksDbWeight::get().reads(7))
			.saturating_add(RocksDbWeight::get().writes(5))
	}

	fn leave() -> Weight {
		Weight::from_parts(70_000_000, 24000)
			.saturating_add(RocksDbWeight::get().reads(4))
			.saturating_add(RocksDbWeight::get().writes(3))
	}

	fn check() -> Weight {
		Weight::from_parts(90_000_000, 32000)
			.saturating_add(RocksDbWeight::get().reads(14))
			.saturating_add(RocksDbWeight::get().writes(4))
	}

	fn decide(m: u32) -> Weight {
		Weight::from_parts(400_000_000, 80000)
			.saturating_add(Weight::from_parts(2_000_000, 0).saturating_mul(m.into()))
			.saturating_add(RocksDbWeight::get().reads(40))
			.saturating_add(RocksDbWeight::get().writes(40))
	}
}
