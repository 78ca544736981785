//! Benchmarks of the pallet's calls, and of what it does for other pallets, each in its worst case.

use crate::{
	report::attested_hash, report_payload, tasks::Committees as _, Attest, Attestation, Attestations,
	AuthorityId, Call, Committee, Committees, Config, Evaluator, EvaluatorSet, Evaluators, Member, Opening,
	Pallet, Report, Tasks, MAX_REPORTED,
};
use alloc::vec::Vec;
use descent_protocol::{Answer, Ballot, TaskId, Verdict, MAX_COMMITTEE};
use frame_benchmarking::v2::*;
use frame_support::{pallet_prelude::TransactionSource, traits::Authorize, BoundedVec};
use frame_system::RawOrigin;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;
use sp_runtime::SaturatedConversion;

const SALT: [u8; 32] = [7; 32];

/// As many evaluators as there can be, of which the last has this key.
fn evaluators<T: Config>(key: &AuthorityId) {
	let last = MAX_COMMITTEE.saturating_sub(1);
	let evaluators: Vec<_> = (0..MAX_COMMITTEE)
		.map(|number| Evaluator {
			account: account("evaluator", number, 0),
			key: if number == last { key.clone() } else { AuthorityId::generate_pair(None) },
			bond: 1,
		})
		.collect();
	let evaluators = BoundedVec::truncate_from(evaluators);
	Evaluators::<T>::put(EvaluatorSet { since: 0, evaluators });
}

fn answer() -> Answer {
	Answer::Round(Ballot {
		baseline: None,
		verdicts: BoundedVec::truncate_from(alloc::vec![Verdict::Invalid]),
	})
}

/// A report with so many attestations and openings of the last of as many members as there can be.
fn report<T: Config>(attestations: u32, openings: u32) -> (AuthorityId, Report) {
	let key = AuthorityId::generate_pair(None);
	evaluators::<T>(&key);
	let member = MAX_COMMITTEE.saturating_sub(1);
	let mut report = Report::new(frame_system::Pallet::<T>::block_number().saturated_into());
	for index in 0..attestations {
		let task = T::Tasks::benchmark_task(index, true);
		let attestation = Attest { task, member, hash: H256::repeat_byte(1) };
		report.attestations.try_push(attestation).expect("there is room");
	}
	for index in attestations..attestations.saturating_add(openings) {
		let task = T::Tasks::benchmark_task(index, false);
		let committee = Pallet::<T>::committee(&task).expect("it is drawn");
		let subject = T::Tasks::subject(&task).unwrap_or_default();
		let hash = attested_hash(Pallet::<T>::genesis(), &task, subject, false, &key, &answer(), &SALT);
		Committees::<T>::insert(task, committee);
		Attestations::<T>::insert(task, member, Attestation { hash, answer: None });
		let opening = Opening { task, member, answer: answer(), salt: SALT };
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
		.map(|number| Member {
			account: account("evaluator", number, 0),
			key: AuthorityId::generate_pair(None),
			weight: 1,
		})
		.collect();
	for place in (0u32..).take(members.len()) {
		let attestation = Attestation { hash: H256::zero(), answer: Some(answer()) };
		Attestations::<T>::insert(task, place, attestation);
	}
	let members = BoundedVec::truncate_from(members);
	Committees::<T>::insert(task, Committee { members, is_unbound: false });
}

use sp_runtime::traits::Saturating;

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn report(a: Linear<0, MAX_REPORTED>, o: Linear<0, MAX_REPORTED>) {
		let (key, report) = report::<T>(a, o);
		let signature = key.sign(&report_payload(Pallet::<T>::genesis(), &report)).expect("it is here");
		next_block::<T>();

		#[extrinsic_call]
		_(RawOrigin::Authorized, key, report, signature);

		assert_eq!(Attestations::<T>::iter().count(), a.saturating_add(o).saturated_into::<usize>());
	}

	#[benchmark]
	fn authorize_report(a: Linear<0, MAX_REPORTED>, o: Linear<1, MAX_REPORTED>) {
		let (key, report) = report::<T>(a, o);
		let signature = key.sign(&report_payload(Pallet::<T>::genesis(), &report)).expect("it is here");
		next_block::<T>();
		let call = Call::<T>::report { key, report, signature };

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
