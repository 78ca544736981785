use crate::{
	mock::{
		account, apply, apply_extrinsic, build_and_execute, evaluator, extension, put_task, run_to, task,
		validate, Balances, Evaluators, Extrinsic, RuntimeCall, RuntimeOrigin, System, Test, TestTask,
	},
	report_payload,
	tasks::Committees,
	Attest, Attestation, Attestations, Call, Event, Member, Opening, Report, WeightInfo, MAX_REPORTED,
};
use codec::{Decode, Encode};
use descent_protocol::{
	answer_hash, attestation_hash, check_hash, Answer, Ballot, DeltaVerdict, Salt, TaskId, Verdict,
};
use frame_support::{
	assert_noop,
	dispatch::{DispatchClass, GetDispatchInfo, Pays},
	pallet_prelude::{InvalidTransaction, TransactionPriority},
};
use sp_core::{sr25519, Pair, H256};
use sp_runtime::{traits::BadOrigin, DispatchError, MultiSignature};

pub(super) const ROUND: TaskId = TaskId::Round { group: 0, round: 0 };
pub(super) const DELTA: TaskId = TaskId::Delta { group: 0, proposal: 3, version: 1, attempt: 0 };
pub(super) const SALT: Salt = [7; 32];

/// The answer of everybody to rounds.
pub(super) fn ballot(verdicts: usize) -> Answer {
	let verdicts = vec![Verdict::Invalid; verdicts].try_into().unwrap();
	Answer::Round(Ballot { baseline: None, verdicts })
}

/// The answer of everybody to deltas.
pub(super) fn verdict() -> Answer {
	Answer::Delta(DeltaVerdict::Unavailable)
}

fn hash(validator: u8, id: &TaskId, answer: &Answer) -> H256 {
	let subject = task(id).map(|task| task.subject).unwrap_or_default();
	answer_hash(Evaluators::genesis(), id, subject, &evaluator(validator).public(), answer, &SALT)
}

/// The report of a validator, signed.
pub(super) fn signed(validator: u8, report: Report) -> RuntimeCall {
	let pair = evaluator(validator);
	let signature = pair.sign(&report_payload(Evaluators::genesis(), &report));
	Call::report { key: pair.public(), report, signature }.into()
}

/// A report of these attestations and openings, made with this block.
fn report(attestations: Vec<Attest>, openings: Vec<Opening>) -> Report {
	Report {
		attestations: attestations.try_into().unwrap(),
		openings: openings.try_into().unwrap(),
		..Report::new(System::block_number())
	}
}

fn attestation(validator: u8, id: TaskId, member: u32) -> Attest {
	let answer = if id == DELTA { verdict() } else { ballot(1) };
	Attest { task: id, member, hash: hash(validator, &id, &answer) }
}

fn opening(id: TaskId, member: u32) -> Opening {
	let answer = if id == DELTA { verdict() } else { ballot(1) };
	Opening { task: id, member, answer, salt: SALT }
}

/// The attestation of a validator's place in the round.
pub(super) fn attest(validator: u8, member: u32) -> RuntimeCall {
	signed(validator, report(vec![attestation(validator, ROUND, member)], vec![]))
}

/// The opening of a validator's place in the round.
pub(super) fn open(validator: u8, member: u32) -> RuntimeCall {
	signed(validator, report(vec![], vec![opening(ROUND, member)]))
}

/// Checks that neither the pool nor a block admits a call, and that it has no effect.
fn refuses(call: RuntimeCall, reason: InvalidTransaction) {
	assert_eq!(validate(call.clone()), Err(reason.into()));
	let attestations = || Attestations::<Test>::iter().collect::<Vec<_>>();
	let before = attestations();
	assert_eq!(apply(call), Err(reason.into()));
	assert_eq!(attestations(), before);
}

/// A round and a delta whose members attest in blocks 10 to 15 and open in blocks 16 to 19.
fn with_tasks(test: impl FnOnce()) {
	build_and_execute(|| {
		put_task(ROUND, TestTask::new(10));
		put_task(DELTA, TestTask::new(10));
		run_to(10);
		test();
	});
}

#[test]
fn a_member_says_all_that_is_due_at_once_and_free_of_charge() {
	with_tasks(|| {
		let later = TaskId::Round { group: 1, round: 7 };
		put_task(later, TestTask::new(16));
		let both = vec![attestation(2, ROUND, 1), attestation(2, DELTA, 1)];
		let call = signed(2, report(both, vec![]));
		let info = call.get_dispatch_info();
		assert_eq!((info.class, info.pays_fee), (DispatchClass::Operational, Pays::Yes));
		assert_eq!(apply(call), Ok(Ok(())));
		for task in [ROUND, DELTA] {
			System::assert_has_event(Event::Attested { task, member: 1 }.into());
		}
		run_to(16);
		let openings = vec![opening(ROUND, 1), opening(DELTA, 1)];
		let call = signed(2, report(vec![attestation(2, later, 1)], openings));
		assert_eq!(apply(call), Ok(Ok(())));
		let answers = |id| Attestations::<Test>::get(id, 1).unwrap().answer;
		assert_eq!([ROUND, DELTA, later].map(answers), [Some(ballot(1)), Some(verdict()), None]);
		System::assert_has_event(Event::Opened { task: DELTA, member: 1 }.into());
	});
}

