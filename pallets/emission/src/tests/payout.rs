use super::Settled;
use crate::{
	mock::{
		account, accrued, build_and_execute, kept, pot, run_to, signed, stake, terms, Balances, Emission,
		RuntimeEvent, System, Test, ENDOWMENT, ISSUANCE, PERIOD, PROPOSERS, PROPOSERS_PERIOD, SHARES,
		TRAINERS,
	},
	Event, Fundings,
};
use descent_protocol::{divide_custody, trace::WorkReward, Share, Shares};
use frame_support::assert_ok;
use pallet_groups::{KeeperRewards, Rewards};
use sp_runtime::AccountId32;

fn settle(round: u32, winner: Option<u8>, members: &[u8]) -> u128 {
	super::settle(0, round, SHARES, winner, members)
}

/// The parts of what a first period mints.
const WINNER: u128 = TRAINERS * 7 / 10;
const VALIDATORS: u128 = TRAINERS / 5;
const KEEPERS: u128 = TRAINERS / 10;

fn after_a_period(test: impl FnOnce()) {
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(PERIOD);
		test();
	});
}

#[test]
fn a_round_pays_its_winner_and_the_members() {
	after_a_period(|| {
		let issuance = Balances::total_issuance();
		assert_eq!(settle(0, Some(1), &[2, 3, 4]), WINNER);
		assert_eq!(accrued(1), WINNER);
		let each = VALIDATORS / 3;
		assert_eq!([2, 3, 4].map(accrued), [each; 3]);
		let pot = pot(0);
		assert_eq!((pot.fresh, pot.winner), (0, 0));
		// What does not divide stays, what is put aside too.
		assert_eq!(pot.validators, VALIDATORS - 3 * each);
		assert_eq!(pot.validators, 2);
		assert_eq!(pot.keepers, KEEPERS);
		assert_eq!(pot.proposer, PROPOSERS / 5);
		// Nothing is paid out by it.
		assert_eq!(Balances::total_issuance(), issuance);
		assert_eq!(kept(), issuance - ISSUANCE);
		assert_eq!(Balances::free_balance(account(1)), ENDOWMENT);
		System::assert_last_event(RuntimeEvent::Emission(Event::MembersPaid { group: 0, members: 3, each }));
	});
}

#[test]
fn without_a_winner_its_part_waits_for_the_next() {
	after_a_period(|| {
		assert_eq!(settle(0, None, &[2]), 0);
		assert_eq!(accrued(2), VALIDATORS);
		assert_eq!(pot(0).winner, WINNER);
		assert_eq!(settle(1, None, &[]), 0);
		assert_eq!(settle(2, Some(1), &[]), WINNER);
		assert_eq!(settle(3, Some(1), &[]), 0);
		assert_eq!(accrued(1), WINNER);
	});
}

#[test]
fn without_members_their_part_waits_for_the_next() {
	after_a_period(|| {
		settle(0, Some(1), &[]);
		assert_eq!(pot(0).validators, VALIDATORS);
		run_to(2 * PERIOD);
		let second = pot(0).fresh;
		settle(1, None, &[2, 3]);
		assert_eq!(accrued(2), (VALIDATORS + SHARES.split(second).validators) / 2);
		assert_eq!(accrued(2), accrued(3));
	});
}

#[test]
fn each_round_divides_by_its_own_shares() {
	after_a_period(|| {
		settle(0, None, &[]);
		run_to(2 * PERIOD);
		let second = pot(0).fresh;
		let shares = Shares { validators: Share::percent(40), keepers: Share::percent(40) };
		super::settle(0, 1, shares, None, &[]);
		let pot = pot(0);
		assert_eq!(pot.validators, VALIDATORS + second * 4 / 10);
		assert_eq!(pot.keepers, KEEPERS + second * 4 / 10);
		assert_eq!(pot.amount(), kept());
	});
}

#[test]
fn a_round_pays_what_has_flown_by_its_settlement() {
	build_and_execute(|| {
		stake(0, 1, 100);
		run_to(5);
		assert_eq!(settle(0, Some(1), &[]), WINNER / 2);
		assert_eq!(settle(1, Some(2), &[]), 0);
		run_to(PERIOD);
		assert_eq!(settle(2, Some(3), &[]), WINNER / 2);
		assert_eq!([1, 2, 3].map(accrued), [WINNER / 2, 0, WINNER / 2]);
	});
}

