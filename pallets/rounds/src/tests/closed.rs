//! Blocks that take no transactions, or have no room for reveals: nobody pays for them.

use super::Round;
use crate::{
	mock::{build_and_execute, free, run_to, Rounds as Pallet, System, Test, DEPOSIT, ENDOWMENT},
	Call, Closed, MAX_CLOSED,
};
use codec::{Encode, MaxEncodedLen};
use descent_protocol::{trace::Recording, Outcome, Score, MAX_PROVIDERS, MAX_PROVIDER_LENGTH};
use descent_support::ClosedBlocks;
use frame_support::{
	dispatch::{DispatchClass, GetDispatchInfo},
	traits::Get,
	weights::Weight,
};
use frame_system::limits::{BlockLength, BlockWeights};

fn ranges() -> Vec<(u32, u32)> {
	Closed::<Test>::get().into_inner()
}

/// The balance of a trainer that never reveals in round 0, while these blocks are closed.
fn balance_after(closed: &[u32]) -> u128 {
	let mut balance = 0;
	build_and_execute(|| {
		let round = Round::new().commits(&[1, 2]);
		for block in closed {
			run_to(*block);
			Pallet::close_block();
		}
		let round = round.at(|windows| windows.reveal.start).reveals(&[(2, 70)]).settles();
		assert_eq!(round.ending(1).outcome, Outcome::Unrevealed);
		assert_eq!(round.ending(1).slashed, ENDOWMENT - free(1));
		balance = free(1);
	});
	balance
}

#[test]
fn a_trainer_pays_nothing_where_a_block_of_the_reveal_window_was_closed() {
	assert_eq!(balance_after(&[]), ENDOWMENT - DEPOSIT / 2);
	assert_eq!(balance_after(&[23]), ENDOWMENT);
}

#[test]
fn closed_blocks_outside_of_the_reveal_window_excuse_nobody() {
	assert_eq!(balance_after(&[19, 21, 22]), ENDOWMENT - DEPOSIT / 2);
	build_and_execute(|| {
		let windows = Round::new().windows();
		Closed::<Test>::put(sp_runtime::BoundedVec::truncate_from(vec![(1, 22), (26, 40)]));
		assert!(!Pallet::any_closed(&windows.reveal));
		for closed in [(1, 23), (24, 24), (25, 40), (10, 40)] {
			Closed::<Test>::put(sp_runtime::BoundedVec::truncate_from(vec![closed]));
			assert!(Pallet::any_closed(&windows.reveal), "{closed:?}");
		}
	});
}

fn weights() -> BlockWeights {
	<<Test as frame_system::Config>::BlockWeights as Get<BlockWeights>>::get()
}

/// Returns the most that operational calls may weigh in a block that is full of other things.
fn reserved() -> Weight {
	let limits = weights();
	limits.get(DispatchClass::Operational).reserved.expect("room is kept for operational calls")
}

/// Returns true if block 5 is closed once it has taken this.
fn is_closed_by(take: impl FnOnce()) -> bool {
	let mut is_closed = false;
	build_and_execute(|| {
		run_to(5);
		take();
		assert!(ranges().is_empty());
		run_to(6);
		is_closed = Pallet::any_closed(&(5..6));
	});
	is_closed
}

#[test]
fn a_block_without_room_for_a_reveal_is_closed() {
	let register = System::register_extra_weight_unchecked;
	let whole = || register(weights().max_block, DispatchClass::Mandatory);
	let length = <<Test as frame_system::Config>::BlockLength as Get<BlockLength>>::get();
	let length = *length.max.get(DispatchClass::Operational);
	let long = |bytes| System::set_block_consumed_resources(Weight::zero(), usize::try_from(bytes).unwrap());
	assert!(!is_closed_by(|| ()));
	assert!(!is_closed_by(whole), "operational calls have their own room");
	assert!(is_closed_by(|| {
		whole();
		register(reserved(), DispatchClass::Operational);
	}));
	assert!(!is_closed_by(|| register(reserved(), DispatchClass::Operational)));
	assert!(is_closed_by(|| register(weights().max_block, DispatchClass::Operational)));
	assert!(is_closed_by(|| long(length - 4_095)));
	assert!(!is_closed_by(|| long(length - 4_096)));
}

#[test]
fn room_is_for_the_longest_reveal() {
	let providers = vec![
		vec![b'a'; MAX_PROVIDER_LENGTH.try_into().unwrap()].try_into().unwrap();
		MAX_PROVIDERS.try_into().unwrap()
	];
	let call = Call::<Test>::reveal_recorded {
		group: u32::MAX,
		round: u32::MAX,
		checkpoint: super::checkpoint(1, 0),
		salt: [0; 32],
		claim: Score(u64::MAX),
		providers: providers.try_into().unwrap(),
		recording: super::recording::longest(),
	};
	assert_eq!(super::recording::longest().encoded_size(), Recording::max_encoded_len());
	// An address, a signature, and extensions.
	assert!(call.encoded_size() + 33 + 65 + 200 < 4_096);
	assert_eq!(call.get_dispatch_info().class, DispatchClass::Operational);
}

#[test]
fn the_oldest_ranges_become_one_where_there_are_too_many() {
	build_and_execute(|| {
		let last = 10 + 2 * MAX_CLOSED;
		for block in (10..=last).step_by(2) {
			run_to(block);
			Pallet::close_block();
			Pallet::close_block();
		}
		let mut expected: Vec<_> = (14..=last).step_by(2).map(|block| (block, block)).collect();
		expected.insert(0, (10, 12));
		assert_eq!(ranges(), expected);
		assert!(Pallet::any_closed(&(11..12)), "a penalty is forgotten, and not the reason against it");
		assert!(!Pallet::any_closed(&(13..14)));
		assert!(!Pallet::any_closed(&(9..10)));
		run_to(last + 1);
		Pallet::close_block();
		expected.last_mut().unwrap().1 = last + 1;
		assert_eq!(ranges(), expected);
	});
}
