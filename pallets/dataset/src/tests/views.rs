use super::{
	attests, checks_in, closes, delta, go_to_window, opens, pass_all, propose, stake, valid, vote, DEPOSIT,
	MALFORMED,
};
use crate::mock::{
	account, build_and_execute, model, run_to, Dataset, RuntimeEvent, RuntimeOrigin, System, PERIOD,
};
use descent_protocol::{
	view::{ChainEvent, Page, ProposalEnding},
	DeltaVerdict,
};
use frame_support::assert_ok;

#[test]
fn proposals_are_shown_with_their_checks() {
	build_and_execute(|| {
		stake(3, 40);
		let id = propose(1, delta(1));
		vote(3, id);
		let view = Dataset::proposals(0, Page::ALL).pop().unwrap();
		assert_eq!((view.group, view.id, view.proposer), (0, id, account(1)));
		assert_eq!((view.delta, view.base, view.block), (delta(1), 1, 2));
		assert_eq!((view.deposit, view.ayes, view.lost), (DEPOSIT, 40, 0));
		assert_eq!((view.summary.as_str(), view.ending), ("more of it", None));
		assert_eq!(view.providers, ["http://10.0.0.1"]);
		let check = view.check.unwrap();
		assert_eq!((check.version, check.attempt, check.until), (1, Some(0), Some(13)));
		assert_eq!((check.decided, check.committee), (None, 4));
		assert!(check.verdicts.is_empty());

		let split = [Some(valid(5)), Some(MALFORMED), Some(valid(5))];
		attests(id, 0, &split);
		opens(id, 0, &split);
		let check = Dataset::proposals(0, Page::ALL)[0].check.clone().unwrap();
		assert_eq!((check.attempt, check.until), (Some(0), Some(18)));
		assert_eq!(check.verdicts, [(valid(5), 2), (MALFORMED, 1)]);
		run_to(17);
		let check = Dataset::proposals(0, Page::ALL)[0].check.clone().unwrap();
		assert_eq!((check.attempt, check.until), (Some(1), Some(58)));
		assert!(check.verdicts.is_empty());

		checks_in(id, 1, &[Some(valid(5)); 4]);
		let check = Dataset::proposals(0, Page::ALL)[0].check.clone().unwrap();
		assert_eq!((check.attempt, check.until), (None, None));
		assert_eq!((check.decided, check.verdicts), (Some(valid(5)), vec![]));
		closes();
		let view = Dataset::proposals(0, Page::ALL).pop().unwrap();
		assert_eq!(view.ending, Some(ProposalEnding::Applied { version: 2 }));
		assert_eq!(view.check, None);
	});
}

#[test]
fn open_proposals_come_first_and_the_last_to_end_before_others() {
	build_and_execute(|| {
		let ids = [1, 2, 3, 4].map(|number| propose(number, delta(number.into())));
		for id in [ids[2], ids[0]] {
			attests(id, 0, &[Some(MALFORMED); 4]);
		}
		for id in [ids[2], ids[0]] {
			opens(id, 0, &[Some(MALFORMED); 4]);
		}
		super::decides(ids[2], 0);
		let shown: Vec<_> = Dataset::proposals(0, Page::ALL).into_iter().map(|view| view.id).collect();
		assert_eq!(shown, [1, 3, 2, 0]);
		let page = Dataset::proposals(0, Page { from: 1, limit: 2 });
		assert_eq!(page.into_iter().map(|view| view.id).collect::<Vec<_>>(), [3, 2]);
		assert!(Dataset::proposals(7, Page::ALL).is_empty());
	});
}

#[test]
fn voters_are_shown_in_pages_whatever_votes_lie_between() {
	build_and_execute(|| {
		let [first, second] = [1, 2].map(|number| propose(number, delta(number.into())));
		for number in 3..9 {
			stake(number, 10 * u128::from(number));
			vote(number, if number.is_multiple_of(4) { second } else { first });
		}
		run_to(PERIOD);
		stake(3, 1);
		let whole = Dataset::voters(0, first, None, 100).unwrap();
		let mut shown: Vec<_> = whole.voters.iter().map(|voter| (voter.stake, voter.pending)).collect();
		shown.sort_unstable();
		assert_eq!((shown, whole.next), (vec![(31, 1), (50, 0), (60, 0), (70, 0)], None));
		for limit in 1..4 {
			let (mut voters, mut from) = (vec![], None);
			loop {
				let page = Dataset::voters(0, first, from, limit).unwrap();
				assert!(page.voters.len() <= usize::try_from(limit).unwrap());
				voters.extend(page.voters);
				from = page.next;
				if from.is_none() {
					break;
				}
			}
			assert_eq!(voters, whole.voters, "{limit}");
		}
		// A page begins at its place, whether the account that had it still votes or not.
		let from = Dataset::voters(0, first, None, 1).unwrap().next;
		let rest = Dataset::voters(0, first, from.clone(), 100).unwrap();
		assert_ok!(Dataset::withdraw_vote(RuntimeOrigin::signed(from.clone().unwrap()), 0));
		let mut left = rest.voters;
		left.retain(|voter| Some(&voter.account) != from.as_ref());
		assert_eq!(Dataset::voters(0, first, from, 100).unwrap().voters, left);
		assert_eq!((Dataset::voters(0, 7, None, 9), Dataset::voters(7, first, None, 9)), (None, None));
	});
}

