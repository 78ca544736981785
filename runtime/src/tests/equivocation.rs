//! Validators that contradict themselves, and reports that are not true.

use super::{
	account,
	chain::{block, run_to, submit, submit_bare},
	genesis_of, pair,
};
use crate::{
	apis::runtime_decl_for_training_api::TrainingApi as _,
	constants::{DAYS, NRN},
	Balance, Balances, Executive, Grandpa, Hash, Header, Runtime, RuntimeCall, Session, System, Treasury,
	UncheckedExtrinsic, LOCAL_PRESET,
};
use codec::{Decode, Encode};
use descent_protocol::{slash_fraction, view::ValidatorStanding};
use frame_support::{assert_ok, traits::KeyOwnerProofSystem};
use pallet_session::SessionInterface;
use pallet_validators::KeyOwners;
use sp_consensus_babe::{
	digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest},
	Slot,
};
use sp_consensus_grandpa::localized_payload;
use sp_core::{crypto::KeyTypeId, ed25519, Pair};
use sp_runtime::{
	traits::Header as _,
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidity},
	Digest, DigestItem, DispatchError,
};
use sp_session::MembershipProof;

/// Bob's index in the set.
const OFFENDER: u32 = 1;
/// Bond of each validator.
const BOND: Balance = 100_000 * NRN;

/// Returns the proof that a key is one of this session.
fn ownership(kind: KeyTypeId, key: impl Encode) -> MembershipProof {
	KeyOwners::<Runtime>::prove((kind, key.encode())).expect("there is always a proof, of whatever")
}

/// Returns a header of Bob's for a slot, with a signature.
fn header(slot: Slot, root: u8, signer: &str) -> Header {
	let pre_digest = SecondaryPlainPreDigest { authority_index: OFFENDER, slot };
	let logs = vec![DigestItem::babe_pre_digest(PreDigest::SecondaryPlain(pre_digest))];
	let root = Hash::repeat_byte(root);
	let mut header = Header::new(7, root, root, root, Digest { logs });
	let seal = pair(signer).sign(header.hash().as_ref());
	header.digest_mut().push(DigestItem::babe_seal(seal.into()));
	header
}

/// The report that Bob made two blocks in a slot, as a node makes it.
fn two_blocks(slot: u64, roots: [u8; 2], signers: [&str; 2]) -> pallet_babe::Call<Runtime> {
	let slot = Slot::from(slot);
	let offender = sp_consensus_babe::AuthorityId::from(pair("//Bob").public());
	pallet_babe::Call::report_equivocation_unsigned {
		key_owner_proof: ownership(sp_consensus_babe::KEY_TYPE, offender.clone()),
		equivocation_proof: Box::new(sp_consensus_babe::EquivocationProof {
			offender,
			slot,
			first_header: header(slot, roots[0], signers[0]),
			second_header: header(slot, roots[1], signers[1]),
		}),
	}
}

/// The report that Bob voted twice in a round of finality, as a node makes it.
fn two_votes(round: u64, blocks: [u8; 2]) -> pallet_grandpa::Call<Runtime> {
	/// The kind of vote.
	const PREVOTE: u8 = 0;
	let set_id: u64 = Grandpa::current_set_id();
	let key = ed25519::Pair::from_string("//Bob", None).unwrap();
	let vote = |block: u8| {
		let vote = (Hash::repeat_byte(block), 7u32);
		let signature = key.sign(&localized_payload(round, set_id, &(PREVOTE, vote)));
		(vote, signature)
	};
	let [first, second] = blocks.map(vote);
	let proof = (set_id, PREVOTE, round, key.public(), first, second).encode();
	pallet_grandpa::Call::report_equivocation_unsigned {
		equivocation_proof: Decode::decode(&mut &proof[..]).expect("it is laid out so"),
		key_owner_proof: ownership(sp_consensus_grandpa::KEY_TYPE, key.public()),
	}
}

fn validity(source: TransactionSource, call: impl Into<RuntimeCall>) -> TransactionValidity {
	Executive::validate_transaction(source, UncheckedExtrinsic::new_bare(call.into()), Default::default())
}

/// Runs a test after ten blocks of the first session.
fn with_blocks(test: impl FnOnce()) {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		run_to(10);
		test();
	});
}

/// Checks Bob's loss by an equivocation of one validator in four.
fn check_punished() {
	let lost = slash_fraction(1, 4).of(BOND);
	let bob = Runtime::validator(account("//Bob")).unwrap();
	assert_eq!(bob.bond, BOND - lost);
	assert_eq!(Balances::reserved_balance(account("//Bob")), BOND - lost);
	assert_eq!(Balances::free_balance(Treasury::account_id()), lost);
	let until = System::block_number() + DAYS;
	assert_eq!(bob.standing, ValidatorStanding::Jailed { until });
	assert!(!bob.is_candidate);
	assert_eq!(Session::disabled_validators(), [OFFENDER]);
	assert_eq!(Balances::total_issuance() - Runtime::emission().minted, 15_000_000 * NRN);
}

