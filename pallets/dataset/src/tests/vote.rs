use super::{
	ayes, checks_in, closes, delta, ending, pass_all, passes, propose, stake, unstake, vote, MALFORMED,
};
use crate::{
	mock::{account, build_and_execute, run_to, signed, Dataset, System, Test, ENDOWMENT},
	Error, Event, Votes,
};
use descent_protocol::view::ProposalEnding;
use frame_support::{assert_noop, assert_ok};

#[test]
fn a_vote_weighs_what_its_account_has_at_stake() {
	build_and_execute(|| {
		let (first, second) = (propose(1, delta(1)), propose(2, delta(2)));
		stake(3, 30);
		stake(4, 40);
		vote(3, first);
		System::assert_last_event(
			Event::Voted { group: 0, account: account(3), proposal: Some(first), stake: 30 }.into(),
		);
		vote(4, first);
		assert_eq!((ayes(first), ayes(second)), (70, 0));
		vote(4, second);
		assert_eq!((ayes(first), ayes(second)), (30, 40));
		vote(4, second);
		assert_eq!(ayes(second), 40);
		assert_ok!(Dataset::withdraw_vote(signed(4), 0));
		System::assert_last_event(
			Event::Voted { group: 0, account: account(4), proposal: None, stake: 0 }.into(),
		);
		assert_eq!((ayes(second), Dataset::vote_of(0, &account(4))), (0, None));
		assert_eq!(Dataset::vote_of(0, &account(3)), Some(first));
	});
}

#[test]
fn an_account_without_stake_has_no_vote() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		assert_noop!(Dataset::vote(signed(2), 0, id), Error::<Test>::NoStake);
		assert_noop!(Dataset::vote(signed(2), 0, 7), Error::<Test>::UnknownProposal);
		assert_noop!(Dataset::vote(signed(2), 1, id), Error::<Test>::UnknownProposal);
		assert_noop!(Dataset::withdraw_vote(signed(2), 0), Error::<Test>::NoVote);
		assert_eq!(ayes(id), 0);
	});
}

#[test]
fn who_proposes_votes_for_it() {
	build_and_execute(|| {
		stake(1, 50);
		stake(2, 60);
		let first = propose(1, delta(1));
		let second = propose(2, delta(2));
		assert_eq!((ayes(first), ayes(second)), (50, 60));
		vote(1, second);
		assert_eq!((ayes(first), ayes(second)), (0, 110));
	});
}

#[test]
fn a_vote_follows_the_stake() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		stake(2, 100);
		vote(2, id);
		stake(2, 20);
		assert_eq!(ayes(id), 120);
		unstake(2, 50);
		assert_eq!(ayes(id), 70);
		unstake(2, 70);
		assert_eq!(ayes(id), 0);
		System::assert_has_event(
			Event::Voted { group: 0, account: account(2), proposal: None, stake: 0 }.into(),
		);
		assert!(!Votes::<Test>::contains_key(0, account(2)));
		stake(2, 100);
		assert_eq!(ayes(id), 0, "who was gone has to vote again");
		stake(3, 10);
	});
}

#[test]
fn stake_that_was_withdrawn_after_the_vote_wins_nothing() {
	build_and_execute(|| {
		stake(2, 500);
		let bought = propose(1, delta(1));
		let honest = propose(3, delta(2));
		vote(2, bought);
		stake(4, 100);
		vote(4, honest);
		pass_all(&[bought, honest]);
		run_to(60);
		unstake(2, 500);
		closes();
		assert_eq!(ending(bought), None);
		assert_eq!(ending(honest), Some(ProposalEnding::Applied { version: 2 }));
	});
}

#[test]
fn a_vote_for_what_has_ended_counts_for_nothing_and_is_forgotten() {
	build_and_execute(|| {
		stake(2, 500);
		let junk = propose(1, delta(1));
		vote(2, junk);
		checks_in(junk, 0, &[Some(MALFORMED); 4]);
		assert!(ending(junk).is_some());
		assert_eq!(Dataset::vote_of(0, &account(2)), None);
		assert_noop!(Dataset::withdraw_vote(signed(2), 0), Error::<Test>::NoVote);
		assert_noop!(Dataset::vote(signed(2), 0, junk), Error::<Test>::UnknownProposal);
		let next = propose(3, delta(2));
		assert_eq!(ayes(next), 0);
		stake(2, 10);
		assert_eq!(ayes(next), 0);
		assert!(!Votes::<Test>::contains_key(0, account(2)));
		vote(2, next);
		assert_eq!(ayes(next), 510);
	});
}

#[test]
fn votes_may_change_until_the_period_closes() {
	build_and_execute(|| {
		stake(2, 100);
		stake(3, 60);
		let (first, second) = (propose(1, delta(1)), propose(4, delta(2)));
		vote(2, first);
		vote(3, second);
		pass_all(&[first, second]);
		run_to(60);
		vote(2, second);
		closes();
		assert_eq!(ending(second), Some(ProposalEnding::Applied { version: 2 }));
		assert_eq!((ending(first), ayes(first)), (None, 0));
	});
}

#[test]
fn votes_of_all_accounts_add_up() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		for number in 2..=40 {
			stake(number, ENDOWMENT / 2);
			vote(number, id);
		}
		assert_eq!(ayes(id), 39 * ENDOWMENT / 2);
		passes(id);
	});
}
