//! Groups and their data sets, as far as rounds have to know of them: the rules and the versions that are in
//! force from which round on.

use super::{MaxReveal, Rounds, System, DEPOSIT, IMPROVEMENT};
use codec::Encode;
use descent_protocol::{
	evaluation::DeltaSource, BlockNumber, Clock, ContentRef, EvaluationPolicy, GroupId, Metric, RoundIndex,
	Shares,
};
use frame_support::{pallet_prelude::ValueQuery, storage_alias, Blake2_128Concat};
use pallet_groups::{DatasetLog, GroupRules, Rules};
use sp_core::H256;

/// The rules of each group, oldest first, as its clocks say from which round on.
#[storage_alias]
pub type Revisions = StorageMap<Mock, Blake2_128Concat, GroupId, Vec<Rules<u128>>>;

/// For each delta of a group's data set, the first round that is played with it.
#[storage_alias]
pub type Deltas = StorageMap<Mock, Blake2_128Concat, GroupId, Vec<RoundIndex>, ValueQuery>;

/// The tolerance that all groups had while groups had one.
pub const TOLERANCE: u64 = 10;

pub struct Groups;

impl GroupRules<u128> for Groups {
	fn rules(group: GroupId, round: RoundIndex) -> Option<Rules<u128>> {
		let mut newest_first = Revisions::get(group)?.into_iter().rev();
		newest_first.find(|rules| rules.clock.first <= round)
	}

	fn tolerance(_: GroupId, _: RoundIndex) -> u64 {
		TOLERANCE
	}

	fn round_at(group: GroupId, block: BlockNumber) -> Option<RoundIndex> {
		let mut rounds = (0..).map_while(|round| Some((round, Rounds::windows(group, round)?)));
		rounds
			.find(|(_, windows)| windows.seed > block)
			.filter(|(_, windows)| windows.commit.start <= block)
			.map(|(round, _)| round)
	}

	fn boundary(group: GroupId) -> Option<RoundIndex> {
		(0..).find(|round| {
			Rounds::windows(group, *round).is_none_or(|windows| windows.commit.start > System::block_number())
		})
	}

	fn longest_reveal() -> BlockNumber {
		MaxReveal::get()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn put_group(clock: Clock, deposit: u128) -> GroupId {
		create_group(clock);
		let group = Revisions::iter_keys().max().expect("one was created");
		change(group, |rules| rules.deposit = deposit);
		group
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn put_rule(group: GroupId, rule: descent_protocol::OptionalRule) {
		change(group, |rules| rules.optional_rules.set(rule));
	}
}

pub struct Datasets;

impl DatasetLog for Datasets {
	fn version_at(group: GroupId, round: RoundIndex) -> u32 {
		let from = Deltas::get(group);
		u32::try_from(from.iter().filter(|from| **from <= round).count()).unwrap()
	}

	fn root_of(_: GroupId, _: u32) -> H256 {
		unreachable!("rounds have nothing to do with roots")
	}

	fn deltas(_: GroupId, version: u32) -> Vec<DeltaSource> {
		(0..version).map(delta).collect()
	}
}

/// A delta of any group's data set.
pub fn delta(number: u32) -> DeltaSource {
	DeltaSource {
		delta: ContentRef::raw(&number.encode()).unwrap(),
		providers: vec![format!("http://10.0.1.{number}")],
	}
}

/// The rules that groups have at first.
pub fn rules(clock: Clock) -> Rules<u128> {
	Rules {
		model: ContentRef::raw(b"model").unwrap(),
		model_version: 0,
		providers: vec![b"http://127.0.0.1:8080".to_vec().try_into().unwrap()].try_into().unwrap(),
		metric: Metric::Loss,
		policy: EvaluationPolicy::Training { records: 100 },
		minimum_improvement: IMPROVEMENT,
		target: None,
		clock,
		deposit: DEPOSIT,
		shares: Shares::default(),
		optional_rules: Default::default(),
	}
}

/// Another group with these rules and a data set of one delta.
pub fn put_group(group: GroupId, rules: Rules<u128>) {
	Revisions::insert(group, vec![rules]);
	Deltas::insert(group, vec![0]);
}

/// Another group.
pub fn create_group(clock: Clock) {
	let group = Revisions::iter_keys().count();
	put_group(group.try_into().unwrap(), rules(clock));
}

/// Changes a group's newest rules, from whenever they are in force.
pub fn change(group: GroupId, change: impl FnOnce(&mut Rules<u128>)) {
	let mut revisions = Revisions::get(group).unwrap();
	change(revisions.last_mut().unwrap());
	Revisions::insert(group, revisions);
}

/// Changes a group's rules from the first round on that has not begun. Which that is.
pub fn amend(group: GroupId, change: impl FnOnce(&mut Rules<u128>)) -> RoundIndex {
	let round = Groups::boundary(group).unwrap();
	let before = Groups::rules(group, round).unwrap();
	let mut rules = before.clone();
	change(&mut rules);
	rules.clock = before.clock.succeed(round, rules.clock).unwrap();
	Revisions::mutate(group, |revisions| revisions.get_or_insert_default().push(rules));
	round
}

/// Applies another delta, with which the first round is played that has not begun.
pub fn apply_delta(group: GroupId) {
	let round = Groups::boundary(group).unwrap();
	Deltas::mutate(group, |from| from.push(round));
}