#[test]
fn several_winners_divide_the_reward() {
	after_a_period(|| {
		let settled = |round, winners: &[u8]| Settled {
			group: 0,
			round,
			shares: SHARES,
			winners: winners.to_vec(),
			score: None,
			baseline: None,
			members: vec![],
		};
		assert_eq!(settled(0, &[]).pay(), [0; 0]);
		assert_eq!(pot(0).winner, WINNER);
		assert_ok!(Emission::fund(signed(10), 0, 10_000, 10_000, terms(0)));
		let reward = WINNER + 7_000;
		let rewards = settled(1, &[1, 2, 3]).pay();
		assert_eq!(rewards, [reward / 2, reward / 4, reward / 4]);
		assert_eq!([1, 2, 3].map(accrued).as_slice(), rewards);
		assert_eq!(pot(0).winner, 0);
		// Nothing is left to divide.
		assert_eq!(settled(2, &[3, 2]).pay(), [0, 0]);
	});
}

#[test]
fn recorded_work_is_paid_out_of_the_winner_s_part() {
	after_a_period(|| {
		let reward = WorkReward { share: Share::percent(20), deposit: 1, draws: 4, margin: Share::ALL };
		let worked = |trainers: &[u8]| {
			let trainers: Vec<AccountId32> = trainers.iter().copied().map(account).collect();
			<Emission as Rewards<AccountId32, u128>>::work_confirmed(0, SHARES, &reward, &trainers)
		};
		let each = WINNER / 5 / 4;
		assert_eq!(worked(&[5, 6, 5]), each, "one of the four draws has found nothing to pay for");
		assert_eq!([5, 6].map(accrued), [2 * each, each]);
		assert_eq!(pot(0).winner, WINNER - 3 * each);
		assert_eq!(pot(0).validators, VALIDATORS);
		assert_eq!(settle(0, Some(1), &[]), WINNER - 3 * each);
		assert_eq!(worked(&[5]), 0, "the pot is empty");
		assert_eq!(worked(&[]), 0);
	});
}

#[test]
fn one_account_can_earn_in_every_role() {
	after_a_period(|| {
		settle(0, Some(1), &[1, 1]);
		assert_eq!(accrued(1), WINNER + VALIDATORS);
	});
}

#[test]
fn a_check_pays_members_a_quarter_of_what_validators_share() {
	after_a_period(|| {
		let check = |members: &[u8]| {
			let members: Vec<AccountId32> = members.iter().copied().map(account).collect();
			<Emission as Rewards<_, u128>>::delta_checked(0, &members);
		};
		let quarter = |amount: u128| Share::percent(25).of(amount);
		// No round has to be settled for it.
		check(&[2]);
		assert_eq!(accrued(2), quarter(VALIDATORS));
		let left = VALIDATORS - quarter(VALIDATORS);
		// Another takes a part of what has come in since, and nothing of what the round is left.
		check(&[3]);
		assert_eq!((accrued(3), pot(0).validators), (0, left));
		settle(0, Some(1), &[6]);
		assert_eq!((accrued(1), accrued(6)), (WINNER, left));
		run_to(2 * PERIOD);
		let before = pot(0).validators;
		check(&[]);
		let left = pot(0).validators;
		assert!(left > before, "what nobody is there for stays");
		check(&[4]);
		assert_eq!((accrued(4), pot(0).validators), (0, left));
		run_to(3 * PERIOD);
		check(&[3, 4, 5]);
		assert!(accrued(3) > 0 && accrued(3) == accrued(4) && accrued(4) == accrued(5));
		assert!(pot(0).validators > left);
		// Nor does a group pay that does not exist.
		<Emission as Rewards<_, u128>>::delta_checked(99, &[account(7)]);
		assert_eq!(accrued(7), 0);
	});
}