#[test]
fn every_part_is_taken_in_its_window_only() {
	build_and_execute(|| {
		put_task(ROUND, TestTask::new(10));
		run_to(9);
		refuses(attest(1, 0), InvalidTransaction::Future);
		run_to(15);
		assert_eq!(apply(attest(1, 0)), Ok(Ok(())));
		refuses(open(1, 0), InvalidTransaction::Future);
		run_to(16);
		refuses(attest(2, 1), InvalidTransaction::Stale);
		run_to(19);
		assert_eq!(apply(open(1, 0)), Ok(Ok(())));
		run_to(20);
		refuses(open(1, 0), InvalidTransaction::Stale);
	});
}

#[test]
fn a_part_that_is_not_new_refuses_the_whole() {
	with_tasks(|| {
		assert_eq!(apply(attest(1, 0)), Ok(Ok(())));
		refuses(attest(1, 0), InvalidTransaction::Stale);
		let both = vec![attestation(1, ROUND, 0), attestation(1, DELTA, 0)];
		refuses(signed(1, report(both, vec![])), InvalidTransaction::Stale);
		run_to(16);
		assert_eq!(apply(open(1, 0)), Ok(Ok(())));
		refuses(open(1, 0), InvalidTransaction::Stale);
		refuses(open(2, 1), InvalidTransaction::Call);
	});
}

#[test]
fn only_a_member_speaks_and_only_for_itself() {
	with_tasks(|| {
		refuses(attest(9, 0), InvalidTransaction::BadSigner);
		refuses(attest(1, 1), InvalidTransaction::BadSigner);
		for place in [4, u32::MAX] {
			refuses(attest(1, place), InvalidTransaction::BadSigner);
		}
		// Its own place first, and then another's.
		let both = vec![attestation(1, ROUND, 0), attestation(1, ROUND, 1)];
		refuses(signed(1, report(both, vec![])), InvalidTransaction::BadSigner);
		for (member, validator) in [(1, 2), (3, 4)] {
			assert_eq!(apply(attest(validator, member)), Ok(Ok(())));
		}
		let said = report(vec![attestation(1, ROUND, 0)], vec![]);
		let signature = evaluator(2).sign(&report_payload(Evaluators::genesis(), &said));
		let forged = Call::report { key: evaluator(1).public(), report: said.clone(), signature };
		refuses(forged.into(), InvalidTransaction::BadProof);
		let signature = evaluator(1).sign(&report_payload(H256::repeat_byte(1), &said));
		let elsewhere = Call::report { key: evaluator(1).public(), report: said, signature };
		refuses(elsewhere.into(), InvalidTransaction::BadProof);
		run_to(16);
		refuses(open(4, 1), InvalidTransaction::BadSigner);
		let both = vec![opening(ROUND, 1), opening(ROUND, 3)];
		refuses(signed(2, report(vec![], both)), InvalidTransaction::BadSigner);
	});
}

#[test]
fn a_report_is_in_order_and_repeats_nothing() {
	with_tasks(|| {
		refuses(signed(1, report(vec![], vec![])), InvalidTransaction::Call);
		let one = || attestation(1, ROUND, 0);
		refuses(signed(1, report(vec![one(), one()], vec![])), InvalidTransaction::Call);
		let wrong = vec![attestation(1, DELTA, 0), one()];
		refuses(signed(1, report(wrong, vec![])), InvalidTransaction::Call);
		assert_eq!(apply(attest(1, 0)), Ok(Ok(())));
		assert_eq!(apply(signed(1, report(vec![attestation(1, DELTA, 0)], vec![]))), Ok(Ok(())));
		run_to(16);
		let twice = vec![opening(ROUND, 0), opening(ROUND, 0)];
		refuses(signed(1, report(vec![], twice)), InvalidTransaction::Call);
		let wrong = vec![opening(DELTA, 0), opening(ROUND, 0)];
		refuses(signed(1, report(vec![], wrong)), InvalidTransaction::Call);
	});
}

#[test]
fn a_task_that_there_is_not_has_no_answer() {
	with_tasks(|| {
		let other = TaskId::Round { group: 5, round: 0 };
		refuses(signed(1, report(vec![attestation(1, other, 0)], vec![])), InvalidTransaction::Call);
	});
}

