use crate::{
	mock::{
		account, build_and_execute, execute, genesis, run_sessions, run_to, signed, Session, System, Test,
		Validators, ENDOWMENT, GENESIS_BOND, JAIL, MINIMUM, UNBONDING,
	},
	tests::builder::*,
	Error, Event, Sentences,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::Perbill;
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};

#[test]
fn an_offender_is_slashed_jailed_silenced_and_left_out() {
	build_and_execute(|| {
		run_to(5);
		let before = treasury();
		offend(2, 0);
		let fifth = GENESIS_BOND / 5;
		let until = 5 + JAIL;
		assert_eq!(
			events(),
			[
				Event::Slashed { account: account(2), amount: fifth, share: Perbill::from_percent(20) },
				left(2),
				Event::Jailed { account: account(2), until },
			]
		);
		assert_eq!(treasury(), before + fifth);
		assert_eq!(held(2), GENESIS_BOND - fifth);
		assert_eq!(ledger(2).bond, GENESIS_BOND - fifth);
		assert_eq!(candidates(), [1, 3, 4]);
		assert_eq!(silenced(), [2]);
		run_sessions(2);
		assert_eq!(set(), [1, 3, 4]);
		assert!(silenced().is_empty());
	});
}

#[test]
fn who_was_chosen_already_is_silenced_in_its_next_set_as_well() {
	build_and_execute(|| {
		run_to(SESSION_AND_A_HALF);
		offend(2, 0);
		assert_eq!(silenced(), [2]);
		run_sessions(1);
		assert_eq!(set(), [1, 2, 3, 4]);
		assert_eq!(silenced(), [2]);
		run_sessions(1);
		assert_eq!(set(), [1, 3, 4]);
	});
}

const SESSION_AND_A_HALF: u32 = 15;

#[test]
fn no_more_than_a_third_is_silenced() {
	build_and_execute(|| {
		offend(2, 0);
		offend(3, 1);
		assert_eq!(silenced(), [2]);
		assert_eq!(candidates(), [1, 4]);
		run_sessions(1);
		assert_eq!(silenced(), [2]);
	});
}

#[test]
fn the_chain_goes_on_where_everybody_is_in_jail() {
	build_and_execute(|| {
		let all = equivocation(0, &[1, 2, 3, 4], |offenders| Perbill::from_rational(offenders, 4));
		assert_eq!(report(all), Ok(()));
		assert!(candidates().is_empty());
		assert!((1..=4).all(|number| held(number) == 0));
		run_sessions(4);
		assert_eq!(set(), [1, 2, 3, 4]);
		assert_eq!(silenced().len(), 1);
		bond(5, MINIMUM);
		run_sessions(2);
		assert_eq!(set(), [5]);
	});
}

#[test]
fn an_offence_costs_the_least_even_where_its_report_says_nothing() {
	build_and_execute(|| {
		let nothing = equivocation(0, &[1], |_| Perbill::zero());
		assert_eq!(report(nothing), Ok(()));
		assert_eq!(held(1), GENESIS_BOND / 10 * 9);
	});
}

#[test]
fn what_is_taken_out_is_slashed_after_the_bond_the_latest_first() {
	build_and_execute(|| {
		unbond(1, 4_000);
		run_to(2);
		unbond(1, 3_000);
		let most = equivocation(0, &[1], |_| Perbill::from_percent(65));
		assert_eq!(report(most), Ok(()));
		let ledger_then = ledger(1);
		assert_eq!(ledger_then.bond, 0);
		assert_eq!(ledger_then.unbonding.into_inner(), [(3_500, 1 + UNBONDING)]);
		assert_eq!(held(1), 3_500);
		run_to(2 + UNBONDING);
		assert_ok!(Validators::withdraw(signed(1)));
		assert_eq!(free(1), ENDOWMENT - 6_500);
	});
}

