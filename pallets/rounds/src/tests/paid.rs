//! Rewards for a round, the performance of members, and slashed deposits.

use super::{ballot, measurement, Round};
use crate::{
	mock::{
		account, amend, build_and_execute, free, start_session, Balances, CommitmentFee, Observed, Paid,
		Payment, Rounds as Pallet, RuntimeCall, RuntimeOrigin, SeatFee, System, Test, CONVICTION, DEPOSIT,
		ENDOWMENT, REWARD,
	},
	Call, Heads, WeightInfo,
};
use descent_protocol::{
	Ballot, Measurement,
	Outcome::{NoQuorum, Outranked, Refuted, Unrevealed, Won},
	Performance::{self, *},
	Share, Shares, Verdict,
	Verdict::*,
	DEFAULT_COMMITTEE_SEATS, MAX_CANDIDATES, MAX_COMMITTEE,
};
use frame_support::{assert_noop, dispatch::GetDispatchInfo, weights::Weight};
use sp_core::H256;
use sp_runtime::TokenError;

fn found(score: u64) -> Verdict {
	Match(measurement(score))
}

/// A first round in which account 1 claims 500 and members say this.
fn judged(ballots: &[Ballot]) -> Round {
	Round::new().commits(&[1]).reveals(&[(1, 500)]).votes(ballots).settles()
}

/// Returns the winner and the paid members of the only round that was settled.
fn paid() -> (Option<u8>, Vec<u8>) {
	let paid = Paid::get();
	let [Payment { winners, members, .. }] = &paid[..] else { panic!("not told once: {paid:?}") };
	assert!(winners.len() <= 1, "the group has one winner a round");
	(winners.first().copied(), members.clone())
}

/// Returns the performance of the members of the only committee, in its order.
fn performance() -> Vec<Performance> {
	let observed = Observed::get();
	let [committee] = &observed[..] else { panic!("not told once: {observed:?}") };
	assert!(committee.iter().map(|(member, _)| *member).eq((200..).take(committee.len())));
	committee.iter().map(|(_, performance)| *performance).collect()
}

#[test]
fn those_who_agree_are_paid_and_the_winner_too() {
	build_and_execute(|| {
		let round = judged(&vec![ballot(None, &[found(500)]); 4]);
		assert_eq!(paid(), (Some(1), vec![200, 201, 202, 203]));
		assert_eq!(performance(), [Sound; 4]);
		assert_eq!(round.ending(1).reward, REWARD);
	});
}

#[test]
fn who_says_something_else_than_two_thirds_is_called_false_and_not_paid() {
	let other_root = Measurement { root: H256::zero(), ..measurement(500) };
	for lie in
		[found(499), Match(other_root), Mismatch(measurement(500)), Mismatch(measurement(900)), Invalid]
	{
		build_and_execute(|| {
			let honest = ballot(None, &[found(500)]);
			judged(&[honest.clone(), ballot(None, &[lie]), honest.clone(), honest]);
			assert_eq!(paid(), (Some(1), vec![200, 202, 203]), "{lie:?}");
			assert_eq!(performance(), [Sound, False, Sound, Sound], "{lie:?}");
		});
	}
}

#[test]
fn who_lies_about_the_head_is_called_false_too() {
	build_and_execute(|| {
		judged(&vec![ballot(None, &[found(500)]); 4]);
		Paid::set(Vec::new());
		Observed::set(Vec::new());
		let honest = ballot(Some(500), &[found(300)]);
		let round = Round::number(1).commits(&[2]).reveals(&[(2, 300)]);
		let lie = ballot(Some(100), &[found(300)]);
		let round = round.votes(&[lie, honest.clone(), honest.clone(), honest]).settles();
		assert_eq!(round.outcomes(), [Won]);
		assert_eq!(performance(), [False, Sound, Sound, Sound]);
		assert_eq!(paid(), (Some(2), vec![201, 202, 203]));
	});
}