#[test]
fn only_what_was_attested_to_is_opened() {
	with_tasks(|| {
		assert_eq!(apply(attest(1, 0)), Ok(Ok(())));
		// The lazy member puts its own name under the first one's hash.
		let copied = Attest { member: 1, ..attestation(1, ROUND, 0) };
		assert_eq!(apply(signed(2, report(vec![copied], vec![]))), Ok(Ok(())));
		run_to(16);
		let with = |answer, salt| {
			let opening = Opening { answer, salt, ..opening(ROUND, 0) };
			signed(1, report(vec![], vec![opening]))
		};
		refuses(with(ballot(2), SALT), InvalidTransaction::BadProof);
		refuses(with(ballot(1), [0; 32]), InvalidTransaction::BadProof);
		refuses(with(verdict(), SALT), InvalidTransaction::Call);
		refuses(with(ballot(3), SALT), InvalidTransaction::Call);
		refuses(open(2, 1), InvalidTransaction::BadProof);
		assert_eq!(apply(with(ballot(1), SALT)), Ok(Ok(())));
	});
}

#[test]
fn what_was_found_for_one_subject_is_not_opened_for_another() {
	with_tasks(|| {
		assert_eq!(apply(attest(1, 0)), Ok(Ok(())));
		run_to(16);
		// On this fork the task asks for something else.
		put_task(ROUND, TestTask { subject: H256::repeat_byte(9), ..TestTask::new(10) });
		refuses(open(1, 0), InvalidTransaction::BadProof);
		put_task(ROUND, TestTask::new(10));
		assert_eq!(apply(open(1, 0)), Ok(Ok(())));
	});
}

/// The hash of the validator's answer as earlier runtimes had it attested to.
fn unbound_hash(validator: u8, id: &TaskId) -> H256 {
	let (genesis, key) = (Evaluators::genesis(), evaluator(validator).public());
	match (*id, ballot(1), verdict()) {
		(TaskId::Round { group, round }, Answer::Round(found), _) => {
			attestation_hash(genesis, group, round, &key, &found, &SALT)
		}
		(TaskId::Delta { group, proposal, version, attempt }, _, Answer::Delta(found)) => {
			check_hash(genesis, group, proposal, version, attempt, &key, &found, &SALT)
		}
		_ => unreachable!(),
	}
}

#[test]
fn members_of_a_committee_of_an_earlier_runtime_open_by_its_hashes() {
	with_tasks(|| {
		for id in [ROUND, DELTA] {
			let seat = |validator: u8, attestation| {
				let key = evaluator(validator).public();
				(Member { account: account(validator), key, weight: 1 }, attestation)
			};
			let attested = Some(Attestation { hash: unbound_hash(1, &id), answer: None });
			Evaluators::put_unbound(&id, vec![seat(1, attested), seat(2, None), seat(3, None)]);
			let late = Attest { task: id, member: 1, hash: unbound_hash(2, &id) };
			assert_eq!(apply(signed(2, report(vec![late], vec![]))), Ok(Ok(())));
			// Nobody hashes in the new way: the node sees on chain in which way it is done.
			assert_eq!(apply(signed(3, report(vec![attestation(3, id, 2)], vec![]))), Ok(Ok(())));
		}
		run_to(16);
		for id in [ROUND, DELTA] {
			assert_eq!(apply(signed(1, report(vec![], vec![opening(id, 0)]))), Ok(Ok(())));
			assert_eq!(apply(signed(2, report(vec![], vec![opening(id, 1)]))), Ok(Ok(())));
			refuses(signed(3, report(vec![], vec![opening(id, 2)])), InvalidTransaction::BadProof);
		}
	});
}

#[test]
fn one_part_that_is_stale_refuses_all_the_others() {
	with_tasks(|| {
		let later = TaskId::Round { group: 1, round: 7 };
		put_task(later, TestTask::new(16));
		let both = vec![attestation(1, ROUND, 0), attestation(1, DELTA, 0)];
		assert_eq!(apply(signed(1, report(both, vec![]))), Ok(Ok(())));
		run_to(16);
		assert_eq!(apply(open(1, 0)), Ok(Ok(())));
		let openings = || vec![opening(ROUND, 0), opening(DELTA, 0)];
		refuses(signed(1, report(vec![], openings())), InvalidTransaction::Stale);
		let new = || vec![attestation(1, later, 0)];
		refuses(signed(1, report(new(), openings())), InvalidTransaction::Stale);
		// And one that is too late.
		let late = vec![attestation(1, ROUND, 0), attestation(1, later, 0)];
		refuses(signed(1, report(late, vec![opening(DELTA, 0)])), InvalidTransaction::Stale);
		assert_eq!(apply(signed(1, report(new(), vec![opening(DELTA, 0)]))), Ok(Ok(())));
	});
}

