//! Benchmarks of the pallet's calls, and of what it does for other pallets, each in its worst case.

use crate::{
	report::attested_hash, report_payload, tasks::Committees as _, Attest, Attestation, Attestations,
	AuthorityId, Call, Committee, Committees, Config, Evaluator, EvaluatorSet, Evaluators, Member, Opening,
	Pallet, Report, Tasks, MAX_REPORTED,
};
use alloc::vec::Vec;
use descent_protocol::{Answer, Ballot, Measurement, Score, TaskId, Verdict, MAX_CANDIDATES, MAX_COMMITTEE};
use frame_benchmarking::v2::*;
use frame_support::{pallet_prelude::TransactionSource, traits::Authorize, BoundedVec};
use frame_system::RawOrigin;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;
use sp_runtime::{traits::Saturating, SaturatedConversion};

const SALT: [u8; 32] = [7; 32];

/// As many evaluators as there can be. They share a key, so that it has a seat whoever is drawn.
fn evaluators<T: Config>(key: &AuthorityId) {
	let evaluators: Vec<_> = (0..MAX_COMMITTEE)
		.map(|number| Evaluator { account: account("evaluator", number, 0), key: key.clone(), bond: 1 })
		.collect();
	let evaluators = BoundedVec::truncate_from(evaluators);
	Evaluators::<T>::put(EvaluatorSet { since: 0, evaluators });
}

/// The largest answer to a task.
fn answer<T: Config>(task: &TaskId) -> Answer {
	let measurement = Measurement { score: Score(u64::MAX), root: H256::repeat_byte(1) };
	let verdicts: Vec<_> = (0..MAX_CANDIDATES).map(|_| Verdict::Mismatch(measurement)).collect();
	let mut ballot = Ballot { baseline: Some(measurement), verdicts: BoundedVec::truncate_from(verdicts) };
	while !ballot.verdicts.is_empty() && !T::Tasks::can_answer(task, &Answer::Round(ballot.clone())) {
		ballot.verdicts.pop();
	}
	Answer::Round(ballot)
}

/// A report with so many attestations and openings of the last members of committees.
fn full_report<T: Config>(attestations: u32, openings: u32) -> (AuthorityId, Report) {
	let key = AuthorityId::generate_pair(None);
	evaluators::<T>(&key);
	let mut report = Report::new(frame_system::Pallet::<T>::block_number().saturated_into());
	let drawn = |task: &TaskId| {
		let committee = Pallet::<T>::committee(task).expect("it is drawn");
		let members: u32 = committee.members.len().saturated_into();
		(committee, members.saturating_sub(1))
	};
	for index in 0..attestations {
		let task = T::Tasks::benchmark_task(index, true);
		let (_, member) = drawn(&task);
		let attestation = Attest { task, member, hash: H256::repeat_byte(1) };
		report.attestations.try_push(attestation).expect("there is room");
	}
	for index in attestations..attestations.saturating_add(openings) {
		let task = T::Tasks::benchmark_task(index, false);
		let (committee, member) = drawn(&task);
		let (subject, answer) = (T::Tasks::subject(&task).unwrap_or_default(), answer::<T>(&task));
		let hash = attested_hash(Pallet::<T>::genesis(), &task, subject, false, &key, &answer, &SALT);
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
	let key = AuthorityId::generate_pair(None);
	let members: Vec<_> = (0..members)
		.map(|number| Member { account: account("evaluator", number, 0), key: key.clone(), weight: 1 })
		.collect();
	for place in (0u32..).take(members.len()) {
		let attestation = Attestation { hash: H256::zero(), answer: Some(answer::<T>(task)) };
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
		let (key, said) = full_report::<T>(a, o);
		let signature = key.sign(&report_payload(Pallet::<T>::genesis(), &said)).expect("it is here");
		next_block::<T>();

		#[extrinsic_call]
		_(RawOrigin::Authorized, key, said, signature);

		assert_eq!(Attestations::<T>::iter().count(), a.saturating_add(o).saturated_into::<usize>());
	}

	#[benchmark]
	fn authorize_report(a: Linear<0, MAX_REPORTED>, o: Linear<1, MAX_REPORTED>) {
		let (key, said) = full_report::<T>(a, o);
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
