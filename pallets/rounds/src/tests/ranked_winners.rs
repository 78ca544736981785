use super::{ballot, measurement, Round};
use crate::{
	mock::{account, build_and_execute, change, Paid, DEPOSIT, REWARD},
	Heads, Standings,
};
use descent_protocol::{
	divide_reward,
	OptionalRule::RankedWinners,
	Outcome::{NoQuorum, NotBetter, Outranked, Placed, Refuted, Won},
	Score,
	Verdict::{self, Abstained, Match, Mismatch, Unavailable},
};

fn found(score: u64) -> Verdict {
	Match(measurement(score))
}

fn winners(winners: u8) {
	change(0, |rules| rules.optional_rules.set(RankedWinners { winners }));
}

/// Accounts 1 to 5 claim 500, 400, 300, 200 and 100; all four members say this of them in rank order.
fn round(verdicts: &[Verdict]) -> Round {
	Round::new()
		.commits(&[1, 2, 3, 4, 5])
		.reveals(&[(1, 500), (2, 400), (3, 300), (4, 200), (5, 100)])
		.votes(&vec![ballot(None, verdicts); 4])
		.settles()
}

#[test]
fn the_best_candidates_divide_the_reward_in_the_order_of_their_scores() {
	build_and_execute(|| {
		winners(3);
		let round = round(&[found(100), Mismatch(measurement(900)), found(300), found(400)]);
		assert_eq!(round.outcomes(), [Outranked, Placed, Placed, Refuted, Won]);
		let paid = Paid::get();
		assert_eq!(paid[0].winners, [5, 3, 2]);
		assert_eq!((paid[0].score, paid[0].baseline), (Some(Score(100)), None));
		assert_eq!([5, 3, 2].map(|number| round.ending(number).reward).to_vec(), divide_reward(REWARD, 3));
		assert_eq!((round.ending(1).reward, round.ending(4).reward), (0, 0));
		assert_eq!((round.ending(3).slashed, round.ending(4).slashed), (0, DEPOSIT));
		assert_eq!(Heads::<crate::mock::Test>::get(0, 0).unwrap().account, account(5));
		let standing = Standings::<crate::mock::Test>::get(0, account(3)).unwrap();
		assert_eq!((standing.wins, standing.earned), (0, round.ending(3).reward));
	});
}

#[test]
fn one_winner_of_many_gets_all() {
	build_and_execute(|| {
		winners(8);
		let round = round(&[found(100)]);
		assert_eq!(round.outcomes(), [NoQuorum, NoQuorum, NoQuorum, NoQuorum, Won]);
		assert_eq!(round.ending(5).reward, REWARD);
		let silent = round.ending(4);
		assert_eq!((silent.reward, silent.slashed), (0, 0), "nobody knows whose fault it is");
	});
}

#[test]
fn who_does_not_beat_the_head_takes_no_place() {
	build_and_execute(|| {
		Round::new()
			.commits(&[9])
			.reveals(&[(9, 450)])
			.votes(&vec![ballot(None, &[found(450)]); 4])
			.settles();
		winners(8);
		let round = Round::number(1)
			.commits(&[1, 2, 3])
			.reveals(&[(1, 440), (2, 400), (3, 300)])
			.votes(&vec![ballot(Some(450), &[found(300), found(400), found(440)]); 4])
			.settles();
		assert_eq!(round.outcomes(), [NotBetter, Placed, Won]);
		assert_eq!(Paid::get()[1].winners, [3, 2]);
	});
}

#[test]
fn members_that_stop_at_the_first_match_are_not_paid_where_others_go_on() {
	build_and_execute(|| {
		winners(2);
		let whole = ballot(None, &[found(100), found(200)]);
		let ballots = [whole.clone(), whole.clone(), whole, ballot(None, &[found(100)])];
		let round = Round::new().commits(&[1, 2]).reveals(&[(1, 100), (2, 200)]).votes(&ballots).settles();
		assert_eq!(round.outcomes(), [Won, Placed]);
		assert_eq!(Paid::get()[0].members, [200, 201, 202]);
	});
}

/// A trainer serves its checkpoint to two of four members: it takes no place, and pays.
#[test]
fn a_candidate_that_is_served_to_some_only_takes_nothing_from_the_winner() {
	build_and_execute(|| {
		winners(3);
		let served = ballot(None, &[found(100), found(200), found(300)]);
		let refused = ballot(None, &[found(100), Unavailable, found(300)]);
		let ballots = [served.clone(), served, refused.clone(), refused];
		let round = Round::new()
			.commits(&[1, 2, 3])
			.reveals(&[(1, 100), (2, 200), (3, 300)])
			.votes(&ballots)
			.settles();
		assert_eq!(round.outcomes(), [Won, Refuted, Placed]);
		assert_eq!(round.ending(2).slashed, DEPOSIT, "more than a third refused it");
		assert_eq!([1, 3].map(|number| round.ending(number).reward), [REWARD / 2; 2]);
	});
}

#[test]
fn an_abstention_on_the_own_candidate_counts_for_no_place() {
	build_and_execute(|| {
		winners(2);
		let own = ballot(None, &[found(100), Abstained]);
		let whole = ballot(None, &[found(100), found(200)]);
		let ballots = [own, whole.clone(), whole.clone(), whole];
		let round = Round::new().commits(&[1, 2]).reveals(&[(1, 100), (2, 200)]).votes(&ballots).settles();
		assert_eq!(round.outcomes(), [Won, Placed]);
	});
}
