//! The cost of a block and of a call does not grow with the number of groups: as many values are read and
//! written.

use super::Settled;
use crate::mock::{
	account, create_group, new_test_ext, run_to, signed, stake, terms, Emission, System, MINIMUM_ORDER,
	PERIOD, PROPOSERS_PERIOD, SHARES,
};
use descent_protocol::Score;
use frame_support::{assert_ok, traits::Hooks};
use pallet_groups::Rewards;
use sp_core::Blake2Hasher;
use sp_trie::recorder::Recorder;

/// Returns the numbers of values that an action reads and writes, with so many groups that have stake.
fn accesses(groups: u32, measured: impl FnOnce()) -> (usize, usize) {
	let mut chain = new_test_ext();
	chain.execute_with(|| {
		run_to(1);
		for group in 0..groups {
			create_group(group);
			stake(group, 1, if group == 0 { 1_000_000 } else { 100 });
		}
		for client in 10..20 {
			assert_ok!(Emission::fund(signed(client), 0, 5_000, 1_000, terms(0)));
			order(client);
		}
		run_to(PROPOSERS_PERIOD - 1);
		System::reset_events();
	});
	chain.commit_all().expect("all transactions are closed");
	let recorder = Recorder::<Blake2Hasher>::default();
	chain.execute_with_recorder(recorder.clone(), measured);
	let read = recorder.recorded_keys().values().map(|keys| keys.len()).sum();
	let written = chain.overlayed_changes().changes().count();
	(read, written)
}

/// Has a client order improvement down to zero.
fn order(client: u8) {
	let (from, target) = (Score(200), Score(0));
	assert_ok!(Emission::order(signed(client), 0, MINIMUM_ORDER, 1, 0, from, target, 50, terms(0)));
}

fn begin_block(block: u32) {
	System::set_block_number(block);
	Emission::on_initialize(block);
}

#[test]
fn costs_do_not_grow_with_the_number_of_groups() {
	let measured: [(&str, fn()); 8] = [
		("a block", || begin_block(PROPOSERS_PERIOD - 1)),
		("the end of both periods", || begin_block(PROPOSERS_PERIOD)),
		("a change of stake", || {
			Emission::on_initialize(PERIOD);
			stake(0, 1, 77)
		}),
		("a payout", || {
			let settled = Settled {
				group: 0,
				round: 0,
				shares: SHARES,
				winners: vec![1],
				score: Some(Score(100)),
				baseline: None,
				members: (30..40).collect(),
			};
			settled.pay();
		}),
		("a payout for a delta", || {
			<Emission as Rewards<_, u128>>::delta_applied(0, &account(1));
		}),
		("a funding", || {
			assert_ok!(Emission::fund(signed(9), 0, 5_000, 1_000, terms(0)));
		}),
		("an order", || order(9)),
		("what is shown", || {
			Emission::emission_view();
			Emission::pot_view(0, SHARES);
			Emission::orders_view(0);
		}),
	];
	for (what, measured) in measured {
		let [one, hundred, many] = [1, 100, 10_000].map(|groups| accesses(groups, measured));
		assert!(one.0 > 0, "{what} reads nothing");
		assert_eq!(one, hundred, "{what}");
		assert_eq!(one, many, "{what}");
	}
}
