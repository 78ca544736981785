use crate::{
	mock::{
		account, build_and_execute, run_sessions, run_to, signed, MinimumBond, Seats, Validators,
		GENESIS_BOND, JAIL, UNBONDING,
	},
	tests::builder::*,
};
use descent_protocol::{
	view::{Page, Unbonding, ValidatorRules, ValidatorStanding, ValidatorView},
	Performance, Share, MAX_COMMITTEE, STRIKE_LIFETIME,
};
use frame_support::assert_ok;
use pallet_evaluators::PerformanceObserver;
use sp_core::H256;

fn view(number: u8) -> Option<ValidatorView> {
	Validators::validator_view(account(number))
}

fn standing(number: u8) -> ValidatorStanding {
	view(number).unwrap().standing
}

#[test]
fn how_a_validator_stands() {
	build_and_execute(|| {
		unbond(2, 100);
		let keys = Some([H256::repeat_byte(2); 3]);
		let expected = ValidatorView {
			account: account(2),
			bond: GENESIS_BOND - 100,
			unbonding: vec![Unbonding { amount: 100, free: 1 + UNBONDING }],
			standing: ValidatorStanding::Active,
			is_candidate: true,
			keys,
			strikes: 0,
			rank: Some(3),
		};
		assert_eq!(view(2), Some(expected));
		assert_eq!(view(5), None);
		bond(5, 20_000);
		assert_eq!(standing(5), ValidatorStanding::Waiting);
		run_sessions(2);
		assert_eq!(standing(5), ValidatorStanding::Active);
		assert_eq!(standing(2), ValidatorStanding::Waiting);
		assert_ok!(Validators::chill(signed(2)));
		assert_eq!(standing(2), ValidatorStanding::Chilled);
		bond(101, 20_000);
		let without_keys = view(101).unwrap();
		assert_eq!((without_keys.keys, without_keys.rank), (None, Some(1)));
	});
}

#[test]
fn how_an_offender_stands() {
	build_and_execute(|| {
		run_to(5);
		offend(1, 0);
		offend(50, 1);
		let jailed = ValidatorStanding::Jailed { until: 5 + JAIL };
		assert_eq!((standing(1), standing(50)), (jailed, jailed));
		let offender = view(1).unwrap();
		assert!(!offender.is_candidate && offender.rank.is_none());
		assert_eq!(offender.bond, GENESIS_BOND / 5 * 4);
		run_to(5 + JAIL);
		assert_eq!(standing(1), ValidatorStanding::Chilled);
		assert_eq!(view(50), None);
	});
}

#[test]
fn strikes_are_shown_for_as_long_as_they_count() {
	build_and_execute(|| {
		Validators::observed(&[(account(1), Performance::False)]);
		assert_eq!(view(1).unwrap().strikes, 1);
		frame_system::Pallet::<crate::mock::Test>::set_block_number(STRIKE_LIFETIME);
		assert_eq!(view(1).unwrap().strikes, 1);
		frame_system::Pallet::<crate::mock::Test>::set_block_number(1 + STRIKE_LIFETIME);
		assert_eq!(view(1).unwrap().strikes, 0);
	});
}

#[test]
fn all_of_them_candidates_first() {
	build_and_execute(|| {
		bond(5, 20_000);
		assert_ok!(Validators::chill(signed(3)));
		unbond(4, GENESIS_BOND);
		let views = Validators::validators_view(Page::ALL);
		let accounts: Vec<_> = views.iter().map(|view| view.account.clone()).collect();
		assert_eq!(accounts, [5, 1, 2, 3, 4].map(account));
		let ranks: Vec<_> = views.iter().map(|view| view.rank).collect();
		assert_eq!(ranks, [Some(0), Some(1), Some(2), None, None]);
		assert!(views.iter().skip(1).all(|view| view.standing == ValidatorStanding::Active));
		assert_eq!(Validators::validators_view(Page { from: 2, limit: 2 }), views[2..4]);
		for view in views {
			assert_eq!(Validators::validator_view(view.account.clone()), Some(view));
		}
	});
}

#[test]
fn the_rules() {
	build_and_execute(|| {
		MinimumBond::set(77);
		Seats::set(1_000);
		let expected = ValidatorRules {
			minimum_bond: 77,
			seats: MAX_COMMITTEE,
			unbonding: UNBONDING,
			jail: JAIL,
			minimum_penalty: Share::percent(10),
		};
		assert_eq!(Validators::rules_view(), expected);
	});
}
