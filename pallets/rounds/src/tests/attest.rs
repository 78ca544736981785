//! The task that a round sets its committee.

use super::{ballot, measurement, Round};
use crate::{
	mock::{
		account, apply, build_and_execute, run_to, start_session, validate, Evaluators, HasRandomness,
		Rounds as Pallet, RuntimeCall, System, Test,
	},
	Heads,
};
use codec::Encode;
use descent_protocol::{Ballot, Outcome, TaskId, Verdict};
use frame_support::pallet_prelude::{InvalidTransaction, TransactionValidityError};
use pallet_evaluators::{Request, Tasks};
use sp_core::H256;

fn honest() -> Ballot {
	ballot(None, &[Verdict::Match(measurement(70))])
}

fn revealed() -> Round {
	Round::new().commits(&[1]).reveals(&[(1, 70)])
}

/// Checks that neither the pool nor a block admits a call, and that it has no effect.
fn refuses(call: RuntimeCall, reason: InvalidTransaction) {
	let refused = TransactionValidityError::Invalid(reason);
	assert_eq!(validate(call.clone()), Err(refused));
	let attestations = || pallet_evaluators::Attestations::<Test>::iter().collect::<Vec<_>>();
	let before = attestations();
	assert_eq!(apply(call), Err(refused));
	assert_eq!(attestations(), before);
}

#[test]
fn members_attest_and_open_in_the_windows_of_the_round() {
	build_and_execute(|| {
		let round = revealed();
		refuses(round.attest_call(0, &honest()), InvalidTransaction::Future);
		run_to(26);
		assert_eq!(apply(round.attest_call(0, &honest())), Ok(Ok(())));
		run_to(30);
		assert_eq!(apply(round.attest_call(1, &honest())), Ok(Ok(())));
		refuses(round.open_call(0, &honest()), InvalidTransaction::Future);
		run_to(31);
		refuses(round.attest_call(2, &honest()), InvalidTransaction::Stale);
		assert_eq!(apply(round.open_call(0, &honest())), Ok(Ok(())));
		run_to(33);
		refuses(round.open_call(1, &honest()), InvalidTransaction::Call);
	});
}

#[test]
fn a_round_that_nobody_revealed_in_has_no_committee() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]).at(|windows| windows.attest.start);
		refuses(round.attest_call(0, &honest()), InvalidTransaction::Call);
		refuses(Round::number(1).attest_call(0, &honest()), InvalidTransaction::Call);
		refuses(Round { group: 7, ..round }.attest_call(0, &honest()), InvalidTransaction::Call);
	});
}

#[test]
fn the_committee_is_drawn_among_the_validators_of_the_seed_s_block() {
	build_and_execute(|| {
		let round = revealed();
		start_session(210..214);
		let round = round.votes(&vec![honest(); 4]).settles();
		assert_eq!(round.outcomes(), [Outcome::Won]);
	});
}

#[test]
fn a_hundred_validators_fill_thirty_one_seats_in_proportion_to_their_bonds() {
	build_and_execute(|| {
		start_session(100..200);
		let seats = revealed().seats();
		assert!(seats.len() <= 31);
		assert_eq!(seats.iter().map(|seat| seat.member.weight).sum::<u64>(), 31);
	});
}

#[test]
fn what_was_measured_on_one_fork_is_not_opened_on_another() {
	let mut calls = None;
	build_and_execute(|| {
		let round = Round::new().commits(&[1, 2]).reveals(&[(1, 70)]).at(|windows| windows.attest.start);
		let attestation = round.attest_call(0, &honest());
		assert_eq!(apply(attestation.clone()), Ok(Ok(())));
		let opening = round.at(|windows| windows.open.start).open_call(0, &honest());
		assert_eq!(apply(opening.clone()), Ok(Ok(())));
		calls = Some((attestation, opening));
	});
	let (attestation, opening) = calls.unwrap();
	build_and_execute(|| {
		// The second trainer has revealed too and comes first. Nobody has measured its checkpoint.
		let round = Round::new().commits(&[1, 2]).reveals(&[(1, 70), (2, 60)]);
		let round = round.at(|windows| windows.attest.start);
		assert_eq!(apply(attestation), Ok(Ok(())));
		round.at(|windows| windows.open.start);
		refuses(opening, InvalidTransaction::BadProof);
	});
}

