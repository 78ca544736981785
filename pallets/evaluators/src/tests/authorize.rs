use crate::{
	authorize::{admit, attestation, blocks_left, opening, seat},
	mock::evaluator,
	offchain::own_seats,
	Committee,
};
use frame_support::pallet_prelude::{InvalidTransaction, TransactionPriority, Weight};
use sp_core::{Pair, H256};

fn committee() -> Committee<u64> {
	let members = [5, 6, 7].map(|validator| (u64::from(validator), evaluator(validator).public()));
	members.to_vec().try_into().unwrap()
}

#[test]
fn a_window_is_open_from_its_first_block_to_its_last() {
	assert_eq!(blocks_left(&(10..13), 9), Err(InvalidTransaction::Future));
	assert_eq!(blocks_left(&(10..13), 10), Ok(3));
	assert_eq!(blocks_left(&(10..13), 12), Ok(1));
	assert_eq!(blocks_left(&(10..13), 13), Err(InvalidTransaction::Stale));
	assert_eq!(blocks_left(&(10..10), 10), Err(InvalidTransaction::Stale));
}

#[test]
fn a_seat_has_a_key_and_strangers_have_none() {
	assert_eq!(seat(committee(), 2), Ok(evaluator(7).public()));
	for member in [3, u32::MAX] {
		assert_eq!(seat(committee(), member), Err(InvalidTransaction::BadSigner));
	}
}

#[test]
fn a_node_finds_its_own_seats() {
	let keys = [evaluator(7).public(), evaluator(9).public(), evaluator(5).public()];
	let expected = [(0, evaluator(5).public()), (2, evaluator(7).public())];
	assert_eq!(own_seats(committee(), &keys), expected);
	assert!(own_seats(committee(), &[]).is_empty());
}

#[test]
fn the_pool_keeps_one_of_a_kind() {
	let (first, weight) = admit("descent/test", (0u32, 1u32), 7).unwrap();
	assert_eq!(weight, Weight::zero());
	assert_eq!((first.priority, first.longevity), (TransactionPriority::MAX, 7));
	assert!(first.propagate && first.requires.is_empty());
	let provides = |kind, subject: (u32, u32)| admit(kind, subject, 9).unwrap().0.provides;
	assert_eq!(provides("descent/test", (0, 1)), first.provides);
	assert_ne!(provides("descent/test", (0, 2)), first.provides);
	assert_ne!(provides("descent/other", (0, 1)), first.provides);
}

#[test]
fn a_member_attests_once_and_with_its_own_key() {
	let attest = |has_attested, payload: &[u8], signer: u8| {
		let signature = evaluator(signer).sign(b"payload");
		attestation(has_attested, || seat(committee(), 1), || payload.to_vec(), &signature)
	};
	assert_eq!(attest(false, b"payload", 6), Ok(()));
	assert_eq!(attest(true, b"payload", 6), Err(InvalidTransaction::Stale));
	assert_eq!(attest(false, b"other", 6), Err(InvalidTransaction::BadProof));
	assert_eq!(attest(false, b"payload", 7), Err(InvalidTransaction::BadProof));
}

#[test]
fn a_member_opens_what_it_attested_to() {
	let attested = H256::repeat_byte(1);
	let open = |has_opened, hash: H256, signed: H256| {
		let signature = evaluator(6).sign(signed.as_bytes());
		opening(
			has_opened,
			attested,
			|| seat(committee(), 1),
			|_| hash,
			|hash| hash.as_bytes().to_vec(),
			&signature,
		)
	};
	let other = H256::repeat_byte(2);
	assert_eq!(open(false, attested, attested), Ok(()));
	assert_eq!(open(true, attested, attested), Err(InvalidTransaction::Stale));
	assert_eq!(open(false, other, other), Err(InvalidTransaction::BadProof));
	assert_eq!(open(false, attested, other), Err(InvalidTransaction::BadProof));
}
