//! Sources and uses of tokens.

use super::{
	account,
	chain::{block, run_to, submit, submit_with_tip},
	genesis_of, new_group, round,
};
use crate::{
	apis::runtime_decl_for_training_api::TrainingApi as _,
	configs::SplitFees,
	constants::{EXISTENTIAL_DEPOSIT, HOURS, NRN},
	AccountId, Balance, Balances, Emission, Runtime, RuntimeEvent, System, Treasury, LOCAL_PRESET,
};
use descent_protocol::{flown, Score, Stream};
use frame_support::{
	assert_noop, assert_ok,
	traits::{
		fungible::{Balanced, Inspect},
		tokens::{Fortitude, Precision, Preservation},
		OnUnbalanced,
	},
};
use sp_runtime::{DispatchError, MultiAddress};

const ISSUANCE: Balance = 15 * 1_000_000 * NRN;

fn total_of(uri: &str) -> Balance {
	Balances::total_balance(&account(uri))
}

fn transfer(to: AccountId, value: Balance) -> pallet_balances::Call<Runtime> {
	pallet_balances::Call::transfer_allow_death { dest: MultiAddress::Id(to), value }
}

/// Gives the treasury an account.
fn endow_treasury(amount: Balance) {
	block(|| submit("//Ferdie", transfer(Treasury::account_id(), amount)).unwrap());
}

fn create_group() {
	block(|| {
		let group = new_group("digits");
		assert_ok!(submit("//Trainer1", pallet_groups::Call::create { group }));
	});
}

/// Returns the fee of each of this block's transactions, and the tip in it.
fn paid_in_block() -> Vec<(Balance, Balance)> {
	System::read_events_no_consensus()
		.filter_map(|record| match record.event {
			RuntimeEvent::TransactionPayment(pallet_transaction_payment::Event::TransactionFeePaid {
				actual_fee,
				tip,
				..
			}) => Some((actual_fee - tip, tip)),
			_ => None,
		})
		.collect()
}

#[test]
fn a_fifth_of_fees_is_the_treasury_s_and_the_rest_and_tips_the_author_s() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		endow_treasury(NRN);
		let (treasury, alice) = (Balances::free_balance(Treasury::account_id()), total_of("//Alice"));
		let issued = Balances::total_issuance();
		block(|| {
			assert_ok!(submit("//Eve", transfer(account("//Bob"), NRN)));
			assert_ok!(submit_with_tip("//Eve", 3 * NRN, transfer(account("//Bob"), NRN)));
		});
		let paid = paid_in_block();
		assert_eq!(paid.iter().map(|(_, tip)| *tip).collect::<Vec<_>>(), [0, 3 * NRN]);
		let part: Balance = paid.iter().map(|(fee, _)| fee / 5).sum();
		let all: Balance = paid.iter().map(|(fee, tip)| fee + tip).sum();
		assert!(part > 0);
		assert_eq!(Balances::free_balance(Treasury::account_id()), treasury + part);
		assert_eq!(total_of("//Alice"), alice + all - part);
		assert_eq!(Balances::total_issuance(), issued);
	});
}

#[test]
fn while_the_treasury_has_no_account_small_fees_are_the_author_s_alone() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		let alice = total_of("//Alice");
		block(|| submit("//Eve", transfer(account("//Bob"), NRN)).unwrap());
		let [(fee, 0)] = paid_in_block()[..] else {
			panic!("one transaction pays");
		};
		assert!(fee / 5 < EXISTENTIAL_DEPOSIT);
		assert_eq!(total_of("//Alice"), alice + fee);
		assert_eq!(Balances::total_issuance(), ISSUANCE);
	});
}

#[test]
fn a_fee_that_nobody_can_hold_is_burned_on_the_record() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		let fee = Balances::withdraw(
			&account("//Eve"),
			EXISTENTIAL_DEPOSIT,
			Precision::Exact,
			Preservation::Preserve,
			Fortitude::Polite,
		);
		SplitFees::on_unbalanced(fee.unwrap());
		assert_eq!(Runtime::emission().burned, EXISTENTIAL_DEPOSIT);
		assert_eq!(Balances::total_issuance(), ISSUANCE - EXISTENTIAL_DEPOSIT);
	});
}

