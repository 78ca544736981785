//! Whatever happens in whatever order, the state stays consistent and issuance exact.

use crate::{
	mock::{
		account, execute, genesis, run_sessions, run_to, signed, MinimumBond, Seats, Session, System,
		Validators, ENDOWMENT, MINIMUM,
	},
	tests::builder::*,
};
use descent_protocol::Performance;
use pallet_evaluators::PerformanceObserver;
use proptest::{collection::vec, prelude::*};
use sp_runtime::Perbill;

#[derive(Clone, Debug)]
enum Step {
	Bond(u8, u128),
	Unbond(u8, u128),
	UnbondAll(u8),
	Withdraw(u8),
	Chill(u8),
	Validate(u8),
	Offence(Vec<u8>, u32, u32, u32),
	Lie(Vec<u8>),
	Blocks(u32),
	Sessions(u32),
	Govern(u128, u32),
}

/// Accounts that validate, and some without keys.
fn who() -> impl Strategy<Value = u8> {
	prop_oneof![8 => 1u8..10, 1 => 100u8..104]
}

fn step() -> impl Strategy<Value = Step> {
	let amount = || prop_oneof![0..3 * MINIMUM, 0..ENDOWMENT, Just(u128::MAX)];
	prop_oneof![
		4 => (who(), amount()).prop_map(|(who, amount)| Step::Bond(who, amount)),
		2 => (who(), amount()).prop_map(|(who, amount)| Step::Unbond(who, amount)),
		1 => who().prop_map(Step::UnbondAll),
		1 => who().prop_map(Step::Withdraw),
		1 => who().prop_map(Step::Chill),
		2 => who().prop_map(Step::Validate),
		3 => (vec(who(), 1..4), 0u32..4, 0u32..4, 0u32..=100)
			.prop_map(|(who, slot, ago, percent)| Step::Offence(who, slot, ago, percent)),
		2 => vec(who(), 1..4).prop_map(Step::Lie),
		2 => (1u32..8).prop_map(Step::Blocks),
		2 => (1u32..8).prop_map(Step::Sessions),
		1 => (0..5 * MINIMUM, 0u32..6).prop_map(|(minimum, seats)| Step::Govern(minimum, seats)),
	]
}

fn take(step: Step) {
	match step {
		Step::Bond(who, amount) => drop(Validators::bond(signed(who), amount)),
		Step::Unbond(who, amount) => drop(Validators::unbond(signed(who), amount)),
		Step::UnbondAll(who) => drop(Validators::unbond(signed(who), ledger(who).bond)),
		Step::Withdraw(who) => drop(Validators::withdraw(signed(who))),
		Step::Chill(who) => drop(Validators::chill(signed(who))),
		Step::Validate(who) => drop(Validators::validate(signed(who))),
		Step::Offence(who, slot, ago, percent) => {
			let mut offence = equivocation(slot, &who, |offenders| Perbill::from_percent(15 * offenders));
			if percent > 50 {
				offence.share = |_| Perbill::one();
			}
			offence.session = offence.session.saturating_sub(ago);
			drop(report(offence));
		}
		Step::Lie(who) => {
			let lies = who.into_iter().map(|who| (account(who), Performance::False));
			Validators::observed(&lies.collect::<Vec<_>>());
		}
		Step::Blocks(count) => run_to(System::block_number() + count),
		Step::Sessions(count) => run_sessions(count),
		Step::Govern(minimum, seats) => {
			MinimumBond::set(minimum);
			Seats::set(seats);
		}
	}
}

/// Checks what must hold beside the pallet's own checks.
fn check(total: u128) {
	Validators::do_try_state().expect("the state stays consistent");
	let everybody = (1..=u8::MAX).map(|number| held(number) + free(number));
	assert_eq!(everybody.sum::<u128>(), total);
	assert!(!Session::validators().is_empty());
	assert!(silenced().len() <= (set().len() - 1) / 3);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	#[test]
	fn whatever_happens(steps in vec(step(), 1..60)) {
		let bonds = (1..=3).map(|number| (number, 5 * MINIMUM));
		execute(genesis(bonds), || {
			let total = u128::from(u8::MAX) * ENDOWMENT;
			for step in steps {
				take(step);
				check(total);
			}
		});
	}
}
