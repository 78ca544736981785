use super::{
	attest_call, attests, checks, checks_in, closes, costs, delta, ending, found, go_to_window, open_call,
	opens, proposal, propose, refuses, stake, valid, vote, DEPOSIT, DUPLICATE, MALFORMED,
};
use crate::{
	mock::{
		apply, apply_extrinsic, build_and_execute, extension, free, run_to, signed, start_session, validate,
		Balances, Dataset, Extrinsic, RuntimeCall, RuntimeOrigin, System, Test, ENDOWMENT,
	},
	Call, Checks, Error, Event,
};
use codec::Encode;
use descent_protocol::{view::ProposalEnding, CheckWindows, DeltaFault, DeltaVerdict};
use frame_support::{
	assert_noop, assert_ok,
	pallet_prelude::{InvalidTransaction, TransactionPriority},
};
use sp_core::{sr25519, Pair, H256};
use sp_runtime::{traits::BadOrigin, DispatchError, MultiSignature};

const NOBODY: Option<DeltaVerdict> = None;

#[test]
fn a_delta_that_two_thirds_find_valid_may_win() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		attests(id, 0, &[Some(valid(5)); 4]);
		opens(id, 0, &[Some(valid(5)); 2]);
		assert_eq!(proposal(id).valid, None);
		assert_eq!(apply(open_call(id, 0, 2, &valid(5))), Ok(Ok(())));
		assert_eq!(proposal(id).valid, found(1, 5));
		System::assert_last_event(
			Event::Checked { group: 0, proposal: id, version: 1, verdict: valid(5) }.into(),
		);
		refuses(open_call(id, 0, 3, &valid(5)), InvalidTransaction::Stale);
		assert_eq!(free(1), ENDOWMENT - DEPOSIT);
	});
}

#[test]
fn a_delta_that_nobody_serves_costs_its_deposit() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		let issuance = Balances::total_issuance();
		checks(id, [DeltaVerdict::Unavailable; 4]);
		assert_eq!(ending(id), None, "the time may have been short for all");
		checks_in(id, 1, &[Some(DeltaVerdict::Unavailable); 4]);
		assert_eq!(ending(id), Some(ProposalEnding::Unavailable));
		assert_eq!((costs(id), free(1)), ((0, DEPOSIT), ENDOWMENT - DEPOSIT));
		assert_eq!(Balances::total_issuance(), issuance - DEPOSIT);
	});
}

#[test]
fn an_invalid_delta_costs_its_deposit_and_its_fault_is_kept() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		let columns = DeltaVerdict::Invalid(DeltaFault::Columns);
		checks(id, [columns, MALFORMED, columns, valid(1)]);
		let fault = DeltaFault::Columns;
		assert_eq!(ending(id), Some(ProposalEnding::Invalid { fault }));
		assert_eq!((costs(id), free(1)), ((0, DEPOSIT), ENDOWMENT - DEPOSIT));
	});
}

#[test]
fn a_duplicate_on_the_version_that_it_was_made_for_costs_its_deposit() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		checks(id, [DeltaVerdict::Invalid(DUPLICATE); 4]);
		assert_eq!(ending(id), Some(ProposalEnding::Invalid { fault: DUPLICATE }));
		assert_eq!(costs(id), (0, DEPOSIT));
	});
}

#[test]
fn one_of_four_who_calls_junk_valid_is_outvoted() {
	build_and_execute(|| {
		stake(3, 1_000);
		let id = propose(1, delta(1));
		vote(3, id);
		checks(id, [valid(5_000), MALFORMED, MALFORMED, MALFORMED]);
		assert!(matches!(ending(id), Some(ProposalEnding::Invalid { .. })));
		assert_eq!(costs(id), (0, DEPOSIT));
		closes();
		assert_eq!(Dataset::version(0), 1);
	});
}

#[test]
fn one_of_four_who_calls_a_valid_delta_junk_is_outvoted() {
	build_and_execute(|| {
		stake(3, 1_000);
		let id = propose(1, delta(1));
		vote(3, id);
		checks(id, [MALFORMED, valid(5), valid(5), valid(5)]);
		assert_eq!(proposal(id).valid, found(1, 5));
		closes();
		assert_eq!(ending(id), Some(ProposalEnding::Applied { version: 2 }));
	});
}