#[test]
fn the_log_is_shown_in_pages() {
	build_and_execute(|| {
		stake(3, 40);
		let id = propose(1, delta(1));
		vote(3, id);
		pass_all(&[id]);
		closes();
		let log = Dataset::log(0, 0, 100);
		assert_eq!(log, Dataset::log(0, 1, 2));
		let versions: Vec<_> = log.iter().map(|entry| entry.version).collect();
		assert_eq!(versions, [1, 2]);
		assert_eq!((log[1].delta, &log[1].proposer), (delta(1), &account(1)));
		assert_eq!((log[1].from, log[1].block), (5, 61));
		assert_eq!(log[1].report, Some(super::report(1)));
		assert_eq!(Dataset::log(0, 2, 1), log[1..]);
		assert!(Dataset::log(0, 3, 100).is_empty() && Dataset::log(0, 0, 0).is_empty());
		assert_eq!(Dataset::log(0, 2, u32::MAX).len(), 1);
	});
}

#[test]
fn the_committee_is_asked_for_what_there_is_to_check() {
	build_and_execute(|| {
		let id = propose(1, delta(1));
		let request = Dataset::check_request(0, id, 3).unwrap();
		assert_eq!((request.group, request.proposal, request.attempt), (0, id, 0));
		assert_eq!((request.version, request.genesis), (1, Dataset::genesis()));
		assert_eq!(request.model, model());
		assert_eq!(request.providers, ["http://127.0.0.1:8080"]);
		assert_eq!(request.deltas.len(), 1);
		assert_eq!(request.proposed.delta, delta(1));
		assert_eq!(request.proposed.providers, ["http://10.0.0.1"]);
		// Half of an attest window of ten blocks of three seconds.
		assert_eq!(request.fetch_ms, 15_000);
		let later = Dataset::check_request(0, id, 18).unwrap();
		assert_eq!((later.attempt, later.fetch_ms), (1, 60_000));
		assert_ne!(later.id(), request.id());
		for (id, block) in [(id, 2), (id, 13), (id, 1_000_000), (9, 3)] {
			assert_eq!(Dataset::check_request(0, id, block), None);
		}
	});
}

#[test]
fn events_are_shown_as_far_as_they_tell_a_proposals_course() {
	build_and_execute(|| {
		stake(3, 40);
		System::reset_events();
		let id = propose(1, delta(1));
		vote(3, id);
		let views = |events: Vec<_>| -> Vec<_> {
			let views =
				events.into_iter().filter_map(|record: frame_system::EventRecord<_, _>| match record.event {
					RuntimeEvent::Dataset(event) => event.view(),
					_ => None,
				});
			views.collect()
		};
		let expected = [
			ChainEvent::Proposed { group: 0, proposal: id, account: account(1), delta: delta(1) },
			ChainEvent::Voted { group: 0, account: account(3), proposal: Some(id), stake: 40 },
		];
		assert_eq!(views(System::events()), expected);
		attests(id, 0, &[Some(MALFORMED); 4]);
		go_to_window(id, 0, false);
		opens(id, 0, &[Some(MALFORMED); 4]);
		run_to(super::check_of(id).windows(0).unwrap().open.end - 1);
		System::reset_events();
		super::pass(1);
		let DeltaVerdict::Invalid(fault) = MALFORMED else { unreachable!() };
		let expected = [
			ChainEvent::Checked { group: 0, proposal: id, version: 1, verdict: MALFORMED },
			ChainEvent::ProposalEnded {
				group: 0,
				proposal: id,
				account: account(1),
				ending: ProposalEnding::Invalid { fault },
				reward: 0,
				slashed: DEPOSIT,
			},
		];
		assert_eq!(views(System::events()), expected);
	});
}