/// The subject of round 1 with these reveals, after this account has won round 0.
fn subject(winner: u8, claims: &[(u8, u64)]) -> H256 {
	let mut subject = None;
	build_and_execute(|| {
		let round = Round::new().commits(&[winner]).reveals(&[(winner, 500)]);
		round.votes(&vec![ballot(None, &[Verdict::Match(measurement(500))]); 4]).settles();
		assert_eq!(Heads::<Test>::get(0, 0).unwrap().account, account(winner));
		let round = Round::number(1).commits(&[1, 2]).reveals(claims);
		subject = Pallet::subject(&round.task());
	});
	subject.unwrap()
}

#[test]
fn the_subject_binds_seed_head_and_every_candidate() {
	let first = subject(9, &[(1, 70)]);
	assert_eq!(first, subject(9, &[(1, 70)]));
	HasRandomness::set(false);
	let other_seed = subject(9, &[(1, 70)]);
	HasRandomness::set(true);
	let others = [
		other_seed,
		subject(8, &[(1, 70)]),
		subject(9, &[(1, 71)]),
		subject(9, &[(2, 70)]),
		subject(9, &[(1, 70), (2, 80)]),
		subject(9, &[(2, 80), (1, 70)]),
	];
	for (place, other) in others.iter().enumerate() {
		assert_ne!(first, *other);
		assert!(!others[..place].contains(other));
	}
}

#[test]
fn a_ballot_has_no_verdict_on_a_candidate_that_there_is_not() {
	build_and_execute(|| {
		let two = ballot(None, &[Verdict::Invalid, Verdict::Match(measurement(70))]);
		// Two have committed, one has revealed.
		let round = Round::new().commits(&[1, 2]).reveals(&[(1, 70)]).attests(&[two.clone(), honest()]);
		run_to(31);
		refuses(round.open_call(0, &two), InvalidTransaction::Call);
		assert_eq!(apply(round.open_call(1, &honest())), Ok(Ok(())));
	});
}

#[test]
fn a_validator_does_not_vote_on_its_own_checkpoint() {
	build_and_execute(|| {
		// The trainer is one of four validators: the other three have to confirm it.
		let validators = [1, 201, 202, 203];
		start_session(validators);
		let play = |index: u32, ballots: &[Ballot]| {
			let round = Round::number(index).commits(&[1]).reveals(&[(1, 70)]);
			let round = round.at(|windows| windows.attest.start);
			for ((member, ballot), validator) in (0..).zip(ballots).zip(validators) {
				assert_eq!(apply(round.attest_by(validator, member, ballot)), Ok(Ok(())));
			}
			let round = round.at(|windows| windows.open.start);
			for ((member, ballot), validator) in (0..).zip(ballots).zip(validators) {
				assert_eq!(apply(round.open_by(validator, member, ballot)), Ok(Ok(())));
			}
			round.settles().outcomes()
		};
		assert_eq!(play(0, &vec![honest(); 3]), [Outcome::NoQuorum]);
		assert_eq!(play(1, &vec![honest(); 4]), [Outcome::Won]);
	});
}

#[test]
fn the_node_finds_its_record_and_its_request() {
	build_and_execute(|| {
		let round = revealed().at(|windows| windows.reveal.end - 1);
		let task = round.task();
		let place = Pallet::record_place(&task).unwrap();
		let prefix: &[u8] = b"descent/rounds/v1";
		assert_eq!(place.key, (prefix, Pallet::genesis(), 0u32, 0u32).encode());
		assert_eq!(place.order, [0]);
		let next = System::block_number() + 1;
		assert_eq!(Pallet::ongoing(next), [task]);
		let expected = Pallet::evaluation_request(0, 0).map(Request::Evaluation);
		assert!(expected.is_some() && Pallet::request(&task, next) == expected);
		let delta = TaskId::Delta { group: 0, proposal: 0, version: 1, attempt: 0 };
		assert!(Pallet::subject(&delta).is_none() && Pallet::record_place(&delta).is_none());
		assert!(Evaluators::committee(&task).is_some());
	});
}
