use crate::{
	mock::{
		account, new_group, run_to, signed, with_group, Groups, Notification, Notified, System, Test,
		ENDOWMENT, FOUNDING_STAKE, MINIMUM_STAKE, OWNER, PERIOD,
	},
	tests::builder::*,
	Error, Event, HoldReason, Stakeholders as _, Stakes, TotalStake, MAX_UNSTAKING,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{ArithmeticError, TokenError};

#[test]
fn stake_is_held_and_counted() {
	with_group(|| {
		stake(1, 300);
		stake(1, 200);
		System::assert_last_event(
			Event::Staked { group: 0, account: account(1), stake: 500, total: 500 + FOUNDING_STAKE }.into(),
		);
		assert_eq!(stake_of(1), 500);
		assert_eq!(held(1, HoldReason::Stake), 500);
		assert_eq!(free(1), ENDOWMENT - 500);
		assert_eq!(Notified::take().last(), Some(&Notification::Stake(0, 1, 300, 500)));
	});
}

#[test]
fn what_is_taken_out_votes_no_more_and_comes_free_a_period_later() {
	with_group(|| {
		stake(1, 300);
		run_to(5);
		unstake(1, 100);
		let until = 5 + PERIOD;
		System::assert_last_event(
			Event::Unstaked {
				group: 0,
				account: account(1),
				stake: 200,
				total: 200 + FOUNDING_STAKE,
				amount: 100,
				until,
			}
			.into(),
		);
		assert_eq!(Notified::take().last(), Some(&Notification::Stake(0, 1, 300, 200)));
		assert_eq!(held(1, HoldReason::Stake), 300);
		run_to(until - 1);
		let error = || Error::<Test>::NothingToWithdraw;
		assert_noop!(Groups::withdraw(signed(1), 0), error());
		run_to(until);
		assert_ok!(Groups::withdraw(signed(1), 0));
		System::assert_last_event(Event::Withdrawn { group: 0, account: account(1), amount: 100 }.into());
		assert_eq!(held(1, HoldReason::Stake), 200);
		assert_eq!(stake_of(1), 200);
		assert_noop!(Groups::withdraw(signed(1), 0), error());
	});
}

#[test]
fn who_takes_everything_out_leaves_nothing_behind() {
	with_group(|| {
		unstake(OWNER, FOUNDING_STAKE);
		assert_eq!(total(), 0);
		run_to(1 + PERIOD);
		assert_ok!(Groups::withdraw(signed(OWNER), 0));
		assert!(!Stakes::<Test>::contains_key(0, account(OWNER)));
		assert_eq!(held(OWNER, HoldReason::Stake), 0);
	});
}

#[test]
fn only_what_has_come_free_is_released() {
	with_group(|| {
		stake(1, 300);
		unstake(1, 100);
		run_to(3);
		unstake(1, 50);
		run_to(1 + PERIOD);
		assert_ok!(Groups::withdraw(signed(1), 0));
		assert_eq!(held(1, HoldReason::Stake), 200);
		run_to(3 + PERIOD);
		assert_ok!(Groups::withdraw(signed(1), 0));
		assert_eq!(held(1, HoldReason::Stake), 150);
	});
}

#[test]
fn so_many_amounts_are_taken_out_at_a_time_and_those_of_a_block_are_one() {
	with_group(|| {
		stake(1, 1_000);
		for block in 0..MAX_UNSTAKING {
			run_to(2 + block);
			unstake(1, 1);
			unstake(1, 2);
		}
		let ledger = Stakes::<Test>::get(0, account(1));
		assert!(ledger.unstaking.is_full() && ledger.unstaking.iter().all(|(amount, _)| *amount == 3));
		unstake(1, 4);
		run_to(2 + MAX_UNSTAKING);
		assert_noop!(Groups::unstake(signed(1), 0, 1), Error::<Test>::TooManyUnstaking);
		run_to(2 + PERIOD);
		assert_ok!(Groups::withdraw(signed(1), 0));
		unstake(1, 1);
		assert_eq!(held(1, HoldReason::Stake), 997);
	});
}

#[test]
fn dust_and_what_nobody_has_are_refused() {
	with_group(|| {
		let stakes = |amount| Groups::stake(signed(1), 0, amount);
		let unstakes = |amount| Groups::unstake(signed(1), 0, amount);
		assert_noop!(stakes(0), Error::<Test>::ZeroAmount);
		assert_noop!(stakes(MINIMUM_STAKE - 1), Error::<Test>::StakeTooSmall);
		assert_noop!(unstakes(0), Error::<Test>::ZeroAmount);
		assert_noop!(unstakes(1), Error::<Test>::NotEnoughStake);
		stake(1, MINIMUM_STAKE);
		stake(1, 1);
		assert_noop!(unstakes(2), Error::<Test>::StakeTooSmall);
		assert_noop!(unstakes(MINIMUM_STAKE + 2), Error::<Test>::NotEnoughStake);
		unstake(1, 1);
		unstake(1, MINIMUM_STAKE);
		assert_eq!(stake_of(1), 0);
	});
}

#[test]
fn nobody_stakes_more_than_there_is() {
	with_group(|| {
		let stakes = |amount| Groups::stake(signed(1), 0, amount);
		// The existential deposit stays free.
		assert_noop!(stakes(ENDOWMENT), TokenError::FundsUnavailable);
		stake(1, 10);
		assert_noop!(stakes(u128::MAX), ArithmeticError::Overflow);
		assert_noop!(Groups::stake(signed(2), 0, u128::MAX), ArithmeticError::Overflow);
		assert_noop!(Groups::unstake(signed(1), 0, u128::MAX), Error::<Test>::NotEnoughStake);
	});
}

#[test]
fn groups_that_do_not_exist_take_no_stake() {
	with_group(|| {
		let error = || Error::<Test>::UnknownGroup;
		assert_noop!(Groups::stake(signed(1), 1, 100), error());
		assert_noop!(Groups::unstake(signed(1), 1, 100), error());
		assert_noop!(Groups::withdraw(signed(1), 1), Error::<Test>::NothingToWithdraw);
		assert!(Groups::exists(0) && !Groups::exists(1));
	});
}

#[test]
fn groups_are_kept_apart() {
	with_group(|| {
		assert_ok!(Groups::create(signed(OWNER), new_group()));
		stake(1, 100);
		assert_ok!(Groups::stake(signed(1), 1, 50));
		assert_ok!(Groups::unstake(signed(1), 1, 50));
		assert_eq!(held(1, HoldReason::Stake), 150);
		assert_eq!((stake_of(1), total()), (100, 100 + FOUNDING_STAKE));
		assert_eq!(TotalStake::<Test>::get(1), FOUNDING_STAKE);
		run_to(1 + PERIOD);
		assert_noop!(Groups::withdraw(signed(1), 0), Error::<Test>::NothingToWithdraw);
		assert_ok!(Groups::withdraw(signed(1), 1));
		assert_eq!(held(1, HoldReason::Stake), 100);
	});
}

#[test]
fn the_same_tokens_cannot_be_staked_elsewhere_while_they_come_free() {
	with_group(|| {
		stake(1, ENDOWMENT - 1);
		unstake(1, ENDOWMENT - 1);
		let transfer = || crate::mock::Balances::transfer_allow_death(signed(1), account(2), 2);
		assert_noop!(transfer(), TokenError::FundsUnavailable);
		assert_noop!(Groups::stake(signed(1), 0, 10), TokenError::FundsUnavailable);
		run_to(1 + PERIOD);
		assert_ok!(Groups::withdraw(signed(1), 0));
		assert_ok!(transfer());
	});
}
