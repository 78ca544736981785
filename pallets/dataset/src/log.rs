//! The log of a data set.

use crate::{Applied, Config, Log, LogEntry, Pallet, ProposalOf, Versions};
use alloc::vec::Vec;
use descent_protocol::{
	addresses, dataset_root, evaluation::DeltaSource, ContentRef, DeltaReport, GroupId, Providers,
	RoundIndex, MAX_LOG,
};
use pallet_groups::{DatasetLog, GroupRules};
use sp_core::H256;

impl<T: Config> Pallet<T> {
	/// Returns the version of a group's data set: the number of deltas that make it.
	pub fn version(group: GroupId) -> u32 {
		Versions::<T>::get(group)
	}

	/// Begins the log of a new group with its first delta, with which every round is played.
	pub(crate) fn begin_log(group: GroupId, owner: T::AccountId, delta: ContentRef, providers: Providers) {
		let entry = LogEntry {
			delta,
			providers,
			root: dataset_root(H256::zero(), delta.digest),
			from: 0,
			report: None,
			proposer: owner,
			block: Self::now(),
		};
		Self::append(group, 1, entry);
	}

	/// Makes a proposed delta the next version of the data set, with which rounds are played that have not
	/// begun. Returns the version, or `None` if the log is full, or no round will ever begin.
	pub(crate) fn apply(group: GroupId, proposal: &ProposalOf<T>, report: DeltaReport) -> Option<u32> {
		let before = Self::version(group);
		let version = before.checked_add(1).filter(|version| *version <= MAX_LOG)?;
		let last = Log::<T>::get(group, before)?;
		let entry = LogEntry {
			delta: proposal.delta,
			providers: proposal.providers.clone(),
			root: dataset_root(last.root, proposal.delta.digest),
			from: T::Groups::boundary(group)?.max(last.from),
			report: Some(report),
			proposer: proposal.proposer.clone(),
			block: Self::now(),
		};
		Self::append(group, version, entry);
		Some(version)
	}

	fn append(group: GroupId, version: u32, entry: LogEntry<T::AccountId>) {
		Applied::<T>::insert(group, entry.delta.digest, version);
		Log::<T>::insert(group, version, entry);
		Versions::<T>::insert(group, version);
	}
}

impl<T: Config> DatasetLog for Pallet<T> {
	/// Reads no more than the logarithm of the log's length, as versions are in the order of their first
	/// rounds.
	fn version_at(group: GroupId, round: RoundIndex) -> u32 {
		let (mut low, mut high) = (0, Self::version(group));
		while low < high {
			let middle = low.midpoint(high).saturating_add(1);
			if Log::<T>::get(group, middle).is_some_and(|entry| entry.from <= round) {
				low = middle;
			} else {
				high = middle.saturating_sub(1);
			}
		}
		low
	}

	fn root_of(group: GroupId, version: u32) -> H256 {
		Log::<T>::get(group, version).map_or(H256::zero(), |entry| entry.root)
	}

	fn deltas(group: GroupId, version: u32) -> Vec<DeltaSource> {
		let entries = (1..=version).map_while(|version| Log::<T>::get(group, version));
		entries
			.map(|entry| DeltaSource { delta: entry.delta, providers: addresses(&entry.providers) })
			.collect()
	}
}
