use super::{ballot, measurement, Round};
use crate::{
	attest_payload,
	mock::{
		account, apply, apply_extrinsic, build_and_execute, create_group, evaluator, extension, run_to,
		start_session, validate, Extrinsic, Rounds as Pallet, RuntimeOrigin, System, Test, CLOCK,
	},
	Call, Error, Event,
};
use codec::Encode;
use descent_protocol::{Ballot, Verdict};
use frame_support::{
	assert_noop,
	pallet_prelude::{InvalidTransaction, TransactionValidityError},
};
use sp_core::{sr25519, Pair, H256};
use sp_runtime::{traits::BadOrigin, DispatchError, MultiSignature};

fn honest() -> Ballot {
	ballot(None, &[Verdict::Match(measurement(70))])
}

fn revealed() -> Round {
	Round::new().commits(&[1]).reveals(&[(1, 70)])
}

fn refused(reason: InvalidTransaction) -> TransactionValidityError {
	TransactionValidityError::Invalid(reason)
}

/// Checks that neither the pool nor a block admits a call, and that it has no effect.
fn refuses(call: Call<Test>, reason: InvalidTransaction) {
	assert_eq!(validate(call.clone()), Err(refused(reason)));
	let attestations = || crate::Attestations::<Test>::iter().collect::<Vec<_>>();
	let before = attestations();
	assert_eq!(apply(call), Err(refused(reason)));
	assert_eq!(attestations(), before);
}

#[test]
fn a_member_attests_and_opens() {
	build_and_execute(|| {
		let round = revealed().attests(&[honest()]);
		let attestation = Pallet::attestation(0, 0, 0).unwrap();
		assert_eq!(attestation.hash, round.attestation(0, &honest()));
		assert_eq!(attestation.ballot, None);
		let (group, round_index, member) = (0, 0, 0);
		System::assert_has_event(Event::Attested { group, round: round_index, member }.into());
		round.opens(&[0]);
		assert_eq!(Pallet::attestation(0, 0, 0).unwrap().ballot, Some(honest()));
		System::assert_has_event(Event::Opened { group, round: round_index, member }.into());
	});
}

#[test]
fn the_pool_keeps_one_of_a_kind_until_the_window_closes() {
	build_and_execute(|| {
		let round = revealed().at(|windows| windows.attest.start + 1);
		let first = validate(round.attest_call(0, &honest())).unwrap();
		let other = validate(round.attest_call(0, &ballot(None, &[]))).unwrap();
		assert_eq!(first.provides, other.provides);
		assert_eq!((first.longevity, first.propagate), (4, true));
		let neighbour = validate(round.attest_call(1, &honest())).unwrap();
		assert_ne!(first.provides, neighbour.provides);
		let round = round.attests(&[honest()]).at(|windows| windows.open.start);
		let open = validate(round.open_call(0, &honest())).unwrap();
		assert_eq!(open.longevity, 2);
		assert_ne!(open.provides, first.provides);
	});
}

#[test]
fn attestations_are_taken_in_their_window_only() {
	build_and_execute(|| {
		let round = revealed();
		refuses(round.attest_call(0, &honest()), InvalidTransaction::Future);
		run_to(30);
		assert_eq!(apply(round.attest_call(0, &honest())), Ok(Ok(())));
		run_to(31);
		refuses(round.attest_call(1, &honest()), InvalidTransaction::Stale);
	});
}

#[test]
fn ballots_are_opened_in_their_window_only() {
	build_and_execute(|| {
		let round = revealed().attests(&vec![honest(); 2]);
		run_to(30);
		refuses(round.open_call(0, &honest()), InvalidTransaction::Future);
		run_to(32);
		assert_eq!(apply(round.open_call(0, &honest())), Ok(Ok(())));
		run_to(33);
		refuses(round.open_call(1, &honest()), InvalidTransaction::Stale);
	});
}

#[test]
fn a_member_says_each_thing_once() {
	build_and_execute(|| {
		let round = revealed().attests(&[honest()]);
		refuses(round.attest_call(0, &honest()), InvalidTransaction::Stale);
		refuses(round.attest_call(0, &ballot(None, &[])), InvalidTransaction::Stale);
		let round = round.opens(&[0]);
		refuses(round.open_call(0, &honest()), InvalidTransaction::Stale);
		assert_noop!(Pallet::do_attest(0, 0, 0, H256::zero()), Error::<Test>::AlreadyAttested);
		assert_noop!(Pallet::do_open(0, 0, 0, honest()), Error::<Test>::AlreadyOpened);
		assert_noop!(Pallet::do_open(0, 0, 1, honest()), Error::<Test>::NotAttested);
	});
}