#[test]
fn dust_is_burned_on_the_record() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		let newcomer = AccountId::new([9; 32]);
		block(|| submit("//Eve", transfer(newcomer.clone(), 2 * EXISTENTIAL_DEPOSIT)).unwrap());
		let origin = crate::RuntimeOrigin::signed(newcomer.clone());
		let most = MultiAddress::Id(account("//Eve"));
		let amount = EXISTENTIAL_DEPOSIT + 7;
		assert_ok!(Balances::transfer_allow_death(origin, most, amount));
		assert_eq!(Balances::total_balance(&newcomer), 0);
		assert_eq!(Runtime::emission().burned, EXISTENTIAL_DEPOSIT - 7);
		super::ledger::check();
	});
}

#[test]
fn nobody_burns_tokens_off_the_record() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		let burn = pallet_balances::Call::burn { value: NRN, keep_alive: true };
		let bundle = pallet_utility::Call::batch_all { calls: vec![burn.clone().into()] };
		let filtered = DispatchError::from(frame_system::Error::<Runtime>::CallFiltered);
		block(|| {
			assert_eq!(submit("//Eve", burn), Err(filtered));
			assert_eq!(submit("//Eve", bundle), Err(filtered));
		});
		assert_eq!(Balances::total_issuance(), ISSUANCE);
	});
}

#[test]
fn a_period_of_emission_mints_exactly_what_it_should() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		create_group();
		let minted = || Runtime::emission().minted;
		run_to(HOURS);
		let first = minted();
		let flow = |stream: Stream, from, to| {
			let emission = stream.emission(ISSUANCE, 0);
			let length = Runtime::emission().streams[stream as usize].period;
			flown(emission, to, length) - flown(emission, from, length)
		};
		let expected = flow(Stream::Trainers, 1, HOURS) + flow(Stream::Proposers, 1, HOURS);
		assert_eq!(first, expected, "what flowed before somebody had a stake is not minted");

		let issued = Balances::total_issuance();
		assert_eq!(issued, ISSUANCE + first);
		let period = Stream::Trainers.emission(issued, 0);
		assert_eq!(Runtime::emission().streams[0].emission, period);
		let later = HOURS + 20;
		run_to(later);
		let expected = flown(period, 20, HOURS) + flow(Stream::Proposers, HOURS, later);
		assert_eq!(minted() - first, expected);
		assert_eq!(Runtime::emission().issuance, ISSUANCE + minted());

		let pot = Runtime::pot(0).unwrap();
		assert_eq!(pot.winner + pot.validators + pot.keepers + pot.proposer, minted());
		assert_eq!((pot.stake, pot.emission), (30 * NRN, Runtime::emission().streams[0].emission));
		assert_eq!(pot.shares, Runtime::group(0).unwrap().shares);
		assert_eq!(Runtime::pot(1), None);
	});
}

#[test]
fn a_round_pays_its_winner_and_its_committee_who_claim() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		create_group();
		run_to(2);
		round::win("//Trainer2", 3, Score(5));
		let trainer = Runtime::rewards(account("//Trainer2")).accrued;
		let validators =
			["//Alice", "//Bob", "//Charlie", "//Dave"].map(|uri| Runtime::rewards(account(uri)).accrued);
		assert!(trainer > 0 && validators[0] > 0);
		assert_eq!(validators, [validators[0]; 4]);
		assert!((4 * validators[0]).abs_diff(trainer / 4) < 10, "a fifth is the validators'");
		let reward = Runtime::leaderboard(0, 0, u32::MAX)[0].earned;
		assert_eq!(reward, trainer);

		let before = total_of("//Trainer2");
		block(|| {
			assert_ok!(submit("//Trainer2", pallet_emission::Call::claim {}));
		});
		let [(fee, 0)] = paid_in_block()[..] else {
			panic!("one transaction pays");
		};
		assert_eq!(total_of("//Trainer2"), before + trainer - fee);
		let rewards = Runtime::rewards(account("//Trainer2"));
		assert_eq!((rewards.accrued, rewards.claimed), (0, trainer));
		let again = Emission::claim(crate::RuntimeOrigin::signed(account("//Trainer2")));
		assert_noop!(again, pallet_emission::Error::<Runtime>::NothingToClaim);
	});
}

#[test]
fn what_a_trainer_loses_who_never_reveals_is_the_treasury_s() {
	genesis_of(LOCAL_PRESET).execute_with(|| {
		create_group();
		endow_treasury(NRN);
		round::commit("//Liar", 0, 3);
		let treasury = Balances::free_balance(Treasury::account_id());
		run_to(Runtime::round(0, 0).unwrap().windows.settle);
		let slashed = Runtime::round(0, 0).unwrap().candidates[0].slashed;
		assert_eq!(slashed, 25 * NRN / 10);
		assert_eq!(Balances::free_balance(Treasury::account_id()), treasury + slashed);
		assert_eq!(Runtime::emission().burned, 0);
	});
}
