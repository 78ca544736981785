//! Rounds that pay for the recorded work of drawn trainers.

use super::{
	ballot, checkpoint, measurement,
	training::{Training, RULE},
	Round,
};
use crate::{
	mock::{
		account, build_and_execute, change, Observed, Rounds as Pallet, RuntimeOrigin, Test, Worked, DEPOSIT,
		REWARD, WORK_REWARD,
	},
	recording::DrawnWork,
	Bases, Error,
};
use descent_protocol::{
	rank,
	trace::{RecipeRule, WorkReward},
	OptionalRule, Outcome, Performance, Share,
	Verdict::{Abstained, Departed, Match},
};
use frame_support::{assert_noop, assert_ok};

/// Each commitment with the smallest deposit declares one segment.
const WORK: WorkReward =
	WorkReward { share: Share::percent(20), deposit: DEPOSIT, draws: 4, margin: Share::percent(10) };
/// The trainers in commit order, and what they claim.
const CLAIMS: [(u8, u64); 6] = [(1, 520), (2, 500), (3, 530), (4, 510), (5, 540), (6, 640)];

fn rule() -> RecipeRule {
	RecipeRule { work_reward: Some(WORK), ..RULE }
}

/// Has group 0 pay for recorded work.
fn work_rule() {
	change(0, |rules| rules.optional_rules.set(OptionalRule::Recipe { recipe: rule() }));
}

/// A round of all trainers whose recordings are shown, and the places in rank order of those who are drawn,
/// as often as they are.
fn round() -> (Round, Vec<usize>) {
	let round = Round::new().records(&CLAIMS);
	let drawn = DrawnWork::of::<Test>(Some(rule()), &round.stored()).unwrap().drawn;
	assert_eq!(drawn.len(), 4);
	let ranked = ranked();
	let places = drawn.iter().map(|drawn| ranked.iter().position(|place| place == drawn).unwrap());
	(round, places.collect())
}

/// The positions of the commitments in rank order.
fn ranked() -> Vec<usize> {
	rank(&CLAIMS.map(|(_, claim)| Some(descent_protocol::Score(claim))))
}

#[test]
fn the_committee_is_asked_to_look_at_who_is_drawn() {
	build_and_execute(|| {
		work_rule();
		let (round, mut drawn) = round();
		let _ = round.at(|windows| windows.attest.start);
		let asked = Pallet::evaluation_request(0, 0).unwrap().replays.unwrap().drawn;
		drawn.sort_unstable();
		drawn.dedup();
		assert_eq!(asked.into_iter().map(usize::from).collect::<Vec<_>>(), drawn);
		assert!(drawn.iter().any(|rank| *rank > 0), "nobody behind the winner is drawn: {drawn:?}");
	});
}

#[test]
fn work_is_paid_once_for_each_draw_and_its_checkpoint_is_a_base() {
	build_and_execute(|| {
		work_rule();
		let (round, drawn) = round();
		let ranked = ranked();
		let said: Vec<_> = ranked.iter().map(|place| Match(measurement(CLAIMS[*place].1))).collect();
		let round = round.votes(&vec![ballot(None, &said); 4]).settles();
		let mut paid = Worked::get()[0].1.clone();
		let mut expected: Vec<_> = drawn.iter().map(|rank| CLAIMS[ranked[*rank]].0).collect();
		paid.sort_unstable();
		expected.sort_unstable();
		assert_eq!(paid, expected);
		for (place, (number, _)) in CLAIMS.into_iter().enumerate() {
			let rank = ranked.iter().position(|other| *other == place).unwrap();
			let draws = drawn.iter().filter(|drawn| **drawn == rank).count();
			let won = if rank == 0 { REWARD } else { 0 };
			let ending = round.ending(number);
			assert_eq!(
				(ending.reward, ending.slashed),
				(won + WORK_REWARD * u128::try_from(draws).unwrap(), 0)
			);
			assert_eq!(ending.outcome, if rank == 0 { Outcome::Won } else { Outcome::Outranked });
			let digest = checkpoint(number, 0).digest;
			let is_base = Bases::<Test>::get(0, digest) == Some(0);
			assert_eq!(is_base, rank == 0 || draws > 0, "nobody has looked at the others");
		}
	});
}

#[test]
fn who_is_drawn_with_a_false_segment_loses_its_deposit() {
	build_and_execute(|| {
		work_rule();
		let (round, drawn) = round();
		let said: Vec<_> = ranked()
			.into_iter()
			.enumerate()
			.map(|(rank, place)| match measurement(CLAIMS[place].1) {
				found if rank == 0 => Match(found),
				found => Departed(found),
			})
			.collect();
		let round = round.votes(&vec![ballot(None, &said); 4]).settles();
		for (rank, place) in ranked().into_iter().enumerate().skip(1) {
			let ending = round.ending(CLAIMS[place].0);
			let expected = match drawn.contains(&rank) {
				true => (Outcome::Departed, DEPOSIT),
				false => (Outcome::Outranked, 0),
			};
			assert_eq!((ending.outcome, ending.slashed, ending.reward), (expected.0, expected.1, 0));
		}
	});
}

#[test]
fn members_have_to_look_at_who_is_drawn_and_at_nobody_else() {
	build_and_execute(|| {
		work_rule();
		let (round, drawn) = round();
		let asked: Vec<_> = ranked()
			.into_iter()
			.enumerate()
			.map(|(rank, place)| match rank == 0 || drawn.contains(&rank) {
				true => Match(measurement(CLAIMS[place].1)),
				false => Abstained,
			})
			.collect();
		let all: Vec<_> = ranked().into_iter().map(|place| Match(measurement(CLAIMS[place].1))).collect();
		let ballots = [&asked[..], &asked, &all, &asked[..1]].map(|said| ballot(None, said));
		let _ = round.votes(&ballots).settles();
		let performance: Vec<_> = Observed::get()[0].iter().map(|(_, performance)| *performance).collect();
		let (sound, idle) = (Performance::Sound, Performance::Idle);
		assert_eq!(performance, [sound, sound, sound, idle]);
	});
}

#[test]
fn a_deposit_declares_no_more_than_is_recorded() {
	for (declared, is_recorded) in [(5, true), (6, false)] {
		build_and_execute(|| {
			work_rule();
			let training = Training::new(1, 0);
			let round = Round::new().at(|windows| windows.commit.start);
			let origin = RuntimeOrigin::signed(account(1));
			assert_ok!(Pallet::commit(origin, 0, 0, training.commitment(), DEPOSIT * declared));
			let _ = round.at(|windows| windows.reveal.start);
			if is_recorded {
				assert_ok!(training.reveals(500));
			} else {
				assert_noop!(training.reveals(500), Error::<Test>::TooFewSegments);
			}
		});
	}
}