#[test]
fn who_makes_two_blocks_in_a_slot_is_slashed_and_leaves_the_set() {
	with_blocks(|| {
		let report = || two_blocks(5, [1, 2], ["//Bob", "//Bob"]);
		assert!(validity(TransactionSource::Local, report()).is_ok());
		assert!(validity(TransactionSource::External, report()).is_err(), "a node believes itself alone");
		block(|| assert_eq!(submit_bare(report()), Ok(Ok(()))));
		check_punished();

		let again = validity(TransactionSource::Local, report());
		assert_eq!(again, Err(InvalidTransaction::Stale.into()));
		block(|| assert_eq!(submit_bare(report()), Err(InvalidTransaction::Stale.into())));
		assert_eq!(Runtime::validator(account("//Bob")).unwrap().bond, BOND - slash_fraction(1, 4).of(BOND));

		run_to(130);
		assert_eq!(Session::validators(), ["//Alice", "//Charlie", "//Dave"].map(account));
		assert!(Session::disabled_validators().is_empty());
	});
}

#[test]
fn a_report_of_the_session_before_is_proven_with_its_keys() {
	with_blocks(|| {
		let report = two_blocks(5, [1, 2], ["//Bob", "//Bob"]);
		run_to(60);
		block(|| assert_eq!(submit_bare(report), Ok(Ok(()))));
		check_punished();
	});
}

#[test]
fn who_purges_its_keys_is_slashed_for_what_it_signed_with_them() {
	with_blocks(|| {
		assert_ok!(<Session as SessionInterface>::purge_keys(&account("//Bob")));
		let report = two_blocks(5, [1, 2], ["//Bob", "//Bob"]);
		block(|| assert_eq!(submit_bare(report), Ok(Ok(()))));
		check_punished();
	});
}

#[test]
fn who_votes_twice_in_a_round_is_slashed_and_leaves_the_set() {
	with_blocks(|| {
		let report = || two_votes(3, [1, 2]);
		block(|| assert_eq!(submit_bare(report()), Ok(Ok(()))));
		check_punished();
		block(|| assert_eq!(submit_bare(report()), Err(InvalidTransaction::Stale.into())));
		run_to(130);
		assert_eq!(Session::validators(), ["//Alice", "//Charlie", "//Dave"].map(account));
	});
}

#[test]
fn what_bob_did_not_do_costs_him_nothing() {
	with_blocks(|| {
		let invalid = DispatchError::from(pallet_babe::Error::<Runtime>::InvalidEquivocationProof);
		let mut one_block = two_blocks(5, [1, 2], ["//Bob", "//Bob"]);
		if let pallet_babe::Call::report_equivocation_unsigned { equivocation_proof, .. } = &mut one_block {
			equivocation_proof.second_header = equivocation_proof.first_header.clone();
		}
		let lies = [
			one_block,
			two_blocks(5, [1, 2], ["//Bob", "//Liar"]),
			two_blocks(5, [1, 2], ["//Liar", "//Liar"]),
		];
		for lie in lies {
			block(|| assert_eq!(submit_bare(lie), Ok(Err(invalid))));
		}
		let of_another_epoch = two_blocks(4_000, [1, 2], ["//Bob", "//Bob"]);
		let misplaced = pallet_babe::Error::<Runtime>::InvalidKeyOwnershipProof;
		block(|| assert_eq!(submit_bare(of_another_epoch), Ok(Err(misplaced.into()))));
		let invalid = pallet_grandpa::Error::<Runtime>::InvalidEquivocationProof;
		block(|| assert_eq!(submit_bare(two_votes(3, [1, 1])), Ok(Err(invalid.into()))));
		let bob = Runtime::validator(account("//Bob")).unwrap();
		assert_eq!((bob.bond, bob.standing), (BOND, ValidatorStanding::Active));
	});
}

#[test]
fn who_is_no_validator_can_t_be_reported() {
	with_blocks(|| {
		let pallet_babe::Call::report_equivocation_unsigned { mut equivocation_proof, .. } =
			two_blocks(5, [1, 2], ["//Liar", "//Liar"])
		else {
			panic!("it is a report");
		};
		equivocation_proof.offender = pair("//Liar").public().into();
		let call = pallet_babe::Call::report_equivocation_unsigned {
			key_owner_proof: ownership(sp_consensus_babe::KEY_TYPE, pair("//Liar").public()),
			equivocation_proof,
		};
		block(|| assert_eq!(submit_bare(call), Err(InvalidTransaction::BadProof.into())));
	});
}

#[test]
fn nobody_makes_free_reports_without_end() {
	with_blocks(|| {
		let pallet_babe::Call::report_equivocation_unsigned { equivocation_proof, key_owner_proof } =
			two_blocks(5, [1, 2], ["//Bob", "//Bob"])
		else {
			panic!("it is a report");
		};
		let two_blocks: RuntimeCall =
			pallet_babe::Call::report_equivocation { equivocation_proof, key_owner_proof }.into();
		let pallet_grandpa::Call::report_equivocation_unsigned { equivocation_proof, key_owner_proof } =
			two_votes(3, [1, 2])
		else {
			panic!("it is a report");
		};
		let two_votes: RuntimeCall =
			pallet_grandpa::Call::report_equivocation { equivocation_proof, key_owner_proof }.into();
		let filtered = DispatchError::from(frame_system::Error::<Runtime>::CallFiltered);
		for report in [two_blocks, two_votes] {
			let bundle = pallet_utility::Call::batch_all { calls: vec![report.clone()] };
			block(|| {
				assert_eq!(submit("//Eve", report), Err(filtered));
				assert_eq!(submit("//Eve", bundle), Err(filtered));
			});
		}
		assert_eq!(Runtime::validator(account("//Bob")).unwrap().bond, BOND);
	});
}
