//! Benchmarks of the pallet's calls, and of what it does for other pallets, each in its worst case.

use crate::{
	report::attested_hash, report_payload, tasks::Committees as _, Attest, Attestation, Attestations,
	AuthorityId, Call, Committee, Committees, Config, CurrentEvaluators, Evaluator, EvaluatorSet, Member,
	Opening, Pallet, Report, Tasks, MAX_REPORTED,
};
use alloc::vec::Vec;
use codec::Encode;
use descent_protocol::{
	Answer, Ballot, DeltaReport, DeltaVerdict, Measurement, Score, TaskId, Verdict, MAX_CANDIDATES,
	MAX_COMMITTEE, MAX_KEEPERS,
};
use frame_benchmarking::v2::*;
use frame_support::{pallet_prelude::TransactionSource, traits::Authorize, BoundedVec};
use frame_system::RawOrigin;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::{sr25519, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::Saturating, SaturatedConversion};

const SALT: [u8; 32] = [7; 32];

/// A key with which nobody signs.
fn other(number: u32) -> AuthorityId {
	sr25519::Public::from_raw((number, [0u8; 28]).using_encoded(blake2_256)).into()
}

/// As many evaluators as there can be, of which the last has this key, and a bond with which it is a member
/// of every committee.
fn evaluators<T: Config>(key: &AuthorityId) {
	let last = MAX_COMMITTEE.saturating_sub(1);
	let evaluators: Vec<_> = (0..MAX_COMMITTEE)
		.map(|number| Evaluator {
			account: account("evaluator", number, 0),
			key: if number == last { key.clone() } else { other(number) },
			bond: if number == last { 30 } else { 1 },
		})
		.collect();
	let evaluators = BoundedVec::truncate_from(evaluators);
	CurrentEvaluators::<T>::put(EvaluatorSet { since: 0, evaluators });
}

/// The largest answer to a task.
fn answer(task: &TaskId) -> Answer {
	let root = H256::repeat_byte(1);
	match task {
		TaskId::Round { .. } => {
			let measurement = Measurement { score: Score(1), root };
			let verdicts = alloc::vec![Verdict::Mismatch(measurement); MAX_CANDIDATES.saturated_into()];
			let verdicts = BoundedVec::truncate_from(verdicts);
			Answer::Round(Ballot { baseline: Some(measurement), verdicts })
		}
		TaskId::Delta { .. } => {
			Answer::Delta(DeltaVerdict::Valid(DeltaReport { added: 1, removed: 1, records: 1, root }))
		}
		TaskId::Custody { .. } => {
			let kept = alloc::vec![Some(root); MAX_KEEPERS.saturated_into()];
			Answer::Custody(BoundedVec::truncate_from(kept))
		}
	}
}

/// The drawn committee of a task, and the place of the member with this key.
fn seats<T: Config>(task: &TaskId, key: &AuthorityId) -> (Committee<T::AccountId>, u32) {
	let committee = Pallet::<T>::committee(task).expect("its seed is known");
	let mut places = (0u32..).zip(&committee.members);
	let (place, _) = places.find(|(_, member)| member.key == *key).expect("it is drawn");
	(committee, place)
}

/// A report with so many attestations, each the first one of its task, and openings.
fn reported<T: Config>(attestations: u32, openings: u32) -> (AuthorityId, Report) {
	let seed = alloc::format!("{:#x}", H256::repeat_byte(7));
	let key = AuthorityId::generate_pair(Some(seed.into_bytes()));
	evaluators::<T>(&key);
	let mut report = Report::new(frame_system::Pallet::<T>::block_number().saturated_into());
	for index in 0..attestations {
		let task = T::Tasks::benchmark_task(index, true);
		let (_, member) = seats::<T>(&task, &key);
		let attestation = Attest { task, member, hash: H256::repeat_byte(1) };
		report.attestations.try_push(attestation).expect("there is room");
	}
	for index in attestations..attestations.saturating_add(openings) {
		let task = T::Tasks::benchmark_task(index, false);
		let (mut committee, member) = seats::<T>(&task, &key);
		// One that was not drawn has every evaluator.
		let last = committee.members.last().cloned().expect("it has members");
		while committee.members.try_push(last.clone()).is_ok() {}
		let subject = T::Tasks::subject(&task).unwrap_or_default();
		let (genesis, answer) = (Pallet::<T>::genesis(), answer(&task));
		let hash = attested_hash(genesis, &task, subject, false, &key, &answer, &SALT);
		Committees::<T>::insert(task, committee);
		Attestations::<T>::insert(task, member, Attestation { hash, answer: None });
		let opening = Opening { task, member, answer, salt: SALT };
		report.openings.try_push(opening).expect("there is room");
	}
	(key, report)
}

/// Goes to the next block, for which the tasks were made.
fn next_block<T: Config>() {
	let next = frame_system::Pallet::<T>::block_number().saturating_add(1u32.into());
	frame_system::Pallet::<T>::set_block_number(next);
}

/// The committee of a task with so many members who have all opened.
fn answered<T: Config>(task: &TaskId, members: u32) {
	let members: Vec<_> = (0..members)
		.map(|number| Member { account: account("evaluator", number, 0), key: other(number), weight: 1 })
		.collect();
	for place in (0u32..).take(members.len()) {
		let attestation = Attestation { hash: H256::zero(), answer: Some(answer(task)) };
		Attestations::<T>::insert(task, place, attestation);
	}
	let members = BoundedVec::truncate_from(members);
	Committees::<T>::insert(task, Committee { members, is_unbound: false });
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn report(a: Linear<0, MAX_REPORTED>, o: Linear<0, MAX_REPORTED>) {
		let (key, said) = reported::<T>(a, o);
		let signature = key.sign(&report_payload(Pallet::<T>::genesis(), &said)).expect("it is here");
		next_block::<T>();

		#[extrinsic_call]
		_(RawOrigin::Authorized, key, said, signature);

		assert_eq!(Attestations::<T>::iter().count(), a.saturating_add(o).saturated_into::<usize>());
	}

	#[benchmark]
	fn report_seated(a: Linear<1, MAX_REPORTED>) {
		let (key, said) = reported::<T>(a, 0);
		for item in &said.attestations {
			let (committee, _) = seats::<T>(&item.task, &key);
			Committees::<T>::insert(item.task, committee);
		}
		next_block::<T>();

		#[block]
		{
			Pallet::<T>::do_report(said).expect("each part is new");
		}

		assert_eq!(Attestations::<T>::iter().count(), a.saturated_into::<usize>());
	}

	#[benchmark]
	fn authorize_report(a: Linear<0, MAX_REPORTED>, o: Linear<1, MAX_REPORTED>) {
		let (key, said) = reported::<T>(a, o);
		let signature = key.sign(&report_payload(Pallet::<T>::genesis(), &said)).expect("it is here");
		next_block::<T>();
		let call = Call::<T>::report { key, report: said, signature };

		#[block]
		{
			call.authorize(TransactionSource::InBlock).expect("it is authorized").expect("it is valid");
		}
	}

	#[benchmark]
	fn take(m: Linear<1, MAX_COMMITTEE>) {
		let task = T::Tasks::benchmark_task(0, false);
		answered::<T>(&task, m);

		#[block]
		{
			Pallet::<T>::take(&task);
		}

		assert!(!Committees::<T>::contains_key(task));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::benchmark_ext(), crate::mock::Test);
}