#[test]
fn who_leaves_before_it_is_reported_is_slashed_all_the_same() {
	build_and_execute(|| {
		unbond(1, GENESIS_BOND);
		run_to(UNBONDING);
		assert_noop!(Validators::withdraw(signed(1)), Error::<Test>::NothingToWithdraw);
		let all = equivocation(0, &[1], |_| Perbill::one());
		assert_eq!(report(all), Ok(()));
		assert_eq!(held(1), 0);
		run_to(1 + UNBONDING);
		assert_noop!(Validators::withdraw(signed(1)), Error::<Test>::NothingToWithdraw);
		assert_eq!(free(1), ENDOWMENT - GENESIS_BOND);
	});
}

#[test]
fn who_has_nothing_left_loses_nothing_and_is_jailed() {
	build_and_execute(|| {
		offend(50, 0);
		assert_eq!(held(50), 0);
		assert!(events().contains(&Event::Slashed {
			account: account(50),
			amount: 0,
			share: Perbill::from_percent(20),
		}));
		bond(50, 20_000);
		assert_eq!(candidates(), [1, 2, 3, 4]);
		assert_noop!(Validators::validate(signed(50)), Error::<Test>::Jailed);
	});
}

#[test]
fn nobody_is_a_candidate_in_jail_whatever_it_bonds() {
	build_and_execute(|| {
		run_to(5);
		offend(1, 0);
		bond(1, 5 * GENESIS_BOND);
		assert_eq!(candidates(), [2, 3, 4]);
		run_to(5 + JAIL - 1);
		assert_noop!(Validators::validate(signed(1)), Error::<Test>::Jailed);
		bond(1, 1);
		assert_eq!(candidates(), [2, 3, 4]);
		run_to(5 + JAIL);
		assert_ok!(Validators::validate(signed(1)));
		assert_eq!(candidates(), [1, 2, 3, 4]);
		run_sessions(2);
		assert_eq!(set(), [1, 2, 3, 4]);
		assert!(silenced().is_empty());
	});
}

#[test]
fn who_bonds_after_it_has_served_is_a_candidate() {
	build_and_execute(|| {
		offend(1, 0);
		run_to(1 + JAIL);
		assert_eq!(candidates(), [2, 3, 4]);
		bond(1, 1);
		assert_eq!(candidates(), [2, 3, 4, 1]);
	});
}

#[test]
fn who_comes_back_with_too_little_tops_up() {
	execute(genesis([(1, MINIMUM), (2, MINIMUM)]), || {
		offend(1, 0);
		run_to(1 + JAIL);
		assert_noop!(Validators::validate(signed(1)), Error::<Test>::BondTooSmall);
		assert_noop!(Validators::bond(signed(1), 199), Error::<Test>::BondTooSmall);
		assert_noop!(Validators::unbond(signed(1), 1), Error::<Test>::BondTooSmall);
		bond(1, 200);
		assert_eq!(candidates(), [2, 1]);
		unbond(1, MINIMUM);
		assert_eq!(candidates(), [2]);
	});
}

#[test]
fn a_chilled_offender_stays_chilled() {
	build_and_execute(|| {
		assert_ok!(Validators::chill(signed(1)));
		offend(1, 0);
		run_to(1 + JAIL);
		bond(1, 1);
		assert_eq!(candidates(), [2, 3, 4]);
		assert_ok!(Validators::validate(signed(1)));
	});
}

#[test]
fn a_report_of_nobody_or_without_shares_does_nothing() {
	build_and_execute(|| {
		Validators::on_offence(&[], &[Perbill::one()], 0);
		let details = OffenceDetails { offender: (account(1), ()), reporters: Vec::new() };
		Validators::on_offence(&[details], &[], 0);
		assert_eq!(held(1), GENESIS_BOND);
		assert_eq!(Sentences::<Test>::iter().count(), 0);
	});
}

#[test]
fn the_largest_numbers_do_no_harm() {
	build_and_execute(|| {
		let details = |number| OffenceDetails { offender: (account(number), ()), reporters: Vec::new() };
		System::set_block_number(u32::MAX);
		let offenders = [details(1), details(1), details(99)];
		Validators::on_offence(&offenders, &[Perbill::one(); 3], u32::MAX);
		assert_eq!(held(1), 0);
		let record = Sentences::<Test>::get(account(1)).unwrap();
		assert_eq!(record.until, u32::MAX);
		assert_eq!(record.session, Session::current_index() + 1);
	});
}
