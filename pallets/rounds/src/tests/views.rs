use super::{ballot, checkpoint, measurement, Round};
use crate::{
	mock::{
		account, build_and_execute, delta, run_to, GatewayOf, Rounds as Pallet, RuntimeEvent, System,
		DEPOSIT, REWARD,
	},
	Event,
};
use descent_protocol::{
	view::{Alarm, ChainEvent, Page},
	Outcome, Phase, Score,
	Verdict::{Match, Mismatch},
};

fn events() -> Vec<ChainEvent> {
	let events = System::events().into_iter().map(|record| record.event);
	events
		.filter_map(|event| match event {
			RuntimeEvent::Rounds(event) => event.view(),
			RuntimeEvent::Evaluators(event) => event.view(),
			_ => None,
		})
		.collect()
}

#[test]
fn a_round_can_be_seen_before_anybody_commits() {
	build_and_execute(|| {
		let view = Pallet::round_view(0, 3).unwrap();
		assert_eq!((view.phase, view.settled), (Phase::Waiting, false));
		assert_eq!(view.windows.commit, 50..62);
		assert!(view.candidates.is_empty() && view.committee.is_empty());
		assert_eq!(Pallet::round_view(1, 0), None);
		assert_eq!(Pallet::round_view(0, u32::MAX), None);
		run_to(33);
		assert!(Pallet::round_view(0, 0).unwrap().settled);
	});
}

#[test]
fn the_seed_can_be_seen_before_the_first_reveal() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1]);
		run_to(22);
		assert_eq!(Pallet::round_view(0, 0).unwrap().seed, None);
		run_to(23);
		let seed = Pallet::round_view(0, 0).unwrap().seed;
		assert!(seed.is_some());
		let round = round.reveals(&[(1, 70)]);
		assert_eq!(round.stored().seed, seed);
	});
}

#[test]
fn members_are_told_of_the_gateways_of_their_committee() {
	build_and_execute(|| {
		let gateway = |validator| (validator, if validator == 202 { "http://b:1" } else { "http://a:1" });
		GatewayOf::set([203, 202, 201, 99].map(gateway).to_vec());
		let round = Round::new().commits(&[1]);
		assert!(Pallet::peers(0, 0).is_empty(), "no committee is known yet");
		round.reveals(&[(1, 70)]);
		assert_eq!(Pallet::peers(0, 0), ["http://a:1", "http://b:1"]);
		GatewayOf::set(vec![(99, "http://a:1")]);
		assert!(Pallet::peers(0, 0).is_empty(), "others are none of a member's peers");
	});
}

#[test]
fn a_round_is_shown_with_all_that_happened() {
	build_and_execute(|| {
		let verdicts = [Mismatch(measurement(900)), Match(measurement(70))];
		let round = Round::new()
			.commits(&[1, 2])
			.reveals(&[(1, 70), (2, 60)])
			.attests(&vec![ballot(None, &verdicts); 3])
			.opens(&[0, 2]);
		let view = Pallet::round_view(0, 0).unwrap();
		let said = |member: usize| (view.committee[member].attested, view.committee[member].opened);
		assert_eq!([0, 1, 2, 3].map(said), [(true, true), (true, false), (true, true), (false, false)]);
		assert_eq!((view.phase, view.settled), (Phase::Open, false));
		round.opens(&[1]).settles();
		let view = Pallet::round_view(0, 0).unwrap();
		assert!(view.settled);
		assert_eq!(view.winner, Some(account(1)));
		let [winner, liar] = &view.candidates[..] else { panic!("two committed") };
		assert_eq!((winner.outcome, winner.reward), (Some(Outcome::Won), REWARD));
		assert_eq!(winner.reveal.as_ref().unwrap().providers, ["http://10.0.0.1"]);
		assert_eq!((liar.outcome, liar.slashed), (Some(Outcome::Refuted), DEPOSIT));
		assert_eq!(liar.measured, Some(Score(900)));
		assert_eq!(Pallet::head_view(0).unwrap().score, Score(70));
		assert_eq!(Pallet::last_settled(0), Some(0));
	});
}

#[test]
fn the_committee_is_asked_in_rank_order_once_claims_are_final() {
	build_and_execute(|| {
		let round = Round::new().commits(&[1, 2, 3]).reveals(&[(1, 70), (3, 60)]);
		run_to(24);
		assert_eq!(Pallet::evaluation_request(0, 0), None);
		run_to(25);
		let request = Pallet::evaluation_request(0, 0).unwrap();
		let asked: Vec<_> =
			request.candidates.iter().map(|candidate| (candidate.checkpoint, candidate.claim)).collect();
		assert_eq!(asked, [(checkpoint(3, 0), Score(60)), (checkpoint(1, 0), Score(70))]);
		assert_eq!(request.seed, round.stored().seed.unwrap());
		assert_eq!(request.deltas, [delta(0)]);
		assert_eq!(request.head, None);
		assert_eq!(request.genesis, Pallet::genesis());
		round.settles();
		assert_eq!(Pallet::evaluation_request(0, 0), None);
	});
}

#[test]
fn there_is_nothing_to_measure_where_nobody_revealed() {
	build_and_execute(|| {
		Round::new().commits(&[1]).at(|windows| windows.attest.start);
		assert_eq!(Pallet::evaluation_request(0, 0), None);
		assert_eq!(Pallet::evaluation_request(0, 1), None);
	});
}

#[test]
fn the_head_is_measured_with_the_next_round() {
	build_and_execute(|| {
		Round::new()
			.commits(&[1])
			.reveals(&[(1, 70)])
			.votes(&vec![ballot(None, &[Match(measurement(70))]); 4])
			.settles();
		Round::number(1).commits(&[2]).reveals(&[(2, 60)]).at(|windows| windows.attest.start);
		let head = Pallet::evaluation_request(0, 1).unwrap().head.unwrap();
		assert_eq!(head.checkpoint, checkpoint(1, 0));
	});
}

#[test]
fn the_leaderboard_is_in_order() {
	build_and_execute(|| {
		Round::new()
			.commits(&[3, 2, 1])
			.reveals(&[(1, 70), (2, 60)])
			.votes(&vec![ballot(None, &[Mismatch(measurement(900)), Match(measurement(70))]); 4])
			.settles();
		let board = Pallet::standings(0, Page::ALL);
		let accounts: Vec<_> = board.iter().map(|standing| standing.account.clone()).collect();
		assert_eq!(accounts, [1, 2, 3].map(account));
		assert_eq!((board[0].wins, board[1].best), (1, Some(Score(900))));
		assert!(Pallet::standings(1, Page::ALL).is_empty());
		assert_eq!(Pallet::standings(0, Page { from: 1, limit: 1 }), board[1..2]);
	});
}

#[test]
fn a_round_tells_its_story_in_events() {
	build_and_execute(|| {
		Round::new()
			.commits(&[1])
			.reveals(&[(1, 70)])
			.votes(&vec![ballot(None, &[Match(measurement(70))]); 3])
			.settles();
		let told = events();
		assert_eq!(told.len(), 1 + 1 + 3 + 3 + 1 + 1);
		assert!(told.iter().all(|event| event.group() == 0));
		assert!(matches!(told[8], ChainEvent::Ended { outcome: Outcome::Won, .. }));
		assert!(
			matches!(&told[9], ChainEvent::Settled { winner: Some(winner), .. } if *winner == account(1))
		);
		assert_eq!(
			Event::<crate::mock::Test>::AlarmMissing { group: 0, round: 7 }.view(),
			Some(ChainEvent::AlarmMissing { group: 0, alarm: Alarm::Settlement { round: 7 } })
		);
	});
}
