//! Random crowds: whatever trainers and members do, money adds up and every commitment ends once.

use super::{ballot, measurement, Round};
use crate::mock::{
	apply, build_and_execute, free, number, Balances, Observed, Paid, DEPOSIT, ENDOWMENT, REWARD,
};
use descent_protocol::{Ballot, Outcome, Performance, Verdict};
use frame_support::assert_ok;
use proptest::{collection::vec, option, prelude::*};

/// A trainer in a round: the part of its deposit above the smallest one, and its claim.
type Trainer = (u128, Option<u64>);
/// A member in a round: its ballot, and true if it opens it.
type Member = Option<(Ballot, bool)>;

fn verdicts() -> impl Strategy<Value = Verdict> {
	prop_oneof![
		4 => (0..4u64).prop_map(|score| Verdict::Match(measurement(score * 100))),
		2 => (0..4u64).prop_map(|score| Verdict::Mismatch(measurement(score * 100))),
		1 => (0..4u64).prop_map(|score| Verdict::Departed(measurement(score * 100))),
		1 => Just(Verdict::Unavailable),
		1 => Just(Verdict::Invalid),
	]
}

fn members() -> impl Strategy<Value = Vec<Member>> {
	let ballots = (option::of(0..5u64), vec(verdicts(), 0..4))
		.prop_map(|(baseline, verdicts)| ballot(baseline.map(|score| score * 100), &verdicts));
	let independent = vec(option::weighted(0.9, (ballots, prop::bool::weighted(0.9))), 4);
	// Mostly one opinion, or hardly any round would end with one.
	(independent, 0..5usize).prop_map(|(mut members, dissenters)| {
		let opinion = members.last().cloned().flatten();
		for member in members.iter_mut().skip(dissenters) {
			member.clone_from(&opinion);
		}
		members
	})
}

fn crowds() -> impl Strategy<Value = Vec<(Vec<Trainer>, Vec<Member>)>> {
	let trainers = vec((0..3u128, option::weighted(0.8, 0..4u64)), 1..6);
	vec((trainers, members()), 1..7)
}

fn play(index: u32, trainers: &[Trainer], members: &[Member]) -> Round {
	let mut round = Round::number(index).at(|windows| windows.commit.start);
	for (number, (extra, _)) in (1u8..).zip(trainers) {
		assert_ok!(round.commit(number, DEPOSIT + extra));
	}
	round = round.at(|windows| windows.reveal.start);
	for (number, (_, claim)) in (1u8..).zip(trainers) {
		if let Some(claim) = claim {
			assert_ok!(round.reveal(number, *claim));
		}
	}
	let revealed = trainers.iter().filter(|(_, claim)| claim.is_some()).count();
	let has_committee = revealed > 0;
	round = round.at(|windows| windows.attest.start);
	for (member, said) in (0..).zip(members) {
		if let Some((ballot, _)) = said {
			let attested = apply(round.attest_call(member, ballot));
			assert_eq!(attested.is_ok(), has_committee);
		}
	}
	round = round.at(|windows| windows.open.start);
	for (member, said) in (0..).zip(members) {
		if let Some((ballot, true)) = said {
			let opened = apply(round.open_call(member, ballot));
			assert_eq!(opened.is_ok(), has_committee && ballot.verdicts.len() <= revealed);
		}
	}
	round.settles()
}

/// Checks that each member's performance is reported once, and that only members who did sound work are paid.
fn assert_told_once(round: &Round, index: u32) {
	let (paid, observed) = (Paid::get(), Observed::get());
	let ([told], [committee]) = (&paid[..], &observed[..]) else {
		panic!("not told once: {paid:?} {observed:?}")
	};
	let stored = round.stored();
	let winner = stored.settled.and_then(|settled| settled.winner);
	let winner = winner.map(|place| number(&stored.commitments[usize::try_from(place).unwrap()].account));
	assert_eq!((told.round, told.winners.first().copied()), (index, winner));
	let sound = committee.iter().filter(|(_, performance)| *performance == Performance::Sound);
	assert!(sound.map(|(member, _)| member).eq(&told.members));
	assert!(committee.iter().map(|(member, _)| *member).eq((200..).take(committee.len())));
	assert_eq!(committee.is_empty(), stored.seed.is_none());
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(200))]

	#[test]
	fn money_adds_up(crowd in crowds()) {
		build_and_execute(|| {
			for (index, (trainers, members)) in (0u32..).zip(&crowd) {
				Paid::set(Vec::new());
				Observed::set(Vec::new());
				let issuance = Balances::total_issuance();
				let before: Vec<_> = (1..=5).map(free).collect();
				let round = play(index, trainers, members);
				let mut burned = 0;
				let mut contested = 0;
				for (number, (extra, claim)) in (1u8..).zip(trainers) {
					let ending = round.ending(number);
					let deposit = DEPOSIT + extra;
					let (reward, slashed) = match ending.outcome {
						Outcome::Won => (REWARD, 0),
						Outcome::NoQuorum if ending.slashed > 0 => {
							contested += 1;
							(0, deposit / 2)
						}
						Outcome::Refuted | Outcome::Departed => (0, deposit),
						Outcome::Unrevealed => (0, deposit / 2),
						_ => (0, 0),
					};
					assert_eq!((ending.reward, ending.slashed), (reward, slashed));
					assert_eq!(ending.outcome == Outcome::Unrevealed, claim.is_none());
					let account = usize::from(number - 1);
					assert_eq!(free(number), before[account] - slashed);
					burned += slashed;
				}
				assert!(round.outcomes().iter().filter(|outcome| **outcome == Outcome::Won).count() <= 1);
				assert_eq!(Balances::total_issuance(), issuance - burned);
				assert!(contested <= 1);
				assert_told_once(&round, index);
			}
			assert!((6..=100).all(|number| number == 100 || free(number) == ENDOWMENT));
			crate::mock::Rounds::do_try_state().unwrap();
		});
	}
}