#[test]
fn an_applied_delta_pays_its_proposer_all_that_has_flown() {
	build_and_execute(|| {
		stake(0, 1, 100);
		stake(1, 2, 300);
		let apply = |group| <Emission as Rewards<_, u128>>::delta_applied(group, &account(9));
		run_to(PROPOSERS_PERIOD / 2);
		assert_eq!(apply(0), PROPOSERS / 8);
		assert_eq!(apply(0), 0);
		run_to(PROPOSERS_PERIOD);
		assert_eq!(apply(1), PROPOSERS * 3 / 4);
		assert_eq!(apply(0), PROPOSERS / 8);
		assert_eq!(accrued(9), PROPOSERS);
		assert_eq!(pot(0).proposer, 0);
	});
}

#[test]
fn a_group_without_stake_pays_nothing() {
	build_and_execute(|| {
		stake(1, 1, 100);
		run_to(PERIOD);
		assert_eq!(settle(0, Some(1), &[2]), 0);
		assert_eq!(<Emission as Rewards<_, u128>>::delta_applied(0, &account(1)), 0);
		assert_eq!(accrued(1) + accrued(2), 0);
		assert_eq!(pot(1).fresh, TRAINERS);
	});
}

#[test]
fn fundings_pay_for_rounds_that_are_won() {
	after_a_period(|| {
		assert_ok!(Emission::fund(signed(10), 0, 25_000, 10_000, terms(0)));
		assert_ok!(Emission::fund(signed(11), 0, 1_000, 1_000, terms(0)));
		let left =
			|| -> Vec<u128> { Fundings::<Test>::get(0).into_iter().map(|funding| funding.left).collect() };
		assert_eq!(settle(0, None, &[2]), 0);
		assert_eq!(left(), [25_000, 1_000]);
		assert_eq!(settle(1, Some(1), &[]), WINNER + 7_700);
		assert_eq!(left(), [15_000]);
		System::assert_last_event(RuntimeEvent::Emission(Event::FundingSpent {
			group: 0,
			client: account(11),
		}));
		assert_eq!(pot(0).validators, 2_200);
		assert_eq!(pot(0).keepers, KEEPERS + 1_100);
		assert_eq!(settle(2, Some(1), &[]), 7_000);
		// What is left is less than a round is worth.
		assert_eq!(settle(3, Some(1), &[]), 3_500);
		assert!(!Fundings::<Test>::contains_key(0));
		assert_eq!(settle(4, Some(1), &[]), 0);
		let pot = pot(0);
		assert_eq!(pot.validators + pot.keepers + accrued(1) + accrued(2) + pot.proposer, kept());
	});
}

#[test]
fn fundings_pay_where_emission_has_nothing() {
	build_and_execute(|| {
		assert_ok!(Emission::fund(signed(10), 0, 2_000, 1_000, terms(0)));
		assert_eq!(settle(0, Some(1), &[2]), 700);
		assert_eq!((accrued(1), accrued(2), pot(0).keepers), (700, 200, 100));
		assert_eq!(Balances::total_issuance(), ISSUANCE);
	});
}

#[test]
fn keepers_that_serve_and_their_committee_share_what_was_put_aside() {
	after_a_period(|| {
		assert_eq!(Emission::due(0), KEEPERS);
		assert_eq!(Emission::due(7), 0, "there is no such group");
		// Of three keepers one has not served: its part stays.
		let (serving, members) = ([2, 3].map(account), [4, 5, 6].map(account));
		let (for_members, each) = divide_custody(KEEPERS, 3);
		let before = kept();
		assert_eq!(Emission::custody_checked(0, &serving, 3, &members), each);
		assert_eq!([2, 3].map(accrued), [each; 2]);
		assert_eq!([4, 5, 6].map(accrued), [for_members / 3; 3]);
		assert_eq!(pot(0).keepers, KEEPERS - 2 * each - for_members / 3 * 3);
		assert_eq!(kept(), before, "nothing is paid out by it");
	});
}

#[test]
fn a_check_in_which_nobody_served_pays_nobody() {
	after_a_period(|| {
		assert_eq!(Emission::custody_checked(0, &[], 3, &[account(4)]), 0);
		assert_eq!((accrued(4), Emission::due(0)), (0, KEEPERS));
	});
}