#[test]
fn the_silent_and_those_who_fetched_nothing_get_nothing_and_are_no_liars() {
	build_and_execute(|| {
		judged(&vec![ballot(None, &[found(500)]); 3]);
		assert_eq!((paid().1, performance()), (vec![200, 201, 202], vec![Sound, Sound, Sound, Absent]));
	});
	build_and_execute(|| {
		let honest = ballot(None, &[found(500)]);
		judged(&[ballot(None, &[Unavailable]), honest.clone(), honest.clone(), honest]);
		assert_eq!((paid().1, performance()), (vec![201, 202, 203], vec![Idle, Sound, Sound, Sound]));
	});
	build_and_execute(|| {
		let round = Round::new().commits(&[1]).reveals(&[(1, 500)]);
		let round = round.attests(&vec![ballot(None, &[found(500)]); 4]);
		round.opens(&[3, 1, 0]).settles();
		assert_eq!((paid().1, performance()), (vec![200, 201, 203], vec![Sound, Sound, Absent, Sound]));
	});
}

#[test]
fn without_a_quorum_nobody_is_paid_and_nobody_lied() {
	build_and_execute(|| {
		judged(&[ballot(None, &[found(500)]), ballot(None, &[Invalid])]);
		assert_eq!(paid(), (None, vec![]));
		assert_eq!(performance(), [Idle; 4]);
	});
}

#[test]
fn who_refutes_is_paid_although_nobody_wins() {
	build_and_execute(|| {
		let refutes = ballot(None, &[Mismatch(measurement(900))]);
		let lies = ballot(None, &[found(500)]);
		let round = judged(&[refutes.clone(), refutes.clone(), lies, refutes]);
		assert_eq!(round.outcomes(), [Refuted]);
		assert_eq!(paid(), (None, vec![200, 201, 203]));
		assert_eq!(performance(), [Sound, Sound, False, Sound]);
	});
}

#[test]
fn a_round_that_nobody_revealed_in_pays_nobody() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]).settles();
		assert_eq!(round.outcomes(), [Unrevealed]);
		assert_eq!((paid(), performance()), ((None, vec![]), vec![]));
	});
}

#[test]
fn what_a_round_earns_is_divided_as_when_it_began() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]);
		let shares = Shares { validators: Share::percent(40), keepers: Share::percent(10) };
		assert_eq!(amend(0, |rules| rules.shares = shares), 1);
		let ballots = vec![ballot(None, &[found(500)]); 4];
		round.reveals(&[(1, 500)]).votes(&ballots).settles();
		Round::number(1).commits(&[2]).settles();
		let paid = Paid::get();
		let paid: Vec<_> = paid.iter().map(|told| (told.group, told.round, told.shares)).collect();
		assert_eq!(paid, [(0, 0, Shares::default()), (0, 1, shares)]);
	});
}

#[test]
fn the_committee_of_the_round_is_paid_whoever_validates_now() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]).reveals(&[(1, 500)]);
		let round = round.votes(&vec![ballot(None, &[found(500)]); 4]);
		start_session(210..214);
		round.settles();
		assert_eq!(paid(), (Some(1), vec![200, 201, 202, 203]));
		assert_eq!(performance(), [Sound; 4]);
	});
}

/// A trainer serves four of seven members and refuses two, while one member is silent.
fn served_to_some() -> Round {
	start_session(200..207);
	let mut ballots = vec![ballot(None, &[found(500)]); 4];
	ballots.extend(vec![ballot(None, &[Unavailable]); 2]);
	Round::new()
		.deposits(&[(1, DEPOSIT + 21), (2, DEPOSIT), (3, DEPOSIT)])
		.reveals(&[(1, 500), (2, 600)])
		.votes(&ballots)
		.settles()
}

#[test]
fn who_serves_some_members_only_pays_for_the_round_without_a_quorum() {
	build_and_execute(|| {
		let issuance = Balances::total_issuance();
		let round = served_to_some();
		assert_eq!(round.outcomes(), [NoQuorum, NoQuorum, Unrevealed]);
		let slashed = [1, 2, 3].map(|number| round.ending(number).slashed);
		assert_eq!(slashed, [(DEPOSIT + 21) / 2, 0, DEPOSIT / 2]);
		assert_eq!(free(1), ENDOWMENT - (DEPOSIT + 21) / 2);
		assert_eq!(free(2), ENDOWMENT);
		assert_eq!(Balances::total_issuance(), issuance - slashed.iter().sum::<u128>());
		assert_eq!(Heads::<Test>::get(0, 0), None);
		let explained = descent_protocol::explain(&Pallet::round_view(0, 0).unwrap(), &account(1));
		assert!(explained.contains("2 could not fetch the checkpoint"), "{explained}");
		assert_eq!(paid(), (None, vec![]));
	});
}

