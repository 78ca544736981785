//! Keepers in the whole runtime: a head long after its trainer has gone, who is paid, and the state that they
//! take.

use super::{
	account,
	chain::{block, run_to, submit, submit_authorized},
	content,
	economy::{
		actor::owner,
		calls::{seats, Seat},
	},
	genesis_of, new_group,
	round::{win, SALT},
};
use crate::{
	apis::runtime_decl_for_training_api::TrainingApi as _, constants::NRN, Runtime, System, LOCAL_PRESET,
};
use descent_protocol::{view::KeptKind, Answer, CustodyBallot, Providers, Score, Share, TaskId};
use frame_support::assert_ok;
use sp_core::H256;
use sp_io::{hashing::twox_128, storage};

const KEEPERS: [&str; 2] = ["//Eve", "//Ferdie"];
/// Number of rounds after the one that was won.
const ROUNDS: u32 = 100;
/// Length of a round of the tests' group, in blocks.
const LENGTH: u32 = 12;

fn keep(keeper: &str) {
	let address = b"http://127.0.0.1:8081".to_vec().try_into().unwrap();
	let providers: Providers = vec![address].try_into().unwrap();
	block(|| {
		assert_ok!(submit(keeper, pallet_custody::Call::keep { group: 0, providers, deposit: 5 * NRN }));
	});
}

/// Opens a check, has every member answer this, and lets it be decided.
fn check(ballot: &CustodyBallot) {
	block(|| {
		assert_ok!(submit("//Bob", pallet_custody::Call::check { group: 0 }));
	});
	let is_ours = |seat: &Seat| matches!(seat.task, TaskId::Custody { .. });
	let mut has_opened = false;
	while Runtime::custody(0).unwrap().check.is_some() {
		let next = System::block_number() + 1;
		let attesting =
			seats(next, true).into_iter().filter(|(seat, _, said)| is_ours(seat) && said.is_none());
		let attesting: Vec<_> = attesting.collect();
		let opening = seats(next, false).into_iter().filter(|(seat, ..)| is_ours(seat) && !has_opened);
		let opening: Vec<_> = opening.collect();
		has_opened |= !opening.is_empty();
		block(|| {
			for (seat, member, _) in attesting {
				let by = owner(&member).expect("it is a validator");
				let hash = seat.hash(by, &Answer::Custody(ballot.clone()), &SALT);
				assert_ok!(submit_authorized(seat.attest(by, hash)));
			}
			for (seat, member, _) in opening {
				let by = owner(&member).expect("it is a validator");
				assert_ok!(submit_authorized(seat.open(by, Answer::Custody(ballot.clone()), SALT)));
			}
		});
	}
}

/// Number of bytes of keys and values that the pallet has in the state.
fn state_bytes() -> usize {
	let prefix = twox_128(b"Custody").to_vec();
	let (mut key, mut bytes) = (prefix.clone(), 0);
	while let Some(next) = storage::next_key(&key).filter(|next| next.starts_with(&prefix)) {
		bytes += next.len() + storage::get(&next).map_or(0, |value| value.len());
		key = next;
	}
	bytes
}

#[test]
fn a_head_is_kept_a_hundred_rounds_later_and_whoever_serves_it_is_paid() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		let mut group = new_group("digits");
		group.shares.keepers = Share::percent(10);
		block(|| {
			assert_ok!(submit("//Trainer1", pallet_groups::Call::create { group }));
		});
		let without = state_bytes();
		keep(KEEPERS[0]);
		let one = state_bytes();
		keep(KEEPERS[1]);
		let seated = state_bytes();
		win("//Trainer2", 3, Score(1_000));
		run_to(System::block_number() + ROUNDS * LENGTH);

		let kept = Runtime::kept_content(0, 0, 100);
		let heads: Vec<_> = kept.iter().filter(|kept| kept.kind == KeptKind::Head).collect();
		assert_eq!(heads.iter().map(|kept| kept.content).collect::<Vec<_>>(), [content(3)]);
		let custody = Runtime::custody(0).unwrap();
		assert!(custody.due >= custody.least, "{} of {}", custody.due, custody.least);
		assert_eq!(state_bytes(), seated, "rounds leave nothing");

		let ballot = vec![Some(H256::repeat_byte(1)), None].try_into().unwrap();
		check(&ballot);
		let gained = KEEPERS.map(|keeper| Runtime::rewards(account(keeper)).accrued);
		assert!(gained[0] > 0 && gained[1] == 0, "{gained:?}");
		let custody = Runtime::custody(0).unwrap();
		assert_eq!(custody.keepers.iter().map(|keeper| keeper.missed).collect::<Vec<_>>(), [0, 1]);
		let counted = state_bytes() - seated;
		println!(
			"the first keeper takes {} bytes of state, each other one {}, a check {counted} for good",
			one - without,
			seated - one
		);
		assert!(seated - one < 120 && counted < 80);
	});
}