#[test]
fn only_what_was_attested_to_can_be_opened() {
	build_and_execute(|| {
		let round = revealed().attests(&vec![honest(); 2]).at(|windows| windows.open.start);
		refuses(round.open_call(0, &ballot(None, &[])), InvalidTransaction::BadProof);
		let Call::open { ballot, signature, .. } = round.open_call(0, &honest()) else { unreachable!() };
		let open = |member, salt| Call::open {
			group: 0,
			round: 0,
			member,
			ballot: ballot.clone(),
			salt,
			signature: signature.clone(),
		};
		refuses(open(0, [0; 32]), InvalidTransaction::BadProof);
		refuses(open(1, super::builder::SALT), InvalidTransaction::BadProof);
		refuses(round.open_call(2, &honest()), InvalidTransaction::Call);
	});
}

#[test]
fn a_signature_counts_for_one_member_and_one_thing() {
	build_and_execute(|| {
		create_group(CLOCK);
		let round = Round::new().commits(&[1]);
		Round::of(1).commits(&[1]).reveals(&[(1, 70)]);
		let round = round.reveals(&[(1, 70)]).at(|windows| windows.attest.start);
		let Call::attest { hash, signature, .. } = round.attest_call(0, &honest()) else { unreachable!() };
		let attest = |group, member, hash, signature: &pallet_evaluators::AuthoritySignature| Call::attest {
			group,
			round: 0,
			member,
			hash,
			signature: signature.clone(),
		};
		refuses(attest(0, 1, hash, &signature), InvalidTransaction::BadProof);
		refuses(attest(1, 0, hash, &signature), InvalidTransaction::BadProof);
		refuses(attest(0, 0, H256::zero(), &signature), InvalidTransaction::BadProof);
		let opening = crate::open_payload(Pallet::genesis(), 0, 0, 0, hash);
		let signature = evaluator(200).sign(&opening);
		refuses(attest(0, 0, hash, &signature), InvalidTransaction::BadProof);
		let elsewhere = attest_payload(H256::zero(), 0, 0, 0, hash);
		let signature = evaluator(200).sign(&elsewhere);
		refuses(attest(0, 0, hash, &signature), InvalidTransaction::BadProof);
	});
}

#[test]
fn strangers_have_no_say() {
	build_and_execute(|| {
		let round = revealed().at(|windows| windows.attest.start);
		refuses(round.attest_call(4, &honest()), InvalidTransaction::BadSigner);
		refuses(Round::number(1).attest_call(0, &honest()), InvalidTransaction::Future);
		refuses(Round { group: 7, ..round.clone() }.attest_call(0, &honest()), InvalidTransaction::Call);
	});
}

#[test]
fn a_round_that_nobody_revealed_in_has_no_committee() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]).at(|windows| windows.attest.start);
		refuses(round.attest_call(0, &honest()), InvalidTransaction::Call);
	});
}

#[test]
fn validators_of_a_later_session_do_not_attest() {
	build_and_execute(|| {
		let round = revealed();
		start_session(210..214);
		let round = round.votes(&vec![honest(); 4]);
		let Call::attest { hash, .. } = round.attest_call(0, &honest()) else { unreachable!() };
		assert_eq!(Pallet::attestation(0, 0, 0).unwrap().hash, hash);
	});
}

#[test]
fn only_the_extension_authorizes() {
	build_and_execute(|| {
		let round = revealed().at(|windows| windows.attest.start);
		let Call::attest { group, round: index, member, hash, signature } = round.attest_call(0, &honest())
		else {
			unreachable!()
		};
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), RuntimeOrigin::signed(account(200))] {
			assert_noop!(Pallet::attest(origin, group, index, member, hash, signature.clone()), BadOrigin);
		}
		let bare = Extrinsic::new_bare(round.attest_call(0, &honest()).into());
		assert_ne!(apply_extrinsic(bare), Ok(Ok(())));
		let payer = sr25519::Pair::from_seed(&[1; 32]);
		let call: crate::mock::RuntimeCall = round.attest_call(0, &honest()).into();
		let payload = sp_runtime::generic::SignedPayload::new(call.clone(), extension()).unwrap();
		let signature = payload.using_encoded(|payload| MultiSignature::from(payer.sign(payload)));
		let signed = Extrinsic::new_signed(call, payer.public().into(), signature, extension());
		frame_support::assert_ok!(
			<crate::mock::Balances as frame_support::traits::fungible::Mutate<_>>::mint_into(
				&payer.public().into(),
				100
			)
		);
		assert_eq!(apply_extrinsic(signed), Ok(Err(DispatchError::BadOrigin)));
		assert_eq!(Pallet::attestation(0, 0, 0), None);
	});
}
