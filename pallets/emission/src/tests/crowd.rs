//! Random crowds: whatever stakeholders, clients and rounds do, and whatever a token is worth at least, not a
//! unit is lost or made.

use super::{settle, Settled};
use crate::{
	mock::{
		account, accrued, new_test_ext, revise, run_to, signed, stake, take, terms, Balances, Emission,
		ExistentialDeposit, Groups, System, Test, CLOCK, ENDOWMENT, SHARES,
	},
	Burn, Burned, Entrusted, Minted,
};
use descent_protocol::{Score, Share, Shares};
use frame_support::traits::OnUnbalanced;
use pallet_groups::{Rewards, Stakeholders};
use proptest::{collection::vec, prelude::*};
use sp_runtime::AccountId32;

/// The winners of a round, their best score, and the baseline.
type Won = (Vec<u8>, Option<u64>, Option<u64>);

/// Price, bonus, first score, target and number of rounds of an order.
type Terms = (u128, u128, u64, u64, u32);

#[derive(Clone, Debug)]
enum Step {
	Blocks(u32),
	Stake(u32, u8, u128),
	Settle(u32, Won, Vec<u8>, u32),
	Checked(u32, Vec<u8>),
	Applied(u32, u8),
	Claim(u8),
	Fund(u32, u8, u128, u128),
	Stop(u32, u8),
	Refund(u32, u8),
	Order(u32, u8, u128, Terms),
	Cancel(u32, u8),
	RefundOrder(u32, u8),
	Revise(u32, u64),
	Burn(u8, u128),
	Give(u8, u128),
	Leave(u8),
}

fn steps() -> impl Strategy<Value = Step> {
	let group = || 0..4u32;
	let who = || 1..9u8;
	// More than a group has places for.
	let client = || 1..21u8;
	prop_oneof![
		4 => (1..30u32).prop_map(Step::Blocks),
		3 => (group(), who(), prop_oneof![Just(0), 1..5_000u128, 1..ENDOWMENT])
			.prop_map(|(group, who, amount)| Step::Stake(group, who, amount)),
		6 => (group(), won(), vec(who(), 0..5), 5..40u32)
			.prop_map(|(group, won, members, share)| Step::Settle(group, won, members, share)),
		1 => (group(), vec(who(), 0..5)).prop_map(|(group, members)| Step::Checked(group, members)),
		1 => (group(), who()).prop_map(|(group, who)| Step::Applied(group, who)),
		2 => who().prop_map(Step::Claim),
		8 => (0..2u32, client(), 0..20_000u128, 900..8_000u128)
			.prop_map(|(group, who, amount, worth)| Step::Fund(group, who, amount, worth)),
		1 => (0..2u32, client()).prop_map(|(group, who)| Step::Stop(group, who)),
		1 => (0..2u32, client()).prop_map(|(group, who)| Step::Refund(group, who)),
		8 => (0..2u32, client(), 0..20_000u128, terms_of_order())
			.prop_map(|(group, who, amount, terms)| Step::Order(group, who, amount, terms)),
		1 => (0..2u32, client()).prop_map(|(group, who)| Step::Cancel(group, who)),
		2 => (0..2u32, client()).prop_map(|(group, who)| Step::RefundOrder(group, who)),
		1 => (0..2u32, 1..3u64).prop_map(|(group, improvement)| Step::Revise(group, improvement)),
		1 => (who(), 1..1_000_000u128).prop_map(|(who, amount)| Step::Burn(who, amount)),
		1 => (who(), 1..10_000u128).prop_map(|(who, amount)| Step::Give(who, amount)),
		1 => client().prop_map(Step::Leave),
	]
}

/// Winners that order nothing, so that what accrues to them is their reward.
fn won() -> impl Strategy<Value = Won> {
	let score = || prop::option::of(0..120u64);
	(vec(30..34u8, 0..4), score(), score())
}

fn terms_of_order() -> impl Strategy<Value = Terms> {
	(0..300u128, 0..3_000u128, 0..120u64, 0..100u64, 0..9u32)
}

fn place(group: u32, who: u8, amount: u128, (price, bonus, from, target, rounds): Terms) {
	let (from, target, terms) = (Score(from), Score(target), terms(group));
	let _ = Emission::order(signed(who), group, amount, price, bonus, from, target, rounds, terms);
}

