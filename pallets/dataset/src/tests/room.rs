//! Groups that are full of proposals, and the weight of their periods.

use super::{
	announce, ayes, closes, delta, ended, ending, pass, pass_all, proposal, propose, propose_announced,
	stake, vote, SALT,
};
use crate::{
	mock::{
		build_and_execute, free, Balances, Dataset, RuntimeOrigin, Test, ANNOUNCEMENT_DEPOSIT, ENDOWMENT,
		LOG_FEE,
	},
	Announcements, Ended, Error, Open, OpenChecks, Proposals, Votes,
};
use codec::Encode;
use descent_protocol::{announcement_hash, view::ProposalEnding, MAX_PROPOSALS};
use frame_support::{assert_noop, assert_ok, storage::with_storage_layer, traits::fungible::Mutate};
use sp_runtime::{AccountId32, DispatchResult};

/// One of many accounts without stake.
fn stranger(number: u32) -> AccountId32 {
	let mut bytes = [0xee; 32];
	bytes[..4].copy_from_slice(&number.to_le_bytes());
	AccountId32::new(bytes)
}

fn announces_junk(number: u32) -> DispatchResult {
	let (who, junk) = (stranger(number), delta(1_000_000 + number));
	assert_ok!(Balances::mint_into(&who, 10_000));
	let hash = announcement_hash(Dataset::genesis(), 0, &who, junk.digest, &SALT);
	Dataset::announce(RuntimeOrigin::signed(who), 0, hash)
}

fn proposes_junk(number: u32) -> DispatchResult {
	let (who, junk) = (stranger(number), delta(1_000_000 + number));
	let summary = b"junk".to_vec().try_into().unwrap();
	let base = Dataset::version(0);
	let origin = RuntimeOrigin::signed(who);
	with_storage_layer(|| Dataset::propose(origin, 0, base, junk, Default::default(), summary, SALT))
}

/// Fills the group with proposals of accounts 11 and on, each of which has some stake.
fn fill(stakes: impl Fn(u8) -> u128) {
	for number in 11..11 + u8::try_from(MAX_PROPOSALS).unwrap() {
		if stakes(number) > 0 {
			stake(number, stakes(number));
		}
		assert_ok!(announce(number, delta(number.into())));
	}
	pass(1);
	for number in 11..11 + u8::try_from(MAX_PROPOSALS).unwrap() {
		assert_ok!(propose_announced(number, delta(number.into())));
	}
}

#[test]
fn a_thousand_junk_proposals_push_out_nothing_that_is_backed_by_stake() {
	build_and_execute(|| {
		stake(3, 100);
		for number in 0..1_000 {
			assert_ok!(announces_junk(number));
		}
		pass(1);
		let admitted = (0..500).filter(|number| proposes_junk(*number).is_ok()).count();
		assert_eq!(admitted, MAX_PROPOSALS as usize);
		stake(1, 10);
		let honest = propose(1, delta(1));
		vote(3, honest);
		for number in 500..1_000 {
			assert_noop!(proposes_junk(number), Error::<Test>::TooManyProposals);
		}
		assert_eq!(Open::<Test>::get(0).len(), MAX_PROPOSALS as usize);
		assert_eq!(Proposals::<Test>::iter().count(), MAX_PROPOSALS as usize);
		assert_eq!(OpenChecks::<Test>::iter().count(), MAX_PROPOSALS as usize);
		assert_eq!((ended(), Ended::<Test>::iter().count(), Votes::<Test>::iter().count()), (1, 1, 2));
		// Each of those who got in has its deposit at stake, each of the others that of its announcement.
		assert_eq!(Announcements::<Test>::iter().count(), 1_000 - MAX_PROPOSALS as usize);
		assert_eq!(Balances::free_balance(stranger(0)), 10_000 - super::DEPOSIT);
		assert_eq!(Balances::free_balance(stranger(999)), 10_000 - ANNOUNCEMENT_DEPOSIT);
		let size: usize = Proposals::<Test>::iter().map(|entry| entry.encoded_size()).sum();
		assert!(size < 32 * 2_000);
		pass_all(&[honest]);
		closes();
		assert_eq!(ending(honest), Some(ProposalEnding::Applied { version: 2 }));
	});
}

#[test]
fn without_stake_nobody_is_pushed_out() {
	build_and_execute(|| {
		fill(|_| 0);
		assert_ok!(announce(1, delta(1)));
		pass(1);
		assert_noop!(propose_announced(1, delta(1)), Error::<Test>::TooManyProposals);
		stake(1, 10);
		assert_ok!(propose_announced(1, delta(1)));
		let last = MAX_PROPOSALS - 1;
		assert_eq!(ending(last), Some(ProposalEnding::Evicted));
		assert_eq!(free(42), ENDOWMENT, "who makes room gets its deposit back");
		assert_eq!(proposal(MAX_PROPOSALS).place, last);
	});
}

#[test]
fn who_makes_room_has_less_behind_it_than_the_newcomer_has_at_stake() {
	build_and_execute(|| {
		fill(|number| if number == 20 { 10 } else { 30 });
		stake(3, 100);
		vote(3, 9);
		assert_eq!(ayes(9), 110);
		stake(1, 30);
		assert_ok!(announce(1, delta(1)));
		pass(1);
		// The least supported has as much as the newcomer: its own stake counts while it is there.
		assert_noop!(propose_announced(1, delta(1)), Error::<Test>::TooManyProposals);
		stake(1, 1);
		assert_ok!(propose_announced(1, delta(1)));
		assert_eq!(ending(MAX_PROPOSALS - 1), Some(ProposalEnding::Evicted));
		assert_eq!(ending(9), None);
	});
}

#[test]
fn a_vote_for_somebody_else_does_not_uncover_ones_own_proposal() {
	build_and_execute(|| {
		fill(|_| 30);
		vote(42, 0);
		assert_eq!(ayes(MAX_PROPOSALS - 1), 0);
		stake(1, 30);
		assert_ok!(announce(1, delta(1)));
		pass(1);
		assert_noop!(propose_announced(1, delta(1)), Error::<Test>::TooManyProposals);
	});
}

#[test]
fn a_full_group_is_closed_and_refunded() {
	build_and_execute(|| {
		fill(|_| 10);
		stake(3, 1_000);
		vote(3, 0);
		let ids: Vec<_> = (0..MAX_PROPOSALS).collect();
		pass_all(&ids);
		closes();
		assert_eq!(Dataset::version(0), 2);
		assert_eq!(Open::<Test>::get(0).len(), MAX_PROPOSALS as usize - 1);
		pass_all(&ids[1..]);
		for _ in 0..3 {
			closes();
		}
		assert_eq!((Open::<Test>::get(0).len(), ended()), (0, MAX_PROPOSALS));
		assert_eq!(free(11), ENDOWMENT - 10 - LOG_FEE);
		assert!((12..=42).all(|number| free(number) == ENDOWMENT - 10));
	});
}