#[test]
fn what_one_attempt_leaves_open_the_next_may_decide() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		checks_in(id, 0, &[Some(DeltaVerdict::Unavailable), Some(valid(5)), NOBODY, NOBODY]);
		checks_in(id, 1, &[Some(valid(5)), Some(valid(5)), Some(valid(5)), NOBODY]);
		assert_eq!(proposal(id).valid, found(1, 5));
		let check = Checks::<Test>::get(0, id).unwrap();
		assert_eq!(check.attempt.unwrap().verdicts(), [(valid(5), 3)]);
	});
}

#[test]
fn verdicts_of_two_attempts_do_not_add_up() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		checks_in(id, 0, &[Some(valid(5)), Some(valid(5)), NOBODY, NOBODY]);
		checks_in(id, 1, &[NOBODY, NOBODY, Some(valid(5)), Some(valid(5))]);
		assert_eq!(proposal(id).valid, None);
	});
}

#[test]
fn a_session_that_changes_between_attempts_changes_the_committee_of_the_next() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		attests(id, 0, &[Some(valid(5)); 2]);
		start_session([200, 210, 211]);
		// The first attempt has its committee.
		let committee = |id| {
			let attempt = Checks::<Test>::get(0, id).unwrap().attempt.unwrap();
			(attempt.number, attempt.committee.len())
		};
		assert_eq!(committee(id), (0, 4));
		assert_eq!(apply(attest_call(id, 0, 2, &valid(5))), Ok(Ok(())));
		opens(id, 0, &[Some(valid(5)); 2]);
		go_to_window(id, 1, true);
		refuses(attest_call(id, 1, 1, &valid(5)), InvalidTransaction::BadProof);
		refuses(attest_call(id, 1, 3, &valid(5)), InvalidTransaction::BadSigner);
		assert_eq!(apply(attest_call(id, 1, 0, &valid(5))), Ok(Ok(())));
		assert_eq!(committee(id), (1, 3));
	});
}

#[test]
fn the_pool_keeps_one_of_a_kind_until_the_window_closes() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		go_to_window(id, 0, true);
		let first = validate(attest_call(id, 0, 0, &valid(5))).unwrap();
		let other = validate(attest_call(id, 0, 0, &MALFORMED)).unwrap();
		assert_eq!(first.provides, other.provides);
		assert_eq!((first.longevity, first.propagate), (10, true));
		assert!(first.priority < TransactionPriority::MAX, "rounds come first");
		let neighbour = validate(attest_call(id, 0, 1, &valid(5))).unwrap();
		assert_ne!(first.provides, neighbour.provides);
		attests(id, 0, &[Some(valid(5))]);
		go_to_window(id, 0, false);
		let open = validate(open_call(id, 0, 0, &valid(5))).unwrap();
		assert_eq!((open.longevity, open.priority), (5, first.priority));
		assert_ne!(open.provides, first.provides);
	});
}

#[test]
fn everything_is_taken_in_its_window_only() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		let since = System::block_number();
		refuses(attest_call(id, 0, 0, &valid(5)), InvalidTransaction::Future);
		run_to(since + 10);
		refuses(attest_call(id, 1, 0, &valid(5)), InvalidTransaction::Future);
		assert_eq!(apply(attest_call(id, 0, 0, &valid(5))), Ok(Ok(())));
		assert_eq!(apply(attest_call(id, 0, 1, &valid(5))), Ok(Ok(())));
		refuses(open_call(id, 0, 0, &valid(5)), InvalidTransaction::Future);
		run_to(since + 11);
		refuses(attest_call(id, 0, 2, &valid(5)), InvalidTransaction::Stale);
		run_to(since + 15);
		assert_eq!(apply(open_call(id, 0, 0, &valid(5))), Ok(Ok(())));
		run_to(since + 16);
		refuses(open_call(id, 0, 1, &valid(5)), InvalidTransaction::Stale);
		let windows = CheckWindows::new(since, 5);
		assert_eq!(windows.phase(since + 16).unwrap().attempt, 1);
	});
}

