//! Checks, as the tasks of committees.

use crate::{Check, Config, Error, KeptContent, OpenChecks, Pallet, WeightInfo};
use alloc::{string::String, vec, vec::Vec};
use codec::{Decode, Encode};
use descent_protocol::{
	addresses, custody_performance, custody_verdicts, drawn_leaf,
	evaluation::{CustodyRequest, KeptLeaf},
	Answer, BlockNumber, GroupId, Performance, TaskId, TaskWindows, Weighted, MAX_KEEPERS,
};
use frame_support::pallet_prelude::{DispatchError, Get, Weight};
use pallet_evaluators::{
	sound, task_seed, tasks::Committees, Draw, MemberGateways, RecordPlace, Request, Seat, Tasks,
};
use pallet_groups::{GroupRules, KeeperRewards};
use sp_core::{crypto::AccountId32, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::SaturatedConversion;

/// Prefix of the keys of signing records. It changes when their encoding does.
const RECORDS: &[u8] = b"descent/custody/v1";
/// Most gateways of members that an evaluator is told of.
const MAX_WITNESSES: usize = 8;

/// Returns the group and the check of a task, if it is one that goes on.
fn open<T: Config>(task: &TaskId) -> Option<(GroupId, Check)> {
	let TaskId::Custody { group, check: number } = *task else {
		return None;
	};
	let check = OpenChecks::<T>::get(group).filter(|check| check.number == number)?;
	Some((group, check))
}

impl<T: Config> Pallet<T> {
	/// Returns the seed of a check, and the block before its attest window whose randomness draws it: nobody
	/// knew it when the check was opened.
	fn seed(task: &TaskId, windows: &TaskWindows) -> Option<(H256, BlockNumber)> {
		let block = windows.attest.start.checked_sub(1)?;
		Some((task_seed::<T, T::Randomness>(b"descent/custody-seed/v1", task, block)?, block))
	}

	/// Returns gateways of the group and of the members of a check's committee, from which a member learns
	/// that it has a network.
	fn witnesses(group: GroupId, task: &TaskId) -> Vec<String> {
		let rules = T::Groups::boundary(group).and_then(|round| T::Groups::rules(group, round));
		let mut gateways = rules.map(|rules| addresses(&rules.providers)).unwrap_or_default();
		gateways.extend(T::Gateways::addresses(&T::Committees::seats(task), MAX_WITNESSES));
		gateways
	}
}

impl<T: Config> Tasks<T::AccountId> for Pallet<T> {
	fn windows(task: &TaskId) -> Option<TaskWindows> {
		let (_, check) = open::<T>(task)?;
		Some(check.windows::<T>())
	}

	/// Binds what was kept, and the keepers in their order.
	fn subject(task: &TaskId) -> Option<H256> {
		let (group, check) = open::<T>(task)?;
		let asked: Vec<_> =
			Self::asked(group, check.number).into_iter().map(|keeper| keeper.account).collect();
		Some(H256((b"descent/custody-subject/v1", check, asked).using_encoded(blake2_256)))
	}

	fn draw(task: &TaskId) -> Option<Draw> {
		let (group, check) = open::<T>(task)?;
		let (seed, block) = Self::seed(task, &check.windows::<T>())?;
		let rules = T::Groups::rules(group, T::Groups::boundary(group)?)?;
		Some(Draw { seed, block, seats: rules.committee_seats() })
	}

	fn can_answer(task: &TaskId, answer: &Answer) -> bool {
		let Some((group, check)) = open::<T>(task) else {
			return false;
		};
		let asked = Self::asked(group, check.number).len();
		matches!(answer, Answer::Custody(ballot) if ballot.len() == asked)
	}

	fn decide(task: &TaskId, seats: &[Seat<T::AccountId>]) -> Result<Vec<Performance>, DispatchError> {
		let (group, check) = open::<T>(task).ok_or(Error::<T>::UnknownCheck)?;
		let committee: Vec<_> = seats
			.iter()
			.map(|seat| Weighted {
				weight: seat.member.weight,
				answer: seat.answer.clone().and_then(Answer::custody_ballot),
			})
			.collect();
		let asked = Self::asked(group, check.number).len();
		let performance = custody_performance(&committee, asked);
		let members = seats.iter().map(|seat| seat.member.account.clone());
		let members: Vec<_> = members.zip(performance.iter().copied()).collect();
		let verdicts = custody_verdicts(&committee, asked);
		Self::conclude(group, check.number, &verdicts, &sound(&members));
		Ok(performance)
	}

	fn decide_weight(members: u32) -> Weight {
		let paid = T::Rewards::custody_checked_weight(members.saturating_add(MAX_KEEPERS));
		T::WeightInfo::decide(members).saturating_add(paid)
	}

	fn ongoing(block: BlockNumber) -> Vec<TaskId> {
		let checks = OpenChecks::<T>::iter();
		let tasks = checks.filter_map(|(group, check)| {
			let windows = check.windows::<T>();
			let is_ongoing = windows.attest.contains(&block) || windows.open.contains(&block);
			is_ongoing.then_some(TaskId::Custody { group, check: check.number })
		});
		tasks.collect()
	}

	fn request(task: &TaskId, block: BlockNumber) -> Option<Request> {
		let (group, check) = open::<T>(task)?;
		let windows = check.windows::<T>();
		if !windows.attest.contains(&block) {
			return None;
		}
		let (seed, _) = Self::seed(task, &windows)?;
		let kept = T::Content::kept(group, &check.mark);
		let contents: Vec<_> = kept.iter().map(|kept| kept.content).collect();
		let leaf = |keeper: crate::KeeperOf<T>| {
			let leaf = drawn_leaf(seed, &keeper.account, &contents)?;
			// It is one of 32 bytes on every chain with keepers.
			let account = AccountId32::decode(&mut &keeper.account.encode()[..]).ok()?;
			Some(KeptLeaf {
				keeper: account,
				providers: addresses(&keeper.providers),
				content: *contents.get(leaf.content)?,
				leaf: leaf.index,
			})
		};
		let leaves = Self::asked(group, check.number).into_iter().map(leaf).collect::<Option<Vec<_>>>()?;
		Some(Request::Custody(CustodyRequest {
			genesis: pallet_evaluators::genesis::<T>(),
			group,
			check: check.number,
			leaves,
			gateways: Self::witnesses(group, task),
			fetch_ms: u64::from(T::AttestWindow::get()).saturating_mul(T::BlockTime::get()) / 2,
		}))
	}

	/// A group has one check at a time.
	fn record_place(task: &TaskId) -> Option<RecordPlace> {
		let (group, check) = open::<T>(task)?;
		let key = (RECORDS, pallet_evaluators::genesis::<T>(), group).encode();
		Some(RecordPlace { key, order: vec![check.number.saturated_into()] })
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_task(_index: u32, is_attesting: bool) -> TaskId {
		crate::benchmarking::task::<T>(is_attesting)
	}
}
