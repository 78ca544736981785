//! The weights of the pallet's calls: generous estimates, until they are measured on reference hardware.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the calls and hooks of `pallet_rounds`.
pub trait WeightInfo {
	/// The first commitment of a round, which sets the alarm.
	fn commit_first() -> Weight;
	/// A commitment that displaces another from a full round.
	fn commit_full() -> Weight;
	/// The first reveal of a full round, which fixes seed and committee.
	fn reveal() -> Weight;
	/// Keeping an attestation.
	fn attest() -> Weight;
	/// Checking an attestation of the last of a full committee.
	fn authorize_attest() -> Weight;
	/// Keeping the largest ballot.
	fn open() -> Weight;
	/// Checking the largest ballot of the last of a full committee.
	fn authorize_open() -> Weight;
	/// With `c` commitments in the round and `m` members in its committee, and as many in the round that is
	/// removed.
	fn settle(c: u32, m: u32) -> Weight;
	/// Keeping the block's randomness, and noting that it is closed.
	fn on_finalize() -> Weight;
	/// A standing that is migrated.
	fn migrate_standing() -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// Reads that find the rules of a round among all that the group has had.
const RULES: u64 = 16;
/// Reads that find the version of the data set that a round is played with.
const VERSION: u64 = 12;

/// The estimates, for one database.
struct Estimate(RuntimeDbWeight);

impl Estimate {
	/// The rules, the version, the head, the round, an account with its holds, the taker of the fee, and the
	/// scheduler's agendas and lookup.
	fn commit_first(&self) -> Weight {
		Weight::from_parts(200_000_000, 120_000)
			.saturating_add(self.0.reads_writes(RULES.saturating_add(VERSION).saturating_add(13), 7))
	}

	/// The rules, the head, the full round, two accounts with their holds, the taker of the fee.
	fn commit_full(&self) -> Weight {
		Weight::from_parts(250_000_000, 40_000)
			.saturating_add(self.0.reads_writes(RULES.saturating_add(9), 7))
	}

	/// The rules, the round, the seed, the validators, the digest, the reveal.
	fn reveal(&self) -> Weight {
		Weight::from_parts(150_000_000, 40_000)
			.saturating_add(self.0.reads_writes(RULES.saturating_add(8), 5))
	}

	/// The attestation.
	fn attest(&self) -> Weight {
		Weight::from_parts(30_000_000, 8_000).saturating_add(self.0.reads_writes(1, 1))
	}

	/// The rules, the attestation, the committee, the genesis hash, one signature.
	fn authorize(&self) -> Weight {
		Weight::from_parts(150_000_000, 30_000).saturating_add(self.0.reads(RULES.saturating_add(4)))
	}

	/// The rules, the round, the head, the counters and ring; of each commitment its reveal, account, holds
	/// and standing, and a reveal that is removed; of each member its attestation, and one that is removed.
	fn settle(&self, c: u32, m: u32) -> Weight {
		let (c, m) = (u64::from(c), u64::from(m));
		Weight::from_parts(200_000_000, 120_000)
			.saturating_add(Weight::from_parts(120_000_000, 8_000).saturating_mul(c))
			.saturating_add(Weight::from_parts(40_000_000, 8_000).saturating_mul(m))
			.saturating_add(self.0.reads_writes(RULES.saturating_add(12), 8))
			.saturating_add(self.0.reads_writes(5, 4).saturating_mul(c))
			.saturating_add(self.0.reads_writes(1, 1).saturating_mul(m))
	}

	/// The randomness, that of the block before, and the ring; the migrations, the block's weight and length,
	/// and the closed blocks.
	fn on_finalize(&self) -> Weight {
		Weight::from_parts(15_000_000, 6_000).saturating_add(self.0.reads_writes(7, 2))
	}

	/// The standing, its group's rules, and the key before it.
	fn migrate_standing(&self) -> Weight {
		Weight::from_parts(30_000_000, 10_000).saturating_add(self.0.reads_writes(RULES.saturating_add(4), 2))
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn commit_first() -> Weight {
		Estimate(T::DbWeight::get()).commit_first()
	}

	fn commit_full() -> Weight {
		Estimate(T::DbWeight::get()).commit_full()
	}

	fn reveal() -> Weight {
		Estimate(T::DbWeight::get()).reveal()
	}

	fn attest() -> Weight {
		Estimate(T::DbWeight::get()).attest()
	}

	fn authorize_attest() -> Weight {
		Estimate(T::DbWeight::get()).authorize()
	}

	fn open() -> Weight {
		Estimate(T::DbWeight::get()).attest()
	}

	fn authorize_open() -> Weight {
		Estimate(T::DbWeight::get()).authorize()
	}

	fn settle(c: u32, m: u32) -> Weight {
		Estimate(T::DbWeight::get()).settle(c, m)
	}

	fn on_finalize() -> Weight {
		Estimate(T::DbWeight::get()).on_finalize()
	}

	fn migrate_standing() -> Weight {
		Estimate(T::DbWeight::get()).migrate_standing()
	}
}

impl WeightInfo for () {
	fn commit_first() -> Weight {
		Estimate(RocksDbWeight::get()).commit_first()
	}

	fn commit_full() -> Weight {
		Estimate(RocksDbWeight::get()).commit_full()
	}

	fn reveal() -> Weight {
		Estimate(RocksDbWeight::get()).reveal()
	}

	fn attest() -> Weight {
		Estimate(RocksDbWeight::get()).attest()
	}

	fn authorize_attest() -> Weight {
		Estimate(RocksDbWeight::get()).authorize()
	}

	fn open() -> Weight {
		Estimate(RocksDbWeight::get()).attest()
	}

	fn authorize_open() -> Weight {
		Estimate(RocksDbWeight::get()).authorize()
	}

	fn settle(c: u32, m: u32) -> Weight {
		Estimate(RocksDbWeight::get()).settle(c, m)
	}

	fn on_finalize() -> Weight {
		Estimate(RocksDbWeight::get()).on_finalize()
	}

	fn migrate_standing() -> Weight {
		Estimate(RocksDbWeight::get()).migrate_standing()
	}
}
