//! The weights of the pallet's calls: generous estimates, until they are measured on reference hardware.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the calls of `pallet_groups`.
pub trait WeightInfo {
	/// Creating the largest group.
	fn create() -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn create() -> Weight {
		create(T::DbWeight::get())
	}
}

impl WeightInfo for () {
	fn create() -> Weight {
		create(RocksDbWeight::get())
	}
}

/// Reads and writes the owner's account and holds, the counter and the group.
fn create(db: RuntimeDbWeight) -> Weight {
	Weight::from_parts(80_000_000, 12_000).saturating_add(db.reads_writes(4, 4))
}
