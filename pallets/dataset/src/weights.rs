//! The weights of the pallet's calls: generous estimates, until they are measured on reference hardware.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the calls of `pallet_dataset`, and of what it does for other pallets.
pub trait WeightInfo {
	/// An announcement that replaces another.
	fn announce() -> Weight;
	/// A proposal that takes the place of another in a full group.
	fn propose() -> Weight;
	/// Moving a vote from one proposal to another.
	fn vote() -> Weight;
	/// Withdrawing a vote.
	fn withdraw_vote() -> Weight;
	/// Withdrawing a proposal.
	fn withdraw_proposal() -> Weight;
	/// Deciding an attempt by the verdicts of `m` members, which ends the proposal.
	fn decide(m: u32) -> Weight;
	/// Migrating a check.
	fn migrate_check() -> Weight;
	/// Beginning the log of a new group.
	fn created() -> Weight;
	/// Having a vote follow a change of stake.
	fn stake_changed() -> Weight;
	/// Closing a voting period with `p` open proposals, all of which end or are checked again.
	fn period_closed(p: u32) -> Weight;
}

/// Weights with the database of the runtime.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// The estimates, for one database.
struct Estimate(RuntimeDbWeight);

impl Estimate {
	/// The group, the announcement, an account with its holds.
	fn announce(&self) -> Weight {
		Weight::from_parts(120_000_000, 12_000).saturating_add(self.0.reads_writes(5, 4))
	}

	/// The group, its close and its rules, the log's end, the announcement, the open proposals and the stake
	/// of their proposers, what is pending of both, two accounts with their holds, what ends, the check, the
	/// votes, and the scheduler's agendas and lookup.
	fn propose(&self) -> Weight {
		Weight::from_parts(600_000_000, 400_000).saturating_add(self.0.reads_writes(160, 26))
	}

	/// Two proposals, the group, the stake, what is pending of these, and the vote.
	fn vote(&self) -> Weight {
		Weight::from_parts(100_000_000, 24_000).saturating_add(self.0.reads_writes(8, 5))
	}

	/// The proposal and all that is kept of it, an account with its holds, the ring.
	fn end(&self) -> Weight {
		Weight::from_parts(150_000_000, 40_000).saturating_add(self.0.reads_writes(11, 10))
	}

	/// The check, the count of the verdicts, the end of the proposal.
	fn decide(&self, m: u32) -> Weight {
		Weight::from_parts(60_000_000, 30_000)
			.saturating_add(self.0.reads_writes(2, 1))
			.saturating_add(Weight::from_parts(2_000_000, 0).saturating_mul(m.into()))
			.saturating_add(self.end())
	}

	/// The check in both forms, the proposal, the scheduler's agendas and lookup.
	fn migrate_check(&self) -> Weight {
		Weight::from_parts(100_000_000, 200_000).saturating_add(self.0.reads_writes(9, 5))
	}

	/// The log's first entry, its digest and number.
	fn created(&self) -> Weight {
		Weight::from_parts(30_000_000, 4_000).saturating_add(self.0.writes(3))
	}

	/// The end of the log, the group and its rules, the reward, and of each proposal what its end reads and
	/// writes.
	fn period_closed(&self, p: u32) -> Weight {
		Weight::from_parts(100_000_000, 20_000)
			.saturating_add(self.0.reads_writes(10, 6))
			.saturating_add(self.end().saturating_mul(p.into()))
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn announce() -> Weight {
		Estimate(T::DbWeight::get()).announce()
	}

	fn propose() -> Weight {
		Estimate(T::DbWeight::get()).propose()
	}

	fn vote() -> Weight {
		Estimate(T::DbWeight::get()).vote()
	}

	fn withdraw_vote() -> Weight {
		Estimate(T::DbWeight::get()).vote()
	}

	fn withdraw_proposal() -> Weight {
		Estimate(T::DbWeight::get()).end()
	}

	fn decide(m: u32) -> Weight {
		Estimate(T::DbWeight::get()).decide(m)
	}

	fn migrate_check() -> Weight {
		Estimate(T::DbWeight::get()).migrate_check()
	}

	fn created() -> Weight {
		Estimate(T::DbWeight::get()).created()
	}

	fn stake_changed() -> Weight {
		Estimate(T::DbWeight::get()).vote()
	}

	fn period_closed(p: u32) -> Weight {
		Estimate(T::DbWeight::get()).period_closed(p)
	}
}

impl WeightInfo for () {
	fn announce() -> Weight {
		Estimate(RocksDbWeight::get()).announce()
	}

	fn propose() -> Weight {
		Estimate(RocksDbWeight::get()).propose()
	}

	fn vote() -> Weight {
		Estimate(RocksDbWeight::get()).vote()
	}

	fn withdraw_vote() -> Weight {
		Estimate(RocksDbWeight::get()).vote()
	}

	fn withdraw_proposal() -> Weight {
		Estimate(RocksDbWeight::get()).end()
	}

	fn decide(m: u32) -> Weight {
		Estimate(RocksDbWeight::get()).decide(m)
	}

	fn migrate_check() -> Weight {
		Estimate(RocksDbWeight::get()).migrate_check()
	}

	fn created() -> Weight {
		Estimate(RocksDbWeight::get()).created()
	}

	fn stake_changed() -> Weight {
		Estimate(RocksDbWeight::get()).vote()
	}

	fn period_closed(p: u32) -> Weight {
		Estimate(RocksDbWeight::get()).period_closed(p)
	}
}