/// Settles a round that has begun, and not only the last.
fn pay(group: u32, rounds: &mut u32, (winners, score, baseline): Won, members: Vec<u8>, share: u32) {
	let shares = Shares { validators: Share::percent(share), keepers: Share::percent(40 - share) };
	let begun = CLOCK.round_at(System::block_number()).unwrap_or_default();
	*rounds = (*rounds + 1).min(begun);
	let earned = || -> u128 { (30..34).map(accrued).sum() };
	let before = earned();
	let settled = Settled {
		group,
		round: *rounds,
		shares,
		winners: winners.clone(),
		score: score.map(Score),
		baseline: baseline.map(Score),
		members: members.into_iter().map(|member| member + 1).collect(),
	};
	let paid = settled.pay();
	assert_eq!(paid.len(), winners.len());
	assert_eq!(earned(), before + paid.iter().sum::<u128>());
}

fn play(step: Step, rounds: &mut u32) {
	let accounts = |members: Vec<u8>| -> Vec<AccountId32> { members.into_iter().map(account).collect() };
	match step {
		Step::Blocks(count) => run_to(System::block_number() + count),
		Step::Stake(group, who, amount) => stake(group, who, amount),
		Step::Settle(group, won, members, share) => pay(group, rounds, won, members, share),
		Step::Checked(group, members) => {
			<Emission as Rewards<_, u128>>::delta_checked(group, &accounts(members));
		}
		Step::Applied(group, who) => {
			<Emission as Rewards<_, u128>>::delta_applied(group, &account(who));
		}
		Step::Claim(who) => {
			let all = crate::Accrued::<Test>::get(account(who)) + Balances::free_balance(account(who));
			let _ = Emission::claim(signed(who));
			let now = crate::Accrued::<Test>::get(account(who)) + Balances::free_balance(account(who));
			assert_eq!(now, all);
		}
		Step::Fund(group, who, amount, worth) => {
			let _ = Emission::fund(signed(who), group, amount, worth, terms(group));
		}
		Step::Stop(group, who) => drop(Emission::stop_funding(signed(who), group)),
		Step::Refund(group, who) => drop(Emission::refund(signed(who), group)),
		Step::Order(group, who, amount, order) => place(group, who, amount, order),
		Step::Cancel(group, who) => drop(Emission::cancel_order(signed(who), group)),
		Step::RefundOrder(group, who) => drop(Emission::refund_order(signed(1), group, account(who))),
		Step::Revise(group, improvement) => revise(group, improvement),
		Step::Burn(who, amount) => {
			if Balances::free_balance(account(who)) > amount + ExistentialDeposit::get() {
				Burn::<Test>::on_unbalanced(take(who, amount));
			}
		}
		// Anybody can send tokens to the pallet's account, which are nobody's then.
		Step::Give(who, amount) => {
			let to = Emission::account_id();
			let _ = Balances::transfer_allow_death(signed(who), to, amount);
		}
		Step::Leave(who) => {
			let rest = Balances::free_balance(account(who));
			let _ = Balances::transfer_allow_death(signed(who), account(60), rest.saturating_sub(7));
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(300))]

	#[test]
	fn not_a_unit_is_lost_or_made(
		deposit in prop_oneof![Just(1u128), Just(900), Just(100_000), Just(1_000_000)],
		steps in vec(steps(), 1..120),
	) {
		ExistentialDeposit::set(deposit);
		new_test_ext().execute_with(|| {
			let mut rounds = 0;
			for step in steps {
				let said = format!("{step:?}");
				play(step, &mut rounds);
				let state = Emission::do_try_state();
				prop_assert!(state.is_ok(), "after {said}: {state:?}");
			}
			// All that was earned can be claimed.
			run_to(System::block_number() + 60);
			for group in 0..4 {
				if Groups::total(group) > 0 {
					settle(group, 0, SHARES, Some(1), &[2]);
				}
			}
			for number in 1..=20 {
				let accrued = crate::Accrued::<Test>::get(account(number));
				let free = Balances::free_balance(account(number));
				if Emission::claim(signed(number)).is_ok() {
					let paid = Balances::free_balance(account(number)) - free;
					prop_assert_eq!(paid + crate::Accrued::<Test>::get(account(number)), accrued);
				}
			}
			Emission::do_try_state().expect("the state stays consistent");
			let balances = (1..=100).map(account).chain([Emission::account_id()]);
			let sum: u128 = balances.map(Balances::free_balance).sum();
			prop_assert_eq!(sum, Balances::total_issuance());
			prop_assert_eq!(sum, 100 * ENDOWMENT + Minted::<Test>::get() - Burned::<Test>::get());
			prop_assert!(Balances::free_balance(Emission::account_id()) >= Entrusted::<Test>::get());
			Ok(())
		})?;
	}
}
