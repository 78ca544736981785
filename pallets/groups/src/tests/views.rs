use crate::{
	mock::{
		account, run_to, signed, with_group, Groups, System, Test, AMENDMENT_DEPOSIT, FOUNDING_STAKE, OWNER,
		PERIOD,
	},
	tests::builder::*,
	Event,
};
use descent_protocol::{
	view::{Alarm, AmendmentEnding, AmendmentView, ChainEvent, Page, StakeView, UnstakingView},
	Majority,
};
use frame_support::assert_ok;

#[test]
fn amendments_are_shown_open_ones_first_newest_first() {
	with_group(|| {
		stake(1, 50);
		let ended = propose(1, &[improvement(20)]);
		run_to(1 + PERIOD);
		assert_ok!(Groups::withdraw_amendment(signed(1), 0, ended));
		let fork = propose(1, &[quorum(30), model("another")]);
		let adopted = propose(OWNER, &[improvement(20)]);
		stake(2, 10);
		let last = propose(2, &[quorum(40)]);
		let ids = || -> Vec<_> { Groups::amendments(0, Page::ALL).into_iter().map(|view| view.id).collect() };
		assert_eq!(ids(), [last, adopted, fork, ended]);
		run_to(1 + 2 * PERIOD);
		assert_eq!(ids(), [last, fork, adopted, ended]);
		let page = Groups::amendments(0, Page { from: 1, limit: 2 });
		assert_eq!(page.into_iter().map(|view| view.id).collect::<Vec<_>>(), [fork, adopted]);
		let expected = AmendmentView {
			group: 0,
			id: fork,
			proposer: account(1),
			changes: vec![quorum(30), model("another")],
			summary: "as discussed".into(),
			deposit: AMENDMENT_DEPOSIT,
			block: 1 + PERIOD,
			ayes: 50,
			majority: Majority::TwoThirds,
			lost: 1,
			ending: None,
		};
		assert_eq!(Groups::amendments(0, Page::ALL)[1], expected);
		let view = &Groups::amendments(0, Page::ALL)[2];
		assert_eq!(view.ending, Some(AmendmentEnding::Adopted { from: 3 }));
		assert_eq!((view.ayes, view.lost, view.majority), (FOUNDING_STAKE, 0, Majority::Half));
		assert_eq!(Groups::amendments(1, Page::ALL), []);
	});
}

#[test]
fn a_stakeholder_sees_what_it_has_and_votes_for() {
	with_group(|| {
		stake(1, 50);
		let ended = propose(1, &[improvement(20)]);
		run_to(1 + PERIOD);
		assert_ok!(Groups::withdraw_amendment(signed(1), 0, ended));
		let open = propose(OWNER, &[improvement(20)]);
		approve(1, open);
		run_to(3 + PERIOD);
		unstake(1, 20);
		let expected = StakeView {
			group: 0,
			account: account(1),
			stake: 30,
			pending: 0,
			total: 30 + FOUNDING_STAKE,
			unstaking: vec![UnstakingView { amount: 20, until: 3 + 2 * PERIOD }],
			delta: Some(7),
			amendments: vec![open],
		};
		assert_eq!(Groups::stake_view(0, account(1), Some(7)), Some(expected));
		let stranger = Groups::stake_view(0, account(9), None).unwrap();
		assert_eq!((stranger.stake, stranger.unstaking.len()), (0, 0));
		assert_eq!(Groups::stake_view(1, account(1), None), None);
	});
}

#[test]
fn those_who_approve_an_amendment_are_shown_in_pages() {
	with_group(|| {
		for number in 1..6 {
			stake(number, 10 * u128::from(number));
		}
		let (first, second) = (propose(1, &[improvement(20)]), propose(5, &[improvement(30)]));
		approve(2, first);
		approve(3, second);
		approve(3, first);
		approve(4, first);
		run_to(PERIOD);
		stake(4, 1);
		let whole = Groups::voters(0, first, None, 100).unwrap();
		let mut shown: Vec<_> = whole.voters.iter().map(|voter| (voter.stake, voter.pending)).collect();
		shown.sort_unstable();
		assert_eq!((shown, whole.next), (vec![(10, 0), (20, 0), (30, 0), (41, 1)], None));
		let (mut voters, mut from) = (vec![], None);
		for _ in 0..9 {
			let page = Groups::voters(0, first, from, 1).unwrap();
			voters.extend(page.voters);
			from = page.next;
			if from.is_none() {
				break;
			}
		}
		assert_eq!((voters, from), (whole.voters, None));
		assert_eq!((Groups::voters(0, 7, None, 9), Groups::voters(1, first, None, 9)), (None, None));
	});
}

#[test]
fn events_tell_what_stakeholders_did() {
	with_group(|| {
		System::reset_events();
		stake(1, 200);
		let amendment = propose(1, &[improvement(20)]);
		unstake(1, 50);
		run_to(1 + PERIOD);
		assert_ok!(Groups::withdraw(signed(1), 0));
		let (group, account) = (0, account(1));
		let staked = |stake| ChainEvent::Staked {
			group,
			account: account.clone(),
			stake,
			total: stake + FOUNDING_STAKE,
		};
		let expected = [
			staked(200),
			ChainEvent::AmendmentProposed { group, amendment, account: account.clone() },
			ChainEvent::AmendmentVoted { group, amendment, account: account.clone(), aye: true, stake: 200 },
			staked(150),
			ChainEvent::AmendmentEnded { group, amendment, ending: AmendmentEnding::Adopted { from: 1 } },
			ChainEvent::PeriodClosed { group, next: 1 + 2 * PERIOD },
		];
		let views: Vec<_> = events().into_iter().filter_map(Event::<Test>::view).collect();
		assert_eq!(views, expected);
	});
}

#[test]
fn events_tell_that_nobody_will_close_a_period() {
	let (group, close) = (0, 21);
	let event = Event::<Test>::AlarmMissing { group, close };
	assert_eq!(event.view(), Some(ChainEvent::AlarmMissing { group, alarm: Alarm::PeriodClose { close } }));
}