#[test]
fn a_report_is_valid_as_long_as_the_first_of_its_windows() {
	with_tasks(|| {
		put_task(DELTA, TestTask::new(8));
		let longevity = |items| validate(signed(1, report(items, vec![]))).unwrap().longevity;
		assert_eq!(longevity(vec![attestation(1, ROUND, 0)]), 6);
		assert_eq!(longevity(vec![attestation(1, ROUND, 0), attestation(1, DELTA, 0)]), 4);
	});
}

#[test]
fn a_report_has_a_largest_number_of_parts() {
	let said = |parts: u32| {
		let one = |group| Attest { task: TaskId::Round { group, round: 0 }, member: 0, hash: H256::zero() };
		let parts: Vec<_> = (0..parts).map(one).collect();
		(0u32, parts, Vec::<Opening>::new()).encode()
	};
	assert!(Report::decode(&mut &said(MAX_REPORTED)[..]).is_ok());
	assert!(Report::decode(&mut &said(MAX_REPORTED + 1)[..]).is_err());
}

#[test]
fn the_pool_keeps_the_last_report_of_a_key() {
	with_tasks(|| {
		let first = validate(attest(1, 0)).unwrap();
		assert_eq!((first.longevity, first.propagate), (6, true));
		assert!(first.priority >= TransactionPriority::MAX / 2);
		run_to(11);
		let both = vec![attestation(1, ROUND, 0), attestation(1, DELTA, 0)];
		let later = validate(signed(1, report(both, vec![]))).unwrap();
		assert_eq!(later.provides, first.provides);
		assert!(later.priority > first.priority, "it takes the place of the first");
		assert_ne!(validate(attest(2, 1)).unwrap().provides, first.provides);
		let early = Report { block: 12, ..report(vec![attestation(1, ROUND, 0)], vec![]) };
		refuses(signed(1, early), InvalidTransaction::Future);
		put_task(ROUND, TestTask::new(100));
		run_to(100);
		let old = Report { block: 36, ..report(vec![attestation(1, ROUND, 0)], vec![]) };
		assert_eq!(validate(signed(1, old.clone())).map(|valid| valid.longevity), Ok(0));
		refuses(signed(1, Report { block: 35, ..old }), InvalidTransaction::Stale);
	});
}

#[test]
fn only_the_extension_authorizes() {
	with_tasks(|| {
		let RuntimeCall::Evaluators(Call::report { key, report, signature }) = attest(1, 0) else {
			unreachable!()
		};
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), RuntimeOrigin::signed(account(1))] {
			let call = Evaluators::report(origin, key.clone(), report.clone(), signature.clone());
			assert_eq!(call, Err(BadOrigin.into()));
		}
		let bare = Extrinsic::new_bare(attest(1, 0));
		assert_ne!(apply_extrinsic(bare), Ok(Ok(())));
		let payer = sr25519::Pair::from_seed(&[1; 32]);
		let call = attest(1, 0);
		let payload = sp_runtime::generic::SignedPayload::new(call.clone(), extension()).unwrap();
		let signature = payload.using_encoded(|payload| MultiSignature::from(payer.sign(payload)));
		let transaction = Extrinsic::new_signed(call, payer.public().into(), signature, extension());
		let minted =
			<Balances as frame_support::traits::fungible::Mutate<_>>::mint_into(&payer.public().into(), 100);
		assert!(minted.is_ok());
		assert_eq!(apply_extrinsic(transaction), Ok(Err(DispatchError::BadOrigin)));
		assert_eq!(Attestations::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_dispatch_that_skips_the_checks_still_says_each_thing_once() {
	with_tasks(|| {
		let attested = || report(vec![attestation(1, ROUND, 0)], vec![]);
		assert!(Evaluators::do_report(attested()).is_ok());
		assert_noop!(Evaluators::do_report(attested()), crate::Error::<Test>::AlreadyAttested);
		let opened = |member| report(vec![], vec![opening(ROUND, member)]);
		assert_noop!(Evaluators::do_report(opened(1)), crate::Error::<Test>::NotAttested);
		assert!(Evaluators::do_report(opened(0)).is_ok());
		assert_noop!(Evaluators::do_report(opened(0)), crate::Error::<Test>::AlreadyOpened);
	});
}

#[test]
fn a_report_weighs_less_where_others_have_had_the_committee_drawn() {
	with_tasks(|| {
		let weigh = |validator, member| {
			let RuntimeCall::Evaluators(Call::report { key, report, signature }) = attest(validator, member)
			else {
				unreachable!()
			};
			let authorized = frame_system::RawOrigin::Authorized.into();
			Evaluators::report(authorized, key, report, signature).unwrap().actual_weight.unwrap()
		};
		let first = weigh(1, 0);
		assert_eq!(first, <() as WeightInfo>::report(1, 0));
		let second = weigh(2, 1);
		assert!(second.all_lt(first), "{second:?} {first:?}");
	});
}