#[test]
fn a_member_says_each_thing_once() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		attests(id, 0, &[Some(valid(5))]);
		refuses(attest_call(id, 0, 0, &valid(5)), InvalidTransaction::Stale);
		refuses(attest_call(id, 0, 0, &MALFORMED), InvalidTransaction::Stale);
		opens(id, 0, &[Some(valid(5))]);
		refuses(open_call(id, 0, 0, &valid(5)), InvalidTransaction::Stale);
		let hash = H256::zero();
		assert_noop!(Dataset::do_attest(0, id, 0, 0, hash), Error::<Test>::AlreadyAttested);
		assert_noop!(Dataset::do_attest(0, id, 0, 4, hash), Error::<Test>::NotMember);
		assert_noop!(Dataset::do_attest(0, 7, 0, 0, hash), Error::<Test>::UnknownProposal);
		assert_noop!(Dataset::do_open(0, id, 0, 0, valid(5)), Error::<Test>::AlreadyOpened);
		assert_noop!(Dataset::do_open(0, id, 0, 1, valid(5)), Error::<Test>::NotAttested);
		assert_noop!(Dataset::do_open(0, id, 1, 0, valid(5)), Error::<Test>::NotAttested);
		assert_noop!(Dataset::do_open(0, id, 0, 4, valid(5)), Error::<Test>::NotMember);
		assert_noop!(Dataset::do_open(0, 7, 0, 0, valid(5)), Error::<Test>::UnknownProposal);
	});
}

#[test]
fn nothing_is_said_of_what_has_ended_or_is_decided() {
	build_and_execute(|| {
		let (junk, good) = (propose(1, delta(1)), propose(2, delta(2)));
		for id in [junk, good] {
			attests(id, 0, &[Some(MALFORMED); 4]);
		}
		opens(junk, 0, &[Some(MALFORMED); 3]);
		refuses(open_call(junk, 0, 3, &MALFORMED), InvalidTransaction::Call);
		refuses(attest_call(junk, 0, 0, &MALFORMED), InvalidTransaction::Call);
		go_to_window(good, 1, true);
		checks_in(good, 1, &[Some(valid(2)); 3]);
		let check = Checks::<Test>::get(0, good).unwrap();
		let third = (check.since..).find(|block| {
			let phase = CheckWindows::new(check.since, check.size).phase(*block);
			phase.is_some_and(|phase| phase.attempt == 2)
		});
		run_to(third.unwrap());
		refuses(attest_call(good, 2, 3, &MALFORMED), InvalidTransaction::Stale);
	});
}

#[test]
fn only_the_extension_authorizes() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		go_to_window(id, 0, true);
		let Call::attest { hash, signature, .. } = attest_call(id, 0, 0, &valid(5)) else { unreachable!() };
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), signed(200)] {
			assert_noop!(Dataset::attest(origin, 0, id, 0, 0, hash, signature.clone()), BadOrigin);
		}
		let bare = Extrinsic::new_bare(attest_call(id, 0, 0, &valid(5)).into());
		assert_ne!(apply_extrinsic(bare), Ok(Ok(())));
		let payer = sr25519::Pair::from_seed(&[1; 32]);
		let call: RuntimeCall = attest_call(id, 0, 0, &valid(5)).into();
		let payload = sp_runtime::generic::SignedPayload::new(call.clone(), extension()).unwrap();
		let signature = payload.using_encoded(|payload| MultiSignature::from(payer.sign(payload)));
		let transaction = Extrinsic::new_signed(call, payer.public().into(), signature, extension());
		assert_ok!(<Balances as frame_support::traits::fungible::Mutate<_>>::mint_into(
			&payer.public().into(),
			100
		));
		assert_eq!(apply_extrinsic(transaction), Ok(Err(DispatchError::BadOrigin)));
		assert!(Checks::<Test>::get(0, id).unwrap().attempt.is_none());
	});
}

#[test]
fn a_chain_without_validators_decides_nothing() {
	build_and_execute(|| {
		start_session([]);
		let id = propose(1, delta(1));
		go_to_window(id, 0, true);
		refuses(attest_call(id, 0, 0, &valid(5)), InvalidTransaction::BadSigner);
		closes();
		assert_eq!(ending(id), None);
	});
}

#[test]
fn a_committee_of_one_decides() {
	build_and_execute(|| {
		start_session([200]);
		let id = propose(1, delta(1));
		checks_in(id, 0, &[Some(valid(5))]);
		assert_eq!(proposal(id).valid, found(1, 5));
	});
}
