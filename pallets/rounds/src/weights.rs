//! The weights of the pallet's calls: generous estimates, until they are measured on reference hardware.

use core::marker::PhantomData;
use descent_protocol::{MAX_CANDIDATES, MAX_COMMITTEE};
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
	/// The first reveal of a full round, which fixes the seed.
	fn reveal() -> Weight;
	/// With `c` commitments in the round, and as many in the round that is removed, and the ballots of `m`
	/// members.
	fn settle(c: u32, m: u32) -> Weight;
	/// Keeping the block's randomness.
	fn on_finalize() -> Weight;
	/// A standing that is migrated.
	fn migrate_standing() -> Weight;
	/// A committee of the most members that is migrated, with its attestations.
	fn migrate_committee() -> Weight;
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

	/// The rules, the round, the seed, the head, the subject, the digest, the reveal.
	fn reveal(&self) -> Weight {
		Weight::from_parts(150_000_000, 40_000)
			.saturating_add(self.0.reads_writes(RULES.saturating_add(8), 5))
	}

	/// The rules, the round, the head, the counters and ring; of each commitment its reveal, account, holds
	/// and standing, and a reveal that is removed; the tallies and the subject; of each member its ballot.
	fn settle(&self, c: u32, m: u32) -> Weight {
		let (c, m) = (u64::from(c), u64::from(m));
		Weight::from_parts(200_000_000, 120_000)
			.saturating_add(Weight::from_parts(120_000_000, 8_000).saturating_mul(c))
			.saturating_add(Weight::from_parts(10_000_000, 0).saturating_mul(m))
			.saturating_add(self.0.reads_writes(RULES.saturating_add(13), 11))
			.saturating_add(self.0.reads_writes(5, 4).saturating_mul(c))
	}

	/// The randomness, that of the block before, and the ring.
	fn on_finalize(&self) -> Weight {
		Weight::from_parts(10_000_000, 4_000).saturating_add(self.0.reads_writes(3, 1))
	}

	/// The committee, its round and the reveals, and of each member the attestation in both forms.
	fn migrate_committee(&self) -> Weight {
		Weight::from_parts(100_000_000, 40_000)
			.saturating_add(self.0.reads_writes(6, 5))
			.saturating_add(self.0.reads(MAX_CANDIDATES.into()))
			.saturating_add(self.0.reads_writes(1, 2).saturating_mul(MAX_COMMITTEE.into()))
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

	fn settle(c: u32, m: u32) -> Weight {
		Estimate(T::DbWeight::get()).settle(c, m)
	}

	fn on_finalize() -> Weight {
		Estimate(T::DbWeight::get()).on_finalize()
	}

	fn migrate_standing() -> Weight {
		Estimate(T::DbWeight::get()).migrate_standing()
	}

	fn migrate_committee() -> Weight {
		Estimate(T::DbWeight::get()).migrate_committee()
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

	fn settle(c: u32, m: u32) -> Weight {
		Estimate(RocksDbWeight::get()).settle(c, m)
	}

	fn on_finalize() -> Weight {
		Estimate(RocksDbWeight::get()).on_finalize()
	}

	fn migrate_standing() -> Weight {
		Estimate(RocksDbWeight::get()).migrate_standing()
	}

	fn migrate_committee() -> Weight {
		Estimate(RocksDbWeight::get()).migrate_committee()
	}
}
