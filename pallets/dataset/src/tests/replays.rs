//! Replays: a signature counts for one attempt of one member only.

use super::{
	attest_call, attests, checks_in, closes, delta, go_to_window, hash_of, open_call, pass_all, propose,
	refuses, stake, valid, vote, MALFORMED, SALT,
};
use crate::{
	attest_payload,
	mock::{apply, build_and_execute, evaluator, Dataset, Test},
	open_payload, Call,
};
use frame_support::pallet_prelude::InvalidTransaction;
use sp_core::{Pair, H256};

#[test]
fn an_attestation_counts_for_one_proposal_attempt_member_and_hash() {
	build_and_execute(|| {
		let (id, other) = (propose(1, delta(1)), propose(2, delta(2)));
		go_to_window(other, 0, true);
		let Call::attest { hash, signature, .. } = attest_call(id, 0, 0, &valid(5)) else { unreachable!() };
		let attest = |proposal, attempt, member, hash| Call::attest {
			group: 0,
			proposal,
			attempt,
			member,
			hash,
			signature: signature.clone(),
		};
		refuses(attest(other, 0, 0, hash), InvalidTransaction::BadProof);
		refuses(attest(id, 0, 1, hash), InvalidTransaction::BadProof);
		refuses(attest(id, 0, 0, H256::zero()), InvalidTransaction::BadProof);
		checks_in(id, 0, &[Some(MALFORMED)]);
		go_to_window(id, 1, true);
		refuses(attest(id, 1, 0, hash), InvalidTransaction::BadProof);
	});
}

#[test]
fn what_is_signed_for_one_call_or_chain_is_no_other() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		go_to_window(id, 0, true);
		let hash = hash_of(id, 0, 0, &valid(5));
		let attest = |payload: Vec<u8>| Call::attest {
			group: 0,
			proposal: id,
			attempt: 0,
			member: 0,
			hash,
			signature: evaluator(200).sign(&payload),
		};
		let genesis = Dataset::genesis();
		for payload in [
			open_payload(genesis, 0, id, 1, 0, 0, hash),
			attest_payload(H256::zero(), 0, id, 1, 0, 0, hash),
			attest_payload(genesis, 1, id, 1, 0, 0, hash),
			attest_payload(genesis, 0, id, 2, 0, 0, hash),
		] {
			refuses(attest(payload), InvalidTransaction::BadProof);
		}
		let payload = attest_payload(genesis, 0, id, 1, 0, 0, hash);
		assert_eq!(apply(attest(payload)), Ok(Ok(())));
	});
}

#[test]
fn a_copied_attestation_cannot_be_opened() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		attests(id, 0, &[Some(valid(5))]);
		// The lazy member puts its own name under the first one's hash.
		let hash = hash_of(id, 0, 0, &valid(5));
		let payload = attest_payload(Dataset::genesis(), 0, id, 1, 0, 1, hash);
		let copied = Call::attest {
			group: 0,
			proposal: id,
			attempt: 0,
			member: 1,
			hash,
			signature: evaluator(201).sign(&payload),
		};
		assert_eq!(apply(copied), Ok(Ok(())));
		go_to_window(id, 0, false);
		assert_eq!(apply(open_call(id, 0, 0, &valid(5))), Ok(Ok(())));
		// By then it knows verdict and salt of the first, and is bound to what it can't show.
		let payload = open_payload(Dataset::genesis(), 0, id, 1, 0, 1, hash);
		let copied = Call::open {
			group: 0,
			proposal: id,
			attempt: 0,
			member: 1,
			verdict: valid(5),
			salt: SALT,
			signature: evaluator(201).sign(&payload),
		};
		refuses(copied, InvalidTransaction::BadProof);
		refuses(open_call(id, 0, 1, &valid(5)), InvalidTransaction::BadProof);
		refuses(open_call(id, 0, 2, &valid(5)), InvalidTransaction::Call);
	});
}

#[test]
fn only_what_was_attested_to_can_be_opened() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		attests(id, 0, &[Some(valid(5)), Some(valid(5))]);
		go_to_window(id, 0, false);
		refuses(open_call(id, 0, 0, &valid(6)), InvalidTransaction::BadProof);
		let Call::open { signature, .. } = open_call(id, 0, 0, &valid(5)) else { unreachable!() };
		let open = |member, salt| Call::open {
			group: 0,
			proposal: id,
			attempt: 0,
			member,
			verdict: valid(5),
			salt,
			signature: signature.clone(),
		};
		refuses(open(0, [0; 32]), InvalidTransaction::BadProof);
		refuses(open(1, SALT), InvalidTransaction::BadProof);
		let stranger = Call::open {
			group: 0,
			proposal: id,
			attempt: 0,
			member: 0,
			verdict: valid(5),
			salt: SALT,
			signature: evaluator(1).sign(&[]),
		};
		refuses(stranger, InvalidTransaction::BadProof);
		assert_eq!(apply(open(0, SALT)), Ok(Ok(())));
	});
}

#[test]
fn what_was_said_of_one_version_is_not_said_of_the_next() {
	build_and_execute(|| {
		stake(3, 100);
		let (first, second) = (propose(1, delta(1)), propose(2, delta(2)));
		vote(3, first);
		pass_all(&[first]);
		go_to_window(second, 1, true);
		let old = attest_call(second, 0, 0, &valid(5));
		closes();
		assert_eq!(Dataset::version(0), 2);
		go_to_window(second, 0, true);
		refuses(old, InvalidTransaction::BadProof);
		attests(second, 0, &[Some(valid(5))]);
	});
}

/// The opening of attempt 0, under another attempt.
fn moved(opening: &Call<Test>, to: u32) -> Call<Test> {
	let mut moved = opening.clone();
	let Call::open { attempt, .. } = &mut moved else { unreachable!() };
	*attempt = to;
	moved
}

#[test]
fn what_was_opened_in_one_attempt_is_not_opened_in_the_next() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		let old = open_call(id, 0, 0, &valid(5));
		checks_in(id, 0, &[Some(valid(5))]);
		// With the verdict and the salt of the first attempt, only the signature says which it is for.
		attests(id, 1, &[Some(valid(5))]);
		go_to_window(id, 1, false);
		refuses(old.clone(), InvalidTransaction::Stale);
		refuses(moved(&old, 1), InvalidTransaction::BadProof);
		assert_eq!(apply(open_call(id, 1, 0, &valid(5))), Ok(Ok(())));
	});
}

#[test]
fn what_was_opened_on_one_version_is_not_opened_on_the_next() {
	build_and_execute(|| {
		stake(3, 100);
		let (first, second) = (propose(1, delta(1)), propose(2, delta(2)));
		vote(3, first);
		let old = open_call(second, 0, 0, &valid(5));
		pass_all(&[first]);
		closes();
		assert_eq!(Dataset::version(0), 2);
		attests(second, 0, &[Some(valid(5))]);
		go_to_window(second, 0, false);
		refuses(old, InvalidTransaction::BadProof);
		assert_eq!(apply(open_call(second, 0, 0, &valid(5))), Ok(Ok(())));
	});
}