#[test]
fn a_silent_committee_costs_an_honest_trainer_nothing() {
	build_and_execute(|| {
		start_session(200..207);
		let mut ballots = vec![ballot(None, &[found(500)]); 4];
		ballots.push(ballot(None, &[Mismatch(measurement(900))]));
		let round = judged(&ballots);
		assert_eq!(round.outcomes(), [NoQuorum]);
		assert_eq!((round.ending(1).slashed, free(1)), (0, ENDOWMENT));
	});
}

#[test]
fn what_stays_of_a_commitment_for_ever_is_paid_with_it() {
	build_and_execute(|| {
		CommitmentFee::set(7);
		let issuance = Balances::total_issuance();
		let round = Round::new().commits(&[1, 2]);
		assert_eq!(free(1), ENDOWMENT - DEPOSIT - 7);
		assert_eq!(Balances::total_issuance(), issuance - 14);
		let round = round.reveals(&[(1, 500), (2, 600)]);
		let round = round.votes(&vec![ballot(None, &[found(500)]); 4]).settles();
		assert_eq!(round.outcomes(), [Won, Outranked]);
		assert_eq!((free(1), free(2)), (ENDOWMENT - 7, ENDOWMENT - 7));
		assert_eq!((round.ending(1).slashed, round.ending(2).slashed), (0, 0));
		assert_eq!(Balances::total_issuance(), issuance - 14);
	});
}

#[test]
fn the_first_commitment_pays_for_the_committee() {
	build_and_execute(|| {
		CommitmentFee::set(7);
		SeatFee::set(3);
		let committee = 3 * u128::from(DEFAULT_COMMITTEE_SEATS);
		let round = Round::new().at(|windows| windows.commit.start);
		assert_noop!(round.commit(1, ENDOWMENT - 8), TokenError::FundsUnavailable);
		assert_eq!((round.commit(1, DEPOSIT), round.commit(2, DEPOSIT)), (Ok(()), Ok(())));
		assert_eq!(free(1), ENDOWMENT - DEPOSIT - 7 - committee);
		assert_eq!(free(2), ENDOWMENT - DEPOSIT - 7);
	});
}

#[test]
fn who_cannot_pay_the_fee_beside_the_deposit_does_not_commit() {
	build_and_execute(|| {
		CommitmentFee::set(7);
		let round = Round::new().at(|windows| windows.commit.start);
		let commit = |deposit| round.commit(1, deposit);
		assert_noop!(commit(ENDOWMENT - 7), TokenError::FundsUnavailable);
		assert_eq!(commit(ENDOWMENT - 8), Ok(()));
		CommitmentFee::set(ENDOWMENT);
		assert_noop!(round.commit(2, DEPOSIT), TokenError::FundsUnavailable);
	});
}

/// The weight of a settlement with one candidate, and with four members of whom so many are found false.
fn settlement_weight(liars: usize) -> Weight {
	let mut weight = None;
	build_and_execute(|| {
		let mut ballots = vec![ballot(None, &[found(500)]); 4];
		ballots.iter_mut().take(liars).for_each(|lie| *lie = ballot(None, &[found(9)]));
		Round::new().commits(&[1]).reveals(&[(1, 500)]).votes(&ballots);
		System::set_block_number(33);
		let post = Pallet::settle(RuntimeOrigin::signed(account(9)), 0, 0).unwrap();
		weight = post.actual_weight;
	});
	weight.expect("it is told")
}

#[test]
fn a_settlement_weighs_what_those_weigh_who_are_told_of_it() {
	let told = |members: u32| Weight::from_parts(1_000, 10).saturating_mul(members.into());
	let call = RuntimeCall::from(Call::<Test>::settle { group: 0, round: 0 });
	let worst = call.get_dispatch_info().call_weight;
	let most = <() as WeightInfo>::settle(MAX_CANDIDATES, MAX_COMMITTEE).saturating_add(told(MAX_COMMITTEE));
	assert_eq!(worst, most.saturating_add(CONVICTION.saturating_mul(MAX_COMMITTEE.into())));
	let usual = <() as WeightInfo>::settle(1, 4).saturating_add(told(4));
	assert_eq!(settlement_weight(0), usual);
	assert!(usual.ref_time() * 10 < worst.ref_time());
	// A conviction is charged where there is one.
	assert_eq!(settlement_weight(1), usual.saturating_add(CONVICTION));
}
