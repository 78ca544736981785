use crate::{
	authorize::{admit, blocks_left, seat},
	mock::evaluator,
	offchain::own_seats,
	Committee,
};
use frame_support::pallet_prelude::{InvalidTransaction, TransactionPriority, Weight};
use sp_core::Pair;

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
