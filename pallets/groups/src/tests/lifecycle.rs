//! Random courses of a group: whatever stakeholders do, the state stays consistent.

use crate::{
	mock::{account, new_group, new_test_ext, run_to, signed, Balances, Groups, System, Test, OWNER},
	tests::builder::*,
	NextAmendment, TotalStake,
};
use descent_protocol::{view::Page, Change};
use frame_support::assert_ok;
use proptest::prelude::*;

/// An attempt of an account; one that is not allowed fails.
#[derive(Clone, Debug)]
enum Step {
	Stake(u8, u128),
	Unstake(u8, u128),
	UnstakeAll(u8),
	Withdraw(u8),
	Propose(u8, Vec<Change>),
	Vote(u8, u32, bool),
	Retract(u8),
	Close(u8),
	Wait(u32),
}

fn change() -> impl Strategy<Value = Change> {
	prop_oneof![
		(5..30u32).prop_map(period),
		(0..=100u32).prop_map(quorum),
		(0..40u64).prop_map(improvement),
		(6..60u32, 1..22u32, 1..20u32, 1..20u32)
			.prop_map(|(length, reveal, attest, open)| lengths(length, reveal, attest, open)),
		(0..50u32, 0..50u32).prop_map(|(validators, keepers)| shares(validators, keepers)),
		(0..3u8).prop_map(|name| model(&name.to_string())),
	]
}

fn step() -> impl Strategy<Value = Step> {
	let who = 1..=20u8;
	prop_oneof![
		4 => (who.clone(), 0..300u128).prop_map(|(who, amount)| Step::Stake(who, amount)),
		2 => (who.clone(), 0..300u128).prop_map(|(who, amount)| Step::Unstake(who, amount)),
		1 => who.clone().prop_map(Step::UnstakeAll),
		2 => who.clone().prop_map(Step::Withdraw),
		6 => (who.clone(), prop::collection::vec(change(), 0..4))
			.prop_map(|(who, changes)| Step::Propose(who, changes)),
		8 => (who.clone(), 0..8u32, any::<bool>()).prop_map(|(who, back, aye)| Step::Vote(who, back, aye)),
		1 => who.clone().prop_map(Step::Retract),
		1 => who.prop_map(Step::Close),
		4 => (1..15u32).prop_map(Step::Wait),
	]
}

/// Returns true if it was allowed.
fn take(step: Step) -> bool {
	match step {
		Step::Stake(who, amount) => Groups::stake(signed(who), 0, amount).is_ok(),
		Step::Unstake(who, amount) => Groups::unstake(signed(who), 0, amount).is_ok(),
		Step::UnstakeAll(who) => Groups::unstake(signed(who), 0, stake_of(who)).is_ok(),
		Step::Withdraw(who) => Groups::withdraw(signed(who), 0).is_ok(),
		Step::Propose(who, changes) => try_propose(who, &changes).is_ok(),
		Step::Vote(who, back, aye) => {
			let amendment = NextAmendment::<Test>::get(0).saturating_sub(back + 1);
			Groups::vote_amendment(signed(who), 0, amendment, aye).is_ok()
		}
		Step::Retract(who) => Groups::amendments(0, Page::ALL).into_iter().any(|view| {
			view.proposer == account(who) && Groups::withdraw_amendment(signed(who), 0, view.id).is_ok()
		}),
		Step::Close(who) => Groups::close_period(signed(who), 0).is_ok(),
		Step::Wait(blocks) => {
			run_to(System::block_number() + blocks);
			true
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]

	#[test]
	fn the_state_stays_consistent_whatever_stakeholders_do(steps in prop::collection::vec(step(), 1..80)) {
		new_test_ext().execute_with(|| {
			run_to(1);
			assert_ok!(Groups::create(signed(OWNER), new_group()));
			let issued = Balances::total_issuance();
			for step in steps {
				// A call that fails changes nothing, as a block would have it.
				let said = format!("{step:?}");
				let _ = frame_support::storage::with_storage_layer(|| {
					take(step).then_some(()).ok_or(sp_runtime::DispatchError::Other("not allowed"))
				});
				if let Err(error) = Groups::do_try_state() {
					panic!("after {said}: {error:?}");
				}
			}
			let staked: u128 = (1..=100).map(stake_of).sum();
			assert_eq!(TotalStake::<Test>::get(0), staked);
			assert_eq!(Balances::total_issuance(), issued);
		});
	}
}
